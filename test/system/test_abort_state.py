# SPDX-License-Identifier: Apache-2.0
"""An abort that EL2 gives to a guest finds its handler in the state in which the CPU itself would have entered it, from each
state, whatever the guest's SCTLR_EL1 says: Arm ARM D1.3.1 and AArch64.TakeException. What the CPU does is seen by an SVC.

[stest->swr~guest-exceptions~1]

Robustness: all
"""

import pytest

import commanded
from commanded import EL0, EL1H, EL1T, LOADS, SVC, Command, Commanded
from harness import build

NOWHERE = 0x10000000  # of no cell's address space
SET_SCTLR, RES1 = 0xD5181000, 0x30500800  # MSR SCTLR_EL1, X0
SPAN, DSSBS = 1 << 23, 1 << 44  # of SCTLR_EL1
FLAGS, DIT, PAN, UAO, SSBS, BTYPE = 0xF << 28, 1 << 24, 1 << 22, 1 << 23, 1 << 12, 1 << 10  # of SPSR
# QEMU clears what the manual has unchanged: flags, DIT. Cells don't have what makes TCO and ALLINT.
COMPARED = ~(FLAGS | DIT | 1 << 25 | 1 << 13)
STATES = [EL1H | bits for bits in (0, FLAGS, PAN, UAO, SSBS, BTYPE, DIT | PAN | SSBS | 0xA << 28)] + [EL1T, EL0 | SSBS, EL0 | FLAGS, EL1H & ~0x3C0]


@pytest.fixture(scope="module", params=["cortex-a72", "max"])
def core(request):
    """`max` has PAN, SSBS and DIT; the other one none of them."""
    with commanded.running("commanded", build.results_folder(f"{__name__}-{request.param}"), cpu=request.param) as running:
        yield Commanded(running, "logging")


@pytest.mark.parametrize("sctlr", [RES1, RES1 | SPAN, RES1 | DSSBS, RES1 | SPAN | DSSBS], ids=["none", "span", "dssbs", "both"])
def test_as_the_cpu(core, sctlr):
    commands = [Command(word, (0, NOWHERE), state) for state in STATES for word in (LOADS[4], SVC)]
    ends = core.do(Command(SET_SCTLR, (sctlr,)), *commands)[1:]
    for abort, svc in zip(ends[::2], ends[1::2]):
        assert (abort.ec & ~1, svc.ec) == (0x24, 0x15)
        assert (abort.vector, abort.spsr, abort.state & COMPARED) == (svc.vector, svc.spsr, svc.state & COMPARED)
        assert (abort.state ^ abort.spsr) & (FLAGS | DIT) == 0

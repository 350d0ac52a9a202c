# SPDX-License-Identifier: Apache-2.0
"""Calls that go to firmware, which a test plays, since QEMU's own refuses them: what of them comes there, and what of its answer to the cell.

[stest->swr~firmware-calls~1]

Robustness: test_random_refused, test_not_passed
"""

import contextlib

import pytest

import commanded
from commanded import HVC, NOT_SUPPORTED, SMC, Command, Commanded
from harness import build, firmware, gdbstub

CONDUITS = {"hvc": HVC, "smc": SMC}
# Arm DEN0098
TRNG_VERSION, TRNG_FEATURES, TRNG_GET_UUID, TRNG_RND_32, TRNG_RND_64 = 0x84000050, 0x84000051, 0x84000052, 0x84000053, 0xC4000053
TRNG = (TRNG_FEATURES, TRNG_GET_UUID, TRNG_RND_32, TRNG_RND_64, TRNG_VERSION)
REFUSALS = {0xFFFFFFFF: -1, 0xFFFFFFFE: -2, (1 << 64) - 3: -3}  # as firmware may say them: with 32 bits, or 64
WORD, WORDS = (1 << 32) - 1, (1 << 64) - 1
# As commanded-firmware.dts has them.
SIP_32, SIP, TRUSTED_APPLICATION, TRUSTED_OS_32, TRUSTED_OS, LAST_OWNER = 0x82000001, 0xC2000001, 0xF1000001, 0xB2000001, 0xF2000001, 0xFF000001
CLIENTS = (TRUSTED_OS_32, TRUSTED_OS, LAST_OWNER)  # Arm DEN0028: of owners 50 to 63

ARGUMENTS = tuple(n << 56 | n << 36 | n << 4 for n in range(1, 8))
GOOD = 0xABCD00000001
RESULTS = tuple(0x8000000080000000 | n << 36 | n for n in range(1, 4))


def is_32(function):
    return not function >> 30 & 1


def cut(function, values):
    """To what a call has of them."""
    return tuple(value & (WORD if is_32(function) else WORDS) for value in values)


@pytest.fixture(scope="module")
def machine():
    with commanded.running("commanded-firmware", build.results_folder(__name__)) as running:
        running.caller, running.other = Commanded(running, "caller"), Commanded(running, "other")
        yield running


@contextlib.contextmanager
def played(machine, cell, *commands):
    """A firmware, which a cell's commands are about to come to."""
    code = bytes(machine.fit.kernel.data[: machine.blueprint.offset])
    with gdbstub.attached(machine.target) as gdb:
        cell.tell(*commands, gdb=gdb)
        yield firmware.Firmware(gdb, code, machine.blueprint.cells[cell.cell].cores[0].machine_core)


# [stest->swr~trng-forwarded~1]
@pytest.mark.parametrize("conduit", CONDUITS)
def test_random(machine, conduit):
    """Each call comes to firmware with its one argument, and the cell gets x0 to x3, of a call of 32 bits as many; no other register is
    changed. Of the function's number 32 bits are looked at."""
    told = [Command(CONDUITS[conduit], (0xABCD << 32 | function, *ARGUMENTS)) for function in TRNG]
    with played(machine, machine.other, *told) as plays:
        asked = plays.answers(TRNG[-1], GOOD, *RESULTS)
    assert asked == [(function, *cut(function, ARGUMENTS[:1]), *[0] * 6) for function in TRNG]
    for function, end in zip(TRNG, machine.other.ends(len(TRNG))):
        assert end.passed and end.x == (*cut(function, (GOOD, *RESULTS)), *ARGUMENTS[3:])


# [stest->swr~trng-forwarded~1]
@pytest.mark.parametrize("conduit", CONDUITS)
def test_random_refused(machine, conduit):
    """The cell gets firmware's code, and of what else firmware left nothing: of one that a test plays, and of QEMU's."""
    told = [Command(CONDUITS[conduit], (function, *ARGUMENTS)) for function in TRNG]
    for said, got in REFUSALS.items():
        with played(machine, machine.other, *told) as plays:
            plays.answers(TRNG[-1], said, *RESULTS)
        assert [(end.status, end.x[1:]) for end in machine.other.ends(len(TRNG))] == [(got, ARGUMENTS)] * len(TRNG)
    assert [(end.status, end.x[1:]) for end in machine.other.do(*told)] == [(NOT_SUPPORTED, ARGUMENTS)] * len(TRNG)


@pytest.mark.parametrize("conduit", CONDUITS)
def test_passed(machine, conduit):
    """With x1 to x7, and back with x0 to x3. To a Trusted OS x7 says which cell it is, whatever that has there."""
    functions = (SIP_32, SIP, TRUSTED_APPLICATION, TRUSTED_OS_32, TRUSTED_OS, LAST_OWNER)
    told = [Command(CONDUITS[conduit], (0xABCD << 32 | function, *ARGUMENTS)) for function in functions]
    index = machine.blueprint.cells["caller"].index
    assert index != 0
    with played(machine, machine.caller, *told) as plays:
        asked = plays.answers(functions[-1], GOOD, *RESULTS)
    last = [index + 1 if function in CLIENTS else cut(function, ARGUMENTS)[-1] for function in functions]
    assert asked == [(function, *cut(function, ARGUMENTS)[:-1], x7) for function, x7 in zip(functions, last)]
    for end in machine.caller.ends(len(functions)):
        assert end.passed and end.x == (GOOD, *RESULTS, *ARGUMENTS[3:])


# [stest->swr~hypercalls-bounded~1] [stest->swr~psci-own-cores~1]
@pytest.mark.parametrize("conduit", CONDUITS)
def test_not_passed(machine, conduit):
    """Functions that the file doesn't name, or names for another cell, and such as the hypervisor answers itself, come to no firmware: the first
    call that does is the one behind them."""
    wrong = (TRUSTED_OS_32 + 1, TRUSTED_OS + 1, SIP + 1, 0x84000090, 0xC4000050, 0xC600FFFE, 0xC6000041, 0x8600FF41)
    told = {"caller": [*wrong, TRUSTED_OS], "other": [SIP_32, SIP, *CLIENTS, *wrong, TRNG_VERSION]}
    for name, functions in told.items():
        cell = Commanded(machine, name)
        with played(machine, cell, *(Command(CONDUITS[conduit], (function, *ARGUMENTS)) for function in functions)) as plays:
            asked = plays.answers(functions[-1], 7)
        ends = cell.ends(len(functions))
        assert [ask[0] for ask in asked] == functions[-1:]
        assert [(end.status, end.x[1:]) for end in ends[:-1]] == [(NOT_SUPPORTED, ARGUMENTS)] * (len(functions) - 1)
        assert ends[-1].status == 7

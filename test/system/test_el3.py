# SPDX-License-Identifier: Apache-2.0
"""The disk image of test_boot.py under a firmware with an EL3: TF-A, then U-Boot as its BL33, then the hypervisor in
the Non-secure state. GICD_CTLR.DS is 0, so Group 0 is the firmware's and priorities have their Non-secure view.

QEMU implements no PSCI here: cells that run on four cores got theirs from TF-A's CPU_ON.

[stest->swr~cores-by-psci~1]

Robustness: test_restart_whatever_the_priority
"""

import collections
import contextlib
import re

import pytest

import system
import test_linux
from harness import build
from test_attack_calls import NOT_SUPPORTED, UNKNOWN, call, test_doorbells
from test_attack_interrupts import GICD_CTLR, IPRIORITYR, SGI_FRAME
from test_hostile import test_restart, test_second_core_hostile, test_stop_and_start
from test_power import test_core_on_and_off, test_restart_is_fresh, test_system_reset

# What other modules test without an EL3, here with one.
__all__ = ["test_core_on_and_off", "test_doorbells", "test_restart", "test_restart_is_fresh"]
__all__ += ["test_second_core_hostile", "test_stop_and_start", "test_system_reset"]

GRP1, ARE, DS = 1 << 1, 1 << 4, 1 << 6
NON_SECURE_SGIS = range(8)  # TF-A keeps the others for the Secure side
ARCH_FEATURES, WORKAROUND_1, WORKAROUND_3 = 0x80000001, 0x80008000, 0x80003FFF
TO_EL3 = re.compile(r"^\.\.\.from EL2 to EL3$", re.M)
TRACED = ("gicv3_icc_igrpen_write", "gicv3_icc_bpr_write", "gicv3_icc_ap_write")
WRITE = re.compile(r"ICC_(IGRPEN|BPR|AP)([01])\S* write cpu 0x(\d) value 0x(\w+)$", re.M)


@pytest.fixture(scope="module", params=["injected", "direct"])
def attack(request):
    """As in conftest.py, from a disk, and with writes to the CPU interfaces' group registers in qemu.log."""
    folder = build.results_folder(f"{request.module.__name__}-{request.param}")
    traces = [word for event in TRACED for word in ("-trace", event)]
    with system.running(request.param, folder, el3=True, extra=traces) as running:
        running.mode, running.traces = request.param, folder / "qemu.log"
        running.uart.search(r"^NOTICE:  BL31: ")
        yield running.wait_up("attacker", "victim")


def test_two_security_states(attack):
    """The Non-secure view of GICD_CTLR has no DS; a cell's own GIC has but one security state, as ever.

    [stest->swr~gicd-filtered~1]
    """
    (gicd,) = (address for name, address in attack.devices() if re.fullmatch(r"intc@.*\[0\]", name))
    physical = int(attack.target.monitor(f"xp /1xw {gicd + GICD_CTLR:#x}").split()[-1], 16)
    assert physical & (GRP1 | ARE | DS) == GRP1 | ARE
    seen = int(attack.ask("attacker", "gicd-read 0", r"gicd-read 0x0 = (\S+)\n")[1], 16)
    assert seen & (GRP1 | ARE | DS) == GRP1 | ARE | DS


def test_group_0_is_firmwares(attack):
    """Of Group 0's registers TF-A alone has written one, once a core. [stest->swr~group0-firmwares~1]"""
    attack.restart("attacker")
    cores = range(len(attack.blueprint.cores))
    writes = collections.defaultdict(list)
    for name, group, core, value in WRITE.findall(attack.traces.read_text()):
        writes[name, int(group)].append((int(core), int(value, 16)))
    assert sorted(writes["IGRPEN", 0]) == [(core, 1) for core in cores]
    assert not writes["BPR", 0] and not writes["AP", 0]
    assert {core for core, _ in writes["BPR", 1]} == {core for core, _ in writes["AP", 1]} == set(cores)


def read(attack, part, offset):
    return int(attack.ask("attacker", f"{part}-read {offset:#x}", rf"{part}-read {offset:#x} = (\S+)\n")[1], 16)


def test_priorities(attack):
    """A cell finds the default, and what it writes, though the distributor keeps it shifted (GICD_IPRIORITYR<n>).

    [stest->swr~gicr-filtered~1]
    """
    own = attack.blueprint.cells["attacker"].spis[0]
    secure = SGI_FRAME + IPRIORITYR + NON_SECURE_SGIS.stop
    assert read(attack, "gicr", SGI_FRAME + IPRIORITYR) == 0xA0A0A0A0
    assert read(attack, "gicd", IPRIORITYR + own & ~3) >> own % 4 * 8 & 0xFF == 0xA0
    assert read(attack, "gicr", secure) == 0
    with attack.unharmed("victim"):
        for value in (0x10, 0x80, 0xF0):
            word = value * 0x1010101
            attack.ask(
                "attacker", f"gicr-write {SGI_FRAME + IPRIORITYR:#x} {word:#x}", rf"gicr-write \S+ reads back {word:#x}\n"
            )
        attack.write_gic("gicr", secure, 0x10101010)
        assert read(attack, "gicr", secure) == 0
        attack.restart("attacker")


@pytest.mark.parametrize("priority", [0x00, 0xF8])
def test_restart_whatever_the_priority(attack, priority):
    """The wake-up gets through to a core in WFI, whatever its guest made of the SGI's priority."""
    with attack.unharmed("victim"):
        for offset in (0, 4):
            attack.write_gic("gicr", SGI_FRAME + IPRIORITYR + offset, priority * 0x1010101)
        attack.ask("attacker", "wfi-irq-on", "wfi-irq-on begins")
        attack.restart("attacker")
    attack.ask("attacker", "checksum", "checksum ok")


def test_sgis(attack):
    """[stest->swr~sgi-own-cores-only~1]"""
    with attack.unharmed("victim"), attack.survives("attacker"):
        for intid in range(16):
            own = int(intid in NON_SECURE_SGIS)
            attack.ask("attacker", f"sgi 0 0xffff {intid}", f"sgi sent, own sgis {own}\n")
        attack.ask("attacker", "sgi-all 3", "sgi-all sent")


@contextlib.contextmanager
def exceptions_logged(attack):
    """In qemu.log, besides the writes."""
    writes = f"trace:{TRACED[0]}"  # keeps all of them
    assert not attack.target.monitor(f"log int,{writes}").strip()
    yield
    attack.target.monitor(f"log {writes}")


def call_counted(attack, conduit, function, *arguments):
    """x0, and how often EL2 has called firmware for it."""
    before = len(TO_EL3.findall(attack.traces.read_text()))
    answer = call(attack, conduit, function, *arguments)
    return answer, len(TO_EL3.findall(attack.traces.read_text())) - before


@pytest.mark.parametrize("conduit", ["smc", "hvc"])
def test_workarounds(attack, conduit):
    """Firmware's answers are the cell's: a Cortex-A72 needs both. [stest->swr~psci-own-cores~1]"""
    with attack.unharmed("victim"), attack.survives("attacker"), exceptions_logged(attack):
        for function in (WORKAROUND_1, WORKAROUND_3):
            answer, asked = call_counted(attack, conduit, ARCH_FEATURES, function)
            assert answer == 0 and asked > 0
            answer, called = call_counted(attack, conduit, function)
            # Returns nothing, so x0 stays. EL2 asks again whether firmware has it, and calls it.
            assert answer & 0xFFFFFFFF == function and called == asked + 1
        assert call_counted(attack, conduit, UNKNOWN["SiP service"]) == (NOT_SUPPORTED, 0)


STANDARD_UID, STANDARD_REVISION, STANDARD_COUNT = 0x8400FF01, 0x8400FF03, 0x8400FF00
# 108d905b-f863-47e8-ae2d-c0fb5641f6e2: TF-A's standard services, as SMCCC's four words.
TFA_STANDARD_SERVICES = [0x108D905B, 0x47E8F863, 0xFBC02DAE, 0xE2F64156]


def answers(attack, cell, conduit, function):
    pattern = rf"^probe: {conduit} {function:#x} = (\S+) (\S+) (\S+) (\S+)\n"
    found = attack.report(cell, f"{conduit} {function:#x} 1 2 3", pattern)
    return [int(word, 16) for word in found.groups()]


@pytest.mark.parametrize("conduit", ["smc", "hvc"])
def test_firmware_calls(attack, conduit):
    """The functions that the file names for a cell are answered by TF-A; of no other cell, and no other function.

    [stest->swr~firmware-calls~1]
    """
    with attack.unharmed("victim"), attack.survives("attacker"), exceptions_logged(attack):
        assert answers(attack, "victim", conduit, STANDARD_UID) == TFA_STANDARD_SERVICES
        assert answers(attack, "victim", conduit, STANDARD_REVISION)[:2] == [0, 1]
        before = len(TO_EL3.findall(attack.traces.read_text()))
        assert before > 0
        assert answers(attack, "victim", conduit, STANDARD_COUNT)[0] & 0xFFFFFFFF == 0xFFFFFFFF
        assert answers(attack, "attacker", conduit, STANDARD_UID)[0] & 0xFFFFFFFF == 0xFFFFFFFF
        assert len(TO_EL3.findall(attack.traces.read_text())) == before


@pytest.mark.parametrize("mode", ["injected", pytest.param("direct", marks=pytest.mark.full)])
def test_linux_smp(results, mode):
    test_linux.boot_and_reboot(results, "6.12", mode, el3=True)

# SPDX-License-Identifier: Apache-2.0
"""Accesses to emulated pages by every kind of instruction, and what isn't one: walks of a cell's own tables.

[stest->swr~emulated-pages~1]
"""

import time

import pytest

import system
from harness import build, gdbstub, qemu


@pytest.fixture(scope="module")
def machine():
    with system.running("accesses", build.results_folder("accesses")) as running:
        yield running.wait_up("attacker", "victim")


GICD, PL011, PL031, NOWHERE = 0x08000000, 0x09000000, 0x09010000, 0x0C000000
TYPER, ISENABLER = 0x4, 0x104
UNDECODED = {
    "pair": "gicd-pair 0",
    "load-written-back": f"gicd-indexed {TYPER}",
    "store-written-back": f"gicd-indexed {ISENABLER - 4} 1",
    "exclusive": f"gicd-exclusive {TYPER}",
}
TRANSLATION, PERMISSION = 1, 3
ATTACKER, CORES = 1, 4  # as QEMU counts them


def status(core):
    """Of the fault's syndrome: exception class, ISV, S1PTW, kind of fault without the level (Arm ARM D17.2.37)."""
    return core.fault_esr >> 26, core.fault_esr >> 24 & 1, core.fault_esr >> 7 & 1, core.fault_esr >> 2 & 15


@pytest.mark.parametrize("kind", UNDECODED)
def test_undecoded(machine, kind):
    """What the syndrome doesn't tell."""
    with machine.unharmed("victim"):
        core = machine.fault("attacker", UNDECODED[kind])
    assert (core.fault_error, core.fault_action, core.fault_ipa & ~0xFFF) == ("forbidden-access", "restart", GICD)
    assert status(core) == (0x24, 0, 0, TRANSLATION)


@pytest.mark.parametrize("offset, size", [(TYPER + 1, 4), (TYPER + 2, 4), (TYPER + 1, 2)])
def test_unaligned(machine, offset, size):
    """Of normal memory a CPU takes it, and the syndrome tells all of it but that."""
    with machine.unharmed("victim"):
        core = machine.fault("attacker", f"gicd-unaligned {offset} {size}")
    assert (core.fault_error, core.fault_action, core.fault_ipa) == ("forbidden-access", "restart", GICD + offset)
    assert status(core) == (0x24, 1, 0, TRANSLATION)


@pytest.mark.parametrize(
    "table, kind, told",
    [(NOWHERE, TRANSLATION, NOWHERE), (GICD, TRANSLATION, GICD), (PL011, TRANSLATION, PL011), (PL031, PERMISSION, PL031)],
    ids=["nowhere", "gicd", "uart", "device"],
)
def test_walk(machine, table, kind, told):
    """Tables where no memory is: a walk is no access to a register, and of a device's own page none is made (HCR_EL2.PTW).

    [stest->swr~fault-costs-its-cell~1]
    """
    with machine.unharmed("victim"):
        core = machine.fault("attacker", f"walk {table:#x}")
    assert (core.fault_error, core.fault_action, core.fault_ipa & ~0xFFF) == ("memory-violation", "restart", told)
    assert status(core) == (0x24, 0, 1, kind)


def test_restart_comes_first(machine):
    """What a core reaches for when its memory has been taken from it, since its cell is to be restarted, is no fault of the cell.

    [stest->swr~order-revokes~1]
    """
    before = machine.view.core("attacker")
    with gdbstub.attached(machine.target) as gdb:
        machine.send("attacker", f"read {NOWHERE:#x}")
        gdb.run_to(ATTACKER, [build.symbol(build.HYPERVISOR, "arch_stage2_revoked")])
        assert gdb.register(ATTACKER, "HPFAR_EL2") << 8 == NOWHERE
        mark = machine.health("restart attacker")
        with gdb.held(ATTACKER, CORES):
            time.sleep(0.4)
    machine.wait_generation("attacker", before.generation + 1, mark)
    after = machine.view.core("attacker")
    assert (after.fault_count, after.faults) == (before.fault_count, before.faults)


def test_thumb(machine):
    """A user program of AArch32: an access in an IT block is the turn of one instruction (test/system/cells/thumb.S)."""
    qemu.wait_until(lambda: machine.view.state("thumb") != "running", "thumb is ready or stopped")
    core = machine.view.core("thumb")
    assert (machine.view.state("thumb"), hex(core.fault_ipa), core.fault_count) == ("ready", "0x0", 0)

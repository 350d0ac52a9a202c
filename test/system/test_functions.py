# SPDX-License-Identifier: Apache-2.0
"""Configuration space of a PCI function that doesn't answer, as during its reset, and of one whose BARs don't come back.

EL2's mapping of a cell's function leads elsewhere: to a place of the bus where nobody is, or to the host bridge, which has
no BARs. An access that the bus aborts is one to EL2's UART, which the cells' cores have where nothing is. An SError, of which QEMU has
none from outside, is played: the core goes to its vector, with ELR_EL2 and SPSR_EL2 as they would be.

[stest->swr~pci-config-emulated~1] [stest->swr~pci-bars-fixed~1]

Robustness: all
"""

import struct

import pytest

import changed_image
import system
from changed_image import Image
from dma_machine import EXTRA
from harness import blueprint, build, cpu, gdbstub, qemu
from harness.blueprint import EL2_VA_TEXT, EL2_VA_UART

ECAM = 0x4010000000  # of the board, and of each cell
HOST_BRIDGE, NOBODY = ECAM, ECAM + 0xF8000  # 0000:00:1f.0
OWN = ECAM + 0x8000  # a cell's first function
COMMAND, MESSAGE_UPPER = 0x4, 0x48
MEMORY, MASTER = 2, 4
ONES = 0xFFFFFFFF
READ, WRITE, ACCESS = (build.symbol(build.HYPERVISOR, name) for name in ("guarded_read32", "guarded_write", "guarded_access"))
VECTORS, ABORT, DRAIN = (build.symbol(build.HYPERVISOR, name) for name in ("vectors", "guarded_abort", "serrors_drain"))
GUEST = build.symbol(build.HYPERVISOR, "vectors_guest")  # synchronous: the guest has exited again
SERROR_SP_ELX, ISB = 0x380, 0xD5033FDF
MSR_ELR_X17, MSR_SPSR_X16 = 0xD51C4031, 0xD51C4010  # both in guarded_abort
UNMASKED = 0x2C9  # PSTATE: EL2h, all but SErrors masked


def config_va(fit, offset, cell):
    """Where EL2 looks for the configuration space of a cell's only function. offset: of the blueprint."""
    record = offset + cell.record_offset
    (table, count) = struct.unpack_from("<II", fit.kernel.data, record + 504)
    assert count == 1
    return struct.unpack_from("<Q", fit.kernel.data, record + table)[0]


def changed():
    image = Image("functions")
    for name, place in (("gone", NOBODY), ("other", HOST_BRIDGE), ("whole", None)):
        cell = image.blueprint.cells[name]
        space = image.blueprint.el2(cell.cores[0].machine_core)
        if place:
            image.blueprint.redirect(space, config_va(image.fit, image.blueprint.offset, cell), place)
        image.blueprint.redirect(space, EL2_VA_UART, changed_image.NOBODY)
    blueprint.rehash(image.kernel)
    return image


@pytest.fixture(scope="module")
def machine():
    image = changed()
    with qemu.QemuTarget(build.results_folder("functions"), extra=EXTRA) as target:
        yield system.System(target, image.fit).start().wait_up("gone", "other", "whole")


class Core:
    """That of a cell, and what EL2 does there."""

    def __init__(self, machine, name):
        cell = machine.blueprint.cells[name]
        self.machine, self.number, self.config = machine, cell.cores[0].machine_core, config_va(machine.fit, machine.blueprint.offset, cell)
        self.code = bytes(machine.fit.kernel.data[: machine.blueprint.offset])

    def next(self, word, address):
        """Where this instruction stands next."""
        at = address - EL2_VA_TEXT
        while self.code[at : at + 4] != struct.pack("<I", word):
            at += 4
        return EL2_VA_TEXT + at

    def writes(self, gdb):
        """Runs to EL2's next write to the function; (offset, width)."""
        while not gdb.run_to(self.number, [WRITE]) or gdb.register(self.number, "x2") == 0:  # 0: a read
            pass
        return gdb.register(self.number, "x0") - self.config, gdb.register(self.number, "x2")

    def aborts(self, gdb):
        """Of the access that it is about to make."""
        gdb.change(self.number, "x0", EL2_VA_UART)

    def error(self, gdb, address):
        """Runs to there, and there takes an SError."""
        gdb.run_to(self.number, [address])
        for register, value, word in (("x17", address, MSR_ELR_X17), ("x16", UNMASKED, MSR_SPSR_X16)):
            gdb.change(self.number, register, value)
            gdb.change(self.number, "pc", self.next(word, ABORT))
            gdb.step(self.number)
        gdb.change(self.number, "pc", VECTORS + SERROR_SP_ELX)

    def cpu(self, gdb):
        return cpu.Cpu(gdb, self.code, self.machine.fit.kernel.load, self.number)


@pytest.fixture
def whole(machine):
    return Core(machine, "whole")


def read(machine, cell, offset, size=4):
    return int(machine.ask(cell, f"read {OWN + offset:#x} {size}", r"read \S+ = 0x(\w+)\n")[1], 16)


def write(machine, cell, offset, value, size=4):
    machine.ask(cell, f"write {OWN + offset:#x} {value:#x} {size}", r"write \S+ done")


def test_whole(machine):
    """Memory decodes where the BARs are; 8 bytes at once are nobody's."""
    write(machine, "whole", COMMAND, MEMORY)
    assert read(machine, "whole", COMMAND) & 0xFFFF == MEMORY
    assert read(machine, "whole", 0, 8) == ONES << 32 | ONES
    write(machine, "whole", 0, MASTER << 32, 8)
    assert read(machine, "whole", COMMAND) & 0xFFFF == MEMORY


def low(value, size):
    """The bytes of a command register that are written."""
    return value & 0xFFFF & (1 << 8 * size) - 1


def command(name, before, size=4):
    """Reads the command register; or writes it, with bus mastership changed."""
    return f"read {OWN + COMMAND:#x} {size}" if name == "read" else f"write {OWN + COMMAND:#x} {low(before ^ MASTER, size):#x} {size}"


def answer(machine, name, mark):
    """What was read; None of a write."""
    found = machine.uart.search(rf"{name} \S+ (?:= 0x(\w+)|done)\n", since=mark)
    return int(found[1], 16) if name == "read" else None


def test_abort(machine, whole):
    """A read that the bus aborts gives ones, as where nobody is, and the cell goes on behind it."""
    before = read(machine, "whole", COMMAND)
    with machine.survives("whole"):
        with gdbstub.attached(machine.target) as gdb:
            mark = machine.send("whole", command("read", before))
            gdb.run_to(whole.number, [READ])
            assert gdb.register(whole.number, "x0") == whole.config + COMMAND
            whole.aborts(gdb)
        assert answer(machine, "read", mark) == read(machine, "gone", COMMAND) != before
        assert read(machine, "whole", COMMAND) == before


@pytest.mark.parametrize("size", [1, 2, 4])
def test_aborted_write(machine, whole, size):
    """A write that the bus aborts is lost, and the cell goes on behind it; the next one isn't."""
    before = read(machine, "whole", COMMAND)
    with machine.survives("whole"):
        with gdbstub.attached(machine.target) as gdb:
            mark = machine.send("whole", command("write", before, size))
            assert whole.writes(gdb) == (COMMAND, size)
            whole.aborts(gdb)
        answer(machine, "write", mark)
        assert read(machine, "whole", COMMAND) == before
        write(machine, "whole", COMMAND, low(before ^ MASTER, size), size)
        assert read(machine, "whole", COMMAND) == before ^ MASTER
        write(machine, "whole", COMMAND, low(before, size), size)


@pytest.mark.parametrize("name", ["read", "write"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_error(machine, whole, name, when):
    """An SError that EL2 finds before an access is none of it; one that comes with it says that the answer is lost, not that a write is."""
    before = read(machine, "whole", COMMAND)
    with machine.survives("whole"):
        with gdbstub.attached(machine.target) as gdb:
            mark = machine.send("whole", command(name, before))
            whole.writes(gdb) if name == "write" else gdb.run_to(whole.number, [READ])
            whole.error(gdb, whole.next(ISB, WRITE if when == "before" else ACCESS))
        assert answer(machine, name, mark) in (None, before if when == "before" else read(machine, "gone", COMMAND))
        assert read(machine, "whole", COMMAND) == before ^ (MASTER if name == "write" else 0)
    write(machine, "whole", COMMAND, low(before, 4))


@pytest.mark.parametrize("name", ["read", "write"])
def test_pending_error(machine, whole, name):
    """An SError that is pending is the guest's: EL2 makes no access that would take it, and the guest makes its own again. Played: what EL2
    reads of ISR_EL1. [stest->swr~serror-attributed~1]"""
    before = read(machine, "whole", COMMAND)
    with machine.survives("whole"):
        with gdbstub.attached(machine.target) as gdb:
            mark, core = machine.send("whole", command(name, before)), whole.cpu(gdb)
            core.next_read(cpu.ISR, lambda found: found | cpu.SERROR)
            assert gdb.run_to(whole.number, [GUEST, READ, WRITE]) == GUEST
            core.next_read(cpu.ISR, lambda found: found)
        assert answer(machine, name, mark) in (None, before)
        assert read(machine, "whole", COMMAND) == before ^ (MASTER if name == "write" else 0)
    write(machine, "whole", COMMAND, low(before, 4))


def test_error_at_the_end(machine, whole):
    """An SError that a life leaves is nobody's in the next one. [stest->swr~core-quiesced~1]"""
    after = machine.generation("whole") + 1
    with gdbstub.attached(machine.target) as gdb:
        mark = machine.health("restart whole")
        whole.error(gdb, whole.next(ISB, DRAIN))
    machine.wait_generation("whole", after, mark)
    with machine.survives("whole"):
        read(machine, "whole", COMMAND)


def test_gone(machine):
    """What can't be read can't be kept, so nothing is written but a register that is the guest's whole."""
    before = read(machine, "gone", COMMAND)
    assert before & MEMORY
    with machine.survives("gone"), machine.survives("whole"):
        write(machine, "gone", COMMAND, MEMORY | MASTER)
        assert read(machine, "gone", COMMAND) == before
        write(machine, "gone", MESSAGE_UPPER, 0x12345678)
        assert read(machine, "gone", MESSAGE_UPPER) == ONES
    machine.restart("gone")


def test_no_answer_to_a_reset(machine):
    """One that doesn't say what its control register holds isn't written, and is waited for like one that was reset.
    [stest->swr~pci-functions-reset~1]"""
    other, after, asked = Core(machine, "other"), machine.generation("other") + 1, []
    with gdbstub.attached(machine.target) as gdb:
        mark = machine.health("restart other")
        for _ in range(2):
            gdb.run_to(other.number, [READ])
            asked.append(gdb.register(other.number, "x0") - other.config)
            other.aborts(gdb)
        restores = build.symbol(build.HYPERVISOR, "pci_bars_restore")
        assert gdb.run_to(other.number, [restores, build.symbol(build.HYPERVISOR, "pci_write")]) == restores
    assert asked[0] == asked[1] > 0x40
    machine.wait_generation("other", after, mark)


@pytest.mark.parametrize("times", [1, 2])
def test_aborted_stop(machine, times):
    """What takes a function off the bus is written again where it was lost, once. [stest->swr~pci-functions-stopped~1]"""
    other, after = Core(machine, "other"), machine.generation("other") + 1
    with gdbstub.attached(machine.target) as gdb:
        mark = machine.health("restart other")
        for _ in range(times):
            assert other.writes(gdb) == (COMMAND, 2)
            other.aborts(gdb)
        assert (other.writes(gdb)[0] == COMMAND) == (times == 1)
    machine.wait_generation("other", after, mark)


def test_own_error(results):
    """An exception in a guarded access that isn't the bus's is EL2's own. [stest->swr~el2-exception-resets~2]"""
    image = changed()
    with qemu.QemuTarget(results, extra=EXTRA) as target:
        running = system.System(target, image.fit).start().wait_up("whole")
        core = Core(running, "whole")
        with gdbstub.attached(target, dies=True) as gdb:
            running.send("whole", command("read", 0))
            gdb.run_to(core.number, [READ])
            gdb.change(core.number, "x0", 0)
        qemu.wait_until(lambda: not target.running(), "the machine is reset")


def test_bars_lost(machine):
    """Memory doesn't decode; what else was written holds."""
    write(machine, "other", COMMAND, MEMORY | MASTER)
    assert read(machine, "other", COMMAND) & 0xFFFF == MASTER
    machine.restart("other")
    assert not read(machine, "other", COMMAND) & (MEMORY | MASTER)

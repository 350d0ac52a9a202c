# SPDX-License-Identifier: Apache-2.0
"""Configuration space of a PCI function that doesn't answer, as during its reset, and of one whose BARs don't come back.

EL2's mapping of a cell's function leads elsewhere: to a place of the bus where nobody is, or to the host bridge, which has
no BARs.

[stest->swr~pci-config-emulated~1] [stest->swr~pci-bars-fixed~1]

Robustness: all
"""

import struct

import pytest

import system
from changed_image import Image
from dma_machine import EXTRA
from harness import blueprint, build, gdbstub, qemu

ECAM = 0x4010000000  # of the board, and of each cell
HOST_BRIDGE, NOBODY = ECAM, ECAM + 0xF8000  # 0000:00:1f.0
OWN = ECAM + 0x8000  # a cell's first function
COMMAND, MESSAGE_UPPER = 0x4, 0x48
MEMORY, MASTER = 2, 4
ONES = 0xFFFFFFFF


def config_va(fit, offset, cell):
    """Where EL2 looks for the configuration space of a cell's only function. offset: of the blueprint."""
    record = offset + cell.record_offset
    (table, count) = struct.unpack_from("<II", fit.kernel.data, record + 504)
    assert count == 1
    return struct.unpack_from("<Q", fit.kernel.data, record + table)[0]


@pytest.fixture(scope="module")
def machine():
    image = Image("functions")
    for name, place in (("gone", NOBODY), ("other", HOST_BRIDGE)):
        cell = image.blueprint.cells[name]
        image.blueprint.redirect(image.blueprint.el2(cell.cores[0].machine_core), config_va(image.fit, image.blueprint.offset, cell), place)
    blueprint.rehash(image.kernel)
    with qemu.QemuTarget(build.results_folder("functions"), extra=EXTRA) as target:
        yield system.System(target, image.fit).start().wait_up("gone", "other", "whole")


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


def test_abort(machine):
    """A read that the bus aborts gives ones, as where nobody is, and the cell goes on behind it. Played: EL2 reads where it has nothing mapped."""
    cell, before = machine.blueprint.cells["whole"], read(machine, "whole", COMMAND)
    core, place = cell.cores[0].machine_core, config_va(machine.fit, machine.blueprint.offset, cell)
    with machine.survives("whole"):
        with gdbstub.attached(machine.target) as gdb:
            mark = machine.send("whole", f"read {OWN + COMMAND:#x} 4")
            gdb.run_to(core, [build.symbol(build.HYPERVISOR, "guarded_read32")])
            assert gdb.register(core, "x0") == place + COMMAND
            gdb.change(core, "x0", 0)
        found = int(machine.uart.search(r"read \S+ = 0x(\w+)\n", since=mark)[1], 16)
        assert found == read(machine, "gone", COMMAND) != before
        assert read(machine, "whole", COMMAND) == before


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
    """One that doesn't say what its control register holds isn't written, and is waited for like one that was reset. Played: EL2 reads where
    it has nothing mapped. [stest->swr~pci-functions-reset~1]"""
    cell = machine.blueprint.cells["other"]
    core, place = cell.cores[0].machine_core, config_va(machine.fit, machine.blueprint.offset, cell)
    after, asked = machine.generation("other") + 1, []
    with gdbstub.attached(machine.target) as gdb:
        mark = machine.health("restart other")
        for _ in range(2):
            gdb.run_to(core, [build.symbol(build.HYPERVISOR, "guarded_read32")])
            asked.append(gdb.register(core, "x0") - place)
            gdb.change(core, "x0", 0)
        gdb.run_to(core, [build.symbol(build.HYPERVISOR, "pci_bars_restore"), build.symbol(build.HYPERVISOR, "pci_write")])
        assert gdb.register(core, "pc") == build.symbol(build.HYPERVISOR, "pci_bars_restore")
    assert asked[0] == asked[1] > 0x40
    machine.wait_generation("other", after, mark)


def test_bars_lost(machine):
    """Memory doesn't decode; what else was written holds."""
    write(machine, "other", COMMAND, MEMORY | MASTER)
    assert read(machine, "other", COMMAND) & 0xFFFF == MASTER
    machine.restart("other")
    assert not read(machine, "other", COMMAND) & (MEMORY | MASTER)

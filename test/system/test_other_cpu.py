# SPDX-License-Identifier: Apache-2.0
"""A CPU that QEMU has no model of, as a cell finds it: counters of the implementer's own, and a register that traps and is on no list.
A cell whose cores are of two clusters.

Robustness: test_not_on_the_list, test_two_clusters
"""

import re
import struct

import pytest

import system
from harness import blueprint, build, cpu, gdbstub, qemu

PMUV3, OWN = 1, 15  # ID_AA64DFR0_EL1.PMUVer (Arm ARM D17.2.59)
UNDEFINED = "fault:0x2000000"
# ISS of a trapped MSR or MRS: op0, op2, op1, CRn, CRm. SCTLR_EL1, before the row of ACTLR_EL1, which reads and takes writes; and what is before the first one.
PLACE = 3 << 20 | 7 << 17 | 7 << 14 | 15 << 10 | 15 << 1
UNLISTED = {"between": 3 << 20 | 1 << 10, "first": 0}


@pytest.fixture(scope="module")
def machine():
    with system.running("pmu", build.results_folder("other-cpu")) as running:
        yield running.wait_up("injected", "direct", "without")


def answer(machine, cell, name, mark):
    found = machine.uart.search(rf"^\[{cell}\] probe: sysreg \d+ {name} \S+ read=(\S+?)(?: write=(\S+))?\n", since=mark)
    return found.groups()


def number(name):
    """Of a register in the probe's list."""
    names = re.findall(r"^\tX\((\w+), ", (build.ROOT / "cells/probe/sysregs.c").read_text(encoding="utf-8"), re.M)
    return names.index(name)


def counters(machine, cell):
    """PMUVer as the cell reads it."""
    return lambda mark: int(answer(machine, cell, "ID_AA64DFR0_EL1", mark)[0], 16) >> 8 & 15


@pytest.mark.parametrize("cell, core", [("injected", 1), ("direct", 2)])
def test_counters_of_the_implementers_own(machine, cell, core):
    """A cell with the PMU has no use for what no manual describes. [stest->swr~sysregs-allowlisted~1]"""
    read, command = counters(machine, cell), f"sysreg {number('ID_AA64DFR0_EL1')}"
    assert read(machine.send(cell, command)) == PMUV3
    code = bytes(machine.fit.kernel.data[: machine.blueprint.offset])
    with gdbstub.attached(machine.target) as gdb:
        mark = machine.send(cell, command)
        cpu.Cpu(gdb, code, machine.fit.kernel.load, core).next_read("S3_0_C0_C5_0", lambda value: value | OWN << 8)
    assert read(mark) == 0
    assert read(machine.send(cell, command)) == PMUV3


@pytest.mark.parametrize("where", UNLISTED)
def test_not_on_the_list(machine, where):
    """It is Undefined, read and written. [stest->swr~sysregs-allowlisted~1]"""
    cell, core, command = "without", 3, f"sysreg {number('ACTLR_EL1')}"
    assert answer(machine, cell, "ACTLR_EL1", machine.send(cell, command)) == ("0x0", "ok")
    with machine.survives(cell):
        with gdbstub.attached(machine.target) as gdb:
            mark = machine.send(cell, command)
            for _ in ("read", "write"):
                gdb.run_to(core, [build.symbol(build.HYPERVISOR, "sysreg_trap")])
                gdb.change(core, "x1", gdb.register(core, "x1") & ~PLACE | UNLISTED[where])
        assert answer(machine, cell, "ACTLR_EL1", mark) == (UNDEFINED, UNDEFINED)
    assert answer(machine, cell, "ACTLR_EL1", machine.send(cell, command)) == ("0x0", "ok")


SECOND, ELSEWHERE = 2, 0x101  # MPIDR: the attacker's second core, and where it is when EL2 looks


def test_two_clusters(results):
    """SGIs go to a cell's cores by their clusters' names; the same number in another cluster is nobody's. [stest->swr~sgi-own-cores-only~1]"""
    with qemu.QemuTarget(results, extra=["-S"]) as target:
        running = system.System(target, system.image("injected"))
        target.load(running.fit)
        target.power("on")
        cell = running.blueprint.cells["attacker"]
        record = running.blueprint.offset + cell.record_offset
        (cores,) = struct.unpack_from("<I", running.fit.kernel.data, record + 448)
        place = running.fit.kernel.load + record + cores + 40
        with gdbstub.attached(target) as gdb:
            gdb.run_to(cell.cores[0].machine_core, [build.symbol(build.HYPERVISOR, "vgic_sgi_start")])
            assert int.from_bytes(target.read_memory(place, 8), "little") == cell.cores[1].mpidr == SECOND
            gdb.write_physical(place, ELSEWHERE.to_bytes(8, "little"))
            gdb.run_to(cell.cores[0].machine_core, [gdb.register(cell.cores[0].machine_core, "x30")])
            gdb.write_physical(place, SECOND.to_bytes(8, "little"))
        running.wait_up("attacker", "victim")
        foreign = running.view.core("attacker").foreign_sgi
        for affinity, targets, sgis, more in ((0x100, 2, 0, 0), (0, 2, 1, 0), (0x100, 1, 0, 1), (0, 4, 0, 1), (0, 6, 1, 1), (0x100, 3, 0, 1)):
            running.ask("attacker", f"sgi {affinity:#x} {targets} 5", f"sgi sent, own sgis {sgis}")
            foreign += more
            assert running.view.core("attacker").foreign_sgi == foreign, (affinity, targets)
        running.ask("attacker", "sgi-all 5", "sgi-all sent")
        assert running.view.core("attacker").foreign_sgi == foreign


ICC_IGRPEN0 = "S3_0_C12_C12_6"
GICR_IGROUPR0 = 0x10080
ENABLE_GROUP0 = 1  # GICD_CTLR


def group_0_on(gdb, running, core):
    """On that core, where EL2 turns it off."""
    code, load = bytes(running.fit.kernel.data[: running.blueprint.offset]), running.fit.kernel.load
    (at,) = (at for at in cpu.places(code, cpu.MSR, [ICC_IGRPEN0], [0]))
    off = code[at : at + 4]
    gdb.run_to(core, [blueprint.EL2_VA_TEXT + at])
    gdb.write_physical(load + at, (int.from_bytes(off, "little") & ~31 | 9).to_bytes(4, "little"))
    kept = gdb.register(core, "x9")
    gdb.change(core, "x9", 1)
    gdb.step(core)
    gdb.change(core, "x9", kept)
    gdb.write_physical(load + at, off)


def test_group_0(results):
    """A cell's interrupt of Group 0, on a core where that is on: EL2 acknowledges nothing of it, so that the core gets no further, and counts; its
    neighbour's core, which has the same interrupt, enters EL2 as ever. [stest->swr~group0-firmwares~1]"""
    with qemu.QemuTarget(results, extra=["-S"]) as target:
        running = system.System(target, system.image("injected"))
        target.load(running.fit)
        target.power("on")
        core = running.blueprint.cells["victim"].cores[0]
        group = core.gicr_pa + GICR_IGROUPR0
        control = next(at for name, at in running.devices() if name.startswith("intc@"))  # GICD_CTLR
        with gdbstub.attached(target) as gdb:
            group_0_on(gdb, running, core.machine_core)
        running.wait_up("attacker", "victim")
        others = lambda cell: running.view.core(cell).exits["other"]
        assert others("victim") == 0
        with running.unharmed("attacker"):
            word = int.from_bytes(target.read_memory(control, 4), "little")
            assert not word & ENABLE_GROUP0
            with gdbstub.attached(target) as gdb:
                gdb.write_physical(control, (word | ENABLE_GROUP0).to_bytes(4, "little"))
                gdb.write_physical(group, bytes(4))
            qemu.wait_until(lambda: others("victim") > 1000, "interrupts of Group 0 come")
            ticks = running.view.heartbeat("victim")
            qemu.wait_until(lambda: others("victim") > 2000, "and come again")
            assert running.view.heartbeat("victim") == ticks
            with gdbstub.attached(target) as gdb:
                gdb.write_physical(group, b"\xff" * 4)
            qemu.wait_until(lambda: running.view.heartbeat("victim") != ticks, "as Group 1 it comes")
            seen = others("victim")
            running.ask("victim", "sgi 0 1 5", "sgi sent")
            assert others("victim") == seen

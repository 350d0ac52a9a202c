# SPDX-License-Identifier: Apache-2.0
"""A CPU that QEMU has no model of, as a cell finds it: counters of the implementer's own, and a register that traps and is on no list.

Robustness: test_not_on_the_list
"""

import re

import pytest

import system
from harness import build, cpu, gdbstub

PMUV3, OWN = 1, 15  # ID_AA64DFR0_EL1.PMUVer (Arm ARM D17.2.59)
UNDEFINED = "fault:0x2000000"
# ISS of a trapped MSR or MRS: op0, op2, op1, CRn, CRm. CPACR_EL1, which lies between two rows, and what is before the first one.
PLACE = 3 << 20 | 7 << 17 | 7 << 14 | 15 << 10 | 15 << 1
UNLISTED = {"between": 3 << 20 | 2 << 17 | 1 << 10, "first": 0}


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
        cpu.read_as(gdb, code, "S3_0_C0_C5_0", lambda value: value | OWN << 8, core)
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

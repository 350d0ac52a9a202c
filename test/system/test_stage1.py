# SPDX-License-Identifier: Apache-2.0
"""A guest's own translation leads to what isn't the guest's, or to an emulated device in a way that no driver goes: Arm ARM D8.

[stest->swr~emulated-pages~1] [stest->swr~fault-costs-its-cell~1] [stest->swr~guest-exceptions~1]

Robustness: all
"""

import struct

import pytest

import commanded
from commanded import Command, Commanded, load, store
from harness import build, gdbstub

NOWHERE = 0x10000000  # of no cell's address space
BLOCK, TABLE = 0x701, 3  # Normal, used, shareable, for EL1; descriptors of D8.3
GIB, TWO_MIB = 1 << 30, 1 << 21
MAIR, TCR, SCTLR = 0xFF, 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 1 << 32, 0x30D00801  # 39 bits, the MMU on, no caches
# MSR MAIR_EL1, X0; TCR_EL1, X1; TTBR0_EL1, X2; DSB; TLBI VMALLE1; DSB; ISB; MSR SCTLR_EL1, X3; ISB
TRANSLATE = 0xD518A200, 0xD5182041, 0xD5182002, 0xD5033F9F, 0xD508871F, 0xD5033F9F, 0xD5033FDF, 0xD5181003, 0xD5033FDF
ABORT = 0x25 << 26 | 1 << 25 | 0x10


@pytest.fixture(scope="module")
def core():
    """Normal memory is what devices' addresses are to it; behind two entries of a table lie a device and nothing."""
    with commanded.running("commanded", build.results_folder(__name__)) as running:
        core = Commanded(running, "logging")
        core.uart = core.device(commanded.PL011)
        core.walks = {core.uart // TWO_MIB + 1: core.uart, core.uart // TWO_MIB + 2: NOWHERE}
        first, second = core.list_ipa + 0x10000, core.list_ipa + 0x11000  # a third core's list: there is none
        with gdbstub.attached(running.target) as gdb:
            gdb.write_physical(core.list + 0x10000, struct.pack("<2Q", second | TABLE, GIB | BLOCK))
            gdb.write_physical(core.list + 0x11000 + 8 * (core.uart // TWO_MIB), struct.pack("<Q", core.uart // TWO_MIB * TWO_MIB | BLOCK))
            for index, table in core.walks.items():
                gdb.write_physical(core.list + 0x11000 + 8 * index, struct.pack("<Q", table | TABLE))
        assert core.do(Command(TRANSLATE, (MAIR, TCR, first, SCTLR))).passed
        yield core


def fault(core):
    now = core.running.view.core(core.cell)
    return now.fault_count, now.fault_error, now.fault_action, now.fault_ipa


def test_misaligned(core):
    """An access to an emulated device that a real one would see in pieces."""
    assert core.do(load(core.uart + 0x18)).x[0] == 0x90
    for command, offset in (load(core.uart + 0x19), 0x19), (store(core.uart + 0x25, 7, 2), 0x25), (load(core.uart + 0x24, 8), 0x24):
        before = fault(core)[0]
        end = core.do(command)
        assert (end.esr, end.far, end.elr) == (ABORT, core.uart + offset, core.place())
        assert fault(core) == (before + 1, "forbidden-access", "log", core.uart + offset)
    assert core.do(load(core.uart + 0x24)).x[0] == 0


def test_walk(core):
    """Its own table would lie in an emulated device, or nowhere: no device is asked, and it is a violation."""
    for index, table in core.walks.items():
        before = fault(core)[0]
        end = core.do(load(index * TWO_MIB))
        assert (end.esr, end.far) == (ABORT, index * TWO_MIB)
        assert fault(core) == (before + 1, "memory-violation", "log", table)

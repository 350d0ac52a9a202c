# SPDX-License-Identifier: Apache-2.0
"""A CPU newer than QEMU's newest, or older than its oldest: each control that EL2 then has is written, and none that it hasn't. Which
features there are is what ID registers read as under gdb (Arm ARM D17.2); registers that QEMU lacks are stepped over, and what was to be
written there is seen. From CPU_ON to the guest; the guest then runs as on any other core.

[stest->swr~el2-registers-written~1]

Both ranges: all
"""

import contextlib

import pytest

import system
from harness import blueprint, build, cpu, gdbstub, qemu

MMFR0, MMFR1, MMFR3, DFR0, PFR0, PFR1 = "S3_0_C0_C7_0", "S3_0_C0_C7_1", "S3_0_C0_C7_3", "S3_0_C0_C5_0", "S3_0_C0_C4_0", "S3_0_C0_C4_1"
PMBIDR, TRBIDR, MPAMIDR = "S3_0_C9_C10_7", "S3_0_C9_C11_7", "S3_0_C10_C4_4"
P = 1 << 4  # PMBIDR_EL1, TRBIDR_EL1: another exception level has the buffer
HAS_HCR = 1 << 17  # MPAMIDR_EL1
SPE_CONTROLS = {"S3_0_C9_C10_0": 0, "S3_0_C9_C9_0": 0, "S3_4_C9_C9_0": 0}  # PMBLIMITR_EL1, PMSCR_EL1, PMSCR_EL2
TRBLIMITR = {"S3_0_C9_C11_0": 0}
HAFGRTR = {"S3_4_C3_C1_6": 0}
FGT = {"S3_4_C1_C1_4": 0, "S3_4_C1_C1_5": 0, "S3_4_C1_C1_6": 0, "S3_4_C3_C1_5": 0}  # HFGRTR, HFGWTR, HFGITR, HDFGWTR
FGT2 = {"S3_4_C3_C1_2": 0, "S3_4_C3_C1_3": 0, "S3_4_C3_C1_7": 0, "S3_4_C3_C1_0": 0, "S3_4_C3_C1_1": 0}
MPAM2 = {"S3_4_C10_C5_0": 1 << 48 | 1 << 49 | 1 << 58}  # TRAPMPAM1EL1, TRAPMPAM0EL1, TIDR
MPAMHCR = {"S3_4_C10_C4_0": 1 << 31}  # TRAP_MPAMIDR_EL1
TCR2, SCTLR2 = {"S3_4_C2_C0_3": 0}, {"S3_4_C1_C0_3": 0}
HCRX = {"S3_4_C1_C2_2": 0}
HDFGRTR = "S3_4_C3_C1_4"
PMSNEVFR_SPE, TRBIDR_TRBE = 1 << 63, 1 << 51  # HDFGRTR_EL2: reads of PMBIDR_EL1, of TRBIDR_EL1
ALL = {**SPE_CONTROLS, **TRBLIMITR, **HAFGRTR, **FGT, HDFGRTR: 0, **FGT2, **MPAM2, **MPAMHCR, **TCR2, **SCTLR2, **HCRX}


def feature(low, value):
    return lambda found: found & ~(0xF << low) | value << low


def both(*changes):
    def change(found):
        for one in changes:
            found = one(found)
        return found

    return change


# What a core's ID registers read as; what those read as that QEMU lacks; what is to be written where QEMU has nothing.
CORES = {
    "newest": (
        {
            DFR0: both(feature(32, 1), feature(44, 1)), MMFR0: feature(56, 2), MMFR1: feature(40, 1), MMFR3: both(feature(0, 1), feature(4, 1)),
            PFR0: both(feature(44, 1), feature(40, 1)), PFR1: feature(16, 0),
        },
        {PMBIDR: 0, TRBIDR: 0, MPAMIDR: HAS_HCR},
        {**ALL, HDFGRTR: PMSNEVFR_SPE | TRBIDR_TRBE},
    ),
    "firmware-profiles": (
        {
            DFR0: both(feature(32, 1), feature(44, 1)), MMFR0: feature(56, 1), MMFR1: feature(40, 0), MMFR3: both(feature(0, 0), feature(4, 0)),
            PFR0: both(feature(44, 0), feature(40, 0)), PFR1: feature(16, 1),
        },
        {PMBIDR: P, TRBIDR: P, MPAMIDR: 0},
        {**FGT, HDFGRTR: PMSNEVFR_SPE | TRBIDR_TRBE, **MPAM2},
    ),
    "plain": (
        {
            DFR0: both(feature(32, 0), feature(44, 0)), MMFR0: feature(56, 0), MMFR1: feature(40, 0), MMFR3: both(feature(0, 0), feature(4, 0)),
            PFR0: both(feature(44, 0), feature(40, 0)), PFR1: feature(16, 0),
        },
        {PMBIDR: 0, TRBIDR: 0, MPAMIDR: 0},
        {},
    ),
}  # fmt: skip


@contextlib.contextmanager
def halted(results):
    """(the machine before its first instruction, the victim's core, the image's code)"""
    with qemu.QemuTarget(results, extra=["-S"]) as target:
        running = system.System(target, system.image("injected"))
        target.load(running.fit)
        target.power("on")
        yield running, running.blueprint.cells["victim"].cores[0].machine_core, bytes(running.fit.kernel.data[: running.blueprint.offset])


def started(results, reads, lacks):
    """What the victim's core, which is such a CPU, wrote to registers that QEMU's lacks."""
    with halted(results) as (running, core, code):
        with gdbstub.attached(running.target) as gdb:
            ready = build.symbol(build.HYPERVISOR, "guest_return")
            _, seen = cpu.Cpu(gdb, code, running.fit.kernel.load, core).run([ready], reads, lacks)
        running.target.monitor("cont")
        running.wait_up("attacker", "victim")
        return seen


@pytest.mark.parametrize("name", CORES)
def test_controls(results, name):
    reads, identities, written = CORES[name]
    assert {register: value for register, (value,) in started(results, reads, {**ALL, **identities}).items()} == written


ISAR0, ISAR1, ISAR2, DCZID = "S3_0_C0_C6_0", "S3_0_C0_C6_1", "S3_0_C0_C6_2", "S3_3_C0_C0_7"
DZP = 1 << 4  # DCZID_EL0: no DC ZVA
SCXTNUM = {"S3_3_C13_C0_7": 0, "S3_0_C13_C0_7": 0}
KEYS = {f"S3_0_C2_C{m}_{op2}": 0 for m, op2 in [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1), (2, 2), (2, 3), (3, 0), (3, 1)]}
NO_KEYS = {ISAR1: both(feature(4, 0), feature(8, 0), feature(24, 0), feature(28, 0)), ISAR2: both(feature(8, 0), feature(12, 0))}
OLD = {DFR0: feature(8, 0), ISAR0: both(feature(12, 0), feature(16, 0)), DCZID: lambda found: found | DZP}
GUESTS = {
    # No PMU, no CRC32, no SHA-256, no DC ZVA, nor what is newer.
    "oldest": ({**OLD, **NO_KEYS, PFR0: feature(56, 0), PFR1: feature(32, 0)}, {}),
    # A PMU of the implementer's own; SCXTNUM by the older feature; keys of an implementer's algorithm.
    "own-ways": ({**NO_KEYS, DFR0: feature(8, 15), ISAR1: both(feature(4, 0), feature(8, 0), feature(24, 1), feature(28, 0)), PFR0: feature(56, 1), PFR1: feature(32, 2)}, {**SCXTNUM, **KEYS}),
    # As an Armv8.5 has it, and keys of QARMA3.
    "later": ({**NO_KEYS, ISAR2: both(feature(8, 0), feature(12, 1)), PFR0: feature(56, 2), PFR1: feature(32, 0)}, {**SCXTNUM, **KEYS}),
}


@pytest.mark.parametrize("name", GUESTS)
def test_guest(results, name):
    """What a guest finds in its registers at its start, each written once. [stest->swr~guest-registers-written~1]"""
    reads, written = GUESTS[name]
    assert {register: value for register, (value,) in started(results, reads, {**SCXTNUM, **KEYS}).items()} == written


def test_priorities(results):
    """A GIC with 8 bits of priority has more registers of active ones, which are cleared. [stest->swr~cell-interrupts-reset~1]"""
    with system.running("injected", results, extra=["-global", "arm-gicv3-common.force-8-bit-prio=on"]) as running:
        running.wait_up("attacker", "victim")
        running.restart("attacker")
        with running.unharmed("victim"):
            running.ask("attacker", "gic-state", "gic-state")


VTR = "S3_4_C12_C11_1"  # ICH_VTR_EL2
SIX_BITS = {"S3_4_C12_C8_1": 0, "S3_4_C12_C9_1": 0}  # ICH_AP0R1_EL2, ICH_AP1R1_EL2
SEVEN_BITS = {**SIX_BITS, "S3_4_C12_C8_2": 0, "S3_4_C12_C8_3": 0, "S3_4_C12_C9_2": 0, "S3_4_C12_C9_3": 0}


@pytest.mark.parametrize("bits, written", [(6, SIX_BITS), (7, SEVEN_BITS)], ids=["6", "7"])
def test_virtual_priorities(results, bits, written):
    """So many bits of virtual priority, each of them for preemption. [stest->swr~core-quiesced~1]"""
    reads = {VTR: lambda found: found & ~(0x3F << 26) | (bits - 1) << 29 | (bits - 1) << 26}
    assert {register: value for register, (value,) in started(results, reads, SEVEN_BITS).items()} == written


RPR = "S3_0_C12_C11_3"  # ICC_RPR_EL1


def test_priority_that_never_drops(results):
    """As many drops as there are levels, then the core goes on. [stest->swr~cell-interrupts-reset~1]"""
    started(results, {RPR: lambda found: 0x80}, {})


ELRSR, VMCR = "S3_4_C12_C11_5", "S3_4_C12_C11_7"  # ICH_*_EL2
LACKED = range(4, 16)  # list registers that QEMU's GIC has not
LIST = {n: f"S3_4_C12_C{12 + n // 8}_{n % 8}" for n in LACKED}
LR_ACTIVE, LR_HW = 1 << 63, 1 << 61
SPI = 96  # nobody's; the first of as many
ISACTIVER = 0x300 + SPI // 8  # GICD_


def test_list_registers(results):
    """A GIC with 16 list registers: all are cleared as the core starts, and as it is made quiet each that is in use, whose interrupt is active
    no longer. [stest->swr~core-quiesced~1]"""
    with halted(results) as (running, core, code):
        target = running.target
        active = next(at for name, at in running.devices() if name.startswith("intc@")) + ISACTIVER
        held = {LIST[n]: LR_ACTIVE | LR_HW | SPI + n << 32 | SPI + n for n in LACKED}
        reads = {VTR: lambda found: found | 15, ELRSR: lambda found: found & ~sum(1 << n for n in LACKED)}
        with gdbstub.attached(target) as gdb:
            played = cpu.Cpu(gdb, code, running.fit.kernel.load, core)
            played.run([build.symbol(build.HYPERVISOR, "vgic_start")])
            gdb.write_physical(active, sum(1 << n for n in LACKED).to_bytes(4, "little"))
            assert int.from_bytes(target.read_memory(active, 4), "little") == sum(1 << n for n in LACKED)
            _, started_with = played.run([build.symbol(build.HYPERVISOR, "vgic_clear")], reads, held)
            _, cleared_with = played.run(cpu.places(code, cpu.MSR, [VMCR], [blueprint.EL2_VA_TEXT]), reads, held)
        assert started_with == cleared_with == {register: [0] for register in held}
        assert target.read_memory(active, 4) == bytes(4)

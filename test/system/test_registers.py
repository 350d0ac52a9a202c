# SPDX-License-Identifier: Apache-2.0
"""The registers of the newest CPU that QEMU has, as a cell finds them, and the controls of EL2 on every core of a
running machine, read from outside by QEMU's gdb server.

What they must be is spelled here from the manual (Arm ARM D17.2) and, where a cell decides, taken from the
blueprint; nothing of it comes from the hypervisor's headers.

[stest->swr~el2-registers-written~1]
[stest->swr~pmu-of-the-cell~1]
[stest->swr~direct-untrapped~1]
"""

import re

import pytest

import system
from harness import build, gdbstub, qemu
from test_attack_sysregs import READABLE, ROW, try_all

PMU = 4  # bp_cell.flags


def bits(*numbers):
    return sum(1 << n for n in numbers)


# VM SWIO PTW FMO AMO, TID1 TID3 TSC TIDCP TACR TSW, RW
HCR = bits(0, 1, 2, 3, 5, 16, 18, 19, 20, 21, 22, 31)
HCR_IMO = bits(4)
# By feature, which QEMU keeps at 0 where its CPU lacks it.
HCR_TLOR, HCR_TERR, HCR_PAUTH, HCR_ENSCXT, HCR_TID5 = bits(35), bits(36), bits(40, 41), bits(53), bits(58)
MDCR = bits(9, 10, 11, 14, 19)  # TDA TDOSA TDRA TPMS TTRF
MDCR_TPM, MDCR_HPMD, MDCR_HCCD = bits(5, 6), bits(17), bits(23)
TALLINT = bits(6)  # HCRX: where there is NMI
CPTR = 0x22FF | bits(8, 12, 20, 30)  # RES1, TZ TSM TTA TAM
SCTLR = 0x30C50830 | bits(0, 1, 2, 3, 12, 19)  # RES1, M A C SA I WXN


def field(value, low, width=4):
    return value >> low & ((1 << width) - 1)


def controls(gdb, n, cell):
    """HCR_EL2 and MDCR_EL2 as this CPU's features and the cell's properties want them."""
    hcr = HCR | (HCR_IMO if cell.mode == "injected" else 0)
    hcr |= HCR_TLOR if gdb.has("LORC_EL1") else 0
    hcr |= HCR_TERR if gdb.has("ERRIDR_EL1") else 0
    hcr |= HCR_PAUTH if gdb.has("APIAKEYLO_EL1") else 0
    hcr |= HCR_ENSCXT if gdb.has("SCXTNUM_EL1") else 0
    hcr |= HCR_TID5 if field(gdb.register(n, "ID_AA64PFR1_EL1"), 8) >= 2 else 0
    mdcr, version = MDCR, field(gdb.register(n, "ID_AA64DFR0_EL1"), 8)
    mdcr |= field(gdb.register(n, "PMCR_EL0"), 11, 5)  # HPMN: none is reserved
    mdcr |= MDCR_HPMD if version >= 4 else 0
    mdcr |= MDCR_HCCD if version >= 6 else 0
    mdcr |= 0 if cell.flags & PMU else MDCR_TPM
    return hcr, mdcr


@pytest.mark.parametrize("cpu", ["cortex-a72", "max"])
def test_el2_controls(cpu):
    machine = qemu.MACHINE + (",mte=on" if cpu == "max" else "")
    with system.running("pmu", build.results_folder(f"registers-{cpu}"), cpu=cpu, machine=machine) as running:
        running.wait_up("injected", "direct", "without")
        cells = {core.machine_core: cell for cell in running.blueprint.cells.values() for core in cell.cores}
        assert sorted(cells) == [0, 1, 2, 3]
        with gdbstub.attached(running.target) as gdb:
            for n, cell in cells.items():
                mpidr, root, _, _ = running.blueprint.cores[n]
                hcr, mdcr = controls(gdb, n, cell)
                expected = {
                    "HCR_EL2": hcr,
                    "MDCR_EL2": mdcr,
                    "CPTR_EL2": CPTR,
                    "HSTR_EL2": 0,
                    "CNTHCTL_EL2": 3,  # EL1PCTEN, EL1PCEN
                    "CNTVOFF_EL2": 0,
                    "VTCR_EL2": cell.vtcr,
                    "VTTBR_EL2": cell.vttbr,
                    "VMPIDR_EL2": mpidr | 1 << 31,
                    "SCTLR_EL2": SCTLR,
                    "TTBR0_EL2": root,
                }
                newer = {name: 0 for name in ("HCRX_EL2", "HFGRTR_EL2", "HFGWTR_EL2", "HFGITR_EL2", "HDFGRTR_EL2",
                                              "HDFGWTR_EL2") if gdb.has(name)}
                if cpu == "max":
                    every = HCR_TLOR | HCR_TERR | HCR_PAUTH | HCR_ENSCXT | HCR_TID5
                    assert len(newer) == 6 and hcr & every == every and mdcr & MDCR_HPMD and mdcr & MDCR_HCCD
                else:
                    expected["VPIDR_EL2"] = 0x410FD083  # of QEMU's cortex-a72, r0p3
                newer |= {"HCRX_EL2": TALLINT} if field(gdb.register(n, "ID_AA64PFR1_EL1"), 36) else {}
                assert cpu != "max" or newer["HCRX_EL2"] == TALLINT
                expected |= newer
                found = {name: gdb.register(n, name) for name in expected}
                assert {k: hex(v) for k, v in found.items()} == {k: hex(v) for k, v in expected.items()}, f"core {n}"
        running.ask("injected", "checksum", "checksum ok")  # it goes on


# Of a CPU with everything, beyond what every CPU lets a cell read.
NEWER = {"ALLINT", "APIAKEYLO_EL1", "DISR_EL1", "RNDR", "SCXTNUM_EL0", "SCXTNUM_EL1"}
NAMED = re.compile(r"^\[attacker\] probe: sysreg \d+ ID_AA64(\w+) \S+ read=0x([0-9a-f]+)", re.M)


def test_newest_cpu():
    """[stest->swr~sysregs-allowlisted~1]"""
    folder = build.results_folder("registers-newest")
    with system.running("injected", folder, cpu="max", machine=f"{qemu.MACHINE},mte=on") as running:
        running.wait_up("attacker", "victim")
        with running.unharmed("victim"), running.survives("attacker"):
            text = try_all(running)
        rows = ROW.findall(text)
        assert {name for name, _, value, _ in rows if not value.startswith("fault")} == READABLE | NEWER
        assert [written for name, _, _, written in rows if name == "ALLINT"] == ["fault:0x2000000"]  # Undefined
        ids = {name: int(value, 16) for name, value in NAMED.findall(text)}
        assert field(ids["PFR0_EL1"], 28) == field(ids["PFR0_EL1"], 32) == field(ids["PFR0_EL1"], 8, 8) == 0  # RAS, SVE
        assert field(ids["PFR1_EL1"], 8) == field(ids["PFR1_EL1"], 24) == 0  # MTE, SME
        assert field(ids["PFR1_EL1"], 36) == 0  # NMI
        assert field(ids["PFR1_EL1"], 0) == 1  # BTI
        assert field(ids["ISAR1_EL1"], 4) or field(ids["ISAR1_EL1"], 8)  # pointer authentication
        assert field(ids["DFR0_EL1"], 0) == 6 and field(ids["DFR0_EL1"], 8) == field(ids["DFR0_EL1"], 32) == 0

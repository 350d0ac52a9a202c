# SPDX-License-Identifier: Apache-2.0
"""What the controls of EL2 are on a core that runs a cell's guest: spelled here from the manual (Arm ARM D17.2) and, where a cell
or the CPU's features decide, taken from the blueprint and from the ID registers. Nothing of it comes from the hypervisor's headers.
"""

from dataclasses import dataclass

from . import build

PMU = 4  # bp_cell.flags


def bits(*numbers):
    return sum(1 << n for n in numbers)


# VM SWIO PTW FMO AMO, TID1 TID3 TSC TIDCP TACR TSW, RW
HCR = bits(0, 1, 2, 3, 5, 16, 18, 19, 20, 21, 22, 31)
HCR_IMO = bits(4)
# (bits, a register that the CPU has with the feature): TLOR, TERR, APK API, EnSCXT. QEMU keeps them at 0 without.
HCR_BY_FEATURE = (
    (bits(35), "LORC_EL1"),
    (bits(36), "ERRIDR_EL1"),
    (bits(40, 41), "APIAKEYLO_EL1"),
    (bits(53), "SCXTNUM_EL1"),
)
HCR_TID5 = bits(58)
MDCR = bits(9, 10, 11, 14, 19)  # TDA TDOSA TDRA TPMS TTRF
MDCR_TPM, MDCR_HPMD, MDCR_HCCD = bits(5, 6), bits(17), bits(23)
TALLINT = bits(6)  # HCRX: where there is NMI
CPTR = 0x22FF | bits(8, 12, 20, 30)  # RES1, TZ TSM TTA TAM
SCTLR = 0x30C50830 | bits(0, 1, 2, 3, 12, 19)  # RES1, M A C SA I WXN
MIDR = {"cortex-a72": 0x410FD083}  # of QEMU's, r0p3
MAIR = 0x4404FF  # Normal write-back, Device-nGnRE, Normal non-cacheable
NEWER = ("HCRX_EL2", "HFGRTR_EL2", "HFGWTR_EL2", "HFGITR_EL2", "HDFGRTR_EL2", "HDFGWTR_EL2")

MANUAL = "Arm ARM D17.2: "
FEATURES = MANUAL + "the controls that keep the guest in its cell, by the CPU's ID registers; "


@dataclass(frozen=True)
class Control:
    name: str
    value: int
    source: str  # of the expectation


def field(value, low, width=4):
    return value >> low & ((1 << width) - 1)


def _hcr(gdb, n, cell):
    value = HCR | (HCR_IMO if cell.mode == "injected" else 0)
    value |= sum(mask for mask, register in HCR_BY_FEATURE if gdb.has(register))
    return value | (HCR_TID5 if field(gdb.register(n, "ID_AA64PFR1_EL1"), 8) >= 2 else 0)


def _mdcr(gdb, n, cell):
    version = field(gdb.register(n, "ID_AA64DFR0_EL1"), 8)
    value = MDCR | field(gdb.register(n, "PMCR_EL0"), 11, 5)  # HPMN: none is reserved
    value |= MDCR_HPMD if version >= 4 else 0
    value |= MDCR_HCCD if version >= 6 else 0
    return value | (0 if cell.flags & PMU else MDCR_TPM)


def controls(gdb, n, blueprint, cell, midr=None):
    """Of machine core `n`, which is one of `cell`'s; midr: its MIDR_EL1, which QEMU doesn't show, where it is known."""
    mpidr, root, _, _ = blueprint.cores[n]
    nmi = field(gdb.register(n, "ID_AA64PFR1_EL1"), 36)
    rows = [
        Control("HCR_EL2", _hcr(gdb, n, cell), f"{FEATURES}IMO: the cell's interrupts are {cell.mode}"),
        Control("MDCR_EL2", _mdcr(gdb, n, cell), f"{FEATURES}TPM, TPMCR: the cell's flag `pmu`"),
        Control("CPTR_EL2", CPTR, f"{MANUAL}RES1, TZ, TSM, TTA, TAM"),
        Control("HSTR_EL2", 0, f"{MANUAL}no AArch32 traps"),
        Control("CNTHCTL_EL2", 3, f"{MANUAL}EL1PCTEN, EL1PCEN"),
        Control("CNTVOFF_EL2", 0, f"{MANUAL}virtual time is physical time"),
        Control("VTCR_EL2", cell.vtcr, "blueprint: bp_cell.vtcr"),
        Control("VTTBR_EL2", cell.vttbr, "blueprint: bp_cell.vttbr"),
        Control("VMPIDR_EL2", mpidr | 1 << 31, "blueprint: bp_boot_core.mpidr; RES1"),
        Control("SCTLR_EL2", SCTLR, f"{MANUAL}RES1, M, A, C, SA, I, WXN"),
        Control("TTBR0_EL2", root, "blueprint: bp_boot_core.root_pa"),
        Control("TCR_EL2", blueprint.tcr, "blueprint: bp_header.tcr_el2"),
        Control("MAIR_EL2", MAIR, "blueprint.h: the attributes of EL2's tables"),
        Control("VBAR_EL2", build.symbol(build.HYPERVISOR, "vectors"), "bulkhead.elf: symbol `vectors`"),
    ]
    if midr is not None:
        rows.append(Control("VPIDR_EL2", midr, "MIDR_EL1 of the machine's CPU"))
    values = {name: 0 for name in NEWER} | {"HCRX_EL2": TALLINT if nmi else 0}
    return rows + [Control(name, values[name], FEATURES + "every fine-grained trap") for name in NEWER if gdb.has(name)]

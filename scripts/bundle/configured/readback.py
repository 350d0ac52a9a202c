# SPDX-License-Identifier: Apache-2.0
"""Registers of a machine that runs, beside what they must be: EL2's on every core, the GIC's, the SMMUs' with each stream's
entry, the ITSs'. What must be comes from the image's blueprint and from the manuals (Arm ARM; GIC: Arm IHI 0069; SMMU: Arm IHI
0070), and each row says from where. The machine stands still meanwhile.

[impl->swr~evidence-registers~1]
"""

import struct
from dataclasses import dataclass

from harness import el2, machine_tables

ALL = (1 << 64) - 1
GICD_CTLR, GICD_IGROUPR, GICD_ISENABLER, GICD_IPRIORITYR, GICD_ICFGR, GICD_IROUTER = 0x0, 0x80, 0x100, 0x400, 0xC00, 0x6000
GICR_CTLR, GICR_WAKER, GICR_PROPBASER, GICR_PENDBASER, GICR_SGI = 0x0, 0x14, 0x70, 0x78, 0x10000
SMMU_CR0, SMMU_CR1, SMMU_CR2, SMMU_GBPA = 0x20, 0x28, 0x2C, 0x44
SMMU_STRTAB_BASE, SMMU_STRTAB_BASE_CFG, SMMU_CMDQ_BASE, SMMU_EVENTQ_BASE = 0x80, 0x88, 0x90, 0xA0
GITS_CTLR, GITS_CBASER, GITS_CWRITER, GITS_CREADR, GITS_BASER = 0x0, 0x80, 0x88, 0x90, 0x100
# Cacheability and shareability, on which the GIC may have its own mind: inner, outer, shareability.
BASER_KEPT = ALL & ~(7 << 59 | 7 << 53 | 3 << 10)
REDISTRIBUTOR_KEPT = ALL & ~(7 << 56 | 7 << 7 | 3 << 10)
STE_2_KEPT = ALL & ~(1 << 58)  # S2R: EL2 turns it off for a stream with too many faults, and on again
PTZ = 1 << 62  # of PENDBASER: written alone


@dataclass(frozen=True)
class Row:
    where: str
    register: str
    relation: str  # "=": under the mask; "within": no bit but those expected; "one of": `expected` is a list
    expected: int | list
    observed: int
    source: str  # of what is expected
    mask: int = ALL

    @property
    def good(self):
        value = self.observed & self.mask
        if self.relation == "within":
            return not value & ~self.expected
        return value in self.expected if self.relation == "one of" else value == self.expected & self.mask

    def as_json(self):
        listed = self.relation == "one of"
        return {
            "where": self.where, "register": self.register, "relation": self.relation,
            "expected": [hex(value) for value in self.expected] if listed else hex(self.expected), "observed": hex(self.observed),
            "mask": hex(self.mask), "source": self.source, "verdict": "pass" if self.good else "fail",
        }


class Machine:
    """Registers by physical address, each read with its own width."""

    def __init__(self, target):
        self._target = target

    def memory(self, address, size):
        return self._target.read_memory(address, size)

    def word(self, address):
        return struct.unpack("<I", self.memory(address, 4))[0]

    def double(self, address):
        return struct.unpack("<Q", self.memory(address, 8))[0]


def core_rows(gdb, blueprint, midr):
    """EL2's registers of each core that a cell has."""
    rows = []
    for cell in blueprint.cells.values():
        for core in cell.cores:
            where = f"core {core.machine_core} (cell {cell.name})"
            rows += [Row(where, control.name, "=", control.value, gdb.register(core.machine_core, control.name), control.source)
                     for control in el2.controls(gdb, core.machine_core, blueprint, cell, midr)]
    return rows


def _triggers(edges, word):
    """GICD_ICFGR<word> of 16 interrupts: the upper of two bits is 1 for an edge (Arm IHI 0069, 12.9.9)."""
    return sum(2 << 2 * n for n in range(16) if edges >> (16 * (word & 1) + n) & 1)


def distributor_rows(machine, tables):
    """Every SPI that the machine has: whose, enabled by nobody else, routed to no core of another."""
    base, blueprint = tables.gicd_pa, tables.blueprint
    rows = [Row("GIC distributor", "GICD_CTLR", "=", 0x12, machine.word(base + GICD_CTLR),
                "Arm IHI 0069, 12.9.4: ARE, EnableGrp1; Group 0 off; no write pending", 0x80000013)]
    owner = {spi: cell for cell in blueprint.cells.values() for spi in cell.spis}
    own = tables.own_spis
    for n in range(1, tables.spi_count // 32 + 1):
        allowed = sum(1 << spi % 32 for spi in set(owner) | own if spi // 32 == n)
        at = 4 * n
        rows.append(Row("GIC distributor", f"GICD_IGROUPR{n}", "=", 0xFFFFFFFF, machine.word(base + GICD_IGROUPR + at),
                        "Arm IHI 0069, 12.9.10: every interrupt is of Group 1"))
        rows.append(Row("GIC distributor", f"GICD_ISENABLER{n}", "within", allowed, machine.word(base + GICD_ISENABLER + at),
                        "blueprint: SPIs of the cells (bp_cell.spi_owned), and EL2's own (bp_service_smmu)"))
        rows += [Row("GIC distributor", f"GICD_ICFGR{2 * n + half}", "=", _triggers(tables.spi_edge[n], half),
                     machine.word(base + GICD_ICFGR + 8 * n + 4 * half), "blueprint: bp_header.spi_edge") for half in (0, 1)]
    for spi, cell in sorted(owner.items()):
        rows.append(Row("GIC distributor", f"GICD_IROUTER{spi}", "one of", [core.mpidr for core in cell.cores],
                        machine.double(base + GICD_IROUTER + 8 * spi), f"blueprint: cores of cell {cell.name}, which has the SPI"))
    service = blueprint.cores[blueprint.service_core][0]
    for spi in sorted(own):
        rows.append(Row("GIC distributor", f"GICD_IROUTER{spi}", "=", service, machine.double(base + GICD_IROUTER + 8 * spi),
                        "blueprint: EL2's own, of the service core"))
        rows.append(Row("GIC distributor", f"GICD_IPRIORITYR of {spi}", "=", 0, machine.memory(base + GICD_IPRIORITYR + spi, 1)[0],
                        "EL2's own interrupts have the highest priority"))
    return rows


def redistributor_rows(machine, tables, resting):
    """SGIs, PPIs and LPIs of each core that a cell has."""
    rows, blueprint = [], tables.blueprint
    lpis = {core.core: core for core in tables.lpi_cores}
    for cell in blueprint.cells.values():
        for core in cell.cores:
            where, base = f"GIC redistributor of core {core.machine_core} (cell {cell.name})", core.gicr_pa
            sgi = base + GICR_SGI
            rows.append(Row(where, "GICR_WAKER", "=", 0, machine.word(base + GICR_WAKER), "Arm IHI 0069, 12.11.26: awake", 6))
            lpi = lpis.get(core.machine_core)
            rows.append(Row(where, "GICR_CTLR", "=", 1 if lpi else 0, machine.word(base + GICR_CTLR),
                            "blueprint: LPIs on for cores of bp_header.lpi_cores alone", 1))
            if lpi:
                for name, offset, value in (("PROPBASER", GICR_PROPBASER, lpi.propbaser), ("PENDBASER", GICR_PENDBASER, lpi.pendbaser)):
                    rows.append(Row(where, f"GICR_{name}", "=", value, machine.double(base + offset),
                                    "blueprint: bp_lpi_core", REDISTRIBUTOR_KEPT & ~PTZ))
            rows.append(Row(where, "GICR_IGROUPR0", "=", 0xFFFFFFFF, machine.word(sgi + GICD_IGROUPR), "every interrupt is of Group 1"))
            rows.append(Row(where, "GICR_ICFGR1", "=", _triggers(cell.ppi_edge, 1), machine.word(sgi + GICD_ICFGR + 4),
                            "blueprint: bp_cell.ppi_edge"))
            el2s = cell.watchdog_ppi | (1 << cell.maintenance_intid if cell.mode == "injected" else 0)
            rows.append(Row(where, "GICR_ISENABLER0", "within", cell.owned[0] | el2s, machine.word(sgi + GICD_ISENABLER),
                            "blueprint: the cell's SGIs and PPIs (bp_cell.ppi_owned), EL2's maintenance interrupt and watchdog"))
            if cell.mode == "injected" and core.machine_core not in resting:
                rows.append(Row(where, "GICR_IPRIORITYR of the maintenance interrupt", "=", 0,
                                machine.memory(sgi + GICD_IPRIORITYR + cell.maintenance_intid, 1)[0],
                                "EL2's own interrupts have the highest priority"))
    return rows


def _ste_source(stream, names):
    if stream is None:
        return "blueprint: no cell has the stream, so it aborts (Arm IHI 0070, 5.2)"
    return f"blueprint: the entry of cell {names[stream.cell]}, its first word bp_stream.live or, while it may do no DMA, abort"


def stream_rows(machine, tables, number, smmu):
    """Each entry of the stream table, as it lies in memory: of a cell's stream the blueprint's, of any other one that aborts. Those
    that abort as they must are told in one row."""
    where = f"SMMU {number}'s stream table"
    names = {cell.index: cell.name for cell in tables.blueprint.cells.values()}
    owned = {stream.sid: stream for stream in tables.streams if stream.smmu == number}
    entries = machine_tables.stream_entries(smmu, machine.memory)
    rows, nobodys, aborting, read = [], 0, 0, {}
    for sid, pa in entries:
        page = pa & ~4095
        if page not in read:
            read[page] = machine.memory(page, 4096)
        words = struct.unpack_from("<8Q", read[page], pa - page)
        stream = owned.pop(sid, None)
        source = _ste_source(stream, names)
        if stream is None:
            nobodys += 1
            aborting += words[0] & 0xF == machine_tables.STE_ABORT
            if words[0] & 0xF != machine_tables.STE_ABORT:
                rows.append(Row(where, f"STE {sid:#x} word 0", "=", machine_tables.STE_ABORT, words[0], source, 0xF))
            continue
        image = struct.unpack("<8Q", tables.blueprint.memory.at(pa, machine_tables.STE_BYTES))
        rows.append(Row(where, f"STE {sid:#x} word 0", "one of", [stream.live, machine_tables.STE_ABORT], words[0], source))
        rows += [Row(where, f"STE {sid:#x} word {n}", "=", image[n], words[n], source, STE_2_KEPT if n == 2 else ALL) for n in range(1, 8)]
        rows.append(Row(where, f"STE {sid:#x} S2VMID", "=", stream.cell + 1, words[2] & 0xFFFF, "the cell's index + 1 (Arm IHI 0070, 5.2)"))
    rows += [Row(where, f"STE {sid:#x}", "=", 1, 0, "blueprint: the cell's stream has an entry in the table") for sid in owned]
    rows.append(Row(where, "entries of nobody's streams that abort", "=", nobodys, aborting,
                    "blueprint: all but the cells' streams (Arm IHI 0070, 5.2: Config 0b000)"))
    return rows


def smmu_rows(machine, tables):
    rows = []
    for number, smmu in enumerate(tables.smmus):
        where, base = f"SMMU {number}", smmu.pa
        rows.append(Row(where, "GBPA", "=", 1 << 20, machine.word(base + SMMU_GBPA), "Arm IHI 0070, 6.3.17: ABORT, no update pending", 0x80100000))
        if not smmu.strtab_base:
            rows.append(Row(where, "CR0", "=", 0, machine.word(base + SMMU_CR0), "blueprint: no streams, so all aborts: SMMUEN 0", 1))
            continue
        rows += [
            Row(where, "CR0", "=", 0x1D, machine.word(base + SMMU_CR0), "Arm IHI 0070, 6.3.9: SMMUEN, EVENTQEN, CMDQEN, ATSCHK; no PRI queue", 0x1F),
            Row(where, "CR1", "=", 0xD75, machine.word(base + SMMU_CR1), "Arm IHI 0070, 6.3.11: tables and queues inner shareable, write-back"),
            Row(where, "CR2", "=", 4, machine.word(base + SMMU_CR2), "Arm IHI 0070, 6.3.12: PTM", 4),
            Row(where, "STRTAB_BASE", "=", smmu.strtab_base, machine.double(base + SMMU_STRTAB_BASE), "blueprint: bp_smmu.strtab_base"),
            Row(where, "STRTAB_BASE_CFG", "=", smmu.strtab_base_cfg, machine.word(base + SMMU_STRTAB_BASE_CFG), "blueprint: bp_smmu.strtab_base_cfg"),
            Row(where, "CMDQ_BASE", "=", smmu.cmdq_base, machine.double(base + SMMU_CMDQ_BASE), "blueprint: bp_smmu.cmdq_base"),
            Row(where, "EVENTQ_BASE", "=", smmu.eventq_base, machine.double(base + SMMU_EVENTQ_BASE), "blueprint: bp_smmu.eventq_base"),
        ]
        rows += stream_rows(machine, tables, number, smmu)
    return rows


def its_rows(machine, tables):
    rows = []
    for number, its in enumerate(tables.itss):
        where, base = f"ITS {number}", its.pa
        rows.append(Row(where, "GITS_CTLR", "=", 1, machine.word(base + GITS_CTLR), "Arm IHI 0069, 12.19.6: enabled", 1))
        rows.append(Row(where, "GITS_CBASER", "=", its.cbaser, machine.double(base + GITS_CBASER), "blueprint: bp_its.cbaser", BASER_KEPT))
        for name, offset in (("GITS_CWRITER", GITS_CWRITER), ("GITS_CREADR", GITS_CREADR)):
            rows.append(Row(where, name, "=", its.commands, machine.double(base + offset), "blueprint: all commands given, and done: bp_its.commands"))
        rows += [Row(where, f"GITS_BASER{n}", "=", value, machine.double(base + GITS_BASER + 8 * n), "blueprint: bp_its.baser", BASER_KEPT)
                 for n, value in enumerate(its.baser) if value]
    return rows


ICC_G0, ICC_G1NS, ICC_NS = 0, 2, 1  # QEMU's indices of registers that are banked
LR_INTID = (1 << 32) - 1


def _in_list_registers(interface):
    """A bit an INTID that a list register has pending or active (Arm IHI 0069, 12.4.10: State, vINTID)."""
    return sum({1 << (entry & LR_INTID) for entry in interface["ich_lr_el2"] if entry >> 62})


def interface_rows(gic, blueprint, resting):
    """The CPU interface of each core that a cell has. gic: what vmstate.py has of QEMU's `arm_gicv3`."""
    rows = []
    for cell in blueprint.cells.values():
        owned = sum(word << 32 * n for n, word in enumerate(cell.owned))
        for core in cell.cores:
            where, now = f"core {core.machine_core} (cell {cell.name})", gic["cpu"][core.machine_core]
            rows.append(Row(where, "ICC_IGRPEN0_EL1", "=", 0, now["icc_igrpen"][ICC_G0], "Arm IHI 0069, 12.2.16: Group 0 is nobody's"))
            if core.machine_core in resting:  # EL2 has the interface until it starts a guest
                continue
            if cell.mode == "direct":  # HCR_EL2.IMO is 0: the guest has the physical interface
                rows.append(Row(where, "ICH_LR<n>_EL2 in use", "within", 0, _in_list_registers(now), "blueprint: direct interrupts, none is injected",
                                (1 << 1024) - 1))
                continue
            rows += [
                Row(where, "ICC_IGRPEN1_EL1", "=", 1, now["icc_igrpen"][ICC_G1NS], "blueprint: injected, so EL2 takes every interrupt"),
                Row(where, "ICC_CTLR_EL1.EOImode", "=", 2, now["icc_ctlr_el1"][ICC_NS], "blueprint: injected, deactivation by the list register", 2),
                Row(where, "ICC_PMR_EL1", "=", 0xF8, now["icc_pmr_el1"], "blueprint: injected, no priority is masked", 0xF8),
                Row(where, "ICH_HCR_EL2", "=", 1, now["ich_hcr_el2"], "blueprint: injected: En (Arm IHI 0069, 12.4.5)", 1),
                Row(where, "ICH_LR<n>_EL2 in use", "within", owned, _in_list_registers(now), "blueprint: interrupts of the cell alone, a bit an INTID",
                    (1 << 1024) - 1),
            ]
    return rows


def all_rows(target, gdb, blueprint, resting, midr=None):
    machine, tables = Machine(target), machine_tables.Tables(blueprint)
    return [*core_rows(gdb, blueprint, midr), *distributor_rows(machine, tables), *redistributor_rows(machine, tables, resting),
            *smmu_rows(machine, tables), *its_rows(machine, tables)]

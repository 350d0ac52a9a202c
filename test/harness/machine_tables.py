# SPDX-License-Identifier: Apache-2.0
"""What the blueprint has for the machine as a whole: distributor, SMMUs with their stream tables, ITSs, redistributors that take
LPIs (struct bp_header, bp_service; src/blueprint/pci.h)."""

import struct
from dataclasses import dataclass

from .blueprint import ADDRESS

EL2_VA_SERVICE = 0x4080000000
STE_BYTES = 64
STE_ABORT = 1  # V, Config 0b000


@dataclass(frozen=True)
class Smmu:
    pa: int
    strtab_base: int  # 0: all aborts, for ever
    strtab_base_cfg: int
    cmdq_base: int
    eventq_base: int
    event_intid: int
    error_intid: int


@dataclass(frozen=True)
class Its:
    pa: int
    baser: tuple
    cbaser: int
    commands: int


@dataclass(frozen=True)
class Stream:
    live: int
    smmu: int
    sid: int
    cell: int


@dataclass(frozen=True)
class LpiCore:
    propbaser: int
    pendbaser: int
    core: int


class Tables:
    def __init__(self, blueprint):
        self._data, self._at, self.blueprint = blueprint.memory.data, blueprint.offset, blueprint
        self.spi_count, = self._u32(self._at + 156)
        self.gicd_pa, smmu_pa = struct.unpack_from("<2Q", self._data, self._at + 168)
        self.spi_edge = struct.unpack_from("<32I", self._data, self._at + 224)
        service = self._service()
        self.smmus = [self._smmu(n, at, service) for n, at in enumerate(self._rows(self._at, 384, 72))]
        if smmu_pa and smmu_pa not in [smmu.pa for smmu in self.smmus]:
            self.smmus.append(Smmu(smmu_pa, 0, 0, 0, 0, 0, 0))
        self.itss = [self._its(at) for at in self._rows(self._at, 392, 176)]
        self.lpi_cores = [LpiCore(*struct.unpack_from("<2Q4xI", self._data, at + 8)) for at in self._rows(self._at, 400, 32)]
        self.streams = [] if service is None else [
            Stream(*struct.unpack_from("<Q3I", self._data, at + 8)) for at in self._rows(service, 32, 32)]

    def _u32(self, at):
        return struct.unpack_from("<I", self._data, at)

    def _rows(self, record, field, size):
        """Places of a table's elements, its struct bp_table at `field` of the record."""
        offset, count = struct.unpack_from("<2I", self._data, record + field)
        return [record + offset + size * n for n in range(count)]

    def _service(self):
        """Place of struct bp_service; None: the service core's root has none."""
        pa = self.blueprint.el2(self.blueprint.service_core)(EL2_VA_SERVICE)
        return None if pa is None else pa - self.blueprint.memory.base

    def _smmu(self, number, at, service):
        pa, = struct.unpack_from("<Q", self._data, at)
        strtab, cmdq, eventq, cfg = struct.unpack_from("<3QI", self._data, at + 40)
        rows = [] if service is None else self._rows(service, 24, 48)
        intids = struct.unpack_from("<2I", self._data, rows[number] + 40) if number < len(rows) else (0, 0)
        return Smmu(pa, strtab, cfg, cmdq, eventq, *intids)

    def _its(self, at):
        words = struct.unpack_from("<22Q", self._data, at)
        return Its(words[0], words[4:12], *words[20:22])

    @property
    def own_spis(self):
        """EL2's own."""
        return {intid for smmu in self.smmus for intid in (smmu.event_intid, smmu.error_intid) if intid}


def stream_entries(smmu, read):
    """(StreamID, physical address of its entry) of each that the SMMU's table has; read: bytes of memory by address and size
    (Arm IHI 0070, 5.1, 6.3.24, 6.3.25)."""
    log2, split, two_level = smmu.strtab_base_cfg & 63, smmu.strtab_base_cfg >> 6 & 31, smmu.strtab_base_cfg >> 16 & 1
    base = smmu.strtab_base & ADDRESS & ~63
    if not two_level:
        return [(sid, base + STE_BYTES * sid) for sid in range(1 << log2)]
    entries = []
    for n, (descriptor,) in enumerate(struct.iter_unpack("<Q", read(base, 8 << log2 - split))):
        span = descriptor & 31
        if span:
            entries += [((n << split) + i, (descriptor & ADDRESS & ~63) + STE_BYTES * i) for i in range(1 << span - 1)]
    return entries

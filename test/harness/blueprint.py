# SPDX-License-Identifier: Apache-2.0
"""The compiled configuration as src/blueprint/*.h lay it out, read from an image's bytes.

With it a test finds a cell's memory, telemetry or log in a target's physical memory by itself, so that its
proof doesn't rest on what a cell prints. Tables are walked here as the MMU would (Arm ARM D8.2, 4 KiB granule).
"""

import hashlib
import struct
from dataclasses import dataclass

HV_HEADER = 64
HV_MAGIC = 0x44414548484B4C42
BLUEPRINT_MAGIC = 0x544E5250454C4242
PAGE = 4096
EL2_VA_TEXT = 0x4000000000
EL2_VA_CELL = 0x4040080000
EL2_VA_GICD = 0x40400C0000
EL2_VA_UART = 0x40400D0000
EL2_VA_BITS = 39
ADDRESS = 0x0000FFFFFFFFF000

HEADER_DIGEST = 32  # offset of bp_header.digest
INTEGRITY_MAGIC = 0x5952544745544E49
INTEGRITY_HEAD, INTEGRITY_ROW = 48, 88  # struct integrity_table, struct integrity_range
SGIS = 0xFFFF  # every cell has them


def _cstring(data):
    return data.split(b"\0", 1)[0].decode()


class Walk:
    """An address space: table root, bits of input address, first level."""

    def __init__(self, memory, root, bits, level):
        self._memory, self._root, self._bits, self._level = memory, root, bits, level

    def __call__(self, address):
        """Physical address; None: not mapped."""
        leaf = self.leaf(address)
        if leaf is None:
            return None
        _, entry, shift = leaf
        return (entry & ADDRESS & ~((1 << shift) - 1)) | (address & ((1 << shift) - 1))

    def leaf(self, address):
        """(physical address of the leaf entry, entry, log2 of what it maps); None: not mapped."""
        if address >> self._bits:
            return None
        table, level = self._root, self._level
        top = self._bits - 1  # the first index takes all bits above: concatenated tables are one
        while True:
            shift = 39 - 9 * level
            index = (address >> shift) & ((1 << (top - shift + 1)) - 1)
            entry = self._memory.word(table + 8 * index)
            if not entry & 1:
                return None
            if level == 3 or not entry & 2:
                return table + 8 * index, entry, shift
            table, level, top = entry & ADDRESS, level + 1, shift - 1


@dataclass
class Core:
    mpidr: int
    telemetry_pa: int
    ring_pa: int
    machine_core: int
    gicr_pa: int  # of the redistributor's first page


@dataclass
class Region:
    ipa: int
    pa: int
    size: int


@dataclass
class Cell:
    name: str
    index: int
    mode: str
    flags: int
    vttbr: int
    vtcr: int
    entry_ipa: int
    tree_ipa: int
    cores: list
    regions: list
    stage2: Walk
    record_offset: int  # in the blueprint
    owned: list  # interrupts: a bit each, SGIs and PPIs in word 0
    ppi_edge: int
    maintenance_intid: int
    watchdog_ppi: int  # a bit; 0: none
    log_pa: int | None
    heartbeat_pa: int | None
    mmio: list  # (ipa, size, kind)
    images: list  # Region: where they are filled in, and where they are stored

    @property
    def image_bytes(self):
        """Of all images together."""
        return sum(image.size for image in self.images)

    @property
    def spis(self):
        """INTIDs of the SPIs that it owns."""
        return [32 * w + bit for w in range(1, 32) for bit in range(32) if self.owned[w] >> bit & 1]


class _Bytes:
    """The kernel part of the FIT, by physical address."""

    def __init__(self, data, base):
        self.data, self.base = data, base

    def at(self, address, size):
        offset = address - self.base
        if offset < 0 or offset + size > len(self.data):
            raise ValueError(f"{address:#x} is not in the image")
        return bytes(self.data[offset : offset + size])

    def word(self, address):
        return struct.unpack("<Q", self.at(address, 8))[0]


class Blueprint:
    def __init__(self, kernel):
        """kernel: fit.Part"""
        data = kernel.data
        magic, _, _, file_size, _, load_pa = struct.unpack_from("<QIIQQQ", data, HV_HEADER)
        if magic != HV_MAGIC or load_pa != kernel.load:
            raise ValueError("no Bulkhead image")
        self.offset = file_size  # of the blueprint in the kernel part
        self.memory = _Bytes(data, load_pa)
        (magic, self.abi, _, self.size, _) = struct.unpack_from("<QIIQQ", data, file_size)
        if magic != BLUEPRINT_MAGIC:
            raise ValueError("no blueprint")
        self.digest = bytes(data[file_size + 32 : file_size + 64])
        self.boot_root, self.tcr, self.writable_pa, _, self.writable_size = struct.unpack_from("<5Q", data, file_size + 64)
        self.service_core, self.cell_count, cores_at, core_count = struct.unpack_from("<4I", data, file_size + 104)
        (self.crash_pa,) = struct.unpack_from("<Q", data, file_size + 416)  # of the crash-audit area
        self.cores = [
            struct.unpack_from("<QQII", data, file_size + cores_at + 24 * n) for n in range(core_count)
        ]  # mpidr, root, cell, core in cell
        self.cells = {}
        for _, root, cell, _ in self.cores:
            if root and cell not in [c.index for c in self.cells.values()]:
                record = self._cell(root)
                self.cells[record.name] = record

    def el2(self, machine_core):
        """The EL2 address space of a core."""
        return Walk(self.memory, self.cores[machine_core][1], EL2_VA_BITS, 1)

    def redirect(self, space, address, physical):
        """Damages a table: what maps `address` maps `physical` from now on."""
        where, entry, shift = space.leaf(address)
        entry = entry & ~ADDRESS | physical & ~((1 << shift) - 1)
        struct.pack_into("<Q", self.memory.data, where - self.memory.base, entry)

    def _cell(self, root):
        space = Walk(self.memory, root, EL2_VA_BITS, 1)
        record_pa = space(EL2_VA_CELL)
        record = record_pa - self.memory.base
        data = self.memory.data
        u32 = lambda at: struct.unpack_from("<I", data, record + at)[0]
        u64 = lambda at: struct.unpack_from("<Q", data, record + at)[0]
        tables = [struct.unpack_from("<II", data, record + 448 + 8 * n) for n in range(6)]
        cores = []
        for n in range(tables[0][1]):
            at = record + tables[0][0] + 40 * n
            mpidr, gicr, telemetry, ring, machine_core, _ = struct.unpack_from("<4Q2I", data, at)
            own = self.el2(machine_core)
            cores.append(Core(mpidr, own(telemetry), own(ring), machine_core, own(gicr)))
        regions = []
        for n in range(tables[1][1]):
            ipa, pa, _, size = struct.unpack_from("<4Q", data, record + tables[1][0] + 40 * n)
            regions.append(Region(ipa, pa, size))
        mmio = [
            struct.unpack_from("<QQI", data, record + tables[3][0] + 24 * n) for n in range(tables[3][1])
        ]
        owned = list(struct.unpack_from("<32I", data, record + 192))
        owned[0] = u32(184) | SGIS
        images = []
        for n in range(tables[2][1]):
            pa, _, size, ipa = struct.unpack_from("<4Q", data, record + tables[2][0] + 96 * n)
            images.append(Region(ipa, pa, size))
        vttbr, vtcr = u64(56), u64(64)
        return Cell(
            name=_cstring(bytes(data[record + 8 : record + 40])),
            index=u32(44),
            mode=("injected", "direct")[u32(48)],
            flags=u32(52),
            vttbr=vttbr,
            vtcr=vtcr,
            entry_ipa=u64(112),
            tree_ipa=u64(120),
            cores=cores,
            regions=regions,
            stage2=Walk(self.memory, vttbr & 0xFFFFFFFFFFFE, 64 - (vtcr & 63), 2 - (vtcr >> 6 & 3)),
            record_offset=record - self.offset,
            owned=owned,
            ppi_edge=u32(188),
            maintenance_intid=u32(176),
            watchdog_ppi=u32(552),
            log_pa=space(u64(96)) if u64(96) else None,
            heartbeat_pa=space(u64(104)) if u64(104) else None,
            mmio=mmio,
            images=images,
        )


def _rehash_constants(kernel, at, size):
    """Of the ranges that lie in this part, in the health cell's table of them, where there is one."""
    for table in range(at, at + size, PAGE):
        magic, count, length = struct.unpack_from("<QII", kernel.data, table)
        if magic != INTEGRITY_MAGIC:
            continue
        for row in range(table + INTEGRITY_HEAD, table + INTEGRITY_HEAD + INTEGRITY_ROW * count, INTEGRITY_ROW):
            _, pa, bytes_ = struct.unpack_from("<3Q", kernel.data, row)
            if kernel.load <= pa < kernel.load + len(kernel.data):
                body = kernel.data[pa - kernel.load : pa - kernel.load + bytes_]
                kernel.data[row + 24 : row + 56] = hashlib.sha256(body).digest()
        body = kernel.data[table + INTEGRITY_HEAD : table + INTEGRITY_HEAD + length]
        kernel.data[table + 16 : table + 48] = hashlib.sha256(body).digest()


def rehash(kernel):
    """Recomputes the digests in the blueprint in place, as an attacker with the file would."""
    at = Blueprint(kernel).offset
    size = struct.unpack_from("<Q", kernel.data, at + 16)[0]
    _rehash_constants(kernel, at, size)
    body = bytearray(kernel.data[at : at + size])
    body[HEADER_DIGEST : HEADER_DIGEST + 32] = bytes(32)
    kernel.data[at + HEADER_DIGEST : at + HEADER_DIGEST + 32] = hashlib.sha256(body).digest()

# SPDX-License-Identifier: Apache-2.0
"""PCI inventories made by hand: functions with the capabilities that a test needs, and the pci.dts of them."""
import struct

MEMORY, WIDE, IO = 0x40200, 0x14220C, 0x40101  # flags of sysfs: 32-bit, 64-bit prefetchable, I/O
EXPRESS, MSI, MSIX = 0x10, 0x05, 0x11
ACS, SRIOV = 0x0D, 0x10
ENDPOINT, ROOT_PORT, UPSTREAM, DOWNSTREAM = 0, 4, 5, 6


class Function:
    def __init__(self, address, vendor=0x8086, device=0x1000, of_class=0x020000, revision=1, bars=(), header=0, vf_of=None):
        self.address, self.vendor, self.device, self.of_class, self.revision = address, vendor, device, of_class, revision
        self.space = bytearray(4096)
        self.rows = [(0, 0, 0)] * 17
        self.vf_of = vf_of
        self.last = self.last_extended = 0
        self.free, self.free_extended = 0x40, 0x100
        if vf_of:
            self.put("I", 0, 0xFFFFFFFF)
        else:
            self.put("HH", 0, vendor, device)
        self.put("I", 8, of_class << 8 | revision)
        self.put("B", 0x0E, header)
        for index, bar in enumerate(bars):
            if bar:
                self.bar(index, *bar)

    def put(self, form, offset, *values):
        struct.pack_into("<" + form, self.space, offset, *values)

    def bar(self, index, size, flags=MEMORY):
        self.rows[index] = (0, size, flags)

    def capability(self, identity, size):
        at = self.free
        self.put("B", self.last + 1 if self.last else 0x34, at)
        self.put("BB", at, identity, 0)
        self.put("H", 6, 0x10)
        self.last, self.free = at, at + (size + 3) // 4 * 4
        return at

    def extended(self, identity, size):
        at = self.free_extended
        if self.last_extended:
            (header,) = struct.unpack_from("<I", self.space, self.last_extended)
            self.put("I", self.last_extended, header & 0xFFFFF | at << 20)
        self.put("I", at, 1 << 16 | identity)
        self.last_extended, self.free_extended = at, at + (size + 3) // 4 * 4
        return at

    def express(self, kind):
        self.put("H", self.capability(EXPRESS, 0x3C) + 2, kind << 4 | 2)
        return self

    def msix(self, count, bar, table=0, pending=0x800):
        self.put("HII", self.capability(MSIX, 12) + 2, count - 1, table | bar, pending | bar)
        return self

    def msi(self, log):
        self.put("H", self.capability(MSI, 24) + 2, log << 1)
        return self

    def acs(self, able=0x1F):
        self.put("H", self.extended(ACS, 8) + 4, able)
        return self

    def sriov(self, total, offset, stride, device=0x1001, bars=((0x4000, WIDE),), pages=0x553):
        at = self.extended(SRIOV, 0x40)
        self.put("HH", at + 0x0C, total, total)
        self.put("HHHHI", at + 0x14, offset, stride, 0, device, pages)
        for index, (size, flags) in enumerate(bars):
            self.rows[7 + index * (2 if flags == WIDE else 1)] = (0, size * total, flags)
        return self

    def text(self, **changes):
        words = {
            "address": f'"{self.address}"',
            "vendor": f"<{self.vendor:#x}>",
            "device": f"<{self.device:#x}>",
            "class": f"<{self.of_class:#x}>",
            "revision": f"<{self.revision:#x}>",
            "resources": f"/bits/ 64 <{' '.join(f'{word:#x}' for row in self.rows for word in row)}>",
            "config": f"[{(self.space.rstrip(bytes(1)) + bytes(64))[: max(64, len(self.space.rstrip(bytes(1))))].hex()}]",
        }
        if self.vf_of:
            words["physical-function"] = f'"{self.vf_of}"'
        words.update(changes)
        lines = "".join(f"\t\t{name} = {value};\n" for name, value in words.items() if value is not None)
        return f"\tfunction@{self.address.replace(':', '-')} {{\n{lines}\t}};\n"


def bridge(address, secondary, last=None, kind=ROOT_PORT, **more):
    function = Function(address, 0x1B36, 0x000C, 0x060400, header=1, **more).express(kind)
    function.put("BBB", 0x18, int(address[5:7], 16), secondary, secondary if last is None else last)
    function.put("HH", 0x24, 1, 1)
    return function


def virtual(physical, number, offset, stride, device=0x1001, messages=2):
    rid = int(physical.address[5:7], 16) << 8 | int(physical.address[8:10], 16) << 3 | int(physical.address[11])
    rid += offset + number * stride
    address = f"{physical.address[:5]}{rid >> 8:02x}:{rid >> 3 & 31:02x}.{rid & 7}"
    function = Function(address, physical.vendor, device, physical.of_class, physical.revision, vf_of=physical.address)
    return function.express(ENDPOINT).msix(messages, 0)


def write(path, functions, compatible="bulkhead,pci-v1"):
    text = "".join(each if isinstance(each, str) else each.text() for each in functions)
    path.write_text(f'/dts-v1/;\n/ {{\n\tcompatible = "{compatible}";\n{text}}};\n')

# SPDX-License-Identifier: Apache-2.0
"""What a hypervisor that counts what it executes (make cover) has counted: read from the target's memory, each core's own and
the boot's, and summed, as a raw profile for llvm-profdata.

The format is LLVM 19's (compiler-rt, profile/InstrProfData.inc, version 10): a header, then what the sections __llvm_prf_data,
_cnts, _bits and _names of the ELF file hold.
"""

import os
import pathlib
import struct
import subprocess
import tempfile

from . import blueprint, build

ELF = build.BUILD / "cover/hv/bulkhead.elf"
MAGIC = 0xFF6C70726F667281
VERSION = 10
VALUE_KIND_LAST = 2
DATA_BYTES = 64  # of a function's record
DATA_AT = 0  # address of __llvm_prf_data, by bulkhead.lds
PAGE = 4096
TEXT = 0x4000000000  # EL2_VA_TEXT
CROSS = os.environ.get("HV_CROSS", "aarch64-linux-gnu-")


def _section(elf, name):
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run([f"{CROSS}objcopy", "--dump-section", f"{name}={file.name}", elf, "/dev/null"], check=True, capture_output=True)
        return pathlib.Path(file.name).read_bytes()


def _symbols(elf):
    lines = subprocess.run([f"{CROSS}nm", elf], check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: int(value, 16) for value, _, name in map(str.split, lines) if name.startswith("cover_")}


class Profile:
    """Counters of one ELF file, all zero at first."""

    def __init__(self, elf=ELF):
        symbols = _symbols(elf)
        self.data, self.names = _section(elf, "__llvm_prf_data"), _section(elf, "__llvm_prf_names")
        self.start, self.size = symbols["cover_start"], symbols["cover_size"]
        self._bits = symbols["cover_bits"] - self.start
        self.counters = [0] * (self._bits // 8)
        self.bitmap = bytearray(self.size - self._bits)

    def add(self, memory):
        """memory: `size` bytes as they are on a core."""
        found = struct.unpack_from(f"<{len(self.counters)}Q", memory)
        self.counters = [a + b for a, b in zip(self.counters, found)]
        self.bitmap = bytearray(a | b for a, b in zip(self.bitmap, memory[self._bits :]))

    def raw(self):
        names = self.names + bytes(-len(self.names) % 8)
        bitmap = self.bitmap + bytes(-len(self.bitmap) % 8)
        header = struct.pack(
            "<16Q", MAGIC, VERSION, 0, len(self.data) // DATA_BYTES, 0, len(self.counters), 0, len(bitmap), 0, len(self.names),
            self.start - DATA_AT, self.start + self._bits - DATA_AT, 0, 0, 0, VALUE_KIND_LAST,
        )  # fmt: skip
        return header + self.data + struct.pack(f"<{len(self.counters)}Q", *self.counters) + bitmap + names


def read(target, image):
    """Of a running target; image: its Blueprint."""
    profile = Profile()
    base = image.memory.base
    profile.add(target.read_memory(base + profile.start - TEXT, profile.size))
    for number, (_, root, _, _) in enumerate(image.cores):
        if root:
            space = image.el2(number)
            profile.add(b"".join(target.read_memory(space(profile.start + at), PAGE) for at in range(0, profile.size, PAGE)))
    return profile


def keep(target, folder):
    """What a target that is about to be switched off has counted, in a file of its own."""
    os.makedirs(folder, exist_ok=True)
    target.pause()
    profile = read(target, blueprint.Blueprint(target.fit.kernel))
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".profraw", delete=False) as file:
        file.write(profile.raw())

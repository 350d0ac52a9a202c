# SPDX-License-Identifier: Apache-2.0
"""What a hypervisor that counts what it executes (docs/coverage.md) has counted: read from the machine's memory before that is
lost, each core's own counters and the boot's, summed into raw profiles for llvm-profdata.

Profiles' format is LLVM 19's (compiler-rt, profile/InstrProfData.inc, version 10): a header, then what the sections
__llvm_prf_data, _cnts, _bits and _names of the ELF file hold.
"""

import contextlib
import functools
import json
import os
import pathlib
import socket
import struct
import subprocess
import tempfile
import threading
import time
from types import SimpleNamespace

from . import blueprint, build
from .qmp import Qmp, QmpError

FOLDER = os.environ.get("BULKHEAD_COVER")  # where profiles go; none: nothing is read
CROSS = os.environ.get("HV_CROSS", "aarch64-linux-gnu-")
INDEX = "tests.jsonl"  # in FOLDER: of each profile its file and the tests that had the machine meanwhile
MAGIC, VERSION, VALUE_KIND_LAST = 0xFF6C70726F667281, 10, 2
DATA_BYTES = 64  # of a function's record
DATA_AT = 0  # address of __llvm_prf_data, by bulkhead.lds
PAGE = 4096
BLUEPRINT_MAX = 64 << 20
RAM, RAM_LOOKED_AT = 0x40000000, 1 << 30  # QEMU's virt
LOAD_ALIGN = 2 << 20  # HV_LOAD_ALIGN


def _section(elf, name):
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run([f"{CROSS}objcopy", "--dump-section", f"{name}={file.name}", elf, "/dev/null"], check=True, capture_output=True)
        return pathlib.Path(file.name).read_bytes()


@functools.cache
def _described(elf):
    """What an ELF file says of its counters: records, names, address, bytes, where the bits begin."""
    start = build.symbol(elf, "cover_start")
    sections = [_section(elf, name) for name in ("__llvm_prf_data", "__llvm_prf_names")]
    return *sections, start, build.symbol(elf, "cover_size"), build.symbol(elf, "cover_bits") - start


class Profile:
    """Counters of one ELF file, all zero at first."""

    def __init__(self, elf=build.HYPERVISOR):
        self._data, self._names, self.start, self.size, self._bits = _described(elf)
        self.clear()

    def clear(self):
        self.counters = [0] * (self._bits // 8)
        self.bitmap = bytearray(self.size - self._bits)

    def add(self, memory):
        """memory: the `size` bytes from `start` on, as a core has them."""
        found = struct.unpack_from(f"<{len(self.counters)}Q", memory)
        self.counters = [a + b for a, b in zip(self.counters, found)]
        self.bitmap = bytearray(a | b for a, b in zip(self.bitmap, memory[self._bits :]))

    def raw(self):
        names, bitmap = (part + bytes(-len(part) % 8) for part in (self._names, bytes(self.bitmap)))
        header = struct.pack(
            "<16Q", MAGIC, VERSION, 0, len(self._data) // DATA_BYTES, 0, len(self.counters), 0, len(bitmap), 0, len(self._names),
            self.start - DATA_AT, self.start + self._bits - DATA_AT, 0, 0, 0, VALUE_KIND_LAST,
        )  # fmt: skip
        return header + self._data + struct.pack(f"<{len(self.counters)}Q", *self.counters) + bitmap + names


def _image(read, likely):
    """(where the image that runs is in the machine's memory, its bytes without the blueprint), found by its header, looked for at the
    addresses `likely` first; one that isn't where it is to be has refused to start. None: there is none. read(address, size)"""
    moved = None
    for load in (*likely, *range(RAM, RAM + RAM_LOOKED_AT, LOAD_ALIGN)):
        magic, _, _, file_size, _, at = struct.unpack_from("<QIIQQQ", read(load, PAGE), blueprint.HV_HEADER)
        if magic == blueprint.HV_MAGIC and at == load:
            return load, file_size
        if magic == blueprint.HV_MAGIC:
            moved = moved or (load, file_size)
    return moved


def _blueprint(read, load, file_size):
    """None: it is one that no core starts with."""
    size = struct.unpack_from("<QIIQQ", read(load + file_size, PAGE))[3]
    try:
        return blueprint.Blueprint(SimpleNamespace(data=bytearray(read(load, file_size + min(size, BLUEPRINT_MAX))), load=load))
    except (ValueError, struct.error, IndexError):
        return None


def _runs(pages):
    """(address, bytes) of each run of pages that follow each other."""
    runs = []
    for page in pages:
        if runs and sum(runs[-1]) == page:
            runs[-1] = (runs[-1][0], runs[-1][1] + PAGE)
        else:
            runs.append((page, PAGE))
    return runs


class Watch:
    """Of one QEMU process: its counters are read when the machine resets, and before it is killed. On a monitor of its own, as
    commands of another one may be under way."""

    _found = set()  # where images were found, by any

    def __init__(self, reboots):
        """reboots: a reset starts the machine anew, else it ends QEMU."""
        self._reboots = reboots
        self._own, self.there = socket.socketpair()
        self._lock, self._over = threading.Lock(), False
        self._qmp = self._thread = self._shut_down = None
        self._tests = set()  # that had this machine since it was started or reset

    def options(self):
        monitor = ["-chardev", f"socket,id=cover,fd={self.there.fileno()}", "-mon", "chardev=cover,mode=control"]
        return [*monitor, "-action", "reboot=shutdown,shutdown=pause"]

    def start(self):
        self.there.close()
        self._qmp = Qmp(self._own, self._event)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def end(self):
        """Of a process that is about to be killed, unless it has ended by itself, or never began."""
        if not self._qmp:
            return
        with self._lock, contextlib.suppress(QmpError, OSError):
            if not self._over:
                self._qmp.command("stop")
                self._keep()
            self._over = True
        self._thread.join()
        self._qmp.close()

    def _listen(self):
        with contextlib.suppress(QmpError, OSError):
            while not self._over:
                with self._lock:
                    self._tests.add(_test())
                    self._qmp.poll(0.02)
                    self._go_on()

    def _event(self, event):
        """SHUTDOWN: the machine stands still, where else it would be reset, or QEMU would end."""
        if event["event"] == "SHUTDOWN":
            self._shut_down = event["data"]["reason"]

    def _go_on(self):
        reason, self._shut_down = self._shut_down, None
        if not reason:
            return
        self._keep()
        if reason.endswith("reset") and self._reboots:
            self._qmp.command("set-action", reboot="reset")
            self._qmp.command("system_reset")
            while self._qmp.command("query-status")["status"] == "shutdown":
                time.sleep(0.001)
            self._qmp.command("set-action", reboot="shutdown")
            self._qmp.command("cont")
        else:
            self._over = True
            self._qmp.command("quit")

    def _keep(self):
        tests, self._tests = self._tests | {_test()}, set()
        found = _image(self._qmp.memory, self._found)
        if not found:
            return
        self._found.add(found[0])
        profile = Profile()
        profile.add(self._qmp.memory(found[0] + profile.start - blueprint.EL2_VA_TEXT, profile.size))
        image = _blueprint(self._qmp.memory, *found)
        for number, (_, root, _, _) in enumerate(image.cores if image else ()):
            pages = [image.el2(number)(profile.start + at) for at in range(0, profile.size, PAGE)] if root else [None]
            if None not in pages:
                profile.add(b"".join(self._qmp.memory(*run) for run in _runs(pages)))
        write(profile, tests)


def _test():
    """As pytest names the test that runs."""
    return os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0]


def write(profile, tests):
    """Into FOLDER, and the index: what a machine counted while it was these tests'."""
    os.makedirs(FOLDER, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=FOLDER, suffix=".profraw", delete=False) as file:
        file.write(profile.raw())
    row = {"file": os.path.basename(file.name), "tests": sorted(tests - {""})}
    with open(os.path.join(FOLDER, INDEX), "a", encoding="utf-8") as index:
        index.write(json.dumps(row) + "\n")

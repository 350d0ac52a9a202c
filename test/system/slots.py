# SPDX-License-Identifier: Apache-2.0
"""An appliance with two slots, whose disk and boot state a test fills as it likes."""

import gzip
import hashlib
import os
import pathlib
import shutil
import struct
import subprocess
import sys

from harness import build, pci, qemu

sys.path.insert(0, str(build.ROOT / "scripts"))

from imaging import keys, sign, state  # noqa: E402  (needs the path above)

SLOTS = {"a": 0x0A, "b": 0x0B}
SECTOR = 512
NOT_TRIED = 0xFFFFFFFF
CONFIRMED_UNKNOWN = 0xFFFFFF00
NO_REASON = 0xFF


def partitions(path):
    """name -> (offset, size), of a GPT (UEFI 2.10, 5.3)."""
    with open(path, "rb") as file:
        file.seek(SECTOR)
        header = file.read(92)
        assert header[:8] == b"EFI PART"
        entries, count, size = struct.unpack_from("<QII", header, 72)
        file.seek(entries * SECTOR)
        found = {}
        for _ in range(count):
            entry = file.read(size)
            first, last = struct.unpack_from("<QQ", entry, 32)
            if last:
                found[entry[56:].decode("utf-16le").rstrip("\0")] = first * SECTOR, (last + 1 - first) * SECTOR
        return found


def key(name):
    """A key of the tests' own."""
    folder = build.BUILD / "test-keys" / build.WORKER
    return keys.find(folder, name) if (folder / f"{name}.crt").exists() else keys.make(folder, name)


def resigned(config, out, key_name=None, counter=1, change=None):
    """Another signed FIT of a configuration; change(path) alters it before it is signed."""
    unsigned = pathlib.Path(f"{out}.unsigned")
    shutil.copyfile(build.image(config), unsigned)
    if change:
        change(unsigned)
    name = key_name or "development"
    folder = key(key_name).certificate.parent if key_name else build.BUILD / "keys"
    signed = sign.sign(sign.Fit(unsigned), pathlib.Path(out), [name], folder, counter).path
    return signed.read_bytes()


def initramfs(name, files):
    """The Linux cell's own, with some programs more (name -> bytes): the kernel unpacks one archive behind the other."""
    folder = build.CELLS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file, content in files.items():
        (folder / file).write_bytes(content)
        (folder / file).chmod(0o755)
    names = "\n".join(files).encode()
    more = subprocess.run(["cpio", "--quiet", "--create", "--format=newc"], cwd=folder, input=names, capture_output=True, check=True).stdout
    (build.CELLS / f"{name}.cpio.gz").write_bytes((build.BUILD / "cells/initramfs.cpio.gz").read_bytes() + gzip.compress(more))


def config_on(medium, config):
    """The configuration with its boot state in that medium: as it is ("flash-1"), or in the eMMC's boot partition of the machine that
    has one."""
    if medium == "flash-1":
        return config
    text = (build.CONFIGS / f"{config}.dts").read_text()
    assert text.count('boot-state = "flash@0:1"') == 1
    text = text.replace('boot-state = "flash@0:1"', f'pci = "emmc"; boot-state = "emmc:{medium}"')
    text = text.replace('board = "qemu-virt"', 'board = "qemu-virt-pci"')
    path = build.CELLS / f"{config}-{medium}.dts"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def target_on(medium, results, extra=()):
    """The machine for it."""
    if medium == "flash-1":
        return qemu.QemuTarget(results, extra=extra)
    disk = results / "disk"
    disk.write_bytes(bytes(1 << 20))
    return qemu.QemuTarget(results, state=medium, extra=[*pci.options("qemu-virt-pci", disk=disk), *extra])


class Appliance:
    def __init__(self, config, folder, medium="flash-1"):
        """config: a configuration that has a boot state, which is put into that medium. Begins as it leaves the factory."""
        made = build.disk(config_on(medium, config)).parent
        self.medium = medium
        self.block = (made / "state.img").stat().st_size // 3
        self.folder = folder / "appliance"
        self.folder.mkdir(parents=True)
        self.disk = self.folder / "disk.img"
        shutil.copyfile(made / "disk.img", self.disk)
        os.symlink(made / "loader.img", self.folder / "loader.img")
        shutil.copyfile(made / "state.img", self.folder / "state.img")
        self.good = (made / "bulkhead-signed.itb").read_bytes()
        self.content = {"a": self.good, "b": self.good}
        self.partitions = partitions(self.disk)

    def put(self, slot, data):
        """What stands from the slot's first byte on, the rest of what was there behind it."""
        self.content[slot] = bytes(data)
        self.write(self.partitions[f"boot-{slot}"][0], data)

    def write(self, offset, data):
        with open(self.disk, "r+b") as file:
            file.seek(offset)
            file.write(data)

    def digest(self, slot):
        """As the boot state has it: of as many bytes as the FIT says it has."""
        data = self.content[slot]
        return hashlib.sha256(data[: int.from_bytes(data[4:8], "big")]).digest()

    def record(self, sequence=1, floor=1, primary="a", status=(state.GOOD, state.GOOD), digests=None):
        digests = digests or (self.digest("a"), self.digest("b"))
        return state.record(sequence, floor, "ab".index(primary), status, digests)

    def set_state(self, first, second=b""):
        """Both copies, as bytes."""
        with open(self.folder / "state.img", "r+b") as file:
            for number, copy in enumerate((first, second)):
                file.seek(number * self.block)
                file.write(copy + b"\xff" * (state.SIZE - len(copy)))

    def change_control(self, *properties):
        """The loader with another control tree: (fdtput's type, node, name, values...)"""
        place = self.folder / "loader.img"
        loader = place.read_bytes()
        code = (build.BUILD / "loader/qemu_arm64/u-boot-nodtb.bin").stat().st_size
        tree = self.folder / "control.dtb"
        tree.write_bytes(loader[code:])
        for kind, node, name, *values in properties:
            subprocess.run(["fdtput", "-p", "-t", kind, tree, node, name, *values], check=True)
        place.unlink()  # it is a link to the build's
        place.write_bytes(loader[:code] + tree.read_bytes())


def copy_of(target, number):
    """A copy of the boot state, as the machine has it now."""
    path, offset, block = target.state_file()
    with open(path, "rb") as file:
        file.seek(offset + number * block)
        return file.read(state.SIZE)


def attempts(target, copy=0):
    """(slot, reason, counter) of each start that the boot command wrote down."""
    words = struct.unpack(f"<{state.ATTEMPTS}I", copy_of(target, copy)[state.SECTOR :])
    names = {number: name for name, number in SLOTS.items()}
    return [(names[word & 0xFF], word >> 8 & 0xFF, word >> 16) for word in words if word not in (NOT_TRIED, CONFIRMED_UNKNOWN)]


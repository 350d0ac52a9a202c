# SPDX-License-Identifier: Apache-2.0
"""The disks of this host, as sysfs, procfs and udev tell of them, and what each is in use for. Nothing is opened here.

`root` is where sys, proc, dev and run lie: / but in tests.
"""

import os
import pathlib
from dataclasses import dataclass

from .errors import Refused
from .progress import human

SECTOR = 512  # of sysfs's sizes, and of the image's partition table
SYSTEM = ("/", "/usr", "/var", "/boot", "/boot/efi", "/boot/firmware", "/home")


@dataclass(frozen=True)
class Disk:
    name: str
    size: int  # bytes
    model: str | None
    serial: str | None
    sequence: str | None  # the kernel's number of this disk: another disk in the same slot has another

    def shown(self):
        return f"{self.model or 'model unknown'}, {human(self.size)}, serial {self.serial or 'unknown'}"


class Host:
    def __init__(self, root="/"):
        self.root = pathlib.Path(root)

    def text(self, *path):
        """A file's text without what surrounds it; None: there is none."""
        try:
            return self.root.joinpath(*path).read_text(encoding="utf-8", errors="replace").strip("\0 \n") or None
        except OSError:
            return None

    def block(self, name, *path):
        return self.text("sys/class/block", name, *path)

    def names(self, *path):
        try:
            return sorted(os.listdir(self.root.joinpath(*path)))
        except OSError:
            return []

    def name_of(self, number):
        """The kernel's name of a block device's number (st_rdev)."""
        link = self.root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}"
        if not link.exists():
            raise Refused(f"block device {os.major(number)}:{os.minor(number)} isn't there any more", "plug it in again")
        return link.resolve().name

    def udev(self, name):
        """What udev found out, by ID_... names."""
        lines = (self.text("run/udev/data", f"b{self.block(name, 'dev')}") or "").splitlines()
        return dict(line[2:].split("=", 1) for line in lines if line.startswith("E:") and "=" in line)

    def disk(self, name):
        udev = self.udev(name)
        backing = self.block(name, "loop/backing_file")
        vendor = self.block(name, "device/vendor") or ""
        model = self.block(name, "device/model") or self.block(name, "device/name")
        return Disk(
            name,
            int(self.block(name, "size") or 0) * SECTOR,
            f"loop device of {backing}" if backing else f"{vendor} {model}".strip() if model else udev.get("ID_MODEL"),
            udev.get("ID_SERIAL_SHORT") or self.block(name, "serial") or self.block(name, "device/serial") or self.block(name, "wwid"),
            self.block(name, "diskseq"),
        )

    def disks(self):
        """Whole disks that a medium is in; loop devices only where something is."""
        for name in self.names("sys/class/block"):
            if not self.block(name, "partition") and not self.names("sys/class/block", name, "slaves") and int(self.block(name, "size") or 0):
                yield self.disk(name)

    # ---- what refuses it ----

    def check(self, name, need):
        """Raises Refused where the disk can't be written with an image of `need` bytes. [impl->swr~flash-refuses~1]"""
        path = f"/dev/{name}"
        if self.block(name, "partition"):
            whole = (self.root / "sys/class/block" / name).resolve().parent.name
            raise Refused(f"{path} is a partition; the image has a partition table of its own", f"name the whole disk: /dev/{whole}")
        below = self.names("sys/class/block", name, "slaves")
        if below:
            raise Refused(f"{path} is made of other disks ({', '.join(below)})", "name a disk itself")
        self.check_unused(name)
        if self.block(name, "ro") == "1":
            raise Refused(f"{path} is read-only", "look for a switch on the card or its adapter; for a loop device, set it up without -r")
        disk = self.disk(name)
        if disk.size == 0:
            raise Refused(f"{path} has no medium", "put one in")
        if disk.size < need:
            raise Refused(
                f"{path} is too small: it has {disk.size} bytes ({human(disk.size)}), the image needs {need} ({human(need)})",
                "take a larger one, or make the image smaller",
            )
        sector = self.block(name, "queue/logical_block_size") or str(SECTOR)
        if sector != str(SECTOR):
            raise Refused(f"{path} has sectors of {sector} bytes; the image's partition table counts in {SECTOR}", "take another disk")

    def check_unused(self, name):
        mounts, swaps = self.mounts(), self.swaps()
        family = list(self.family(name))
        system = [(device, at) for device in family for at in mounts.get(device, []) if at in SYSTEM]
        if system:
            device, at = system[0]
            raise Refused(f"/dev/{name}: this system runs from it ({at} is on {self.called(device)})", "name the disk that you plugged in")
        for device in family:
            if device in mounts:
                at = mounts[device][0]
                raise Refused(f"/dev/{name} is mounted ({self.called(device)} on {at})", f"unmount it: umount {at}")
        for device in family:
            if device in swaps:
                raise Refused(f"/dev/{name} is in use for swap ({self.called(device)})", f"swapoff /dev/{device}")
        for device in family:
            holders = self.holders(device)
            if holders:
                raise Refused(
                    f"/dev/{name} is in use: {self.called(device)} is part of {', '.join(self.called(h) for h in holders)}",
                    "take it out of there first (LVM: vgchange -an; RAID: mdadm --stop; crypt: cryptsetup close)",
                )

    def family(self, name):
        """The disk, its partitions, and all that is made of them."""
        seen, waiting = set(), [name]
        while waiting:
            device = waiting.pop(0)
            if device in seen:
                continue
            seen.add(device)
            yield device
            waiting += [p for p in self.names("sys/class/block", device) if self.block(device, p, "partition")]
            waiting += self.holders(device)

    def holders(self, name):
        return self.names("sys/class/block", name, "holders")

    def called(self, name):
        """dm-0 says nothing to people."""
        mapped = self.block(name, "dm/name")
        return f"/dev/{name} ({mapped})" if mapped else f"/dev/{name}"

    def mounts(self):
        """name -> where it is mounted. By the file system's device; where that is none (btrfs), by what was mounted."""
        found = {}
        for line in (self.text("proc/self/mountinfo") or "").splitlines():
            first, _, second = line.partition(" - ")
            number, at = first.split()[2], unescape(first.split()[4])
            source = unescape(second.split()[1]) if len(second.split()) > 1 else ""
            link = self.root / "sys/dev/block" / number
            name = link.resolve().name if link.exists() else self.node(source)
            if name:
                found.setdefault(name, []).append(at)
        return found

    def swaps(self):
        return {self.node(unescape(line.split()[0])) for line in (self.text("proc/swaps") or "").splitlines()[1:] if line}

    def node(self, path):
        """The kernel's name of /dev/...; None: it is no device."""
        if not path.startswith("/dev/"):
            return None
        return (self.root / path.lstrip("/")).resolve().name

    def loops_of(self, path):
        """Loop devices that show this file."""
        for name in self.names("sys/class/block"):
            backing = self.block(name, "loop/backing_file")
            if backing and os.path.realpath(backing) == os.path.realpath(path):
                yield name


def unescape(text):
    """mountinfo writes blanks as \\040."""
    return text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")

# SPDX-License-Identifier: Apache-2.0
"""Which disks are refused, on made-up hosts: what no test may do to this one.

Robustness: test_system_on_a_partition, test_system_on_btrfs, test_system_on_lvm_on_crypt, test_mounted_below_a_blank,
test_held, test_swap, test_partition_read_only_empty
"""

import pytest
from flashing.disks import Host
from flashing.errors import Refused

GIB = 1 << 30


class FakeHost:
    """/sys, /proc, /dev and /run as far as they are looked at."""

    def __init__(self, root):
        self.root, self.minor, self.mounts, self.swaps = root, 0, [], ["Filename Type Size Used Priority"]
        self.numbers = {}
        self.commit()

    def put(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")

    def device(self, name, size=64 * GIB, of=None, **files):
        """A disk, or a partition of one."""
        place = f"sys/devices/{of}/{name}" if of else f"sys/devices/{name}"
        self.minor += 1
        self.numbers[name] = f"8:{self.minor}"
        for file, text in ({"size": size // 512, "ro": 0, "dev": self.numbers[name]} | files).items():
            self.put(f"{place}/{file.replace('__', '/')}", text)
        for folder in ("holders", "slaves"):
            (self.root / place / folder).mkdir()
        if of:
            self.put(f"{place}/partition", 1)
        for link in (f"sys/class/block/{name}", f"sys/dev/block/{self.numbers[name]}", f"sys/dev/block/{self.numbers[name]}"):
            (self.root / link).parent.mkdir(parents=True, exist_ok=True)
            if not (self.root / link).exists():
                (self.root / link).symlink_to(self.root / place)
        self.put(f"dev/{name}", "")

    def hold(self, below, above):
        (self.root / "sys/class/block" / below / "holders" / above).mkdir()
        (self.root / "sys/class/block" / above / "slaves" / below).mkdir()

    def mount(self, number, at, source, kind="ext4"):
        self.mounts.append(f"36 35 {number} / {at} rw,noatime master:1 - {kind} {source} rw")
        self.commit()

    def swap(self, path):
        self.swaps.append(f"{path} partition 1024 0 -2")
        self.commit()

    def commit(self):
        self.put("proc/self/mountinfo", "\n".join(self.mounts))
        self.put("proc/swaps", "\n".join(self.swaps))


@pytest.fixture
def fake(tmp_path):
    made = FakeHost(tmp_path)
    made.device("sda", 500 * GIB)
    made.device("sda1", 1 * GIB, of="sda")
    made.device("sda2", 400 * GIB, of="sda")
    made.device("sdb", 16 * GIB, device__vendor="Generic ", device__model="STORAGE DEVICE")
    made.device("sdb1", 15 * GIB, of="sdb")
    return made


def refusal(fake, name, need=GIB):
    with pytest.raises(Refused) as refused:
        Host(fake.root).check(name, need)
    return f"{refused.value}; {refused.value.do}"


def test_disk_that_is_free(fake):
    """[utest->swr~flash-refuses~1]"""
    fake.mount("8:2", "/", "/dev/sda1")
    Host(fake.root).check("sdb", 16 * GIB)
    assert "too small" in refusal(fake, "sdb", 16 * GIB + 512)


@pytest.mark.parametrize("at", ["/", "/usr", "/boot/efi"])
def test_system_on_a_partition(fake, at):
    """[utest->swr~flash-refuses~1]"""
    fake.mount("8:2", at, "/dev/sda1")
    assert f"this system runs from it ({at} is on /dev/sda1)" in refusal(fake, "sda")


def test_system_on_btrfs(fake):
    """[utest->swr~flash-refuses~1] Its mounts have a number of no device."""
    fake.mount("0:29", "/", "/dev/sda2", "btrfs")
    assert "this system runs from it (/ is on /dev/sda2)" in refusal(fake, "sda")


def test_system_on_lvm_on_crypt(fake):
    """[utest->swr~flash-refuses~1] Disk, partition, crypt, logical volume."""
    fake.device("dm-0", dm__name="crypt")
    fake.device("dm-1", dm__name="vg-root")
    fake.hold("sda2", "dm-0")
    fake.hold("dm-0", "dm-1")
    fake.mount(fake.numbers["dm-1"], "/", "/dev/mapper/vg-root")
    assert "this system runs from it (/ is on /dev/dm-1 (vg-root))" in refusal(fake, "sda")
    assert "is made of other disks (dm-0)" in refusal(fake, "dm-1")


def test_mounted_below_a_blank(fake):
    """[utest->swr~flash-refuses~1]"""
    fake.mount("8:5", "/media/a\\040stick", "/dev/sdb1", "vfat")
    assert "/dev/sdb is mounted (/dev/sdb1 on /media/a stick); unmount it" in refusal(fake, "sdb")


def test_held(fake):
    """[utest->swr~flash-refuses~1] LVM or RAID that nobody has mounted."""
    fake.device("md127")
    fake.hold("sdb1", "md127")
    said = refusal(fake, "sdb")
    assert "/dev/sdb is in use: /dev/sdb1 is part of /dev/md127" in said and "mdadm --stop" in said


def test_swap(fake):
    """[utest->swr~flash-refuses~1]"""
    fake.swap("/dev/sdb1")
    assert "in use for swap (/dev/sdb1)" in refusal(fake, "sdb")


def test_partition_read_only_empty(fake):
    """[utest->swr~flash-refuses~1]"""
    assert "/dev/sdb1 is a partition; the image has a partition table of its own; name the whole disk: /dev/sdb" in refusal(fake, "sdb1")
    fake.put("sys/devices/sdb/ro", 1)
    assert "is read-only" in refusal(fake, "sdb")
    fake.device("sdc", 0)
    assert "has no medium" in refusal(fake, "sdc")
    fake.device("sdd", 64 * GIB, queue__logical_block_size=4096)
    assert "sectors of 4096 bytes" in refusal(fake, "sdd")


def test_model_and_serial(fake):
    """[utest->swr~flash-record~1] From udev, where it has run; else from sysfs."""
    disk = Host(fake.root).disk("sdb")
    assert (disk.model, disk.serial, disk.size) == ("Generic  STORAGE DEVICE".replace("  ", " "), None, 16 * GIB)
    fake.put(f"run/udev/data/b{fake.numbers['sdb']}", "S:disk/by-id/x\nE:ID_SERIAL_SHORT=058F63666485\nE:ID_MODEL=STORAGE")
    assert Host(fake.root).disk("sdb").serial == "058F63666485"
    fake.device("mmcblk0", device__name="SC16G", device__serial="0x1234")
    assert (Host(fake.root).disk("mmcblk0").model, Host(fake.root).disk("mmcblk0").serial) == ("SC16G", "0x1234")
    assert [disk.name for disk in Host(fake.root).disks()] == ["mmcblk0", "sda", "sdb"]

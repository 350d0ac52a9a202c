# SPDX-License-Identifier: Apache-2.0
"""scripts/flash on real block devices: loop devices, where this host has them and lets us. What isn't there is skipped, and says so.

Robustness: test_mounted, test_used_by_somebody_unseen, test_too_small, test_read_only, test_sectors_of_another_size,
test_image_shown_by_a_loop_device, test_partition, test_swap, test_disk_of_this_system, test_without_rights,
test_corrupted_write, test_disk_that_fails_half_way, test_killed, test_record_disk_is_full
"""

import ctypes
import fcntl
import os
import pathlib
import shutil
import stat
import struct
import subprocess
import tempfile

import pytest
import stand_in
from stand_in import SIZE, done, faulty, flash, records, refused

CLEARED = 32 << 10
OLD = b"\xa5"


def run(*command):
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_disk_is_the_image(release, loop, disk_file):
    """[stest->swr~flash-read-back~1] Holes are zeroes, and the disk's end has nothing of an old table or RAID."""
    device = loop(disk_file)
    done(release, device)
    data = disk_file.read_bytes()
    assert data[:SIZE] == (release / "disk.img").read_bytes()
    assert data[-(1 << 20) :] == bytes(1 << 20) and data[SIZE : -(1 << 20)] == OLD * (2 << 20)
    (line,) = records(release / "flash-record.jsonl")
    (target,) = line["targets"]
    assert target["model"] == f"loop device of {disk_file}" and target["size"] == len(data) and target["written"] == SIZE
    assert target["sha256"] == line["files"]["disk.img"] and target["read_back"] == "direct"


def test_dry_run_writes_nothing(release, loop, disk_file):
    """[stest->swr~flash-asks~1]"""
    device, before = loop(disk_file), disk_file.stat().st_mtime_ns
    result = flash("--dry-run", release, device)
    assert result.returncode == 0 and f"{device}: loop device of {disk_file}, 11.5 MB, serial unknown" in result.stderr
    run("blockdev", "--flushbufs", device)
    assert disk_file.read_bytes() == OLD * disk_file.stat().st_size and disk_file.stat().st_mtime_ns == before
    assert not (release / "flash-record.jsonl").exists()


def test_disks_are_listed(release, loop, disk_file, tmp_path):
    """Without a target the disks are listed, each with why it can't be written, or that it can. [stest->swr~flash-refuses~1]"""
    small = tmp_path / "small.img"
    small.write_bytes(bytes(1 << 20))
    large, small = loop(disk_file), loop(small)
    result = flash(release)
    text = result.stderr.split("\n")
    (large_at,) = (number for number, line in enumerate(text) if line.startswith(large + " "))
    (small_at,) = (number for number, line in enumerate(text) if line.startswith(small + " "))
    assert result.returncode == 2 and "can be written" in text[large_at + 1] and "too small" in text[small_at + 1]


# ---- what is refused ----


def test_mounted(release, loop, disk_file, mounted):
    """[stest->swr~flash-refuses~1]"""
    device = loop(disk_file)
    run("mkfs.ext4", "-q", "-F", device)
    point = mounted("mount point", device)
    before = disk_file.read_bytes()
    assert f"{device} is mounted ({device} on {point})" in refused(release, device)
    assert disk_file.read_bytes() == before


def test_used_by_somebody_unseen(release, loop, disk_file):
    """[stest->swr~flash-refuses~1] What sysfs and mountinfo don't show, the kernel knows."""
    device = loop(disk_file)
    held = os.open(device, os.O_RDONLY | os.O_EXCL)
    try:
        assert f"{device} is in use by somebody" in refused(release, device)
    finally:
        os.close(held)
    done(release, device)


def test_too_small(release, loop, tmp_path):
    """[stest->swr~flash-refuses~1]"""
    small = tmp_path / "small.img"
    small.write_bytes(OLD * (SIZE - 4096))
    said = refused(release, loop(small))
    assert f"is too small: it has {SIZE - 4096} bytes (8.4 MB), the image needs {SIZE}" in said
    assert small.read_bytes() == OLD * (SIZE - 4096)


def test_read_only(release, loop, disk_file):
    """[stest->swr~flash-refuses~1]"""
    assert "is read-only" in refused(release, loop(disk_file, "-r"))


@pytest.mark.full
def test_sectors_of_another_size(release, loop, disk_file):
    """[stest->swr~flash-refuses~1]"""
    try:
        device = loop(disk_file, "-b", "4096")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no loop device with sectors of 4096 bytes: {error.stderr.strip()}")
    assert "has sectors of 4096 bytes" in refused(release, device)


def test_image_shown_by_a_loop_device(release, loop, disk_file):
    """[stest->swr~flash-refuses~1] The image through a loop device, and a file that one shows."""
    assert "disk.img itself, which is read here" in refused(release, loop(release / "disk.img"))
    device = loop(disk_file)
    assert f"{disk_file} is in use: {device} shows it" in refused(release, disk_file)


class Partition(ctypes.Structure):
    """struct blkpg_partition, linux/blkpg.h"""

    _fields_ = [("start", ctypes.c_longlong), ("length", ctypes.c_longlong), ("number", ctypes.c_int), ("names", ctypes.c_char * 128)]


def partition_add(device, start, length):
    """A partition without a table: kernels without one of the table's formats have it, too."""
    part = Partition(start, length, 1, b"")
    with open(device, "rb") as disk:
        fcntl.ioctl(disk, 0x1269, struct.pack("iiiP", 1, 0, ctypes.sizeof(part), ctypes.addressof(part)))  # BLKPG, BLKPG_ADD_PARTITION


def test_partition(release, loop, disk_file, mounted):
    """[stest->swr~flash-refuses~1] A partition, and a disk one of whose partitions is mounted."""
    device = loop(disk_file, "-P")
    try:
        partition_add(device, 1 << 20, SIZE + (1 << 20))
    except OSError as error:
        pytest.skip(f"no partitions on loop devices: {error}")
    part = device + "p1"
    assert f"{part} is a partition" in refused(release, part)
    assert f"name the whole disk: {device}" in refused(release, part)
    run("mkfs.ext4", "-q", "-F", part)
    mounted("mount", part)
    assert f"{device} is mounted ({part} on " in refused(release, device)


@pytest.mark.full
def test_swap(release, loop, disk_file):
    """[stest->swr~flash-refuses~1]"""
    device = loop(disk_file)
    run("mkswap", device)
    on = subprocess.run(["swapon", device], capture_output=True, text=True, check=False)
    if on.returncode:
        pytest.skip(f"this host doesn't let us swap: {on.stderr.strip()}")
    try:
        assert f"{device} is in use for swap" in refused(release, device)
    finally:
        run("swapoff", device)


def test_disk_of_this_system(release):
    """[stest->swr~flash-refuses~1] Of this very host; by --dry-run, which couldn't hurt it."""
    number = os.stat("/").st_dev
    link = pathlib.Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if not link.exists():
        pytest.skip("/ is on no block device here: a container")
    name = link.resolve().name
    path = pathlib.Path("/dev") / (link.resolve().parent.name if (link / "partition").exists() else name)
    if not path.exists() or not stat.S_ISBLK(path.stat().st_mode):
        pytest.skip(f"the system's disk has no {path} here")
    result = flash("--dry-run", release, path)
    assert result.returncode == 1
    assert "this system runs from it" in result.stderr or "is made of other disks" in result.stderr


@pytest.mark.full
def test_without_rights(made, loop):
    """[stest->swr~flash-refuses~1] Another user may flash a file of their own; for a disk they are told what they lack."""
    nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        base.chmod(0o755)
        shutil.copytree(made, base / "release")
        backing = base / "backing.img"
        backing.write_bytes(bytes(SIZE))
        device = loop(backing)
        try:
            readable = flash("--help", **nobody).returncode == 0
        except PermissionError:
            readable = False
        if not readable:
            pytest.skip("another user can't read this tree")
        (base / "theirs").mkdir()
        os.chown(base / "theirs", 65534, 65534)
        done("--record", base / "theirs/record", base / "release", base / "theirs/disk.img", **nobody)
        said = refused("--record", base / "theirs/record", base / "release", device, **nobody)
        assert "you (nobody) may not read and write it" in said and "mode 0" in said and "run this with sudo" in said
        said = refused(base / "release", base / "theirs/disk.img", **nobody)
        assert "flash-record.jsonl can't be written" in said and "--record" in said


# ---- what goes wrong on the way ----


@pytest.mark.full
@pytest.mark.parametrize("offset", [stand_in.BOOT + 12345, SIZE - 1])
def test_corrupted_write(release, loop, disk_file, baddisk, offset):
    """[stest->swr~flash-read-back~1]"""
    device = loop(disk_file)
    result = flash("--yes", release, device, env=faulty(baddisk, device, BAD_WRITE=f"{offset:x}:flip"))
    assert result.returncode == 3 and f"{device} has not kept what was written: at offset {offset} " in result.stderr
    assert records(release / "flash-record.jsonl")[0]["verdict"] == "failed"
    assert disk_file.read_bytes()[:CLEARED] == bytes(CLEARED)


@pytest.mark.parametrize("offset", [stand_in.BOOT + 1, 3 << 20, pytest.param(SIZE + (3 << 20) - 1, marks=pytest.mark.full)])
def test_read_back_is_the_disk_s(release, loop, disk_file, baddisk, offset):
    """[stest->swr~flash-read-back~1] The page cache has what was written, the disk has not: in data, in a hole, at its end."""
    device = loop(disk_file)
    env = faulty(baddisk, device, BAD_BACKING=f"3:{offset:x}:{disk_file}")
    result = flash("--yes", release, device, env=env)
    assert result.returncode == 3 and f"at offset {offset} " in result.stderr


def test_disk_that_fails_half_way(release, loop, tmp_path, mounted):
    """[stest->swr~flash-table-last~1] [stest->swr~flash-record~1] Its kernel's own EIO: what lies behind it has no room for all."""
    room = mounted("room", "-t", "tmpfs", "-o", f"size={SIZE // 2}", "none")
    backing = room / "backing.img"
    backing.touch()
    os.truncate(backing, SIZE + (2 << 20))
    device = loop(backing)
    record = tmp_path / "record"
    result = flash("--yes", "--record", record, release, device)
    assert result.returncode == 3 and f"{device} can't be " in result.stderr and "at offset " in result.stderr
    assert "flash it again" in result.stderr and "Traceback" not in result.stderr
    (line,) = records(record)
    assert line["verdict"] == "failed" and "can't be" in line["reason"] and line["targets"][0]["sha256"] is None
    assert backing.read_bytes()[:CLEARED] == bytes(CLEARED)
    run("mount", "-o", "remount,size=64m", room)
    done("--record", record, release, device)
    assert backing.read_bytes()[:SIZE] == (release / "disk.img").read_bytes()


def test_killed(release, loop, disk_file, baddisk):
    """[stest->swr~flash-table-last~1] As by a power cut: nothing is left that could tidy up, and there is no table, old or new."""
    device = loop(disk_file)
    result = flash("--yes", release, device, env=faulty(baddisk, device, BAD_WRITE=f"{stand_in.ROOT_FS:x}:kill"))
    data = disk_file.read_bytes()
    assert result.returncode == -9 and data[stand_in.BOOT : stand_in.BOOT + 4096] != OLD * 4096
    assert data[:CLEARED] == bytes(CLEARED) and data[SIZE - CLEARED : SIZE] == bytes(CLEARED)


def test_record_disk_is_full(release, loop, disk_file, mounted):
    """[stest->swr~flash-record-first~1] Nothing is written to a disk that no line could be written about."""
    full = mounted("full", "-t", "tmpfs", "-o", "size=64k", "none")
    (full / "filler").write_bytes(bytes((64 << 10) - 8192))
    device = loop(disk_file)
    said = refused("--record", full / "record", release, device)
    assert "could not take the record: No space left on device" in said
    assert disk_file.read_bytes() == OLD * disk_file.stat().st_size
    (full / "filler").unlink()
    done("--record", full / "record", release, device)
    assert sorted(path.name for path in full.iterdir()) == ["record"]

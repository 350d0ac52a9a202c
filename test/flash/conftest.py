# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the flash tests: a release, a library of faults, loop devices where this host has them."""

import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "scripts")]

import stand_in  # noqa: E402  (needs the path above)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The release that each test gets a copy of: `bmaptool create` takes its time."""
    return stand_in.release(tmp_path_factory.mktemp("made") / "release")


@pytest.fixture
def release(made, tmp_path):
    subprocess.run(["cp", "-a", "--sparse=always", made, tmp_path / "release"], check=True)
    return tmp_path / "release"


@pytest.fixture(scope="session")
def baddisk(tmp_path_factory):
    library = tmp_path_factory.mktemp("baddisk") / "baddisk.so"
    subprocess.run(["gcc", "-O1", "-Wall", "-Werror", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library, HERE / "baddisk.c"], check=True)
    return library


def loop_missing():
    """Why this host has no loop devices for us; None: it has."""
    if os.getuid():
        return "loop devices need root"
    found = subprocess.run(["losetup", "-f"], capture_output=True, text=True, check=False)
    if found.returncode or not pathlib.Path(found.stdout.strip()).is_block_device():
        return f"this host has no loop devices: {found.stderr.strip() or found.stdout.strip()}"
    return None


@pytest.fixture
def loop(tmp_path):
    """loop(FILE, *OPTIONS) sets a loop device up."""
    missing = loop_missing()
    if missing:
        pytest.skip(missing)
    devices = []

    def attach(path, *options):
        device = subprocess.run(["losetup", "-f", "--show", *options, path], capture_output=True, text=True, check=True).stdout.strip()
        devices.append(device)
        return device

    yield attach
    for device in devices:
        subprocess.run(["losetup", "-d", device], check=False)


@pytest.fixture
def mounted(tmp_path):
    """mounted(NAME, *OPTIONS) makes a mount point and mounts there."""
    points = []

    def mount(name, *options):
        point = tmp_path / name
        point.mkdir()
        done = subprocess.run(["mount", *options, point], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"this host doesn't let us mount: {done.stderr.strip()}")
        points.append(point)
        return point

    yield mount
    for point in points:
        subprocess.run(["umount", "-l", point], check=False)  # a loop device may still show a file there


@pytest.fixture
def disk_file(tmp_path):
    """What lies behind a loop device: as large as the image and a bit, full of what was there before."""
    path = tmp_path / "backing.img"
    path.write_bytes(b"\xa5" * (stand_in.SIZE + (3 << 20)))
    return path

# SPDX-License-Identifier: Apache-2.0
"""A machine that updates itself with RAUC: its Linux cell has the disk, and a root file system that is verified as it is read.

[stest->swr~linux-root~1]
[stest->swr~linux-rauc~1]

Robustness: test_damaged_root
"""

import hashlib
import os
import pathlib
import re
import shutil

import pytest

import releases
import slots
import system
from harness import build, qemu
from imaging import state

CONFIRMED = r"^health: slots: state (\d+): first ([ab]), a (\w+), b (\w+), floor (\d+)\n"
ROOT = r"^\[gateway\] init: root-([ab]) is the root file system\n"
PROMPT = r"^\[gateway\] gateway:~# "
DATA_MIB = 96


@pytest.fixture(scope="module")
def old():
    """A release whose first slot runs."""
    folder = build.results_folder("test_rauc-release")
    return releases.make("rauc", folder / "old", "rauc", DATA_MIB)


class Machine:
    def __init__(self, target, release, folder):
        """release: folder of what image.py made; its disk and state are copied to `folder`, and are the test's to change."""
        self.folder = folder / "machine"
        self.folder.mkdir()
        for name in ("disk.img", "state.img"):
            shutil.copyfile(release / name, self.folder / name)
        (self.folder / "loader.img").symlink_to(release / "loader.img")
        self.target = target
        self.running = system.System(target, release / "bulkhead-signed.itb")
        self.digest = hashlib.sha256((release / "bulkhead-signed.itb").read_bytes()).digest()

    @property
    def uart(self):
        return self.running.uart

    def start(self):
        self.target.load(str(self.folder / "disk.img"))
        self.target.power("on")

    def sh(self, command, status=0):
        return self.running.shell("gateway", f"{command} 2>&1", status)

    def up(self, slot, since=0):
        """The root of that slot, and the boot confirmed; what the health cell says of its slots."""
        assert self.uart.search(ROOT, since=since, never=system.HALTED)[1] == slot
        found = self.uart.search(CONFIRMED, since=since, never=system.HALTED)
        self.uart.search(PROMPT, since=since, never=system.HALTED)
        return found.groups()

    def rauc(self, since=0):
        """What RAUC says of the slots, once its service is there."""
        self.sh("until rauc status; do sleep 1; done >/run/status")
        return re.sub(r"\x1b\[\d+m", "", self.sh("cat /run/status"))


# [stest->swr~linux-root~1]
def test_rauc(old, results):
    """The root of the slot that runs, RAUC in it, and a bundle of another key, which is refused before anything is written."""
    strange = results / "strange.raucb"
    (results / "small").write_bytes(os.urandom(1 << 16))
    releases.write_bundle(strange, "rauc", "stranger", 3, results / "small", results / "small")
    with qemu.QemuTarget(results, extra=releases.machine(results)) as target:
        machine = Machine(target, old, results)
        releases.put_data(machine.folder / "disk.img", {"strange.raucb": strange}, results)
        machine.start()
        assert machine.up("a") == ("2", "a", "good", "good", "1")
        status = machine.rauc()
        for words in ("Compatible:  bulkhead-rauc\n", "Booted from: boot.0 (a)\n", "Activated: boot.0 (a)\n"):
            assert words in status
        assert machine.sh("touch /init", 1) and "dm-0 on / type squashfs (ro" in machine.sh("mount")
        machine.sh("look() { head -c 8192 /dev/disk/by-partlabel/boot-b | sha256sum; bulkhead-slots status; }; look >/run/before")
        assert "signature verification failed" in machine.sh("rauc install /data/strange.raucb", 1)
        machine.sh("look | cmp - /run/before")


# [stest->swr~linux-rauc~1]
@pytest.mark.full
def test_rauc_update(old, results):
    """A newer release's bundle is installed into the other slot, tried at the next boot with its own root, and kept."""
    new = releases.bundled("rauc", results / "new", "rauc", 2, trust=["next"])
    with qemu.QemuTarget(results, extra=releases.machine(results)) as target:
        machine = Machine(target, old, results)
        releases.put_data(machine.folder / "disk.img", {"new.raucb": new / "bundle.raucb"}, results)
        machine.start()
        assert machine.up("a") == ("2", "a", "good", "good", "1")
        machine.rauc()
        assert "succeeded" in machine.sh("rauc install /data/new.raucb")
        digest = hashlib.sha256((new / "bulkhead-signed.itb").read_bytes()).hexdigest()
        assert f"b trial first counter=65535 sha256={digest}\n" in machine.sh("bulkhead-slots status")
        assert "Activated: boot.1 (b)\n" in machine.rauc()
        mark = machine.uart.mark()
        assert "the machine is reset: slot b is tried" in machine.sh("bulkhead-slots reset")
        machine.uart.search(r"^health: slots: b runs, trial, counter 2\n", since=mark, never=system.HALTED)
        machine.uart.search(r"^\[gateway\] init: root-b is whole\n", since=mark, never=system.HALTED)
        assert machine.up("b", mark) == ("5", "b", "good", "good", "2")
        assert "Booted from: boot.1 (b)\n" in machine.rauc()
        assert machine.sh("grep -c BEGIN /etc/rauc/keyring.pem").split()[-1] == "2"  # the new root's


# [stest->swr~linux-root~1]
@pytest.mark.full
def test_damaged_root(old, results):
    """A flipped bit in the root of a slot on trial: its Linux ends before it is up, in each of its lives, and the machine comes up
    from the other slot. Its data partition, of nothing but zeroes, gets a file system, which stays."""
    with qemu.QemuTarget(results, extra=releases.machine(results)) as target:
        machine = Machine(target, old, results)
        root = pathlib.Path(old / "root.img").stat().st_size
        offset = slots.partitions(machine.folder / "disk.img")["root-b"][0] + root // 2
        with open(machine.folder / "disk.img", "r+b") as file:
            file.seek(offset)
            byte = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([byte ^ 0x10]))
        with open(machine.folder / "state.img", "r+b") as file:
            file.write(state.record(5, 1, 1, (state.GOOD, state.TRIAL), (machine.digest, machine.digest)))
        machine.start()
        machine.uart.search(r"^health: slots: b runs, trial, counter 1\n", never=system.HALTED)
        machine.uart.search(r"^\[gateway\] \[ *\d+\.\d+\] device-mapper: verity: .* data block \d+ is corrupted\n", never=system.HALTED)
        machine.uart.search(r"^\[gateway\] \[ *\d+\.\d+\] Kernel panic - not syncing: dm-verity device corrupted\n")
        mark = machine.uart.search(r"^health: slots: a runs, good, counter 1\n", never=system.HALTED).end()
        machine.uart.search(r"^health: slots: b was to be started, and was not: not-confirmed\n", since=mark)
        assert machine.up("a", mark) == ("6", "a", "good", "empty", "1")
        assert re.search(ROOT, machine.uart.text, re.M)[1] == "a"  # b's never was one
        machine.uart.search(r"^\[gateway\] init: data: a new file system\n", since=mark)
        machine.sh("echo kept >/data/word && sync")
        mark = machine.uart.mark()
        target.monitor("system_reset")
        machine.uart.search(PROMPT, since=mark, never=system.HALTED)
        assert machine.sh("cat /data/word").split()[-1] == "kept"

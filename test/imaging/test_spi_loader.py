# SPDX-License-Identifier: Apache-2.0
"""The boot command with its boot state in SPI flash: run by U-Boot's sandbox, whose flash and disk are files (sandbox.sh).

The sandbox ends where U-Boot would jump to what it has verified. Its flash takes what it is told, and no bit of it is set again by itself,
so what it holds afterwards is looked at byte by byte.

Robustness: test_refused, test_damaged
"""

import dataclasses
import hashlib
import pathlib
import struct
import subprocess

import pytest

from harness import build
from imaging import control, disk, keys, sign, state

PLACE = 0xF00000
BLOCK = 0x1000
SIZE = 16 << 20
CONTROLLER = "/spi@0"
MAP = {"medium": "spi-nor", "device": f"{CONTROLLER}/flash@0", "bank": 0, "address": PLACE, "copies": [PLACE, PLACE + BLOCK]}
LOADER = control.Loader("sandbox", 0x1000000, 0x8000000, "host", "0", "")
SLOTS = {"a": 0x0A, "b": 0x0B}
STARTED, SIGNATURE, DIGEST, OLD = 0xFF, 5, 2, 4
ERASED = 0xFFFFFFFF

BOARD = """/dts-v1/;
/ { #address-cells = <1>; #size-cells = <1>; compatible = "sandbox";
aliases { spi0 = "/spi@0"; serial0 = "/serial"; };
chosen { stdout-path = "/serial"; };
serial { compatible = "sandbox,serial"; };
timer { compatible = "sandbox,timer"; clock-frequency = <1000000>; };
sysreset { compatible = "sandbox,reset"; };
spi@0 { compatible = "sandbox,spi"; reg = <0 0>; #address-cells = <1>; #size-cells = <0>; cs-gpios = <0>;
flash@0 { compatible = "gigadevice,gd25q128", "jedec,spi-nor"; reg = <0>; spi-max-frequency = <40000000>; sandbox,filename = "spi.bin"; }; };
};
"""
FIT = """/dts-v1/;
/ { description = "an image"; #address-cells = <1>; images {
kernel { description = "hypervisor"; data = [14 00 00 01]; type = "kernel"; arch = "arm64"; os = "linux"; compression = "none"; load = <0x9000000>; entry = <0x9000000>;
hash-1 { algo = "sha256"; }; };
fdt { description = "tree"; data = /incbin/("board.dtb"); type = "flat_dt"; arch = "arm64"; compression = "none"; hash-1 { algo = "sha256"; }; };
more { description = "loaded, too"; data = [01 02 03 04]; type = "firmware"; arch = "arm64"; compression = "none"; load = <0x9100000>; hash-1 { algo = "sha256"; }; };
inputs { description = "what it was made of"; data = [05]; type = "firmware"; arch = "arm64"; compression = "none"; hash-1 { algo = "sha256"; }; };
}; configurations { default = "conf-1"; conf-1 { description = "as it starts"; kernel = "kernel"; fdt = "fdt"; loadables = "more"; bulkhead,inputs = "inputs"; bulkhead,board = "a-board"; }; };
};
"""


def word(slot, reason, counter):
    return counter << 16 | reason << 8 | SLOTS[slot]


@dataclasses.dataclass
class Outcome:
    text: str
    flash: bytes

    @property
    def started(self):
        return [line[-1] for line in self.text.splitlines() if line.startswith("Bulkhead: slot ") and len(line) == 16][-1] if "Transferring control" in self.text else None

    def attempts(self, copy):
        at = PLACE + copy * BLOCK + state.SIZE - 4 * state.ATTEMPTS
        words = struct.unpack_from(f"<{state.ATTEMPTS}I", self.flash, at)
        assert all(entry == ERASED for entry in words[words.index(ERASED) :])
        return list(words[: words.index(ERASED)])


class Machine:
    def __init__(self, folder, keys_folder):
        self.folder = folder
        (folder / "board.dts").write_text(BOARD)
        subprocess.run(["dtc", "-q", "-O", "dtb", "-o", folder / "board.dtb", folder / "board.dts"], check=True)
        (folder / "fit.its").write_text(FIT)
        subprocess.run(["mkimage", "-q", "-f", "fit.its", "unsigned.itb"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        unsigned = sign.Fit(folder / "unsigned.itb")
        self.images = {}
        for counter in (3, 4, 5):
            signed = sign.sign(unsigned, folder / f"signed-{counter}.itb", ["new"], keys_folder, counter)
            self.images[counter] = signed.path.read_bytes()
        control.build(unsigned, LOADER, [keys.find(keys_folder, "new")], MAP, (folder / "board.dtb").read_bytes(), folder / "control.dtb")
        self.flash = bytearray(b"\xff" * SIZE)
        self.flash[:0x100000] = b"loader.." * (0x100000 // 8)
        self.slots = {"a": self.images[3], "b": self.images[4]}

    def record(self, copy, sequence=1, floor=3, primary="a", status=(state.GOOD, state.GOOD), tried=()):
        digests = [hashlib.sha256(self.slots[slot]).digest() for slot in "ab"]
        data = bytearray(state.record(sequence, floor, "ab".index(primary), status, digests))
        struct.pack_into(f"<{len(tried)}I", data, state.SIZE - 4 * state.ATTEMPTS, *tried)
        self.flash[PLACE + copy * BLOCK : PLACE + copy * BLOCK + state.SIZE] = data

    def run(self, before=""):
        rows = []
        for slot in "ab":
            path = self.folder / f"slot-{slot}.itb"
            path.write_bytes(self.slots[slot])
            rows.append((f"boot-{slot}", path, disk.slot_size(len(self.slots[slot]))))
        disk.write(rows, self.folder / "disk.img")
        (self.folder / "spi.bin").write_bytes(self.flash)
        text = subprocess.run([build.ROOT / "scripts/loader/boot-command.sh"], capture_output=True, text=True, check=True).stdout
        assert "sleep 10; reset" in text
        command = f"host bind 0 disk.img; {before} {text.replace('sleep 10; reset', 'poweroff')}"
        program = [build.BUILD / "loader/sandbox/u-boot", "-d", "control.dtb", "-c", command]
        done = subprocess.run(program, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        flash = (self.folder / "spi.bin").read_bytes()
        self.unharmed(flash)
        self.flash = bytearray(flash)
        return Outcome(done.stdout.decode(errors="replace").replace("\x1b[1;36m", "").replace("\r", ""), flash)

    def unharmed(self, flash):
        """All but the attempts is as it was, and of these bits were cleared alone."""
        changed = [at for at in range(PLACE, PLACE + 3 * BLOCK) if flash[at] != self.flash[at]]
        assert flash[:PLACE] == self.flash[:PLACE] and flash[PLACE + 3 * BLOCK :] == self.flash[PLACE + 3 * BLOCK :]
        assert all(state.SECTOR <= at % BLOCK < state.SIZE and at < PLACE + 2 * BLOCK for at in changed)
        assert all(flash[at] & ~self.flash[at] == 0 for at in changed)


@pytest.fixture(scope="session")
def sandbox():
    subprocess.run([build.ROOT / "test/imaging/sandbox.sh"], check=True)


@pytest.fixture
def machine(sandbox, tmp_path, keys_folder):  # pylint: disable=unused-argument,redefined-outer-name
    return Machine(tmp_path, keys_folder)


# [utest->swr~boot-state-media~1]
@pytest.mark.full
@pytest.mark.parametrize("primary", "ab")
def test_order(machine, primary):
    machine.record(0, primary=primary)
    found = machine.run()
    assert found.started == primary, found.text
    assert f"Bulkhead: boot state 1, slots {primary} {'ba'['ab'.index(primary)]}, counter 3 at least, tried a 0 b 0" in found.text
    assert found.attempts(0) == [word(primary, STARTED, 3 if primary == "a" else 4)]
    assert found.attempts(1) == []


# [utest->swr~boot-state-media~1]
@pytest.mark.full
def test_newer_copy(machine):
    machine.record(0, sequence=7, primary="a")
    machine.record(1, sequence=8, primary="b")
    found = machine.run()
    assert found.started == "b" and found.attempts(0) == [] and found.attempts(1) == [word("b", STARTED, 4)]


# [utest->swr~boot-state-media~1]
@pytest.mark.full
def test_trial(machine):
    """Tried once; then the other slot, and what was written before is there."""
    machine.record(1, sequence=2, primary="b", status=(state.GOOD, state.TRIAL))
    assert machine.run().started == "b"
    found = machine.run()
    assert found.started == "a" and found.attempts(1) == [word("b", STARTED, 4), word("a", STARTED, 3)]


# [utest->swr~boot-state-media~1]
@pytest.mark.full
@pytest.mark.parametrize("what", ["signature", "digest", "old"])
def test_refused(machine, what):
    machine.slots["b"] = machine.images[4]
    machine.record(0, primary="b", floor=4 if what == "old" else 3, tried=[])
    if what == "signature":
        data = bytearray(machine.images[4])
        data[data.index(b"\x14\0\0\x01")] ^= 1
        machine.slots["b"] = bytes(data)
        machine.record(0, primary="b")
    elif what == "digest":
        machine.slots["b"] = machine.images[5]
    else:
        machine.record(0, primary="a", floor=4)
    found = machine.run()
    slot, other = ("a", "b") if what == "old" else ("b", "a")
    assert found.started == other, found.text
    reason, counter = {"signature": (SIGNATURE, 4), "digest": (DIGEST, 0xFFFF), "old": (OLD, 0xFFFF)}[what]
    assert f"Bulkhead: slot {slot} refused: " in found.text
    assert found.attempts(0) == [word(slot, reason, counter), word(other, STARTED, 4 if other == "b" else 3)]


# [utest->swr~boot-state-media~1]
@pytest.mark.full
@pytest.mark.parametrize("damage", ["erased", "torn", "both-torn"])
def test_damaged(machine, damage):
    """A copy that isn't whole doesn't count; without one slots are tried by signature, and nothing is written."""
    if damage != "erased":
        machine.record(0, sequence=5, primary="a")
        machine.record(1, sequence=6, primary="b")
        machine.flash[PLACE + BLOCK + 124] ^= 0x80
    if damage == "both-torn":
        machine.flash[PLACE + 40] = 0
    found = machine.run()
    assert found.started == "a", found.text
    assert found.attempts(0) == ([word("a", STARTED, 3)] if damage == "torn" else []) and found.attempts(1) == []
    assert ("Bulkhead: boot state 5, slots a b" in found.text) == (damage == "torn")

# SPDX-License-Identifier: Apache-2.0
"""A cell that owns the disk rewrites it between two boots, by intent and at random. It can keep the machine from starting;
it can't make it start anything but the two images that the boot state has.

[stest->swr~boot-only-signed~1]
[stest->swr~boot-slot-order~1]

Robustness: all
By chance: test_rewritten
"""

import random
import re
import struct
import zlib

import pytest

import slots
from harness import build, qemu
from imaging import state

FLOOR = 3
ENDS = r"^(Starting kernel|Bulkhead: no slot can be started)"
SECTOR = slots.SECTOR


class Disk:
    """What the hostile cell has: the appliance's disk, and every image that was ever signed."""

    def __init__(self, appliance, images, seed):
        self.appliance, self.images, self.random = appliance, images, random.Random(seed)
        self.places = dict(appliance.partitions)

    def slot(self):
        return self.random.choice("ab")

    def older(self):
        self.appliance.put(self.slot(), self.images["older"])

    def newer(self):
        self.appliance.put(self.slot(), self.images["newer"])

    def again(self):
        self.appliance.put(self.slot(), self.images["again"])

    def unsigned(self):
        self.appliance.put(self.slot(), self.images["unsigned"])

    def swap(self):
        first, second = self.appliance.content["a"], self.appliance.content["b"]
        self.appliance.put("a", second)
        self.appliance.put("b", first)

    def erase(self):
        self.appliance.put(self.slot(), bytes(1 << 16))

    def flip(self):
        """Bits of what is in a slot."""
        slot = self.slot()
        data = bytearray(self.appliance.content[slot])
        for _ in range(self.random.choice((1, 1, 3, 100))):
            bit = self.random.randrange(8 * len(data))
            data[bit // 8] ^= 1 << bit % 8
        self.appliance.put(slot, data)

    def head(self):
        """Bits of the tree's header, structure's beginning and end, and names, where its reader is."""
        slot = self.slot()
        data = bytearray(self.appliance.content[slot])
        for _ in range(self.random.choice((1, 2, 8))):
            near = self.random.choice((self.random.randrange(0x200), len(data) - 1 - self.random.randrange(0x800)))
            data[near] = self.random.choice((0, 1, 0x7F, 0x80, 0xFF, self.random.randrange(256)))
        self.appliance.put(slot, data)

    def size(self):
        slot = self.slot()
        data = bytearray(self.appliance.content[slot])
        data[4:8] = self.random.choice((0, 40, len(data) - 1, len(data) + 4096, 0x0BC00000, 0x7FFFFFFF, 0xFFFFFFFF)).to_bytes(4, "big")
        self.appliance.put(slot, data)

    def table(self):
        """The partition table, with right checksums: other places, other names, two of one name."""
        with open(self.appliance.disk, "rb") as file:
            file.seek(SECTOR)
            header = bytearray(file.read(92))
            entries, count, size = struct.unpack_from("<QII", header, 72)
            file.seek(entries * SECTOR)
            rows = bytearray(file.read(count * size))
        if header[:8] != b"EFI PART" or size != 128 or count != 128:
            return  # broken before
        first, second = bytes(rows[:size]), bytes(rows[size : 2 * size])
        what = self.random.randrange(5)
        if what == 0:  # names change places
            rows[56:size], rows[size + 56 : 2 * size] = second[56:], first[56:]
        elif what == 1:  # two of one name
            rows[size + 56 : 2 * size] = first[56:]
        elif what == 2:  # both at one place
            rows[size + 32 : size + 48] = first[32:48]
        elif what == 3:  # somewhere
            at = self.random.randrange(1 << self.random.choice((10, 17, 40, 64)))
            rows[32:48] = struct.pack("<QQ", at, at + self.random.randrange(1 << 17) & 0xFFFFFFFFFFFFFFFF)
        else:
            rows[56:size] = self.random.randbytes(size - 56)
        struct.pack_into("<I", header, 88, zlib.crc32(rows))
        struct.pack_into("<I", header, 16, 0)
        struct.pack_into("<I", header, 16, zlib.crc32(header))
        self.appliance.write(SECTOR, header)
        self.appliance.write(entries * SECTOR, rows)

    def noise(self):
        """In the first sectors."""
        self.appliance.write(self.random.randrange(34 * SECTOR), self.random.randbytes(self.random.choice((1, 16, 512))))

    WAYS = older, newer, again, unsigned, swap, erase, flip, head, size, table, noise

    def rewrite(self):
        ways = [self.random.choice(self.WAYS) for _ in range(self.random.choice((1, 1, 2, 2, 3, 5)))]
        for way in ways:
            way(self)
        return [way.__name__ for way in ways]


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    build.disk("slots")
    signed = {
        "a": FLOOR,  # good, in slot a and b
        "b": FLOOR + 1,
        "older": FLOOR - 1,
        "newer": FLOOR + 2,
        "again": FLOOR,  # the same image, signed another time: nobody agreed to these bytes
    }
    made = {name: slots.resigned("slots", folder / f"{name}.itb", counter=counter) for name, counter in signed.items()}
    return {**made, "unsigned": build.image("slots").read_bytes()}


def started(results, appliance):
    """The digest of what was started, or None."""
    with qemu.QemuTarget(results) as target:
        target.load(appliance.folder / "disk.img")
        target.power("on")
        end = target.console().expect(ENDS)
        said = target.console().text
    if end[1] != "Starting kernel":
        return None, said
    return re.findall(r"^sha256 for .* ==> ([0-9a-f]{64})$", said, re.M)[-1], said


@pytest.mark.parametrize("ways", [10, pytest.param(1000, marks=pytest.mark.full)])
def test_rewritten(results, images, ways):
    tally = {"a": 0, "b": 0, None: 0}
    appliance = slots.Appliance("slots", results)
    for slot in "ab":
        appliance.put(slot, images[slot])
    allowed = {appliance.digest(slot).hex(): slot for slot in "ab"}
    digests = appliance.digest("a"), appliance.digest("b")
    with open(appliance.disk, "rb") as file:
        table = file.read(34 * SECTOR)
    for seed in range(ways):
        appliance.write(0, table)
        for slot in "ab":
            appliance.put(slot, images[slot])
        appliance.set_state(appliance.record(floor=FLOOR, status=(state.GOOD, state.GOOD), digests=digests))
        done = Disk(appliance, images, seed).rewrite()
        digest, said = started(results, appliance)
        assert digest is None or digest in allowed, f"seed {seed}, {done}: {digest} was started\n{said}"
        tally[allowed.get(digest)] += 1
    assert tally["a"] and tally["b"], tally
    print(f"{ways} ways: slot a's image started {tally['a']} times, b's {tally['b']}, none {tally[None]}")


def test_erased_and_recovered(results, images):
    """Both slots: nothing starts, until the disk is written anew."""
    appliance = slots.Appliance("slots", results)
    for slot in "ab":
        appliance.put(slot, bytes(1 << 16))
    assert started(results, appliance)[0] is None
    for slot in "ab":
        appliance.put(slot, appliance.good)
    assert started(results, appliance)[0] == appliance.digest("a").hex()

# SPDX-License-Identifier: Apache-2.0
"""What a block device was told to write, as QEMU's driver `blklogwrites` and Linux's dm-log-writes record it, and the device
as it may be when the power goes at any place of that.

The format (Linux, Documentation/admin-guide/device-mapper/log-writes.rst; QEMU, block/blklogwrites.c), little-endian: a
sector with magic, version, number of entries and the sectors' size; then each entry, a sector with its place on the device,
its length, flags and the length of a mark's text, and behind that what was written, whole sectors. A discard has no data.

A disk has a write's data for certain once a flush behind it has ended, or where the write itself said so (FUA). Until then
the power may take it, or leave a part of it. NOR flash keeps nothing back: a write is there before the next begins, so that
at most the last one is in doubt, to its bits.
"""

import random
import struct
import subprocess
from dataclasses import dataclass

MAGIC, VERSION = 0x6A736677736872, 1
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8
PIECE = 512  # bytes: what a disk writes whole, or not
HEAD = struct.Struct("<QQQI")
ENTRY = struct.Struct("<4Q")


class Damaged(ValueError):
    pass


@dataclass(frozen=True)
class Entry:
    offset: int  # bytes, on the device
    size: int
    flags: int
    at: int  # of its data, in the log

    @property
    def writes(self):
        return self.size > 0 and not self.flags & MARK


@dataclass(frozen=True)
class Cut:
    """The power goes before entry `end`; of the writes before it some may be `lost`, others be there in part."""

    end: int
    lost: frozenset = frozenset()
    torn: tuple = ()  # (number, seed of what is there of it)


class WriteLog:
    """A log as it is now, of a disk or of NOR flash; what is recorded later is read by another."""

    def __init__(self, path, nor=False):
        self.path, self.nor, self.sector, self.entries = path, nor, PIECE, []
        with open(path, "rb") as file:
            head = file.read(HEAD.size)
            if not head:
                return  # its head is written with the first entry
            if len(head) < HEAD.size:
                raise Damaged(f"{path} ends within its head")
            magic, version, count, self.sector = HEAD.unpack(head)
            if (magic, version) != (MAGIC, VERSION):
                raise Damaged(f"{path} is no log of writes: magic {magic:#x}, version {version}")
            if self.sector < PIECE or self.sector & (self.sector - 1):
                raise Damaged(f"{path}: sectors of {self.sector} bytes")
            self.entries = list(self._read(file, count, file.seek(0, 2)))

    def _read(self, file, count, end):
        at = self.sector
        for number in range(count):
            file.seek(at)
            head = file.read(ENTRY.size)
            if len(head) < ENTRY.size:
                raise Damaged(f"{self.path} ends before entry {number} of {count}")
            place, sectors, flags, text = ENTRY.unpack(head)
            entry = Entry(place * self.sector, sectors * self.sector, flags, at + self.sector)
            at += self.sector
            if flags & MARK:
                at += -(-text // self.sector) * self.sector
            elif not flags & DISCARD:
                at += entry.size
            if at > end:
                raise Damaged(f"{self.path} ends within entry {number} of {count}")
            yield entry

    def data(self, entry):
        if entry.flags & DISCARD:
            return bytes(entry.size)  # what is read there is nobody's promise
        with open(self.path, "rb") as file:
            file.seek(entry.at)
            return file.read(entry.size)

    def unsure(self, end):
        """Numbers of the writes before entry `end` of which the device may have each, or not."""
        if self.nor:
            return [end - 1] if end and self.entries[end - 1].writes else []
        found = []
        for number, entry in enumerate(self.entries[:end]):
            if entry.flags & FLUSH:  # ends what was before; what it writes itself is as any other
                found = []
            if entry.writes and not entry.flags & FUA:
                found.append(number)
        return found

    def boundaries(self, first, last):
        """Ends, from `first` to `last`, before which all is there for certain; of those with nothing written between them one."""
        ends, written = [], True
        for end in range(first, last + 1):
            if end and self.entries[end - 1].writes:
                written = True
            if written and (self.nor or not self.unsure(end)):
                ends.append(end)
                written = False
        return ends

    def cut(self, rng, first, last, share=None):
        """At random, where something isn't sure, if anywhere: of each write that isn't sure all, nothing or a part is there. What NOR flash was
        told before `first` is there."""
        if self.nor and not any(self.unsure(end) for end in range(first + 1, last + 1)):
            return Cut(rng.randrange(first, last + 1))
        ends = [end for end in range(first + self.nor, last + 1) if self.unsure(end)] or range(first, last + 1)
        end = rng.choice(ends)
        share = share or rng.choice((0.1, 0.5, 0.9))
        unsure = [(number, rng.random()) for number in self.unsure(end)]
        lost = frozenset(number for number, draw in unsure if draw > share)
        torn = [number for number, _ in unsure if number not in lost and rng.random() < 0.3]
        if unsure and not lost and not torn:
            torn = [unsure[-1][0]]
        return Cut(end, lost, tuple((number, rng.getrandbits(32)) for number in torn))

    def rebuild(self, base, path, cut):
        """The device, which was `base`, after that cut."""
        subprocess.run(["cp", "--sparse=always", base, path], check=True)
        torn = dict(cut.torn)
        with open(path, "r+b") as file:
            for number, entry in enumerate(self.entries[: cut.end]):
                if not entry.writes or number in cut.lost:
                    continue
                data = self.data(entry)
                if number in torn:
                    file.seek(entry.offset)
                    before = file.read(entry.size).ljust(entry.size, b"\xff")
                    data = torn_data(random.Random(torn[number]), before, data, self.nor)
                file.seek(entry.offset)
                file.write(data)
        return path


def torn_data(rng, before, data, bits):
    """What is there of a write by pieces: a part from its beginning on, or any. bits: of some pieces any of the bits that change."""
    count = len(data) // PIECE
    ahead = rng.randrange(count + 1) if rng.random() < 0.5 else None
    made = bytearray(before)
    for number in range(count):
        place = slice(number * PIECE, (number + 1) * PIECE)
        whole = number < ahead if ahead is not None else rng.random() < 0.5
        if bits and (number == ahead or ahead is None and rng.random() < 0.5):
            made[place] = mixed(rng, before[place], data[place])
        elif whole:
            made[place] = data[place]
    return bytes(made)


def mixed(rng, before, data):
    old, new = (int.from_bytes(text, "little") for text in (before, data))
    mask = rng.getrandbits(8 * len(data))
    return (old ^ (old ^ new) & mask).to_bytes(len(data), "little")

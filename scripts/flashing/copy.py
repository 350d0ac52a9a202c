# SPDX-License-Identifier: Apache-2.0
"""Copies a source to a target, and proves it: all that was written is read back and compared with the checksums.

An incomplete disk must not pass for a whole one: where the partition table lies, at both ends, is cleared first and written
last, when all else is on the disk; it is cleared again where the read-back finds anything. Holes of the image are zeroed,
since a stale block under a dm-verity tree would be a wrong one; and so is the disk's end, where another table or a RAID's
superblock may be left.
"""

import hashlib

from .bmap import Range
from .device import CHUNK, Device
from .errors import Incomplete

ENDS = 32 << 10  # bytes: primary table; a boot ROM looks behind (RK3399: sector 64)
OLD_END = 1 << 20  # bytes at a disk's end that are zeroed


def cut(ranges, at):
    """The same ranges, none of which lies on both sides of `at`; their checksums are gone."""
    for one in ranges:
        for start, end in ((one.start, min(one.end, at)), (max(one.start, at), one.end)):
            if start < end:
                yield Range(start, end, one.sha256)


def chunks(start, end):
    for offset in range(start, end, CHUNK):
        yield offset, min(CHUNK, end - offset)


class Copy:
    def __init__(self, source, target, progress):
        self.source, self.target, self.progress = source, target, progress
        self.old_end = None
        if target.disk and target.disk.size > source.size:
            self.old_end = Range(max(source.size, target.disk.size - OLD_END), target.disk.size, None)
        self.late = source.size > 4 * ENDS
        pieces = cut(cut(source.ranges, ENDS), source.size - ENDS) if self.late else source.ranges
        self.pieces = list(pieces)

    def is_late(self, piece):
        return self.late and (piece.end <= ENDS or piece.start >= self.source.size - ENDS)

    def run(self):
        """Raises Incomplete, or KeyboardInterrupt; the target then has no partition table, if that could be cleared.
        [impl->swr~flash-table-last~1]"""
        device = Device(self.target)
        try:
            self.write(device)
            self.prove(device)
        except BaseException:
            self.progress.clear()
            self.clear(device)
            raise
        finally:
            device.close()

    def clear(self, device):
        """As far as it can be: the disk may be gone."""
        try:
            self.clear_ends(device)
        except (Incomplete, OSError):
            pass

    def clear_ends(self, device):
        for piece in self.pieces:
            if self.is_late(piece):
                device.write(piece.start, device.zeroes[: piece.end - piece.start])
        device.sync()

    def write(self, device):
        self.progress.stage(f"writing {self.target.path}", self.source.size)
        self.clear_ends(device)
        if self.old_end:
            device.zero(self.old_end.start, self.old_end.end, lambda count: None)
        for late in (False, True):
            for piece in self.pieces:
                if self.is_late(piece) == late:
                    self.write_piece(device, piece)
            device.sync()
        self.progress.over()

    def write_piece(self, device, piece):
        if piece.sha256 is None:
            device.zero(piece.start, piece.end, self.progress.add)
            return
        for offset, length in chunks(piece.start, piece.end):
            view = device.buffer[:length]
            if not self.source.read(offset, view):
                raise Incomplete(f"{self.source.path} has become shorter while it was written")
            device.write(offset, view)
            self.progress.add(length)

    def prove(self, device):
        """[impl->swr~flash-read-back~1]"""
        self.target.read_back = device.read_back()
        ranges = self.source.ranges + ([self.old_end] if self.old_end else [])
        self.progress.stage(f"reading back {self.target.path}", sum(one.end - one.start for one in ranges))
        whole = hashlib.sha256()
        for one in ranges:
            digest = hashlib.sha256()
            for offset, length in chunks(one.start, one.end):
                view = device.read(offset, length)
                if one.sha256 is None and view != device.zeroes[:length]:
                    raise self.differs(offset, view, device.zeroes[:length])
                digest.update(view)
                if one is not self.old_end:
                    whole.update(view)
                self.progress.add(length)
            if one.sha256 not in (None, digest.hexdigest()):
                raise self.find_difference(device, one)
        self.target.sha256 = whole.hexdigest()
        self.progress.over()

    def find_difference(self, device, one):
        """A range whose checksum is wrong: where it differs from the image."""
        expected = memoryview(bytearray(CHUNK))
        for offset, length in chunks(one.start, one.end):
            view = device.read(offset, length)
            if self.source.read(offset, expected[:length]) and view != expected[:length]:
                return self.differs(offset, view, expected[:length])
        return Incomplete(
            f"{self.target.path} was wrong when it was read back, between offsets {one.start} and {one.end}, and right when it was read"
            f" again; or {self.source.path} was changed meanwhile: trust neither"
        )

    def differs(self, offset, view, expected):
        at = next(index for index in range(len(view)) if view[index] != expected[index])
        return Incomplete(
            f"{self.target.path} has not kept what was written: at offset {offset + at} (sector {(offset + at) // 512}) it has"
            f" 0x{view[at]:02x}, not 0x{expected[at]:02x}"
        )

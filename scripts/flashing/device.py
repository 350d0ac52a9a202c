# SPDX-License-Identifier: Apache-2.0
"""An open target: written past the page cache where its file system can (O_DIRECT), read back past it always.

A disk is opened exclusively (O_EXCL: the kernel refuses it to us, or to others, while it is in use), a plain file is locked.
"""

import errno
import fcntl
import mmap
import os
import struct

from .errors import Incomplete
from .target import busy

ALIGNED = 4096  # bytes: what direct access is sure to take
BLKZEROOUT, BLKFLSBUF = 0x127F, 0x1261  # linux/fs.h
CHUNK = 1 << 20  # bytes at a time
ZEROED = 32 << 20  # bytes that are zeroed at a time


def failed(target, doing, offset, error):
    reason = error.strerror if isinstance(error, OSError) else error
    return Incomplete(f"{target.path} can't be {doing} at offset {offset} (sector {offset // 512}): {reason}")


class Device:
    def __init__(self, target):
        self.target = target
        self.buffer = memoryview(mmap.mmap(-1, CHUNK))  # of whole pages, as O_DIRECT wants it
        self.zeroes = memoryview(mmap.mmap(-1, CHUNK))
        self.reader = None
        self.can_zero = target.disk is not None
        mode = os.O_RDWR | os.O_CLOEXEC | (os.O_EXCL if target.disk else os.O_CREAT)
        self.writer, self.direct = self.open(mode)
        try:
            if not target.disk:
                self.own_file()
            target.check_same()
        except BaseException:
            os.close(self.writer)
            raise

    def open(self, mode):
        """(file descriptor, whether it is direct). A state bank has a unit's private key: nobody else reads it."""
        for direct in (os.O_DIRECT, 0):
            try:
                return os.open(self.target.path, mode | direct, 0o600 if self.target.role == "state" else 0o666), bool(direct)
            except OSError as error:
                if error.errno == errno.EBUSY:
                    raise busy(self.target.path) from None
                if error.errno != errno.EINVAL or not direct:
                    raise Incomplete(f"{self.target.path} can't be opened: {error.strerror}") from None
        raise AssertionError

    def own_file(self):
        """A plain file: ours alone, all holes, of the right size."""
        try:
            fcntl.flock(self.writer, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise busy(self.target.path) from None
        if self.target.role == "state":
            os.fchmod(self.writer, 0o600)
        os.ftruncate(self.writer, 0)
        os.ftruncate(self.writer, self.target.size)

    # ---- writing ----

    def write(self, offset, view):
        """All of it, or Incomplete with the offset."""
        self.set_direct(offset % ALIGNED == 0 and len(view) % ALIGNED == 0)
        done = 0
        while done < len(view):
            try:
                count = os.pwrite(self.writer, view[done:], offset + done)
            except OSError as error:
                if error.errno == errno.EINVAL and self.direct:
                    self.set_direct(False)
                    continue
                raise failed(self.target, "written", offset + done, error) from None
            if not count:
                raise failed(self.target, "written", offset + done, "it takes no more")
            done += count

    def set_direct(self, wanted):
        """What isn't of whole blocks goes through the page cache; sync() comes before any reading."""
        if wanted != self.direct:
            flags = fcntl.fcntl(self.writer, fcntl.F_GETFL)
            try:
                fcntl.fcntl(self.writer, fcntl.F_SETFL, flags | os.O_DIRECT if wanted else flags & ~os.O_DIRECT)
                self.direct = wanted
            except OSError:
                pass  # a file system without direct access

    def zero(self, start, end, done):
        """A disk zeroes by itself, if it can; a plain file has a hole there. `done(bytes)` tells how far it is."""
        if not self.target.disk:
            done(end - start)
            return
        for offset in range(start, end, ZEROED):
            length = min(ZEROED, end - offset)
            if not self.zero_quickly(offset, length):
                for at in range(offset, offset + length, CHUNK):
                    self.write(at, self.zeroes[: min(CHUNK, offset + length - at)])
            done(length)

    def zero_quickly(self, offset, length):
        if self.can_zero:
            try:
                fcntl.ioctl(self.writer, BLKZEROOUT, struct.pack("=QQ", offset, length))
            except OSError as error:
                if error.errno in (errno.EIO, errno.ENOSPC, errno.ENODEV):
                    raise failed(self.target, "zeroed", offset, error) from None
                self.can_zero = False
        return self.can_zero

    def sync(self):
        """Through the disk's own cache, too."""
        try:
            os.fsync(self.writer)
        except OSError as error:
            raise Incomplete(f"{self.target.path} can't be written: {error.strerror}, told when its cache was emptied") from None

    # ---- reading back ----

    def read_back(self):
        """Opens it once more for reading; says how the page cache is passed by."""
        flags = os.O_RDONLY | os.O_CLOEXEC
        try:
            self.reader = os.open(self.target.path, flags | os.O_DIRECT)
            return "direct"
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise Incomplete(f"{self.target.path} can't be read back: {error.strerror}") from None
        self.reader = os.open(self.target.path, flags)
        if self.target.disk:
            fcntl.ioctl(self.reader, BLKFLSBUF)
        os.posix_fadvise(self.reader, 0, 0, os.POSIX_FADV_DONTNEED)
        return "cache dropped"

    def read(self, offset, length):
        """A view of what is there, good until the next read."""
        rounded = -(-length // ALIGNED) * ALIGNED
        done = 0
        while done < length:
            try:
                count = os.preadv(self.reader, [self.buffer[done:rounded]], offset + done)
            except OSError as error:
                raise failed(self.target, "read back", offset + done, error) from None
            if not count:
                raise failed(self.target, "read back", offset + done, "it ends there")
            done += count
        return self.buffer[:length]

    def close(self):
        for descriptor in (self.reader, self.writer):
            if descriptor is not None:
                os.close(descriptor)

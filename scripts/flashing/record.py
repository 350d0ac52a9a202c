# SPDX-License-Identifier: Apache-2.0
"""The flash record: a file that each flash adds one line of JSON to (docs/flash.md: The record). Several may run at once.

Lines are added under a lock of the whole file (flock) and synced. A unit that is being flashed is locked by a lock of a byte
far behind the file's end (an open file description's), which ends with the process however that ends.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import pathlib
import stat
import struct
import tempfile

from .errors import Refused

ROOM = 16 << 10  # bytes: more than a line takes
UNITS_AT = 1 << 40  # where the locks of units begin


class RecordFailed(Exception):
    """The line isn't in the file, which is as it was."""


class Record:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.room = None
        self.unit_lock = None

    # ---- reading ----

    def lines(self):
        """What the file has, oldest first. A line that is none is an error: somebody else writes to it. Raises Refused."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"{self.path} can't be read: {error}", "name another record file") from None
        found = []
        for number, line in enumerate(text.splitlines(), 1):
            try:
                one = json.loads(line)
                one["verdict"], one["unit"]  # noqa: B018 (has to be there)
                found.append(one)
            except (ValueError, KeyError, TypeError):
                raise Refused(
                    f"{self.path}:{number} is no line of a flash record: which units are done can't be told",
                    "mend that line, or name another record file (--record)",
                ) from None
        return found

    def done(self):
        """serial -> the last line of a flash that was done."""
        return {one["unit"]: one for one in self.lines() if one["verdict"] == "done" and one["unit"]}

    # ---- one unit is one flash's ----

    def lock_unit(self, serial):
        """False: another flash has it just now. Holds until the process ends."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        at = UNITS_AT + int.from_bytes(hashlib.sha256(serial.lower().encode()).digest()[:5], "big")
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, at, 1, 0))
        except OSError as error:
            os.close(descriptor)
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return False
            raise
        self.unit_lock = descriptor
        return True

    def unlock_unit(self):
        if self.unit_lock is not None:
            os.close(self.unit_lock)
            self.unit_lock = None

    # ---- adding ----

    def check(self):
        """Without a byte written: whether the file can be added to. Raises Refused."""
        folder = self.path.parent
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(os.stat(self.path).st_mode):
                raise Refused(f"{self.path} is no plain file: the record has to last", "name a file (--record)")
        if not folder.is_dir():
            raise Refused(f"there is no folder {folder} for the record", "make it, or name another file (--record)")
        if not os.access(self.path if self.path.exists() else folder, os.W_OK):
            raise Refused(f"{self.path} can't be written", "name a record file of your own (--record), or have its owner let you")

    def reserve(self):
        """Room for the line, before anything is written elsewhere. Raises Refused. [impl->swr~flash-record-first~1]"""
        if self.room:
            return
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666))
            self.room = tempfile.NamedTemporaryFile(dir=self.path.parent, prefix=f".{self.path.name}.room-")
            os.posix_fallocate(self.room.fileno(), 0, ROOM)
        except OSError as error:
            self.release()
            raise Refused(f"{self.path} could not take the record: {error.strerror}", "free some room there, or name another file (--record)") from None

    def release(self):
        if self.room:
            self.room.close()
            self.room = None

    def append(self, fields):
        """One line, or RecordFailed and the file as it was. [impl->swr~flash-record~1]"""
        line = (json.dumps(fields, ensure_ascii=True) + "\n").encode()
        self.release()
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise RecordFailed(error.strerror) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self.add(descriptor, line)
        except OSError as error:
            raise RecordFailed(error.strerror) from None
        finally:
            os.close(descriptor)

    @staticmethod
    def add(descriptor, line):
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line  # somebody's editor left the last line open
        try:
            if os.write(descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise

# SPDX-License-Identifier: Apache-2.0
"""What is to be on a target: bytes in ranges with a checksum each, out of a file with a block map, or out of memory."""

import hashlib

from .bmap import Range

CHUNK = 1 << 20  # bytes


class FileSource:
    """The disk image: its holes are zeroes."""

    def __init__(self, path, ranges, size):
        self.path, self.ranges, self.size = path, ranges, size
        self.file = open(path, "rb", buffering=0)  # as long as the process lives

    def read(self, offset, view):
        """Fills the view; False: the file is shorter than it was."""
        self.file.seek(offset)
        done = 0
        while done < len(view):
            count = self.file.readinto(view[done:])
            if not count:
                return False
            done += count
        return True


class BankSource:
    """The content of a flash bank, `padded` to a number of bytes as erased flash has them."""

    def __init__(self, path, content, padded):
        self.path = path
        self.content = content + b"\xff" * (padded - len(content))
        self.size = len(self.content)
        self.ranges = [self.range(start, min(start + CHUNK, self.size)) for start in range(0, self.size, CHUNK)]

    def range(self, start, end):
        return Range(start, end, hashlib.sha256(self.content[start:end]).hexdigest())

    def read(self, offset, view):
        view[:] = self.content[offset : offset + len(view)]
        return True

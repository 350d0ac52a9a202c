# SPDX-License-Identifier: Apache-2.0
"""A device that does what QEMU's model of it doesn't: what EL2's code reads of its registers is changed under way, and what it writes
there is kept from it, by gdb (gdbstub.py)."""

from .blueprint import EL2_VA_TEXT
from .cpu import NONE


class Device:
    """Registers of 4 bytes, by their offsets from where EL2 has the device, as one core's accesses to them are about to come."""

    def __init__(self, gdb, code, va, core=0):
        """code: what runs at EL2_VA_TEXT."""
        self._gdb, self._code, self._va, self._core = gdb, code, va, core
        self._at = None  # the access that the core stands before

    def next(self, reads=(), writes=()):
        """Lets the core run till it is about to read, or to write, one of these: which."""
        self._over()
        found = self._gdb.run_to_access(self._core, *([self._va + offset for offset in offsets] for offsets in (reads, writes)))
        self._at = self._gdb.register(self._core, "pc")
        return found - self._va

    def read(self, offset, change):
        """The next read gets change(value)."""
        self.next(reads=[offset])
        self.give(change)

    def give(self, change):
        """The same for the read that the core stands before."""
        register = self._register()
        self._over()
        self._gdb.change(self._core, register, change(self._gdb.register(self._core, register)))

    def write(self, offset):
        """What the next write, which the core now stands before, is of."""
        self.next(writes=[offset])
        register = self._register()
        return self._gdb.register(self._core, register) & 0xFFFFFFFF if register else 0

    def withhold(self, offset):
        """The same, and the write doesn't come to the device."""
        value = self.write(offset)
        self._gdb.change(self._core, "pc", self._at + 4)
        self._at = None
        return value

    def _over(self):
        if self._at is not None:
            self._gdb.step(self._core)
        self._at = None

    def _register(self):
        """Of the load or store that the core stands before (Arm ARM C4.1.94: Rt); None: zero."""
        at = self._at - EL2_VA_TEXT
        number = int.from_bytes(self._code[at : at + 4], "little") & 31
        return None if number == NONE else f"x{number}"

# SPDX-License-Identifier: Apache-2.0
"""A CPU that QEMU has no model of: what EL2's code reads of its registers is changed under way, and what it writes to registers that
QEMU lacks is seen, by gdb (gdbstub.py). Registers are named S<op0>_<op1>_C<n>_C<m>_<op2>."""

import re

from .blueprint import EL2_VA_TEXT

MRS, MSR = 0xD5300000, 0xD5100000  # Arm ARM C6.2.228, C6.2.230
NONE = 31  # Xt that is no register: zero
ISR, SERROR = "S3_0_C12_C1_0", 1 << 8  # ISR_EL1, and its bit A: one is pending


def _word(kind, name):
    """Of the instruction, but for Xt."""
    op0, op1, n, m, op2 = map(int, re.fullmatch(r"S(\d)_(\d)_C(\d+)_C(\d+)_(\d)", name).groups())
    return kind | (op0 & 1) << 19 | op1 << 16 | n << 12 | m << 8 | op2 << 5


def places(code, kind, names, bases):
    """{address: (name, Xt)} of each instruction of the image's code that is an MRS or MSR of one of these registers; bases: where the
    code may run."""
    wanted = {_word(kind, name): name for name in names}
    found = {}
    for at in range(0, len(code) - 3, 4):
        word = int.from_bytes(code[at : at + 4], "little")
        if word & ~31 in wanted:
            found.update({base + at: (wanted[word & ~31], word & 31) for base in bases})
    return found


class Cpu:
    """One core of a machine, which a gdb is attached to. code: what runs at EL2_VA_TEXT, and, before the MMU is on, at `load`."""

    def __init__(self, gdb, code, load, core=0):
        self._gdb, self._code, self._bases, self._core = gdb, code, (EL2_VA_TEXT, load), core

    def _places(self, kind, names):
        return places(self._code, kind, names, self._bases)

    def run(self, until, reads=None, lacks=None):
        """Lets the core run to one of the addresses `until`, which is returned beside what it wrote to what it lacks: {name: [value]}.

        reads: {name: function of the value}, of registers that it has: what EL2 gets instead. lacks: {name: value} of registers that
        are none in QEMU, where they would be undefined."""
        reads, lacks = reads or {}, lacks or {}
        changed, lacked, written = self._places(MRS, reads), self._places(MRS, lacks), self._places(MSR, lacks)
        looked_at, seen = {*until, *changed, *lacked, *written}, {}
        while (at := self._next(looked_at)) not in until:
            if at in changed:
                name, number = changed[at]
                self._read(number, reads[name])
                continue
            if at in written:
                name, number = written[at]
                seen.setdefault(name, []).append(self._get(number))
            else:
                name, number = lacked[at]
                self._set(number, lacks[name])
            self._gdb.change(self._core, "pc", at + 4)
        return at, seen

    def _next(self, addresses):
        """The core is there, or runs there."""
        at = self._gdb.register(self._core, "pc")
        return at if at in addresses else self._gdb.run_to(self._core, addresses)

    def _get(self, number):
        return 0 if number == NONE else self._gdb.register(self._core, f"x{number}")

    def _set(self, number, value):
        self._gdb.change(self._core, f"x{number}", value)

    def next_read(self, name, change):
        """Lets the core run to its next read of a register, which gives change(value)."""
        reads = self._places(MRS, [name])
        _, number = reads[self._next(reads)]
        self._read(number, change)

    def _read(self, number, change):
        """The core stands before it. What follows may be come to from elsewhere, too, so nothing is done there."""
        self._gdb.step(self._core)
        self._set(number, change(self._get(number)))

# SPDX-License-Identifier: Apache-2.0
"""A CPU that QEMU has no model of: what its registers read as at EL2 is changed under way, by gdb (gdbstub.py)."""

import re

from .blueprint import EL2_VA_TEXT

MRS = 0xD5300000  # Arm ARM C6.2.228
TARGET = 0x1F  # of the word: Xt


def _number(name):
    """Of a register by its name S<op0>_<op1>_C<n>_C<m>_<op2>: bits 19:5 of the instruction that reads it."""
    op0, op1, n, m, op2 = map(int, re.fullmatch(r"S(\d)_(\d)_C(\d+)_C(\d+)_(\d)", name).groups())
    return (op0 & 1) << 14 | op1 << 11 | n << 7 | m << 3 | op2


def reads(code, name):
    """{address of what follows: Xt} of each instruction of the image's code that reads the register. code: what runs at EL2_VA_TEXT."""
    wanted = MRS | _number(name) << 5
    words = ((at, int.from_bytes(code[at : at + 4], "little")) for at in range(0, len(code) - 3, 4))
    return {EL2_VA_TEXT + at + 4: f"x{word & TARGET}" for at, word in words if word & ~TARGET == wanted}


def read_as(gdb, code, name, change, core=0):
    """Lets a core run to its next read of the register, which gives change(value) instead of what it is."""
    places = reads(code, name)
    at = gdb.run_to(core, list(places))
    gdb.change(core, places[at], change(gdb.register(core, places[at])))

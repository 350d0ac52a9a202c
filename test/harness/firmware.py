# SPDX-License-Identifier: Apache-2.0
"""Firmware that a test plays: what EL2 calls it for doesn't come to the machine's, but to the test, by gdb (gdbstub.py)."""

from .blueprint import EL2_VA_TEXT

SMC = (0xD4000003).to_bytes(4, "little")  # SMC #0
SPOILED = 0xBAD0BAD0BAD0BAD0


class Firmware:
    """Of one core."""

    def __init__(self, gdb, code, core):
        """code: what runs at EL2_VA_TEXT."""
        self._gdb, self._core = gdb, core
        self._calls = [EL2_VA_TEXT + at for at in range(0, len(code) - 3, 4) if code[at : at + 4] == SMC]

    def answers(self, last, *results):
        """Each call gets these, till one of the function `last` has got them: what was asked."""
        asked = []
        while not asked or asked[-1][0] & 0xFFFFFFFF != last:
            asked.append(self._answer(results))
        return asked

    def _answer(self, results):
        """Lets the core run till it calls, and what of x0 to x3 there are results for gets them; x4 to x17 are spoiled, as SMCCC 1.0 may
        do. What it was asked: x0 to x7."""
        at = self._gdb.run_to(self._core, self._calls)
        asked = tuple(self._gdb.register(self._core, f"x{n}") for n in range(8))
        for n, value in (*enumerate(results), *((n, SPOILED + n) for n in range(4, 18))):
            self._gdb.change(self._core, f"x{n}", value)
        self._gdb.change(self._core, "pc", at + 4)
        return asked

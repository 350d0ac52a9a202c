# SPDX-License-Identifier: Apache-2.0
"""How far a stage is: a bar on a terminal, one line at its end anywhere."""

import sys
import time

WIDTH = 24  # characters of a bar
SHOWN_EACH = 0.2  # s


def human(count):
    """Bytes for people: decimal, as on a disk's label."""
    for factor, unit in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"


class Progress:
    def __init__(self, stream=None):
        self.stream = stream or sys.stderr
        self.terminal = self.stream.isatty()
        self.name, self.total, self.count, self.begun, self.last = "", 0, 0, 0.0, 0.0

    def stage(self, name, total):
        self.name, self.total, self.count = name, total, 0
        self.begun = self.last = time.monotonic()

    def add(self, count):
        self.count += count
        now = time.monotonic()
        if self.terminal and now - self.last > SHOWN_EACH:
            self.last = now
            self.show(now - self.begun)

    def show(self, seconds):
        part = min(self.count / max(self.total, 1), 1)
        rate = self.count / max(seconds, 0.001)
        bar = "#" * int(WIDTH * part) + "." * (WIDTH - int(WIDTH * part))
        left = (self.total - self.count) / max(rate, 1)
        print(f"\r{self.name} [{bar}] {100 * part:.0f} %, {human(rate)}/s, {left:.0f} s left\x1b[K", end="", file=self.stream, flush=True)

    def over(self):
        """The stage is done."""
        seconds = time.monotonic() - self.begun
        self.clear()
        print(f"  {self.name}: {human(self.count)} in {seconds:.1f} s", file=self.stream, flush=True)

    def clear(self):
        """What is printed next begins a line."""
        if self.terminal:
            print("\r\x1b[K", end="", file=self.stream, flush=True)

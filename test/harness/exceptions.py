# SPDX-License-Identifier: Apache-2.0
"""QEMU's own exception log (-d int), filtered as it is written: what each CPU took from EL1 to EL2.

The log of a booting Linux has gigabytes, so nothing of it is kept but counts. A record is several lines; they
belong together only if one thread runs all CPUs (-icount, or -accel tcg,thread=single).

    Taking exception 11 [Hypervisor Call] on CPU 3
    ...from EL1 to EL2
    ...with ESR 0x16/0x5a000000
"""

import collections
import os
import re
import threading

RECORD = re.compile(
    rb"Taking exception (\d+) \[([^\]]+)\] on CPU (\d+)\n\.\.\.from EL([01]) to EL2\n(?:\.\.\.with ESR 0x[0-9a-f]+/(0x[0-9a-f]+)\n)?"
)
START = b"Taking exception "


class Count:
    """Exceptions that one CPU took to EL2 from EL0 or EL1."""

    def __init__(self):
        self.total = 0
        self.by_name = collections.Counter()
        self.last = collections.deque(maxlen=16)  # (name, ESR or None)

    def copy(self):
        other = Count()
        other.total, other.by_name, other.last = self.total, self.by_name.copy(), self.last.copy()
        return other

    def __sub__(self, earlier):
        other = Count()
        other.total = self.total - earlier.total
        other.by_name = self.by_name - earlier.by_name
        if other.total:
            other.last.extend(list(self.last)[-other.total :])
        return other

    def __str__(self):
        names = ", ".join(f"{n} {name}" for name, n in self.by_name.items())
        return f"{self.total} ({names})" if names else str(self.total)


class ExceptionLog:
    """Reads the log from a pipe; `path` is what QEMU's -D gets, with `write_end` inherited."""

    def __init__(self):
        self._read_end, self.write_end = os.pipe()
        self.path = f"/proc/self/fd/{self.write_end}"
        self._lock = threading.Lock()
        self._counts = collections.defaultdict(Count)
        self._thread = threading.Thread(target=self._read, daemon=True)

    def start(self):
        """Once QEMU has its copy of the write end."""
        os.close(self.write_end)
        self._thread.start()

    def _read(self):
        rest = b""
        while data := os.read(self._read_end, 1 << 20):
            rest = self.feed(rest + data)
        os.close(self._read_end)

    def feed(self, data):
        """Counts the complete records in data; returns the tail that may still grow."""
        cut = data.rfind(START)
        if cut < 0:
            return data[-len(START) :]
        head, tail = data[:cut], data[cut:]
        with self._lock:
            for match in RECORD.finditer(head):
                self._add(match)
            # The last record is complete once something follows its ESR line.
            if tail.count(b"\n") >= 3:
                match = RECORD.match(tail)
                if match:
                    self._add(match)
                return tail[len(START) :][-len(START) :]  # perhaps the first bytes of the next one
        return tail

    def _add(self, match):
        count = self._counts[int(match[3])]
        name = match[2].decode()
        count.total += 1
        count.by_name[name] += 1
        count.last.append((name, int(match[5], 16) if match[5] else None))

    def count(self, cpu):
        with self._lock:
            return self._counts[cpu].copy()

    def close(self):
        self._thread.join(5)

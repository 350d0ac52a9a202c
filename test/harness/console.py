# SPDX-License-Identifier: Apache-2.0
"""A console: bytes from a target, kept raw in a file, searched as they come.

Timeouts are a safety net against hanging for ever. No test asserts how fast something is by them.
"""

import os
import re
import socket
import threading
import time

PATIENCE = float(os.environ.get("BULKHEAD_PATIENCE", "180"))  # seconds of silence before a test gives up


class ConsoleTimeout(AssertionError):
    pass


class ConsoleClosed(AssertionError):
    pass


class Console:
    def __init__(self, sock, log_path, on_line=None):
        self._socket = sock
        self._on_line = on_line
        self._text = ""
        self._at = 0  # expect() has consumed up to here
        self._closed = False
        self._changed = threading.Condition()
        self._log = open(log_path, "wb", buffering=0)
        self._log_path = log_path
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        pending = ""
        while True:
            try:
                data = self._socket.recv(65536)
            except OSError:
                data = b""
            if not data:
                break
            self._log.write(data)
            text = data.decode("utf-8", "replace").replace("\r", "")
            with self._changed:
                self._text += text
                self._changed.notify_all()
            if self._on_line:
                *lines, pending = (pending + text).split("\n")
                for line in lines:
                    self._on_line(line)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._log.close()

    @property
    def text(self):
        with self._changed:
            return self._text

    def drain(self):
        """Of a target that has ended: waits for the last of it."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, PATIENCE)

    def mark(self):
        """Position of the end of what has arrived, for search(..., since=)."""
        return len(self.text)

    def skip(self):
        """Forgets what has arrived: expect() goes on from here."""
        with self._changed:
            self._at = len(self._text)

    def send(self, text):
        self._socket.sendall(text.encode())

    def expect(self, pattern, timeout=None, never=None):
        """The first match of `pattern` in what is not yet consumed; consumes up to its end.

        `never`: a pattern whose earlier arrival fails at once instead of after the timeout.
        """
        match = self._wait(pattern, lambda: self._at, timeout, never)
        self._at = match.end()
        return match

    def search(self, pattern, since=0, timeout=None, never=None):
        """Like expect(), from a mark() and without consuming."""
        return self._wait(pattern, lambda: since, timeout, never)

    def seen(self, pattern, since=0):
        return re.compile(pattern, re.M).search(self.text, since)

    def _wait(self, pattern, start, timeout, never):
        regex = re.compile(pattern, re.M)
        forbidden = re.compile(never, re.M) if never else None
        timeout = timeout or PATIENCE
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                match = regex.search(self._text, start())
                bad = forbidden.search(self._text, start()) if forbidden else None
                if bad and not (match and match.start() < bad.start()):
                    raise AssertionError(f"seen {bad.group()!r} while waiting for {pattern!r}{self._tail()}")
                if match:
                    return match
                if self._closed:
                    raise ConsoleClosed(f"the target is gone while waiting for {pattern!r}{self._tail()}")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise ConsoleTimeout(f"no {pattern!r} within {timeout:.0f} s{self._tail()}")
                self._changed.wait(left)

    def _tail(self):
        lines = self._text.splitlines()[-12:]
        return f"; last lines (all of them: {self._log_path}):\n  " + "\n  ".join(lines)

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(5)
        self._socket.close()

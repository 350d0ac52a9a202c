# SPDX-License-Identifier: Apache-2.0
"""QEMU's monitor by QMP: one command at a time, events to whoever wants them."""

import json
import select
import tempfile

PATIENCE = 60


class QmpError(RuntimeError):
    pass


class Qmp:
    def __init__(self, sock, on_event=lambda event: None):
        """on_event: called with each event that comes, in poll() or while a command's answer is waited for."""
        self._socket, self._on_event, self._bytes = sock, on_event, b""
        self._receive(PATIENCE)  # greeting
        self.command("qmp_capabilities")

    def _receive(self, seconds):
        """A message; None: none came in time."""
        while b"\n" not in self._bytes:
            if not select.select([self._socket], [], [], seconds)[0]:
                return None
            more = self._socket.recv(65536)
            if not more:
                raise QmpError("QEMU closed its monitor")
            self._bytes += more
        line, self._bytes = self._bytes.split(b"\n", 1)
        return json.loads(line)

    def poll(self, seconds):
        """Takes an event in, if one comes in time."""
        message = self._receive(seconds)
        if message and "event" in message:
            self._on_event(message)

    def command(self, name, **arguments):
        self._socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = self._receive(PATIENCE)
            if answer is None:
                raise QmpError(f"{name}: no answer within {PATIENCE} s")
            if "error" in answer:
                raise QmpError(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
            self._on_event(answer)

    def human(self, line):
        """A line of the human monitor; returns what it prints."""
        return self.command("human-monitor-command", **{"command-line": line})

    def memory(self, address, size):
        """Bytes of physical memory."""
        with tempfile.NamedTemporaryFile(prefix="bulkhead-memory-") as file:
            self.command("pmemsave", val=address, size=size, filename=file.name)
            data = file.read()
        if len(data) != size:
            raise QmpError(f"read {len(data)} of {size} bytes at {address:#x}")
        return data

    def close(self):
        self._socket.close()

# SPDX-License-Identifier: Apache-2.0
"""QEMU's monitor by QMP: one command at a time, events dropped."""

import json


class QmpError(RuntimeError):
    pass


class Qmp:
    def __init__(self, sock):
        self._socket = sock
        self._socket.settimeout(60)
        self._file = sock.makefile("rb")
        self._receive()  # greeting
        self.command("qmp_capabilities")

    def _receive(self):
        line = self._file.readline()
        if not line:
            raise QmpError("QEMU closed its monitor")
        return json.loads(line)

    def command(self, name, **arguments):
        self._socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = self._receive()
            if "error" in answer:
                raise QmpError(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def human(self, line):
        """A line of the human monitor; returns what it prints."""
        return self.command("human-monitor-command", **{"command-line": line})

    def close(self):
        self._file.close()
        self._socket.close()

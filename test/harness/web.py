# SPDX-License-Identifier: Apache-2.0
"""A client of the health cell's web server."""

import contextlib
import http.client
import socket

from harness import ports

TRIES = 10


class Client:
    """Of a server on a port of this host."""

    def __init__(self, port):
        self.port = port

    def get(self, path, accept=None, method="GET"):
        """(status, type, text). In virtual time the cell's patience may be over before the host lets this client speak: it tries again."""
        for _ in range(TRIES - 1):
            with contextlib.suppress(ConnectionError, http.client.RemoteDisconnected):
                return self._get(path, accept, method)
        return self._get(path, accept, method)

    def _get(self, path, accept, method):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, headers={"Accept": accept} if accept else {})
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read().decode()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def raw(self, data):
        """What comes back, until the cell ends the connection."""
        with self.connect() as connection, contextlib.suppress(ConnectionError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))
        return b""

    def metrics(self):
        return values(self.get("/metrics")[2])


def values(text):
    """Metrics' text: series to value."""
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {series: float(value) for series, value in lines}


def network(port):
    """QEMU's user network in which that port of this host is the web server of the health cell at 10.0.2.15."""
    return f"user,hostfwd=tcp:127.0.0.1:{port}-10.0.2.15:80"


def forwarded():
    """A client, and the network that brings it to the health cell."""
    port = ports.free()
    return Client(port), network(port)

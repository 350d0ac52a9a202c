# SPDX-License-Identifier: Apache-2.0
"""Ports of this host that nobody uses just now."""

import socket


def free(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]

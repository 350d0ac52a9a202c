# SPDX-License-Identifier: Apache-2.0
"""A console of a target that ends."""

import socket
import threading
import time

from harness.console import Console


def test_the_last_words(tmp_path):
    """They may come after the target's end is known: drain() waits for them."""
    target, end = socket.socketpair()
    console = Console(end, tmp_path / "console.log")

    def ends():
        time.sleep(0.3)
        target.sendall(b"the last\r\n")
        target.close()

    thread = threading.Thread(target=ends)
    thread.start()
    console.drain()
    assert console.text == "the last\n"
    thread.join()
    console.close()
    console.drain()

# SPDX-License-Identifier: Apache-2.0
"""`make run` shows the health cell's page on a port of this host, and Ctrl-A x leaves the machine.

[stest->swr~http-documents~1]
"""

import contextlib
import os
import subprocess
import urllib.request

from harness import build, ports, qemu

LEAVE = b"\x01x"


def page(port):
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return answer.read().decode()
    return None


def test_page_is_forwarded(tmp_path):
    disk, port = build.disk("net-virtio"), ports.free()
    command = [build.ROOT / "scripts/run.sh", disk.parent]
    with open(tmp_path / "console", "w+b") as console:
        running = subprocess.Popen(command, env={**os.environ, "HTTP_PORT": str(port)}, stdin=subprocess.PIPE, stdout=console, stderr=console)
        try:
            assert qemu.wait_until(lambda: page(port), "the page") == (build.ROOT / "cells/health/page.html").read_text()
            running.stdin.write(LEAVE)
            running.stdin.flush()
            assert running.wait(30) == 0
        finally:
            running.kill()
            running.wait()
    said = (tmp_path / "console").read_text(errors="replace")
    assert f"The health cell's page, once it has a network: http://127.0.0.1:{port}\n" in said

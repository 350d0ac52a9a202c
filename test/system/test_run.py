# SPDX-License-Identifier: Apache-2.0
"""`make run` shows the health cell's page on a port of this host, and Ctrl-A x leaves the machine.

[stest->swr~http-documents~1]
"""

import contextlib
import os
import subprocess
import urllib.request

import slots
from harness import build, ports, qemu
from imaging import state

LEAVE = b"\x01x"


def page(port):
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return answer.read().decode()
    return None


@contextlib.contextmanager
def run(folder, console, **environment):
    """The machine of `folder`; its console is that file. It is left as a person leaves it."""
    command = [build.ROOT / "scripts/run.sh", folder]
    with open(console, "w+b") as file:
        running = subprocess.Popen(command, env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=file, stderr=file)
        try:
            yield
            running.stdin.write(LEAVE)
            running.stdin.flush()
            assert running.wait(30) == 0
        finally:
            running.kill()
            running.wait()


def test_page_is_forwarded(tmp_path):
    disk, port = build.disk("net-virtio"), ports.free()
    with run(disk.parent, tmp_path / "console", HTTP_PORT=str(port)):
        assert qemu.wait_until(lambda: page(port), "the page") == (build.ROOT / "cells/health/page.html").read_text()
    said = (tmp_path / "console").read_text(errors="replace")
    assert f"The health cell's page, once it has a network: http://127.0.0.1:{port}\n" in said


def test_emmc(tmp_path):
    """The boot state is in the boot partition that the map names, and stays there. [stest->swr~run-emmc~1]"""
    folder, console = build.disk(slots.config_on("boot1", "slots")).parent, tmp_path / "console"
    with run(folder, console):
        qemu.wait_until(lambda: "health: slots: a runs, good, counter" in console.read_text(errors="replace"), "slot a")
    card = (folder / "drive-emmc.img").read_bytes()
    place = (folder / "state.img").read_bytes()
    assert card[: 1 << 20] == bytes(1 << 20)  # boot0
    assert card[1 << 20 :][: state.SECTOR] == place[: state.SECTOR]
    assert int.from_bytes(card[(1 << 20) + state.SECTOR :][:4], "little") & 0xFF == slots.SLOTS["a"]

# SPDX-License-Identifier: Apache-2.0
"""Whose key signs the event log: the machine's own, of its identity, where it has one; else the image's.

Both ranges: test_signed_by
"""

import json
import subprocess
import sys

import pytest

import slots
import system
from flashing import identity, units
from harness import build, qemu
from test_event_log import bridged

CONFIG = "slots-log"
SEED = 40  # offset in struct identity
KEY = r"^health: log: key ([0-9a-f]{64})\n"


@pytest.fixture(scope="module")
def images_key():
    """PEM of the private one."""
    path = build.CELLS / "slots-log.pem"
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", path], check=True)
    return path


# [stest->swr~log-own-key~1]
@pytest.mark.parametrize("whose", ["own", "image", "damaged"])
def test_signed_by(results, images_key, whose):
    """An identity of which one bit is another is none."""
    appliance = slots.Appliance(CONFIG, results)
    key = identity.key_new()
    own = results / "E-0042.pub.pem"
    own.write_text(key.pem(), encoding="ascii")  # as scripts/flash leaves it
    if whose != "image":
        area = bytearray(identity.area(units.Unit("E-0042", (), ()), key))
        area[SEED] ^= whose == "damaged"
        with open(appliance.folder / "state.img", "r+b") as file:
            file.seek(2 * appliance.block)
            file.write(area)
    right, wrong = (own, images_key) if whose == "own" else (images_key, own)
    (results / "image.itb").write_bytes(appliance.good)
    with qemu.QemuTarget(results) as target:
        running = system.System(target, results / "image.itb").start(appliance.folder / "disk.img")
        assert (running.uart.search(KEY)[1] == key.public.hex()) == (whose == "own")
        running.uart.search(r"^health: slots: state \d+: first ", never=system.HALTED)
        running.results = results

        def collect(file, by):
            with bridged(running.uart, results) as path:
                command = [sys.executable, build.ROOT / "scripts/collect", f"unix:{path}", file, "--key", by]
                return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

        file = results / "events.log"
        refused = collect(file, wrong)
        assert refused.returncode == 1 and "another key" in refused.stderr and not file.exists()
        done = collect(file, right)
        assert done.returncode == 0 and "authenticated up to record" in done.stdout, done.stderr
        *records, verdict = map(json.loads, build.tool("log", "verify", "--json", "--key", right, file).stdout.splitlines())
        assert verdict["authenticated"] == verdict["records"]
        assert any(one["event"] == "slot" and " confirmed " in one["text"] for one in records)

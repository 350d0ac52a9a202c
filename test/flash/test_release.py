# SPDX-License-Identifier: Apache-2.0
"""What `make image` writes is what scripts/flash takes: no stand-in here. [utest->swr~flash-release~1]"""

import json
import subprocess

from harness import build


def test_real_release(tmp_path):
    made = build.disk("slots").parent
    (tmp_path / "units.csv").write_text("serial,macs,addresses\nE-0001,52:54:00:12:34:56,10.0.2.15/24\n")
    target, state, loader = (tmp_path / name for name in ("disk", "state", "loader"))
    with open(target, "wb") as file:
        file.truncate((made / "disk.img").stat().st_size)
    command = [build.ROOT / "scripts/flash", "--yes", "--development", "--record", tmp_path / "record.jsonl", "--provision", tmp_path / "units.csv"]
    done = subprocess.run([*command, "--state", state, "--loader", loader, made, target], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == (made / "disk.img").read_bytes()
    assert loader.read_bytes().rstrip(b"\0\xff").startswith((made / "loader.img").read_bytes()[:4096])
    block = 0x40000
    assert state.read_bytes()[: 2 * block] == (made / "state.img").read_bytes()[: 2 * block]
    assert state.read_bytes()[2 * block : 2 * block + 4] == b"BHID"
    record = json.loads((tmp_path / "record.jsonl").read_text())
    assert json.loads((made / "release.json").read_text())["key"]["id"] in json.dumps(record)

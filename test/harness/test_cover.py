# SPDX-License-Identifier: Apache-2.0
"""A hypervisor that counts what it executes: audited as any other, and what each core has counted comes to the host."""

import json
import subprocess

import pytest

from harness import build

TEST = "test/system/test_control.py"


@pytest.fixture(scope="module")
def summary():
    done = subprocess.run([build.ROOT / "scripts/cover.py", "el2", TEST], cwd=build.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((build.BUILD / "cover/el2.json").read_text())


# [utest->swr~coverage-el2~1]
def test_counted(summary):
    tests = (build.ROOT / TEST).read_text().count("\ndef test_")  # that share one machine: it counts for all of them
    assert (summary["tests"], summary["lives"], summary["lives_left_out"]) == (tests, 1, 0)
    files = summary["files"]
    assert files["src/arch/arm64/boot.c"]["lines"]["covered"] > 0  # on the boot's tables, and before
    assert files["src/arch/arm64/traps.c"]["lines"]["covered"] > 0  # on each core's own
    covered, count = (sum(file["mcdc"][word] for file in files.values()) for word in ("covered", "count"))
    assert 0 < covered < count

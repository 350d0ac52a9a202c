# SPDX-License-Identifier: Apache-2.0
"""The tool, run from the root with relative paths: what it says is the same wherever the tree lies."""
import os
import subprocess

from harness import records

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
IMAGES = "build/test-configs"
TOOL = os.environ.get("BULKHEAD", "build/bulkhead")


def run(*command):
    records.used_by(command)
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, "BULKHEAD_DATA": "."}, capture_output=True, text=True, timeout=60, check=False
    )

# SPDX-License-Identifier: Apache-2.0
"""How long the host tool takes for the synthetic board (test/configs/synthetic.py), in milliseconds."""

import resource
import subprocess
import sys
import time

from harness import build

sys.path.insert(0, str(build.ROOT / "test/configs"))

import synthetic  # noqa: E402  (needs the path above)

CORES = 512
CELLS = (8, 16, 32, 64, 128)
RUNS = 3


def _milliseconds(*command):
    """Wall clock and CPU time, each the least of a few runs: what else the machine does only adds to them."""
    wall, cpu = [], []
    for _ in range(RUNS):
        start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([build.BUILD / "bulkhead", *command], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall.append(time.monotonic() - start)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return round(1000 * min(wall)), round(1000 * min(cpu))


def curve(out):
    """cells -> {"build": (wall, CPU), "audit": (wall, CPU)}, all in ms"""
    found = {}
    for cells in CELLS:
        path = synthetic.write(out / "scale", CORES, cells)
        folder = out / f"scale/out-{cells}"
        found[cells] = {
            "build": _milliseconds("build", path, "-B", build.ROOT, "-o", folder),
            "audit": _milliseconds("audit", folder / "bulkhead.itb"),
        }
    return found

# SPDX-License-Identifier: Apache-2.0
"""From power-on to the first instruction of a control cell and to Linux's init, by stage: configs/edge-gateway.dts as an
appliance boots it, from a signed FIT on a disk. Used by scripts/bench.py."""

import re
import subprocess
import sys
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import bench_cell  # noqa: E402  (needs the path above)
from harness import blueprint, build, fit, qemu, telemetry  # noqa: E402

CONFIG = build.ROOT / "configs/edge-gateway.dts"
LINUX, CONTROL = "gateway", "control"
HZ = 62500000  # of QEMU's counter
ROUND = 0.002  # seconds: the health cell's
# What U-Boot says, in seconds since power-on.
LOADER = {"loader": "verified boot, at", "read": "read at", "hash": "hashed at"}


def differences(times):
    """Stages in their order, in milliseconds, from the times at which each ended."""
    ends = list(times.values())
    return {name: 1000 * (end - start) for name, start, end in zip(times, [0, *ends], ends)}


def overlap(spans):
    """How much is done side by side: the sum of (start, end) over the time that they take together; 1: one after the other."""
    starts, ends = zip(*spans)
    return sum(end - start for start, end in spans) / (max(ends) - min(starts))


def stages(out):
    """Milliseconds of each stage, and how much of the cells' hashing and copying goes on side by side (overlap).

    loader: until the boot command; read: the FIT from the disk; hash: all of it; verify: signature, hashes, copying, the
    hypervisor's own checks; control: its cell filled, up to its first instruction; linux: until its init, since then (as the health cell's rounds tell)."""
    folder = out / "boot-stages"
    itb = bench_cell.build_config(CONFIG, folder, build.BUILD / "linux/6.12")
    subprocess.run([build.ROOT / "scripts/image.py", "--data", "0", itb], check=True, capture_output=True)
    image = blueprint.Blueprint(fit.Fit(itb).kernel)
    with qemu.QemuTarget(folder / "run", icount=qemu.ICOUNT) as target:
        view = telemetry.View(target, image)
        target.load(folder / "disk.img")
        target.power("on")
        target.console().expect(rf"^\[{LINUX}\] init: Linux", never=bench_cell.HALTED)
        text = target.console().text
        target.pause()
        cores = {name: view.core(name) for name in image.cells}
        control, health = cores[CONTROL], cores["health"]
        place = image.cells["health"].heartbeat_pa + 8  # of its rounds
        rounds = int.from_bytes(target.read_memory(place, 8), "little")
    times = {name: float(re.search(rf"^Bulkhead: {words} (\S+)$", text, re.M)[1]) for name, words in LOADER.items()}
    times["verify"] = min(control.boot_time, health.boot_time) / HZ
    times["control"] = control.start_time / HZ
    times["linux"] = health.start_time / HZ + ROUND * rounds
    return differences(times), overlap([(core.boot_time, core.start_time) for core in cores.values()])

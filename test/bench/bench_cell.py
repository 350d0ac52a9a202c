# SPDX-License-Identifier: Apache-2.0
"""Runs of the bench cell (cells/bench) under QEMU, and what it tells on its console. Used by scripts/bench.py and
by the tests beside this file."""

import pathlib
import re
import subprocess
import sys
import time
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from harness import blueprint, build, fit, qemu, telemetry  # noqa: E402  (needs the path above)

CONFIGS = HERE / "configs"
TICKS = 1000
ICOUNT = qemu.ICOUNT
NATIVE = "virt-10.0,gic-version=3"
HALTED = r"^bulkhead: (halted|exception)|exception:|^bench: wrong"
EL2 = re.compile(r"^\.*bench: el2 (\S+) least=(\d+) most=(\d+) n=(\d+)$", re.M)
ALL = re.compile(r"^bench: all (\S+) least=(\d+)$", re.M)
WINDOWS = re.compile(r"^bench: windows (\S+) first=(\d+) n=(\d+)$", re.M)
WORK = re.compile(r"^bench: ticks n=(\d+) work=(\d+)$", re.M)


@dataclass
class Series:
    """EL2 instructions of an operation, over its repetitions."""

    least: int
    most: int
    count: int


def build_config(path, out, *includes):
    """The image of a partition file; files are looked for in build/cells, too."""
    out.mkdir(parents=True, exist_ok=True)
    folders = [word for folder in (build.BUILD / "cells", *includes) for word in ("-I", folder)]
    build.tool("build", path, *folders, "-o", out)
    return out / "bulkhead.itb"


def config(name, out):
    return build_config(CONFIGS / f"{name}.dts", out / name)


def wait_done(target):
    target.console().expect(r"^bench: done", never=HALTED)
    return target.console().text


def series(text, names):
    """What the bench cell measured, by name; it is an error if anything is missing."""
    found = {name: Series(int(least), int(most), int(count)) for name, least, most, count in EL2.findall(text)}
    missing = [name for name in names if name not in found]
    if missing:
        raise RuntimeError(f"the bench cell did not measure {', '.join(missing)}")
    return found


def check_complete(text, names):
    """The same, where it measured nothing, too, to see that nothing else is in the figures."""
    found = series(text, names)
    if found["empty"].most != 0:
        raise RuntimeError("the empty measurement is not empty: does the counter leave EL1 out?")
    return found


UNKNOWN = ["vendor", "psci", "owner", "near", "near_vendor", "near_uid", "arch"]  # cells/bench/calls.c
CALLS = [
    *["empty", "hvc_version", "psci_version", "gicd_typer_read", "gicd_isenabler_read", "gicd_isenabler_write"],
    *[f"{call}_unknown.{which}" for call in ("hvc", "smc") for which in UNKNOWN],
]
ARRIVALS = [f"{name}{part}" for name in ("timer", "spi") for part in ("", ".end")]
ARRIVALS += [f"{name}{part}" for name in ("sgi", "doorbell") for part in ("", ".sender", ".receiver", ".end")]


def operations(name, out):
    """Boots a configuration under -icount and returns its figures: name -> Series."""
    itb = config(name, out)
    with qemu.QemuTarget(out / name / "run", icount=ICOUNT) as target:
        target.load(itb)
        target.power("on")
        text = wait_done(target)
    figures = check_complete(text, CALLS + ARRIVALS)
    check_filter(text, figures)
    return figures


def check_filter(text, figures):
    """All instructions less those of EL2 are the guest's: a handful, the same for every call."""
    whole = {name: int(least) for name, least in ALL.findall(text)}
    for name in CALLS:
        guest = whole[name] - figures[name].least
        if not 0 <= guest - whole["empty"] <= 16:
            raise RuntimeError(f"{name}: {figures[name].least} instructions at EL2, but {whole[name]} in all")


@dataclass
class Ticks:
    work: int  # ns of virtual time for the computation with its ticks
    telemetry: int  # EL2 entries after `ready`, by the hypervisor's own count
    log: int  # the same, by QEMU's exception log


def ticks_direct(out):
    """A guest that computes and ticks in a direct cell."""
    itb = config("ticks", out)
    image = fit.Fit(itb)
    with qemu.QemuTarget(out / "ticks/run", icount=ICOUNT, record_exceptions=True) as target:
        target.load(image)
        target.power("on")
        text = wait_done(target)
        time.sleep(0.2)  # for the end of the log
        view = telemetry.View(target, blueprint.Blueprint(image.kernel))
        core = view.core("bench")
        cpu = core.core
        logged = target.exceptions(cpu)
    return Ticks(_work(text), core.exits_since_ready, logged.total - core.exits_at_ready)


def ticks_native(out):
    """The same program on the bare machine at EL1: QEMU's boot stub passes it the machine's tree."""
    folder = out / "native"
    folder.mkdir(parents=True, exist_ok=True)
    raw = folder / "bench.raw"
    subprocess.run([f"{build.CROSS}objcopy", "-O", "binary", build.BUILD / "cells/bench.elf", raw], check=True)
    options = ["-kernel", str(raw), "-append", "ticks"]
    with qemu.QemuTarget(
        folder / "run", machine=NATIVE, icount=ICOUNT, record_exceptions=True, extra=options
    ) as target:
        target.power("on")
        text = wait_done(target)
        time.sleep(0.2)
        return Ticks(_work(text), 0, target.exceptions(0).total)


def _work(text):
    ticks, work = map(int, WORK.search(text).groups())
    if ticks != TICKS:
        raise RuntimeError(f"{ticks} ticks instead of {TICKS}")
    return work

# SPDX-License-Identifier: Apache-2.0
"""A hostile Linux cell on the update channel: random words, floods of requests, trials without end. The health cell keeps its rounds, the
control cell notices nothing, and the boot state is what it may be asked to be. In virtual time.

[stest->swr~update-channel~1]
[stest->swr~update-refusals~1]
[stest->swr~update-limit~1]
"""

import re
import subprocess

import pytest

import slots
import system
from harness import build, qemu
from test_slots import CONFIRMED, record
from imaging import state

ROUND = 0.002  # seconds: the health cell's
TICK = 0.001  # the control cell's
SECONDS = 0.5  # of each attack
CHANGES = 2  # that a boot begins with


def hostile():
    """The program, for Linux."""
    out = build.CELLS / "hostile-updates"
    out.parent.mkdir(parents=True, exist_ok=True)
    sources = [system.HERE / "cells/hostile-updates.c", *(build.ROOT / f"cells/linux/{name}.c" for name in ("monotonic", "window"))]
    options = ["-std=gnu11", "-D_GNU_SOURCE=", "-O2", "-static", "-Wall", "-Wextra", "-Werror", f"-I{build.ROOT}/cells/linux"]
    subprocess.run([f"{build.CROSS}gcc", *options, "-o", out, *sources], check=True)
    return out.read_bytes()


@pytest.fixture(scope="module")
def running():
    results = build.results_folder(__name__)
    slots.initramfs("initramfs-hostile", {"hostile": hostile()})
    appliance = slots.Appliance("hostile-updates", results)
    (results / "image.itb").write_bytes(appliance.good)
    with qemu.QemuTarget(results, icount=qemu.ICOUNT) as target:
        made = system.System(target, results / "image.itb")
        target.load(appliance.folder / "disk.img")
        target.power("on")
        made.uart.search(CONFIRMED, never=system.HALTED)
        made.uart.search(r"^\[linux\] linux:/root# ", never=system.HALTED)
        yield made


class Victims:
    """Counters of the health and the control cell, of a machine that stands still meanwhile."""

    def __init__(self, running):
        running.target.pause()
        self.health = running.view.heartbeat("health")[1]
        self.control = running.view.heartbeat("control")[1]
        self.exits = running.view.core("control").exits_since_ready
        with open(running.target.flash_bank(1), "rb") as file:
            self.flash = file.read()
        running.target.resume()


def attacked(running, way):
    """(counters before, after, what it said)"""
    before = Victims(running)
    said = running.shell("linux", f"/hostile {way} {int(SECONDS * 1000)}")
    after = Victims(running)
    for name, period in (("health", ROUND), ("control", TICK)):
        was, now = getattr(before, name), getattr(after, name)
        assert now[0] - was[0] >= SECONDS / period, f"{name}: {now[0] - was[0]} rounds"
        assert now[1] == was[1], f"{name} was late"
    assert after.exits == 0
    numbers = [int(number) for number in re.findall(r"\d+", re.search(rf"^{way}: .*$", said, re.M)[0])]
    print(f"{way}: {numbers}, rounds of the health cell {after.health[0] - before.health[0]}, of the control cell {after.control[0] - before.control[0]}")
    return before, after, numbers


@pytest.mark.parametrize("way", ["noise", "flood"])
def test_nothing_changes(running, way):
    before, after, (words,) = attacked(running, way)
    assert words > 100000
    assert after.flash == before.flash
    assert "a good runs first" in running.shell("linux", "bulkhead-slots status"), "it is still served"


def test_trials_without_end(running):
    """Granted as often as the flash may be written, and what runs stays good, whatever it asks for."""
    sequence = record(running.target)[0]
    _, _, (requests, granted) = attacked(running, "tries")
    assert granted == CHANGES and requests > 10 * CHANGES
    assert record(running.target) == (sequence + CHANGES, 1, 1, state.GOOD, state.TRIAL)
    mark = running.health("slots")
    running.uart.search(rf"^slots: confirmed, floor 1, state {sequence + CHANGES} in 2 copies, {CHANGES + 1} written, 0 failed\n", since=mark)

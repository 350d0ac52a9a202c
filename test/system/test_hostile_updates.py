# SPDX-License-Identifier: Apache-2.0
"""A hostile Linux cell on the update channel: random words, floods of requests, trials without end. The health cell keeps its rounds, the
control cell notices nothing, and the boot state is what it may be asked to be. In virtual time.

[stest->swr~update-channel~1]
[stest->swr~update-refusals~1]
[stest->swr~update-limit~1]
[stest->swr~update-reset~1]
[stest->swr~update-reset-told~1]
[stest->swr~linux-slots~1]

Robustness: all
By chance: test_nothing_changes
"""

import contextlib
import re
import subprocess

import pytest

import slots
import system
from harness import build, qemu
from test_slots import CONFIRMED, REBOOT, record
from imaging import state

ROUND = 0.002  # seconds: the health cell's
TICK = 0.001  # the control cell's
SECONDS = 0.5  # of each attack
CHANGES = 2  # that a boot begins with
PROMPT = r"^\[linux\] linux:/root# "


def hostile():
    """The program, for Linux."""
    out = build.CELLS / "hostile-updates"
    out.parent.mkdir(parents=True, exist_ok=True)
    sources = [system.HERE / "cells/hostile-updates.c", *(build.ROOT / f"cells/linux/{name}.c" for name in ("monotonic", "window"))]
    options = ["-std=gnu11", "-D_GNU_SOURCE=", "-O2", "-static", "-Wall", "-Wextra", "-Werror", f"-I{build.ROOT}/cells/linux"]
    subprocess.run([f"{build.CROSS}gcc", *options, "-o", out, *sources], check=True)
    return out.read_bytes()


@contextlib.contextmanager
def started(config, results):
    """(the machine, confirmed and with a prompt of its Linux; its appliance)"""
    slots.initramfs("initramfs-hostile", {"hostile": hostile()})
    appliance = slots.Appliance(config, results)
    (results / "image.itb").write_bytes(appliance.good)
    with qemu.QemuTarget(results, icount=qemu.ICOUNT, extra=REBOOT) as target:
        made = system.System(target, results / "image.itb")
        target.load(appliance.folder / "disk.img")
        target.power("on")
        made.uart.search(CONFIRMED, never=system.HALTED)
        made.uart.search(PROMPT, never=system.HALTED)
        yield made, appliance


@pytest.fixture(scope="module")
def running():
    with started("hostile-updates", build.results_folder(__name__)) as (made, _):
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


def refused_resets(running, why, since=0):
    """Resets are asked for as fast as they are refused: nothing changes, and it is told once since then."""
    before, after, (requests, granted) = attacked(running, "resets")
    assert requests > 100 and not granted
    assert after.flash == before.flash
    said = [line for line in running.uart.text[since:].splitlines() if "asked for a reset" in line]
    assert said == [f"health: slots: asked for a reset of the machine, in vain: {why}"]
    return requests


def test_no_reset(running):
    """A cell without the word, and without a trial: since the noise, which asked for it, too."""
    refused_resets(running, "forbidden")
    assert "its partition file has no update-reset" in running.shell("linux", "bulkhead-slots reset 2>&1", 1)


def test_trials_without_end(running):
    """Granted as often as the flash may be written, and what runs stays good, whatever it asks for."""
    sequence = record(running.target)[0]
    mark = running.uart.mark()
    _, _, (requests, granted) = attacked(running, "tries")
    assert granted == CHANGES and requests > 10 * CHANGES
    assert record(running.target) == (sequence + CHANGES, 1, 1, state.GOOD, state.TRIAL)
    said = running.health("slots")
    running.uart.search(rf"^slots: confirmed, floor 1, state {sequence + CHANGES} in 2 copies, {CHANGES + 1} written, 0 failed\n", since=said)
    refused_resets(running, "forbidden", mark)  # told anew: the trials are a change


def test_reset(results):
    """With the word: none without a trial, whatever is asked for; then one, told before, which tries the other slot."""
    with started("update-reset", results) as (running, appliance):
        refused_resets(running, "no-trial")
        assert "the next boot would try nothing new" in running.shell("linux", "bulkhead-slots reset 2>&1", 1)
        appliance.put("b", slots.resigned("update-reset", results / "newer.itb", counter=2))
        running.shell("linux", "bulkhead-slots drop b")
        running.shell("linux", f"bulkhead-slots try b {appliance.digest('b').hex()}")
        before = Victims(running)
        mark = running.uart.mark()
        assert "the machine is reset: slot b is tried\n" in running.shell("linux", "bulkhead-slots reset")
        running.uart.search(r"^event:.* slot of=b reset asked-by=1\n", since=mark)
        running.uart.search(r"^health: slots: linux asked for a reset of the machine, to try b\n", since=mark)
        mark = running.uart.search(r"^Bulkhead: verified boot, ", since=mark).end()
        assert before.exits == 0
        running.uart.search(r"^.*last boot: .* cell=linux request detail=0x1\n", since=mark, never=system.HALTED)
        running.uart.search(r"^health: slots: b runs, trial, counter 2\n", since=mark, never=system.HALTED)
        assert running.uart.search(CONFIRMED, since=mark, never=system.HALTED).groups()[1:] == ("b", "good", "good", "2")
        # And no second one: what runs is confirmed, and nothing else is to be tried.
        running.uart.search(PROMPT, since=mark, never=system.HALTED)
        refused_resets(running, "no-trial", mark)

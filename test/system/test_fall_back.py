# SPDX-License-Identifier: Apache-2.0
"""Trials that can't be kept: each ends by itself, the other slot comes up, says why, and doesn't try it again. In virtual time,
which a reset of the machine doesn't set back: from where the trial is handed over to until the other slot's health cell
says that it runs.

[stest->swr~fall-back-time~1]
[stest->swr~boot-trial-late~1]
[stest->swr~boot-confirm-time~1]
[stest->swr~el2-watchdog~1]

Robustness: all
"""

import re
from dataclasses import dataclass

import pytest

import slots
import system
from harness import build, qemu
from imaging import state
from test_slots import CONFIRMED, record

WITHIN = 8.0  # seconds: confirm-within
WATCHDOG = 2.0 * 9 / 8  # seconds: EL2's, and the eighth that it may be late
LOADER = 1.0  # seconds: U-Boot with the other slot's FIT, the hypervisor up to its health cell's first lines
REBOOT = ["-action", "reboot=reset"]
HEALTH = 'role = "health"; cpus = <0>; memory = "32M"; boot-state = "flash@0:1"; confirm-after = "3s"; confirm-within = "8s";'
REAL = f'health {{ {HEALTH} image = "health.elf"; }};'
PROBE = 'other { cpus = <1>; memory = "16M"; image = "probe.elf"; essential; heartbeat = "500ms"; };'
BASE = 'ram-base = "0x70000000";'  # of the cells by hand
LINUX = 'cpus = <1>; memory = "256M"; kernel = "6.12/Image"; essential; heartbeat = "500ms"; boot-timeout = "60s";'
CONTROL = 'cpus = <1>; memory = "16M"; interrupts = "direct"; essential; heartbeat = "10ms";'
# What the trial ends by, on its own console and in what the next boot says of it.
LATE = r"^health: slots: b isn't confirmed in time: the machine is reset\n", r"boot-timeout detail=0x1"
WATCHED = None, r"core=0 cell=health watchdog detail=0x\d"


@dataclass(frozen=True)
class Trial:
    what: str
    cells: str
    limit: float  # seconds: what ends it
    end: tuple
    seen: str = ""  # on the console, before the end: that it is what it is said to be
    long: bool = False


TRIALS = {
    "linux-before": Trial(
        "Linux hangs before it is up: its init waits for ever",
        f'{REAL} linux {{ {LINUX} initrd = "initramfs-hang.cpio.gz"; bootargs = "rdinit=/hang-before"; }};',
        *(WITHIN, LATE, r"^\[linux\] .*Run /hang-before as init process"),
    ),
    "linux-after": Trial(
        "Linux hangs once it is up: all its processes are stopped",
        f'{REAL} linux {{ {LINUX} initrd = "initramfs-hang.cpio.gz"; bootargs = "quiet rdinit=/hang-after"; }};',
        *(WITHIN, LATE, r"^\[linux\] linux:/root# (?:.*\n)*?event: .* cell=linux restart cause=heartbeat-missed"),
    ),
    "health-crashes": Trial(
        "the health cell's first instruction is a fault", f'health {{ {HEALTH} {BASE} image = "crash.elf"; }}; {PROBE}', WATCHDOG, WATCHED
    ),
    "health-hangs": Trial("the health cell hangs at once", f'health {{ {HEALTH} {BASE} image = "hang.elf"; }}; {PROBE}', WATCHDOG, WATCHED),
    "control-silent": Trial(
        "the control cell says that it is ready and never beats",
        f'{REAL} control {{ {CONTROL} {BASE} image = "foreign.elf"; }};',
        *(WITHIN, LATE, r"^\[control\] foreign: ready\n"),
    ),
    "control-hangs": Trial(
        "the control cell never comes up", f'{REAL} control {{ {CONTROL} {BASE} image = "hang.elf"; }};', WITHIN, LATE, long=True
    ),
}


HANG_START = "#!/bin/busybox sh\n/bin/busybox mount -t devtmpfs dev /dev\n"
HANGS = {  # as init; a second after the shell is there, where it is one that comes up
    "hang-before": "while :; do /bin/busybox sleep 1000; done",
    "hang-after": "(/bin/busybox sleep 2; kill -STOP -1) &\nexec /init",
}


def image(name, folder):
    for cell in ("hang", "crash", "foreign"):
        build.assemble(system.HERE / f"cells/{cell}.S", build.CELLS / f"{cell}.elf", system.FOREIGN_BASE)
    if "initramfs-hang" in TRIALS[name].cells:
        slots.initramfs("initramfs-hang", {file: f"{HANG_START}{lines}\n".encode() for file, lines in HANGS.items()})
    config = folder / f"trial-{name}.dts"
    config.write_text(f'/dts-v1/;\n/ {{ compatible = "bulkhead,partitions-v1"; board = "qemu-virt"; cells {{ {TRIALS[name].cells} }}; }};\n')
    return slots.resigned(config, folder / "trial.itb", counter=2)


def handed_over(text):
    """Seconds of the machine's clock at which U-Boot gave the last slot away."""
    return float(re.findall(r"^Bulkhead: hashed at (\S+)$", text, re.M)[-1])


# [stest->swr~fall-back-time~1]
@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.full] if trial.long else []) for name, trial in TRIALS.items()])
def test_falls_back(results, name):
    trial = TRIALS[name]
    appliance = slots.Appliance("update" if "linux" in name else "slots", results)  # with room for Linux
    appliance.put("a", slots.resigned("slots", results / "good.itb"))
    appliance.put("b", image(name, results))
    appliance.set_state(appliance.record(5, primary="b", status=(state.GOOD, state.TRIAL)))
    with qemu.QemuTarget(results, icount=qemu.ICOUNT, extra=REBOOT) as target:
        target.load(appliance.folder / "disk.img")
        target.power("on")
        uart = target.console()
        start = uart.search(r"^Bulkhead: slot b\n(?:.*\n)*?Starting kernel", never=r"^Bulkhead: slot b refused")
        began = handed_over(start[0])
        for pattern in filter(None, (trial.seen, trial.end[0])):
            uart.search(pattern, since=start.end(), never=r"^Bulkhead: slot a")
        mark = uart.search(r"^Bulkhead: slot a\n", since=start.end(), never=system.HALTED).start()
        runs = uart.search(r"^event: (\S+) \S+ cell=health slot of=a runs counter=1 record=5\n", since=mark, never=system.HALTED)
        took = float(runs[1]) - began
        uart.search(r"^health: slots: b was to be started, and was not: not-confirmed\n", since=mark)
        uart.search(rf"^health: last boot: .*{trial.end[1]}\n", since=mark)
        uart.search(r"^event: .* slot of=b refused reason=\S*confirmed\S*\n", since=mark)
        kept = uart.search(CONFIRMED, since=mark, never=system.HALTED)
        assert kept.groups() == ("6", "a", "good", "empty", "1")
        assert record(target) == (6, 1, 0, state.GOOD, state.EMPTY)
    row = f"| {trial.what} | {took:.2f} s | {trial.limit + LOADER:.2f} s |"
    print(row)
    (build.BUILD / f"fall-back-{name}.md").write_text(row + "\n")
    assert trial.limit / 2 < took < trial.limit + LOADER

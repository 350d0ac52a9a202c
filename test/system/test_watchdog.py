# SPDX-License-Identifier: Apache-2.0
"""The board's watchdog, fed by the health cell: it resets the machine where the cell hangs or stays away, though EL2 watches
nothing, and the next boot says so; it doesn't while the cell lives, or is only restarted.

[stest->swr~health-watchdog~1]
[stest->swr~health-watchdog-i6300esb~1]

Robustness: test_resets
"""

import time

import pytest

import system
from harness import build, pci, qemu
from test_reset import LOADER, REBOOT, boots, hang

TIMEOUT = 4.0  # seconds: twice EL2's 2 s, which the partition file has switched off
UNDEFINED = bytes(4)  # UDF #0: Arm ARM C6.2


def devices():
    return pci.options("qemu-virt-pci", disk="null-co://")  # its NVMe drive is what it boots from


def started(target):
    running = system.System(target, system.image("watchdog")).start(build.disk("watchdog"))
    running.uart.search(r"^health: watchdog: el2_ms=0 i6300esb_ms=4000\n", never=system.HALTED)
    assert boots(running) == (1, 0, [])
    assert "ended by the watchdog" not in running.uart.text
    qemu.wait_until(lambda: running.view.state("victim") == "ready", "victim is ready")
    return running


# [stest->swr~health-watchdog~1] [stest->swr~health-watchdog-i6300esb~1]
@pytest.mark.parametrize("why", ["asked", "fault"])
def test_lives_and_restarts(results, why):
    """Four time-outs of life, in the middle of which the cell begins anew: the watchdog runs on meanwhile, and is fed again."""
    with qemu.QemuTarget(results, extra=devices() + REBOOT) as target:
        running = started(target)
        time.sleep(1.5 * TIMEOUT)
        mark = running.uart.mark()
        if why == "asked":
            running.health("restart health")
        else:
            hang(running, UNDEFINED)
        running.uart.search(r"^health: watchdog: el2_ms=0 i6300esb_ms=4000\n", since=mark, never=LOADER["u-boot"])
        time.sleep(2.5 * TIMEOUT)
        assert running.generation("health") == 2 and running.generation("victim") == 1
        assert running.uart.text.count("health: boot 1 since power-on") == 2
        assert "ended by the watchdog" not in running.uart.text


# [stest->swr~health-watchdog~1]
@pytest.mark.parametrize("end", ["hangs", "stopped"])
def test_resets(results, end):
    with qemu.QemuTarget(results, extra=devices() + REBOOT) as target:
        running = started(target)
        mark, since = running.uart.mark(), time.monotonic()
        if end == "stopped":
            running.health("stop health")
        else:
            hang(running)
        running.uart.search(LOADER["u-boot"], since=mark)
        took = time.monotonic() - since
        running.uart.search(r"^health: last boot: ended by the watchdog i6300esb\n", since=mark, never=system.HALTED)
        assert boots(running, mark) == (2, 0, ["ended without a dump"])
        assert took > TIMEOUT / 2
        qemu.wait_until(lambda: running.view.state("victim") == "ready", "victim is ready")
        # Told once: the life after this one is no news.
        mark = running.health("restart health")
        running.uart.search(r"^health: watchdog: .*\n", since=mark, never=system.HALTED)
        running.uart.search(r"^health: boot 2 ", since=mark)
        assert "ended by the watchdog" not in running.uart.text[mark:]

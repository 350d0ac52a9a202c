# SPDX-License-Identifier: Apache-2.0
"""A heartbeat that stops: the health cell does what the cell's fault table says, in virtual time.

[stest->swr~health-heartbeat~1]
[stest->swr~health-actions~1]
[stest->swr~health-input~1]

Robustness: test_restart, test_stop, test_log, test_restart_limit, test_boot_timeout
"""

import pytest

import system
from harness import build, health, qemu


@pytest.fixture(scope="module")
def beating():
    with system.running("heartbeat", build.results_folder(__name__), icount=qemu.ICOUNT) as running:
        yield running.wait_up("restarted", "stopped", "told")


def missed(running, cell, action):
    mark = running.send(cell, "beat 0")
    match = running.uart.search(rf"^health: cell {cell}: heartbeat missed \((\d+) ms\) -> {action}\n", since=mark)
    # Watched every 2 ms, told within 50 ms + 2 polls + 1 late look: virtual time, so it may be asserted.
    assert 50 <= int(match[1]) <= 58
    return mark


# [stest->swr~health-heartbeat~1]
def test_nothing_is_missed_at_first(beating):
    beating.uart.search(r"^status: [2-9]\.")
    assert not beating.uart.seen("heartbeat missed")


def test_no_line_is_lost(beating):
    """Lines for cells that are typed behind others not yet handed over; one too long for the health cell does nothing."""
    mark = beating.uart.mark()
    lines = [(cell, f"{n}-{'x' * 120}") for n in range(2) for cell in ("restarted", "stopped", "told")]
    for burst in lines[:3], lines[3:]:
        beating.uart.send("".join(f"send {cell} {line}\r" for cell, line in burst))
        beating.uart.search(rf"send told {burst[2][1]}\n", since=mark)  # typed; the health cell's UART holds no more
    for cell, line in lines:
        beating.uart.search(rf"^\[{cell}\] probe: unknown command '{line}'", since=mark)
    beating.health(f"send told {'y' * 200}")
    beating.uart.search("^health: a command has at most 200 characters: nothing was done", since=mark)
    beating.ask("told", "checksum", "checksum ok")
    assert not beating.uart.seen("unknown command 'y")


# [stest->swr~health-actions~1]
def test_restart(beating):
    mark = missed(beating, "restarted", "restart")
    beating.wait_generation("restarted", 2, mark)
    (event,) = health.events(beating.uart.text[mark:], cell="restarted", name="restart")
    assert event.arguments["cause"] == "heartbeat-missed"


# [stest->swr~health-actions~1]
def test_stop(beating):
    missed(beating, "stopped", "stop")
    qemu.wait_until(lambda: beating.view.state("stopped") == "stopped", "the cell is stopped")


def test_log(beating):
    mark = missed(beating, "told", "log")
    beating.ask("told", "beat 1", "beat on")
    beating.uart.search(r"^health: cell told: heartbeat is back", since=mark)
    assert beating.generation("told") == 1


def test_restart_limit(beating):
    """Three restarts in 300 s are admitted, the fourth is not. [stest->swr~restart-window~1]"""
    for generation in (3, 4):
        mark = missed(beating, "restarted", "restart")
        beating.wait_generation("restarted", generation, mark)
    missed(beating, "restarted", "restart")
    qemu.wait_until(lambda: beating.view.state("restarted") == "stopped", "the cell is stopped for good")
    core = beating.view.core("restarted")
    assert core.faults["restart-limit"] == 1 and core.restart_cause == "restart-limit"


def test_boot_timeout(results):
    """A cell that never comes up is tried again as often as its file says. [stest->swr~health-boot-timeout~1]"""
    with system.running("hang", results, icount=qemu.ICOUNT) as running:
        running.wait_up("victim")
        with running.unharmed("victim"):
            for _ in range(3):
                running.uart.expect(r"^health: cell hung: boot timeout \(20\d ms\) -> restart\n")
            qemu.wait_until(lambda: running.view.state("hung") == "stopped", "the cell is stopped for good")
        assert running.generation("hung") == 3

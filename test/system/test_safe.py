# SPDX-License-Identifier: Apache-2.0
"""Errors that cost the machine its safe state, in virtual time: essential cells go on, the others are stopped.

Robustness: all
"""

import pytest

import system
from harness import build, health, qemu

TICKS = 500  # a millisecond each


@pytest.fixture(scope="module")
def safe():
    with system.running("safe", build.results_folder(__name__), icount=qemu.ICOUNT) as running:
        yield running.wait_up("failing", "bystander")


def enter(safe, command, error):
    # While cells come up QEMU's cores take turns longer than a tick: what control missed then isn't counted.
    before = health.status_where(safe.uart, lambda rows: rows["control"].ticks > 0, "control's ticks", safe.uart.mark())["control"]
    mark = safe.send("failing", command)
    safe.uart.search(rf"^health: safe state: cell failing: {error}\n", since=mark, never=system.HALTED)
    for cell in ("failing", "bystander"):
        qemu.wait_until(lambda cell=cell: safe.view.state(cell) == "stopped", f"{cell} is stopped")
    assert safe.view.core("failing").restart_cause == error
    assert safe.view.core("bystander").restart_cause == "request"
    rows = health.status_where(safe.uart, lambda rows: rows["bystander"].state == "stopped", "the safe state", mark)
    ticks = rows["control"].ticks + TICKS
    rows = health.status_where(safe.uart, lambda rows: rows["control"].ticks >= ticks, "control's ticks", safe.uart.mark())
    control = rows["control"]
    assert (control.state, control.missed, control.exits, control.restarts) == ("ready", before.missed, 0, 0)
    assert rows["health"].state == "ready"
    assert len(health.events(safe.uart.text[mark:], cell="bystander", name="stop")) == 1
    assert safe.uart.text[mark:].count("health: safe state") == 1


# [stest->swr~health-safe~1]
def test_error_seen_by_the_hypervisor(safe):
    enter(safe, "read 0x10", "memory-violation")
    for cell in ("failing", "bystander"):
        safe.restart(cell)


# [stest->swr~health-safe~1]
def test_error_seen_by_the_health_cell(safe):
    """After people have started the cells again, as at first."""
    enter(safe, "beat 0", "heartbeat-missed")


# [stest->swr~health-safe~1]
def test_again_after_a_restart(safe):
    safe.restart("failing")
    safe.restart("bystander")
    enter(safe, "read 0x10", "memory-violation")

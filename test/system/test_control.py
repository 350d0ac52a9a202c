# SPDX-License-Identifier: Apache-2.0
"""The real-time cell makes no exit in its steady state; a foreign ELF lives beside it. In virtual time.

[stest->swr~control-tick~1]

Robustness: test_one_deliberate_exit, test_foreign_elf
"""

import pytest

import system
from harness import build, health, qemu

TRAP_ONCE = 1


@pytest.fixture(scope="module")
def control():
    with system.running(
        "control", build.results_folder(__name__), icount=qemu.ICOUNT, record_exceptions=True
    ) as running:
        running.core = running.blueprint.cells["control"].cores[0].machine_core
        yield running.wait_up("commander")


def exits(control, expected):
    """By telemetry and by QEMU's own log."""
    control.target.pause()
    core = control.view.core("control")
    qemu.wait_until(lambda: control.target.exceptions(control.core).total >= core.exits_total, "QEMU's log")
    log = control.target.exceptions(control.core)
    control.target.resume()
    assert core.exits_since_ready == expected
    assert log.total == core.exits_at_ready + expected, str(log)


def test_no_exit_no_missed_tick(control):
    rows = health.status_where(control.uart, lambda rows: rows["control"].ticks >= 3000, "three seconds of ticks")
    assert rows["control"].missed == 0 and rows["control"].restarts == 0
    exits(control, 0)


def test_setpoint(control):
    control.ask("commander", "setpoint 77", "setpoint 77 written")
    rows = health.status_where(
        control.uart, lambda rows: rows["control"].setpoint == 77, "77 at control", control.uart.mark() - 2000
    )
    assert rows["control"].exits == 0
    exits(control, 0)


def test_old_setpoint_gives_way(control):
    """After two seconds without a new one control falls back to the safe value."""
    health.status_where(
        control.uart, lambda rows: rows["control"].setpoint == 0, "the safe value", control.uart.mark()
    )
    exits(control, 0)


def test_one_deliberate_exit(control):
    control.ask("commander", f"setpoint 78 1 {TRAP_ONCE}", "setpoint 78 written")
    qemu.wait_until(lambda: control.view.heartbeat("control")[1][6] == 1, "the command is obeyed")
    exits(control, 1)


def test_foreign_elf(control):
    """[stest->swr~guest-registers-written~1] [stest->swr~cell-filled~1] [stest->swr~emulated-uart~1]"""
    control.uart.search(r"^\[foreign\] foreign: entry state good")
    control.uart.search(r"^\[foreign\] foreign: the hypervisor answers")
    control.uart.search(r"^\[foreign\] foreign: ready")
    assert control.view.state("foreign") == "ready"

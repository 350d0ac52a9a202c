# SPDX-License-Identifier: Apache-2.0
"""PSCI as a cell uses it on itself: cores on and off, the cell's own stop and restart.

[stest->swr~psci-cpu-on~1]
[stest->swr~psci-cpu-off~1]
[stest->swr~psci-affinity-info~1]

Robustness: test_stop_outweighs, test_application_error
"""

import time

import pytest

import system
from harness import qemu
from test_attack_interrupts import IPRIORITYR, IROUTER, ISACTIVER, ISENABLER, ISPENDR, grab

ON, OFF = 0, 1
HEELS = (0, 0, 1, 2, 3, 4, 6, 8, 10, 15)  # ms


def affinity(system, core, expected):
    system.ask("attacker", f"affinity-info {core}", f"affinity-info {core} = {expected}\n")


def test_version(attack):
    attack.ask("attacker", "psci-version", "psci-version = 0x10001\n")


def test_core_on_and_off(attack):
    with attack.unharmed("victim"), attack.survives("attacker"):
        for _ in range(3):
            affinity(attack, 1, OFF)
            attack.ask("attacker", "cpu-on 1", "cpu-on 1 = 0 up")
            affinity(attack, 1, ON)
            attack.ask("attacker", "cpu-on 1", "cpu-on 1 = -4 not started")
            attack.ask("attacker", "cpu-off 1", "cpu-off 1 asked")
            qemu.wait_until(
                lambda: attack.view.core("attacker", 1).core_state == "parked", "the core is parked at EL2"
            )


def test_system_reset(attack):
    with attack.unharmed("victim"):
        generation = attack.generation("attacker")
        mark = attack.send("attacker", "system-reset")
        attack.wait_generation("attacker", generation + 1, mark)
        assert attack.view.core("attacker").fault_count == 0


def test_system_off(attack):
    with attack.unharmed("victim"):
        attack.send("attacker", "system-off")
        qemu.wait_until(lambda: attack.view.state("attacker") == "stopped", "the cell is stopped")
        attack.restart("attacker")


def read_gicd(system, offset):
    return int(system.ask("attacker", f"gicd-read {offset:#x}", rf"gicd-read {offset:#x} = (\S+)\n")[1], 16)


def spi_state(system, intid):
    """(enabled, pending, active, priority, route) as the attacker finds them."""
    bits = [read_gicd(system, base + intid // 32 * 4) >> intid % 32 & 1 for base in (ISENABLER, ISPENDR, ISACTIVER)]
    priority = read_gicd(system, IPRIORITYR + intid & ~3) >> intid % 4 * 8 & 0xFF
    return (*bits, priority, read_gicd(system, IROUTER + 8 * intid))


def unused_spi(system):
    """An SPI that the attacker owns, but its program leaves as it was at the start."""
    return next(intid for intid in system.blueprint.cells["attacker"].spis if not spi_state(system, intid)[0])


@pytest.mark.parametrize("first", ["send attacker system-reset", "restart attacker"])
def test_stop_outweighs(attack, first):
    """A restart, asked for by the cell or by the health cell, and a stop on its heels: before the cell is at rest,
    while it is filled, or later. [stest->swr~requests-folded~1]"""
    with attack.unharmed("victim"):
        for milliseconds in HEELS:
            attack.ask("attacker", "cpu-on 1", "cpu-on 1 = 0 up")  # a sibling to wait for
            generation = attack.generation("attacker")
            mark = attack.health(first)
            time.sleep(milliseconds / 1000)
            attack.health("stop attacker")
            attack.uart.search(r"^event: .* cell=attacker stop ", since=mark, never=system.HALTED)
            time.sleep(0.1)  # for what must not come
            assert attack.view.state("attacker") == "stopped"
            assert attack.generation("attacker") <= generation + 1
            attack.restart("attacker")


def test_restart_is_fresh(attack):
    """Nothing of one life is left in the next. [stest->swr~cell-filled~1] [stest->swr~cell-interrupts-reset~1]"""
    scratch = attack.places["attacker"]["scratch"]
    first, second = (core.mpidr for core in attack.blueprint.cells["attacker"].cores)
    spi = unused_spi(attack)
    before = attack.snapshot("attacker")
    assert spi_state(attack, spi) == (0, 0, 0, 0xA0, first)
    word = IPRIORITYR + spi & ~3
    attack.write_gic("gicd", word, read_gicd(attack, word) & ~(0xFF << spi % 4 * 8) | 0x40 << spi % 4 * 8)
    attack.write_gic("gicd", IROUTER + 8 * spi, second, 8)
    assert grab(attack, spi) == [1, 1, 1]
    assert spi_state(attack, spi) == (1, 1, 1, 0x40, second)
    attack.ask("attacker", f"write {scratch:#x} 0x600d", r"write \S+ done")
    attack.ask("attacker", "cpu-on 1", "cpu-on 1 = 0 up")
    attack.ask("attacker", "sgi 0 0xffff 7", "sgi sent")
    attack.restart("attacker")
    attack.ask("attacker", f"read {scratch:#x}", r"read \S+ = 0x0\n")
    affinity(attack, 1, OFF)
    assert spi_state(attack, spi) == (0, 0, 0, 0xA0, first)
    after = attack.snapshot("attacker")
    assert (after.memory, after.checksum, after.gic) == (before.memory, "ok", before.gic)


def test_application_error(attack):
    """The cell may fault itself. [stest->swr~fault-costs-its-cell~1]"""
    with attack.unharmed("victim"):
        core = attack.fault("attacker", "application-error 7")
        assert (core.fault_error, core.fault_action) == ("application-error", "restart")


def test_events(attack):
    """[stest->swr~events-recorded~1]"""
    mark = attack.send("attacker", "event 0x1234 1 2 3")
    attack.uart.search(
        r"^event: \d+\.\d+ core=1 cell=attacker application code=0x1234 args=0x1,0x2,0x3\n", since=mark
    )

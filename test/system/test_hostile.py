# SPDX-License-Identifier: Apache-2.0
"""A cell that does what it can not to be stopped, is stopped and started again all the same.

The one documented exception: asleep in WFI with its interrupts off, a direct cell can't be woken. Then it is
reported as lost, and harms nobody.

[stest->swr~stage2-revocation~1]
[stest->swr~order-revokes~1]
[stest->swr~restart-order~1]
[stest->swr~core-quiesced~1]

Robustness: all
"""

import pytest

from harness import qemu

HOSTILE = {
    "spin-masked": "spin-masked begins",
    "no-eoi": "no-eoi keeps intid",
    "wfi-irq-on": "wfi-irq-on begins",
}


@pytest.mark.parametrize("command", HOSTILE)
def test_restart(attack, command):
    with attack.unharmed("victim"):
        attack.ask("attacker", command, HOSTILE[command])
        attack.restart("attacker")
    attack.ask("attacker", "checksum", "checksum ok")


@pytest.mark.parametrize("command", HOSTILE)
def test_stop_and_start(attack, command):
    with attack.unharmed("victim"):
        attack.ask("attacker", command, HOSTILE[command])
        attack.health("stop attacker")
        qemu.wait_until(lambda: attack.view.state("attacker") == "stopped", "the attacker is stopped")
        attack.restart("attacker")
    attack.ask("attacker", "checksum", "checksum ok")


def test_second_core_hostile(attack):
    """The cell's other core is on, in WFI with interrupts, when the first one is stopped."""
    with attack.unharmed("victim"):
        attack.ask("attacker", "cpu-on 1", "cpu-on 1 = 0 up")
        attack.restart("attacker")
        attack.ask("attacker", "affinity-info 1", "affinity-info 1 = 1")
        attack.ask("attacker", "cpu-on 1", "cpu-on 1 = 0 up")


def test_asleep_with_interrupts_off(attack):
    """Last of its module: in direct mode the attacker's core is gone until the machine is reset."""
    with attack.unharmed("victim"):
        generation = attack.generation("attacker")
        attack.ask("attacker", "wfi-irq-off", "wfi-irq-off begins")
        mark = attack.health("restart attacker")
        if attack.mode == "injected":  # EL2 takes the wake-up itself
            attack.wait_generation("attacker", generation + 1, mark)
        else:
            attack.uart.search(r"^health: cell attacker: lost, no answer to an order\n", since=mark)
            attack.health("restart attacker")
            attack.ask("victim", "checksum", "checksum ok")
            assert attack.generation("attacker") == generation

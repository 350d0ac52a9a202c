# SPDX-License-Identifier: Apache-2.0
"""Attacks that take a program of their own: accesses that can't be emulated, table walks into others' memory,
floods. Each costs the attacker what its table says, or nothing, and the others nothing.

[stest->swr~emulated-pages~1]
[stest->swr~fault-costs-its-cell~1]

Robustness: all
"""

import pathlib

import pytest

import system
from harness import blueprint, build, fit, qemu

HERE = pathlib.Path(__file__).parent
GICD, UART = 0, 2  # enum bp_mmio_kind
BASE = 0x70000000  # ram-base in attack.dts

FAULTS = {
    "pair": "forbidden-access",
    "writeback": "forbidden-access",
    "exclusive": "forbidden-access",
    "execute_emulated": "memory-violation",
    "zero_line": "memory-violation",
    "vectors": "memory-violation",
    "walk_victim": "memory-violation",
    "walk_emulated": "memory-violation",
}
FLOODS = ["flood_console", "flood_events", "flood_sgis", "flood_tlbi", "flood_unknown", "illegal_state", "exception_loop"]


def image(folder, name, mode, which):
    config = folder / f"attack-{name}-{mode}-{which}.dts"
    config.parent.mkdir(parents=True, exist_ok=True)
    text = (HERE / "attack.dts").read_text()
    config.write_text(text.replace("cpus = <1 2>;", f'cpus = <1 2>; interrupts = "{mode}";'))
    return build.image(config)


def places(plan):
    """What attack.S attacks, by the blueprint."""
    emulated = {kind: ipa for ipa, _, kind in plan.cells["attacker"].mmio}
    victim = plan.cells["victim"].regions[0].pa
    return [f"-DGICD={emulated[GICD]:#x}", f"-DUART={emulated[UART]:#x}", f"-DVICTIM={victim:#x}"]


def attack(name, results, mode):
    """A system in which the attacker is this attack; not yet on."""
    folder = build.CELLS / name
    elf = folder / "attack.elf"
    # Where things are doesn't depend on what is in an image: a first one is built to find out.
    build.assemble(system.HERE / "cells/hang.S", elf, BASE)
    blind = blueprint.Blueprint(fit.Fit(image(folder, name, mode, "blind")).kernel)
    build.assemble(HERE / "attack.S", elf, BASE, f"-DATTACK_{name}", *places(blind))
    running = system.System(qemu.QemuTarget(results), image(folder, name, mode, "seeing"))
    assert places(running.blueprint) == places(blind)
    return running


@pytest.mark.parametrize("mode", ["injected", "direct"])
@pytest.mark.parametrize("name", FAULTS)
def test_costs_the_attacker(results, name, mode):
    running = attack(name, results, mode)
    with running.target:
        running.start().wait_up("victim")
        with running.unharmed("victim"):
            qemu.wait_until(lambda: running.view.state("attacker") == "stopped", "the attacker is stopped")
        core = running.view.core("attacker")
        assert core.fault_count == 1 and core.faults == {FAULTS[name]: 1}


@pytest.mark.parametrize("mode", ["injected", "direct"])
@pytest.mark.parametrize("name", FLOODS)
def test_is_endured(results, name, mode, record_property):
    """The attacker goes on, the others too, and it is stopped when the health cell is told to."""
    running = attack(name, results, mode)
    with running.target:
        running.start().wait_up("victim")
        with running.unharmed("victim"):
            ticks, victim = running.view.heartbeat("health")[0], running.view.core("victim").exits_total
            qemu.wait_until(lambda: running.view.heartbeat("health")[0] > ticks + 500, "a second of health's polls")
            record_property("victim: entries to EL2 added (its own ticks among them)", running.view.core("victim").exits_total - victim)
            assert running.view.core("attacker").fault_count == 0
        generation = running.generation("attacker")
        # [stest->swr~events-flood~2] A flood of events leaves the record of this one in the ring.
        mark = running.target.console().mark()
        running.health("restart attacker")
        qemu.wait_until(lambda: running.generation("attacker") == generation + 1, "the attacker starts again")
        running.target.console().search(r"^event: .* cell=attacker restart cause=request", mark, 60)
        running.health("stop attacker")
        qemu.wait_until(lambda: running.view.state("attacker") == "stopped", "the attacker is stopped")

# SPDX-License-Identifier: Apache-2.0
"""Attacks that take a program of their own: accesses that can't be emulated, table walks into others' memory,
floods. Each costs the attacker what its table says, or nothing, and the others nothing.

[stest->swr~emulated-pages~1]
[stest->swr~fault-costs-its-cell~1]

Robustness: all
"""

import contextlib
import pathlib

import pytest

import system
import witness
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


@contextlib.contextmanager
def watched(running, record_property):
    """Whatever happens inside, the victim lives on as before, and makes no exit; what was counted of it is in the test's record."""
    with running.unharmed("victim"):
        before, ticks = running.view.core("victim").exits_total, running.view.heartbeat("victim")[1][0]
        yield
        added = running.view.core("victim").exits_total - before
        record_property(witness.ENTRIES, added)
        record_property(witness.TICKS, running.view.heartbeat("victim")[1][0] - ticks)
    assert added == 0


@pytest.mark.parametrize("mode", ["injected", "direct"])
@pytest.mark.parametrize("name", FAULTS)
def test_costs_the_attacker(results, name, mode, record_property):
    """The attacker is stopped for its first fault, of the kind that is due; its victim notices nothing."""
    running = attack(name, results, mode)
    with running.target:
        running.start().wait_up("victim")
        with watched(running, record_property):
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
        with watched(running, record_property):
            ticks = running.view.heartbeat("health")[0]
            qemu.wait_until(lambda: running.view.heartbeat("health")[0] > ticks + 500, "a second of health's polls")
            assert running.view.core("attacker").fault_count == 0
        generation = running.generation("attacker")
        # [stest->swr~events-flood~2] A flood of events leaves the record of this one in the ring.
        mark = running.target.console().mark()
        running.health("restart attacker")
        qemu.wait_until(lambda: running.generation("attacker") == generation + 1, "the attacker starts again")
        running.target.console().search(r"^event: .* cell=attacker restart cause=request", mark, 60)
        running.health("stop attacker")
        qemu.wait_until(lambda: running.view.state("attacker") == "stopped", "the attacker is stopped")

# SPDX-License-Identifier: Apache-2.0
"""Attacks that take a program of their own: accesses that can't be emulated, table walks into others' memory,
floods. Each costs the attacker what its table says, or nothing, and the others nothing.

[stest->swr~emulated-pages~1]
[stest->swr~fault-costs-its-cell~1]
"""

import pathlib

import pytest

import system
from harness import build, qemu

HERE = pathlib.Path(__file__).parent
VICTIM = 0x50000000  # its place in attack.dts
GICD, UART = 0x8000000, 0x9210000  # checked below against what was built
BASE = 0x70000000

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


def attack(name, results, mode):
    """A system in which the attacker is this attack; not yet on."""
    folder = build.BUILD / "test-cells" / name
    defines = [f"-DATTACK_{name}", f"-DGICD={GICD:#x}", f"-DUART={UART:#x}", f"-DVICTIM={VICTIM:#x}"]
    build.assemble(HERE / "attack.S", folder / "attack.elf", BASE, *defines)
    config = folder / f"attack-{name}-{mode}.dts"
    text = (HERE / "attack.dts").read_text()
    config.write_text(text.replace("cpus = <1 2>;", f'cpus = <1 2>; interrupts = "{mode}";'))
    running = system.System(qemu.QemuTarget(results), build.image(config))
    emulated = {ipa for ipa, _, _ in running.blueprint.cells["attacker"].mmio}
    assert {GICD, UART} <= emulated and running.blueprint.cells["victim"].regions[0].pa == VICTIM
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
def test_is_endured(results, name, mode):
    """The attacker goes on, the others too, and it is stopped when the health cell is told to."""
    running = attack(name, results, mode)
    with running.target:
        running.start().wait_up("victim")
        with running.unharmed("victim"):
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

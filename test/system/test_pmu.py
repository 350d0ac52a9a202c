# SPDX-License-Identifier: Apache-2.0
"""The performance monitors: all of them for a cell with `pmu`, reset at each start; none for another.

[stest->swr~pmu-of-the-cell~1]

Robustness: test_none_without
"""

import pytest

import system
from harness import build
from test_attack_sysregs import ROW, try_all

# By CPU: PMUv3 (no HPMD), and the newest that QEMU has.
COUNTERS = {"cortex-a72": 6, "max": 6}
ZERO = "enable=0x0 counting=0x0 interrupts=0x0 overflowed=0x0 user=0x0 select=0x0 filter=0x0 cycles=0x0 type0=0x0 count0=0x0"


@pytest.fixture(scope="module", params=COUNTERS)
def cells(request):
    with system.running("pmu", build.results_folder(f"pmu-{request.param}"), cpu=request.param) as running:
        running.counters = COUNTERS[request.param]
        yield running.wait_up("injected", "direct", "without")


def pmu_intid(running):
    """By the board's tree: a PPI's number there counts from 16."""
    (kind, number, _) = running.board["pmu"].properties["interrupts"].cells()
    assert kind == 1
    return 16 + number


@pytest.mark.parametrize("cell", ["injected", "direct"])
def test_own_monitors(cells, cell):
    for _ in range(2):  # the second life must see nothing of the first
        mark = cells.uart.mark()
        cells.ask(cell, "pmu", rf"pmu ran intid={pmu_intid(cells)} overflows=[1-9]\d* software=2")
        found = cells.uart.search(rf"^\[{cell}\] probe: pmu found counters=(\d+) (.*)\n", since=mark)
        assert int(found[1]) == cells.counters
        assert found[2] == ZERO
        cells.restart(cell)


def test_no_exit(cells):
    """Registers of the PMU are the core's own: reading them never traps."""
    before = cells.view.core("direct").exits
    cells.ask("direct", "pmu", "pmu ran")
    after = cells.view.core("direct").exits
    assert after["sysreg"] == before["sysreg"]


def test_none_without(cells):
    with cells.survives("without"):
        outcome = {name: (value, written) for name, _, value, written in ROW.findall(try_all(cells, "without"))}
    for name in ("PMCR_EL0", "PMCCNTR_EL0", "PMUSERENR_EL0", "PMINTENSET_EL1"):
        assert all(word.startswith("fault") for word in outcome[name]), name

# SPDX-License-Identifier: Apache-2.0
"""What the health cell asks of the hypervisor, with arguments that are out of range, by whom it may not be asked, or at
the wrong time: refused, without effect.

[stest->swr~hypercalls-bounded~1] [stest->swr~proof-announced~1] [stest->swr~psci-affinity-info~1]

Robustness: all
"""

import pytest

import commanded
from commanded import CELL_CONTROL, CELL_INFO, CONSOLE_INPUT, DENIED, INVALID, MACHINE_RESET, NOT_SUPPORTED, OK, PROVE, READY, REQUEST
from harness import build, qemu

CELLS = 3
STOP, RESTART = 0, 1
STAGE2, SMMU, WATCHDOG = range(3)
NOWHERE = 0x10000000  # of no cell's address space
NOBODY = 0xFFFFFFFF
UID, SMC64 = 0x8600FF01, 1 << 30


@pytest.fixture(scope="module")
def machine():
    with commanded.running("commanded", build.results_folder(__name__)) as running:
        running.first = commanded.Commanded(running, "health")
        running.second = running.first.start(1)
        yield running


def lives(machine):
    return [machine.generation(cell) for cell in machine.blueprint.cells]


def test_orders(machine):
    """To a cell that isn't, of an action that isn't, for a cause that isn't; from a core of the health cell's that isn't its first."""
    before = lives(machine)
    good = (CELL_CONTROL, 1, RESTART, REQUEST)
    wrong = [(CELL_CONTROL, CELLS, RESTART, REQUEST), (CELL_CONTROL, 1, RESTART + 1, REQUEST), (CELL_CONTROL, 1, RESTART, REQUEST + 1)]
    assert machine.first.calls(*wrong) == [INVALID] * len(wrong)
    assert machine.second.calls(good) == [INVALID]
    assert lives(machine) == before
    assert machine.first.calls(good) == [OK]
    qemu.wait_until(lambda: lives(machine) == [before[0], before[1] + 1, before[2]], "the order that was good is obeyed")


def test_console_input(machine):
    """To a cell that isn't, and from another core: refused. A cell without a log console has no use for it."""
    assert machine.first.calls((CONSOLE_INPUT, CELLS, 65), (CONSOLE_INPUT, 0, 65), (CONSOLE_INPUT, 1, 65)) == [INVALID, OK, OK]
    assert machine.second.calls((CONSOLE_INPUT, 1, 65)) == [INVALID]


def test_reset(machine):
    """For a cell that can't be, or an error that isn't: the machine goes on."""
    wrong = (MACHINE_RESET, 255, 0, 0), (MACHINE_RESET, NOBODY - 1, 0, 0), (MACHINE_RESET, NOBODY, 0, REQUEST + 1), (MACHINE_RESET, 0, 0, REQUEST + 1)
    assert machine.first.calls(*wrong) == [INVALID] * len(wrong)
    assert machine.target.running() and lives(machine)[0] == 1


def test_proofs(machine):
    """Which isn't; from another core; of what nothing asks for; of an IOMMU without functions behind it; twice."""
    assert machine.second.calls((PROVE, STAGE2, NOWHERE, 0)) == [INVALID]
    wrong = (PROVE, WATCHDOG + 1, NOWHERE, 0), (PROVE, WATCHDOG, NOWHERE, 0), (PROVE, SMMU, NOWHERE, 0)
    assert machine.first.calls(*wrong) == [INVALID, NOT_SUPPORTED, NOT_SUPPORTED]


def test_others(machine):
    """Any other cell is denied, which is counted."""
    calls = (CELL_CONTROL, 0, STOP, REQUEST), (CONSOLE_INPUT, 0, 65), (MACHINE_RESET, NOBODY, 0, REQUEST), (PROVE, STAGE2, NOWHERE, 0)
    for cell in "logging", "ignoring":
        before = machine.view.core(cell).denied
        assert commanded.Commanded(machine, cell).calls(*calls) == [DENIED] * len(calls)
        assert machine.view.core(cell).denied == before + len(calls)
    assert machine.view.core("health").denied == 0 and machine.view.state("health") in ("running", "ready")


def test_unknown(machine):
    """A function that isn't, a fact that isn't."""
    assert machine.first.calls((CELL_INFO, 6), (CELL_INFO, 1 << 63)) == [INVALID] * 2
    others = CELL_INFO + 0xFF, CELL_INFO + 0x40, CELL_INFO & ~SMC64, UID + 0x40  # some have a number that one modulo 64 has that is
    assert machine.first.calls(*((function, 0) for function in others)) == [NOT_SUPPORTED] * len(others)
    told = machine.first.do(*(commanded.call(CELL_INFO, fact) for fact in range(3)))
    assert [end.x[:2] for end in told] == [(0, 0), (0, 2), (0, 1)]  # index, cores, generation


def test_ready(machine):
    """The cell is up by its first core's word; another's begins that core's steady state alone."""
    before = machine.view.core("health", 1)
    assert machine.second.calls((READY,), (READY,)) == [OK, OK]
    assert machine.view.state("health") == "running"
    now = machine.view.core("health", 1)
    assert now.exits_at_ready > 0
    assert (now.cell_state, now.ready_time, now.event_sequence) == ("none", 0, before.event_sequence)
    assert machine.first.calls((READY,)) == [OK]
    assert machine.view.state("health") == "ready"


def test_affinity(machine):
    """PSCI 5.7: of a core of the cell's own, at level 0."""
    own, sibling, foreign = (machine.blueprint.cores[core][0] for core in (0, 1, 2))
    ask = commanded.AFFINITY_INFO
    assert machine.first.calls((ask, own, 0), (ask, sibling, 0), (ask, own, 1), (ask, foreign, 0)) == [0, 0, -2, -2]

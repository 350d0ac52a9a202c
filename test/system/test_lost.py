# SPDX-License-Identifier: Apache-2.0
"""A cell of which a core doesn't come to rest is lost: nothing of it is filled anew while that core may run, no later order
changes that, and nobody waits for it.

[stest->swr~restart-order~1] [stest->swr~requests-folded~1]

Robustness: all
"""

import commanded
from commanded import CELL_CONTROL, CELL_LOST, OK, REQUEST, Command, Commanded, last_event
from harness import qemu

RESTART = 1
ASLEEP = 0xD518CCFF, 0xD503207F  # MSR ICC_IGRPEN1_EL1, XZR; WFI: no interrupt wakes it


def test_sibling_asleep(results):
    with commanded.running("commanded-siblings", results) as machine:
        health, first = Commanded(machine, "health"), Commanded(machine, "direct")
        second, third = first.start(1), first.start(2)
        assert health.calls((CELL_CONTROL, 1, RESTART, REQUEST)) == [OK]  # while all can: a life like the first
        qemu.wait_until(lambda: machine.generation("direct") == 2 and machine.view.state("direct") == "running", "it is restarted")
        second, third = first.start(1), first.start(2)
        assert second.do(Command(commanded.NOP)).passed
        third.tell(Command(ASLEEP))
        memory = machine.target.read_memory(third.list, commanded.ENTRY)
        for _ in range(2):
            assert health.calls((CELL_CONTROL, 1, RESTART, REQUEST)) == [OK]
            qemu.wait_until(lambda: machine.view.state("direct") == "lost", "it is lost")
            assert health.do(Command(commanded.NOP)).passed
            qemu.wait_until(lambda: last_event(machine, "direct") == (CELL_LOST, 1 << 2), "that is told")
        now = machine.view.core("direct")
        assert (now.generation, now.restarts, now.restart_cause) == (2, 1, "request")
        assert machine.target.read_memory(third.list, commanded.ENTRY) == memory
        assert machine.view.core("direct", 1).core_state == "parked"

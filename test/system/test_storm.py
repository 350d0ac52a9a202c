# SPDX-License-Identifier: Apache-2.0
"""Restarts of a two-core cell in the middle of PSCI calls. [stest->swr~psci-cpu-on~1]

Robustness: all
"""

import pytest

import system
from harness import build, qemu

STORM_VALUE = 24  # heartbeat values[]: rounds of cpu-storm (cells/probe/power.c)


@pytest.fixture(scope="module", params=["storm", "storm-direct"])
def storm(request):
    with system.running(request.param, build.results_folder(f"{__name__}-{request.param}")) as running:
        yield running.wait_up("storm", "victim")


def test_100_restarts(storm):
    with storm.unharmed("victim"):
        first = storm.generation("storm")
        for generation in range(first + 1, first + 101):
            qemu.wait_until(lambda: storm.view.heartbeat("storm")[1][STORM_VALUE] > 0, "calls are being made")
            mark = storm.health("restart storm")
            storm.wait_generation("storm", generation, mark)
        core = storm.view.core("storm")
        assert core.generation == first + 100 and not core.faults

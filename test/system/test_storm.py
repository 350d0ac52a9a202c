# SPDX-License-Identifier: Apache-2.0
"""Restarts of a two-core cell in the middle of PSCI calls. [stest->swr~psci-cpu-on~1]"""

import pytest

import system
from harness import build, qemu

STORM_VALUE = 24  # heartbeat values[]: rounds of cpu-storm (cells/probe/power.c)


@pytest.fixture(scope="module")
def storm():
    with system.running("storm", build.results_folder(__name__)) as running:
        yield running.wait_up("storm", "victim")


def restart_again_and_again(storm, times):
    with storm.unharmed("victim"):
        first = storm.generation("storm")
        for generation in range(first + 1, first + 1 + times):
            qemu.wait_until(lambda: storm.view.heartbeat("storm")[1][STORM_VALUE] > 0, "calls are being made")
            mark = storm.health("restart storm")
            storm.wait_generation("storm", generation, mark)
        core = storm.view.core("storm")
        assert core.generation == first + times and not core.faults


def test_10_restarts(storm):
    restart_again_and_again(storm, 10)


@pytest.mark.full
def test_100_restarts(storm):
    restart_again_and_again(storm, 100)

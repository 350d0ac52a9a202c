# SPDX-License-Identifier: Apache-2.0
"""The interrupt controller as a cell has it, case by case (cells/exact), in both interrupt modes.

[stest->swr~gic-state-merged~1] [stest->swr~gicd-group-disabled~1] [stest->swr~inject-through-list-registers~1]
[stest->swr~gicd-filtered~1] [stest->swr~gicr-filtered~1] [stest->swr~irouter-own-cores~1]
[stest->swr~psci-cpu-off~1]
"""

import re

import pytest

import system
from harness import qemu

ALWAYS = """
distributor state-registers priorities widths any-register signed redistributor flood flood-upwards latecomer latecomer-in-handler
nested nested-deeper nested-middle nested-lowest nested-sgi nested-ended end-of-another second-arrival pended-twice clear-pending disable disable-level disable-active
set-active set-active-again clear-active sgi-by-halves kdump group sibling-pending sibling-active sibling-frame siblings-ask
redistributor-of-sibling routes route route-in-flight random-in-flight hotplug hotplug-in-flight
""".split()
INJECTED = ["priority-mask", "binary-point", "binary-point-common", "ends-apart", "ends-apart-sgi", "deactivate-in-vain"]

RUNS = [
    ("injected", {}),
    ("injected", {"icount": qemu.ICOUNT}),
    ("injected", {"cpu": "cortex-a53"}),
    ("injected", {"cpu": "max"}),
    ("direct", {}),
    ("direct", {"icount": qemu.ICOUNT}),
]


@pytest.mark.parametrize("mode, options", RUNS, ids=["-".join([m, *o]) + o.get("cpu", "") for m, o in RUNS])
def test_exact(results, mode, options):
    with system.running(f"vgic-{mode}", results, **options) as running:
        running.uart.search(r"^\[exact\] exact: end .*\n", never=system.HALTED)
        lines = re.findall(r"^exact: (.*)$", running.view.log("exact"), re.M)
        assert not [line for line in lines if " BAD " in line]
        cases = ALWAYS + (INJECTED if mode == "injected" else [])
        assert sorted(lines) == sorted([f"{case} ok" for case in cases] + [f"end cases={len(cases)} bad=0"])
        core = running.view.core("exact")
        assert (core.generation, core.faults) == (1, {})

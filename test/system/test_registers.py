# SPDX-License-Identifier: Apache-2.0
"""The registers of the newest CPU that QEMU has, as a cell finds them, and the controls of EL2 on every core of a
running machine, read from outside by QEMU's gdb server.

What they must be: harness/el2.py.

[stest->swr~el2-registers-written~1]
[stest->swr~pmu-of-the-cell~1]
[stest->swr~direct-untrapped~1]
"""

import re

import pytest

import system
from harness import build, el2, gdbstub, qemu
from test_attack_sysregs import READABLE, ROW, try_all

@pytest.mark.parametrize("cpu", ["cortex-a72", "max"])
def test_el2_controls(cpu):
    machine = qemu.MACHINE + (",mte=on" if cpu == "max" else "")
    with system.running("pmu", build.results_folder(f"registers-{cpu}"), cpu=cpu, machine=machine) as running:
        running.wait_up("injected", "direct", "without")
        cells = {core.machine_core: cell for cell in running.blueprint.cells.values() for core in cell.cores}
        assert sorted(cells) == [0, 1, 2, 3]
        with gdbstub.attached(running.target) as gdb:
            for n, cell in cells.items():
                wanted = {control.name: control.value for control in el2.controls(gdb, n, running.blueprint, cell, el2.MIDR.get(cpu))}
                newer = set(wanted) & set(el2.NEWER)
                if cpu == "max":
                    assert len(newer) == 6 and wanted["HCRX_EL2"] == el2.TALLINT
                    assert all(wanted["HCR_EL2"] & bits == bits for bits, _ in el2.HCR_BY_FEATURE)
                    assert wanted["MDCR_EL2"] & el2.MDCR_HPMD and wanted["MDCR_EL2"] & el2.MDCR_HCCD
                found = {name: gdb.register(n, name) for name in wanted}
                assert {k: hex(v) for k, v in found.items()} == {k: hex(v) for k, v in wanted.items()}, f"core {n}"
        running.ask("injected", "checksum", "checksum ok")  # it goes on


# Of a CPU with everything, beyond what every CPU lets a cell read.
NEWER = {"ALLINT", "APIAKEYLO_EL1", "DISR_EL1", "RNDR", "SCXTNUM_EL0", "SCXTNUM_EL1"}
UNDEFINED = "fault:0x2000000"
NAMED = re.compile(r"^\[attacker\] probe: sysreg \d+ ID_AA64(\w+) \S+ read=0x([0-9a-f]+)", re.M)


def test_newest_cpu():
    """[stest->swr~sysregs-allowlisted~1]"""
    folder = build.results_folder("registers-newest")
    with system.running("injected", folder, cpu="max", machine=f"{qemu.MACHINE},mte=on") as running:
        running.wait_up("attacker", "victim")
        with running.unharmed("victim"), running.survives("attacker"):
            text = try_all(running)
            running.ask("attacker", "sve", f"sve {UNDEFINED}\n")
        rows = ROW.findall(text)
        assert {name for name, _, value, _ in rows if not value.startswith("fault")} == READABLE | NEWER
        assert [written for name, _, _, written in rows if name == "ALLINT"] == [UNDEFINED]
        ids = {name: int(value, 16) for name, value in NAMED.findall(text)}
        assert el2.field(ids["PFR0_EL1"], 28) == el2.field(ids["PFR0_EL1"], 32) == el2.field(ids["PFR0_EL1"], 8, 8) == 0  # RAS, SVE
        assert el2.field(ids["PFR1_EL1"], 8) == el2.field(ids["PFR1_EL1"], 24) == 0  # MTE, SME
        assert el2.field(ids["PFR1_EL1"], 36) == 0  # NMI
        assert el2.field(ids["PFR1_EL1"], 0) == 1  # BTI
        assert el2.field(ids["ISAR1_EL1"], 4) or el2.field(ids["ISAR1_EL1"], 8)  # pointer authentication
        assert el2.field(ids["DFR0_EL1"], 0) == 6 and el2.field(ids["DFR0_EL1"], 8) == el2.field(ids["DFR0_EL1"], 32) == 0

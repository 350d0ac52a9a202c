# SPDX-License-Identifier: Apache-2.0
"""Accesses to emulated pages by every kind of instruction, and what isn't one: walks of a cell's own tables.

[stest->swr~emulated-pages~1]
"""

import pytest

import system
from harness import build, qemu


@pytest.fixture(scope="module")
def machine():
    with system.running("accesses", build.results_folder("accesses")) as running:
        yield running.wait_up("attacker", "victim")


def test_thumb(machine):
    """A user program of AArch32: an access in an IT block is the turn of one instruction (test/system/cells/thumb.S)."""
    qemu.wait_until(lambda: machine.view.state("thumb") != "running", "thumb is ready or stopped")
    core = machine.view.core("thumb")
    assert (machine.view.state("thumb"), hex(core.fault_ipa), core.fault_count) == ("ready", "0x0", 0)

# SPDX-License-Identifier: Apache-2.0
"""At boot what protects the cells is provoked once, by the health cell, and recorded; what it does later is a fault.

[stest->swr~health-proofs~1] [stest->swr~proof-announced~1] [stest->swr~proof-stage2~1] [stest->swr~proof-watchdog~1]
[stest->swr~proof-smmu~1] [stest->swr~metrics-proofs~1] [stest->swr~metrics-watchdog~1]

Robustness: test_not_again
"""

import re

import pytest

import system
from harness import build, pci, qemu


@pytest.fixture(scope="module")
def running():
    with system.running("injected", build.results_folder("proofs")) as of:
        of.wait_up("attacker", "victim")
        of.uart.search(r"^health: protection: .*\n", never=system.HALTED)
        yield of


def proofs(running, mark=0):
    """(time, mechanism, how it ended, address) of each event that is told from there on."""
    return re.findall(r"^event: (\S+) core=0 cell=health proof of=(\w+) (\w+) address=(\S+)\n", running.uart.text[mark:], re.M)


def test_proven(running):
    """Stage 2 by a read of another cell's RAM, which was refused; the watchdog by its interrupt: once each, and no fault."""
    found = running.uart.search(r"^health: protection: stage2=(\S+) smmu=(\S+) watchdog=(\S+)\n")
    assert found.groups() == ("proven", "not-tried", "proven")
    told = proofs(running)
    assert sorted(name for _, name, how, _ in told if how == "proven") == ["stage2", "watchdog"] and len(told) == 2
    address = next(int(where, 16) for _, name, _, where in told if name == "stage2")
    assert running.blueprint.cells["attacker"].stage2(address) == address
    assert running.blueprint.cells["health"].stage2(address) is None
    now = running.view.core("health")
    assert (now.generation, now.fault_count, now.faults, now.denied) == (1, 0, {}, 0)
    assert all(running.view.core(cell).fault_count == 0 for cell in ("attacker", "victim"))


def test_not_again(running):
    """The next life of the cell finds it done; what it knows of it is what was."""
    mark, before = running.uart.mark(), proofs(running)
    running.health("restart health")
    found = running.uart.search(r"^health: protection: stage2=(\S+) smmu=(\S+) watchdog=(\S+)\n", since=mark, never=system.HALTED)
    assert found.groups() == ("proven", "not-tried", "proven")
    assert set(proofs(running, mark)) <= set(before)  # it reads the rings anew
    assert running.view.core("health").fault_count == 0



def test_dma(results):
    """A NIC of the health cell's, told to read another cell's RAM, is refused by the SMMU, which costs nothing; then it works."""
    devices = pci.options("qemu-virt-pci", nvme="null-co://", disk="null-co://")
    with system.running("net-virtio", results, extra=devices) as running:
        found = running.uart.search(r"^health: protection: stage2=(\S+) smmu=(\S+) watchdog=(\S+)\n", never=system.HALTED)
        assert found.groups() == ("proven", "proven", "proven")
        running.uart.search(r"^health: net: link up\n", never=system.HALTED)
        address = next(int(where, 16) for _, name, _, where in proofs(running) if name == "smmu")
        assert running.blueprint.cells["control"].stage2(address) == address
        now = running.view.core("health")
        assert (now.generation, now.fault_count) == (1, 0)
        assert " dma-fault " not in running.uart.text
        qemu.wait_until(lambda: running.view.state("control") == "ready", "control is ready")
        assert running.view.core("control").fault_count == 0

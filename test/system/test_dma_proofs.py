# SPDX-License-Identifier: Apache-2.0
"""What counts as a proof of the MMU or an IOMMU: what was announced, to the address, the kind of access and whose it is; the
rest is a fault.

[stest->swr~proof-announced~1] [stest->swr~proof-stage2~1] [stest->swr~proof-smmu~1]

Robustness: all
"""

import struct

import pytest

import commanded
import functions
from commanded import INVALID, OK, PROVE, SYSTEM_RESET, Commanded, call, load
from harness import build, pci, qemu

STAGE2, SMMU = 0, 1
NOWHERE, ELSEWHERE = 0x0F000000, 0x0F002000  # of no cell's address space; edu has 28 bits
TRIED, PROVEN, FAILED = 1, 0x100, 0x10000  # struct telemetry_core.proofs: shifted by the proof
PROOFS, DMA_FAULTS = 3048, 984  # offsets in struct telemetry_core


@pytest.fixture(scope="module")
def machine():
    extra = pci.options("qemu-virt-pci", nvme="null-co://", disk="null-co://")
    with commanded.running("commanded-dma", build.results_folder(__name__), extra=extra) as running:
        running.first = Commanded(running, "health")
        yield running


def words(machine, offset, count=1):
    place = machine.blueprint.cells["health"].cores[0].telemetry_pa + offset
    return list(struct.unpack(f"<{count}Q", machine.target.read_memory(place, 8 * count)))


def again(machine):
    """The next life of the health cell; an announcement of the last one that nothing came of is forgotten."""
    generation = machine.generation("health")
    machine.first.tell(call(SYSTEM_RESET))
    qemu.wait_until(lambda: machine.generation("health") == generation + 1 and machine.view.state("health") == "running", "it is restarted")
    return Commanded(machine, "health")


def proofs(machine):
    (found,) = words(machine, PROOFS)
    return {name: found >> proof & (TRIED | PROVEN | FAILED) for name, proof in (("stage2", STAGE2), ("smmu", SMMU))}


def test_one_at_a_time(machine):
    """Nor a DMA but of a whole page; what a restart cuts short may be tried again, what came to its end may not."""
    first = machine.first
    asked = (PROVE, SMMU, NOWHERE + 8, 0), (PROVE, STAGE2, NOWHERE + 8, first.place()), (PROVE, SMMU, NOWHERE, 0), (PROVE, STAGE2, NOWHERE, 0)
    assert first.calls(*asked) == [INVALID, OK, INVALID, INVALID]
    again(machine)
    assert proofs(machine) == {"stage2": 0, "smmu": 0}
    assert first.calls((PROVE, SMMU, NOWHERE, 0), (PROVE, STAGE2, 0, 0), (PROVE, STAGE2, NOWHERE, 0)) == [OK, OK, INVALID]
    again(machine)
    assert proofs(machine) == {"stage2": 0, "smmu": 0}


def test_a_second(machine):
    """An announcement holds so long: then another one may come."""
    first = machine.first
    assert first.call(PROVE, SMMU, NOWHERE, 0) == OK
    first.second()
    assert first.calls((PROVE, STAGE2, NOWHERE, 0)) == [OK]
    again(machine)


def test_read(machine):
    """By another instruction, or of another address: a fault, and the announcement is over. The one announced: none."""
    first = machine.first
    for address, instruction in (NOWHERE, 7), (ELSEWHERE, 1):
        before = machine.view.core("health").fault_count
        told, end = first.do(call(PROVE, STAGE2, NOWHERE, first.place(instruction)), load(address))
        assert told.status == OK and not end.passed
        assert machine.view.core("health").fault_count == before + 1
        assert first.do(load(NOWHERE)).passed is False  # it is over
        assert proofs(machine)["stage2"] == TRIED
        again(machine)
    before = machine.view.core("health").fault_count
    told, end = first.do(call(PROVE, STAGE2, NOWHERE, first.place(1)), load(NOWHERE))
    assert told.status == OK and end.passed and end.x[0] == 0x5A5A5A5A5A5A5A5A
    assert proofs(machine)["stage2"] == TRIED | PROVEN
    assert machine.view.core("health").fault_count == before
    assert not first.do(load(NOWHERE)).passed
    assert first.calls((PROVE, STAGE2, NOWHERE, first.place(1))) == [INVALID]


def test_dma(machine):
    """Of another page, a write, another cell's: a fault each. What was announced is none, as often as it comes till it is ended."""
    first = machine.first
    ask = call(PROVE, SMMU, NOWHERE, 0)
    for address, write in (ELSEWHERE, False), (NOWHERE, True):
        faults = words(machine, DMA_FAULTS)[0]
        first.do(ask, *functions.Edu(first).dma(address, write))
        qemu.wait_until(lambda faults=faults: words(machine, DMA_FAULTS)[0] > faults, "a fault")
        assert proofs(machine)["smmu"] == TRIED
        again(machine)
    nvme = functions.Nvme(Commanded(machine, "nvme"))
    first.do(ask)
    nvme.core.tell(*nvme.dma(NOWHERE, 0))
    qemu.wait_until(lambda: words(machine, DMA_FAULTS, 2)[1] > 0, "the other cell's fault")
    assert proofs(machine)["smmu"] == TRIED
    again(machine)
    edu, faults = functions.Edu(first), words(machine, DMA_FAULTS)[0]
    first.do(ask, *edu.dma(NOWHERE), *edu.dma(NOWHERE + 8))
    qemu.wait_until(lambda: proofs(machine)["smmu"] == TRIED | PROVEN, "the proof")
    assert words(machine, DMA_FAULTS)[0] == faults
    first.do(call(PROVE, SMMU, 0, 0), *edu.dma(NOWHERE))
    assert proofs(machine)["smmu"] == TRIED | PROVEN
    qemu.wait_until(lambda: words(machine, DMA_FAULTS)[0] > faults, "a fault again")

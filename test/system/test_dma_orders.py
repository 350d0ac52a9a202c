# SPDX-License-Identifier: Apache-2.0
"""Between a cell whose DMA is cut, or given back, and the service core, whose IOMMU does it: what each may be late with, and what
doesn't obey. And what a DMA that is refused costs by the partition file.

The IOMMU that doesn't obey, the interrupt that isn't heard, and who is late, are made by gdb at the entry of a function: registers,
and the words that the other core would have written just then.

[stest->swr~dma-by-service-core~1] [stest->swr~dma-fault-costs-its-cell~1] [stest->swr~dma-faults-told~1]
[stest->swr~requests-folded~1] [stest->swr~restart-order~1]

Robustness: all
"""

import struct

import pytest

import commanded
import functions
from commanded import CELL_CONTROL, CELL_LOST, OK, READY, REQUEST, SYSTEM_RESET, Commanded, call, last_event, load
from functions import NOWHERE
from harness import build, gdbstub, pci, qemu

RESTART = 1  # of CELL_CONTROL
IGNORE, LOG, STOP, ACT_RESTART = 0, 1, 2, 3  # enum bp_action
ORDER_SEEN, DMA_LOST, DMA_FAULTS = 904, 976, 984  # offsets in struct telemetry_core
SERVICE, SERVICE_DMA, ORDERS_VA, ORDER = 0x4080000000, 40, 88, 512  # struct bp_service, bp_cell; bytes of struct order


class Service:
    """Words of the service core and of the cells: what EL2 has in memory."""

    def __init__(self, machine):
        self.machine, self.el2 = machine, machine.blueprint.el2(0)
        place = machine.blueprint.offset + machine.blueprint.cells["health"].record_offset
        (self.orders,) = struct.unpack_from("<Q", machine.fit.kernel.data, place + ORDERS_VA)

    def word(self, address, form="<Q"):
        return struct.unpack(form, self.machine.target.read_memory(address, struct.calcsize(form)))[0]

    def telemetry(self, cell, offset):
        return self.machine.blueprint.cells[cell].cores[0].telemetry_pa + offset

    def order(self, cell):
        return self.el2(self.orders) + ORDER * self.machine.blueprint.cells[cell].index

    def publish(self, gdb, cell):
        """An order to restart, as the service core has published it before it revokes."""
        sequence = self.word(self.order(cell))
        gdb.write_physical(self.order(cell), struct.pack("<QII", sequence + 1, ACT_RESTART, REQUEST))

    def costs(self, gdb, cell, action):
        """What a DMA fault of the cell does."""
        gdb.write_physical(self.row(cell) + 12, struct.pack("<I", action))

    def row(self, cell):
        """Of a cell with streams: struct bp_service_dma."""
        service = self.el2(SERVICE)
        rows, count = self.word(service + SERVICE_DMA, "<I"), self.word(service + SERVICE_DMA + 4, "<I")
        places = (service + rows + 16 * n for n in range(count))
        return next(at for at in places if self.word(at + 8, "<I") == self.machine.blueprint.cells[cell].index)


@pytest.fixture(scope="module")
def machine():
    extra = pci.options("qemu-virt-pci", nvme="null-co://", disk="null-co://")
    with commanded.running("commanded-dma", build.results_folder(__name__), extra=extra) as running:
        running.service = Service(running)
        running.health = Commanded(running, "health")
        yield running


def place(name):
    return build.symbol(build.HYPERVISOR, name)


def returns(gdb, core, value=None):
    """Out of the function at whose entry it stands; with another result."""
    gdb.run_to(core, [gdb.register(core, "x30")])
    if value is not None:
        gdb.change(core, "x0", value)


def restarted(machine, cell, before, lives=1, restarts=1):
    """So many lives later it runs."""
    qemu.wait_until(lambda: machine.generation(cell) == before.generation + lives, f"{cell}'s next life")
    assert Commanded(machine, cell).do(commanded.Command(commanded.NOP)).passed
    now = machine.view.core(cell)
    assert (now.generation, now.restarts) == (before.generation + lives, before.restarts + restarts)
    return now


def test_costs(machine):
    """Nothing but its record; the cell's life, once; a stop."""
    cell = Commanded(machine, "nvme")
    for action in IGNORE, LOG, ACT_RESTART, STOP:
        before, faults = machine.view.core("nvme"), machine.service.word(machine.service.telemetry("health", DMA_FAULTS + 8))
        with gdbstub.attached(machine.target) as gdb:
            machine.service.costs(gdb, "nvme", action)
        machine.health.second()  # a stream that faulted without end is heard again
        cell.tell(*functions.Nvme(cell).dma(NOWHERE, 0))
        told = machine.service.telemetry("health", DMA_FAULTS + 8)
        qemu.wait_until(lambda faults=faults, told=told: machine.service.word(told) > faults, "it is told")
        if action == ACT_RESTART:
            assert restarted(machine, "nvme", before).restart_cause == "dma-violation"
        elif action == STOP:
            qemu.wait_until(lambda: machine.view.state("nvme") == "stopped", "it is stopped")
            assert machine.view.core("nvme").restart_cause == "dma-violation"
        else:
            assert cell.do(commanded.Command(commanded.NOP)).passed
        assert machine.view.core("nvme").generation == before.generation + (action == ACT_RESTART)
    before = machine.view.core("nvme")
    assert machine.health.calls((CELL_CONTROL, 1, RESTART, REQUEST)) == [OK]
    restarted(machine, "nvme", before)


def test_no_price(machine):
    """A cell whose row is another's, by the last one's table a restart: its fault is told, and costs nobody."""
    before, told = machine.view.core("nvme"), machine.service.telemetry("health", DMA_FAULTS + 8)
    faults, place = machine.service.word(told), machine.service.row("nvme") + 8
    orders = machine.service.word(machine.service.order("nvme"))
    with gdbstub.attached(machine.target) as gdb:
        machine.service.costs(gdb, "nvme", ACT_RESTART)
        gdb.write_physical(place, struct.pack("<I", machine.blueprint.cells["health"].index))
    cell = Commanded(machine, "nvme")
    try:
        machine.health.second()
        cell.do(*functions.Nvme(cell).dma(NOWHERE, 0))
        qemu.wait_until(lambda: machine.service.word(told) > faults, "it is told")
        machine.health.second()  # what it would cost is ordered behind that
        assert cell.do(commanded.Command(commanded.NOP)).passed
        assert machine.view.core("nvme").generation == before.generation
        assert machine.service.word(machine.service.order("nvme")) == orders
    finally:
        with gdbstub.attached(machine.target) as gdb:
            gdb.write_physical(place, struct.pack("<I", machine.blueprint.cells["nvme"].index))


def test_nobodys(machine):
    """A fault of a stream that no cell has, of an IOMMU that has none: counted."""
    edu, lost = functions.Edu(machine.health), machine.service.telemetry("health", DMA_LOST)
    before = machine.service.word(lost)
    with gdbstub.attached(machine.target) as gdb:
        machine.health.tell(*edu.dma(NOWHERE), gdb=gdb)
        for register, value in ("x1", 0x77), ("x0", 1):
            gdb.run_to(0, [place("dma_fault")])
            gdb.change(0, register, value)
            returns(gdb, 0)
    assert machine.service.word(lost) == before + 2


def test_order_comes_before_its_dma(machine):
    """Between a cell's word that its DMA be live and the service core's look at it an order is given: it stays cut, and the order is
    obeyed."""
    before = machine.view.core("nic")
    with gdbstub.attached(machine.target) as gdb:
        Commanded(machine, "nic").tell(call(SYSTEM_RESET), gdb=gdb)
        for live in 0, 1:
            gdb.run_to(2, [place("dma_streams_ask")])
            assert gdb.register(2, "x0") == live
            if live:
                machine.service.publish(gdb, "nic")
            gdb.run_to(0, [place("iommu_streams_set")])
            assert (gdb.register(0, "x0"), gdb.register(0, "x1") & 1) == (2, 0)
            returns(gdb, 0)
    restarted(machine, "nic", before, lives=2, restarts=2)


@pytest.mark.parametrize("state", ["running", "ready"])
def test_revoked_late(machine, state):
    """The order was obeyed before its giver came to revoke: the cell, which has lost its memory again, begins anew without another."""
    if state == "ready":
        assert Commanded(machine, "nic").call(READY) == OK
    before = machine.view.core("nic")
    assert before.cell_state == state
    with gdbstub.attached(machine.target) as gdb:
        machine.health.tell(call(CELL_CONTROL, 2, RESTART, REQUEST), gdb=gdb)
        gdb.run_to(0, [place("arch_revoke_other")])
        sequence = machine.service.word(machine.service.order("nic"))
        gdb.write_physical(machine.service.telemetry("nic", ORDER_SEEN), struct.pack("<Q", sequence))
    restarted(machine, "nic", before, restarts=0)


def test_two_at_once(machine):
    """A fault and an order to restart, both outstanding: one restart, for the first cause."""
    before = machine.view.core("nic")
    with gdbstub.attached(machine.target) as gdb:
        Commanded(machine, "nic").tell(load(NOWHERE), gdb=gdb)
        gdb.run_to(2, [place("cell_request")])
        machine.service.publish(gdb, "nic")
    assert restarted(machine, "nic", before).restart_cause == "memory-violation"


@pytest.mark.parametrize("cell, core, calls", [("nvme", 1, 1), ("nic", 2, 2)], ids=["cut", "live"])
def test_iommu_refuses(machine, cell, core, calls):
    """It doesn't cut a cell's DMA, or doesn't give it back: the cell is lost, and not filled anew in the first case."""
    before = machine.view.core(cell)
    with gdbstub.attached(machine.target) as gdb:
        Commanded(machine, cell).tell(call(SYSTEM_RESET), gdb=gdb)
        for number in range(1, calls + 1):
            gdb.run_to(0, [place("iommu_streams_set")])
            assert (gdb.register(0, "x0"), gdb.register(0, "x1") & 1) == (core, number - 1)
            returns(gdb, 0, 0 if number == calls else None)
    lost(machine, cell)
    assert machine.view.core(cell).generation == before.generation + calls - 1


def lost(machine, cell):
    qemu.wait_until(lambda: machine.view.state(cell) == "lost", f"{cell} is lost")
    qemu.wait_until(lambda: last_event(machine, cell) == (CELL_LOST, 0), "that is told")
    assert machine.health.do(commanded.Command(commanded.NOP)).passed


def test_unheard(machine):
    """No answer in a second."""
    before = machine.view.core("disk")
    with gdbstub.attached(machine.target) as gdb:
        Commanded(machine, "disk").tell(call(SYSTEM_RESET), gdb=gdb)
        gdb.run_to(3, [place("arch_spi_raise")])
        gdb.change(3, "x0", machine.blueprint.cells["disk"].spis[0])
    lost(machine, "disk")
    assert machine.view.core("disk").generation == before.generation

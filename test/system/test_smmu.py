# SPDX-License-Identifier: Apache-2.0
"""An SMMU that does what QEMU's never does: a queue of commands that is full, one that it refuses or finds bad, each by itself; errors of
its own; faults that don't end; a second one. What EL2 reads of its registers is changed under way (device.py), commands are spoilt in
memory before it is told of them.

Robustness: all
"""

import contextlib
import struct

import pytest

import commanded
import functions
import system
from changed_image import HEALTHY, REFUSED, SMMUS, Image
from commanded import CELL_LOST, SYSTEM_RESET, Commanded, call, last_event
from dma_machine import EXTRA
from harness import blueprint, build, gdbstub, pci, qemu
from harness.device import Device
from harness.machine_tables import EL2_VA_SERVICE, Tables

CR0, CR0ACK, GBPA, GERROR, GERRORN, CMDQ_BASE, PROD, CONS = 0x20, 0x24, 0x44, 0x60, 0x64, 0x90, 0x98, 0x9C  # Arm IHI 0070: 6.3
SMMUEN, EVENTQEN, CMDQEN, ATSCHK, ABORT = 1, 4, 8, 16, 1 << 20  # of CR0, GBPA
IRQ_CTRL, TELLS = 0x50, 5  # of events and global errors
CMDQ_ERR, EVENTQ_ABORT = 1, 4  # of GERROR
EVENTS, TAKEN, OVERFLOW = 0xA8, 0xAC, 1 << 31  # SMMU_EVENTQ_PROD and CONS, in page 1
SYNC, NO_COMMAND = struct.pack("<2Q", 0x46, 0), struct.pack("<2Q", 0xFF, 0)
STE_ABORT = 1
SERVICE_SMMUS, SERVICE_STREAMS, SMMU_ROW, STREAM_ROW, STREAM_SMMU, FREE = 24, 32, 48, 32, 16, 2048  # struct bp_service; behind its tables
DMA_LOST, DMA_FAULTS = 976, 984  # offsets in struct telemetry_core
EVENT_IOMMU = 14  # enum event_code
SMMU_VA = 8  # struct bp_smmu
# The commands that cut a cell's DMA, of one with two functions: entries of both, SYNC, TLBI, SYNC. Each looks for room by one look
# at CMDQ_CONS, and a SYNC is waited for by another.
COMMANDS = {"entry": 0, "second-entry": 1, "sync": 2, "tlbi": 4, "last-sync": 5}
GIVEN = {"entry": 4, "second-entry": 4, "sync": 2, "tlbi": 3, "last-sync": 4}  # where that one is refused
FUNCTIONS = pci.options("qemu-virt-pci", nvme="null-co://", disk="null-co://")


class Smmu:
    """As the service core has it."""

    def __init__(self, machine):
        self.machine, self.el2 = machine, machine.blueprint.el2(machine.blueprint.service_core)
        self.service = self.el2(EL2_VA_SERVICE)
        self.row = self.memory(self.service + self.table(SERVICE_SMMUS)[0], SMMU_ROW)
        self.page0, self.page1, self.queue, _, self.log2, _, self.event_intid, _ = struct.unpack("<4Q4I", self.row)

    def memory(self, address, size):
        return self.machine.target.read_memory(address, size)

    def table(self, at):
        """(offset, count)"""
        return struct.unpack("<2I", self.memory(self.service + at, 8))

    def register(self, offset):
        return int.from_bytes(self.memory(self.el2(self.page0) + offset, 4), "little")

    def entry(self, number):
        """Where a command is in memory."""
        return self.el2(self.queue) + 16 * (number % (1 << self.log2))

    def streams(self):
        """(first word of its entry, row's place) of each."""
        offset, count = self.table(SERVICE_STREAMS)
        for place in range(self.service + offset, self.service + offset + count * STREAM_ROW, STREAM_ROW):
            (entry,) = struct.unpack("<Q", self.memory(place, 8))
            yield int.from_bytes(self.memory(self.el2(entry), 8), "little"), place

    def device(self, gdb, page=None):
        return Device(gdb, bytes(self.machine.fit.kernel.data[: self.machine.blueprint.offset]), page or self.page0)

    def become_two(self, gdb, own):
        """The other one has no streams; this one is number `own`."""
        rows = [bytes(SMMU_ROW), bytes(SMMU_ROW)]
        rows[own] = self.row
        assert self.memory(self.service + FREE, len(rows) * SMMU_ROW) == bytes(len(rows) * SMMU_ROW)
        gdb.write_physical(self.service + FREE, b"".join(rows))
        for _, place in self.streams():
            gdb.write_physical(place + STREAM_SMMU, struct.pack("<I", own))
        gdb.write_physical(self.service + SERVICE_SMMUS, struct.pack("<2I", FREE, 2))


@pytest.fixture
def machine(results):
    with commanded.running("commanded-smmu", results, extra=FUNCTIONS) as running:
        running.smmu = Smmu(running)
        yield running


@contextlib.contextmanager
def restarts(machine, cell):
    """A gdb, of a machine where the cell's end is about to begin."""
    with gdbstub.attached(machine.target) as gdb:
        Commanded(machine, cell).tell(call(SYSTEM_RESET), gdb=gdb)
        yield gdb


def restarted(machine, cell, before):
    """And its devices may do DMA again."""
    qemu.wait_until(lambda: machine.generation(cell) == before.generation + 1, f"{cell}'s next life")
    assert Commanded(machine, cell).do(commanded.Command(commanded.NOP)).passed
    assert STE_ABORT not in [word for word, _ in machine.smmu.streams()]


def lost(machine, cell, before):
    """Given up, not filled anew; others aren't, and their DMA is cut and given back as ever."""
    qemu.wait_until(lambda: machine.view.state(cell) == "lost", f"{cell} is lost")
    qemu.wait_until(lambda: last_event(machine, cell) == (CELL_LOST, 0), "and says so")
    assert machine.view.core(cell).generation == before.generation
    before = machine.view.core("one")
    Commanded(machine, "one").tell(call(SYSTEM_RESET))
    qemu.wait_until(lambda: machine.generation("one") == before.generation + 1, "another one's next life")
    assert Commanded(machine, "one").do(commanded.Command(commanded.NOP)).passed


def full(smmu):
    """CMDQ_CONS of a queue without room."""
    return lambda value: value ^ 1 << smmu.log2


def refuse(device, smmu):
    """The command that the core gives next: there is no room, and the SMMU stands at a bad command; which is dealt with, so there is
    nothing in its queue. Says where EL2 put another command, and which."""
    for _ in range(2):  # is it full? has it become less?
        device.read(CONS, full(smmu))
    place = smmu.entry(smmu.register(CONS))
    device.read(GERROR, lambda value: value ^ CMDQ_ERR)
    acknowledged = device.withhold(GERRORN)  # QEMU's has no such error
    assert acknowledged == smmu.register(GERRORN) ^ CMDQ_ERR
    return smmu.memory(place, 16)


def test_full_for_a_while(machine):
    """A command waits until there is room for it. [stest->swr~smmu-commands~1]"""
    smmu, before = machine.smmu, machine.view.core("one")
    with restarts(machine, "one") as gdb:
        device, given = smmu.device(gdb), smmu.register(PROD)
        for _ in range(4):
            assert device.next(reads=[CONS], writes=[PROD]) == CONS
            device.give(full(smmu))
        assert smmu.register(PROD) == given
        assert device.write(PROD) == given + 1
    restarted(machine, "one", before)


@pytest.mark.parametrize("which", COMMANDS)
def test_refused(machine, which):
    """One command alone can't be given: a cell whose DMA isn't cut for sure is given up, costs nobody else, and what is in the queue
    is a SYNC before its error is acknowledged. [stest->swr~smmu-commands~1] [stest->swr~dma-by-service-core~1]"""
    smmu, before = machine.smmu, machine.view.core("two")
    with restarts(machine, "two") as gdb:
        device, given = smmu.device(gdb), smmu.register(PROD)
        for _ in range(COMMANDS[which]):
            device.read(CONS, lambda value: value)
        assert refuse(device, smmu) == SYNC
        gdb.run_to(0, [build.symbol(build.HYPERVISOR, "arch_publish")])
        assert smmu.register(PROD) == given + GIVEN[which]
    lost(machine, "two", before)


@pytest.mark.parametrize("which", COMMANDS)
def test_bad(machine, which):
    """It stops at one command, by itself: the same, and the SMMU goes on.
    [stest->swr~smmu-commands~1] [stest->swr~dma-by-service-core~1]"""
    smmu, before = machine.smmu, machine.view.core("two")
    with restarts(machine, "two") as gdb:
        device = smmu.device(gdb)
        for _ in range([*COMMANDS].index(which)):
            device.write(PROD)
        place = smmu.entry(device.write(PROD) - 1)
        gdb.write_physical(place, NO_COMMAND)
    lost(machine, "two", before)
    assert smmu.memory(place, 16) == SYNC
    assert smmu.register(GERROR) == smmu.register(GERRORN) == CMDQ_ERR


def test_second_of_two(machine):
    """Another SMMU, without streams, is before it: streams are cut and given back, and faults told, by their own.
    [stest->swr~dma-by-service-core~1] [stest->swr~dma-faults-told~1]"""
    before = machine.view.core("one")
    with restarts(machine, "one") as gdb:
        machine.smmu.become_two(gdb, 1)
    restarted(machine, "one", before)
    fault(machine)


def test_first_of_two(machine):
    """It doesn't do as it is told, while another one has nothing to do and so no error. [stest->swr~dma-by-service-core~1]"""
    smmu, before = machine.smmu, machine.view.core("two")
    with restarts(machine, "two") as gdb:
        smmu.become_two(gdb, 0)
        device = smmu.device(gdb)
        gdb.write_physical(smmu.entry(device.write(PROD) - 1), NO_COMMAND)
    lost(machine, "two", before)


def word(machine, offset):
    """Of the service core's telemetry."""
    place = machine.blueprint.cells["health"].cores[0].telemetry_pa + offset
    return int.from_bytes(machine.target.read_memory(place, 8), "little")


def fault(machine, play=lambda gdb: None):
    """A DMA that the SMMU refuses, told; while the service core is told of it, play(gdb)."""
    nvme, place = functions.Nvme(Commanded(machine, "one")), DMA_FAULTS + 8 * machine.blueprint.cells["one"].index
    before = word(machine, place)
    with gdbstub.attached(machine.target) as gdb:
        nvme.core.tell(*nvme.dma(functions.NOWHERE, 0), gdb=gdb)
        play(gdb)
    qemu.wait_until(lambda: word(machine, place) > before, "it is told")


def test_faults_without_end(machine):
    """Whenever EL2 has taken some there are more: it looks twice, and then has itself called again, so that its cell isn't held up.
    [stest->swr~dma-faults-told~1]"""
    smmu = machine.smmu

    def more(gdb):
        events = smmu.device(gdb, smmu.page1)
        for _ in range(2):
            events.read(EVENTS, lambda value: value)
            events.read(EVENTS, lambda value: value + 1)
        gdb.run_to(0, [build.symbol(build.HYPERVISOR, "arch_spi_raise")])
        assert gdb.register(0, "x0") == smmu.event_intid
        events.read(EVENTS, lambda value: value)

    fault(machine, more)


def test_overflow(machine):
    """The SMMU had no room for an event: a count, once, and it is acknowledged. [stest->swr~dma-faults-told~1]"""
    smmu, before, lost_before = machine.smmu, machine.view.core("one"), word(machine, DMA_LOST)
    with restarts(machine, "one") as gdb:
        events, taken = smmu.device(gdb, smmu.page1), int.from_bytes(smmu.memory(smmu.el2(smmu.page1) + TAKEN, 4), "little")
        events.read(EVENTS, lambda value: value ^ OVERFLOW)
        assert events.withhold(TAKEN) == taken ^ OVERFLOW  # QEMU's has none
    restarted(machine, "one", before)
    assert word(machine, DMA_LOST) == lost_before + 1


def own_errors(machine):
    """(IOMMU, errors) of each event."""
    ring = machine.target.read_memory(machine.blueprint.cells["health"].cores[0].ring_pa, blueprint.PAGE)
    events = [struct.unpack_from("<IHH2Q", ring, 64 + 64 * slot + 16) for slot in range(63)]
    return [(number, errors) for code, _, _, number, errors in events if code == EVENT_IOMMU]


def test_own_error(machine):
    """The SMMU has an error: an event and a count, and it is acknowledged; a bad command's is not, which is for whoever gave that.
    [stest->swr~dma-faults-told~1]"""
    smmu, before, lost_before = machine.smmu, machine.view.core("one"), word(machine, DMA_LOST)
    with restarts(machine, "one") as gdb:  # so that it looks, before the cell's commands
        device = smmu.device(gdb)
        device.read(GERROR, lambda value: value ^ (EVENTQ_ABORT | CMDQ_ERR))
        assert device.withhold(GERRORN) == smmu.register(GERRORN) ^ EVENTQ_ABORT
    restarted(machine, "one", before)
    qemu.wait_until(lambda: own_errors(machine), "it is told")
    assert own_errors(machine) == [(0, EVENTQ_ABORT)]
    assert word(machine, DMA_LOST) == lost_before + 1


# ---- at boot ----

START = ("entries", "tlbi", "sync")


@contextlib.contextmanager
def starting(results, given):
    """A machine whose boot is about to give the SMMU its stream table: which that doesn't take, after so many commands, and so aborts
    everything."""
    image = Image("dma")
    place = Tables(image.blueprint).smmus[0].pa
    with image.target(results, extra=[*EXTRA, "-S"]) as target:

        def register(offset):
            return int.from_bytes(target.read_memory(place + offset, 4), "little")

        target.power("on")
        with gdbstub.attached(target) as gdb:
            gdb.run_to(0, [build.symbol(build.HYPERVISOR, "smmu_start")])
            yield Device(gdb, image.code, image.read(SMMUS, SMMU_VA)), register
        target.console().expect(REFUSED, never=HEALTHY)
        assert "bulkhead: the SMMU does not take its stream table\n" in target.console().text
        assert register(PROD) == given
        assert not register(CR0) & SMMUEN and register(GBPA) & ABORT


def test_starts_with_another(results):
    """One without streams is left alone by the service core, the other one tells it of faults. [stest->swr~dma-faults-told~1]"""
    with qemu.QemuTarget(results, extra=[*FUNCTIONS, "-S"]) as target:
        running = system.System(target, commanded.image("commanded-smmu"))
        target.load(running.fit)
        target.power("on")
        with gdbstub.attached(target) as gdb:
            gdb.run_to(0, [build.symbol(build.HYPERVISOR, "iommu_start")])
            smmu = Smmu(running)
            assert not smmu.register(IRQ_CTRL)
            smmu.become_two(gdb, 1)
            gdb.run_to(0, [gdb.register(0, "x30")])
            assert smmu.register(IRQ_CTRL) == TELLS and smmu.register(CR0) == SMMUEN | EVENTQEN | CMDQEN | ATSCHK
        fault(running)


def test_not_acknowledged(results):
    """That it is to take commands. [stest->swr~smmu-started~1]"""
    with starting(results, 0) as (device, register):
        assert device.withhold(CR0) & ~ATSCHK == CMDQEN
        assert register(CR0ACK) == 0


@pytest.mark.parametrize("which", START)
def test_not_told(results, which):
    """One command alone can't be given: translation stays off. [stest->swr~smmu-started~1] [stest->swr~smmu-commands~1]"""
    before = START.index(which)
    with starting(results, before) as (device, register):
        for _ in range(before):
            device.read(CONS, lambda value: value)
        for _ in range(2):
            device.read(CONS, lambda value: value ^ 1 << (register(CMDQ_BASE) & 31))
        device.read(GERROR, lambda value: value ^ CMDQ_ERR)
        assert device.withhold(GERRORN) == register(GERRORN) ^ CMDQ_ERR

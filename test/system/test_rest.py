# SPDX-License-Identifier: Apache-2.0
"""What comes to a core that rests in EL2: interrupts of EL2's own are served, what is for a guest stays where it is, and what a life leaves
behind doesn't come to the next one; nor does a message that is none of its cell's come to anybody.

A core that goes to rest is held by gdb: at its WFI, which it then passes, as one may; between the GIC's word on what is pending and the
acknowledgement; or in the middle of its cell's restart. What comes meanwhile, others have sent: a cell, or a device.

Robustness: all
"""

import contextlib
import struct

import pytest

import commanded
import functions
from commanded import GICD, HVC, SMC, SYSTEM_RESET, Command, Commanded, call, load, store
from functions import NOWHERE
from harness import build, cpu, gdbstub, pci, qemu
from harness.blueprint import EL2_VA_TEXT

CPU_OFF = 0x84000002
WFI, HPPIR, IAR, NOTHING = 0xD503207F, "S3_0_C12_C12_2", "S3_0_C12_C12_0", 1023
EOIR, DIR = "S3_0_C12_C12_1", "S3_0_C12_C11_1"
LPI_COUNT = 516  # struct bp_cell: lpis.count, lpi_first
CTLR, ISENABLER, ISPENDR, ICPENDR, ISACTIVER, IPRIORITYR, ICFGR, IROUTER = 0, 0x100, 0x200, 0x280, 0x300, 0x400, 0xC00, 0x6000  # of the distributor
GROUP1 = 2
CORES = 4
DMA_REQUEST, DMA_FAULTS, DMA_SILENCES = 968, 984, 3032  # struct telemetry_core


class Rest:
    """Where a core of a machine waits."""

    def __init__(self, running):
        code = bytes(running.fit.kernel.data[: running.blueprint.offset])
        start = build.symbol(build.HYPERVISOR, "arch_wait")
        at = start - EL2_VA_TEXT
        while code[at : at + 4] != struct.pack("<I", WFI):
            at += 4
        self.wfi = EL2_VA_TEXT + at
        self.pending, self.taken = (self._next(code, name) for name in (HPPIR, IAR))

    def _next(self, code, name):
        """(address behind the first read of a register from there on, Xt)."""
        place = min(place for place in cpu.places(code, cpu.MRS, [name], [EL2_VA_TEXT]).items() if place[0] > self.wfi)
        return place[0] + 4, f"x{place[1][1]}"

    def awake(self, gdb, core):
        """It goes on from its WFI, and has found nothing pending."""
        gdb.run_to(core, [self.wfi])
        gdb.change(core, "pc", self.wfi + 4)
        while gdb.register(core, "pc") != self.pending[0]:
            gdb.step(core)
        assert gdb.register(core, self.pending[1]) & 0xFFFFFF == NOTHING

    def takes(self, gdb, core):
        """What it acknowledges next."""
        gdb.run_to(core, [self.taken[0]])
        return gdb.register(core, self.taken[1]) & 0xFFFFFF


class Gicd:
    """A cell's distributor, in the hands of one of its cores."""

    def __init__(self, core):
        self.core, self.base = core, core.device(GICD)

    def put(self, register, intid, value, size):
        return store(self.base + register + size * intid, value, size)

    def bit(self, register, intid):
        return store(self.base + register + intid // 32 * 4, 1 << intid % 32)

    def is_set(self, register, intid):
        return self.core.do(load(self.base + register + intid // 32 * 4)).x[0] >> intid % 32 & 1


@pytest.mark.parametrize("config, cell", [("commanded", "health"), ("commanded-siblings", "direct")], ids=["injected", "direct"])
def test_between(results, config, cell):
    """An SPI that comes to it while it looks, and so is acknowledged, pends again: the sibling to which it is routed then has it.
    [stest->swr~core-quiesced~1] [stest->swr~psci-cpu-off~1]"""
    with commanded.running(config, results) as machine:
        first, cores = Commanded(machine, cell), machine.blueprint.cells[cell].cores
        second, resting = first.start(1), cores[1].machine_core
        gicd, spi, rest = Gicd(first), machine.blueprint.cells[cell].spis[-1], Rest(machine)
        mpidr = [machine.blueprint.cores[core.machine_core][0] for core in cores]
        first.do(store(gicd.base + CTLR, GROUP1), gicd.put(IPRIORITYR, spi, 0, 1), gicd.put(IROUTER, spi, mpidr[1], 8))
        first.do(store(gicd.base + ICFGR + spi // 16 * 4, 2 << spi % 16 * 2), gicd.bit(ISENABLER, spi))
        with gdbstub.attached(machine.target) as gdb:
            second.tell(call(CPU_OFF), gdb=gdb)
            rest.awake(gdb, resting)
            first.tell(gicd.bit(ISPENDR, spi), gdb=gdb)
            with gdb.held(resting, CORES):
                first.ends(1)
            assert rest.takes(gdb, resting) == spi
            gdb.write_physical(second.list, bytes(4))
        assert machine.view.core(cell, 1).core_state == "parked"
        first.do(gicd.put(IROUTER, spi, mpidr[0], 8), Command(commanded.NOP))
        qemu.wait_until(lambda: gicd.is_set(ISPENDR, spi) and not gicd.is_set(ISACTIVER, spi), "it is raised again, and no longer active")
        assert first.start(1).do(Command(commanded.NOP)).passed


@pytest.mark.parametrize("conduit", [HVC, SMC], ids=["hvc", "smc"])
def test_pending_error(results, conduit):
    """An SError that is pending is the guest's, which the core's end would take: its CPU_OFF is made again. Played: what EL2 reads of
    ISR_EL1. [stest->swr~serror-attributed~1] [stest->swr~psci-cpu-off~1]"""
    with commanded.running("commanded-siblings", results) as machine:
        second, core = Commanded(machine, "direct").start(1), machine.blueprint.cells["direct"].cores[1].machine_core
        code, exits = bytes(machine.fit.kernel.data[: machine.blueprint.offset]), build.symbol(build.HYPERVISOR, "vectors_guest")
        with gdbstub.attached(machine.target) as gdb:
            second.tell(Command(conduit, (CPU_OFF,)), gdb=gdb)
            played = cpu.Cpu(gdb, code, machine.fit.kernel.load, core)
            played.next_read(cpu.ISR, lambda found: found | cpu.SERROR)
            assert gdb.run_to(core, [exits, build.symbol(build.HYPERVISOR, "core_off")]) == exits
            played.next_read(cpu.ISR, lambda found: found)
        qemu.wait_until(lambda: machine.view.core("direct", 1).core_state == "parked", "it is off")


@pytest.fixture
def machine(results):
    extra = pci.options("qemu-virt-pci", nvme="null-co://", disk="null-co://")
    with commanded.running("commanded-dma", results, extra=extra) as running:
        running.health = Commanded(running, "health")
        yield running


def word(machine, cell, offset):
    """Of the telemetry of its first core."""
    (value,) = struct.unpack("<Q", machine.target.read_memory(machine.blueprint.cells[cell].cores[0].telemetry_pa + offset, 8))
    return value


@contextlib.contextmanager
def restarts(machine, cell):
    """It does, once."""
    before = machine.view.core(cell)
    yield
    qemu.wait_until(lambda: machine.generation(cell) == before.generation + 1, f"{cell}'s next life")
    assert Commanded(machine, cell).do(Command(commanded.NOP)).passed
    assert machine.view.core(cell).restarts == before.restarts + 1


@pytest.mark.parametrize("when", ["asleep", "between"])
def test_own(machine, when):
    """The service core, whose guest has turned it off, cuts another cell's DMA and gives it back, also where it is asked while it looks.
    [stest->swr~dma-by-service-core~1] [stest->swr~core-quiesced~1]"""
    rest = Rest(machine)
    with restarts(machine, "nic"):
        with gdbstub.attached(machine.target) as gdb:
            machine.health.tell(call(CPU_OFF), gdb=gdb)
            rest.awake(gdb, 0)
            if when == "between":
                asked = word(machine, "nic", DMA_REQUEST)
                Commanded(machine, "nic").tell(call(SYSTEM_RESET), gdb=gdb)
                with gdb.held(0, CORES):
                    qemu.wait_until(lambda: word(machine, "nic", DMA_REQUEST) != asked, "nic asks")
                assert rest.takes(gdb, 0) not in (NOTHING, *machine.blueprint.cells["health"].spis)
        if when == "asleep":
            qemu.wait_until(lambda: machine.view.core("health").core_state == "parked", "the service core rests")
            Commanded(machine, "nic").tell(call(SYSTEM_RESET))
    assert machine.view.core("health").core_state == "parked"


class Messages(functions.Edu):
    """Of QEMU's edu: one, to the GICv2m frame, makes the only SPI that its cell has for that pend."""

    MSI, RAISE, FRAME, DOORBELL = 0x40, 0x60, 4, 0x40  # PCI capability; register; enum bp_mmio_kind

    def __init__(self, machine):
        super().__init__(machine.health)
        cell = machine.blueprint.cells["health"]
        self.machine, self.gicd, self.spi = machine, Gicd(machine.health), cell.spis[-1]
        message = machine.health.device(self.FRAME) + self.DOORBELL
        self.core.do(*(store(self.config + self.MSI + at, value) for at, value in ((4, message), (8, 0), (12, self.spi), (0, 1 << 16))))
        self.raised = cell.stage2(self.bar) + self.RAISE

    def send(self, gdb):
        """Now."""
        gdb.write_physical(self.raised, struct.pack("<I", 1))

    def come(self):
        """Has one? It no longer pends."""
        found = self.gicd.is_set(ISPENDR, self.spi)
        self.core.do(self.gicd.bit(ICPENDR, self.spi))
        return found


@pytest.mark.parametrize("own", [False, True], ids=["alone", "behind-own"])
def test_message_left(machine, own):
    """What a function sent at the end of a life doesn't come to the next one, and what EL2 has to do goes first.
    [stest->swr~cell-interrupts-reset~1] [stest->swr~lpi-makes-spi~1] [stest->swr~dma-by-service-core~1]"""
    edu = Messages(machine)
    with gdbstub.attached(machine.target) as gdb:
        edu.send(gdb)
    assert edu.come()
    with restarts(machine, "health"), restarts(machine, "nic") if own else contextlib.nullcontext():
        with gdbstub.attached(machine.target) as gdb:
            machine.health.tell(call(SYSTEM_RESET), gdb=gdb)
            gdb.run_to(0, [build.symbol(build.HYPERVISOR, "iommu_streams_set")])
            edu.send(gdb)
            if own:
                asked = word(machine, "nic", DMA_REQUEST)
                Commanded(machine, "nic").tell(call(SYSTEM_RESET), gdb=gdb)
                with gdb.held(0, CORES):
                    qemu.wait_until(lambda: word(machine, "nic", DMA_REQUEST) != asked, "nic asks")
    assert not Gicd(machine.health).is_set(ISPENDR, edu.spi)
    edu = Messages(machine)
    with gdbstub.attached(machine.target) as gdb:
        edu.send(gdb)
    assert edu.come()


def test_message_gone(machine):
    """One that the GIC tells of, and has taken back when it is acknowledged: nothing is ended, and there are no more looks than the cell has
    messages. [stest->swr~cell-interrupts-reset~1]"""
    code, load = bytes(machine.fit.kernel.data[: machine.blueprint.offset]), machine.fit.kernel.load
    _, (count, first) = lpis(machine, "health")
    looks = []

    def told(found):
        assert found & 0xFFFFFF == NOTHING
        looks.append(found)
        return first

    with restarts(machine, "health"):
        with gdbstub.attached(machine.target) as gdb:
            machine.health.tell(call(SYSTEM_RESET), gdb=gdb)
            gdb.run_to(0, [build.symbol(build.HYPERVISOR, "arch_cell_interrupts_reset")])
            _, ended = cpu.Cpu(gdb, code, load).run([gdb.register(0, "x30")], {HPPIR: told}, {EOIR: 0, DIR: 0})
    assert (len(looks), ended) == (count + 1, {})


def lpis(machine, cell):
    """Of its record in memory: the address of the first one's number; how many there are, that number."""
    place = machine.blueprint.offset + machine.blueprint.cells[cell].record_offset + LPI_COUNT
    return machine.fit.kernel.load + place + 4, struct.unpack_from("<II", machine.fit.kernel.data, place)


def test_message_of_nobody(machine):
    """Below a cell's first one, and behind its last: it is ended, and nothing pends. [stest->swr~lpi-makes-spi~1]"""
    edu = Messages(machine)
    place, (count, first) = lpis(machine, "health")
    assert count
    for number in first + count, first - count, first:
        taken = machine.view.core("health").exits["irq"]
        with gdbstub.attached(machine.target) as gdb:
            gdb.write_physical(place, struct.pack("<I", number))
            edu.send(gdb)
        qemu.wait_until(lambda taken=taken: machine.view.core("health").exits["irq"] > taken, "it comes")
        assert edu.come() == (number == first)


def test_silence_outlives_its_cell(machine):
    """A stream whose faults aren't told for the rest of a second is heard again after it, though its cell has begun anew meanwhile: the
    service core looks at the clock at its next interrupt, whatever that is. [stest->swr~dma-faults-told~1] [stest->swr~core-quiesced~1]"""
    machine.health.second()  # so that its faults are all within one
    silences = word(machine, "health", DMA_SILENCES)
    with restarts(machine, "health"):
        machine.health.tell(*functions.Edu(machine.health).dma(NOWHERE, size=4096), call(SYSTEM_RESET))
    assert word(machine, "health", DMA_SILENCES) == silences + 1
    edu = Messages(machine)
    machine.health.second()
    told = word(machine, "health", DMA_FAULTS)
    with gdbstub.attached(machine.target) as gdb:
        edu.send(gdb)
    assert edu.come()
    machine.health.do(*edu.dma(NOWHERE))
    qemu.wait_until(lambda: word(machine, "health", DMA_FAULTS) > told, "it is told")

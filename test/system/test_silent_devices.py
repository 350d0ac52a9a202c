# SPDX-License-Identifier: Apache-2.0
"""A device that EL2 programs and that doesn't do as it is told: its name is said, and no cell starts; or it holds nobody up. Where it
should be there is memory, which takes every write and answers nothing.

Robustness: all
"""

import contextlib
import struct

import pytest

import system
from changed_image import GICRS, ITSS, LPI_CORES, MEMORY, PROBES, SMMUS, Image
from dma_machine import EXTRA
from harness import qemu
from harness.blueprint import EL2_VA_GICD, EL2_VA_UART, PAGE
from harness.machine_tables import EL2_VA_SERVICE

WRITABLE_PA, WRITABLE_VA, SMMU_VA, SMMU_IDR0_MASK = 80, 88, 184, 196  # struct bp_header
ROW_VA, CMDQ_BASE, LAST_VA = 8, 48, 24  # struct bp_smmu, struct bp_its; struct bp_smmu; struct bp_probe
IDR_MASKS = 20, 28, 36  # struct bp_smmu
SERVICE_SMMUS, SERVICE_CMDQ_LOG2 = 24, 32  # struct bp_service, struct bp_service_smmu
QUEUE_ADDRESS = (1 << 52) - 32  # of SMMU_CMDQ_BASE, Arm IHI 0070: 6.3.27
CMDQ_PROD, GBPA, UPDATE = 0x98, 0x44, 1 << 31  # 6.3.28, 6.3.14
SMMU_REFUSED = "bulkhead: the SMMU does not go into its abort state\n"


def word(at, value):
    return ["-device", f"loader,addr={MEMORY + at:#x},data={value:#x},data-len=4"]


@pytest.mark.parametrize("busy", [0, UPDATE], ids=["after", "before"])
def test_smmu(results, busy):
    """GBPA.Update stays set. [stest->swr~smmu-abort-all~1]"""
    image = Image("injected")
    image.move(image.read(None, SMMU_VA), MEMORY)
    assert SMMU_REFUSED in image.refused(results, extra=word(GBPA, busy))


def test_one_smmu_of_two(results):
    """One does, the other is RAM's last page. [stest->swr~smmu-abort-all~1]"""
    image = Image("dma")
    image.write(None, SMMU_VA, image.read(PROBES, LAST_VA))
    image.write(None, SMMU_IDR0_MASK, 0, "<I")
    assert SMMU_REFUSED in image.refused(results, extra=EXTRA)


def test_smmu_of_functions(results):
    """The one that is to translate afterwards. [stest->swr~smmu-abort-all~1]"""
    image = Image("dma")
    for at in IDR_MASKS:  # so that it passes for one
        image.write(SMMUS, at, 0, "<I")
    image.move(image.read(SMMUS, ROW_VA), MEMORY)
    assert SMMU_REFUSED in image.refused(results, extra=EXTRA)


def test_smmu_commands(results):
    """It finds no command where the boot writes them, and stops at each. [stest->swr~smmu-started~1] [stest->swr~smmu-commands~1]"""
    image = Image("dma")
    queue = image.read(SMMUS, CMDQ_BASE) & QUEUE_ADDRESS
    image.move(image.read(None, WRITABLE_VA) + queue - image.read(None, WRITABLE_PA), MEMORY)
    assert "bulkhead: the SMMU does not take its stream table\n" in image.refused(results, extra=EXTRA)


@pytest.mark.parametrize("full", [False, True], ids=["command", "queue"])
def test_smmu_of_the_service_core(results, full):
    """At run time it consumes no command: a cell whose DMA can't be cut is given up, and costs nobody else.
    [stest->swr~dma-by-service-core~1] [stest->swr~smmu-commands~1]"""
    image = Image("dma")
    space = image.blueprint.el2(image.blueprint.service_core)
    service = space(EL2_VA_SERVICE) - image.blueprint.memory.base
    (row,) = struct.unpack_from("<I", image.kernel.data, service + SERVICE_SMMUS)
    page0, log2 = (struct.unpack_from(form, image.kernel.data, service + row + at)[0] for form, at in (("<Q", 0), ("<I", SERVICE_CMDQ_LOG2)))
    image.move(page0, MEMORY, space)
    with image.target(results, extra=EXTRA + word(CMDQ_PROD, 1 << log2 if full else 0)) as target:
        running = system.System(target, image.fit).start()
        running.wait_up("victim")
        qemu.wait_until(lambda: running.view.state("dma") == "lost", "the cell is given up")
        running.uart.search(r"^event: .* cell=dma lost", since=0)
        with running.unharmed("victim"):
            pass


CTLR, QUIESCENT, CREADR, STALLED = 0, 1 << 31, 0x90, 1  # Arm IHI 0069: 12.19
TYPER_MASK, KINDS, BASER = 24, range(96, 160, 8), 32  # struct bp_its
ITS_REFUSED = "bulkhead: an ITS does not take its tables or commands\n"


@pytest.mark.parametrize(
    "answers",
    [[], word(CTLR, QUIESCENT), word(CTLR, QUIESCENT) + word(CREADR, STALLED)],
    ids=["never-quiescent", "takes-no-command", "stalls"],
)
def test_its(results, answers):
    """[stest->swr~its-commands-played~1]"""
    image = Image("dma")
    for at in (TYPER_MASK, *KINDS):  # so that it passes for one
        image.write(ITSS, at, 0)
    image.move(image.read(ITSS, ROW_VA), MEMORY)
    assert ITS_REFUSED in image.refused(results, extra=EXTRA + answers)


def test_its_table(results):
    """An ITS has its own mind on the size of a table's entries. [stest->swr~its-commands-played~1]"""
    image = Image("dma")
    image.write(ITSS, BASER, image.read(ITSS, BASER) ^ 1 << 48)
    assert ITS_REFUSED in image.refused(results, extra=EXTRA)


RWP_GICD, RWP_GICR, WAKER, ASLEEP = 1 << 31, 1 << 3, 0x14, 1 << 2  # Arm IHI 0069: 12.9.4, 12.11.2, 12.11.32


@pytest.mark.parametrize("device", ["distributor", "redistributor"])
def test_gic_of_a_core(results, device):
    """Writes stay pending, and the core's redistributor asleep: its cell starts after a while, as do the others.
    [stest->swr~device-waits-bounded~1]"""
    image = Image("injected")
    core = image.blueprint.cells["victim"].cores[0].machine_core
    space = image.blueprint.el2(core)
    answers = word(0, RWP_GICD) if device == "distributor" else word(0, RWP_GICR) + word(WAKER, ASLEEP)
    image.move(EL2_VA_GICD if device == "distributor" else own_redistributor(image, "victim"), MEMORY, space)
    with image.target(results, extra=answers) as target:
        system.System(target, image.fit).start().wait_up("attacker", "victim")


def own_redistributor(image, name, number=0):
    """Where EL2 of a cell's core has the RD_base page."""
    record = image.blueprint.offset + image.blueprint.cells[name].record_offset
    (cores,) = struct.unpack_from("<I", image.kernel.data, record + CELL_CORES)
    return struct.unpack_from("<Q", image.kernel.data, record + cores + CORE_BYTES * number + CORE_GICR_VA)[0]


CELL_CORES, CORE_BYTES, CORE_GICR_VA = 448, 40, 8  # struct bp_cell, struct bp_core
FLASH, FLASH_BYTES = 0x04000000, 64 << 20  # QEMU's second bank: what is written there are commands, and what is read stays
GICR_TYPER, LPIS_ON = 8, 1


def flash(results, words):
    """A bank that has these words."""
    file = results / "flash"
    with open(file, "wb") as out:
        out.truncate(FLASH_BYTES)
        for at, value in words.items():
            out.seek(at)
            out.write(struct.pack("<I", value))
    return ["-drive", f"if=pflash,unit=1,format=raw,file={file}"]


@pytest.mark.parametrize("on", [0, LPIS_ON], ids=["stay-off", "stay-on"])
def test_lpis(results, on):
    """A redistributor's LPIs stay as they are. [stest->swr~lpis-by-tables~1]"""
    image = Image("dma")
    there = flash(results, {0: on, GICR_TYPER: 1 | image.read(LPI_CORES, LPI_PROCESSOR, "<I") << 8})
    image.move(image.read(LPI_CORES, 0), FLASH)
    image.move(image.read(GICRS, 8), FLASH)
    said = image.refused(results, extra=EXTRA + there)
    assert "'s redistributor does not take the LPIs' tables\n" in said


@contextlib.contextmanager
def left_on(results, name, number):
    """The system with a core of a cell that halts."""
    image = Image("injected")
    core = image.blueprint.cells[name].cores[number].machine_core
    image.move(own_redistributor(image, name, number), FLASH, image.blueprint.el2(core))
    with image.target(results, extra=flash(results, {0: LPIS_ON})) as target:
        running = system.System(target, image.fit).start()
        running.uart.search(r"^bulkhead: the loader left LPIs on, and they can't be turned off: this core halts\n")
        yield running


def test_lpis_of_a_loader(results):
    """They can't be turned off: the core halts, and its cell doesn't start. [stest->swr~lpis-by-tables~1]"""
    with left_on(results, "victim", 0) as running:
        running.wait_up("attacker")
        assert running.view.state("victim") == "none"


def test_lpis_of_a_loader_at_a_sibling(results):
    """The cell is lost before its first life: that is told, nothing of it is filled, and no order starts it.
    [stest->swr~lpis-by-tables~1] [stest->swr~restart-order~1]"""
    with left_on(results, "attacker", 1) as running:
        running.wait_up("victim")
        qemu.wait_until(lambda: running.view.state("attacker") == "lost", "it is given up")
        running.uart.search(r"^event: .* cell=attacker lost")
        with running.unharmed("victim"):
            running.health("restart attacker")
        now, cell = running.view.core("attacker"), running.blueprint.cells["attacker"]
        assert (now.cell_state, now.generation, now.restarts) == ("lost", 0, 0)
        assert cell.images
        for image in cell.images:
            assert not any(running.target.read_memory(cell.stage2(image.ipa), min(image.size, PAGE)))


LPI_PROCESSOR = 24  # struct bp_lpi_core
UARTFR, FULL = 0x18, 1 << 5  # TXFF


def test_console(results):
    """A UART that never has room: the boot waits a while with each text, says nothing, and cells start.
    [stest->swr~device-waits-bounded~1]"""
    image = Image("injected")
    image.move(EL2_VA_UART, MEMORY)
    with image.target(results, extra=word(UARTFR, FULL)) as target:
        target.power("on")
        target.console().expect(r"^health: up")
        assert "bulkhead: starting" not in target.console().text

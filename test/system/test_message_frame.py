# SPDX-License-Identifier: Apache-2.0
"""What a CPU has of the frame to which its cell's PCI function sends messages: nothing.

[stest->swr~message-frame~1]

Robustness: test_written
"""

import pytest

import system
from dma_machine import EXTRA
from harness import build

GICD, V2M = 0, 4  # enum bp_mmio_kind
ISPENDR, ICPENDR = 0x200, 0x280
MSI_TYPER, DOORBELL, IIDR = 0x8, 0x40, 0xFCC  # of a GICv2m frame


class Frame:
    """That of cell `gone`, whose function is QEMU's edu, and the distributor beside it."""

    def __init__(self, machine):
        self.machine, cell = machine, machine.blueprint.cells["gone"]
        self.base, self.gicd = (next(ipa for ipa, _, found in cell.mmio if found == kind) for kind in (V2M, GICD))
        self.spi = cell.spis[-1]

    def read(self, address, size=4):
        return int(self.machine.ask("gone", f"read {address:#x} {size}", r"read \S+ = 0x(\w+)\n")[1], 16)

    def write(self, address, value):
        self.machine.ask("gone", f"write {address:#x} {value:#x} 4", r"write \S+ done")

    def exits(self):
        return self.machine.view.core("gone").exits["pci"]

    def put(self, register):
        """The SPI's bit."""
        self.write(self.gicd + register + self.spi // 32 * 4, 1 << self.spi % 32)

    def pends(self):
        """As the GIC tells."""
        return bool(self.read(self.gicd + ISPENDR + self.spi // 32 * 4) >> self.spi % 32 & 1)


@pytest.fixture(scope="module")
def frame():
    with system.running("functions", build.results_folder("message-frame"), extra=EXTRA) as running:
        yield Frame(running.wait_up("gone"))


@pytest.mark.parametrize("offset, size", [(MSI_TYPER, 4), (DOORBELL, 4), (IIDR, 4), (IIDR - 4, 8)])
def test_read(frame, offset, size):
    """Zero, its identification, too."""
    before = frame.exits()
    assert frame.read(frame.base + offset, size) == 0
    assert frame.exits() == before + 1


def test_written(frame):
    """An interrupt of the cell's own doesn't pend: a function alone can bring it about there."""
    before = frame.exits()
    frame.write(frame.base + DOORBELL, frame.spi)
    assert frame.exits() == before + 1
    assert not frame.pends()
    frame.put(ISPENDR)  # it would be seen
    assert frame.pends()
    frame.put(ICPENDR)
    assert not frame.pends()

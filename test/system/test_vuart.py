# SPDX-License-Identifier: Apache-2.0
"""The emulated PL011, register by register: Arm DDI 0183, chapter 3.

[stest->swr~emulated-uart~1]

Robustness: test_input_overflows, test_nothing_else
"""

import pytest

import commanded
from commanded import CONSOLE_INPUT, OK, load, store
from harness import build

DR, FR, IBRD, FBRD, LCR_H, CR, IFLS, IMSC, RIS, MIS, ICR = 0, 0x18, 0x24, 0x28, 0x2C, 0x30, 0x34, 0x38, 0x3C, 0x40, 0x44
RX, TX, RT = 1 << 4, 1 << 5, 1 << 6
RXFE, TXFE = 1 << 4, 1 << 7  # FR
ISPENDR, ICPENDR = 0x200, 0x280  # of the distributor
RING = 256  # bytes of input that wait


class Uart:
    def __init__(self, running, cell):
        self.core, self.health = commanded.Commanded(running, cell), commanded.Commanded(running, "health")
        self.base, self.gicd = self.core.device(commanded.PL011), self.core.device(commanded.GICD)
        (self.intid,) = running.blueprint.cells[cell].spis
        self.index = running.blueprint.cells[cell].index

    def read(self, *offsets, size=4):
        ends = self.core.do(*(load(self.base + offset, size) for offset in offsets), commanded.Command(commanded.NOP))[:-1]
        return [end.x[0] for end in ends]

    def write(self, *pairs, size=4):
        self.core.do(*(store(self.base + offset, value, size) for offset, value in pairs))

    def type(self, text):
        for at in range(0, len(text), 100):
            part = text[at : at + 100]
            assert self.health.calls(*((CONSOLE_INPUT, self.index, byte) for byte in part), (CONSOLE_INPUT, 0, 0)) == [OK] * (len(part) + 1)

    def pending(self):
        """Was its interrupt? It no longer is."""
        word, bit = 4 * (self.intid // 32), 1 << self.intid % 32
        was, _ = self.core.do(load(self.gicd + ISPENDR + word), store(self.gicd + ICPENDR + word, bit))
        return bool(was.x[0] & bit)


@pytest.fixture(scope="module")
def uart():
    with commanded.running("commanded", build.results_folder(__name__)) as running:
        yield Uart(running, "logging")


def test_at_reset(uart):
    assert uart.read(FR, IBRD, FBRD, LCR_H, CR, IFLS, IMSC, RIS, MIS) == [TXFE | RXFE, 0, 0, 0, 0x300, 0x12, 0, 0, 0]


def test_identification(uart):
    """A revision of the PL011 that has the FIFOs of its first: 3.3.14 and what follows."""
    assert uart.read(*range(0xFE0, 0x1000, 4)) == [0x11, 0x10, 0x14, 0, 0x0D, 0xF0, 0x05, 0xB1]


def test_written(uart):
    """A register keeps the bits that it has; of a narrow read, too, with its sign, and none but X0's half of a W register."""
    kept = {IBRD: 0xFFFF, FBRD: 0x3F, LCR_H: 0xFF, CR: 0xFFFF, IFLS: 0x3F, IMSC: 0x7FF}
    for value in 0xFFFFFFFF, 0xA5A5A5A5, 0:
        uart.write(*((offset, value) for offset in kept))
        assert uart.read(*kept) == [value & mask for mask in kept.values()]
    uart.write((CR, 0x8001), (IBRD, 0x7F80))
    assert uart.read(CR, size=1) + uart.read(CR, size=2) == [0x01, 0x8001]
    signed = {0x79800020: CR, 0x79C00020: CR, 0x39800020: IBRD, 0x39C00020: IBRD}  # LDRSH X, W; LDRSB X, W
    ends = uart.core.do(*(commanded.Command(word, (0, uart.base + offset)) for word, offset in signed.items()))
    assert [end.x[0] for end in ends] == [0xFFFFFFFFFFFF8001, 0xFFFF8001, 0xFFFFFFFFFFFFFF80, 0xFFFFFF80]
    (positive,) = uart.core.do(commanded.Command(0x79800020, (0, uart.base + IBRD)), commanded.Command(commanded.NOP))[:1]
    assert positive.x[0] == 0x7F80
    uart.write((CR, 0x300), (IBRD, 0), (IFLS, 0x12))


def test_nothing_else(uart):
    """What is read-only, reserved, of eight bytes or not at a register's first byte: reads as zero, and takes no value."""
    before = uart.read(FR, RIS, MIS)
    uart.write((FR, 0xFFFF), (RIS, 0x7FF), (MIS, 0x7FF), (0x80, 0xFFFF), (0xFFC, 0xFF))
    assert uart.read(FR, RIS, MIS) == before
    assert uart.read(0x04, 0x80, 0xFDC, 0x1000 - 4) == [0, 0, 0, 0xB1]
    uart.write((IBRD - 4, 0xFFFFFFFFFFFFFFFF), size=8)
    uart.write((IBRD + 1, 0xFF), (LCR_H + 2, 0xFF), size=1)
    uart.write((IBRD + 2, 0xFFFF), size=2)
    assert uart.read(IBRD, LCR_H) == [0, 0]
    assert uart.read(CR, size=8) == [0]
    assert uart.read(CR + 1, CR + 2, size=1) == [0, 0]


def test_input(uart):
    """In order; while there is some both causes of it are raised, which a mask lets through."""
    assert uart.read(DR) == [0]
    uart.type(b"ab")
    assert uart.read(FR, RIS, MIS) == [TXFE, RX | RT, 0]
    uart.write((IMSC, RX))
    assert uart.read(MIS, DR, FR, DR, FR, RIS, MIS, DR) == [RX, ord("a"), TXFE, ord("b"), TXFE | RXFE, 0, 0, 0]
    uart.write((IMSC, 0))


def test_input_overflows(uart):
    """What was typed first is gone where more came than waits."""
    text = bytes(n % 251 for n in range(RING + 44))
    uart.type(text)
    got = [byte for _ in range(4) for byte in uart.read(*[DR] * (RING // 4))]
    assert bytes(got) == text[-RING:]
    assert uart.read(FR, DR) == [TXFE | RXFE, 0]


def test_interrupt(uart):
    """An edge: where a masked-in cause arises, and where one is left when the driver says that it has seen them all."""
    uart.pending()
    uart.write((IMSC, 0))
    uart.type(b"x")
    assert uart.pending()  # by the sender
    uart.write((IBRD, 1))
    assert not uart.pending()  # masked
    uart.write((IMSC, RX))
    assert uart.pending()  # arose
    uart.write((IBRD, 2))
    assert not uart.pending()  # no news
    uart.write((ICR, 0x7FF))
    assert uart.pending()  # remains
    uart.read(DR)
    uart.write((ICR, 0x7FF))
    assert not uart.pending()  # nothing is left
    uart.write((IMSC, TX))
    uart.write((DR, ord("y")))
    assert uart.pending() and uart.read(RIS) == [TX]
    uart.write((ICR, TX), (IMSC, 0))
    assert uart.read(RIS) == [0] and not uart.pending()

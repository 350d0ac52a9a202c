# SPDX-License-Identifier: Apache-2.0
"""A cell rings as often as its share is, by calls and by a channel's register, and no other way.

[stest->swr~doorbell-rate~1] [stest->swr~ivshmem-registers~1] [stest->swr~doorbell-declared~1]

Robustness: all
"""

import pytest

import commanded
from commanded import HVC, INVALID, OK, SMC, Command, Commanded, load, store
from harness import build

DOORBELL, RINGS_MAX = 0xC6000004, 32  # a millisecond
BUSY = -4
BELL, SILENT, BOTH, NONE = range(4)  # channels, by index
IVSHMEM, POSITION, RING = 5, 8, 12  # enum bp_mmio_kind; registers
ISPENDR, ICPENDR = 0x200, 0x280  # of the distributor
# X4 times: X0 = X3, HVC, X5 += X0; X6, X7: CNTVCT before and after
RINGS = 0xD5033FDF, 0xD53BE046, 0xAA0303E0, 0xD4000002, 0x8B0000A5, 0xF1000484, 0x54FFFF81, 0xD5033FDF, 0xD53BE047


@pytest.fixture(scope="module")
def bells():
    with commanded.running("commanded-bells", build.results_folder(__name__)) as running:
        running.ringer = Commanded(running, "ringer")
        yield running


def rung(bells, name="listener"):
    """Interrupts of a cell's that were pending; they no longer are."""
    cell = Commanded(bells, name)
    gicd = cell.device(commanded.GICD)
    spis = bells.blueprint.cells[name].spis
    words = sorted({spi // 32 for spi in spis})
    ends = cell.do(*(load(gicd + ISPENDR + 4 * word) for word in words), *(store(gicd + ICPENDR + 4 * word, 0xFFFFFFFF) for word in words))
    found = {word: end.x[0] for word, end in zip(words, ends)}
    return [spi for spi in spis if found[spi // 32] >> spi % 32 & 1]


def test_declared(bells):
    rung(bells)
    assert bells.ringer.calls((DOORBELL, SILENT), (DOORBELL, NONE), (DOORBELL, 1 << 63)) == [INVALID] * 3
    assert rung(bells) == []
    assert bells.ringer.calls((DOORBELL, BELL), (DOORBELL, BELL)) == [OK, OK]
    assert len(rung(bells)) == 1


@pytest.mark.parametrize("conduit", [HVC, SMC], ids=["hvc", "smc"])
def test_several_readers(bells, conduit):
    """A channel's bell rings at each of its readers, and is another one than that of the channel which one of them alone reads."""
    rung(bells)
    rung(bells, "second")
    assert bells.ringer.do(Command(conduit, (DOORBELL, BELL))).status == OK
    alone = rung(bells)
    assert len(alone) == 1 and rung(bells, "second") == []
    assert bells.ringer.do(Command(conduit, (DOORBELL, BOTH))).status == OK
    first, second = rung(bells), rung(bells, "second")
    assert len(first) == len(second) == 1 and first != second and first != alone


def test_register(bells):
    """A word written there rings, whatever it is; less and elsewhere nothing; and read it says the cell's index alone."""
    page = bells.ringer.device(IVSHMEM)
    bells.ringer.do(store(page + RING, 1, 1), store(page + RING, 1, 2), store(page + POSITION, 1), store(page, 1), store(page + 8, 1, 8))
    assert rung(bells) == []
    for value in 0, 0xFFFFFFFF:
        bells.ringer.do(store(page + RING, value), Command(commanded.NOP))
        assert len(rung(bells)) == 1
    ends = bells.ringer.do(load(page + POSITION), load(page), load(page + RING), load(page + 0x100))
    assert [end.x[0] for end in ends] == [bells.blueprint.cells["ringer"].index, 0, 0, 0]


def test_rate(bells):
    """Of more than its share in a millisecond the rest is refused, by time and not for good."""
    count = 5000
    end = bells.ringer.do(Command(RINGS, (0, BELL, 0, DOORBELL, count)))
    assert end.passed and end.x[4] == 0
    refused = ((end.x[5] ^ 1 << 63) - (1 << 63)) // BUSY
    milliseconds = (end.x[7] - end.x[6]) * 1000 / commanded.FREQUENCY
    assert 0 < refused <= count - RINGS_MAX
    assert count - refused <= RINGS_MAX * (milliseconds + 2)
    assert bells.ringer.call(DOORBELL, BELL) == OK

# SPDX-License-Identifier: Apache-2.0
"""PCI functions in the hands of commanded cells (commanded.py): they do DMA where a test wants it."""

import commanded
from commanded import Command, load, store

ECAM = 3  # enum bp_mmio_kind
FUNCTIONS = 256  # of a bus
NOWHERE = 0x0F000000  # of no cell's address space
COMMAND, BAR0, MEMORY_AND_MASTER = 0x04, 0x10, 6
# LDR W0, [X1]; CMP W0, W2; B.EQ to the end; ADD X1, X1, #4096; SUBS X3, X3, #1; B.NE to the first
FIND = 0xB9400020, 0x6B02001F, 0x54000080, 0x91400421, 0xF1000463, 0x54FFFF61
WHILE_BIT_0 = 0xB9400020, 0x3707FFE0  # LDR W0, [X1]; TBNZ W0, #0 to it
UNTIL_BIT_1 = 0xB9400020, 0x360FFFE0  # the same with TBZ W0, #1


class Function:
    def __init__(self, core, identity):
        """identity: device and vendor, as the configuration space begins."""
        self.core = core
        found = core.do(Command(FIND, (0, core.device(ECAM), identity, FUNCTIONS)))
        assert found.x[0] == identity
        self.config = found.x[1]
        low, high = (end.x[0] for end in core.do(load(self.config + BAR0), load(self.config + BAR0 + 4)))
        self.bar = low & ~15 | (high << 32 if low & 4 else 0)
        core.do(store(self.config + COMMAND, MEMORY_AND_MASTER))


class Edu(Function):
    """QEMU, docs/specs/edu.rst."""

    FROM, TO, SIZE, START, BUFFER = 0x80, 0x88, 0x90, 0x98, 0x40000

    def __init__(self, core):
        super().__init__(core, 0x11E81234)

    def dma(self, address, write=False, size=8):
        """Commands, until it is over: a tenth of a second."""
        places = ((self.FROM, self.BUFFER), (self.TO, address)) if write else ((self.FROM, address), (self.TO, self.BUFFER))
        words = (*places, (self.SIZE, size), (self.START, 3 if write else 1))
        return [*(store(self.bar + offset, value, 8) for offset, value in words), Command(WHILE_BIT_0, (0, self.bar + self.START))]


class Nvme(Function):
    """NVM Express 1.4, 3.1: a controller that looks for its first command, and says that it is done, where it is told."""

    CC, CSTS, AQA, ASQ, ACQ, DOORBELL = 0x14, 0x1C, 0x24, 0x28, 0x30, 0x1000
    ENABLED = 0x00460001  # entries of 64 and 16 bytes

    def __init__(self, core):
        super().__init__(core, 0x00101B36)

    def dma(self, submission, completion):
        """Commands, until it has failed: it reads there, and if it may writes here."""
        words = (self.CC, 0), (self.AQA, 0x00010001), (self.ASQ, submission), (self.ASQ + 4, submission >> 32)
        words += (self.ACQ, completion), (self.ACQ + 4, completion >> 32), (self.CC, self.ENABLED), (self.DOORBELL, 1)
        return [*(store(self.bar + offset, value) for offset, value in words), Command(UNTIL_BIT_1, (0, self.bar + self.CSTS))]

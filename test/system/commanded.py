# SPDX-License-Identifier: Apache-2.0
"""Cells that execute what a test tells them, instruction by instruction (cells/commanded.S)."""

import contextlib
import struct
from dataclasses import dataclass

import system
from harness import build, gdbstub, qemu
from harness.blueprint import PAGE

ELF = build.CELLS / "commanded.elf"
ENTRY, ENTRIES = 256, 128  # bytes; of a list
PACKET = 1920  # bytes that gdb's protocol takes at once

EL0, EL1T, EL1H, EL0_A32 = 0x3C0, 0x3C4, 0x3C5, 0x1D0  # SPSR: where an instruction is executed, all masked
SVC, SVC_A32 = 0xD4000001, 0xEF000000
HVC, SMC, NOP, BR_X1 = 0xD4000002, 0xD4000003, 0xD503201F, 0xD61F0020
TIME, FREQUENCY = 0xD53BE040, 62500000  # MRS X0, CNTVCT_EL0; of a machine of QEMU's
LOADS = {1: 0x39400020, 2: 0x79400020, 4: 0xB9400020, 8: 0xF9400020}  # x0 from [x1]
STORES = {1: 0x39000020, 2: 0x79000020, 4: 0xB9000020, 8: 0xF9000020}

GICD, PL011 = 0, 2  # enum bp_mmio_kind
CELL_LOST = 5  # enum event_code

READY, CELL_INFO, APPLICATION_ERROR = 0xC6000002, 0xC6000001, 0xC6000005
CELL_CONTROL, CONSOLE_INPUT, MACHINE_RESET, PROVE = 0xC6000010, 0xC6000011, 0xC6000013, 0xC6000014
CPU_ON, AFFINITY_INFO, SYSTEM_RESET = 0xC4000003, 0xC4000004, 0x84000009
OK, NOT_SUPPORTED, INVALID, DENIED = 0, -1, -2, -3
REQUEST = 11  # BP_ERROR_COUNT: nobody's error


@dataclass
class Command:
    code: int | tuple  # one instruction, or at most 13
    x: tuple = ()  # x0 and what follows; 0
    state: int = EL1H
    then: int = SVC

    def entry(self):
        code = (*([self.code] if isinstance(self.code, int) else self.code), self.then)
        x = struct.pack("<8Q", *(value & (1 << 64) - 1 for value in (*self.x, *[0] * (8 - len(self.x)))))
        head = struct.pack(f"<{len(code)}I", *code).ljust(56, b"\0") + struct.pack("<Q", self.state)
        assert len(head) == 64
        return (head + x).ljust(ENTRY, b"\0")


@dataclass
class End:
    """Of a command."""

    x: tuple
    esr: int
    elr: int
    spsr: int
    far: int
    vector: int
    state: int  # of the handler

    @property
    def ec(self):
        return self.esr >> 26

    @property
    def passed(self):
        """It came to the SVC behind it."""
        return self.ec in (0x11, 0x15)

    @property
    def status(self):
        """Of a call: signed x0."""
        assert self.passed, self
        return self.x[0] - (self.x[0] >> 63 << 64)


def call(function, *arguments):
    return Command(HVC, (function, *arguments))


def load(address, size=4, **options):
    return Command(LOADS[size], (0x5A5A5A5A5A5A5A5A, address), **options)


def store(address, value, size=4, **options):
    return Command(STORES[size], (value, address), **options)


class Commanded:
    """A core of such a cell."""

    def __init__(self, running, cell, core=0):
        self.running, self.cell = running, cell
        self.list_ipa = build.symbol(ELF, "lists") + core * ENTRY * ENTRIES
        self.list = running.blueprint.cells[cell].stage2(self.list_ipa)

    def place(self, number=0):
        """Where a command of a list is executed."""
        return self.list_ipa + ENTRY * (1 + number)

    def device(self, kind):
        """Guest-physical address of an emulated device: of its first."""
        return next(ipa for ipa, _, found in self.running.blueprint.cells[self.cell].mmio if found == kind)

    def tell(self, *commands, gdb=None):
        """Begins to execute them; as soon as the machine goes on, where it stands still for gdb."""
        if gdb is None:
            qemu.wait_until(lambda: self.running.view.state(self.cell) in ("running", "ready"), f"{self.cell} runs")
            with gdbstub.attached(self.running.target) as own:
                return self.tell(*commands, gdb=own)
        assert len(commands) < ENTRIES
        data = b"".join(command.entry() for command in commands)
        for at in range(0, len(data), PACKET):
            gdb.write_physical(self.list + ENTRY + at, data[at : at + PACKET])
        return gdb.write_physical(self.list, struct.pack("<I", len(commands)))

    def ends(self, count):
        """How the commands ended that were told."""
        memory = self.running.target.read_memory
        qemu.wait_until(lambda: memory(self.list, 4) == bytes(4), f"{self.cell} is through")
        data = memory(self.list + ENTRY, count * ENTRY)
        words = [struct.unpack_from("<14Q", data, at + 128) for at in range(0, len(data), ENTRY)]
        return [End(row[:8], *row[8:]) for row in words]

    def do(self, *commands):
        """One or several; how it ended, or each of them."""
        self.tell(*commands)
        ends = self.ends(len(commands))
        return ends[0] if len(commands) == 1 else ends

    def call(self, function, *arguments):
        """Its status."""
        return self.do(call(function, *arguments)).status

    def calls(self, *several):
        """Statuses of calls, each a tuple."""
        self.tell(*(call(*one) for one in several))
        return [end.status for end in self.ends(len(several))]

    def second(self):
        """One goes by."""
        end = self.do(Command(TIME)).x[0] + FREQUENCY
        qemu.wait_until(lambda: self.do(Command(TIME)).x[0] > end, "a second is over")

    def start(self, core):
        """A sibling; itself."""
        mpidr = self.running.blueprint.cells[self.cell].cores[core].mpidr
        assert self.call(CPU_ON, mpidr, build.symbol(ELF, "secondary"), core) == OK
        return Commanded(self.running, self.cell, core)


def last_event(machine, cell):
    """(code, first argument) of the newest event in the ring of its first core: struct event_ring."""
    ring = machine.target.read_memory(machine.blueprint.cells[cell].cores[0].ring_pa, PAGE)
    (head,) = struct.unpack_from("<Q", ring, 8)
    code, _, _, argument = struct.unpack_from("<IHHQ", ring, 64 + 64 * ((head - 1) % 63) + 16)
    return code, argument


def image(config):
    """Of a partition file whose health cell is such a one, or another."""
    build.assemble(system.HERE / "cells/commanded.S", ELF, system.FOREIGN_BASE)
    return build.image(config)


@contextlib.contextmanager
def running(config, results, **options):
    with qemu.QemuTarget(results, **options) as target:
        of = system.System(target, image(config))
        target.load(of.fit)
        target.power("on")
        for cell in of.blueprint.cells:
            qemu.wait_until(lambda cell=cell: of.view.state(cell) in ("running", "ready"), f"{cell} runs")
        yield of

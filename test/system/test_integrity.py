# SPDX-License-Identifier: Apache-2.0
"""A bit that the debugger flips in what nobody writes is found within the time that the health cell has said, and resets the
machine; without one it says nothing, and others run as if nobody hashed. In virtual time.

[stest->swr~health-integrity~1]

Robustness: test_flipped
"""

import re
import struct

import pytest

import system
from harness import blueprint, build, directory, gdbstub, health, qemu

REBOOT = ["-action", "reboot=reset"]
IDENTITY = 32  # HV_SEG_IDENTITY: the trampoline, which cores run through once
IGNORED = 55  # of a descriptor: no hardware looks at it
UP = r"^health: integrity: (\d+) ranges, (\d+) bytes, a change is found within (\d+) ms\n"
FOUND = r"^health: integrity: (.+) at 0x([0-9a-f]+), (\d+) bytes: they aren't what they were\n"
POSITION = r"^integrity: passes=(\d+) errors=(\d+) position=(\d+)/(\d+) last_pass_ms=(\d+)\n"
SLACK = 4  # ms: two polls, to see the event and to tell it


def trampoline(system):
    for n in range(8):
        va, _, flags, _ = struct.unpack_from("<QQII", system.fit.kernel.data, blueprint.HV_HEADER + 56 + 24 * n)
        if flags & IDENTITY:
            return system.fit.kernel.load + (va - (1 << 38)) + 0x7FF, 0
    raise ValueError("bulkhead.bin has no trampoline")


def header(system):
    return system.blueprint.memory.base + system.blueprint.offset + 0x90, 7  # the board's name


def record(system):
    return system.blueprint.memory.base + system.blueprint.offset + system.blueprint.cells["bystander"].record_offset + 39, 5


def leaf(space, address):
    where, _, _ = space.leaf(address)
    return where + IGNORED // 8, IGNORED % 8


def stage2(system):
    cell = system.blueprint.cells["bystander"]
    return leaf(cell.stage2, cell.regions[0].ipa)


def el2(system):
    return leaf(system.blueprint.el2(2), blueprint.EL2_VA_CELL)


def tree(system):
    at = system.fit.kernel.data.rfind(b"\xd0\x0d\xfe\xed")
    return system.fit.kernel.load + at + 60, 2


def found(system):
    data = system.fit.kernel.data[system.blueprint.offset :]
    return directory.find(data), system.fit.kernel.load + system.blueprint.offset


def in_directory(system):
    here, base = found(system)
    return base + here.offset + 97, 1  # the version


def in_table(system):
    here, _ = found(system)
    return system.blueprint.cells["health"].stage2(here.integrity[0]) + 48 + 87, 3  # behind a name


def drawing(system):
    here, _ = found(system)
    return system.blueprint.cells["health"].stage2(here.svg[0]) + 100, 6


def stored(system):
    part = system.fit.loadables[-1]
    return part.load + len(part.data) - 1, 4


WHERE = {
    trampoline: "bulkhead.bin",
    header: "blueprint",
    record: "blueprint",
    stage2: "blueprint",
    el2: "blueprint",
    tree: "blueprint",
    in_directory: "directory",
    in_table: "table of ranges",
    drawing: "blueprint",
    stored: "bystander:image",
}
QUICK = trampoline, stage2, in_table, stored


@pytest.fixture(scope="module")
def machine():
    with qemu.QemuTarget(build.results_folder(__name__), extra=REBOOT, icount=qemu.ICOUNT) as target:
        yield system.System(target, system.image("reset")).start()


# [stest->swr~health-integrity~1]
@pytest.mark.parametrize("where", [pytest.param(where, marks=() if where in QUICK else pytest.mark.full, id=where.__name__)
                                   for where in WHERE])
def test_flipped(machine, where):
    """A bit flipped somewhere in a pass that is under way, after one that was good, is found."""
    start = machine.uart.text.rfind("health: integrity: ", 0, machine.uart.text.rfind("health: up"))
    bound = int(machine.uart.search(UP, since=start)[3])
    machine.wait_up("failing", "bystander", since=start)
    mark = machine.uart.mark()
    while int(machine.uart.search(POSITION, since=(mark := machine.health("integrity")))[1]) < 1:
        pass
    address, bit = where(machine)
    with gdbstub.attached(machine.target) as gdb:
        byte = machine.target.read_memory(address, 1)[0]
        flipped = machine.polled()
        gdb.write_physical(address, bytes([byte ^ 1 << bit]))
    told = machine.uart.search(FOUND, since=mark, never=system.HALTED)
    assert told[1] == WHERE[where]
    first, size = int(told[2], 16), int(told[3])
    assert where is in_table or first <= address < first + size
    machine.uart.search(r"^health: cell health: table-integrity: the machine is reset\n", since=told.end())
    after = machine.uart.search(r"^health: up", since=told.end(), never=system.HALTED)
    noted = health.events(machine.uart.text[mark : after.start()], cell="health", name="application")
    latency = 1000 * (noted[-1].time - flipped)
    assert 0 < latency <= bound + SLACK, f"{latency} ms, {bound} were said"
    machine.wait_up("failing", "bystander", since=after.start())
    assert machine.target.read_memory(address, 1)[0] == byte


# [stest->swr~health-integrity~1]
def test_quiet():
    """Three passes and no word; a cell that makes no exit makes none, and misses no deadline."""
    with system.running("safe", build.results_folder(f"{__name__}_quiet"), icount=qemu.ICOUNT) as running:
        running.wait_up("failing", "bystander")
        up = health.status_where(running.uart, lambda rows: rows["control"].state == "ready", "control is up", running.uart.mark())["control"]
        passes = 0
        while passes < 3:
            passes, errors, _, total, _ = map(int, running.uart.search(POSITION, since=running.health("integrity")).groups())
            assert errors == 0
        assert total == int(re.search(UP, running.uart.text, re.M)[2])
        rows = health.status_where(running.uart, lambda rows: rows["control"].ticks > 0, "control", running.uart.mark())
        # While cells come up QEMU's cores take turns longer than a tick: what control missed then isn't counted.
        assert (rows["control"].exits, rows["control"].missed, rows["control"].restarts) == (0, up.missed, 0)
        assert not re.search(FOUND, running.uart.text, re.M)

# SPDX-License-Identifier: Apache-2.0
"""What a forbidden access costs by the partition file: nothing, an external abort in the guest, its life, or the machine's;
and how such an abort arrives: Arm ARM D1.3 and D24.2.40.

[stest->swr~fault-costs-its-cell~1] [stest->swr~guest-exceptions~1] [stest->swr~emulated-pages~1] [stest->swr~events-flood~2]

Robustness: all
"""

import struct

import pytest

import commanded
from commanded import APPLICATION_ERROR, BR_X1, EL0, EL0_A32, EL1H, EL1T, OK, Command, Commanded, call, load
from harness import build, gdbstub, qemu

NOWHERE = 0x10000000  # of no cell's address space
EXTERNAL, IL = 0x10, 1 << 25  # of ESR: DFSC or IFSC
INSTRUCTION, DATA = 0x20, 0x24  # its class; from EL1: one more
FLAGS = 0xA << 28  # N and C
PAIR = 0xA9400820  # LDP X0, X2, [X1]: no syndrome describes it
A32_LOAD, A32_BRANCH = 0xE5910000, 0xE12FFF11  # LDR R0, [R1]; BX R1
STATES = {"el0": EL0, "el1t": EL1T, "el1h": EL1H, "aarch32": EL0_A32}
VECTORS = {"el0": 0x400, "el1t": 0x000, "el1h": 0x200, "aarch32": 0x600}
SYNC_LOWER, SERROR_LOWER = 0x400, 0x580  # of a vector table: Arm ARM D1.4.1
CRASH_DUMPS = 32  # offset in struct crash_record
FORBIDDEN_ACCESS, APPLICATION = 2, 9  # enum bp_error
ACTIONS, LOG, COUNT = 160, 1, 6  # offset in struct bp_cell; enum bp_action
FAULT_X = 648  # offset in struct telemetry_core
RESTART = 1  # of CELL_CONTROL


@pytest.fixture(scope="module")
def machine():
    with commanded.running("commanded", build.results_folder(__name__)) as running:
        yield running


def last_fault(machine, cell):
    core = machine.view.core(cell)
    return core.fault_error, core.fault_action, core.fault_ipa


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", ["data", "instruction"])
def test_logged(machine, state, kind):
    """The guest's handler finds what a bus that refused the access would have made."""
    core, before = Commanded(machine, "logging"), machine.view.core("logging")
    aarch32 = state == "aarch32"
    word = {"data": (commanded.LOADS[4], A32_LOAD), "instruction": (BR_X1, A32_BRANCH)}[kind][aarch32]
    spsr = STATES[state] | FLAGS
    end = core.do(Command(word, (7, NOWHERE), spsr, commanded.SVC_A32 if aarch32 else commanded.SVC))
    ec = {"data": DATA, "instruction": INSTRUCTION}[kind] + (state in ("el1t", "el1h"))
    assert end.esr == ec << 26 | IL | EXTERNAL
    assert (end.vector, end.far, end.spsr, end.x[0]) == (VECTORS[state], NOWHERE, spsr, 7)
    assert end.elr == (NOWHERE if kind == "instruction" else core.place())
    after = machine.view.core("logging")
    assert (after.generation, after.fault_count) == (before.generation, before.fault_count + 1)
    assert last_fault(machine, "logging") == ("memory-violation", "log", NOWHERE)


def test_undescribed(machine):
    """An access to an emulated device that its syndrome doesn't describe is forbidden: logged, then ignored, which passes over it."""
    for cell, action in ("logging", "log"), ("ignoring", "ignore"):
        core = Commanded(machine, cell)
        uart = core.device(commanded.PL011)
        end = core.do(Command(PAIR, (7, uart, 8)))
        assert end.passed == (action == "ignore")
        assert (end.x[0], end.x[2]) == (7, 8)
        assert last_fault(machine, cell) == ("forbidden-access", action, uart)


def test_application(machine):
    """An error of its own that costs nothing: the call comes back."""
    for cell, action in ("logging", "log"), ("ignoring", "ignore"):
        assert Commanded(machine, cell).call(APPLICATION_ERROR, 42) == OK
        core = machine.view.core(cell)
        assert (core.fault_error, core.fault_action, core.fault_far, core.generation) == ("application-error", action, 42, 1)


def serror(machine, cell):
    """The debugger makes it of a call."""
    vectors = build.symbol(build.HYPERVISOR, "vectors")
    core = Commanded(machine, cell)
    with gdbstub.attached(machine.target) as gdb:
        core.tell(call(APPLICATION_ERROR, 42), gdb=gdb)
        gdb.change_at(machine.blueprint.cells[cell].cores[0].machine_core, vectors + SYNC_LOWER, "pc", vectors + SERROR_LOWER)
    return core


def test_serror(machine):
    """One that costs nothing: the guest goes on where it was, and its registers stay as they were. [stest->swr~serror-attributed~1]"""
    for cell, action in ("logging", "log"), ("ignoring", "ignore"):
        (end,) = serror(machine, cell).ends(1)
        assert end.passed and end.x[:2] == (APPLICATION_ERROR, 42)
        now = machine.view.core(cell)
        assert (now.fault_error, now.fault_action, now.generation) == ("serror", action, 1)


def test_flood(machine):
    """Faults that cost nothing are counted each, and told as far as a guest's share of events goes; so others' are seen."""
    for cell, command in ("logging", load(NOWHERE)), ("ignoring", call(APPLICATION_ERROR, 1)):
        before = machine.view.core(cell)
        Commanded(machine, cell).do(*[command] * 100)
        after = machine.view.core(cell)
        told, dropped = after.event_sequence - before.event_sequence, after.events_dropped - before.events_dropped
        assert after.fault_count == before.fault_count + 100
        assert told + dropped == 100 and dropped > 0


def test_serror_restarts(machine):
    """One that costs the cell its life, the health cell's own: all of the guest's registers are recorded, and it begins anew at once, alone.
    [stest->swr~serror-attributed~1]"""
    cell, others = "health", [machine.view.core(name).generation for name in ("logging", "ignoring")]
    before = machine.view.core(cell)
    core = serror(machine, cell)
    qemu.wait_until(lambda: machine.view.core(cell).generation == before.generation + 1, "it is restarted")
    now = machine.view.core(cell)
    assert (now.fault_error, now.fault_action, now.restart_cause, now.fault_count) == ("serror", "restart", "serror", before.fault_count + 1)
    assert now.exits == before.exits | {"serror": before.exits["serror"] + 1}  # at once, and not by the next exit
    x = struct.unpack("<31Q", machine.target.read_memory(machine.blueprint.cells[cell].cores[0].telemetry_pa + FAULT_X, 31 * 8))
    assert x[:2] == (APPLICATION_ERROR, 42)
    assert x[26:29] == (core.place(1), core.list_ipa, core.place())  # as commanded.S keeps them
    assert core.do(call(commanded.CELL_INFO, 2)).x[:2] == (OK, now.generation)
    assert [machine.view.core(name).generation for name in ("logging", "ignoring")] == others


@pytest.mark.parametrize("action", [COUNT, 0xFF])
def test_none_such(machine, action):
    """An action that the table can't have: the cell stops."""
    cell = machine.blueprint.cells["logging"]
    place = machine.fit.kernel.load + machine.blueprint.offset + cell.record_offset + ACTIONS + APPLICATION
    before = machine.view.core("logging")
    assert machine.target.read_memory(place, 1) == bytes([LOG])
    with gdbstub.attached(machine.target) as gdb:
        gdb.write_physical(place, bytes([action]))
        Commanded(machine, "logging").tell(call(APPLICATION_ERROR, 42), gdb=gdb)
    qemu.wait_until(lambda: machine.view.state("logging") == "stopped", "it is stopped")
    with gdbstub.attached(machine.target) as gdb:
        gdb.write_physical(place, bytes([LOG]))
    now = machine.view.core("logging")
    assert (now.restart_cause, now.generation, now.fault_count) == ("application-error", before.generation, before.fault_count + 1)
    assert (now.fault_error, now.fault_action, now.fault_far) == ("application-error", str(action), 42)
    assert Commanded(machine, "health").call(commanded.CELL_CONTROL, cell.index, RESTART, commanded.REQUEST) == OK
    qemu.wait_until(lambda: machine.view.core("logging").generation == before.generation + 1, "it is restarted")
    assert Commanded(machine, "logging").call(APPLICATION_ERROR, 42) == OK


# [stest->swr~health-own-actions~1]
def test_safe(machine):
    """The health cell's own: it stops, and with it all that aren't essential."""
    assert machine.view.state("ignoring") == machine.view.state("logging") == "running"
    Commanded(machine, "health").tell(load(NOWHERE))
    for cell, cause in ("health", "memory-violation"), ("logging", "request"):
        qemu.wait_until(lambda cell=cell: machine.view.state(cell) == "stopped", f"{cell} is stopped")
        assert machine.view.core(cell).restart_cause == cause
    assert Commanded(machine, "ignoring").call(APPLICATION_ERROR, 42) == OK
    assert machine.view.state("ignoring") == "running"


def test_stopped(machine):
    Commanded(machine, "ignoring").tell(load(NOWHERE))
    qemu.wait_until(lambda: machine.view.state("ignoring") == "stopped", "it is stopped")
    core = machine.view.core("ignoring")
    assert (core.restart_cause, core.restarts, core.generation) == ("memory-violation", 0, 1)
    assert last_fault(machine, "ignoring") == ("memory-violation", "stop", NOWHERE)


# [stest->swr~health-own-actions~1]
def test_reset(results):
    """The health cell's own: the machine is reset, and the next boot finds by whom and what for."""
    with commanded.running("commanded", results, extra=["-action", "reboot=reset"]) as machine:
        health = Commanded(machine, "health")
        health.tell(Command(PAIR, (7, health.device(commanded.GICD))))
        qemu.wait_until(machine.view.crash_time, "a boot after a dump")
        dump = machine.target.read_memory(machine.blueprint.crash_pa + CRASH_DUMPS, 24)
        assert struct.unpack_from("<4I", dump, 8)[1:] == (0, 0, FORBIDDEN_ACCESS)  # core, cell, error

# SPDX-License-Identifier: Apache-2.0
"""Errors that reset the machine: the health cell says why, then all starts over, from the loader on.

[stest->swr~health-reset~1]
[stest->swr~machine-reset~2]
[stest->swr~el2-exception-resets~2]
[stest->swr~crash-dump~1]
[stest->swr~crash-gathered~1]
[stest->swr~health-last-boot~1]
[stest->swr~el2-watchdog~1]

Robustness: test_exception_at_el2, test_stack_overflow, test_watchdog
"""

import re

import pytest

import system
from harness import build, gdbstub, qemu, telemetry
from harness.blueprint import EL2_VA_TEXT

LOADER = {"u-boot": r"^U-Boot 20", "el3": r"^NOTICE:  BL31: "}
ERRORS = ("application-error 1", "application-error"), ("beat 0", "heartbeat-missed")
LOWER_EL_SYNC = 0x400  # of VBAR_EL2
DATA_ABORT_AT_EL2, WRITE = 0x25, 1 << 6  # of ESR_EL2: Arm ARM D24.2.40
BRK = (0xD4200000).to_bytes(4, "little")
REBOOT = ["-action", "reboot=reset"]  # of other tests a reset ends the machine


def boots(running, mark=0):
    """What the health cell says of the boot that it is up after: (boots, of which ended with a dump, the lines of the last)."""
    up = running.uart.search(r"^health: boot (\d+) since power-on, (\d+) ended with a dump\n", since=mark, never=system.HALTED)
    running.uart.search(r"^event: ", since=up.end())
    said = running.uart.text[up.end() :].split("\nevent: ")[0]
    return int(up[1]), int(up[2]), re.findall(r"^health: last boot: (.*)$", said, re.M)


# [stest->swr~health-reset~1]
@pytest.mark.parametrize("start", ["u-boot", "el3"])
def test_reset(results, start):
    """By an error that EL2 sees, then, where that is quick, by one that the health cell sees. The next boot tells of both."""
    disk = build.disk("reset")
    with qemu.QemuTarget(results, el3=start == "el3", extra=REBOOT) as target:
        running = system.System(target, system.image("reset")).start(disk)
        for count, (command, error) in enumerate(ERRORS[: 2 if start == "u-boot" else 1], 1):
            running.wait_up("failing", "bystander")
            mark = running.send("failing", command)
            why = rf"^health: cell failing: {error}: the machine is reset\n"
            mark = running.uart.search(why, since=mark, never=system.HALTED).end()
            running.uart.search(LOADER[start], since=mark)
            running.uart.search(r"^health: up", since=mark, never=system.HALTED)
            *counts, lines = boots(running, mark)
            assert counts == [count + 1, count]
            assert [re.sub(r"^\d+\.\d{3} ", "", line) for line in lines] == [f"core=0 cell=failing {error} detail=0x0"]
            running.wait_up("failing", "bystander", since=mark)
            assert running.generation("failing") == running.generation("bystander") == 1


# [stest->swr~el2-exception-resets~2]
def test_exception_at_el2(results):
    """What EL2 does for synchronous exits becomes a breakpoint instruction, set from outside: the error itself is simulated.
    The next life has the dump, the one after it has not."""
    with qemu.QemuTarget(results, extra=REBOOT) as target:
        running = system.System(target, system.image("injected")).start(build.disk("injected"))
        assert boots(running) == (1, 0, [])
        running.wait_up("attacker", "victim")
        mark = running.uart.mark()
        with gdbstub.attached(target) as gdb:
            offset = gdb.register(1, "VBAR_EL2") - EL2_VA_TEXT + LOWER_EL_SYNC
            gdb.write_physical(running.fit.kernel.load + offset, BRK)
        running.send("victim", "checksum")  # a hypercall of the health cell; others' exits are for interrupts
        told = running.uart.search(r"^bulkhead: exception at EL2 on core (\S+) vector 4 esr 0xf2000000 elr (\S+) .*\n", since=mark)
        running.uart.search(LOADER["u-boot"], since=told.end())
        running.uart.search(r"^health: up", since=told.end(), never=system.HALTED)
        count, ended, lines = boots(running, told.end())
        assert (count, ended, len(lines)) == (2, 1, 1)
        dump = re.fullmatch(
            r"\d+\.\d{3} core=0 cell=health exception-at-el2 vector=4 esr=0xf2000000 elr=(\S+) far=\S+ sp=(\S+)", lines[0]
        )
        assert int(dump[1], 16) == int(told[2], 16) == EL2_VA_TEXT + offset
        assert int(dump[2], 16) >> 30 == 0x4040000000 >> 30
        running.wait_up("attacker", "victim", since=told.end())
        mark = running.uart.mark()
        target.monitor("system_reset")
        running.uart.search(r"^health: up", since=mark, never=system.HALTED)
        assert boots(running, mark) == (3, 1, ["ended without a dump"])


# [stest->swr~el2-exception-resets~2]
def test_stack_overflow(results):
    """EL2's stack of a core is at its end when the core enters EL2: the guard page below stops it, and there is a dump all the same."""
    with qemu.QemuTarget(results, extra=REBOOT) as target:
        running = system.System(target, system.image("injected")).start(build.disk("injected")).wait_up("attacker", "victim")
        stack = build.symbol(build.HYPERVISOR, "stack_start")
        core = running.blueprint.cells["attacker"].cores[0].machine_core
        mark = running.send("attacker", "sharp event 1")
        running.uart.search(r"^\[attacker\] probe: > event", since=mark)
        with gdbstub.attached(target) as gdb:
            gdb.change_at(core, gdb.register(core, "VBAR_EL2") + LOWER_EL_SYNC, "sp", stack + 16)
        mark = running.uart.search(rf"^bulkhead: exception at EL2 on core {core:#x} ", since=mark).end()
        running.uart.search(LOADER["u-boot"], since=mark)
        running.uart.search(r"^health: up", since=mark, never=system.HALTED)
        count, ended, lines = boots(running, mark)
        assert (count, ended, len(lines)) == (2, 1, 1)
        dump = re.fullmatch(rf"\d+\.\d{{3}} core={core} cell=attacker exception-at-el2 vector=4 esr=(\S+) elr=\S+ far=(\S+) sp=(\S+)", lines[0])
        esr, far, sp = (int(text, 16) for text in dump.groups())
        assert esr >> 26 == DATA_ABORT_AT_EL2 and esr & WRITE
        assert stack - 0x1000 <= sp <= far < stack


HERE = (0x14000000).to_bytes(4, "little")  # a branch to itself


def hang(running, instruction=HERE):
    """Where the health cell's first core is, not in EL2, it stays, or comes upon another instruction."""
    cell, at = running.blueprint.cells["health"], EL2_VA_TEXT
    while at >= EL2_VA_TEXT:
        with gdbstub.attached(running.target) as gdb:
            at = gdb.register(cell.cores[0].machine_core, "pc")
            if at < EL2_VA_TEXT:
                gdb.write_physical(cell.stage2(at), instruction)


@pytest.mark.parametrize("end", ["hangs", "stopped"])
def test_watchdog(results, end):
    """The health cell takes interrupts, but its loop is at an end; or it is stopped, and nobody starts it again."""
    with qemu.QemuTarget(results, extra=REBOOT) as target:
        running = system.System(target, system.image("injected")).start(build.disk("injected")).wait_up("attacker", "victim")
        mark = running.uart.mark()
        if end == "stopped":
            running.health("stop health")
        else:
            hang(running)
        running.uart.search(LOADER["u-boot"], since=mark)
        running.uart.search(r"^health: up", since=mark, never=system.HALTED)
        count, ended, lines = boots(running, mark)
        assert (count, ended) == (2, 1)
        state = telemetry.CELL_STATES.index("ready" if end == "hangs" else "stopped")
        assert [re.sub(r"^\d+\.\d{3} ", "", line) for line in lines] == [f"core=0 cell=health watchdog detail={state:#x}"]
        running.wait_up("attacker", "victim", since=mark)

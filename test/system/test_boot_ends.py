# SPDX-License-Identifier: Apache-2.0
"""How a boot ends that can't go on: what is said, where something can be; then the machine is reset, and no cell was started.
An instruction takes 1 us of virtual time, so that 10 s are short.

[stest->swr~boot-refusal-resets~1]

Robustness: all
"""

import struct

import pytest

from changed_image import HEALTHY, MEMORY, NOBODY, Image
from harness import blueprint, build, gdbstub, qemu

QUICK = "shift=10"
HV_CONSOLE_KIND = blueprint.HV_HEADER + 48  # struct hv_header
HV_SECONDARY = blueprint.HV_HEADER + 24
CRASH_VA, CORES = 424, 112  # struct bp_header
CELL_CRASH_VA = 536  # struct bp_cell
CRASH_MAGIC, CRASH_EXCEPTION = 0x3130485341524342, 1  # struct crash_dump
UARTFR, TXFF = 0x18, 1 << 5  # of a PL011
BRANCH_TO_ITSELF = 0x14000000
EXCEPTION = r"^bulkhead: exception at EL2 on core 0x{core:x} vector 4 "
RESET = r"^bulkhead: the machine is reset in 10 s\n"


def ended(target):
    """QEMU ends where the machine would be reset."""
    qemu.wait_until(lambda: not target.running(), "the machine is reset")


def test_without_a_console(results):
    """A damaged image of a board that has none: it says nothing."""
    image = Image("injected")
    image.kernel.data[HV_CONSOLE_KIND] = 0
    image.kernel.data[image.blueprint.offset + blueprint.HEADER_DIGEST] ^= 1
    with qemu.QemuTarget(results, icount=QUICK) as target:
        target.load(image.fit)
        target.power("on")
        ended(target)
        assert target.console().text == ""


def test_exception_of_the_boot(results):
    """Nothing answers where the crash-audit area is. [stest->swr~el2-exception-resets~2]"""
    image = Image("injected")
    image.move(image.read(None, CRASH_VA), NOBODY)
    with image.target(results, icount=QUICK) as target:
        target.power("on")
        target.console().expect(EXCEPTION.format(core=0), never=HEALTHY)
        target.console().expect(RESET, never=HEALTHY)
        ended(target)


def stopped(image, results):
    """A machine before its first instruction."""
    return image.target(results, icount=QUICK, extra=["-S"])


def test_exception_before_a_core_knows_its_cell(results):
    """[stest->swr~el2-exception-resets~2]"""
    image, core = Image("injected"), 3
    with stopped(image, results) as target:
        target.power("on")
        with gdbstub.attached(target) as gdb:
            gdb.change_at(core, build.symbol(build.HYPERVISOR, "core_start"), "pc", 0)
        target.console().expect(EXCEPTION.format(core=core))
        target.console().expect(RESET)
        ended(target)


def test_core_that_never_arrives(results):
    """Firmware has started it, so it says. [stest->swr~boot-gate~1]"""
    image, core = Image("injected"), 2
    entry = image.kernel.load + int.from_bytes(image.kernel.data[HV_SECONDARY : HV_SECONDARY + 8], "little")
    loop = ["-device", f"loader,addr={MEMORY:#x},data={BRANCH_TO_ITSELF:#x},data-len=4"]
    with image.target(results, icount=QUICK, extra=["-S", *loop]) as target:
        target.power("on")
        with gdbstub.attached(target) as gdb:
            gdb.change_at(core, entry, "pc", MEMORY)
        target.console().expect(rf"^bulkhead: core {core} was started, but does not arrive at EL2\n", never=HEALTHY)
        ended(target)


@pytest.mark.parametrize("lacks", ["nothing", "console", "room", "crash-area"])
def test_exception_of_a_core(results, lacks):
    """The machine is reset, also where it can't be told, since where the console is there is nothing, or it never has room, and on a board that
    has no memory for a dump; where there is, the dump is there before the console is written. [stest->swr~el2-exception-resets~2]"""
    image = Image("injected")
    victim = image.blueprint.cells["victim"]
    core = victim.cores[0].machine_core
    if lacks == "console":
        image.move(blueprint.EL2_VA_UART, NOBODY, image.blueprint.el2(core))
    if lacks == "room":
        image.move(blueprint.EL2_VA_UART, MEMORY, image.blueprint.el2(core))
    if lacks == "crash-area":
        image.write(None, victim.record_offset + CELL_CRASH_VA, 0)
    full = ["-device", f"loader,addr={MEMORY + UARTFR:#x},data={TXFF},data-len=4"]
    # Where an instruction takes 1 us other cells come too late to write into the line; a wait for room would take a minute.
    with image.target(results, icount=None if lacks == "room" else QUICK, extra=["-S", *full]) as target:
        target.power("on")
        with gdbstub.attached(target, dies=True) as gdb:
            gdb.change_at(core, build.symbol(build.HYPERVISOR, "smccc_call"), "pc", 0)
            gdb.run_to(core, [build.symbol(build.HYPERVISOR, "firmware_call")])
            kept = target.read_memory(image.blueprint.crash_pa + blueprint.PAGE * (1 + core), 16)
        ended(target)
        assert (kept == struct.pack("<QII", CRASH_MAGIC, CRASH_EXCEPTION, core)) == (lacks != "crash-area")
        assert (EXCEPTION[1:].format(core=core) in target.console().text) == (lacks not in ("console", "room"))

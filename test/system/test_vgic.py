# SPDX-License-Identifier: Apache-2.0
"""The interrupt controller as a cell has it, case by case (cells/exact), in both interrupt modes.

[stest->swr~gic-state-merged~1] [stest->swr~gicd-group-disabled~1] [stest->swr~inject-through-list-registers~1]
[stest->swr~gicd-filtered~1] [stest->swr~gicr-filtered~1] [stest->swr~irouter-own-cores~1]
[stest->swr~psci-cpu-off~1]
"""

import contextlib
import re
import struct
import time

import pytest

import system
from changed_image import Image
from harness import blueprint, build, cpu, gdbstub, qemu

ALWAYS = """
distributor state-registers priorities widths any-register signed redistributor flood flood-upwards latecomer latecomer-in-handler
nested nested-deeper nested-middle nested-lowest nested-sgi nested-ended end-of-another second-arrival pended-twice clear-pending disable disable-level disable-active
set-active set-active-again clear-active sgi-by-halves kdump group sibling-pending sibling-active sibling-frame siblings-ask sibling-leaves
redistributor-of-one-off redistributor-of-sibling routes route route-in-flight random-in-flight hotplug hotplug-in-flight
""".split()
INJECTED = ["priority-mask", "binary-point", "binary-point-common", "ends-apart-in-turn", "deactivate-in-vain"]
PARKED = ["ends-apart", "ends-apart-sgi"]

RUNS = [
    ("injected", {}),
    ("injected", {"icount": qemu.ICOUNT}),
    ("injected", {"cpu": "cortex-a53"}),
    ("injected", {"cpu": "max"}),
    ("direct", {}),
    ("direct", {"icount": qemu.ICOUNT}),
]
CORE, SIBLING, CORES = 1, 2, 4  # exact's, as QEMU counts them


def all_good(running, cases, since=0):
    running.uart.search(r"^\[exact\] exact: end .*\n", since=since, never=system.HALTED)
    text = running.view.log("exact")
    lines = re.findall(r"^exact: (.*)$", text[text.rfind("exact: distributor") :] if since else text, re.M)
    assert not [line for line in lines if " BAD " in line]
    assert sorted(lines) == sorted([f"{case} ok" for case in cases] + [f"end cases={len(cases)} bad=0"])
    assert running.view.core("exact").faults == {}


@pytest.mark.parametrize("mode, options", RUNS, ids=["-".join([m, *o]) + o.get("cpu", "") for m, o in RUNS])
def test_exact(results, mode, options):
    with system.running(f"vgic-{mode}", results, **options) as running:
        all_good(running, ALWAYS + (INJECTED + PARKED if mode == "injected" else []))
        assert running.view.core("exact").generation == 1


@contextlib.contextmanager
def halted(results, image=None):
    """exact, before its first instruction; goes on from there by gdb."""
    with qemu.QemuTarget(results, extra=["-S"]) as target:
        running = system.System(target, image or system.image("vgic-injected"))
        target.load(running.fit)
        target.power("on")
        yield running


def symbol(name):
    return build.symbol(build.HYPERVISOR, name)


# ---- a CPU that QEMU has no model of ----

ICH_VTR_EL2 = "S3_4_C12_C11_1"
ICH_HCR_EL2, ICH_HCR_LRENPIE = "S3_4_C12_C11_0", 1 << 2
LOAD_WORD = 0x18000000  # LDR <Wt>, <label> (Arm ARM C6.2.189)
VTR = 4 << 29 | 4 << 26 | 1 << 23 | 1 << 21 | 3  # 5 bits of priority, 4 list registers; without TDS


def without_tds(folder):
    """An image for a CPU on which ICC_DIR_EL1 can't be made to trap alone: what EL2 knows of it is a word of its own text."""
    config = folder / "vgic-in-turn.dts"
    text = (build.CONFIGS / "vgic-injected.dts").read_text(encoding="utf-8")
    config.write_text(text.replace('image = "exact.elf";', 'image = "exact.elf"; bootargs = "in-turn";'), encoding="utf-8")
    image = Image(config)
    data = image.kernel.data
    word = build.symbol(build.HYPERVISOR, "trampoline_start") - blueprint.EL2_VA_TEXT - 4  # the padding of the text's last page
    assert not any(data[word - 4 : word + 4])
    struct.pack_into("<I", data, word, VTR)
    for at, (_, target) in cpu.places(bytes(data[:word]), cpu.MRS, [ICH_VTR_EL2], [0]).items():
        struct.pack_into("<I", data, at, LOAD_WORD | (word - at) // 4 << 5 | target)
    blueprint.rehash(image.kernel)
    return image.fit


def test_ends_in_turn(results):
    """No more are active at once than there are list registers, and each comes when another has ended."""
    with qemu.QemuTarget(results) as target:
        all_good(system.System(target, without_tds(results)).start(), ALWAYS + INJECTED)


AP1R = [f"S3_4_C12_C9_{n}" for n in range(4)]  # ICH_AP1R<n>_EL2, of which QEMU has the first


def levels_of(bits, number, found):
    """One of the registers of a CPU with so many bits of priority, where QEMU's is `found`."""
    step = 1 << bits - 5
    return sum(1 << bit for bit in range(0, 32, step) if found >> (32 * number + bit) // step & 1)


def one_register():
    """An image that reads QEMU's register in place of each, and its code before."""
    image = Image("vgic-injected")
    code = image.code
    at = next(iter(cpu.places(code, cpu.MRS, AP1R[:1], [0])))
    first = int.from_bytes(code[at : at + 4], "little") & ~31
    for at, (_, target) in cpu.places(code, cpu.MRS, AP1R, [0]).items():
        struct.pack_into("<I", image.kernel.data, at, first | target)
    blueprint.rehash(image.kernel)
    return image.fit, code


@pytest.mark.parametrize("bits, registers", [(6, {0, 1}), (7, {1, 2, 3})], ids=["6", "7"])
def test_bits_of_priority(results, bits, registers):
    """Which priorities run stands in more than one register: what EL2 reads is QEMU's, spread as theirs are. Those of 5 bits, as the
    distributor's, have every second level, or every fourth."""
    image, code = one_register()
    read = set()

    def spread(number):
        def change(found):
            read.add(number)
            return levels_of(bits, number, found)

        return change

    reads = {name: spread(number) for number, name in enumerate(AP1R)}
    reads[ICH_VTR_EL2] = lambda found: found & ~(0x3F << 26) | (bits - 1) << 29 | (bits - 1) << 26
    with halted(results, image) as running:
        with gdbstub.attached(running.target) as gdb:
            gdb.run_to(CORE, [symbol("core_on")])  # by the first case with a sibling; those whose interrupts nest come after
            gdb.step(CORE)
            cpu.Cpu(gdb, code, running.fit.kernel.load, CORE).run([symbol("core_on")], reads)  # by one whose sibling had left
        assert read == registers
        all_good(running, ALWAYS + INJECTED + PARKED)


# ---- a core that is late ----


def test_more_ends_than_parked(results):
    """Ends of what had a register's end before are counted, too, as many as EL2 is late for (ICH_HCR_EL2.EOIcount): those that are
    parked end by them, and when none is EL2 no longer asks for any."""
    with halted(results) as running:
        code = bytes(running.fit.kernel.data[: running.blueprint.offset])
        reads, writes = (cpu.places(code, kind, [ICH_HCR_EL2], [blueprint.EL2_VA_TEXT]) for kind in (cpu.MRS, cpu.MSR))
        behind = {at + 4: f"x{number}" for at, (_, number) in reads.items()}
        asked = []  # by the writes since the first read: whether a parked one's end is to come
        reads_seen = 0
        with gdbstub.attached(running.target) as gdb:
            while len(asked) < 100 and (True not in asked or asked[-1]):
                at = gdb.run_to(CORE, {*behind, *writes})
                if at in behind:
                    gdb.change(CORE, behind[at], gdb.register(CORE, behind[at]) | 31 << 27)
                    reads_seen += 1
                elif reads_seen:
                    asked.append(bool(gdb.register(CORE, f"x{writes[at][1]}") & ICH_HCR_LRENPIE))
        assert True in asked and not asked[-1]
        all_good(running, ALWAYS + INJECTED + PARKED)


def longest(running):
    """Seconds of the longest exit of exact's first core."""
    return running.view.core("exact").el2_ticks_max / int(re.search(r"timer (\d+) Hz", running.uart.text)[1])


def held_sibling(results, where, seconds):
    """Longest exit of a first core whose sibling is held there for so long."""
    with halted(results) as running:
        with gdbstub.attached(running.target) as gdb:
            gdb.run_to(SIBLING, [symbol(where)])
            with gdb.held(SIBLING, CORES):
                time.sleep(seconds)
        all_good(running, ALWAYS + INJECTED + PARKED)
        return longest(running)


def test_sibling_silent(results):
    """A core that doesn't answer is waited for at most 1 s; what is in none of its list registers is known without it."""
    assert 1 <= held_sibling(results, "vgic_query_answer", 4) < 3.5


def test_sibling_leaves(results):
    """One that is asked just before it is off is waited for until then."""
    assert 0.05 < held_sibling(results, "core_off", 0.1) < 1


def test_restarted_while_it_asks(results):
    """A core that waits for a sibling's answer leaves when its cell is to be restarted."""
    with system.running("vgic-injected", results) as running:
        mark = running.health("restart exact")
        running.uart.search(r"cell=exact start generation=2\n", since=mark)
        with gdbstub.attached(running.target) as gdb:
            gdb.run_to(SIBLING, [symbol("vgic_query_answer")])
            mark = running.health("restart exact")
            with gdb.held(SIBLING, CORES):
                qemu.wait_until(lambda: running.view.core("exact").core_state != "running", "the first core waits no more")
        mark = running.uart.search(r"cell=exact start generation=3\n", since=mark).end()
        all_good(running, ALWAYS + INJECTED + PARKED, since=mark)
        assert longest(running) < 1

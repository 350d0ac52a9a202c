# SPDX-License-Identifier: Apache-2.0
"""The second measure of the bench: every instruction that a core executes of the hypervisor's image, seen by a TCG
plugin (trace.c) and not by the guest's counter. It also says what an instruction count hides: system-register
accesses, barriers, cache lines."""

import pathlib
import re
import shutil
import struct
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import bench_cell
from harness import blueprint, build, fit, plugin, qemu

HERE = pathlib.Path(__file__).resolve().parent
ELF = build.BUILD / "hv/bulkhead.elf"
BINARY = build.BUILD / "bulkhead.bin"
LINE = 64


def kind(code):
    """What an instruction is, where that matters (Arm ARM C4.1.87: system instructions)."""
    if code & 0xFFD00000 == 0xD5100000:  # MRS, MSR (register): op0 is 2 or 3
        return "sysreg"
    if code & 0xFFFFF01F == 0xD503301F:  # CRn 3: DSB, DMB, ISB, SB by op2
        return "barrier" if code >> 5 & 7 in (4, 5, 6, 7) else "other"
    if code & 0xFFF80000 == 0xD5080000:  # SYS: CRn 8 TLBI, CRn 7 DC and IC
        return {8: "tlbi", 7: "cache"}.get(code >> 12 & 15, "other")
    return "other"


@dataclass
class Window:
    """What happened between two marks, by core."""

    code: dict = field(default_factory=lambda: defaultdict(Counter))  # core -> offset -> count
    lines: dict = field(default_factory=lambda: defaultdict(set))
    device: Counter = field(default_factory=Counter)

    def instructions(self, core=None):
        return sum(n for c, counts in self.code.items() if core in (None, c) for n in counts.values())


@dataclass
class Cost:
    instructions: int
    per_core: dict
    entries: int
    system_registers: int
    barriers: int
    tlb_invalidations: int
    cache_maintenance: int
    code_lines: int
    data_lines: int
    device_accesses: int


class Image:
    """The hypervisor's text as the linker left it."""

    def __init__(self):
        self.data = BINARY.read_bytes()
        output = subprocess.run([f"{build.CROSS}nm", "-n", ELF], capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in output.splitlines()]
        self.symbols = {name: int(value, 16) for value, _, name in rows}
        self.link = self.symbols["text_start"]
        self.size = self.symbols["image_file_size"]
        text = [(int(value, 16), name) for value, kind_, name in rows if kind_ in "tT" and not name.startswith("$")]
        # The vectors of exceptions from a lower level, AArch64 and AArch32 (Arm ARM D1.4.2).
        self._entries = range(self.symbols["vectors"] + 0x400 - self.link, self.symbols["vectors"] + 0x800 - self.link, 0x80)
        self._functions = [(at - self.link, name) for at, name in text if 0 <= at - self.link < self.size]

    def opcode(self, offset):
        return struct.unpack_from("<I", self.data, offset)[0]

    def function(self, offset):
        name = "?"
        for at, function in self._functions:
            if at > offset:
                break
            name = function
        return name

    def cost(self, window):
        kinds = Counter()
        lines = set()
        for core, counts in window.code.items():
            for offset, count in counts.items():
                kinds[kind(self.opcode(offset))] += count
                lines.add((core, offset // LINE))
        return Cost(
            instructions=window.instructions(),
            per_core={core: window.instructions(core) for core in sorted(window.code)},
            entries=sum(counts[offset] for counts in window.code.values() for offset in self._entries),
            system_registers=kinds["sysreg"],
            barriers=kinds["barrier"],
            tlb_invalidations=kinds["tlbi"],
            cache_maintenance=kinds["cache"],
            code_lines=len(lines),
            data_lines=sum(len(lines) for lines in window.lines.values()),
            device_accesses=sum(window.device.values()),
        )


def parse(path):
    """The windows of a trace file, in order; one without its end is not there."""
    windows, window = [], None
    for line in path.read_text().splitlines():
        what, *numbers = line.split()
        if what == "window":
            window = Window()
        elif what == "code":
            window.code[int(numbers[0])][int(numbers[1], 16)] = int(numbers[2], 16)
        elif what == "line":
            window.lines[int(numbers[0])].add(int(numbers[1], 16))
        elif what == "device":
            window.device[int(numbers[0])] = int(numbers[1], 16)
        elif what == "end":
            windows.append(window)
    return windows


def _target(image, folder, out, *options, **settings):
    load = image.kernel.load
    text = Image()
    arguments = f"link={text.link:#x},load={load:#x},size={text.size:#x},out={out}"
    extra = ["-plugin", ",".join([str(plugin.compiled(HERE / "trace.c", build.BUILD / "bench/trace.so")), arguments, *options])]
    return qemu.QemuTarget(folder, extra=extra, **settings)


def operations(name, out, icount=None):
    """Boots a configuration; name of the operation -> its windows."""
    image = fit.Fit(bench_cell.config(name, out))
    trace = out / name / "trace.txt"
    with _target(image, out / name / "trace-run", trace, icount=icount) as target:
        target.load(image)
        target.power("on")
        text = bench_cell.wait_done(target)
    windows = parse(trace)
    found = {}
    for operation, first, count in bench_cell.WINDOWS.findall(text):
        found[operation] = windows[int(first) : int(first) + int(count)]
        if len(found[operation]) != int(count):
            raise RuntimeError(f"{operation}: {len(found[operation])} windows in the trace instead of {count}")
    return found


BOOT_KINDS = {  # what of the boot grows with memory: functions, by the names that the compiler knows
    "hash": re.compile(r"^(arch_)?sha256|^blocks?_add$"),
    "zero": re.compile(r"^arch_zero$|^zero_"),
    "copy": re.compile(r"^copy$"),
    "clean": re.compile(r"^arch_cache_clean|^cache_"),
}
# Turns of the loops that wait for other cores are no work, and as many as the host makes them.
BOOT_WAIT = re.compile(r"_gather$")
CLOCK = "arch_time"  # their calls of it are waiting, too; it has no branches


@dataclass
class Boot:
    instructions: int  # of the boot core, from its entry to its guest's first instruction, without the waiting
    waiting: int
    by_kind: dict  # of these: kind -> instructions
    bytes: dict  # kind -> bytes treated
    by_function: Counter


def _chains(offsets, link):
    """offset -> names of the functions that the instruction belongs to, innermost first: inlined ones, too."""
    addresses = "\n".join(f"{link + offset:#x}" for offset in offsets)
    tool = [f"{build.CROSS}addr2line", "-a", "-f", "-i", "-e", ELF]
    output = subprocess.run(tool, input=addresses, capture_output=True, text=True, check=True).stdout
    chains, chain = {}, None
    for line in output.splitlines():
        if line.startswith("0x"):
            chain = chains[int(line, 16) - link] = []
            names = True
        elif names:
            chain.append(line)
            names = False
        else:
            names = True
    return chains


def called(offset, code):
    """Where a BL goes (Arm ARM C6.2.36); else None."""
    if code >> 26 != 0b100101:
        return None
    return offset + 4 * ((code & 0x3FFFFFF) - ((code & 0x2000000) << 1))


def waiting(counts, chains, image):
    """offset -> how often that instruction was waiting: it is in a function that waits, or in the clock's, as often as
    it is called from there."""
    found = Counter({offset: count for offset, count in counts.items() if any(map(BOOT_WAIT.search, chains[offset]))})
    clock = image.symbols[CLOCK] - image.link
    calls = sum(count for offset, count in found.items() if called(offset, image.opcode(offset)) == clock)
    return found + Counter({offset: calls for offset in counts if image.function(offset) == CLOCK})


def stored(code):
    """Bytes that an instruction stores: STP, STR in their forms, DC ZVA (Arm ARM C4.1.94)."""
    if code & 0x3A400000 == 0x28000000:  # pairs
        return {0: 8, 2: 16}[code >> 30]
    if code & 0x3AC00000 == 0x38000000:
        return 1 << (code >> 30)
    return LINE if code & 0xFFFFFFE0 == 0xD50B7420 else 0


def boot(itb, folder):
    """The boot core from the image's entry to the first instruction of its guest."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    parts = fit.Fit(itb)
    trace = folder / "trace.txt"
    with _target(parts, folder / "run", trace, "boot=on") as target:
        target.load(parts)
        target.power("on")
        qemu.wait_until(lambda: trace.read_text().endswith("end\n"), "the boot core's guest starts")
    (window,) = parse(trace)
    counts = window.code[0]
    image = Image()
    chains = _chains(sorted(counts), image.link)
    kinds, treated, functions = Counter(), Counter(), Counter()
    waits = waiting(counts, chains, image)
    for offset, count in counts.items():
        functions[chains[offset][0]] += count
        count -= waits[offset]
        for kind_, names in BOOT_KINDS.items():
            if any(names.match(name) for name in chains[offset]):
                kinds[kind_] += count
                code = image.opcode(offset)
                # Cache maintenance is by line, zeroing and copying by what is stored; hashing is counted below.
                treated[kind_] += count * (LINE if kind_ == "clean" and kind(code) == "cache" else stored(code))
                break
    treated["hash"] = hashed_bytes(parts)
    waited = sum(waits.values())
    return Boot(window.instructions(0) - waited, waited, dict(kinds), dict(treated), functions)


def hashed_bytes(parts):
    """What the boot core hashes: the blueprint, and its cell's images."""
    plan = blueprint.Blueprint(parts.kernel)
    cell = next(cell for cell in plan.cells.values() if cell.cores[0].machine_core == 0)
    return plan.size + cell.image_bytes

# SPDX-License-Identifier: Apache-2.0
"""The object-code check: which instructions of the shipped image the system tests execute, and which ways its conditional branches go.
What a compiler adds to a source's branches is seen here, and so are assembly and calls; how long exits were: exit_paths.py."""

import collections
import json
import os
import re
import shutil
import subprocess
import sys

from bundle import static_paths

from . import exit_paths, records, tags
from .llvm import COVER, ROOT

sys.path.insert(0, str(ROOT / "test"))

from harness import executed, plugin  # noqa: E402  (needs the path above)
from harness.blueprint import EL2_VA_TEXT  # noqa: E402

WHOLE, SOME = COVER / "object-code", COVER / "object-code-some"  # of all tests that count, of those that were asked for
ELF = ROOT / "build/hv/bulkhead.elf"
CROSS = os.environ.get("HV_CROSS", "aarch64-linux-gnu-")
RUN = WHOLE / "run"  # of `make check`, whose machines were looked at
COUNTED = ("instructions", "executed", "padding", "ways", "ways_gone", "calls", "calls_made")
EXECUTED, TAKEN, FALLEN = 1, 2, 4  # executed.c
LINE = re.compile(r"^\s*([0-9a-f]+):\t[0-9a-f]{8}\s+(\S+)\s*(.*)$")
FUNCTION = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
NAMED = re.compile(r"\b([0-9a-f]+) <[^>]+>$")
ENDS = ("b", "br", "ret", "eret")  # nothing goes on behind one of these
SLOT, VECTORS = 128, 2048  # bytes of a vector and of the table of them (Arm ARM D1.4.1)
SAVED = ("elr_el2", "spsr_el2")  # what each CPU has
CLASSES = {  # of instructions that weren't executed, by what they are and where they stand; an earlier one goes before a later one
    "barrier": "barriers behind an exception return, against speculation: no core comes to them",
    "vector": "in the table of vectors: exceptions that no test brings about, such as of a guest's 32-bit programs and of EL2's own errors",
    "register": "accesses to list registers, priorities and features of a CPU that the emulated one lacks, or to ID registers that no test asked for",
    "other": "elsewhere: where C has counters, the gap of its line has the reason",
}
CONDITIONAL = re.compile(r"b\.\w+|cbn?z|tbn?z")


def instructions():
    """(function, offset in the image, mnemonic, operands) of each of .text and .trampoline; literals and padding aren't."""
    sections = [word for name in (".text", ".trampoline") for word in ("-j", name)]
    text = subprocess.run([f"{CROSS}objdump", "-d", *sections, ELF], check=True, capture_output=True, text=True).stdout
    function = None
    for line in text.splitlines():
        if found := FUNCTION.match(line):
            function = found[2]
        elif (found := LINE.match(line)) and found[2] not in (".word", ".inst", "udf"):
            yield function, int(found[1], 16) - EL2_VA_TEXT, found[2], found[3].split("//")[0].strip()


def prepare(out=WHOLE):
    """Variables of a pytest whose machines are looked at."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    plugin.compiled(ROOT / "test/harness/executed.c", out / executed.PLUGIN)
    listed = static_paths.functions(static_paths.disassembly(ELF))
    waits = static_paths.waiting(listed, static_paths.read(static_paths.LOOPS)["loops"], static_paths.lines_of(ELF))
    addresses = {of.name: of.start for of in listed.values()}
    (out / executed.MARKS).write_bytes(exit_paths.marks(addresses, EL2_VA_TEXT, executed.IMAGE.stat().st_size, waits))
    return {executed.VARIABLE: str(out)}


def run_tests(tests, out):
    environment = {**os.environ, **prepare(out), **records.to(out / "records")}
    side_by_side = ["-p", "xdist", f"-n{min(os.cpu_count(), 4)}", "--dist=loadfile"]
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={out / 'tests.xml'}", *side_by_side]
    return subprocess.run([*pytest, *(tests or [f"test/{suite}" for suite in executed.SUITES])], cwd=ROOT, env=environment, check=False).returncode


def seen(out):
    """(what was noted of each instruction, the paths of exits, machines that counted)"""
    rows = [json.loads(line) for line in (out / executed.INDEX).read_text(encoding="utf-8").splitlines()]
    counted = [row for row in rows if row["test"] and tags.file_counts(row["test"])]
    size, paths = executed.IMAGE.stat().st_size, []
    together = 0
    for row in counted:
        data = (out / row["file"]).read_bytes()
        together |= int.from_bytes(data[: size // 4], "little")
        paths += exit_paths.paths(data, size) if row.get("exits") else []
    return together.to_bytes(size // 4, "little"), paths, len(counted)


def dead(listed):
    """(offsets of NOPs that fill up, offsets of barriers): behind what nothing goes on from, up to whatever a symbol, a branch or an
    address names, or a vector may begin at. A barrier there is meant: against speculation."""
    named = {int(found[1], 16) - EL2_VA_TEXT for _, _, _, operands in listed if (found := NAMED.search(operands))}
    padding, barriers, ended, before = set(), set(), False, (None, 0)
    for function, offset, mnemonic, _ in listed:
        ended = ended and before == (function, offset - 4) and offset not in named and offset % SLOT != 0
        if ended and mnemonic == "nop":
            padding.add(offset)
        elif ended and mnemonic in ("dsb", "isb"):
            barriers.add(offset)
        else:
            ended = mnemonic in ENDS
        before = function, offset
    return padding, barriers


def kind(offset, mnemonic, operands, barriers, table):
    """Of CLASSES. table: offset of the vectors."""
    if offset in barriers:
        return "barrier"
    if table is not None and table <= offset < table + VECTORS:
        return "vector"
    return "register" if mnemonic in ("mrs", "msr") and not any(name in operands for name in SAVED) else "other"


def leaves(function, operands):
    """A jump to another function's first instruction: a call in the place of a return."""
    target = re.search(r"<([^>+]+)>$", operands)
    return bool(target) and target[1] != function


def judged(noted):
    """Of each function: instructions, branches, calls, and what of them was executed; and every gap. [impl->swr~object-code-seen~1]"""
    functions, listed = collections.OrderedDict(), list(instructions())
    padding, barriers = dead(listed)
    table = next((offset for function, offset, _, _ in listed if function == "vectors"), None)
    for function, offset, mnemonic, operands in listed:
        if function not in functions:
            functions[function] = {**dict.fromkeys(COUNTED, 0), "classes": dict.fromkeys(CLASSES, 0), "gaps": []}
        of, byte = functions[function], noted[offset // 4] if offset // 4 < len(noted) else 0
        if offset in padding and not byte & EXECUTED:
            of["padding"] += 1
            continue
        of["instructions"] += 1
        of["executed"] += byte & EXECUTED
        if not byte & EXECUTED:
            of["classes"][kind(offset, mnemonic, operands, barriers, table)] += 1
            of["gaps"].append(f"{offset:#x}: {mnemonic} {operands}".strip())
        if CONDITIONAL.fullmatch(mnemonic):
            gone = bool(byte & TAKEN) + bool(byte & FALLEN)
            of["ways"] += 2
            of["ways_gone"] += gone
            if byte & EXECUTED and gone < 2:
                of["gaps"].append(f"{offset:#x}: {mnemonic} {operands} never {'taken' if byte & FALLEN else 'fell through'}")
        elif mnemonic in ("bl", "blr") or (mnemonic == "b" and leaves(function, operands)):
            of["calls"] += 1
            of["calls_made"] += byte & EXECUTED
    return functions


def looked_at(run):
    """The machines that were looked at are those of this run of `make check`."""
    RUN.write_text(run)


def measure(tests=(), run=None):
    """Of these tests, or of what `make check` ran, where that was looked at, or of all tests that count, which run now."""
    out = SOME if tests else WHOLE
    of_run = run and RUN.is_file() and RUN.read_text() == run
    status = 0 if of_run else run_tests(list(tests), out)
    noted, paths, machines = seen(out)
    functions = judged(noted)
    total = {key: sum(of[key] for of in functions.values()) for key in COUNTED}
    return {
        "what": "shipped image, executed in QEMU",
        "status": status,  # of the tests that were run for this alone
        "machines": machines,
        "total": total,
        "classes": {name: {"count": sum(of["classes"][name] for of in functions.values()), "what": what} for name, what in CLASSES.items()},
        "exits": exit_paths.longest(paths),
        "functions": functions,
    }

# SPDX-License-Identifier: Apache-2.0
"""Host code with counters: the tool, run by the configuration tests (counted.py), and the unit tests' binaries. Each process adds to the raw
profile of its binary when it ends. Fuzzing and mutants don't count, nor does a test that names no requirement, nor a binary that has one."""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import trace_cases

from . import records, tags
from .llvm import COVER, FLAGS, ROOT, built, by_file, export, html, merge

OUT = COVER / "host"
RAW = OUT / "raw"
RECORDS = OUT / "records"
TOOL = OUT / "bulkhead"
PROFILE = OUT / "bulkhead.profdata"
PARTS = ("src/auditor", "src/blueprint", "src/compiler", "src/log", "src/evidence")
GOAL_PARTS = ("src/auditor", "src/blueprint")
NOT_COUNTED = re.compile(r"mutation|mutants|fuzz")
SUITES = ["test/configs", "test/evidence/test_verify.py", "test/evidence/test_verify_hostile.py"]
MAKE = ["make", "--no-print-directory", f"-j{os.cpu_count()}"]
LEFT_OUT = "not no_room"  # where a file has no room, a process has none for its counters either, and says so


def _units():
    """Unit tests of what the tool is made of: their binaries, where each of their tests names a requirement."""
    for source in sorted((ROOT / "test/unit").glob("*/test_*.c")):
        unit = source.parent
        made_of = (unit / "unit.mk").read_text(encoding="utf-8") if (unit / "unit.mk").exists() else ""
        if not NOT_COUNTED.search(str(source.relative_to(ROOT))) and re.search(rf"({'|'.join(PARTS)})/", made_of) and _all_tagged(source):
            yield COVER / "unit" / unit.name / source.stem


def _all_tagged(source):
    names = [name for *_, name in trace_cases.read(source.name, source.read_text(encoding="utf-8")).tests]
    return bool(names) and all(tags.read(source, frozenset(names)).of(name) for name in names)


def build_tool():
    """Of all sources anew: see llvm.built()."""
    shutil.rmtree(OUT / "obj", ignore_errors=True)
    TOOL.unlink(missing_ok=True)
    variables = ["HOSTCC=clang-19", f"HOSTCFLAGS={FLAGS}", f"HOST_TOOL={TOOL.relative_to(ROOT)}", f"HOST_OUT={(OUT / 'obj').relative_to(ROOT)}"]
    return built([*MAKE, *variables, str(TOOL.relative_to(ROOT))], "the tool")


def run_units(units):
    """Names of those that failed. They are many and short: side by side."""
    built([*MAKE, *(str(unit.relative_to(ROOT)) for unit in units)], "unit tests")

    def fails(unit):
        counted = {"LLVM_PROFILE_FILE": str(RAW / f"{unit.parent.name}-{unit.name}-%2m.profraw")}
        return subprocess.run([unit], cwd=ROOT, env={**os.environ, **counted}, capture_output=True, check=False).returncode != 0

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [f"{unit.parent.name}/{unit.name}" for unit, bad in zip(units, pool.map(fails, units)) if bad]


def measure(tests=(), short=False):
    """As llvm.by_file() has it; short: unit tests alone."""
    units = list(_units())
    not_counted = [] if short else build_tool()
    shutil.rmtree(RAW, ignore_errors=True)
    RAW.mkdir(parents=True)
    bad = run_units(units)
    if not short:
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={OUT / 'tests.xml'}", "-p", "xdist"]
        side_by_side = [f"-n{min(os.cpu_count(), 4)}", "--dist=loadfile"]
        counted = {"BULKHEAD": str(TOOL.relative_to(ROOT)), "BULKHEAD_COVER_HOST": str(RAW / "tool-%4m.profraw"), "PYTHONPATH": str(ROOT / "scripts")}
        environment = {**os.environ, **counted, **records.to(RECORDS)}
        done = subprocess.run([*pytest, *side_by_side, "-p", "covering.counted", "-k", LEFT_OUT, *(tests or SUITES)], cwd=ROOT, env=environment, check=False)
        bad += [] if done.returncode == 0 else ["configuration tests"]
    merge(sorted(RAW.glob("*.profraw")), PROFILE)
    objects = units if short else [TOOL, *units]
    files, mismatched = export(PROFILE, objects)
    result = {
        "what": "host tool",
        "status": len(bad),
        "failed": bad,
        "units": len(units),
        "not_counted": not_counted,
        "verdicts": {} if short else records.verdicts(RECORDS),
        "files": by_file(files, PARTS),
        "mismatched": mismatched,
    }
    html(PROFILE, objects, PARTS, OUT / "html")
    return result


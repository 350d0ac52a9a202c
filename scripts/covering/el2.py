# SPDX-License-Identifier: Apache-2.0
"""The hypervisor that counts what it executes (HV_TOOLCHAIN=cover), run by the system tests; counters are read out of the machines'
memory (test/harness/cover.py)."""

import json
import os
import shutil
import subprocess
import sys

from . import left_out, records, tags
from .llvm import COVER, ROOT, built, by_file, export, html, merge

sys.path.insert(0, str(ROOT / "test"))

from harness import executed  # noqa: E402  (needs the path above)

RAW = COVER / "raw"
RECORDS = COVER / "records"
LEFT_OUT = COVER / "left-out.txt"  # tests that weren't run
ELF = COVER / "hv/bulkhead.elf"
PROFILE = COVER / "bulkhead.profdata"
SUITES = ["test/system", "test/attack/test_intruder.py"]
PARTS = left_out.PARTS


def build():
    """Of all sources anew: see llvm.built()."""
    shutil.rmtree(ELF.parent, ignore_errors=True)
    (COVER / "bulkhead.bin").unlink(missing_ok=True)
    places = built(["make", "--no-print-directory", f"-j{os.cpu_count()}", "hypervisor", "HV_TOOLCHAIN=cover"], "the hypervisor")
    for name in ("dts", "configs"):  # BULKHEAD_DATA is one folder
        (COVER / name).unlink(missing_ok=True)
        (COVER / name).symlink_to(ROOT / name)
    return places


def run_tests(tests, full):
    """pytest's exit status. tests: these alone, all of them; none: of all, those that show something of EL2."""
    shutil.rmtree(RAW, ignore_errors=True)
    LEFT_OUT.write_text("")
    environment = {**os.environ, **records.to(RECORDS), "BULKHEAD_DATA": str(COVER), "BULKHEAD_COVER": str(RAW), left_out.FILE: str(LEFT_OUT),
                   "PYTHONPATH": str(ROOT / "scripts")}  # fmt: skip
    side_by_side = ["-p", "xdist", f"-n{min(os.cpu_count(), 4)}", "--dist=loadfile"]
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={COVER / 'tests.xml'}", *side_by_side]
    options = [*(["--full"] if full else []), *([] if tests else ["-p", "covering.left_out"])]
    environment.pop(executed.VARIABLE, None)  # it isn't the shipped image
    return subprocess.run([*pytest, *options, *(tests or SUITES)], cwd=ROOT, env=environment, check=False).returncode


def measure(tests=(), full=False):
    """What was counted by tests that all name a requirement; a machine that another test had, too, doesn't count.
    [impl->swr~coverage-el2~1]"""
    not_counted = build()
    status = run_tests(list(tests), full)
    rows = [json.loads(line) for line in (RAW / "tests.jsonl").read_text().splitlines()]
    tagged = tags.tagged({test for row in rows for test in row["tests"]})
    counted = [row for row in rows if row["tests"] and set(row["tests"]) <= tagged]
    merge([RAW / row["file"] for row in counted], PROFILE)
    files, mismatched = export(PROFILE, [ELF])
    result = {
        "what": "hypervisor at EL2 in QEMU",
        "status": status,
        "not_counted": not_counted,
        "verdicts": records.verdicts(RECORDS),
        "tests": len({test for row in counted for test in row["tests"]}),
        "lives": len(counted),
        "lives_left_out": len(rows) - len(counted),
        "tests_left_out": LEFT_OUT.read_text(encoding="utf-8").splitlines(),
        "files": by_file(files, PARTS),
        "mismatched": mismatched,
    }
    html(PROFILE, [ELF], PARTS, COVER / "html")
    return result

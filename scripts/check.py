#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check.py [--full] - runs every suite and adds up their JUnit XML: the last line is `N passed, N failed`.

Suites that speak JUnit themselves (cmocka, pytest) leave their files in build/test-results/; a command that
only has an exit status is one test case of the file that is written here for it. A suite that ends badly without
a failed case, and a run in which no test ran, are failures.
"""

import os
import pathlib
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import patience
from bundle import stamp

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build/test-results"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1"]  # that has properties: what tests measured


# What is under test keeps one core busy, as a rule; a file's tests share a machine, so they stay together.
SIDE_BY_SIDE = ["-p", "xdist", f"-n{min(os.cpu_count(), 4)}", "--dist=loadfile"]


def pytest(name, folder, *options):
    return PYTEST + [f"--junitxml={RESULTS / name}.xml", folder, *options]


def lint_tools(which):
    return subprocess.run([ROOT / "scripts/lint.sh", which], capture_output=True, text=True, check=True).stdout.split()


def suites(full):
    """(name, command, None: it writes JUnit itself, else: its result is a test case)"""
    make = ["make", "--no-print-directory", f"-j{os.cpu_count()}"]
    yield "unit", [*make, "unit"], None
    if full:
        yield "unit-sanitize", [*make, "unit-sanitize"], None
    if full:
        yield "mutation", ["env", "MUTANTS=30000", "build/unit/mutation/test_mutation"], "30,000 mutants of images, 100 a rule"
        yield "score", ["scripts/score.py", "--check"], "docs/audit.md has the score of that run"
    yield "requirements", ["scripts/trace.py"], "requirements traced in both directions"
    yield "docs", ["make", "--no-print-directory", "docs-check"], "docs/registers.md is what the table says"
    yield "configs", pytest("configs", "test/configs", *SIDE_BY_SIDE), None
    yield "imaging", pytest("imaging", "test/imaging", *SIDE_BY_SIDE, *(["--full"] if full else [])), None
    yield "import", pytest("import", "test/import", *(["--full"] if full else [])), None
    yield "flash", pytest("flash", "test/flash", *SIDE_BY_SIDE, *(["--full"] if full else [])), None
    yield "fuzz", pytest("fuzz", "test/fuzz", *(["--full"] if full else [])), None
    yield "clang", [*make, "hypervisor", "HV_TOOLCHAIN=clang"], "hypervisor builds with clang-19"
    yield "clang", [*make, "cells", "CELLS_TOOLCHAIN=clang"], "cells build with clang-19"
    yield "clang", [*make, "host-clang"], "host tool builds with clang-19"
    for tool in lint_tools("--list") + (lint_tools("--list-long") if full else []):
        yield "lint", ["scripts/lint.sh", tool], tool
    yield "harness", pytest("harness", "test/harness"), None
    yield "system", pytest("system", "test/system", *SIDE_BY_SIDE, *(["--full"] if full else [])), None
    yield "attack", pytest("attack", "test/attack", *SIDE_BY_SIDE, *(["--full"] if full else [])), None
    yield "bench", pytest("bench", "test/bench"), None
    yield "evidence", pytest("evidence", "test/evidence", *SIDE_BY_SIDE, *(["--full"] if full else [])), None
    yield "evidence", [*make, "evidence-short"], "the bundle in its short form, of this run's records, is sealed and verified"


class Cases:
    """Test cases of commands that have nothing but an exit status, as JUnit."""

    def __init__(self):
        self.suites = {}

    def add(self, suite, name, seconds, output, good):
        element = self.suites.setdefault(suite, ET.Element("testsuite", name=suite))
        case = ET.SubElement(element, "testcase", classname=suite, name=name, time=f"{seconds:.3f}")
        if not good:
            ET.SubElement(case, "failure", message=f"{name} failed").text = output[-20000:]

    def write(self):
        for name, element in self.suites.items():
            cases = element.findall("testcase")
            element.set("tests", str(len(cases)))
            element.set("failures", str(len(element.findall("testcase/failure"))))
            ET.ElementTree(element).write(RESULTS / f"check-{name}.xml", encoding="utf-8", xml_declaration=True)


def counts():
    """(passed, failed, skipped) over all JUnit files; case by case, since writers differ in their totals."""
    passed = failed = skipped = 0
    for path in sorted(RESULTS.glob("*.xml")):
        for case in ET.parse(path).getroot().iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
                print(f"FAILED {path.stem}: {case.get('classname') or ''} {case.get('name')}")
            elif case.find("skipped") is not None:
                skipped += 1
            else:
                passed += 1
    return passed, failed, skipped


def run(command, collect):
    """Exit status and, where it is to be collected, the output; else it goes to the terminal as it comes."""
    if not collect:
        return patience.call(command, cwd=ROOT), ""
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode(errors="replace")


def main():
    full = "--full" in sys.argv[1:]
    RESULTS.mkdir(parents=True, exist_ok=True)
    for old in RESULTS.glob("*.xml"):
        old.unlink()
    cases, bad, start, stamped = Cases(), [], time.monotonic(), stamp.Run(full)
    for suite, command, case in suites(full):
        print(f"=== {suite}{': ' + case if case else ''} ({time.monotonic() - start:.0f} s)", flush=True)
        stamped.suite(f"{suite}::{case}" if case else suite)
        began = time.monotonic()
        status, output = run(command, case is not None)
        if case:
            cases.add(suite, case, time.monotonic() - began, output, status == 0)
            if status:
                print(output)
        elif status:
            bad.append(suite)
    cases.write()
    passed, failed, skipped = counts()
    if bad and not failed:
        print(f"FAILED {', '.join(bad)}: ended badly without a failed test")
        failed += len(bad)
    if passed + failed == 0:
        print("FAILED no test ran")
        failed = 1
    stamped.end(passed, failed, skipped)
    print(f"results: {RESULTS.relative_to(ROOT)}, {time.monotonic() - start:.0f} s, {skipped} skipped (make check-full)")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print(f"\ncheck: interrupted: no count; {RESULTS.relative_to(ROOT)} has the results of pytest's and cmocka's suites that ended", file=sys.stderr)
        sys.exit(130)

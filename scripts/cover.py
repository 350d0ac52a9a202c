#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cover.py [--full] [TEST...] - statement, branch and MC/DC coverage of the hypervisor as it runs at EL2 in QEMU.

Runs the system tests on a hypervisor that counts what it executes (HV_TOOLCHAIN=cover), sums what those have counted that
name a requirement, and prints a table; build/cover has summary.json and html/. TEST: those alone, as pytest names them.
docs/coverage.md says what counts.
"""

import argparse
import ast
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
OUT = ROOT / "build/cover"
RAW = OUT / "raw"
ELF = OUT / "hv/bulkhead.elf"
PROFILE = OUT / "bulkhead.profdata"
SUITES = ["test/system", "test/attack/test_intruder.py"]
TAG = re.compile(r"\[stest->")
PARTS = ("src/core", "src/arch/arm64", "src/platform")
KINDS = {"lines": "statements", "branches": "branches", "mcdc": "MC/DC"}
GOAL = 100


def say(text):
    print(f"cover: {text}", file=sys.stderr, flush=True)


def tagged(nodes):
    """Those tests that name a requirement, in their own text or in that of their file."""
    texts = {}
    for path in {node.split("::")[0] for node in nodes}:
        tree = ast.parse((ROOT / "test" / path).read_text())
        whole = bool(TAG.search(ast.get_docstring(tree) or ""))
        texts[path] = {f.name: whole or bool(TAG.search(ast.get_docstring(f) or "")) for f in tree.body if isinstance(f, ast.FunctionDef)}
    return {node for node in nodes if texts[node.split("::")[0]].get(re.sub(r"\[.*", "", node.split("::")[-1]))}


def run_tests(tests, options):
    """pytest's exit status."""
    shutil.rmtree(RAW, ignore_errors=True)
    environment = {**os.environ, "BULKHEAD_DATA": str(OUT), "BULKHEAD_COVER": str(RAW)}
    side_by_side = ["-p", "xdist", f"-n{min(os.cpu_count(), 4)}", "--dist=loadfile"]
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={OUT / 'tests.xml'}", *side_by_side]
    return subprocess.run([*pytest, *options, *tests], cwd=ROOT, env=environment, check=False).returncode


def merge():
    """Of how many tests, of how many machines' lives."""
    rows = [json.loads(line) for line in (RAW / "tests.jsonl").read_text().splitlines()]
    counted = tagged({row["test"] for row in rows})
    files = [RAW / row["file"] for row in rows if row["test"] in counted]
    names = OUT / "profiles.txt"
    names.write_text("".join(f"{file}\n" for file in files))
    subprocess.run(["llvm-profdata-19", "merge", "--failure-mode=any", "-f", names, "-o", PROFILE], check=True)
    return len(counted), len(files)


def export():
    found = subprocess.run(["llvm-cov-19", "export", "-summary-only", f"-instr-profile={PROFILE}", ELF], check=True, capture_output=True)
    files = json.loads(found.stdout)["data"][0]["files"]
    return {str(pathlib.Path(file["filename"]).resolve().relative_to(ROOT)): file["summary"] for file in files}


def table(summary):
    """Rows of (part or file, {kind: (covered, count)})."""
    rows = []
    for part in PARTS:
        files = {name: file for name, file in sorted(summary.items()) if name.startswith(f"{part}/")}
        rows.append((part, {kind: (sum(f[kind]["covered"] for f in files.values()), sum(f[kind]["count"] for f in files.values())) for kind in KINDS}))
        rows += [(f"  {name[len(part) + 1:]}", {kind: (file[kind]["covered"], file[kind]["count"]) for kind in KINDS}) for name, file in files.items()]
    return rows


def share(covered, count):
    return f"{covered:5} of {count:5} {100 * covered / count:6.1f} %" if count else f"{'-':>22}"


def show(rows):
    print(f"{'':28}" + "".join(f"{name:>24}" for name in KINDS.values()))
    for name, kinds in rows:
        print(f"{name:28}" + "".join(f"  {share(*kinds[kind])}" for kind in KINDS))
    print(f"{'goal':28}" + "".join(f"{GOAL:22.1f} %" for _ in KINDS))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--full", action="store_true", help="also the tests that make check-full alone runs")
    parser.add_argument("tests", nargs="*", metavar="TEST", help="as pytest names them; all system tests where there is none")
    arguments = parser.parse_args()
    subprocess.run(["make", "--no-print-directory", f"-j{os.cpu_count()}", "hypervisor", "HV_TOOLCHAIN=cover"], cwd=ROOT, check=True)
    for name in ("dts", "configs"):  # BULKHEAD_DATA is one folder
        (OUT / name).unlink(missing_ok=True)
        (OUT / name).symlink_to(ROOT / name)
    say("system tests on the hypervisor that counts")
    status = run_tests(arguments.tests or SUITES, ["--full"] if arguments.full else [])
    tests, lives = merge()
    summary = export()
    (OUT / "summary.json").write_text(json.dumps({"tests": tests, "lives": lives, "goal": GOAL, "files": summary}, indent=1) + "\n")
    html = ["-format=html", "-show-mcdc", "-show-branches=count", f"-output-dir={OUT / 'html'}", f"-instr-profile={PROFILE}"]
    subprocess.run(["llvm-cov-19", "show", *html, ELF], check=True)
    show(table(summary))
    say(f"{tests} tests that name a requirement, {lives} lives of machines; {OUT.relative_to(ROOT)}/html/index.html shows every gap")
    if status:
        say("tests failed, so these figures are not for credit")
    sys.exit(status)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""Frama-C EVA over the hypervisor (test/eva): alarms, and what is said of them.

An alarm is a place where EVA can't show that there is no undefined behaviour. Each is justified in test/eva/alarms.json by
function and kind, with how many of that kind the function may have; one more is a failure, one less makes the row stale.
"""

import csv
import json
import re
import shlex
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from .bundle import ROOT

EVA = ROOT / "test/eva"
MACHINE = "gcc_x86_64: LP64, little-endian, as AArch64 is; Frama-C has no machine of that name"
COMMON = [
    "-c11", "-machdep", "gcc_x86_64",  # LP64, little-endian, char aside as the target has it: src has no plain char arithmetic
    "-cpp-extra-args=-DBULKHEAD_HOST -include test/eva/model.h -Itest/eva",
]  # fmt: skip
REACHED = re.compile(r"(\d+) functions analyzed \(out of (\d+)\)")
STATEMENTS = re.compile(r"(\d+) statements reached \(out of (\d+)\)")
NOT_REACHED = re.compile(r"^ *Unreached functions \(\d+\) =\n((?: +.*\n)+)", re.M)  # of those that calls lead to, by file
COUNTS = re.compile(r"^ *(?:Syntactically reachable|Semantically reached) functions = (\d+)", re.M)
ENTERED = re.compile(r"^ *(\w+?)(?:_\d+)?: \d+ stmts out of \d+", re.M)
DECIDED = ("Valid", "Considered valid", "Dead")
UNSOUND = re.compile(r"unsound|User Error|invalid user input|NON TERMINATING", re.I)


def targets():
    return json.loads((EVA / "targets.json").read_text(encoding="utf-8"))


def command_lines():
    """(command line, how often it is run) of each target, without running it."""
    return [(command({**target, "model": [], "sources": ["FILE"]}, "REPORT.csv"), 1) for target in targets().values()]


def present():
    return shutil.which("frama-c") is not None


def command(target, report, root=ROOT):
    options = [word for name, value in target["options"].items() for word in ([name, value] if value else [name])]
    return [
        "frama-c", *COMMON, *target["model"], *target["sources"], "-eva", "-main", target["main"], *options,
        "-eva-msg-key=-initial-state,-final-states", "-then", "-report-csv", str(report), "-then", "-metrics", "-metrics-eva-cover",
    ]  # fmt: skip


def alarms(report):
    """Counter of (function, kind) that EVA couldn't decide, from the report plug-in's table."""
    with open(report, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    # A function of a header is one for each file that includes it: name, name_0, name_1 ...
    undecided = [row for row in rows if row["status"] not in DECIDED]
    return Counter((re.sub(r"_\d+$", "", row["function"]), row["property kind"]) for row in undecided), rows


def judged(found, rows):
    """(rows of eva.json, alarms that nothing justifies, rows that justify nothing)."""
    table, more, stale = [], [], []
    known = {(row["function"], row["kind"]): row for row in rows}
    for (function, kind), count in sorted(found.items()):
        row = known.get((function, kind))
        table.append({"function": function, "kind": kind, "count": count, "reason": row["reason"] if row else None})
        if row is None or count > row["count"]:
            more.append(f"{function}: {kind}: {count} alarms, {row['count'] if row else 0} justified")
    for (function, kind), row in sorted(known.items()):
        if found.get((function, kind), 0) < row["count"]:
            stale.append(f"{function}: {kind}: {row['count']} justified, {found.get((function, kind), 0)} there")
    return table, more, stale


def not_reached(text):
    """{source file: functions} that calls lead to and the run never entered; a header's count where it is included, the model's don't."""
    listed, counts = NOT_REACHED.search(text), set(COUNTS.findall(text))
    if len(counts) == 2 and not listed:
        raise RuntimeError("frama-c: functions were not reached, and none is named: its metrics print otherwise than expected")
    files = re.findall(r"<([^>]+)>: ([^<]*)", " ".join(listed[1].split())) if listed else []
    return {file: re.findall(r"(\w+?)(?:_\d+)?;", names) for file, names in files if file.startswith("src/") and file.endswith(".c")}


def analysed(text):
    """What the run says of itself; raises where it isn't sound."""
    bad = [line.strip() for line in text.splitlines() if UNSOUND.search(line)]
    functions, statements = REACHED.search(text), STATEMENTS.search(text)
    if bad or not functions or not statements:
        raise RuntimeError(f"frama-c: {bad or text[-2000:]}")
    return {
        "functions_entered": sorted(set(ENTERED.findall(text))),
        "functions_not_reached": not_reached(text),
        "functions_analysed": int(functions[1]),
        "functions_given": int(functions[2]),
        "statements_reached": int(statements[1]),
        "statements_of_these": int(statements[2]),
    }


def never_entered(table):
    """{source file: functions} that calls lead to in a target, and none of the targets with that file enters."""
    found = {}
    for file, name in {(file, name) for row in table for file, names in row["functions_not_reached"].items() for name in names}:
        entered = [row for row in table if file in row["sources"] and name in row["functions_entered"] and name not in row["functions_not_reached"].get(file, [])]
        if not entered:
            found.setdefault(file, []).append(name)
    return {file: sorted(names) for file, names in sorted(found.items())}


def run(name, target):
    """One target, whole: what eva.json has of it."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.csv"
        done = subprocess.run(command(target, report), cwd=ROOT, capture_output=True, text=True, check=False, timeout=3600)
        if done.returncode or not report.exists():
            raise RuntimeError(f"frama-c: {name}: {done.stdout[-2000:]}{done.stderr[-500:]}")
        found, rows = alarms(report)
    table, more, stale = judged(found, [row for row in json.loads((EVA / "alarms.json").read_text(encoding="utf-8"))["alarms"] if row["target"] == name])
    return {
        "target": name,
        "what": target["what"],
        "command": shlex.join(command(target, "REPORT.csv")),
        "main": target["main"],
        "sources": target["sources"],
        "assumptions": target["assumptions"],
        "not_analysed": target["not_analysed"],
        **analysed(done.stdout),
        "properties": len(rows),
        "alarms": sum(found.values()),
        "alarm_table": table,
        "not_justified": more,
        "stale": stale,
    }


def version():
    return subprocess.run(["frama-c", "-version"], check=True, capture_output=True, text=True).stdout.strip()

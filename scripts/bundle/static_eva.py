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
# A function that several files have is name, name_0, name_1 ...: each file's own, or a header's copies.
NAME = r"(\w+?)(?:_\d+)?"
DEFINED = re.compile(r"Defined functions \((\d+)\)\n *=+\n((?:   \S.*\n)+)")
CALLS = re.compile(NAME + r" \((?:address taken\) \()?\d+ calls?\)")
ENTERED = re.compile(rf"^ *{NAME}: (\d+) stmts out of (\d+) ", re.M)
INLINE = re.compile(r"^static inline [^(;]*?(\w+)\(", re.M)
FUNCTION = re.compile(r"^\w[^(;]*?(\w+)\(", re.M)
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


def functions(text):
    """{name: how many of that name are defined and entered, and of the one entered most, its statements}"""
    defined = DEFINED.search(text)
    names = Counter(CALLS.findall(re.sub(r"\s+", " ", defined[2]))) if defined else Counter()
    if not defined or names.total() != int(defined[1]):
        raise RuntimeError("frama-c: its metrics list the functions otherwise than expected")
    found = {name: {"defined": count, "entered": 0, "statements_reached": 0, "statements": 0} for name, count in names.items()}
    for name, reached, of in ENTERED.findall(text):
        row = found[name]
        row["entered"] += 1
        if int(reached) * row["statements"] >= row["statements_reached"] * int(of):
            row["statements_reached"], row["statements"] = int(reached), int(of)
    return found


def analysed(text):
    """What the run says of itself; raises where it isn't sound."""
    bad = [line.strip() for line in text.splitlines() if UNSOUND.search(line)]
    counts, statements = REACHED.search(text), STATEMENTS.search(text)
    if bad or not counts or not statements:
        raise RuntimeError(f"frama-c: {bad or text[-2000:]}")
    return {
        "functions_analysed": int(counts[1]),
        "functions_given": int(counts[2]),
        "statements_reached": int(statements[1]),
        "statements_of_these": int(statements[2]),
        "functions": functions(text),
    }


def _defined(folder, files, pattern):
    return {name for file in folder.rglob(files) for name in pattern.findall(file.read_text(encoding="utf-8"))}


def missed(table):
    """(names of functions that no target enters, or not each file's of that name; those that no target covers whole, with the most statements);
    of the hypervisor, not of the model."""
    inline = _defined(ROOT / "src", "*.h", INLINE)
    never, partly = [], []
    for name in sorted({name for row in table for name in row["functions"]} - _defined(EVA, "*.c", FUNCTION)):
        rows = [row["functions"][name] for row in table if name in row["functions"]]
        entered, defined = (max(row[key] for row in rows) for key in ("entered", "defined"))
        if entered < (1 if name in inline else defined):
            never.append(name)
            continue
        best = max(rows, key=lambda row: row["statements_reached"] / max(row["statements"], 1))
        if best["statements_reached"] < best["statements"]:
            partly.append(f"{name} ({best['statements_reached']} of {best['statements']})")
    return never, partly


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

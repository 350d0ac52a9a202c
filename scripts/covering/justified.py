# SPDX-License-Identifier: Apache-2.0
"""Gaps of coverage that no test closes, each with a class and a reason a reader can check in the source
(test/requirements/coverage-gaps.json): what they are, and what they leave of a file's gaps. [impl->swr~coverage-justified~1]"""

import json

from .llvm import KINDS, ROOT

TABLE = ROOT / "test/requirements/coverage-gaps.json"
CLASSES = {
    "defensive": "what the branch guards against can't be brought about from outside: a broken table, a broken compiler",
    "hardware": "the emulated machine can't do it: an SError by hardware, a core without a feature, an error of a device",
    "tool": "the compiler can't count it: a decision of nested expressions, code before there are counters",
}
MOST = 0.02  # of decisions


def entries(of):
    """Those of a measurement: el2 or host."""
    found = json.loads(TABLE.read_text(encoding="utf-8"))["gaps"]
    for entry in found:
        assert entry["class"] in CLASSES and entry["reason"], entry
    return [entry for entry in found if entry["of"] == of]


def _lines(entry):
    """An entry is of a line, or of those up to `last`."""
    return range(entry["line"], entry.get("last", entry["line"]) + 1)


def count(gaps, lines):
    """{kind: gaps of a file on these lines}"""
    return {
        "lines": sum(line in lines for line in gaps["lines"]),
        "branches": sum(line in lines for line, _, _ in gaps["branches"]),
        "mcdc": sum(len(conditions) for line, conditions in gaps["mcdc"] if line in lines),
    }


def sort(files, listed):
    """(entries on whose lines there are gaps, those on whose there is none: stale)"""
    current = [entry for entry in listed if entry["file"] in files and any(count(files[entry["file"]]["gaps"], _lines(entry)).values())]
    return current, [entry for entry in listed if entry not in current]


def sums(files, part, listed):
    """{kind: gaps of a part that are justified}"""
    total = dict.fromkeys((kind for kind in KINDS if kind != "functions"), 0)
    for name, file in files.items():
        lines = {line for entry in listed if entry["file"] == name for line in _lines(entry)}
        if name.startswith(f"{part}/") and lines:
            for kind, number in count(file["gaps"], lines).items():
                total[kind] += number
    return total


def decisions(files):
    return sum(file["branches"]["count"] // 2 for file in files.values())

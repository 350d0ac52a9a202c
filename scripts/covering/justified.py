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
SPAN_MAX = 30  # lines of an entry


def entries(of):
    """Those of a measurement: el2 or host."""
    found = [entry for entry in json.loads(TABLE.read_text(encoding="utf-8"))["gaps"] if entry["of"] == of]
    for entry in found:
        if entry["class"] not in CLASSES or not entry["reason"] or len(_lines(entry)) not in range(1, SPAN_MAX + 1):
            raise RuntimeError(f"{TABLE.name}: {entry['file']}:{entry['line']}: a class of {', '.join(CLASSES)}, a reason, and {SPAN_MAX} lines at most")
    return found


def _lines(entry):
    """An entry is of a line, or of those up to `last`."""
    return range(entry["line"], entry.get("last", entry["line"]) + 1)


def _text(entry):
    """What stands in its first line now."""
    path = ROOT / entry["file"]
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return lines[entry["line"] - 1].strip() if entry["line"] <= len(lines) else None


def count(gaps, lines):
    """{kind: gaps of a file on these lines}"""
    return {
        "lines": sum(line in lines for line in gaps["lines"]),
        "branches": sum(line in lines for line, _, _ in gaps["branches"]),
        "mcdc": sum(len(conditions) for line, conditions in gaps["mcdc"] if line in lines),
    }


def sort(files, listed):
    """(entries on whose lines there are gaps, and whose first line is the one that was judged; all others: stale)"""
    current = [
        entry
        for entry in listed
        if entry["file"] in files and any(count(files[entry["file"]]["gaps"], _lines(entry)).values()) and entry["text"] == _text(entry)
    ]
    return current, [entry for entry in listed if entry not in current]


def _of_part(files, part, listed):
    """(gaps of a file of the part, lines that entries are of)"""
    for name, file in files.items():
        lines = {line for entry in listed if entry["file"] == name for line in _lines(entry)}
        if name.startswith(f"{part}/") and lines:
            yield file["gaps"], lines


def sums(files, part, listed):
    """{kind: gaps of a part that are justified}"""
    total = dict.fromkeys((kind for kind in KINDS if kind != "functions"), 0)
    for gaps, lines in _of_part(files, part, listed):
        for kind, number in count(gaps, lines).items():
            total[kind] += number
    return total


def decisions(files, part, listed):
    """(decisions of a part with a gap that is justified in part or whole, decisions all in all)"""
    justified = count = 0
    for name, file in files.items():
        if name.startswith(f"{part}/"):
            lines = {line for entry in listed if entry["file"] == name for line in _lines(entry)}
            justified += sum(not lines.isdisjoint(range(first, last + 1)) for first, last in file["decisions"]["open"])
            count += file["decisions"]["count"]
    return justified, count

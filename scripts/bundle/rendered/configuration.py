# SPDX-License-Identifier: Apache-2.0
"""Of part `configuration`: the auditor's verdict on each rule, and registers of the running machine beside what they must be."""

import re
from collections import Counter

from .markup import code, heading, listed, load, number, prose, table, text, verdict


def _said(row):
    """A finding of the auditor's, in its own members' names."""
    return "; ".join(f"{name}: {value}" for name, value in row.items()) if isinstance(row, dict) else str(row)


def _audit(folder):
    found = load(folder / "audit.json")
    if not found:
        return ""
    auditor = found["auditor"]
    said = f"<p>{code(found['command'])}, {text(auditor['version'])}, SHA-256 {code(auditor['sha256'])}, on an image with {code(found['image_sha256'])}: {text(found['summary'])}</p>"
    rows = [[code(row["rule"]), text(row["claim"]), verdict(row["verdict"]), number(row["violations"])] for row in found["judged"]]
    told = listed("Violations", map(_said, found.get("found", []))) if found.get("found") else ""
    told += listed("What isn't isolated, as the auditor tells it", [_said(row) for row in found.get("unisolated", [])])
    return heading("The auditor's verdict, by rule", said + table(["rule", "claim", "verdict", "violations"], rows) + told)


WIDTHS = (13, 15, 16, 14, 9, 25, 8)  # of the registers' columns, in percent
BITS = "<p class=pale>Bits: those that are compared; all, where there are none.</p>"
WHOLE = 24  # characters


def _whole(value):
    """A register's value, which isn't broken but where it is of several registers."""
    return f'<td class="whole">{code(value)}</td>' if len(value) <= WHOLE else "<td>" + "<wbr>".join(code(part) for part in re.findall(".{1,16}", value)) + "</td>"


def _mask(value):
    """Bits that are compared; nothing where all are."""
    return "" if re.fullmatch("0xf{16,}", value) else _whole(value)


def _registers(folder):
    found = load(folder / "registers.json")
    if not found:
        return ""
    of = Counter(row["where"] for row in found["registers"])
    wrong = Counter(row["where"] for row in found["registers"] if row["verdict"] != "pass")
    counts = table(["where", "compared", "different"], [[text(where), number(count), number(wrong[where])] for where, count in of.items()])
    rows = [
        [text(row["where"]), code(row["register"]), _whole(f"{row['relation']} {row['expected']}"), _whole(row["observed"]), _mask(row["mask"]), prose(row["source"]), verdict(row["verdict"])]
        for row in sorted(found["registers"], key=lambda row: row["verdict"] == "pass")
    ]
    machine = ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    said = f"<p>Read from a machine that runs the image with {code(found['image_sha256'])}: {text(machine)}.</p>"
    every = heading("Each register; those that differ come first", table(["where", "register", "must be", "is", "bits", "by", "verdict"], rows, WIDTHS) + BITS)
    return heading("Registers of the running machine", said + counts) + listed("Not read", found.get("not_read", [])) + listed("At rest", found.get("at_rest", [])) + every


def draw(folder):
    return _audit(folder) + _registers(folder)

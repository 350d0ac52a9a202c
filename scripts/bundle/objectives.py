# SPDX-License-Identifier: Apache-2.0
"""Objectives of standards in the bundle: which file speaks to each, or that it is the user's and what there is to do.

[impl->swr~bundle-objectives~1]
"""

import csv
from collections import Counter

from .bundle import ROOT, Figure, Part

PART = "objectives"
SOURCE = ROOT / "docs/objectives.csv"
COLUMNS = ("standard", "table", "number", "objective", "levels", "status", "evidence", "for the user", "checked")
USERS, NOT_APPLICABLE = "the user's", "not applicable"
STATUSES = ("supported", "partial", USERS, NOT_APPLICABLE)
CHECKED = ("standard", "secondary", "memory")
NO_PART = "no part of the bundle does it"
# What a whole bundle has, of that to which evidence is named.
LAYOUT = (
    *(f"requirements/{name}" for name in ("items.json", "matrix.csv", "summary.json", "reviews.md", "system.md", "audit.md", "auditor-tool.md")),
    *(f"requirements/{name}" for name in ("assumptions.md", "open-problems.md", "residuals.md", "SECURITY.md", "docs/guest-abi.md")),
    *(f"tests/{name}" for name in ("records.jsonl", "summary.json")),
    *(f"coverage/{name}" for name in ("el2.json", "host.json", "object-code.json", "coupling.json", "summary.json")),
    *(f"static/{name}.sarif" for name in ("cppcheck-misra", "clang-tidy", "gcc-analyzer")),
    *(f"static/{name}.json" for name in ("deviations", "stack", "paths", "eva", "summary")),
    *(f"configuration/{name}.json" for name in ("index", "environment", "reproducible", "audit", "registers", "summary")),
    *(f"configuration/{name}" for name in ("map.txt", "map.svg")),
    *(f"{part}/results.json" for part in ("timing", "interference", "attack")),
    "objectives/objectives.csv",
    "report.html",
    "manifest.json",
)
# These are written after this part.
LATER = ("report.html", "manifest.json", "objectives/objectives.csv")


def read(path=SOURCE):
    """Rows as dictionaries, `evidence` a list; ValueError names the first that isn't whole."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    reader = csv.DictReader(lines, strict=True)
    if tuple(reader.fieldnames) != COLUMNS:
        raise ValueError(f"{path.name}: its columns are {', '.join(reader.fieldnames)}; must be {', '.join(COLUMNS)}")
    rows, seen = [], set()
    for row in reader:
        row["evidence"] = [name for name in row["evidence"].split(";") if name]
        key = (row["standard"], row["table"], row["number"])
        wrong = "it stands there twice" if key in seen else _wrong(row)
        if wrong:
            raise ValueError(f"{path.name}: {' '.join(key)}: {wrong}")
        seen.add(key)
        rows.append(row)
    return rows


def _wrong(row):
    """Why a row isn't whole; nothing: it is."""
    if None in row or None in row.values():
        return "it has another number of columns"
    empty = [name for name in COLUMNS if name not in ("evidence", "for the user") and not row[name].strip()]
    if empty:
        return f"nothing under {', '.join(empty)}"
    if row["status"] not in STATUSES or row["checked"] not in CHECKED:
        return f"'{row['status']}' or '{row['checked']}' is no word of this table"
    if row["status"] not in (USERS, NOT_APPLICABLE) and not row["evidence"]:
        return f"it is {row['status']}, by no file"
    if row["status"] != "supported" and not row["for the user"].strip():
        return "why isn't said" if row["status"] == NOT_APPLICABLE else "what the user has to do isn't said"
    if row["evidence"] and NO_PART in row["for the user"]:
        return f"{', '.join(row['evidence'])} is named, and {NO_PART!r}"
    unknown = [name for name in row["evidence"] if name not in LAYOUT]
    return f"a bundle has no {', '.join(unknown)}" if unknown else ""


def absent(rows, out):
    """Files that rows name and this bundle hasn't, sorted."""
    named = {name for row in rows for name in row["evidence"]} - set(LATER)
    return sorted(name for name in named if not (out / name).is_file())


def _write(rows, path):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([*(";".join(row[name]) if name == "evidence" else row[name] for name in COLUMNS)] for row in rows)


def make(bundle):
    rows = read()
    _write(rows, bundle.folder(PART) / "objectives.csv")
    missing, by_status = absent(rows, bundle.out), Counter(row["status"] for row in rows)
    unchecked = Counter(row["standard"] for row in rows if row["checked"] != "standard")
    figures = [Figure("objectives, methods and work products", len(rows))]
    figures += [Figure(f"{status}", by_status[status], key=True) for status in STATUSES]
    figures += [Figure("named files that this bundle hasn't", len(missing), goal="0", reached=not missing)]
    figures += [Figure("rows not compared with the standard itself", sum(unchecked.values()), goal="0", reached=not unchecked)]
    return bundle.end(
        Part(
            PART,
            "Objectives of standards",
            "open" if missing or unchecked or by_status[USERS] else "pass",
            "What DO-178C (tables A-3 to A-7), DO-330, AMC 20-193, ISO 26262-6, IEC 61508-3 and EN 50716 ask, by number and in this project's words, "
            "with the file of the bundle that speaks to it, or what the user has to do.",
            figures,
            [f"{name}: named as evidence, and not in this bundle" for name in missing]
            + [f"{standard}: {count} rows were not compared with the standard itself" for standard, count in unchecked.items()],
            [
                "`supported` says that the bundle has evidence, not that an authority has accepted it; `partial` that it has a part, and `for the user` what "
                "remains; `not applicable` that what the row is about isn't there.",
                "No tool is qualified, the machine was emulated, and independence is the user's: this holds for every row.",
            ],
        )
    )

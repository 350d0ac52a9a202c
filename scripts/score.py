#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The score of the mutation test in docs/audit.md: written there from the last run, or compared with it.

    score.py            writes build/test-results/mutation.md and mutation-functions.md into the page
    score.py --check    says where the page differs: a rule or a kind of part, anything judged wrongly, or a number by
                        more than a fifth and 40 (mutants are drawn from images, which a compiler's version changes)
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE, RUNS = ROOT / "docs/audit.md", [ROOT / "build/test-results" / name for name in ("mutation.md", "mutation-functions.md")]
TABLES = re.compile(r"\| rule \| breaking \|.*?(?=\n[A-Z])", re.DOTALL)
FEW = 40
RULE = re.compile(r"[A-Z]+-\d\d")


def parts(cell):
    """'stage-2 tables 12, EL2 tables 3' by name; a bare number is its own."""
    return {name.strip(): int(count) for name, count in re.findall(r"([^,\d][^,]*?)? ?(\d+)(?:,|$)", cell.replace("stage-2", "stage-two"))}


def rows(text):
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| "))
    return {row[0]: row[1:] for row in cells}


def differences(page, run):
    if list(page) != list(run):
        yield "other rules or kinds: " + ", ".join(sorted(set(page) ^ set(run)))
    for name in page.keys() & run.keys():
        for column, (here, there) in enumerate(zip(page[name], run[name], strict=True)):
            was, now = parts(here), parts(there)
            if column in ((3,) if RULE.fullmatch(name) else (2, 4)) and here != there:
                yield f"{name}: {here} judged wrongly in the page, {there} in the run"
            for part in was.keys() | now.keys():
                a, b = was.get(part, 0), now.get(part, 0)
                if abs(a - b) > max(FEW, max(a, b) / 5):
                    yield f"{name}, column {column + 2} {part}: {a} in the page, {b} in the run"


def main():
    text, runs = PAGE.read_text(encoding="utf-8"), [run.read_text(encoding="utf-8") for run in RUNS]
    if "--check" not in sys.argv[1:]:
        fresh = iter(runs)
        PAGE.write_text(TABLES.sub(lambda _: next(fresh), text), encoding="utf-8")
        return 0
    pages = TABLES.findall(text)
    wrong = [line for page, run in zip(pages, runs, strict=True) for line in differences(rows(page), rows(run))]
    for line in wrong:
        print(f"docs/audit.md: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

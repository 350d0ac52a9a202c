# SPDX-License-Identifier: Apache-2.0
"""Attacks and fuzzing: what each class tried, from which seed, and what came of it, out of the test records."""

from . import measured
from .bundle import Figure, Part, write_json

CASES = r"(attack|fuzz)::"
WANTED = 1_000_000  # attempts a class
ATTEMPTS = "attempts"


def make(bundle):
    of = [measured.short(record) for record in measured.of(measured.records(bundle), CASES) if record["verdict"] != "skip"]
    write_json(bundle.folder("attack") / "results.json", of)
    counted = [test for test in of if ATTEMPTS in test["measured"]]
    figures = [Figure(test["case"], test["measured"][ATTEMPTS], "attempts", f"{WANTED:,}", test["measured"][ATTEMPTS] >= WANTED) for test in counted]
    gaps = [f"{test['case']}: {test['measured'][ATTEMPTS]:,} of {WANTED:,} attempts (make attack makes them all)" for test in counted if test["measured"][ATTEMPTS] < WANTED]
    if not of:
        gaps.append("no attack is among the records")
    verdict = "fail" if any(test["verdict"] == "fail" for test in of) else "open" if gaps else "pass"
    statement = (
        "Hostile cells and fuzzers, class by class, with their seeds: the same seed makes the same attempts. docs/attacks.md says what "
        "each class tries and what it must get. None of it counts for structural coverage."
    )
    return bundle.end(Part("attack", "Attacks and fuzzing", verdict, statement, figures, gaps))

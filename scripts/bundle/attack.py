# SPDX-License-Identifier: Apache-2.0
"""Attacks and fuzzing: what each class tried, from which seed, and what came of it, out of the test records, and out of those of
`make attack`, which makes all attempts, where they are of the same bytes."""

import json
import re
import sys

from . import measured, tests
from .bundle import BUILD, ROOT, Figure, Part, write_json

sys.path.insert(0, str(ROOT / "test"))

from harness import records as used  # noqa: E402  (needs the path above)

CASES = r"(attack|fuzz)::"
WANTED = 1_000_000  # attempts a class
ATTEMPTS = "attempts"
LONG = BUILD / "attack/records"  # of `make attack`
# Whose records there must be: each makes as many attempts as it is told.
CLASSES = (
    *(rf"attack::test_classes\.py::test_{name}\[{mode}\]" for name in ("sysregs", "calls", "pages", "fetches", "storms") for mode in ("injected", "direct")),
    *(rf"attack::test_intruder\w*\.py::test_{name}" for name in ("config", "faults", "resets")),
    r"fuzz::test_fuzz\.py::test_some_runs\[",
)
SUBJECTS = ("build/bulkhead.bin", "build/fuzz/")  # what is attacked: the hypervisor, a reader with its fuzzer
# They name the commit that they were made of, and so are others in each: the tool, and what it makes of the partition file.
OF_A_COMMIT = re.compile(r"build/bulkhead|.*\.itb")


def same_bytes(record):
    """A record of another run is of this subject, this test, and of what else the test used that is still there, partition files among it.
    [impl->swr~attacks-counted~1]"""
    inputs, procedure = record["inputs"], ROOT / record["procedure"]
    subjects = [ROOT / path for path in inputs if path.startswith(SUBJECTS)]
    return (
        all(path.is_file() for path in [procedure, *subjects])
        and bool(subjects)
        and used.revision(procedure) == record["revision"]
        and all(used.file_hash(ROOT / path) == digest for path, digest in inputs.items() if (ROOT / path).is_file() and not OF_A_COMMIT.fullmatch(path))
    )


def of_long_runs():
    """({case: record} of the tests that ended, cases that began and took their process with them)"""
    lines = [line for path in sorted(LONG.glob("*.jsonl")) for line in tests.lines_of(path)]
    ended = [line for line in lines if "case" in line]
    lost = {line["began"] for line in lines if "began" in line} - {line["case"] for line in ended}
    return {line["case"]: {**line, "record": None, "log": []} for line in ended if line["verdict"] != "skip" and same_bytes(line)}, sorted(lost)


def attempts(record):
    return record.get("measured", {}).get(ATTEMPTS, 0)


def spoken(pattern):
    """One of CLASSES as a person writes it."""
    return pattern.replace(r"\w*", "*").replace("\\", "")


def chosen(short, long):
    """Of each case the run with the most attempts; one that failed is told in any case."""
    both = {record["case"]: record for record in short}
    for case, record in long.items():
        if case not in both or record["verdict"] == "fail" or (both[case]["verdict"] != "fail" and attempts(record) > attempts(both[case])):
            both[case] = record
    return [record for _, record in sorted(both.items())]


def make(bundle):
    folder, (long, lost) = bundle.folder("attack"), of_long_runs()
    of = chosen([record for record in measured.of(measured.records(bundle), CASES) if record["verdict"] != "skip"], long)
    taken = [record for record in of if record["record"] is None]
    write_json(folder / "results.json", [measured.short(record) for record in of])
    write_json(folder / "long-records.json", taken)
    counted = [(record, attempts(record)) for record in of if attempts(record)]
    figures = [Figure(record["case"], count, ATTEMPTS, f"{WANTED:,}", count >= WANTED) for record, count in counted]
    gaps = [f"{record['case']}: {count:,} of {WANTED:,} attempts" for record, count in counted if count < WANTED]
    gaps += [f"no record of {spoken(pattern)}" for pattern in CLASSES if not any(re.match(pattern, record["case"]) for record, _ in counted)]
    gaps += [f"{case}: a run of `make attack` ended while it ran: nothing is known of it" for case in lost]
    if not long and not bundle.short:
        gaps.append("no record of `make attack` is of these bytes: the attempts are those of make check")
    verdict = "fail" if any(record["verdict"] == "fail" for record in of) else "open" if gaps else "pass"
    statement = (
        "Hostile cells and fuzzers, class by class, with their seeds: the same seed makes the same attempts. attack/attacks.md says what "
        f"each class tries and what it must get. What goes by chance counts for no structural coverage. {len(of)} tests, of which {len(taken)} are of "
        "`make attack` on the same hypervisor or reader, byte for byte, and the same test, hostile programs and partition file (attack/long-records.json), all others of make check."
    )
    return bundle.end(Part("attack", "Attacks and fuzzing", verdict, statement, figures, gaps))

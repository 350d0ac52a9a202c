# SPDX-License-Identifier: Apache-2.0
"""Attacks and fuzzing: what each class tried, from which seed, and what came of it, out of the test records, and out of those of
`make attack` (scripts/attack.py), which makes all attempts, where they are of the same bytes."""

import json
import pathlib
import re
import shutil
import sys

from . import measured, tests
from .bundle import BUILD, ROOT, Figure, Part, write_json

sys.path.insert(0, str(ROOT / "test"))

from harness import records as used  # noqa: E402  (needs the path above)

CASES = r"(attack|fuzz)::"
WANTED = 1_000_000  # attempts a class
ATTEMPTS = "attempts"
RUNS = BUILD / "attack"  # of `make attack` a folder each: records/, with run.json: which tree, host and tools; results/: serial logs
# Whose records there must be: each makes as many attempts as it is told.
CLASSES = (
    *(rf"attack::test_classes\.py::test_{name}\[{mode}\]" for name in ("sysregs", "calls", "pages", "fetches", "storms") for mode in ("injected", "direct")),
    *(rf"attack::test_intruder\w*\.py::test_{name}" for name in ("config", "faults", "resets")),
    r"fuzz::test_fuzz\.py::test_some_runs\[",
)
SUBJECTS = ("build/bulkhead.bin", "build/fuzz/")  # what is attacked: the hypervisor, a reader with its fuzzer
# They name the commit that they were made of, and so are others in each: the tool, and what it makes of the partition file.
OF_A_COMMIT = re.compile(r"build/bulkhead|.*\.itb")


def same_bytes(record, judges):
    """A record of another run is of this subject, this test, and of what else the test used, guests and partition file among it, but for what
    was built and is gone; where it had a machine, `judges`, the hash of what drove that, is this tree's.
    [impl->swr~attacks-counted~1]"""
    inputs, procedure = record["inputs"], ROOT / record["procedure"]
    subjects = [ROOT / path for path in inputs if path.startswith(SUBJECTS)]
    return (
        all(path.is_file() for path in [procedure, *subjects])
        and bool(subjects)
        and used.revision(procedure) == record["revision"]
        and ("target" not in record or judges == used.judges())
        and all(_is(path, digest) for path, digest in inputs.items() if not OF_A_COMMIT.fullmatch(path))
    )


def _is(path, digest):
    file = ROOT / path
    return used.file_hash(file) == digest if file.is_file() else path.startswith("build/")


def of_long_runs():
    """(records of the tests that ended, each with the `folder` of its run; cases that began and took their process with them)"""
    found, begun = [], set()
    for path in sorted(RUNS.glob("*/records/*.jsonl")):
        first, *lines = list(tests.lines_of(path)) or [{}]
        ended = [line for line in lines if "case" in line]
        begun |= {line["began"] for line in lines if "began" in line} - {line["case"] for line in ended}
        found += [{**line, "folder": path.parents[1]} for line in ended if line["verdict"] != "skip" and same_bytes(line, first.get("judges"))]
    return found, sorted(begun - {record["case"] for record in found})


def attempts(record):
    return record.get("measured", {}).get(ATTEMPTS, 0)


def spoken(pattern):
    """One of CLASSES as a person writes it."""
    return pattern.replace(r"\w*", "*").replace("\\", "")


def chosen(records):
    """Of each case the run with the most attempts; one that failed is told in any case."""
    best = {}
    for record in records:
        other = best.setdefault(record["case"], record)
        if other["verdict"] != "fail" and (record["verdict"] == "fail" or attempts(record) > attempts(other)):
            best[record["case"]] = record
    return [record for _, record in sorted(best.items())]


def _log(run, path):
    """Where a serial log of the run is, whose folder may have been moved."""
    here = run / "results" / pathlib.Path(path).parent.name / pathlib.Path(path).name
    return str(here) if here.is_file() else path


def kept(folder, of):
    """Writes the records of long runs, a file a run. (case -> what a row says of where its record is, gaps)"""
    for old in folder.glob("long-records*"):  # of this part as it was made before: what is sealed is of this run
        old.unlink()
    shutil.rmtree(folder / "logs", ignore_errors=True)
    logs, places, gaps = tests.Logs(folder / "logs", "attack/logs"), {}, []
    for number, run in enumerate(sorted({record["folder"] for record in of if "folder" in record}), 1):
        own = [{**record, "log": [_log(run, path) for path in record["log"]]} for record in of if record.get("folder") == run]
        stamp = run / "records/run.json"
        lines = [{key: value for key, value in logs.of(record).items() if key != "folder"} for record in own]
        if stamp.is_file():
            name = f"long-records-{number}.jsonl"
            text = "".join(line + "\n" for line in tests.chain(tests.scrub(tests.first_of(json.loads(stamp.read_text(encoding="utf-8")))), tests.scrub(lines)))
            (folder / name).write_text(text, encoding="ascii")
        else:
            name = f"long-records-{number}.json"
            write_json(folder / name, tests.scrub(lines))
            gaps.append(f"of {len(own)} long runs commit, host and tools aren't on record, only the bytes that they ran on: attack/{name}")
        places |= {record["case"]: {"records": f"attack/{name}", "record": at} for at, record in enumerate(own, 1)}
    return places, gaps + [f"a serial log of {case} was no longer there" for case in sorted(logs.missing)]


def make(bundle):
    folder, (long, lost) = bundle.folder("attack"), of_long_runs()
    of = chosen([*(record for record in measured.of(measured.records(bundle), CASES) if record["verdict"] != "skip"), *long])
    places, without = kept(folder, of)
    rows = [{**measured.short({"record": None, **record}), "records": "tests/records.jsonl", **places.get(record["case"], {})} for record in of]
    write_json(folder / "results.json", rows)
    counted = [(record, attempts(record)) for record in of if attempts(record)]
    figures = [Figure(record["case"], count, ATTEMPTS, f"{WANTED:,}", count >= WANTED) for record, count in counted]
    fewest = min((count for _, count in counted), default=0)
    figures.insert(0, Figure("fewest attempts of a class or fuzzer", fewest, ATTEMPTS, f"{WANTED:,}", fewest >= WANTED, key=True))
    gaps = [f"{record['case']}: {count:,} of {WANTED:,} attempts" for record, count in counted if count < WANTED]
    gaps += [f"no record of {spoken(pattern)}" for pattern in CLASSES if not any(re.match(pattern, record["case"]) for record, _ in counted)]
    gaps += [f"{case}: a run of `make attack` ended while it ran: nothing is known of it" for case in lost]
    gaps += without
    if not long and not bundle.short:
        gaps.append("no record of `make attack` is of these bytes: the attempts are those of make check")
    verdict = "fail" if any(record["verdict"] == "fail" for record in of) else "open" if gaps else "pass"
    statement = (
        "Hostile cells and fuzzers, class by class, with their seeds: the same seed makes the same attempts. attack/attacks.md says what "
        f"each class tries and what it must get. What goes by chance counts for no structural coverage. {len(of)} tests, of which {len(places)} are of "
        "`make attack` on the same hypervisor or reader, byte for byte, and the same test, guests, harness and partition file, all others of make check. "
        "attack/results.json says which record each is of."
    )
    return bundle.end(Part("attack", "Attacks and fuzzing", verdict, statement, figures, gaps))

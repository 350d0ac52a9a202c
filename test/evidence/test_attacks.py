# SPDX-License-Identifier: Apache-2.0
"""What the bundle says of attacks: the most attempts on the same bytes, and each failure.

Robustness: test_other_bytes, test_other_harness, test_without_head, test_failure_is_told, test_missing, test_lost
"""

import json
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("scripts", "test", "test/attack", "test/system")]

import hostile  # noqa: E402  (needs the path above)
from bundle import attack, bundle as bundles  # noqa: E402
from harness import build, records as used  # noqa: E402

CASE = "attack::test_classes.py::test_calls[direct]"


HEAD = {"commit": "c" * 40, "dirty": False, "tag": None, "host": {"cores": 2}, "tools": {"QEMU": "1"}, "started": "2026-01-01T00:00:00+00:00"}


@pytest.fixture(name="made")
def _made(tmp_path, monkeypatch):
    """made(SHORT, LONG): what the part says of these records of make check and of make attack; subject and test are in a tree of their own."""
    for path, text in (("build/bulkhead.bin", "code"), ("build/a.dts", "cells"), ("test/a.py", "test"), ("test/harness/qemu.py", "machine"), ("test/conftest.py", "")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    for module in (attack, used):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    used.judges.cache_clear()
    monkeypatch.setattr(attack, "RUNS", tmp_path / "long")
    monkeypatch.setattr(attack, "CLASSES", (re.escape(CASE),))
    bundle = bundles.Bundle("x.dts", tmp_path / "bundle")

    def of(short, long, head=True):
        first = {"run": "1", "process": 1, "judges": used.judges()}
        for folder, name, lines in (("bundle/tests", "records.jsonl", short), ("long/1/records", "main-1.jsonl", [first, *long])):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
        if head:
            (tmp_path / "long/1/records/run.json").write_text(json.dumps(HEAD))
        verdict = attack.make(bundle)
        told = json.loads((tmp_path / "bundle/attack/summary.json").read_text())
        assert told["verdict"] == verdict
        return told, json.loads((tmp_path / "bundle/attack/results.json").read_text())

    yield of
    used.judges.cache_clear()


def record(attempts, verdict="pass", **changed):
    inputs = {path: used.file_hash(attack.ROOT / path) for path in ("build/bulkhead.bin", "build/a.dts")}
    line = {"case": CASE, "record": 3, "procedure": "test/a.py", "revision": used.revision(attack.ROOT / "test/a.py"), "inputs": inputs, "log": [], "target": {}}
    return {**line, "verdict": verdict, "measured": {"attempts": attempts, "seed": "1: 0x2"}, **changed}


# [utest->swr~attacks-counted~1]
def test_most_attempts(made):
    """Those of make attack, with their seed; where they are fewer, those of make check."""
    told, rows = made([record(10_000)], [record(1_000_000)])
    assert told["verdict"] == "pass" and told["gaps"] == []
    assert [(figure["name"], figure["value"], figure["reached"]) for figure in told["figures"]] == [("fewest attempts of a class or fuzzer", 1_000_000, True), (CASE, 1_000_000, True)]
    assert [(row["case"], row["records"], row["record"], row["measured"]["seed"]) for row in rows] == [(CASE, "attack/long-records-1.jsonl", 1, "1: 0x2")]
    other = CASE.replace("direct", "injected")
    assert made([record(10_000, case=other)], [record(1_000_000)])[0]["figures"][0] == {**told["figures"][0], "value": 10_000, "reached": False}
    told, rows = made([record(10_000)], [record(2_000)])
    assert told["verdict"] == "open" and (rows[0]["records"], rows[0]["record"]) == ("tests/records.jsonl", 3)
    assert told["gaps"] == [f"{CASE}: 10,000 of 1,000,000 attempts"]


# [utest->swr~attacks-counted~1]
def test_kept(made, tmp_path):
    """A long run's records are chained behind what they are of, with their serial logs."""
    console = attack.RUNS / "1/results/attack-x/console.log"
    console.parent.mkdir(parents=True)
    console.write_text("hello\n")
    due = {"requirements": [], "expected": "x", "observed": "as expected", "monotonic_ns": 1, "duration_s": 1.5, "wall": "2026-01-01T00:00:00.000+00:00"}
    made([], [record(1_000_000, log=["/of/another/tree/results/attack-x/console.log"], **due)])
    path = tmp_path / "bundle/attack/long-records-1.jsonl"
    first, line, _ = map(json.loads, path.read_text().splitlines())
    assert {key: first[key] for key in HEAD} == HEAD and line["measured"]["attempts"] == 1_000_000
    assert (tmp_path / "bundle" / line["log"][0]["path"]).read_text() == "hello\n"
    verified = subprocess.run([ROOT / "build/bulkhead", "log", "verify", path], capture_output=True, text=True, check=False)
    assert verified.returncode == 0 and "1 records, 1 passed" in verified.stdout, verified
    # Made anew of less: nothing of before stays, and a log that is gone is told.
    console.unlink()
    told, _ = made([], [record(1_000_000, log=[str(console)], **due)])
    assert f"a serial log of {CASE} was no longer there" in told["gaps"] and not (tmp_path / "bundle/attack/logs").exists()
    made([record(10_000)], [])
    assert not list((tmp_path / "bundle/attack").glob("long-records*"))


# [utest->swr~attacks-counted~1]
def test_without_head(made, tmp_path):
    """Of a run that left no word on tree, host and tools that is told; its attempts count."""
    told, rows = made([], [record(1_000_000)], head=False)
    assert told["figures"][0]["reached"] and rows[0]["records"] == "attack/long-records-1.json"
    assert told["gaps"] == ["of 1 long runs commit, host and tools aren't on record, only the bytes that they ran on: attack/long-records-1.json"]
    assert json.loads((tmp_path / "bundle/attack/long-records-1.json").read_text())[0]["case"] == CASE


# [utest->swr~attacks-counted~1]
@pytest.mark.parametrize("path", ["test/harness/qemu.py", "test/harness/new.S", "test/conftest.py"])
def test_other_harness(made, path):
    """What drives a machine and judges it has changed: nothing is said of it; a test without a machine doesn't depend on it."""
    plain = record(1_000_000)
    del plain["target"]
    for long, taken in ((record(1_000_000), 0), (plain, 1)):
        made([], [long])
        (attack.ROOT / path).write_text(f"changed {taken}")
        used.judges.cache_clear()
        used.revision.cache_clear()
        assert len(attack.of_long_runs()[0]) == taken


# [utest->swr~attacks-counted~1]
@pytest.mark.parametrize("changed", [{"revision": "0" * 40}, {"inputs": {"build/bulkhead.bin": "0" * 64}}, {"inputs": {}}, {"procedure": "test/b.py"}])
def test_other_bytes(made, changed):
    """Another hypervisor, another test, none at all: nothing is said of these bytes."""
    told, rows = made([record(10_000)], [record(1_000_000, **changed)])
    assert rows[0]["record"] == 3 and told["gaps"][-1].startswith("no record of `make attack` is of these bytes")


# [utest->swr~attacks-counted~1]
def test_other_inputs(made):
    """What else the test used is the same, but for what names its commit, and what was built and is gone."""
    lost, other, later, removed = record(1_000_000), record(1_000_000), record(1_000_000), record(1_000_000)
    (attack.ROOT / "build/a.itb").write_text("of a later commit")
    lost["inputs"]["build/gone"] = other["inputs"]["build/a.dts"] = later["inputs"]["build/a.itb"] = "0" * 64
    assert made([], [lost])[0]["verdict"] == made([], [later])[0]["verdict"] == "pass"
    removed["inputs"]["test/hostile.c"] = "0" * 64
    assert made([], [other])[1] == made([], [removed])[1] == []


# [utest->swr~attacks-counted~1]
def test_failure_is_told(made):
    """Whichever of both runs failed."""
    assert made([record(10_000, "fail")], [record(1_000_000)])[0]["verdict"] == "fail"
    assert made([record(10_000)], [record(500, "fail")])[0]["verdict"] == "fail"


# [utest->swr~attacks-counted~1]
def test_missing(made):
    """A class that has no record with a number of attempts is a gap, whatever the others have."""
    uncounted = {**record(0), "measured": {}}
    for short in ([], [uncounted], [{**record(10_000), "case": "attack::test_classes.py::test_other[direct]"}]):
        told, _ = made(short, [])
        assert told["verdict"] == "open" and f"no record of {CASE}" in told["gaps"]


# [utest->swr~attacks-counted~1]
def test_lost(made):
    """A long run that took its process with it, in the middle of a line: that case is told, and what ended before counts."""
    told, rows = made([], [record(1_000_000), {"began": "attack::x"}])
    assert told["verdict"] == "open" and any(gap.startswith("attack::x: a run of `make attack` ended") for gap in told["gaps"]) and rows[0]["measured"]["attempts"] == 1_000_000
    with (attack.RUNS / "1/records/main-2.jsonl").open("w") as file:
        file.write('{"run": ""}\n{"began": "attack::y"}\n{"case": "attack::y", "verd')
    told, _ = made([], [record(1_000_000)])
    assert any(gap.startswith("attack::y: ") for gap in told["gaps"])


# [utest->swr~attacks-counted~1]
def test_what_attacks_is_an_input():
    """Each test that has the hostile cell names its sources, also where another test compiled them; each that has an image what runs in its cells."""
    for _ in range(2):
        with used.into(used.Use()) as use:
            hostile.objects()
        assert {f"test/attack/hostile/{path.name}" for path in hostile.SOURCES.iterdir()} <= set(use.inputs)
    with used.into(used.Use()) as use:
        build.build("pmu")
    assert {"build/cells/health.elf", "build/cells/probe.elf"} <= set(use.inputs)


def test_classes_are_there():
    """Each pattern finds a test of this tree. [utest->swr~attacks-counted~1]"""
    for pattern in attack.CLASSES:
        names = {f"{path.parent.name}::{path.name}::{name}" for path in (ROOT / "test").glob("*/test_*.py") for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)}
        assert any(re.match(re.sub(r"\\\[.*", "", pattern), name) for name in names), pattern

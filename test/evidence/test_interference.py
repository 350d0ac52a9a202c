# SPDX-License-Identifier: Apache-2.0
"""Interference channels: what victims measured, and what isn't shown.

[utest->swr~interference-told~1]

Robustness: test_failed, test_renamed
"""

import json
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from bundle import bundle as bundles, interference  # noqa: E402  (needs the path above)

CALLS = "attack::test_classes.py::test_calls[direct]"


@pytest.fixture(name="made")
def _made(tmp_path):
    """made(RECORD...): (summary, channel by name) of these test records."""
    bundle = bundles.Bundle("x.dts", tmp_path)

    def of(*records):
        (tmp_path / "tests").mkdir(exist_ok=True)
        (tmp_path / "tests/records.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        verdict = interference.make(bundle)
        told = json.loads((tmp_path / "interference/summary.json").read_text())
        assert told["verdict"] == verdict
        return told, {row["name"]: row for row in json.loads((tmp_path / "interference/results.json").read_text())["channels"]}

    return of


def record(case, verdict="pass", **measured):
    return {"case": case, "record": 1, "verdict": verdict, "measured": measured}


def test_measured(made):
    """The worst of what was added to a victim's entries, and each channel's tests."""
    told, channels = made(record(CALLS, **{interference.ENTRIES: 0}), record("attack::test_intruder.py::test_faults", **{interference.ENTRIES: 2}))
    assert channels["hypercalls"]["verdict"] == "pass" and [test["case"] for test in channels["hypercalls"]["tests"]] == [CALLS]
    assert [(figure["value"], figure["reached"]) for figure in told["figures"]] == [(2, False)]
    assert not any(gap.startswith("hypercalls") for gap in told["gaps"])


def test_not_shown(made):
    """What contention costs in time, where emulation has none."""
    told, channels = made(record("attack::test_classes.py::test_fetches[direct]"))
    assert channels["memory bus"]["verdict"] == "pass"
    assert any(gap.startswith("memory bus: what contention costs in time isn't shown") for gap in told["gaps"])


def test_failed(made):
    """One test of a channel: the part fails."""
    told, channels = made(record(CALLS), record(CALLS.replace("direct", "injected"), "fail"))
    assert (told["verdict"], channels["hypercalls"]["verdict"]) == ("fail", "fail")


def test_renamed(made):
    """A channel without a test is told, whatever became of the test; one that was skipped shows nothing."""
    told, channels = made(record("attack::test_classes.py::test_callbacks"), record("attack::test_intruder.py::test_messages", "skip"))
    for name in ("hypercalls", "messages"):
        assert channels[name]["verdict"] == "not shown" and f"{name}: none of its tests is among the records" in told["gaps"]


@pytest.mark.parametrize("channel", interference.CHANNELS, ids=lambda channel: channel.name)
def test_channels_have_tests(channel):
    """Each pattern finds a test of this tree."""
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "test").glob("*/test_*.py") if path.parent.name in ("attack", "system")}
    names = [f"{path.parent.name}::{path.name}::{name}" for path, text in texts.items() for name in re.findall(r"(?<!\w)(?:test|flood)_\w+", text)]
    assert any(re.search(channel.cases, name) for name in names)

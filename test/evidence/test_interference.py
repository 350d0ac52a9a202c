# SPDX-License-Identifier: Apache-2.0
"""Interference channels: what victims measured, and what isn't shown.

Robustness: test_failed, test_renamed, test_strangers, test_true_numbers_of_hostile, test_true_numbers_of_intruder
"""

import contextlib
import json
import pathlib
import re
import sys
from types import SimpleNamespace
from unittest import mock

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("scripts", "test/attack", "test/system")]

import hostile  # noqa: E402  (needs the path above)
import intruder  # noqa: E402
from bundle import bundle as bundles, interference  # noqa: E402

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


# [utest->swr~interference-told~1]
def test_measured(made):
    """The worst of what was added to a victim's entries, and each channel's tests."""
    told, channels = made(record(CALLS, **{interference.ENTRIES: 0}), record("attack::test_intruder.py::test_faults", **{interference.ENTRIES: 2}))
    assert channels["hypercalls"]["verdict"] == "pass" and [test["case"] for test in channels["hypercalls"]["tests"]] == [CALLS]
    assert [(figure["value"], figure["reached"]) for figure in told["figures"]] == [(2, False)]
    assert not any(gap.startswith("hypercalls") for gap in told["gaps"])


# [utest->swr~interference-told~1]
def test_strangers(made):
    """A test that only names one that loads a channel is no neighbour."""
    told, channels = made(record("evidence::test_counted.py::test_of_this_tree[attack/test_intruder_chance.py::test_config]"), record(CALLS))
    assert channels["PCI"]["verdict"] == "not shown" and "PCI: none of its tests is among the records" in told["gaps"]


UNLOADED = ("memory bus", "last-level cache")


# [utest->swr~interference-told~1]
def test_not_loaded(made):
    """An emulated machine has no bus and no cache that could be loaded, whatever tests ran."""
    told, channels = made(record("attack::test_classes.py::test_fetches[direct]"), record("system::test_colors.py::test_pages"), record(CALLS))
    for name in UNLOADED:
        assert (channels[name]["verdict"], channels[name]["tests"], channels[name]["shown"]) == ("not shown", [], "nothing")
        assert any(gap.startswith(f"{name}: not loaded") and interference.PROCEDURE in gap for gap in told["gaps"])


# [utest->swr~interference-told~1]
def test_time_not_seen(made):
    """What contention costs in time, of each channel that the procedure for hardware loads; what was seen is said beside it."""
    told, channels = made(record("attack::test_attack.py::test_is_endured[flood_sgis-direct]"))
    assert channels["GIC distributor"]["verdict"] == "pass" and channels["GIC distributor"]["shown"] == "entries to EL2, ticks, memory; not time"
    assert any(gap.startswith("GIC distributor: what contention costs in time isn't shown") for gap in told["gaps"])
    rows = re.findall(r"^   \| ([^|]+) \| [^|]+ \|$", (ROOT / "docs/interference.md").read_text(encoding="utf-8"), re.M)
    on_hardware = {name for row in rows if row not in ("channel", "---") for name in row.split(", ")}
    assert on_hardware == {name for name, row in channels.items() if not row["seen"]}


# [utest->swr~interference-told~1]
def test_statement(made):
    """How many channels were loaded is counted: one that a test loaded, one that was skipped, one with a failed test."""
    told, channels = made(record(CALLS), record("attack::test_intruder.py::test_messages", "skip"), record("attack::test_intruder.py::test_losses", "fail"))
    assert f"2 of {len(channels)} channels" in told["statement"]
    assert "not loaded: memory bus, last-level cache, TLB broadcast" in told["statement"] and "hypercalls" not in told["statement"]


# [utest->swr~interference-told~1]
def test_missed(made):
    """Ticks that a victim missed miss their figure, too."""
    told, _ = made(record(CALLS, **{interference.ENTRIES: 0, interference.MISSED: 3}))
    assert [(figure["value"], figure["reached"]) for figure in told["figures"]] == [(0, True), (3, False)]


@contextlib.contextmanager
def unharmed(_cell):
    yield


def core(exits):
    return SimpleNamespace(exits={"irq": exits}, exits_total=exits, exits_since_ready=exits, generation=1)


# [utest->swr~interference-told~1]
def test_true_numbers_of_hostile():
    """A victim's entries are measured before they are judged: the record of a failed test has them."""
    guest = object.__new__(hostile.Hostile)
    guest.measured, guest.unharmed, guest.target = {}, unharmed, mock.Mock()
    guest.witness_entries = mock.Mock(side_effect=[{w: (core(at), 10 * at) for w in hostile.WITNESSES} for at in (0, 2, 2, 5)])
    for total in (2, 5):
        with pytest.raises(AssertionError, match="entries of the direct witness"), guest.witnessed():
            pass
        assert guest.measured[interference.ENTRIES] == total  # of all attacks of a test


# [utest->swr~interference-told~1]
@pytest.mark.parametrize("wrong", ["word", "entries", "ticks"])
def test_true_numbers_of_intruder(wrong):
    """The same of the cell with PCI functions, whatever else is found wrong first."""
    guest = object.__new__(intruder.Intrusion)
    guest.measured, guest.unharmed, guest.peer, guest.view = {}, unharmed, mock.Mock(), mock.Mock()
    guest._configs = guest.settings = lambda *_: {}  # pylint: disable=protected-access
    guest._word_is_kept = mock.Mock(side_effect=AssertionError if wrong == "word" else None)  # pylint: disable=protected-access
    guest.view.core.side_effect = [core(0), *[core(3 * (wrong != "ticks"))] * 5]
    beats = [[100, 1, 50, *[0] * 5, 100, *[0] * 15], [107, 1 + 2 * (wrong != "entries"), 60, *[0] * 5, 105, 0, 2, *[0] * 13]]
    guest.view.heartbeat.side_effect = [("", beats[0]), *[("", beats[1])] * 5]
    with pytest.raises(AssertionError), guest.witnessed():
        pass
    assert guest.measured[interference.ENTRIES] == 3 * (wrong != "ticks") and guest.measured["control: ticks meanwhile"] == 7
    assert guest.measured[interference.MISSED] == 2 * (wrong != "entries") and guest.measured["control: its latest tick was late by less than, ns"] == 512


# [utest->swr~interference-told~1]
def test_failed(made):
    """One test of a channel: the part fails."""
    told, channels = made(record(CALLS), record(CALLS.replace("direct", "injected"), "fail"))
    assert (told["verdict"], channels["hypercalls"]["verdict"]) == ("fail", "fail")


# [utest->swr~interference-told~1]
def test_renamed(made):
    """A channel without a test is told, whatever became of the test; one that was skipped shows nothing."""
    told, channels = made(record("attack::test_classes.py::test_callbacks"), record("attack::test_intruder.py::test_messages", "skip"))
    for name in ("hypercalls", "messages"):
        assert channels[name]["verdict"] == "not shown" and f"{name}: none of its tests is among the records" in told["gaps"]


# [utest->swr~interference-told~1]
@pytest.mark.parametrize("channel", interference.CHANNELS, ids=lambda channel: channel.name)
def test_channels_have_tests(channel):
    """Each pattern finds a test of this tree."""
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "test").glob("*/test_*.py") if path.parent.name in ("attack", "system")}
    names = [f"{path.parent.name}::{path.name}::{name}" for path, text in texts.items() for name in re.findall(r"(?<!\w)(?:test|flood)_\w+", text)]
    patterns = channel.cases.split("|") if "(" not in channel.cases else [channel.cases]
    assert all(any(re.search(pattern, name) for name in names) for pattern in patterns) if channel.cases else channel.name in UNLOADED

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""drill.py [FOLDER] - `make drill`: provokes each error of the health table in a running system of three cells, and shows what
came of it: how soon it was detected and acted on, what the others noticed; then once more with a Prometheus that watches: which
metric moved, which alert fired.

Time is virtual (one instruction, one nanosecond), so the numbers don't depend on the host; before Prometheus it is the host's. An
error that an emulated machine can't raise is set up by the debugger, and the table says so. Results: FOLDER/drill.md and drill.json
(default build/drill), and each machine's console. Exit status 0: every error was detected, acted on within its bound, noticed by
nobody else, and told.
"""

import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "test"), str(ROOT / "test/system"), str(ROOT / "scripts")]

import drill_alerts  # noqa: E402  (needs the path above)
from drill_cases import CASES, MS  # noqa: E402


def milliseconds(ns):
    return "-" if ns is None else f"{ns / MS:.3f}"


def table(outcomes):
    yield "| error | action | how | detected in, ms | bound | acted in, ms | bound | others: worst extra latency, ns |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in outcomes:
        times = (
            one.detected_ns, None if one.detected_ns is None else one.detected_bound,
            one.acted_ns, None if one.acted_ns is None else one.acted_bound,
        )  # fmt: skip
        extra = "start over" if one.extra_ns is None else one.extra_ns
        yield f"| `{one.error}` | {one.action} | {one.how} | {' | '.join(map(milliseconds, times))} | {extra} |"


def drill(folder, cases=CASES):
    """Outcomes of the cases, told as they come."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in cases:
        print(f"drill: {case.error} ...", flush=True)
        yield case(folder).run()


def told(folder):
    """(text, how many weren't told) of the cases before a Prometheus."""
    lines, bad = ["| error | metric | alert |", "|---|---|---|"], 0
    for one in drill_alerts.watched(folder / "alerts"):
        lines.append(f"| `{one.error}` | `{one.metric}`: {one.before:g} to {one.after:g} | `{one.alert}` |")
        for wrong in one.wrong():
            print(f"drill: {one.error}: {wrong}", file=sys.stderr)
            bad += 1
    return "\n".join(lines), bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=ROOT / "build/drill")
    folder = parser.parse_args().folder
    outcomes, bad = [], 0
    try:
        for one in drill(folder):
            outcomes.append(one)
            for wrong in one.wrong():
                print(f"drill: {one.error}: {wrong}", file=sys.stderr)
                bad += 1
        more, untold = told(folder)
    except KeyboardInterrupt:
        print("drill: interrupted", file=sys.stderr)
        return 1
    text, bad = "\n".join((*table(outcomes), "", more)), bad + untold
    (folder / "drill.md").write_text(f"{text}\n", encoding="utf-8")
    (folder / "drill.json").write_text(json.dumps([vars(one) for one in outcomes], indent=1) + "\n", encoding="utf-8")
    print(f"\n{text}\n\ndrill: {len(outcomes)} errors, {bad} promises broken; {folder}/drill.md")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""A bundle that is being made: where it lies, whether it counts, and what each part says of itself."""

import datetime
import json
import pathlib
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
NOT_FOR_CREDIT = "NOT FOR CREDIT"
# What explains a part to its readers, who have the bundle alone: goes into the part's folder.
EXPLAINED = {
    "tests": "docs/evidence-records.md",
    "coverage": "docs/coverage.md",
    "static": "docs/evidence-static.md",
    "timing": "docs/bench.md",
    "configuration": "docs/evidence-configuration.md",
    "interference": "docs/interference.md",
    "attack": "docs/attacks.md",
}
VERDICTS = (
    "pass",  # everything it claims was seen
    "fail",  # something was seen that must not be
    "open",  # nothing wrong was seen, but a goal isn't reached: `gaps` say which
    "not shown",  # can't be shown here: `gaps` say why, and how it can be
)


@dataclass
class Figure:
    """A measured value beside its goal."""

    name: str
    value: float | int | str
    unit: str = ""
    goal: str = ""  # in words, with its unit; "": there is none
    reached: bool | None = None  # None: there is no goal


@dataclass
class Part:
    """What a part's summary.json has, for the report."""

    part: str  # name of its folder
    title: str
    verdict: str  # of VERDICTS
    statement: str  # a few sentences: what was done, on what, with what result
    figures: list[Figure] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)  # each names what is missing, and why
    notes: list[str] = field(default_factory=list)  # what a reader must know in order not to be misled


class Bundle:
    def __init__(self, config, out, short=False):
        self.config, self.out, self.short = pathlib.Path(config).resolve(), pathlib.Path(out), short
        self.started = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.image = BUILD / "out" / self.config.stem  # what `make image CONFIG=` made: bulkhead.itb, map.json, disk.img ...

    def folder(self, part):
        path = self.out / part
        path.mkdir(parents=True, exist_ok=True)
        return path

    def end(self, part):
        """Writes what a part says of itself, with what explains it beside it. Returns its verdict."""
        assert part.verdict in VERDICTS, part.verdict
        if part.part in EXPLAINED:
            shutil.copy(ROOT / EXPLAINED[part.part], self.folder(part.part))
        write_json(self.folder(part.part) / "summary.json", asdict(part))
        return part.verdict

    def not_for_credit(self):
        """Why this bundle doesn't count; empty: it does. A tree that nobody can get again proves nothing."""
        reasons = []
        if git("status", "--porcelain"):
            reasons.append("the tree has changes that aren't committed")
        if not git("tag", "--points-at", "HEAD"):
            reasons.append("the commit has no tag")
        if self.short:
            reasons.append("the short form: most tests were left out")
        return reasons


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, sort_keys=False) + "\n", encoding="utf-8")


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def say(text):
    print(f"evidence: {text}", file=sys.stderr, flush=True)


def run(*command, **options):
    """Runs it to its end; returns what it printed. What it says where it fails is its error."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout

# SPDX-License-Identifier: Apache-2.0
"""A bundle that is being made: where it lies, whether it counts, and what each part says of itself."""

import datetime
import hashlib
import json
import pathlib
import subprocess
import sys
from dataclasses import asdict, dataclass, field

from . import papers

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
NOT_FOR_CREDIT = "NOT FOR CREDIT"
# In this order: a later one reads what an earlier one wrote, and the objectives which files there are.
PARTS = ("tests", "requirements", "coverage", "timing", "static", "configuration", "interference", "attack", "objectives")
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
    key: bool = False  # it stands on the report's first page


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


class Found:
    """What a part has seen so far: `bad` fails it, `gaps` leave it open."""

    def __init__(self):
        self.figures, self.bad, self.gaps, self.notes = [], [], [], []

    def figure(self, name, value, unit="", goal="", reached=None, key=False):
        self.figures.append(Figure(name, value, unit, goal, reached, key))

    @property
    def verdict(self):
        return "fail" if self.bad else "open" if self.gaps else "pass"


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
        if part.part in papers.EXPLAINED:
            papers.copy(papers.EXPLAINED[part.part], self.out)
        write_json(self.folder(part.part) / "summary.json", {**asdict(part), "of": self.made_of()})
        return part.verdict

    def made_of(self):
        """What a part that is made now is of."""
        here, image = tree(), BUILD / "bulkhead.bin"
        hypervisor = hashlib.sha256(image.read_bytes()).hexdigest() if image.exists() else None
        return {"commit": here["commit"], "changes": here["changes"], "hypervisor": hypervisor, "short": self.short}

    def parts(self):
        """{name: summary} of those that are there."""
        return {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(self.out.glob("*/summary.json"))}

    def not_for_credit(self):
        """Why this bundle doesn't count; empty: it does. A tree that nobody can get again proves nothing."""
        reasons = []
        if git("status", "--porcelain"):
            reasons.append("the tree has changes that aren't committed")
        if not git("tag", "--points-at", "HEAD"):
            reasons.append("the commit has no tag")
        parts, here = self.parts(), self.made_of()
        if self.short or any(part["of"]["short"] for part in parts.values()):
            reasons.append("the short form: most tests were left out")
        if missing := [name for name in PARTS if name not in parts]:
            reasons.append(f"parts are missing: {', '.join(missing)}")
        for name, part in parts.items():
            if {**part["of"], "short": None} != {**here, "short": None}:
                reasons.append(f"part {name} is of another commit, tree or hypervisor")
        return reasons


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, sort_keys=False) + "\n", encoding="utf-8")


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def tree():
    """The commit, its tag, and a hash over all that differs from it."""
    changes = hashlib.sha256(subprocess.run(["git", "diff", "--binary", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout)
    for name in sorted(filter(None, git("ls-files", "-z", "--others", "--exclude-standard").split("\0"))):
        changes.update(name.encode() + b"\0" + hashlib.sha256((ROOT / name).read_bytes()).digest())
    return {
        "commit": git("rev-parse", "HEAD"),
        "tag": git("tag", "--points-at", "HEAD").split("\n")[0] or None,
        "dirty": bool(git("status", "--porcelain")),
        "changes": changes.hexdigest(),
    }


def say(text):
    print(f"evidence: {text}", file=sys.stderr, flush=True)


def run(*command, **options):
    """Runs it to its end; returns what it printed. What it says where it fails is its error."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout

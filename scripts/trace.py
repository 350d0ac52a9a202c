#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requirements traced in both directions: from items to the code and tests that cover them, and back.

Items stand in test/requirements/*.md in OpenFastTrace's form:

    ### Title
    `swr~name~1`

    Status: approved

    One sentence.

    Rationale:

    Why it is required.

    Covers:
    - `sys~other-name~1`

    Needs: impl, utest

Status is `approved` (reviewed, traced, its tests pass), `proposed` (not yet reviewed; so is an item that says nothing) or
`draft` (known to be unfinished: docs/open-problems.md says what is missing). `Tags: no-input` is of items that take no
input which could be wrong, so that no robustness case is missed, `Tags: abnormal-only` of those that speak of what is wrong alone. test/requirements/reviews.csv holds a digest of each
item's text as it was reviewed: an approved item with another text is told of.

Code and tests carry tags in comments: an artifact type (impl, utest, stest), an arrow "->" and an item's ID, all
in square brackets; trace_cases.py says which test case one speaks of, and of what kind that is. Exit status 1 with a
message an orphan (`file:line: error: ...`): an item without the coverage it needs, a tag or a Covers: that names no item
or another revision, an item defined twice, a software requirement that covers nothing, an unknown status, a draft that
doesn't stand in docs/open-problems.md, a robustness case that is no test.
"""

import argparse
import csv
import hashlib
import json
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import trace_cases

ITEMS = "test/requirements"
REVIEWS = f"{ITEMS}/reviews.csv"
OPEN_PROBLEMS = "docs/open-problems.md"
TAGGED = ("src", "cells", "test", "scripts")
TAG_TYPES = ("impl", "utest", "stest")
TEST_TYPES = ("utest", "stest")
# This tool and its test speak about tags: there one counts only where a line begins with it, behind a "#".
QUOTING = ("scripts/trace.py", "scripts/trace_cases.py", "test/unit/trace/test_trace.py")
STATUSES = ("approved", "proposed", "draft")
KINDS = ("normal", "robustness")

ITEM_ID = re.compile(r"([a-z]+)~([a-z][a-z0-9-]*)~([0-9]+)")
ITEM_LINE = re.compile(r"`?(" + ITEM_ID.pattern + r")`?\s*")
# C has pointers in brackets, too: a tag is of a known type, or names an item.
TAG = re.compile(r"\[([a-z]+)->([^\]\s]*)\]")
KEYWORD = re.compile(r"(Needs|Covers|Depends|Rationale|Comment|Description|Tags|Status):\s*(.*)")


@dataclass
class Item:
    id: str
    title: str
    place: str
    needs: list = field(default_factory=list)
    covers: list = field(default_factory=list)  # (ID, place)
    tags: list = field(default_factory=list)
    text: str = ""
    rationale: str = ""
    status: str = ""  # of STATUSES, or nothing
    review: str = ""  # name of the review of this very text

    @property
    def type(self):
        return self.id.split("~")[0]

    @property
    def name(self):
        return self.id.rsplit("~", 1)[0]

    @property
    def digest(self):
        """Of what is required: title, text and what it covers, however the lines are broken."""
        words = " ".join([self.title, self.text, *(covered for covered, _ in self.covers)]).split()
        return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]


@dataclass
class Tag:
    type: str
    id: str
    place: str
    cases: list = field(default_factory=list)  # of trace_cases


# [impl->swr~trace-whole~1]
class Trace:
    def __init__(self):
        self.items = {}
        self.tags = []
        self.errors = []
        self.revisions = {}  # type~name -> ID
        self.coverage = defaultdict(lambda: defaultdict(list))  # ID -> type -> places

    def error(self, place, text):
        self.errors.append(f"{place}: error: {text}")

    # ---- reading ----

    def _item_add(self, item):
        first = self.items.get(item.id) or self.items.get(self.revisions.get(item.name))
        if first:
            self.error(item.place, f"`{item.id}` is defined already, as `{first.id}` at {first.place}")
            return
        self.items[item.id] = item
        self.revisions[item.name] = item.id

    def read_items(self, path, shown):
        item, title, section = None, "", None
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            text = line.strip()
            place = f"{shown}:{number}"
            keyword = KEYWORD.fullmatch(text)
            start = ITEM_LINE.fullmatch(text)
            if text.startswith("#"):
                item, title, section = None, text.lstrip("#").strip(), None
            elif start and section != "Covers":
                item, section = Item(start.group(1), title, place), None
                self._item_add(item)
            elif item and keyword:
                section = keyword.group(1)
                self._keyword(item, section, keyword.group(2), place)
            elif item and section == "Covers" and text:
                named = ITEM_ID.search(text)
                if named:
                    item.covers.append((named.group(0), place))
                else:
                    self.error(place, f"`{item.id}` covers something that is no item's ID: {text}")
            elif item and text and section == "Rationale":
                item.rationale = f"{item.rationale} {text}".strip()
            elif item and text and section in (None, "Description", "Status", "Tags"):
                item.text = f"{item.text} {text}".strip()

    def _keyword(self, item, section, rest, place):
        words = [word for word in re.split(r"[,\s]+", rest) if word]
        if section == "Needs":
            item.needs += words
        elif section == "Tags":
            item.tags += words
        elif section == "Rationale":
            item.rationale = rest
        elif section == "Status":
            item.status = rest
            if rest not in STATUSES:
                self.error(place, f"`{item.id}` has the status '{rest}': must be one of {', '.join(STATUSES)}")

    # [impl->swr~trace-reviews~1]
    def read_reviews(self, path, shown):
        """A line an item: ID, digest of the text that was reviewed, name of the review (reviews.md tells of it)."""
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        for row in csv.DictReader(lines):
            item = self.items.get(row["item"])
            if item and item.digest == row["digest"]:
                item.review = row["review"]
            elif not item and row["item"].rsplit("~", 1)[0] not in self.revisions:
                self.error(shown, f"a review of `{row['item']}`: no such item in {ITEMS}")

    def read_tags(self, path, shown):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return  # no source
        tests = trace_cases.read(shown, text) if shown.startswith("test/") else trace_cases.File()
        for number, wrong in tests.errors:
            self.error(f"{shown}:{number}", wrong)
        for number, line in enumerate(text.splitlines(), 1):
            if shown in QUOTING and not line.lstrip().startswith("# ["):
                continue
            for kind, item_id in TAG.findall(line):
                place = f"{shown}:{number}"
                if kind not in TAG_TYPES and not ITEM_ID.fullmatch(item_id):
                    continue
                if kind not in TAG_TYPES:
                    self.error(place, f"tag of type '{kind}': must be one of {', '.join(TAG_TYPES)}")
                elif not ITEM_ID.fullmatch(item_id):
                    self.error(place, f"tag names '{item_id}', which is not type~name~revision")
                else:
                    self.tags.append(Tag(kind, item_id, place, trace_cases.cases(tests, number)))

    # ---- linking ----

    def _unknown(self, place, what, item_id):
        other = self.revisions.get(item_id.rsplit("~", 1)[0])
        hint = f": its revision is now `{other}`" if other else f": no such item in {ITEMS}"
        self.error(place, f"{what} `{item_id}`{hint}")

    def link(self):
        for tag in self.tags:
            if tag.id in self.items:
                self.coverage[tag.id][tag.type].append(tag.place)
            else:
                self._unknown(tag.place, f"{tag.type} tag of", tag.id)
        for item in self.items.values():
            for covered, place in item.covers:
                if covered in self.items:
                    self.coverage[covered][item.type].append(item.place)
                else:
                    self._unknown(place, f"`{item.id}` covers", covered)
        for item in self.items.values():
            self._item_check(item)

    def _item_check(self, item):
        if item.type == "swr" and not item.covers:
            self.error(item.place, f"`{item.id}` covers no system requirement: add Covers:")
        if not item.needs:
            self.error(item.place, f"`{item.id}` needs nothing: add Needs:")
        for need in item.needs:
            if not self.coverage[item.id][need]:
                self.error(item.place, f"`{item.id}` needs {need}, which nothing gives it")
            elif need in TEST_TYPES and not any(tag.cases for tag in self.tags if (tag.id, tag.type) == (item.id, need)):
                self.error(item.place, f"`{item.id}` needs {need}, and has tags that belong to no test: {', '.join(self.coverage[item.id][need])}")

    def drafts_check(self, problems, shown):
        for item in self.items.values():
            if item.status == "draft" and f"`{item.id}`" not in problems:
                self.error(item.place, f"`{item.id}` is a draft, but {shown} doesn't say what is missing")

    # ---- telling ----

    def cases(self, item):
        """(type, path, case) of each test of the item, once."""
        seen = {}
        for tag in self.tags:
            for case in tag.cases if tag.id == item.id else ():
                path = tag.place.rsplit(":", 1)[0]
                known = seen.get((path, case.name))
                # What a tag at the test itself says is more than what one at the file's head does.
                if not known or known[2].scope == "file":
                    seen[path, case.name] = (tag.type, path, case)
        return [seen[key] for key in sorted(seen)]

    def items_told(self):
        """Each item with all that is known of it, in the order of the files."""
        told = []
        for item in self.items.values():
            tests = [
                {"type": kind, "file": path, "line": case.line, "name": case.name, "kind": case.kind, "scope": case.scope}
                for kind, path, case in self.cases(item)
            ]
            told.append(
                {
                    "id": item.id,
                    "title": item.title,
                    "text": item.text,
                    "rationale": item.rationale,
                    "status": item.status or "proposed",
                    "review": item.review,
                    "place": item.place,
                    "covers": [covered for covered, _ in item.covers],
                    "needs": item.needs,
                    "tags": item.tags,
                    "covered_by": self.coverage[item.id]["swr"] and sorted(i.id for i in self.items.values() if item.id in dict(i.covers)),
                    "code": list(self.coverage[item.id]["impl"]),
                    "tests": tests,
                    "cases": {kind: sum(test["kind"] in (kind, "both") for test in tests) for kind in KINDS},
                }
            )
        return told

    def gaps(self):
        """What isn't an error and yet missing: name -> IDs."""
        told = self.items_told()
        low = [item for item in told if item["tests"] or not item["covered_by"]]
        return {
            "without rationale": [item["id"] for item in told if not item["rationale"]],
            "not approved": [item["id"] for item in told if item["status"] != "approved"],
            "approved, but not in these words": [item["id"] for item in told if item["status"] == "approved" and not item["review"]],
            "without a normal-range case": [item["id"] for item in low if not item["cases"]["normal"] and "abnormal-only" not in item["tags"]],
            "without a robustness case": [item["id"] for item in low if not item["cases"]["robustness"] and "no-input" not in item["tags"]],
            "traced to whole files alone": [item["id"] for item in low if all(test["scope"] == "file" for test in item["tests"])],
        }

    def rows(self):
        """The trace matrix, a row a link: item, title, status, type of the link, file, line, name and kind of the test."""
        for item in self.items_told():
            start = [item["id"], item["title"], item["status"]]
            for lower in item["covered_by"]:
                yield [*start, "swr", "", "", lower, ""]
            for place in item["code"]:
                yield [*start, "impl", *place.rsplit(":", 1), "", ""]
            for test in item["tests"]:
                yield [*start, test["type"], test["file"], test["line"], test["name"], test["kind"]]

    def summary(self):
        covered = sum(all(self.coverage[i.id][n] for n in i.needs) for i in self.items.values())
        return f"trace: {len(self.items)} items, {covered} covered, {len(self.tags)} tags, {len(self.errors)} errors"

    def matrix(self):
        lines = ["| item | title | covered by |", "|---|---|---|"]
        for item in sorted(self.items.values(), key=lambda i: (i.type != "sys", i.id)):
            given = [f"{kind}: {', '.join(places)}" for kind, places in sorted(self.coverage[item.id].items()) if places]
            given += [f"{n}: **missing**" for n in item.needs if not self.coverage[item.id][n]]
            lines.append(f"| `{item.id}` | {item.title} | {'; '.join(given)} |")
        return "\n".join(lines)


def files_below(root, folder):
    for path in sorted((root / folder).rglob("*")):
        shown = path.relative_to(root).as_posix()
        hidden = any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(root).parts)
        if path.is_file() and not hidden:
            yield path, shown


def trace(root):
    result = Trace()
    for path, shown in files_below(root, ITEMS):
        if path.suffix == ".md":
            result.read_items(path, shown)
    for folder in TAGGED:
        for path, shown in files_below(root, folder):
            if not shown.startswith(ITEMS + "/"):
                result.read_tags(path, shown)
    result.link()
    if (root / REVIEWS).is_file():
        result.read_reviews(root / REVIEWS, REVIEWS)
    problems = root / OPEN_PROBLEMS
    result.drafts_check(problems.read_text(encoding="utf-8") if problems.is_file() else "", OPEN_PROBLEMS)
    return result


COLUMNS = ("item", "title", "status", "link", "file", "line", "name", "kind")


def write_csv(path, columns, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def write_reviews(result, path, review):
    """Says that each approved item was reviewed as it stands now; one that was before, in these words, keeps its review."""
    rows = [(i.id, i.digest, i.review or review) for i in result.items.values() if i.status == "approved"]
    with path.open("w", encoding="utf-8") as file:
        file.write("# SPDX-License-Identifier: Apache-2.0\n# Written by scripts/trace.py --reviewed; reviews.md tells of the reviews.\n")
        file.write("\n".join(",".join(row) for row in [("item", "digest", "review"), *sorted(rows)]) + "\n")


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Trace requirements to code and tests, and back.")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help="the source tree")
    parser.add_argument("--matrix", action="store_true", help="print the table of items and their coverage")
    parser.add_argument("--cases", action="store_true", help="print how many normal-range and robustness cases each item has")
    parser.add_argument("--gaps", action="store_true", help="print what is missing though it isn't an error")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the items with code and tests")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the matrix, a row a link")
    parser.add_argument("--reviewed", metavar="NAME", help=f"write into {REVIEWS} that the review NAME of reviews.md found the items good")
    options = parser.parse_args(arguments)
    result = trace(options.root)
    if options.reviewed:
        write_reviews(result, options.root / REVIEWS, options.reviewed)
    if options.json:
        options.json.write_text(json.dumps(result.items_told(), indent=1) + "\n", encoding="utf-8")
    if options.csv:
        write_csv(options.csv, COLUMNS, result.rows())
    if options.cases:
        for item in result.items_told():
            print(f"{item['cases']['normal']:4} normal {item['cases']['robustness']:4} robustness  {item['id']}")
    if options.gaps:
        for gap, items in result.gaps().items():
            print(f"{gap}: {len(items)}", *(f"  {item}" for item in items), sep="\n")
    if options.matrix:
        print(result.matrix())
    for error in result.errors:
        print(error, file=sys.stderr)
    print(result.summary(), file=sys.stderr if result.errors else sys.stdout)
    return 1 if result.errors else 0


if __name__ == "__main__":
    sys.exit(main())

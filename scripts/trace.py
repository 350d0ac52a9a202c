#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requirements traced in both directions: from items to the code and tests that cover them, and back.

Items stand in test/requirements/*.md in OpenFastTrace's form:

    ### Title
    `swr~name~1`

    One sentence.

    Covers:
    - `sys~other-name~1`

    Needs: impl, utest

Code and tests carry tags in comments: an artifact type (impl, utest, stest), an arrow "->" and an item's ID, all
in square brackets. Exit status 1 with a message an orphan (`file:line: error: ...`): an item without the coverage
it needs, a tag or a Covers: that names no item or another revision, an item defined twice, a software requirement
that covers nothing.
"""

import argparse
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

ITEMS = "test/requirements"
TAGGED = ("src", "cells", "test", "scripts")
TAG_TYPES = ("impl", "utest", "stest")
# This tool and its test speak about tags.
UNTAGGED = ("scripts/trace.py", "test/unit/trace/test_trace.py")

ITEM_ID = re.compile(r"([a-z]+)~([a-z][a-z0-9-]*)~([0-9]+)")
ITEM_LINE = re.compile(r"`?(" + ITEM_ID.pattern + r")`?\s*")
# C has pointers in brackets, too: a tag is of a known type, or names an item.
TAG = re.compile(r"\[([a-z]+)->([^\]\s]*)\]")
KEYWORD = re.compile(r"(Needs|Covers|Depends|Rationale|Comment|Description|Tags):\s*(.*)")


@dataclass
class Item:
    id: str
    title: str
    place: str
    needs: list = field(default_factory=list)
    covers: list = field(default_factory=list)  # (ID, place)

    @property
    def type(self):
        return self.id.split("~")[0]

    @property
    def name(self):
        return self.id.rsplit("~", 1)[0]


@dataclass
class Tag:
    type: str
    id: str
    place: str


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
                if section == "Needs":
                    item.needs += [n for n in re.split(r"[,\s]+", keyword.group(2)) if n]
            elif item and section == "Covers" and text:
                named = ITEM_ID.search(text)
                if named:
                    item.covers.append((named.group(0), place))
                else:
                    self.error(place, f"`{item.id}` covers something that is no item's ID: {text}")

    def read_tags(self, path, shown):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return  # no source
        for number, line in enumerate(text.splitlines(), 1):
            for kind, item_id in TAG.findall(line):
                place = f"{shown}:{number}"
                if kind not in TAG_TYPES and not ITEM_ID.fullmatch(item_id):
                    continue
                if kind not in TAG_TYPES:
                    self.error(place, f"tag of type '{kind}': must be one of {', '.join(TAG_TYPES)}")
                elif not ITEM_ID.fullmatch(item_id):
                    self.error(place, f"tag names '{item_id}', which is not type~name~revision")
                else:
                    self.tags.append(Tag(kind, item_id, place))

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

    # ---- telling ----

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
        if path.is_file() and not hidden and shown not in UNTAGGED:
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
    return result


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Trace requirements to code and tests, and back.")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help="the source tree")
    parser.add_argument("--matrix", action="store_true", help="print the table of items and their coverage")
    options = parser.parse_args(arguments)
    result = trace(options.root)
    if options.matrix:
        print(result.matrix())
    for error in result.errors:
        print(error, file=sys.stderr)
    print(result.summary(), file=sys.stderr if result.errors else sys.stdout)
    return 1 if result.errors else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Data coupling: who writes and who reads each structure that components share (src/blueprint), as test/requirements/coupling.json says,
against who uses it in the sources. [impl->swr~coupling-declared~1]"""

import json
import pathlib
import re

from .llvm import ROOT

TABLE = ROOT / "test/requirements/coupling.json"
SHARED = "src/blueprint"
SOURCES = ("src", "cells")
STRUCTURE = re.compile(r"^struct (\w+) \{", re.M)


def _texts():
    """Folder of a component -> all of its source."""
    texts = {}
    for top in SOURCES:
        for path in sorted((ROOT / top).rglob("*.[chS]")):
            folder = path.parent.relative_to(ROOT).as_posix()
            if folder != SHARED:
                texts[folder] = texts.get(folder, "") + path.read_text(encoding="utf-8")
    return texts


def used():
    """Shared structure -> folders whose sources name it."""
    names = [name for path in sorted((ROOT / SHARED).glob("*.h")) for name in STRUCTURE.findall(path.read_text(encoding="utf-8"))]
    texts = _texts()
    return {name: [folder for folder, text in texts.items() if re.search(rf"\bstruct {name}\b", text)] for name in names}


def check(found, rows):
    """What is wrong, in words: a structure that no row has, a row of none, a user that its row doesn't name."""
    wrong, said = [], {}
    for row in rows:
        for name in row["structures"]:
            if name in said:
                wrong.append(f"struct {name} stands in two rows")
            said[name] = row
    wrong += [f"struct {name}: no row says who writes it" for name in found if name not in said]
    wrong += [f"struct {name}: there is none in {SHARED}" for name in said if name not in found]
    for name, folders in found.items():
        if name in said:
            known = [*said[name]["writers"], *said[name]["readers"]]
            wrong += [f"struct {name}: {folder} uses it, and is neither writer nor reader" for folder in folders if not any(pathlib.PurePath(folder).is_relative_to(k) for k in known)]
    return wrong


def measure():
    rows, found = json.loads(TABLE.read_text(encoding="utf-8"))["rows"], used()
    return {"rows": [{**row, "used_by": {name: found.get(name, []) for name in row["structures"]}} for row in rows], "wrong": check(found, rows)}

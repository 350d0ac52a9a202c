# SPDX-License-Identifier: Apache-2.0
"""
docs/config.md, the language's reference: each example is built and audited, and its tables name what schema.c knows.

A block that is no whole file is a part of one: what begins with a property stands at the root, what begins with a
node among the cells. PLACES has the file around it. An overlay is a file of its own, which a cell names.

Robustness: test_what_is_not_supported_yet_is_said
"""
import os
import re

import pytest

from test_configs import ROOT, built

with open(os.path.join(ROOT, "docs", "config.md"), encoding="utf-8") as page:
    REFERENCE = page.read()
with open(os.path.join(ROOT, "src", "compiler", "schema.c"), encoding="utf-8") as page:
    SCHEMA = page.read()
BLOCKS = re.findall(r"^```dts\n(.*?)^```$", REFERENCE, re.M | re.S)
FILE = """/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "{root}/test/configs/boards/{board}";
	{properties}
	cells {{
		health {{ role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; }};
		{cells}
	}};
}};
"""
SHARED = 'shared-read-only = "clock-controller@10020000 1=1843200 3=3686400";'
# By the first word of the block: the board whose tree has what the block speaks of, and the cells that use it.
PLACES = {
    "shared-read-only": (
        "derive",
        'control { cpus = <1>; memory = "16M"; image = "control.elf"; devices = "serial1"; };'
        'gateway { cpus = <2 3>; memory = "256M"; kernel = "Image"; devices = "serial2"; };',
    ),
    "control": ("cached", ""),
    "gateway": ("odd", ""),
    "/plugin/": (
        "derive",
        'control { cpus = <1>; memory = "16M"; image = "control.elf"; devices = "serial3"; };'
        'gateway { cpus = <2 3>; memory = "256M"; kernel = "Image"; devices = "serial1"; dtb-overlay = "overlay.dtso"; };',
    ),
}


def whole(block, folder):
    if "/plugin/;" in block:
        (folder / "overlay.dtso").write_text(block)
        board, cells = PLACES["/plugin/"]
        return FILE.format(root=ROOT, board=board, properties=SHARED, cells=cells)
    if block.startswith("/dts-v1/;"):
        return block
    word, sign = re.match(r"([a-z-]+) ([={])", block).groups()
    board, cells = PLACES[word]
    parts = {"properties": block, "cells": cells} if sign == "=" else {"properties": "", "cells": block + cells}
    return FILE.format(root=ROOT, board=board, **parts)


# [utest->swr~config-reference~1]
def test_there_are_examples():
    assert len(BLOCKS) == REFERENCE.count("```dts") >= 3


# [utest->swr~config-reference~1]
@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_example(number, tmp_path):
    path = tmp_path / "example.dts"
    path.write_text(whole(BLOCKS[number], tmp_path))
    assert built(path, tmp_path / "out")["inputs"]


def words(table):
    rows = re.search(rf"{table}_words\[\] = {{(.*?)}};", SCHEMA, re.S)[1]
    return {name: kind for name, kind in re.findall(r'{"([^"]+)", (\w+)}', rows)}


# [utest->swr~config-reference~1]
def test_properties_of_cells():
    table = REFERENCE.split("## Cells\n")[1].strip().split("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines()[2:]]
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert sorted(named) == sorted(words("cell"))


# [utest->swr~config-reference~1]
def test_what_is_not_supported_yet_is_said():
    said = REFERENCE.split("never ignored: ")[1].split("\n\n")[0]
    later = {name for table in ("root", "cell", "net", "channel") for name, kind in words(table).items() if kind == "LATER"}
    assert later == set(re.findall(r"`([a-z-]+)`", said))


# [utest->swr~config-reference~1]
def test_properties_of_net():
    table = REFERENCE.split("| property of `net` |")[1].split("\n\n")[0]
    named = [name for row in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert sorted(named) == sorted(words("net"))


# [utest->swr~config-reference~1]
def test_properties_of_channels():
    table = REFERENCE.split("## Channels\n")[1].strip().split("\n\n")[0]
    named = [name for row in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert sorted(named) == sorted(words("channel"))

# SPDX-License-Identifier: Apache-2.0
"""Machines whose QEMU notes which instructions of the shipped hypervisor are executed, and how long its exits are (executed.c), for the
object-code check."""

import json
import os
import pathlib
import tempfile

from . import blueprint, build

VARIABLE = "BULKHEAD_EXECUTED"
FOLDER = os.environ.get(VARIABLE)  # where it is noted; none: it isn't
PLUGIN = "executed.so"  # in FOLDER
MARKS = "marks"  # in FOLDER
IMAGE = build.BUILD / "bulkhead.bin"
INDEX = "tests.jsonl"  # in FOLDER: of each file of a machine the test that started it
SUITES = ("system/", "attack/test_intruder.py")  # whose machines count, as for the coverage of the sources


def options(icount):
    """Of a QEMU that starts now. With -icount it leaves out instructions when it tells plugins what is executed: how long exits are isn't taken from such a machine."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0].removeprefix("test/")
    if not test.startswith(SUITES):
        return []
    with tempfile.NamedTemporaryFile(dir=FOLDER, suffix=".executed", delete=False) as file:
        name = file.name
    with open(pathlib.Path(FOLDER) / INDEX, "a", encoding="utf-8") as index:
        index.write(json.dumps({"file": os.path.basename(name), "test": test, "exits": not icount}) + "\n")
    return ["-plugin", f"{FOLDER}/{PLUGIN},link={blueprint.EL2_VA_TEXT:#x},image={IMAGE},marks={FOLDER}/{MARKS},out={name}"]

# SPDX-License-Identifier: Apache-2.0
"""The GPT disk: slots a and b, each a FIT's partition and, where there is a root file system, one for it; data."""

import os
import pathlib
import shutil
import tempfile

from . import Refused, run

MIB = 1 << 20
DISK_GUID = "8d1b6f5e-52a8-4b52-9a4f-6275636b6864"
PARTITION_GUID = "1e0f6d7c-0c1d-4f0e-8f6b-6275636b68{:02x}"
SLOT_TYPE = "2d212206-b0ee-482e-9fec-e7c208bef27a"  # of our own: no firmware looks for something to start there
DATA_TYPE = "0fc63daf-8483-4772-8e79-3d69d8477de4"  # Linux file system data


def slot_size(size):
    """Room for what comes: twice as much, in 16 MiB."""
    return max(32 * MIB, -(-2 * size // (16 * MIB)) * 16 * MIB)


def partitions(fit, root, data):
    """(name, file or None, bytes)"""
    size = slot_size(fit.stat().st_size)
    rows = []
    for slot in "ab":
        rows.append((f"boot-{slot}", fit, size))
        if root:
            rows.append((f"root-{slot}", root, slot_size(root.stat().st_size)))
    if data:
        rows.append(("data", None, data))
    return rows


def _section(number, name, file, size):
    content = f'image = "{file.name}"' if file else ""
    kind = DATA_TYPE if name == "data" else SLOT_TYPE
    identity = PARTITION_GUID.format(number)
    return f'partition {name} {{ {content}\n size = {size}\n partition-type-uuid = "{kind}"\n partition-uuid = "{identity}" }}\n'


def write(rows, out):
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="disk-") as name:
        work = pathlib.Path(name)
        for folder in ("in", "root", "tmp"):
            (work / folder).mkdir()
        for file in {file for _, file, _ in rows if file}:
            os.symlink(file.resolve(), work / "in" / file.name)
        sections = "".join(_section(number, *row) for number, row in enumerate(rows, 1))
        header = f'hdimage {{ partition-table-type = "gpt"\n align = 1M\n disk-uuid = "{DISK_GUID}" }}\n'
        (work / "genimage.cfg").write_text(f"image disk.img {{ {header}{sections} }}\n", encoding="utf-8")
        need_space(out.parent, sum(file.stat().st_size for _, file, _ in rows if file), "the disk image")  # holes take none
        places = ["--rootpath", work / "root", "--inputpath", work / "in", "--outputpath", work, "--tmppath", work / "tmp"]
        run("genimage", "--config", work / "genimage.cfg", *places, "--loglevel", "0")
        (work / "disk.img").replace(out)


def need_space(folder, size, what):
    free = shutil.disk_usage(folder).free
    if free < size:
        raise Refused(f"{what} needs {size // MIB} MB in {folder}, which has {free // MIB} MB left", "free some space there")

# SPDX-License-Identifier: Apache-2.0
"""What the boot makes of a crash-audit area: whatever is in it after a power-on, only what its CRC confirms is taken.

[stest->swr~crash-gathered~1]

Robustness: all
"""

import re
import struct
import zlib

import pytest

import system
from changed_image import Image

MAGIC = 0x3130485341524342  # src/blueprint/crash.h, as the following
DUMP, RECORD, DUMPS, PAGE = 344, 1416, 4, 4096
EXCEPTION, NO_CELL, NO_ERROR = 1, 0xFFFFFFFF, 11


def sealed(body, good=True):
    return body + struct.pack("<I", zlib.crc32(body) ^ (not good))


def dump(core, good=True, magic=MAGIC):
    head = struct.pack("<Q4I", magic, EXCEPTION, core, NO_CELL, NO_ERROR) + struct.pack("<8Q", 1000, 0, 4, 0, 0, 0, 0, 0)
    return sealed(head + bytes(DUMP - 4 - len(head)), good)


def record(good=True, magic=MAGIC):
    """Of the third boot, of which one left a dump."""
    head = struct.pack("<3Q", magic, 3, 1)
    return sealed(head + bytes(RECORD - 4 - len(head)), good)


AREAS = {  # (record, dumps): (boots since power-on, lives with a dump, dumps left, dumps kept)
    "as-left": (record(), [dump(0)], (4, 2, 1, 1)),
    "record-damaged": (record(good=False), [dump(0)], (1, 1, 1, 1)),
    "no-record": (record(magic=0), [], (1, 0, 0, 0)),
    "dump-damaged": (record(), [dump(0, good=False), dump(1, magic=1), dump(2)], (4, 2, 1, 1)),
    "nothing-but-ones": (b"\xff" * RECORD, [b"\xff" * DUMP] * 4, (1, 0, 0, 0)),
}


@pytest.mark.parametrize("name", AREAS)
def test_area(results, name):
    head, dumps, (boots, ended, left, kept) = AREAS[name]
    image = Image("injected")
    area = bytearray(PAGE * (1 + len(image.blueprint.cores)))
    area[: len(head)] = head
    for n, content in enumerate(dumps):
        area[PAGE * (1 + n) : PAGE * (1 + n) + len(content)] = content
    file = results / "area"
    file.write_bytes(area)
    with image.target(results, extra=["-device", f"loader,file={file},addr={image.blueprint.crash_pa:#x},force-raw=on"]) as target:
        running = system.System(target, image.fit).start()
        running.uart.search(rf"^health: boot {boots} since power-on, {ended} ended with a dump\n", never=system.HALTED)
        there = target.read_memory(image.blueprint.crash_pa, len(area))
        assert struct.unpack_from("<2I", there, 24) == (left, kept)
        assert [struct.unpack_from("<Q", there, PAGE * (1 + n))[0] for n in range(4)] == [0] * 4

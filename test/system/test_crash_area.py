# SPDX-License-Identifier: Apache-2.0
"""What the boot makes of a crash-audit area: whatever is in it after a power-on, only what its CRC confirms is taken.

[stest->swr~crash-gathered~1]

Robustness: all
"""

import struct
import zlib

import pytest

import system
from changed_image import Image
from harness import build

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


def gathered(results, image, head, dumps, left, **options):
    """What the boot makes of them: the health cell's words; (dumps left, dumps kept) and the cores that the record says left them."""
    cores = len(image.blueprint.cores)
    area = bytearray(PAGE * (1 + cores))
    area[: len(head)] = head
    for n, content in enumerate(dumps):
        area[PAGE * (1 + n) : PAGE * (1 + n) + len(content)] = content
    file = results / "area"
    file.write_bytes(area)
    with image.target(results, extra=["-device", f"loader,file={file},addr={image.blueprint.crash_pa:#x},force-raw=on"], **options) as target:
        running = system.System(target, image.fit).start()
        said = running.uart.search(r"^health: boot (\d+) since power-on, (\d+) ended with a dump\n", never=system.HALTED)
        there = target.read_memory(image.blueprint.crash_pa, len(area))
    assert struct.unpack_from("<2I", there, 24) == left
    assert [struct.unpack_from("<Q", there, PAGE * (1 + n))[0] for n in range(cores)] == [0] * cores
    kept = [there[32 + DUMP * n : 32 + DUMP * (n + 1)] for n in range(DUMPS)]
    return tuple(map(int, said.groups())), kept


@pytest.mark.parametrize("name", AREAS)
def test_area(results, name):
    head, dumps, (boots, ended, left, kept) = AREAS[name]
    said, _ = gathered(results, Image("injected"), head, dumps, (left, kept))
    assert said == (boots, ended)


FIFTH = """
		cpu@4 {
			reg = <0x04>;
			enable-method = "psci";
			compatible = "arm,cortex-a72";
			device_type = "cpu";
		};
	};

	timer {"""


def with_a_fifth_core(folder):
    """`injected` for the board as QEMU has it with -smp 5."""
    for file, old, new in ("board", "\t};\n\n\ttimer {", FIFTH[1:]), ("machine", "redistributor-frames = <4>", "redistributor-frames = <5>"):
        text = (build.ROOT / f"dts/qemu-virt/{file}.dts").read_text(encoding="utf-8")
        assert text.count(old) == 1
        (folder / f"{file}.dts").write_text(text.replace(old, new), encoding="utf-8")
    config = folder / "five-cores.dts"
    text = (build.CONFIGS / "injected.dts").read_text(encoding="utf-8")
    config.write_text(text.replace('board = "qemu-virt"', f'board = "{folder}"'), encoding="utf-8")
    return Image(config)


def test_more_than_are_kept(results):
    """All are counted, the first ones kept, and nothing is written behind them."""
    dumps = [dump(core) for core in range(DUMPS + 1)]
    said, kept = gathered(results, with_a_fifth_core(results), record(), dumps, (DUMPS + 1, DUMPS), smp=str(DUMPS + 1))
    assert said == (4, 2)
    assert [content[8:] for content in kept] == [content[8:] for content in dumps[:DUMPS]]

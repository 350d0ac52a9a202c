# SPDX-License-Identifier: Apache-2.0
"""
`bulkhead diff IMAGE IMAGE`: two images that differ in one thing, and the lines that say so, exactly; as objects too.

BULKHEAD names the tool (default build/bulkhead).

Robustness: test_other_bytes, test_unreadable
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import images  # noqa: E402

TOOL = os.environ.get("BULKHEAD", "build/bulkhead")
LINE = re.compile(r"(.*?): (?:(.*): )?(added|removed|changed|moved|grown|shrunk): (.*)")

CELLS = {
    "health": 'role = "health"; cpus = <0>; memory = "32M@0x50000000"; image = "health.elf";',
    "control": 'cpus = <3>; memory = "16M@0x54000000"; image = "control.elf"; interrupts = "direct"; heartbeat = "10ms";',
    "gateway": 'cpus = <1>; memory = "64M@0x58000000"; kernel = "Image"; devices = "rest"; bootargs = "quiet";',
}
CHANNELS = {"setpoints": 'from = "gateway"; to = "control"; size = "64K"; doorbell;'}


class Images:
    """Images of changed partition files, built once each."""

    def __init__(self, folder):
        self.folder = folder
        images.write(folder / "files")
        self.board = folder / "board"
        shutil.copytree(os.path.join(ROOT, "dts/qemu-virt"), self.board)
        self.data = folder / "data"
        (self.data / "dts").mkdir(parents=True)
        shutil.copy(os.path.join(ROOT, "build/bulkhead.bin"), self.data)
        shutil.copy(os.path.join(ROOT, "dts/known-slaves"), self.data / "dts")
        for board in "qemu-virt", "qemu-virt-pci":
            (self.data / "dts" / board).symlink_to(os.path.join(ROOT, "dts", board))
        self.base = self.build("base")

    def build(self, name, cells=None, channels=None, faults="", board=None):
        text = "".join(f"\t\t{cell} {{ {words} }};\n" for cell, words in {**CELLS, **(cells or {})}.items() if words)
        more = "".join(
            f"\t\t{channel} {{ {words} }};\n" for channel, words in {**CHANNELS, **(channels or {})}.items() if words
        )
        return self.build_text(
            name,
            f'/dts-v1/;\n/ {{\n\tcompatible = "bulkhead,partitions-v1";\n\tboard = "{board or self.board}";\n'
            f"\tcells {{\n{text}\t}};\n\tchannels {{\n{more}\t}};\n\tfaults {{ {faults} }};\n}};\n",
        )

    def build_text(self, name, text):
        path = self.folder / f"{name}.dts"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        subprocess.run(
            [TOOL, "build", path, "-I", self.folder / "files", "-B", self.data, "-o", self.folder / name],
            cwd=ROOT, check=True, timeout=60,
        )
        return self.folder / name / "bulkhead.itb"


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    return Images(tmp_path_factory.mktemp("diff"))


def diff(*arguments):
    return subprocess.run([TOOL, "diff", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def told(one, other):
    """The lines of the difference, without what always goes with one: hashes of trees, places of the hypervisor."""
    result = diff(one, other)
    assert (result.stderr, result.returncode) == ("", 1)
    lines = result.stdout.splitlines()
    changes = json.loads(diff(one, other, "--json").stdout)
    assert not changes["same"] and changes["images"] == [str(one), str(other)]
    # Both forms say the same.
    for line, change in zip(lines, changes["changes"], strict=True):
        subject, what, word, values = LINE.fullmatch(line).groups()
        assert (subject, what, word) == (change["subject"], change["what"], change["change"])
        assert values == " -> ".join(value for value in (change["was"], change["is"]) if value is not None)
    return [line for line in lines if ": guest tree: " not in line and not line.startswith("hypervisor: place: ")]


# [utest->swr~diff~1]
def test_same(built):
    result = diff(built.base, built.build("again/base"))
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)
    assert json.loads(diff(built.base, built.base, "--json").stdout) == {
        "images": [str(built.base)] * 2, "same": True, "changes": []
    }


def more(cell, words):
    return {cell: f"{CELLS[cell]} {words}"}


def other(cell, was, now):
    assert was in CELLS[cell]
    return {cell: CELLS[cell].replace(was, now)}


# [utest->swr~diff~1]
@pytest.mark.parametrize("name, changes, lines", [
    ("cores", {"cells": other("gateway", "<1>", "<1 2>")}, ["core 2: moved: nobody -> gateway"]),
    ("grown", {"cells": other("control", "16M", "32M")}, [
        "cell 'control': memory: grown: 16384K -> 32768K",
        "cell 'control': memory lies at: moved: 0x54000000+0x1000000@0x54000000 -> 0x54000000+0x2000000@0x54000000",
    ]),
    ("shrunk", {"cells": other("control", "16M", "8M")}, [
        "cell 'control': memory: shrunk: 16384K -> 8192K",
        "cell 'control': memory lies at: moved: 0x54000000+0x1000000@0x54000000 -> 0x54000000+0x800000@0x54000000",
    ]),
    ("placed", {"cells": other("control", "0x54000000", "0x56000000")}, [
        "cell 'control': memory lies at: moved: 0x54000000+0x1000000@0x54000000 -> 0x56000000+0x1000000@0x56000000",
        "cell 'control': entry: changed: 0x54000000 -> 0x56000000",
    ]),
    ("devices", {"cells": other("gateway", '"rest"', '"rest", "-pl031"')}, [
        "device /pl031@9010000: moved: gateway -> nobody",
        "SPI 34: removed: gateway",
    ]),
    ("doorbell", {"channels": {"setpoints": 'from = "gateway"; to = "control"; size = "64K";'}}, [
        "SPI 226: removed: control",
        "channel 'setpoints': changed: 65536 bytes, written by gateway, read by control, doorbell -> "
        "65536 bytes, written by gateway, read by control",
    ]),
    ("channel", {"channels": {"more": 'from = "control"; to = "gateway"; size = "128K";'}}, [
        "channel 'more': added: 131072 bytes, written by control, read by gateway",
    ]),
    ("parties", {"channels": {"setpoints": 'from = "control"; to = "gateway"; size = "64K"; doorbell;'}}, [
        "SPI 226: moved: control -> gateway",
        "channel 'setpoints': changed: 65536 bytes, written by gateway, read by control, doorbell -> "
        "65536 bytes, written by control, read by gateway, doorbell",
    ]),
    ("faults", {"cells": more("gateway", 'faults { serror = "stop"; restart-window = "2/7s"; };')}, [
        "cell 'gateway': restart-window: changed: 5 in 300000 ms -> 2 in 7000 ms",
        "cell 'gateway': serror: changed: log -> stop",
    ]),
    ("times", {"cells": other("control", "10ms", "20ms")}, ["cell 'control': heartbeat: changed: 10000 us -> 20000 us"]),
    ("mode", {"cells": other("control", "direct", "injected")},
     ["cell 'control': interrupts: changed: direct -> injected"]),
    ("essential", {"cells": more("control", "essential;")}, ["cell 'control': essential: changed: no -> yes"]),
    ("words", {"cells": other("gateway", "quiet", "debug ro")}, ["cell 'gateway': bootargs: changed: quiet -> debug ro"]),
    ("unprotected", {"cells": more("gateway", 'dma = "protected";')}, ["cell 'gateway': dma: added: protected"]),
])
def test_one_change(built, name, changes, lines):
    assert told(built.base, built.build(name, **changes)) == lines


# [utest->swr~diff~1]
def test_cells(built):
    lines = [
        "cell 'sensor': added: number 3",
        "core 2: moved: nobody -> sensor",
        "cell 'sensor': memory: added: 4096K",
    ]
    image = built.build("sensor", cells={"sensor": 'cpus = <2>; memory = "4M@0x60000000"; image = "control.elf";'})
    assert [line for line in told(built.base, image) if not line.startswith("SPI ")] == lines
    gone = [line for line in told(image, built.base) if not line.startswith("SPI ")]
    assert gone == [
        "cell 'sensor': removed: number 3", "core 2: moved: sensor -> nobody", "cell 'sensor': memory: removed: 4096K"
    ]


# [utest->swr~diff~1]
@pytest.mark.parametrize("good, was, now, lines", [
    ("firmware-calls", " 0x8400ff01>", ">", [
        "cell 'control': firmware-calls: changed: 0xb2000000 0x82000010 0xc2000010 0x8400ff01 -> "
        "0xb2000000 0x82000010 0xc2000010",
    ]),
    ("colors", "<0 1 2 3>", "<0 1 2>", ["cell 'control': colors: changed: 0x0 0x1 0x2 0x3 -> 0x0 0x1 0x2"]),
    ("shared-providers", "183=48000000 ", "183=24000000 ", [
        "device /soc/clock-controller@10021000: rates: changed: 183=48000000 9=32768 -> 183=24000000 9=32768",
    ]),
    ("pci", '"nic.vf3", "nvme"', '"nic.vf3"', [
        "function 0000:02:00.0: moved: main -> nobody",
        "cell 'main': pci: changed: nic nic.vf3 nvme disk -> nic nic.vf3 disk",
    ]),
])
def test_words(built, good, was, now, lines):
    """Files of test/configs/good with one thing changed; where memory lies isn't asked here."""
    text = pathlib.Path(HERE, "good", f"{good}.dts").read_text()
    assert was in text
    text = text.replace('"../boards/', f'"{HERE}/boards/')
    base, changed = (built.build_text(f"{good}-{i}", it) for i, it in enumerate((text, text.replace(was, now))))
    assert [line for line in told(base, changed) if ": memory lies at: " not in line] == lines


# [utest->swr~diff~1]
def test_image(built):
    path = built.folder / "files/control.elf"
    good = path.read_bytes()
    path.write_bytes(good[:-1] + b"\x01")
    image = built.build("image")
    path.write_bytes(good)
    (line,) = told(built.base, image)
    assert re.fullmatch(r"cell 'control': image: changed: control\.elf, 8192 bytes, sha256 (\w{64}) -> "
                        r"control\.elf, 8192 bytes, sha256 (?!\1)\w{64}", line)


# [utest->swr~diff~1]
def test_hypervisor(built):
    path = built.data / "bulkhead.bin"
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    image = built.build("hypervisor")
    path.write_bytes(good)
    (line,) = told(built.base, image)
    assert line.startswith("hypervisor: bulkhead.bin: changed: sha256 ")


# [utest->swr~diff~1]
def test_board(built):
    board = built.folder / "board-2"
    shutil.copytree(built.board, board)
    text = (board / "machine.dts").read_text()
    (board / "machine.dts").write_text(text.replace("list-registers = <4>", "list-registers = <8>"))
    lines = told(built.base, built.build("board-facts", board=board))
    assert lines[0] == "board: list registers: changed: 4 -> 8"
    assert [line.split(" sha256")[0] for line in lines[1:]] == ["board: machine facts: changed:"]


# [utest->swr~diff~1]
def test_other_bytes(built, tmp_path):
    path = tmp_path / "longer.itb"
    path.write_bytes(built.base.read_bytes() + bytes(4))
    result = diff(built.base, path)
    assert (result.stdout, result.returncode) == ("the images' bytes differ, though nothing that is compared here does\n", 1)
    assert json.loads(diff(built.base, path, "--json").stdout)["same"] is False


# [utest->swr~diff~1]
@pytest.mark.parametrize("content", [None, b"", b"nonsense" * 100])
def test_unreadable(built, tmp_path, content):
    path = tmp_path / "none.itb"
    if content is not None:
        path.write_bytes(content)
    for pair in (built.base, path), (path, built.base):
        result = diff(*pair)
        assert (result.stdout, result.returncode) == ("", 2)
        assert str(path) in result.stderr
    for arguments in (), (built.base,), (built.base, built.base, built.base):
        assert diff(*arguments).returncode == 2

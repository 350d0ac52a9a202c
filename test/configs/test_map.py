# SPDX-License-Identifier: Apache-2.0
"""
`bulkhead map --svg`: well-formed, self-contained, the same bytes each time, rendered by rsvg-convert; no two texts
overlap and none leaves the sheet, from one cell to as many as 128; every cell has a fill of its own.

BULKHEAD names the tool (default build/bulkhead).
"""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import images  # noqa: E402

IMAGES = "build/test-configs"
TOOL = os.environ.get("BULKHEAD", "build/bulkhead")
SVG = "{http://www.w3.org/2000/svg}"
# Size and width of a letter of the fonts that stand for the generic names where they are widest (DejaVu).
FONTS = {"t": (22, 0.68), "h": (15, 0.68), "b": (13, 0.68), "m": (12, 0.602), "s": (11, 0.602)}


@pytest.fixture(scope="session", autouse=True)
def stand_ins():
    images.write(os.path.join(ROOT, IMAGES))


def draw(path):
    result = subprocess.run(
        [TOOL, "map", "--svg", path, "-I", IMAGES], cwd=ROOT, env={**os.environ, "BULKHEAD_DATA": "."},
        capture_output=True, text=True, timeout=60, check=False,
    )
    assert (result.stderr, result.returncode) == ("", 0)
    return result.stdout


def many_cells(folder, cells, cores):
    """A partition file of that many cells, each with a core; a board with enough cores and two banks of memory."""
    with open(os.path.join(ROOT, "dts/qemu-virt/board.dts"), encoding="utf-8") as file:
        board = file.read()
    board = re.sub(r"\t\tcpu-map \{.*?\n\t\t\};\n", "", board, flags=re.DOTALL)
    board = re.sub(r"\t\tcpu@\d \{.*?\n\t\t\};\n", "", board, flags=re.DOTALL)
    added = "".join(
        f'\t\tcpu@{n:x} {{ device_type = "cpu"; compatible = "arm,cortex-a72"; reg = <{n >> 4 << 8 | n & 15:#x}>; '
        'enable-method = "psci"; };\n'.replace(f"cpu@{n:x}", f"cpu@{n >> 4 << 8 | n & 15:x}")
        for n in range(cores)
    )
    board = re.sub(r"(\tcpus \{\n(?:\t\t#.*\n)*)", lambda match: match.group(1) + added, board, count=1)
    board = board.replace("0x00 0x40000000 0x00 0x80000000>", "0x00 0x40000000 0x00 0x80000000 0x08 0x00 0x02 0x00>", 1)
    board = board.replace("0x00 0x80a0000 0x00 0xf60000", "0x01 0x00 0x00 0x2000000")
    (folder / "board.dts").write_text(board)
    with open(os.path.join(ROOT, "dts/qemu-virt/machine.dts"), encoding="utf-8") as file:
        machine = re.sub(r"redistributor-frames = <\d+>", f"redistributor-frames = <{cores}>", file.read())
    machine = machine.replace("spi-count = <256>", "spi-count = <960>").replace("free-spis = <192 64>", "free-spis = <192 700>")
    (folder / "machine.dts").write_text(machine)
    text = "".join(
        f'\t\tcell-with-a-name-{n} {{ cpus = <{n}>; memory = "{8 << n % 4}M"; image = "control.elf"; '
        + ('role = "health"; console = "device"; ' if n == 0 else 'devices = "rest"; ' if n == 1 else 'console = "log"; ')
        + "};\n" for n in range(cells)
    )
    channels = "".join(
        f'\t\tchannel-{n} {{ from = "cell-with-a-name-{n}"; to = "cell-with-a-name-{(n + 1) % cells}"; '
        f'size = "{64 << n % 3}K"; {"doorbell; " if n % 2 else ""}}};\n' for n in range(cells if cells <= 8 else 6)
    ) if cells > 1 else ""
    path = folder / f"cells-{cells}.dts"
    path.write_text(f'/dts-v1/;\n/ {{\n\tcompatible = "bulkhead,partitions-v1";\n\tboard = "{folder}";\n'
                    f"\tcells {{\n{text}\t}};\n\tchannels {{\n{channels}\t}};\n}};\n")
    return str(path)


def texts(root):
    """(left, top, right, bottom, text) of every text."""
    found = []
    for element in root.iter(f"{SVG}text"):
        size, advance = FONTS[element.get("class")]
        x, y, text = int(element.get("x")), int(element.get("y")), element.text or ""
        found.append((x, y - size * 0.76, x + len(text) * size * advance, y + size * 0.24, text))
    return found


def check_sheet(svg):
    root = ET.fromstring(svg)
    width, height = int(root.get("width")), int(root.get("height"))
    assert width == 1280
    placed = texts(root)
    for left, top, right, bottom, text in placed:
        assert 0 <= left and right <= width and 0 <= top and bottom <= height, text
        assert text.strip()
    placed.sort(key=lambda box: box[1])
    for i, one in enumerate(placed):
        for other in placed[i + 1:]:
            if other[1] >= one[3]:
                break
            assert one[2] <= other[0] or other[2] <= one[0], f"{one} runs into {other}"
    # Nothing comes from elsewhere, and nothing runs.
    assert not re.search(r"<script|href|url\((?!#)|@import|<image|<foreignObject", svg)
    assert {url for url in re.findall(r"url\(#([^)]*)\)", svg)} <= {e.get("id") for e in root.iter() if e.get("id")}
    return root


def render(path, svg, tmp_path):
    file, picture = tmp_path / f"{path}.svg", tmp_path / f"{path}.png"
    file.write_text(svg)
    subprocess.run(["rsvg-convert", "-o", picture, file], check=True, capture_output=True, timeout=60)
    head = picture.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n" and int.from_bytes(head[16:20], "big") == 1280


# [utest->swr~map-svg~1]
@pytest.mark.parametrize("path", ["configs/edge-gateway.dts", "configs/minimal.dts",
                                  "test/configs/good/odd-board.dts", "test/configs/good/colors.dts"])
def test_examples(path, tmp_path):
    svg = draw(path)
    check_sheet(svg)
    assert draw(path) == svg
    render("example", svg, tmp_path)


# [utest->swr~map-svg~1]
@pytest.mark.parametrize("cells, cores", [(1, 1), (2, 4), (8, 16), (32, 64), (128, 128)])
def test_many_cells(cells, cores, tmp_path):
    svg = draw(many_cells(tmp_path, cells, cores))
    root = check_sheet(svg)
    shown = " ".join(text for *_, text in texts(root))
    for n in range(cells):
        assert f"cell-with-a-name-{n}" in shown
        assert f"url(#c{n % 64})" in svg
    fills = {}
    for pattern in root.iter(f"{SVG}pattern"):
        fill = pattern.find(f"{SVG}rect").get("fill"), pattern.find(f"{SVG}path").get("d")
        assert fills.setdefault(fill, pattern.get("id")) == pattern.get("id")
    render("many", svg, tmp_path)


if __name__ == "__main__":
    import pathlib

    print(many_cells(pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))

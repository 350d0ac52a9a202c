# SPDX-License-Identifier: Apache-2.0
"""
`bulkhead map --json`: the keys that docs/formats.md lists, and the examples' division. `bulkhead map --svg`: well-formed, self-contained, the same bytes each time, rendered by rsvg-convert; no two texts
overlap and none leaves the sheet, from one cell to as many as 128; every cell has a fill of its own.

BULKHEAD names the tool (default build/bulkhead).

Robustness: test_long_names, test_no_layout_is_no_success, test_full_disk_is_told, test_many_cells,
test_no_series_without_health, test_series_of_many_streams
"""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import images  # noqa: E402
import inventory  # noqa: E402
import test_pci  # noqa: E402
from tool import IMAGES, ROOT, TOOL, run  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
# Size and width of a letter of the fonts that stand for the generic names where they are widest (DejaVu).
FONTS = {"t": (22, 0.68), "h": (15, 0.68), "b": (13, 0.68), "m": (12, 0.602), "s": (11, 0.602)}


@pytest.fixture(scope="session", autouse=True)
def stand_ins():
    images.write(os.path.join(ROOT, IMAGES))


def draw(path, form="--svg"):
    result = run(TOOL, "map", form, path, "-I", IMAGES)
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
    machine = re.sub(r"\t*crash-audit = .*\n", "", machine)  # it has a page for each of four cores
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


def sized(text):
    """Without what the sizes of images and hypervisor decide."""
    return re.sub(r"(\b0x[0-9a-f]+|\b[0-9.]+[KM]\b) *", "# ", text)


# [utest->swr~map-svg~1]
def test_drawing_of_the_readme():
    """It is what the tool draws today, but for sizes: those of images vary with the compiler."""
    drawn = draw("configs/minimal.dts")
    with open(os.path.join(ROOT, "docs/minimal.svg"), encoding="utf-8") as file:
        kept = file.read()
    one, other = ([sized(text[-1]) for text in texts(ET.fromstring(svg))] for svg in (kept, drawn))
    assert one == other, "make docs draws it anew"


# [utest->swr~map-svg~1]
@pytest.mark.parametrize("path", ["configs/edge-gateway.dts", "configs/minimal.dts", "configs/sriov-gateway.dts", "configs/self-update.dts",
                                  "test/configs/good/odd-board.dts", "test/configs/good/colors.dts",
                                  "test/configs/good/firmware-calls.dts", "test/configs/good/shared-clock.dts"])
def test_examples(path, tmp_path):
    svg = draw(path)
    check_sheet(svg)
    assert draw(path) == svg
    render("example", svg, tmp_path)


def shown_of(svg):
    return [text for *_, text in texts(ET.fromstring(svg))]


# [utest->swr~map-svg~1]
def test_what_stage_2_does_not_divide(tmp_path):
    shown = shown_of(draw("test/configs/good/firmware-calls.dts"))
    at = shown.index("firmware   0x82000010, 0x8400ff01")
    assert shown[at + 1:at + 3] == ["           0xb2000000, 0xc2000010", "           calls of it: unisolated"]
    shown = shown_of(draw("test/configs/good/shared-clock.dts"))
    at = shown.index("Shared read-only, mapped in no cell")
    assert shown[at + 1].endswith("/clock-controller@10020000")
    assert shown[at + 2:at + 4] == ["clock 1 fixed at 1843200 Hz", "clock 3 fixed at 3686400 Hz"]
    shown = shown_of(draw("test/configs/good/colors.dts"))
    assert [text for text in shown if text.startswith("colours")] == [
        "colours    5 7 14-15 of 16", "colours    0-3 of 16", "colours    4 6 8-13 of 16"]
    assert shown.count("           shared with uncoloured cells") == 1
    file = many_cells(tmp_path, 17, 17)
    with open(file, encoding="utf-8") as source:
        text = source.read()
    with open(file, "w", encoding="utf-8") as target:
        target.write(text.replace('console = "log";', 'console = "log"; firmware-calls = <0xb2000000>;', 1))
    shown = shown_of(draw(file))
    assert [text for text in shown if text.endswith("injected F")] and any(text.startswith("F: ") for text in shown)


# [utest->swr~map-svg~1]
def test_long_names(tmp_path):
    """Names, lists of functions and files as long as they may be, and with what XML has a meaning for."""
    name = "a-cell-with-the-longest-name-all"
    assert len(name) == 32
    name = name[:31]
    folder = tmp_path / ("f" * 100)
    folder.mkdir()
    long = folder / ("the-file-&-<name>-" + "x" * 120 + ".elf")
    with open(os.path.join(ROOT, IMAGES, "control.elf"), "rb") as file:
        long.write_bytes(file.read())
    calls = " ".join(f"{0x82000010 + i:#x}" for i in range(16))
    path = tmp_path / "long.dts"
    path.write_text(f"""/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt";
	cells {{
		health {{ role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; }};
		{name} {{ cpus = <3>; memory = "16M"; image = "{long}"; firmware-calls = <{calls}>; devices = "rest"; }};
		{name[:-1]} {{ cpus = <1 2>; memory = "16M"; image = "{long}"; }};
	}};
	channels {{ {name} {{ from = "{name}"; to = "{name[:-1]}"; size = "64K"; doorbell; }}; }};
}};
""")
    svg = draw(str(path))
    check_sheet(svg)
    assert svg.count(f">{name}</text>") >= 1 and "&lt;" in svg
    render("long", svg, tmp_path)


# [utest->swr~map-svg~1]
@pytest.mark.parametrize("form", [(), ("--svg",), ("--json",)])
def test_no_layout_is_no_success(form, tmp_path):
    (tmp_path / "dts").symlink_to(os.path.join(ROOT, "dts"))
    (tmp_path / "bulkhead.bin").write_bytes(bytes(1 << 16))
    result = run(TOOL, "map", *form, "configs/minimal.dts", "-I", IMAGES, "-B", tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert re.fullmatch(r"\S+/bulkhead\.bin: error: [^\n]*\n", result.stderr)


@pytest.mark.parametrize("form", [(), ("--svg",), ("--json",)])
def test_full_disk_is_told(form):
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = subprocess.run(
            [TOOL, "map", *form, "configs/minimal.dts", "-I", IMAGES], cwd=ROOT, stdout=full, stderr=subprocess.PIPE,
            env={**os.environ, "BULKHEAD_DATA": "."}, text=True, timeout=60, check=False)
    assert result.returncode == 1
    assert result.stderr == "bulkhead: error: the output can't be written: No space left on device\n"


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


RANGE = {"address": int, "size": int}
SERVER = {"address": str, "port": int, "tcp": bool}
SCHEMA = {
    "format": str, "file": str, "sha256": str, "series": int,
    "board": {"name": str, "ram": [RANGE], "reserved": [RANGE], "cores": [{"mpidr": int, "cell": (int, type(None))}]},
    "cells": [{
        "name": str, "health": bool, "linux": bool, "essential": bool, "pmu": bool, "service": bool,
        "console": (type(None), {"guest": int, "interrupt": int}), "interrupts": str, "cores": [int],
        "entry": int, "heartbeat": int, "boot_timeout": int,
        "memory": [{"guest": int, "address": int, "size": int, "keep": bool}],
        "windows": [{"what": str, "guest": int, "address": int, "size": int, "writes": bool}],
        "colors": (type(None), {"has": [int], "of": int, "own": bool}),
        "devices": [{"path": str, "registers": [RANGE], "interrupts": [int], "unisolated": bool}], "ppis": [int], "spis": [int],
        "functions": [{"address": str, "name": str, "guest": str, "vendor": int, "device": int, "owned": bool, "virtual": int,
                       "stream": (int, type(None)), "run_by": (int, type(None))}],
        "messages": (type(None), {"first": int, "count": int}), "firmware_calls": [int],
        "net": (type(None), {"dhcp": bool, "address": str, "prefix": int, "gateway": str, "echo": int, "http": int,
                "ntp": (type(None), SERVER), "syslog": (type(None), SERVER)}),
        "images": [{"property": str, "name": str, "size": int, "address": int, "sha256": str}],
        "faults": dict, "restarts": {"count": int, "window": int},
    }],
    "channels": [{
        "name": str, "size": int, "address": int, "guest": int, "writers": [int], "readers": [int],
        "doorbells": [{"cell": int, "interrupt": int}],
        "presentation": (str, type(None)), "update_reset": (int, type(None)),
    }],
    "shared": [{"path": str, "clocks": [{"specifier": [int], "hz": int}]}],
    "boot_state": (type(None), {
        "medium": str, "device": str, "bank": int, "cell": int, "address": int, "size": int, "copies": [int], "identity": int,
        "erase_block": int, "shares_firmware": bool, "confirm_after": int, "confirm_within": int}),
    "root": (type(None), {"name": str, "cell": int, "size": int, "sha256": str, "file": str, "hash": str}),
    "left_out": [{"path": str, "why": str}],
    "hypervisor": {"address": int, "size": int, "code": int, "blueprint": int, "writable": int, "service_core": int},
}


def conforms(value, schema, where="map"):
    if isinstance(schema, dict):
        assert isinstance(value, dict) and value.keys() == schema.keys(), where
        for key, inner in schema.items():
            conforms(value[key], inner, f"{where}.{key}")
    elif isinstance(schema, list):
        assert isinstance(value, list), where
        for entry in value:
            conforms(entry, schema[0], f"{where}[]")
    elif isinstance(schema, tuple) and isinstance(schema[-1], dict):
        assert value is None or conforms(value, schema[-1], where) is None, where
    else:
        assert isinstance(value, schema) and isinstance(value, bool) == (schema is bool), where


def keys(schema):
    for key, inner in schema.items():
        yield key
        inner = inner[-1] if isinstance(inner, (list, tuple)) else inner
        if isinstance(inner, dict):
            yield from keys(inner)


# [utest->swr~map-json~1]
def test_json():
    text = draw("configs/edge-gateway.dts", "--json")
    found = json.loads(text)
    conforms(found, SCHEMA)
    assert draw("configs/edge-gateway.dts", "--json") == text
    assert found["format"] == "bulkhead-map-v1" and found["file"] == "edge-gateway.dts"
    names = [cell["name"] for cell in found["cells"]]
    assert names == ["health", "control", "gateway"]
    health, control, gateway = found["cells"]
    assert [core["cell"] for core in found["board"]["cores"]] == [0, 2, 2, 1]
    assert [cell["cores"] for cell in found["cells"]] == [[0], [3], [1, 2]]
    assert [sum(region["size"] for region in cell["memory"]) >> 20 for cell in found["cells"]] == [32, 16, 512]
    assert (health["health"], health["service"], gateway["linux"], control["essential"]) == (True,) * 4
    assert (control["interrupts"], control["heartbeat"], gateway["boot_timeout"]) == ("direct", 10_000_000, 60_000_000_000)
    assert [device["path"] for device in gateway["devices"]] == ["/pl031@9010000"]
    assert gateway["spis"] == sorted([34, gateway["console"]["interrupt"]]) and health["console"] is None
    assert control["faults"]["serror"] == "log" and control["restarts"] == {"count": 5, "window": 300_000_000_000}
    with open(os.path.join(ROOT, IMAGES, "control.elf"), "rb") as file:
        assert control["images"][0]["sha256"] == hashlib.sha256(file.read()).hexdigest()
    channel, metrics = found["channels"]
    assert (channel["name"], channel["size"], channel["writers"], channel["readers"]) == ("setpoints", 65536, [2], [1])
    assert (metrics["name"], metrics["size"], metrics["writers"], metrics["readers"]) == ("metrics", 139264, [0], [2])
    writes = {cell["name"]: window["writes"] for cell in found["cells"] for window in cell["windows"]
              if window["address"] == channel["address"]}
    assert writes == {"control": False, "gateway": True}
    assert {"path": "/flash@0", "why": "it holds firmware"} in found["left_out"]


# [utest->swr~map-json~1]
@pytest.mark.parametrize("cells, cores", [(1, 1), (8, 16)])
def test_json_of_others(cells, cores, tmp_path):
    found = json.loads(draw(many_cells(tmp_path, cells, cores), "--json"))
    conforms(found, SCHEMA)
    owned = [intid for cell in found["cells"] for intid in cell["spis"]]
    assert len(owned) == len(set(owned))
    rung = [doorbell["interrupt"] for channel in found["channels"] for doorbell in channel["doorbells"]]
    assert set(rung) <= set(owned) and len(rung) == (4 if cells == 8 else 0)


NET = """/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt-pci";
	cells {
		%s { %s cpus = <0>; memory = "32M"; image = "health.elf"; %s };
		other { cpus = <1 2>; memory = "16M"; image = "control.elf"; %s };
	};
};
"""
PAIR = 3 * 61 + 2 * 46 + 24 + 15 + 2  # two cells on three cores, a board with a crash-audit area, one emulated console
OWN = 'pci = "%s"; net { address = "10.0.2.15/24"; gateway = "10.0.2.2"; %s };'


def series_of(folder, name, role, own="", other=""):
    file = folder / "series.dts"
    file.write_text(NET % (name, role, own, other))
    return json.loads(draw(file, "--json"))["series"], run(TOOL, "map", file, "-I", IMAGES).stdout


# What there is is counted, as src/blueprint/series.h has it: the health cell's own test says that it's so. [utest->swr~map-series~1]
@pytest.mark.parametrize("own, other, more", [
    ("", "", 0),
    ("", 'heartbeat = "1s";', 1),
    ("", "pmu;", 3),
    ("", 'pci = "edu", "nvme";', 2),
    (OWN % ("net", ""), "", 20 + 4 + 1),
    (OWN % ("net", 'http = <80>; syslog = "10.0.2.2";'), "", 20 + 4 + 1 + 2),
])
def test_series(own, other, more, tmp_path):
    count, text = series_of(tmp_path, "health", 'role = "health";', own, other)
    assert count == PAIR + more and f"\nmetrics: {count} series\n" in text


STREAMS_TOLD = 4096  # at most, as src/blueprint/series.h has it


# More streams than have a series: each of 33 cells has a physical function and 127 virtual ones. [utest->swr~map-series~1]
def test_series_of_many_streams(tmp_path):
    cells, virtual = 33, 127
    path = pathlib.Path(many_cells(tmp_path, cells, cells))
    machine = tmp_path / "machine.dts"
    machine.write_text(machine.read_text().replace(test_pci.NO_FACTS, test_pci.FACTS))
    functions, names = [], []
    for n in range(1, cells + 1):
        physical = test_pci.nic(f"0000:{n:02x}:00.0").sriov(virtual, 1, 1)
        port = inventory.bridge(f"0000:00:{n >> 3:02x}.{n & 7}", n).acs()
        functions += [port, physical, *(inventory.virtual(physical, vf, 1, 1) for vf in range(virtual))]
        names.append(", ".join([f'"{physical.address}"', *(f'"{physical.address}.vf{vf}"' for vf in range(virtual))]))
    inventory.write(tmp_path / "pci.dts", functions)
    path.write_text(re.sub(r"memory = ", lambda _: f"pci = {names.pop(0)}; msis = <4>; memory = ", path.read_text()))
    assert cells * (1 + virtual) > STREAMS_TOLD
    assert json.loads(draw(path, "--json"))["series"] == 24 + cells * (61 + 46) + 2 * (cells - 1) + STREAMS_TOLD


# [utest->swr~map-series~1]
def test_no_series_without_health(tmp_path):
    count, text = series_of(tmp_path, "first", "")
    assert count == 0 and "metrics:" not in text


# [utest->swr~map-json~1]
def test_json_of_what_stage_2_does_not_divide():
    found = json.loads(draw("test/configs/good/firmware-calls.dts", "--json"))
    conforms(found, SCHEMA)
    assert [cell["firmware_calls"] for cell in found["cells"]] == [[], [0x82000010, 0x8400FF01, 0xB2000000, 0xC2000010]]
    assert [cell["colors"] for cell in found["cells"]] == [None, None] and found["shared"] == []
    found = json.loads(draw("test/configs/good/colors.dts", "--json"))
    conforms(found, SCHEMA)
    assert [cell["colors"] for cell in found["cells"]] == [
        {"has": [5, 7, 14, 15], "of": 16, "own": False}, {"has": [0, 1, 2, 3], "of": 16, "own": True},
        {"has": [4, 6, 8, 9, 10, 11, 12, 13], "of": 16, "own": True}]
    found = json.loads(draw("test/configs/good/shared-clock.dts", "--json"))
    conforms(found, SCHEMA)
    (shared,) = found["shared"]
    assert shared["clocks"] == [{"specifier": [1], "hz": 1843200}, {"specifier": [3], "hz": 3686400}]


# [utest->swr~map-json~1]
def test_json_is_documented():
    with open(os.path.join(ROOT, "docs/formats.md"), encoding="utf-8") as file:
        text = file.read().split("## The map (`map --json`)")[1].split("\n## ")[0]
    for key in keys(SCHEMA):
        assert f"`{key}`" in text, key


# [utest->swr~map-json~1]
def test_net():
    found = json.loads(draw("test/configs/good/net.dts", "--json"))
    conforms(found, SCHEMA)
    net = {"dhcp": False, "address": "192.168.255.254", "prefix": 30, "gateway": "192.168.255.253", "echo": 65535, "http": 80}
    servers = {"ntp": {"address": "192.168.255.253", "port": 123, "tcp": False}, "syslog": {"address": "10.1.2.3", "port": 5514, "tcp": True}}
    assert found["cells"][0]["net"] == net | servers
    text = run(TOOL, "map", "test/configs/good/net.dts", "-I", IMAGES).stdout
    assert "\n  network: address 192.168.255.254/30, gateway 192.168.255.253, echo on UDP port 65535, web server on TCP port 80, time from 192.168.255.253:123, syslog to 10.1.2.3:5514/tcp\n" in text


# [utest->swr~map-json~1] [utest->swr~map-svg~1]
def test_pci_functions():
    path = "test/configs/good/pci.dts"
    found = json.loads(draw(path, "--json"))
    conforms(found, SCHEMA)
    cells = {cell["name"]: cell for cell in found["cells"]}
    assert (cells["health"]["functions"], cells["health"]["messages"]) == ([], None)
    assert [(one["name"], one["guest"], one["owned"], one["virtual"]) for one in cells["main"]["functions"]] == [
        ("nic", "00:01.0", True, 4), ("nvme", "00:02.0", True, 2), ("disk", "00:03.0", True, 0),
        ("nic.vf0", "00:10.0", False, 0), ("nic.vf1", "00:10.1", False, 0), ("nic.vf2", "00:10.2", False, 0),
        ("nic.vf3", "00:10.3", True, 0), ("nvme.vf0", "00:10.4", False, 0), ("nvme.vf1", "00:10.5", False, 0),
    ]  # fmt: skip
    edu = cells["other"]["functions"][-1]
    assert edu == {
        "address": "0000:00:05.0", "name": "edu", "guest": "00:04.0", "vendor": 0x1234, "device": 0x11E8, "owned": True, "virtual": 0,
        "stream": 0x28, "run_by": None,
    }  # fmt: skip
    assert [one["run_by"] for one in cells["other"]["functions"]] == [1, 1, None, None]
    for cell in cells["main"], cells["other"]:
        messages = cell["messages"]
        assert set(range(messages["first"], messages["first"] + messages["count"])) <= set(cell["spis"])
    assert cells["main"]["messages"]["count"] == 12
    text = run(TOOL, "map", path, "-I", IMAGES).stdout
    assert re.search(r"^  00:10\.0 +0000:01:10\.0 +nic\.vf0 +8086:10ca  other's: seen, not touched$", text, re.M)
    assert re.search(r"^  00:10\.1 +0000:01:10\.2 +nic\.vf1 +8086:10ca  nobody's: seen, not touched$", text, re.M)
    assert re.search(r"^  00:04\.0 +0000:00:05\.0 +edu +1234:11e8  stream 0x28$", text, re.M)
    assert re.search(r"nic\.vf0 +8086:10ca  stream 0x180, works as long as main runs the device$", text, re.M)
    drawn = [text for *_, text in texts(ET.fromstring(draw(path)))]
    assert "PCI        nic: 00:01.0" in drawn and not any("nic.vf1" in text for text in drawn)


if __name__ == "__main__":
    import pathlib

    print(many_cells(pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))

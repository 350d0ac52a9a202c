# SPDX-License-Identifier: Apache-2.0
"""
Channels presented as PCI functions, as the compiler builds them: where they lie, what the auditor, map and diff say of them, on
boards with and without PCI functions.

Robustness: test_no_room_for_registers
"""
import json
import os
import re
import shutil

import pytest

from tool import IMAGES, ROOT, TOOL, run

FILE = """/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "{board}";
	cells {{
		health {{ role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; }};
		control {{ cpus = <3>; memory = "16M"; image = "control.elf"; interrupts = "direct"; }};
		gateway {{ cpus = <1 2>; memory = "512M"; kernel = "Image"; initrd = "initramfs.cpio.gz"; {gateway} }};
	}};
	channels {{
		plain {{ between = "gateway", "control"; size = "12K"; doorbell; }};
		small {{ from = "gateway"; to = "control", "health"; size = "4K"; doorbell; presentation = "ivshmem"; }};
		large {{ between = "gateway", "control"; size = "{large}"; presentation = "ivshmem"; }};
		last {{ from = "control"; to = "gateway"; size = "128K"; doorbell; {last} }};
	}};
}};
"""
SHOWN = 'presentation = "ivshmem";'


def build(folder, name="file", board="qemu-virt", gateway="", large="64M", last=SHOWN):
    (folder / f"{name}.dts").write_text(FILE.format(board=board, gateway=gateway, large=large, last=last))
    return run(TOOL, "build", folder / f"{name}.dts", "-I", IMAGES, "-o", folder / name)


def tree(folder, cell):
    return run("dtc", "-q", "-I", "dtb", "-O", "dts", folder / f"{cell}.dtb").stdout


def buses(text):
    """Address of each PCI bus, and its windows: space, address on the bus, of the CPU, size."""
    found = {}
    for node in re.finditer(r"\tpcie@(\w+) \{.*?\n\t\};", text, re.S):
        cells = [int(word, 16) for word in re.search(r"ranges = <(.*?)>", node[0])[1].split()]
        found[int(node[1], 16)] = [
            (row[0], row[1] << 32 | row[2], row[3] << 32 | row[4], row[5] << 32 | row[6])
            for row in (cells[n : n + 7] for n in range(0, len(cells), 7))
        ]
    return found


# [utest->swr~compile-presentation~1] [utest->swr~audit-presentation~1]
@pytest.mark.parametrize("large", ["64M", "1G"])
@pytest.mark.parametrize("board, gateway, own", [("qemu-virt", "", 0), ("qemu-virt-pci", 'pci = "nic", "net";', 1)])
def test_buses(tmp_path, board, gateway, own, large):
    result = build(tmp_path, board=board, gateway=gateway, large=large)
    assert result.returncode == 0, result.stderr
    audit = run(TOOL, "audit", tmp_path / "file/bulkhead.itb")
    assert audit.returncode == 0, audit.stdout
    shown = {"gateway": 3, "control": 3, "health": 1}
    places = {channel["name"]: channel for channel in json.loads(run(TOOL, "map", "--json", tmp_path / "file.dts", "-I", IMAGES).stdout)["channels"]}
    assert [places[name]["presentation"] for name in ("plain", "small", "large", "last")] == [None] + 3 * ["ivshmem"]
    registers = {}
    for cell, count in shown.items():
        found = buses(tree(tmp_path / "file", cell))
        assert len(found) == 1 + (own if cell == "gateway" else 0)
        bus, windows = min(found.items())  # its own functions' is above 4 GiB
        assert bus % 0x100000 == 0 and bus < 1 << 32
        assert len(windows) == 2 * count
        names = [name for name in ("small", "large", "last") if cell != "health" or name == "small"]
        for name, low, wide in zip(names, windows[::2], windows[1::2]):
            assert low[0] == 0x2000000 and low[1] == low[2] == registers.setdefault(name, low[2]) and low[3] == 0x1000
            assert low[2] % 0x10000 == 0 and low[2] + low[3] <= 1 << 32
            assert wide == (0x43000000, places[name]["guest"], places[name]["guest"], places[name]["size"])
            assert places[name]["guest"] % places[name]["size"] == 0
    assert len(set(registers.values())) == 3


# [utest->swr~compile-presentation~1]
def test_told(tmp_path):
    for name, last in (("shown", SHOWN), ("not", "")):
        assert build(tmp_path, name, last=last).returncode == 0
    told = [line for line in (tmp_path / "shown/map.txt").read_text().splitlines() if "a PCI function" in line]
    assert [line.split()[0] for line in told] == ["small", "large", "last"]
    assert (tmp_path / "shown/map.svg").read_text().count(", a PCI function") >= 3
    diff = run(TOOL, "diff", tmp_path / "shown/bulkhead.itb", tmp_path / "not/bulkhead.itb").stdout
    assert (
        "channel 'last': changed: 131072 bytes, written by control, read by gateway, doorbell, a PCI function -> "
        "131072 bytes, written by control, read by gateway, doorbell\n"
    ) in diff


# [utest->swr~config-presentation~1]
def test_no_room_for_registers(tmp_path):
    """Where the board has taken all addresses below 4 GiB but its RAM."""
    board = tmp_path / "board"
    shutil.copytree(os.path.join(ROOT, "dts/qemu-virt"), board)
    text = (board / "board.dts").read_text()
    filler = "".join(f" <0x0 {low:#x} 0x0 {high - low:#x}>," for low, high in ((0x9200000, 0xA000000), (0xA004000, 0x40000000), (0xC0000000, 1 << 32)))
    filled, count = re.subn(r"\n};\s*$", f'\n\n\tfiller@9200000 {{\n\t\tcompatible = "acme,filler";\n\t\treg ={filler[:-1]};\n\t}};\n}};\n', text)
    assert count == 1
    (board / "board.dts").write_text(filled)
    result = build(tmp_path, board=board)
    assert result.stderr == (
        f"{tmp_path}/file.dts:1:1: error: no 1216K of addresses below 4 GiB are free for channels that are presented as PCI "
        "functions\n"
    )

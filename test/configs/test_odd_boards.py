# SPDX-License-Identifier: Apache-2.0
"""
Boards' trees that say a thing in an unusual way, as some of those that Linux carries do: the same machine must come of
it, or an error that names the tree.

[utest->swr~compile-tree~1]
"""

import json

import pytest

from test_configs import built, odd_board, one_error
from tool import IMAGES, TOOL, run

TIMER = "interrupts = <1 13 4>, <1 14 4>, <1 11 4>, <1 10 1>;"
BANK = "reg = <0 0x80000000 0 0x20000000>, <1 0 0 0x40000000>;"
GICD = "reg = <0 0x1000000 0 0x10000>,"

ACCEPTED = {
    "timer-extended": [(TIMER, "interrupts-extended = <&gic 1 13 4>, <&gic 1 14 4>, <&gic 1 11 4>, <&gic 1 10 1>;")],
    "wide-distributor": [(GICD, "reg = <0 0x1000000 0 0x40000>,")],
    "banks-overlap": [(BANK, "reg = <1 0 0 0x40000000>, <0 0x90000000 0 0x10000000>, <0 0x80000000 0 0x18000000>;")],
    "bus-of-everything": [
        (
            "\tnarrow {",
            '\tall { compatible = "simple-bus"; #address-cells = <2>; #size-cells = <2>; ranges = <0 0 0 0 0x10 0>; };\n\tnarrow {',
        )
    ],
}

REFUSED = {
    "far-distributor": (
        [(GICD, "reg = <0x10 0x1000000 0 0x10000>,")],
        "has the GIC up to 0x100100ffff, beyond the 36 address bits that a guest's space can have here",
    ),
    "ram-over-gic": (
        [(BANK, "reg = <0 0x80000000 0 0x20000000>, <0 0xf00000 0 0x110000>;")],
        "has RAM over registers of the GIC at 0x1000000",
    ),
}


def audited(path, out):
    """The audited image's map."""
    built(path, out)
    return json.loads(run(TOOL, "map", path, "--json", "-I", IMAGES).stdout)


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(tmp_path, name):
    audited(odd_board(tmp_path, name, board=ACCEPTED[name]), tmp_path / "out")


@pytest.mark.parametrize("name", REFUSED)
def test_refused(tmp_path, name):
    changes, why = REFUSED[name]
    found = one_error(odd_board(tmp_path, name, board=changes))
    assert found.startswith(f"{tmp_path}/board.dts:1:1: error: the board's tree ") and why in found


def test_registers_in_ram(tmp_path):
    """Where a node has registers, no cell has RAM."""

    def memory(path, out):
        return [(part["address"], part["size"]) for cell in audited(path, out)["cells"] for part in cell["memory"]]

    address, size = memory(odd_board(tmp_path, "without"), tmp_path / "one")[0]
    node = f"\tmailbox@{address:x} {{ compatible = \"acme,mailbox\"; reg = <0 {address + 0x1000:#x} 0 0x10>; }};\n\tnarrow {{"
    for at, length in memory(odd_board(tmp_path, "with", board=[("\tnarrow {", node)]), tmp_path / "two"):
        assert at + length <= address + 0x1000 or at >= address + 0x2000

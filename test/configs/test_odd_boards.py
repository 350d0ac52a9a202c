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
    "timer-named": [(TIMER, 'interrupts = <1 11 4>, <1 10 1>, <1 14 4>, <1 13 4>; interrupt-names = "virt", "hyp-phys", "phys", "sec-phys";')],
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


PASSED_ON = [
    ("\tinterrupt-parent = <&gic>;\n\n\taliases", "\tinterrupt-parent = <&pass>;\n\n\taliases"),
    (TIMER, TIMER + " interrupt-parent = <&gic>;"),
    ("interrupts = <0 0 4>; };", "interrupts = <0 0 4>; interrupt-parent = <&gic>; };"),
    ("\t\tinterrupts = <1 9 4>;\n", "\t\tinterrupts = <1 9 4>;\n\t\tinterrupt-parent = <&gic>;\n"),
    ("\tnarrow {", '\tpass: pass@11800000 { compatible = "acme,pass"; reg = <0 0x11800000 0 0x1000>; interrupt-parent = <&gic>; interrupt-controller; #interrupt-cells = <3>; };\n\tnarrow {'),
]


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


def rest_of(path, devices="rest"):
    """The partition file with "rest" for its second cell."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("many { ", f'many {{ devices = "{devices}"; '))
    return path


def test_registers_nowhere(tmp_path):
    """No bus leads to them: whoever names the device is told, and the image is sound."""
    node = '\t\trtc@13000000 { compatible = "arm,pl031"; reg = <0x13000000 0x1000>; };\n\n\t\tusb@12000000 {'
    path = rest_of(odd_board(tmp_path, "nowhere", board=[("\t\tusb@12000000 {", node)]), "rtc@13000000")
    found = run(TOOL, "check", path, "-I", IMAGES)
    assert "warning: no bus above passes the registers of '/narrow/rtc@13000000' on to the CPUs: cell 'many' gets" in found.stderr
    assert [device["path"] for cell in audited(path, tmp_path / "out")["cells"] for device in cell["devices"]][-1] == "/narrow/rtc@13000000"


def test_parent_passed_on(tmp_path):
    """A controller that the root names for all, and that no cell can own: who uses it is left out, who doesn't stays."""
    found = audited(rest_of(odd_board(tmp_path, "passed-on", board=PASSED_ON)), tmp_path / "out")
    left_out = {part["path"]: part["why"] for part in found["left_out"]}
    assert left_out["/soc/serial@10001000"].startswith("it needs /pass@11800000")
    assert [device["path"] for device in found["cells"][0]["devices"]] == ["/soc/serial@10000000"]


def test_console_that_lacks(tmp_path):
    """The stdout UART needs a clock that no cell can own: the health cell goes without, and that is said."""
    board = [
        ("interrupts = <0 0 4>; };", "interrupts = <0 0 4>; clocks = <&clock>; };"),
        ("\tnarrow {", '\tclock: clock@11800000 { compatible = "acme,clock"; reg = <0 0x11800000 0 0x1000>; #clock-cells = <0>; };\n\tnarrow {'),
    ]
    path = rest_of(odd_board(tmp_path, "lacking", board=board))
    found = run(TOOL, "check", path, "-I", IMAGES)
    assert "warning: the health cell has no console: /soc/serial@10000000 needs /clock@11800000, which" in found.stderr
    found = audited(path, tmp_path / "out")
    assert not found["cells"][0]["devices"]
    assert "it is the stdout UART, and needs" in {part["path"]: part["why"] for part in found["left_out"]}["/soc/serial@10000000"]

# SPDX-License-Identifier: Apache-2.0
"""
Boards' trees that say a thing in an unusual way, as some of those that Linux carries do: the same machine must come of
it, or an error that names the tree.

[utest->swr~compile-tree~1]

Robustness: all
"""

import json

import pytest

from test_configs import built, odd_board, one_error
from tool import IMAGES, TOOL, run

TIMER = "interrupts = <1 13 4>, <1 14 4>, <1 11 4>, <1 10 1>;"
BANK = "reg = <0 0x80000000 0 0x20000000>, <1 0 0 0x40000000>;"
FIRMWARE = "reg = <0 0x9f000000 0 0x1000000>; no-map; };"
GICD = "reg = <0 0x1000000 0 0x10000>,"

ACCEPTED = {
    "timer-extended": [(TIMER, "interrupts-extended = <&gic 1 13 4>, <&gic 1 14 4>, <&gic 1 11 4>, <&gic 1 10 1>;")],
    "timer-named": [(TIMER, 'interrupts = <1 11 4>, <1 10 1>, <1 14 4>, <1 13 4>; interrupt-names = "virt", "hyp-phys", "phys", "sec-phys";')],
    "wide-distributor": [(GICD, "reg = <0 0x1000000 0 0x40000>,")],
    "banks-overlap": [(BANK, "reg = <1 0 0 0x40000000>, <0 0x90000000 0 0x10000000>, <0 0x80000000 0 0x18000000>;")],
    "reserved-part-of-a-page": [(FIRMWARE, FIRMWARE + " scrap@9e000400 { reg = <0 0x9e000400 0 0x5400>; no-map; };")],
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


# [utest->swr~config-board~1]
def test_banks_that_overlap(tmp_path):
    """What two banks name is there once: the same memory is given as of banks that don't."""

    def given(name, **changes):
        return [cell["memory"] for cell in audited(odd_board(tmp_path, name, **changes), tmp_path / name)["cells"]]

    assert given("overlapping", board=ACCEPTED["banks-overlap"]) == given("usual")


# [utest->swr~config-board~1]
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


NARROW = "\tnarrow {"
MODEM = 'compatible = "arm,sp804"; reg = <0 0x11900000 0 0x1000>;'


def three_cells(path, devices, root=""):
    """A third cell with these devices, "rest" for the second."""
    with open(rest_of(path), encoding="utf-8") as file:
        text = file.read()
    text = text.replace("\t}};\n}};\n".replace("}}", "}"), f'\t\tthird {{ cpus = <3>; memory = "16M"; image = "control.elf"; devices = {devices}; }};\n\t}};\n}};\n')
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("\tcells {", f"\t{root}\n\tcells {{"))
    return path


def owned(found, cell):
    return [device["path"] for device in found["cells"][cell]["devices"]]


def left_out_of(found):
    return {part["path"]: part["why"] for part in found["left_out"]}


# Audited: compiler and auditor hold the same things for a cell's.
# [utest->swr~config-devices~1]
def test_rest_without_half_an_interrupt(tmp_path):
    found = audited(three_cells(odd_board(tmp_path, "interrupt"), '"timer@10002000"'), tmp_path / "out")
    assert left_out_of(found)["/soc/timer@10003000"] == "it shares interrupt 35 with /soc/timer@10002000, which belongs to cell 'third'"
    assert owned(found, 2) == ["/soc/timer@10002000"]


# [utest->swr~config-devices~1]
def test_rest_without_half_a_page(tmp_path):
    """Of a page that a disabled device has, too, nothing is "rest"."""
    node = '\trtc@11900000 { compatible = "arm,pl031"; reg = <0 0x11900000 0 0x100>; };\n\trtc@11900800 { compatible = "arm,pl031"; reg = <0 0x11900800 0 0x100>; status = "disabled"; };\n'
    found = audited(rest_of(odd_board(tmp_path, "page", board=[(NARROW, node + NARROW)])), tmp_path / "out")
    assert left_out_of(found)["/rtc@11900000"].startswith("it shares the page at 0x11900000 with /rtc@11900800")


def test_rest_without_a_clock_of_no_rate(tmp_path):
    node = f'\tclock: clock@11800000 {{ compatible = "acme,clock"; reg = <0 0x11800000 0 0x1000>; #clock-cells = <1>; }};\n\ttimer@11900000 {{ {MODEM} clocks = <&clock 4>; }};\n\ttimer@11901000 {{ compatible = "arm,sp804"; reg = <0 0x11901000 0 0x1000>; clocks = <&clock 3>; }};\n'
    path = three_cells(odd_board(tmp_path, "rate", board=[(NARROW, node + NARROW)]), '"timer@11901000"', 'shared-read-only = "clock@11800000 3=24000000";')
    found = audited(path, tmp_path / "out")
    assert "the rate of its clock 4 is not known" in left_out_of(found)["/timer@11900000"]
    assert owned(found, 2) == ["/timer@11901000"]


def test_bus_with_registers_of_its_devices(tmp_path):
    """Its reg repeats its ranges: it has no page of theirs."""
    found = audited(
        rest_of(odd_board(tmp_path, "bus", board=[("ranges = <0x10000000 0 0x10000000 0x1000000>;", "ranges = <0x10000000 0 0x10000000 0x1000000>; reg = <0 0x10000000 0 0x1000000>;")])),
        tmp_path / "out",
    )
    assert owned(found, 0) == ["/soc/serial@10000000"] and "/soc/gpio@10006000" in owned(found, 1)


def test_bus_with_registers_of_its_own(tmp_path):
    """Part of its reg isn't passed on: nobody has a page of that."""
    found = audited(
        rest_of(odd_board(tmp_path, "bus", board=[("ranges = <0x10000000 0 0x10000000 0x1000000>;", "ranges = <0x10000000 0 0x10000000 0x1000000>; reg = <0 0x0fff0000 0 0x17000>;")])),
        tmp_path / "out",
    )
    left_out = left_out_of(found)
    assert left_out["/soc/gpio@10006000"].startswith("it shares the page at 0xfff0000 with /soc, which no cell can own")
    assert not owned(found, 0) and "/soc/gpio@10006000" not in owned(found, 1)


def test_device_on_disabled_bus(tmp_path):
    found = audited(
        rest_of(odd_board(tmp_path, "disabled", board=[("ranges = <0x10000000 0 0x10000000 0x1000000>;", 'ranges = <0x10000000 0 0x10000000 0x1000000>; status = "disabled";')])),
        tmp_path / "out",
    )
    assert left_out_of(found)["/soc/gpio@10006000"] == "the board's tree has it disabled"


def test_interrupt_of_a_part(tmp_path):
    """It is the device's: the cell that has the one has the other, and nobody else."""
    part = f"\tmodem@11900000 {{ {MODEM} link {{ interrupts = <0 40 1>; }}; }};\n"
    found = audited(rest_of(odd_board(tmp_path, "part", board=[(NARROW, part + NARROW)])), tmp_path / "out")
    assert [device["interrupts"] for device in found["cells"][1]["devices"] if device["path"] == "/modem@11900000"] == [[72]]
    path = three_cells(odd_board(tmp_path, "both", board=[(NARROW, part + '\trtc@11901000 { compatible = "arm,pl031"; reg = <0 0x11901000 0 0x1000>; interrupts = <0 40 1>; };\n' + NARROW)]), '"modem"')
    found = audited(path, tmp_path / "both")
    assert left_out_of(found)["/rtc@11901000"].startswith("it shares interrupt 72 with /modem@11900000")


def test_provider_with_an_interrupt(tmp_path):
    """Without registers, but no two cells can have it."""
    nodes = f'\tfirmware {{ compatible = "acme,processor"; link {{ interrupts = <0 40 1>; vdd: vdd {{ regulator-name = "vdd"; }}; }}; }};\n\ttimer@11900000 {{ {MODEM} vdd-supply = <&vdd>; }};\n'
    found = audited(rest_of(odd_board(tmp_path, "firmware", board=[(NARROW, nodes + NARROW)])), tmp_path / "out")
    assert left_out_of(found)["/timer@11900000"] == "it needs /firmware, which no cell can own"


def test_pins_that_look_like_a_phandle(tmp_path):
    """pinctrl-single,pins is no list of phandles."""
    nodes = f"\tpins@11900000 {{ {MODEM} state {{ pinctrl-single,pins = <0x4c 0>; }}; }};\n"
    found = audited(
        rest_of(odd_board(tmp_path, "pins", board=[(NARROW, nodes + NARROW), ('reg = <0 0x000>; enable-method = "psci";', 'reg = <0 0x000>; enable-method = "psci"; phandle = <0x4c>;')])),
        tmp_path / "out",
    )
    assert "/pins@11900000" in owned(found, 1)


def test_device_on_anothers(tmp_path):
    """Naming what wraps another device gives the wrapper; what lies on it works for nobody else."""
    nodes = f"\tglue: glue@11900000 {{ {MODEM} #address-cells = <2>; #size-cells = <2>; ranges; usb@11a00000 {{ compatible = \"arm,sp804\"; reg = <0 0x11a00000 0 0x1000>; }}; }};\n"
    found = audited(three_cells(odd_board(tmp_path, "glue", board=[(NARROW, nodes + NARROW)]), '"glue"'), tmp_path / "out")
    assert owned(found, 2) == ["/glue@11900000"]
    assert left_out_of(found)["/glue@11900000/usb@11a00000"] == "it needs /glue@11900000, which belongs to cell 'third'"


def test_bus_with_registers_beside_its_devices(tmp_path):
    found = audited(
        rest_of(odd_board(tmp_path, "bus", board=[("ranges = <0x10000000 0 0x10000000 0x1000000>;", "ranges = <0x10000000 0 0x10000000 0x1000000>; reg = <0 0x0fff0000 0 0x1000>;")])),
        tmp_path / "out",
    )
    assert "/soc/gpio@10006000" in owned(found, 1)
    assert run("fdtget", str(tmp_path / "out/many.dtb"), "/soc", "reg").returncode != 0


def test_firmware_shared(tmp_path):
    """Power domains below /psci: a guest has a /psci of its own without them."""
    board = [
        ('method = "smc"; };', 'method = "smc"; power: power { #power-domain-cells = <0>; }; };'),
        (NARROW, f"\ttimer@11900000 {{ {MODEM} power-domains = <&power>; }};\n" + NARROW),
    ]
    path = three_cells(odd_board(tmp_path, "psci", board=board), '"timer@11900000"', 'shared-read-only = "psci";')
    assert owned(audited(path, tmp_path / "out"), 2) == ["/timer@11900000"]


def test_console_that_shares_a_page(tmp_path):
    """The health cell goes without, and that is said."""
    path = rest_of(odd_board(tmp_path, "console", board=[("serial0:115200n8", "/soc/serial@10001000")]))
    found = run(TOOL, "check", path, "-I", IMAGES)
    assert "warning: the health cell has no console: /soc/serial@10001000 shares the page at 0x10001000 with /soc/serial@10001800, which" in found.stderr
    assert not owned(audited(path, tmp_path / "out"), 0)


def test_console_comes_last(tmp_path):
    """What a cell names comes before the console that nobody named."""
    clock = '\tclock: clock@11800000 { compatible = "arm,sp804"; reg = <0 0x11800000 0 0x1000>; #clock-cells = <0>; };\n'
    board = [
        ("interrupts = <0 0 4>; };", "interrupts = <0 0 4>; clocks = <&clock>; };"),
        (NARROW, clock + f"\ttimer@11900000 {{ {MODEM} clocks = <&clock>; }};\n" + NARROW),
    ]
    found = audited(three_cells(odd_board(tmp_path, "last", board=board), '"timer@11900000"'), tmp_path / "out")
    assert owned(found, 0) == [] and owned(found, 2) == ["/clock@11800000", "/timer@11900000"]

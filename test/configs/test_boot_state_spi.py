# SPDX-License-Identifier: Apache-2.0
"""
The boot state in an SPI flash: what of the board and of machine.dts makes it possible, whose the controller is in map, tables and trees,
and what a flash costs that has the machine's firmware, too.

Robustness: test_refused, test_bank_of_firmware_admits_none, test_not_shared, test_image_without_the_word
"""
import json
import pathlib
import shutil
import subprocess

import pytest

from tool import IMAGES, ROOT, TOOL, run

BOARDS = pathlib.Path(ROOT, "test/configs/boards")
CONTROLLER = "/soc/spi@10100000"
CHIP = f"{CONTROLLER}/norflash@1"
START, BLOCK = 0xF00000, 0x1000
SECONDS = 10**9
SHARED = f'firmware-flash = "{CHIP}"'
ADMITTED = 'boot-state = "norflash@1"; boot-state-firmware = "unprotected"'


@pytest.fixture
def place(tmp_path):
    """The board and the partition file, to be changed."""
    shutil.copytree(BOARDS, tmp_path / "boards")
    (tmp_path / "good").mkdir()
    shutil.copy(f"{ROOT}/test/configs/good/boot-state-spi.dts", tmp_path / "good/file.dts")
    return tmp_path


def change(place, file, old, new):
    path = place / {"board": "boards/spi/board.dts", "machine": "boards/spi/machine.dts", "file": "good/file.dts"}[file]
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def check(place, *options):
    return run(TOOL, "check", str(place / "good/file.dts"), "-I", IMAGES, *options)


def build(place):
    result = run(TOOL, "build", str(place / "good/file.dts"), "-I", IMAGES, "-o", str(place / "out"))
    assert result.returncode == 0, result.stderr
    return place / "out", result.stderr


def properties(tree, node):
    return sorted(run("fdtget", "-p", str(tree), node).stdout.split())


def prop(tree, node, name, kind="x"):
    return run("fdtget", "-t", kind, str(tree), node, name).stdout.strip()


# [utest->swr~config-boot-state-spi~1] [utest->swr~map-boot-state~1] [utest->swr~compile-boot-state~1]
def test_built(place):
    out, said = build(place)
    assert said == ""
    assert run(TOOL, "audit", str(out / "bulkhead.itb")).returncode == 0
    found = json.loads((out / "map.json").read_text())
    assert found["boot_state"] == {
        "medium": "spi-nor", "device": CHIP, "bank": 1, "cell": 0, "address": START, "size": 3 * BLOCK, "copies": [START, START + BLOCK],
        "identity": START + 2 * BLOCK, "erase_block": BLOCK, "shares_firmware": False, "confirm_after": 30 * SECONDS, "confirm_within": 300 * SECONDS}
    assert all(entry["path"] != CONTROLLER for cell in found["cells"] for entry in cell["devices"])
    text = (out / "map.txt").read_text()
    assert text.count(f"device                 {CONTROLLER}\n") == 1  # one mapping, of one cell
    assert f"  boot state: {CHIP}, copies at 0xf00000 and 0xf01000, identity at 0xf02000, erase blocks of 4K" in text
    assert "machine starts" not in text
    assert f"boot state {CHIP}" in (out / "map.svg").read_text()
    tree = out / "health.dtb"
    assert properties(tree, CONTROLLER) == ["#address-cells", "#size-cells", "compatible", "reg"]  # no interrupt, no clock
    assert prop(tree, CONTROLLER, "reg") == "10100000 1000"
    assert properties(tree, CHIP) == sorted([
        "compatible", "reg", "bulkhead,boot-state", "bulkhead,identity", "bulkhead,erase-block", "bulkhead,confirm-after-ns", "bulkhead,confirm-within-ns"])
    assert (prop(tree, CHIP, "compatible", "s"), prop(tree, CHIP, "reg")) == ("jedec,spi-nor", "1")
    assert (prop(tree, CHIP, "bulkhead,boot-state"), prop(tree, CHIP, "bulkhead,identity")) == ("f00000 f01000", "f02000")
    assert run("fdtget", "-p", str(out / "control.dtb"), CONTROLLER).returncode != 0


# [utest->swr~config-boot-state-spi~1]
@pytest.mark.parametrize("name", ["state", CHIP])
def test_named(place, name):
    change(place, "file", '"norflash@1"', f'"{name}"')
    assert (check(place).returncode, check(place).stderr) == (0, "")


RESERVED = "boards/spi/machine.dts can't be used: it begins with an erase block of 4K, has three of them, and ends before 16M"
# What is changed, and the error.
CHANGES = {
    "disabled": ("board", "reg = <1>; spi-max", 'reg = <1>; status = "disabled"; spi-max', f"'{CHIP}' can't hold the boot state: the board's tree has it disabled"),
    "controller-disabled": ("board", "reg = <0x10100000 0x1000>;", 'reg = <0x10100000 0x1000>; status = "disabled";', "the board's tree has it disabled"),
    "another-maker": ("file", '"norflash@1"', '"serial-nor@0"', "the health cell drives no SPI controller but Rockchip's"),
    "two-chips": ("file", '"norflash@1"', '"chip@0"', "who has its controller has '/soc/spi@10120000/sensor@1', too"),
    "line": ("board", "reg = <1>; spi-max", "reg = <2>; spi-max", "it isn't selected by the controller's own line 0 or 1"),
    "gpio-line": ("board", "clocks = <&clocks 1>;", "clocks = <&clocks 1>; cs-gpios = <0>, <&gpio1 2 0>;", "it isn't selected by the controller's own line"),
    "no-line": ("board", "reg = <1>; spi-max", "spi-max", "it isn't selected by the controller's own line"),
    "owned": ("file", 'devices = "rest"', f'dma = "unprotected"; devices = "{CONTROLLER}"', f"'{CONTROLLER}' of the boot state is cell 'control's already"),
    "clock-owned": ("file", 'shared-read-only = "clock-controller@10110000";', "", "which belongs to cell 'control': what it provides has to stay"),
    "part-of-a-page": ("board", "reg = <0x10100000 0x1000>;", "reg = <0x10100000 0x800>;", "aren't whole pages of 4K"),
    "two-ranges": ("board", "reg = <0x10100000 0x1000>;", "reg = <0x10100000 0x1000>, <0x10101000 0x1000>;", "aren't whole pages of 4K"),
    "others-within": ("board", "spi@10120000 {", 'led@10100000 { compatible = "arm,pl031"; reg = <0x10100000 0x100>; }; spi@10120000 {', "lie in it"),
    "firmware-within": ("machine", "firmware-flash", "firmware = /bits/ 64 <0x10100000 0x1000>; firmware-flash", "lie in RAM, in firmware, or beyond"),
    "block": ("machine", "<0x1000>", "<0x10000>", "doesn't say that its SPI flash erases 4K at once"),
    "no-block": ("machine", "erase-block = <0x1000>;", "", "doesn't say that its SPI flash erases 4K at once"),
    "no-place": ("machine", "state = /bits/ 64 <0xf00000 0x3000>;", "", "doesn't say where in the SPI flash the boot state may lie"),
    "two-places": ("machine", "<0xf00000 0x3000>", "<0xf00000 0x3000 0x800000 0x3000>", "doesn't say where in the SPI flash the boot state may lie"),
    "odd-place": ("machine", "<0xf00000 0x3000>", "<0xf00800 0x3000>", RESERVED),
    "small-place": ("machine", "<0xf00000 0x3000>", "<0xf00000 0x2fff>", RESERVED),
    "place-beyond": ("machine", "<0xf00000 0x3000>", "<0xffe000 0x3000>", RESERVED),
    "place-far-beyond": ("machine", "<0xf00000 0x3000>", "<0x100f00000 0x3000>", RESERVED),
    "firmware-unstated": ("machine", 'firmware-flash = "";', "", "doesn't say which flash the machine starts from"),
    "firmware-nowhere": ("machine", 'firmware-flash = "";', 'firmware-flash = "/soc/spi@0/flash@0";', "/loader/firmware-flash of"),
    "firmware": ("machine", 'firmware-flash = "";', f"{SHARED};", "and who has its controller can write all of it: name another, or say boot-state-firmware"),
    "admission": ("file", '"norflash@1"', '"norflash@1"; boot-state-firmware = "unprotectd"', "'unprotectd': did you mean 'unprotected'?"),
    "admission-alone": ("file", 'boot-state = "norflash@1"', 'boot-state-firmware = "unprotected"', "'boot-state-firmware' is of a 'boot-state': cell 'health' has none"),
    "admission-elsewhere": ("file", "essential;", 'essential; boot-state-firmware = "protected";', "cell 'control' has none"),
    "ambiguous": ("board", "spi@10120000 {", "spi@10140000 { norflash@1 { compatible = \"jedec,spi-nor\"; reg = <1>; }; }; spi@10120000 {", "2 SPI flashes of the board are named 'norflash@1': say which, such as '"),
}  # fmt: skip


# [utest->swr~config-boot-state-spi~1] [utest->swr~config-boot-state-spi-shared~1]
@pytest.mark.parametrize("name", CHANGES)
def test_refused(place, name):
    file, old, new, why = CHANGES[name]
    change(place, file, old, new)
    result = check(place)
    assert result.returncode == 1
    assert why in result.stderr, result.stderr
    assert result.stderr.count(": error: ") == (2 if name == "owned" else 1), result.stderr  # its own, that it lacks a clock's rate


# [utest->swr~config-boot-state-spi-shared~1]
def test_bank_of_firmware_admits_none(place):
    """Of memory-mapped flash there is no such word."""
    result = place / "good/file.dts"
    with open(f"{ROOT}/test/configs/good/boot-state.dts", encoding="utf-8") as file:
        result.write_text(file.read().replace('"flash@0:1"', '"flash@0:1"; boot-state-firmware = "unprotected"'), encoding="utf-8")
    assert "a bank of memory-mapped flash that holds firmware is no cell's" in check(place).stderr


# [utest->swr~config-boot-state-spi-shared~1] [utest->swr~audit-unisolated~1]
def test_shared(place):
    """With a warning, a line in map and audit, and a kind that --deny refuses."""
    change(place, "machine", 'firmware-flash = ""', SHARED)
    change(place, "file", 'boot-state = "norflash@1"', ADMITTED)
    out, said = build(place)
    assert said.count(": warning: ") == 1 and f"the health cell can write what the machine starts from: it is in '{CHIP}', too" in said
    assert json.loads((out / "map.json").read_text())["boot_state"]["shares_firmware"] is True
    line = 'unisolated: what the machine starts from is in the boot state\'s flash (boot-state-firmware = "unprotected")\n'
    assert line in (out / "map.txt").read_text()
    assert "with what the machine starts from: unisolated" in (out / "map.svg").read_text()
    audited = run(TOOL, "audit", str(out / "bulkhead.itb"))
    assert audited.returncode == 0 and f"unisolated: cell 'health': {CHIP} has what the machine starts from, too, on the file's word" in audited.stdout
    assert run(TOOL, "audit", "--deny", "shared-firmware", str(out / "bulkhead.itb")).returncode == 1
    denied = check(place, "--deny", "shared-firmware")
    assert denied.returncode == 1 and ": error: the health cell can write what the machine starts from" in denied.stderr


# [utest->swr~config-boot-state-spi-shared~1]
def test_not_shared(place):
    change(place, "file", 'boot-state = "norflash@1"', ADMITTED)
    result = check(place)
    assert result.returncode == 0 and "doesn't hold what the machine starts from: nothing needs boot-state-firmware" in result.stderr


# [utest->swr~audit-boot-state-spi~1]
def test_image_without_the_word(place):
    """The partition file in it doesn't admit firmware in the flash: what the compiler did is judged by that."""
    change(place, "machine", 'firmware-flash = ""', SHARED)
    change(place, "file", 'boot-state = "norflash@1"', ADMITTED)
    image = build(place)[0] / "bulkhead.itb"
    assert run("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", str(place / "file.dtb"), str(place / "good/file.dts")).returncode == 0
    run("fdtput", "-d", str(place / "file.dtb"), "/cells/health", "boot-state-firmware")
    data = (place / "file.dtb").read_bytes()
    subprocess.run(["fdtput", "-t", "bx", str(image), "/images/partitions", "data", *(f"{byte:x}" for byte in data)], check=True, timeout=60)
    result = run(TOOL, "audit", str(image))
    assert result.returncode == 1
    assert "SEP-32: cell 'health': its boot-state is in the flash that the machine starts from, and the file doesn't admit it" in result.stdout
    for rule in ("SEP-05", "CONF-36"):
        assert f"{rule}: cell 'health': " in result.stdout

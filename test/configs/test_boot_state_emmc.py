# SPDX-License-Identifier: Apache-2.0
"""
The boot state in a boot partition of an eMMC: whose its controller is, what the image says of it, and what the auditor finds where
that isn't so.

Robustness: test_refused, test_mutant
"""
import json
import struct
import subprocess

import pytest

from tool import IMAGES, TOOL, run

FILE = """/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt-pci";
	cells {{
		health {{ role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; {health} }};
		control {{ cpus = <3>; memory = "16M"; image = "control.elf"; essential; {control} }};
	}};
}};
"""
GOOD = 'pci = "watchdog", "emmc"; boot-state = "emmc:boot1"; confirm-after = "20s"; confirm-within = "60s";'
ADDRESS = "0000:00:08.0"
BLOCK = 0x8000
SECONDS = 10**9
COMMAND = 4  # configuration space: bits 1 (memory), 2 (master), 10 (no INTx)
PROPERTY = 3  # FDT_PROP


def write(folder, health, control=""):
    path = folder / "file.dts"
    path.write_text(FILE.format(health=health, control=control))
    return path


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("emmc")
    result = run(TOOL, "build", str(write(folder, GOOD)), "-I", IMAGES, "-o", str(folder / "out"))
    assert (result.returncode, result.stderr) == (0, "")
    return folder / "out"


def rules(image):
    """Of the violations, with the exit status."""
    result = run(TOOL, "audit", str(image), "--json")
    return {found["rule"] for found in json.loads(result.stdout)["found"]}, result.returncode


# [utest->swr~config-boot-state-emmc~1] [utest->swr~audit-boot-state-emmc~1]
def test_audited(built):
    assert rules(built / "bulkhead.itb") == (set(), 0)


# [utest->swr~map-boot-state~1]
def test_map(built):
    assert json.loads((built / "map.json").read_text())["boot_state"] == {
        "medium": "emmc", "device": ADDRESS, "bank": 2, "cell": 0, "address": 0, "size": 3 * BLOCK, "copies": [0, BLOCK],
        "identity": 2 * BLOCK, "shares_firmware": False, "erase_block": BLOCK, "confirm_after": 20 * SECONDS, "confirm_within": 60 * SECONDS}
    text = (built / "map.txt").read_text()
    assert "  boot state: partition boot1 of the eMMC behind emmc, copies at 0 and 0x8000, identity at 0x10000, " in text
    assert text.count(f"BAR 0 of {ADDRESS}\n") == 1  # one mapping, of one cell
    assert "boot state boot1 of emmc" in (built / "map.svg").read_text()


# [utest->swr~compile-boot-state-emmc~1]
def test_tree(built):
    tree = str(built / "health.dtb")

    def cells(name):
        return run("fdtget", "-t", "u", tree, "/bulkhead/boot-state", name).stdout.split()

    assert run("fdtget", tree, "/bulkhead/boot-state", "compatible").stdout == "bulkhead,emmc-boot-state\n"
    assert cells("function") == [str(2 << 3)]  # behind the watchdog on the cell's bus
    assert cells("partition") == ["2"]
    assert cells("bulkhead,boot-state") == ["0", str(BLOCK)]
    assert cells("bulkhead,identity") == [str(2 * BLOCK)]
    assert cells("bulkhead,erase-block") == [str(BLOCK)]
    assert cells("bulkhead,confirm-after-ns") == [str(20 * SECONDS >> 32), str(20 * SECONDS % 2**32)]
    assert run("fdtget", "-p", str(built / "control.dtb"), "/bulkhead/boot-state").returncode != 0


# [utest->swr~config-boot-state-emmc~1]
@pytest.mark.parametrize("health, control, why", [
    ('boot-state = "emmc:boot0";', "", "it isn't this cell's, which would be pci = \"emmc\" in cell 'health'"),
    ('boot-state = "emmc:boot0";', 'pci = "emmc";', "it isn't this cell's"),
    ('pci = "watchdog"; boot-state = "watchdog:boot0";', "", "it is no SD host controller (class 0x0880, not 0x0805)"),
    ('pci = "emmc"; boot-state = "emcm:boot0";', "", "board 'qemu-virt-pci' has no PCI function 'emcm': did you mean 'emmc'?"),
    ('pci = "emmc"; boot-state = "emmc:boot2";', "", "'emmc:boot2' is no bank of a device"),
    ('pci = "emmc"; boot-state = "emmc";', "", "'emmc'"),
    ('pci = "emmc";', 'boot-state = "emmc:boot0";', "'boot-state' is the health cell's alone, and cell 'control' isn't it"),
])
def test_refused(tmp_path, health, control, why):
    result = run(TOOL, "check", str(write(tmp_path, health, control)), "-I", IMAGES)
    assert result.returncode == 1
    assert why in result.stderr


def node(data, number):
    """Where the value of the number-th property behind `compatible` of the boot state's node is: a token, a length and a name come
    before each."""
    at = data.index(b"bulkhead,emmc-boot-state\0") + 28
    for _ in range(number):
        token, length = struct.unpack_from(">2I", data, at)
        assert token == PROPERTY
        at += 12 + length
    return at + 12


def change_word(number, value):
    def change(data):
        struct.pack_into(">I", data, node(data, number), value)

    return change


def command_rows(data):
    """Where the rows of functions' command registers are, and what a guest can write there: offset, kind, what is fixed, hardware's, written."""
    rows = {at: struct.unpack_from("<I", data, at + 12)[0] for at in range(0, len(data) - 20, 4) if data[at : at + 2] == struct.pack("<H", COMMAND)}
    return {at: written for at, written in rows.items() if written in (0x402, 0x406)}


def lets_master(data):
    ((at, _),) = [row for row in command_rows(data).items() if row[1] == 0x402]
    struct.pack_into("<I", data, at + 12, 0x406)


# [utest->swr~boot-state-emmc-no-dma~1]
def test_masters_no_bus(built, tmp_path):
    """Of the cell's two functions the watchdog has Bus Master Enable, as each has without a boot state behind it; the eMMC's doesn't."""
    assert sorted(command_rows((built / "bulkhead.itb").read_bytes()).values()) == [0x402, 0x406]
    result = run(TOOL, "build", str(write(tmp_path, GOOD.split("boot-state")[0])), "-I", IMAGES, "-o", str(tmp_path / "out"))
    assert (result.returncode, result.stderr) == (0, "")
    assert sorted(command_rows((tmp_path / "out/bulkhead.itb").read_bytes()).values()) == [0x406, 0x406]


# [utest->swr~audit-boot-state-emmc~1] [utest->swr~boot-state-emmc-no-dma~1]
@pytest.mark.parametrize("change, rule", [
    (change_word(0, 1 << 3), "CONF-36"),  # the watchdog
    (change_word(0, 31 << 3), "CONF-36"),
    (change_word(1, 1), "CONF-36"),
    (change_word(2, BLOCK), "CONF-36"),
    (change_word(3, 0), "CONF-36"),
    (change_word(4, 0x1000), "CONF-36"),
    (change_word(5, 1), "CONF-36"),
    (lets_master, "SEP-31"),
])
def test_mutant(built, tmp_path, change, rule):
    data = bytearray((built / "bulkhead.itb").read_bytes())
    change(data)
    (tmp_path / "mutant.itb").write_bytes(data)
    found, status = rules(tmp_path / "mutant.itb")
    assert rule in found and status == 1


# [utest->swr~audit-boot-state-emmc~1]
@pytest.mark.parametrize("health, expected", [
    (GOOD.replace("boot1", "boot0"), {"CONF-36"}),
    (GOOD.replace("emmc:", "watchdog:"), {"SEP-32", "CONF-36"}),
    (GOOD.replace("emmc:", "none:"), {"SEP-32", "CONF-36"}),
    (GOOD.replace(', "emmc"', ""), {"SEP-32", "CONF-36"}),
    (GOOD.split("boot-state")[0], {"CONF-36"}),
    (GOOD + ' boot-state-firmware = "unprotected";', {"SEP-32", "CONF-36"}),  # of an SPI flash alone
])
def test_other_words(built, tmp_path, health, expected):
    """The partition file in the image asks for something else."""
    image = tmp_path / "image.itb"
    image.write_bytes((built / "bulkhead.itb").read_bytes())
    run("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", str(tmp_path / "file.dtb"), str(write(tmp_path, health)))
    data = (tmp_path / "file.dtb").read_bytes()
    subprocess.run(["fdtput", "-t", "bx", str(image), "/images/partitions", "data", *(f"{byte:x}" for byte in data)], check=True, timeout=60)
    found, status = rules(image)
    assert expected <= found and status == 1

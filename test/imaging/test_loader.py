# SPDX-License-Identifier: Apache-2.0
"""Which boot loader an image gets: the one that the board's machine.dts states.

[utest->swr~image-loader~1]

Robustness: test_facts_refused, test_layout_refused, test_spi_unit_refused, test_room
"""

import sys
import types

import pytest

import image
from imaging import Refused, control, run


def machine(facts):
    """A FIT as far as loader_facts() reads it."""
    text = f"/dts-v1/; / {{ loader {{ staging = /bits/ 64 <0x200000 0x1c0000000>; {facts} }}; }};"
    return types.SimpleNamespace(board="a-board", part=lambda name: {"machine": run("dtc", "-q", "-O", "dtb", data=text.encode())}[name])


# [utest->swr~image-loader~1]
def test_facts():
    found = control.loader_facts(machine('u-boot = "other-board_2"; disk = "mmc 1";'))
    assert found == control.Loader("other-board_2", 0x200000, 0x1C0000000, "mmc", "1", "")


# [utest->swr~image-loader~1]
@pytest.mark.parametrize(
    "facts",
    [
        "",
        'disk = "mmc 0";',
        'u-boot = "qemu_arm64";',
        'u-boot = "../qemu_arm64"; disk = "mmc 0";',
        'u-boot = ""; disk = "mmc 0";',
        'u-boot = "qemu_arm64"; disk = "mmc";',
        'u-boot = "qemu_arm64"; disk = "mmc 0; go 0";',
    ],
)
def test_facts_refused(facts):
    with pytest.raises(Refused, match="board a-board: machine.dts doesn't say how it is started"):
        control.loader_facts(machine(facts))


def test_layout_refused(folder, monkeypatch):
    """One that nobody knows here isn't taken for another."""
    monkeypatch.setattr(control, "loader_facts", lambda fit: control.Loader("qemu_arm64", 0x40000000, 0xC000000, "virtio", "0", "rk3399-emmc"))
    monkeypatch.setattr(sys, "argv", ["image.py", str(folder / "bulkhead.itb")])
    with pytest.raises(Refused, match="its loader's layout 'rk3399-emmc' isn't known"):
        image.build(image.arguments())


@pytest.mark.parametrize("status", [0, 1])
def test_code_is_built(tmp_path, monkeypatch, status):
    """By build.sh, with the board's defconfig; what that can't build isn't left out."""
    builder = tmp_path / "scripts/loader/build.sh"
    builder.parent.mkdir(parents=True)
    builder.write_text(f'#!/bin/sh\nmkdir -p {tmp_path}/loader/$1 && echo "$1" >{tmp_path}/loader/$1/u-boot-nodtb.bin\nexit {status}\n')
    builder.chmod(0o755)
    monkeypatch.setattr(image, "LOADERS", tmp_path / "loader")
    monkeypatch.setattr(image, "ROOT", tmp_path)
    if status:
        with pytest.raises(Refused, match="U-Boot for other-board can't be built"):
            image.loader_code("other-board")
    else:
        assert (image.loader_code("other-board") / "u-boot-nodtb.bin").read_text() == "other-board\n"


UBOOT = """/dts-v1/; / {{ aliases {{ {aliases} }}; flash@0 {{ reg = <0 0 0 0x1000>; }};
spi@ff1d0000 {{ #address-cells = <1>; #size-cells = <0>; flash@0 {{ reg = <{line}>; }}; }}; }};"""
STATE = {"medium": "spi-nor", "device": "/spi@ff1d0000/flash@0", "bank": 0, "address": 0xF00000, "copies": [0xF00000, 0xF01000], "shares_firmware": True}


def control_tree(tmp_path, state, aliases='spi1 = "/spi@ff1d0000";', line=0):
    """U-Boot's control tree, made of the board's own one."""
    own = run("dtc", "-q", "-O", "dtb", data=UBOOT.format(aliases=aliases, line=line).encode())
    loader = control.Loader("rockpro64-rk3399", 0x200000, 0xC000000, "mmc", "0", "rk3399-spi")
    control.build(types.SimpleNamespace(board="a-board"), loader, [], state, own, tmp_path / "control.dtb")

    def told(name, kind="s"):
        return run("fdtget", "-t", kind, tmp_path / "control.dtb", "/config", f"bulkhead,{name}").decode().strip()

    return told


# [utest->swr~boot-state-spi-unit~1]
@pytest.mark.parametrize("number, aliases", [("1", 'spi1 = "/spi@ff1d0000";'), ("c", 'spi0 = "/spi@0"; spi12 = "/spi@ff1d0000"; spi = "/spi@ff1d0000";')])
def test_spi_unit(tmp_path, number, aliases):
    told = control_tree(tmp_path, STATE, aliases)
    assert [told("medium"), told("state-unit"), told("state-part")] == ["spi", number, "0"]
    assert [told("state-a", "x"), told("state-b", "x")] == ["f00000", "f01000"]
    assert b"flash@0" not in run("fdtget", "-l", tmp_path / "control.dtb", "/")  # no memory-mapped one


# [utest->swr~boot-state-spi-unit~1]
def test_spi_unit_refused(tmp_path):
    for aliases in ("", 'spi1 = "/spi@0";', 'serial0 = "/spi@ff1d0000";'):
        with pytest.raises(Refused, match="has no number for /spi@ff1d0000"):
            control_tree(tmp_path, STATE, aliases)
    with pytest.raises(Refused, match="doesn't have /spi@ff1d0000/flash@0"):
        control_tree(tmp_path, STATE, line=1)
    with pytest.raises(Refused, match="doesn't have /spi@ff1d0000/flash@1"):
        control_tree(tmp_path, STATE | {"device": "/spi@ff1d0000/flash@1"})


def test_no_state(tmp_path):
    told = control_tree(tmp_path, None)
    assert [told("medium"), told("state-unit"), told("state-a", "x")] == ["none", "0", "0"]


# [utest->swr~image-state-room~1]
@pytest.mark.parametrize("size, shares, fits", [(0xF00000, True, True), (0xF00001, True, False), (0xF00001, False, True)])
def test_room(tmp_path, size, shares, fits):
    with open(tmp_path / "loader.img", "wb") as file:
        file.truncate(size)
    if fits:
        image.check_room(tmp_path / "loader.img", STATE | {"shares_firmware": shares})
    else:
        with pytest.raises(Refused, match="loader.img has 15728641 bytes: it reaches into the boot state, at 15728640 of the same flash"):
            image.check_room(tmp_path / "loader.img", STATE | {"shares_firmware": shares})

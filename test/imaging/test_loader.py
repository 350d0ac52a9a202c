# SPDX-License-Identifier: Apache-2.0
"""Which boot loader an image gets: the one that the board's machine.dts states.

[utest->swr~image-loader~1]
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


def test_facts():
    found = control.loader_facts(machine('u-boot = "other-board_2"; disk = "mmc 1";'))
    assert found == control.Loader("other-board_2", 0x200000, 0x1C0000000, "mmc", "1", "")


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

# SPDX-License-Identifier: Apache-2.0
"""An RK3399's flash, read as its boot ROM and its SPL read it. Nobody has tried it on hardware.

The boot ROM's header: Rockchip's "Boot option", U-Boot's doc/board/rockchip/rockchip.rst. The first sector is scrambled by RC4 with a
key that is the same in all chips; of SPI flash it reads 2 KiB of each 4 KiB.

[utest->swr~image-rk3399~1]

Robustness: test_too_large, test_no_elf
"""

import dataclasses
import json
import struct
import subprocess

import pytest

from harness import build, fdt
from imaging import Refused, rockchip

KEY = bytes.fromhex("7c4e0304550509072d2c7b38170d1711")
MAGIC = 0x0FF0AA55
SECTOR, PAGE = 512, 2048
SRAM = 192 << 10  # INTMEM0, where the boot ROM puts TPL: RK3399 TRM 1.4, 1.1; its last 8 KiB are the boot ROM's
ROM_KEEPS = 8 << 10
PAYLOAD_AT = 0x60000
STATE, BLOCK = 15 << 20, 4096
TEXT_BASE = 0x200000


def rc4(data):
    state, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + state[i] + KEY[i % 16]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


@dataclasses.dataclass
class Stages:
    tpl: bytes
    spl: bytes


def boot_rom(flash):
    """What it loads, TPL, and what it loads when that returns, SPL."""
    pages = b"".join(flash[at : at + PAGE] for at in range(0, PAYLOAD_AT, 2 * PAGE))
    magic, _, plain, offset = struct.unpack_from("<IIIH", header := rc4(pages[:SECTOR]))
    size, both = struct.unpack_from("<HH", header, 506)
    assert (magic, plain) == (MAGIC, 1)
    start, middle, end = (sectors * SECTOR for sectors in (offset, offset + size, offset + both))
    assert start % PAGE == middle % PAGE == end % PAGE == 0 and start < middle < end <= len(pages)
    assert pages[start : start + 4] == b"RK33" and middle - start <= SRAM - ROM_KEEPS
    return Stages(pages[start:middle], pages[middle:end])


def spl(flash):
    """What it loads: [(address, bytes)], and where it jumps to. The tree is put behind U-Boot."""
    blob = flash[PAYLOAD_AT:]
    tree = fdt.parse(blob)
    base = -(-struct.unpack_from(">I", blob, 4)[0] // SECTOR) * SECTOR

    def data(image):
        at, size = base + image.properties["data-offset"].cells()[0], image.properties["data-size"].cells()[0]
        assert at % SECTOR == 0 and at + size <= len(blob)
        return blob[at : at + size]

    conf = tree["configurations"][tree["configurations"].properties["default"].strings()[0]]
    images = [tree["images"][name] for name in [conf.properties["firmware"].strings()[0], *conf.properties["loadables"].strings()]]
    assert [image.properties["os"].strings()[0] for image in images].count("U-Boot") == 1
    loads = [(image.properties["load"].cells()[0], data(image)) for image in images]
    address, code = next(load for load, image in zip(loads, images, strict=True) if image.properties["os"].strings()[0] == "U-Boot")
    loads.append((-(-(address + len(code)) // 8) * 8, data(tree["images"][conf.properties["fdt"].strings()[0]])))
    return loads, images[0].properties["entry"].cells()[0]


def apart(loads):
    spans = sorted((address, address + len(data)) for address, data in loads)
    return all(end <= start for (_, end), (start, _) in zip(spans, spans[1:], strict=False))


def elf(*segments):
    """An ELF file of AArch64 with these (address, bytes), and a segment without bytes."""
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, segments[0][0], 64, 0, 0, 64, 56, len(segments) + 1, 0, 0, 0)
    table, body, at = b"", b"", 64 + 56 * (len(segments) + 1)
    for address, data in [*segments, (0x1000, b"")]:
        table += struct.pack("<IIQQQQQQ", 1, 7, at + len(body), address, address, len(data), 0x10000, 0x1000)
        body += data
    return head + table + body


BL31 = (0x40000, b"runtime" * 9000), (0xFF3B0000, b"sram" * 2000), (0xFF8C0000, b"more" * 1000)


@pytest.fixture
def parts(tmp_path):
    """build.sh's results of such a board, with other bytes."""
    folder = tmp_path / "loader"
    folder.mkdir()
    (folder / "tpl.bin").write_bytes(b"\x14\0\0\x01" + b"tpl." * 17000)
    (folder / "spl.bin").write_bytes(b"spl." * 24000)
    (folder / "u-boot-nodtb.bin").write_bytes(b"u-boot.." * 45000)
    (folder / "bl31.elf").write_bytes(elf(*BL31))
    (folder / "text-base").write_text(f"{TEXT_BASE:#010x}\n")
    source = f"/dts-v1/; / {{ config {{ u-boot,spl-payload-offset = <{PAYLOAD_AT:#x}>; }}; }};"
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", folder / "u-boot.dtb", "-"], input=source.encode(), check=True)
    (folder / "control.dtb").write_bytes((folder / "u-boot.dtb").read_bytes() + bytes(61))
    return folder


def made(folder):
    rockchip.flash(folder, folder / "control.dtb", folder / "loader.img")
    return (folder / "loader.img").read_bytes()


# [utest->swr~image-rk3399~1]
def test_layout(parts):
    flash = made(parts)
    stages = boot_rom(flash)
    assert stages.tpl[4:].rstrip(b"\0") == (parts / "tpl.bin").read_bytes()[4:]
    assert stages.spl.rstrip(b"\0") == (parts / "spl.bin").read_bytes()
    loads, entry = spl(flash)
    code, tree = (parts / "u-boot-nodtb.bin").read_bytes(), (parts / "control.dtb").read_bytes()
    assert loads == [BL31[0], (TEXT_BASE, code), *BL31[1:], (TEXT_BASE + len(code), tree)]
    assert entry == BL31[0][0] and apart(loads)
    assert made(parts) == flash


# [utest->swr~image-rk3399~1]
def test_too_large(parts):
    (parts / "spl.bin").write_bytes(b"spl." * 40000)
    with pytest.raises(Refused, match="TPL and SPL take .* bytes of the flash: U-Boot begins at 393216"):
        made(parts)
    assert not (parts / "loader.img").exists()


def test_no_elf(parts):
    (parts / "bl31.elf").write_bytes(b"#!/bin/sh\n")
    with pytest.raises(Refused, match="BL31 is no ELF file of AArch64"):
        made(parts)


@pytest.mark.full
def test_rockpro64(tmp_path, keys_folder):
    """Import, build with a boot state, image: the real parts where they are looked for, and what U-Boot goes by in its tree."""
    board, out = tmp_path / "rockpro64", tmp_path / "out"
    build.tool("import", "--memory", "2046M@0x200000", build.BUILD / "linux/dtbs/rockchip/rk3399-rockpro64.dtb", "-o", board)
    file = board / "partitions.dts"
    words = 'role = "health";\n\t\t\tboot-state = "flash@0";\n\t\t\tboot-state-firmware = "unprotected";'
    file.write_text(file.read_text(encoding="utf-8").replace('role = "health";', words), encoding="utf-8")
    build.tool("build", board / "partitions.dts", "-I", build.BUILD / "cells", "-I", build.BUILD / "linux/6.12", "-o", out)
    command = [build.ROOT / "scripts/image.py", "--data", "0", "--keys", keys_folder, "--key", "new", out / "bulkhead.itb"]
    subprocess.run(command, check=True)
    loader, flash = build.BUILD / "loader/rockpro64-rk3399", (out / "loader.img").read_bytes()
    stages = boot_rom(flash)
    assert stages.tpl[4:].rstrip(b"\0") == (loader / "tpl.bin").read_bytes()[4:].rstrip(b"\0")
    assert stages.spl.rstrip(b"\0") == (loader / "spl.bin").read_bytes().rstrip(b"\0")
    loads, entry = spl(flash)
    assert (entry, apart(loads)) == (0x40000, True)
    assert dict(loads)[TEXT_BASE] == (loader / "u-boot-nodtb.bin").read_bytes()
    tree = fdt.parse(loads[-1][1])
    assert tree["config"].properties["bulkhead,board"].strings()[0] == "pine64-rockpro64-v2.1"
    assert (tree["config"].properties["bulkhead,bus"].strings()[0], tree["config"].properties["bulkhead,unit"].strings()[0]) == ("mmc", "0")
    assert [key.properties["required"].strings()[0] for key in tree["signature"].children.values()] == ["conf"]
    assert tree["chosen"].properties["u-boot,spl-boot-order"].strings()[0].startswith("/spi@")
    config = {name: value for name, value in tree["config"].properties.items() if name.startswith("bulkhead,state") or name == "bulkhead,medium"}
    assert [config[f"bulkhead,{name}"].strings()[0] for name in ("medium", "state-unit", "state-part")] == ["spi", "1", "0"]
    assert [config[f"bulkhead,state-{copy}"].cells()[0] for copy in "ab"] == [STATE, STATE + BLOCK]
    assert b"CONFIG_CMD_SF" not in flash and b"SPI flash sub-system" in dict(loads)[TEXT_BASE]  # the command that reads it
    build.tool("audit", out / "bulkhead.itb")
    # Boot state and identity behind it, where the printed commands write them: scripts/flashing.
    assert len(flash) < STATE
    release, factory = json.loads((out / "release.json").read_text()), (out / "state.img").read_bytes()
    assert release["flash"] == {"state": {"offset": STATE}} and release["boot_state"]["identity"] == STATE + 2 * BLOCK
    assert len(factory) == 3 * BLOCK and factory[:4] == b"BHBS" and factory[BLOCK:] == b"\xff" * 2 * BLOCK

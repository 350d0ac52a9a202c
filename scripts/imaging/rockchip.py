# SPDX-License-Identifier: Apache-2.0
"""The SPI flash of a Rockchip RK3399: what its boot ROM starts, and what that starts. Untested on hardware.

| bytes from the start | what | looked for by |
|---|---|---|
| 0 | TPL (DRAM) and SPL behind the boot ROM's header, 2 KiB of each 4 KiB (`mkimage -T rkspi`) | boot ROM |
| `/config/u-boot,spl-payload-offset` of U-Boot's tree | FIT: BL31 of TF-A by its segments, U-Boot, its control tree | SPL |

[impl->swr~image-rk3399~1]
"""

import struct
import tempfile
from pathlib import Path

from . import Refused, run

CHIP = "rk3399"
LOAD = 1  # PT_LOAD: System V ABI, "Program Header"
AARCH64 = b"\x7fELF\x02\x01\x01"

SOURCE = """/dts-v1/;
/ {{
	description = "U-Boot and TF-A";
	#address-cells = <1>;
	images {{
		u-boot {{
			description = "U-Boot"; data = /incbin/("{folder}/u-boot-nodtb.bin");
			type = "standalone"; os = "U-Boot"; arch = "arm64"; compression = "none"; load = <{text_base:#x}>;
		}};
{segments}
		fdt-1 {{ description = "control tree"; data = /incbin/("{tree}"); type = "flat_dt"; compression = "none"; }};
	}};
	configurations {{
		default = "conf-1";
		conf-1 {{ description = "{chip}"; firmware = "bl31-1"; loadables = {loadables}; fdt = "fdt-1"; }};
	}};
}};
"""
SEGMENT = """		bl31-{number} {{
			description = "TF-A's BL31"; data = /incbin/("{file}");
			type = "firmware"; os = "arm-trusted-firmware"; arch = "arm64"; compression = "none"; load = <{load:#x}>;{entry}
		}};
"""


def segments(elf):
    """(physical address, bytes) of each that has any, and the entry point."""
    if elf[: len(AARCH64)] != AARCH64 or len(elf) < 64:
        raise Refused("BL31 is no ELF file of AArch64")
    entry, at = struct.unpack_from("<QQ", elf, 24)
    size, count = struct.unpack_from("<HH", elf, 54)
    found = []
    for number in range(count):
        kind, _, offset, _, address, length = struct.unpack_from("<IIQQQQ", elf, at + number * size)
        if kind == LOAD and length:
            found.append((address, elf[offset : offset + length]))
    return found, entry


def payload(folder, tree, out):
    """The FIT that SPL loads; images from a sector's start."""
    found, entry = segments((folder / "bl31.elf").read_bytes())
    with tempfile.TemporaryDirectory() as name:
        texts = []
        for number, (address, data) in enumerate(found, 1):
            file = Path(name) / f"bl31-{number}"
            file.write_bytes(data)
            texts.append(SEGMENT.format(number=number, file=file, load=address, entry=f" entry = <{entry:#x}>;" if number == 1 else ""))
        loadables = ", ".join(['"u-boot"', *(f'"bl31-{number}"' for number in range(2, len(found) + 1))])
        source = Path(name) / "payload.its"
        words = {"folder": folder, "tree": tree, "chip": CHIP, "loadables": loadables, "segments": "".join(texts)}
        source.write_text(SOURCE.format(text_base=int((folder / "text-base").read_text(), 0), **words), encoding="utf-8")
        run("mkimage", "-f", source, "-E", "-B", "0x200", out)


def flash(folder, tree, out):
    """folder: what scripts/loader/build.sh made of the board; tree: U-Boot's control tree; out: the flash from its first byte on."""
    start = int(run("fdtget", "-t", "u", folder / "u-boot.dtb", "/config", "u-boot,spl-payload-offset").decode())
    with tempfile.TemporaryDirectory() as name:
        first, second = Path(name) / "first", Path(name) / "second"
        run("mkimage", "-n", CHIP, "-T", "rkspi", "-d", f"{folder / 'tpl.bin'}:{folder / 'spl.bin'}", first)
        payload(folder, tree, second)
        stages = first.read_bytes()
        if len(stages) > start:
            raise Refused(f"TPL and SPL take {len(stages)} bytes of the flash: U-Boot begins at {start}")
        out.write_bytes(stages.ljust(start, b"\xff") + second.read_bytes())

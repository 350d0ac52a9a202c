# SPDX-License-Identifier: Apache-2.0
"""U-Boot's control tree: the board's own tree, the keys whose signatures it believes, and what boot.hush goes by.

[impl->swr~boot-only-signed~1]
"""

import dataclasses
import re
import tempfile

from . import Refused, run
from .keys import BITS

MIB = 1 << 20
SCRATCH, STAGE = 3 * MIB, 4 * MIB  # into the board's staging range; before them lies what earlier stages left
WORD = 1 << 32
SECTOR = 512


@dataclasses.dataclass
class Loader:
    defconfig: str
    start: int  # staging range: physical address, bytes
    size: int
    bus: str  # of the disk, with its number, as U-Boot has them
    unit: str
    layout: str  # of the loader's flash: "" or one of image.py's LAYOUTS
    mmc: str = ""  # U-Boot's number of the eMMC that the boot state may be in; "": not stated


def loader_facts(fit):
    """What the FIT's machine.dts states of its loader. [impl->swr~image-loader~1]"""
    with tempfile.NamedTemporaryFile(suffix=".dtb") as machine:
        machine.write(fit.part("machine"))
        machine.flush()
        start, size = read_range(machine.name, "/loader", "staging")
        facts = ("u-boot", "disk", "layout")
        defconfig, disk, layout = (run("fdtget", "-t", "s", "-d", "", machine.name, "/loader", name).decode().strip() for name in facts)
        mmc = run("fdtget", "-t", "u", "-d", "", machine.name, "/loader", "mmc").decode().strip()
    # The first names a folder under build/, the second goes into a U-Boot command.
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", defconfig) or not re.fullmatch(r"[a-z]+ [0-9]+", disk):
        raise Refused(f"board {fit.board}: machine.dts doesn't say how it is started", "state u-boot and disk of /loader: docs/boards.md")
    return Loader(defconfig, start, size, *disk.split(), layout, mmc)


def put(tree, node, name, *values, kind="s"):
    run("fdtput", "-p", "-t", kind, tree, node, name, *values)


def put_bytes(tree, node, name, data):
    put(tree, node, name, *(f"{byte:02x}" for byte in data), kind="bx")


def put_key(tree, key):
    """As U-Boot's RSA wants it (doc/uImage.FIT/signature.txt, "Public Key Storage")."""
    node, modulus = f"/signature/key-{key.name}", key.modulus
    put(tree, node, "required", "conf")
    put(tree, node, "algo", f"sha256,rsa{BITS}")
    put(tree, node, "key-name-hint", key.name)
    put(tree, node, "rsa,num-bits", f"{BITS:x}", kind="x")
    put(tree, node, "rsa,n0-inverse", f"{-pow(modulus, -1, WORD) % WORD:x}", kind="x")
    put(tree, node, "rsa,exponent", f"{key.exponent >> 32:x}", f"{key.exponent % WORD:x}", kind="x")
    put_bytes(tree, node, "rsa,modulus", modulus.to_bytes(BITS // 8, "big"))
    put_bytes(tree, node, "rsa,r-squared", pow(2, 2 * BITS, modulus).to_bytes(BITS // 8, "big"))


def put_flash(tree, state):
    """Of memory-mapped flash only the bank that the boot state is in: the other may be out of U-Boot's reach, and is never written by it."""
    if state and state["medium"] != "cfi-flash":
        state = None
    for node in [line for line in run("fdtget", "-l", tree, "/").decode().split() if line.startswith("flash@")]:
        if not state or f"/{node}" != state["device"]:
            run("fdtput", "-r", tree, f"/{node}")
    if state and state["medium"] == "cfi-flash":
        words = [state["address"] >> 32, state["address"] % WORD, state["size"] >> 32, state["size"] % WORD]
        put(tree, state["device"], "reg", *(f"{word:x}" for word in words), kind="x")


def where(fit, loader, tree, state):
    """How load.hush names the boot state's medium: its kind, the numbers that U-Boot's commands have for it, and of what those of
    the copies are. [impl->swr~image-emmc~1] [impl->swr~boot-state-spi-unit~1]"""
    if not state:
        return "none", "0", "0", 1
    if state["medium"] == "emmc":
        if not re.fullmatch(r"[0-9]+", loader.mmc):
            raise Refused(f"board {fit.board}: machine.dts doesn't say which eMMC has the boot state", "state mmc of /loader, U-Boot's number of it: docs/boards.md")
        if (loader.bus, loader.unit) == ("mmc", loader.mmc):
            raise Refused(f"board {fit.board}: the boot state would be in the eMMC that the machine's disk is", "who has the disk would have both: docs/update.md")
        return "mmc", loader.mmc, str(state["bank"]), SECTOR
    if state["medium"] == "spi-nor":
        return "spi", spi_bus(tree, state), f"{state['bank']:x}", 1
    return "flash", "0", "0", 1


def spi_bus(tree, state):
    """The number by which the board's U-Boot knows the SPI controller: an alias of its tree."""
    controller = state["device"].rpartition("/")[0]
    for name in run("fdtget", "-p", "-d", "", tree, "/aliases").decode().split():
        if re.fullmatch(r"spi[0-9]+", name) and run("fdtget", "-t", "s", tree, "/aliases", name).decode().strip() == controller:
            break
    else:
        raise Refused(f"U-Boot's tree of the board has no number for {controller}, the controller of the boot state's flash", "an alias spiN of its tree says it")
    if run("fdtget", "-t", "u", "-d", "", tree, state["device"], "reg").decode().split() != [str(state["bank"])]:
        raise Refused(f"U-Boot's tree of the board doesn't have {state['device']}, which the boot state is in")
    return f"{int(name.removeprefix('spi')):x}"


def build(fit, loader, keys, state, own, out):
    """fit: a Fit of sign.py; loader: its loader_facts; state: boot_state of the map, or None; own: the board's tree as U-Boot has
    it, or None: then it is the FIT's; writes the tree to `out`."""
    out.write_bytes(own or fit.part("fdt"))
    put_flash(out, state)
    medium, unit, part, scale = where(fit, loader, out, state)
    copies = [place // scale for place in state["copies"]] if state else [0, 0]
    put(out, "/config", "bulkhead,board", fit.board)
    put(out, "/config", "bulkhead,bus", loader.bus)
    put(out, "/config", "bulkhead,unit", loader.unit)
    put(out, "/config", "bulkhead,tpm", "yes" if has_tpm(out) else "no")
    numbers = {"stage": loader.start + STAGE, "room": loader.size - STAGE, "scratch": loader.start + SCRATCH}
    numbers |= {"state-a": copies[0], "state-b": copies[1]}
    put(out, "/config", "bulkhead,medium", medium)
    put(out, "/config", "bulkhead,state-unit", unit)
    put(out, "/config", "bulkhead,state-part", part)
    for name, value in numbers.items():
        put(out, "/config", f"bulkhead,{name}", f"{value:x}", kind="x")
    put(out, "/signature", "required-mode", "any")
    for key in keys:
        put_key(out, key)


def read_range(tree, node, name):
    cells = [int(word, 16) for word in run("fdtget", "-t", "x", tree, node, name).decode().split()]
    return cells[0] << 32 | cells[1], cells[2] << 32 | cells[3]


def has_tpm(tree):
    return b'"tcg,tpm-tis-mmio"' in run("dtc", "-q", "-I", "dtb", "-O", "dts", tree)

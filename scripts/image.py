#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""image.py FIT - what an appliance is flashed with, from an audited FIT: signed FIT, disk, U-Boot, boot state.

Writes beside FIT: bulkhead-signed.itb; disk.img and disk.img.bmap; loader.img (U-Boot with its control tree, in the layout
of the board's flash: QEMU's first bank); state.img (boot state: second flash bank, where the partition file gives one to the
health cell); bundle.raucb (an update for RAUC, where a Linux cell has a root file system); release.json with the size and
SHA-256 of each. The FIT is the same bytes at every build; signatures never are. docs/update.md tells more.

[impl->swr~image-factory~1]
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys

from imaging import Refused, bundle, control, disk, keys, rockchip, run, sign, state

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOADERS = ROOT / "build/loader"
LAYOUTS = {"rk3399-spi": rockchip.flash}  # of a loader's flash; a board's machine.dts says which, QEMU's none
OUTPUTS = ("bulkhead-signed.itb", "disk.img", "disk.img.bmap", "loader.img", "state.img", "bundle.raucb")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fit", type=pathlib.Path, help="bulkhead.itb, as `bulkhead build` writes it beside map.json")
    keys.add_arguments(parser)
    parser.add_argument("--counter", type=int, default=1, help="machines that confirmed a higher one refuse this image")
    parser.add_argument("--data", type=int, metavar="MIB", help="size of the data partition; 0: none; else 64, with a root 256")
    return parser.parse_args()


def measured(path):
    with open(path, "rb") as file:
        return {"size": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def loader_code(defconfig):
    """The folder of the board's U-Boot, which is built where it isn't there yet, or isn't of this tree. [impl->swr~image-loader~1]"""
    builder = ROOT / "scripts/loader/build.sh"
    if subprocess.run([builder, defconfig], stdout=sys.stderr, check=False).returncode:
        raise Refused(f"U-Boot for {defconfig} can't be built", f"{builder.relative_to(ROOT)} {defconfig} said why, above")
    return LOADERS / defconfig


def plain(code, tree, out):
    """U-Boot and behind it its tree, as the flash's first bytes."""
    out.write_bytes((code / "u-boot-nodtb.bin").read_bytes() + tree.read_bytes())


def check_room(loader, place):
    """Loader and boot state may be in one SPI flash. [impl->swr~image-state-room~1]"""
    if place and place["shares_firmware"] and loader.stat().st_size > place["address"]:
        raise Refused(
            f"{loader.name} has {loader.stat().st_size} bytes: it reaches into the boot state, at {place['address']} of the same flash",
            "state another place: state of /loader in machine.dts",
        )


def root_of(board, out):
    """The root file system that the FIT names, as `bulkhead build` left it beside it; None: it names none. [impl->swr~image-bundle~1]"""
    root = board.get("root")
    if not root:
        return None
    path = out / root["file"]
    if not path.exists() or measured(path) != {"size": root["size"], "sha256": root["sha256"]}:
        raise Refused(f"{path} isn't the root file system that the FIT names", "build both: bulkhead build FILE -o DIR")
    return path


def build(options):
    out = options.fit.parent
    for name in (*OUTPUTS, "release.json"):  # a set that doesn't belong together is worse than none
        (out / name).unlink(missing_ok=True)
    signers, further = keys.chosen(options)
    trusted = [*signers, *further]
    fit = sign.Fit(options.fit)
    board = json.loads((out / "map.json").read_text(encoding="utf-8"))
    built = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    place, root = board.get("boot_state"), root_of(board, out)
    loader = control.loader_facts(fit)
    if loader.layout and loader.layout not in LAYOUTS:
        raise Refused(f"board {fit.board}: its loader's layout '{loader.layout}' isn't known", f"known: {', '.join(LAYOUTS)}; none: U-Boot from the first byte on")
    code = loader_code(loader.defconfig)
    own = code / "u-boot.dtb"

    signed = sign.sign(fit, out / "bulkhead-signed.itb", [key.name for key in signers], options.token or options.keys, options.counter)
    tree = out / "loader.dtb"
    control.build(fit, loader, trusted, place, own.read_bytes() if own.exists() else None, tree)
    LAYOUTS.get(loader.layout, plain)(code, tree, out / "loader.img")
    tree.unlink()
    check_room(out / "loader.img", place)
    if place:
        (out / "state.img").write_bytes(state.factory(place, signed.digest, options.counter))
    if root:
        what = bundle.compatible(board["file"])
        bundle.write(out / "bundle.raucb", what, options.counter, signed.path, root, signers[0], options.token or options.keys)
    data = options.data if options.data is not None else 256 if root else 64
    rows = disk.partitions(signed.path, root, data * disk.MIB)
    disk.write(rows, out / "disk.img")
    (out / "disk.img.bmap").write_bytes(run("bmaptool", "-q", "create", out / "disk.img"))
    release = {
        "format": "bulkhead-release-1",
        "name": out.resolve().name,
        "board": fit.board,
        "counter": options.counter,
        # Of the first that signed; development: any that signed, or that the loader believes, is for that.
        "key": {"id": signers[0].identity, "development": any(key.development for key in [*signers, *trusted])},
        "keys": [{"name": key.name, "id": key.identity, "development": key.development} for key in signers],
        "trusts": [{"name": key.name, "id": key.identity, "development": key.development} for key in trusted],
        "fit_sha256": signed.digest.hex(),
        "fit_unsigned_sha256": fit.digest.hex(),
        "digests": built["digests"],
        "boot_state": place,
        # Where in the board's flash what is written by its vendor's tool lies, if not where scripts/flashing/boards.py says.
        "flash": {"state": {"offset": place["address"]}} if place and place["medium"] == "spi-nor" else {},
        "root": board.get("root"),
        "partitions": [{"name": name, "size": size, "file": file.name if file else None} for name, file, size in rows],
        "files": {name: measured(out / name) for name in OUTPUTS if (out / name).exists()} | {path.name: measured(path) for path in [root] if path},
    }
    part = out / "release.json.part"
    part.write_text(json.dumps(release, indent="\t") + "\n", encoding="utf-8")
    part.replace(out / "release.json")
    return release


def main():
    try:
        release = build(arguments())
    except (Refused, OSError) as error:
        message, *advice = error.args if isinstance(error, Refused) else [error]
        for line in [f"error: {message}", *advice]:
            print(f"image: {line}", file=sys.stderr)
        return 1
    size = release["files"]["disk.img"]["size"]
    signers = ", ".join(key["name"] + (" (not for shipping)" if key["development"] else "") for key in release["keys"])
    print(f"image: disk.img ({size // disk.MIB} MB), counter {release['counter']}, signed by {signers}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

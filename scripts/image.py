#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""image.py FIT - what an appliance is flashed with, from an audited FIT: signed FIT, disk, U-Boot, boot state.

Writes beside FIT: bulkhead-signed.itb; disk.img and disk.img.bmap; loader.img (U-Boot with its control tree, in the layout
of the board's flash: QEMU's first bank); state.img (boot state: second flash bank, where the partition file gives one to the
health cell); release.json with the size and SHA-256 of each. The FIT is the same bytes at every build; signatures never are. docs/update.md tells more.

[impl->swr~image-factory~1]
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys

from imaging import Refused, control, disk, keys, rockchip, run, sign, state

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOADERS = ROOT / "build/loader"
DEVELOPMENT = ROOT / "build/keys", "development"
LAYOUTS = {"rk3399-spi": rockchip.flash}  # of a loader's flash; a board's machine.dts says which, QEMU's none
OUTPUTS = ("bulkhead-signed.itb", "disk.img", "disk.img.bmap", "loader.img", "state.img")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fit", type=pathlib.Path, help="bulkhead.itb, as `bulkhead build` writes it beside map.json")
    parser.add_argument("--keys", default=str(DEVELOPMENT[0]), help="folder of the keys (NAME.key, NAME.crt)")
    parser.add_argument("--token", help="PKCS#11 URI of the token that has the private keys, as pkcs11:token=NAME;pin-value=PIN")
    parser.add_argument("--key", action="append", help="key to sign with; several: an image for machines with either")
    parser.add_argument("--trust", action="append", help="further key whose signatures U-Boot shall believe")
    parser.add_argument("--counter", type=int, default=1, help="machines that confirmed a higher one refuse this image")
    parser.add_argument("--root", type=pathlib.Path, help="root file system of the Linux cell, beside the FIT in each slot")
    parser.add_argument("--data", type=int, default=64, metavar="MIB", help="size of the data partition; 0: none")
    return parser.parse_args()


def development_key(folder, name):
    if (folder, name) == (str(DEVELOPMENT[0]), DEVELOPMENT[1]) and not (DEVELOPMENT[0] / f"{name}.crt").exists():
        keys.make(folder, name, development=True)


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


def build(options):
    out = options.fit.parent
    for name in (*OUTPUTS, "release.json"):  # a set that doesn't belong together is worse than none
        (out / name).unlink(missing_ok=True)
    names = options.key or [DEVELOPMENT[1]]
    for name in names:
        development_key(options.keys, name)
    signers = [keys.find(options.keys, name) for name in names]
    trusted = signers + [keys.find(options.keys, name) for name in options.trust or [] if name not in names]
    fit = sign.Fit(options.fit)
    board = json.loads((out / "map.json").read_text(encoding="utf-8"))
    built = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    place = board.get("boot_state")
    loader = control.loader_facts(fit)
    if loader.layout and loader.layout not in LAYOUTS:
        raise Refused(f"board {fit.board}: its loader's layout '{loader.layout}' isn't known", f"known: {', '.join(LAYOUTS)}; none: U-Boot from the first byte on")
    code = loader_code(loader.defconfig)
    own = code / "u-boot.dtb"

    signed = sign.sign(fit, out / "bulkhead-signed.itb", names, options.token or options.keys, options.counter)
    tree = out / "loader.dtb"
    control.build(fit, loader, trusted, place, own.read_bytes() if own.exists() else None, tree)
    LAYOUTS.get(loader.layout, plain)(code, tree, out / "loader.img")
    tree.unlink()
    if place:
        (out / "state.img").write_bytes(state.factory(place, signed.digest, options.counter))
    rows = disk.partitions(signed.path, options.root, options.data * disk.MIB)
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
        "partitions": [{"name": name, "size": size, "file": file.name if file else None} for name, file, size in rows],
        "files": {name: measured(out / name) for name in OUTPUTS if (out / name).exists()},
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

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""rootfs.py CONFIG OUT - OUT/rootfs.img, where the partition file CONFIG names that as a Linux cell's `root`.

A root file system with RAUC in it (cells/linux/rootfs.sh): it installs bundles that are for this partition file, signed by a
key of --key or --trust. The same bytes from the same inputs, and made only where an input changed. docs/update.md tells more.

[impl->swr~image-root~1]
"""

import argparse
import hashlib
import pathlib
import re
import sys
import tempfile

from imaging import Refused, bundle, keys, run

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUSYBOX, PROGRAMS, PACKAGES = (ROOT / "build" / name for name in ("linux/busybox", "cells/linux", "linux/root"))
NAME = "rootfs.img"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=pathlib.Path, help="partition file; its name without .dts is what bundles have to be for")
    parser.add_argument("out", type=pathlib.Path, help="folder of the build's outputs")
    keys.add_arguments(parser)
    return parser.parse_known_args()[0]  # the others are image.py's


def wanted(config):
    """The partition file names it, and there is none of its user's own beside it."""
    return re.search(rf'\broot\s*=\s*"{re.escape(NAME)}"', config.read_text(encoding="utf-8")) and not (config.parent / NAME).exists()


def inputs(keyring, config):
    digest = hashlib.sha256(f"{bundle.compatible(config)}\n".encode() + keyring)
    scripts = [ROOT / "cells/linux" / file for file in ("rootfs.sh", "lib.sh", "demo")]
    for path in [BUSYBOX, *scripts, *(ROOT / "cells/linux/root").iterdir(), *PROGRAMS.glob("bulkhead-*"), *sorted(PACKAGES.rglob("*"))]:
        if path.is_file():
            digest.update(f"{path}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def make(config, out, certificates):
    image, stamp = out / NAME, out / f"{NAME}.inputs"
    keyring = b"".join(path.read_bytes() for path in certificates)
    current = inputs(keyring, config)
    if image.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == current:
        return
    out.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(keyring)
        file.flush()
        run(ROOT / "cells/linux/rootfs.sh", BUSYBOX, PROGRAMS, PACKAGES, bundle.compatible(config), file.name, image)
    stamp.write_text(current, encoding="utf-8")


def main():
    options = arguments()
    try:
        if wanted(options.config):
            signers, trusted = keys.chosen(options)
            make(options.config, options.out, [key.certificate for key in [*signers, *trusted]])
    except (Refused, OSError) as error:
        message, *advice = error.args if isinstance(error, Refused) else [error]
        for line in [f"error: {message}", *advice]:
            print(f"rootfs: {line}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

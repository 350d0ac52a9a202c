# SPDX-License-Identifier: Apache-2.0
"""RAUC's bundle: the signed FIT and the root file system that it names, for the slot that doesn't run.

Format `verity` (RAUC's manual, "Bundle Formats"): a squashfs, signed over the root hash of its dm-verity tree. RAUC takes one
signature, so that the first key signs. [impl->swr~image-bundle~1]
"""

import os
import pathlib
import re
import shutil
import tempfile

from . import DATE, run
from .disk import need_space

MANIFEST = """[update]
compatible={compatible}
version={version}

[bundle]
format=verity

[image.boot]
filename=boot.img

[image.rootfs]
filename=rootfs.img
"""


def compatible(file):
    """What a bundle is for, and what the root file system takes: of the partition file's name."""
    return "bulkhead-" + re.sub(r"[^A-Za-z0-9._-]", "-", pathlib.PurePath(file).stem)


def private_key(key, folder):
    """As RAUC names it: a file, or an object in a PKCS#11 token."""
    if not str(folder).startswith("pkcs11:"):
        return pathlib.Path(folder) / f"{key.name}.key"
    token, _, pin = str(folder).partition(";pin-value=")
    return f"{token};object={key.name};type=private" + (f";pin-value={pin}" if pin else "")


def write(out, what, version, fit, root, key, folder):
    """out: the bundle's path; what: `compatible`; fit, root: files; key: that of keys.py; folder: of its private half, or a
    PKCS#11 URI. Payload of the same bytes every time; salt and signature are random."""
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="bundle-") as name:
        content, part = pathlib.Path(name) / "content", pathlib.Path(name) / "bundle.raucb"
        content.mkdir()
        need_space(out.parent, 2 * (fit.stat().st_size + root.stat().st_size), "the bundle")
        for file, place in ((fit, "boot.img"), (root, "rootfs.img")):
            shutil.copyfile(file, content / place)
        (content / "manifest.raucm").write_text(MANIFEST.format(compatible=what, version=version), encoding="utf-8")
        for path in (*content.iterdir(), content):
            path.chmod(0o755 if path.is_dir() else 0o644)
            os.utime(path, (int(DATE), int(DATE)))
        run("rauc", f"--cert={key.certificate}", f"--key={private_key(key, folder)}", "bundle", content, part)
        part.replace(out)

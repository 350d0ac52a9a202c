# SPDX-License-Identifier: Apache-2.0
"""Signs a FIT's configuration: kernel, tree, every loadable, and the inputs that the auditor compares them with.

[impl->swr~image-signed~1]
"""

import hashlib
import mmap
import pathlib
import re
import shutil
import struct
import tempfile

from . import Refused, run

CONFIGURATION = "/configurations/conf-1"
COUNTER_MAX = 0xFFFE  # 16 bits in a boot attempt's record, all ones: not known
IMAGES_MAX = 49  # U-Boot hashes 100 nodes at most: root, configuration, two of each image (IMAGE_MAX_HASHED_NODES)


class Fit:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        if not self.path.is_file():
            raise Refused(f"{path}: no such FIT", "build it first: bulkhead build FILE -o DIR")
        self.images = re.findall(r"^ Image \d+ \((.*)\)$", run("dumpimage", "-l", self.path).decode(), re.M)

    def part(self, name):
        with tempfile.NamedTemporaryFile() as file:
            run("dumpimage", "-T", "flat_dt", "-p", self.images.index(name), "-o", file.name, self.path)
            return pathlib.Path(file.name).read_bytes()

    @property
    def board(self):
        return run("fdtget", self.path, CONFIGURATION, "bulkhead,board").decode().strip()

    @property
    def digest(self):
        """Of the whole FIT: what the boot state has of a slot."""
        with open(self.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").digest()


def padding_zeroed(path):
    """mkimage leaves what its memory had in the padding of a signature's properties, which nothing hashes: zeroes, so that two
    images differ in the signatures alone. (Devicetree Specification 5.4: FDT_BEGIN_NODE 1, FDT_END_NODE 2, FDT_PROP 3, FDT_END 9.)

    [impl->swr~image-signature-padding~1]
    """
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        at, names = struct.unpack_from(">I", data, 8)[0], []
        while (token := struct.unpack_from(">I", data, at)[0]) != 9:
            at += 4
            if token == 1:
                end = data.find(b"\0", at)
                names.append(data[at:end])
                at = end + 1 + -(end + 1) % 4
            elif token == 2:
                names.pop()
            elif token == 3:
                end = at + 8 + struct.unpack_from(">I", data, at)[0]
                at = end + -end % 4
                if names[-1].startswith(b"signature-"):
                    data[end:at] = bytes(at - end)


def sign(fit, out, names, folder, counter):
    """fit: a Fit without signatures; out: the signed one's path; names: of the keys; folder: where they are, or a PKCS#11
    URI. Nothing is left at `out` if it fails."""
    if not 0 <= counter <= COUNTER_MAX:
        raise Refused(f"a counter of {counter}", f"it is 0 to {COUNTER_MAX}, and never less than that of the image before")
    if len(fit.images) > IMAGES_MAX:
        raise Refused(f"{fit.path}: {len(fit.images)} images: U-Boot verifies {IMAGES_MAX} at most")
    part = out.with_name(out.name + ".part")
    try:
        shutil.copyfile(fit.path, part)
        put = ["fdtput", "-p", "-t"]
        run(*put, "i", part, CONFIGURATION, "bulkhead,counter", counter)
        for number, name in enumerate(names, 1):
            node = f"{CONFIGURATION}/signature-{number}"
            run(*put, "s", part, node, "algo", "sha256,rsa4096")
            run(*put, "s", part, node, "padding", "pss")
            run(*put, "s", part, node, "key-name-hint", name)
            run(*put, "s", part, node, "sign-images", "kernel", "fdt", "loadables", "bulkhead,inputs")
        token = ["-N", "pkcs11"] if str(folder).startswith("pkcs11:") else []
        run("mkimage", "-F", *token, "-k", str(folder).removeprefix("pkcs11:"), part)
        padding_zeroed(part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return Fit(out)

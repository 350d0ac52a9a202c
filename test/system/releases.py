# SPDX-License-Identifier: Apache-2.0
"""Releases of a configuration with a root file system, each as `make image` makes one, and machines that start from them."""

import pathlib
import shutil
import subprocess

import slots
from harness import build, pci
from imaging import bundle, sign

BOARD = "qemu-virt-pci"


def built(config, folder, key, trust=()):
    """A folder with the FIT and the root file system beside it; another list of trusted keys is another root. The keys' options."""
    path = build.CONFIGS / f"{config}.dts"
    for name in (key, *trust):
        slots.key(name)
    options = ["--keys", slots.key(key).certificate.parent, "--key", key, *(word for name in trust for word in ("--trust", name))]
    folder.mkdir(parents=True)
    subprocess.run([build.ROOT / "scripts/rootfs.py", path, folder, *options], check=True)
    build.tool("build", path, *build.includes(), "-I", folder, "-o", folder)
    return options


def make(config, folder, key, data):
    """A folder with all that image.py leaves, with a data partition of that many MiB."""
    options = [*built(config, folder, key), "--data", str(data)]
    done = subprocess.run([build.ROOT / "scripts/image.py", *options, folder / "bulkhead.itb"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def bundled(config, folder, key, counter, trust=()):
    """A folder with a newer release's bundle alone, as image.py makes it."""
    built(config, folder, key, trust)
    keys = slots.key(key).certificate.parent
    signed = sign.sign(sign.Fit(folder / "bulkhead.itb"), folder / "bulkhead-signed.itb", [key], keys, counter)
    write_bundle(folder / "bundle.raucb", config, key, counter, signed.path, folder / "root.img")
    return folder


def write_bundle(out, config, key, counter, fit, root):
    bundle.write(out, bundle.compatible(f"{config}.dts"), counter, fit, root, slots.key(key), slots.key(key).certificate.parent)


def put_data(disk, files, scratch):
    """The data partition gets a file system with those files (name: path)."""
    offset, size = slots.partitions(disk)["data"]
    content = scratch / "data"
    content.mkdir()
    for name, path in files.items():
        shutil.copyfile(path, content / name)
    image = scratch / "data.img"
    command = ["/usr/sbin/mke2fs", "-q", "-t", "ext4", "-E", "root_owner=0:0", "-d", content, image, f"{size >> 10}k"]
    subprocess.run(command, check=True)
    with open(disk, "r+b") as to, open(image, "rb") as from_file:
        to.seek(offset)
        shutil.copyfileobj(from_file, to)


def machine(folder: pathlib.Path):
    """QEMU's further options for the board, with an empty second disk; a reset of the machine boots it again."""
    disk = folder / "second-disk"
    disk.write_bytes(bytes(1 << 20))
    functions = pci.options(BOARD, disk=disk)
    return ["-action", "reboot=reset", *functions]

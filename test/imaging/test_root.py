# SPDX-License-Identifier: Apache-2.0
"""The root file system that Bulkhead makes, its place on the disk, and RAUC's bundle.

[utest->swr~image-root~1]
[utest->swr~image-bundle~1]

Robustness: test_another_root, test_no_root_no_bundle
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from harness import build, fdt
from imaging import disk, keys
from test_image import image, made_by, release

sys.path.insert(0, str(build.ROOT / "test/configs"))

from images import kernel  # noqa: E402  (needs the path above)

ROOTFS = build.ROOT / "scripts/rootfs.py"
CONFIG = """/* SPDX-License-Identifier: Apache-2.0 */
/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt";
	cells {
		health { role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; boot-state = "flash@0:1"; };
		linux { cpus = <1>; memory = "128M"; kernel = "Image"; initrd = "initrd"; root = "rootfs.img"; };
	};
};
"""
EPOCH = 1767225600  # 2026-01-01


def rootfs(folder, *options, config=CONFIG, **more):
    """folder/rootfs.img, as the Makefile has it made."""
    folder.mkdir(exist_ok=True)
    (folder.parent / "appliance.dts").write_text(config)
    done = subprocess.run([ROOTFS, folder.parent / "appliance.dts", folder, *options], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stderr
    return folder / "rootfs.img"


def unpacked(image_file, folder, *paths):
    """Files of a squashfs."""
    subprocess.run(["unsquashfs", "-q", "-n", "-d", folder, image_file, *paths], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def made_root(tmp_path_factory, keys_folder):
    """An appliance's folder as `bulkhead build` leaves it."""
    out = tmp_path_factory.mktemp("root") / "out"
    rootfs(out, "--keys", keys_folder, "--key", "new")
    (out.parent / "Image").write_bytes(kernel(0x2000000))
    (out.parent / "initrd").write_bytes(bytes(100))
    build.tool("build", out.parent / "appliance.dts", "-I", out, "-I", build.BUILD / "cells", "-o", out)
    return out


@pytest.fixture
def appliance(made_root, tmp_path):
    return pathlib.Path(shutil.copytree(made_root, tmp_path / "appliance"))


@pytest.fixture(scope="session")
def finished(made_root, keys_folder, tmp_path_factory):
    """That, with all that image.py makes of it."""
    folder = pathlib.Path(shutil.copytree(made_root, tmp_path_factory.mktemp("finished") / "appliance"))
    made_by(folder, "--keys", keys_folder, "--key", "new", "--counter", "7")
    return folder


# ---- the root file system ----


# [utest->swr~image-root~1]
def test_same_bytes(made_root, keys_folder, tmp_path):
    """Wherever, whenever, and whoever's umask it is made."""
    more = {"env": {**os.environ, "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": "1"}, "umask": 0o077}
    again = rootfs(tmp_path / "elsewhere", "--keys", keys_folder, "--key", "new", **more)
    assert again.read_bytes() == (made_root / "rootfs.img").read_bytes()


def test_content(made_root, keys_folder, tmp_path):
    tree = unpacked(made_root / "rootfs.img", tmp_path / "tree")
    conf = (tree / "etc/rauc/system.conf").read_text()
    assert "\ncompatible=bulkhead-appliance\n" in conf and "COMPATIBLE" not in conf.replace("# RAUC", "").split("[system]")[1]
    assert (tree / "etc/rauc/keyring.pem").read_bytes() == (keys_folder / "new.crt").read_bytes()
    for path in tree.rglob("*"):
        status = path.lstat()
        assert (path.is_symlink() or not status.st_mode & 0o6022) and int(status.st_mtime) == EPOCH
    for name in ("init", "bin/sh", "bin/rauc", "bin/dbus-daemon", "bin/bulkhead-rauc-backend", "bin/bulkhead-slots", "sbin/mke2fs"):
        assert os.access(tree / name, os.X_OK), name


# [utest->swr~image-root~1]
def test_keyring(made_root, keys_folder, tmp_path):
    """What signs, and what else is believed."""
    other = rootfs(tmp_path / "out", "--keys", keys_folder, "--key", "new", "--trust", "old")
    keyring = unpacked(other, tmp_path / "tree", "etc/rauc/keyring.pem") / "etc/rauc/keyring.pem"
    assert keyring.read_bytes() == b"".join((keys_folder / f"{name}.crt").read_bytes() for name in ("new", "old"))


# [utest->swr~image-root~1]
def test_only_where_it_is_named(tmp_path, keys_folder):
    """Not for another file, nor where its user brings one; and made anew only where an input is another."""
    assert not rootfs(tmp_path / "a", config=CONFIG.replace("rootfs.img", "mine.img")).exists()
    (tmp_path / "rootfs.img").write_bytes(b"the user's own")
    assert not rootfs(tmp_path / "b").exists()
    (tmp_path / "rootfs.img").unlink()
    path = rootfs(tmp_path / "c", "--keys", keys_folder, "--key", "new")
    before = path.stat().st_ino
    assert rootfs(tmp_path / "c", "--keys", keys_folder, "--key", "new").stat().st_ino == before
    assert rootfs(tmp_path / "c", "--keys", keys_folder, "--key", "old").stat().st_ino != before


# ---- its place on the disk ----


# [utest->swr~image-bundle~1]
def test_slots(finished):
    """Beside each FIT; the FIT's command line has its hash."""
    root = (finished / "root.img").read_bytes()
    found = release(finished)
    assert [(row["name"], row["file"]) for row in found["partitions"]] == [
        *[("boot-a", "bulkhead-signed.itb"), ("root-a", "root.img"), ("boot-b", "bulkhead-signed.itb"), ("root-b", "root.img")],
    ]
    assert found["files"]["root.img"] == {"size": len(root), "sha256": hashlib.sha256(root).hexdigest()}
    data, at = (finished / "disk.img").read_bytes(), disk.MIB
    for row in found["partitions"]:
        if row["name"].startswith("root-"):
            assert data[at : at + len(root)] == root
        at += row["size"]
    images = fdt.parse((finished / "bulkhead-signed.itb").read_bytes())["images"].children
    assert any(f":{found['root']['hash']}\0".encode() in node.properties["data"].data for node in images.values())


# [utest->swr~image-bundle~1]
@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-1] + b"x")])
def test_another_root(appliance, change):
    """One that isn't the FIT's is no part of a release."""
    change(appliance / "root.img")
    done = image(appliance)
    assert done.returncode == 1 and "isn't the root file system that the FIT names" in done.stderr
    assert not (appliance / "release.json").exists() and not (appliance / "disk.img").exists()


# ---- the bundle ----


def info(bundle, certificate):
    command = ["rauc", "info", "--output-format=json", f"--keyring={certificate}", bundle]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# [utest->swr~image-bundle~1]
def test_bundle(finished, keys_folder, tmp_path):
    """For this partition file, the signed FIT and the root, believed by who has the key's certificate and no one else."""
    done = info(finished / "bundle.raucb", keys_folder / "new.crt")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["compatible"], told["version"]) == ("bulkhead-appliance", "7")
    files = {name: image["checksum"] for row in told["images"] for name, image in row.items()}
    digests = {name: hashlib.sha256((finished / file).read_bytes()).hexdigest() for name, file in (("boot", "bulkhead-signed.itb"), ("rootfs", "root.img"))}
    assert files == digests
    assert info(finished / "bundle.raucb", keys_folder / "old.crt").returncode != 0
    measured = release(finished)["files"]["bundle.raucb"]
    assert measured["sha256"] == hashlib.sha256((finished / "bundle.raucb").read_bytes()).hexdigest()
    content = unpacked(finished / "bundle.raucb", tmp_path / "content")
    assert {path.name for path in content.iterdir()} == {"boot.img", "rootfs.img", "manifest.raucm"}


def test_token(appliance, keys_folder, token):
    """The private key is in a PKCS#11 token alone."""
    done = image(appliance, "--keys", token.certificates, "--key", "new", "--token", token.uri, env=token.environment)
    assert done.returncode == 0, done.stderr
    assert info(appliance / "bundle.raucb", keys_folder / "new.crt").returncode == 0


def payload(bundle):
    """The squashfs: 48 bits at offset 40 are its size (Linux, Documentation/filesystems/squashfs.rst)."""
    data = bundle.read_bytes()
    assert data[:4] == b"hsqs"
    return data[: int.from_bytes(data[40:48], "little")]


# [utest->swr~image-bundle~1]
def test_same_payload(finished, keys_folder, tmp_path):
    """From the same FIT and root the same bytes; what is random is salt and signature behind them."""
    from imaging import bundle  # pylint: disable=import-outside-toplevel

    key = keys.find(keys_folder, "new")
    bundle.write(tmp_path / "again.raucb", "bulkhead-appliance", 7, finished / "bulkhead-signed.itb", finished / "root.img", key, keys_folder)
    first, again = finished / "bundle.raucb", tmp_path / "again.raucb"
    assert payload(first) == payload(again) and first.read_bytes() != again.read_bytes()


def test_no_root_no_bundle(folder, keys_folder):
    found = made_by(folder, "--keys", keys_folder, "--key", "new")
    assert found["root"] is None and "bundle.raucb" not in found["files"] and not (folder / "bundle.raucb").exists()
    assert not [row for row in found["partitions"] if re.match("root-", row["name"])]


def test_self_update(tmp_path):
    """The configuration that comes with Bulkhead, with what it is made of."""
    config = build.ROOT / "configs/self-update.dts"
    subprocess.run([ROOTFS, config, tmp_path], check=True)
    folders = [build.BUILD / "cells", build.BUILD / "linux/6.12", tmp_path]
    build.tool("build", config, *(word for folder in folders for word in ("-I", folder)), "-o", tmp_path)
    assert "0 violations" in build.tool("audit", tmp_path / "bulkhead.itb").stdout

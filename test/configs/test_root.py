# SPDX-License-Identifier: Apache-2.0
"""
A Linux cell's root file system: its hash tree is read as veritysetup wrote it, its root hash stands in the cell's command line, and
what isn't such a file is refused. [utest->swr~config-root~1]

Robustness: test_changed, test_cut, test_other_kinds, test_refused
"""
import hashlib
import json
import os
import re
import subprocess

import pytest

from tool import IMAGES, ROOT, TOOL, run

BLOCK = 4096
SALT = "5a" * 32
FILE = """/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "%s/dts/qemu-virt";
	cells {
		health { role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; };
		a { cpus = <1>; memory = "128M"; kernel = "Image"; %s };
		b { cpus = <2>; memory = "128M"; kernel = "Image"; %s };
	};
};
"""
OWNER = 'initrd = "initramfs.cpio.gz"; root = "root";'


def made(folder, blocks=300, salt=SALT, kind=1, algorithm="sha256", block=BLOCK):
    """The file, and the root hash that veritysetup says it has."""
    path = folder / "root"
    path.write_bytes(b"".join(hashlib.sha512(number.to_bytes(4, "big")).digest() * (block // 64) for number in range(blocks)))
    how = [f"--salt={salt}", f"--format={kind}", f"--hash={algorithm}", f"--data-block-size={block}", f"--hash-block-size={block}"]
    told = subprocess.run(
        ["veritysetup", "format", *how, f"--data-blocks={blocks}", f"--hash-offset={blocks * block}", path, path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return path, re.search(r"Root hash:\s+([0-9a-f]+)", told)[1]


def build(folder, a=OWNER, b=""):
    (folder / "file.dts").write_text(FILE % (ROOT, a, b))
    return run(TOOL, "build", str(folder / "file.dts"), "-I", IMAGES, "-o", str(folder / "out"))


def refused(result, words):
    assert (result.returncode, result.stderr.count(" error: ")) == (1, 1) and words in result.stderr


# [utest->swr~config-root~1] [utest->swr~map-root~1]
@pytest.mark.parametrize("blocks", [2, 128, 129, 128 * 128 + 1])  # levels of the tree: 1, 1, 2, 3
def test_read(tmp_path, blocks):
    path, root_hash = made(tmp_path, blocks)
    result = build(tmp_path, 'bootargs = "quiet"; ' + OWNER)
    assert (result.returncode, result.stderr) == (0, "")
    out = tmp_path / "out"
    bootargs = run("fdtget", str(out / "a.dtb"), "/chosen", "bootargs").stdout.strip()
    assert bootargs == f"quiet bulkhead.verity={blocks}:{SALT}:{root_hash}"
    assert (out / "root.img").read_bytes() == path.read_bytes()
    told = json.loads((out / "map.json").read_text())["root"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert told == {"name": "root", "cell": 1, "size": path.stat().st_size, "file": "root.img", "hash": root_hash, "sha256": digest}
    assert f"root: root, {path.stat().st_size} bytes, on the disk, root hash {root_hash}" in (out / "map.txt").read_text()
    inputs = {entry["role"]: entry for entry in json.loads((out / "manifest.json").read_text())["inputs"]}
    assert inputs["root"]["sha256"] == digest
    audited = run(TOOL, "audit", str(out / "bulkhead.itb"))
    assert (audited.returncode, audited.stderr) == (0, "")


# [utest->swr~map-root~1]
def test_alone(tmp_path):
    """Without words of its own the command line begins with the root's; without a root there is none, and nothing in the map."""
    _, root_hash = made(tmp_path)
    assert build(tmp_path).returncode == 0
    assert run("fdtget", str(tmp_path / "out/a.dtb"), "/chosen", "bootargs").stdout.strip() == f"bulkhead.verity=300:{SALT}:{root_hash}"
    assert run(TOOL, "audit", str(tmp_path / "out/bulkhead.itb")).returncode == 0
    assert run("fdtget", str(tmp_path / "out/b.dtb"), "/chosen", "bootargs").returncode != 0
    assert build(tmp_path, "").returncode == 0
    assert json.loads((tmp_path / "out/map.json").read_text())["root"] is None


# [utest->swr~config-root~1]
@pytest.mark.parametrize(
    "at, words",
    [
        (5 * BLOCK + 17, "a hash tree that isn't its data's"),  # data
        (301 * BLOCK + 3, "a hash tree that isn't its data's"),  # the tree's top
        (302 * BLOCK + 40, "a hash tree that isn't its data's"),  # its lowest level
        (305 * BLOCK - 1, "a hash tree that isn't its data's"),  # zeroes behind it
        (300 * BLOCK, "no hash tree of dm-verity"),  # signature
        (300 * BLOCK + 8, "no hash tree of dm-verity"),  # version
        (300 * BLOCK + 12, "a hash tree of another kind"),  # hash type
        (300 * BLOCK + 32, "a hash tree of another kind"),  # algorithm
        (300 * BLOCK + 72, "another size of its data"),  # blocks
        (300 * BLOCK + 80, "a hash tree of another kind"),  # bytes of salt
        (300 * BLOCK + 90, "a hash tree that isn't its data's"),  # salt
    ],
)
def test_changed(tmp_path, at, words):
    path, _ = made(tmp_path)
    data = bytearray(path.read_bytes())
    assert len(data) == 305 * BLOCK
    data[at] ^= 1
    path.write_bytes(data)
    refused(build(tmp_path), words)


@pytest.mark.parametrize("cut", [1, 100, BLOCK, 5 * BLOCK, 304 * BLOCK])
def test_cut(tmp_path, cut):
    path, _ = made(tmp_path)
    os.truncate(path, path.stat().st_size - cut)
    refused(build(tmp_path), "no hash tree of dm-verity")


@pytest.mark.parametrize("how", [{"salt": "-"}, {"salt": "5a" * 16}, {"kind": 0}, {"algorithm": "sha512"}])
def test_other_kinds(tmp_path, how):
    made(tmp_path, **how)
    result = build(tmp_path)
    assert result.returncode == 1 and ("a hash tree of another kind" in result.stderr or "no hash tree" in result.stderr)


# [utest->swr~config-root~1]
@pytest.mark.parametrize(
    "a, b, words",
    [
        ('root = "root";', "", "cell 'a' has a 'root', and no 'initrd' that opens it"),
        ('initrd = "initramfs.cpio.gz"; root = "missing";', "", "there is no file 'missing'"),
        (OWNER, OWNER, "cell 'a' has a 'root' already: a slot of the disk has room for one"),
        ('bootargs = "bulkhead.verity=1:2:3"; ' + OWNER, "", "'bulkhead.verity=' is what the compiler adds"),
        ("", 'bootargs = "quiet bulkhead.verity=1";', "'bulkhead.verity=' is what the compiler adds"),
        (f'bootargs = "{"x" * 1900}"; ' + OWNER, "", "its command line, with the hash of 'root', has more than 2047 characters"),
    ],
)
def test_refused(tmp_path, a, b, words):
    made(tmp_path)
    refused(build(tmp_path, a, b), words)


def test_other_cells(tmp_path):
    made(tmp_path)
    (tmp_path / "file.dts").write_text((FILE % (ROOT, "", "")).replace('image = "health.elf";', 'image = "health.elf"; root = "root";'))
    refused(run(TOOL, "check", str(tmp_path / "file.dts"), "-I", IMAGES), "'root' goes with 'kernel' only")

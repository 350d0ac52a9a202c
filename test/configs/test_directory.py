# SPDX-License-Identifier: Apache-2.0
"""What the health cell's directory says of the image: digests, version, time, memory, streams.

Both ranges: test_time
"""
import hashlib
import json
import os
import struct
import subprocess
import sys

import pytest

import images
from tool import HERE, IMAGES, ROOT, TOOL, run

sys.path.insert(0, os.path.dirname(HERE))
from harness import blueprint, directory, fit  # noqa: E402

STREAMS = """/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt-pci";
	cells {
		health { role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; pci = "nic.vf1"; };
		gateway { cpus = <1 2>; memory = "512M"; kernel = "Image"; initrd = "initramfs.cpio.gz"; pci = "nic", "nvme.vf0", "net"; };
	};
};
"""


def hashed(image):
    """What a machine finds that hashes the blueprint, and each cell's images where they are stored."""
    parts = [image.kernel, *image.loadables]
    seen = blueprint.Blueprint(image.kernel)
    table = bytearray(image.kernel.data[seen.offset :])
    table[32:64] = bytes(32)
    cells = {}
    for name, cell in seen.cells.items():
        found = hashlib.sha256()
        for stored in cell.images:
            (part,) = (part for part in parts if part.load <= stored.pa < part.load + len(part.data))
            at = stored.pa - part.load
            found.update(hashlib.sha256(part.data[at : at + stored.size]).digest())
        cells[name] = found.hexdigest()
    return {"blueprint": hashlib.sha256(table).hexdigest(), "cells": cells}


@pytest.fixture(scope="module", autouse=True)
def stand_ins():
    images.write(os.path.join(ROOT, IMAGES))


def build(config, folder, **environment):
    kept = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    return subprocess.run([TOOL, "build", config, "-I", IMAGES, "-o", str(folder)], cwd=ROOT, timeout=60, check=False,
                          env={**kept, "BULKHEAD_DATA": ".", **environment}, capture_output=True, text=True)


def directory_of(folder):
    with open(folder / "blueprint.bin", "rb") as file:
        return directory.find(file.read())


# [utest->swr~digests-manifest~1]
@pytest.mark.parametrize("config", ["overlay", "profiles"])
def test_digests(tmp_path, config):
    assert build(f"test/configs/good/{config}.dts", tmp_path).returncode == 0
    with open(tmp_path / "manifest.json", encoding="utf-8") as file:
        found = json.load(file)["digests"]
    assert found == hashed(fit.Fit(tmp_path / "bulkhead.itb")) and len(set(found["cells"].values())) == len(found["cells"]) > 1


# [utest->swr~compile-directory~1]
def test_facts(tmp_path):
    config = "test/configs/good/overlay.dts"
    assert build(config, tmp_path).returncode == 0
    found = directory_of(tmp_path)
    with open(os.path.join(ROOT, "build/bulkhead.bin"), "rb") as file:
        assert found.binary == hashlib.sha256(file.read()).hexdigest()
    with open(tmp_path / "manifest.json", encoding="utf-8") as file:
        manifest = json.load(file)
    assert manifest["tool"] == f"bulkhead {found.version}"
    assert {"hypervisor": found.binary, "partitions, flattened": found.config}.items() <= {
        entry["role"]: entry["sha256"] for entry in manifest["inputs"]}.items()
    drawn = json.loads(run(TOOL, "map", config, "-I", IMAGES, "--json").stdout)
    assert found.memory == {cell["name"]: sum(part["size"] for part in cell["memory"]) for cell in drawn["cells"]}
    stored = sum(-(-image["size"] // 4096) * 4096 for cell in drawn["cells"] for image in cell["images"])
    assert found.ram == sum(bank["size"] for bank in drawn["board"]["ram"])
    assert found.hypervisor == drawn["hypervisor"]["size"] + stored
    reserved = set()  # of this board in whole pages, all of it RAM
    for part in drawn["board"]["reserved"]:
        reserved.update(range(part["address"] // 4096, (part["address"] + part["size"]) // 4096))
    assert found.unassigned == found.ram - found.hypervisor - sum(found.memory.values()) - 4096 * len(reserved)


# [utest->swr~compile-directory~1]
@pytest.mark.parametrize("config", ["colors", "reserved-memory", "memory-forms"])
def test_audited(tmp_path, config):
    """Where memory has colours, or cells have what is reserved, the auditor comes to the same by its own way."""
    assert build(f"test/configs/good/{config}.dts", tmp_path).returncode == 0
    assert directory_of(tmp_path).unassigned > 0
    audited = run(TOOL, "audit", str(tmp_path / "bulkhead.itb"))
    assert audited.returncode == 0, audited.stdout


# [utest->swr~compile-build-time~1]
def test_time(tmp_path):
    config = "test/configs/good/overlay.dts"
    assert build(config, tmp_path / "a", SOURCE_DATE_EPOCH="1234567890").returncode == 0
    assert build(config, tmp_path / "b", SOURCE_DATE_EPOCH="").returncode == 0
    assert build(config, tmp_path / "c").returncode == 0
    assert directory_of(tmp_path / "a").build_time == 1234567890
    with open(os.path.join(ROOT, "build/host/release-time"), encoding="utf-8") as file:
        assert directory_of(tmp_path / "b").build_time == directory_of(tmp_path / "c").build_time == int(file.read())
    for wrong in ("yesterday", "-1", "99999999999999999999"):
        refused = build(config, tmp_path / "d", SOURCE_DATE_EPOCH=wrong)
        assert refused.returncode == 1
        assert refused.stderr == ("bulkhead: error: SOURCE_DATE_EPOCH is no number of seconds since 1970: set it to one, "
                                  "or to nothing\n")


# [utest->swr~compile-directory~1]
def test_streams(tmp_path):
    """Each function's, by its cell; `map` names them by another way."""
    config = tmp_path / "pci.dts"
    config.write_text(STREAMS)
    assert build(config, tmp_path).returncode == 0
    drawn = json.loads(run(TOOL, "map", config, "-I", IMAGES, "--json").stdout)
    functions = {(index, function["stream"]) for index, cell in enumerate(drawn["cells"])
                 for function in cell["functions"] if function["owned"]}
    found = directory_of(tmp_path).streams
    assert len(found) == len(functions) > 3
    assert {(stream.cell, stream.stream) for stream in found} == functions
    assert sorted(stream.stream for stream in found) == [stream.stream for stream in found]


class Seen:
    """Memory as the health cell's stage 2 has it."""

    def __init__(self, folder):
        self.fit = fit.Fit(folder / "bulkhead.itb")
        self.blueprint = blueprint.Blueprint(self.fit.kernel)
        self.cell = next(cell for cell in self.blueprint.cells.values() if cell.flags & 1)

    def physical(self, pa, size):
        for part in [self.fit.kernel, *self.fit.loadables]:
            if part.load <= pa < part.load + len(part.data):
                return bytes(part.data[pa - part.load : pa - part.load + size])
        raise ValueError(f"{pa:#x} is in no part")

    def read(self, ipa, size):
        data = b""
        while len(data) < size:
            at = ipa + len(data)
            _, entry, _ = self.cell.stage2.leaf(at)
            assert entry >> 6 & 3 == 1 and entry >> 54 & 1  # read-only, never executed
            data += self.physical(self.cell.stage2(at), min(size - len(data), 4096 - at % 4096))
        return data


# [utest->swr~compile-constants~1]
@pytest.mark.parametrize("config", ["overlay", "colors", "raw-image", "memory-forms", "pci"])
def test_constants(tmp_path, config):
    """Every byte that no core's root can write is in one range, where the health cell sees it, with its digest."""
    assert build(f"test/configs/good/{config}.dts", tmp_path).returncode == 0
    seen = Seen(tmp_path)
    found = directory_of(tmp_path)
    covered = {}
    for part in found.ranges:
        data = seen.read(part.ipa, part.size)
        assert data == seen.physical(part.pa, part.size)
        assert hashlib.sha256(data).digest() == part.digest and part.size <= 1 << 20
        for page in range(part.pa // 4096, (part.pa + part.size - 1) // 4096 + 1):
            first, last = max(part.pa, page * 4096), min(part.pa + part.size, page * 4096 + 4096)
            covered[page] = covered.get(page, 0) + last - first
    base, size = seen.fit.kernel.load, len(seen.fit.kernel.data)
    table = seen.cell.stage2(found.integrity[0]) // 4096
    expected = dict.fromkeys(range(base // 4096, (base + size) // 4096), 4096)
    expected[seen.blueprint.offset // 4096 + base // 4096] -= 32  # the blueprint's own digest
    for page in range(found.integrity[1] // 4096):
        del expected[table + page]
    for va, bits, per_core, length in segments(seen.fit.kernel.data):
        for page in range(length // 4096 if bits & 2 and not per_core else 0):
            del expected[base // 4096 + (va - (1 << 38)) // 4096 + page]
    for page in written(seen):
        expected.pop(page, None)
    for part in seen.fit.loadables:
        for at in range(0, len(part.data), 4096):
            expected[(part.load + at) // 4096] = min(4096, len(part.data) - at)
    assert covered == expected


def segments(kernel):
    """(address, flags, is it each core's own, size) of what bulkhead.bin is made of."""
    for n in range(8):
        va, size, flags, _ = struct.unpack_from("<QQII", kernel, 64 + 56 + 24 * n)
        if size:
            yield va, flags, bool(flags & 8), size


def leaves(memory, table, level=1):
    for n in range(512):
        entry = memory.word(table + 8 * n)
        if not entry & 1:
            continue
        if level < 3 and entry & 2:
            yield from leaves(memory, entry & blueprint.ADDRESS, level + 1)
        else:
            yield entry, 1 << 39 - 9 * level


def written(seen):
    """Pages that any core's EL2 may write."""
    pages = set()
    for _, root, _, _ in seen.blueprint.cores:
        for entry, size in leaves(seen.blueprint.memory, root) if root else ():
            if not entry >> 7 & 1:
                first = (entry & blueprint.ADDRESS & ~(size - 1)) // 4096
                pages.update(range(first, first + size // 4096))
    return pages


# [utest->swr~compile-constants~1]
def test_map(tmp_path):
    """Its bytes are those that the tool prints and writes."""
    config = "configs/edge-gateway.dts"
    assert build(config, tmp_path).returncode == 0
    seen = Seen(tmp_path)
    found = directory_of(tmp_path)
    assert seen.read(*found.svg) == (tmp_path / "map.svg").read_bytes()
    assert seen.read(*found.json).decode() == run(TOOL, "map", config, "-I", IMAGES, "--json").stdout

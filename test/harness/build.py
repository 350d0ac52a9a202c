# SPDX-License-Identifier: Apache-2.0
"""Images for tests: partition file in, bulkhead.itb out, each built once a session."""

import functools
import os
import pathlib
import re
import shutil
import subprocess

from . import records

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BULKHEAD_BUILD", ROOT / "build"))
TOOL = BUILD / "bulkhead"
RESULTS = pathlib.Path(os.environ.get("BULKHEAD_RESULTS", BUILD / "test-results"))
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # several build what has one name at the same time, each its own
IMAGES = BUILD / "test-images" / WORKER
CELLS = BUILD / "test-cells" / WORKER
CONFIGS = ROOT / "test/system/configs"
HYPERVISOR = BUILD / ("cover/hv" if "BULKHEAD_COVER" in os.environ else "hv") / "bulkhead.elf"  # the one that runs (cover.py)
CROSS = os.environ.get("CROSS_COMPILE", "aarch64-linux-gnu-")


def include_dirs():
    """Where cells' images are looked for, besides beside the partition file."""
    linux = BUILD / "linux"
    return [BUILD / "cells", CELLS, linux]


def tool(*arguments, check=True):
    """Runs build/bulkhead; returns the finished process with text output."""
    records.used_by([TOOL, *arguments])
    done = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise AssertionError(f"bulkhead {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
    return done


def includes():
    return [word for folder in include_dirs() for word in ("-I", folder)]


def build(config):
    """Folder with the outputs for a partition file (path, or a name in test/system/configs)."""
    path = pathlib.Path(config)
    if not path.is_absolute():
        path = CONFIGS / f"{config}.dts"
    out = _built(path)
    records.used(path, BUILD / "bulkhead.bin", out / "bulkhead.itb", *_guests(path, out))
    return out


def _guests(path, out):
    """What runs in its cells: the files that it names, from where the tool takes them."""
    for name in re.findall(r'\b(?:image|kernel|initrd) = "([^"]+)"', path.read_text(encoding="utf-8")):
        yield from [folder / name for folder in (path.parent, *include_dirs(), out) if (folder / name).is_file()][:1]


@functools.lru_cache(maxsize=None)
def _built(path):
    out = IMAGES / path.stem
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    subprocess.run([ROOT / "scripts/rootfs.py", path, out], check=True)
    tool("build", path, *includes(), "-I", out, "-o", out)  # files beside the partition file come first
    return out


def map_json(config):
    """What `bulkhead map --json` prints of a configuration in test/system/configs."""
    return tool("map", CONFIGS / f"{config}.dts", "--json", *includes()).stdout


def image(config):
    return build(config) / "bulkhead.itb"


def disk(config):
    """The disk image that a board boots from, signed with the development key, beside what else is flashed with it."""
    path = _disk(config)
    records.used(build(config) / "bulkhead.itb", path)
    return path


@functools.lru_cache(maxsize=None)
def _disk(config):
    done = subprocess.run([ROOT / "scripts/image.py", "--data", "0", image(config)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return build(config) / "disk.img"


def results_folder(name):
    """An empty folder for the raw output of a test, or of a boot that several tests share."""
    path = RESULTS / re.sub(r"[^\w.-]+", "_", name).strip("_")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def symbol(elf, name):
    """Its address."""
    lines = subprocess.run([f"{CROSS}nm", elf], capture_output=True, text=True, check=True).stdout.splitlines()
    return next(int(address, 16) for address, _, found in map(str.split, lines) if found == name)


def assemble(source, output, base, *options):
    """An ELF of one hand-written assembly file (and objects among the options), linked at `base`; none of cells/lib."""
    output.parent.mkdir(parents=True, exist_ok=True)
    records.used(source)
    subprocess.run(
        [
            *[f"{CROSS}gcc", "-nostdlib", "-static", "-Wl,--build-id=none", f"-Wl,-Ttext-segment={base:#x}"],
            *["-Wl,-e,_start", "-Wl,-z,max-page-size=4096", *options, "-o", output, source],
        ],
        check=True,
    )
    return output


FREESTANDING = ("-std=gnu11", "-O2", "-g", "-ffreestanding", "-mgeneral-regs-only", "-mstrict-align") + (
    *("-fno-tree-loop-distribute-patterns", "-fno-stack-protector", "-Wall", "-Wextra", "-Werror"),
)


def compile_objects(sources, folder, *options):
    """Objects of C and assembly for assemble()'s kind of guest: one that brings its own start."""
    folder.mkdir(parents=True, exist_ok=True)
    records.used(*sources)
    objects = [folder / f"{source.name}.o" for source in sources]
    for source, made in zip(sources, objects):
        subprocess.run([f"{CROSS}gcc", *FREESTANDING, *options, "-c", "-o", made, source], check=True)
    return objects

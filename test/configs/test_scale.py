# SPDX-License-Identifier: Apache-2.0
"""
Boards and partition files of sizes that no real one has: synthetic.py's built and audited by the tool; what goes beyond a
limit refused by its name. How long it takes is what `make bench` shows; here only that it grows with the work.

Both ranges: test_as_many_cells_as_vmids, test_as_many_cores_as_the_boot_has_room_for
Robustness: test_too_much
"""
import os
import re
import resource
import statistics
import subprocess

import pytest

import synthetic

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOOL = os.path.join(ROOT, os.environ.get("BULKHEAD", "build/bulkhead"))
GIB = synthetic.GIB


def run(*arguments):
    """The finished process and the CPU time in user mode that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False)
    return done, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def build_and_audit(path, out):
    """CPU seconds of both."""
    out.mkdir(exist_ok=True)
    built, build_time = run("build", path, "-B", ROOT, "-o", out)
    assert (built.returncode, built.stdout, built.stderr) == (0, "", "")
    audited, audit_time = run("audit", out / "bulkhead.itb")
    assert audited.returncode == 0, audited.stdout[-2000:] + audited.stderr
    return build_time, audit_time


# Board and cells grow together, so that a lookup that walks the tree shows. [stest->swr~scale~1]
def test_largest_and_its_time(tmp_path):
    small, large = 8, 128
    few = [build_and_audit(synthetic.write(tmp_path / f"few{n}", 4 * small, small), tmp_path / f"few{n}/out") for n in range(3)]
    path = synthetic.write(tmp_path / "many", 4 * large, large)
    many = map(min, zip(*(build_and_audit(path, tmp_path / "many/out") for _ in range(2))))
    for name, least, most in zip(("build", "audit"), map(statistics.mean, zip(*few)), many):
        least = max(least, 0.02)  # the clock's own grain
        assert most <= 2 * large / small * least, f"{name}: {least:.3f} s for {small} cells, {most:.3f} s for {large}"


def cells(tmp_path, cores, text, **board):
    """A partition file of these cells for a synthetic board with other memory or address bits."""
    path = synthetic.write(tmp_path, cores, 1, **board)
    path.write_text(f'/dts-v1/;\n/ {{\n\tcompatible = "bulkhead,partitions-v1";\n\tboard = "board";\n\tcells {{\n{text}\t}};\n}};\n')
    return path


def cell(name, cpus, memory, more=""):
    return f'{name} {{ cpus = <{" ".join(map(str, cpus))}>; memory = "{memory}"; image = "control.elf"; {more}}};\n'


def refused(tmp_path, path):
    done, _ = run("build", path, "-B", ROOT, "-o", tmp_path)
    assert done.returncode == 1
    return done.stderr.replace(f"{tmp_path}/", "")


HEALTH = cell("health", [0], "32M", 'role = "health"; ')


# [stest->swr~scale~1]
def test_as_many_cells_as_vmids(tmp_path):
    text = [cell(f"c{n}", [n], "16M") for n in range(256)]
    build_and_audit(cells(tmp_path, 256, "".join(text[:255])), tmp_path / "out")
    assert "there are 256 cells, and at most 255 fit" in refused(tmp_path, cells(tmp_path, 256, "".join(text)))


# [stest->swr~scale~1]
def test_as_many_cores_as_the_boot_has_room_for(tmp_path):
    text = HEALTH + "".join(cell(f"c{n}", range(1 + 56 * n, 57 + 56 * n), "160G") for n in range(18))
    build_and_audit(cells(tmp_path, 1024, text), tmp_path / "out")
    assert "has 1025 cores under /cpus: from 1 to 1024 fit" in refused(tmp_path, cells(tmp_path, 1025, text))


# RAM up to 43 address bits. [stest->swr~scale~1]
@pytest.mark.parametrize("memory", ["32G", "240G", "32G@0x7000000000", "32G@0x60000000000"])
def test_large_cells(tmp_path, memory):
    build_and_audit(cells(tmp_path, 16, HEALTH + cell("large", [1], memory)), tmp_path / "out")
    of_large = re.search(r"^  cell large .* stage-2 tables (\d+) ", (tmp_path / "out/map.txt").read_text(), re.M)
    # Concatenated roots, what comes before them so that they begin at a multiple of their size, and what devices and windows
    # take: blocks of 1 GiB hold the RAM.
    assert int(of_large[1]) <= 4 * (15 + 16 + 8)


TOO_MUCH = [  # memory of the board, its address bits, the cell's memory, what is said
    (None, 44, "1022G", "cell 'large' has more memory than the hypervisor's address space holds (about 250 GiB)"),
    ([(2 * GIB, 2 * GIB), (12 << 40, 1 << 40)], 44, "32G", "needs guest-physical address 0xc07ffffffff, beyond the 43 bits that"),
    ([(2 * GIB, 2 * GIB), (1 << 40, 1 << 40)], 40, "32G", "has memory at 0x10000000000, beyond the 40 address bits (/cpu/pa-bits) of machine.dts"),
    ([(1 << 40, 1 << 40)], 44, "32M", "no room for the hypervisor, which takes 2M or more below 256G"),
    (None, 52, "32M", "/cpu/pa-bits is not from 32 to 48"),
]


# [stest->swr~scale~1]
@pytest.mark.parametrize("memory,pa_bits,size,said", TOO_MUCH)
def test_too_much(tmp_path, memory, pa_bits, size, said):
    board = {"pa_bits": pa_bits, **({"memory": memory} if memory else {})}
    assert said in refused(tmp_path, cells(tmp_path, 16, HEALTH + cell("large", [1], size), **board))

# SPDX-License-Identifier: Apache-2.0
"""
Cache colours, page by page: what the compiler builds of a file with `colors` is walked here without it
and without the auditor; then pages are moved to other colours, and the auditor must see each.

[utest->swr~colors-placed~1] [utest->swr~colors-text~1]

Both ranges: test_colors_in_a_row
Robustness: test_mutant, test_text_differs
"""

import os
import struct
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "test"))
from harness import blueprint, fit  # noqa: E402

TOOL = os.path.join(ROOT, "build/bulkhead")
CONTROL, GATEWAY = {0, 1, 2, 3}, {4, 6, 8, 9, 10, 11, 12, 13}  # good/colors.dts
OWN = {"control": CONTROL, "gateway": GATEWAY, "health": set(range(16)) - CONTROL - GATEWAY}
TEXT = blueprint.EL2_VA_TEXT
PRIVATE = 0x4040001000
PAGE = 4096


def color(pa):
    return pa // PAGE % 16


def leaves(memory, root, level=1, va=0, entries=512):
    """(va, address of the entry, entry, is it a leaf) of all that a root leads to."""
    for n in range(entries):
        at = root + 8 * n
        entry = memory.word(at)
        here = va + (n << (39 - 9 * level))
        if not entry & 1:
            continue
        if level < 3 and entry & 2:
            yield here, at, entry, False
            yield from leaves(memory, entry & blueprint.ADDRESS, level + 1, here)
        else:
            yield here, at, entry, True


def write_back(entry, stage2):
    return (entry >> 2 & 15) == 15 if stage2 else (entry >> 2 & 7) == 0


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("colors")
    subprocess.run(
        [TOOL, "build", "test/configs/good/colors.dts", "-I", "build/test-configs", "-o", folder],
        cwd=ROOT,
        env={**os.environ, "BULKHEAD_DATA": "."},
        check=True,
    )
    return folder / "bulkhead.itb"


class Image:
    def __init__(self, path):
        self.fit = fit.Fit(path)
        self.blueprint = blueprint.Blueprint(self.fit.kernel)
        self.memory = self.blueprint.memory
        self.cells = {cell.index: cell for cell in self.blueprint.cells.values()}

    def core(self, name):
        """(machine core, root) of the cell's first core."""
        number = self.blueprint.cells[name].cores[0].machine_core
        return number, self.blueprint.cores[number][1]

    def roots(self):
        """(name of the cell, root, is it a stage 2)"""
        for cell in self.cells.values():
            yield cell.name, cell.vttbr & 0xFFFFFFFFFFFE, True
        for _, root, cell, _ in self.blueprint.cores:
            if root:
                yield self.cells[cell].name, root, False

    def windows(self):
        """Pages that one cell writes and others read, and whose: telemetry, rings, logs, roots, orders."""
        found = {}
        for cell in self.cells.values():
            for core in cell.cores:
                found[core.telemetry_pa] = found[core.ring_pa] = cell.name
            found[cell.vttbr & 0xFFFFFFFFFFFE] = cell.name
            if cell.log_pa:
                found[cell.log_pa] = cell.name
            orders = self.blueprint.el2(cell.cores[0].machine_core)
            at = cell.record_offset + self.blueprint.offset
            found[orders(struct.unpack_from("<Q", self.memory.data, at + 88)[0])] = "health"
        return found

    def used(self):
        pages = set()
        for name, root, stage2 in [*self.roots(), ("boot", self.blueprint.boot_root, False)]:
            pages.add(root)
            for _, _, entry, leaf in leaves(self.memory, root):
                seen = stage2 and name == "health" and not entry >> 7 & 1  # as constant: it sees gaps, too
                if not leaf or root != self.blueprint.boot_root and not seen:
                    pages.add(entry & blueprint.ADDRESS)
        return pages

    def empty(self, pa):
        at = pa - self.memory.base
        return at >= len(self.memory.data) or not any(self.memory.data[at : at + PAGE])

    def gap(self, colors, base, size):
        """A page that nobody uses, of one of these colours."""
        used = self.used()
        return next(pa for pa in range(base, base + size, PAGE) if color(pa) in colors and pa not in used and self.empty(pa))

    def blueprint_gap(self, colors):
        # Behind headers and guest trees, which lie in one piece.
        base = self.memory.base + self.blueprint.offset
        return self.gap(colors, base + 0x10000, self.blueprint.size - 0x10000)

    def copy(self, source, target):
        at = target - self.memory.base
        self.memory.data[at : at + PAGE] = self.memory.at(source, PAGE)

    def audit(self, path):
        self.fit.kernel.data[:] = self.memory.data
        blueprint.rehash(self.fit.kernel)
        self.fit.save(path)
        done = subprocess.run([TOOL, "audit", path], capture_output=True, text=True, timeout=60, check=False)
        return {line.split(": ")[1] for line in done.stdout.splitlines()[:-1]}, done.returncode


# [utest->swr~colors-placed~1] [utest->swr~colors-owned~1]
def test_every_page(built):
    """Of stage 2 and EL2 roots, leaves and tables: the colours of the cell, but for the windows."""
    image = Image(built)
    windows = image.windows()
    pages = 0
    for name, root, stage2 in image.roots():
        assert color(root) in OWN[name]
        for va, _, entry, leaf in leaves(image.memory, root):
            pa = entry & blueprint.ADDRESS
            if leaf and not write_back(entry, stage2):
                continue
            pages += 1
            assert color(pa) in OWN[windows.get(pa, name)], (name, hex(va), hex(pa))
    assert pages > 20000


# [utest->swr~audit-colors~1]
def test_good(built, tmp_path):
    assert Image(built).audit(tmp_path / "same.itb") == (set(), 0)


# [utest->swr~colors-text~1]
def test_text_is_copied(built):
    image = Image(built)
    text = image.fit.kernel.data[: 2 * PAGE]
    for _, root, _, _ in image.blueprint.cores:
        space = blueprint.Walk(image.memory, root, blueprint.EL2_VA_BITS, 1)
        assert image.memory.at(space(TEXT), PAGE) == text[:PAGE]
        assert space(TEXT) != image.memory.base


def move(image, space, va, target):
    image.copy(space(va), target)
    image.blueprint.redirect(space, va, target)


def move_text(image):
    number, _ = image.core("control")
    move(image, image.blueprint.el2(number), TEXT + PAGE, image.blueprint_gap(OWN["health"]))


def share_text(image):
    """The same bytes, and in pages that another cell's EL2 caches: each would tell of the other's exits."""
    number, _ = image.core("control")
    other, _ = image.core("health")
    image.blueprint.redirect(image.blueprint.el2(number), TEXT + PAGE, image.blueprint.el2(other)(TEXT + PAGE))


def move_private(image):
    number, _ = image.core("control")
    target = image.gap(GATEWAY, image.blueprint.writable_pa, image.blueprint.writable_size)
    image.blueprint.redirect(image.blueprint.el2(number), PRIVATE, target)


def move_el2_table(image):
    move_table(image, image.core("control")[1])


def move_stage2_table(image):
    move_table(image, image.blueprint.cells["control"].vttbr & 0xFFFFFFFFFFFE)


def move_table(image, root):
    """The first last-level table below a root, with its bytes."""
    _, at, entry, _ = next(found for found in leaves(image.memory, root) if not found[3] and found[1] & ~0xFFF != root)
    target = image.blueprint_gap(OWN["health"])
    image.copy(entry & blueprint.ADDRESS, target)
    struct.pack_into("<Q", image.memory.data, at - image.memory.base, entry & ~blueprint.ADDRESS | target)


def move_ram(image):
    cell = image.blueprint.cells["control"]
    image.blueprint.redirect(cell.stage2, cell.regions[0].ipa, cell.regions[0].pa + 5 * PAGE)


def move_neighbours_ram(image):
    """Not the cell that asked for colours: one that shares the rest takes one of them."""
    cell = image.blueprint.cells["health"]
    image.blueprint.redirect(cell.stage2, cell.regions[0].ipa, 0x7F000000)


def cache_image(image):
    """The image store lies in all colours."""
    for _, root, cell, first in image.blueprint.cores:
        if not root or image.cells[cell].name != "control" or first:
            continue
        for _, at, entry, leaf in leaves(image.memory, root):
            if leaf and (entry >> 2 & 7) == 2 and (entry & blueprint.ADDRESS) == image.fit.loadables[1].load:
                entry = entry & ~(7 << 2) | 3 << 8
                struct.pack_into("<Q", image.memory.data, at - image.memory.base, entry)
                return
    raise AssertionError("no image is mapped")


# Nothing else is wrong with the first five: only the colour tells. [utest->swr~audit-colors~1]
@pytest.mark.parametrize(
    "mutate, rules",
    [
        (move_text, {"SEP-25"}),
        (share_text, {"SEP-25"}),
        (move_private, {"SEP-25"}),
        (move_el2_table, {"SEP-25"}),
        (move_stage2_table, {"SEP-25"}),
        (move_ram, {"SEP-25", "SEP-05", "SEP-02"}),
        (move_neighbours_ram, {"SEP-25", "SEP-05"}),
        (cache_image, {"SEP-25", "SEP-15"}),
    ],
)
def test_mutant(built, tmp_path, mutate, rules):
    image = Image(built)
    mutate(image)
    assert image.audit(tmp_path / "mutant.itb") == (rules, 1)


def test_text_differs(built, tmp_path):
    """A copy that isn't one."""
    image = Image(built)
    number, _ = image.core("control")
    at = image.blueprint.el2(number)(TEXT + PAGE) - image.memory.base
    image.memory.data[at] ^= 1
    rules, status = image.audit(tmp_path / "mutant.itb")
    assert "SEP-10" in rules and status == 1


PARTITIONS = """/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "{board}";
	cells {{
		health {{ role = "health"; cpus = <0>; memory = "8M"; image = "health.elf"; }};
		control {{ cpus = <3>; memory = "8M"; image = "control.elf"; {control} }};
	}};
}};
"""


def test_colors_in_a_row(tmp_path):
    """A stage 2 of more than 39 bits starts with two pages together. [utest->swr~colors-together~1]"""
    path = tmp_path / "row.dts"
    board = os.path.join(HERE, "boards/cached/no-pci.dts")
    for colors, good in (("0 2 4", False), ("1 2", False), ("0 2 3", True)):
        control = f'ram-base = "0x8000000000"; colors = <{colors}>;'
        path.write_text(PARTITIONS.format(board=board, control=control))
        done = subprocess.run(
            [TOOL, "build", path, "-I", "build/test-configs", "-o", tmp_path / "row"],
            cwd=ROOT,
            env={**os.environ, "BULKHEAD_DATA": "."},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) == good, colors
        if not good:
            assert done.stderr == (
                f"{path}:7:11: error: the hypervisor needs 8K in one piece for cell 'control', and its colours have "
                "no pages for that in a row: give it adjacent ones\n"
            )


# [utest->swr~colors-geometry~1]
@pytest.mark.parametrize("board, count", [("board", 16), ("two-levels", 8)])
def test_count(tmp_path, board, count):
    path = tmp_path / "count.dts"
    board = os.path.join(HERE, f"boards/cached/{board}.dts")
    path.write_text(PARTITIONS.format(board=board, control="colors = <1000>;"))
    done = subprocess.run(
        [TOOL, "check", path, "-I", "build/test-configs"],
        cwd=ROOT,
        env={**os.environ, "BULKHEAD_DATA": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.endswith(f"there is no colour 1000: board 'qemu-virt' has colours 0 to {count - 1}\n")

# SPDX-License-Identifier: Apache-2.0
"""Figures that no run is needed for: text, lines, memory, stage-2 entries. From the ELF, the build's dependency files
and what the host tool makes of small configurations."""

import csv
import io
import os
import re
import subprocess
from collections import Counter

import bench_cell
from harness import blueprint, build, fit

ROOT = build.ROOT
ELF = build.BUILD / "hv/bulkhead.elf"
PAGE = 4096
MEGABYTE = 1 << 20


COMPILER = "12"  # major version, of the figures on record


def compiler():
    """Major version of the compiler that the hypervisor is built with."""
    gcc = os.environ.get("HV_CROSS", "aarch64-linux-gnu-") + "gcc"
    return subprocess.run([gcc, "-dumpversion"], check=True, capture_output=True, text=True).stdout.split(".")[0].strip()


def text_bytes():
    """(.text, .trampoline) in bytes, as `size -A` says."""
    output = subprocess.run([f"{build.CROSS}size", "-A", ELF], capture_output=True, text=True, check=True).stdout
    sizes = dict(re.findall(r"^\.(\w+)\s+(\d+)", output, re.M))
    return int(sizes["text"]), int(sizes["trampoline"])


def source_files():
    """Sources and headers of this tree that the hypervisor is built from, as the compiler noted them."""
    files = set()
    notes = build.BUILD / "hv"
    for note in (notes / "src").rglob("*.d"):
        if not (ROOT / note.relative_to(notes).with_suffix("")).exists():
            continue  # of a source that is gone
        for word in note.read_text().replace("\\\n", " ").split():
            path = word.rstrip(":")
            if path.startswith("src/"):
                files.add(os.path.normpath(path))
    return sorted(files)


def source_lines():
    """(lines of code as cloc counts them, files)"""
    files = source_files()
    output = subprocess.run(
        ["cloc", "--quiet", "--csv", "--list-file=-"], input="\n".join(files), cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    rows = list(csv.DictReader(io.StringIO(output[output.index("files,") :])))
    total = next(row for row in rows if row["language"] == "SUM")
    if int(total["files"]) != len(files):
        raise RuntimeError(f"cloc counted {total['files']} of {len(files)} files")
    return int(total["code"]), len(files)


def _partitions(cells):
    head = '/dts-v1/;\n/ {\n\tcompatible = "bulkhead,partitions-v1";\n\tboard = "qemu-virt";\n\tcells {\n'
    return head + "".join(f"\t\t{cell}\n" for cell in cells) + "\t};\n};\n"


def _cell(name, cpus, memory="16M", more=""):
    return f'{name} {{ cpus = <{cpus}>; memory = "{memory}"; image = "bench.elf"; {more}}};'


def _build(name, cells, out):
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.dts"
    path.write_text(_partitions(cells))
    return bench_cell.build_config(path, folder)


NOT_COUNTED = ("stage-2 tables", "device tree")
ITEM = re.compile(r"([a-z][a-z0-9, -]*?) (\d+)(?: \(\d+-bit\))?(?:, |$)")


def footprint(itb):
    """KiB of RAM that the hypervisor takes by kind, from the map beside the image; `all` is its whole range."""
    text = (itb.parent / "map.txt").read_text()
    start, end, size = re.search(r"^hypervisor: 0x(\w+) - 0x(\w+), (\d+) KiB", text, re.M).groups()
    if (int(end, 16) + 1 - int(start, 16)) // 1024 != int(size):
        raise RuntimeError("map.txt: the hypervisor's range and size differ")
    kinds = Counter(all=int(size))
    for kind in ("boot tables", "tables of text, shared"):
        kinds[kind] = int(re.search(rf"^ +{kind} +(\d+) KiB", text, re.M)[1])
    for line in re.findall(r"^  (?:core|cell) .*? \d+ KiB: (.*)$", text, re.M):
        for kind, kib in ITEM.findall(line):
            kinds[kind] += int(kib)
    return kinds


def growth(out):
    """RAM of one more core and of one more cell, in bytes, each with its composition. Both have three configurations
    in common: a cell; the cell with one more core; two cells of a core each."""
    health = _cell("health", 0, more='role = "health"; ')
    one = footprint(_build("one", [health, _cell("a", 1)], out))
    core = footprint(_build("core", [health, _cell("a", "1 2")], out))
    cell = footprint(_build("cell", [health, _cell("a", 1), _cell("b", 2)], out))
    return _growth(one, core), _growth(core, cell)


def _growth(less, more):
    kinds = {kind: more[kind] - less[kind] for kind in more if kind != "all" and more[kind] != less[kind]}
    total = more["all"] - less["all"]
    counted = {kind: kib for kind, kib in kinds.items() if kind not in NOT_COUNTED}
    rest = total - sum(kinds.values())
    if rest:
        counted["other"] = rest
    bytes_ = 1024 * (total - sum(kib for kind, kib in kinds.items() if kind in NOT_COUNTED))
    return bytes_, ", ".join(f"{kind} {kib:+} KiB" for kind, kib in sorted(counted.items(), key=lambda k: -k[1]))


def _leaves(memory, table, shift, top, base=0):
    """(ipa, pa, attributes, size) of every leaf below a stage-2 table."""
    for index in range(1 << (top - shift)):
        entry = memory.word(table + 8 * index)
        at = base + (index << shift)
        if not entry & 1:
            continue
        if shift > 12 and entry & 2:
            yield from _leaves(memory, entry & blueprint.ADDRESS, shift - 9, shift, at)
        else:
            yield at, entry & blueprint.ADDRESS, entry & ~blueprint.ADDRESS & ~3, 1 << shift


def fewest(ipa, pa, size):
    """Leaves that a run of memory needs at least, with 1 GiB, 2 MiB and 4 KiB ones where both addresses allow."""
    count = 0
    while size:
        block = next(b for b in (1 << 30, 1 << 21, PAGE) if b <= size and not (ipa | pa) % b)
        ipa, pa, size, count = ipa + block, pa + block, size - block, count + 1
    return count


def stage2_entries(out):
    """(leaf entries of a 512 MiB cell, the fewest that alignment allows)"""
    itb = _build("large", [_cell("health", 0, more='role = "health"; '), _cell("a", 1, "512M")], out)
    image = blueprint.Blueprint(fit.Fit(itb).kernel)
    walk = image.cells["a"].stage2
    leaves = sorted(_leaves(walk._memory, walk._root, 39 - 9 * walk._level, walk._bits))
    runs = []
    for ipa, pa, attributes, size in leaves:
        last = runs[-1] if runs else None
        if last and last[0] + last[3] == ipa and last[1] + last[3] == pa and last[2] == attributes:
            last[3] += size
        else:
            runs.append([ipa, pa, attributes, size])
    if sum(size for _, _, _, size in leaves) < 512 * MEGABYTE:
        raise RuntimeError("the stage-2 tables do not map the cell's memory")
    return len(leaves), sum(fewest(ipa, pa, size) for ipa, pa, _, size in runs)

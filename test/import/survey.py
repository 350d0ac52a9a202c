# SPDX-License-Identifier: Apache-2.0
"""
Imports boards' trees, builds an image of each and audits it; counts how far each comes and why not further.

As a program it takes all boards and prints the table; --accept (make import-table) writes it into docs/import.md.
"""

import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/configs"))
import images  # noqa: E402  (needs the path above)

TOOL = os.environ.get("BULKHEAD", str(ROOT / "build/bulkhead"))
TREES = ROOT / "build/linux/dtbs"
OUT = ROOT / "build/test-import"
IMAGES = OUT / "images"
DOCUMENT = ROOT / "docs/import.md"
MARK = "<!-- table: make import-table -->\n"
UNBUILDABLE = "its first partition file would not build"
NO_MEMORY = "the tree holds no memory"
ASSUMED = '"tree/memory"'
GIVEN = ("2G@0x80000000", "2G@0x40000000", "2G@0x0")  # a user knows which: the first that lies over no registers

CLEAN, UNAUDITED, UNBUILT, REFUSED, CRASHED = "builds and audits", "audit", "build", "refused", "crashed"
Outcome = collections.namedtuple("Outcome", "board stage reason memory")


def kernel():
    """Name and version of the package that the trees are from."""
    lines = (TREES.parent / "packages.txt").read_text(encoding="utf-8").splitlines()
    return next(line.split()[0] for line in reversed(lines) if line.startswith("linux-image-"))


def trees():
    return sorted(TREES.rglob("*.dtb"))


def run(*command):
    """(exit status, all it said)."""
    done = subprocess.run(
        [TOOL, *map(str, command)],
        env={**os.environ, "BULKHEAD_DATA": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="replace")


def reason_of(output, mark):
    """The first line with `mark`, without names, numbers and addresses."""
    line = next((line for line in output.splitlines() if mark in line), output.strip().splitlines()[-1])
    line = line[line.index(mark) + len(mark) :] if mark in line else line
    line = re.sub(r"(?<![a-z])'[^']*'(?![a-z])", "...", line)
    line = re.sub(r"/[\w,@/.+-]+", "...", line) if mark != "refused: " else line
    return re.sub(r"0x[0-9a-f]+|\d{2,}", "N", line) if mark != "refused: " else line


def try_board(tree):
    board = str(tree.relative_to(TREES))
    folder = OUT / "boards" / board
    memory = "from the tree"
    shutil.rmtree(folder, ignore_errors=True)
    status, said = run("import", tree, "-o", folder)
    if status == 1 and NO_MEMORY in said:
        memory = "with `--memory`, for the tree holds none"
        for bank in GIVEN:
            if status == 1:
                status, said = run("import", tree, "--memory", bank, "-o", folder)
    if status not in (0, 1) or "Sanitizer" in said:
        return Outcome(board, CRASHED, f"import: {status}", memory)
    if status:
        if folder.exists():
            return Outcome(board, CRASHED, "import: refused, and left a folder", memory)
        return Outcome(board, REFUSED, reason_of(said, "error: " if UNBUILDABLE in said else "refused: "), memory)
    if ASSUMED in (folder / "machine.dts").read_text(encoding="utf-8"):
        memory = "1 GiB assumed, for the tree holds none"
    status, said = run("build", folder / "partitions.dts", "-I", IMAGES, "-o", folder / "out")
    if status not in (0, 1) or "Sanitizer" in said:
        return Outcome(board, CRASHED, f"build: {status}", memory)
    if status:
        return Outcome(board, UNBUILT, reason_of(said, "error: "), memory)
    status, said = run("audit", folder / "out/bulkhead.itb")
    shutil.rmtree(folder)
    if status not in (0, 1) or "Sanitizer" in said:
        return Outcome(board, CRASHED, f"audit: {status}", memory)
    if status:
        return Outcome(board, UNAUDITED, reason_of(said, "bulkhead.itb: "), memory)
    return Outcome(board, CLEAN, "", memory)


def survey(boards):
    images.write(str(IMAGES))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(try_board, boards))


def table(outcomes):
    """Markdown: boards by outcome and reason."""
    rows = collections.Counter()
    for outcome in outcomes:
        stage = outcome.stage
        if stage == CLEAN:
            key = (0, "builds and audits clean", f"memory {outcome.memory}")
        elif stage == REFUSED:
            key = (4, "refused", outcome.reason)
        else:
            key = (2, f"imported, fails at {stage}", outcome.reason)
        rows[key] += 1
    lines = [f"| {len(outcomes)} boards of {kernel()} | result | why |\n|---|---|---|\n"]
    for (_, result, why), count in sorted(rows.items(), key=lambda row: (row[0][0], -row[1], row[0])):
        lines.append(f"| {count} | {result} | {why} |\n")
    return "".join(lines)


def documented():
    return DOCUMENT.read_text(encoding="utf-8").split(MARK)[1]


def main():
    outcomes = survey(trees())
    text = table(outcomes)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "table.md").write_text(text, encoding="utf-8")
    (OUT / "boards.csv").write_text(
        "".join(f'{o.board},{o.stage},"{o.memory}","{o.reason}"\n' for o in outcomes), encoding="utf-8"
    )
    if "--accept" in sys.argv[1:]:
        before, _, after = DOCUMENT.read_text(encoding="utf-8").split(MARK)
        DOCUMENT.write_text(before + MARK + text + MARK + after, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""What llvm-profdata-19 and llvm-cov-19 make of raw profiles: a summary by file, HTML, and what was left out."""

import collections
import json
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
COVER = ROOT / "build/cover"
FLAGS = "-fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc"
KINDS = {"lines": "statements", "branches": "branches", "mcdc": "MC/DC", "functions": "functions"}
GOAL = 100
# Segments of llvm-cov's JSON: (line, column, count, has count, is entry, is gap).
LINE, COUNT, HAS_COUNT, IS_ENTRY, IS_GAP = 0, 2, 3, 4, 5
# Branches: (line, column, end line, end column, count of true, count of false, number of the file or the macro's use, ...).
COLUMN, TRUE, FALSE, USE = 1, 4, 5, 6


def built(command, what):
    """Builds what counts, from its sources. Places of the decisions that clang can't count MC/DC of, as it says while it builds."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{what} with counters: {done.stderr[-2000:] or done.stdout[-2000:]}")
    return sorted(set(re.findall(r"^(?:\./)?(src/\S+?:\d+):\d+: warning: [^\n]*will not be covered", done.stderr, re.M)))


def merge(files, profile):
    """Raw profiles into one; what can't be read fails it all."""
    names = profile.with_suffix(".txt")
    names.write_text("".join(f"{file}\n" for file in files))
    subprocess.run(["llvm-profdata-19", "merge", "--failure-mode=any", "-f", names, "-o", profile], check=True)


def _objects(objects):
    return [str(objects[0]), *(word for other in objects[1:] for word in ("-object", str(other)))]


def export(profile, objects):
    """(file's path in the tree -> what llvm-cov says of it, functions that it leaves out, since their counters are of other code)"""
    done = subprocess.run(["llvm-cov-19", "export", f"-instr-profile={profile}", *_objects(objects)], check=True, capture_output=True)
    mismatched = re.search(rb"(\d+) functions? ha(?:s|ve) mismatched data", done.stderr)
    found = {}
    for file in json.loads(done.stdout)["data"][0]["files"]:
        path = pathlib.Path(file["filename"]).resolve()
        if path.is_relative_to(ROOT):
            found[str(path.relative_to(ROOT))] = file
    return found, int(mismatched[1]) if mismatched else 0


def _within_tree(folder):
    """Pages lie, and name their sources, by paths within the tree: llvm-cov knows whole ones alone."""
    top, up = str(ROOT).lstrip("/"), len(ROOT.parts) - 1
    if (folder / "coverage" / top).is_dir():
        (folder / "coverage" / top).rename(folder / "sources")
        shutil.rmtree(folder / "coverage")
    for page in folder.rglob("*.html"):
        text = page.read_text(encoding="utf-8").replace(f"coverage/{top}/", "sources/").replace(f"/{top}/", "")
        page.write_text(re.sub(rf"(?<=['\"])(\.\./){{{up}}}((?:\.\./)*[\w.]+\.(?:css|js|html))", r"\2", text), encoding="utf-8")


def html(profile, objects, parts, folder):
    sources = [str(ROOT / part) for part in parts]
    options = ["-format=html", "-show-mcdc", "-show-branches=count", f"-output-dir={folder}", f"-instr-profile={profile}"]
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["llvm-cov-19", "show", *options, *_objects(objects), "-sources", *sources], check=True, capture_output=True)
    _within_tree(folder)
    if not list(folder.rglob("*.c.html")):
        raise RuntimeError(f"llvm-cov made no page of {', '.join(parts)}")


def _line_count(outer, begun):
    """How often a line was executed, by the segment that reaches into it and those that begin on it; None: nothing on it is counted.
    As llvm-cov counts (LineCoverageStats): a line counts as executed if any region on it was."""
    regions = [s[COUNT] for s in begun if s[HAS_COUNT] and s[IS_ENTRY] and not s[IS_GAP]]
    skipped = begun and not begun[0][HAS_COUNT] and begun[0][IS_ENTRY]
    around = [outer[COUNT]] if outer and outer[HAS_COUNT] else []
    return None if skipped or not regions + around else max(regions + around)


def _open_lines(segments):
    """Lines that nothing has executed."""
    by_line, outer, found = {}, None, []
    for segment in segments:
        by_line.setdefault(segment[LINE], []).append(segment)
    for line in range(min(by_line, default=0), max(by_line, default=-1) + 1):
        begun = by_line.get(line, [])
        if _line_count(outer, begun) == 0:
            found.append(line)
        outer = begun[-1] if begun else outer
    return found


def _open_branches(branches, expansions):
    """[line, column, "true" or "false"] of each outcome that never came; of an inline function's copies it came in none. What a macro
    has stands where it is used, each of its branches for itself."""
    counts = collections.Counter()
    placed = [(branch[LINE], branch[COLUMN], 0, branch) for branch in branches]
    for used in expansions:
        line, column = used["source_region"][:2]
        placed += [(line, column, (branch[USE], branch[LINE], branch[COLUMN]), branch) for branch in used["branches"]]
    for line, column, within, branch in placed:
        for word, count in (("true", branch[TRUE]), ("false", branch[FALSE])):
            counts[line, column, word, within] += count
    return sorted([line, column, word] for (line, column, word, _), count in counts.items() if not count)


def _open_decisions(records):
    """[line, conditions whose independence wasn't shown] of each decision; of an inline function's copies it was in none."""
    together = {}
    for record in records:
        shown = record[-1] if isinstance(record[-1], list) else record[5]
        place = tuple(record[:4])  # line and column, of begin and end
        together[place] = [any(both) for both in zip(shown, together.get(place, shown))]
    for place, shown in together.items():
        if not all(shown):
            yield [place[LINE], [n + 1 for n, value in enumerate(shown) if not value]]


def _file(file):
    """Counts of each kind, and every gap. Of an inline function's copies llvm-cov's summary takes the one in which most lines were executed:
    here a line is covered that was executed in any, so that each that isn't has a place."""
    counts = {kind: {"covered": file["summary"][kind]["covered"], "count": file["summary"][kind]["count"]} for kind in KINDS}
    lines = _open_lines(file["segments"])
    counts["lines"]["covered"] = counts["lines"]["count"] - len(lines)
    gaps = {"lines": lines, "branches": _open_branches(file["branches"], file["expansions"]), "mcdc": sorted(_open_decisions(file["mcdc_records"]))}
    return {**counts, "gaps": gaps}


def by_file(files, parts):
    """Of the files below `parts` that have code. [impl->swr~coverage-gaps~1]"""
    return {
        name: _file(file)
        for name, file in sorted(files.items())
        if any(name.startswith(f"{part}/") for part in parts) and file["summary"]["lines"]["count"]
    }


def sums(files, part):
    """{kind: (covered, count)} of the files of a part."""
    of = [file for name, file in files.items() if name.startswith(f"{part}/")]
    return {kind: (sum(f[kind]["covered"] for f in of), sum(f[kind]["count"] for f in of)) for kind in KINDS}


def share(covered, count):
    return f"{covered:5} of {count:5} {100 * covered / count:6.1f} %" if count else f"{'-':>22}"


def show(files, parts):
    """A table on standard output."""
    print(f"{'':28}" + "".join(f"{name:>24}" for name in KINDS.values()))
    for part in parts:
        print(f"{part:28}" + "".join(f"  {share(*value)}" for value in sums(files, part).values()))
        for name, file in files.items():
            if name.startswith(f"{part}/"):
                print(f"  {name[len(part) + 1:]:26}" + "".join(f"  {share(file[k]['covered'], file[k]['count'])}" for k in KINDS))
    print(f"{'goal':28}" + "".join(f"{GOAL:22.1f} %" for _ in KINDS))

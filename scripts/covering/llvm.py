# SPDX-License-Identifier: Apache-2.0
"""What llvm-profdata-19 and llvm-cov-19 make of raw profiles: a summary by file, HTML, and what was left out."""

import functools
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
TRUE, FALSE, USE = 4, 5, 6
CASE, SWITCH = re.compile(r"case\b|default\b"), re.compile(r"\bswitch \(")


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


def _placed(file):
    """{place: [count of true, count of false]} of each branch; of an inline function's copies together: an outcome came in none where it is
    0. Place: file, line, column, last line, last column; of what a macro has that of its use first, and which use within it: each of its
    branches stands where it is used, for itself."""
    found = {}
    placed = [((file["filename"], *branch[:4]), branch) for branch in file["branches"]]
    for used in file["expansions"]:
        outer = (file["filename"], *used["source_region"][:4])
        placed += [((*outer, branch[USE], used["filenames"][branch[USE]], *branch[:4]), branch) for branch in used["branches"]]
    for place, branch in placed:
        counts = found.setdefault(place, [0, 0])
        counts[0] += branch[TRUE]
        counts[1] += branch[FALSE]
    return found


def _open_branches(placed):
    """[line, column, "true" or "false"] of each outcome that never came."""
    return sorted([place[1], place[2], word] for place, counts in placed.items() for word, count in zip(("true", "false"), counts) if not count)


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


@functools.lru_cache(maxsize=None)
def _source(name):
    return pathlib.Path(name).read_text(encoding="utf-8").splitlines()


def _is_case(place):
    """A branch of a switch: clang has one of each label."""
    name, line, column = place[-5:-2]
    if line > len(_source(name)):
        raise RuntimeError(f"{name} has changed since it was built with counters: measure again")
    return bool(CASE.match(_source(name)[line - 1], column - 1))


def _decisions(file, placed):
    """How many there are, and [line, last line] of each with an outcome that never came or a condition that wasn't shown to decide: those of
    several conditions as clang has them, each other branch, and each switch as one."""
    several = {(file["filename"], *record[:4]) for record in file["mcdc_records"]}
    missing = {line for line, _ in _open_decisions(file["mcdc_records"])}
    found, gaps, cases = set(several), {place for place in several if place[1] in missing}, False
    for place, (true, false) in placed.items():
        if _is_case(place):
            cases = True
            gaps |= set() if true else {place}
            continue
        around = next((d for d in several if d[1:3] <= place[1:3] and place[3:5] <= d[3:]), place)
        found.add(around)
        gaps |= set() if true and false else {around}
    switches = sum(len(SWITCH.findall(line)) for line in _source(file["filename"])) if cases else 0
    return {"count": len(found) + switches, "open": sorted([place[1], place[3]] for place in gaps)}


def _file(file):
    """Counts of each kind, decisions, and every gap. Of an inline function's copies llvm-cov's summary takes the one in which most lines were executed:
    here a line is covered that was executed in any, so that each that isn't has a place."""
    counts = {kind: {"covered": file["summary"][kind]["covered"], "count": file["summary"][kind]["count"]} for kind in KINDS}
    lines = _open_lines(file["segments"])
    counts["lines"]["covered"] = counts["lines"]["count"] - len(lines)
    placed = _placed(file)
    gaps = {"lines": lines, "branches": _open_branches(placed), "mcdc": sorted(_open_decisions(file["mcdc_records"]))}
    return {**counts, "decisions": _decisions(file, placed), "gaps": gaps}


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


def percent(covered, count):
    """With one decimal, never rounded up: 100 is all."""
    return 1000 * covered // count / 10


def share(covered, count):
    return f"{covered:5} of {count:5} {percent(covered, count):6.1f} %" if count else f"{'-':>22}"


def show(files, parts):
    """A table on standard output."""
    print(f"{'':28}" + "".join(f"{name:>24}" for name in KINDS.values()))
    for part in parts:
        print(f"{part:28}" + "".join(f"  {share(*value)}" for value in sums(files, part).values()))
        for name, file in files.items():
            if name.startswith(f"{part}/"):
                print(f"  {name[len(part) + 1:]:26}" + "".join(f"  {share(file[k]['covered'], file[k]['count'])}" for k in KINDS))
    print(f"{'goal':28}" + "".join(f"{GOAL:22.1f} %" for _ in KINDS))

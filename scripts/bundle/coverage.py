# SPDX-License-Identifier: Apache-2.0
"""Structural coverage: of the hypervisor as it runs at EL2, and of host code. Goal: 100 % of statements, branches, MC/DC."""

import shutil

from covering import coupling, el2, host, justified, llvm, object_code, records

from . import measured
from . import stamp as stamps
from .bundle import Found, Part, git, write_json

SHORT_TESTS = ["test/system/test_control.py"]
NAMED_MAX = 8  # cases that a gap names
KEYS = {"el2": ("hypervisor at EL2", el2.PARTS), "host": ("auditor and blueprint", host.GOAL_PARTS)}  # of each measurement: what the first page has of it
MISSING = {"lines": "statements weren't executed", "branches": "outcomes of branches never came", "mcdc": "conditions weren't shown to decide by themselves"}


def share(found, name, covered, count, key=False):
    found.figure(name, llvm.percent(covered, count), f"%, {covered:,} of {count:,}", f"{llvm.GOAL} %", covered == count, key)


def together(found, files, what, parts, name):
    """Parts as one, after justification: key figures."""
    listed, _ = justified.sort(files, justified.entries(name))
    for kind in ("lines", "mcdc"):
        rows = [(*llvm.sums(files, part)[kind], justified.sums(files, part, listed)[kind]) for part in parts]
        count = sum(row[1] for row in rows)
        if count:
            share(found, f"{what}: {llvm.KINDS[kind]}, after justification", sum(min(covered + closed, of) for covered, of, closed in rows), count, key=True)


def of_sources(found, result, parts, name):
    """Figures of each part, raw and after justification."""
    listed, stale = justified.sort(result["files"], justified.entries(name))
    for part in parts:
        closed = justified.sums(result["files"], part, listed)
        for kind, (covered, count) in llvm.sums(result["files"], part).items():
            if not count or kind == "functions":
                continue
            share(found, f"{part}: {llvm.KINDS[kind]}", covered, count)
            share(found, f"{part}: {llvm.KINDS[kind]}, after justification", min(covered + closed[kind], count), count)
            if covered + closed[kind] < count:
                found.gaps.append(f"{part}: {count - covered} of {count} {MISSING[kind]}, {closed[kind]} of them justified; coverage/{name}.json names each")
        count, of = justified.decisions(result["files"], part, listed)
        within = count <= justified.MOST * of
        found.figure(f"{part}: decisions with a justified gap", count, "", f"at most {justified.MOST:.0%} of {of}", within)
        if not within:
            found.bad.append(f"{part}: gaps of {count} decisions are justified, more than {justified.MOST:.0%} of {of}")
    return [f"justification of {entry['file']}:{entry['line']} is stale: no gap is there, or another text" for entry in stale]


def outside(files, parts):
    """Sources of these parts of which nothing was built with counters, or nothing that can be counted."""
    return sorted(name for name in git("ls-files", *(f"{part}/*.c" for part in parts)).split() if name not in files)


def counted(found, bundle, name, result, parts, pages):
    """One measurement, by the compiler's counters."""
    folder = bundle.folder("coverage")
    write_json(folder / f"{name}.json", result)
    write_json(folder / f"{name}-justified.json", justified.entries(name))
    shutil.copytree(pages, folder / f"{name}-html", dirs_exist_ok=True)
    together(found, result["files"], *KEYS[name], name)
    stale = of_sources(found, result, parts, name)
    if result["status"]:
        found.bad.append(f"{name}: tests failed, so its figures are not for credit")
    if bundle.short:  # where most tests are left out
        found.gaps += [f"{name}: sources that aren't in these figures (short form): {', '.join(without)}" for without in [outside(result["files"], parts)] if without]
        return
    found.gaps += stale
    shipped = {record["case"]: record["verdict"] for record in measured.records(bundle)}
    other, unequal = records.different(result["verdicts"], shipped)
    skipped = sum(verdict == "skip" == shipped.get(case) for case, verdict in result["verdicts"].items())
    of = len(result["verdicts"]) - skipped
    same = of - len(other) - len(unequal)
    found.figure(f"{name}: tests with the same verdict on what is shipped", same, "tests", f"{of} tests that ran", same == of)
    found.notes += [f"{name}: {skipped} tests were skipped with counters as without: they show nothing"] if skipped else []
    found.gaps += [f"{name}: {case}" for case in unequal]
    found.gaps += [f"{name}: MC/DC isn't counted of the decision at {place}: another one is nested in it" for place in result["not_counted"]]
    if result["mismatched"]:
        found.gaps.append(f"{name}: llvm-cov leaves out {result['mismatched']} functions, whose counters are of other code than the first binary that has them")
    found.bad += [f"{name}: {case}" for case in other[:NAMED_MAX]] + ([f"{name}: and {len(other) - NAMED_MAX} more"] if len(other) > NAMED_MAX else [])


def of_object_code(found, folder, tests):
    """Of the shipped binary: instructions, branches' ways, and calls: control coupling."""
    result = object_code.measure(tests, None if tests else stamps.read()["run"])
    write_json(folder / "object-code.json", result)
    total = result["total"]
    for name, covered, count in (("instructions", "executed", "instructions"), ("ways of conditional branches", "ways_gone", "ways"), ("calls", "calls_made", "calls")):
        share(found, f"shipped image: {name}", total[covered], total[count], key=name == "instructions")
        if total[covered] < total[count]:
            found.gaps.append(f"shipped image: {total[count] - total[covered]} of {total[count]} {name} weren't seen; coverage/object-code.json names each by function")
    found.notes.append(f"Object code: {total['padding']:,} NOPs aren't counted that fill up behind a branch or a return: no symbol, branch, address or vector names one.")
    found.notes += [f"Object code: {of['count']:,} instructions not executed are {of['what']}." for of in result["classes"].values() if of["count"]]
    if result["status"]:
        found.bad.append("object code: tests failed, so its figures are not for credit")


def of_coupling(found, folder):
    data = coupling.measure()
    write_json(folder / "coupling.json", data)
    count = sum(len(row["structures"]) for row in data["rows"])
    found.figure("shared structures that only those use that are declared", count, "structures", "all", not data["wrong"])
    found.bad += data["wrong"]


def not_run(el2_result):
    """Tests that would execute more, and why they don't count."""
    left = len(el2_result["tests_left_out"])
    elsewhere = [f"el2: {left} tests of `make check` aren't run with counters: what implements their requirements, all of boot and updates, runs before the hypervisor or in cells. The object-code check has them."] if left else []
    imports = (
        "`bulkhead import` (src/compiler/import*.c) shows next to nothing: its tests, test/import, run on the tool without counters alone. Random bytes are "
        "among them, which count for no coverage, and samples of Debian's boards, which show that a board is taken, not that each branch was meant."
    )
    return [*elsewhere, *([] if "test/import" in host.SUITES else [imports])]


def make(bundle):
    found, folder, some = Found(), bundle.folder("coverage"), SHORT_TESTS if bundle.short else ()
    at_el2 = el2.measure(some)
    counted(found, bundle, "el2", at_el2, el2.PARTS, llvm.COVER / "html")
    counted(found, bundle, "host", host.measure(short=bundle.short), host.PARTS, host.OUT / "html")
    of_object_code(found, folder, some)
    of_coupling(found, folder)
    statement = (
        f"Hypervisor and {'unit tests of the tool' if bundle.short else 'tool'} were built by clang-19 with counters for statements, branches and MC/DC and run by tests that name a "
        "requirement: the hypervisor at EL2 in QEMU, its counters read from each core's own memory; fuzzing and random attacks don't "
        "count. The same tests pass on the shipped binary (part tests), which another compiler makes from the same sources; there the "
        "object-code check notes each instruction that QEMU executes, and which ways branches go."
    )
    found.notes.append("Data coupling: coupling.json has each structure that components share, its writers and readers. Control coupling: calls, above.")
    found.notes.append("Assembly has no counters: entry, vectors and the hash's blocks are seen by the object-code check, by QEMU's plugin, alone.")
    found.notes += not_run(at_el2)
    found.notes += [f"A gap of the class {name!r} is justified where {what}." for name, what in justified.CLASSES.items()]
    return bundle.end(Part("coverage", "Structural coverage", found.verdict, statement, found.figures, [*found.bad, *found.gaps], found.notes))

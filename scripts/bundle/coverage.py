# SPDX-License-Identifier: Apache-2.0
"""Structural coverage: of the hypervisor as it runs at EL2, and of host code. Goal: 100 % of statements, branches, MC/DC."""

import json
import shutil

from covering import coupling, el2, host, llvm, object_code

from .bundle import Figure, Part, write_json

SHORT_TESTS = ["test/system/test_control.py"]
JUSTIFIED = llvm.ROOT / "test/requirements/coverage-gaps.json"
# What a gap may be justified by; each is a claim that a reader can check in the source.
CLASSES = {
    "defensive": "what the branch guards against can't be brought about from outside: a broken table, a broken compiler",
    "hardware": "the emulated machine can't do it: an SError by hardware, a core without a feature, an error of a device",
    "tool": "the compiler can't count it: a decision of nested expressions, code before there are counters",
}
JUSTIFIED_MOST = 0.02  # of decisions


def gap_count(file):
    return len(file["gaps"]["branches"]) + len(file["gaps"]["mcdc"])


def justified(files, entries):
    """(gaps that an entry justifies by file, line and class; entries that are stale: no gap is where they say)."""
    found, stale = [], []
    for entry in entries:
        assert entry["class"] in CLASSES and entry["reason"], entry
        file = files.get(entry["file"])
        lines = {line for line, _ in file["gaps"]["branches"] + file["gaps"]["mcdc"]} | set(file["gaps"]["lines"]) if file else set()
        (found if entry["line"] in lines else stale).append(entry)
    return found, stale


def figures(result, parts):
    """Those of each part, and the gaps in words."""
    made, gaps = [], []
    for part in parts:
        for kind, (covered, count) in llvm.sums(result["files"], part).items():
            if count and kind != "functions":
                percent = round(100 * covered / count, 1)
                made.append(Figure(f"{part}: {llvm.KINDS[kind]}", percent, "%", f"{llvm.GOAL} %", covered == count))
                if covered < count:
                    gaps.append(f"{part}: {count - covered} of {count} {llvm.KINDS[kind]} weren't executed; coverage/{result['name']}.json names each")
    return made, gaps


def measured(bundle):
    yield "el2", el2.measure(SHORT_TESTS if bundle.short else ()), el2.PARTS, llvm.COVER / "html"
    yield "host", host.measure(short=bundle.short), host.PARTS, host.OUT / "html"


def of_object_code(folder, tests):
    """(figures, gaps, status) of the shipped binary's instructions, branches' ways, and calls: control coupling."""
    result = object_code.measure(tests)
    write_json(folder / "object-code.json", result)
    total, made, gaps = result["total"], [], []
    for name, covered, count in (("instructions", "executed", "instructions"), ("ways of conditional branches", "ways_gone", "ways"), ("calls", "calls_made", "calls")):
        made.append(Figure(f"shipped image: {name}", round(100 * total[covered] / total[count], 1), "%", f"{llvm.GOAL} %", total[covered] == total[count]))
        if total[covered] < total[count]:
            gaps.append(f"shipped image: {total[count] - total[covered]} of {total[count]} {name} weren't seen; coverage/object-code.json names each by function")
    return made, gaps, result["status"]


def make(bundle):
    folder, made, gaps, notes, failed = bundle.folder("coverage"), [], [], [], 0
    entries = json.loads(JUSTIFIED.read_text(encoding="utf-8"))["gaps"]
    for name, result, parts, pages in measured(bundle):
        result["name"] = name
        write_json(folder / f"{name}.json", result)
        shutil.copytree(pages, folder / f"{name}-html", dirs_exist_ok=True)
        failed += bool(result["status"])
        more, missing = figures(result, parts)
        known, stale = justified(result["files"], [entry for entry in entries if entry["of"] == name])
        decisions = sum(file["branches"]["count"] // 2 for file in result["files"].values())
        made += [*more, Figure(f"{name}: gaps justified", len(known), "", f"at most {JUSTIFIED_MOST:.0%} of {decisions} decisions", len(known) <= JUSTIFIED_MOST * decisions)]
        gaps += missing
        if not bundle.short:
            gaps += [f"justification of {entry['file']}:{entry['line']} is stale: no gap is there" for entry in stale]
        if result["status"]:
            notes.append(f"{name}: tests failed, so its figures are not for credit")
    more, missing, status = of_object_code(folder, SHORT_TESTS if bundle.short else ())
    made, gaps, failed = made + more, gaps + missing, failed + bool(status)
    data = coupling.measure()
    write_json(folder / "coupling.json", data)
    made.append(Figure("shared structures with writers and readers as declared", sum(len(row["structures"]) for row in data["rows"]), "structures", "all", not data["wrong"]))
    failed += bool(data["wrong"])
    gaps += data["wrong"]
    verdict = "fail" if failed else "open" if gaps else "pass"
    statement = (
        "Hypervisor and tool were built by clang-19 with counters for statements, branches and MC/DC and run by tests that name a "
        "requirement: the hypervisor at EL2 in QEMU, its counters read from each core's own memory; fuzzing and random attacks don't "
        "count. The same tests pass on the shipped binary (part tests), which another compiler makes from the same sources; there the "
        "object-code check notes each instruction that QEMU executes, and which ways branches go."
    )
    notes.append("Data coupling: coupling.json has each structure that components share, its writers and readers. Control coupling: calls, above.")
    notes.append("Assembly has no counters: entry, vectors and the hash's blocks are seen by the object-code check, by QEMU's plugin, alone.")
    return bundle.end(Part("coverage", "Structural coverage", verdict, statement, made, gaps, notes))

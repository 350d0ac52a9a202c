# SPDX-License-Identifier: Apache-2.0
"""Static evidence: analysers as SARIF with recorded deviations, stack, worst paths, absence of run-time errors.

docs/evidence-static.md says what each shows and doesn't.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from covering import llvm

from . import sarif, static_eva, static_limits, static_paths, static_stack, static_tools
from .bundle import BUILD, Found, Part, write_json

SHORT = ("src/core/hypercalls.c", "src/arch/arm64/traps.c")  # the short form's files ...
WHOLE = ("2.3", "2.4", "2.5", "5.7", "5.8", "5.9", "8.7")  # ... and rules that are about all files together


# [impl->swr~evidence-static-findings~1]
def analysers(found, folder, short):
    deviations = sarif.Deviations.read()
    files = list(SHORT) if short else static_tools.sources()
    names, findings, uncovered = ["cppcheck-misra"] if short else list(static_tools.TOOLS), 0, 0
    for name in names:
        work, file = static_tools.TOOLS[name]
        run = work(files)
        if short:
            run = replace(run, rules=[rule for rule in run.rules if rule not in WHOLE], findings=[finding for finding in run.findings if finding.rule not in WHOLE])
        open_ = sarif.write(folder / file, name, run, deviations, files)
        found.figure(f"{name}: findings", len(set(run.findings)), "findings", "each covered by a recorded deviation", not open_)
        found.figure(f"{name}: rules enabled", len(run.enabled()), "rules")
        findings, uncovered = findings + len(set(run.findings)), uncovered + len(open_)
        found.bad += [f"{name}: no deviation covers {finding}" for finding in open_]
        # Two files of forty say nothing of rows that the others need.
        found.bad += [] if short else [f"deviation covers nothing: {row}" for row in deviations.stale(name)]
    found.figure("findings of analysers without a deviation", uncovered, f"of {findings:,}", "0", not uncovered, key=True)
    write_json(folder / "deviations.json", deviations.table())
    found.figure("deviations", len(deviations.rows), "rules")


# [impl->swr~evidence-stack~1]
def stack(found, folder):
    table = static_stack.table(static_stack.graphs(), static_stack.limit())
    write_json(folder / "stack.json", table)
    found.bad += [f"stack: {error}" for error in table["errors"]]
    found.figure("deepest stack of a core", table["deepest_bytes"], "bytes", f"at most {table['limit_bytes']}", not table["errors"], key=True)


# [impl->swr~evidence-paths~1]
def paths(found, folder, image, exits, results):
    listed = static_paths.functions(static_paths.disassembly())
    values = static_limits.values(image)
    loops = static_paths.Loops(static_paths.read(static_paths.LOOPS)["loops"], values, static_paths.lines_of(static_paths.ELF))
    table = static_paths.table(listed, loops, results, exits)
    write_json(folder / "paths.json", {"unit": "instructions", "limits": values, "classes": table})
    for row in table:
        if row["bound"] is None:
            found.gaps.append(f"worst path of {row['class']}: no bound: {row['why_not']}")
        elif row["measured"] is None and row["longest_of_tests"] is None:
            found.gaps.append(f"worst path of {row['class']}: bound alone, no such exit was measured")
        elif row["longest_of_tests"] and row["longest_of_tests"]["longest"] > row["bound"]:
            longest = row["longest_of_tests"]["longest"]
            found.gaps.append(f"worst path of {row['class']}: one of {longest:,} instructions in the tests, more than the bound of {row['bound']:,}: it waited, for a core that a test held or a device that a test silenced, which is in no such sum, or the bound is wrong")
        if row["bound"] is not None and row["measured"] is not None and row["measured"] > row["bound"]:
            found.bad.append(f"worst path of {row['class']}: {row['measured']} measured, more than the bound of {row['bound']}")
    found.gaps += sorted(loops.missing)
    found.bad += [f"test/evidence/loops.json: {row}, which no path has" for row in loops.unused()]
    bounded = [row for row in table if row["bound"] is not None]
    found.figure("exit classes with a bound", len(bounded), "classes", f"{len(table)} classes", len(bounded) == len(table))
    seen = [row for row in table if row["measured"] is not None or row["longest_of_tests"]]
    found.figure("exit classes with a measurement", len(seen), "classes", f"{len(table)} classes", len(seen) == len(table))
    found.notes.append(
        "Bounds are sums of each loop's most turns: ones of nested loops over the virtual GIC's state are far from what can happen. Waiting for another core of "
        "the cell or for a device isn't in them; paths.json names each such wait with what bounds its time. They end where the guest's life does: "
        "a cell's stop or restart, a machine's reset."
    )


# [impl->swr~evidence-runtime-errors~1]
def eva(found, folder, proofs):
    """proofs: the runs of static_eva.targets(), which began before all else."""
    table = list(proofs)
    write_json(folder / "eva.json", {"tool": "Frama-C EVA", "version": static_eva.version(), "machine": static_eva.MACHINE, "targets": table})
    for row in table:
        found.bad += [f"EVA, {row['target']}: not justified: {alarm}" for alarm in row["not_justified"]]
        found.bad += [f"EVA, {row['target']}: stale: {alarm}" for alarm in row["stale"]]
        found.gaps += [f"EVA, {row['target']}: not analysed: {what}" for what in row["not_analysed"]]
        found.figure(f"EVA, {row['target']}: alarms", row["alarms"], "alarms", "none, or each justified", not row["not_justified"])
        found.figure(f"EVA, {row['target']}: functions analysed", row["functions_analysed"], "functions")
        reached, of = row["statements_reached"], row["statements_of_these"]
        found.figure(f"EVA, {row['target']}: statements reached", llvm.percent(reached, of), f"%, {reached:,} of {of:,} of those functions'")
    never, partly = static_eva.missed(table)
    found.gaps += [f"EVA: no target enters {', '.join(never)}"] if never else []
    found.gaps += [f"EVA: no target reaches all statements of {', '.join(partly)}"] if partly else []
    unjustified = sum(len(row["not_justified"]) for row in table)
    found.figure("EVA: alarms without a reason, by function and kind", unjustified, f"of {sum(len(row['alarm_table']) for row in table)}", "0", not unjustified, key=True)
    found.notes.append("EVA's proof is of C with the types of an LP64 little-endian machine; alignment, and what assembly does, are not in it.")


def statement(bad, short):
    if bad:
        said = f"{len(bad)} things must not be: {'; '.join(bad[:20])}."
    else:
        said = "Each finding, and each alarm, is covered by a recorded reason."
    read = f"cppcheck's MISRA C:2012 addon (rules by number) read {len(SHORT)} files of the hypervisor" if short else (
        "The hypervisor's C was read by cppcheck's MISRA C:2012 addon (rules by number), clang-tidy and GCC's analyser"
    )
    proof = "" if short else " Frama-C EVA, where it is installed, looked for run-time errors of exits, with guest registers and syndrome unconstrained, of a cell's start, stop and restart, and of the blueprint's reader."
    return f"{read}; the depth of its stack and the longest path of each class of exit were computed from the build that is shipped.{proof} {said}"


def make(bundle):
    folder, found = bundle.folder("static"), Found()
    object_code, timing = (bundle.out / name for name in ("coverage/object-code.json", "timing/results.json"))
    exits = static_paths.read(object_code)["exits"] if object_code.exists() else {}
    results = static_paths.read(timing) if timing.exists() and not bundle.short else []  # the short form measures nothing
    why_no_proof = "frama-c isn't installed (scripts/setup.sh evidence)" if not static_eva.present() else "left out of the short form" if bundle.short else None
    targets = {} if why_no_proof else static_eva.targets()
    with ThreadPoolExecutor(os.cpu_count()) as beside:  # minutes of one process a target, while analysers wait for each other
        proofs = beside.map(lambda target: static_eva.run(*target), targets.items())
        analysers(found, folder, bundle.short)
        stack(found, folder)
        paths(found, folder, bundle.image / "bulkhead.itb", exits, results)
        if why_no_proof:
            found.gaps.append(f"absence of run-time errors: {why_no_proof}")
        else:
            eva(found, folder, proofs)
    text = statement(found.bad, bundle.short)
    return bundle.end(Part("static", "Static evidence", found.verdict, text, found.figures, [*found.bad, *found.gaps], found.notes))

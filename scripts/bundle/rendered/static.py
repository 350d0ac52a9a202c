# SPDX-License-Identifier: Apache-2.0
"""Of part `static`: recorded deviations, EVA's alarms with their reasons, the longest path of each class of exit."""

from .markup import code, heading, listed, load, number, table, text


def _deviations(folder):
    rows = [
        [text(row["tool"]), text(row["rule"]), text(row["class"]), "<br>".join(code(where) for where in row["where"]), number(row["findings"]), text(row["reason"]), text(row["measures"])]
        for row in load(folder / "deviations.json", [])
    ]
    return heading("Deviations", table(["tool", "rule", "class", "where", "findings", "reason", "measures"], rows))


def _target(target):
    rows = [[code(row["function"]), text(row["kind"]), number(row["count"]), text(row["reason"] or "none: not justified")] for row in target["alarm_table"]]
    said = f"<p>{text(target['what'])} From {code(target['main'])}: {target['functions_analysed']} functions, {target['properties']} properties, {target['alarms']} alarms.</p>"
    assumed = listed(f"What EVA assumes of {target['target']}", target["assumptions"])
    return said + table(["function", "kind", "alarms", "why it is no error"], rows) + assumed


def _eva(folder):
    found = load(folder / "eva.json")
    if not found:
        return ""
    return "".join(heading(f"{found['tool']} {found['version']}, {target['target']}: alarms", _target(target)) for target in found["targets"])


def _paths(folder):
    found = load(folder / "paths.json", {"unit": "", "classes": []})
    rows = []
    for row in found["classes"]:
        bound = number(row["bound"]) if row["bound"] is not None else text(f"none: {row['why_not']}")
        measured = number(row["measured"] if row["measured"] is not None else "none")
        longest = number(row["longest_of_tests"]["longest"] if row.get("longest_of_tests") else "none")
        rows.append([text(row["class"]), bound, measured, longest, "<br>".join(text(wait) for wait in row.get("waits", []))])
    return heading(f"Longest path of each class of exit, in {found['unit']}", table(["class", "bound", "of make bench", "longest in tests, with waits", "waits that the bound leaves out"], rows))


def draw(folder):
    return _deviations(folder) + _eva(folder) + _paths(folder)

# SPDX-License-Identifier: Apache-2.0
"""Of part `coverage`: each source file with its gaps by kind, the gaps that are justified, and functions of the shipped image with gaps."""

from collections import defaultdict

from .markup import code, heading, load, number, share, table, text

MEASUREMENTS = ("el2", "host")


def ranges(numbers):
    """1-3 5, of 1 2 3 5."""
    found = []
    for at in sorted(numbers):
        if found and at == found[-1][1] + 1:
            found[-1][1] = at
        else:
            found.append([at, at])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def outcomes(rows):
    """33t 41f, of (line, column, "true" or "false"): the outcome of that line's branch that never came. 79:6t 79:30tf: by column, where a line has several."""
    lines = defaultdict(lambda: defaultdict(set))
    for line, column, outcome in rows:
        lines[line][column].add(outcome[0])
    shown = []
    for line, columns in sorted(lines.items()):
        for column, letters in sorted(columns.items()):
            shown.append(f"{line}:{column}" if len(columns) > 1 else str(line))
            shown[-1] += "".join(sorted(letters, reverse=True))
    return " ".join(shown)


def conditions(rows):
    """52:2,3, of (line, numbers of its decision's conditions that weren't shown to decide by themselves)."""
    return " ".join(f"{line}:{','.join(map(str, numbers))}" for line, numbers in sorted(rows))


WIDTHS = (28, 9, 8, 7, 16, 20, 12)  # of the files' columns, in percent


def _by_file(result):
    rows = []
    for name, file in result["files"].items():
        gaps = file["gaps"]
        shares = [share(file[kind]["covered"], file[kind]["count"]) for kind in ("lines", "branches", "mcdc")]
        shown = (ranges(gaps["lines"]), outcomes(gaps["branches"]), conditions(gaps["mcdc"]))
        rows.append([code(name), *shares, *(f'<span class="pale">{text(numbers)}</span>' for numbers in shown)])
    head = ["file", "statements", "branches", "MC/DC", "lines never executed", "outcomes that never came", "conditions not shown"]
    return heading(f"{result['what']}, by file", table(head, rows, WIDTHS))


def _justified(folder):
    rows = []
    for name in MEASUREMENTS:
        for entry in load(folder / f"{name}-justified.json", []):
            lines = range(entry["line"], entry.get("last", entry["line"]) + 1)
            rows.append([text(name), code(entry["file"]), ranges(lines), text(entry["class"]), text(entry["reason"])])
    return heading("Gaps that are justified", table(["of", "file", "lines", "class", "reason"], rows))


def _object_code(folder):
    functions = load(folder / "object-code.json", {}).get("functions", {})
    pairs = (("executed", "instructions"), ("ways_gone", "ways"), ("calls_made", "calls"))
    rows = [[code(name), *(share(of[gone], of[there]) for gone, there in pairs), number(len(of["gaps"]))] for name, of in sorted(functions.items()) if of["gaps"]]
    title = f"Object code: {len(rows)} of {len(functions)} functions of the shipped image with gaps; object-code.json has each instruction"
    return heading(title, table(["function", "instructions", "ways of branches", "calls", "gaps"], rows))


def draw(folder):
    results = [result for name in MEASUREMENTS if (result := load(folder / f"{name}.json"))]
    legend = (
        "<p class=pale>Outcomes: 33t, the condition of line 33 was never true; 41f, never false; 79:30t, the one in column 30 of line 79. "
        "Conditions: 52:2,3, the second and third of the decision on line 52.</p>"
    )
    files = "".join(_by_file(result) for result in results)
    return (legend + files if files else "") + _justified(folder) + _object_code(folder)

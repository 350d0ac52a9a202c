# SPDX-License-Identifier: Apache-2.0
"""Which test case a requirement's tag speaks of, and whether that is a normal-range or a robustness case; for trace.py.

A tag in the comment above a test function, or in it, speaks of that test; one behind a row of a table of tests (C's
ROW, MUTATION, TEST, LIFE, cmocka_unit_test...) of that row; one before the file's first code of all of its tests.
Elsewhere it speaks of the next test below.

Robustness cases feed what is wrong, hostile, damaged, too much, too early or too late. A test file names them in the
comment at its head, and ends the list with an empty line or the comment's end:

    Robustness: name_of_a_test, another
    Robustness: all
    Both ranges: a_test_that_feeds_good_and_bad
    By chance: a_test_that_does_what_random_numbers_say

What isn't named is a normal-range case. A row of a table of mutations (ROW, MUTATION) is always a robustness case. What a test by
chance executes counts for no structural coverage (scripts/covering/tags.py).
"""

import ast
import re
from dataclasses import dataclass, field

MARK = re.compile(r"^[\s*#/]*(Robustness|Both ranges|By chance):\s*(.*)$")
KINDS = {"Robustness": "robustness", "Both ranges": "both"}
C_TEST = re.compile(r"static void (\w+)\(void \*\*\w+\)")
C_CASE = re.compile(r"static void (\w+)\(void(?: \*\*\w+)?\)")
C_ROW = re.compile(r"^\s*(ROW|MUTATION|TEST|LIFE|cmocka_\w+)\((?:[A-Z0-9_]+, )?(\w+)")


@dataclass
class Case:
    name: str
    line: int
    kind: str = "normal"  # or robustness, or both
    scope: str = "case"  # or file: the tag stands at the head of the file and speaks of all of its tests


@dataclass
class File:
    """The tests of one file: where each begins (its comment, or what decorates it) and ends."""

    head: int = 0  # the last line that is before all code
    tests: list = field(default_factory=list)  # (first line, line of its name, last line, name)
    rows: dict = field(default_factory=dict)  # line -> (name, it is a mutation)
    helpers: dict = field(default_factory=dict)  # C: line -> (name, line) of a case that another test runs
    kinds: dict = field(default_factory=dict)  # name -> kind, where it isn't normal
    chance: set = field(default_factory=set)  # names of those that go by chance
    errors: list = field(default_factory=list)  # (line, text)


def _above(lines, number, comment):
    """First line of the comment that ends right above line `number`; both count from 1."""
    while number > 1 and lines[number - 2].strip() and comment(lines[number - 2].strip()):
        number -= 1
    return number


def _python(text, lines, found):
    tree = ast.parse(text)
    code = [node for node in tree.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    found.head = code[0].lineno - 1 if code else len(lines)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            first = _above(lines, first, lambda line: line.startswith("#"))
            found.tests.append((first, node.lineno, node.end_lineno, node.name))


def _c(lines, found):
    found.head = next((n - 1 for n, line in enumerate(lines, 1) if line.startswith("#")), 0)
    for number, line in enumerate(lines, 1):
        row, case = C_ROW.match(line), C_CASE.match(line)
        if row:
            found.rows[number] = (row.group(2), row.group(1) in ("ROW", "MUTATION"))
        if not case:
            continue
        first = _above(lines, number, lambda above: above.startswith(("/*", "*", "//")) or above.endswith("*/"))
        last = next((n for n in range(number + 1, len(lines) + 1) if lines[n - 1].startswith("}")), number)
        if C_TEST.match(line):
            found.tests.append((first, number, last, case.group(1)))
        else:
            found.helpers.update(dict.fromkeys(range(first, last + 1), (case.group(1), number)))


def _marks(lines, found):
    names = {name for *_, name in found.tests} | {name for name, _ in found.rows.values()} | {n for n, _ in found.helpers.values()}
    within = ""
    for number, line in enumerate(lines[: found.head], 1):
        mark = MARK.match(line)
        words = re.findall(r"\w+", mark.group(2) if mark else line) if mark or within else []
        within = (mark.group(1) if mark else within) if words else ""
        for word in words:
            named = names if word == "all" else names & {word}
            if within in KINDS:
                found.kinds.update(dict.fromkeys(named, KINDS[within]))
            else:
                found.chance |= named
            if not named:
                found.errors.append((number, f"{within}: names '{word}', which is no test of this file"))


def read(path, text):
    """What there is to know of a test file; of any other there are no tests."""
    found, lines = File(), text.splitlines()
    if path.endswith(".py"):
        _python(text, lines, found)
    elif path.endswith(".c"):
        _c(lines, found)
    found.tests.sort()
    if found.tests or found.rows:
        _marks(lines, found)
    return found


def _case(found, name, line, scope="case", mutation=False):
    return Case(name, line, "robustness" if mutation else found.kinds.get(name, "normal"), scope)


# [impl->swr~trace-cases~1]
def cases(found, line):
    """Those that a tag in this line speaks of; without any in the file there are none."""
    if line <= found.head:
        return [_case(found, name, at, "file") for _, at, _, name in found.tests]
    if line in found.rows:
        name, mutation = found.rows[line]
        return [_case(found, name, line, mutation=mutation)]
    for first, at, last, name in found.tests:
        if first <= line <= last:
            return [_case(found, name, at)]
    if line in found.helpers:
        return [_case(found, *found.helpers[line])]
    below = [_case(found, name, at) for first, at, _, name in found.tests if first > line]
    return below[:1]

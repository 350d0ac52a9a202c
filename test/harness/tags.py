# SPDX-License-Identifier: Apache-2.0
"""Which requirement items a test names, and what it says that it expects, from its source: a pair of square brackets with utest
or stest, an arrow and an item's ID (scripts/trace.py checks that there is such an item).

A tag counts for the test whose text or whose comment has it, in C also for those that use the table whose row it stands beside. One in a file's docstring, or that belongs to no test by itself (a
helper), counts for each test of the file, but none in a string that is no docstring."""

import ast
import functools
import re

TAG = re.compile(r"\[[us]test->([a-z]+~[a-z][a-z0-9-]*~[0-9]+)\]")
ANY_TAG = re.compile(r"\s*\[\w+->[^\]\s]*\]")
C_FUNCTION = re.compile(r"^(?:static )?[\w ]+[ *](\w+)\([^;]*$")
C_TABLE = re.compile(r"^\S[^\n;]*?(\w+)(?:\[\w*\])+ = {", re.M)
C_COMMENT = re.compile(r"/\*(.*?)\*/|//([^\n]*)", re.S)


def _sentence(text):
    """The first paragraph, on one line, without tags and a comment's stars."""
    lines = [re.sub(r"^\s*(\*|#)?\s*", "", line) for line in ANY_TAG.sub("", text or "").strip().splitlines()]
    return " ".join("\n".join(lines).split("\n\n")[0].split())


class Source:
    """Of one file of tests."""

    def __init__(self):
        self.common = set()  # items of each test
        self.items = {}  # test -> items
        self.expected = {}  # test -> sentence

    def of(self, test):
        return sorted(self.common | self.items.get(test, set()))

    def expects(self, test):
        """What it says itself; where it says nothing, that is said."""
        return self.expected.get(test) or f"every assertion of {test} holds (the test doesn't say it in words)"


def _without_values(text, tree):
    """The text's lines without what its strings say, but for docstrings: a tag in one is a test's input."""
    lines = [line.encode() for line in text.splitlines()]
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            for n in range(node.lineno - 1, node.end_lineno):
                start = node.col_offset if n == node.lineno - 1 else 0
                end = node.end_col_offset if n == node.end_lineno - 1 else len(lines[n])
                lines[n] = lines[n][:start] + b" " * (end - start) + lines[n][end:]
    return [line.decode() for line in lines]


def _python(text):
    """Tests are functions test_*, also in classes."""
    tree = ast.parse(text)
    source, lines, taken = Source(), _without_values(text, tree), set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test"):
            continue
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
        comment = first
        while comment and lines[comment - 1].lstrip().startswith("#"):
            comment -= 1
        span = set(range(comment, node.end_lineno))
        taken |= span
        source.items[node.name] = set(TAG.findall("\n".join(lines[n] for n in sorted(span))))
        above = "\n".join(line for line in lines[comment:first] if not line.startswith("# pylint"))
        source.expected[node.name] = _sentence(ast.get_docstring(node)) or _sentence(above)
    source.common = set(TAG.findall("\n".join(line for n, line in enumerate(lines) if n not in taken)))
    return source


def _c_owners(text, comment, cases):
    """The cases that a comment is about: one that its line names before it, or the function right behind it; those that use the table
    whose row it stands beside."""
    beside = text[text.rfind("\n", 0, comment.start()) + 1 : comment.start()].strip()
    if not beside:
        behind = text[comment.end() :].lstrip().splitlines()
        found = C_FUNCTION.match(behind[0]) if behind else None
        return {found[1]} & cases if found else set()
    named = set(re.findall(r"\w+", beside)) & cases
    tables = C_TABLE.findall(text, 0, comment.start())
    return named or {case for case in cases if tables and re.search(rf"\b{tables[-1]}\b", _c_body(text, case))}


def _c_body(text, function):
    found = re.search(rf"^[^\n;]*\b{re.escape(function)}\([^;{{]*\)\n{{.*?^}}", text, re.M | re.S)
    return found[0] if found else ""


def _c(text, cases):
    source = Source()
    for comment in C_COMMENT.finditer(text):
        items, owners = TAG.findall(comment[0]), _c_owners(text, comment, cases)
        for owner in owners:
            source.items.setdefault(owner, set()).update(items)
            if text[: comment.start()].endswith("\n"):  # above it, not beside it
                source.expected[owner] = source.expected.get(owner) or _sentence(comment[1] or comment[2])
        if not owners:
            source.common.update(items)
    return source


@functools.lru_cache(maxsize=None)
def read(path, cases=frozenset()):
    """path: of Python tests, or of C ones, whose names are `cases`."""
    text = path.read_text(encoding="utf-8")
    return _python(text) if path.suffix == ".py" else _c(text, cases)

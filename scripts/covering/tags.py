# SPDX-License-Identifier: Apache-2.0
"""Which of pytest's tests name a requirement, as their records have it (test/harness/tags.py), and go by intent, since the head of their
file doesn't say `By chance:` of them (scripts/trace_cases.py): only what these execute counts. [impl->swr~coverage-intent~1]"""

import functools
import re
import sys

import trace_cases
from bundle.requirements import tracing

from .llvm import ROOT

sys.path.insert(0, str(ROOT / "test"))

from harness import tags  # noqa: E402  (needs the path above)

read = tags.read


def tagged(nodes):
    """nodes: as pytest names them, from the tree's top or from test/."""
    return {node for node in nodes if is_tagged(node)}


def is_tagged(node):
    """It names a requirement, and isn't by chance."""
    path, name = _named(node)
    return bool(tags.read(path).of(name)) and name not in _cases(path).chance


def is_of(node, documents, parts):
    """It names requirements, all are of these files of test/requirements, and none is implemented below `parts`."""
    path, name = _named(node)
    items = set(tags.read(path).of(name))
    return bool(items) and items <= _elsewhere(documents, parts)


@functools.lru_cache(maxsize=None)
def _elsewhere(documents, parts):
    below, of = tuple(f"{part}/" for part in parts), tuple(f"{tracing.ITEMS}/{name}:" for name in documents)
    told = tracing.trace(ROOT).items_told()
    return {item["id"] for item in told if item["place"].startswith(of) and not any(code.startswith(below) for code in item["code"])}


def file_counts(node):
    """Of a machine of which it is known only that this test started it: any test of the file may have had it, and so all must count."""
    return all(is_tagged(f"{node.split('::', maxsplit=1)[0]}::{name}") for *_, name in _cases(_file(node)).tests)


def _named(node):
    """(its file, its function)"""
    file, *_, name = re.sub(r"\[.*", "", node, flags=re.S).split("::")
    return _file(file), name


def _file(node):
    path = node.split("::")[0]
    return ROOT / (path if path.startswith("test/") else f"test/{path}")


@functools.lru_cache(maxsize=None)
def _cases(path):
    return trace_cases.read(path.name, path.read_text(encoding="utf-8"))

# SPDX-License-Identifier: Apache-2.0
"""Which of pytest's tests name a requirement: only what these execute counts."""

import ast
import functools
import re

from .llvm import ROOT

TAG = re.compile(r"\[[us]test->")


@functools.lru_cache(maxsize=None)
def _of_file(path):
    """Test function -> whether it, or the whole file, has a tag."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    whole = bool(TAG.search(ast.get_docstring(tree) or ""))
    return {f.name: whole or bool(TAG.search(ast.get_docstring(f) or "")) for f in tree.body if isinstance(f, ast.FunctionDef)}


def tagged(nodes):
    """nodes: as pytest names them, from the tree's top or from test/."""
    return {node for node in nodes if is_tagged(node)}


def is_tagged(node):
    path, name = node.split("::")[0], re.sub(r"\[.*", "", node.split("::")[-1])
    return _of_file(path if path.startswith("test/") else f"test/{path}").get(name, False)

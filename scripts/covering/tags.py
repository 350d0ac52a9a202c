# SPDX-License-Identifier: Apache-2.0
"""Which of pytest's tests name a requirement, as their records have it (test/harness/tags.py): only what these execute counts."""

import re
import sys

from .llvm import ROOT

sys.path.insert(0, str(ROOT / "test"))

from harness import tags  # noqa: E402  (needs the path above)

TAG = tags.TAG


def tagged(nodes):
    """nodes: as pytest names them, from the tree's top or from test/."""
    return {node for node in nodes if is_tagged(node)}


def is_tagged(node):
    path, name = node.split("::")[0], re.sub(r"\[.*", "", node.split("::")[-1])
    return bool(tags.read(ROOT / (path if path.startswith("test/") else f"test/{path}")).of(name))

# SPDX-License-Identifier: Apache-2.0
"""What scripts/stack.py finds in the call graphs of the hypervisor's build, as a table."""

import re
import sys

from .bundle import BUILD, ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import stack  # noqa: E402  (needs the path above)


def limit():
    """As the build has it."""
    return int(re.search(r"^HV_STACK := (\d+)", (ROOT / "src/build.mk").read_text(encoding="utf-8"), re.M)[1])


def graphs():
    return sorted((BUILD / "hv/src").rglob("*.ci"))


def table(files, most):
    """stack.json. `errors`: recursion, frames of no fixed size, calls through unknown pointers, a stack that is too small."""
    graph = stack.Graph(files)
    return {
        "limit_bytes": most,
        "of": "a core's stack less the frame of vectors.S (src/build.mk); gcc -fcallgraph-info=su, the build that is shipped",
        **graph.report(most),
        "indirect_calls": {caller: callees for caller, callees in stack.INDIRECT.items()},
    }

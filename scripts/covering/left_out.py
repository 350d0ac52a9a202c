# SPDX-License-Identifier: Apache-2.0
"""pytest plugin of el2.py (`-p covering.left_out`): tests whose requirements are all of boot and updates, and none of them EL2's, aren't run with
counters. What implements them runs before the hypervisor or in cells; what they use of EL2 has requirements, and tests, of its own.
[impl->swr~coverage-elsewhere~1]"""

import os
import pathlib

from . import tags

DOCUMENTS = ("boot.md", "update.md")  # of test/requirements
PARTS = ("src/core", "src/arch/arm64", "src/platform")  # EL2's
FILE = "BULKHEAD_COVER_LEFT_OUT"  # where their names go


def pytest_collection_modifyitems(config, items):
    """Of those that would run. Each process that runs tests has collected all of them, and writes the same."""
    left = [item for item in items if tags.is_of(item.nodeid, DOCUMENTS, PARTS) and (config.getoption("--full") or not item.get_closest_marker("full"))]
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=left)
    pathlib.Path(os.environ[FILE]).write_text("".join(f"{item.nodeid}\n" for item in left), encoding="utf-8")

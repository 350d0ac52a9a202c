# SPDX-License-Identifier: Apache-2.0
"""pytest for everything below test/ that is Python: where results go, and what only check-full runs."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import build, recorder  # noqa: E402  (needs the path above)


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="also what is marked `full` (make check-full)")


def pytest_configure(config):
    config.pluginmanager.register(recorder.Recorder(), "records")
    config.addinivalue_line("markers", "full: takes long; only with --full")
    config.addinivalue_line("markers", "restarts: restarts a cell; the others' time goes on, but not their ticks' regularity on QEMU")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--full"):
        return
    for item in items:
        if item.get_closest_marker("full"):
            item.add_marker(pytest.mark.skip(reason="only in make check-full"))


@pytest.fixture
def results(request):
    """Folder of this test's raw output: its own, also beside a test of that name in another file."""
    return build.results_folder(f"{request.module.__name__}-{request.node.name}")

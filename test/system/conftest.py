# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the system tests: a boot shared by the tests of a module."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import system  # noqa: E402  (needs the path above)
from harness import build  # noqa: E402


@pytest.fixture(scope="module", params=["injected", "direct"])
def attack(request):
    """Attacker and victim, up; in both interrupt modes. A test leaves both alive."""
    folder = build.results_folder(f"{request.module.__name__}-{request.param}")
    with system.running(request.param, folder) as running:
        running.mode = request.param
        yield running.wait_up("attacker", "victim")

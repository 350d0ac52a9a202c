# SPDX-License-Identifier: Apache-2.0
"""The attacks use what the system tests use."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

import intruder  # noqa: E402  (needs the path above)
import peer as cable  # noqa: E402
from harness import build  # noqa: E402


@pytest.fixture(scope="module")
def count(request):
    """Attempts a class."""
    return int(os.environ.get("ATTACK_COUNT", "0"), 0) or (intruder.MANY if request.config.getoption("--full") else intruder.SOME)


@pytest.fixture(scope="module")
def guest(request):
    """A machine with the intruder, of one file of tests."""
    name = request.module.__name__.removeprefix("test_").replace("_", "-")
    with cable.plugged() as peer:
        running = intruder.Intrusion(build.results_folder(f"attack-{name}"), peer)
        with running.target:
            yield running.begin()


@pytest.fixture(autouse=True)
def measured(request, record_property):
    """What the witnesses measured goes into the test's record."""
    yield
    if "guest" in request.fixturenames:
        guest = request.getfixturevalue("guest")
        for name, value in guest.measured.items():
            record_property(name, value)
        guest.measured.clear()

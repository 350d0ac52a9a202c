# SPDX-License-Identifier: Apache-2.0
"""The attacks use what the system tests use."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))


@pytest.fixture(autouse=True)
def measured(request, record_property):
    """What the witnesses measured goes into the test's record."""
    yield
    if "guest" in request.fixturenames:
        guest = request.getfixturevalue("guest")
        for name, value in guest.measured.items():
            record_property(name, value)
        guest.measured.clear()

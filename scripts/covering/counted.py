# SPDX-License-Identifier: Apache-2.0
"""pytest plugin of host.py (`-p covering.counted`): programs count in BULKHEAD_COVER_HOST while a test runs that names a requirement and
doesn't go by chance; what they execute for others, or while no test runs, counts nowhere. [impl->swr~coverage-intent~1]"""

import os

import pytest

from . import tags

VARIABLE, NOWHERE = "LLVM_PROFILE_FILE", "/dev/null"


def pytest_configure():
    os.environ[VARIABLE] = NOWHERE


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """A fixture that several tests share counts by the first of them."""
    if tags.is_tagged(item.nodeid):
        os.environ[VARIABLE] = os.environ["BULKHEAD_COVER_HOST"]
    yield
    os.environ[VARIABLE] = NOWHERE

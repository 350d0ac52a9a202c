# SPDX-License-Identifier: Apache-2.0
"""`make drill`: each error of the health table is acted on within its bound, nobody else notices, and an operator is told; with
--full all, else the one that a cell makes and the one that it is late with.

[stest->swr~metrics-last-life~1] [stest->swr~health-actions~1] [stest->swr~fault-costs-its-cell~1]
"""

import sys

import pytest

from harness import build

sys.path.insert(0, str(build.ROOT / "scripts"))

import drill  # noqa: E402  (needs the path above)
import drill_alerts  # noqa: E402
import drill_cases  # noqa: E402

SHORT = {"memory-violation", "heartbeat-missed", "restart-limit"}


@pytest.mark.parametrize("case", drill_cases.CASES, ids=lambda case: case.error)
def test_error(case, request):
    if case.error not in SHORT and not request.config.getoption("--full"):
        pytest.skip("with --full")
    (outcome,) = drill.drill(build.results_folder(f"drill-{case.error}"), [case])
    assert list(outcome.wrong()) == []


@pytest.mark.full
def test_told():
    """Of each error a metric moves and an alert fires, which was not firing before."""
    told = list(drill_alerts.watched(build.results_folder("drill-told")))
    assert len(told) == len(drill_cases.CASES)
    assert [wrong for one in told for wrong in one.wrong()] == []

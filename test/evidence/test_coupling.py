# SPDX-License-Identifier: Apache-2.0
"""Who writes and reads what components share: the table against the sources.

Robustness: test_told
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

from covering import coupling  # noqa: E402  (needs the path above)

ROW = {"structures": ["a"], "writers": ["src/core"], "readers": ["cells/health"]}


# [utest->swr~coupling-declared~1]
def test_as_declared():
    assert coupling.measure()["wrong"] == []


# [utest->swr~coupling-declared~1]
def test_told():
    assert coupling.check({"a": ["src/core", "cells/health/more"]}, [ROW]) == []
    assert coupling.check({"a": ["src/log"]}, [ROW]) == ["struct a: src/log uses it, and is neither writer nor reader"]
    assert coupling.check({"a": [], "b": []}, [ROW]) == ["struct b: no row says who writes it"]
    assert coupling.check({}, [ROW]) == ["struct a: there is none in src/blueprint"]
    assert coupling.check({"a": []}, [ROW, ROW]) == ["struct a stands in two rows"]

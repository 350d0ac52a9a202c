# SPDX-License-Identifier: Apache-2.0
"""Records of tests that run on what counts: in a folder of their own, so that they aren't taken for those of `make check`, and so that
both can be compared."""

import json
import pathlib
import shutil


def to(folder):
    """Variables of a pytest whose tests leave their records there, and no others are there."""
    shutil.rmtree(folder, ignore_errors=True)
    return {"BULKHEAD_RECORDS": str(folder)}


def verdicts(folder):
    """{case: verdict}"""
    lines = (json.loads(line) for path in pathlib.Path(folder).glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines())
    return {line["case"]: line["verdict"] for line in lines if "case" in line}


def different(counting, shipped):
    """(cases that passed or failed on what counts and did something else on what is shipped, those that ran on one of both alone)
    [impl->swr~coverage-same-verdicts~1]"""
    found, unequal = [], []
    for case, verdict in sorted(counting.items()):
        other = shipped.get(case, "not run")
        if verdict != other:
            (unequal if "skip" in (verdict, other) else found).append(f"{case}: {verdict} with counters, {other} without")
    return found, unequal

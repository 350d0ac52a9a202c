# SPDX-License-Identifier: Apache-2.0
"""What tests measured, out of the bundle's test records."""

import json
import re


def records(bundle):
    """Those of test cases, as tests/records.jsonl has them; empty where the part `tests` wasn't made."""
    path = bundle.out / "tests/records.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    return [line for line in lines if "case" in line]


def of(found, pattern):
    """The records whose case begins so."""
    return [record for record in found if re.match(pattern, record["case"])]


def short(record):
    """What a table says of a record."""
    return {"case": record["case"], "record": record["record"], "verdict": record["verdict"], "measured": record.get("measured", {})}

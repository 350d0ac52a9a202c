# SPDX-License-Identifier: Apache-2.0
"""What is measured of a witness while it is attacked: told as it was measured, before it is judged, so that the record of a test that
fails has the numbers that it failed by (scripts/bundle/interference.py makes figures of them)."""

ENTRIES = "control: entries to EL2 added"
TICKS = "control: ticks meanwhile"
MISSED = "control: ticks missed"
LATEST = "control: its latest tick was late by less than, ns"


def added(before, counts):
    """What stands in a test's record after this attack and those before it, of which `before` tells."""
    return {name: before.get(name, 0) + count for name, count in counts.items()}

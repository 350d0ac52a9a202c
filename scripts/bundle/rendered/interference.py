# SPDX-License-Identifier: Apache-2.0
"""Of part `interference`: each channel beside what bounds it and what its victims measured."""

from .markup import load, number, table, text, verdict

ASIDE = ("attempts", "seed")  # of what a test measured: how it was made, not what came


def draw(folder):
    rows = []
    for channel in load(folder / "results.json", {}).get("channels", []):
        seen = max((test["measured"] for test in channel["tests"]), key=len) if channel["tests"] else {}
        said = "; ".join(f"{name}: {value}" for name, value in (seen or {}).items() if name not in ASIDE)
        time = "" if channel["seen"] else ' <span class="shown">time not shown</span>'
        rows.append([text(channel["name"]), text(channel["load"]), text(channel["bound"]), text(channel.get("shown", "")), number(len(channel["tests"])), verdict(channel["verdict"]) + time, text(said)])
    return table(["channel", "load", "bounded by", "looked at", "tests", "verdict", "of one test, measured by the victim"], rows)

# SPDX-License-Identifier: Apache-2.0
"""What each path through the hypervisor costs, and the way from power-on to the cells: `make bench`, its table and plots."""

import json

from . import plot
from .bundle import BUILD, ROOT, Figure, Part, run, write_json

RESULTS = BUILD / "bench/results.json"
PLOTS = {"instructions": "Paths through EL2, each against its goal", "ms": "From power-on to the cells, by stage"}


def plotted(rows, unit):
    """Of what is small beside the rest nothing would be seen, so of instructions only what has a goal below 1,000."""
    of = [row for row in rows if row["unit"] == unit and (row["name"].startswith("stage_") if unit == "ms" else (row["target"] or 1e9) < 1000)]
    return [(row["name"], row["value"], row["target"]) for row in of]


def make(bundle):
    folder = bundle.folder("timing")
    if not bundle.short:
        run(ROOT / "scripts/bench.py")
    title = "Timing and size"
    if not RESULTS.exists():
        return bundle.end(Part("timing", title, "open", "Nothing was measured.", gaps=["make bench wasn't run: it takes four minutes"]))
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))
    write_json(folder / "results.json", rows)
    for unit, name in PLOTS.items():
        if bars := plotted(rows, unit):
            (folder / f"{unit}.svg").write_text(plot.bars(name, bars, unit), encoding="utf-8")
    figures = [
        Figure(row["name"], row["value"], row["unit"], f"at most {row['target']:g}", row["value"] <= row["target"]) for row in rows if row["target"] is not None
    ]
    missed = [f"{row['name']}: {row['value']:g} {row['unit']}, goal {row['target']:g}: {row['reason']}; next: {row['next']}" for row in rows if row.get("reason")]
    statement = (
        "Instructions and entries are counted on QEMU under -icount shift=0, by PMCCNTR_EL0 and by a plugin that sees each "
        "instruction; they are the same in each run. They are no cycles: an emulated core has no pipeline, no caches, no contention."
    )
    notes = ["Figures of an earlier make bench: the short form measures nothing."] if bundle.short else []
    return bundle.end(Part("timing", title, "open" if missed else "pass", statement, figures, missed, notes))

# SPDX-License-Identifier: Apache-2.0
"""Interference channels (AMC 20-193, CAST-32A): of each the hostile neighbour that loads it, and what its victim measured.

In QEMU cores share no cache and no bus: those can't be loaded there, and what contention costs in time can't be seen; that is said of
each channel, with the way to measure it on hardware (docs/interference.md).
"""

from dataclasses import asdict, dataclass

from . import measured
from .bundle import Figure, Part, write_json

PROCEDURE = "interference/interference.md"
ENTRIES, MISSED = "control: entries to EL2 added", "control: ticks missed"  # test/attack/witness.py
VICTIM = "entries to EL2, ticks, memory; not time"


@dataclass
class Channel:
    """cases: pattern of the tests that load it, "": an emulated machine has nothing to be loaded; seen: whether emulation shows all of
    its effect; shown: what those tests look at."""

    name: str
    load: str
    bound: str  # what bounds the effect, by design
    cases: str
    seen: bool
    shown: str


CHANNELS = (
    Channel("memory bus", "none", "nothing: bandwidth is shared", "", False, "nothing"),
    Channel("last-level cache", "none", "cache colours, where the file gives them: cells with colours share no set", "", False, "nothing"),
    Channel("TLB broadcast", "TLBI without pause; every TLBI among all system instructions", "nothing: TLBI broadcasts within its VMID, the interconnect is shared", r"flood_tlbi|test_classes\.py::test_sysregs", False, VICTIM),
    Channel("GIC distributor", "storms of every owned interrupt; all registers of the emulated pages", "EL2 writes single registers, and waits for no cell", r"flood_sgis|test_classes\.py::test_(storms|pages)", False, VICTIM),
    Channel("hypercalls", "every documented function and its neighbours, any arguments", "bounded paths on the caller's own core, no lock", r"test_classes\.py::test_calls", True, "entries to EL2, ticks, memory"),
    Channel("PCI", "configuration space by intent and by chance, resets, BARs moved", "emulated configuration space, one access a trap", r"test_intruder\.py::test_(resets|bars|attempts)|test_intruder_chance\.py::test_config", False, VICTIM),
    Channel("SMMU queues", "DMA refused, 512 faults to a page, by each engine", "16 faults a second and stream, then silence; the owner of the service core is the cell's own", r"test_intruder\.py::test_(faults|losses)", False, VICTIM),
    Channel("messages", "65,536 EventIDs by each engine, every word of the doorbell's page", "the ITS translates what the cell has", r"test_intruder\.py::test_messages", False, VICTIM),
    Channel("console", "a flood of output on the emulated UART", "a ring of its own; the health cell reads at its own pace", r"flood_console", False, VICTIM),
    Channel("telemetry", "events and doorbells without pause", "a ring a core; the writer waits for nobody", r"flood_events", False, VICTIM),
    Channel("network of the health cell", "six attacks from the link", "polls of bounded length", r"test_net_attack\.py::test_polls_in_time", False, "entries to EL2 of the control cell; the health cell's polls, late by instructions; not time"),
)


def row(channel, found):
    """[impl->swr~interference-told~1]"""
    of = measured.of(found, rf"(attack|system)::.*({channel.cases})") if channel.cases else []
    verdict = "fail" if any(r["verdict"] == "fail" for r in of) else "pass" if any(r["verdict"] == "pass" for r in of) else "not shown"
    return {**asdict(channel), "verdict": verdict, "tests": [measured.short(r) for r in of if r["verdict"] != "skip"]}


def gap(made):
    if not made["cases"]:
        return f"{made['name']}: not loaded, since an emulated machine has none that a load could fill; the procedure for hardware is {PROCEDURE}"
    if made["verdict"] == "not shown":
        return f"{made['name']}: none of its tests is among the records"
    if not made["seen"]:
        return f"{made['name']}: what contention costs in time isn't shown by an emulated machine; the procedure for hardware is {PROCEDURE}"
    return None


def figure(rows, name, what, unit):
    """The worst that a test measured, of those of all channels; none: no test did."""
    found = [test["measured"][name] for made in rows for test in made["tests"] if name in test["measured"]]
    return [Figure(f"{what}, worst test", max(found), unit, "0", not max(found))] if found else []


def stated(rows):
    without = [made["name"] for made in rows if made["verdict"] == "not shown"]
    return (
        f"{len(rows) - len(without)} of {len(rows)} channels by which a cell could disturb another were loaded by a hostile neighbour"
        f"{'; not loaded: ' + ', '.join(without) if without else ''}. What was looked at of the victims each channel's row says under `shown`. "
        "How late a victim's latest tick was is of a clock that goes on while the host gives QEMU no core: it is no less than what the neighbour did to it, and "
        "says nothing of what a bus would."
    )


def make(bundle):
    rows = [row(channel, measured.records(bundle)) for channel in CHANNELS]
    write_json(bundle.folder("interference") / "results.json", {"procedure": PROCEDURE, "channels": rows})
    figures = [
        *figure(rows, ENTRIES, "entries to EL2 that neighbours added to a direct-interrupt cell", "entries"),
        *figure(rows, MISSED, "ticks that a direct-interrupt cell missed", "ticks"),
    ]
    gaps = [text for made in rows if (text := gap(made))]
    verdict = "fail" if any(made["verdict"] == "fail" for made in rows) else "open" if gaps else "pass"
    return bundle.end(Part("interference", "Interference channels", verdict, stated(rows), figures, gaps))

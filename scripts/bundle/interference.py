# SPDX-License-Identifier: Apache-2.0
"""Interference channels (AMC 20-193, CAST-32A): of each the hostile neighbour that loads it, and what its victim measured.

In QEMU cores share no cache and no bus, so what contention costs in time can't be seen there; that is said of each channel, with the
way to measure it on hardware (docs/interference.md).
"""

from dataclasses import asdict, dataclass

from . import measured
from .bundle import Figure, Part, write_json

PROCEDURE = "interference/interference.md"
ENTRIES = "control: entries to EL2 added"


@dataclass
class Channel:
    """cases: pattern of the tests that load it; seen: whether emulation shows all of its effect."""

    name: str
    load: str
    bound: str  # what bounds the effect, by design
    cases: str
    seen: bool


CHANNELS = (
    Channel("memory bus", "fetches and reads of all memory by a hostile cell", "nothing: bandwidth is shared", r"test_classes\.py::test_fetches", False),
    Channel("last-level cache", "the same; cells with cache colours share no set", "cache colours, where the file gives them", r"test_colors\.py", False),
    Channel("TLB broadcast", "TLBI without pause; every TLBI among all system instructions", "nothing: TLBI broadcasts within its VMID, the interconnect is shared", r"flood_tlbi|test_classes\.py::test_sysregs", False),
    Channel("GIC distributor", "storms of every owned interrupt; all registers of the emulated pages", "EL2 writes single registers, and waits for no cell", r"flood_sgis|test_classes\.py::test_(storms|pages)", True),
    Channel("hypercalls", "every documented function and its neighbours, any arguments", "bounded paths, no lock", r"test_classes\.py::test_calls", True),
    Channel("PCI", "configuration space by chance, resets, BARs moved", "emulated configuration space, one access a trap", r"test_intruder\.py::test_(config|resets|bars|attempts)", False),
    Channel("SMMU queues", "DMA refused, 512 faults to a page, by each engine", "16 faults a second and stream, then silence; the owner of the service core is the cell's own", r"test_intruder\.py::test_(faults|losses)", True),
    Channel("messages", "65,536 EventIDs by each engine, every word of the doorbell's page", "the ITS translates what the cell has", r"test_intruder\.py::test_messages", True),
    Channel("console", "a flood of output on the emulated UART", "a ring of its own; the health cell reads at its own pace", r"flood_console|test_console_in_use", True),
    Channel("telemetry", "events and doorbells without pause", "a ring a core; the writer waits for nobody", r"flood_events|test_event_log\.py::test_(many|none_dropped)", True),
    Channel("network of the health cell", "six attacks from the link", "polls of bounded length", r"test_net_attack\.py::test_polls_in_time", True),
)


def row(channel, found):
    """[impl->swr~interference-told~1]"""
    of = measured.of(found, channel.cases)
    verdict = "fail" if any(r["verdict"] == "fail" for r in of) else "pass" if any(r["verdict"] == "pass" for r in of) else "not shown"
    return {**asdict(channel), "verdict": verdict, "tests": [measured.short(r) for r in of if r["verdict"] != "skip"]}


def gap(made):
    if made["verdict"] == "not shown":
        return f"{made['name']}: none of its tests is among the records"
    if not made["seen"]:
        return f"{made['name']}: what contention costs in time isn't shown by an emulated machine; the procedure for hardware is {PROCEDURE}"
    return None


def make(bundle):
    rows = [row(channel, measured.records(bundle)) for channel in CHANNELS]
    write_json(bundle.folder("interference") / "results.json", {"procedure": PROCEDURE, "channels": rows})
    added = [test["measured"][ENTRIES] for made in rows for test in made["tests"] if ENTRIES in test["measured"]]
    figures = [Figure("entries to EL2 that neighbours added to a direct-interrupt cell, worst channel", max(added), "entries", "0", not max(added))] if added else []
    gaps = [text for made in rows if (text := gap(made))]
    verdict = "fail" if any(made["verdict"] == "fail" for made in rows) else "open" if gaps else "pass"
    statement = (
        "Each channel by which a cell could disturb another was loaded by a hostile neighbour; its victim counted its own entries to "
        "EL2, its ticks and its memory. Worst latencies are of virtual time, in which QEMU's cores take turns on one clock: they show "
        "that nothing waits, not how long a bus does."
    )
    return bundle.end(Part("interference", "Interference channels", verdict, statement, figures, gaps))

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench.py - measures the hypervisor and prints it beside others: build/bench/results.json and a table.

What is measured, and how, is docs/bench.md. Exit status 0: all of it was measured, whatever the targets say.
"""

import hashlib
import json
import pathlib
import sys
import textwrap
from collections import Counter

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "test/bench"))

import bench_boot  # noqa: E402  (needs the path above)
import bench_cell  # noqa: E402
import bench_pci  # noqa: E402
import bench_scale  # noqa: E402
import bench_static  # noqa: E402
import bench_trace  # noqa: E402
from harness import build  # noqa: E402

OUT = build.BUILD / "bench"
MIB = 1 << 20

COUNTER = "PMCCNTR_EL0 counting EL2 alone, QEMU -icount shift=0: the most of {n} repetitions, less the empty measurement"
TRACE = "instructions of the image executed at EL2 on all cores, by a TCG plugin, QEMU -icount shift=0: the most of {n} repetitions"

# Name in results.json, operation, unit, target (the value is to be at most that), Bao, Jailhouse, Xen.
ROWS = [
    ("direct_tick_entries", "1,000 timer ticks, direct: entries to EL2", "entries", 0, "1,000", "1,000", "1,000"),
    ("timer_injected", "timer PPI to the guest's vector", "instructions", 100, "199", "206", "1,020"),
    ("timer_injected_eoi", "  and from there on, its end", "instructions", 0, "0", "0", "0"),
    ("spi_injected", "SPI to the guest's vector", "instructions", 100, "204", "206", "992"),
    ("spi_injected_eoi", "  and from there on, its end", "instructions", 0, "0", "0", "0"),
    ("msi_injected", "MSI of a function to the guest's vector", "instructions", 130, "-", "-", "-"),
    ("msi_injected_eoi", "  and from there on, its end", "instructions", 0, "-", "-", "-"),
    ("hvc_version", "cheapest hypercall, round trip", "instructions", 60, "149", "137", "387"),
    ("psci_version", "PSCI_VERSION by SMC", "instructions", 80, "202", "136", "414"),
    ("hvc_unknown", "unknown function by HVC", "instructions", 80, "1,691", "-", "-"),
    ("smc_unknown", "unknown function by SMC", "instructions", 80, "1,691", "-", "-"),
    ("sgi_injected_sum", "SGI core to core, both sides", "instructions", 200, "799", "1,399 s", "961 s"),
    ("sgi_direct_sum", "the same, direct", "instructions", 90, "-", "-", "-"),
    ("gicd_typer_read", "distributor: TYPER read", "instructions", 110, "225", "268", "840"),
    ("gicd_isenabler_read", "distributor: ISENABLER read", "instructions", 110, "1,290", "-", "-"),
    ("gicd_isenabler_write", "distributor: ISENABLER write", "instructions", 120, "3,580", "265 r", "967 r"),
    ("doorbell_injected_sum", "channel doorbell, sender + receiver", "instructions", 200, "1,314", "511 s", "1,384 s"),
    ("doorbell_direct_sum", "the same, direct", "instructions", 90, "-", "-", "-"),
    ("revoke_sum", "stop of a running core: service core + victim until parked", "instructions", 400, "-", "-", "-"),
    ("boot_core", "boot core, EL2 entry to its guest, less the rows below", "instructions", 60000, "290,000-440,000", "949,000", "14.6 M"),
    ("boot_hash_per_mib", "  hashing (SHA-256), a MiB", "instructions", None, "", "", ""),
    ("boot_copy_per_mib", "  copying, a MiB", "instructions", None, "", "", ""),
    ("boot_zero_per_mib", "  zeroing, a MiB", "instructions", None, "", "", ""),
    ("boot_clean_per_mib", "  cache maintenance, a MiB", "instructions", None, "", "", ""),
    ("stage_loader", "power-on to U-Boot's boot command (configs/edge-gateway.dts)", "ms", None, "-", "-", "-"),
    ("stage_read", "  the signed FIT from the disk", "ms", None, "", "", ""),
    ("stage_hash", "  SHA-256 of all of it", "ms", None, "", "", ""),
    ("stage_verify", "  signature, hashes, copying, up to the hypervisor's cores", "ms", None, "", "", ""),
    ("stage_control", "  control's cell filled, up to its first instruction", "ms", None, "", "", ""),
    ("stage_linux", "  Linux's cell filled, Linux up to its init", "ms", None, "", "", ""),
    ("stage_overlap", "cells filled side by side: sum of their times over all of it", "ratio", None, "-", "-", "-"),
    ("text_bytes", "hypervisor .text", "bytes", 24576, "65,320", "54,636", "321,664"),
    ("source_lines", "hypervisor lines in the build (cloc, code)", "lines", 5000, "10,106", "9,672", "90,505"),
    ("bytes_per_cell", "RAM for one more cell", "bytes", 8192, "57,344", "-", "-"),
    ("bytes_per_core", "RAM for one more core", "bytes", 32768, "24,576", "16,384", "-"),
    ("stage2_entries", "stage-2 leaf entries of a 512 MiB cell", "entries", None, "-", "-", "-"),
    ("tick_native_entries", "1,000 ticks on the bare machine: entries to EL2", "entries", 0, "", "", ""),
    ("native_ratio", "compute and tick: direct cell / bare machine", "ratio", 1.0005, "-", "-", "-"),
    *(
        (f"pci_{kind}_{what}{suffix}", operation, "ratio", 1 / 0.97, "", "", "")
        for suffix, also in (("", ""), ("_restarts", ", a neighbour restarts"))
        for kind, of in (("net", "igbvf"), ("nvme", "nvme"))
        for what, operation in (
            ("byte", f"{of}, time a byte: cell / bare machine{also}"),
            ("p50", f"  its median latency{also}"),
            ("p99", f"  its 99th percentile{also}"),
        )
    ),
    ("pci_exits_injected", "cell with an igbvf's stream: exits for interrupts", "1/s", None, "", "", ""),
    ("pci_exits_other", "  and all others", "1/s", 0, "", "", ""),
    ("restart_plain", "restart of a cell of 16 MiB, no functions", "us", None, "", "", ""),
    ("restart_functions", "  of one with two functions, of which one is reset", "us", None, "", "", ""),
    *((f"build_cells_{n}", f"`bulkhead build`, 512 cores, 4 TiB, {n} cells", "ms", {128: 2000}.get(n), "", "", "") for n in bench_scale.CELLS),
    *((f"audit_cells_{n}", f"`bulkhead audit` of that, {n} cells", "ms", {128: 5000}.get(n), "", "", "") for n in bench_scale.CELLS),
    ("build_growth", "  time to build, 128 cells / 8 cells", "ratio", 16, "", "", ""),
    ("audit_growth", "  time to audit, 128 cells / 8 cells", "ratio", 16, "", "", ""),
]

PEERS = """\
Bao 738e3dc (2026-07-24, -O2, cortex-a53), Jailhouse e57d1eff (v0.12-324, -Os, started from a small EL2 stub), Xen c447b7308b
(4.23-dev, -O2, dom0less, null scheduler); measured 2026-11-21 on QEMU 10.0.2, -M virt,virtualization=on,gic-version=3 (cortex-a72
for Jailhouse and Xen), every instruction executed at EL2 by a trace plugin, checked against PMCCNTR under -icount shift=0.
s: SGI or doorbell to itself; r: a GICR register instead of the GICD's. Instructions, not cycles."""

# Row -> (configuration, operation of the bench cell); more than one operation: the dearest.
OPERATIONS = {
    "timer_injected": ("injected", ["timer"]),
    "spi_injected": ("injected", ["spi"]),
    "hvc_version": ("injected", ["hvc_version"]),
    "psci_version": ("injected", ["psci_version"]),
    "hvc_unknown": ("injected", [f"hvc_unknown.{which}" for which in bench_cell.UNKNOWN]),
    "smc_unknown": ("injected", [f"smc_unknown.{which}" for which in bench_cell.UNKNOWN]),
    "sgi_injected_sum": ("injected", ["sgi"]),
    "sgi_direct_sum": ("direct", ["sgi"]),
    "gicd_typer_read": ("injected", ["gicd_typer_read"]),
    "gicd_isenabler_read": ("injected", ["gicd_isenabler_read"]),
    "gicd_isenabler_write": ("injected", ["gicd_isenabler_write"]),
    "doorbell_injected_sum": ("injected", ["doorbell"]),
    "doorbell_direct_sum": ("direct", ["doorbell"]),
}

# Why a target is missed, and what would be tried next. Whoever makes a row miss its target adds it here.
REASONS = {
    "smc_unknown": (
        "an owner that is nobody's: 5 or 6 of it ask whether the cell passes functions to firmware (firmware-calls)",
        "the answer as one more word of known numbers, filled at the cell's start",
    ),
    "revoke_sum": (
        "two exits and a first-core settlement: events with their CRC, the order, TLB and stage 2, the wake-up SGI; then the "
        "victim's redistributor is made quiet by device writes, its SPIs are reset, requests are folded",
        "a stop that parks first and settles later, from the service core's record; and redistributor state in a shadow, "
        "so that making it quiet writes only what differs",
    ),
    "text_bytes": (
        "the virtual GIC with its exact state is a fifth, PCI functions, SMMU, ITS and DMA are an eighth; boot, machine comparison and SHA-256 are a tenth; the "
        "vectors are 2 KiB; the rest is padding to a page and every exit's handler",
        "boot-only code in a segment of its own, dropped after the boot: that alone would not do",
    ),
    "source_lines": (
        "the register table has a row for each register or range that traps, the virtual GIC is exact over siblings, and PCI "
        "functions, SMMU, ITS and DMA are an eighth",
        "break- and watchpoints in one row by a mask",
    ),
    "bytes_per_cell": (
        "a page is the unit of isolation: record, state, log and heartbeat have one each, and two are tables",
        "log ring and state in one page; the first core's windows in the gigabyte of its private data, which spares a table",
    ),
}

TIMES = ("the host's clock: a slower machine than that of docs/bench.md, or one with other work", "`make bench` on an idle machine")
PAIRS = ("the host's clock, whose noise is more than the difference where other work runs", "`make bench` on an idle machine")
RESTARTS = (
    "where the host has fewer cores than the machine, a neighbour that is hashed and zeroed takes one that QEMU needed",
    "a host with more cores than the machine",
)
REASONS.update(
    (row[0], RESTARTS if row[0].endswith("_restarts") else PAIRS) for row in ROWS if row[0].startswith(("pci_net_", "pci_nvme_"))
)
REASONS.update((row[0], TIMES) for row in ROWS if row[0].startswith(("build_", "audit_")))


COSTS = {  # key in results.json -> head of its column
    "entries": "entries",
    "system_registers": "sysregs",
    "barriers": "barriers",
    "tlb_invalidations": "TLBIs",
    "code_lines": "code lines",
    "data_lines": "data lines",
    "device_accesses": "device",
}


def met(row):
    if row["target"] is None:
        return ""
    return "met" if row["value"] <= row["target"] else "MISSED"


def why_missed(row):
    """Reason and next idea of a row that misses its target, which are to be known."""
    if met(row) != "MISSED":
        return {}
    if row["name"] not in REASONS and bench_static.compiler() != bench_static.COMPILER:
        return {"reason": "another compiler than the one whose figures are known", "next": "Debian 12's"}
    if row["name"] not in REASONS:
        raise RuntimeError(f"{row['name']} is {number(row['value'])}, over its target, and REASONS doesn't say why")
    reason, idea = REASONS[row["name"]]
    return {"reason": reason, "next": idea}


def number(value):
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


class Results:
    """The rows as they come: every one of ROWS exactly once."""

    def __init__(self):
        self._found = {}

    def add(self, name, value, method, **more):
        if name in self._found:
            raise RuntimeError(f"{name} is measured twice")
        self._found[name] = {"value": value, "method": method, **more}

    def list(self):
        missing = [row[0] for row in ROWS if row[0] not in self._found]
        if missing:
            raise RuntimeError(f"not measured: {', '.join(missing)}")
        rows = []
        for name, _, unit, target, *_ in ROWS:
            found = self._found[name]
            target = found.pop("target", target)
            row = {"name": name, "value": found.pop("value"), "unit": unit, "target": target, **found}
            rows.append({**row, **why_missed(row)})
        return rows


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def costs_json(costs):
    """What a path costs besides instructions, at its dearest repetition."""
    dearest = max(costs, key=lambda cost: cost.instructions)
    return {**{name: getattr(dearest, name) for name in COSTS}, "instructions_by_core": dearest.per_core}


def counts(costs):
    return [cost.instructions for cost in costs]


def paths_text(image, name, windows):
    """Where a path's instructions are: functions as the linker knows them, of the last repetition."""
    lines = [name]
    for core, found in sorted(windows[-1].code.items()):
        functions = Counter()
        for offset, count in found.items():
            functions[image.function(offset)] += count
        lines += [f"    core {core}  {count:7}  {function}" for function, count in functions.most_common()]
    return "\n".join(lines) + "\n"


class Measured:
    """A configuration of the bench cell, three times: by its counter; by the trace on the same clock, which must say the
    same; by the trace in real time."""

    def __init__(self, config, image):
        say(f"{config}: by the counter")
        self.counter = bench_cell.operations(config, OUT)
        say(f"{config}: by the trace")
        windows = bench_trace.operations(config, OUT, bench_cell.ICOUNT)
        self.trace = self._costs(windows, image)
        paths = "\n".join(paths_text(image, name, found) for name, found in windows.items() if name != "empty")
        (OUT / f"paths-{config}.txt").write_text(paths)
        say(f"{config}: by the trace, in real time")
        self.real_time = self._costs(bench_trace.operations(config, OUT), image)

    @staticmethod
    def _costs(windows, image):
        return {name: [image.cost(window) for window in found] for name, found in windows.items()}

    def difference(self, operation, traced):
        """Largest difference between the counter and a trace, over the repetitions."""
        series, found = self.counter[operation], counts(traced[operation])
        return max(abs(series.most - max(found)), abs(series.least - min(found)))


def operations(results):
    """The rows that the bench cell measures; returns what is to be said of how well the methods agree."""
    image = bench_trace.Image()
    measured = {config: Measured(config, image) for config in ("injected", "direct")}
    same = real = 0
    for name, (config, candidates) in OPERATIONS.items():
        run = measured[config]
        operation = max(candidates, key=lambda candidate: run.counter[candidate].most)
        series = run.counter[operation]
        same = max(same, run.difference(operation, run.trace))
        real = max(real, run.difference(operation, run.real_time))
        more = {"operation": operation, "least": series.least, "trace": costs_json(run.trace[operation])}
        results.add(name, series.most, COUNTER.format(n=series.count), **more)
    for name in ("timer", "spi"):
        series = measured["injected"].counter[f"{name}.end"]
        results.add(f"{name}_injected_eoi", series.most, COUNTER.format(n=series.count))
    revoke = measured["injected"].trace["revoke"]
    most, method = max(counts(revoke)), TRACE.format(n=len(revoke))
    results.add("revoke_sum", most, method, least=min(counts(revoke)), trace=costs_json(revoke))
    in_real_time = max(counts(measured["injected"].real_time["revoke"]))
    return (
        f"counter and trace differ by {same} instructions at most; in real time, where the telemetry's maxima come at other\n"
        f"moments, by {real}. The stop in real time, where the cores run at once: {in_real_time:,}."
    )


def ticks(results):
    say("compute and tick: direct and native")
    direct, native = bench_cell.ticks_direct(OUT), bench_cell.ticks_native(OUT)
    if direct.telemetry != direct.log:
        raise RuntimeError(f"EL2 entries: {direct.telemetry} by telemetry, {direct.log} by QEMU's exception log")
    method = "after `ready`, in a direct cell: its telemetry and QEMU's exception log, which agree"
    results.add("direct_tick_entries", direct.telemetry, method)
    results.add("tick_native_entries", native.log, "QEMU's exception log; the machine has no EL2")
    method = "virtual time (ns) of the same work with ticks of 100 us beside it, -icount shift=0"
    results.add("native_ratio", direct.work / native.work, method, direct_ns=direct.work, native_ns=native.work)


def boot(results):
    say("boot of configs/edge-gateway.dts by the trace")
    folder = OUT / "boot"
    itb = bench_cell.build_config(ROOT / "configs/edge-gateway.dts", folder, build.BUILD / "linux/6.12")
    figures = bench_trace.boot(itb, folder / "trace")
    rest = figures.instructions - sum(figures.by_kind.values())
    method = "TCG plugin: instructions of core 0 to its guest's first, configs/edge-gateway.dts; functions told apart by debug information"
    results.add("boot_core", rest, method, all=figures.instructions, by_kind=figures.by_kind)
    say(f"boot: {figures.waiting} instructions of waiting for other cores, in real time, not counted")
    for kind in bench_trace.BOOT_KINDS:
        if not figures.bytes.get(kind):
            raise RuntimeError(f"boot: nothing found of {kind}")
        per_mib = round(figures.by_kind[kind] / figures.bytes[kind] * MIB)
        results.add(f"boot_{kind}_per_mib", per_mib, method, bytes=figures.bytes[kind])


def stages(results):
    say("from power-on to Linux's init, by stage")
    method = "virtual time, -icount shift=0, in which cores take turns: what they do side by side counts one after the other"
    times, overlap = bench_boot.stages(OUT)
    for name, value in times.items():
        results.add(f"stage_{name}", value, method)
    results.add("stage_overlap", overlap, "the cells' times of hashing and copying, each on its own core, over the time in which all of it is done")


def static(results):
    say("text, lines, memory, stage 2")
    text, trampoline = bench_static.text_bytes()
    results.add("text_bytes", text, f"size -A build/hv/bulkhead.elf: .text; .trampoline, a page of its own, has {trampoline}")
    lines, files = bench_static.source_lines()
    results.add("source_lines", lines, f"cloc, code, of the {files} sources and headers in the build's dependency files")
    (core, core_parts), (cell, cell_parts) = bench_static.growth(OUT)
    method = "map.txt of two configurations that differ in it, less stage-2 tables and guest tree"
    results.add("bytes_per_core", core, f"{method}: {core_parts}", composition=core_parts)
    results.add("bytes_per_cell", cell, f"{method}: {cell_parts}", composition=cell_parts)
    entries, fewest = bench_static.stage2_entries(OUT)
    results.add("stage2_entries", entries, "walk of the built tables; target: the fewest that alignment allows", target=fewest)


def scale(results):
    say("build and audit of the synthetic board")
    curve = bench_scale.curve(OUT)
    method = f"wall clock of the host, the least of {bench_scale.RUNS} runs; test/configs/synthetic.py"
    few, *_, many = curve
    for kind in ("build", "audit"):
        for cells, times in curve.items():
            wall, cpu = times[kind]
            results.add(f"{kind}_cells_{cells}", wall, method, cpu_ms=cpu)
        growth = [most / least for most, least in zip(curve[many][kind], curve[few][kind])]
        results.add(f"{kind}_growth", growth[1], "CPU time of the same runs", wall=growth[0])


def pci(results):
    say("a NIC's virtual function and a drive, in a cell and on the bare machine")
    for name, series in bench_pci.messages(OUT).items():
        row = {"msi": "msi_injected", "msi.end": "msi_injected_eoi"}[name]
        results.add(row, series.most, COUNTER.format(n=series.count), least=series.least)
    found = bench_pci.compare(OUT)
    method = (
        f"clock of the guest, medians of {bench_pci.PAIRS} interleaved pairs; Debian 6.12, its drivers and defaults in both; "
        "`passed`: beside a bare machine with iommu.passthrough=1"
    )
    for suffix, ratios, more in ("", found.quiet, found.passed), ("_restarts", found.restarting, {}):
        for (kind, what), value in ratios.items():
            beside = {"passed": more[kind, what]} if more else {"restarts": found.restarts}
            results.add(f"pci_{kind}_{what}{suffix}", value, method, **beside)
    method = "telemetry of the cell's core, real time, amid a stream by igbvf"
    results.add("pci_exits_injected", found.exits.pop("irq", 0), method, injected=found.injected)
    results.add("pci_exits_other", sum(found.exits.values()), method, by_reason=found.exits)
    times = bench_pci.restart_times(OUT)
    method = "virtual time from the event `restart` to the event `start`, -icount shift=0"
    results.add("restart_plain", times["without"] * 1e6, method)
    results.add("restart_functions", times["with"] * 1e6, f"{method}; of it 100 ms that PCIe gives a function to come out of its reset")


def print_table(rows):
    peers = {name: (operation, *others) for name, operation, _, _, *others in ROWS}
    lines = [("name", "operation", "value", "target", "", "Bao", "Jailhouse", "Xen")]
    for row in rows:
        operation, *others = peers[row["name"]]
        target = number(row["target"])
        lines.append((row["name"], operation, number(row["value"]), target and f"<= {target}", met(row), *others))
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    for line in lines:
        cells = [text.rjust(w) if n in (2, 3, 5, 6, 7) else text.ljust(w) for n, (text, w) in enumerate(zip(line, widths))]
        print("  ".join(cells).rstrip())
    print()
    print(PEERS)


def print_costs(rows):
    print()
    print("  ".join(["on each path".ljust(22), *(head.rjust(10) for head in COSTS.values()), "instructions by core"]))
    for row in rows:
        if "trace" not in row:
            continue
        by_core = ", ".join(f"{core}: {n}" for core, n in row["trace"]["instructions_by_core"].items())
        print("  ".join([row["name"].ljust(22), *(str(row["trace"][key]).rjust(10) for key in COSTS), by_core]))


def print_compositions(rows):
    for row in rows:
        if "composition" in row:
            print(f"{row['name']}: {row['composition']}")


def print_missed(rows):
    """What misses its target: by how much, why, and what would be tried next."""
    missed = [row for row in rows if met(row) == "MISSED"]
    for row in missed:
        over = number(row["value"] - row["target"])
        print(f"missed: {row['name']}, {number(row['value'])}, {over} over its target")
        print(textwrap.fill(row["reason"], 118, initial_indent="  reason: ", subsequent_indent="    "))
        print(textwrap.fill(row["next"], 118, initial_indent="  next: ", subsequent_indent="    "))
    if missed:
        print()
    print(f"{len(rows)} rows, {len(missed)} targets missed{': ' if missed else ''}{', '.join(row['name'] for row in missed)}")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    results = Results()
    agreement = operations(results)
    ticks(results)
    boot(results)
    stages(results)
    static(results)
    pci(results)
    scale(results)
    rows = results.list()
    (OUT / "results.json").write_text(json.dumps(rows, indent=1) + "\n")
    print_table(rows)
    print_costs(rows)
    print()
    print_compositions(rows)
    print(agreement)
    print(f"measured: build/bulkhead.bin, SHA-256 {hashlib.sha256(bench_trace.BINARY.read_bytes()).hexdigest()}")
    print("where the instructions of each path are: build/bench/paths-*.txt")
    print()
    print_missed(rows)


if __name__ == "__main__":
    main()

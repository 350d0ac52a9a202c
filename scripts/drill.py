#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""drill.py [FOLDER] - `make drill`: provokes each error of the health table in a running system of three cells, and shows what
came of it: how soon it was detected and acted on, what the others noticed.

Time is virtual (one instruction, one nanosecond), so the numbers don't depend on the host. An error that an emulated machine can't
raise is set up by the debugger, and the table says so. Results: FOLDER/drill.md and drill.json (default build/drill), and each
machine's console. Exit status 0: every error was detected, acted on within its bound, and noticed by nobody else.
"""

import argparse
import json
import pathlib
import struct
import sys
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "test"), str(ROOT / "test/system")]

import system  # noqa: E402  (needs the path above)
from harness import build, fit, gdbstub, health, pci, qemu  # noqa: E402

FAILING, CONTROL, HEALTH = "failing", "control", "health"
PT_LOAD = 1
NOBODYS = 0x10  # an address that is in no cell
SYNC_LOWER, SERROR_LOWER = 0x400, 0x580  # of a vector table: Arm ARM D1.4.1
US = 1000
MS = 1000 * US

# What an error may cost in time (docs/drill.md): ns. EL2 detects what traps; the health cell what is late, two of its polls and a look
# later; the IOMMU's events wait for their interrupt.
TRAPPED = 20 * US
POLLED = 8 * MS
FILLED = 50 * MS  # a cell of 16 MiB is cleared, filled and entered
RESET = 110 * MS  # a PCI function has 100 ms after its reset: PCI Express 6.6.2


@dataclass
class Outcome:
    error: str
    action: str
    how: str
    detected_ns: int | None  # None: nothing marks when it began
    detected_bound: int
    acted_ns: int
    acted_bound: int
    others: dict = field(default_factory=dict)

    def wrong(self):
        """What isn't as promised."""
        if self.detected_ns is not None and not 0 <= self.detected_ns <= self.detected_bound:
            yield f"detected after {self.detected_ns} ns, not within {self.detected_bound}"
        if not 0 <= self.acted_ns <= self.acted_bound:
            yield f"acted on after {self.acted_ns} ns, not within {self.acted_bound}"
        for name, value in self.others.items():
            if name != "extra_ns" and value:
                yield f"{CONTROL}: {name} {value}"


class Case:
    """A running system in which one error is provoked; subclasses say how."""

    error = action = how = ""
    config = "drill"
    detected_bound, acted_bound = TRAPPED, FILLED
    command = ""  # of the failing cell, done at a whole second
    marked = True  # it is known when the error began; else all is counted from when it was noticed

    def __init__(self, folder):
        self.folder = folder / self.error
        self.folder.mkdir(parents=True, exist_ok=True)
        self.image = fit.Fit(system.image(self.config))
        self.prepare()
        self.running = system.System(qemu.QemuTarget(self.folder, icount=qemu.ICOUNT, extra=self.devices()), self.image)

    def prepare(self):
        """What is done to the image before it starts."""

    def devices(self):
        return []

    def up(self):
        self.running.wait_up(FAILING)

    def provoke(self):
        self.running.send(FAILING, f"sharp {self.command}")

    def ns(self, ticks):
        return ticks * 1_000_000_000 // self.hz

    def second(self, ns):
        """The whole second before, when the command was done."""
        return ns // 1_000_000_000 * 1_000_000_000

    def detected(self):
        """(when it began, when it was noticed): ns of the machine's counter"""
        time = self.ns(self.view.core(FAILING).fault_time)
        return self.second(time), time

    def acted(self):
        return self.ns(self.view.core(FAILING).start_time)

    def happened(self):
        """True once it has been acted on."""
        core = self.view.core(FAILING)
        return core.generation == 2 and core.ready_time

    def event(self, name, cell=FAILING):
        """Time of the first such event in the log, in ns, up to a microsecond early."""
        found = qemu.wait_until(lambda: health.events(self.running.uart.text, cell=cell, name=name), f"{name} is in the log")
        return round(found[0].time * 1_000_000_000)

    def others(self):
        core, (_, values) = self.view.core(CONTROL), self.view.heartbeat(CONTROL)
        keeper = self.view.core(HEALTH)
        return {
            "exits": core.exits_since_ready,
            "missed ticks": values[1],
            "restarts": core.restarts,
            "faults": sum(core.faults.values()),
            "health's faults": sum(keeper.faults.values()),
            "health's restarts": keeper.restarts,
            "extra_ns": values[2],
        }

    def run(self):
        with self.running.target:
            self.view = self.running.view
            self.running.start()
            self.hz = int(self.running.uart.search(r"^health: up, .* timer (\d+) Hz\n")[1])
            qemu.wait_until(lambda: self.view.state(CONTROL) == "ready", "control is ready")
            self.up()
            before = self.others()
            self.provoke()
            qemu.wait_until(self.happened, f"{self.error} has its {self.action}")
            began, noticed = self.detected()
            acted = self.acted()
            self.logged()
            after = self.others()
        detected = noticed - began if self.marked else None
        return Outcome(
            self.error, self.action, self.how, detected, self.detected_bound, acted - began, self.acted_bound,
            {name: after[name] - before[name] for name in after},
        )  # fmt: skip

    def logged(self):
        """The event with its error and action is in the log."""
        self.running.uart.search(rf"^event: .* cell={FAILING} fault error={self.error} action={self.action} ")


class MemoryViolation(Case):
    error, action, how = "memory-violation", "restart", "reads what isn't the cell's"
    command = f"read {NOBODYS:#x}"


class ForbiddenAccess(Case):
    error, action, how = "forbidden-access", "restart", "loads a pair of the distributor's registers"
    command = "gicd-pair 0"


class ApplicationError(Case):
    error, action, how = "application-error", "restart", "says so itself"
    command = "application-error 7"


class HeartbeatMissed(Case):
    error, action, how = "heartbeat-missed", "restart", "beats no more, of 50 ms"
    command = "beat 0"
    detected_bound = 50 * MS + POLLED
    acted_bound = 50 * MS + POLLED + FILLED

    def detected(self):
        time = self.event("restart")
        return self.second(time), time

    def logged(self):
        self.running.uart.search(rf"^health: cell {FAILING}: heartbeat missed \(\d+ ms\) -> restart\n")
        self.running.uart.search(rf"^event: .* cell={FAILING} restart cause=heartbeat-missed ")


class BootTimeout(Case):
    error, action, how = "boot-timeout", "restart", "never comes up, of 100 ms"
    config = "drill-hang"
    detected_bound = 100 * MS + POLLED
    acted_bound = 100 * MS + POLLED + FILLED

    def prepare(self):
        build.assemble(system.HERE / "cells/hang.S", build.CELLS / "hang.elf", system.FOREIGN_BASE)

    def __init__(self, folder):
        self.prepare()
        super().__init__(folder)

    def up(self):
        self.first = self.event("start")

    def provoke(self):
        pass

    def happened(self):
        return self.view.core(FAILING).generation >= 2

    def detected(self):
        return self.first, self.event("restart")

    def acted(self):
        starts = qemu.wait_until(
            lambda: [one for one in health.events(self.running.uart.text, cell=FAILING, name="start") if one.arguments["generation"] == "2"], "it starts again"
        )
        return round(starts[0].time * 1_000_000_000)

    def logged(self):
        self.running.uart.search(rf"^health: cell {FAILING}: boot timeout \(\d+ ms\) -> restart\n")
        self.running.uart.search(rf"^event: .* cell={FAILING} restart cause=boot-timeout ")


class Stopped(Case):
    action = "stop"

    def happened(self):
        return self.view.state(FAILING) == "stopped"

    def acted(self):
        return self.event("stop")

    def logged(self):
        self.running.uart.search(rf"^event: .* cell={FAILING} stop cause={self.error}\n")


class RestartLimit(Stopped):
    error, how = "restart-limit", "fails a third time, of 2 in 300 s"
    command = f"read {NOBODYS:#x}"

    def provoke(self):
        for generation in (2, 3):
            mark = self.running.send(FAILING, self.command)
            self.running.wait_generation(FAILING, generation, mark)
        self.running.send(FAILING, f"sharp {self.command}")


class ImageMismatch(Stopped):
    error, how = "image-mismatch", "a bit of its image is wrong"
    acted_bound, marked = FILLED, False

    def prepare(self):
        (part,) = (part for part in self.image.loadables if part.description.startswith(f"{FAILING}:"))
        (headers,) = struct.unpack_from("<Q", part.data, 32)  # ELF: e_phoff
        (count,) = struct.unpack_from("<H", part.data, 56)  # e_phnum
        loaded = [struct.unpack_from("<IIQQQQ", part.data, headers + 56 * n) for n in range(count)]
        offset, size = next((offset, size) for kind, _, offset, _, _, size in loaded if kind == PT_LOAD and size)
        part.data[offset + size // 2] ^= 1

    def up(self):
        pass

    def provoke(self):
        pass

    def detected(self):
        time = self.event("stop")
        return time, time


class SError(Case):
    error, action, how = "serror", "restart", "simulated: the debugger makes one of a hypercall"
    command = "event 1"
    config, marked = "drill-serror", False

    def detected(self):
        time = self.ns(self.view.core(FAILING).fault_time)
        return time, time

    def provoke(self):
        self.running.send(FAILING, f"sharp {self.command}")
        core = self.running.blueprint.cells[FAILING].cores[0].machine_core
        self.running.uart.search(rf"^\[{FAILING}\] probe: > event\n")
        with gdbstub.attached(self.running.target) as gdb:
            vectors = gdb.register(core, "VBAR_EL2")
            gdb.redirect(core, vectors + SYNC_LOWER, vectors + SERROR_LOWER)


class DmaViolation(Case):
    error, action, how = "dma-violation", "restart", "its drive writes into another cell's memory"
    config = "drill-dma"
    detected_bound, acted_bound = 2 * MS, FILLED + RESET

    def devices(self):
        return pci.options("qemu-virt-pci", ("nic", "net"), nvme="null-co://", disk="null-co://")

    def up(self):
        self.running.uart.search(rf"^\[{FAILING}\] intruder: up ", never=system.HALTED)

    def provoke(self):
        victim = self.running.blueprint.cells[CONTROL].regions[0].pa
        self.running.send(FAILING, f"nvmesharp {victim:#x}")

    def detected(self):
        time = self.event("dma-fault", HEALTH)
        return self.second(time), time

    def logged(self):
        self.running.uart.search(rf"^event: .* cell={HEALTH} dma-fault of={self.running.blueprint.cells[FAILING].index} ")
        self.running.uart.search(rf"^event: .* cell={FAILING} restart cause=dma-violation ")


CASES = (
    MemoryViolation, DmaViolation, ForbiddenAccess, SError, HeartbeatMissed, BootTimeout, ImageMismatch, RestartLimit, ApplicationError,
)  # fmt: skip


def milliseconds(ns):
    return "-" if ns is None else f"{ns / MS:.3f}"


def table(outcomes):
    yield "| error | action | how | detected in, ms | bound | acted in, ms | bound | others: worst extra latency, ns |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in outcomes:
        times = (one.detected_ns, None if one.detected_ns is None else one.detected_bound, one.acted_ns, one.acted_bound)
        yield f"| `{one.error}` | {one.action} | {one.how} | {' | '.join(map(milliseconds, times))} | {one.others['extra_ns']} |"


def drill(folder, cases=CASES):
    """Outcomes of the cases, told as they come."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in cases:
        print(f"drill: {case.error} ...", flush=True)
        yield case(folder).run()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=ROOT / "build/drill")
    folder = parser.parse_args().folder
    outcomes, bad = [], 0
    try:
        for one in drill(folder):
            outcomes.append(one)
            for wrong in one.wrong():
                print(f"drill: {one.error}: {wrong}", file=sys.stderr)
                bad += 1
    except KeyboardInterrupt:
        print("drill: interrupted", file=sys.stderr)
        return 1
    text = "\n".join(table(outcomes))
    (folder / "drill.md").write_text(f"{text}\n", encoding="utf-8")
    (folder / "drill.json").write_text(json.dumps([vars(one) for one in outcomes], indent=1) + "\n", encoding="utf-8")
    print(f"\n{text}\n\ndrill: {len(outcomes)} errors, {bad} promises broken; {folder}/drill.md")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

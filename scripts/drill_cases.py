# SPDX-License-Identifier: Apache-2.0
"""Each error of the health table, provoked in a running system of three cells: what is done to it, what marks that it began, was
noticed and acted on, and what the fleet's rules make of it (scripts/fleet).
"""

import re
import struct
from dataclasses import dataclass, field

import system
from harness import fit, gdbstub, health, pci, qemu, web
from harness.blueprint import EL2_VA_TEXT

FAILING, CONTROL, HEALTH = "failing", "control", "health"
PT_LOAD = 1
NOBODYS = 0x10  # an address that is in no cell
SYNC_LOWER, SERROR_LOWER = 0x400, 0x580  # of a vector table: Arm ARM D1.4.1
BRK = (0xD4200000).to_bytes(4, "little")
REBOOT = ["-action", "reboot=reset"]
BOARD = "qemu-virt-pci"
US = 1000
MS = 1000 * US

# What an error may cost in time (docs/drill.md): ns. EL2 detects what traps; the health cell what is late, two of its polls and a look
# later; the IOMMU's events wait for their interrupt.
TRAPPED = 20 * US
POLLED = 8 * MS
FILLED = 50 * MS  # a cell of 16 MiB is cleared, filled and entered
EXTRA = 10 * US  # what a tick of another cell may come later than before
RESET = 110 * MS  # a PCI function has 100 ms after its reset: PCI Express 6.6.2


@dataclass
class Outcome:
    error: str
    action: str
    how: str
    detected_ns: int | None  # None: nothing marks when it began
    detected_bound: int
    acted_ns: int | None  # None: it is noticed and acted on at once
    acted_bound: int
    others: dict = field(default_factory=dict)

    def wrong(self):
        """What isn't as promised."""
        if self.detected_ns is not None and not 0 <= self.detected_ns <= self.detected_bound:
            yield f"detected after {self.detected_ns} ns, not within {self.detected_bound}"
        if self.acted_ns is not None and not 0 <= self.acted_ns <= self.acted_bound:
            yield f"acted on after {self.acted_ns} ns, not within {self.acted_bound}"
        for name, value in self.others.items():
            if value > (EXTRA if name == "extra_ns" else 0):
                yield f"{CONTROL}: {name} {value}"

    @property
    def extra_ns(self):
        """How much later than ever before a tick of `control` came; None: it started over with the machine."""
        return self.others.get("extra_ns")


class Case:
    """A running system in which one error is provoked; subclasses say how."""

    error = action = how = ""
    config = "drill"
    options = []  # of QEMU, more
    detected_bound, acted_bound = TRAPPED, FILLED
    command = ""  # of the failing cell, done at a whole second
    from_start = False  # it errs as soon as it starts
    marked = True  # it is known when the error began; else all is counted from when it was noticed
    metric = ""  # of the health cell's, greater afterwards; default: the cell's faults by that error
    alert = "BulkheadFaults"  # of scripts/fleet/rules

    def __init__(self, folder, port=None):
        """port: of the host, where the health cell's web server is to be reached; then time is the host's."""
        self.folder = folder / self.error
        self.folder.mkdir(parents=True, exist_ok=True)
        self.image = fit.Fit(system.image(self.config))
        self.prepare()
        net = web.network(port) if port else "user"
        devices = pci.options(BOARD, ["nic", ("net", net)], nvme="null-co://", disk="null-co://")
        icount = None if port else qemu.ICOUNT
        self.running = system.System(qemu.QemuTarget(self.folder, icount=icount, extra=devices + self.options), self.image)
        self.view = self.running.view
        self.metric = self.metric or f'bulkhead_core_faults_total{{cell="{FAILING}", error="{self.error}"}}'

    def prepare(self):
        """What is done to the image before it starts."""

    def up(self):
        self.running.wait_up(FAILING)

    def provoke(self):
        self.running.send(FAILING, f"sharp {self.command}")

    def ns(self, ticks):
        return ticks * 1_000_000_000 // self.hz

    def second(self):
        """When the command was done, as the cell said before it."""
        return int(re.findall(rf"^\[{FAILING}\] \w+: at (\d+) s\n", self.running.uart.text, re.M)[-1]) * 1_000_000_000

    def detected(self):
        """(when it began, when it was noticed): ns of the machine's counter"""
        time = self.ns(self.view.core(FAILING).fault_time)
        return self.second(), time

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

    def start(self):
        self.running.start()
        self.hz = int(self.running.uart.search(r"^health: up, .* timer (\d+) Hz\n")[1])
        qemu.wait_until(lambda: self.view.state(CONTROL) == "ready", "control is ready")
        self.up()

    def err(self):
        self.provoke()
        qemu.wait_until(self.happened, f"{self.error} has its {self.action}")

    def run(self):
        with self.running.target:
            self.start()
            before = self.others()
            self.err()
            began, noticed = self.detected()
            acted = self.acted()
            self.logged()
            after = self.others()
        detected = noticed - began if self.marked else None
        since = None if acted is None else acted - began
        return Outcome(
            self.error, self.action, self.how, detected, self.detected_bound, since, self.acted_bound,
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
    alert = "BulkheadCellRestarted"
    metric = f'bulkhead_cell_restarts_total{{cell="{FAILING}", cause="heartbeat-missed"}}'
    command = "beat 0"
    detected_bound = 50 * MS + POLLED
    acted_bound = 50 * MS + POLLED + FILLED

    def detected(self):
        time = self.event("restart")
        return self.second(), time

    def logged(self):
        self.running.uart.search(rf"^health: cell {FAILING}: heartbeat missed \(\d+ ms\) -> restart\n")
        self.running.uart.search(rf"^event: .* cell={FAILING} restart cause=heartbeat-missed ")


class BootTimeout(Case):
    """Of its second life: in its first the health cell comes up, too."""

    error, action, how = "boot-timeout", "restart", "never comes up, of 100 ms"
    alert = "BulkheadCellDown"
    metric = f'bulkhead_cell_restarts_total{{cell="{FAILING}", cause="boot-timeout"}}'
    config, from_start = "drill-hang", True
    detected_bound = 100 * MS + POLLED
    acted_bound = 100 * MS + POLLED + FILLED

    def up(self):
        pass

    def provoke(self):
        pass

    def happened(self):
        return self.view.core(FAILING).generation >= 3

    def nth(self, name, number):
        found = qemu.wait_until(lambda: health.events(self.running.uart.text, cell=FAILING, name=name)[number - 1 :], f"{name} {number} is in the log")
        return round(found[0].time * 1_000_000_000)

    def detected(self):
        return self.nth("start", 2), self.nth("restart", 2)

    def acted(self):
        return self.nth("start", 3)

    def logged(self):
        self.running.uart.search(rf"^health: cell {FAILING}: boot timeout \(\d+ ms\) -> restart\n")
        self.running.uart.search(rf"^event: .* cell={FAILING} restart cause=boot-timeout ")


class Stopped(Case):
    action, alert = "stop", "BulkheadCellDown"
    metric = f'bulkhead_cell_state{{cell="{FAILING}", bulkhead_cell_state="stopped"}}'

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
    marked, from_start = False, True
    options = REBOOT  # in its time the health cell finds that the image isn't the build's, and resets the machine
    alert, metric = "BulkheadTablesChanged", 'bulkhead_last_life_dumps{cause="table-integrity"}'

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

    def acted(self):
        return None


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
            gdb.change_at(core, vectors + SYNC_LOWER, "pc", vectors + SERROR_LOWER)


class DmaViolation(Case):
    error, action, how = "dma-violation", "restart", "its drive writes into another cell's memory"
    config = "drill-dma"
    detected_bound, acted_bound = 2 * MS, FILLED + RESET
    alert, metric = "BulkheadDmaFaults", f'bulkhead_cell_dma_faults_total{{cell="{FAILING}"}}'

    def up(self):
        self.running.uart.search(rf"^\[{FAILING}\] intruder: up ", never=system.HALTED)

    def provoke(self):
        victim = self.running.blueprint.cells[CONTROL].regions[0].pa
        self.running.send(FAILING, f"nvmesharp {victim:#x}")

    def detected(self):
        time = self.event("dma-fault", HEALTH)
        return self.second(), time

    def logged(self):
        self.running.uart.search(rf"^event: .* cell={HEALTH} dma-fault of={self.running.blueprint.cells[FAILING].index} ")
        self.running.uart.search(rf"^event: .* cell={FAILING} restart cause=dma-violation ")


class Reset(Case):
    """All start over: nobody is left who could have noticed nothing."""

    action, options = "reset", REBOOT

    def happened(self):
        return self.running.uart.text.count("\nhealth: up, ") >= 2

    def acted(self):
        return self.ns(self.view.crash_time())

    def others(self):
        return {}

    def logged(self):
        self.running.uart.search(rf"^health: last boot: \S+ core=\d+ cell=\S+ {self.error} ")


class TableIntegrity(Reset):
    error, how = "table-integrity", "the debugger flips a bit of an image in the store"
    metric, alert = 'bulkhead_last_life_dumps{cause="table-integrity"}', "BulkheadTablesChanged"

    def start(self):
        super().start()
        bound = self.running.uart.search(r"^health: integrity: .* a change is found within (\d+) ms\n")
        self.detected_bound = int(bound[1]) * MS + POLLED
        self.acted_bound = self.detected_bound + POLLED

    def provoke(self):
        self.running.uart.search(r"^status: ")
        part = self.image.loadables[-1]
        with gdbstub.attached(self.running.target) as gdb:
            self.flipped = round(self.running.polled() * 1_000_000_000)
            gdb.write_physical(part.load + len(part.data) - 1, bytes([part.data[-1] ^ 1]))

    def detected(self):
        return self.flipped, self.event("application", HEALTH)

    def logged(self):
        super().logged()
        self.running.uart.search(r"^health: cell health: table-integrity: the machine is reset\n")


class ExceptionAtEl2(Reset):
    error, how = "exception-at-el2", "simulated: the debugger makes a breakpoint of EL2's code"
    metric, alert = 'bulkhead_last_life_dumps{cause="exception-at-el2"}', "BulkheadCrashed"
    command = "event 1"

    def provoke(self):
        super().provoke()
        self.running.uart.search(rf"^\[{FAILING}\] probe: > event\n")
        with gdbstub.attached(self.running.target) as gdb:
            vectors = gdb.register(self.running.blueprint.cells[FAILING].cores[0].machine_core, "VBAR_EL2")
            gdb.write_physical(self.running.fit.kernel.load + vectors + SYNC_LOWER - EL2_VA_TEXT, BRK)

    def detected(self):
        time = self.acted()
        return self.second(), time

    def logged(self):
        super().logged()
        self.running.uart.search(r"^bulkhead: exception at EL2 on core ")


CASES = (
    MemoryViolation, DmaViolation, ForbiddenAccess, SError, HeartbeatMissed, BootTimeout, ImageMismatch, RestartLimit, TableIntegrity,
    ApplicationError, ExceptionAtEl2,
)  # fmt: skip

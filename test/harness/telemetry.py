# SPDX-License-Identifier: Apache-2.0
"""struct telemetry_core and struct log_ring (src/blueprint/telemetry.h), read from a target's memory."""

import struct
from dataclasses import dataclass

MAGIC = 0x54454C454D424C4B
SIZE = 3128
REASONS = ("hvc", "smc", "irq", "gicd", "gicr", "uart", "sgi", "sysreg", "abort", "serror", "other", "pci")
CELL_STATES = ("none", "starting", "running", "ready", "stopped", "lost")
CORE_STATES = ("off", "running", "parked")
ERRORS = (
    "memory-violation",
    "dma-violation",
    "forbidden-access",
    "serror",
    "heartbeat-missed",
    "boot-timeout",
    "image-mismatch",
    "restart-limit",
    "table-integrity",
    "application-error",
    "exception-at-el2",
    "request",
)
ACTIONS = ("ignore", "log", "stop", "restart", "safe", "reset")
LOG_BYTES = 4032
BOOT_TIME = 3040  # offset in struct telemetry_core


@dataclass
class Telemetry:
    core: int
    cell: int
    core_state: str
    exits: dict
    exits_at_ready: int
    el2_ticks_max: int
    injected: int
    foreign_sgi: int
    denied: int
    faults: dict
    fault_count: int
    fault_time: int  # ticks
    fault_error: str
    fault_action: str
    fault_esr: int
    fault_elr: int
    fault_far: int
    fault_ipa: int
    event_sequence: int
    cell_state: str
    generation: int
    restarts: int
    start_time: int  # ticks
    ready_time: int
    restart_cause: str
    events_dropped: int
    boot_time: int  # ticks

    @property
    def exits_total(self):
        return sum(self.exits.values())

    @property
    def exits_since_ready(self):
        return self.exits_total - self.exits_at_ready


def parse(data):
    """Telemetry of `data`; None before its core has started."""
    magic, _, core, cell, core_state = struct.unpack_from("<QIIII", data)
    if magic != MAGIC:
        return None
    exits = struct.unpack_from("<16Q", data, 24)
    at_ready, _, ticks_max = struct.unpack_from("<3Q", data, 152)
    injected, foreign, denied = struct.unpack_from("<3Q", data, 432)
    faults = struct.unpack_from("<16Q", data, 456)
    count, time, error, action, esr, elr, _, far, ipa = struct.unpack_from("<QQII5Q", data, 584)
    sequence, _, state, generation, restarts, start, ready, cause, dropped = struct.unpack_from("<9Q", data, 896)
    (boot,) = struct.unpack_from("<Q", data, BOOT_TIME)
    return Telemetry(
        core=core,
        cell=cell,
        core_state=CORE_STATES[core_state],
        exits=dict(zip(REASONS, exits)),
        exits_at_ready=at_ready,
        el2_ticks_max=ticks_max,
        injected=injected,
        foreign_sgi=foreign,
        denied=denied,
        faults={name: n for name, n in zip(ERRORS, faults) if n},
        fault_count=count,
        fault_time=time,
        fault_error=ERRORS[error],
        fault_action=ACTIONS[action] if action < len(ACTIONS) else str(action),
        fault_esr=esr,
        fault_elr=elr,
        fault_far=far,
        fault_ipa=ipa,
        event_sequence=sequence,
        cell_state=CELL_STATES[state],
        generation=generation,
        restarts=restarts,
        start_time=start,
        ready_time=ready,
        restart_cause=ERRORS[cause],
        events_dropped=dropped,
        boot_time=boot,
    )


class View:
    """Reads a running target by its image's blueprint."""

    def __init__(self, target, blueprint):
        self._target, self._blueprint = target, blueprint

    def core(self, cell, core=0):
        """Telemetry of a core of a cell; None: not started yet."""
        pa = self._blueprint.cells[cell].cores[core].telemetry_pa
        return parse(self._target.read_memory(pa, SIZE))

    def state(self, cell):
        t = self.core(cell)
        return t.cell_state if t else "none"

    def log_head(self, cell):
        """Bytes that a log console has printed since the machine started."""
        return struct.unpack("<Q", self._target.read_memory(self._blueprint.cells[cell].log_pa, 8))[0]

    def log(self, cell, since=0):
        """What a log console printed from byte `since` on; of older ones at most the last LOG_BYTES."""
        data = self._target.read_memory(self._blueprint.cells[cell].log_pa, 4096)
        (head,) = struct.unpack_from("<Q", data)
        first = max(since, head - LOG_BYTES, 0)
        text = bytes(data[64 + n % LOG_BYTES] for n in range(first, head))
        return text.decode("utf-8", "replace").replace("\r", "")

    def crash_time(self):
        """Ticks of the life that ended, when it left the first dump that this boot has gathered; None: it left none."""
        if not self._blueprint.crash_pa:
            return None
        data = self._target.read_memory(self._blueprint.crash_pa, 64)
        (count,) = struct.unpack_from("<I", data, 28)
        return struct.unpack_from("<Q", data, 32 + 24)[0] if count else None

    def memory(self, cell, ipa, size):
        """A cell's memory as the cell sees it (within one page)."""
        return self._target.read_memory(self._blueprint.cells[cell].stage2(ipa), size)

    def heartbeat(self, cell):
        """(beat, values[32]); None where the first core does not map it."""
        pa = self._blueprint.cells[cell].heartbeat_pa
        words = struct.unpack("<33Q", self._target.read_memory(pa, 264))
        return words[0], words[1:]

# SPDX-License-Identifier: Apache-2.0
"""The hostile cell (hostile/), built for a configuration, commanded, and read out of its memory.

What it attacks is not written down anywhere: the emulated pages, its interrupts and its own cores come from the
blueprint, the addresses of others from the blueprint and the board's tree.
"""

import contextlib
import csv
import functools
import operator
import os
import pathlib
import random
import struct
import subprocess
import time
from dataclasses import dataclass

import system
import witness
from harness import build, qemu, records

HERE = pathlib.Path(__file__).parent
SOURCES = HERE / "hostile"
ATTACKER, WITNESSES = "attacker", ("direct", "injected")
BASE = 0x70000000  # ram-base in hostile.dts
PLACES = ("gicd", "gicr", "uart")  # members of struct plan, by enum bp_mmio_kind
BELOW = 1 << 37  # what the attacker's stage 1 reaches: space.c
FORM_NAME, FORMS_MAX = 32, 128
FORM_PLAIN, FORM_BLIND = 1, 2
SYSREG_FIRST, SYSREG_COUNT, SYSREG_RECORD = 0x4000, 0xC000, 24  # bytes of struct sysreg_record
EC_UNDEFINED, EC_OVER, EC_FETCH_EL0, EC_FETCH = 0x00, 0x15, 0x20, 0x21
STATES = {0: "none", 1: "idle", 2: "running", 3: "done", 4: "lost"}
WRONGS = {  # hostile.h: WRONG_*
    1: "unexpected outcome",
    2: "fetched from another's page",
    3: "an access without a syndrome was done",
    4: "others' interrupts in a register",
    5: "answer to a call",
    6: "register spoiled by a call",
    7: "another's interrupt delivered",
    8: "an interrupt not delivered once",
    9: "data of another's page",
}
CLASSES = {0x00: "Undefined", 0x15: "done", 0x18: "trapped", 0x20: "fetch from EL0", 0x21: "fetch"} | {
    0x22: "PC alignment",
    0x24: "access from EL0",
    0x25: "access",
}

SEED = int(os.environ.get("ATTACK_SEED", "1"), 0)


@functools.lru_cache(maxsize=None)
def _compiled():
    """Of the sources, the same in every configuration; start.S first."""
    sources = sorted(SOURCES.glob("*.[cS]"), key=lambda path: (path.name != "start.S", path.name))
    return build.compile_objects(sources, build.CELLS / "hostile")


def objects():
    """Each test names what it attacks with, also those that find it compiled."""
    records.used(*sorted(SOURCES.iterdir()))
    return _compiled()


def seed_of(*words):
    """ATTACK_SEED, different for each class and mode, never 0."""
    return random.Random(f"{SEED} {words}").getrandbits(63) | 1


@dataclass
class Report:
    """struct report of hostile.h."""

    state: str
    attack: str
    seed: int
    wanted: int
    done: int
    classes: dict
    external: int
    taken: int
    audits: int
    wrong_count: int
    wrongs: list
    lost: tuple
    forms: list

    HEAD = struct.Struct("<5Q64Q4Q")
    SIZE = HEAD.size + 8 * (4 * 8 + 3 + 4 * FORMS_MAX)

    @classmethod
    def parse(cls, data):
        words = cls.HEAD.unpack_from(data)
        state, attack, seed, wanted, done = words[:5]
        classes = {n: count for n, count in enumerate(words[5:69]) if count}
        external, taken, audits, wrong_count = words[69:]
        rest = struct.unpack_from(f"<{4 * 8 + 3 + 4 * FORMS_MAX}Q", data, cls.HEAD.size)
        wrongs = [rest[4 * n : 4 * n + 4] for n in range(min(wrong_count, 8))]
        forms = [rest[35 + 4 * n : 39 + 4 * n] for n in range(FORMS_MAX)]
        return cls(
            STATES[state], chr(attack), seed, wanted, done, classes, external, taken, audits, wrong_count, wrongs,
            rest[32:35], forms,
        )  # fmt: skip

    def complaints(self):
        lines = [f"{WRONGS.get(what, what)}: {a:#x} {b:#x} {c:#x}" for what, a, b, c in self.wrongs]
        return f"{self.wrong_count} claims broken:\n" + "\n".join(lines)

    def __str__(self):
        classes = ", ".join(f"{count} {CLASSES.get(n, hex(n))}" for n, count in sorted(self.classes.items()))
        return f"{self.done} of {self.wanted}: {classes}; {self.taken} interrupts, {self.audits} audits"


class Hostile(system.System):
    """A running system with the hostile cell in it."""

    def __init__(self, mode, results, **options):
        self.mode, self.measured = mode, {}
        self.folder = build.CELLS / f"hostile-{mode}"
        self.elf = self.folder / "hostile.elf"
        # The division doesn't depend on what is in an image: first one that does nothing, then one that knows it all.
        build.assemble(system.HERE / "cells/hang.S", self.elf, BASE)
        blind = system.System(None, self._image("blind"))
        self._link(self._plan(blind))
        super().__init__(qemu.QemuTarget(results, **options), self._image("seeing"))
        assert self.blueprint.cells[ATTACKER].mmio == blind.blueprint.cells[ATTACKER].mmio
        self.symbols = self._symbols()

    # ---- building ----

    def _image(self, name):
        config = self.folder / f"hostile-{self.mode}-{name}.dts"
        config.write_text((HERE / "hostile.dts").read_text().replace("MODE", self.mode))
        return build.image(config)

    def _link(self, plan):
        source = self.folder / "plan.c"
        source.write_text('#include "hostile.h"\n' + plan)
        planned = build.compile_objects([source], self.folder, f"-I{SOURCES}")
        build.assemble(objects()[0], self.elf, BASE, *objects()[1:], *planned)

    def _plan(self, blind):
        """plan.c: what the attacker is told about itself and others."""
        cell = blind.blueprint.cells[ATTACKER]
        words = [other.owned for other in blind.blueprint.cells.values()]
        owned = ", ".join(map(hex, cell.owned))
        anyones = ", ".join(hex(functools.reduce(operator.or_, word)) for word in zip(*words))
        pages = ", ".join(f"{{{ipa:#x}, {size:#x}, {kind}}}" for ipa, size, kind in cell.mmio)
        places = ", ".join(f".{PLACES[kind]} = {ipa:#x}" for ipa, _, kind in cell.mmio)
        foreign = sorted(set(self._foreign(blind, cell)))
        return (
            f"static const struct plan_page pages[] = {{{pages}}};\n"
            f"static const u64 mpidrs[] = {{{', '.join(hex(core[0]) for core in blind.blueprint.cores)}}};\n"
            f"static const u64 foreign[] = {{{', '.join(map(hex, foreign))}}};\n"
            f"const struct plan plan = {{.pages = pages, .page_count = {len(cell.mmio)}, {places}, .foreign = foreign,\n"
            f".foreign_count = {len(foreign)}, .mpidr = {cell.cores[0].mpidr:#x},\n"
            f".mpidrs = mpidrs, .mpidr_count = {len(blind.blueprint.cores)}, .ram = {cell.regions[0].ipa:#x},\n"
            f".ram_size = {cell.regions[0].size:#x}, .owned = {{{owned}}}, .anyones = {{{anyones}}}}};\n"
        )

    @staticmethod
    def _foreign(blind, cell):
        """Pages of others and of nobody, which stage 2 must not map, and that are no emulated ones."""
        addresses = [blind.blueprint.memory.base, blind.blueprint.writable_pa]
        for other in blind.blueprint.cells.values():
            addresses += [region.pa for region in other.regions]
            addresses += [region.pa + region.size - 4096 for region in other.regions]
            addresses += [core.telemetry_pa for core in other.cores] + [core.ring_pa for core in other.cores]
        addresses += [address for _, address in blind.devices()]
        addresses += [0, 0x1000, BELOW - 4096, BELOW // 2]
        for address in addresses:
            page = address & ~4095
            emulated = any(ipa <= page < ipa + size for ipa, size, _ in cell.mmio)
            if page < BELOW and not emulated and cell.stage2(page) is None:
                yield page

    def _symbols(self):
        lines = subprocess.run(
            [f"{build.CROSS}nm", self.elf], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        return {name: int(value, 16) for value, _, name in map(str.split, lines)}

    # ---- what it says ----

    def attacker_memory(self, symbol, size):
        at = self.symbols[symbol]
        region = self.blueprint.cells[ATTACKER].regions[0]
        assert region.ipa <= at and at + size <= region.ipa + region.size
        return self.target.read_memory(region.pa + at - region.ipa, size)

    def told(self):
        """The attacker's own account."""
        return Report.parse(self.attacker_memory("report", Report.SIZE))

    def form_names(self):
        count = (self.symbols["forms_end"] - self.symbols["forms"]) // 8
        data = self.attacker_memory("form_names", FORM_NAME * count)
        return [data[n : n + FORM_NAME].rstrip(b"\0").decode() for n in range(0, len(data), FORM_NAME)]

    def form_kinds(self):
        return list(self.attacker_memory("form_kinds", len(self.form_names())))

    # ---- the attack ----

    def wait_attacker(self):
        """It is up, and listens."""
        qemu.wait_until(lambda: self.view.state(ATTACKER) == "ready", "the attacker is ready")
        qemu.wait_until(lambda: self.told().state == "idle", "the attacker listens")
        return self

    def renew(self):
        """Stopped and restarted by the health cell: afterwards it is as new."""
        self.health(f"stop {ATTACKER}")
        qemu.wait_until(lambda: self.view.state(ATTACKER) == "stopped", "the attacker is stopped")
        generation = self.generation(ATTACKER)
        self.health(f"restart {ATTACKER}")
        qemu.wait_until(lambda: self.generation(ATTACKER) == generation + 1, "the attacker is restarted")
        self.wait_attacker()

    def command(self, letter, count, seed):
        self.send(ATTACKER, f"{letter} {count:x} {seed:x}")
        qemu.wait_until(lambda: self.told().state != "idle", "the attacker has heard")

    def attack(self, letter, name, count):
        """Runs a class to its end; the report."""
        seed = seed_of(name, self.mode)
        print(f"\n{name}, {self.mode}: {count} from seed {seed:#x} (ATTACK_SEED={SEED})", flush=True)
        self.command(letter, count, seed)
        report, shown, moved = self.told(), time.monotonic(), time.monotonic()
        while report.state == "running":
            time.sleep(0.1)
            last, report = report, self.told()
            if report.done != last.done or report.taken != last.taken:
                moved = time.monotonic()
            if time.monotonic() - moved > qemu.PATIENCE:
                raise AssertionError(f"the attacker has come to a standstill: {report}\n{report.complaints()}")
            if time.monotonic() - shown > 10:
                shown = time.monotonic()
                print(f"  {report}", flush=True)
        print(f"  {report}", flush=True)
        assert report.state == "done", f"{report.state}: ESR, ELR, FAR {[hex(n) for n in report.lost]}, {report}"
        assert report.attack == letter and report.seed == seed and report.done >= count
        self.measured |= {"attempts": report.done, "seed": f"{SEED}: {seed:#x}"}
        return report

    def witness_entries(self):
        """(exits to EL2, ticks) of each witness since its start, of one moment."""
        self.target.pause()
        try:
            return {w: (self.view.core(w), self.view.heartbeat(w)[1][0]) for w in WITNESSES}
        finally:
            self.target.resume()

    @contextlib.contextmanager
    def witnessed(self):
        """Both witnesses live on as before, and not one entry to EL2 is added to theirs; the health cell reports."""
        with self.unharmed("direct"), self.unharmed("injected"):
            before, mark = self.witness_entries(), self.uart.mark()
            yield
            after = self.witness_entries()
            (old, old_ticks), (new, new_ticks) = before["direct"], after["direct"]
            counts = {witness.ENTRIES: new.exits_total - old.exits_total, witness.TICKS: new_ticks - old_ticks}
            self.measured |= witness.added(self.measured, counts)
            self.uart.search(r"^status: .* direct:state=ready.* injected:state=ready", since=mark, never=system.HALTED)
        assert new.exits_total == old.exits_total, f"entries of the direct witness: {self._added(old, new)}"
        (old, old_ticks), (new, new_ticks) = before["injected"], after["injected"]
        added = self._added(old, new)
        assert set(added) <= {"irq"}, f"entries of the injected witness: {added}"
        # One entry a tick; a moment may lie between the entry and the count of it.
        assert abs(added.get("irq", 0) - (new_ticks - old_ticks)) <= 1, f"{added} in {new_ticks - old_ticks} ticks"
        assert new_ticks > old_ticks

    @staticmethod
    def _added(old, new):
        return {r: new.exits[r] - old.exits[r] for r in new.exits if new.exits[r] != old.exits[r]}


# ---- what was visited, for people ----

SYSREG_OUTCOMES = {0: "not visited", 1: "done", 2: "Undefined", 3: "stored", 4: "ignored", 5: "same value written"}


def sysreg_outcome(byte):
    return SYSREG_OUTCOMES.get(byte, f"exception class {byte & 0x3F:#x}")


@dataclass
class Visit:
    """An encoding, and what became of it at EL1 and at EL0."""

    op0: int
    op1: int
    crn: int
    crm: int
    op2: int
    value: tuple
    read: tuple
    write: tuple

    @property
    def name(self):
        kind = "SYS" if self.op0 == 1 else f"S{self.op0}"
        return f"{kind}_{self.op1}_C{self.crn}_C{self.crm}_{self.op2}"


def visits(data):
    """Of sysreg_records[]."""
    for n, (el1, el0, r1, r0, w1, w0, _) in enumerate(struct.iter_unpack("<QQBBBBI", data)):
        key = SYSREG_FIRST + n
        yield Visit(
            key >> 14, key >> 11 & 7, key >> 7 & 15, key >> 3 & 15, key & 7, (el1, el0),
            (sysreg_outcome(r1), sysreg_outcome(r0)), (sysreg_outcome(w1), sysreg_outcome(w0)),
        )  # fmt: skip


def write_csv(name, header, rows):
    build.RESULTS.mkdir(parents=True, exist_ok=True)
    path = build.RESULTS / name
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path

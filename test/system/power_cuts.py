# SPDX-License-Identifier: Apache-2.0
"""Power cuts in an update: what boot disk and boot state are told to write is recorded once; then machines are started from
what the two may hold when the power goes, at any place of it.

The two logs have no clock in common. They are divided into the same phases, which are one behind the other, and within a phase any
state of the one goes with any of the other.
"""

import concurrent.futures
import contextlib
import hashlib
import random
import re
import shutil
from dataclasses import dataclass, field

import system
from harness import pci, qemu, write_log

DEVICES = DISK, FLASH = "disk", "state"  # the latter: what has the boot state, flash or a boot partition of an eMMC
BLOCK = 0x40000  # bytes: what the flash erases at once
COUNTERS = {"a": 1, "b": 2}
OTHER = r"^(bulkhead: (halted|exception|refus)|Bulkhead: no slot can be started|Bulkhead: no valid boot state)"
RUNS = r"^event: (\S+) \S+ cell=health slot of=([ab]) runs counter=(\d+) record=(\d+)\n"
KEPT = r"^health: slots: (?:state (\d+): first ([ab]), a (\w+), b (\w+), floor (\d+)|confirmed, nothing to write)\n"
AT_ONCE = 2  # machines


@dataclass(frozen=True)
class Step:
    """What happens in a phase, and what comes up when the power goes before and behind the write that decides."""

    name: str
    before: str  # slot
    after: str
    record: int  # the one that counts before
    writes: str  # "loader": tries, the first of which decides; "record": a whole record, whose last word does; "disk"


@dataclass
class Phase:
    step: Step
    first: dict = field(default_factory=dict)  # device -> entry
    last: dict = field(default_factory=dict)  # that ends it, exclusive

    def numbers(self, log, device):
        return [n for n in range(self.first[device], self.last[device]) if log.entries[n].writes]

    def decides(self, log):
        """Number of the flash's write from which on it is `after`; None: none does."""
        numbers = self.numbers(log, FLASH)
        return {"loader": numbers[:1], "record": numbers[-1:], "disk": []}[self.step.writes]


class Recording:
    """One run of a machine, from power-on on."""

    def __init__(self, appliance, kept):
        """kept: slot -> what of its confirmation the health cell says (KEPT), of slots whose cells come up soon."""
        self.base = {DISK: appliance.disk, FLASH: appliance.folder / "state.img"}
        self.loader = (appliance.folder / "loader.img").resolve()
        self.digests = {slot: digest(appliance.content[slot]) for slot in "ab"}
        self.kept, self.medium = kept, appliance.medium
        self.phases, self.logs = [], {}

    def read(self, target):
        # An eMMC without a cache keeps nothing back either; a sector is torn to its bits here, as a word of flash is.
        self.logs = {DISK: write_log.WriteLog(target.log_of(DISK)), FLASH: write_log.WriteLog(target.log_of(self.medium), nor=True)}
        return {device: len(log.entries) for device, log in self.logs.items()}

    def ended(self, target, step):
        """All that belongs to the step is written."""
        first = self.phases[-1].last if self.phases else dict.fromkeys(DEVICES, 0)
        phase = Phase(step, first, self.read(target))
        self.phases.append(phase)
        writes = [self.logs[FLASH].entries[n] for n in phase.numbers(self.logs[FLASH], FLASH)]
        erasures = [n for n, entry in enumerate(writes) if entry.size == BLOCK]
        record = ([33], [0]) if self.medium == "flash-1" else ([34], [])  # an eMMC has two sectors erased by writing them
        expected = {"loader": (range(1, 5), []), "record": record, "disk": ([0], [])}[step.writes]
        assert len(writes) in expected[0] and erasures == expected[1], f"{step.name}: {len(writes)} writes, erasures {erasures}"
        touched = bool(phase.numbers(self.logs[DISK], DISK))
        assert touched == (step.writes == "disk"), f"{step.name}: the disk was {'written' if touched else 'not written'}"


@dataclass(frozen=True)
class Case:
    phase: int
    cuts: tuple  # of the disk, of the flash
    kind: str  # "boundary", "subset", or "unsafe": what can't be where an update is made as docs/update.md says


def boundaries(recording):
    """Each flush boundary of either device, in each phase, with each of the other device's."""
    for number, phase in enumerate(recording.phases):
        ends = [recording.logs[device].boundaries(phase.first[device], phase.last[device]) for device in DEVICES]
        for disk in ends[0] or [phase.first[DISK]]:
            for flash in ends[1] or [phase.first[FLASH]]:
                yield Case(number, (write_log.Cut(disk), write_log.Cut(flash)), "boundary")


def subsets(recording, count, seed):
    """`count` cuts at random in the middle of what is being written; the half in the phases that write to the disk."""
    rng = random.Random(seed)
    disk = [n for n, phase in enumerate(recording.phases) if phase.step.writes == "disk"]
    others = [n for n in range(len(recording.phases)) if n not in disk]
    for number in range(count):
        chosen = rng.choice(disk if disk and number % 2 else others)
        phase = recording.phases[chosen]
        cuts = [recording.logs[device].cut(rng, phase.first[device], phase.last[device]) for device in DEVICES]
        yield Case(chosen, tuple(cuts), "subset")


def allowed(recording, case):
    """What may come up: (slot, sequence of its record)."""
    phase, cut = recording.phases[case.phase], case.cuts[1]
    if case.kind == "unsafe":
        return {("a", phase.step.record + 1)}
    step = phase.step
    later = step.record + (step.writes == "record")
    before, after = (step.before, step.record), (step.after, later)
    for number in phase.decides(recording.logs[FLASH]):
        if number in dict(cut.torn):
            return {before, after}
        return {before} if number >= cut.end or number in cut.lost else {after}
    return {before}


@dataclass
class Outcome:
    case: Case
    slot: str = ""
    seconds: float = 0.0  # virtual: from power-on until the health cell says what runs
    wrong: str = ""  # empty: what may come up came up


def start(recording, case, folder):
    """Starts what the cut left. In virtual time: how busy the host is makes no difference."""
    shutil.rmtree(folder, ignore_errors=True)
    machine = folder / "machine"
    machine.mkdir(parents=True)
    (machine / "loader.img").symlink_to(recording.loader)
    recording.logs[DISK].rebuild(recording.base[DISK], machine / "disk.img", case.cuts[0])
    recording.logs[FLASH].rebuild(recording.base[FLASH], machine / "state.img", case.cuts[1])
    outcome = Outcome(case)
    devices = pci.options("qemu-virt-pci", disk="null-co://")
    with qemu.QemuTarget(folder / "run", icount=qemu.ICOUNT, extra=devices, state=recording.medium) as target:
        target.load(machine / "disk.img")
        target.power("on")
        try:
            came_up(recording, target.console(), outcome)
        except AssertionError as error:
            outcome.wrong = str(error)
    shutil.rmtree(machine)  # the serial log stays
    return outcome


def came_up(recording, uart, outcome):
    runs = uart.search(RUNS, never=OTHER)
    slot, record = runs[2], int(runs[4])
    outcome.slot, outcome.seconds = slot, float(runs[1])
    may = allowed(recording, outcome.case)
    assert (slot, record) in may, f"slot {slot} by record {record}, which isn't among {sorted(may)}"
    assert int(runs[3]) == COUNTERS[slot], f"slot {slot} with counter {runs[3]}"
    handed = uart.text[: uart.text.index("\nStarting kernel ...\n")]
    refused = re.findall(r"^Bulkhead: slot (.) refused: (.*)$", handed, re.M)
    due = [("b", "not the image that was installed there")] if outcome.case.kind == "unsafe" else []
    assert refused == due, f"refused: {refused}"
    hashed = re.findall(r"^sha256 for .* ==> ([0-9a-f]{64})$", handed, re.M)[-1]
    assert hashed == recording.digests[slot], f"slot {slot} with an image of digest {hashed}"
    signed = handed[handed.rindex(hashed) :]
    assert re.search(r"^   Verifying Hash Integrity \.\.\. sha256,rsa4096:\S+\+ OK$", signed, re.M), "no signature was verified"
    assert re.search(r"^health: up", uart.text, re.M), "no health: up"
    if slot in recording.kept:
        kept = uart.search(KEPT, never=OTHER)
        assert kept.groups()[1:] == recording.kept[slot], f"kept as {kept[0].strip()}"


def try_all(recording, cases, folder):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        started = [pool.submit(start, recording, case, folder / f"cut-{number}") for number, case in enumerate(cases)]
        return [future.result() for future in started]


def told(recording, outcomes):
    """What went wrong, a line each."""
    return [f"{recording.phases[outcome.case.phase].step.name}, {outcome.case}: {outcome.wrong}" for outcome in outcomes if outcome.wrong]


def table(recording, outcomes):
    """Markdown: a row a phase."""
    rows = ["| power goes while | flush boundaries | random subsets | came up: old (a) | new (b) | other | at the latest after |", "|---|---|---|---|---|---|---|"]
    for number, phase in enumerate(recording.phases):
        of = [outcome for outcome in outcomes if outcome.case.phase == number]
        kinds = [sum(outcome.case.kind == kind for outcome in of) for kind in ("boundary", "subset")]
        good = [outcome.slot for outcome in of if not outcome.wrong]
        worst = max((outcome.seconds for outcome in of), default=0)
        slots = [good.count("a"), good.count("b"), len(of) - len(good)]
        rows.append("| " + " | ".join(map(str, [phase.step.name, *kinds, *slots, f"{worst:.2f} s"])) + " |")
    return "\n".join(rows) + "\n"


def digest(data):
    return hashlib.sha256(data).hexdigest()


STEPS = (
    Step("U-Boot writes the first try of a", "a", "a", 1, "loader"),
    Step("the health cell confirms a", "a", "a", 1, "record"),
    Step("`bulkhead-slots drop b`", "a", "a", 2, "record"),
    Step("`dd` writes boot-b", "a", "a", 3, "disk"),
    Step("`bulkhead-slots try b`", "a", "b", 3, "record"),
    Step("U-Boot writes the try of b", "b", "a", 4, "loader"),
    Step("the health cell confirms b", "a", "b", 4, "record"),
    Step("U-Boot writes the next try of b", "b", "b", 5, "loader"),
    Step("the health cell confirms b again", "b", "b", 5, "record"),
)


FALLS = (
    Step("U-Boot writes the try of b, which can't be confirmed", "b", "a", 5, "loader"),
    Step("the health cell has reset the machine, U-Boot writes a try of a", "a", "a", 5, "loader"),
    Step("the health cell confirms a, b is empty", "a", "a", 5, "record"),
)


def unsafe(recording, count, seed):
    """Whoever tries b without waiting for the disk: the record of the try, before all of the image."""
    rng = random.Random(seed)
    disk, try_b = (next(n for n, phase in enumerate(recording.phases) if phase.step is step) for step in (STEPS[3], STEPS[4]))
    for _ in range(count):
        phase = recording.phases[disk]
        cut = recording.logs[DISK].cut(rng, phase.first[DISK], phase.last[DISK] - 1, 0.9)
        yield Case(try_b, (cut, write_log.Cut(recording.phases[try_b].last[FLASH])), "unsafe")


class Recorder:
    """Goes with a machine through the steps."""

    def __init__(self, recording, target, running, steps):
        self.recording, self.target, self.running = recording, target, running
        self.steps = iter(steps)

    def ended(self):
        self.recording.ended(self.target, next(self.steps))

    def linux(self, command):
        self.running.shell("linux", command)
        return self

    def boots(self, slot, status, since, kept=True):
        uart = self.running.uart
        uart.search(rf"^health: slots: {slot} runs, {status}, counter ", since=since, never=system.HALTED)
        self.ended()
        if kept:
            uart.search(KEPT, since=since, never=system.HALTED)
            self.ended()


def update(appliance, new, results):
    """Records an update from a Linux cell: of `appliance`, whose two slots have one image, to `new`."""
    payload = appliance.folder / "payload.img"
    payload.write_bytes(new + bytes(-len(new) % 4096))
    recording = Recording(appliance, {"b": ("b", "good", "good", str(COUNTERS["b"]))})
    recording.digests["b"] = digest(new)
    extra = [*pci.options("qemu-virt-pci", disk=payload), "-action", "reboot=reset"]
    with machine(appliance, results, extra) as (target, running):
        recorder = Recorder(recording, target, running, STEPS)
        recorder.boots("a", "good", 0)
        running.uart.search(r"^\[linux\] linux:/root# ", never=system.HALTED)
        recorder.linux("bulkhead-slots drop b").ended()
        # In small pieces: more to lose.
        recorder.linux("for disk in nvme0c0n1 nvme0n1; do echo 32 >/sys/block/$disk/queue/max_sectors_kb; done")
        recorder.linux("dd if=/dev/vda of=/dev/nvme0n1p2 bs=1M conv=fsync").ended()
        recorder.linux(f"bulkhead-slots try b {digest(new)}").ended()
        for status in ("trial", "good"):
            mark = running.uart.mark()
            target.monitor("system_reset")
            recorder.boots("b", status, mark)
    return recording


def fall_back(appliance, results):
    """Records how `appliance` tries slot b, whose essential cell never comes up, and falls back to a."""
    recording = Recording(appliance, {"a": ("a", "good", "empty", str(COUNTERS["a"]))})
    extra = [*pci.options("qemu-virt-pci", disk="null-co://"), "-action", "reboot=reset"]
    with machine(appliance, results, extra) as (target, running):
        recorder = Recorder(recording, target, running, FALLS)
        recorder.boots("b", "trial", 0, kept=False)
        recorder.boots("a", "good", running.uart.search(r"^health: slots: b isn't confirmed in time").end())
    return recording


@contextlib.contextmanager
def machine(appliance, results, extra):
    image = appliance.folder / "image.itb"
    image.write_bytes(appliance.good)
    with qemu.QemuTarget(results, extra=extra, log_writes=True, state=appliance.medium) as target:
        target.load(appliance.disk)
        target.power("on")
        yield target, system.System(target, image)

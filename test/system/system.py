# SPDX-License-Identifier: Apache-2.0
"""A running system of cells under test, and what a test asks of it."""

import contextlib
import hashlib
import pathlib
import re
from dataclasses import dataclass

from harness import blueprint, build, fdt, fit, health, qemu, telemetry

HERE = pathlib.Path(__file__).parent
HALTED = r"^bulkhead: (halted|exception)"
FOREIGN_BASE = 0x70000000
POLL = 0.002  # seconds: the health cell's


def image(config):
    """bulkhead.itb of a configuration in test/system/configs, and what its cells need."""
    by_hand = {"control": "foreign", "hang": "hang", "stuck": "hang", "cuts-stuck": "hang", "drill-hang": "hang", "accesses": "thumb"}.get(config)
    if by_hand:
        build.assemble(HERE / f"cells/{by_hand}.S", build.CELLS / f"{by_hand}.elf", FOREIGN_BASE)
    return build.image(config)


@dataclass
class Snapshot:
    """What of a cell must not change by what another does."""

    generation: int
    restarts: int
    faults: dict
    memory: str  # digest of the pattern, read from physical memory, not by the cell
    checksum: str
    gic: tuple
    strange: dict  # counters that must stand still
    ticks: int  # the one that must not


class System:
    def __init__(self, target, itb):
        self.fit = itb if isinstance(itb, fit.Fit) else fit.Fit(itb)
        self.target = target
        self.blueprint = blueprint.Blueprint(self.fit.kernel)
        self.view = telemetry.View(target, self.blueprint)
        self.board = fdt.parse(bytes(self.fit.parts["fdt"].data))
        self.places = {}  # of the probes, by cell: scratch, pattern, return
        self._commands = 0  # typed at shells

    @property
    def uart(self):
        return self.target.console()

    def start(self, disk=None):
        """From its FIT at once, or through the loader from a disk image."""
        self.target.load(disk or self.fit)
        self.target.power("on")
        self.uart.expect(r"^health: up", never=HALTED)
        return self

    def wait_up(self, *cells, since=0):
        for cell in cells:
            self.uart.search(rf"^\[{cell}\] probe: up", since=since, never=HALTED)
            memory = self.uart.search(
                rf"^\[{cell}\] probe: memory .*scratch=(\S+) pattern=(\S+)\+(\S+) return=(\S+)\n", since=since
            )
            scratch, pattern, size, back = (int(text, 16) for text in memory.groups())
            self.places[cell] = {"scratch": scratch, "pattern": pattern, "size": size, "return": back}
            qemu.wait_until(lambda cell=cell: self.view.state(cell) == "ready", f"{cell} is ready")
        return self

    def health(self, command):
        """Types a command at the health cell; returns the mark before it."""
        mark = self.uart.mark()
        self.uart.send(command + "\r")
        return mark

    def polled(self):
        """Seconds, of a machine that stands still: of the health cell's last status line, and its polls since."""
        place = self.blueprint.cells["health"].heartbeat_pa + 8
        polls = int.from_bytes(self.target.read_memory(place, 8), "little")
        seconds, before = re.findall(r"status: (\S+) health:\S*?,ticks=(\d+),", self.uart.text)[-1]
        return float(seconds) + POLL * (polls - int(before) - 1)

    def send(self, cell, command):
        return self.health(f"send {cell} {command}")

    def ask(self, cell, command, answer):
        """Sends a command to a probe and waits for its answer, a pattern behind 'probe: '."""
        mark = self.send(cell, command)
        return self.uart.search(rf"^\[{cell}\] probe: {answer}", since=mark, never=HALTED)

    def generation(self, cell):
        return self.view.core(cell).generation

    def wait_generation(self, cell, generation, mark):
        self.uart.search(rf"^event: .* cell={cell} start generation={generation}\n", since=mark, never=HALTED)
        self.wait_up(cell, since=mark)

    def restart(self, cell):
        after = self.generation(cell) + 1
        self.wait_generation(cell, after, self.health(f"restart {cell}"))

    def fault(self, cell, command):
        """A command that must cost the cell a fault and a restart; returns its first core's telemetry."""
        before = self.view.core(cell)
        self.wait_generation(cell, before.generation + 1, self.send(cell, command))
        after = self.view.core(cell)
        assert after.fault_count == before.fault_count + 1
        return after

    def digest(self, cell):
        place = self.places[cell]
        stage2 = self.blueprint.cells[cell].stage2
        pages = [stage2(ipa) for ipa in range(place["pattern"], place["pattern"] + place["size"], blueprint.PAGE)]
        memory = self.target.read_memory(min(pages), max(pages) - min(pages) + blueprint.PAGE)
        digest = hashlib.sha256()
        for page in pages:  # in pieces where memory has colours
            digest.update(memory[page - min(pages) : page - min(pages) + blueprint.PAGE])
        return digest.hexdigest()

    def report(self, cell, command, pattern):
        """The answer of a probe with all its lines, from its log in memory: the health cell shows the beginning of
        a line that is long in coming, and the rest as another."""
        head = self.view.log_head(cell)
        self.send(cell, command)
        regex = re.compile(pattern, re.M)
        return qemu.wait_until(lambda: regex.search(self.view.log(cell, head)), f"{cell}'s answer to {command}")

    def shell(self, cell, command, status=0, patience=None):
        """Types a command at a Linux cell's prompt; its output, of at most some 3,900 bytes, once it ended as told."""
        self._commands += 1
        end = f"end-{self._commands}"
        head = self.view.log_head(cell)
        self.send(cell, f"{command}; s=$?; echo; echo $s-{end}")
        # What is typed while the shell still changes its terminal may be lost: it is through when it asks.
        regex = re.compile(rf"^(\d+)-{end}\n(?:.*\n)*?\S+:\S*# ", re.M)  # behind what it says of jobs that ended
        found = qemu.wait_until(
            lambda: regex.search(self.view.log(cell, head)), f"{cell} is through with {command}", patience or qemu.PATIENCE
        )
        output = found.string[: found.start()]
        assert status is None or int(found[1]) == status, f"{cell}: {command}: exit {found[1]}\n{output}"
        return output

    def snapshot(self, cell):
        counters = self.report(cell, "checksum", r"^probe: checksum (\w+) .*\nprobe: counters (.*)\n")
        numbers = dict(word.split("=") for word in counters[2].split())
        ticks = int(numbers.pop("ticks"))
        numbers.pop("taken")  # counts the ticks, and the UART's interrupt that brought this command
        gic = self.report(cell, "gic-state", r"^((?:probe: gic-state \w+=\S+\n){4})probe: gic-state (ctlr=.*)\n")
        now = self.view.core(cell)
        return Snapshot(
            now.generation, now.restarts, now.faults, self.digest(cell), counters[1], gic.groups(), numbers, ticks
        )

    @contextlib.contextmanager
    def unharmed(self, cell):
        """Whatever happens inside, the cell lives on as before."""
        before = self.snapshot(cell)
        assert before.checksum == "ok"
        yield before
        after = self.snapshot(cell)
        assert after.ticks > before.ticks, f"{cell} ticks no more"
        before.ticks = after.ticks
        assert after == before

    @contextlib.contextmanager
    def survives(self, cell):
        """What happens inside is refused, but is no fault of the cell."""
        before = self.view.core(cell)
        yield
        after = self.view.core(cell)
        assert (after.generation, after.fault_count) == (before.generation, before.fault_count)

    def write_gic(self, part, offset, value, size=4, cell="attacker"):
        """part: gicd or gicr."""
        command = f"{part}-write {offset:#x}"
        self.ask(cell, f"{command} {value:#x} {size}", rf"{command} (reads back|faulted)")

    def devices(self):
        """(name, address) of every register block in the board's tree."""
        for node in self.board.walk():
            reg = node.properties.get("reg")
            if reg and len(reg.data) >= 16 and not node.name.startswith("memory@"):
                cells = reg.cells()
                for n in range(0, len(cells), 4):
                    yield f"{node.name}[{n // 4}]", cells[n] << 32 | cells[n + 1]


@contextlib.contextmanager
def running(config, results, el3=False, **options):
    with qemu.QemuTarget(results, el3=el3, **options) as target:
        yield System(target, image(config)).start(build.disk(config) if el3 else None)

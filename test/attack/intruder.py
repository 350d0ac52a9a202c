# SPDX-License-Identifier: Apache-2.0
"""The hostile cell with PCI functions (cells/intruder), commanded, and what of the others is looked at from outside: their
functions' real configuration space, memory, interrupts, network, counters.

What is attacked comes from the blueprint, the board's tree and machine facts; nothing of a board is written down.
"""

import contextlib
import functools
import pathlib
import re
import struct

import system
import witness
from harness import build, gdbstub, pci, qemu

HERE = pathlib.Path(__file__).parent
OWN = ("edu", "nvme", "nic", "disk")  # the functions that the intruder has in intruder.dts, but for the NIC's second virtual one
CONFIG = HERE / "intruder.dts"
SOME, MANY = 30_000, 1_000_000  # attempts a class, unless ATTACK_COUNT says how many; many with --full
INTRUDER, VICTIM, CONTROL, HEALTH = "intruder", "victim", "control", "health"
PAGE, BUS = 4096, 1 << 20
DISK_BYTES = 1 << 20
EXTENDED = 0x1000
OVERFLOW = 1 << 31  # SMMU_EVENTQ_PROD.OVFLG
FAULTS_AT, UNTOLD_AT = 976, 3024  # struct telemetry_core: dma_lost, dma_faults[]; dma_untold, dma_silences
MARK = b"INTRUDER"
IDENTITY = b"QEMU NVMe Ctrl"
NVME_VENDOR, NVME_PATIENCE_MS = 0x1B36, 1000  # what its identity begins with; cells/intruder/nvme.c
BUCKETS = slice(8, 24)  # of the control cell's heartbeat: ticks by lateness, from 2^6 ns, a power of two each
BUCKET_FIRST = 6  # what is later than the last one's stands in that, too
LATE = 4  # 1 us and more
FAULTS_MS, EVENTS_MS = 1100, 110  # then each stream is heard again; then events of what guests do are recorded again
DIRECTIONS = ("write", "read")
TRANSLATION = 0x10  # SMMUv3's F_TRANSLATION
VICTIMS_WORD = 0x1234ABC0  # kept in its virtual function's BAR


def devices(network, disk):
    """The machine's, with an `edu` that has all address bits, and a drive of a file."""
    words = pci.options("qemu-virt-pci", ("nic",)) + ["-netdev", f"{network},id=net"]
    words += ["-blockdev", "driver=null-co,node-name=nvme,size=1048576"]
    words += ["-blockdev", f"driver=file,node-name=disk,filename={disk}"]
    more = {"edu": "edu,dma_mask=0xffffffffffffffff"}
    return [more.get(word, word + ",ats=on" if word.startswith("virtio-blk-pci") else word) for word in words]


def names():
    """Function names of machine.dts: RIDs."""
    text = (build.ROOT / "dts/qemu-virt-pci/machine.dts").read_text()
    found = re.findall(r'(\w+) = "0000:(\w\w):(\w\w)\.(\d)"', text)
    return {name: int(bus, 16) << 8 | int(slot, 16) << 3 | int(number) for name, bus, slot, number in found}


def has_mark(page):
    return MARK in page or IDENTITY in page


class Intrusion(system.System):
    """A running system with the intruder in it."""

    def __init__(self, results, peer):
        self.results, self.disk = results, results / "disk"
        self.disk.write_bytes(bytes(DISK_BYTES))
        super().__init__(qemu.QemuTarget(results, icount=qemu.ICOUNT, extra=devices(peer.netdev, self.disk)), build.image(CONFIG))
        self.measured = {}
        self.peer = peer
        self.ecam = next(address for name, address in self.devices() if name.startswith("pcie@") and name.endswith("[0]"))
        self.present = []

    def begin(self):
        self.start().wait_up(VICTIM)
        found = self.uart.search(
            r"^\[intruder\] intruder: up own=(\S+) messages=(\d+)\+(\d+)\n", never=system.HALTED
        )
        self.own, self.first, self.count = (int(text, 0) for text in found.groups())
        self.doorbell = next(ipa for ipa, size, _ in self.blueprint.cells[INTRUDER].mmio if size == PAGE and self._is_its(ipa)) + 0x40
        qemu.wait_until(lambda: self.view.state(CONTROL) == "ready", "control is ready")
        assert self.peer.resolve()
        self.present = self._present()
        self.placed, self.fresh = self.settings(), self.own_configs()
        self._victim_begin()
        return self

    def _victim_begin(self):
        """Its virtual function answers, and keeps a word in its MSI-X table: at BAR 3, where the PF's capability has them."""
        (at,) = struct.unpack_from("<I", self.sriov_at(self.config(names()["nic"]))[1], 0x30)
        self.word = at & ~15
        self.ask(VICTIM, f"write {self.ecam + 8 * PAGE + 4:#x} 6 4", r"write \S+ done")
        self.ask(VICTIM, f"write {self.word:#x} {VICTIMS_WORD:#x} 4", r"write \S+ done")
        self._word_is_kept()

    def _word_is_kept(self):
        word = self.ask(VICTIM, f"read {self.word:#x} 4", rf"read {self.word:#x} (.*)\n")[1]
        assert word == f"= {VICTIMS_WORD:#x}", f"the victim's function has {word}"

    def _is_its(self, ipa):
        return any(name.startswith("its@") and ipa == address + 0x10000 for name, address in self.devices())

    # ---- configuration space, from outside ----

    def _present(self):
        """RIDs on the machine's buses, a virtual function's included: its IDs read as ones, its class doesn't."""
        found = []
        for bus in range(16):
            data = self.target.read_memory(self.ecam + bus * BUS, BUS)
            found += [bus << 8 | n for n in range(256) if data[n * PAGE + 8 : n * PAGE + 12] != b"\xff" * 4]
        return found

    def config(self, rid):
        return self.target.read_memory(self.ecam + rid * PAGE, PAGE)

    def _configs(self, own):
        return {rid: self.config(rid) for rid in self.present if (rid in self.own_rids) == own}

    def own_configs(self):
        """Of those of the intruder's functions that can be reset, and on whose state others don't depend."""
        at = {rid: self.capabilities(rid).get(0x10) for rid in self.own_rids - {names()["nic"]}}
        return {rid: self.config(rid) for rid in at if at[rid] and self.config(rid)[at[rid] + 7] & 0x10}

    def virtual(self, number):
        """RID of the NIC's virtual function."""
        nic = names()["nic"]
        first, stride = struct.unpack_from("<HH", self.sriov_at(self.config(nic))[1], 0x14)
        return nic + first + number * stride

    @functools.cached_property
    def own_rids(self):
        return {rid for name, rid in names().items() if name in OWN} | {self.virtual(1)}

    def settings(self):
        """Of the intruder's own functions: (BARs, SR-IOV, memory decodes). Places must be as before, whatever else it does to
        them; a reset alone clears them, with the decoding."""
        return {rid: (data[0x10:0x28], self.sriov_at(data), data[4] & 2) for rid, data in self._configs(True).items()}

    @staticmethod
    def sriov_at(data):
        """Offset and bytes of the SR-IOV capability; 0: there is none."""
        at = 0x100
        while at:
            (head,) = struct.unpack_from("<I", data, at)
            if head & 0xFFFF == 0x10:
                return at, data[at : at + 0x40]
            at = 0 if head == 0xFFFFFFFF else head >> 20
        return 0, b""

    def capabilities(self, rid):
        """{number: offset} of a function, as the hardware has them; extended ones from EXTENDED on."""
        data, found = self.config(rid), {}
        at = data[0x34] & ~3
        while at:
            found[data[at]] = at
            at = data[at + 1] & ~3
        at = 0x100
        while at and data[at : at + 4] != b"\xff" * 4:
            (head,) = struct.unpack_from("<I", data, at)
            found[EXTENDED + (head & 0xFFFF)] = at
            at = head >> 20
        return found

    def buses(self):
        (size,) = [n.properties["reg"].cells()[2:4] for n in self.board.walk() if n.name.startswith("pcie@")]
        return (size[0] << 32 | size[1]) // BUS

    # ---- the others ----

    def dma_counts(self):
        """(overflows and the like, faults of the intruder's) as the service core counts them."""
        at = self.blueprint.cells[HEALTH].cores[0].telemetry_pa + FAULTS_AT
        words = struct.unpack("<32Q", self.target.read_memory(at, 256))
        return words[0], words[1 + self.blueprint.cells[INTRUDER].index]

    def losses(self):
        """(overflows and the like, faults of the intruder's told, recorded and not told, times that a stream was not heard)"""
        at = self.blueprint.cells[HEALTH].cores[0].telemetry_pa + UNTOLD_AT
        return *self.dma_counts(), *struct.unpack("<2Q", self.target.read_memory(at, 16))

    @contextlib.contextmanager
    def recorded(self):
        """Inside, QEMU writes down each event that its SMMU records; a list of one number, how many, when it is over."""
        count, log = [], self.results / "qemu.log"
        before = len(log.read_bytes())
        self.target.monitor("trace-event smmuv3_record_event on")
        try:
            yield count
        finally:
            self.target.monitor("trace-event smmuv3_record_event off")
        count.append(log.read_bytes()[before:].count(b"smmuv3_record_event"))

    def overflow(self):
        """As an SMMU says that its event queue overflowed, and interrupts: the producer's OVFLG is not the consumer's. By the
        debugger, since QEMU's doesn't say so; its next event clears the flag, which is as if it overflowed once more."""
        smmu = next(n for n in self.board.walk() if n.name.startswith("smmuv3@"))
        word, bit = divmod(32 + smmu.properties["interrupts"].cells()[1], 32)  # the event queue's, its first
        base, gicd = (next(at for name, at in self.devices() if name.startswith(kind)) for kind in ("smmuv3@", "intc@"))
        producer, consumer = base + 0x100A8, base + 0x100AC
        read = lambda at: int.from_bytes(self.target.read_memory(at, 4), "little")
        with gdbstub.attached(self.target) as gdb:
            gdb.write_physical(producer, struct.pack("<I", read(producer) ^ OVERFLOW))
            assert (read(producer) ^ read(consumer)) & OVERFLOW
            gdb.write_physical(gicd + 0x200 + 4 * word, struct.pack("<I", 1 << bit))
        qemu.wait_until(lambda: not (read(producer) ^ read(consumer)) & OVERFLOW, "the overflow is acknowledged")

    def counts(self):
        """Of one moment: entries of the victim's core to EL2 and its ticks; the control cell's ticks in time and late;
        dma_counts()."""
        self.target.pause()
        try:
            histogram = self.view.heartbeat(CONTROL)[1][BUCKETS]
            victim = self.view.core(VICTIM).exits_total, self.view.heartbeat(VICTIM)[1][0]
            return *victim, sum(histogram[:LATE]), sum(histogram[LATE:]), *self.dma_counts()
        finally:
            self.target.resume()

    def message_spis(self):
        """Of the victim: those that its tree's frame names."""
        tree = self.blueprint.cells[VICTIM]
        own = set(self.blueprint.cells[INTRUDER].spis)
        return [n for n in tree.spis if n not in own and n >= min(own)]

    def arm(self):
        """The victim would take each of its messages, and count it as one that it has no handler for."""
        for word in sorted({n // 32 for n in self.message_spis()}):
            mask = sum(1 << n % 32 for n in self.message_spis() if n // 32 == word)
            self.write_gic("gicd", 0x80 + 4 * word, mask, cell=VICTIM)
            self.write_gic("gicd", 0x100 + 4 * word, mask, cell=VICTIM)

    def lines_enabled(self):
        """Of the PCI host's interrupt lines, at the distributor: a bit each, of the INTIDs from 32 on."""
        gicd = next(address for name, address in self.devices() if name.startswith("intc@"))
        host = next(n for n in self.board.walk() if n.name.startswith("pcie@"))
        cells = host.properties["interrupt-map"].cells()
        mask = sum(1 << n for n in {cells[i + 8] for i in range(0, len(cells), 10)})
        assert mask
        return mask & int.from_bytes(self.target.read_memory(gicd + 0x104, 12), "little")

    def foreign(self):
        counters = self.report(VICTIM, "checksum", r"^probe: counters (.*)\n")
        return int(re.search(r"foreign=(\d+)", counters[1])[1])

    @contextlib.contextmanager
    def witnessed(self):
        """Whatever happens inside: the victim's memory, interrupts and counters, its function's BAR, every function's
        configuration but the intruder's own, its BARs, too, as before; health's NIC works; control misses no tick and makes
        no exit."""
        before, control, so_far = self._configs(False), self._control(), dict(self.measured)
        with self.unharmed(VICTIM):
            yield
            self._measure(so_far, control)  # whatever is found wrong below
        self._word_is_kept()
        assert self.peer.echo(b"unharmed" * 64)
        for rid, data in self._configs(False).items():
            changed = [hex(n) for n in range(PAGE) if data[n] != before[rid][n]]
            assert not changed, f"configuration space of {rid:#06x}: {changed}"
        for rid, (bars, sriov, decodes) in self.settings().items():
            assert sriov == self.placed[rid][1], f"SR-IOV of {rid:#06x}"
            assert bars == self.placed[rid][0] or not decodes, f"BARs of {rid:#06x}"
        (old, (_, missed, _)), (new, now) = control, self._measure(so_far, control)
        assert (new.generation, new.exits_since_ready) == (old.generation, 0)
        assert now[1] == missed

    def _control(self):
        """Of the control cell: telemetry of its core; its ticks, those missed, the ticks of each bucket of lateness."""
        beat = self.view.heartbeat(CONTROL)[1]
        return self.view.core(CONTROL), (*beat[:2], beat[BUCKETS])

    def _measure(self, so_far, before):
        """What was measured since `before`, added to what was so far, goes into the test's record; _control() of now."""
        (old, (ticks, missed, late)), (new, now) = before, self._control()
        counts = {witness.ENTRIES: new.exits_total - old.exits_total, witness.TICKS: now[0] - ticks, witness.MISSED: now[1] - missed}
        self.measured |= witness.added(so_far, counts)
        filled = [n for n, (then, since) in enumerate(zip(late, now[2])) if since > then]
        self.measured[witness.LATEST] = max(so_far.get(witness.LATEST, 0), 2 << (BUCKET_FIRST + filled[-1]) if filled else 0)
        return new, now

    # ---- the attack ----

    def next_life(self):
        """Started anew by the health cell: each of its functions that can be reset is as in the first life, byte for byte; all work."""
        generation = self.generation(INTRUDER)
        mark = self.health(f"restart {INTRUDER}")
        self.uart.search(rf"^event: .* cell={INTRUDER} start generation={generation + 1}\n", since=mark)
        self.uart.search(rf"^\[{INTRUDER}\] intruder: up ", since=mark)
        assert len(self.fresh) == 3  # the drives, and a virtual function
        for rid, data in self.own_configs().items():
            assert data == self.fresh[rid], f"{rid:#06x} is not as in the first life"
        self.own_works()

    def own_functions(self):
        """{name: (offset on the intruder's bus, RID on the machine's)}"""
        found = {name: (n * 8 * PAGE, names()[name]) for n, name in enumerate(OWN, 1)}
        return found | {"nic.vf1": (0x81 * PAGE, self.virtual(1))}

    def attempts(self, name):
        """(what, offset, value, bytes, bits of the register's 4 bytes that are the function's owner's) of a function: what would
        be more than a cell's."""
        _, rid = self.own_functions()[name]
        at = self.capabilities(rid)
        divided = at.get(EXTENDED + 0x10) and self.config(rid)[at[EXTENDED + 0x10] + 8] & 1  # with virtual functions
        yield "everything in the command register", 0x04, 0xFFFF, 2, 0xF9000406
        yield "bus numbers", 0x18, 0x00FF0100, 4, 0
        yield "the ROM", 0x30, 0xFFFFFFFF, 4, 0
        yield "pin and line", 0x3C, 0xFFFF, 2, 0
        for number in range(6):
            yield f"BAR {number}", 0x10 + 4 * number, self.word & 0xFFFFF000, 4, 0
        if 0x01 in at:
            yield "power management events", at[0x01] + 4, 0x8100, 2, 0x80000000
        if 0x01 in at and divided:
            yield "a sleep under others' functions", at[0x01] + 4, 3, 2, 0
        if 0x05 in at:
            yield "32 messages", at[0x05] + 2, 0x00F1, 2, 0x10000
        if 0x10 in at:
            yield "all controls of the device but its reset", at[0x10] + 8, 0x7FFF, 2, 0x000F7810
            yield "all controls of the link", at[0x10] + 0x10, 0xFFFF, 2, 0
            yield "more controls of the device", at[0x10] + 0x28, 0xFFFF, 2, 0
        if divided:
            yield "a reset under others' functions", at[0x10] + 8, 0x8000, 2, 0x000F7810
        for number, what, offset in (
            *[(0x01, "errors unreported", 0x08), (0x01, "errors that end it", 0x0C), (0x01, "errors", 0x18)],
            *[(0x0E, "routing IDs", 4), (0x0F, "address translation", 4), (0x13, "page requests", 4), (0x1B, "processes", 4)],
            *[(0x10, "virtual functions", 0x08), (0x10, "their number", 0x10), (0x10, "their pages", 0x20)],
            *[(0x10, "their BAR", 0x24), (0x10, "their BAR's upper half", 0x28), (0x10, "their migration", 0x3C)],
        ):
            if EXTENDED + number in at:
                for value in (0xFFFFFFFF, 0):
                    yield f"{what}, {value:#x}", at[EXTENDED + number] + offset, value, 4, 0

    def raid(self, command, pattern):
        return self.report(INTRUDER, command, rf"^intruder: {pattern}\n")

    def reaches(self, engine, address):
        """What a DMA of that engine wrote there (and read back), as the intruder has it: 0, where it brought nothing. The NVMe
        controller's clock goes on by milliseconds meanwhile."""
        brought = int(self.raid(f"{engine} {address:#x}", rf"{engine} {address:#x} done brought=(\S+).*")[1], 16)
        return brought if brought > 1000 else 0

    def calm(self, milliseconds):
        """So much passes, by the control cell's ticks."""
        ticks = lambda: sum(self.view.heartbeat(CONTROL)[1][BUCKETS])
        end = ticks() + milliseconds
        qemu.wait_until(lambda: ticks() > end, "time passes")

    def told(self, engine, direction, address):
        """The event of the first access of a DMA that is refused: the cell and the stream are the engine's."""
        self.calm(EVENTS_MS)
        mark = self.uart.mark()
        self.raid(f"{engine} {address:#x} {DIRECTIONS.index(direction) + 1}", rf"{engine} {address:#x} done .*")
        fault = rf"dma-fault of={self.blueprint.cells[INTRUDER].index} stream={self.streams()[engine]:#x} address={address:#x}"
        self.uart.search(rf"^event: .* cell={HEALTH} {fault} {direction} reason={TRANSLATION:#x}\n", since=mark)

    def streams(self):
        """Of each engine; the board's IOMMU has functions by their RIDs."""
        engines = {engine: names()[name] for engine, name in (("edu", "edu"), ("nvme", "nvme"), ("igb", "nic"), ("blk", "disk"))}
        return engines | {"igbvf": self.virtual(1)}

    def taken(self, command):
        return int(self.raid(command, r"\w+ \S+ taken=(\d+)")[1])

    def configure(self, offset, value, size=4):
        """Written in the intruder's configuration space; what reads there afterwards."""
        return int(self.raid(f"config {offset:#x} {value:#x} {size}", r"config \S+ exceptions=0 reads=(\w+)")[1], 16)

    def own_works(self):
        """Each engine on the intruder's own memory."""
        for engine in ("edu", "igb", "igbvf", "blk"):
            assert self.reaches(engine, self.own).to_bytes(8, "little") == MARK, engine
            assert MARK in self.view.memory(INTRUDER, self.own, PAGE), engine
        # It brings 48 bits of milliseconds, which the controller lets go on until they are asked for.
        assert self.reaches("nvme", self.own) - NVME_VENDOR & 0xFFFF <= NVME_PATIENCE_MS
        assert IDENTITY in self.view.memory(INTRUDER, self.own, PAGE)

    def targets(self):
        """(what, physical address) of all that isn't the intruder's: each cell's RAM, the hypervisor's and its tables, every
        device's registers, other functions' BARs, nobody's space."""
        cells = self.blueprint.cells
        yield f"{VICTIM}'s pattern", self.pattern()  # first, since nothing depends on it
        for name, cell in cells.items():
            if name != INTRUDER:
                for region in cell.regions:
                    yield f"{name}'s first page", region.pa
                    yield f"{name}'s last page", region.pa + region.size - PAGE
            for core in cell.cores:
                yield f"telemetry of {name}", core.telemetry_pa
                yield f"ring of {name}", core.ring_pa
        yield "the hypervisor", self.blueprint.memory.base
        yield "its tables", self.blueprint.memory.base + self.blueprint.offset & ~(PAGE - 1)
        yield "its data", self.blueprint.writable_pa
        yield "the intruder's stage 2", cells[INTRUDER].vttbr & 0xFFFFFFFFF000
        for name, address in self.devices():
            yield name, address & ~(PAGE - 1)
        yield "the translater page", self.doorbell & ~(PAGE - 1)
        for rid in self.present:
            for n in (0, 2, 3, 4):
                (low, high) = struct.unpack_from("<II", self.config(rid), 0x10 + 4 * n)
                if low & 1 == 0 and low & ~15:
                    yield f"BAR {n} of {rid:#06x}", (low & ~15) | (high << 32 if low & 4 else 0)
        for address in (0, 0x1000, 1 << 36, (1 << 40) - PAGE, 1 << 47, (1 << 64) - PAGE):
            yield f"nobody's {address:#x}", address

    def pattern(self):
        return self.blueprint.cells[VICTIM].stage2(self.places[VICTIM]["pattern"]) & ~(PAGE - 1)

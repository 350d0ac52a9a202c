# SPDX-License-Identifier: Apache-2.0
"""A hostile cell with PCI functions, class by class: each attack first succeeds against its own memory, interrupts or
function in the same run; the others notice nothing (docs/attacks.md). In virtual time.
test_intruder_chance.py does what chance says.

How many attempts a class: ATTACK_COUNT, else 30,000, with --full 1,000,000; from which seed: ATTACK_SEED.

[stest->swr~pci-config-emulated~1] [stest->swr~pci-bars-fixed~1] [stest->swr~dma-faults-told~1] [stest->swr~lpis-by-tables~1]
[stest->swr~smmu-started~1] [stest->swr~its-commands-played~1]

Robustness: all
"""

import pytest

import intruder

PAGE = intruder.PAGE
ENGINES = ("nvme", "igb", "igbvf", "blk", "edu")
FEW = ("victim's pattern", "health's first page", "the hypervisor", "the translater page")
RESETS = 20_000  # between two reports
TOLD = ("health's first page", "victim's pattern", "the hypervisor", "victim's last page", "nobody's 0x1000000000")  # by the engines
WORDS = 512  # accesses that a page's DMA takes, and faults
NIC = 3 * 8 * PAGE  # on the intruder's bus


def unmarked(guest, what, address):
    """Nothing of what the intruder writes is in that page; looked at in memory and where reading registers changes nothing."""
    if "@" in what and not what.startswith(("intc@", "its@", "smmuv3@")) or what.startswith(("BAR", "nobody")):
        return True
    return not intruder.has_mark(guest.target.read_memory(address, PAGE))


@pytest.mark.parametrize("engine", ENGINES)
def test_dma(guest, engine, request):
    guest.own_works()
    targets = dict(guest.targets())
    if engine != ENGINES[0] and not request.config.getoption("--full"):
        targets = {what: at for what, at in targets.items() if what in FEW or what.startswith("smmu")}
    lost, told = guest.dma_counts()
    with guest.witnessed():
        for what, address in targets.items():
            assert guest.reaches(engine, address) == 0, f"{what} at {address:#x} is read"
            assert unmarked(guest, what, address), f"{what} at {address:#x} is written"
    assert guest.dma_counts() > (lost, told)
    guest.own_works()


def test_queues(guest):
    """What a NIC and a drive read of others' memory as their queues, and write there as what came of it."""
    word = int.from_bytes(intruder.MARK, "little")
    ask = {
        "igbrings": lambda address: guest.raid(f"igbrings {address:#x}", r"igbrings \S+ done sent=(\S+) received=(\S+)").groups(),
        "blkqueue": lambda address: guest.raid(f"blkqueue {address:#x}", r"blkqueue \S+ done requests=(\d)").groups(),
    }
    assert ask["igbrings"](guest.own) == (f"{word:#x}",) * 2
    assert ask["blkqueue"](guest.own) == ("3",)
    targets = dict(guest.targets())
    with guest.witnessed():
        for address in (targets[what] for what in FEW):
            before = guest.target.read_memory(address, PAGE)
            assert ask["igbrings"](address) == ("0x0", "0x0")
            assert ask["blkqueue"](address) == ("0",)
            assert guest.target.read_memory(address, PAGE) == before
    guest.own_works()


@pytest.mark.parametrize("direction", intruder.DIRECTIONS)
def test_told(guest, direction):
    """Whose DMA was refused, by which stream, where, how: of each engine, the service core says it."""
    guest.calm(intruder.FAULTS_MS)
    targets = dict(guest.targets())
    for engine, what in zip(ENGINES, TOLD):
        guest.told(engine, direction, targets[what])


def test_messages(guest, request):
    """Every EventID, by two functions that may raise their own cell's; addresses in the doorbell's page, around it, and of whoever
    else takes messages."""
    victims = guest.message_spis()
    guest.arm()
    before = guest.foreign()
    word, bit = divmod(victims[0], 32)
    guest.ask(intruder.VICTIM, f"gicd-write {0x200 + 4 * word:#x} {1 << bit:#x} 4", "gicd-write")
    assert guest.foreign() == before + 1  # it would notice
    guest.arm()
    parts = [(0, 1 << 16)] if request.config.getoption("--full") else [(0, 1024), (8192, 1024), ((1 << 16) - 256, 256)]
    page, data = guest.doorbell & ~(PAGE - 1), victims[0]
    with guest.witnessed():
        for first, count in parts:
            own = len(range(max(first, guest.first), min(first + count, guest.first + guest.count)))
            assert guest.taken(f"events {first} {count}") == own
            assert guest.raid(f"nvmeevents {first} {count}", r"nvmeevents \S+ done taken=(\d+)")[1] == str(own)
        assert guest.taken(f"doorbells {guest.doorbell:#x} 1 4 {data}") == 1
        assert guest.taken(f"doorbells {page:#x} {PAGE // 4} 4 {data}") == 1
        for start in (page - 16 * PAGE, page - PAGE, page + PAGE):
            assert guest.taken(f"doorbells {start + 0x40:#x} 1 4 {data}") == 0
        for what, address in guest.targets():
            if address != page:
                assert guest.taken(f"doorbells {address + 0x40:#x} 2 {0xF00} {data}") == 0, what
    assert guest.foreign() == before + 1


def test_bars(guest):
    """Moved over others' functions, and over nothing."""
    places = [at for what, at in guest.targets() if what.startswith(("BAR", "intc@", "smmu", "its"))]
    with guest.witnessed():
        for place in [*places, 0xFFFFFFFFFFFFFFFF, 0]:
            assert guest.raid(f"bars {place:#x}", r"bars \S+ functions=(\d+)")[1] == "4"
    guest.own_works()


def test_sriov(guest):
    """By the owner of the physical function: fewer and more virtual functions, none, elsewhere, of another page size."""
    at, _ = guest.sriov_at(guest.config(intruder.names()["nic"]))
    shown = guest.configure(NIC + at + 8, 0)
    with guest.witnessed():
        for control in (0, 1, 8, 0xFFFF):
            for number in (0, 7):
                guest.configure(NIC + at + 8, control, 2)
                guest.configure(NIC + at + 0x10, number, 2)
                guest.configure(NIC + at + 8, control | 0x11, 2)
        for offset in range(0x0C, 0x40, 4):
            for value in (0, 0xFFFFFFFF, guest.word):
                guest.configure(NIC + at + offset, value)
        guest.raid(f"sweep {NIC // PAGE}", "sweep .*")
        guest.raid("sweep 128", "sweep .*")  # its ghost of the victim's function
    assert guest.configure(NIC + at + 8, 0) == shown


def test_losses(guest):
    """Every fault that the IOMMU records is told or counted, where its queue doesn't overflow; that a stream isn't heard for the
    rest of a second is counted, too."""
    attack = f"igbrings {guest.pattern():#x}", r"igbrings \S+ done .*"  # few faults at a time
    guest.calm(intruder.FAULTS_MS)
    before = guest.losses()
    with guest.witnessed(), guest.recorded() as recorded:
        while guest.losses()[3] == before[3]:
            guest.raid(*attack)
        guest.calm(intruder.EVENTS_MS)
    lost, told, untold, silences = (new - old for old, new in zip(before, guest.losses()))
    assert (lost, silences) == (0, 1) and told >= 16 and untold > 0
    assert told + untold == recorded[0]
    guest.calm(intruder.FAULTS_MS)
    guest.raid(*attack)
    assert guest.losses()[1] > before[1] + told  # it is heard again


def test_overflow(guest, record_property):
    """An overflow costs a count, and faults are told as before. Simulated."""
    record_property("overflow", "simulated")
    guest.own_works()  # when the debugger lets the machine go on, QEMU looks at the drive's queue: it must be where it may be
    guest.calm(intruder.FAULTS_MS)
    counts = [guest.losses()]
    with guest.witnessed():
        guest.overflow()
        counts.append(guest.losses())
        for _ in range(2):
            guest.raid(f"igbrings {guest.pattern():#x}", r"igbrings .*")
            counts.append(guest.losses())
    print(counts)
    lost, told, untold, silences = zip(*counts)
    assert [n - lost[0] for n in lost] == [0, 1, 2, 2]
    assert told[0] == told[1] < told[2] < told[3] and len({*untold}) == len({*silences}) == 1


@pytest.mark.parametrize("name", [*intruder.OWN, "nic.vf1"])
def test_attempts(guest, name):
    """One after another, what a driver may not do with its function; the hardware's registers are looked at from outside."""
    offset, rid = guest.own_functions()[name]
    with guest.witnessed():
        for what, at, value, size, own in guest.attempts(name):
            before = guest.config(rid)
            shown = guest.configure(offset + at, value, size)
            after = guest.config(rid)
            first = at & ~3
            (was, now) = (int.from_bytes(data[first : first + 4], "little") for data in (before, after))
            print(f"\n{name}: {what}: wrote {value:#x} at {at:#x}; the cell reads {shown:#x}, in the function {was:#x}, {now:#x}", end="")
            assert (was ^ now) & ~own == 0, what
            assert before[:first] + before[first + 4 :] == after[:first] + after[first + 4 :], what
    guest.own_works()


def test_sleep(guest):
    """Functions that nobody else's depend on sleep and wake; then they are where they were."""
    for name in ("nvme", "disk"):
        offset, rid = guest.own_functions()[name]
        power = guest.capabilities(rid)[1] + 4
        for awake in (True, False):
            with guest.witnessed():
                if awake:
                    guest.own_works()
                assert guest.configure(offset + power, 3, 2) & 3 == guest.config(rid)[power] & 3 == 3
                guest.configure(offset + 4, 6, 2)
                assert guest.configure(offset + power, 0, 2) & 3 == guest.config(rid)[power] & 3 == 0
                guest.configure(offset + 4, 6, 2)
        guest.own_works()
        assert guest.settings()[rid][:2] == guest.placed[rid][:2]


def test_line(guest):
    """A function's interrupt line, which no cell has: raised, it is nobody's interrupt."""
    _, rid = guest.own_functions()["edu"]
    foreign = guest.foreign()
    with guest.witnessed():
        assert int(guest.raid("line 1", r"line 1 command=(\S+)")[1], 16) & 0x406 == 6
        assert guest.config(rid)[6] & 8  # it does raise it
        assert not guest.lines_enabled()
        guest.raid("line 0", r"line 0 .*")
        assert not guest.config(rid)[6] & 8
    assert guest.foreign() == foreign
    guest.own_works()


def pages_written(guest, address, pages):
    """Pages that the NVMe controller writes there; what guest.counts() rose by meanwhile."""
    before = guest.counts()
    assert guest.raid(f"faults {address:#x} {pages}", r"faults \S+ pages=(\d+) done")[1] == str(pages)
    return [new - old for old, new in zip(before, guest.counts())]


def test_faults(guest, count):
    """DMA refused, again and again: the service core hears of it no more than it can bear, and counts each time that it doesn't.
    The victim's core enters EL2 for its ticks alone, control is in time: 99 of 100 ticks within a microsecond, none missed."""
    pages = -(-max(count, intruder.SOME) // WORDS)
    guest.measured |= {"attempts": pages * WORDS}
    *_, calm_in_time, calm_late, lost, told = pages_written(guest, guest.own, pages)
    assert (lost, told) == (0, 0)
    guest.calm(intruder.FAULTS_MS)
    before = guest.losses()
    with guest.witnessed():
        exits, ticks, in_time, late, lost, told = pages_written(guest, guest.pattern(), pages)
    untold, silences = (new - old for old, new in zip(before[2:], guest.losses()[2:]))
    print(
        f"\n{pages * WORDS} faults in {in_time + late} ms: {told} told, {untold} counted, {silences} times silence, {lost} overflows; "
        f"{exits} exits of the victim in {ticks} ticks; {late} late ticks of control, without faults {calm_late} of {calm_in_time + calm_late}"
    )
    assert abs(exits - ticks) <= 1 and late <= in_time / 99 + 2  # cores take turns in virtual time
    assert lost > 0 and 0 < silences <= (in_time + late) / 1000 + 1
    assert told - 16 * silences in range(16)  # so many in each second that ended in silence
    guest.own_works()


def test_resets(guest, count, request):
    """Of its own functions, with DMA under way: of a physical one that others' depend on there is none. One takes hundreds of times as long as an access."""
    count = count if request.config.getoption("--full") else count // 100
    guest.measured |= {"attempts": count}
    with guest.witnessed():
        for done in range(0, count, RESETS):
            some = min(RESETS, count - done)
            print(f"  resets: {done:,} of {count:,}", flush=True)
            assert guest.raid(f"resets {some - some // 4}", r"resets \d+ (\w+)")[1] == "done"
            assert guest.raid(f"igbresets {some // 4}", r"igbresets \d+ (\w+)")[1] == "done"
    guest.own_works()


def test_another_life(guest):
    """Whatever it has made of its functions, register by register, its next life has them as the first."""
    for offset, _ in guest.own_functions().values():
        guest.raid(f"sweep {offset // PAGE}", "sweep .*")
    with guest.witnessed():
        guest.next_life()


def test_borrowed(guest):
    """What stays (docs/residuals.md): who has the physical function has the queues of all virtual ones. Their DMA is still that
    of the cell that has them: it reaches that cell's memory, and nobody else's. Last, since it costs the victim its life."""
    scratch = guest.places[intruder.VICTIM]["scratch"] & ~(PAGE - 1)
    before = guest.view.memory(intruder.VICTIM, scratch, PAGE)
    guest.raid(f"borrow {scratch:#x}", r"borrow \S+ done")
    assert guest.view.memory(intruder.VICTIM, scratch, PAGE) != before
    guest.calm(intruder.FAULTS_MS)
    health = dict(guest.targets())["health's first page"]
    page, control, generation = guest.target.read_memory(health, PAGE), guest.view.core(intruder.CONTROL), guest.generation(intruder.VICTIM)
    mark = guest.uart.mark()
    guest.raid(f"borrow {health:#x}", r"borrow \S+ done")
    fault = rf"dma-fault of={guest.blueprint.cells[intruder.VICTIM].index} stream={guest.virtual(0):#x} address={health:#x}"
    guest.uart.search(rf"^event: .* cell=health {fault} ", since=mark, timeout=30)
    guest.wait_generation(intruder.VICTIM, generation + 1, mark)
    assert guest.target.read_memory(health, PAGE) == page
    assert guest.peer.echo(b"unharmed")
    after = guest.view.core(intruder.CONTROL)
    assert (after.generation, after.exits_since_ready) == (control.generation, 0)

# SPDX-License-Identifier: Apache-2.0
"""The health cell and the boot state: what is confirmed, what isn't, and what the next boot makes of it.

[stest->swr~boot-state-confirm~1]
[stest->swr~boot-state-write~1]
[stest->swr~boot-confirm-time~1]
[stest->swr~boot-trial-late~1]
[stest->swr~slots-told~1]

Robustness: test_never_well, test_refused_trial, test_room, test_restart_delays, test_lost
"""

import struct

import pytest

import slots
import system
from harness import health, qemu
from flashing import identity, units
from imaging import state

REBOOT = ["-action", "reboot=reset"]
AFTER = 3.0  # seconds: confirm-after of slots.dts
CONFIRMED = r"^health: slots: state (\d+): first ([ab]), a (\w+), b (\w+), floor (\d+)\n"


def record(target):
    """(sequence, floor, primary, status of a, of b) of the copy that counts."""
    copies = []
    for number in range(2):
        data = slots.copy_of(target, number)
        fields = struct.unpack("<7I", data[:28])
        if fields[0] == state.MAGIC and data == state.record(*fields[2:5], fields[5:7], (data[36:68], data[68:100]), struct.unpack("<2I", data[28:36]))[: state.SECTOR] + data[state.SECTOR :]:
            copies.append(fields[2:])
    return max(copies)


def started(target, appliance):
    running = system.System(target, appliance.folder.parent / "image.itb")
    target.load(appliance.folder / "disk.img")
    target.power("on")
    return running


def appliance_of(results, medium="flash-1"):
    appliance = slots.Appliance("slots", results, medium)
    (results / "image.itb").write_bytes(appliance.good)
    return appliance


# [stest->swr~boot-confirm-time~1]
# [stest->swr~slots-emmc~1]
@pytest.mark.parametrize("medium", ["flash-1", "boot0"])
def test_confirmed(results, medium):
    """A trial that is well for the set time is kept, and the next boot starts it again."""
    appliance = appliance_of(results, medium)
    appliance.put("b", slots.resigned(slots.config_on(medium, "slots"), results / "newer.itb", counter=4))
    appliance.set_state(appliance.record(5, primary="b", status=(state.GOOD, state.TRIAL)))
    with slots.target_on(medium, results) as target:
        running = started(target, appliance)
        running.uart.search(r"^health: slots: b runs, trial, counter 4\n", never=system.HALTED)
        found = running.uart.search(CONFIRMED, never=system.HALTED)
        assert found.groups() == ("6", "b", "good", "good", "4")
        assert record(target) == (6, 4, 1, state.GOOD, state.GOOD)
        assert slots.attempts(target, 1) == []
        mark = running.health("slots")
        running.uart.search(r"^slots: b good, first, runs, counter 4, 1 of 3 tries", since=mark)
        events = running.health("events")
        for text in ("runs counter=4 record=5", "confirmed floor=4 record=6"):
            running.uart.search(rf"^events: .* cell=health slot of=b {text}\n", since=events)
        running.uart.search(r"^slots: confirmed, floor 4, state 6 in 2 copies, 1 written, 0 failed\n", since=mark)
        target.power("off")
        target.power("on")
        running.uart.search(r"^health: slots: b runs, good, counter 4\n", never=system.HALTED)
        assert slots.attempts(target, 1) == [("b", slots.NO_REASON, 4)]


# [stest->swr~slots-emmc~1]
@pytest.mark.parametrize("medium", ["flash-1", "boot0"])
def test_identity(results, medium):
    """What scripts/flash --provision writes is what the machine says of itself; never its private key. [stest->swr~slots-told~1]"""
    appliance = appliance_of(results, medium)
    key = identity.key_new()
    unit = units.Unit("E-0042", ("52:54:00:12:34:56",), ("10.0.2.15/24",))
    with open(appliance.folder / "state.img", "r+b") as file:
        file.seek(2 * appliance.block)
        file.write(identity.area(unit, key))
    with slots.target_on(medium, results) as target:
        running = started(target, appliance)
        running.uart.search(r"^health: slots: serial E-0042\n", never=system.HALTED)
        mark = running.health("slots")
        running.uart.search(r"^slots: serial E-0042\n", since=mark)
        assert key.seed.hex() not in running.uart.text


# [stest->swr~boot-trial-late~1]
# [stest->swr~slots-emmc~1]
@pytest.mark.parametrize("medium", ["flash-1", "boot1"])
def test_never_well(results, medium):
    """A trial whose essential cell never comes up: the machine is reset, takes the other slot, and says why."""
    appliance = appliance_of(results, medium)
    system.image("stuck")
    broken = slots.resigned(slots.config_on(medium, "stuck"), results / "broken.itb")
    appliance.put("b", broken)
    appliance.set_state(appliance.record(5, primary="b", status=(state.GOOD, state.TRIAL)))
    with slots.target_on(medium, results, REBOOT) as target:
        running = started(target, appliance)
        running.uart.search(r"^health: slots: b runs, trial, counter 1\n", never=system.HALTED)
        mark = running.uart.search(r"^health: slots: b isn't confirmed in time: the machine is reset\n", never=system.HALTED).end()
        running.uart.search(r"^health: slots: a runs, good, counter 1\n", since=mark, never=system.HALTED)
        running.uart.search(r"^health: slots: b was to be started, and was not: not-confirmed\n", since=mark)
        running.uart.search(r"^health: last boot: .* boot-timeout detail=0x1\n")
        found = running.uart.search(CONFIRMED, since=mark, never=system.HALTED)
        assert found.groups() == ("6", "a", "good", "empty", "1")
        assert record(target) == (6, 1, 0, state.GOOD, state.EMPTY)


def test_refused_trial(results):
    """What the loader refused, the health cell tells with the loader's reason."""
    appliance = appliance_of(results)
    appliance.put("b", slots.resigned("slots", results / "other.itb", "stranger"))
    appliance.set_state(appliance.record(5, primary="b", status=(state.GOOD, state.TRIAL)))
    with qemu.QemuTarget(results) as target:
        running = started(target, appliance)
        running.uart.search(r"^health: slots: a runs, good, counter 1\n", never=system.HALTED)
        running.uart.search(r"^health: slots: b was to be started, and was not: signature\n")


def test_room(results):
    """Tries that were never confirmed would soon have no room: all but this boot's are forgotten, and then it is confirmed. [stest->swr~boot-attempts-room~1]"""
    appliance = appliance_of(results)
    tries = struct.pack("<20I", *[1 << 16 | slots.NO_REASON << 8 | slots.SLOTS[slot] for slot in "aaabbb" + 14 * "a"])
    appliance.set_state(appliance.record(5)[: state.SECTOR] + tries)
    with qemu.QemuTarget(results) as target:
        running = started(target, appliance)
        running.uart.search(r"^health: slots: a runs, good, counter 1\n", never=system.HALTED)
        running.uart.search(r"^health: slots: 21 tries without a confirmation: room is made for more\n")
        assert running.uart.search(CONFIRMED, never=system.HALTED).groups() == ("6", "a", "good", "good", "1")
        assert slots.attempts(target, 1) == [("a", slots.NO_REASON, 1)]
        running.uart.search(r"^health: slots: state 7: first a, a good, b good, floor 1\n", never=system.HALTED)
        assert slots.attempts(target, 0) == []


def test_restart_delays(results):
    """A restart of an essential cell: the set time begins anew."""
    appliance = appliance_of(results)
    with qemu.QemuTarget(results) as target:
        running = started(target, appliance)
        running.uart.search(r"^health: slots: a runs, good, counter 1\n", never=system.HALTED)
        running.wait_up("essential")
        running.restart("essential")
        running.uart.search(CONFIRMED, never=system.HALTED)

        def told(cell, name, word):
            def found():
                return [event for event in health.events(running.uart.text, cell, name) if word in event.text.split()]

            (event,) = qemu.wait_until(found, f"{cell}: {name} {word}")
            return event

        again, kept = told("essential", "start", "generation=2"), told("health", "slot", "confirmed")
        assert kept.time - again.time > AFTER


# [stest->swr~slots-emmc~1]
@pytest.mark.parametrize("medium", ["flash-1", "boot0"])
def test_lost(results, medium):
    """No valid copy: signatures alone, and the state is made anew once the boot is confirmed."""
    appliance = appliance_of(results, medium)
    appliance.set_state(b"", b"")
    with slots.target_on(medium, results) as target:
        running = started(target, appliance)
        running.uart.search(r"^health: slots: the boot state is lost\n", never=system.HALTED)
        found = running.uart.search(CONFIRMED, never=system.HALTED)
        assert found.groups() == ("1", "a", "good", "good", "0")
        target.power("off")
        target.power("on")
        running.uart.search(r"^health: slots: a runs, good, counter 1\n", never=system.HALTED)

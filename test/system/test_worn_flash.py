# SPDX-License-Identifier: Apache-2.0
"""The boot state's flash takes nothing any more: each erasure and each word ends with the chip's error. The loader starts what the
last record says, the health cell tells, and does everything else as before.

[stest->swr~slots-write-attempts~1]
[stest->swr~slots-told~1]

Robustness: all
"""

import struct

import slots
import system
from harness import qemu
from imaging import state
from test_slots import record

STARTED_A = 1 << 16 | slots.NO_REASON << 8 | slots.SLOTS["a"]  # a try that was written when the flash still took it
FAILED = r"^health: slots: the flash did not take the new state: the old one counts\n"


class Worn(qemu.QemuTarget):
    """Its second flash bank is read-only: QEMU's chip then sets the errors of its status register."""

    def _flash_bank(self, number, content):
        option, drive = super()._flash_bank(number, content)
        return [option, f"{drive},readonly=on" if number == 1 else drive]


def test_no_trial(results):
    """A trial whose only try can't be written down would be tried for ever: the slot that is good is started. [stest->swr~boot-slot-order~1]"""
    appliance = slots.Appliance("slots", results)
    appliance.put("b", slots.resigned("slots", results / "newer.itb", counter=4))
    appliance.set_state(appliance.record(5, primary="b", status=(state.GOOD, state.TRIAL)))
    with Worn(results, icount=qemu.ICOUNT) as target:
        target.load(appliance.folder / "disk.img")
        target.power("on")
        uart = target.console()
        uart.search(r"^health: slots: a runs, good, ", never=system.HALTED)
        refused = r"^Bulkhead: slot b refused: a trial that is not taken down would never end\n"
        uart.search(refused + r"(?:.*\n)*?Bulkhead: slot a\n")


def test_takes_nothing(results):
    appliance = slots.Appliance("slots", results)
    (results / "image.itb").write_bytes(appliance.good)
    copy = bytearray(appliance.record(5))
    struct.pack_into("<I", copy, state.SIZE - 4 * state.ATTEMPTS, STARTED_A)
    appliance.set_state(bytes(copy))
    with Worn(results, icount=qemu.ICOUNT) as target:
        running = system.System(target, results / "image.itb")
        target.load(appliance.folder / "disk.img")
        with open(target.flash_bank(1), "rb") as file:
            before = file.read()
        target.power("on")
        # U-Boot: its own try is refused by the chip, and a started all the same.
        running.uart.search(r"^health: slots: a runs, good, counter 1\n", never=system.HALTED)
        for _ in range(3):
            running.uart.expect(FAILED, never=system.HALTED)
        end = running.uart.expect(r"^health: slots: this boot is not confirmed: .*\n", never=system.HALTED).end()
        # And nothing but that: it watches on, and isn't late with it.
        running.wait_up("essential")
        running.restart("essential")
        mark = running.health("slots")
        running.uart.search(r"^slots: not confirmed yet, floor 1, state 5 in 1 copies, 0 written, 3 failed\n", since=mark)
        events = running.health("events")
        for _ in range(3):
            events = running.uart.search(r"^events: .* cell=health slot of=a write-failed\n", since=events).end()
        assert not running.uart.seen(FAILED, end)
        assert running.view.heartbeat("health")[1][1] == 0, "late with its rounds"
        assert record(target) == (5, 1, 0, state.GOOD, state.GOOD)
        with open(target.flash_bank(1), "rb") as file:
            assert file.read() == before

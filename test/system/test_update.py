# SPDX-License-Identifier: Apache-2.0
"""An update, asked for by a Linux cell: the other slot is dropped, written, tried at the next boot, and kept.

[stest->swr~linux-slots~1]
[stest->swr~update-channel~1]
[stest->swr~update-refusals~1]
[stest->swr~update-limit~1]
"""

import slots
import system
from harness import qemu

CONFIRMED = r"^health: slots: state (\d+): first ([ab]), a (\w+), b (\w+), floor (\d+)\n"


def state(text):
    """Of slot a, of slot b, of the whole: the last lines, behind what was typed."""
    return text.rstrip().splitlines()[-3:]


# [stest->swr~linux-slots~1]
def test_update(results):
    appliance = slots.Appliance("update", results)
    (results / "image.itb").write_bytes(appliance.good)
    with qemu.QemuTarget(results) as target:
        running = system.System(target, results / "image.itb")

        def ask(words, status=0):
            return running.shell("linux", f"bulkhead-slots {words} 2>&1", status)

        def up():
            target.power("on")
            running.uart.search(CONFIRMED, never=system.HALTED)
            running.uart.search(r"^\[linux\] linux:/root# ", never=system.HALTED)

        target.load(appliance.folder / "disk.img")
        up()
        first = state(ask("status"))
        assert first[0] == f"a good runs first counter=1 sha256={appliance.digest('a').hex()}"
        assert first[1] == f"b good counter=1 sha256={appliance.digest('b').hex()}"
        assert first[2] == "confirmed floor=1 state=2 changes=2"
        assert "that slot runs" in ask("drop a", 1)
        assert "that slot runs" in ask(f"try a {'1' * 64}", 1)
        assert "no such request, slot or digest" in ask(f"try b {'0' * 64}", 1)
        for words in ("", "drop", "drop c", "try b", f"try b {'1' * 63}", f"try b {'G' * 64}", "status b"):
            assert "usage: bulkhead-slots" in ask(words, 2)
        assert state(ask("drop b"))[1].startswith("b empty counter=")
        appliance.put("b", slots.resigned("update", results / "newer.itb", counter=2))  # seen by the next machine
        tried = state(ask(f"try b {appliance.digest('b').hex()}"))
        assert tried[1].startswith("b trial first counter=") and tried[2] == "confirmed floor=1 state=4 changes=0"
        assert "too many changes" in ask("drop b", 1)
        target.power("off")
        up()
        running.uart.search(r"^health: slots: b runs, trial, counter 2\n")
        assert running.uart.search(CONFIRMED).groups() == ("5", "b", "good", "good", "2")
        assert state(ask("status"))[1] == f"b good runs first counter=2 sha256={appliance.digest('b').hex()}"

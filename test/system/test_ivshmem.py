# SPDX-License-Identifier: Apache-2.0
"""Channels that Debian's unmodified kernel has as PCI functions: it reads and writes them through sysfs, and rings.

Nothing but busybox is needed: its devmem maps /dev/mem, over which a function's resource file is mounted.
[stest->swr~ivshmem-registers~1]
"""

import pytest

import system

SHARED, NEWS = "0000:00:01.0", "0000:00:02.0"
CONSOLE = 60  # bytes that a cell's console takes at once


def enter(running, command):
    assert len(command) <= CONSOLE
    return running.send("linux", command)


def shell(running, command, pattern):
    """What Linux prints for it, on a line of its own."""
    mark = enter(running, command)
    return running.uart.search(rf"^\[linux\] {pattern}\n", since=mark, never=system.HALTED)


def quiet(running, *commands):
    """Commands that print nothing that is looked for, one after the other."""
    for command in commands:
        enter(running, command)
        shell(running, "echo done-$((1 + 1))", "done-2")


def peer_place(running, name):
    return int(running.uart.search(rf"^\[peer\] probe: channel {name} index=\d+ ipa=(\S+) size", since=0)[1], 16)


def test_channels_in_linux(results):
    with system.running("ivshmem", results) as running:
        running.wait_up("peer", "victim")
        running.uart.search(r"^\[linux\] linux:/root# ", never=system.HALTED)
        shared, news = peer_place(running, "shared") + 0x1000, peer_place(running, "news") + 0x1000
        quiet(running, "cd /sys/bus/pci/devices", "on() { umount /dev/mem; mount --bind $1 /dev/mem; }")
        with running.unharmed("victim"):
            shell(running, "echo $(ls)", f"{SHARED} {NEWS}")
            shell(running, "echo $(cat *1.0/vendor *1.0/device *1.0/class)", "0x1af4 0x1110 0x050000")
            shell(running, "echo $(stat -c %s *1.0/resource2* *2.0/resource[02])", f"{1 << 20} {1 << 20} 256 {1 << 16}")

            # Out by one mapping, in by the other; the peer sees it, and Linux what the peer writes.
            quiet(running, f"on {SHARED}/resource2_wc", "devmem 0x1000 64 0x1122334455667788")
            shell(running, "devmem 0x1004 32", "0x11223344")
            running.ask("peer", f"read {shared:#x}", f"read {shared:#x} = 0x55667788")
            running.ask("peer", f"write {shared:#x} 0x600dda7a", f"write {shared:#x} done")
            running.ask("peer", f"write {news:#x} 0xcafe", f"write {news:#x} done")
            quiet(running, f"on {SHARED}/resource2")
            shell(running, "devmem 0x1000 32", "0x600DDA7A")
            quiet(running, f"on {NEWS}/resource2_wc")
            shell(running, "devmem 0x1000 32", "0x0000CAFE")

            # Its number; the doorbell, which is the peer's interrupt, whatever is written; registers that aren't there.
            quiet(running, f"on {SHARED}/resource0")
            shell(running, "devmem 8 32", "0x00000001")
            rung = int(running.snapshot("peer").strange["doorbells"])
            quiet(running, "devmem 12 32 0x20001; devmem 4 32 1")
            assert int(running.snapshot("peer").strange["doorbells"]) == rung + 1
            shell(running, "devmem 12 32", "0x00000000")
            quiet(running, f"on {NEWS}/resource0", "devmem 12 32 0")  # it only reads that one
            assert int(running.snapshot("peer").strange["doorbells"]) == rung + 1

            # BARs don't move: to another's memory, say.
            quiet(running, f"f={SHARED}/config", r"printf '\0\0\0\0' | dd of=$f bs=4 seek=6 conv=notrunc")
            shell(running, "od -An -tx4 -j24 -N4 $f", f" *{shared - 0x1000 | 0xC:08x} *")

            # What it only reads costs it a fault to write.
            quiet(running, f"on {NEWS}/resource2_wc")
            before = running.view.core("linux")
            mark = enter(running, "devmem 0x1000 32 0")
            running.uart.search(r"^event: .* cell=linux start generation=2", since=mark, never=system.HALTED)
            after = running.view.core("linux")
            assert (after.fault_count, after.generation) == (before.fault_count + 1, 2)
            running.ask("peer", f"read {news:#x}", f"read {news:#x} = 0xcafe")


@pytest.mark.full
def test_doorbell_by_uio(results):
    """Its interrupt, by a driver that masks INTx at each and leaves it to the program to take the mask off."""
    with system.running("ivshmem-uio", results) as running:
        running.wait_up("peer")
        running.uart.search(r"^\[linux\] linux:/root# ", never=system.HALTED)
        quiet(running, "modprobe uio_pci_generic", "u=/sys/bus/pci/drivers/uio_pci_generic", "echo 1af4 1110 >$u/new_id")
        shell(running, "echo $(cd $u; ls -d 0*)", SHARED)
        # What rings from the opening on is counted.
        quiet(running, f"f=/sys/bus/pci/devices/{SHARED}/config", "exec 9</dev/uio0")
        for count in (1, 2, 3):
            # Bit 10 of Command off: the driver sets it at each interrupt.
            quiet(running, r"printf '\0\0' | dd of=$f bs=2 seek=2 conv=notrunc")
            shell(running, "od -An -tx2 -j4 -N2 $f", " *0002 *")
            running.ask("peer", "doorbell 0", "doorbell = 0")
            shell(running, "dd bs=4 count=1 <&9 2>&- | od -An -tu4", f" *{count} *")
            shell(running, "od -An -tx2 -j4 -N2 $f", " *0402 *")

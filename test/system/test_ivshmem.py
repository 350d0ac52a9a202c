# SPDX-License-Identifier: Apache-2.0
"""Channels that Debian's unmodified kernel has as PCI functions: it reads and writes them through sysfs, and rings.

Nothing but busybox is needed: its devmem maps /dev/mem, over which a function's resource file is mounted.
[stest->swr~ivshmem-registers~1]
"""

import system

SHARED, NEWS = "0000:00:01.0", "0000:00:02.0"
WORD = 0x1000  # behind the header


def shell(running, command, pattern):
    """What Linux prints, with a dollar's sum in the command so that its echo isn't taken for it."""
    mark = running.send("linux", command)
    return running.uart.search(rf"^\[linux\] {pattern}\n", since=mark, never=system.HALTED)


def on(resource):
    """Of a function, in place of /dev/mem until the next one."""
    return f"umount /dev/mem; mount --bind /sys/bus/pci/devices/{resource} /dev/mem; "


def peer_place(running, name):
    return int(running.uart.search(rf"^\[peer\] probe: channel {name} index=\d+ ipa=(\S+) size", since=0)[1], 16)


def test_channels_in_linux(results):
    with system.running("ivshmem", results) as running:
        running.wait_up("peer", "victim")
        running.uart.search(r"^\[linux\] linux:/root# ", never=system.HALTED)
        shared, news = peer_place(running, "shared"), peer_place(running, "news")
        with running.unharmed("victim"):
            found = shell(running, f"cd /sys/bus/pci/devices; echo $(cat {SHARED}/vendor {SHARED}/device {SHARED}/class) $(ls | wc -l)", r"(0x\w+) (0x\w+) (0x\w+) (\d)")
            assert found.groups() == ("0x1af4", "0x1110", "0x050000", "2")
            sizes = shell(running, f"echo size $(stat -c %s {SHARED}/resource2 {SHARED}/resource2_wc {NEWS}/resource2 {NEWS}/resource0)", r"size (\d+) (\d+) (\d+) (\d+)")
            assert [int(size) for size in sizes.groups()] == [1 << 20, 1 << 20, 1 << 16, 256]

            # Out by one mapping, in by the other; the peer sees it, and Linux what the peer writes.
            shell(running, on(f"{SHARED}/resource2_wc") + f"devmem {WORD:#x} 64 0x1122334455667788; devmem {WORD + 4:#x} 32", "0x11223344")
            running.ask("peer", f"read {shared + WORD:#x}", f"read {shared + WORD:#x} = 0x55667788")
            running.ask("peer", f"write {shared + WORD:#x} 0x600dda7a", f"write {shared + WORD:#x} done")
            running.ask("peer", f"write {news + WORD:#x} 0xcafe", f"write {news + WORD:#x} done")
            shell(running, on(f"{SHARED}/resource2") + f"devmem {WORD:#x} 32", "0x600DDA7A")
            shell(running, on(f"{NEWS}/resource2_wc") + f"devmem {WORD:#x} 32", "0x0000CAFE")

            # Its number; the doorbell, which is the peer's interrupt; a register that isn't there.
            shell(running, on(f"{SHARED}/resource0") + "devmem 8 32", "0x00000001")
            rung = int(running.snapshot("peer").strange["doorbells"])
            shell(running, "devmem 12 32 0x20001; devmem 4 32 1; devmem 12 32", "0x00000000")
            assert int(running.snapshot("peer").strange["doorbells"]) == rung + 1
            shell(running, on(f"{NEWS}/resource0") + "devmem 12 32 0; devmem 0 32", "0x00000000")  # it only reads that one
            assert int(running.snapshot("peer").strange["doorbells"]) == rung + 1

            # BARs don't move: to another's memory, say.
            move = f"dd if=/dev/zero of={SHARED}/config bs=4 seek=6 count=1 conv=notrunc 2>/dev/null; od -An -tx4 -j24 -N4 {SHARED}/config"
            assert int(shell(running, move, r" +(\w+) *")[1], 16) == shared | 0xC

            # What it only reads costs it a fault to write.
            before = running.view.core("linux")
            mark = running.send("linux", on(f"{NEWS}/resource2_wc") + f"devmem {WORD:#x} 32 0")
            running.uart.search(r"^event: .* cell=linux start generation=2", since=mark, never=system.HALTED)
            after = running.view.core("linux")
            assert (after.fault_count, after.generation) == (before.fault_count + 1, 2)
            running.ask("peer", f"read {news + WORD:#x}", f"read {news + WORD:#x} = 0xcafe")

# SPDX-License-Identifier: Apache-2.0
"""A guest with 64 KiB pages, as it may have them: each window fills pages of its own, and the guest works as before."""


def channel(attack, cell, name):
    """Guest-physical address of a channel, as the cell itself was told."""
    return int(attack.uart.search(rf"^\[{cell}\] probe: channel {name} index=\d+ ipa=(\S+) size", since=0)[1], 16)


# [stest->swr~windows-64k~1]
def test_64k_pages(attack):
    told = attack.ask("attacker", "pages64k", r"pages64k on=(\d) misfits=(\d+) pages=(\d+)\n")
    assert (told[1], told[2]) == ("1", "0")
    assert int(told[3]) > 256  # its RAM alone
    # It lives: memory, ticks by its interrupts, heartbeat, console.
    before = attack.view.core("attacker").fault_count
    with attack.unharmed("attacker"), attack.unharmed("victim"):
        pass
    # Channel windows of either direction, and a doorbell from there.
    out = channel(attack, "attacker", "alarm")
    attack.ask("attacker", f"write {out + 0x100:#x} 0x600dda7a", f"write {out + 0x100:#x} done")
    there = channel(attack, "victim", "alarm")
    attack.ask("victim", f"read {there + 0x100:#x}", f"read {there + 0x100:#x} = 0x600dda7a")
    rung = int(attack.snapshot("victim").strange["doorbells"])
    attack.ask("attacker", "doorbell 0", "doorbell = 0")
    assert int(attack.snapshot("victim").strange["doorbells"]) == rung + 1
    assert attack.view.core("attacker").fault_count == before
    attack.restart("attacker")
    attack.ask("attacker", "checksum", "checksum ok")

# SPDX-License-Identifier: Apache-2.0
"""Wild reads, writes and jumps: they cost the attacker a fault each, and the victim nothing.

[stest->swr~fault-costs-its-cell~1]

Robustness: test_wild, test_damage_is_found
"""

import pytest

from harness.blueprint import PAGE

ACCESSES = ("read", "write", "jump")


def command(access, address):
    return f"{access} {address:#x} 0x600d" if access == "write" else f"{access} {address:#x}"


def wild(system):
    """Addresses that are not the attacker's, by what they are."""
    victim = system.blueprint.cells["victim"]
    image = system.fit.kernel.load
    own_mmio = {ipa for ipa, _, _ in system.blueprint.cells["attacker"].mmio}
    places = {
        "victim's RAM": victim.regions[0].pa,
        "victim's pattern": victim.stage2(system.places["victim"]["pattern"]),
        "health's RAM": system.blueprint.cells["health"].regions[0].pa,
        "hypervisor's text": image,
        "blueprint": system.blueprint.memory.base + system.blueprint.offset,
        "victim's telemetry": victim.cores[0].telemetry_pa,
        "attacker's own telemetry": system.blueprint.cells["attacker"].cores[0].telemetry_pa,
        "victim's heartbeat": victim.heartbeat_pa,
        "crash-audit record": system.blueprint.crash_pa,
        "attacker's own crash dump": system.blueprint.crash_pa + PAGE * (1 + system.blueprint.cells["attacker"].cores[0].machine_core),
        "image store": system.fit.loadables[0].load,
        "above the RAM": 0x7FFFFF0000,
    }
    kinds = set()
    for name, address in system.devices():
        kind = name.split("@")[0]
        mapped = system.blueprint.cells["attacker"].stage2(address)
        if kind not in kinds and mapped is None and address not in own_mmio:
            kinds.add(kind)
            places[name] = address
    return places


def test_own_memory_first(attack):
    """The same accesses, where they are allowed."""
    scratch, back = attack.places["attacker"]["scratch"], attack.places["attacker"]["return"]
    attack.ask("attacker", f"write {scratch:#x} 0x600d", r"write \S+ done")
    attack.ask("attacker", f"read {scratch:#x}", r"read \S+ = 0x600d\n")
    attack.ask("attacker", f"jump {back:#x}", r"jump \S+ came back")


@pytest.mark.parametrize("access", ACCESSES)
def test_wild(attack, access):
    places = wild(attack)
    assert {"fw-cfg", "virtio_mmio", "flash", "smmuv3"} <= {name.split("@")[0] for name in places}
    with attack.unharmed("victim"):
        for name, address in places.items():
            core = attack.fault("attacker", command(access, address))
            assert (core.fault_error, core.fault_action) == ("memory-violation", "restart"), name
            assert core.fault_ipa & ~0xFFF == address & ~0xFFF, name
            # Exception class: data abort (0x24), instruction abort (0x20) from EL1.
            assert core.fault_esr >> 26 == (0x20 if access == "jump" else 0x24), name


def test_damage_is_found(attack):
    """The proof of the other tests works: the victim's own write into its pattern shows."""
    pattern = attack.places["victim"]["pattern"]
    before = attack.digest("victim")
    attack.ask("victim", f"write {pattern + 64:#x} 0x600d", r"write \S+ done")
    attack.ask("victim", "checksum", r"checksum BAD .* bad=1 ")
    assert attack.digest("victim") != before
    attack.ask("victim", "refill", "refill done")
    assert attack.digest("victim") == before

# SPDX-License-Identifier: Apache-2.0
"""Calls to a firmware that isn't there, to a hypervisor that doesn't listen, and for cores of others.

[stest->swr~hypercalls-bounded~1]
[stest->swr~psci-own-cores~1]
[stest->swr~psci-affinity-info~1]

Both ranges: test_features, test_workarounds

Robustness: test_unknown, test_cores_of_others, test_health_calls, test_doorbells
"""

import pytest

NOT_SUPPORTED, INVALID_PARAMETERS, ALREADY_ON = -1, -2, -4
DENIED, INVALID = -3, -2
VERSION, CELL_INFO, READY, EVENT, DOORBELL = 0xC6000000, 0xC6000001, 0xC6000002, 0xC6000003, 0xC6000004
APPLICATION_ERROR, CELL_CONTROL, CONSOLE_INPUT, PROVE, REVISION = 0xC6000005, 0xC6000010, 0xC6000011, 0xC6000014, 0x8600FF03
CPU_ON, AFFINITY_INFO = 0xC4000003, 0xC4000004

UNKNOWN = {
    "Arm architecture service": 0x80000042,
    "CPU service": 0x81000000,
    "SiP service": 0xC2000001,
    "OEM service": 0xC3000000,
    "standard service": 0x8400FFFF,
    "SDEI": 0xC4000020,
    "SCMI, MM": 0xC4000041,
    "TRNG": 0x84000050,
    "FF-A": 0x84000063,
    "standard hypervisor service": 0xC5000000,
    "vendor hypervisor service": 0xC600FFFE,
    "trusted application": 0xB0000000,
    "trusted OS": 0xB2000001,
    "yielding call": 0x01000000,
    "nothing": 0xFFFFFFFF,
    "PSCI CPU_FREEZE": 0x8400000B,
    "PSCI CPU_DEFAULT_SUSPEND": 0xC400000C,
    "PSCI NODE_HW_STATE": 0xC400000D,
    "PSCI SYSTEM_SUSPEND": 0xC400000E,
    "PSCI STAT_RESIDENCY": 0xC4000010,
    "PSCI MEM_PROTECT": 0x84000013,
    "PSCI MIGRATE": 0xC4000005,
}


def call(system, conduit, function, *arguments):
    """x0 as a signed number."""
    words = " ".join(f"{word:#x}" for word in (function, *arguments))
    answer = system.ask("attacker", f"{conduit} {words}", rf"{conduit} {function:#x} = (\S+) (\S+) .*\n")
    value = int(answer[1], 16)
    low = value & 0xFFFFFFFF
    return value - (1 << 64) if value >> 63 else low - (1 << 32) if low >> 31 and value >> 32 == 0 else value


both_conduits = pytest.mark.parametrize("conduit", ["smc", "hvc"])


@both_conduits
def test_own_calls_first(attack, conduit):
    assert call(attack, conduit, VERSION) == 0x10004
    assert call(attack, conduit, REVISION) == 1
    assert call(attack, conduit, CELL_INFO, 1) == 0
    assert call(attack, conduit, READY) == 0
    mark = attack.uart.mark()
    assert call(attack, conduit, EVENT, 0x77, 1, 2) == 0
    attack.uart.search(r"^event: .* cell=attacker application code=0x77 args=0x1,0x2,0x0\n", since=mark)
    first, second = (core.mpidr for core in attack.blueprint.cells["attacker"].cores)
    assert call(attack, conduit, AFFINITY_INFO, first) == 0
    assert call(attack, conduit, AFFINITY_INFO, second) == 1


# PSCI_FEATURES, SMCCC_ARCH_FEATURES: Arm DEN0022 5.16, DEN0028 7.3. What is answered is what there is.
PSCI_FEATURES, ARCH_FEATURES, CPU_SUSPEND_32, CPU_SUSPEND, POWER_DOWN = 0x8400000A, 0x80000001, 0x84000001, 0xC4000001, 1 << 16
AFFINITY_INFO_32, CPU_ON_32 = 0x84000004, 0x84000003
THERE = (0x84000000, 0x84000002, CPU_ON_32, CPU_ON, AFFINITY_INFO_32, AFFINITY_INFO, 0x84000006, 0x84000008, 0x84000009, PSCI_FEATURES, CPU_SUSPEND_32)
THERE += (CPU_SUSPEND, 0x80000000)
WORKAROUNDS = {1: 0x80008000, 2: 0x80007FFF, 3: 0x80003FFF}
MIGRATE_INFO_TYPE, NOT_NEEDED = 0x84000006, 2


@both_conduits
def test_features(attack, conduit):
    """Of PSCI all that the cell has, and nothing else; a suspend is a standby, a power-down isn't to be had."""
    assert [function for function in THERE if call(attack, conduit, PSCI_FEATURES, function) != 0] == []
    assert {call(attack, conduit, PSCI_FEATURES, UNKNOWN[name]) for name in UNKNOWN if name.startswith("PSCI")} == {NOT_SUPPORTED}
    assert call(attack, conduit, MIGRATE_INFO_TYPE) == NOT_NEEDED
    for suspend in (CPU_SUSPEND, CPU_SUSPEND_32):
        assert call(attack, conduit, suspend, 0) == 0
        assert call(attack, conduit, suspend, POWER_DOWN) == INVALID_PARAMETERS
    own = attack.blueprint.cells["attacker"].cores[0].mpidr
    assert call(attack, conduit, AFFINITY_INFO_32, own) == 0
    assert call(attack, conduit, CPU_ON_32, own, attack.places["attacker"]["return"]) == ALREADY_ON


@both_conduits
def test_workarounds(attack, conduit):
    """Firmware's answers are passed on: this one has none of them. [stest->swr~speculation-as-native~1]"""
    for function in (0x80000000, ARCH_FEATURES):
        assert call(attack, conduit, ARCH_FEATURES, function) == 0
    for function in WORKAROUNDS.values():
        assert call(attack, conduit, ARCH_FEATURES, function) == NOT_SUPPORTED
        assert call(attack, conduit, function) == NOT_SUPPORTED
    assert call(attack, conduit, ARCH_FEATURES, VERSION) == NOT_SUPPORTED


@both_conduits
def test_unknown(attack, conduit):
    with attack.unharmed("victim"), attack.survives("attacker"):
        for name, function in UNKNOWN.items():
            assert call(attack, conduit, function, 1, 2, 3) == NOT_SUPPORTED, name


def test_cores_of_others(attack):
    """PSCI knows the cell's own cores and no others."""
    entry = attack.places["attacker"]["return"]
    with attack.unharmed("victim"), attack.survives("attacker"):
        for name in ("victim", "health"):
            mpidr = attack.blueprint.cells[name].cores[0].mpidr
            assert call(attack, "hvc", CPU_ON, mpidr, entry, 0) == INVALID_PARAMETERS
            assert call(attack, "smc", AFFINITY_INFO, mpidr, 0) == INVALID_PARAMETERS
        assert call(attack, "hvc", CPU_ON, 0xFF00FFFFFF, entry, 0) == INVALID_PARAMETERS
        own = attack.blueprint.cells["attacker"].cores[0].mpidr
        assert call(attack, "hvc", CPU_ON, own, entry, 0) == ALREADY_ON


@both_conduits
def test_health_calls(attack, conduit):
    """What only the health cell may ask for is denied, and counted."""
    victim = attack.blueprint.cells["victim"].index
    before = attack.view.core("attacker").denied
    with attack.unharmed("victim"), attack.survives("attacker"):
        assert call(attack, conduit, CELL_CONTROL, victim, 0, 0) == DENIED
        assert call(attack, conduit, CELL_CONTROL, victim, 1, 0) == DENIED
        assert call(attack, conduit, CONSOLE_INPUT, victim, 0x41) == DENIED
        for proof in range(4):
            assert call(attack, conduit, PROVE, proof, 0x40000000, 0x40000000) == DENIED
    assert attack.view.core("attacker").denied == before + 7


@both_conduits
def test_application_error(attack, conduit):
    """[stest->swr~fault-costs-its-cell~1]"""
    with attack.unharmed("victim"):
        core = attack.fault("attacker", f"{conduit} {APPLICATION_ERROR:#x} 7")
        assert (core.fault_error, core.fault_action) == ("application-error", "restart")


@both_conduits
def test_doorbells(attack, conduit):
    """[stest->swr~doorbell-declared~1]"""
    before = attack.snapshot("victim")
    assert call(attack, conduit, DOORBELL, 0) == 0
    after = attack.snapshot("victim")
    assert int(after.strange["doorbells"]) == int(before.strange["doorbells"]) + 1
    with attack.unharmed("victim"):
        assert call(attack, conduit, DOORBELL, 1) == INVALID  # a channel that it only reads
        assert call(attack, conduit, DOORBELL, 2) == INVALID
        assert call(attack, conduit, DOORBELL, 0xFFFFFFFFFFFFFFFF) == INVALID

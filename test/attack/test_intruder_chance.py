# SPDX-License-Identifier: Apache-2.0
"""The hostile cell with PCI functions, by chance: what nobody thought of. On a machine of its own, since what it executes counts for no
structural coverage (docs/coverage.md); by intent: test_intruder.py. In virtual time.

How many attempts a class: ATTACK_COUNT, else 30,000, with --full 1,000,000; from which seed: ATTACK_SEED.

[stest->swr~pci-config-emulated~1] [stest->swr~pci-bars-fixed~1]

Robustness: all
By chance: all
"""

import hostile
import intruder

EDU, NVME = (n * 8 for n in (1, 2))  # on the intruder's bus


def test_config(guest, count, request):
    """All registers of all functions of all buses, by chance: power, bus mastering, messages, resets among them."""
    guest.measured |= {"attempts": count, "seed": f"{hostile.SEED}: {hostile.seed_of('config'):#x}"}
    with guest.witnessed():
        assert guest.raid(f"chance {count} {hostile.seed_of('config')}", r"chance \d+ functions=4 exceptions=(\d+)")[1] == "0"
        for function in (EDU, NVME):
            guest.raid(f"sweep {function}", "sweep .*")
        faults = guest.view.core(intruder.INTRUDER).fault_count
        step, times = (1, 16) if request.config.getoption("--full") else (8, 1)
        places = f"{guest.buses()} {step} {times} {hostile.seed_of('buses')}"
        buses = guest.raid(f"buses {places}", r"buses (\d+) exceptions=(\d+)")
        assert buses[1] == buses[2] == str(guest.view.core(intruder.INTRUDER).fault_count - faults)
    guest.own_works()


def test_another_life(guest):
    """Whatever it has made of its functions, its next life has them as the first."""
    guest.raid(f"chance {intruder.SOME} {hostile.seed_of('life')}", r"chance .*")
    with guest.witnessed():
        guest.next_life()

# SPDX-License-Identifier: Apache-2.0
"""A hostile cell at EL1 and EL0, class by class, by the thousand, between two witnesses (docs/attacks.md).

Neither witness may notice: memory, interrupts, generation, faults as before, and no entry to EL2 more than before.
Then the attacker is stopped and started again. How many attempts a class: ATTACK_COUNT, else 10,000, with --full
100,000; from which seed: ATTACK_SEED.

[stest->swr~emulated-pages~1]
[stest->swr~fault-costs-its-cell~1]
[stest->swr~guest-exceptions~1]

Robustness: all
"""

import os

import pytest

import hostile
import registers
from harness import build, qemu

SOME, MANY = 10000, 100000
ATTACKER = hostile.ATTACKER
FAULTS = {"memory-violation", "forbidden-access"}  # that give the attacker an abort and let it go on


@pytest.fixture(scope="module")
def count(request):
    return int(os.environ.get("ATTACK_COUNT", "0"), 0) or (MANY if request.config.getoption("--full") else SOME)


CPUS = [
    *[pytest.param((mode, "cortex-a72"), id=mode) for mode in ("injected", "direct")],
    *[pytest.param((mode, "max"), id=f"{mode}-max", marks=pytest.mark.full) for mode in ("injected", "direct")],
]


@pytest.fixture(scope="module", params=CPUS)
def guest(request):
    mode, cpu = request.param
    name = f"{mode}-{cpu}"
    machine = qemu.MACHINE + (",mte=on" if cpu == "max" else "")
    running = hostile.Hostile(mode, build.results_folder(f"attack-{name}"), cpu=cpu, machine=machine)
    running.label = name
    with running.target:
        running.start().wait_up(*hostile.WITNESSES).wait_attacker()
        yield running


def fresh(guest):
    if guest.told().state != "idle":  # an earlier test has failed
        guest.renew()


def attacked(guest, letter, name, count):
    """All of a class: the attack, what it showed by itself, and the attacker's stop and restart."""
    fresh(guest)
    before = guest.view.core(ATTACKER)
    with guest.witnessed():
        report = guest.attack(letter, name, count)
        after = guest.view.core(ATTACKER)
        yield report
        guest.renew()
    faults = {e: after.faults.get(e, 0) - before.faults.get(e, 0) for e in after.faults}
    assert sum(faults.get(error, 0) for error in FAULTS) == report.external, faults
    assert after.generation == before.generation
    assert report.wrong_count == 0, report.complaints()


def test_sysregs(guest, count):
    """Every encoding, read and written, at both levels. [stest->swr~sysregs-allowlisted~1]"""
    for _ in attacked(guest, "s", "sysregs", count):
        visits = list(hostile.visits(guest.attacker_memory("sysreg_records", hostile.SYSREG_RECORD * hostile.SYSREG_COUNT)))
    rows = [
        [v.name, registers.NAMES.get(v.name, ""), v.op0, v.op1, v.crn, v.crm, v.op2, v.read[0], hex(v.value[0]), v.write[0]]
        + [v.read[1], hex(v.value[1]), v.write[1]]
        for v in visits
    ]
    header = "encoding name op0 op1 CRn CRm op2 read_el1 value_el1 write_el1 read_el0 value_el0 write_el0".split()
    path = hostile.write_csv(f"attack-sysregs-{guest.label}.csv", header, rows)
    assert len({v.name for v in visits}) == 3 * 8 * 16 * 16 * 8
    claims = [claim for visit in visits for claim in registers.claims(visit)]
    assert not claims, f"{len(claims)} of {path}: " + "; ".join(claims[:20])


def test_calls(guest, count):
    """[stest->swr~hypercalls-bounded~1] [stest->swr~psci-own-cores~1]"""
    for report in attacked(guest, "c", "calls", count):
        assert set(report.classes) <= {hostile.EC_UNDEFINED, hostile.EC_OVER}


def test_pages(guest, count):
    """[stest->swr~gicd-filtered~1] [stest->swr~gicr-filtered~1] [stest->swr~emulated-uart~1]"""
    for report in attacked(guest, "p", "pages", count):
        names, kinds = guest.form_names(), guest.form_kinds()
        forms = report.forms[: len(names)]
        header = "form has_syndrome done external_abort Undefined other".split()
        rows = [[n, k <= hostile.FORM_PLAIN, *form] for n, k, form in zip(names, kinds, forms)]
        hostile.write_csv(f"attack-pages-{guest.label}.csv", header, rows)
    assert all(sum(form) for form in forms), "a form was never tried"
    assert sum(form[0] for form, kind in zip(forms, kinds) if kind <= hostile.FORM_PLAIN) > count // 8
    assert sum(form[1] for form, kind in zip(forms, kinds) if kind == hostile.FORM_BLIND) > count // 8


def test_fetches(guest, count):
    """From emulated pages and others' memory."""
    for report in attacked(guest, "f", "fetches", count):
        assert report.classes[hostile.EC_FETCH] > count // 4 and report.classes[hostile.EC_FETCH_EL0] > count // 16


def test_storms(guest, count):
    """[stest->swr~inject-through-list-registers~1] [stest->swr~irouter-own-cores~1] [stest->swr~sgi-own-cores-only~1]"""
    for report in attacked(guest, "i", "storms", count):
        assert report.audits > count // 256 and report.taken > count // 16


LIFE = {"SYSTEM_OFF": 0, "SYSTEM_RESET": 1, "CPU_OFF": 2}
BY_SMC = 4


def end_itself(guest, how, conduit):
    generation = guest.generation(ATTACKER)
    guest.send(ATTACKER, f"l {LIFE[how] + conduit:x} 1")
    if how == "SYSTEM_RESET":
        qemu.wait_until(lambda: guest.generation(ATTACKER) == generation + 1, "a new life")
        guest.wait_attacker()
    elif how == "SYSTEM_OFF":
        qemu.wait_until(lambda: guest.view.state(ATTACKER) == "stopped", "the attacker has stopped itself")
    else:
        qemu.wait_until(lambda: guest.view.core(ATTACKER).core_state == "parked", "its core is off")
    guest.renew()


def test_ends_itself(guest):
    """The calls that test_calls leaves out: legal, and an end of this life alone. [stest->swr~psci-cpu-off~1]"""
    fresh(guest)
    before = guest.view.core(ATTACKER)
    with guest.witnessed():
        for how in LIFE:
            for conduit in (0, BY_SMC):
                end_itself(guest, how, conduit)
    assert guest.view.core(ATTACKER).fault_count == before.fault_count

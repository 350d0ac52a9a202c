# SPDX-License-Identifier: Apache-2.0
"""The power goes at any place of an update: whatever boot disk and boot state then hold, a complete and signed system comes up, and
which one is known.

[stest->swr~power-cut~1]
[stest->swr~boot-state-write~1]
[stest->swr~boot-slot-order~1]

Robustness: all
"""

import os

import pytest

import power_cuts
import slots
import system
from harness import build
from imaging import state

SEED = int(os.environ.get("CUTS_SEED", "1"))
SUBSETS = {"update": 200, "fall_back": 40, "update_emmc": 40}


def recorded_update(folder, medium="flash-1"):
    appliance = slots.Appliance("cuts", folder, medium)
    new = slots.resigned(slots.config_on(medium, "cuts-new"), folder / "new.itb", counter=power_cuts.COUNTERS["b"])
    return power_cuts.update(appliance, new, folder / "recording")


def recorded_update_emmc(folder):
    return recorded_update(folder, "boot0")


def recorded_fall_back(folder):
    appliance = slots.Appliance("cuts-new", folder)
    system.image("cuts-stuck")
    appliance.put("b", slots.resigned("cuts-stuck", folder / "stuck.itb", counter=power_cuts.COUNTERS["b"]))
    appliance.set_state(appliance.record(5, primary="b", status=(state.GOOD, state.TRIAL)))
    return power_cuts.fall_back(appliance, folder / "recording")


@pytest.fixture(scope="module")
def recorded():
    """By name: recorded once, when it is asked for first."""
    made = {}

    def get(name):
        if name not in made:
            make = {"update": recorded_update, "fall_back": recorded_fall_back, "update_emmc": recorded_update_emmc}[name]
            made[name] = make(build.results_folder(f"{__name__}-{name}"))
        return made[name]

    return get


def short(recording, _):
    """The end of each phase; where it changes what comes up, the boundary before the write that decides, too; a few subsets."""
    cases = list(power_cuts.boundaries(recording))
    for number, phase in enumerate(recording.phases):
        of = [case for case in cases if case.phase == number]
        if phase.step.before != phase.step.after:
            yield of[0] if phase.step.writes == "loader" else of[-2]
        yield of[-1]
    yield from power_cuts.subsets(recording, 4, SEED)


def whole(recording, name):
    yield from power_cuts.boundaries(recording)
    yield from power_cuts.subsets(recording, SUBSETS[name], SEED)


# [stest->swr~power-cut~1]
@pytest.mark.parametrize("choice", [short, pytest.param(whole, marks=pytest.mark.full)])
@pytest.mark.parametrize("name", SUBSETS)
def test_power_cut(recorded, results, name, choice):
    recording = recorded(name)
    cases = list(choice(recording, name))
    outcomes = power_cuts.try_all(recording, cases, results)
    text = f"{len(cases)} cuts of {name}, {choice.__name__}, seed {SEED}:\n\n{power_cuts.table(recording, outcomes)}"
    (build.BUILD / f"power-cuts-{name}-{choice.__name__}.md").write_text(text)
    print(text)
    wrong = power_cuts.told(recording, outcomes)
    assert not wrong, f"seed {SEED}, {len(wrong)} of {len(cases)} cuts:\n" + "\n".join(wrong)


def test_not_waited_for(recorded, results):
    """Who tries b before the disk has all of it loses the update, and not the machine: what is incomplete isn't started."""
    recording = recorded("update")
    outcomes = power_cuts.try_all(recording, power_cuts.unsafe(recording, 2, SEED), results)
    assert not (wrong := power_cuts.told(recording, outcomes)), wrong

# SPDX-License-Identifier: Apache-2.0
"""The machine says what it has hashed of what it starts: blueprint and cells' images, as the manifest has them; another byte,
another digest.

[stest->swr~digests-told~1]
[stest->swr~digests-manifest~1]

Robustness: test_other_image, test_other_blueprint
"""

import json
import re

import pytest

import slots
import system
from harness import blueprint, build, fit, health, qemu

TOLD = r"^digest: ([0-9a-f]{64}) (blueprint|cell (\S+))\n"
CONFIG = "safe"


def told(machine):
    """At the prompt, in the form of the manifest; None: one isn't known."""
    mark = machine.health("digests")
    last = list(machine.blueprint.cells)[-1]
    machine.uart.search(rf"^digest: .* cell {last}\n", since=mark)
    lines = re.findall(TOLD, machine.uart.text[mark:], re.M)
    return {"blueprint": lines[0][0], "cells": {cell: digest for digest, _, cell in lines[1:]}}


def recorded(text):
    """Those of the events."""
    cells = {event.cell: event.arguments["sha256"] for event in health.events(text, name="images")}
    (first,) = health.events(text, name="blueprint")
    assert first.cell == "health"
    return {"blueprint": first.arguments["sha256"], "cells": cells}


def expected(config=CONFIG):
    return json.loads((build.build(config) / "manifest.json").read_text(encoding="utf-8"))["digests"]


def test_same(results):
    """After a boot through the loader, with those of the signed release; the event log has them, too."""
    appliance = slots.Appliance("slots", results)
    release = json.loads((build.build("slots") / "release.json").read_text(encoding="utf-8"))
    (results / "image.itb").write_bytes(appliance.good)
    with qemu.QemuTarget(results) as target:
        machine = system.System(target, results / "image.itb").start(appliance.folder / "disk.img")
        machine.wait_up("essential")
        assert told(machine) == release["digests"] == expected("slots")
        assert recorded(machine.uart.text) == release["digests"]
        machine.restart("essential")  # which hashes nothing again
        assert told(machine) == recorded(machine.uart.text) == release["digests"]


@pytest.mark.parametrize("where", ["first", "last"])
def test_other_image(results, where):
    """A byte of a cell's image: that cell's digest is another, none else, and it isn't started."""
    image = fit.Fit(system.image(CONFIG))
    of = blueprint.Blueprint(image.kernel).cells["bystander"].images
    stored = next(part for part in image.loadables if part.description.startswith("bystander:"))
    at = of[0].pa if where == "first" else of[-2].pa + of[-2].size - 1  # the last is the guest tree
    stored.data[at - stored.load] ^= 1
    image.save(results / "image.itb")
    with qemu.QemuTarget(results) as target:
        machine = system.System(target, results / "image.itb").start()
        machine.uart.search(r"^event: .* cell=bystander stop cause=image-mismatch\n")
        machine.wait_up("failing")
        health.status_where(machine.uart, lambda rows: rows["control"].state == "ready", "control is up")
        found, manifest = told(machine), expected()
        assert found == recorded(machine.uart.text)
        assert found["cells"].pop("bystander") != manifest["cells"].pop("bystander")
        assert found == manifest


def test_other_blueprint(results):
    """One that is sound in itself, of an attacker who computes digests anew: it starts, and isn't the manifest's."""
    image = fit.Fit(system.image(CONFIG))
    header = blueprint.Blueprint(image.kernel).offset
    board = image.kernel.data.index(b"qemu-virt\0", header)
    image.kernel.data[board] ^= 1
    blueprint.rehash(image.kernel)
    image.save(results / "image.itb")
    with qemu.QemuTarget(results) as target:
        machine = system.System(target, results / "image.itb").start()
        machine.wait_up("failing", "bystander")
        found, manifest = told(machine), expected()
        assert found["blueprint"] != manifest["blueprint"]
        assert found["blueprint"] == bytes(image.kernel.data[header + 32 : header + 64]).hex()
        assert found["cells"] == manifest["cells"]

# SPDX-License-Identifier: Apache-2.0
"""What others are told of the slots: /health, metrics, the page; of a boot that fell back, and of one that is confirmed.

[stest->swr~metrics-slots~1]
[stest->swr~http-boot~1]

Robustness: test_fell_back, test_lost
"""

import contextlib
import json
import subprocess

import pytest
from prometheus_client.openmetrics import parser

import slots
import system
from harness import build, pci, qemu, web
from imaging import state
from test_http import OPENMETRICS, documented, found

CONFIG = "slots-net"
CONFIRMED = r"^health: slots: state \d+: first "


@contextlib.contextmanager
def started(appliance, results):
    client, net = web.forwarded()
    devices = pci.options("qemu-virt-pci", ["nic", ("net", net)], disk="null-co://")
    (results / "image.itb").write_bytes(appliance.good)
    with qemu.QemuTarget(results, extra=devices) as target:
        running = system.System(target, results / "image.itb")
        target.load(appliance.folder / "disk.img")
        target.power("on")
        running.uart.search(r"^health: net: link up\n", never=system.HALTED)
        yield running, client


def boot_of(client):
    return json.loads(client.get("/health")[2])["boot"]


def fallen_back(results):
    """Whose trial of slot b the loader refuses."""
    appliance = slots.Appliance(CONFIG, results)
    appliance.put("b", slots.resigned(CONFIG, results / "other.itb", "stranger"))
    appliance.set_state(appliance.record(5, primary="b", status=(state.GOOD, state.TRIAL)))
    return appliance


def test_fell_back(results):
    """Of the boot that did, once it is confirmed, which leaves that slot empty."""
    with started(fallen_back(results), results) as (running, client):
        running.uart.search(CONFIRMED, never=system.HALTED)
        now, boot = client.metrics(), boot_of(client)
        assert now['bulkhead_slot_runs{slot="a"}'] == now['bulkhead_slot_fell_back{slot="b"}'] == now["bulkhead_boot_confirmed"] == 1
        assert now['bulkhead_slot_runs{slot="b"}'] == now['bulkhead_slot_fell_back{slot="a"}'] == now["bulkhead_boot_state_lost"] == 0
        assert now['bulkhead_slot_status{slot="b",bulkhead_slot_status="empty"}'] == now['bulkhead_slot_primary{slot="a"}'] == 1
        assert now['bulkhead_slot_attempts{slot="a"}'] == now['bulkhead_slot_attempts{slot="b"}'] == 1
        assert (now["bulkhead_boot_floor"], now["bulkhead_boot_state_writes_total"], now["bulkhead_boot_state_copies"]) == (1, 1, 2)
        assert (boot["slot"], boot["confirmed"], boot["primary"], boot["fell_back_from"]) == ("a", True, "a", "b")
        assert [(slot["slot"], slot["status"], slot["refused"]) for slot in boot["slots"]] == [("a", "good", None), ("b", "empty", "signature")]
        text = client.get("/metrics", OPENMETRICS)[2]
        families = list(parser.text_string_to_metric_families(text))
        assert set(found(families)) - documented() == documented(slots=True) - documented()
        series = sum(len(family.samples) for family in families)
        assert series == json.loads(build.map_json(CONFIG))["series"] == int(running.uart.search(r"^health: http: port 80, (\d+) series\n")[1])


def test_lost(results):
    """No valid copy: said until the boot is confirmed, and of this boot also after."""
    appliance = slots.Appliance(CONFIG, results)
    appliance.set_state(b"", b"")
    with started(appliance, results) as (running, client):
        first = client.metrics()
        assert first["bulkhead_boot_state_lost"] == 1 and first["bulkhead_boot_floor"] != first["bulkhead_boot_floor"]
        running.uart.search(CONFIRMED, never=system.HALTED)
        now, boot = client.metrics(), boot_of(client)
        assert (now["bulkhead_boot_state_lost"], now["bulkhead_boot_floor"], now["bulkhead_boot_confirmed"]) == (1, 0, 1)
        assert (boot["state_lost"], boot["slot"], boot["confirmed"]) == (True, None, True)


@pytest.mark.full
def test_page(results):
    """In a browser."""
    with started(fallen_back(results), results) as (running, client):
        running.uart.search(CONFIRMED, never=system.HALTED)
        browser = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={results / 'profile'}", "--window-size=1280,2200"]
        page = ["--virtual-time-budget=7000", f"http://127.0.0.1:{client.port}/"]
        seen = subprocess.run([*browser, "--dump-dom", *page], capture_output=True, text=True, check=True, timeout=300).stdout
        for shown in ("Slot a runs", ">confirmed<", ">good · counter\u00a01 · first<", "empty · ", "fell back from slot b"):
            assert shown in seen.replace("&nbsp;", "\u00a0"), shown

# SPDX-License-Identifier: Apache-2.0
"""The health cell's web server: its documents as their readers take them, and clients that are slow, many, or talk nonsense.

Time is virtual (one instruction, one nanosecond): how late the health cell's polls are is what it computes, not what the host
does. Idle time passes at once, so its time-outs are short for a client.

[stest->swr~http-log~1] [stest->swr~http-request~1] [stest->swr~http-accept~1] [stest->swr~http-documents~1] [stest->swr~http-health~1]
[stest->swr~http-map~2] [stest->swr~http-bounded~1] [stest->swr~metrics~1] [stest->swr~metrics-table~1]
[stest->swr~metrics-forms~1] [stest->swr~metrics-histograms~1] [stest->swr~metrics-series~1] [stest->swr~metrics-last-life~1] [stest->swr~metrics-integrity~1]
[stest->swr~map-series~1] [stest->swr~metrics-pmu~1]

Both ranges: test_readers_and_strangers
Robustness: test_slow_clients_make_room, test_many_scrapes
"""

import contextlib
import json
import pathlib
import random
import re
import subprocess
import sys
import time

import pytest
from prometheus_client.openmetrics import parser

import system
from harness import build, pci, qemu, web

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
CONFIG = "net-virtio"
POLL_DELAY_MAX = 0.001  # half of the health cell's period: how many frames of a turn's 16 come at once depends on the host
TICK = 0.001  # of control
LORISES = 60
REQUEST_SECONDS = 5  # that a client has to say what it wants
MALFORMED = 150
SCRAPES = 10_000


@contextlib.contextmanager
def served(results, icount=qemu.ICOUNT):
    """The running machine, and a client of its health cell."""
    client, net = web.forwarded()
    devices = pci.options("qemu-virt-pci", ["nic", ("net", net)], nvme="null-co://", disk="null-co://")
    with system.running(CONFIG, results, icount=icount, extra=devices) as running:
        running.uart.search(r"^health: net: link up\n", never=system.HALTED)
        qemu.wait_until(lambda: running.view.state("control") == "ready", "control is ready")
        yield running, client


def documented(slots=False):
    """docs/metrics.md's rows: name, type, unit, labels."""
    rows = re.findall(r"^\| `(bulkhead_\w+)` \| (\w+) \| (\w*) \| ([\w, ]*) \|", (build.ROOT / "docs/metrics.md").read_text(), re.M)
    rows = [row for row in rows if slots or not row[0].startswith(("bulkhead_boot_", "bulkhead_slot_"))]
    return {(name, kind, unit, frozenset(labels.replace(" ", "").split(",")) - {""}) for name, kind, unit, labels in rows}


def found(families):
    for family in families:
        suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
        labels = frozenset(label for sample in family.samples for label in sample.labels) - {"le"}
        yield family.name + suffix, family.type, family.unit, labels


def unharmed(running, client):
    """Nothing that went before made a poll late or kept one from being done, or reached the other cell."""
    now = client.metrics()
    assert now["bulkhead_health_polls_missed_total"] == 0
    assert now["bulkhead_health_poll_delay_max_seconds"] < POLL_DELAY_MAX
    after = running.view.core("control")
    assert (after.generation, after.exits_since_ready) == (1, 0)
    assert running.view.core("health").generation == 1
    return now


def metrics_are_right(running, client):
    status, kind, text = client.get("/metrics")
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    series = int(running.uart.search(r"^health: http: port 80, (\d+) series\n")[1])
    assert len(web.values(text)) == series == json.loads(build.map_json(CONFIG))["series"]
    assert f"\nmetrics: {series} series\n" in (build.build(CONFIG) / "map.txt").read_text()
    status, kind, text = client.get("/metrics", OPENMETRICS)
    assert (status, kind) == (200, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    families = list(parser.text_string_to_metric_families(text))
    assert set(found(families)) == documented()
    assert sum(len(family.samples) for family in families) == series
    now = web.values(text)
    size, bound = map(int, running.uart.search(r"^health: integrity: \d+ ranges, (\d+) bytes, a change is found within (\d+) ms\n").groups())
    assert (now["bulkhead_integrity_size_bytes"], now["bulkhead_integrity_bound_seconds"]) == (size, bound / 1000)
    assert now["bulkhead_integrity_errors_total"] == 0 and now["bulkhead_integrity_position_bytes"] < size
    assert (now["bulkhead_boots_total"], now["bulkhead_crashed_lives_total"]) == (1, 0)
    assert now['bulkhead_stream_dma_faults_total{cell="health",iommu="0",stream="0x300"}'] == 0
    pmu = {name: now[f'bulkhead_cell_pmu_{name}{{cell="control"}}'] for name in ("cycles_total", "instructions_total", "age_seconds")}
    # One instruction is a nanosecond, also of another core; a tick is a millisecond.
    assert 0 < pmu["instructions_total"] < pmu["cycles_total"] and pmu["age_seconds"] < 2 * TICK
    before, now = now, client.metrics()
    assert now['bulkhead_cell_pmu_cycles_total{cell="control"}'] > before['bulkhead_cell_pmu_cycles_total{cell="control"}']
    # As the harness reads them in the machine's memory.
    core = running.view.core("control")
    exits = [value for name, value in now.items() if name.startswith("bulkhead_core_exits") and 'cell="control"' in name]
    assert sum(exits) == core.exits_total
    assert now['bulkhead_cell_state{cell="control",bulkhead_cell_state="ready"}'] == 1
    assert now['bulkhead_core_el2_visit_seconds_count{core="1",cell="control"}'] == core.exits_total


def documents_are_right(client):
    status, kind, text = client.get("/")
    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert text == (build.ROOT / "cells/health/page.html").read_text()
    for path in ("/", "/metrics", "/health", "/map", "/map.svg"):
        assert client.get(path, method="HEAD")[::2] == (200, "")
        assert client.get(path, method="POST")[0] == 405
    assert client.get("/nothing")[0] == 404
    status, kind, text = client.get("/health")
    assert (status, kind, json.loads(text)["status"]) == (200, "application/json", "ok")
    manifest = json.loads((build.build(CONFIG) / "manifest.json").read_text())
    assert json.loads(text)["digests"] == manifest["digests"]
    assert len(text) < 2 * 1400  # two segments: docs/metrics.md


def maps_are_the_builds(client):
    drawing = (build.build(CONFIG) / "map.svg").read_text()
    assert client.get("/map") == (200, "application/json", build.map_json(CONFIG))
    assert client.get("/map", "image/avif,image/svg+xml,image/*,*/*;q=0.8") == (200, "image/svg+xml", drawing)
    assert client.get("/map.svg") == (200, "image/svg+xml", drawing)


def stopping_shows(running, client):
    running.health("stop control")
    qemu.wait_until(lambda: running.view.state("control") == "stopped", "control is stopped")
    status, _, text = client.get("/health")
    assert (status, json.loads(text)["status"]) == (503, "degraded")
    assert client.metrics()['bulkhead_cell_state{cell="control",bulkhead_cell_state="stopped"}'] == 1
    running.health("restart control")
    qemu.wait_until(lambda: running.view.state("control") == "ready", "control is ready")
    qemu.wait_until(lambda: client.get("/health")[0] == 200, "the machine is well")
    assert client.metrics()['bulkhead_cell_restarts_total{cell="control",cause="request"}'] == 1


def malformed(seed):
    """Requests that are none, each with the code that they may get; None: whatever comes."""
    chance = random.Random(seed)
    good = b"GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\n\r\n"
    yield b"GET / HTTP/1.1\r\n\r\n", 400
    yield b"\x16\x03\x01\x02\x00\x01\x00\r\n", 400
    yield b"GET / HTTP/9.9\r\n", 505
    yield b"GET /" + b"a" * 20000, 414
    yield b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 3000, 431
    yield b"", None
    while True:
        yield chance.randbytes(chance.randrange(1, 3000)), None
        at = chance.randrange(len(good))
        yield good[:at] + bytes([chance.randrange(256)]) + good[at + 1 :], None
        yield good[:at], None


def nonsense_is_refused(client):
    for _, (data, code) in zip(range(MALFORMED), malformed(1)):
        answer = client.raw(data)
        assert re.match(rb"HTTP/1\.1 (200|400|404|405|408|414|431|505) |$", answer), answer[:80]
        assert code is None or answer.startswith(b"HTTP/1.1 %d " % code), (data[:80], answer[:80])


def slow_clients_make_room(client):
    """Who sends a part of a request and waits, or reads no answer, keeps nobody else out."""
    with contextlib.ExitStack() as stack:
        for number in range(LORISES):
            slow = stack.enter_context(client.connect())
            slow.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n" + (b"\r\n" if number % 3 == 0 else b"X: "))
        for _ in range(5):
            began = time.monotonic()
            assert client.get("/health")[0] == 200
            assert time.monotonic() - began < REQUEST_SECONDS / 2  # so none of them was waited for


def memory(running):
    """What lwIP has in use: bytes, buffers."""
    mark = running.health("net")
    return running.uart.search(r"^net: memory heap=(\d+) most=\d+ buffers=(\d+) ", since=mark, never=system.HALTED).groups()


def memory_is_back(running):
    """Once its connections are gone."""
    qemu.wait_until(lambda: memory(running) == ("0", "0"), "the network has no memory in use")


def log_is_collected(client, folder):
    """By scripts/collect, twice into one file."""
    file = folder / "events.log"
    for _ in range(2):
        command = [sys.executable, build.ROOT / "scripts/collect", f"http://127.0.0.1:{client.port}", file]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0 and "consistent, not authenticated" in done.stdout, done.stderr
    lines = build.tool("log", "verify", file).stdout
    assert " cell=control start generation=1\n" in lines and ", 2 checkpoints: " in lines


# [stest->swr~cell-pmu~1]
def test_readers_and_strangers(results):
    with served(results) as (running, client):
        metrics_are_right(running, client)
        documents_are_right(client)
        maps_are_the_builds(client)
        log_is_collected(client, pathlib.Path(results))
        nonsense_is_refused(client)
        slow_clients_make_room(client)
        unharmed(running, client)
        memory_is_back(running)
        stopping_shows(running, client)


# [stest->swr~http-bounded~1]
def test_slow_clients_make_room(results):
    """In real time, where they have theirs."""
    with served(results, icount=None) as (_, client):
        slow_clients_make_room(client)


@pytest.mark.full
def test_many_scrapes(results):
    """Numbers have more digits as they grow; else an answer's size stays, and what the cell has in use."""
    with served(results) as (running, client):
        before = client.metrics()
        lengths = {accept: [] for accept in (None, OPENMETRICS)}
        for number in range(SCRAPES):
            accept = OPENMETRICS if number % 2 else None
            status, _, text = client.get("/metrics", accept)
            assert status == 200
            lengths[accept].append(len(re.sub(r" (NaN|[\d.]+)$", " 0", text, flags=re.M)))
        assert all(min(of) == max(of) for of in lengths.values())
        after = unharmed(running, client)
        assert after['bulkhead_http_requests_total{code="200"}'] - before['bulkhead_http_requests_total{code="200"}'] == SCRAPES + 1
        memory_is_back(running)
        (pathlib.Path(results) / "scrapes.json").write_text(json.dumps(after))


@pytest.mark.full
def test_page(results):
    """In a browser, which takes its picture (page.png)."""
    with served(results) as (_, client):
        picture, profile = (pathlib.Path(results) / name for name in ("page.png", "profile"))
        browser = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--window-size=1280,2200"]
        page = ["--virtual-time-budget=7000", f"http://127.0.0.1:{client.port}/"]
        seen = subprocess.run([*browser, "--dump-dom", *page], capture_output=True, text=True, check=True, timeout=300).stdout
        assert re.search(r'id="status"[^>]*>all well<', seen)
        assert '<img src="/map.svg"' in seen
        assert "core 1 · control" in seen and ">no exits<" in seen and seen.count("<figure>") == 3
        subprocess.run([*browser, f"--screenshot={picture}", *page], capture_output=True, check=True, timeout=300)
        assert picture.read_bytes().startswith(b"\x89PNG")

# SPDX-License-Identifier: Apache-2.0
"""The health cell's metrics where it has no NIC: through a channel to a Linux cell, on a board without PCI functions.

[stest->swr~metrics-channel~1] [stest->swr~metrics-channel-room~1] [stest->swr~exporter-reads~1] [stest->swr~exporter-age~1]
[stest->swr~exporter-http~1] [stest->swr~exporter-file~1] [stest->swr~exporter-rights~1]

Robustness: test_other_requests, test_usage, test_linux_restarted, test_health_restarted, test_health_stopped,
test_too_small
"""

import base64
import gzip
import re
import subprocess

import pytest

import system
from harness import build, qemu

URL = "127.0.0.1:9180/metrics"
PART = 3000  # bytes of a file that a console's log has room for at once
AGE = "bulkhead_exporter_text_age_seconds"
FRESH = 5  # seconds, of a text that is written each second; what a busy host takes away


def values(text):
    """Metrics' text: series to value."""
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {series: float(value) for series, value in lines}


class Exporter:
    """Asked in the Linux cell."""

    def __init__(self, running):
        self.running = running

    def shell(self, command, status=0):
        return self.running.shell("linux", command, status)

    def wait_up(self, since):
        self.running.uart.search(r"bulkhead-exporter: channel metrics: GET /metrics on 127", since=since, never=system.HALTED)
        self.running.uart.search(r"^\[linux\] linux:/root# ", since=since)

    def file(self, path):
        size = int(self.shell(f"gzip -9 <{path} | base64 -w0 | tee /tmp/z | wc -c").split()[-1])
        parts = [self.shell(f"dd if=/tmp/z bs={PART} skip={n} count=1 2>&-") for n in range(-(-size // PART))]
        return gzip.decompress(base64.b64decode("".join(part.split()[-1] for part in parts))).decode()

    def text(self):
        self.shell(f"wget -qO /tmp/m {URL}")
        return self.file("/tmp/m")

    def refused(self, options):
        return re.search(r"HTTP/1.1 (\d+)", self.shell(f"wget -qO- {options} 2>&1", 1))[1]


def checked(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return values(text)


@pytest.fixture(scope="module")
def exporter():
    with system.running("exporter", build.results_folder(__name__)) as running:
        linux = Exporter(running)
        linux.wait_up(0)
        yield linux


def test_scrape(exporter):
    first = checked(exporter.text())
    series = int(exporter.running.uart.search(r"^health: metrics: channel metrics: (\d+) series, room for", since=0)[1])
    assert len(first) == series + 1
    control = exporter.running.view.core("control")
    exits = [value for name, value in first.items() if name.startswith("bulkhead_core_exits") and 'cell="control"' in name]
    assert sum(exits) == control.exits_total
    assert first['bulkhead_cell_state{cell="linux",bulkhead_cell_state="running"}'] == 1
    exporter.shell("sleep 2")
    second = checked(exporter.text())
    for moving in ("bulkhead_health_polls_total", "bulkhead_uptime_seconds", 'bulkhead_cell_beats_total{cell="linux"}'):
        assert second[moving] > first[moving]
    assert set(first) == set(second)
    assert 0 <= first[AGE] < FRESH and 0 <= second[AGE] < FRESH


def test_other_requests(exporter):
    assert exporter.refused("127.0.0.1:9180/") == "404"
    assert exporter.refused(f"--post-data=x {URL}") == "405"


# [stest->swr~exporter-rights~1]
def test_rights(exporter):
    """Nobody's, real, effective, saved, and no groups."""
    found = exporter.shell("grep -E '^(Uid|Gid|Groups|CapEff):' /proc/$(pidof bulkhead-exporter)/status")
    rows = re.findall(r"^(Uid|Gid|Groups|CapEff):(.*)$", found, re.M)
    assert {name: set(values.split()) for name, values in rows} == {
        "Uid": {"65534"}, "Gid": {"65534"}, "Groups": set(), "CapEff": {"0" * 16}
    }


def test_file(exporter):
    exporter.shell("mkdir /tmp/textfile; bulkhead-exporter --prom /tmp/textfile --interval 1 >/dev/null & sleep 3")
    before = checked(exporter.file("/tmp/textfile/bulkhead.prom"))
    exporter.shell("sleep 3")
    after = checked(exporter.file("/tmp/textfile/bulkhead.prom"))
    assert after["bulkhead_uptime_seconds"] > before["bulkhead_uptime_seconds"]
    assert set(after) == set(checked(exporter.text()))
    assert exporter.shell("ls /tmp/textfile/*.prom").split()[-1] == "/tmp/textfile/bulkhead.prom"
    exporter.shell("kill $!")


def test_usage(exporter):
    exporter.shell("bulkhead-exporter", 2)
    exporter.shell("bulkhead-exporter --http 70000", 1)
    exporter.shell("bulkhead-exporter --http 1.2.3.4:80", 1)  # no address of its own
    assert "has none" in exporter.shell("bulkhead-exporter --http 1 --channel x 2>&1", 1)
    assert "Address already in use" in exporter.shell("bulkhead-exporter --http 9180 2>&1", 1)


def test_linux_restarted(exporter):
    """The health cell goes on as it was; Linux's next life gives the metrics on again."""
    running = exporter.running
    health, control = running.view.core("health"), running.view.core("control")
    mark = running.send("linux", "echo c >/proc/sysrq-trigger")
    running.uart.search(r"^event: .* cell=linux start generation=2\n", since=mark, never=system.HALTED)
    exporter.wait_up(mark)
    found = checked(exporter.text())
    assert found['bulkhead_cell_generation{cell="linux"}'] == 2
    assert found['bulkhead_cell_restarts_total{cell="linux",cause="heartbeat-missed"}'] == 1
    assert running.view.core("health").generation == health.generation
    after = running.view.core("control")
    assert (after.generation, after.exits_since_ready) == (control.generation, control.exits_since_ready)


def test_health_restarted(exporter):
    """Its text is gone with its life, then there is one of the next; Linux notices nothing."""
    running = exporter.running
    linux = running.view.core("linux")
    before = checked(exporter.text())
    mark = running.health("restart health")
    running.uart.search(r"^health: up", since=mark, never=system.HALTED)
    qemu.wait_until(lambda: running.view.core("health").generation == 2, "the health cell's second life")
    exporter.shell("until wget -qO /tmp/m %s; do sleep 1; done" % URL)
    after = checked(exporter.text())
    assert after["bulkhead_uptime_seconds"] > before["bulkhead_uptime_seconds"]
    assert after["bulkhead_health_polls_total"] < before["bulkhead_health_polls_total"]
    assert after['bulkhead_cell_generation{cell="health"}'] == 2
    assert (running.view.core("linux").generation, running.view.core("linux").fault_count) == (linux.generation, linux.fault_count)


def test_health_stopped(exporter):
    """The last one: nobody obeys commands any more. What the health cell wrote stays, and is seen to be old."""
    running = exporter.running
    linux, control = running.view.core("linux"), running.view.heartbeat("control")[0]
    exporter.shell("ask() { wget -qO- %s | grep -E '^bulkhead_(upt|exporter)'; }" % URL)
    head = running.view.log_head("linux")
    exporter.shell("(sleep 6; ask; sleep 4; ask; echo over) & true")
    running.health("stop health")
    qemu.wait_until(lambda: running.view.state("health") == "stopped", "the health cell is stopped")
    qemu.wait_until(lambda: "\nover\n" in running.view.log("linux", head), "Linux has asked twice")
    found = re.findall(r"bulkhead_uptime_seconds (\S+)\nbulkhead_exporter_text_age_seconds (\S+)\n", running.view.log("linux", head), re.M)
    (uptime, age), (uptime_later, age_later) = [map(float, row) for row in found]
    assert uptime_later == uptime
    assert age > 4 and age_later > age + 3
    assert running.view.core("linux").generation == linux.generation
    assert running.view.heartbeat("control")[0] > control


def test_too_small():
    """Said by the build, by the health cell when it starts, and when the text has ended."""
    done = build.tool("check", build.CONFIGS / "metrics-small.dts", *[word for folder in build.include_dirs() for word in ("-I", folder)])
    assert re.search(r"metrics-small\.dts:14:\d+: warning: channel 'metrics' may be too small for the health cell's metrics: (\d+)K", done.stderr)
    with system.running("metrics-small", build.results_folder("metrics-small")) as running:
        running.uart.search(r"^health: metrics: channel metrics may be too small: size = \"\d+K\" is enough\n", since=0)
        running.uart.search(r"^health: metrics: channel metrics is too small for the (\d+) bytes there are, nothing is in it", since=0)
        running.wait_up("peer")
        place = int(running.uart.search(r"^\[peer\] probe: channel metrics index=\d+ ipa=(\S+) size", since=0)[1], 16)
        # The first text's length (struct metrics_text), which is more than there is room for.
        running.ask("peer", f"read {place + 64 + 64 + 24:#x}", rf"read {place + 64 + 64 + 24:#x} = 0x[1-9a-f]")

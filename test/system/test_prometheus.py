# SPDX-License-Identifier: Apache-2.0
"""Debian's Prometheus watches three appliances at once, with scripts/fleet's files: what its rules compute, its dashboard
shows and its alerts say. In wall-clock time, with --full.

[stest->swr~fleet-rules~1]

Both ranges: test_alerts
"""

import contextlib
import json
import time

import pytest

import system
from harness import build, pci, ports, prometheus, qemu, web

APPLIANCES = 3
BROKEN = 1  # the appliance whose gateway fails


@contextlib.contextmanager
def appliance(number, port):
    devices = pci.options("qemu-virt-pci", ["nic", ("net", web.network(port))], nvme="null-co://", disk="null-co://")
    with system.running("fleet", build.results_folder(f"fleet-{number}"), extra=devices) as running:
        running.uart.search(r"^health: net: link up\n", never=system.HALTED)
        yield running.wait_up("gateway")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    forwarded = [ports.free() for _ in range(APPLIANCES)]
    with contextlib.ExitStack() as stack:
        machines = [stack.enter_context(appliance(n, port)) for n, port in enumerate(forwarded)]
        watcher = stack.enter_context(prometheus.Prometheus(tmp_path_factory.mktemp("prometheus"), forwarded))
        watcher.machines, watcher.instances = machines, [f"127.0.0.1:{port}" for port in forwarded]
        yield watcher


@pytest.mark.full
def test_all_answer(fleet):
    fleet.wait('up{job="bulkhead"} == 1', "all answer", lambda found: len(found) == APPLIANCES)
    assert {one["metric"]["instance"] for one in fleet.ask("bulkhead_uptime_seconds")} == set(fleet.instances)


# [stest->swr~fleet-rules~1]
@pytest.mark.full
def test_alerts(fleet):
    """A cell of one of them fails: that one's alerts fire, and no other's."""
    fleet.wait("bulkhead_cell_restarts_total", "they have been scraped", lambda found: len({one["metric"]["instance"] for one in found}) == APPLIANCES)
    time.sleep(6)  # a rate needs what was before
    for _ in range(3):
        fleet.machines[BROKEN].fault("gateway", "read 0xdead0000")
        time.sleep(4)
    for alert in ("BulkheadCellRestarted", "BulkheadFaults", "BulkheadRestartLoop"):
        firing = fleet.wait(f'ALERTS{{alertname="{alert}", alertstate="firing"}}', f"{alert} fires")
        assert {(one["metric"]["instance"], one["metric"]["cell"]) for one in firing} == {(fleet.instances[BROKEN], "gateway")}
    fleet.machines[BROKEN].health("stop gateway")
    qemu.wait_until(lambda: fleet.machines[BROKEN].view.state("gateway") == "stopped", "the cell is stopped")
    fleet.wait('ALERTS{alertname="BulkheadCellDown", alertstate="firing"}', "BulkheadCellDown fires")
    others = fleet.ask('ALERTS{instance!="%s", alertstate="firing", severity="page"}' % fleet.instances[BROKEN])
    assert others == []


@pytest.mark.full
def test_dashboard(fleet):
    """Each panel's query has data."""
    panels = json.loads((prometheus.FLEET / "grafana/bulkhead.json").read_text())["panels"]
    asked = 0
    for panel in panels:
        for target in panel.get("targets", []):
            found = fleet.wait(target["expr"].replace("$instance", ".*"), panel["title"])
            assert all("value" in one for one in found)
            asked += 1
    assert asked > 20

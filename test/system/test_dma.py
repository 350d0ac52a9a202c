# SPDX-License-Identifier: Apache-2.0
"""A cell with a DMA engine (cells/dma, QEMU's `edu`) on the machine with PCI functions: it reaches its own memory and its
own interrupts, in its second life as in its first, and nothing else; what it tries is told.

[stest->swr~pci-steps~1] [stest->swr~smmu-started~1] [stest->swr~its-commands-played~1] [stest->swr~lpis-by-tables~1]
[stest->swr~lpi-makes-spi~1] [stest->swr~pci-config-emulated~1] [stest->swr~dma-faults-told~1]
[stest->swr~dma-by-service-core~1] [stest->swr~pci-functions-reset~1] [stest->swr~metrics-streams~1]

Robustness: test_another_machine_is_refused
"""

import re

import pytest

import system
from dma_machine import EXTRA
from harness import qemu, web

EDU = 0x28  # 0000:00:05.0: its stream
LIFE = [
    "own memory first wrong=0",
    "messages own taken=5",
    "messages foreign taken=0",
    "messages nobody's taken=0",
    "own memory after attacks wrong=0",
]


def test_dma(results):
    client, net = web.forwarded()
    extra = [f"{net},id=net" if word == "user,id=net" else word for word in EXTRA]
    with system.running("dma", results, extra=extra) as running:
        running.wait_up("victim")
        victim = running.uart.search(r"^\[dma\] dma: victim (0x\w+)\n", never=system.HALTED)[1]
        before = running.target.read_memory(int(victim, 16), 4096)
        with running.unharmed("victim"):
            running.uart.search(r"^\[dma\] dma: end of life 2\n", never=system.HALTED)
        assert running.target.read_memory(int(victim, 16), 4096) == before
        lines = re.findall(r"^dma: (.*)$", running.view.log("dma"), re.M)
        assert [line for line in lines if line in LIFE] == 2 * LIFE
        told = running.uart.search(rf"^event: .* cell=health dma-fault of=2 stream=0x\w+ address={victim} (\w+) reason=0x10\n")
        assert told[1] == "write"
        assert running.view.core("victim").restarts == 0
        assert (running.view.core("dma").generation, running.view.core("dma").restarts) == (2, 1)
        service = running.blueprint.cells["health"].cores[0].telemetry_pa
        assert running.view.core("dma").exits["pci"] >= 30

        def counted():
            """Faults of the cell as its service core has them; the health cell's metrics."""
            faults = int.from_bytes(running.target.read_memory(service + 984 + 8 * 2, 8), "little")
            return faults, client.metrics()

        def summed(metrics, name, label):
            return sum(value for series, value in metrics.items() if series.startswith(name + "{") and label in series)

        def agreed():
            """A stream's are counted from events: but for those that the service core's ring had no room for, which are counted."""
            faults, metrics = counted()
            streams = summed(metrics, "bulkhead_stream_dma_faults_total", "stream=")
            missing = sum(summed(metrics, f"bulkhead_core_events_{how}_total", 'cell="health"') for how in ("dropped", "lost"))
            of_cell = metrics['bulkhead_cell_dma_faults_total{cell="dma"}']
            return metrics[told] == streams and of_cell == faults and faults - missing <= streams <= faults

        told = f'bulkhead_stream_dma_faults_total{{cell="dma",iommu="0",stream="{EDU:#x}"}}'
        assert 16 <= counted()[0] <= 16 * 60  # so many a second, of 50,000
        qemu.wait_until(agreed, "streams' faults as the service core counted them")  # the health cell reads events later


def test_another_machine_is_refused(results):
    """One function of another kind: named, and no cell starts."""
    extra = [word.replace("edu,addr=5,dma_mask=0xffffffffffffffff", "pci-testdev,addr=5") for word in EXTRA]
    with pytest.raises(Exception, match="PCI function 0000:00:05.0, vendor, device or class"):
        with system.running("dma", results, extra=extra):
            pass

# SPDX-License-Identifier: Apache-2.0
"""The health cell on a network, by a NIC of its own behind the IOMMU: it answers pings and a UDP echo, and nothing that
comes in, however malformed or much, loses an answer or keeps the watch from its work.

[stest->swr~health-net-virtio~1] [stest->swr~health-net-echo~1] [stest->swr~health-net-bounded~1]
[stest->swr~cell-pci~1]
"""

import itertools
import time

import peer as cable
import system
from harness import build, qemu

MALFORMED = 600
A_PING_EVERY = 10
FLOOD = 5000
WINDOW = 32


def devices(**netdevs):
    """The machine of dts/qemu-virt-pci; a NIC without a backend named has one that leads nowhere."""
    lines = (build.ROOT / "dts/qemu-virt-pci/qemu-options").read_text().splitlines()
    words = [word for line in lines if line and not line.startswith("#") for word in line.split(" ", 1)]
    for drive in ("nvme", "disk"):
        words += ["-blockdev", f"driver=null-co,node-name={drive},size=1048576"]
    for name in ("nic", "net"):
        words += ["-netdev", f"{netdevs.get(name, 'hubport,hubid=1')},id={name}"]
    return words


def counters(running):
    mark = running.health("net")
    text = running.uart.search(r"^net: (\S+) (\S+) mac=(\S+) (.*)\n", since=mark, never=system.HALTED)
    return {word.split("=")[0]: int(word.split("=")[1]) for word in text[4].split()}


def unharmed(running, work):
    """Work that the other cell doesn't notice, and the watch goes on meanwhile: its polls, 500 a second, at least at a
    tenth of that on a host that has other things to do."""
    before, polls, began = running.view.core("control"), running.view.heartbeat("health")[0], time.monotonic()
    assert work()
    assert running.view.heartbeat("health")[0] - polls > 50 * (time.monotonic() - began)
    after = running.view.core("control")
    assert (after.generation, after.exits_since_ready) == (before.generation, 0)


def test_virtio(results):
    with cable.plugged() as peer, system.running("net-virtio", results, extra=devices(net=peer.netdev)) as running:
        running.uart.search(r"^health: net: virtio-net, MAC \S+, ready after \d+ ms\n", never=system.HALTED)
        running.uart.search(r"^health: net: address 10\.0\.2\.15/24, gateway 10\.0\.2\.2\n", never=system.HALTED)
        running.uart.search(r"^health: net: link up\n", never=system.HALTED)
        qemu.wait_until(lambda: running.view.state("control") == "ready", "control is ready")
        assert peer.resolve()
        for size in (0, 1, 56, 1472):
            assert peer.ping(bytes(n % 251 for n in range(size)))
            assert peer.echo(bytes(n % 241 for n in range(size)))
        assert not peer.echo(b"x", port=9, seconds=0.3)
        answers = 0
        for number, frame in enumerate(itertools.islice(peer.malformed(1), MALFORMED)):
            peer.put(frame)
            if number % A_PING_EVERY == 0:
                answers += peer.ping()
        assert answers == MALFORMED // A_PING_EVERY
        assert not peer.answers_unasked()
        unharmed(running, lambda: peer.flood(FLOOD, WINDOW) == FLOOD)
        told = counters(running)
        assert told["dropped"] == 0 and told["echoed"] == 4
        assert told["sent"] >= FLOOD + answers + 8

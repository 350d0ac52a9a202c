# SPDX-License-Identifier: Apache-2.0
"""The health cell on a network, by a NIC of its own behind the IOMMU: it answers pings and a UDP echo, and nothing that
comes in, however malformed or much, loses an answer or keeps the watch from its work.

[stest->swr~health-net-virtio~1] [stest->swr~health-net-echo~1] [stest->swr~health-net-bounded~1]
[stest->swr~health-net-igbvf~1] [stest->swr~health-net-dhcp~1]

Robustness: test_no_dhcp, test_away
"""

import itertools
import socket
import time

import pytest

import peer as cable
import system
from harness import pci, ports, qemu

MALFORMED = 600
A_PING_EVERY = 10
FLOOD = 5000
WINDOW = 32


def devices(**netdevs):
    """The board's machine, drives of nothing, NICs with the backends named."""
    networks = [(name, netdevs.get(name, "user")) for name in ("nic", "net")]
    return pci.options("qemu-virt-pci", networks, nvme="null-co://", disk="null-co://")


def counters(running):
    mark = running.health("net")
    text = running.uart.search(r"^net: (\S+) (\S+) mac=(\S+) (.*)\n", since=mark, never=system.HALTED)
    return {word.split("=")[0]: int(word.split("=")[1]) for word in text[4].split()}


def unharmed(running, work):
    """Work that the other cell doesn't notice, and the watch goes on meanwhile: its polls, 500 a second where the host has nothing else
    to do. How late one may be is bounded in virtual time: test_net_attack.py."""
    before, polls, began = running.view.core("control"), running.view.heartbeat("health")[0], time.monotonic()
    assert work()
    assert running.view.heartbeat("health")[0] - polls > 10 * (time.monotonic() - began)
    after = running.view.core("control")
    assert (after.generation, after.exits_since_ready) == (before.generation, 0)


def up(running, driver):
    running.uart.search(rf"^health: net: {driver}, MAC \S+, ready after \d+ ms\n", never=system.HALTED)
    running.uart.search(r"^health: net: address 10\.0\.2\.15/24, gateway 10\.0\.2\.2\n", never=system.HALTED)
    running.uart.search(r"^health: net: link up\n", never=system.HALTED)
    qemu.wait_until(lambda: running.view.state("control") == "ready", "control is ready")


def answers(running, peer):
    """All that is well-formed is answered, and nothing else."""
    assert peer.resolve()
    for size in (0, 1, 56, 1472):
        assert peer.ping(bytes(n % 251 for n in range(size)))
        assert peer.echo(bytes(n % 241 for n in range(size)))
    assert not peer.echo(b"x", port=9, seconds=0.3)
    answered = 0
    for number, frame in enumerate(itertools.islice(peer.malformed(1), MALFORMED)):
        peer.put(frame)
        if number % A_PING_EVERY == 0:
            answered += peer.ping()
    assert answered == MALFORMED // A_PING_EVERY
    assert not peer.answers_unasked()
    unharmed(running, lambda: peer.flood(FLOOD, WINDOW) == FLOOD)
    told = counters(running)
    assert told["dropped"] == 0 and told["echoed"] == 4
    assert told["sent"] >= FLOOD + answered + 8
    assert 0 < told["interrupts"] <= told["received"]


# [stest->swr~health-net-virtio~1] [stest->swr~health-net-echo~1] [stest->swr~health-net-bounded~1] [stest->swr~cell-pci~1]
def test_virtio(results):
    with cable.plugged() as peer, system.running("net-virtio", results, extra=devices(net=peer.netdev)) as running:
        up(running, "virtio-net")
        answers(running, peer)


def echoed(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(1)
        asker.sendto(b"anyone?", ("127.0.0.1", port))
        try:
            return asker.recv(100) == b"anyone?"
        except TimeoutError:
            return False


# [stest->swr~health-net-dhcp~1]
def test_dhcp(results):
    """QEMU's user network has a server."""
    port = ports.free(socket.SOCK_DGRAM)
    net = f"user,net=10.0.7.0/24,dhcpstart=10.0.7.33,hostfwd=udp:127.0.0.1:{port}-10.0.7.33:7"
    with system.running("net-dhcp", results, extra=devices(net=net)) as running:
        running.uart.search(r"^health: net: address 10\.0\.7\.33/24, gateway 10\.0\.7\.2\n", never=system.HALTED)
        qemu.wait_until(lambda: echoed(port), "the echo")
        assert not running.uart.seen("^health: net: no address")


# [stest->swr~health-net-dhcp~1]
def test_no_dhcp(results):
    """Nobody answers: the cell says so, asks on, and watches on."""
    with cable.plugged() as peer, system.running("net-dhcp", results, extra=devices(net=peer.netdev)) as running:
        qemu.wait_until(lambda: running.view.state("control") == "ready", "control is ready")
        discovers = []
        peer.listen(lambda frame: discovers.append(frame) or len(discovers) == 2 or None if cable.is_discover(frame) else None)
        assert len(discovers) == 2
        alone = r"^health: net: no address for 5 s: no DHCP server answers, asking on\n"
        unharmed(running, lambda: running.uart.search(alone, never=system.HALTED))
        assert peer.listen(lambda frame: cable.is_discover(frame) or None)
        assert counters(running)["dropped"] == 0


# [stest->swr~health-net-back~1]
def test_away(results):
    """While nobody runs the physical function no step of the driver waits for it, in virtual time."""
    with system.running("net-away", results, icount=qemu.ICOUNT, extra=devices()) as running:
        running.wait_up("owner")
        running.health("stop owner")
        running.uart.search(r"^status: (?:[2-9]|\d\d+)\.\d+ .* owner:state=stopped", never=system.HALTED)
        mark = running.health("net")
        running.uart.search(r"^net: igbvf waiting ", since=mark, never=system.HALTED)
        latest = running.view.heartbeat("health")[1][2]
        assert 0 < latest < 1_000_000 and running.view.core("health").generation == 1, f"a poll was {latest} ns late"


def lost_and_back(running, peer, what):
    """What resets the physical function costs answers until it is back, and is told."""
    mark = running.uart.mark()
    what()
    running.uart.search(r"^health: net: igbvf: its physical function was reset: starting again\n", since=mark)
    running.uart.search(r"^health: net: igbvf, MAC \S+, ready after \d+ ms\n", since=mark)
    running.uart.search(r"^health: net: link up\n", since=mark)
    qemu.wait_until(lambda: peer.ping(seconds=0.5), "the health cell answers again")
    assert all(peer.ping() for _ in range(20))


# [stest->swr~health-net-igbvf~1] [stest->swr~cell-pci~1] [stest->swr~health-net-back~1]
@pytest.mark.full
def test_igbvf(results):
    with cable.plugged() as peer, system.running("net-igbvf", results, extra=devices(nic=peer.netdev)) as running:
        up(running, "igbvf")
        running.uart.search(r"^\[linux\] linux:/root# ", never=system.HALTED)
        answers(running, peer)
        lost_and_back(running, peer, lambda: running.shell("linux", "ip link set eth0 down; sleep 1; ip link set eth0 up"))
        lost_and_back(running, peer, lambda: running.health("restart linux"))
        assert running.view.core("linux").generation == 2
        assert running.view.core("health").generation == running.view.core("control").generation == 1
        assert running.view.core("control").exits_since_ready == 0
        mark = running.health("stop linux")
        running.uart.search(r"^event: .* cell=linux stop", since=mark)
        unharmed(running, lambda: time.sleep(3) or True)

# SPDX-License-Identifier: Apache-2.0
"""A network that means harm to the health cell: floods of SYNs, segments that break TCP's rules, a DHCP server that lies. The watch
over the cells goes on, no other cell notices, and who means well is served again.

[stest->swr~health-net-bounded~1] [stest->swr~http-bounded~1] [stest->swr~health-net-dhcp~1] [stest->swr~net-half-open~1]
[stest->swr~http-places~1] [stest->swr~health-net-address~1]

Robustness: all
Both ranges: test_tcp
By chance: test_tcp, test_polls_in_time, test_dhcp_lies
"""

import itertools
import random
import socket
import struct
import time

import pytest

import peer as cable
import system
from harness import health, qemu
from peer import ACK, ARP, DHCP_ACK, DISCOVER, FIN, IPV4, NAK, OFFER, PSH, REQUEST, RST, SYN, TCP, dhcp_option
from test_net import devices, unharmed

HTTP = 80
SYNS = 5000
SEGMENTS = 2000
LIES = 40
DECEIVED_SECONDS = 15
NO_HOSTS = r"^health: net: address (0\.|127\.|(22[4-9]|2[3-5]\d)\.|[\d.]+/0|10\.0\.2\.(255|0)/(?!32))"
POLL_DELAY_MAX_NS = 1_000_000  # half of the health cell's period
ASK = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
DISTURBANCES = 2000
BETWEEN = 100  # two of a client's visits
READERS = 12  # addresses that read no answers
READERS_EACH = 3
SERVED_SECONDS = 5.0  # a segment's answer, whatever others do: some milliseconds where nothing else runs on the host
AGAIN_SECONDS = 0.5
NUMBERS = 16
SYSLOG_SERVER = cable.address("10.0.2.99")  # net-virtio.dts's: the cell may ask for it at any time
UNKNOWN = cable.address("10.0.2.19")  # there, and the cell has never heard of it
NOBODY = [there for there in (bytes([10, 0, 2, last]) for last in range(20, 220)) if there != SYSLOG_SERVER]


def answered(peer, send, from_port, source=None):
    """The web server's next segment to that port; None: none in time. What QEMU's network loses among many frames is sent again, as TCP does."""
    deadline = time.monotonic() + SERVED_SECONDS
    while time.monotonic() < deadline:
        send()
        found = peer.listen(lambda frame: peer.segment(frame, HTTP, from_port, source), AGAIN_SECONDS)
        if found:
            return found
    return None


def knock(peer, source, from_port):
    """The answer to a SYN; None: there was none, or a refusal."""
    found = answered(peer, lambda: peer.syn(source, from_port, HTTP, 1000), from_port, source)
    return found if found and found[2] == SYN | ACK else None


def get(peer, from_port):
    """What the web server answers, by hand; empty: nothing in time."""
    sequence, said = 1000, b""
    found = knock(peer, peer.own, from_port)
    if not found:
        return b""
    expected, sequence = found[0] + 1, sequence + 1
    payload, flags = ASK, PSH | ACK
    while True:
        out = cable.ipv4(peer.own, peer.cell, TCP, cable.tcp(peer.own, peer.cell, from_port, HTTP, sequence, expected, flags, payload))
        found = answered(peer, lambda out=out: peer.send(IPV4, out), from_port)
        sequence, payload, flags = sequence + len(payload), b"", ACK
        if not found or found[2] & RST:
            return said
        if found[0] == expected:
            said, expected = said + found[3], expected + len(found[3]) + (found[2] & FIN)
            if found[2] & FIN:
                peer.send(IPV4, cable.ipv4(peer.own, peer.cell, TCP, cable.tcp(peer.own, peer.cell, from_port, HTTP, sequence, expected, FIN | ACK)))
                return said


def flood(peer, chance):
    """From addresses of the cell's own network that may not exist, and from farther away."""
    for _ in range(SYNS):
        source = bytes([10, 0, 2, chance.randrange(3, 255)]) if chance.random() < 0.5 else chance.randbytes(4)
        peer.syn(source, chance.randrange(1024, 65536), HTTP, chance.randrange(1 << 32))
    return peer.ping()


def strange(peer, chance):
    """Segments of no connection, with flags, options and lengths of chance."""
    own, cell = peer.own, peer.cell
    for number in range(SEGMENTS):
        options = chance.randbytes(4 * chance.randrange(11))
        segment = cable.tcp(
            own, cell, chance.randrange(65536), HTTP, chance.randrange(1 << 32), chance.randrange(1 << 32), chance.randrange(256),
            chance.randbytes(chance.choice([0, 1, 536, 1400])), options,
        )  # fmt: skip
        if number % 3 == 0:  # the header says more words than there are, or less than five
            segment = segment[:12] + bytes([chance.randrange(16) << 4]) + segment[13:]
        peer.send(IPV4, cable.ipv4(own, cell, TCP, segment[: chance.choice([len(segment), chance.randrange(1, 21)])]))
        if number % 7 == 0:  # larger than a frame may be
            peer.send(IPV4, cable.ipv4(own, cell, TCP, segment + chance.randbytes(chance.randrange(1500, 6000))))
    return peer.ping()


def served(peer, from_port):
    answer = get(peer, from_port)
    assert answer.startswith(b"HTTP/1.1 200 ") and b'"ok"' in answer
    return True


def served_meanwhile(peer, first_port, disturb):
    """Many disturbances by number, and a client now and then. Who answers them all would hold the NIC up if nobody took that in."""
    for number in range(DISTURBANCES):
        disturb(number)
        peer.listen(lambda frame: None, 0)
        if number % BETWEEN == BETWEEN - 1:
            served(peer, first_port + number)
    return True


def knocked(peer):
    """Connections that are asked for and never made."""
    return served_meanwhile(peer, 20000, lambda number: peer.syn(peer.own, 30000 + number, HTTP, number))


def nobody(number):
    """A neighbour that isn't there, and so never says what its MAC is."""
    return NOBODY[number % len(NOBODY)]


def pinged_by_nobody(peer):
    """Also by frames to everybody, which are none to be answered."""

    def disturb(number):
        source = nobody(number)
        asked = cable.icmp(8, 1, number, bytes(1400)) if number % 2 else cable.udp(source, peer.cell, 5000, 7, bytes(1400))
        to = [cable.BROADCAST] if number % 4 > 1 else []
        peer.send(IPV4, cable.ipv4(source, peer.cell, cable.ICMP if number % 2 else cable.UDP, asked), *to)

    peer.sought.clear()
    served_meanwhile(peer, 60000, disturb)
    assert not peer.sought & set(NOBODY), [socket.inet_ntoa(asked) for asked in peer.sought & set(NOBODY)]
    return True


def known_by_many(peer):
    """Questions for the cell's address from more neighbours than it can remember."""

    def disturb(number):
        sender = bytes([2, 0, 0, 0, 1, number % 200])
        peer.send(ARP, cable.arp(1, sender, nobody(number), bytes(6), peer.cell), cable.BROADCAST)

    return served_meanwhile(peer, 62000, disturb)


def read_slowly(peer):
    """Metrics asked for from many addresses, which take a byte each; then from one address alone; and who comes later isn't kept out."""
    peer.others = {cable.address(f"10.0.2.{100 + number}") for number in range(READERS)}
    for number, reader in enumerate(sorted(peer.others) * READERS_EACH + [peer.own] * 12):
        from_port = 40000 + number
        found = knock(peer, reader, from_port)
        assert found
        ask = cable.tcp(reader, peer.cell, from_port, HTTP, 1001, found[0] + 1, PSH | ACK, ASK.replace(b"health", b"metrics"), window=1)
        peer.send(IPV4, cable.ipv4(reader, peer.cell, TCP, ask))
        if number >= 12:
            served(peer, 50000 + number)
    return True


def numbers_differ(peer):
    """By more than a counter of time would in that time: the first numbers that the server's TCP uses. No two are near one another but by chance."""
    numbers = [knock(peer, peer.own, 10000 + number)[0] for number in range(NUMBERS)]
    steps = [(after - before) % (1 << 32) for before, after in itertools.pairwise(numbers)]
    assert sum(1 << 24 < step < (1 << 32) - (1 << 24) for step in steps) > NUMBERS // 2


def served_again(peer):
    """Half-open connections have gone, or made room."""
    answers = (get(peer, 30000 + n) for n in range(60))
    assert next((answer for answer in answers if answer.startswith(b"HTTP/1.1 200 ") and b'"ok"' in answer), None)


def up(running, peer):
    running.uart.search(r"^health: net: link up\n", never=system.HALTED)
    qemu.wait_until(lambda: running.view.state("control") == "ready", "control is ready")
    assert peer.resolve()


# [stest->swr~net-half-open~1] [stest->swr~http-places~1] [stest->swr~net-answers~1] [stest->swr~net-neighbours~1] [stest->swr~net-numbers~1]
# [stest->swr~net-secret~1]
def test_tcp(results):
    chance = random.Random(1)
    with cable.plugged() as peer, system.running("net-virtio", results, extra=devices(net=peer.netdev)) as running:
        up(running, peer)
        assert b'"ok"' in get(peer, 29999)
        peer.sought.clear()
        assert knock(peer, UNKNOWN, 29998) and UNKNOWN not in peer.sought  # answered at once: nobody looks for who asked
        unharmed(running, lambda: flood(peer, chance))
        unharmed(running, lambda: strange(peer, chance))
        served_again(peer)
        numbers_differ(peer)
        unharmed(running, lambda: knocked(peer))
        unharmed(running, lambda: pinged_by_nobody(peer))
        unharmed(running, lambda: known_by_many(peer))
        unharmed(running, lambda: read_slowly(peer))
        assert running.view.core("health").generation == 1


ATTACKS = {  # what it does, by a random number generator
    "flood": flood,
    "strange": strange,
    "knocked": lambda peer, chance: knocked(peer),
    "pinged-by-nobody": lambda peer, chance: pinged_by_nobody(peer),
    "known-by-many": lambda peer, chance: known_by_many(peer),
    "read-slowly": lambda peer, chance: read_slowly(peer),
}


# [stest->swr~health-net-bounded~1] [stest->swr~net-answers~1] [stest->swr~net-neighbours~1]
@pytest.mark.parametrize("name", ATTACKS)
def test_polls_in_time(results, name, record_property):
    """What the health cell has to do for it makes no poll late, in virtual time, and the control cell no exit."""
    with cable.plugged() as peer, system.running("net-virtio", results, icount=qemu.ICOUNT, extra=devices(net=peer.netdev)) as running:
        up(running, peer)
        assert ATTACKS[name](peer, random.Random(2))
        row = health.status_where(running.uart, lambda rows: rows["health"].ticks > 0, "a status", running.uart.mark())["health"]
        exits = running.view.core("control").exits_since_ready
        record_property("control: entries to EL2 added", exits)  # test/attack/witness.py
        record_property("health: its latest poll was late by, ns of virtual time", row.worst_ns)
        assert (row.missed, row.restarts) == (0, 0)
        assert row.worst_ns < POLL_DELAY_MAX_NS, f"a poll was {row.worst_ns} ns late"
        assert exits == 0


def lies(peer, chance):
    """(kind, address, options, end), without end: what no server should say."""
    address = cable.address
    good = dhcp_option(54, peer.own) + dhcp_option(51, struct.pack(">I", 3600)) + dhcp_option(1, address("255.255.255.0"))
    while True:
        for given in ("0.0.0.0", "255.255.255.255", "224.0.0.1", "127.0.0.1", "10.0.2.255"):
            yield OFFER, address(given), good, b"\xff"
            yield DHCP_ACK, address(given), good, b"\xff"
        for mask in ("0.0.0.0", "255.0.255.0", "255.255.255.255"):
            yield DHCP_ACK, address("10.0.2.0"), dhcp_option(54, peer.own) + dhcp_option(1, address(mask)), b"\xff"
        yield DHCP_ACK, address("10.0.2.15"), dhcp_option(54, peer.own) + dhcp_option(51, bytes(4)), b"\xff"  # for no time
        yield DHCP_ACK, address("10.0.2.15"), dhcp_option(54, b"") + dhcp_option(51, b"\1") + dhcp_option(1, b"\xff" * 5), b"\xff"
        yield OFFER, address("10.0.2.15"), good, b""  # no end
        yield OFFER, address("10.0.2.15"), bytes([54, 255]) + b"x", b""  # an option longer than the message
        yield OFFER, address("10.0.2.15"), b"".join(dhcp_option(3, peer.own * 60) for _ in range(4)), b"\xff"
        yield NAK, bytes(4), dhcp_option(54, peer.own), b"\xff"
        yield chance.randrange(256), chance.randbytes(4), chance.randbytes(chance.randrange(300)), b""


def question(peer, seconds=30):
    """(kind, transaction) of what the cell asks DHCP servers next."""

    def is_one(frame):
        found = cable.dhcp_question(frame)
        if found:
            peer.cell_mac = frame[6:12]
        return found

    return peer.listen(is_one, seconds)


def give(running, peer, given, options, until, mark):
    """As a server does, until the cell says something of it."""
    deadline = time.monotonic() + 30
    while not running.uart.seen(until, mark) and time.monotonic() < deadline:
        found = question(peer, 5)
        if found:
            peer.dhcp_answer({DISCOVER: OFFER, REQUEST: DHCP_ACK}.get(found[0], NAK), found[1], given, options)
    assert running.uart.seen(until, mark)


# [stest->swr~health-net-address~1]
@pytest.mark.full
def test_dhcp_nobodys(results):
    """Addresses and masks that no host can have are given back, then a good one is kept."""
    with cable.plugged() as peer, system.running("net-dhcp", results, extra=devices(net=peer.netdev)) as running:
        qemu.wait_until(lambda: running.view.state("control") == "ready", "control is ready")
        refused = r"a DHCP server gave \S+, mask \S+: no host's: asking again in 10 s"
        for given, netmask, told in (
            ("224.0.0.1", "255.255.255.0", refused),
            ("10.0.2.15", "0.0.0.0", refused),
            ("10.0.2.15", "255.255.255.0", r"address 10\.0\.2\.15/24, "),
        ):
            options = dhcp_option(54, peer.own) + dhcp_option(51, struct.pack(">I", 3600)) + dhcp_option(1, cable.address(netmask))
            give(running, peer, cable.address(given), options, rf"^health: net: {told}", running.uart.mark())
        assert not running.uart.seen(NO_HOSTS)


@pytest.mark.full
def test_dhcp_lies(results):
    """One lie after the other; then, on another cable, an honest server, whose address the cell takes."""
    chance = random.Random(3)
    with cable.plugged() as peer, system.running("net-dhcp", results, extra=devices(net=peer.netdev)) as running:
        qemu.wait_until(lambda: running.view.state("control") == "ready", "control is ready")
        told = iter(lies(peer, chance))

        def deceive():
            """Whether it is asked or not."""
            _, transaction = question(peer)
            end = time.monotonic() + DECEIVED_SECONDS
            for number in itertools.count():
                found = question(peer, 0.2)
                transaction = found[1] if found else transaction
                kind, given, options, last = next(told)
                peer.dhcp_answer(kind, transaction if chance.random() < 0.8 else chance.randbytes(4), given, options, end=last)
                if time.monotonic() > end:
                    return number > LIES

        unharmed(running, deceive)
        running.target.monitor("set_link net off")
        running.uart.search(r"^health: net: link down\n", never=system.HALTED)
        running.target.monitor("set_link net on")
        mark = running.uart.mark()
        good = dhcp_option(54, peer.own) + dhcp_option(51, struct.pack(">I", 3600)) + dhcp_option(1, cable.address("255.255.255.0"))
        give(running, peer, peer.cell, good, r"^health: net: address 10\.0\.2\.15/24", mark)
        assert running.view.core("health").generation == 1

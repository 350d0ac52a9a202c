# SPDX-License-Identifier: Apache-2.0
"""The other end of a NIC's cable: a small IPv4 host that speaks ARP, ICMP, UDP, TCP and DHCP, well and badly. Frames go through
QEMU's `dgram` backend, a datagram each, so nothing is lost between and nothing else is heard."""

import contextlib
import os
import random
import select
import shutil
import socket
import struct
import tempfile
import time

MAC = bytes.fromhex("020000000001")
BROADCAST = b"\xff" * 6
IPV4, ARP = 0x0800, 0x0806
ICMP, TCP, UDP = 1, 6, 17
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
DISCOVER, OFFER, REQUEST, DHCP_ACK, NAK = 1, 2, 3, 5, 6
COOKIE = bytes.fromhex("63825363")  # before DHCP's options: RFC 2131, 3
PATIENCE = 20.0
AGAIN = 5.0  # seconds without an answer, until a ping is sent again
FRAME_MAX = 65535


def checksum(data):
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def address(text):
    return socket.inet_aton(text)


def arp(operation, sender_mac, sender, target_mac, target):
    return struct.pack(">HHBBH", 1, IPV4, 6, 4, operation) + sender_mac + sender + target_mac + target


def icmp(kind, identifier, sequence, payload, wrong=0):
    head = struct.pack(">BBHHH", kind, 0, 0, identifier, sequence)
    return head[:2] + struct.pack(">H", checksum(head + payload) ^ wrong) + head[4:] + payload


def udp(source, destination, from_port, to_port, payload, wrong=0, length=None):
    head = struct.pack(">HHHH", from_port, to_port, 8 + len(payload) if length is None else length, 0)
    pseudo = source + destination + struct.pack(">BBH", 0, UDP, 8 + len(payload))
    return head[:6] + struct.pack(">H", (checksum(pseudo + head + payload) or 0xFFFF) ^ wrong) + payload


def ipv4(source, destination, protocol, payload, wrong=0, length=None, version=0x45, fragment=0, ttl=64):
    total = 20 + len(payload) if length is None else length
    head = struct.pack(">BBHHHBBH", version, 0, total, 1, fragment, ttl, protocol, 0) + source + destination
    return head[:10] + struct.pack(">H", checksum(head) ^ wrong) + head[12:] + payload


def tcp(source, destination, from_port, to_port, sequence, acknowledged, flags, payload=b"", options=b"", window=65535):
    """RFC 9293; `options` are of whole words, up to ten."""
    offset = 5 + len(options) // 4
    head = struct.pack(">HHIIBBHHH", from_port, to_port, sequence, acknowledged, offset << 4, flags, window, 0, 0) + options
    pseudo = source + destination + struct.pack(">BBH", 0, TCP, len(head) + len(payload))
    return head[:16] + struct.pack(">H", checksum(pseudo + head + payload)) + head[18:] + payload


def is_discover(frame):
    """Is it to all, from no address, a DHCPDISCOVER (RFC 2131)?"""
    head = BROADCAST + frame[6:12] + struct.pack(">H", IPV4)
    ports = struct.pack(">HH", 68, 67)
    return frame[:14] == head and frame[26:38] == bytes(4) + b"\xff" * 4 + ports and COOKIE + b"\x35\x01\x01" in frame


def dhcp_question(frame):
    """(kind, transaction) of a client's DHCP message; None: it is something else."""
    if frame[12:14] != struct.pack(">H", IPV4) or frame[34:38] != struct.pack(">HH", 68, 67) or frame[278:282] != COOKIE:
        return None
    return frame[284], frame[46:50]


def dhcp_option(kind, data):
    return bytes([kind, len(data)]) + data


def dhcp_message(kind, transaction, mac, server, given, options, end=b"\xff"):
    """A server's: RFC 2131, 2."""
    head = struct.pack(">BBBB", 2, 1, 6, 0) + transaction + bytes(8) + given + server + bytes(4) + mac.ljust(16, b"\0") + bytes(192)
    return head + COOKIE + dhcp_option(53, bytes([kind])) + options + end


class Peer:
    def __init__(self, own="10.0.2.2", cell="10.0.2.15"):
        self.own, self.cell = address(own), address(cell)
        self.cell_mac = None
        self.others = set()  # addresses that are this host's, too
        self.sought = set()  # addresses whose MAC the cell has asked for
        self.heard = []  # what came that wasn't asked for, ARP and its answers apart
        self._sequence = 0
        self._folder = tempfile.mkdtemp(prefix="bulkhead-net-")
        self._there = os.path.join(self._folder, "qemu")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        here = os.path.join(self._folder, "peer")
        self._socket.bind(here)
        self._socket.setblocking(False)
        self.netdev = f"dgram,local.type=unix,local.path={self._there},remote.type=unix,remote.path={here}"

    def close(self):
        self._socket.close()
        shutil.rmtree(self._folder)

    def put(self, frame, seconds=PATIENCE):
        """One frame, as it is. A NIC that takes none holds QEMU up."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self._socket.sendto(frame, self._there)
                return
            except BlockingIOError:
                select.select([], [self._socket], [], 0.1)
                if time.monotonic() > deadline:
                    raise TimeoutError("QEMU takes no frames") from None

    def send(self, kind, payload, to=None, seconds=PATIENCE):
        self.put((to or self.cell_mac or BROADCAST) + MAC + struct.pack(">H", kind) + payload, seconds)

    def _take(self, deadline):
        """The next frame; None: none came in time."""
        ready = select.select([self._socket], [], [], max(0, deadline - time.monotonic()))
        return self._socket.recv(FRAME_MAX) if ready[0] else None

    def _is_arp(self, frame):
        """Questions for our addresses are answered, answers noted."""
        if len(frame) < 42 or frame[12:14] != struct.pack(">H", ARP):
            return False
        operation, sender_mac, sender, target = frame[21], frame[22:28], frame[28:32], frame[38:42]
        if sender == self.cell:
            self.cell_mac = sender_mac
        if operation == 1:
            self.sought.add(target)
        if operation == 1 and (target == self.own or target in self.others):
            self.send(ARP, arp(2, MAC, target, sender_mac, sender), sender_mac)
        return True

    def listen(self, wanted, seconds=PATIENCE):
        """The first frame that `wanted` returns something for, and that; others are kept in `heard`. None: none came."""
        deadline = time.monotonic() + seconds
        while (frame := self._take(deadline)) is not None:
            if self._is_arp(frame):
                continue
            found = wanted(frame)
            if found is not None:
                return found
            self.heard.append(frame)
        return None

    def resolve(self, seconds=PATIENCE):
        """The cell's MAC, asked for until it answers."""
        deadline = time.monotonic() + seconds
        self.cell_mac = None
        while not self.cell_mac and time.monotonic() < deadline:
            self.send(ARP, arp(1, MAC, self.own, bytes(6), self.cell), BROADCAST)
            self.listen(lambda frame: None, 0.2)
        return self.cell_mac

    def _from_cell(self, frame, protocol, to=None):
        """What an IPv4 packet from the cell to us, or another, carries, all its checksums being right; None: it is something else."""
        if frame[:14] != MAC + self.cell_mac + struct.pack(">H", IPV4) or len(frame) < 34 or frame[23] != protocol:
            return None
        packet = frame[14 : 14 + struct.unpack(">H", frame[16:18])[0]]
        assert packet[12:16] == self.cell and checksum(packet[:20]) == 0
        return packet[20:] if packet[16:20] == (to or self.own) else None  # else it is for others, by us as their gateway

    def ask_ping(self, payload=b"x" * 56, seconds=PATIENCE):
        self._sequence = (self._sequence + 1) % 65536
        self.send(IPV4, ipv4(self.own, self.cell, ICMP, icmp(8, 7, self._sequence, payload)), seconds=seconds)
        return self._sequence

    def ping(self, payload=b"x" * 56, seconds=PATIENCE):
        """True: answered with the same bytes; asked again, since frames may get lost where many come."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                sequence = self.ask_ping(payload, left)
            except TimeoutError:
                return False

            def answer(frame, sequence=sequence):
                message = self._from_cell(frame, ICMP)
                right = message is not None and message[0] == 0 and checksum(message) == 0
                return message[8:] if right and message[4:8] == struct.pack(">HH", 7, sequence) else None

            found = self.listen(answer, min(left, AGAIN))
            if found is not None:
                return found == payload
        return False

    def echo(self, payload, port=7, seconds=PATIENCE):
        """True: a datagram came back with the same bytes."""
        from_port = 40000 + self._sequence % 20000
        self._sequence += 1
        self.send(IPV4, ipv4(self.own, self.cell, UDP, udp(self.own, self.cell, from_port, port, payload)))

        def answer(frame):
            datagram = self._from_cell(frame, UDP)
            if datagram is None or datagram[:4] != struct.pack(">HH", port, from_port):
                return None
            pseudo = self.cell + self.own + struct.pack(">BBH", 0, UDP, len(datagram))
            assert checksum(pseudo + datagram) == 0
            return datagram[8:]

        return self.listen(answer, seconds) == payload

    def datagram(self, frame):
        """Of a UDP datagram from the cell to us: its ports and what it carries; None: it is something else."""
        data = self._from_cell(frame, UDP)
        return data and (*struct.unpack(">HH", data[:4]), data[8:])

    def syn(self, source, from_port, to_port, sequence):
        self.send(IPV4, ipv4(source, self.cell, TCP, tcp(source, self.cell, from_port, to_port, sequence, 0, SYN)))

    def segment(self, frame, from_port, to_port, to=None):
        """Of a TCP segment from the cell to us, or another: (sequence number, acknowledged, flags, what it carries); None: it is something
        else."""
        data = self._from_cell(frame, TCP, to)
        if data is None or data[:4] != struct.pack(">HH", from_port, to_port):
            return None
        pseudo = self.cell + (to or self.own) + struct.pack(">BBH", 0, TCP, len(data))
        assert checksum(pseudo + data) == 0
        return *struct.unpack(">II", data[4:12]), data[13], data[(data[12] >> 4) * 4 :]

    def dhcp_answer(self, kind, transaction, given, options, to=BROADCAST, end=b"\xff"):
        message = dhcp_message(kind, transaction, self.cell_mac, self.own, given, options, end)
        everyone = b"\xff" * 4
        self.send(IPV4, ipv4(self.own, everyone, UDP, udp(self.own, everyone, 67, 68, message)), to)

    def answers_unasked(self):
        """Of what was heard: answers to pings and datagrams that nobody waits for."""
        return [frame for frame in self.heard if self._from_cell(frame, UDP) or (self._from_cell(frame, ICMP) or b"x")[0] == 0]

    def flood(self, count, window):
        """How many of so many pings are answered, `window` of them at a time."""
        answered = asked = 0

        def answer(frame):
            return (self._from_cell(frame, ICMP) or b"x")[0] == 0 or None

        while answered < count:
            while asked < min(count, answered + window):
                self.ask_ping()
                asked += 1
            if not self.listen(answer, 5.0):
                break
            answered += 1
        return answered

    def malformed(self, seed):
        """Frames, without end, of which none may be answered."""
        chance = random.Random(seed)
        own, cell = self.own, self.cell
        good = ipv4(own, cell, UDP, udp(own, cell, 5000, 7, b"y" * 64))
        while True:
            body = chance.randbytes(chance.randrange(1, 1400))
            bad = 1 << chance.randrange(16)
            for kind, payload in [
                (IPV4, good[: chance.randrange(1, 28)]),  # cut off
                (IPV4, ipv4(own, cell, UDP, udp(own, cell, 5000, 7, body, wrong=bad))),
                (IPV4, ipv4(own, cell, UDP, udp(own, cell, 5000, 7, body), wrong=bad)),
                (IPV4, ipv4(own, cell, ICMP, icmp(8, 1, 1, body, wrong=bad))),
                (IPV4, ipv4(own, cell, UDP, udp(own, cell, 5000, 7, body), length=20 + len(body) + 8 + 64)),  # says too much
                (IPV4, ipv4(own, cell, UDP, udp(own, cell, 5000, 7, body), length=chance.randrange(20))),
                (IPV4, ipv4(own, cell, UDP, udp(own, cell, 5000, 7, body), version=0x40 | chance.randrange(5))),
                (IPV4, ipv4(own, cell, UDP, udp(own, cell, 5000, 7, body), version=0x65)),
                (IPV4, ipv4(own, cell, UDP, udp(own, cell, 5000, 7, body), fragment=0x2000 | chance.randrange(1, 8000))),
                (IPV4, ipv4(own, cell, UDP, udp(own, cell, 7, 7, body))),  # from another echo
                (IPV4, ipv4(own, address("10.0.2.255"), UDP, udp(own, address("10.0.2.255"), 5000, 7, body))),
                (IPV4, ipv4(own, address("10.0.2.99"), ICMP, icmp(8, 1, 1, body))),  # another's
                (IPV4, ipv4(own, cell, chance.choice([0, 2, 6, 41, 255]), body, version=0x4F)),
                (ARP, arp(1, MAC, own, bytes(6), cell)[: chance.randrange(28)]),
                (ARP, bytes([chance.randrange(256) for _ in range(28)])),
                (chance.randrange(0x0600, 0x10000) | 0x1000, body),  # no protocol of the cell's
                (chance.randrange(0x0600), body),  # a length
                (IPV4, ipv4(own, cell, UDP, udp(own, cell, 5000, 7, chance.randbytes(chance.randrange(1473, 6000))))),  # giants
            ]:
                yield self.cell_mac + MAC + struct.pack(">H", kind) + payload
            yield chance.randbytes(chance.randrange(1, 14))  # runts


@contextlib.contextmanager
def plugged():
    peer = Peer()
    try:
        yield peer
    finally:
        peer.close()

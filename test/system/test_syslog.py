# SPDX-License-Identifier: Apache-2.0
"""The health cell's events at a syslog server, and the time of day that it has from an NTP server.

Time is virtual: idle time passes at once.

Both ranges: test_udp_and_time, test_tcp
"""

import contextlib
import datetime
import re
import socket
import struct
import subprocess

import pytest

import peer as cable
import system
from harness import build, pci, ports, qemu

SYSLOG, NTP = 514, 123
TCP_PORT = 45601  # of this host, as net-syslog-tcp.dts has it
TO_1970 = 2208988800
NOW = datetime.datetime(2031, 2, 28, 23, 59, 0, tzinfo=datetime.timezone.utc)
ANOTHER_TIME = datetime.timedelta(days=1)
# RFC 5424: priority and version, time, host, application, process (the cell), message (the event), structured data.
MESSAGE = re.compile(
    r"<(?P<priority>1[23]\d)>1 (?P<time>-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) 10\.0\.2\.15 bulkhead (?P<cell>\w+|-) (?P<event>[\w-]+) "
    r'\[meta sequenceId="(?P<number>\d+)" sysUpTime="(?P<uptime>\d+)"\] (?P<text>core=\d+ .*)'
)


def devices(net):
    return pci.options("qemu-virt-pci", ["nic", ("net", net)], nvme="null-co://", disk="null-co://")


def events(messages):
    return [(message["cell"], message["event"]) for message in messages]


class Servers:
    """Syslog and NTP, at the other end of the cable."""

    def __init__(self, peer):
        self.peer, self.messages = peer, []
        self.answers = None  # to an NTP question: of each its address and port, and what it carries
        for frame in peer.heard:
            self.take(frame)

    def take(self, frame):
        from_port, to_port, payload = self.peer.datagram(frame) or (0, 0, b"")
        if to_port == SYSLOG:
            self.messages.append(MESSAGE.fullmatch(payload.decode()))
            assert self.messages[-1], payload
        elif to_port == NTP and self.answers:
            there = self.peer.cell
            for source, port, answer in self.answers(payload):
                self.peer.send(cable.IPV4, cable.ipv4(source, there, cable.UDP, cable.udp(source, there, port, from_port, answer)))

    def serve(self, until):
        def served():
            self.peer.listen(self.take, 0.1)
            return until()

        qemu.wait_until(served, "what was waited for")


def time_answer(question, when, nonce_xor=0):
    stamp = struct.pack(">II", int(when.timestamp()) + TO_1970, 0)
    nonce = struct.pack(">Q", struct.unpack(">Q", question[40:48])[0] ^ nonce_xor)
    return bytes([0x24, 2]) + bytes(22) + nonce + stamp + stamp


# [stest->swr~syslog-client~1] [stest->swr~sntp-client~1] [stest->swr~syslog-text~1] [stest->swr~sntp-answers~1]
def test_udp_and_time(results):
    with cable.plugged() as peer, system.running("net-syslog-udp", results, icount=qemu.ICOUNT, extra=devices(peer.netdev)) as running:
        running.uart.search(r"^health: net: link up\n", never=system.HALTED)
        assert peer.resolve()
        servers = Servers(peer)
        servers.serve(lambda: ("control", "ready") in events(servers.messages))
        assert [int(message["number"]) for message in servers.messages] == list(range(1, len(servers.messages) + 1))
        assert {message["time"] for message in servers.messages} == {"-"}
        assert {("health", "start"), ("health", "ready"), ("control", "start")} <= set(events(servers.messages))
        foreign = [(peer.own, NTP, 1), (peer.own, NTP + 1, 0), (cable.address("10.0.2.77"), NTP, 0)]  # of another question, port, host
        servers.answers = lambda question: [
            *((source, port, time_answer(question, NOW + ANOTHER_TIME, nonce_xor)) for source, port, nonce_xor in foreign),
            (peer.own, NTP, time_answer(question, NOW)),
        ]
        told = r"^health: ntp: it is (\S+), to \d+ us\n"
        servers.serve(lambda: running.uart.seen(told))
        assert running.uart.search(told, never=system.HALTED)[1].startswith("2031-02-28T23:59:00.")
        running.health("stop control")
        servers.serve(lambda: ("control", "stop") in events(servers.messages))
        last = next(message for message in servers.messages if message["event"] == "stop")
        when = datetime.datetime.strptime(last["time"], "%Y-%m-%dT%H:%M:%S.%f%z")
        assert datetime.timedelta(0) <= when - NOW < datetime.timedelta(hours=1)
        assert (last["priority"], last["text"].split()[1:]) == ("133", ["stop", "cause=request"])


def stream(connection):
    """Messages of a connection: each with its length before it."""
    data = b""
    while True:
        head, space, rest = data.partition(b" ")
        if space and len(rest) >= int(head):
            message = MESSAGE.fullmatch(rest[: int(head)].decode())
            assert message, rest[: int(head)]
            data = rest[int(head) :]
            yield message
            continue
        more = connection.recv(4096)
        if not more:
            return
        data += more


PROOFS = "stage2", "smmu", "watchdog"  # the last one comes when all cells are up


# [stest->swr~syslog-client~1] [stest->swr~syslog-text~1]
def test_tcp(results):
    """A server that goes away and comes back has all messages, in their order."""
    with socket.socket() as server, contextlib.ExitStack() as stack:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", TCP_PORT))
        server.listen()
        server.settimeout(60)
        running = stack.enter_context(system.running("net-syslog-tcp", results, icount=qemu.ICOUNT, extra=devices("user")))
        connection, _ = server.accept()
        with connection:
            connection.settimeout(60)
            # Up to the last that a boot has to tell: what comes after the last one read is lost with this connection.
            proofs = 0
            for first in stream(connection):
                proofs += first["event"] == "proof"
                if proofs == len(PROOFS):
                    break
            running.uart.search(r"^health: syslog: connected\n")
            mark = running.uart.mark()
        running.health("stop control")
        running.uart.search(r"^health: syslog: no connection to the server, trying on\n", since=mark, never=system.HALTED)
        qemu.wait_until(lambda: running.view.state("control") == "stopped", "control is stopped")
        running.health("restart control")
        connection, _ = server.accept()
        with connection:
            connection.settimeout(60)
            seen = []
            for message in stream(connection):
                seen.append(message)
                if (message["cell"], message["event"]) == ("control", "ready"):
                    break
        numbers = [int(message["number"]) for message in seen]
        assert numbers == list(range(numbers[0], numbers[-1] + 1)) and numbers[0] <= int(first["number"]) + 1 < numbers[-1]
        assert {("control", "stop"), ("control", "start")} <= set(events(seen))


@contextlib.contextmanager
def rsyslogd(folder, udp_port):
    """Debian's, with scripts/fleet's file, but for ports and the folder."""
    text = (build.ROOT / "scripts/fleet/rsyslog/bulkhead.conf").read_text()
    for what, here in (("/var/log/bulkhead", str(folder)), ('"514"', f'"{udp_port}"'), ('"601"', f'"{TCP_PORT}"')):
        assert what in text
        text = text.replace(what, here)
    conf = folder / "rsyslog.conf"
    conf.write_text(text)
    checked = subprocess.run(["rsyslogd", "-N1", "-f", conf], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    daemon = subprocess.Popen(["rsyslogd", "-n", "-f", conf, "-i", folder / "pid"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        daemon.terminate()
        daemon.wait(30)


# [stest->swr~syslog-text~1] [stest->swr~syslog-client~1]
@pytest.mark.full
def test_rsyslogd(results, tmp_path):
    """One file of the appliance, a line an event: by TCP from the health cell, and the same message by UDP."""
    udp_port = ports.free(socket.SOCK_DGRAM)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        with rsyslogd(tmp_path, udp_port), system.running("net-syslog-tcp", results, extra=devices("user")) as running:
            qemu.wait_until(lambda: running.view.state("control") == "ready", "control is ready")
            file = tmp_path / "127.0.0.1.log"

            def lines(pattern):
                return qemu.wait_until(lambda: file.exists() and re.findall(pattern, file.read_text(), re.M), pattern)

            when = r"^\d{4}-\d\d-\d\dT\S+ 127\.0\.0\.1 (?:info|notice|warning|err|crit) "
            found = lines(when + r'control ready \[meta sequenceId="\d+" sysUpTime="\d+"\] +core=1 ready.*')
            assert len(found) == 1
            running.health("stop control")
            lines(when + r"control stop \[meta .*\] +core=1 stop cause=request$")
            sender.sendto(b'<133>1 - 10.0.2.15 bulkhead control datagram [meta sequenceId="1" sysUpTime="2"] core=1 datagram', ("127.0.0.1", udp_port))
            lines(when + r"control datagram \[meta .*\] +core=1 datagram$")

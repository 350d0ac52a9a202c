# SPDX-License-Identifier: Apache-2.0
"""A NIC and a drive with SR-IOV, divided between two Linux cells with Debian's own drivers: cell `a` has the physical
functions and runs the devices, `b` a virtual function of each, the health cell another of the NIC. `control` ticks beside
them. In virtual time.

[stest->swr~pci-steps~1] [stest->swr~smmu-started~1] [stest->swr~its-commands-played~1] [stest->swr~lpis-by-tables~1]
[stest->swr~lpi-makes-spi~1] [stest->swr~pci-config-emulated~1] [stest->swr~pci-functions-reset~1]
[stest->swr~pci-device-told~1] [stest->swr~health-net-igbvf~1]

Robustness: test_restart_of_b, test_crash_of_a
"""

import hashlib
import os
import re
import tempfile

import pytest

import system
from harness import build, pci, qemu

DISK_BYTES = 8 << 20
NVME_BYTES = 320 << 20
CHUNK_MIB = 16
A, B, HEALTH, OUTSIDE, OUTSIDE_NET = "10.0.2.20", "10.0.2.21", "10.0.2.15", "10.0.2.2", "10.0.3.2"
FUNCTIONS = {  # IDs and drivers, in the order of the cells' buses; of b's drive a must first make something
    "a": [
        *["0000:00:01.0 0x8086:0x10c9 igb", "0000:00:02.0 0x1b36:0x0010 nvme", "0000:00:03.0 0x1af4:0x1042 virtio-pci"],
        *["0000:00:10.0 0x8086:0x10ca ", "0000:00:10.1 0x8086:0x10ca ", "0000:00:10.2 0x1b36:0x0010 "],
    ],
    "b": ["0000:00:01.0 0x8086:0x10ca igbvf", "0000:00:02.0 0x1b36:0x0010 ", "0000:00:03.0 0x1af4:0x1041 virtio-pci"],
}
SRIOV_CONTROLS = (0x4010100168, 0x4010200128)  # in the host's configuration space: of 0000:01:00.0 and 0000:02:00.0
COMPLAINTS = r"Internal error|Unable to handle|WARNING:|BUG:|Unexpected interrupt|rcu_sched.*stall|soft lockup"


def prompt(running, cell, since=0):
    """Up, with a stream of random data to send: n chunks, no two alike."""
    running.uart.search(rf"^\[{cell}\] {cell}:/root# ", since=since, never=system.HALTED)
    running.shell(cell, f"dd if=/dev/urandom of=/tmp/random bs=1M count={CHUNK_MIB}")
    running.shell(cell, "part() { dd if=/tmp/random bs=4k $1=$i 2>/dev/null; }")
    running.shell(cell, "stream() { i=0; while [ $i -lt $1 ]; do part skip; part count; i=$((i+1)); done; }")


def connected(running, cell, address):
    running.shell(cell, f"until ping -c 1 -W 1 {address} >/dev/null; do :; done")


def digest(text):
    return re.search(r"\b[0-9a-f]{64}\b", text)[0]


@pytest.fixture(scope="module")
def gateway():
    with tempfile.TemporaryDirectory(prefix="bulkhead-drives-") as folder:
        disk, nvme = os.path.join(folder, "disk"), os.path.join(folder, "nvme")
        data = os.urandom(DISK_BYTES)
        with open(disk, "wb") as file:
            file.write(data)
        with open(nvme, "wb") as file:
            file.truncate(NVME_BYTES)
        extra = pci.options("qemu-virt-pci", ("nic", ("net", "user,net=10.0.3.0/24")), nvme=nvme, disk=disk)
        with system.running("sriov", build.results_folder(__name__), icount=qemu.ICOUNT, extra=extra) as running:
            running.disk = hashlib.sha256(data).hexdigest()
            prompt(running, "a")
            prompt(running, "b")
            connected(running, "b", OUTSIDE)
            yield running
            assert not running.uart.seen(COMPLAINTS)


@pytest.fixture(autouse=True)
def control(gateway, request):
    """Whatever a test does, the control cell ticks on and doesn't enter the hypervisor."""
    before = gateway.view.heartbeat("control")[1]
    yield
    qemu.wait_until(lambda: gateway.view.heartbeat("control")[1][0] > before[0], "control ticks on")  # a test may end within a tick
    after = gateway.view.heartbeat("control")[1]
    # QEMU's one thread gives each core in its turn a fourth of the time to the machine's next timer. One that has fired is
    # none until its core is at it again: where the others compute without a timer (EL2 hashes and zeroes a cell, waits for
    # a reset), control's core has waited, in WFI and at EL1, for 25, 19, 14, 11 ms and so on, a fourth of what was left of
    # 100 ms each time. So 240 ticks are missed at boot, all before the health cell's first poll: from then on a
    # timer is never more than 2 ms away, but where both have fired in one turn, as may be while a cell is filled anew.
    assert after[1] == before[1] or request.node.get_closest_marker("restarts"), "ticks missed"
    assert gateway.view.core("control").exits_since_ready == 0


# [stest->swr~pci-config-emulated~1]
def test_functions(gateway):
    for cell, due in FUNCTIONS.items():
        found = re.findall(rf"^\[{cell}\] pci: (.*)$", gateway.uart.text, re.M)
        assert len(found) == len(due) and all(map(str.startswith, found, due)), found


def test_provoked(gateway):
    """The IOMMU, by the health cell's virtual function, once a's driver lets it work. [stest->swr~health-proofs~1]"""
    gateway.uart.search(r"^health: protection: stage2=proven smmu=proven watchdog=proven\n", never=system.HALTED)
    assert " dma-fault " not in gateway.uart.text and gateway.view.core("health").fault_count == 0


def test_nic(gateway):
    for cell, address in (("a", OUTSIDE), ("b", OUTSIDE), ("a", B), ("b", A), ("a", HEALTH), ("b", HEALTH)):
        assert "3 packets received" in gateway.shell(cell, f"ping -c 3 {address}")


def test_virtio(gateway):
    assert gateway.disk in gateway.shell("a", "sha256sum /dev/vda")
    gateway.shell("b", "ip address add 10.0.3.21/24 dev eth1 && ip link set eth1 up")
    connected(gateway, "b", OUTSIDE_NET)
    assert "3 packets received" in gateway.shell("b", f"ping -c 3 {OUTSIDE_NET}")


def test_exits(gateway):
    """A message costs b one exit at the most, also where a function sends two at once."""
    gateway.shell("a", "nc -l -p 5001 >/dev/null & true")
    gateway.shell("a", "until netstat -ltn | grep -q :5001; do :; done")
    before = gateway.view.core("b")
    gateway.shell("b", f"dd if=/dev/zero bs=64k count=64 2>/dev/null | nc {A} 5001")
    gateway.shell("a", "wait")
    after = gateway.view.core("b")
    exits, injected = after.exits["irq"] - before.exits["irq"], after.injected - before.injected
    assert injected > 100 and exits <= injected


def drive_online(running):
    """The physical function's owner gives b's virtual function of the drive two queues and an interrupt, once."""
    state = "nvme list-secondary /dev/nvme0 | grep -m 1 SCS"
    if "(Offline)" in running.shell("a", state):
        for resources in ("-r 0 -a 8 -n 2", "-r 1 -a 8 -n 1", "-a 9"):
            running.shell("a", f"nvme virt-mgmt /dev/nvme0 -c 1 {resources}")
    assert "(Online)" in running.shell("a", state)


def drive_bound(running):
    drive_online(running)
    running.shell("b", "[ -e /dev/nvme0 ] || echo 0000:00:02.0 >/sys/bus/pci/drivers/nvme/bind")
    running.shell("b", "until [ -e /dev/nvme0n1 ]; do sleep 1; done")


def drive_verified(running, cell, chunks):
    """Written past all caches, read back."""
    running.shell(cell, f"stream {chunks} | dd of=/dev/nvme0n1 bs=1M iflag=fullblock oflag=direct", patience=600)
    written = running.shell(cell, f"stream {chunks} | sha256sum", patience=600)
    read = f"dd if=/dev/nvme0n1 bs=1M count={chunks * CHUNK_MIB} iflag=direct 2>/dev/null | sha256sum"
    assert digest(written) == digest(running.shell(cell, read, patience=600))


def test_drive(gateway, request):
    drive_bound(gateway)
    drive_verified(gateway, "b", 256 // CHUNK_MIB if request.config.getoption("--full") else 1)


@pytest.mark.full
@pytest.mark.parametrize("sender, receiver, address", [("a", "b", B), ("b", "a", A)])
def test_tcp(gateway, sender, receiver, address):
    """200 MB arrive as they were sent."""
    gateway.shell(receiver, "nc -l -p 5000 | sha256sum >/tmp/received & true")
    gateway.shell(receiver, "until netstat -ltn | grep -q :5000; do :; done")
    gateway.shell(sender, f"stream 12 | nc {address} 5000", patience=600)
    sent = gateway.shell(sender, "stream 12 | sha256sum", patience=600)
    assert digest(sent) == digest(gateway.shell(receiver, "wait; cat /tmp/received", patience=600))


def traffic(running, cell, drive):
    """Ten pings a second to the outside, and as many reads of the drive, in the background."""
    running.shell(cell, "now() { cut -d' ' -f1 /proc/uptime; }; read() { dd if=$1 of=/dev/null bs=64k count=4 iflag=direct; }")
    running.shell(cell, f"ping -i 0.1 {OUTSIDE} >/tmp/pings & true")
    running.shell(cell, f"while sleep 0.1; do read {drive} 2>/dev/null && now; done >/tmp/reads & true")
    running.shell(cell, "sleep 2")


def gaps(running, cell):
    """Ends the traffic: the longest pauses, in seconds, of pings answered and of reads done."""
    running.shell(cell, "killall -INT ping; kill %2; sleep 1", status=None)
    longest = "awk '{ if (last && $1 - last > gap) gap = $1 - last; last = $1 } END { print gap \"s\" }'"
    pings = running.shell(cell, f"sed -n 's/.*seq=\\([0-9]*\\) .*/\\1/p' /tmp/pings | {longest}")
    reads = running.shell(cell, f"{longest} /tmp/reads")
    return [float(re.search(r"^([\d.]+)s$", text, re.M)[1]) * scale for text, scale in ((pings, 0.1), (reads, 1))]


def pf_controls(running):
    """SR-IOV Control and Status of the NIC's and the drive's physical functions, on the machine's bus."""
    return [running.target.monitor(f"xp /1wx {address:#x}") for address in SRIOV_CONTROLS]


@pytest.mark.full
@pytest.mark.restarts
def test_restart_of_b(gateway):
    """The physical functions' owner doesn't notice."""
    drive_bound(gateway)
    traffic(gateway, "a", "/dev/nvme0n1")
    mark = gateway.health("restart b")
    gateway.uart.search(r"^event: .* cell=b start generation=2\n", since=mark, never=system.HALTED)
    prompt(gateway, "b", mark)
    connected(gateway, "b", OUTSIDE)
    pings, reads = gaps(gateway, "a")
    assert pings <= 0.1 and reads < 1, "a's traffic"
    assert gateway.view.core("a").restarts == 0
    gateway.shell("b", "until [ -e /dev/nvme0n1 ]; do sleep 1; done")  # still online: it was not a that restarted
    drive_verified(gateway, "b", 1)


@pytest.mark.full
@pytest.mark.restarts
def test_crash_of_a(gateway, record_property):
    """Nothing resets the devices under b, which loses what only a can do for it until a is back, and goes on by itself."""
    drive_bound(gateway)
    before = gateway.view.core("b")
    controls = pf_controls(gateway)
    traffic(gateway, "b", "/dev/nvme0n1")
    mark = gateway.uart.mark()
    gateway.send("a", "echo c >/proc/sysrq-trigger")
    for function in ("01.0", "02.0"):
        gateway.uart.search(rf"^event: .* cell=a device function={function} rests\n", since=mark)
    gateway.uart.search(r"^event: .* cell=a start generation=2\n", since=mark, never=system.HALTED)
    prompt(gateway, "a", mark)
    assert pf_controls(gateway) == controls
    drive_online(gateway)
    for function in ("01.0", "02.0"):
        gateway.uart.search(rf"^event: .* cell=a device function={function} runs\n", since=mark)
    gateway.shell("b", "was=$(tail -n 1 /tmp/reads); while [ $(tail -n 1 /tmp/reads) = $was ]; do sleep 1; done")
    connected(gateway, "b", OUTSIDE)
    pings, reads = gaps(gateway, "b")
    record_property("b lost", f"network {pings:.1f} s, drive {reads:.1f} s")
    print(f"b lost its network for {pings:.1f} s, its drive for {reads:.1f} s")
    drive_verified(gateway, "b", 1)
    after = gateway.view.core("b")
    assert (after.generation, after.restarts) == (before.generation, before.restarts)

# SPDX-License-Identifier: Apache-2.0
"""A NIC's virtual function and an NVMe drive in a Linux cell, beside the same kernel, drivers and functions on the bare
machine of the same QEMU, its IOMMU in use in all. Machines of which all but one stand still, measured by turns. Used by scripts/bench.py.
"""

import contextlib
import pathlib
import socket
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "system"))

import bench_cell  # noqa: E402  (needs the path above)
import system  # noqa: E402
from harness import build, fit, pci, qemu  # noqa: E402

# QEMU decodes 32 bits of a virtual function's BAR, and Linux places it by its window (dts/qemu-virt-pci/README.md). A cell
# has no seed for KASLR, and with one Linux would keep its page tables apart (KPTI), which costs it half of its speed here.
NATIVE = f"{qemu.MACHINE},highmem-mmio=off,dtb-randomness=off"
PAIRS = 5
SECONDS = 1  # of each stream and of each series of single operations
HOST = "10.0.2.2"  # as QEMU's user network shows it
STREAM = r"io: stream (\d+) bytes (\d+) ns\n(?:.*\n)*?.*io: latency (\d+) (\d+) (\d+) ns\n"
KINDS, WHAT = ("net", "nvme"), ("byte", "p50", "p99")
DISK_BYTES = 64 << 20
NEVER = system.HALTED + r"|^(\[\w+\] )?io: failed"


@dataclass
class Figures:
    """Of one measurement; times in ns."""

    byte: float
    p50: int
    p99: int
    operations: int


class Peer:
    """What the guests talk to: takes a TCP stream to its end, and sends datagrams back."""

    def __init__(self):
        self._stream = socket.create_server(("127.0.0.1", 0))
        self.port = self._stream.getsockname()[1]
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.bind(("127.0.0.1", self.port + 1))
        for work in self._take, self._echo:
            threading.Thread(target=work, daemon=True).start()

    def _take(self):
        buffer = bytearray(1 << 18)
        while True:
            connection, _ = self._stream.accept()
            with connection:
                while connection.recv_into(buffer):
                    pass

    def _echo(self):
        while True:
            data, sender = self._datagrams.recvfrom(2048)
            self._datagrams.sendto(data, sender)


def initrd(folder):
    """The PCI cell's root file system, with what measures over it."""
    top = folder / "root"
    (top / "bin").mkdir(parents=True, exist_ok=True)
    compiler = [f"{build.CROSS}gcc", "-std=gnu11", "-O2", "-static", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([*compiler, "-o", top / "bin/io", HERE / "linux/io.c"], check=True)
    (top / "init").write_bytes((HERE / "linux/init").read_bytes())
    (top / "init").chmod(0o755)
    pack = ["cpio", "--quiet", "--create", "--format=newc", "--owner=0:0"]
    over = subprocess.run(pack, cwd=top, input=b"init\nbin\nbin/io\n", stdout=subprocess.PIPE, check=True).stdout
    path = folder / "initramfs-bench.cpio.gz"
    under = (build.BUILD / "cells/initramfs-pci.cpio.gz").read_bytes()
    path.write_bytes(under + bytes(-len(under) % 4) + over)
    return path


def functions(folder, name):
    """The board's PCI functions as options of QEMU, with what is behind them."""
    folder.mkdir(parents=True, exist_ok=True)
    drives = {drive: folder / f"{name}.{drive}" for drive in ("nvme", "disk")}
    for path in drives.values():
        with open(path, "wb") as file:
            file.truncate(DISK_BYTES)
    return pci.options("qemu-virt-pci", ("nic", "net"), **drives)


class Machine:
    """One that is measured; it stands still otherwise."""

    def __init__(self, target, peer, mark, send):
        self.target, self.peer, self._mark, self.send = target, peer, mark, send
        target.pause()

    def _one(self, command):
        mark = self._mark()
        self.send(f"io {command} {SECONDS}")
        found = self.target.console().search(STREAM, since=mark, never=NEVER)
        bytes_, ns, count, p50, p99 = map(int, found.groups())
        return Figures(ns / bytes_, p50, p99, count)

    def measure(self, around=contextlib.nullcontext()):
        self.target.resume()
        with around:
            found = {
                "net": self._one(f"net {HOST} {self.peer.port}"),
                "nvme": self._one("disk /dev/nvme0n1"),
            }
        self.target.pause()
        return found


@contextlib.contextmanager
def in_a_cell(folder, peer):
    files = initrd(folder).parent
    itb = bench_cell.build_config(bench_cell.CONFIGS / "pci.dts", folder / "image", files, build.BUILD / "linux/6.12")
    with qemu.QemuTarget(folder / "cell", extra=functions(folder, "cell")) as target:
        running = system.System(target, fit.Fit(itb)).start()
        for cell in "owner", "user":
            running.uart.search(rf"^\[{cell}\] bench: ready", never=system.HALTED)
        running.wait_up("neighbour")
        machine = Machine(target, peer, running.uart.mark, lambda command: running.send("user", command))
        machine.running = running
        yield machine


@contextlib.contextmanager
def on_the_bare_machine(folder, peer, name, words=""):
    kernel = ["-kernel", str(build.BUILD / "linux/6.12/Image"), "-initrd", str(initrd(folder))]
    append = ["-append", f"quiet console=ttyAMA0 maxcpus=1 bench.native {words}"]
    with qemu.QemuTarget(folder / name, machine=NATIVE, extra=[*functions(folder, name), *kernel, *append]) as target:
        target.power("on")
        console = target.console()
        console.search(r"^bench: ready")
        yield Machine(target, peer, console.mark, lambda command: console.send(command + "\n"))


@contextlib.contextmanager
def restarts(running, cell):
    """The cell is restarted again and again while what is inside runs."""
    over = threading.Event()

    def work():
        while not over.wait(0.3):
            running.restart(cell)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


def ratios(ones, others):
    """Medians over the pairs: what it takes in the one, through what it takes in the other."""
    return {
        (kind, what): statistics.median(getattr(a[kind], what) / getattr(b[kind], what) for a, b in zip(ones, others))
        for kind in KINDS
        for what in WHAT
    }


@dataclass
class Compared:
    quiet: dict  # ratios() of cell and bare machine
    restarting: dict  # the same, while a neighbour restarts
    passed: dict  # of cell and a bare machine whose Linux maps all of memory at once for each function
    cells: list  # what was measured, pair by pair
    restarts: int
    exits: dict  # of the cell's core a second of NIC traffic, by reason
    injected: float  # interrupts, the same


def exits_of(machine):
    """What the cell's core exits for, a second, amid a NIC's stream."""
    view = machine.running.view
    machine.target.resume()
    machine.send(f"io net {HOST} {machine.peer.port} 4")
    time.sleep(1)
    before, start = view.core("user"), time.monotonic()
    time.sleep(2)
    after, seconds = view.core("user"), time.monotonic() - start
    time.sleep(6)  # its end
    machine.target.pause()
    exits = {reason: (after.exits[reason] - before.exits[reason]) / seconds for reason in after.exits}
    return {reason: rate for reason, rate in exits.items() if rate}, (after.injected - before.injected) / seconds


def compare(out):
    folder = out / "pci"
    folder.mkdir(parents=True, exist_ok=True)
    peer = Peer()
    with contextlib.ExitStack() as stack:
        cell = stack.enter_context(in_a_cell(folder, peer))
        native = stack.enter_context(on_the_bare_machine(folder, peer, "native"))
        passing = stack.enter_context(on_the_bare_machine(folder, peer, "passing", "iommu.passthrough=1"))
        cells, natives, passed, disturbed = [], [], [], []
        for _ in range(PAIRS):
            natives.append(native.measure())
            cells.append(cell.measure())
            passed.append(passing.measure())
            disturbed.append(cell.measure(restarts(cell.running, "neighbour")))
        exits, injected = exits_of(cell)
        count = cell.running.view.core("neighbour").generation - 1
    return Compared(
        ratios(cells, natives), ratios(disturbed, natives), ratios(cells, passed), cells, count, exits, injected
    )


def messages(out):
    """EL2 instructions from a function's message to the guest's handler (`msi`), and from there on (`msi.end`)."""
    folder = out / "msi"
    itb = bench_cell.config("msi", out)
    with qemu.QemuTarget(folder / "run", icount=qemu.ICOUNT, extra=functions(folder, "run")) as target:
        target.load(itb)
        target.power("on")
        return bench_cell.series(bench_cell.wait_done(target), ["msi", "msi.end"])


EVENT = r"^event: ([\d.]+) core=\d+ cell={} {} "


def restart_times(out):
    """Virtual time (s) from the decision to restart a cell to its first instruction: cell -> time. One of the cells has
    functions, the other none."""
    folder = out / "pci-restart"
    itb = bench_cell.config("pci-restart", out)
    found = {}
    with qemu.QemuTarget(folder / "run", icount=qemu.ICOUNT, extra=functions(folder, "run")) as target:
        running = system.System(target, fit.Fit(itb)).start()
        running.wait_up("without", "with")
        for cell in "without", "with":
            mark = running.uart.mark()
            running.restart(cell)
            begin, end = (running.uart.search(EVENT.format(cell, event), since=mark) for event in ("restart", "start"))
            found[cell] = float(end[1]) - float(begin[1])
    return found

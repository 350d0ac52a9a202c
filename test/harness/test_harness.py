# SPDX-License-Identifier: Apache-2.0
"""The harness itself, against QEMU with a guest of a few instructions and against records by hand."""

import os
import pathlib
import subprocess

import pytest

from harness import build, console, exceptions, fdt, fit, qemu

HERE = pathlib.Path(__file__).parent
LOAD = 0x48000000


@pytest.fixture(scope="module")
def hello(tmp_path_factory):
    """A FIT whose kernel is hello.S."""
    work = tmp_path_factory.mktemp("hello")
    elf = build.assemble(HERE / "hello.S", work / "hello.elf", LOAD)
    raw = work / "hello.bin"
    subprocess.run([f"{build.CROSS}objcopy", "-O", "binary", "-j", ".text", elf, raw], check=True)
    source = work / "hello.its"
    source.write_text(
        f"""/dts-v1/; / {{ images {{
        kernel {{ data = /incbin/("{raw}"); load = <{LOAD:#x}>; hash-1 {{ algo = "sha256"; value = [{"00" * 32}]; }}; }};
        file-0 {{ data = [11 22 33 44]; load = <0 0x50000000>; }}; }};
        configurations {{ default = "c"; c {{ kernel = "kernel"; loadables = "file-0"; }}; }}; }};"""
    )
    itb = work / "hello.itb"
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", itb, source], check=True)
    return itb


def test_fit_round_trip(hello, tmp_path):
    image = fit.Fit(hello)
    assert image.kernel.load == LOAD
    assert [part.load for part in image.loadables] == [0x50000000]
    image.parts["file-0"].data[0] = 0x99
    image.save(tmp_path / "again.itb")
    again = fit.Fit(tmp_path / "again.itb")
    assert again.parts["file-0"].data == bytes([0x99, 0x22, 0x33, 0x44])
    assert again.blob[again.kernel.digest_offset :][:32] != bytes(32)


def test_no_tree():
    with pytest.raises(fdt.FdtError):
        fdt.parse(b"not a tree" * 10)


@pytest.mark.parametrize("icount", [None, qemu.ICOUNT])
def test_console_memory_and_exceptions(hello, results, icount):
    with qemu.QemuTarget(results, icount=icount, record_exceptions=True) as target:
        target.load(hello)
        target.power("on")
        uart = target.console()
        uart.expect("hello from EL2")
        uart.expect("two calls")
        assert target.read_memory(0x50000000, 4) == bytes([0x11, 0x22, 0x33, 0x44])
        qemu.wait_until(lambda: target.exceptions(0).total >= 2, "two HVC in the log")
        before = target.exceptions(0)
        assert [esr for _, esr in before.last] == [0x5A000000, 0x5A000001]
        assert target.exceptions(1).total == 0
        uart.send("x")
        uart.expect("three calls")
        assert "hello" in uart.text
        pid = target._process.pid
    assert not os.path.exists(f"/proc/{pid}")
    assert "hello from EL2" in (results / "console.log").read_text()


def test_reset_starts_again(hello, results):
    with qemu.QemuTarget(results) as target:
        target.load(hello)
        target.power("on")
        target.console().expect("two calls")
        target.power("reset")
        target.console().expect("two calls")


def test_timeout_shows_what_came(hello, results):
    with qemu.QemuTarget(results) as target:
        target.load(hello)
        target.power("on")
        target.console().expect("two calls")
        with pytest.raises(console.ConsoleTimeout, match="two calls"):
            target.console().expect("never said", timeout=0.2)
        with pytest.raises(AssertionError, match="seen 'hello"):
            target.console()._at = 0
            target.console().expect("never said", never="hello from EL2")


def test_bad_options_are_reported(hello, results):
    target = qemu.QemuTarget(results, cpu="no-such-cpu")
    target.load(hello)
    with target, pytest.raises(RuntimeError, match="no-such-cpu"):
        target.power("on")


RECORDS = b"""Taking exception 2 [SVC] on CPU 1
...from EL0 to EL1
...with ESR 0x15/0x56000000
Taking exception 5 [IRQ] on CPU 3
...from EL1 to EL2
...with ESR 0x0/0x0
...with SPSR 0x5
Exception return from AArch64 EL2 to AArch64 EL1 PC 0x1
Taking exception 11 [Hypervisor Call] on CPU 3
...from EL1 to EL2
...with ESR 0x16/0x5a000000
"""


@pytest.mark.parametrize("step", [1, 7, 64, 10000])
def test_exception_records_in_any_chunks(step):
    log = exceptions.ExceptionLog()
    rest = b""
    for at in range(0, len(RECORDS), step):
        rest = log.feed(rest + RECORDS[at : at + step])
    os.close(log.write_end)
    assert log.count(1).total == 0
    assert str(log.count(3)) == "2 (1 IRQ, 1 Hypervisor Call)"

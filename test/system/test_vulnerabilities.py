# SPDX-License-Identifier: Apache-2.0
"""What Linux says of the CPU's weaknesses is the same in a cell as on the machine itself: the workarounds of the
CPU and of the firmware reach the guest; so do its features, but for those that no cell gets.

[stest->swr~speculation-as-native~1]
"""

import re

import pytest

import system
from harness import build, qemu

FOLDER = "/sys/devices/system/cpu/vulnerabilities"
COMMAND = "grep . *; grep -m 1 Features /proc/cpuinfo; echo told $((1 + 1))"
WEAK = re.compile(r"^(\w+):(.+)\n", re.M)
FEATURES = re.compile(r"^Features\s*: (.+)\n", re.M)
WITHHELD = r"(sve|sme|mte|ecv$|mops$)"  # registers.md
SHELL = r"linux:/root# "


def told(text):
    """(weaknesses by name, features of the CPU)"""
    text = text.replace("\r", "")
    return dict(WEAK.findall(text)), set(FEATURES.search(text)[1].split())


def native(results, cpu, kernel):
    """The same kernel and root file system at EL2 of the same machine, without a hypervisor."""
    boot = ["-kernel", build.BUILD / f"linux/{kernel}/Image", "-initrd", build.BUILD / "cells/initramfs.cpio.gz"]
    boot += ["-append", "console=ttyAMA0 quiet"]
    with qemu.QemuTarget(results, cpu=cpu, smp="2", memory="1G", extra=map(str, boot)) as target:
        target.power("on")
        target.console().expect(SHELL)
        target.console().send(f"cd {FOLDER}\r")
        target.console().expect(r"vulnerabilities# ")
        mark = target.console().mark()
        target.console().send(COMMAND + "\r")
        target.console().search(r"^told 2\n", since=mark)
        return told(target.console().text[mark:])


def in_cell(results, cpu, kernel):
    with system.running(f"linux-{kernel}-injected", results, cpu=cpu) as running:
        running.uart.search(rf"^\[linux\] {SHELL}", never=system.HALTED)
        running.send("linux", f"cd {FOLDER}")
        running.uart.search(r"^\[linux\] .*vulnerabilities# ")
        answer = running.report("linux", COMMAND, r"(?s).*^told 2\r?\n")
        return told(answer[0])


@pytest.mark.parametrize(
    "cpu",
    [
        "neoverse-n1",  # says by CSV2 and CSV3 what it is safe from
        *(pytest.param(cpu, marks=pytest.mark.full) for cpu in ("cortex-a53", "cortex-a72", "cortex-a76", "max")),
    ],
)
def test_as_on_the_machine(cpu):
    folder = build.results_folder(f"vulnerabilities-{cpu}")
    weak, features = native(folder / "native", cpu, "6.12")
    assert {"spectre_v2", "meltdown", "spec_store_bypass"} <= weak.keys()
    weak_here, features_here = in_cell(folder / "cell", cpu, "6.12")
    assert weak_here == weak
    assert features_here <= features
    # The rest is usable: atomics, CRC32, cryptography, pointer authentication, BTI...
    assert all(re.match(WITHHELD, name) for name in features - features_here)

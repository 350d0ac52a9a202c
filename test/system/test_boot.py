# SPDX-License-Identifier: Apache-2.0
"""What starts, and what must not: other CPUs, other machines, damaged images.

Robustness: test_other_machine, test_not_at_el2, test_loaded_elsewhere, test_core_left_on, test_damaged_cell_image,
test_flipped_bit, test_shared_page_is_no_separation
"""

import copy
import re
import struct
import time

import pytest

import system
from harness import blueprint, build, fit, qemu

REFUSED = r"^bulkhead: halted, no cell was started"
HEALTHY = r"^health: up"
PT_LOAD = 1


def refused(results, image, **options):
    """What the console says of an image on a machine that it must not start on."""
    with qemu.QemuTarget(results, **options) as target:
        target.load(image)
        target.power("on")
        target.console().expect(REFUSED, never=HEALTHY)
        return target.console().text


CPUS = ("cortex-a53", "cortex-a72", "cortex-a76", "neoverse-n1", "max")
BOTH_MODES = ("cortex-a53", "max")  # the oldest and the newest; the others' second mode in make check-full


@pytest.mark.parametrize(
    "mode, cpu",
    [("injected", cpu) for cpu in CPUS]
    + [pytest.param("direct", cpu, marks=() if cpu in BOTH_MODES else pytest.mark.full) for cpu in CPUS],
)
def test_cpus(results, mode, cpu):
    """One image starts on each CPU, whose cells run, restart and are kept from each other. [stest->swr~cores-by-psci~1]"""
    with system.running(mode, results, cpu=cpu) as running:
        running.wait_up("attacker", "victim")
        running.ask("attacker", "cpu-on 1", "cpu-on 1 = 0 up")
        running.ask("attacker", "sysregs", "sysregs .* tried")
        running.restart("attacker")
        with running.unharmed("victim"):
            running.ask("attacker", "doorbell 1", "doorbell = -2")


@pytest.mark.parametrize(
    "options, difference",
    [
        ({"smp": "3"}, "number of cores: configured 0x4, found 0x3"),
        ({"smp": "5"}, "number of cores: configured 0x4, found 0x5"),
        ({"memory": "1G"}, "RAM size: no memory at the bank's last page: configured 0xbffff000"),
        ({"machine": "virt-10.0,virtualization=on,gic-version=2"}, "GIC architecture version: configured 0x3, found 0x2"),
        ({"machine": "virt-10.0,virtualization=on,gic-version=3"}, "SMMU"),
    ],
    ids=["3-cores", "5-cores", "1-GiB", "gicv2", "no-smmu"],
)
def test_other_machine(results, options, difference):
    """[stest->swr~machine-compared~1]"""
    text = refused(results, system.image("injected"), **options)
    assert any(difference in line for line in text.splitlines() if line.startswith("bulkhead: ")), text


def test_not_at_el2(results):
    """[stest->swr~machine-compared~1]"""
    text = refused(results, system.image("injected"), machine="virt-10.0,gic-version=3")
    assert "started at EL1" in text and "needs EL2" in text


def test_loaded_elsewhere(results):
    """[stest->swr~blueprint-checked~1]"""
    image = fit.Fit(system.image("injected"))
    kernel, moved = image.kernel.load, copy.copy(image.kernel)
    moved.load = kernel + 0x1000000
    image.parts[moved.name] = moved
    text = refused(results, image)
    assert f"bulkhead: loaded at {moved.load:#x}" in text and f"built for {kernel:#x}" in text


def test_core_left_on(results):
    """A core that doesn't start: named, and no cell runs without it.

    [stest->swr~cores-by-psci~1] [stest->swr~boot-gate~1]
    """
    image = fit.Fit(system.image("injected"))
    loader = build.CELLS / "core-on.elf"
    defines = ["-DTARGET=3", f"-DKERNEL={image.kernel.load:#x}"]
    build.assemble(system.HERE / "cells/core-on.S", loader, system.FOREIGN_BASE, *defines)
    target = qemu.QemuTarget(results, extra=["-device", f"loader,file={loader},cpu-num=0"])
    with target:
        running = system.System(target, image)
        target.load(image)
        target.power("on")
        target.console().expect(REFUSED, never=HEALTHY)
        assert "bulkhead: core 3 does not start: PSCI CPU_ON failed" in target.console().text
        # All cores of this cell came before, so it could run: it must not.
        assert [core.mpidr for core in running.blueprint.cells["attacker"].cores] == [1, 2]
        time.sleep(0.5)
        assert running.view.state("attacker") == "none"


def test_through_uboot(results):
    """The disk image, as a user boots it: three cells, nobody presses a key. [stest->swr~boot-only-signed~1]"""
    with qemu.QemuTarget(results) as target:
        running = system.System(target, system.image("injected"))
        target.load(build.disk("injected"))
        target.power("on")
        target.console().expect(r"sha256\+ OK")
        target.console().expect(r"^bulkhead: starting 3 cells on board qemu-virt\n", never=REFUSED)
        running.wait_up("attacker", "victim")


def test_smmu_aborts_everything(results):
    """SMMU off and GBPA.ABORT set (SMMUv3 6.3.15): no device's DMA gets through. [stest->swr~smmu-abort-all~1]"""
    with system.running("injected", results) as running:
        running.wait_up("attacker", "victim")
        (smmu,) = (address for name, address in running.devices() if re.fullmatch(r"smmuv3@.*\[0\]", name))
        cr0, gbpa = (int(running.target.monitor(f"xp /1xw {smmu + at:#x}").split()[-1], 16) for at in (0x20, 0x44))
        assert not cr0 & 1 and gbpa >> 20 & 1


def test_damaged_cell_image(results):
    """A cell whose image isn't what was compiled does not start, not by an order either; the others do. [stest->swr~images-hashed~1]"""
    image = fit.Fit(system.image("injected"))
    (part,) = (part for part in image.loadables if part.description.startswith("attacker:"))
    (headers,) = struct.unpack_from("<Q", part.data, 32)  # ELF: e_phoff
    (count,) = struct.unpack_from("<H", part.data, 56)  # e_phnum
    loaded = [struct.unpack_from("<IIQQQQ", part.data, headers + 56 * n) for n in range(count)]
    offset, size = next((offset, size) for kind, _, offset, _, _, size in loaded if kind == PT_LOAD and size)
    part.data[offset + size // 2] ^= 1
    with qemu.QemuTarget(results) as target:
        running = system.System(target, image).start()
        running.wait_up("victim")
        qemu.wait_until(lambda: running.view.state("attacker") == "stopped", "the cell is not started")
        assert running.view.core("attacker").faults == {"image-mismatch": 1}
        running.health("restart attacker")
        qemu.wait_until(lambda: running.view.core("attacker").faults == {"image-mismatch": 2}, "the order is refused")
        now = running.view.core("attacker")
        assert (now.cell_state, now.generation, now.restarts) == ("stopped", 0, 0)


@pytest.mark.parametrize("where", ["header", "digest", "record", "end"])
def test_flipped_bit(results, where):
    """[stest->swr~blueprint-checked~1]"""
    image = fit.Fit(system.image("injected"))
    plan = blueprint.Blueprint(image.kernel)
    offset = {
        "header": 300,
        "digest": blueprint.HEADER_DIGEST,
        "record": plan.cells["attacker"].record_offset + 60,
        "end": plan.size - 1,
    }[where]
    image.kernel.data[plan.offset + offset] ^= 0x10
    text = refused(results, image)
    assert "the blueprint's SHA-256 does not match" in text


def test_shared_page_is_no_separation(tmp_path):
    """The victim's page in the attacker's table, every hash recomputed: the auditor sees it. [stest->swr~audit-one-owner~1]"""
    image = fit.Fit(system.image("injected"))
    plan = blueprint.Blueprint(image.kernel)
    build.tool("audit", system.image("injected"))
    attacker, victim = plan.cells["attacker"], plan.cells["victim"]
    plan.redirect(attacker.stage2, attacker.regions[0].ipa, victim.regions[0].pa)
    blueprint.rehash(image.kernel)
    image.save(tmp_path / "shared.itb")
    audit = build.tool("audit", tmp_path / "shared.itb", check=False)
    assert audit.returncode == 1
    assert "attacker" in audit.stdout + audit.stderr and "victim" in audit.stdout + audit.stderr

# SPDX-License-Identifier: Apache-2.0
"""An image whose facts about its machine are made wrong, one by one, and sound otherwise: each difference is named, and no cell starts.
Where a device should be there is none, or memory that answers nothing; the CPU is one that QEMU has no model of.

[stest->swr~machine-compared~1]

Robustness: test_fact, test_header, test_nothing_there, test_cpu, test_nobodys_boot_core, test_no_gic, test_half_a_redistributor
"""

import pytest

from changed_image import CORES, GICRS, HEALTHY, ITSS, LPI_CORES, MEMORY, NOBODY, PROBES, REFUSED, SMMUS, Image
from harness import build, cpu, gdbstub
from harness.blueprint import EL2_VA_GICD

GICD_PIDR2 = 0xFFE8  # Arm IHI 0069: 12.9
FRAMES = 0x20000  # of a redistributor


@pytest.mark.parametrize(
    "config, table, at, form, value, said",
    [
        ("dma", None, 152, "<I", 60, "physical address bits: configured 0x3c, found "),
        ("dma", None, 156, "<I", 4096, "number of SPIs: configured 0x1000, found "),
        ("dma", None, 160, "<I", 17, "GIC list registers: configured 0x11, found "),
        ("dma", None, 164, "<I", 33, "GIC interrupt ID bits: configured 0x21, found "),
        ("dma", None, 200, "<I", 1, "facts assumed in machine.dts (bulkhead audit names them), to be stated: configured 0x1, found 0x0"),
        ("dma", CORES, 24, "<Q", 0x100, "a core that the board's tree lacks, affinity: configured 0x0, found 0x1"),
        ("dma", GICRS, 28, "<I", 5, "number of redistributor frames: configured 0x5, found 0x4"),
        ("dma", GICRS, 16, "<Q", FRAMES, "number of redistributor frames: configured 0x4, found 0x1"),
        ("dma", SMMUS, 16, "<I", 1, "SMMU_IDR0, under the board's mask: configured 0x1, found "),
        ("dma", SMMUS, 24, "<I", 1, "SMMU_IDR1, under the board's mask: configured 0x1, found "),
        ("dma", SMMUS, 32, "<I", 1, "SMMU_IDR5, under the board's mask: configured 0x1, found "),
        ("dma", ITSS, 16, "<Q", 2, "GITS_TYPER, under the board's mask: configured 0x"),
        ("dma", ITSS, 96, "<Q", 7 << 56, "kind of an ITS table, GITS_BASER: configured 0x"),
        ("dma", LPI_CORES, 24, "<I", 77, "processor number of a redistributor that is to take LPIs: configured 0x4d, found 0x"),
        ("dma", None, 192, "<I", 1, "SMMU_IDR0, under the board's mask: configured 0x1, found "),
    ],
    ids=["pa-bits", "spis", "list-registers", "id-bits", "assumed", "core", "frames", "short-region", "idr0", "idr1", "idr5", "its", "its-table", "processor", "smmu-alone"],
)
def test_fact(results, config, table, at, form, value, said):
    image = Image(config)
    image.write(table, at, value, form)
    assert f"bulkhead: machine differs: {said}" in image.refused(results)


@pytest.mark.parametrize(
    "at, form, value",
    [(0, "<Q", 0), (8, "<I", 1), (12, "<I", 8), (24, "<Q", 0), (16, "<Q", 16), (16, "<Q", 1 << 33)],
    ids=["magic", "abi", "header-size", "load", "small", "large"],
)
def test_header(results, at, form, value):
    """No blueprint of this hypervisor's, or one that can't be whole. [stest->swr~blueprint-checked~1]"""
    image = Image("injected")
    said = "no blueprint of this hypervisor's version" if at < 16 else "the blueprint's SHA-256 does not match"
    with image.target(results) as target:
        image.write(None, at, value, form)
        target.load(image.fit)
        target.power("on")
        target.console().expect(REFUSED, never=HEALTHY)
        assert said in target.console().text


def test_nobodys_boot_core(results):
    image = Image("injected")
    image.write(CORES, 8, 0)  # its root
    assert "the boot core belongs to no cell" in image.refused(results)


@pytest.mark.parametrize(
    "config, table, at, said",
    [
        ("injected", None, 184, "no SMMU at"),
        ("dma", SMMUS, 8, "no SMMU at"),
        ("dma", ITSS, 8, "no ITS at"),
        ("dma", GICRS, 8, "number of redistributor frames: configured 0x4, found 0x0"),
        ("dma", PROBES, 16, "RAM: no memory at"),
        ("dma", PROBES, 24, "RAM size: no memory at the bank's last page"),
    ],
    ids=["smmu-alone", "smmu", "its", "redistributors", "memory", "size"],
)
def test_nothing_there(results, config, table, at, said):
    """No device answers, and no memory."""
    image = Image(config)
    image.move(image.read(table, at), NOBODY)
    assert f"bulkhead: machine differs: {said}" in image.refused(results)


# Of what a register reads as at its first reading by the boot core: Arm ARM D17.2.
CPUS = {
    "no-timer": ("S3_3_C14_C0_0", lambda value: 0, "timer frequency in CNTFRQ_EL0, which firmware must set: configured 0x1, found 0x0"),
    "few-address-bits": ("S3_0_C0_C7_0", lambda value: value & ~0xF, "physical address bits: configured 0x28, found 0x20"),
    "no-4k": ("S3_0_C0_C7_0", lambda value: value | 0xF << 28, "4 KiB translation granule: configured 0x1, found 0x0"),
    "no-4k-at-stage-2": ("S3_0_C0_C7_0", lambda value: value & ~(0xF << 40) | 1 << 40, "4 KiB translation granule: configured 0x1, found 0x0"),
    "no-gic": ("S3_0_C0_C4_0", lambda value: value & ~(0xF << 24), "interrupt controller: GIC architecture version: configured 0x3"),
}


@pytest.mark.parametrize("name", CPUS)
def test_cpu(results, name):
    register, change, said = CPUS[name]
    image = Image("injected")
    with image.target(results, extra=["-S"]) as target:
        target.power("on")
        with gdbstub.attached(target) as gdb:
            cpu.Cpu(gdb, image.code, image.kernel.load).next_read(register, change)
        target.monitor("cont")
        target.console().expect(REFUSED, never=HEALTHY)
        assert f"bulkhead: machine differs: {said}" in target.console().text


@pytest.mark.parametrize("there, version", [(NOBODY, 2), (MEMORY, 0)], ids=["nothing", "memory"])
def test_no_gic(results, there, version):
    image = Image("injected")
    image.move(EL2_VA_GICD + GICD_PIDR2, there)
    assert f"bulkhead: machine differs: interrupt controller: GIC architecture version: configured 0x3, found {version:#x}" in image.refused(results)


def test_half_a_redistributor(results):
    """Of whose type the second word can't be read."""
    image = Image("injected")
    returns = build.symbol(build.HYPERVISOR, "guarded_access_end")
    with image.target(results, extra=["-S"]) as target:
        target.power("on")
        with gdbstub.attached(target) as gdb:
            for read in ("GICD_PIDR2", "GICR_TYPER, low", "GICR_TYPER, high"):
                gdb.run_to(0, [returns])
                gdb.change(0, "x1", int(read != "GICR_TYPER, high"))  # was it good?
                gdb.step(0)
        target.monitor("cont")
        target.console().expect(REFUSED, never=HEALTHY)
        assert "bulkhead: machine differs: number of redistributor frames: configured 0x4, found 0x0" in target.console().text

# SPDX-License-Identifier: Apache-2.0
"""
Boards with more than one IOMMU, ITS or PCI host: what is built for them audits clean; a cell sees one bus and one frame for
messages, so that it has functions of one host and one ITS.

Robustness: test_refused
"""
import os
import re
import subprocess

import pytest

import images
from tool import IMAGES, ROOT, TOOL, run

SOURCE = os.path.join(ROOT, "dts/qemu-virt-pci")
FILE = """/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "%s";
	cells {
		health { role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; };
%s	};
	channels { setpoints { from = "one"; to = "two"; size = "64K"; doorbell; }; };
};
"""
IOMMU_MAP, MSI_MAP = "iommu-map = <0x00 0x8007 0x00 0x10000>;", "msi-map = <0x00 0x8006 0x00 0x10000>;"
SMMU = "\tsmmuv3@9050000 {"
SECOND_SMMU = f"""	smmuv3@9070000 {{
		phandle = <0x8107>;
		#iommu-cells = <1>;
		dma-coherent;
		interrupt-names = "eventq", "gerror";
		interrupts = <0 0x50 1 0 0x51 1>;
		reg = <0 0x9070000 0 0x20000>;
		compatible = "arm,smmu-v3";
	}};

{SMMU}"""
ITS = "\t\tits@8080000 {"
SECOND_ITS = f'\t\tits@9100000 {{ phandle = <0x8106>; reg = <0 0x9100000 0 0x20000>; #msi-cells = <1>; msi-controller; compatible = "arm,gic-v3-its"; }};\n{ITS}'
HOST, WINDOWS = "\tpcie@10000000 {", "0x2eff0000 0x3000000 0x80 0x00 0x80 0x00 0x80 0x00>;"
SECOND_HOST = f"""	pcie@2f000000 {{
		iommu-map = <0 0x8107 %s 0x10000>;
		msi-map = <0 %s 0x8000>;
		ranges = <0x2000000 0 0x2f000000 0 0x2f000000 0 0x8000000 0x3000000 0xc0 0 0xc0 0 0x10 0>;
		reg = <0x50 0x10000000 0 0x1000000>;
		bus-range = <0 15>;
		linux,pci-domain = <1>;
		dma-coherent;
		#size-cells = <2>;
		#address-cells = <3>;
		device_type = "pci";
		compatible = "pci-host-ecam-generic";
	}};

{HOST}"""
SPLIT = (IOMMU_MAP, "iommu-map = <0 0x8007 0 0x100 0x100 0x8107 0x100 0x100 0x200 0x8007 0x200 0xfe00>;")
TWO_SMMUS = [(SMMU, SECOND_SMMU), SPLIT]


def hosts(sid="0", its="0x8006 0x8000"):
    return [
        (SMMU, SECOND_SMMU), (ITS, SECOND_ITS), (MSI_MAP, "msi-map = <0 0x8006 0 0x8000>;"), (HOST, SECOND_HOST % (sid, its)),
        (WINDOWS, "0x1eff0000 0x3000000 0x80 0x00 0x80 0x00 0x40 0x00>;"),
    ]  # fmt: skip


def cells(one, two):
    return "".join(
        f'\t\t{name} {{ cpus = <{cpu}>; memory = "128M"; kernel = "Image"; initrd = "initramfs.cpio.gz";\n\t\t\tpci = {pci}; }};\n'
        for name, cpu, pci in (("one", 1, one), ("two", 2, two))
    )


def board(tmp_path, changes, given):
    """The board with a second function "edu" on a segment of its own; what the file gives."""
    images.write(os.path.join(ROOT, IMAGES))
    for file in "board.dts", "machine.dts", "pci.dts":
        with open(os.path.join(SOURCE, file), encoding="utf-8") as source:
            text = source.read()
        for old, new in changes if file == "board.dts" else ():
            assert old in text
            text = text.replace(old, new)
        if file == "pci.dts" and any("linux,pci-domain = <1>" in new for _, new in changes):
            edu = re.search(r"\tfunction@0000-00-05.0 \{.*?\n\t\};\n", text, re.DOTALL)[0]
            text = text.rstrip().removesuffix("};") + edu.replace("0000:00", "0001:00").replace("0000-00", "0001-00") + "};\n"
        (tmp_path / file).write_text(text)
    path = tmp_path / "file.dts"
    path.write_text(FILE % (tmp_path, given))
    return path


def fdtget(*arguments):
    return subprocess.run(["fdtget", *map(str, arguments)], capture_output=True, text=True, check=True).stdout.split()


def prop(tree, node, name):
    return [int(cell, 16) for cell in fdtget("-t", "x", tree, node, name)]


def nodes(tree, node, start):
    return [name for name in fdtget("-l", tree, node) if name.startswith(start)]


AUDITED = {
    "streams of both": (TWO_SMMUS, cells('"nic.vf0"', '"net", "nic"')),
    "streams of the second alone": (TWO_SMMUS, cells('"nic.vf0"', '"nic"')),
    "streams of the first alone": (TWO_SMMUS, cells('"net"', '"disk"')),
    "two hosts": (hosts(), cells('"edu"', '"0001:00:05.0"')),
    "two ITSs": (hosts(its="0x8106 0"), cells('"edu"', '"0001:00:05.0"')),
}


# [utest->swr~audit-stream-lists~1] [utest->swr~compile-streams~1] [utest->swr~compile-its~1] [utest->swr~audit-pci-machine~1]
# [utest->swr~audit-tree-pci~1]
@pytest.mark.parametrize("name", AUDITED)
def test_audited(tmp_path, name):
    built = run(TOOL, "build", board(tmp_path, *AUDITED[name]), "-I", IMAGES, "-o", tmp_path / "out")
    assert built.returncode == 0, built.stderr
    found = run(TOOL, "audit", tmp_path / "out/bulkhead.itb")
    assert ", 0 violations, " in found.stdout, found.stdout


MESSAGES, RAM = "0x2000000 0 0x8090000 0 0x8090000 0 0x1000", "0x43000000 0 0x50000000 0 0x50000000 0 0x20000000"


def limited(*rows):
    return [(MSI_MAP, f"dma-ranges = <{' '.join(rows)}>; {MSI_MAP}")]


def reached_alone(tmp_path, rows):
    """What is built where functions reach no more than the rows say, and what the compiler says to it."""
    path = board(tmp_path, limited(*rows), cells('"nic.vf0"', '"net", "nic"'))
    built = run(TOOL, "build", path, "-I", IMAGES, "-o", tmp_path / "out")
    assert built.returncode == 0, built.stderr
    found = run(TOOL, "audit", tmp_path / "out/bulkhead.itb")
    assert ", 0 violations, " in found.stdout, found.stdout
    for name in "one", "two":
        tree = tmp_path / f"out/{name}.dtb"
        assert prop(tree, "/pcie@4010000000", "dma-ranges") == [int(cell, 0) for row in rows for cell in row.split()]
        (memory,) = nodes(tree, "/", "memory@")
        _, base, _, size = prop(tree, f"/{memory}", "reg")
        assert 0x50000000 <= base < base + size <= 0x70000000
    assert b"dma-ranges" not in (tmp_path / "out/health.dtb").read_bytes()
    return built.stderr.replace(f"{tmp_path}/", "")


# [utest->swr~config-pci-reach~1] [utest->swr~compile-tree-pci~1]
def test_reached_alone(tmp_path):
    """RAM lies where the host's dma-ranges lead, the guest is told of these; of channels, for which there is no place, a warning tells."""
    assert reached_alone(tmp_path, (MESSAGES, RAM)) == "".join(
        f"file.dts:{line}:4: warning: PCI functions of cell '{name}' don't reach its channels: the dma-ranges of their host lead to no "
        "1216K of addresses that are free\n"
        for name, line in (("one", 8), ("two", 10))
    )


# [utest->swr~config-pci-reach~1]
def test_channels_reached(tmp_path):
    assert reached_alone(tmp_path, (MESSAGES, RAM, "0x2000000 0 0x3f000000 0 0x3f000000 0 0x800000")) == ""
    (channel,) = nodes(tmp_path / "out/one.dtb", "/bulkhead", "channel")
    _, base, _, size = prop(tmp_path / "out/one.dtb", f"/bulkhead/{channel}", "reg")
    assert 0x3F000000 <= base < base + size <= 0x3F800000


BOTH = cells('"edu", "0001:00:05.0"', '"net"')
REFUSED = {
    "two hosts in one cell": (
        hosts(), BOTH,
        "file.dts:8:4: error: cell 'one' has one PCI bus, and '0001:00:05.0' is behind /pcie@2f000000, other functions of it behind "
        "/pcie@10000000: give it functions of one host\n",
    ),
    "two ITSs in one cell": (
        [(ITS, SECOND_ITS), (MSI_MAP, "msi-map = <0 0x8006 0 0x300 0x300 0x8106 0x300 0x1000>;")], cells('"nic", "net"', '"disk"'),
        "file.dts:8:4: error: cell 'one' has one frame for messages, and those of 'net' go to /intc@8000000/its@9100000, of other "
        "functions of it to /intc@8000000/its@8080000: give it functions of one ITS\n",
    ),
    "a StreamID beyond the IOMMU's": (
        hosts(sid="0x10000"), cells('"edu"', '"0001:00:05.0"'),
        "file.dts:10:4: error: '0001:00:05.0' can't be given to a cell: it has StreamID 0x10028, and /smmuv3@9070000 has 16 bits of "
        "them (smmu/idr1 of machine.dts)\n",
    ),
    "a DeviceID beyond the ITS's": (
        hosts(its="0x8006 0x10000"), cells('"edu"', '"0001:00:05.0"'),
        "file.dts:10:4: error: '0001:00:05.0' interrupts by messages with DeviceID 0x10028, and /intc@8000000/its@8080000 has 16 bits of "
        "them (its/typer of machine.dts)\n",
    ),
    "DeviceID 0": (
        [(MSI_MAP, "msi-map = <0x28 0x8006 0 1 0x100 0x8006 0x100 0x1000>;")], cells('"edu"', '"net"'),
        "file.dts:8:4: error: 'edu' interrupts by messages with DeviceID 0x0, under which everything writes that is no function\n",
    ),
}  # fmt: skip


# [utest->swr~config-pci~1]
# [utest->swr~config-pci-facts~1] [utest->swr~config-pci-reach~1]
@pytest.mark.parametrize("name", REFUSED)
def test_refused(tmp_path, name):
    changes, given, expected = REFUSED[name]
    found = run(TOOL, "check", board(tmp_path, changes, given), "-I", IMAGES)
    assert found.stderr.replace(f"{tmp_path}/", "") == expected

# SPDX-License-Identifier: Apache-2.0
"""The board's PCI inventory: what no machine can be is refused, in one line that says what and where.

Both ranges: test_cells
Robustness: test_loops_end, test_bad, test_peers_denied, test_parts_denied
"""
import os

import pytest

import inventory
from inventory import DOWNSTREAM, ENDPOINT, IO, MEMORY, UPSTREAM, WIDE, Function, bridge, virtual
from tool import IMAGES, ROOT, TOOL, run

PARTITIONS = """/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "%s";
	cells {
		health { role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; };
%s	};
};
"""


NO_FACTS = "smmu {\n\t\tidr0 = <0 0>;\n\t};"
FACTS = """smmu {
		idr0 = <0x09400019 0x1b60001d>;
		idr1 = <0x02730010 0x63ff003f>;
		idr5 = <0x00000014 0x00000017>;
	};
	its {
		typer = /bits/ 64 <0x1f0001efb1 0x1fff0bfff1>;
		baser = /bits/ 64 <0x0107000000000000 0x0407000000000000>;
	};"""


def board(tmp_path, functions, cells="", changes=()):
    """QEMU's board with these functions; what `check` says of a file for it."""
    for file in "board.dts", "machine.dts":
        with open(os.path.join(ROOT, "dts/qemu-virt", file), encoding="utf-8") as source:
            text = source.read()
        for old, new in [(NO_FACTS, FACTS), *changes]:
            text = text.replace(old, new)
        (tmp_path / file).write_text(text)
    inventory.write(tmp_path / "pci.dts", functions)
    (tmp_path / "file.dts").write_text(PARTITIONS % (tmp_path, cells))
    return said(tmp_path)


def said(tmp_path):
    result = run(TOOL, "check", str(tmp_path / "file.dts"), "-I", IMAGES)
    return result.stderr.replace(f"{tmp_path}/./", "").replace(f"{tmp_path}/", "")


def nic(address="0000:01:00.0", **more):
    return Function(address, bars=[(0x20000, MEMORY)], **more).express(ENDPOINT)


def port(address="0000:00:01.0", secondary=1, last=None, **more):
    return bridge(address, secondary, last, **more).acs()


def good():
    physical = nic().msix(10, 0).sriov(8, 0x80, 2)
    return [
        Function("0000:00:00.0", 0x1B36, 0x0008, 0x060000),
        port(),
        port("0000:00:02.0", 2, 4),
        physical,
        *(virtual(physical, number, 0x80, 2) for number in range(8)),
        bridge("0000:02:00.0", 3, 4, UPSTREAM),
        port("0000:03:00.0", 4, kind=DOWNSTREAM),
        nic("0000:04:00.0").msi(5),
    ]


# [utest->swr~config-pci-inventory~1]
def test_good(tmp_path):
    assert board(tmp_path, good()) == ""


def looped(extended):
    """A list of capabilities that leads back to its start."""
    function = nic().msi(0).acs()
    if extended:
        function.put("I", 0x100, 0x100 << 20 | 1 << 16 | 0x02)
    else:
        function.put("BB", 0x40, 0x09, 0x40)
    return function


# [utest->swr~config-pci-inventory~1]
@pytest.mark.parametrize("extended", [False, True])
def test_loops_end(tmp_path, extended):
    assert board(tmp_path, [port(), looped(extended)]) == ""


def far_table():
    return nic().msix(10, 1)


def behind_upper_half():
    function = nic()
    function.bar(0, 0x4000, WIDE)
    function.bar(1, 0x4000)
    return function


def sized(index, size, flags=MEMORY):
    function = nic()
    function.bar(index, size, flags)
    return function


PF = "0000:01:00.0"
BAD = {
    "compatible": (None, 'pci.dts:3:2: error: the file is not "bulkhead,pci-v1"\n'),
    "address": ([nic().text(address='"01:00.0"')], "pci.dts:5:3: error: 'address' is missing or isn't SSSS:BB:DD.F\n"),
    "address-missing": ([nic().text(address=None)], "pci.dts:4:24: error: 'address' is missing or isn't SSSS:BB:DD.F\n"),
    "address-no-text": ([nic().text(address="<0x30303030>")], "pci.dts:5:3: error: 'address' is missing or isn't SSSS:BB:DD.F\n"),
    "vendor": ([nic().text(vendor="<1 2>")], "pci.dts:6:3: error: 'vendor' is missing or isn't one number up to 0xfffe\n"),
    "device": ([nic().text(device="<0x10000>")], "pci.dts:7:3: error: 'device' is missing or isn't one number up to 0xffff\n"),
    "class": ([nic().text(**{"class": None})], "pci.dts:4:24: error: 'class' is missing or isn't one number up to 0xffffff\n"),
    "revision": ([nic().text(revision='""')], "pci.dts:9:3: error: 'revision' is missing or isn't one number up to 0xff\n"),
    "class-differs": (
        [nic().text(**{"class": "<0x10000>"})],
        "pci.dts:11:3: error: 'config' of 0000:01:00.0 has another class or revision than the node says\n",
    ),
    "device-differs": (
        [nic().text(device="<0x1234>")],
        "pci.dts:11:3: error: 'config' of 0000:01:00.0 has another vendor or device than the node says\n",
    ),
    "config-missing": (
        [nic().text(config=None)],
        "pci.dts:4:24: error: 'config' of 0000:01:00.0 is missing or has not 64 to 4096 bytes: copy it as root, Linux shows nobody "
        "else all of it\n",
    ),
    "config-short": (
        [nic().text(config="[00 01]")],
        "pci.dts:11:3: error: 'config' of 0000:01:00.0 is missing or has not 64 to 4096 bytes: copy it as root, Linux shows nobody "
        "else all of it\n",
    ),
    "config-long": (
        [nic().text(config=f"[{'00' * 4097}]")],
        "pci.dts:11:3: error: 'config' of 0000:01:00.0 is missing or has not 64 to 4096 bytes: copy it as root, Linux shows nobody "
        "else all of it\n",
    ),
    "header": (
        [Function(PF, header=2)],
        "pci.dts:11:3: error: 0000:01:00.0 has a header of type 2: neither a function nor a bridge\n",
    ),
    "resources-missing": (
        [nic().text(resources=None)],
        "pci.dts:4:24: error: 'resources' of 0000:01:00.0 is missing or isn't address, size and flags of 7 or more\n",
    ),
    "resources-odd": (
        [nic().text(resources="/bits/ 64 <0 0 0 0>")],
        "pci.dts:10:3: error: 'resources' of 0000:01:00.0 is missing or isn't address, size and flags of 7 or more\n",
    ),
    "resources-of-old-kernel": (
        [port(), nic().sriov(8, 0x80, 2).text(resources=f"/bits/ 64 <{'0 ' * 33}>")],
        "pci.dts:19:3: error: 'resources' of 0000:01:00.0 is missing or isn't address, size and flags of 13 or more\n",
    ),
    "bar-zero": ([sized(2, 0)], "pci.dts:10:3: error: BAR 2 of 0000:01:00.0 has 0x0 bytes, which is no power of two\n"),
    "bar-odd": ([sized(2, 0x3000)], "pci.dts:10:3: error: BAR 2 of 0000:01:00.0 has 0x3000 bytes, which is no power of two\n"),
    "bar-small": ([sized(2, 8)], "pci.dts:10:3: error: BAR 2 of 0000:01:00.0 has 0x8 bytes, too few\n"),
    "bar-small-io": ([sized(2, 2, IO)], "pci.dts:10:3: error: BAR 2 of 0000:01:00.0 has 0x2 bytes, too few\n"),
    "bar-large": (
        [sized(2, 1 << 32)],
        "pci.dts:10:3: error: BAR 2 of 0000:01:00.0 has 0x100000000 bytes, too many for 32 bits of address\n",
    ),
    "bar-last": (
        [sized(5, 0x4000, WIDE)],
        "pci.dts:10:3: error: BAR 5 of 0000:01:00.0 has 0x4000 bytes, and 64 bits of address, for which BAR 6 is missing\n",
    ),
    "bar-on-bar": (
        [behind_upper_half()],
        "pci.dts:10:3: error: BAR 1 of 0000:01:00.0 has 0x4000 bytes, and lies where the upper half of the one before it is\n",
    ),
    "vf-bar-odd": (
        [port(), nic().sriov(8, 0x80, 2, bars=((0x3000, WIDE),))],
        "pci.dts:19:3: error: VF BAR 0 of 0000:01:00.0 has 0x18000 bytes together, which is no power of two\n",
    ),
    "vf-bar-small": (
        [port(), nic().sriov(8, 0x80, 2, bars=((0x800, MEMORY),))],
        "pci.dts:19:3: error: VF BAR 0 of 0000:01:00.0 has 0x4000 bytes together, and those of virtual functions are memory of a page "
        "or more\n",
    ),
    "vfs-beyond": (
        [port(), nic().sriov(65535, 0x80, 2)],
        "pci.dts:20:3: error: the 65535 virtual functions of 0000:01:00.0, the first 128 behind it and each 2 behind the last, have no "
        "numbers of their own on the buses up to 0xff: take the inventory with all of them enabled\n",
    ),
    "vfs-no-stride": (
        [port(), nic().sriov(8, 0x80, 0)],
        "pci.dts:20:3: error: the 8 virtual functions of 0000:01:00.0, the first 128 behind it and each 0 behind the last, have no "
        "numbers of their own on the buses up to 0xff: take the inventory with all of them enabled\n",
    ),
    "vfs-no-offset": (
        [port(), nic().sriov(8, 0, 1)],
        "pci.dts:20:3: error: the 8 virtual functions of 0000:01:00.0, the first 0 behind it and each 1 behind the last, have no "
        "numbers of their own on the buses up to 0xff: take the inventory with all of them enabled\n",
    ),
    "vfs-no-small-pages": (
        [port(), nic().sriov(8, 0x80, 2, pages=0x552)],
        "pci.dts:20:3: error: the virtual functions of 0000:01:00.0 can't have BARs of 4 KiB pages: bit 0 of its Supported Page "
        "Sizes is 0 in 'config'\n",
    ),
    "vf-with-vfs": (
        [port(), nic().sriov(2, 8, 8), virtual(nic(), 0, 8, 8).sriov(1, 1, 1)],
        "pci.dts:29:3: error: 0000:01:01.0 is a virtual function and has virtual functions\n",
    ),
    "bridge-with-vfs": (
        [port().sriov(1, 8, 8)],
        "pci.dts:11:3: error: 0000:00:01.0 is a bridge and has virtual functions\n",
    ),
    "bridge-virtual": (
        [port().text(**{"physical-function": f'"{PF}"'}), nic()],
        "pci.dts:4:24: error: 0000:00:01.0 is a bridge and a virtual function\n",
    ),
    "pf-missing": (
        [port(), virtual(nic(), 0, 8, 8)],
        "pci.dts:13:24: error: 0000:01:01.0 is a virtual function of 0000:01:00.0, which the inventory hasn't\n",
    ),
    "pf-no-address": (
        [port(), nic(), virtual(nic(), 0, 8, 8).text(**{"physical-function": '"pf"'})],
        "pci.dts:22:24: error: 0000:01:01.0 is a virtual function of pf, which the inventory hasn't\n",
    ),
    "pf-without-vfs": (
        [port(), nic(), virtual(nic(), 0, 8, 8)],
        "pci.dts:22:24: error: 0000:01:01.0 is no virtual function of 0000:01:00.0, by the SR-IOV capability there\n"
        "pci.dts:13:24: note: 0000:01:00.0 has 0, the first 0 behind it and each 0 behind the last\n",
    ),
    "pf-of-other-vfs": (
        [port(), nic().sriov(4, 8, 8), virtual(nic(), 0, 9, 8)],
        "pci.dts:22:24: error: 0000:01:01.1 is no virtual function of 0000:01:00.0, by the SR-IOV capability there\n"
        "pci.dts:13:24: note: 0000:01:00.0 has 4, the first 8 behind it and each 8 behind the last\n",
    ),
    "vf-and-function": (
        [port(), nic().sriov(4, 8, 8), nic("0000:01:03.0")],
        "pci.dts:13:24: error: the virtual functions of 0000:01:00.0 have numbers of which one is that of 0000:01:03.0\n"
        "pci.dts:22:24: note: 0000:01:03.0 is here\n",
    ),
    "vfs-beyond-bridge": (
        [port(), nic().sriov(200, 0x80, 2)],
        "pci.dts:13:24: error: the virtual functions of 0000:01:00.0 go up to bus 0x03, and 0000:00:01.0 above it leads to 0x01 at most\n",
    ),
    "vfs-on-others-bus": (
        [port(last=3), nic().sriov(200, 0x80, 2), port("0000:01:02.0", 2)],
        "pci.dts:13:24: error: the virtual functions of 0000:01:00.0 have numbers on a bus behind 0000:01:02.0\n"
        "pci.dts:22:24: note: 0000:01:02.0 is here\n",
    ),
    "msix-beyond": (
        [port(), nic().msix(2048, 0, 0x1F000)],
        "pci.dts:13:24: error: the MSI-X table of 0000:01:00.0, for 2048 messages, doesn't lie within its BARs\n",
    ),
    "msix-no-bar": (
        [port(), far_table()],
        "pci.dts:13:24: error: the MSI-X table of 0000:01:00.0, for 10 messages, doesn't lie within its BARs\n",
    ),
    "msix-pending-beyond": (
        [port(), nic().msix(65, 0, 0, 0x1FFF8)],
        "pci.dts:13:24: error: the MSI-X table of 0000:01:00.0, for 65 messages, doesn't lie within its BARs\n",
    ),
    "twice": (
        [port(), nic(), nic().text().replace("function@0000-01", "function@0001-01")],
        "pci.dts:22:24: error: 0000:01:00.0 stands here twice\npci.dts:13:24: note: it is here too\n",
    ),
    "bridge-to-itself": (
        [port(secondary=0x00, last=0x05), bridge("0000:01:00.0", 1)],
        "pci.dts:13:24: error: bridge 0000:01:00.0 on bus 0x01 leads to buses 0x01 to 0x01: they come after its own\n",
    ),
    "bridge-backwards": (
        [port(secondary=5, last=3)],
        "pci.dts:4:24: error: bridge 0000:00:01.0 on bus 0x00 leads to buses 0x05 to 0x03: they come after its own\n",
    ),
    "bridges-overlap": (
        [port(secondary=1, last=3), port("0000:00:02.0", 3, 4)],
        "pci.dts:13:24: error: bridges 0000:00:01.0 and 0000:00:02.0 both lead to bus 0x03\n"
        "pci.dts:4:24: note: 0000:00:01.0 is here\n",
    ),
    "bridge-beyond-its-own": (
        [port(secondary=1, last=2), port("0000:01:00.0", 2, 3)],
        "pci.dts:13:24: error: bridges 0000:00:01.0 and 0000:01:00.0 both lead to bus 0x02\n"
        "pci.dts:4:24: note: 0000:00:01.0 is here\n",
    ),
    "bus-without-bridge": (
        [port(secondary=1, last=3), nic("0000:02:00.0")],
        "pci.dts:13:24: error: no bridge leads to bus 0x02 of 0000:02:00.0, which is within those behind 0000:00:01.0\n",
    ),
    "all-in-one-run": (
        [nic().text(vendor=None), nic("0000:01:01.0").text(device=None)],
        "pci.dts:4:24: error: 'vendor' is missing or isn't one number up to 0xfffe\n"
        "pci.dts:12:24: error: 'device' is missing or isn't one number up to 0xffff\n",
    ),
}  # fmt: skip


# [utest->swr~config-pci-inventory~1]
@pytest.mark.parametrize("name", BAD)
def test_bad(tmp_path, name):
    functions, expected = BAD[name]
    if functions is None:
        board(tmp_path, good())
        inventory.write(tmp_path / "pci.dts", good(), "bulkhead,pci-v2")
        found = said(tmp_path)
    else:
        found = board(tmp_path, functions)
    assert found == expected


# ---- cells ----

ONE, OTHER = "0000:01:00.0", "0000:02:00.0"


def cell(name, cpu, pci, more=""):
    names = ", ".join(f'"{each}"' for each in pci.split())
    return (
        f'\t\t{name} {{ cpus = <{cpu}>; memory = "128M"; kernel = "Image"; initrd = "initramfs.cpio.gz";\n'
        f"\t\t\tpci = {names}; {more} }};\n"
    )


def two(one=ONE, other=OTHER, more="", others=""):
    return cell("one", 1, one, more) + cell("other", 2, other, others)


def ports(acs=True, other="0000:00:02.0", **more):
    made = [bridge("0000:00:01.0", 1), bridge(other, 2, **more)]
    return [port.acs() for port in made] if acs else made


def switch(acs):
    """A root port, a switch, two ports of it with a function each."""
    down = [bridge("0000:02:00.0", 3, kind=DOWNSTREAM), bridge("0000:02:01.0", 4, kind=DOWNSTREAM)]
    down = [each.acs() if kept else each for each, kept in zip(down, acs)]
    return [bridge("0000:00:01.0", 1, 4).acs(), bridge("0000:01:00.0", 2, 4, UPSTREAM), *down, nic("0000:03:00.0"), nic("0000:04:00.0")]


def split_pf():
    physical = nic().msix(10, 0).sriov(4, 8, 8)
    return [port(), physical, *(virtual(physical, number, 8, 8) for number in range(4))]


PEERS = (
    "file.dts:10:4: error: '{1}' and '{0}' of cell 'one' may reach each other past the IOMMU: {2} has no ACS that keeps them apart; "
    "give them to one cell, or let both say allow-peer-dma\nfile.dts:8:4: note: given to 'one' here\n"
)
ALLOWED = (
    f"file.dts:10:4: warning: '{OTHER}' and '{ONE}' of cell 'one' may reach each other past the IOMMU: 0000:00:01.0 has no ACS that keeps "
    "them apart, and both cells say allow-peer-dma\nfile.dts:8:4: note: given to 'one' here\n"
)
IOMMU_MAP = "iommu-map = <0x00 0x8007 0x00 0x10000>;"
MSI_MAP = "msi-map = <0x00 0x8006 0x00 0x10000>;"
HOST = "/pcie@10000000"
ROW = "0x2000000 0"
REFUSED = f"file.dts:8:4: error: '{ONE}' can't be given to a cell:"


def reached(rows):
    """By functions of the host."""
    return [(MSI_MAP, f"dma-ranges = <{rows}>; {MSI_MAP}" if rows else f"dma-ranges; {MSI_MAP}")]


def placed(memory, more=""):
    return cell("one", 1, ONE, more).replace('"128M"', memory)


APART = {
    "root ports with ACS": (ports() + [nic(), nic("0000:02:00.0")], two(), (), ""),
    "root ports without": (ports(False) + [nic(), nic("0000:02:00.0")], two(), (), PEERS.format(ONE, OTHER, "0000:00:01.0")),
    "only one allows": (
        ports(False) + [nic(), nic("0000:02:00.0")], two(more="allow-peer-dma;"), (), PEERS.format(ONE, OTHER, "0000:00:01.0"),
    ),
    "both allow": (ports(False) + [nic(), nic("0000:02:00.0")], two(more="allow-peer-dma;", others="allow-peer-dma;"), (), ALLOWED),
    "on the root's bus": ([nic("0000:00:03.0"), nic("0000:00:04.0")], two("0000:00:03.0", "0000:00:04.0"), (), ""),
    "of one device on the root's bus": (
        [nic("0000:00:03.0"), nic("0000:00:03.1")], two("0000:00:03.0", "0000:00:03.1"), (),
        PEERS.format("0000:00:03.0", "0000:00:03.1", "0000:00:03.0"),
    ),
    "of one device with ACS": (
        [nic("0000:00:03.0").acs(), nic("0000:00:03.1").acs()], two("0000:00:03.0", "0000:00:03.1"), (), "",
    ),
    "on the root's bus and below a port": (ports() + [nic(), nic("0000:00:03.0")], two(ONE, "0000:00:03.0"), (), ""),
    "below a port without and on the root's bus": (
        ports(False) + [nic(), nic("0000:00:03.0")], two(ONE, "0000:00:03.0"), (), PEERS.format(ONE, "0000:00:03.0", "0000:00:01.0"),
    ),
    "below one port": (
        [port(), nic(), nic("0000:01:01.0")], two(ONE, "0000:01:01.0"), (), PEERS.format(ONE, "0000:01:01.0", ONE),
    ),
    "a switch with ACS": (switch((True, True)), two("0000:03:00.0", "0000:04:00.0"), (), ""),
    "a switch with one ACS": (
        switch((True, False)), two("0000:03:00.0", "0000:04:00.0"), (), PEERS.format("0000:03:00.0", "0000:04:00.0", "0000:02:01.0"),
    ),
    "a device and its virtual function": (split_pf(), two(ONE, ONE + ".vf0"), (), ""),
    "virtual functions of one device": (
        split_pf(), two(ONE + ".vf0", ONE + ".vf1"), (),
        f"file.dts:8:4: warning: '{ONE}.vf0' is a part of {ONE}, which belongs to no cell: nobody runs the device\n"
        f"file.dts:10:4: warning: '{ONE}.vf1' is a part of {ONE}, which belongs to no cell: nobody runs the device\n",
    ),
    "one StreamID": (
        ports() + [nic(), nic("0000:02:00.0")], two(), [(IOMMU_MAP, "iommu-map-mask = <0xff>; " + IOMMU_MAP)],
        f"file.dts:10:4: error: '{OTHER}' can't be told from '{ONE}' of cell 'one': both have StreamID 0x0\n"
        "file.dts:8:4: note: given to 'one' here\n",
    ),
    "one DeviceID": (
        ports() + [nic(), nic("0000:02:00.0")], two(),
        [(MSI_MAP, "msi-map = <0x100 0x8006 0x20 1 0x200 0x8006 0x20 1>;")],
        f"file.dts:10:4: error: '{OTHER}' can't be told from '{ONE}' of cell 'one': both have DeviceID 0x20\n"
        "file.dts:8:4: note: given to 'one' here\n",
    ),
    "msi-parent": (
        ports() + [nic().msi(2), nic("0000:02:00.0").msi(2)], two(), [(MSI_MAP, "msi-parent = <0x8006>;")], "",
    ),
    "no IOMMU": (
        [port(), nic()], cell("one", 1, ONE), [(IOMMU_MAP, "")],
        f"file.dts:8:4: error: '{ONE}' can't be given to a cell: it may master the bus and has no IOMMU in front (iommu-map of {HOST}); "
        'dma = "unprotected" admits it\n',
    ),
    "no IOMMU for this one": (
        [port(), nic()], cell("one", 1, ONE), [(IOMMU_MAP, "iommu-map = <0x00 0x8007 0x00 0x100 0x101 0x8007 0x101 0x1000>;")],
        f"file.dts:8:4: error: '{ONE}' can't be given to a cell: it may master the bus and has no IOMMU in front (iommu-map of {HOST}); "
        'dma = "unprotected" admits it\n',
    ),
    "no IOMMU, unprotected": (
        [port(), nic()], cell("one", 1, ONE, 'dma = "unprotected";'), [(IOMMU_MAP, "")],
        f"file.dts:8:4: warning: '{ONE}' may master the bus with no IOMMU in front: it reaches all memory, cell 'one' says dma = "
        '"unprotected"\n',
    ),
    "no IOMMU and messages, unprotected": (
        [port(), nic().msi(1)], cell("one", 1, ONE, 'dma = "unprotected";'), [(IOMMU_MAP, "")],
        f"file.dts:8:4: error: '{ONE}' interrupts by messages, and has no IOMMU in front: this is not supported yet\n"
        "file.dts:8:26: warning: cell 'one' has no bus master that needs dma = \"unprotected\"\n",
    ),
    "no ITS": (
        [port(), nic().msi(1)], cell("one", 1, ONE), [(MSI_MAP, "")],
        f"file.dts:8:4: error: '{ONE}' interrupts by messages, and none of them reaches an ITS (msi-map of {HOST})\n",
    ),
    "no ECAM": (
        [port(), nic()], cell("one", 1, ONE), [("pci-host-ecam-generic", "vendor,pcie")],
        f"file.dts:8:4: error: '{ONE}' can't be given to a cell: {HOST} leads to it, and its functions share one window for their "
        "configuration (it is no \"pci-host-ecam-generic\"), so they can't be divided\n",
    ),
    "not coherent": (
        [port(), nic()], cell("one", 1, ONE), [("msi-map = <0x00 0x8006 0x00 0x10000>;\n\t\tdma-coherent;", "")],
        f"file.dts:8:4: error: '{ONE}' can't be given to a cell: {HOST} leads to it, and its functions' DMA passes by the caches (no "
        "'dma-coherent')\n",
    ),
    "dma-ranges of no limit": ([port(), nic().msi(1)], cell("one", 1, ONE), reached(""), ""),
    "dma-ranges": ([port(), nic()], cell("one", 1, ONE), reached(f"{ROW} 0x40000000 0 0x40000000 0 0x8000000"), ""),
    "dma-ranges in two rows": (
        [port(), nic()], cell("one", 1, ONE), reached(f"{ROW} 0x40000000 0 0x40000000 0 0x4000000 {ROW} 0x48000000 0 0x48000000 0 0x8000000"), "",
    ),
    "dma-ranges and messages": (
        [port(), nic().msi(1)], cell("one", 1, ONE), reached(f"{ROW} 0x8090000 0 0x8090000 0 0x1000 {ROW} 0x40000000 0 0x40000000 0 0x8000000"), "",
    ),
    "dma-ranges of too little": (
        [port(), nic()], cell("one", 1, ONE), reached(f"{ROW} 0x40000000 0 0x40000000 0 0x4000000"),
        "file.dts:7:21: error: no room for memory \"128M\" of cell 'one': the largest free block that its bus masters reach has 64M\n",
    ),
    "dma-ranges of no memory": (
        [port(), nic()], cell("one", 1, ONE), reached("0x1000000 0 0 0 0x40000000 0 0x8000000"),
        "file.dts:7:21: error: no room for memory \"128M\" of cell 'one': the largest free block that its bus masters reach has 0 bytes\n",
    ),
    "dma-ranges of a virtual function": (
        split_pf(), cell("one", 1, f"{ONE} {ONE}.vf0"), reached(f"{ROW} 0x40000000 0 0x40000000 0 0x4000000 {ROW} 0x8090000 0 0x8090000 0 0x1000"),
        "file.dts:7:21: error: no room for memory \"128M\" of cell 'one': the largest free block that its bus masters reach has 64M\n",
    ),
    "dma-ranges and an address": (
        [port(), nic()], placed('"64M@0x48000000"'), reached(f"{ROW} 0x40000000 0 0x40000000 0 0x8000000"),
        "file.dts:7:21: error: memory 0x48000000-0x4bffffff isn't reached by a bus master of cell 'one': see its bus's dma-ranges\n",
    ),
    "dma-ranges and ram-base": (
        [port(), nic()], placed('"64M"', 'ram-base = "0x48000000";'), reached(f"{ROW} 0x40000000 0 0x40000000 0 0x8000000"),
        "file.dts:8:26: error: ram-base puts memory at 0x48000000-0x4bffffff, which isn't reached by a bus master of cell 'one': see its "
        "bus's dma-ranges\n",
    ),
    "dma-ranges, an address and ram-base": (
        [port(), nic()], placed('"64M@0x48000000"', 'ram-base = "0x40000000";'), reached(f"{ROW} 0x40000000 0 0x40000000 0 0x8000000"), "",
    ),
    "dma-ranges and messages elsewhere": (
        [port(), nic().msi(1)], cell("one", 1, ONE), reached(f"{ROW} 0x40000000 0 0x40000000 0 0x40000000"),
        f"file.dts:8:4: error: '{ONE}' interrupts by messages, which are written to 0x8090000 of /intc@8000000/its@8080000, and doesn't "
        f"reach that (dma-ranges of {HOST})\n",
    ),
    "dma-ranges elsewhere": (
        [port(), nic()], cell("one", 1, ONE), reached(f"{ROW} 0x80000000 0 0x40000000 0 0x40000000"),
        f"file.dts:8:4: error: '{ONE}' can't be given to a cell: {HOST} has memory at 0x40000000 where its functions have it at 0x80000000 "
        "(dma-ranges), and no tree says which of the two the IOMMU translates\n",
    ),
    "dma-ranges elsewhere, unprotected": (
        [port(), nic()], cell("one", 1, ONE, 'dma = "unprotected";'),
        reached(f"{ROW} 0x80000000 0 0x40000000 0 0x40000000") + [(IOMMU_MAP, "")],
        f"file.dts:8:4: warning: '{ONE}' may master the bus with no IOMMU in front: it reaches all memory, cell 'one' says dma = "
        '"unprotected"\n',
    ),
    "no facts of the SMMU": (
        [port(), nic()], cell("one", 1, ONE), [(FACTS, NO_FACTS)],
        f"{REFUSED} smmu/idr0 of machine.dts states bits 0x0 of what must be known, 0x18000019: read it from the machine, at 0x9050000\n",
    ),
    "StreamIDs not stated": (
        [port(), nic()], cell("one", 1, ONE), [("0x63ff003f", "0x63ff001f")],
        f"{REFUSED} smmu/idr1 of machine.dts states bits 0x6000001f of what must be known, 0x6000003f: read it from the machine, at "
        "0x9050004\n",
    ),
    "addresses not stated": (
        [port(), nic()], cell("one", 1, ONE), [("\t\tidr5 = <0x00000014 0x00000017>;\n", "")],
        f"{REFUSED} smmu/idr5 of machine.dts states bits 0x0 of what must be known, 0x17: read it from the machine, at 0x9050014\n",
    ),
    "walks past the caches": (
        [port(), nic()], cell("one", 1, ONE), [("0x09400019", "0x09400009")],
        f"{REFUSED} the machine lacks stage 2 of AArch64 with coherent walks, by smmu/idr0 of machine.dts (0x9400009)\n",
    ),
    "tables of the SMMU's own": (
        [port(), nic()], cell("one", 1, ONE), [("0x02730010", "0x42730010")],
        f"{REFUSED} the machine lacks tables and queues that are placed by software, by smmu/idr1 of machine.dts (0x42730010)\n",
    ),
    "short addresses": (
        [port(), nic()], cell("one", 1, ONE), [("0x00000014 ", "0x00000011 ")],
        f"{REFUSED} /smmuv3@9050000 has 36 address bits, and the board 40 (smmu/idr5 and cpu/pa-bits of machine.dts)\n",
    ),
    "no facts of the ITS": (
        [port(), nic().msi(1)], cell("one", 1, ONE), [("\t\ttyper = /bits/ 64 <0x1f0001efb1 0x1fff0bfff1>;\n", "")],
        f"{REFUSED} its/typer of machine.dts states bits 0x0 of what must be known, 0xff0bfff1: read it from the machine, at 0x8080008\n",
    ),
    "no LPIs": (
        [port(), nic().msi(1)], cell("one", 1, ONE), [("0x1f0001efb1", "0x1f0001efb0")],
        f"{REFUSED} the machine lacks physical LPIs, by its/typer of machine.dts (0x1f0001efb0)\n",
    ),
    "no table of devices": (
        [port(), nic().msi(1)], cell("one", 1, ONE), [("0x0107000000000000 ", "")],
        f"{REFUSED} its/baser of machine.dts has no table of devices: read GITS_BASER0 to 7 from the machine, at 0x8080100\n",
    ),
    "no facts of the ITS, none needed": (
        [port(), nic()], cell("one", 1, ONE), [("\t\ttyper = /bits/ 64 <0x1f0001efb1 0x1fff0bfff1>;\n", "")], "",
    ),
    "another segment": (
        [port(), nic()], cell("one", 1, ONE), [("linux,pci-domain = <0x00>", "linux,pci-domain = <0x01>")],
        f"file.dts:8:4: error: '{ONE}' can't be given to a cell: no PCI host of the board's tree leads to bus 0x01 of segment 0\n",
    ),
    "beyond the host's buses": (
        [port(), nic()], cell("one", 1, ONE), [("bus-range = <0x00 0xff>", "bus-range = <0x00 0x00>")],
        f"file.dts:8:4: error: '{ONE}' can't be given to a cell: no PCI host of the board's tree leads to bus 0x01 of segment 0\n",
    ),
    "behind the ECAM's end": (
        [port(), nic()], cell("one", 1, ONE), [("reg = <0x40 0x10000000 0x00 0x10000000>", "reg = <0x40 0x10000000 0x00 0x100000>")],
        f"file.dts:8:4: error: '{ONE}' can't be given to a cell: no PCI host of the board's tree leads to bus 0x01 of segment 0\n",
    ),
    "before the host's buses": (
        [nic("0000:01:00.0")], cell("one", 1, ONE), (),
        f"pci.dts:4:24: error: no bridge leads to bus 0x01 of {ONE}: {HOST} starts at bus 0x00\n",
    ),
    "behind a conventional bridge": (
        [bridge("0000:00:01.0", 1, kind=7), nic()], cell("one", 1, ONE), (),
        f"file.dts:8:4: error: '{ONE}' can't be given to a cell: it is behind 0000:00:01.0, which sends what it says under a name of its "
        "own\n",
    ),
    "VF not in the inventory": (
        split_pf()[:3], cell("one", 1, f"{ONE} {ONE}.vf1"), (),
        f"file.dts:8:4: error: '{ONE}.vf1' is not in the inventory of board 'qemu-virt': take it anew with all virtual functions "
        "enabled\n",
    ),
    "no room": (
        [port(), sized(2, 0x40000000)], "", (),
        f"pci.dts:4:24: error: {HOST} has no room for what is behind bridge 0000:00:01.0 in its 32-bit windows: 1025M, and the largest "
        "free block is 0 bytes\n",
    ),
    "no room for a BAR": (
        [sized(2, 0x40000000).text(address='"0000:00:04.0"')], "", (),
        f"pci.dts:4:24: error: {HOST} has no room for BAR 2 of 0000:00:04.0 in its 32-bit windows: 1G, and the largest free block is 0 "
        "bytes\n",
    ),
    "facts": (
        [port(), nic()], "", [(FACTS, NO_FACTS), ("idr0 = <0 0>;", "idr0 = <0 0>; idr1 = <1>; idr5 = <3 1>;"),
        ("redistributor-frames = <4>;\n\t};", "redistributor-frames = <4>; }; its { typer = <1 2>; baser = /bits/ 64 <1 2 3 4 5 6 7 8 9>; "
        "processors = <0 1>; }; pci-names { a = \"x\"; b = \"0000:07:00.0\"; c = \"0000:01:00.0\"; d = \"0000:01:00.0\"; e.f = "
        "\"0000:00:01.0\"; };")],
        "machine.dts:26:17: error: 'idr1' is not 2 numbers of 32 bits\n"
        "machine.dts:26:29: error: 'idr5' has bits that its mask leaves out\n"
        "machine.dts:24:40: error: 'typer' is not 2 numbers of 64 bits\n"
        "machine.dts:24:55: error: 'baser' is not 1 to 8 numbers of 64 bits\n"
        "machine.dts:24:129: error: 'a' names no function: \"SSSS:BB:DD.F\"\n"
        "machine.dts:24:138: error: 'b' names a function that pci.dts hasn't: 0000:07:00.0\n"
        "machine.dts:24:178: error: 0000:01:00.0 has two names: 'c' and 'd'\n"
        "machine.dts:24:198: error: the name 'e.f' has a '.', behind which a virtual function would stand\n",
    ),
    "processors": (
        [port(), nic()], "", [("typer =", "processors = <0 1>; typer =")],
        "machine.dts:1:1: error: /its/processors has 2 numbers, and the board 4 cores\n",
    ),
}  # fmt: skip


# [utest->swr~config-pci~1] [utest->swr~config-pci-places~1] [utest->swr~config-pci-facts~1]
@pytest.mark.parametrize("name", APART)
def test_cells(tmp_path, name):
    functions, cells, changes, expected = APART[name]
    assert board(tmp_path, functions, cells, changes) == expected


# [utest->swr~config-deny~1]
def test_peers_denied(tmp_path):
    functions, cells, changes, expected = APART["both allow"]
    board(tmp_path, functions, cells, changes)
    result = run(TOOL, "check", str(tmp_path / "file.dts"), "-I", IMAGES, "--deny", "peer-dma")
    assert result.stderr.replace(f"{tmp_path}/", "") == expected.replace("warning", "error")
    assert result.returncode == 1


# [utest->swr~config-deny~1]
@pytest.mark.parametrize(("given", "who"), [((ONE, ONE + ".vf0"), "cell 'one'"), ((OTHER, ONE + ".vf0"), "nobody")])
def test_parts_denied(tmp_path, given, who):
    board(tmp_path, [port("0000:00:02.0", 2), nic("0000:02:00.0"), *split_pf()], two(*given), ())
    result = run(TOOL, "check", str(tmp_path / "file.dts"), "-I", IMAGES, "--deny", "shared-device")
    assert result.stderr.replace(f"{tmp_path}/", "") == (
        f"file.dts:10:4: error: '{ONE}.vf0' is kept apart by its own device alone, {ONE}, which {who} runs: --deny shared-device\n"
    )
    assert result.returncode == 1

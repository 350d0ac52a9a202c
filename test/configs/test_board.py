# SPDX-License-Identifier: Apache-2.0
"""
A good image with the tree of a bad board put into it: what the compiler refuses (bad/board-*.dts), the auditor
refuses on its own, whatever the compiler would have done.

Robustness: test_auditor_refuses
"""
import hashlib
import os
import subprocess

import pytest

from tool import IMAGES, ROOT, TOOL, run

BOARDS = os.path.join(ROOT, "test/configs/boards/odd")
FILE = f"""/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "{BOARDS}";
	cells {{
		health {{ role = "health"; cpus = <0>; memory = "32M@0x98000000"; image = "health.elf"; }};
		control {{ cpus = <2>; memory = "16M@0x90000000"; image = "control.elf"; devices = "gpio@10006000"; }};
	}};
}};
"""
# Where a board's variant adds nothing that this image uses, it stays as good as it was.
REFUSED = {
    "reserved-unreadable": "/reserved-memory/firmware@9f000000 has registers that are no addresses of the CPUs",
    "reserved-nested": "touches a reserved or forbidden range",
    "memory-wraps": "/memory@300000000 has registers that are no addresses of the CPUs",
    "registers-in-ram": "its stage 2 reaches /mailbox@98000000",
    "pci-window-in-ram": "its stage 2 reaches /pcie@30000000",
    "gic-frames-twice": "the redistributors of cores 0 and 1 overlap",
    "gic-small": "a distributor of 0x1000 bytes",
    "gic-misaligned": "redistributor can't lie at 0x1200800",
    "gic-stride": "redistributors can't be 0x10000 bytes apart",
    "its-unreadable": "its@1010000 has registers that are no addresses of the CPUs",
    "maintenance-spi": "the GIC has no maintenance interrupt",
    "maintenance-timer": "the GIC's maintenance interrupt 27 is a timer's",
    "core-twice": "MPIDR",
    "core-nameless": "/cpus/cpu@101 has no MPIDR",
    "device-lost": "its stage 2 reaches /soc/gpio@10006000",
    "device-mailbox": "its stage 2 reaches /soc/gpio@10006000",
    "timer-named": "PPI 30: in cell 'control', but it is the hypervisor's",
    "bank-disabled": "isn't RAM of the board",
    "smmu-over-gpio": "its stage 2 reaches /soc/iommu@10005000",
}
MADE = {
    "device-lost": "/ { soc { gpio@10006000 { reg = <0x10006000 0x1000 0x20000000 0x1000>; }; }; };",
    "device-mailbox": "/ { soc { gpio@10006000 { #mbox-cells = <1>; }; }; };",
    "timer-named": "/ { timer { interrupt-names = \"virt\", \"hyp-phys\", \"phys\", \"sec-phys\"; }; };",
    "bank-disabled": "/ { memory@80000000 { status = \"disabled\"; }; memory@a { device_type = \"memory\"; reg = <1 0 0 0x1000>; }; };",
    "smmu-over-gpio": "/ { soc { /delete-node/ iommu@10010000; smmu: iommu@10005000 { compatible = \"arm,smmu-v3\"; "
    "reg = <0x10005000 0x1000>; #iommu-cells = <1>; }; }; };",
}


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    (folder / "good.dts").write_text(FILE)
    built = run(TOOL, "build", folder / "good.dts", "-I", IMAGES, "-o", folder / "out")
    assert (built.returncode, built.stderr) == (0, "")
    image = folder / "out/bulkhead.itb"
    assert run(TOOL, "audit", image).returncode == 0
    return image


def put(image, node, content):
    for name, value in ("data", content), ("hash-1/value", hashlib.sha256(content).digest()):
        path, _, leaf = f"/images/{node}/{name}".rpartition("/")
        subprocess.run(["fdtput", "-t", "bx", image, path, leaf, *(f"{byte:x}" for byte in value)], check=True)


# [utest->swr~config-board~1] [utest->swr~audit-inputs~1]
@pytest.mark.parametrize("name", REFUSED)
def test_auditor_refuses(image, tmp_path, name):
    source = os.path.join(BOARDS, name + ".dts")
    if name in MADE:
        source = tmp_path / "made.dts"
        source.write_text(f'/include/ "{BOARDS}/board.dts"\n{MADE[name]}\n')
    tree = subprocess.run(["dtc", "-q", "-@", "-O", "dtb", source], capture_output=True, check=True).stdout
    bad = tmp_path / "bad.itb"
    bad.write_bytes(image.read_bytes())
    put(bad, "fdt", tree)
    found = run(TOOL, "audit", bad)
    assert found.returncode == 1
    assert REFUSED[name] in found.stdout


# [utest->swr~config-board~1] [utest->swr~audit-inputs~1]
def test_the_boards_own_tree_stays_good(image, tmp_path):
    tree = subprocess.run(["dtc", "-q", "-O", "dtb", os.path.join(BOARDS, "board.dts")], capture_output=True, check=True).stdout
    good = tmp_path / "good.itb"
    good.write_bytes(image.read_bytes())
    put(good, "fdt", tree)
    assert run(TOOL, "audit", good).returncode == 0

# SPDX-License-Identifier: Apache-2.0
"""
Bus masters that no IOMMU holds back: only in a cell that says so and names them, told by compiler, map and auditor,
denied by --deny. What is refused otherwise has its file under bad/.

Robustness: test_denied, test_never_of_the_rest
"""
import os
import subprocess

import pytest

from tool import IMAGES, ROOT, TOOL, run

USB = "/narrow/usb@12000000"
FILE = """/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "{root}/test/configs/boards/odd";
	cells {{
		health {{ role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; }};
		control {{ cpus = <2>; memory = "64M", "32M"; image = "control.elf"; {more} }};
	}};
}};
"""


def write(folder, more):
    path = folder / "dma.dts"
    path.write_text(FILE.format(root=ROOT, more=more))
    return str(path)


@pytest.fixture
def admitted(tmp_path):
    return write(tmp_path, 'devices = "usb"; dma = "unprotected";')


# [utest->swr~config-dma~1]
# [utest->swr~config-deny~1]
# [utest->tor~audit-exceptions~1]
def test_told_everywhere(admitted, tmp_path):
    out = tmp_path / "out"
    result = run(TOOL, "build", admitted, "-I", IMAGES, "-o", out)
    assert result.returncode == 0
    assert result.stderr == (
        f"{admitted}:7:71: warning: '{USB}' may master the bus with no IOMMU in front: it reaches all memory, "
        "cell 'control' says dma = \"unprotected\"\n"
    )
    assert f"unisolated: {USB} may master the bus" in (out / "map.txt").read_text()
    assert ">           masters the bus: unisolated<" in (out / "map.svg").read_text()
    image = out / "bulkhead.itb"
    found = run(TOOL, "audit", image)
    assert (found.returncode, found.stdout.count("unisolated")) == (0, 1)
    assert f"unisolated: cell 'control': {USB} may master the bus and reaches all memory, on the file's word" in found.stdout
    assert run(TOOL, "audit", image, "--deny", "firmware-calls").returncode == 0
    found = run(TOOL, "audit", image, "--deny", "firmware-calls,unprotected-dma")
    assert found.returncode == 1
    assert "denied (unprotected-dma): " in found.stdout
    # The largest of all cells, and not at the other end of memory: 132M from 0x80000000 are reached.
    tree = subprocess.run(["fdtget", "-t", "x", out / "control.dtb", "/memory@80200000", "reg"], capture_output=True, text=True, check=False)
    assert tree.stdout.split()[:2] == ["0", "80200000"]
    nodes = subprocess.run(["fdtget", "-l", out / "control.dtb", "/narrow"], capture_output=True, text=True, check=True)
    assert nodes.stdout == "usb@12000000\n"


# [utest->swr~config-deny~1]
def test_denied(admitted, tmp_path):
    result = run(TOOL, "check", admitted, "-I", IMAGES, "--deny", "unprotected-dma")
    assert (result.returncode, result.stderr.count("error: ")) == (1, 1)
    assert run(TOOL, "check", admitted, "-I", IMAGES, "--deny", "firmware-calls").returncode == 0
    result = run(TOOL, "check", "test/configs/good/firmware-calls.dts", "-I", IMAGES, "--deny", "firmware-calls")
    assert result.returncode == 1
    assert result.stderr.endswith("error: firmware calls can't be isolated: --deny firmware-calls\n")
    result = run(TOOL, "check", admitted, "--deny", "firmware-calls,nothing")
    assert (result.returncode, os.path.basename(TOOL) in result.stderr) == (2, True)


# [utest->swr~config-dma~1]
def test_never_of_the_rest(tmp_path):
    path = write(tmp_path, 'devices = "rest"; dma = "unprotected";')
    result = run(TOOL, "check", path, "-I", IMAGES)
    assert result.returncode == 0
    assert result.stderr == f"{path}:7:89: warning: cell 'control' has no bus master that needs dma = \"unprotected\"\n"

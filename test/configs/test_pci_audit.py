# SPDX-License-Identifier: Apache-2.0
"""
An image with PCI functions, as the compiler builds it, audits clean; what no table isolates is told and can be denied.

Robustness: test_denied
"""
import pytest

from tool import IMAGES, TOOL, run

FILE = """/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt-pci";
	cells {
		health { role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; pci = "nic.vf1", "edu", "watchdog"; };
		control { cpus = <3>; memory = "16M"; image = "control.elf"; interrupts = "direct"; };
		gateway { cpus = <1 2>; memory = "512M"; kernel = "Image"; initrd = "initramfs.cpio.gz"; pci = "nic", "nvme.vf0", "net"; };
	};
	channels { setpoints { from = "gateway"; to = "health"; size = "64K"; doorbell; }; };
};
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pci")
    (folder / "pci.dts").write_text(FILE)
    result = run(TOOL, "build", folder / "pci.dts", "-I", IMAGES, "-o", folder / "out")
    assert result.returncode == 0, result.stderr
    return folder / "out/bulkhead.itb"


# [utest->swr~audit-streams~1]
# [utest->swr~audit-pci-config~1]
# [utest->swr~audit-messages~1]
# [utest->swr~audit-pci-space~1]
def test_clean(image):
    found = run(TOOL, "audit", image)
    assert found.returncode == 0, found.stdout
    assert ", 0 violations, " in found.stdout
    told = [line for line in found.stdout.splitlines() if "unisolated: " in line]
    assert len(told) == 2
    assert "cell 'health': 0000:01:10.2 is kept apart by its vendor's device, which cell 'gateway' runs" in told[0]
    assert "cell 'gateway': 0000:02:00.1 is kept apart by its vendor's device, which nobody runs" in told[1]


# [utest->swr~audit-unisolated~1]
# [utest->tor~audit-exceptions~1]
def test_denied(image):
    assert run(TOOL, "audit", image, "--deny", "peer-dma").returncode == 0
    found = run(TOOL, "audit", image, "--deny", "shared-device")
    assert found.returncode == 1
    assert found.stdout.count("denied (shared-device): ") == 2

# SPDX-License-Identifier: Apache-2.0
"""
Cache colours and PCI functions together: DMA tables map a cell's pages of its colours, stream tables have the service
core's, and what only the boot uses has none. [utest->swr~compile-dma~1]

Robustness: test_stream_table_in_a_row
"""
import os

import pytest

import images
from tool import IMAGES, ROOT, TOOL, run

FILE = """/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "{root}/test/unit/mutation/small";
	cells {{
		health {{ role = "health"; cpus = <0>; memory = "4M"; image = "health.elf"; pci = "nic.vf1"; {health} }};
		control {{ cpus = <1>; memory = "4M"; image = "control.elf"; interrupts = "direct"; colors = <0>; }};
		wide {{ cpus = <2 3>; memory = "16M", "2M"; image = "control.elf"; pci = "nic"; msis = <4>; colors = <2 3>; {wide} }};
		other {{ cpus = <5>; memory = "4M"; image = "control.elf"; pci = "nic.vf0", "disk"; msis = <2>; }};
	}};
	channels {{
		setpoints {{ from = "wide"; to = "other"; size = "8K"; doorbell; }};
	}};
}};
"""


@pytest.fixture(scope="module", autouse=True)
def stand_ins():
    images.write(os.path.join(ROOT, IMAGES))


def build(tmp_path, health, wide=""):
    (tmp_path / "file.dts").write_text(FILE.format(root=ROOT, health=health, wide=wide))
    return run(TOOL, "build", tmp_path / "file.dts", "-I", IMAGES, "-o", tmp_path / "out")


# A region of several pieces where its guest has one block, and one that `ram-base` moves.
# [utest->swr~colors-owned~1]
@pytest.mark.parametrize("wide", ["", 'ram-base = "0x80000000";', 'keep = "1M";'])
def test_audited(tmp_path, wide):
    built = build(tmp_path, "colors = <4 5 6 7>;", wide)
    assert built.returncode == 0, built.stderr
    found = run(TOOL, "audit", tmp_path / "out/bulkhead.itb")
    assert ", 0 violations, " in found.stdout, found.stdout


# [utest->swr~colors-together~1]
def test_stream_table_in_a_row(tmp_path):
    """256 entries of a stream table lie together: in colours of the service core, of which four in a row are needed."""
    built = build(tmp_path, "colors = <1 4 5 6>;")
    assert (built.returncode, built.stderr.replace(f"{tmp_path}/", "")) == (
        1,
        "file.dts:6:10: error: the hypervisor needs 16K in one piece for cell 'health', and its colours have no pages for that in a row: "
        "give it adjacent ones\n",
    )

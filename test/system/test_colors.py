# SPDX-License-Identifier: Apache-2.0
"""A cell whose memory lies in pieces, in a few colours of the cache, beside one in the other colours.

[stest->swr~colors-placed~1] [stest->swr~colors-text~1]

Robustness: test_fault
"""

import pytest

import system
from harness import build

COLORS = 16  # of the board's cache
VICTIM = {2, 3, 5, 12}


@pytest.fixture(scope="module")
def colored():
    with system.running("colors", build.results_folder(__name__)) as running:
        yield running.wait_up("attacker", "victim")


def colors(colored, cell):
    """Of all pages of its RAM, by its stage 2."""
    found = set()
    for region in colored.blueprint.cells[cell].regions:
        for ipa in range(region.ipa, region.ipa + region.size, 4096):
            found.add(colored.blueprint.cells[cell].stage2(ipa) // 4096 % COLORS)
    return found


def test_pages(colored):
    assert colors(colored, "victim") == VICTIM
    assert colors(colored, "attacker") == colors(colored, "health") == set(range(COLORS)) - VICTIM


def test_memory_reads_back(colored):
    """Written by the cell in one block, found in physical memory page by page."""
    for cell in ("attacker", "victim"):
        scratch = colored.places[cell]["scratch"]
        value = 0xC0105 + len(cell)
        colored.ask(cell, f"write {scratch:#x} {value:#x}", r"write \S+ done")
        colored.ask(cell, f"read {scratch:#x}", rf"read \S+ = {value:#x}\n")
        physical = colored.blueprint.cells[cell].stage2(scratch)
        assert int.from_bytes(colored.target.read_memory(physical, 4), "little") == value
        colored.ask(cell, "checksum", "checksum ok")
        # The image's text lies in its pages as the file has it: what the file holds, the cell runs.
        entry = colored.blueprint.cells[cell].entry_ipa
        assert any(colored.target.read_memory(colored.blueprint.cells[cell].stage2(entry), 64))


@pytest.mark.parametrize("cell, other", [("victim", "attacker"), ("attacker", "victim")])
def test_restart(colored, cell, other):
    """Filled anew, every page of it; the other lives on."""
    scratch = colored.places[cell]["scratch"]
    colored.ask(cell, f"write {scratch:#x} 0x01d", r"write \S+ done")
    with colored.unharmed(other):
        colored.restart(cell)
    colored.ask(cell, f"read {scratch:#x}", r"read \S+ = 0x0\n")
    colored.ask(cell, "checksum", "checksum ok")


def test_fault(colored):
    """Between its pages lie those of the other cell: no guest-physical address leads there."""
    last = colored.blueprint.cells["victim"].regions[-1]
    with colored.unharmed("attacker"):
        core = colored.fault("victim", f"read {last.ipa + last.size:#x}")
    assert core.fault_error == "memory-violation"

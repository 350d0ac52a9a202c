# SPDX-License-Identifier: Apache-2.0
"""An image is where the partition file wants it, of any length and at any address that an instruction has, in whichever of the
cell's regions; all around it is zero, in a later life as in the first.

[stest->swr~cell-filled~1]

"""

import commanded
from commanded import CELL_CONTROL, OK, REQUEST
from harness import build, qemu

LOAD = 0x64001004
CODE = (0x14000000).to_bytes(4, "little") + bytes(range(1, 256)) * 5  # B to itself; 1,279 bytes in all
AROUND = 4096 + 64
RESTART = 1


def test_odd_image(results):
    build.CELLS.mkdir(parents=True, exist_ok=True)
    (build.CELLS / "odd.bin").write_bytes(CODE)
    with commanded.running("filled", results) as machine:
        place = machine.blueprint.cells["odd"].stage2(LOAD)
        health = commanded.Commanded(machine, "health")
        for generation in 1, 2:
            qemu.wait_until(lambda generation=generation: machine.generation("odd") == generation, "its life")
            qemu.wait_until(lambda: machine.view.state("odd") == "running", "it runs")
            found = machine.target.read_memory(place - AROUND, AROUND + len(CODE) + AROUND)
            assert found == bytes(AROUND) + CODE + bytes(AROUND)
            assert health.calls((CELL_CONTROL, 1, RESTART, REQUEST)) == [OK]

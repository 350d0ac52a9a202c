# SPDX-License-Identifier: Apache-2.0
"""An image is where the partition file wants it, of any length and at any address that an instruction has, in whichever of the
cell's regions, and as near a region's end as it may be; all around it is zero, in a later life as in the first.

[stest->swr~cell-filled~1]

"""

import commanded
from commanded import CELL_CONTROL, OK, REQUEST
from harness import build, gdbstub, qemu

CODE = (0x14000000).to_bytes(4, "little") + bytes(range(1, 256)) * 5  # B to itself; 1,279 bytes in all
AROUND = 4096 + 64
CELLS = {"odd": (0x64001004, AROUND), "brim": (0x653FFAF8, 9)}  # where its image is, what of its region is behind that
RESTART = 1


def test_odd_image(results):
    build.CELLS.mkdir(parents=True, exist_ok=True)
    (build.CELLS / "odd.bin").write_bytes(CODE)
    with commanded.running("filled", results) as machine:
        health = commanded.Commanded(machine, "health")
        for generation in 1, 2:
            for name, (load, behind) in CELLS.items():
                cell = machine.blueprint.cells[name]
                place = cell.stage2(load)
                qemu.wait_until(lambda name=name, generation=generation: machine.generation(name) == generation, "its life")
                qemu.wait_until(lambda name=name: machine.view.state(name) == "running", "it runs")
                found = machine.target.read_memory(place - AROUND, AROUND + len(CODE) + behind)
                assert found == bytes(AROUND) + CODE + bytes(behind)
                with gdbstub.attached(machine.target) as gdb:
                    for at, data in (place - 64, b"\xff" * 64), (place + len(CODE), b"\xff" * min(behind, 64)):
                        gdb.write_physical(at, data)
                assert health.calls((CELL_CONTROL, cell.index, RESTART, REQUEST)) == [OK]

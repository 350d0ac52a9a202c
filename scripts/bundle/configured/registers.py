# SPDX-License-Identifier: Apache-2.0
"""Boots an image in QEMU and reads its registers back (readback.py), once every core that a cell has runs its guest.

[impl->swr~evidence-registers~1]
"""

import itertools
import json
import os
import subprocess
import tempfile

from harness import blueprint, build, el2, fit, gdbstub, pci, qemu, telemetry, vmstate

from ..bundle import BUILD, ROOT
from . import readback
from .index import file_sha256

CPU = "cortex-a72"
PATIENCE, FURTHER = 120, 20  # seconds until all cells run, and until cells have started their further cores
BOARDS = ("qemu-virt", "qemu-virt-pci")  # those that QEMU is
SAVED = ("qemu-virt",)  # of these, those whose state it can save: it can't an NVMe's
MIDR_NOT_READ = "MIDR_EL1: QEMU doesn't show it; VPIDR_EL2 is compared with the value that the CPU's model has"
INTERFACE_NOT_READ = "ICC_* and ICH_*: read by saving the whole machine, which the short form doesn't, and QEMU can't where there is an NVMe"

_runs = itertools.count(1)  # of this process: each machine's serial log is kept


def board_of(image):
    return json.loads((image.parent / "map.json").read_text(encoding="utf-8"))["board"]["name"]


def _devices(board, folder):
    """QEMU's options for the board's PCI functions, with empty disks."""
    if not (ROOT / "dts" / board / "qemu-options").exists():
        return []
    files = {}
    for name in ("nvme", "disk"):
        files[name] = f"{folder}/{name}.img"
        with open(files[name], "wb") as file:
            file.truncate(64 << 20)
    return pci.options(board, **files)


def _resting(view, parsed, first_alone):
    """{machine core: cell} of those that run no guest."""
    cores = {core.machine_core: (cell.name, n) for cell in parsed.cells.values() for n, core in enumerate(cell.cores) if n == 0 or not first_alone}
    states = {number: view.core(*of) for number, of in cores.items()}
    return {number: cores[number][0] for number, state in states.items() if not state or state.core_state != "running"}


def _wait(view, parsed):
    """Until all cores run; a cell need not start its further ones. Returns those that rest."""
    for first_alone, patience in ((True, PATIENCE), (False, FURTHER)):
        try:
            qemu.wait_until(lambda: not _resting(view, parsed, first_alone), "every core runs its guest", patience)  # pylint: disable=cell-var-from-loop
        except AssertionError:
            pass
    return _resting(view, parsed, False)


def rows_of(image, interface=True, meddle=lambda gdb, blueprint: None):
    """(rows, {core that runs no guest: its cell}). interface: also the GIC's registers in the cores, for which the machine's state is saved.
    meddle: what a test does to the machine, which stands still, or to what is expected of it.
    """
    loaded = fit.Fit(image)
    parsed = blueprint.Blueprint(loaded.kernel)
    results = build.results_folder(f"registers-{os.getpid()}-{next(_runs)}")
    with tempfile.TemporaryDirectory(prefix="bulkhead-registers-") as folder:
        with qemu.QemuTarget(results, cpu=CPU, extra=_devices(board_of(image), folder)) as target:
            target.load(loaded)
            target.power("on")
            resting = _wait(telemetry.View(target, parsed), parsed)
            with gdbstub.attached(target) as gdb:
                meddle(gdb, parsed)
                rows = readback.all_rows(target, gdb, parsed, resting, el2.MIDR[CPU])
            if interface:
                rows += readback.interface_rows(vmstate.of(target, "arm_gicv3", folder), parsed, resting)
            return rows, resting


def make(image, name, interface=True):
    """(what registers.json has, problems). image: bulkhead.itb beside its map.json; name: of its configuration; interface: as above."""
    saved = interface and board_of(image) in SAVED
    rows, resting = rows_of(image, saved)
    wrong = [row for row in rows if not row.good]
    version = subprocess.run([qemu.QEMU, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    content = {
        "configuration": name, "image_sha256": file_sha256(image),
        "machine": {"qemu": version, "machine": qemu.MACHINE, "cpu": CPU, "board": board_of(image)},
        "bulkhead_elf_sha256": file_sha256(BUILD / "hv/bulkhead.elf"),
        "compared": len(rows), "different": len(wrong), "at_rest": [f"core {number} of {cell}" for number, cell in resting.items()], "not_read": [MIDR_NOT_READ] + ([] if saved else [INTERFACE_NOT_READ]),
        "registers": [row.as_json() for row in rows], "verdict": "fail" if wrong or not rows else "pass",
    }
    return content, [f"{row.where}: {row.register} is {row.observed:#x}, not {row.as_json()['expected']}" for row in wrong]

# SPDX-License-Identifier: Apache-2.0
"""The offsets that blueprint.py and telemetry.py read at are those of the headers."""

import subprocess

import pytest

from harness import build, telemetry

OFFSETS = {
    "struct hv_header": {"file_size": 16, "load_pa": 32},
    "struct bp_header": {
        "size": 16,
        "digest": 32,
        "boot_root_pa": 64,
        "writable_pa": 80,
        "writable_size": 96,
        "service_core": 104,
        "cell_count": 108,
        "cores": 112,
    },
    "struct bp_boot_core": {"root_pa": 8, "cell": 16, "core_in_cell": 20},
    "struct bp_core": {"telemetry_va": 16, "ring_va": 24, "machine_core": 32},
    "struct bp_cell": {
        "name": 8,
        "index": 44,
        "mode": 48,
        "vttbr": 56,
        "vtcr": 64,
        "log_va": 96,
        "heartbeat_va": 104,
        "entry_ipa": 112,
        "tree_ipa": 120,
        "ppi_owned": 184,
        "spi_owned": 192,
        "cores": 448,
        "regions": 456,
        "mmio": 472,
    },
    "struct telemetry_core": {
        "core_state": 20,
        "exits": 24,
        "exits_at_ready": 152,
        "injected": 432,
        "faults": 456,
        "fault": 584,
        "event_sequence": 896,
        "restart_cause": 952,
        "events_dropped": 960,
        "dma_request": 968,
        "dma_faults": 984,
    },
    "struct fault_record": {"error": 16, "esr": 24, "ipa": 56},
    "struct crash_record": {"count": 28, "dumps": 32},
    "struct crash_dump": {"time": 24},
    "struct log_ring": {"data": 64},
    "struct heartbeat": {"values": 8},
}
SIZES = {"struct telemetry_core": telemetry.SIZE, "struct log_ring": 4096, "struct bp_mmio": 24, "struct bp_region": 40}


@pytest.mark.parametrize("kind", OFFSETS)
def test_offsets(kind, tmp_path):
    checks = [f'_Static_assert(offsetof({kind}, {name}) == {at}, "{name}");' for name, at in OFFSETS[kind].items()]
    checks += [f'_Static_assert(sizeof({kind}) == {size}, "");' for kind, size in SIZES.items()]
    source = tmp_path / "check.c"
    source.write_text('#include "crash.h"\n#include "image.h"\n#include "telemetry.h"\n' + "\n".join(checks))
    subprocess.run(["cc", "-fsyntax-only", "-I", build.ROOT / "src/blueprint", source], check=True)

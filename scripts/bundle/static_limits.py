# SPDX-License-Identifier: Apache-2.0
"""How large a configuration's tables are, for the loops over them: the most of all cells, read from the built image."""

import struct
import sys

from .bundle import ROOT

sys.path.insert(0, str(ROOT / "test"))

from harness import blueprint, fit  # noqa: E402  (needs the path above)

TABLES = 448  # offset of struct bp_cell's first struct bp_table (src/blueprint/blueprint.h)
NAMES = ("cores", "regions", "images", "mmio", "roots", "channels", "firmware", "functions", "lpis")
CHANNEL, CHANNEL_RING = 48, 40  # sizeof(struct bp_channel), offset of its ring
FUNCTION, FUNCTION_REGISTERS, FUNCTION_BARS = 40, 24, 32
SERVICE_VA = 0x4080000000
SERVICE_TABLES = 16  # offset in struct bp_service
SERVICE_NAMES = ("cells", "smmus", "streams", "dma")
SMMU, SMMU_QUEUE = 48, 36  # sizeof(struct bp_service_smmu), offset of eventq_log2
FIXED = {"list_registers": 16, "words": 32, "errors": 11, "exit_reasons": 16, "registers_saved": 31}


def pair(data, at):
    return struct.unpack_from("<II", data, at)


def cell_counts(data, record):
    tables = dict(zip(NAMES, (pair(data, record + TABLES + 8 * n) for n in range(len(NAMES)))))
    counts = {name: count for name, (_, count) in tables.items()}
    ring = lambda n: pair(data, record + tables["channels"][0] + CHANNEL * n + CHANNEL_RING)[1]  # noqa: E731
    row = lambda n, at: pair(data, record + tables["functions"][0] + FUNCTION * n + at)[1]  # noqa: E731
    counts["bells"] = max((ring(n) for n in range(counts["channels"])), default=0)
    counts["registers"] = max((row(n, FUNCTION_REGISTERS) for n in range(counts["functions"])), default=0)
    counts["bars"] = max((row(n, FUNCTION_BARS) for n in range(counts["functions"])), default=0)
    return counts


def service_counts(seen):
    if seen.service_core >= len(seen.cores):
        return dict.fromkeys((*SERVICE_NAMES, "events"), 0)
    at = seen.el2(seen.service_core)(SERVICE_VA)
    if at is None:
        return dict.fromkeys((*SERVICE_NAMES, "events"), 0)
    data, record = seen.memory.data, at - seen.memory.base
    tables = dict(zip(SERVICE_NAMES, (pair(data, record + SERVICE_TABLES + 8 * n) for n in range(len(SERVICE_NAMES)))))
    log2 = [struct.unpack_from("<I", data, record + tables["smmus"][0] + SMMU * n + SMMU_QUEUE)[0] for n in range(tables["smmus"][1])]
    return {**{name: count for name, (_, count) in tables.items()}, "events": max((1 << n for n in log2), default=0)}


def values(image):
    """name -> the most that this image (bulkhead.itb) has of it in any cell."""
    seen = blueprint.Blueprint(fit.Fit(image).kernel)
    most = dict(FIXED)
    for cell in seen.cells.values():
        for name, count in cell_counts(seen.memory.data, seen.offset + cell.record_offset).items():
            most[name] = max(count, most.get(name, 0))
    return {**most, **service_counts(seen)}

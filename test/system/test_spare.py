# SPDX-License-Identifier: Apache-2.0
"""What no cell has stays off: cores that are nobody's aren't started; of two SMMUs the one without streams aborts all, and the other
one's cells run. A machine without an SMMU has none to stop."""

import struct

import pytest

import system
from changed_image import Image, SMMUS
from dma_machine import EXTRA
from harness import gdbstub
from harness.machine_tables import EL2_VA_SERVICE

PAGE = 4096
EDU = 0x28  # 0000:00:05.0: its stream
SMMU_VA = 184  # struct bp_machine, in struct bp_header
SMMU_BYTES, STRTAB_BASE = 72, 40  # struct bp_smmu
SERVICE_SMMUS, SERVICE_STREAMS, SERVICE_SMMU_BYTES = 24, 32, 48  # struct bp_service, struct bp_service_smmu
STREAM_BYTES, STREAM_SMMU = 32, 16  # struct bp_stream


def test_cores(results):
    """[stest->swr~cores-by-psci~1] [stest->swr~boot-gate~1]"""
    with system.running("spare", results) as running:
        running.wait_up("victim")
        with gdbstub.attached(running.target) as gdb:
            assert [gdb.register(core, "pc") for core in (2, 3)] == [0, 0]  # as after power-on


def test_no_smmu(results):
    """[stest->swr~machine-compared~1] [stest->swr~smmu-abort-all~1]"""
    image = Image("injected")
    image.write(None, SMMU_VA, 0)
    with image.target(results, machine="virt-10.0,virtualization=on,gic-version=3") as target:
        system.System(target, image.fit).start().wait_up("attacker", "victim")


def table(image, record, field, size):
    """(place, rows) of a struct bp_table in a record."""
    offset, count = struct.unpack_from("<2I", image.kernel.data, record + field)
    return record + offset, [bytes(image.kernel.data[record + offset + size * n :][:size]) for n in range(count)]


def give(image, record, field, rows):
    """Another table, where the record ends within a page."""
    data, content = image.kernel.data, b"".join(rows)
    at = next(end - len(content) for end in range(PAGE, len(data), PAGE) if not any(data[record + end - len(content) : record + end]))
    data[record + at : record + at + len(content)] = content
    struct.pack_into("<2I", data, record + field, at, len(rows))


@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
def test_two_smmus(results, first):
    """Both are QEMU's one. [stest->swr~smmu-started~1] [stest->swr~streams-cut~1]"""
    image = Image("dma")
    header, data = image.blueprint.offset, image.kernel.data
    service = image.blueprint.el2(image.blueprint.service_core)(EL2_VA_SERVICE) - image.blueprint.memory.base
    _, (smmu,) = table(image, header, SMMUS, SMMU_BYTES)
    idle = smmu[:STRTAB_BASE] + bytes(SMMU_BYTES - STRTAB_BASE)
    _, (served,) = table(image, service, SERVICE_SMMUS, SERVICE_SMMU_BYTES)
    place, streams = table(image, service, SERVICE_STREAMS, STREAM_BYTES)
    give(image, header, SMMUS, [idle, smmu] if first else [smmu, idle])
    give(image, service, SERVICE_SMMUS, [bytes(len(served)), served] if first else [served, bytes(len(served))])
    for n in range(len(streams)):
        struct.pack_into("<I", data, place + STREAM_BYTES * n + STREAM_SMMU, int(first))
    with image.target(results, extra=EXTRA) as target:
        running = system.System(target, image.fit).start()
        running.wait_up("victim")
        running.uart.search(r"^\[dma\] dma: own memory first wrong=0\n", never=system.HALTED)
        running.uart.search(rf"^event: .* cell=health dma-fault of=2 stream={int(first) << 32 | EDU:#x} address=", never=system.HALTED)

# SPDX-License-Identifier: Apache-2.0
"""struct directory (src/blueprint/telemetry.h) of an image, found in the blueprint by its magic."""

import struct
from dataclasses import dataclass

MAGIC = 0x444952424C4B3031
PAGE = 4096
HEAD = "<QIIIIII32s32s32s4QII4Q"


@dataclass
class Stream:
    cell: int
    iommu: int
    stream: int


@dataclass
class Directory:
    offset: int  # in the blueprint
    size: int
    config: str  # SHA-256, in hexadecimal digits
    binary: str
    version: str
    build_time: int
    ram: int
    hypervisor: int
    unassigned: int
    memory: dict  # by cell's name
    streams: list
    json: tuple  # IPA, size
    svg: tuple


def _name(data):
    return data.split(b"\0", 1)[0].decode()


def find(blueprint):
    """The directory in a blueprint's bytes; None: there is none."""
    for at in range(0, len(blueprint), PAGE):
        if struct.unpack_from("<Q", blueprint, at)[0] == MAGIC:
            return parse(blueprint, at)
    return None


def parse(data, at):
    (_, _, size, _, _, cells, count, config, binary, version, build_time, ram, hypervisor, unassigned, streams, stream_count,
     *texts) = struct.unpack_from(HEAD, data, at)
    memory = {}
    for n in range(count):
        entry = at + cells + 120 * n
        memory[_name(data[entry : entry + 32])] = struct.unpack_from("<Q", data, entry + 112)[0]
    found = [Stream(*struct.unpack_from("<III", data, at + streams + 16 * n)) for n in range(stream_count)]
    return Directory(at, size, config.hex(), binary.hex(), _name(version), build_time, ram, hypervisor, unassigned, memory,
                     found, tuple(texts[:2]), tuple(texts[2:]))

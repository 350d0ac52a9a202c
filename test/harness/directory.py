# SPDX-License-Identifier: Apache-2.0
"""struct directory (src/blueprint/telemetry.h) of an image, found in the blueprint by its magic."""

import hashlib
import struct
from dataclasses import dataclass

from .blueprint import INTEGRITY_HEAD, INTEGRITY_MAGIC, INTEGRITY_ROW, PAGE

MAGIC = 0x444952424C4B3031
HEAD = "<QIIIIII32s32s32s4QII6Q"


@dataclass
class Stream:
    cell: int
    iommu: int
    stream: int


@dataclass
class Range:
    ipa: int
    pa: int
    size: int
    digest: bytes
    name: str


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
    integrity: tuple  # IPA, size
    json: tuple
    svg: tuple
    ranges: list


def _name(data):
    return data.split(b"\0", 1)[0].decode()


def _page(blueprint, magic):
    for at in range(0, len(blueprint), PAGE):
        if struct.unpack_from("<Q", blueprint, at)[0] == magic:
            return at
    return None


def find(blueprint):
    """The directory in a blueprint's bytes; None: there is none."""
    at = _page(blueprint, MAGIC)
    return None if at is None else parse(blueprint, at)


def ranges(blueprint):
    """Of struct integrity_table."""
    at = _page(blueprint, INTEGRITY_MAGIC)
    count, size, digest = struct.unpack_from("<II32s", blueprint, at + 8)
    assert hashlib.sha256(blueprint[at + INTEGRITY_HEAD : at + INTEGRITY_HEAD + size]).digest() == digest
    found = []
    for n in range(count):
        ipa, pa, length, digest, name = struct.unpack_from("<3Q32s32s", blueprint, at + INTEGRITY_HEAD + INTEGRITY_ROW * n)
        found.append(Range(ipa, pa, length, digest, _name(name)))
    return found


def parse(data, at):
    (_, _, size, _, _, cells, count, config, binary, version, build_time, ram, hypervisor, unassigned, streams, stream_count,
     *texts) = struct.unpack_from(HEAD, data, at)
    memory = {}
    for n in range(count):
        entry = at + cells + 120 * n
        memory[_name(data[entry : entry + 32])] = struct.unpack_from("<Q", data, entry + 112)[0]
    found = [Stream(*struct.unpack_from("<III", data, at + streams + 16 * n)) for n in range(stream_count)]
    return Directory(at, size, config.hex(), binary.hex(), _name(version), build_time, ram, hypervisor, unassigned, memory,
                     found, tuple(texts[:2]), tuple(texts[2:4]), tuple(texts[4:]), ranges(data))

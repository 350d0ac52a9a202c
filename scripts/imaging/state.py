# SPDX-License-Identifier: Apache-2.0
"""The boot state as it leaves the factory: both slots good, each with its image's digest (src/blueprint/boot_state.h)."""

import struct
import zlib

MAGIC, FORMAT = 0x53424842, 2
EMPTY, TRIAL, GOOD = 0, 1, 2
UNKNOWN = 0xFFFF  # counter
ANY = b"\xff" * 32  # digest
RECORD, SECTOR, ATTEMPTS = 128, 512, 32
SIZE = SECTOR + 4 * ATTEMPTS


def record(sequence, floor, primary, status, digests, counters=(UNKNOWN, UNKNOWN)):
    body = struct.pack("<9I", MAGIC, FORMAT, sequence, floor, primary, *status, *counters) + b"".join(digests) + bytes(24)
    # As U-Boot's crc32 writes it to memory.
    return body + struct.pack(">I", zlib.crc32(body)) + b"\xff" * (SIZE - RECORD)


def factory(state, digest, counter):
    """The erase blocks of both copies and of the identity."""
    start = state["address"]
    image = bytearray(b"\xff" * (state["identity"] + state["erase_block"] - start))
    at = state["copies"][0] - start
    image[at : at + SIZE] = record(1, counter, 0, (GOOD, GOOD), (digest, digest), (counter, counter))
    return bytes(image)

# SPDX-License-Identifier: Apache-2.0
"""bulkhead.itb as a test sees it: parts with addresses, which can be damaged and written back."""

import hashlib
from dataclasses import dataclass

from . import fdt, records


@dataclass
class Part:
    name: str
    description: str  # of a cell's file: CELL:PROPERTY:FILENAME
    data: bytearray
    load: int | None  # physical address
    entry: int | None
    offset: int  # of data in the file
    digest_offset: int | None  # of the SHA-256 in the file


def _address(node, name):
    prop = node.properties.get(name)
    return int.from_bytes(prop.data, "big") if prop else None


def _part(node):
    data = node.properties["data"]
    description = node.properties.get("description")
    digest = node.children.get("hash-1")
    return Part(
        node.name,
        description.strings()[0] if description else "",
        bytearray(data.data),
        _address(node, "load"),
        _address(node, "entry"),
        data.offset,
        digest.properties["value"].offset if digest else None,
    )


class Fit:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.blob = file.read()
        records.used(path)
        root = fdt.parse(self.blob)
        self.parts = {name: _part(node) for name, node in root["images"].children.items()}
        default = root["configurations"].properties["default"].strings()[0]
        self.conf = root["configurations"][default]

    @property
    def kernel(self):
        return self.parts[self.conf.properties["kernel"].strings()[0]]

    @property
    def loadables(self):
        prop = self.conf.properties.get("loadables")
        return [self.parts[name] for name in prop.strings()] if prop else []

    def save(self, path, rehash=True):
        """Writes the FIT with the parts' present bytes; rehash: and with hashes that match them."""
        blob = bytearray(self.blob)
        for part in self.parts.values():
            blob[part.offset : part.offset + len(part.data)] = part.data
            if rehash and part.digest_offset is not None:
                blob[part.digest_offset : part.digest_offset + 32] = hashlib.sha256(part.data).digest()
        with open(path, "wb") as file:
            file.write(blob)

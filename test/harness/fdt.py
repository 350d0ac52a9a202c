# SPDX-License-Identifier: Apache-2.0
"""A reader of flattened device trees (Devicetree Specification 0.4, chapter 5), enough for FITs and boards.

Properties keep the offset of their bytes in the blob, so that a test can damage an image in place.
"""

import struct
from dataclasses import dataclass, field

MAGIC = 0xD00DFEED
BEGIN_NODE, END_NODE, PROP, NOP, END = 1, 2, 3, 4, 9


@dataclass
class Property:
    data: bytes
    offset: int  # of data in the blob

    def cells(self):
        return struct.unpack(f">{len(self.data) // 4}I", self.data)

    def strings(self):
        return [s.decode() for s in self.data.split(b"\0")[:-1]]


@dataclass
class Node:
    name: str
    properties: dict = field(default_factory=dict)
    children: dict = field(default_factory=dict)

    def __getitem__(self, path):
        node = self
        for part in filter(None, path.split("/")):
            node = node.children[part]
        return node

    def walk(self):
        yield self
        for child in self.children.values():
            yield from child.walk()


class FdtError(ValueError):
    pass


def _text(blob, offset):
    end = blob.index(b"\0", offset)
    return bytes(blob[offset:end]).decode()


def parse(blob):
    """The root node of a flattened tree."""
    if len(blob) < 40 or struct.unpack_from(">I", blob)[0] != MAGIC:
        raise FdtError("no flattened device tree")
    _, _, at, strings = struct.unpack_from(">4I", blob)
    top = Node("")
    stack = [top]
    while True:
        (token,) = struct.unpack_from(">I", blob, at)
        at += 4
        if token == BEGIN_NODE:
            name = _text(blob, at)
            at = (at + len(name) + 4) & ~3
            node = Node(name)
            stack[-1].children[name] = node
            stack.append(node)
        elif token == END_NODE:
            stack.pop()
        elif token == PROP:
            size, name = struct.unpack_from(">2I", blob, at)
            data = bytes(blob[at + 8 : at + 8 + size])
            stack[-1].properties[_text(blob, strings + name)] = Property(data, at + 8)
            at = (at + 8 + size + 3) & ~3
        elif token == END:
            return top.children[""]
        elif token != NOP:
            raise FdtError(f"unknown token {token} at {at - 4:#x}")

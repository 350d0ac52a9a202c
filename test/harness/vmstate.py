# SPDX-License-Identifier: Apache-2.0
"""What QEMU saves of a device in a migration's stream, which describes itself by the JSON at its end: registers that nothing else
shows, as the GIC's of a core's CPU interface. The machine is over afterwards."""

import json
import re
import struct

SUBSECTION = 5  # QEMU_VM_SUBSECTION: then a name with its length, and a version
PATIENCE = 300  # seconds; a machine's memory is in the stream, too


def _number(data, at, size):
    return int.from_bytes(data[at : at + size], "big")


def _decode(description, data, at):
    """({field: value, or a list of them}, where the next begins)"""
    values = {}
    for field in description.get("fields", []):
        found = []
        for _ in range(field.get("array_len", 1)):
            if "struct" in field:
                value, at = _decode(field["struct"], data, at)
            else:
                value, at = _number(data, at, field["size"]), at + field["size"]
            found.append(value)
        value = found if "array_len" in field else found[0]
        if "index" in field or isinstance(values.get(field["name"]), list):  # the last of several has none
            values.setdefault(field["name"], []).append(value)
        else:
            values[field["name"]] = value
    for section in description.get("subsections", []):
        name = section["vmsd_name"].encode()
        if data[at : at + 2 + len(name)] != bytes([SUBSECTION, len(name)]) + name:
            raise ValueError(f"the stream isn't what it says: no {section['vmsd_name']} at {at}")
        more, at = _decode(section, data, at + 2 + len(name) + 4)
        values |= more
    return values, at


def parse(data, device):
    """Values of a device, by the names that QEMU gives them."""
    for head in re.finditer(rb'\x06(....)\{"', data, re.S):
        start, size = head.start() + 5, struct.unpack(">I", head[1])[0]
        if start + size == len(data):
            found = next(row for row in json.loads(data[start:])["devices"] if row["name"] == device)
            name = bytes([len(device)]) + device.encode() + struct.pack(">II", found["instance_id"], found["version"])
            return _decode(found, data, data.rindex(name) + len(name))[0]
    raise ValueError("no description at the stream's end")


def of(target, device, folder):
    """Values of a QemuTarget's device now; a file with the stream is in `folder` meanwhile."""
    path = f"{folder}/state"
    target.migrate(path, PATIENCE)
    with open(path, "rb") as file:
        return parse(file.read(), device)

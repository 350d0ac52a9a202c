# SPDX-License-Identifier: Apache-2.0
"""units.csv: which units are to be made, with their MACs and addresses. One a line, behind the header `serial,macs,addresses`;
macs and addresses have blanks between them.
"""

import csv
import ipaddress
import re
from dataclasses import dataclass

from .errors import Refused

HEADER = ["serial", "macs", "addresses"]
SERIAL = re.compile(r"[A-Za-z0-9._-]{1,31}")  # 32 bytes with the NUL behind it
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
MACS_MAX, ADDRESSES_MAX = 16, 8  # places of the identity area


@dataclass(frozen=True)
class Unit:
    serial: str
    macs: tuple  # "52:54:00:12:34:56"
    addresses: tuple  # "10.0.2.15/24"


def read(path):
    """All units, or all that is wrong with the file, by line. Raises Refused. [impl->swr~flash-units~1]"""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            rows = [(reader.line_num, [field.strip() for field in row]) for row in reader]
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}", "name the file of units") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path} is no CSV file in UTF-8: {error}", "save it as CSV, UTF-8, with commas") from None
    if not rows or rows[0][1] != HEADER:
        raise Refused(f"{path}:1: the first line has to be {','.join(HEADER)}", "put it there; see docs/flash.md")
    units, wrong, seen = [], [], {}
    for line, row in rows[1:]:
        if any(row):
            found = list(wrong_in(row)) or list(seen_before(row, line, seen))
            wrong += [f"{path}:{line}: {text}" for text in found]
            units.append(Unit(row[0], tuple(row[1].lower().split()), tuple(row[2].split())) if not found else None)
    if wrong:
        raise Refused("\n".join(wrong), "mend these lines; nothing was taken from the file")
    if not units:
        raise Refused(f"{path} names no unit", "add one a line behind the header")
    return units


def wrong_in(row):
    """What is wrong with a line by itself."""
    if len(row) != len(HEADER):
        yield f"{len(row)} fields, not {len(HEADER)} ({','.join(HEADER)}; blanks between several MACs or addresses)"
        return
    serial, macs, addresses = row[0], row[1].lower().split(), row[2].split()
    if not SERIAL.fullmatch(serial) or serial.startswith("."):
        yield f"serial '{serial}' has to be 1 to 31 of A-Z a-z 0-9 . _ - and not begin with a dot"
    if len(macs) > MACS_MAX:
        yield f"{len(macs)} MACs, {MACS_MAX} at most"
    for mac in macs:
        yield from wrong_mac(mac)
    if len(set(macs)) != len(macs):
        yield "a MAC stands there twice"
    if len(addresses) > ADDRESSES_MAX:
        yield f"{len(addresses)} addresses, {ADDRESSES_MAX} at most"
    for address in addresses:
        yield from wrong_address(address)


def wrong_mac(mac):
    if not MAC.fullmatch(mac):
        yield f"MAC '{mac}' isn't like 52:54:00:12:34:56"
    elif int(mac[:2], 16) & 1:
        yield f"MAC {mac} is a group address (multicast or broadcast), which no interface can have"
    elif mac == "00:00:00:00:00:00":
        yield f"MAC {mac} is nobody's"


def wrong_address(text):
    try:
        if not re.fullmatch(r"[0-9.]+/[0-9]{1,2}", text):
            raise ValueError
        interface = ipaddress.IPv4Interface(text)
    except ValueError:
        yield f"address '{text}' isn't like 10.0.2.15/24"
        return
    address, network = interface.ip, interface.network
    if not 1 <= network.prefixlen <= 30:
        yield f"address {text}: the prefix is 1 to 30"
    elif address in (network.network_address, network.broadcast_address):
        yield f"address {text} is its network's own, or its broadcast"
    elif address.is_multicast or address.is_loopback or address.is_reserved or address.is_unspecified:
        yield f"address {text} is none that a host can have"


def seen_before(row, line, seen):
    """Serials and MACs are one unit's each. Serials become file names: case doesn't tell them apart."""
    for kind, value in [("serial", row[0].lower())] + [("MAC", mac) for mac in row[1].lower().split()]:
        first = seen.setdefault((kind, value), line)
        if first != line:
            yield f"{kind} {row[0] if kind == 'serial' else value} is that of line {first}, too"

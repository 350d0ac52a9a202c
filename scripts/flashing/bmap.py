# SPDX-License-Identifier: Apache-2.0
"""Block maps as `bmaptool create` writes them: format 2.0, XML, with a checksum of the map itself and one of each range.

A range that the map doesn't name is a hole: zeroes in the image.
"""

import hashlib
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from .errors import Refused

AGAIN = "make the image again (make image)"


@dataclass(frozen=True)
class Range:
    start: int  # bytes
    end: int  # bytes, behind the last
    sha256: str | None  # None: a hole, all zeroes


def read(text, name, size):
    """The ranges of an image of `size` bytes, holes too: all of it, in order. Raises Refused."""
    try:
        return list(ranges(ET.fromstring(text), text, size))
    except (ET.ParseError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise Refused(f"{name} is no block map that can be used: {error}", AGAIN) from None


def ranges(root, text, size):
    if root.tag != "bmap" or root.get("version") != "2.0":
        raise ValueError(f"<{root.tag} version={root.get('version')}>, not <bmap version=2.0>")
    if root.find("ChecksumType").text.strip() != "sha256":
        raise ValueError("its checksums aren't SHA-256")
    check_itself(root.find("BmapFileChecksum").text.strip(), text)
    block, named = int(root.find("BlockSize").text), int(root.find("ImageSize").text)
    if named != size or block < 512 or block % 512 or size % 512:
        raise ValueError(f"it speaks of {named} bytes in blocks of {block}, the image has {size}")
    at = 0
    for element in root.find("BlockMap").findall("Range"):
        numbers = [int(number) for number in element.text.split("-")]
        start, end = numbers[0] * block, min((numbers[-1] + 1) * block, size)
        checksum = element.attrib["chksum"]
        if len(numbers) > 2 or not at <= start < end or not re.fullmatch("[0-9a-f]{64}", checksum):
            raise ValueError(f"range {element.text.strip()}")
        if start > at:
            yield Range(at, start, None)
        yield Range(start, end, checksum)
        at = end
    if at < size:
        yield Range(at, size, None)


def check_itself(checksum, text):
    """The map's own checksum is that of its text with zeroes in the checksum's place."""
    if not re.fullmatch("[0-9a-f]{64}", checksum):
        raise ValueError("its own checksum is missing")
    if hashlib.sha256(text.replace(checksum.encode(), b"0" * 64, 1)).hexdigest() != checksum:
        raise ValueError("its own checksum isn't right: it is damaged")

# SPDX-License-Identifier: Apache-2.0
"""Block maps that aren't what they should be; those that are come with each release of test_file.py.

Robustness: test_refused, test_damaged
"""

import pytest
from flashing import bmap
from flashing.errors import Refused
from stand_in import SIZE, sha256


@pytest.fixture
def text(release):
    return (release / "disk.img.bmap").read_bytes()


def signed(text):
    """With the map's own checksum made right."""
    start = text.index(b"<BmapFileChecksum> ") + len(b"<BmapFileChecksum> ")
    empty = text[:start] + b"0" * 64 + text[start + 64 :]
    return text[:start] + sha256(empty).encode() + text[start + 64 :]


def test_ranges(text):
    """[utest->swr~flash-release~1] All of the image, in order, holes too."""
    ranges = bmap.read(text, "map", SIZE)
    assert ranges[0].start == 0 and ranges[-1].end == SIZE
    assert all(one.end == two.start for one, two in zip(ranges, ranges[1:]))
    assert [one.sha256 is None for one in ranges] == [False, True, False, True, False, True, False]
    assert bmap.read(signed(text), "map", SIZE) == ranges


@pytest.mark.parametrize(
    "old,new",
    [
        (b"0-4", b"4-0"), (b"256-", b"3-"), (b"256-", b"99999-"), (b"256-426", b"256-426-500"), (b"256-426", b"x"),
        (b'version="2.0"', b'version="1.4"'), (b" sha256 ", b" sha1 "), (b"<BlockSize> 4096", b"<BlockSize> 0"),
        (b"<BlockSize> 4096", b"<BlockSize> 4095"), (b"<ImageSize> 8388608", b"<ImageSize> 8388096"),
        (b"BlockMap>", b"Blocks>"), (b"chksum=", b"sum="), (b"</bmap>", b""), (b"<Range chksum=\"", b"<Range chksum=\"z"),
    ],
)  # fmt: skip
def test_refused(text, old, new):
    """[utest->swr~flash-release~1]"""
    changed = text.replace(old, new, 2 if old == b"BlockMap>" else 1)
    assert changed != text
    with pytest.raises(Refused, match="no block map that can be used"):
        bmap.read(signed(changed), "map", SIZE)


def test_damaged(text):
    """[utest->swr~flash-release~1]"""
    with pytest.raises(Refused, match="its own checksum isn't right"):
        bmap.read(text.replace(b"256-", b"257-"), "map", SIZE)

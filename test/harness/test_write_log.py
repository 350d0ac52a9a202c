# SPDX-License-Identifier: Apache-2.0
"""The reader of logs of writes, against logs by hand."""

import random

import pytest

from harness import write_log
from harness.write_log import DISCARD, ENTRY, FLUSH, FUA, HEAD, MAGIC, MARK, PIECE, Cut, Damaged, WriteLog


def padded(data):
    return data + bytes(-len(data) % PIECE)


def log(path, *entries, count=None, magic=MAGIC, version=1, sector=PIECE):
    """entries: (sector, data, flags); a discard's data is a number of sectors, a mark's is text."""
    text = padded(HEAD.pack(magic, version, len(entries) if count is None else count, sector))
    for place, data, flags in entries:
        sectors = data if flags & DISCARD else 0 if flags & MARK else len(data) // PIECE
        text += padded(ENTRY.pack(place, sectors, flags, len(data) if flags & MARK else 0))
        text += b"" if flags & DISCARD else padded(data)
    path.write_bytes(text)
    return path


def block(letter, pieces=1):
    return letter * PIECE * pieces


def rebuilt(folder, made, cut, base=block(b".", 4)):
    (folder / "base").write_bytes(base)
    text = made.rebuild(folder / "base", folder / "device", cut).read_bytes()
    return "".join(chr(text[at]) for at in range(0, len(text), PIECE))


@pytest.fixture
def made(tmp_path):
    """A write, a flush, two writes, one that says so itself, a flush that writes."""
    rows = (0, block(b"a"), 0), (0, b"", FLUSH), (0, block(b"b"), 0), (1, block(b"c", 2), 0), (3, block(b"d"), FUA), (0, block(b"e"), FLUSH)
    return WriteLog(log(tmp_path / "log", *rows))


def test_entries(made):
    assert [(entry.offset, entry.size, entry.flags) for entry in made.entries] == [
        *[(0, 512, 0), (0, 0, FLUSH), (0, 512, 0), (512, 1024, 0), (1536, 512, FUA), (0, 512, FLUSH)],
    ]
    assert [made.data(entry)[:1] for entry in made.entries] == [b"a", b"", b"b", b"c", b"d", b"e"]


def test_as_of_each_entry(tmp_path, made):
    assert [rebuilt(tmp_path, made, Cut(end)) for end in range(7)] == ["....", "a...", "a...", "b...", "bcc.", "bccd", "eccd"]


def test_what_is_sure(made):
    assert [made.unsure(end) for end in range(7)] == [[], [0], [], [2], [2, 3], [2, 3], [5]]
    assert made.boundaries(0, 6) == [0, 2]
    assert made.boundaries(2, 6) == [2]


def test_boundaries_without_writes_are_one(tmp_path):
    rows = (0, b"", FLUSH), (0, b"", FLUSH), (0, block(b"a"), FUA), (0, b"", FLUSH), (0, block(b"b"), 0), (0, b"", FLUSH)
    assert WriteLog(log(tmp_path / "log", *rows)).boundaries(0, 6) == [0, 3, 6]


def test_nor_flash_keeps_the_order(tmp_path):
    """Without a flush: what is in doubt is the last write."""
    rows = (0, block(b"a"), 0), (1, block(b"b"), 0), (0, b"", FLUSH), (2, block(b"c"), 0)
    made = WriteLog(log(tmp_path / "log", *rows), nor=True)
    assert [made.unsure(end) for end in range(5)] == [[], [0], [1], [], [3]]
    assert made.boundaries(0, 4) == [0, 1, 2, 4]
    for seed in range(50):
        cut = made.cut(random.Random(seed), 0, 4)
        assert cut.lost | {number for number, _ in cut.torn} == {cut.end - 1}
        cut = made.cut(random.Random(seed), 2, 4)
        assert cut.end == 4 and cut.lost | {number for number, _ in cut.torn} == {3}, "what was before is there"
        assert made.cut(random.Random(seed), 2, 3) in (Cut(2), Cut(3))


def test_subset_is_applied_in_order(tmp_path, made):
    assert rebuilt(tmp_path, made, Cut(5, lost=frozenset([2]))) == "accd"
    assert rebuilt(tmp_path, made, Cut(5, lost=frozenset([3]))) == "b..d"


def test_random_cuts_lose_only_what_is_not_sure(tmp_path, made):
    seen = set()
    for seed in range(150):
        cut = made.cut(random.Random(seed), 0, 5)
        numbers = set(cut.lost) | {number for number, _ in cut.torn}
        assert numbers and numbers <= set(made.unsure(cut.end))
        seen.add(rebuilt(tmp_path, made, cut))
    assert seen >= {"....", "a...", "b...", "a..d", "acc.", "accd", "bccd"}
    assert all(text[0] in ".ab" and text[3] in ".d" and text != "...d" for text in seen)


def test_same_seed_same_cut(tmp_path, made):
    cuts = [made.cut(random.Random(7), 0, 6) for _ in range(2)]
    assert cuts[0] == cuts[1] and rebuilt(tmp_path, made, cuts[0]) == rebuilt(tmp_path, made, cuts[1])


def test_torn_in_pieces(tmp_path, made):
    """Each piece whole or not; a part from the beginning on, and any."""
    seen = {rebuilt(tmp_path, made, Cut(4, torn=((3, seed),))) for seed in range(100)}
    assert seen == {"b...", "bc..", "b.c.", "bcc."}


def test_torn_in_bits():
    """NOR flash: a word is programmed, a block is erased, in part: no bit changes that wasn't to."""
    old, new = bytes([0xFF, 0xF0] * 256), bytes([0x0F, 0xF0] * 256)
    for before, data in ((old, new), (new, old)):
        made = [write_log.torn_data(random.Random(seed), before, data, True) for seed in range(50)]
        for text in made:
            for was, now, is_ in zip(before, data, text):
                assert (is_ ^ was) & ~(was ^ now) == 0
        assert before in made and data in made and len(set(made)) > 10


def test_marks_and_discards(tmp_path):
    rows = (0, block(b"a", 2), 0), (0, b"mark", MARK), (1, 1, DISCARD), (2, block(b"b"), 0)
    made = WriteLog(log(tmp_path / "log", *rows))
    assert rebuilt(tmp_path, made, Cut(4)) == "a\0b."
    assert made.unsure(4) == [0, 2, 3]


def test_sectors_of_another_size(tmp_path):
    head = HEAD.pack(MAGIC, 1, 1, 4096).ljust(4096, b"\0") + ENTRY.pack(1, 1, 0, 0).ljust(4096, b"\0")
    (tmp_path / "log").write_bytes(head + b"x" * 4096)
    entry = WriteLog(tmp_path / "log").entries[0]
    assert (entry.offset, entry.size) == (4096, 4096)


def test_nothing_written_yet(tmp_path):
    (tmp_path / "log").write_bytes(b"")
    made = WriteLog(tmp_path / "log")
    assert not made.entries and made.boundaries(0, 0) == [0] and made.cut(random.Random(1), 0, 0) == Cut(0)


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda text: b"X" + text[1:], "is no log of writes"),
        (lambda text: text[:8] + b"\2" + text[9:], "version 2"),
        (lambda text: text[:24] + b"\0\3" + text[26:], "sectors of 768 bytes"),
        (lambda text: text[:20], "ends within its head"),
        (lambda text: text[:-1], "ends within entry 0 of 1"),
        (lambda text: text[: PIECE + 8], "ends before entry 0 of 1"),
    ],
)
def test_damaged(tmp_path, change, says):
    path = log(tmp_path / "log", (0, block(b"a"), 0))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(Damaged, match=says):
        WriteLog(path)

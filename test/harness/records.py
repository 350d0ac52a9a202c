# SPDX-License-Identifier: Apache-2.0
"""What a test ran on: files and machines, noted by the harness as it uses them, for the record that recorder.py writes.

What a fixture used counts for every test that has the fixture, so that tests that share a machine all name it."""

import contextlib
import functools
import hashlib
import os
import pathlib
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclass(eq=False)
class Use:
    """By a test, or by a fixture."""

    inputs: dict = field(default_factory=dict)  # path -> SHA-256
    machines: list = field(default_factory=list)  # what Machine.identity gives, and its console's file
    expected: str = ""  # of this case, where its test is of many


_stack = [Use()]  # of the fixture that is being set up, the innermost last; below them that of the test


@contextlib.contextmanager
def into(use):
    """What is used meanwhile is noted there."""
    _stack.append(use)
    try:
        yield use
    finally:
        _stack.pop()


@functools.lru_cache(maxsize=None)
def _hash(path, _size, _mtime, name):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, name).hexdigest() if hasattr(hashlib, "file_digest") else hashlib.new(name, file.read()).hexdigest()


def file_hash(path, name="sha256"):
    """Of a file that hasn't changed since it was hashed last, by its size and time, it isn't computed again."""
    found = os.stat(path)
    return _hash(str(path), found.st_size, found.st_mtime_ns, name)


@functools.lru_cache(maxsize=None)
def revision(path):
    """git's hash of the file's content."""
    data = pathlib.Path(path).read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@functools.lru_cache(maxsize=None)
def judges():
    """A hash of what starts machines and judges them, which is no input of a test: the harness, and what sets up tests."""
    files = [path for path in (ROOT / "test/harness").iterdir() if path.is_file()] + list((ROOT / "test").rglob("conftest.py"))
    listed = sorted(f"{path.relative_to(ROOT).as_posix()} {revision(path)}" for path in files)
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()


def shown(path):
    """Relative to the tree; None: it isn't in it."""
    path = pathlib.Path(os.path.abspath(ROOT / path))
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else None


def used(*paths):
    """A test has used these files. Those outside the tree are no inputs: the test, whose revision is recorded, has made them."""
    for path in paths:
        name = shown(path)
        if name and os.path.isfile(ROOT / path):
            _stack[-1].inputs[name] = file_hash(ROOT / path)


def used_by(command):
    """The program and those of its arguments that are files."""
    used(*(str(word) for word in command if not str(word).startswith("-") and len(str(word)) < 4096 and "\n" not in str(word)))


def expects(text):
    """What this case of a test is to see: stands in its record in the place of what the test says of all."""
    _stack[-1].expected = text


def machine(identity, console):
    """A machine was started; identity: of what `target` of a record has. console: the file that has its serial log."""
    _stack[-1].machines.append((identity, console))

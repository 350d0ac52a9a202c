# SPDX-License-Identifier: Apache-2.0
"""What RAUC asks of the boot loader, and what the backend makes of it: here with a stand-in for bulkhead-slots that has the health
cell's answers and refusals, and files for partitions. [utest->swr~rauc-backend~1]

Robustness: test_refused_by_the_health_cell, test_refused, test_usage
"""

import hashlib
import os
import subprocess

import pytest

from harness import build

BACKEND = build.ROOT / "cells/linux/root/bulkhead-rauc-backend"
FIT = bytes.fromhex("d00dfeed") + (5000).to_bytes(4, "big") + bytes(range(256)) * 19 + bytes(128)
STATUS = "a good runs first counter=1 sha256=11\nb good counter=1 sha256=22\nconfirmed floor=1 state=2 changes=2\n"
TRIAL = STATUS.replace(" first", "").replace("b good", "b trial first")
ON_TRIAL = "a good counter=1 sha256=11\nb trial runs first counter=2 sha256=22\nunconfirmed floor=1 state=4 changes=0\n"
DROPPED = STATUS.replace("b good", "b empty")
UNKNOWN = STATUS.replace(" runs", "")
SLOTS = """#!/bin/sh
echo "$*" >>"$HERE/asked"
if [ "$1" = status ]; then cat "$HERE/status"; exit; fi
[ ! -e "$HERE/refusal" ] || { cat "$HERE/refusal" >&2; exit 1; }
cat "$HERE/status"
"""


@pytest.fixture
def backend(tmp_path):
    """(words, what the health cell says, its refusal, slot b's content) -> the finished backend, what was asked of the health cell."""
    (tmp_path / "bin").mkdir()
    slots = tmp_path / "bin/bulkhead-slots"
    slots.write_text(SLOTS)
    slots.chmod(0o755)
    (tmp_path / "boot-b").write_bytes(FIT + b"what was there before" * 100)

    def ask(words, status=STATUS, refusal=None, content=None):
        (tmp_path / "status").write_text(status)
        (tmp_path / "asked").write_text("")
        if refusal:
            (tmp_path / "refusal").write_text(refusal)
        if content is not None:
            (tmp_path / "boot-b").write_bytes(content)
        places = {"HERE": str(tmp_path), "BULKHEAD_PARTITIONS": str(tmp_path), "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
        done = subprocess.run(["sh", BACKEND, *words.split()], env={**os.environ, **places}, capture_output=True, text=True, check=False)
        asked = (tmp_path / "asked").read_text().splitlines()
        return done, [line for line in asked if line != "status"]

    return ask


# [utest->swr~rauc-backend~1]
@pytest.mark.parametrize(
    "words, status, answer",
    [
        ("get-primary", STATUS, "a"),
        ("get-primary", TRIAL, "b"),
        ("get-current", TRIAL, "a"),
        ("get-current", ON_TRIAL, "b"),
        ("get-state a", STATUS, "good"),
        ("get-state b", TRIAL, "good"),
        ("get-state b", DROPPED, "bad"),
    ],
)
def test_asked(backend, words, status, answer):
    done, asked = backend(words, status)
    assert (done.returncode, done.stdout, done.stderr, asked) == (0, f"{answer}\n", "", [])


@pytest.mark.parametrize(
    "words, status, asked",
    [
        ("set-state b bad", STATUS, ["drop b"]),
        ("set-state b bad", DROPPED, ["drop b"]),  # the health cell knows that there is nothing to write
        ("set-state a good", STATUS, []),
        ("set-state b good", STATUS, []),
        ("set-primary b", DROPPED, [f"try b {hashlib.sha256(FIT[:5000]).hexdigest()}"]),
        ("set-primary a", STATUS, []),
        ("set-primary a", TRIAL, ["drop b"]),
    ],
)
def test_done(backend, words, status, asked):
    """The digest is of the FIT alone, not of what the partition holds behind it."""
    assert len(FIT) == 5000
    done, found = backend(words, status)
    assert (done.returncode, done.stdout, done.stderr, found) == (0, "", "", asked)


# [utest->swr~rauc-backend~1]
@pytest.mark.parametrize("words", ["set-state b bad", "set-primary b"])
def test_refused_by_the_health_cell(backend, words):
    """RAUC gets the refusal, and who runs it the reason."""
    done, _ = backend(words, refusal="bulkhead-slots: too many changes\n")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "bulkhead-slots: too many changes\n")


@pytest.mark.parametrize(
    "words, status, content, reason",
    [
        ("set-state b good", ON_TRIAL, None, "the health cell alone confirms"),
        ("set-state b good", DROPPED, None, "the health cell alone confirms"),
        ("get-current", UNKNOWN, None, "doesn't say which slot"),
        ("get-primary", "", None, "doesn't say which slot"),
        ("set-primary b", UNKNOWN, None, "doesn't say which slot"),
        ("set-primary b", DROPPED, b"", "boot-b holds no FIT"),
        ("set-primary b", DROPPED, b"\0" * 6000, "boot-b holds no FIT"),
        ("set-primary b", DROPPED, FIT[:-1], "the FIT in boot-b isn't whole"),
        ("set-primary b", DROPPED, FIT[:4] + bytes(4), "the FIT in boot-b isn't whole"),
    ],
)
def test_refused(backend, words, status, content, reason):
    """Nothing is asked of the health cell that it could take for a yes."""
    done, asked = backend(words, status, content=content)
    assert (done.returncode, done.stdout, asked) == (1, "", []) and reason in done.stderr


@pytest.mark.parametrize("words", ["", "status", "get-primary a", "set-primary", "set-primary c", "get-state", "set-state b", "set-state b fine", "set-state ../b bad"])
def test_usage(backend, words):
    done, asked = backend(words)
    assert (done.returncode, done.stdout, asked) == (2, "", []) and done.stderr.startswith("usage: ")

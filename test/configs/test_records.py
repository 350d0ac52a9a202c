# SPDX-License-Identifier: Apache-2.0
"""`bulkhead log verify` on test records: what scripts/bundle/tests.py chains is accepted, and every line of it that is altered,
dropped, exchanged, added or cut off is found.

Robustness: test_altered, test_verdict_altered, test_dropped, test_exchanged, test_added, test_cut_off, test_key_refused
"""

import hashlib
import json
import os
import sys

import pytest

import tool

sys.path.insert(0, os.path.join(tool.ROOT, "scripts"))

from bundle import tests as bundling  # noqa: E402  (needs the path above)

FIRST = {"commit": "1" * 40, "dirty": False, "tag": "v1", "host": {"cores": 2}, "tools": {"make": "4"}, "started": "2026-01-01T00:00:00+00:00"}
COUNT = 6


def record(number, **changed):
    verdict = ("pass", "fail", "skip")[number % 3]
    return {
        **{"case": f"configs::test_x.py::test_{number:02}[ä]", "procedure": "test/configs/test_x.py", "revision": "2" * 40, "requirements": ["swr~x~1"]},
        **{"inputs": {"a.dts": "3" * 64}, "expected": "that it is so", "observed": 'line\n"two"', "verdict": verdict, "monotonic_ns": number, "duration_s": 0.25},
        **{"wall": "2026-01-01T00:00:01+00:00", "log": [{"path": "tests/logs/4/console.log", "sha256": "4" * 64}], "target": {"cpu": "cortex-a72"}},
        **changed,
    }


def lines(first=None, **changed):
    """changed: of each record."""
    return bundling.chain({**FIRST, **(first or {})}, [record(n, **changed) for n in range(COUNT)])


@pytest.fixture
def verify(tmp_path):
    def of(given, *options, end="\n"):
        path = tmp_path / "records.jsonl"
        path.write_text("\n".join(given) + end)
        done = tool.run(tool.TOOL, "log", "verify", *options, str(path))
        done.stdout, done.stderr = (text.replace(str(path), "FILE") for text in (done.stdout, done.stderr))
        return done

    return of


# [utest->swr~records-verified~1]
def test_whole(verify):
    """A good file is told by its figures, and that nobody vouches for it."""
    done = verify(lines())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "FILE: 6 records, 2 passed, 2 failed, 2 skipped: consistent, not authenticated\n"


# [utest->swr~records-verified~1]
@pytest.mark.parametrize(
    "first, why", [({"dirty": True}, "the tree had changes that weren't committed"), ({"tag": None}, "the commit had no tag")]
)
def test_not_for_credit(verify, first, why):
    """Of a tree that nobody can get again it is said."""
    done = verify(lines(first))
    assert done.returncode == 0 and done.stdout.endswith(f"; NOT FOR CREDIT: {why}\n")


# [utest->swr~records-verified~1]
def test_json(verify):
    """For programs, of a good file and of a bad one."""
    done = verify(lines(), "--json")
    figures = {"records": 6, "passed": 2, "failed": 2, "skipped": 2, "dirty": False, "tagged": True, "commit": "1" * 40}
    assert json.loads(done.stdout) == {"file": "FILE", **figures, "wrong": None}
    done = verify(lines()[:-1], "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["line"], found["records"]) == (1, 8, 6) and "cut off" in found["wrong"]


def wrong(done, line, part):
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(f"FILE:{line}: error: ") and part in done.stderr, done.stderr


# [utest->swr~records-verified~1]
@pytest.mark.parametrize("n", range(COUNT + 2))
def test_altered(verify, n):
    """One more blank, which no reader of JSON sees, is found by the line behind it; in the end line by its bytes."""
    given = lines()
    given[n] = given[n].replace(":", ": ", 1)
    wrong(verify(given), min(n + 2, COUNT + 2), "sums" if n == COUNT + 1 else "that line was altered")


# [utest->swr~records-verified~1]
def test_verdict_altered(verify):
    """A failure made a pass, and the chain computed anew up to the end: the end's sums tell."""
    given = bundling.chain(FIRST, [record(n, verdict="pass") if n == 1 else record(n) for n in range(COUNT)])
    given[-1] = given[-1].replace('"failed":1,"passed":3', '"failed":2,"passed":2')
    wrong(verify(given), COUNT + 2, "sums")


# [utest->swr~records-verified~1]
@pytest.mark.parametrize("n", range(COUNT + 1))
def test_dropped(verify, n):
    """The line that stands where it stood is named."""
    given = lines()
    wrong(verify(given[:n] + given[n + 1 :]), n + 1, "begin with record 0" if n == 0 else "one is missing")


# [utest->swr~records-verified~1]
@pytest.mark.parametrize("n", range(COUNT))
def test_exchanged(verify, n):
    """The first of the two is named."""
    given = lines()
    given[n], given[n + 1] = given[n + 1], given[n]
    wrong(verify(given), n + 1, "begin with record 0" if n == 0 else "isn't the next")


# [utest->swr~records-verified~1]
def test_added(verify):
    """In the middle, and behind the end, by somebody who chains it; and one that is there twice."""
    given = lines()
    more = json.dumps({**record(9), "record": 3, "previous": hashlib.sha256(given[2].encode()).hexdigest()}, sort_keys=True)
    wrong(verify([*given[:3], more, *given[3:]]), 5, "isn't the next")
    more = json.dumps({**record(9), "record": 8, "previous": hashlib.sha256(given[-1].encode()).hexdigest()}, sort_keys=True)
    wrong(verify([*given, more]), 9, "behind the end")
    wrong(verify(bundling.chain(FIRST, [record(1), record(1)])), 3, "two of it")


# [utest->swr~records-verified~1]
def test_cut_off(verify):
    """After each line, and within the last."""
    given = lines()
    for n in range(1, COUNT + 2):
        wrong(verify(given[:n]), n + 1, "cut off")
    wrong(verify(given, end=""), COUNT + 2, "cut off")
    wrong(verify([*given[:-1], given[-1][:-1]]), COUNT + 2, "isn't one JSON object")


def test_key_refused(verify, tmp_path):
    """Records aren't signed by a device: who gives its key, or a nonce, means another file."""
    done = verify(lines(), "--nonce", "00")
    assert done.returncode == 2 and "neither key nor nonce" in done.stderr

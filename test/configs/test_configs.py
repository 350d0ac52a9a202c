# SPDX-License-Identifier: Apache-2.0
"""
`bulkhead check` over partition files: every file under bad/ is refused with exactly the diagnostics
in the .expected file beside it (lines with # are comments), every file under good/ and configs/ is
taken without a word.

BULKHEAD names the tool (default build/bulkhead). To write .expected files anew, and then read them:
`/usr/bin/python3 test/configs/test_configs.py --accept [NAME...]`.
"""
import glob
import os
import subprocess
import sys
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import images  # noqa: E402

IMAGES = "build/test-configs"
TOOL = os.environ.get("BULKHEAD", "build/bulkhead")
COMMENT = "# SPDX-License-Identifier: Apache-2.0\n"


def files(pattern):
    return sorted(os.path.relpath(path, ROOT) for path in glob.glob(os.path.join(ROOT, pattern)))


def check(path, *options):
    # From the root, with relative paths: diagnostics are the same wherever the tree lies.
    return subprocess.run(
        [TOOL, "check", path, "-I", IMAGES, *options],
        cwd=ROOT,
        env={**os.environ, "BULKHEAD_DATA": "."},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def expected(path):
    with open(os.path.join(ROOT, os.path.splitext(path)[0] + ".expected"), encoding="utf-8") as file:
        return "".join(line for line in file if not line.startswith("#"))


@pytest.fixture(scope="session", autouse=True)
def stand_ins():
    images.write(os.path.join(ROOT, IMAGES))


# One file a rule: [utest->swr~config-cores~1] [utest->swr~config-memory~1] [utest->swr~config-images~1]
# [utest->swr~config-channels~1] [utest->swr~config-faults~1] [utest->swr~config-names~1]
# [utest->swr~config-diagnostics~1]
@pytest.mark.parametrize("path", files("test/configs/bad/*.dts"))
def test_bad(path):
    result = check(path)
    assert result.stderr == expected(path)
    assert result.stdout == ""
    assert result.returncode == 1


@pytest.mark.parametrize("path", files("test/configs/good/*.dts") + files("configs/*.dts"))
def test_good(path):
    result = check(path)
    assert result.stderr == ""
    assert result.stdout == ""
    assert result.returncode == 0


def one_error(path):
    began = time.monotonic()
    result = check(path)
    assert time.monotonic() - began < 2
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_empty(tmp_path):
    path = tmp_path / "empty.dts"
    path.write_bytes(b"")
    assert one_error(str(path)) == f"{path}:1:1: error: the file is empty\n"


def test_zeros(tmp_path):
    path = tmp_path / "zeros.dts"
    with open(path, "wb") as file:
        file.truncate(100 << 20)
    assert one_error(str(path)).startswith(f"{path}:1:1: error: can't read the file: it has 100M")


def test_few_zeros(tmp_path):
    path = tmp_path / "zeros.dts"
    path.write_bytes(bytes(100))
    assert one_error(str(path)) == f"{path}:1:1: error: the file is not text: it holds NUL bytes\n"


def test_missing(tmp_path):
    path = tmp_path / "none.dts"
    assert one_error(str(path)) == f"{path}:1:1: error: can't read the file: No such file or directory\n"


def test_folder(tmp_path):
    assert one_error(str(tmp_path)) == f"{tmp_path}:1:1: error: can't read the file: it is a folder\n"


def test_fifo(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    assert one_error(str(path)) == f"{path}:1:1: error: can't read the file: it is no regular file\n"


def usage(*arguments):
    return subprocess.run([TOOL, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["chek", "x.dts"],
        ["check"],
        ["check", "a.dts", "b.dts"],
        ["check", "a.dts", "-I"],
        ["check", "a.dts", "--frob"],
        ["build", "a.dts"],
    ],
)
def test_usage(arguments):
    result = usage(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "usage: bulkhead" in result.stderr


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help(option):
    result = usage(option)
    assert result.returncode == 0
    assert result.stderr == ""
    assert "bulkhead" in result.stdout


def accept(names):
    images.write(os.path.join(ROOT, IMAGES))
    for path in files("test/configs/bad/*.dts"):
        if names and os.path.splitext(os.path.basename(path))[0] not in names:
            continue
        with open(os.path.join(ROOT, os.path.splitext(path)[0] + ".expected"), "w", encoding="utf-8") as file:
            file.write(COMMENT + check(path).stderr)


if __name__ == "__main__" and sys.argv[1:2] == ["--accept"]:
    accept(sys.argv[2:])

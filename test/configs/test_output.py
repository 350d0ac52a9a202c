# SPDX-License-Identifier: Apache-2.0
"""What a build writes, where it can't: all files or none, the old ones whole, nothing left over, the file's name said.

Robustness: all
"""
import os
import resource
import signal
import subprocess

import pytest

from tool import IMAGES, ROOT, TOOL

FILES = ["blueprint.bin", "bulkhead.itb", "control.dtb", "health.dtb", "manifest.json", "map.json", "map.svg", "map.txt"]
CONFIG = "test/configs/good/overlay.dts"
BOARD = "dts/qemu-virt/board.dts"


def start(*arguments, **options):
    return subprocess.Popen([TOOL, *arguments], cwd=ROOT, env={**os.environ, "BULKHEAD_DATA": "."}, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def build(folder, **options):
    return start("build", CONFIG, "-I", IMAGES, "-o", str(folder), **options)


def held(folder):
    return {entry.name: open(entry, "rb").read() if entry.is_file() else None for entry in os.scandir(folder)}


def finished(process):
    """Standard error and exit status."""
    return process.communicate(timeout=60)[1], process.returncode


@pytest.fixture
def folder(tmp_path):
    assert finished(build(tmp_path / "out")) == ("", 0)
    assert sorted(held(tmp_path / "out")) == FILES
    return tmp_path / "out"


def limited(size):
    """No file may grow beyond it: what a full disk is, without one."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


# [utest->swr~compile-whole-or-nothing~1]
@pytest.mark.parametrize("name", ["map.txt", "control.dtb", "bulkhead.itb"])
def test_no_room(folder, name):
    before = held(folder)
    limit = len(before[name]) - 1
    first = next(file for file in ("blueprint.bin", "health.dtb", "control.dtb", "bulkhead.itb", "map.txt")
                 if len(before[file]) > limit)
    assert finished(build(folder, preexec_fn=limited(limit))) == (
        f"{folder}/{first}: error: cannot be written: File too large\n", 1
    )
    assert held(folder) == before


# [utest->swr~compile-whole-or-nothing~1]
def test_no_room_for_a_board(tmp_path):
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", tmp_path / "board.dtb", BOARD], cwd=ROOT, check=True)
    text, status = finished(start("import", str(tmp_path / "board.dtb"), "-o", str(tmp_path / "out"), preexec_fn=limited(500)))
    assert text.endswith(f"{tmp_path}/out/board.dtb: error: cannot be written: File too large\n") and status == 1
    assert os.listdir(tmp_path) == ["board.dtb"]  # the folder that it made is gone, too


# [utest->swr~compile-whole-or-nothing~1]
def test_new_folders_go(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").write_text("")
    assert finished(build(tmp_path / "kept/one/two", preexec_fn=limited(500)))[1] == 1
    assert os.listdir(tmp_path / "kept") == ["file"]


# [utest->swr~compile-whole-or-nothing~1]
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ended_half_way(folder, number):
    """Its image goes into a pipe, which is full: ended there it leaves nothing, and the next build works."""
    before = held(folder)
    os.mkfifo(folder / ".bulkhead.itb.new")
    process = build(folder, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))  # a background job's are ignored
    with open(folder / ".bulkhead.itb.new", "rb"):
        process.send_signal(number)
        assert finished(process)[1] == -number
    assert held(folder) == before
    assert finished(build(folder)) == ("", 0)
    assert held(folder) == before


# [utest->swr~compile-whole-or-nothing~1]
def test_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    assert finished(build(tmp_path / "file")) == (f"{tmp_path}/file/blueprint.bin: error: cannot be written: Not a directory\n", 1)
    text, status = finished(build(tmp_path / "file/out"))
    assert text == f"{tmp_path}/file/out: error: cannot be made: Not a directory\n" and status == 1
    assert finished(build(tmp_path / "a/new f\u00f6lder/out")) == ("", 0)
    assert sorted(held(tmp_path / "a/new f\u00f6lder/out")) == FILES

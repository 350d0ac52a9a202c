# SPDX-License-Identifier: Apache-2.0
"""scripts/flash into plain files: needs no rights, runs everywhere.

Robustness: test_nobody_to_ask, test_damaged_release, test_truncated_release, test_no_release,
test_bmap_of_another_image, test_development_key, test_other_key, test_target_is_read_from,
test_targets_that_are_none, test_target_twice, test_target_in_use, test_corrupted_write, test_failing_write,
test_failing_disk_does_not_keep_the_others, test_interrupted, test_no_room_for_the_target
"""

import os
import pty
import signal as signals
import subprocess

import pytest
import stand_in
from stand_in import FLASH, SIZE, done, faulty, flash, go_on, records, refused

TARGET = "disk-of-qemu.img"


def state_of(path):
    status = path.stat()
    return path.read_bytes(), status.st_mtime_ns, status.st_ino


# [utest->swr~flash-table-last~1]
def test_target_is_the_image(release, tmp_path):
    """[stest->swr~flash-read-back~1] [stest->swr~flash-record~1]"""
    target = tmp_path / TARGET
    target.write_bytes(b"\xa5" * (SIZE + 12345))  # of another image
    done(release, target)
    assert target.read_bytes() == (release / "disk.img").read_bytes()
    (line,) = records(release / "flash-record.jsonl")
    assert line["verdict"] == "done" and line["reason"] is None and line["key"] == "6ef1" and line["development"] is False
    assert line["files"]["disk.img"] == line["targets"][0]["sha256"] == stand_in.sha256(target.read_bytes())
    assert line["targets"][0]["path"] == str(target) and line["targets"][0]["read_back"] in ("direct", "cache dropped")
    assert line["time"].endswith("Z") and line["operator"] and line["host"] and line["unit"] is None


def test_same_as_bmaptool(release, tmp_path):
    """[stest->swr~flash-read-back~1]"""
    done(release / "disk.img", tmp_path / TARGET)
    subprocess.run(["bmaptool", "--quiet", "copy", release / "disk.img", tmp_path / "other.img"], check=True, timeout=60)
    assert (tmp_path / TARGET).read_bytes() == (tmp_path / "other.img").read_bytes()


@pytest.mark.full
def test_several(release, tmp_path):
    """Each of several targets has a line of its own, with the operator. [stest->swr~flash-record~1]"""
    targets = [tmp_path / f"disk-{number}.img" for number in range(3)]
    done("--record", tmp_path / "record", "--operator", "Ada", release, *targets)
    assert [line["targets"][0]["path"] for line in records(tmp_path / "record")] == [str(target) for target in targets]
    assert {line["operator"] for line in records(tmp_path / "record")} == {"Ada"}


def test_dry_run_writes_nothing(release, tmp_path):
    """[stest->swr~flash-asks~1]"""
    target = tmp_path / TARGET
    target.write_bytes(b"\xa5" * SIZE)
    before, folder = state_of(target), sorted(tmp_path.rglob("*"))
    result = flash("--dry-run", release, target)
    assert result.returncode == 0 and "dry run: nothing was written" in result.stderr
    assert "release   edge for" in result.stderr and f"{target}: plain file, replaced" in result.stderr
    assert state_of(target) == before and sorted(tmp_path.rglob("*")) == folder


def at_terminal(answer, *arguments):
    """(exit status, what it said) with somebody who answers."""
    ours, its = pty.openpty()
    with subprocess.Popen([FLASH, *arguments], stdin=its, stdout=its, stderr=subprocess.PIPE, text=True) as running:
        os.close(its)
        os.write(ours, answer.encode())
        text = running.communicate(timeout=60)[1]
    os.close(ours)
    return running.returncode, text


def test_asks_once(release, tmp_path):
    """[stest->swr~flash-asks~1]"""
    target = tmp_path / TARGET
    for answer in ("\n", "yess\n"):
        status, said = at_terminal(answer, release, target)
        assert status == 1 and "not confirmed" in said and not target.exists()
    status, said = at_terminal("y\n", release, target)
    assert status == 0 and "done: edge" in said and target.exists()


def test_nobody_to_ask(release, tmp_path):
    """[stest->swr~flash-asks~1]"""
    result = flash(release, tmp_path / TARGET)
    assert result.returncode == 1 and "no terminal" in result.stderr and "--yes" in result.stderr
    assert not (tmp_path / TARGET).exists()


# ---- releases that are refused ----


@pytest.mark.parametrize("name", ["disk.img", "disk.img.bmap"])
def test_damaged_release(release, tmp_path, name):
    """[stest->swr~flash-release~1]"""
    with open(release / name, "r+b") as file:
        file.seek(5000 if name == "disk.img" else 500)
        file.write(b"#")
    said = refused(release, tmp_path / TARGET)
    assert f"{release / name} isn't the file that release.json tells of" in said and "make image" in said
    assert not (tmp_path / TARGET).exists()


@pytest.mark.full
def test_truncated_release(release, tmp_path):
    """[stest->swr~flash-release~1]"""
    os.truncate(release / "disk.img", SIZE - 512)
    assert f"has {SIZE - 512} bytes, release.json says {SIZE}" in refused(release, tmp_path / TARGET)
    (release / "disk.img").unlink()
    assert "No such file" in refused(release, tmp_path / TARGET)


@pytest.mark.full
@pytest.mark.parametrize("text", ["", "{}", "[]", '{"name": 1, "board": 2, "counter": "x"}'])
def test_no_release(release, tmp_path, text):
    """[stest->swr~flash-release~1]"""
    (release / "release.json").write_text(text)
    assert "release.json isn't what make image writes" in refused(release, tmp_path / TARGET)
    (release / "release.json").unlink()
    assert "name the folder of a release" in refused(release, tmp_path / TARGET)


def test_bmap_of_another_image(release, tmp_path):
    """[stest->swr~flash-release~1] A map that its release.json knows, but whose checksums are another image's."""
    other = stand_in.release(tmp_path / "other", seed=2)
    (release / "disk.img.bmap").write_bytes((other / "disk.img.bmap").read_bytes())
    text = (release / "disk.img.bmap").read_bytes()
    files = stand_in.json.loads((release / "release.json").read_text())["files"]
    stand_in.change(release, files=files | {"disk.img.bmap": {"size": len(text), "sha256": stand_in.sha256(text)}})
    result = flash("--yes", release, tmp_path / TARGET)
    assert result.returncode == 3 and "trust neither" in result.stderr


def test_development_key(tmp_path):
    """[stest->swr~flash-development~1]"""
    release = stand_in.release(tmp_path / "development", development=True)
    said = refused(release, tmp_path / TARGET)
    assert "DEVELOPMENT key (6ef1)" in said and "--development" in said and not (tmp_path / TARGET).exists()
    assert "DEVELOPMENT KEY: NOT TO BE SHIPPED" in done("--development", release, tmp_path / TARGET).stderr
    assert records(release / "flash-record.jsonl")[0]["development"] is True


def test_other_key(release, tmp_path):
    """[stest->swr~flash-development~1]"""
    assert "signed with key 6ef1, not with 0000" in refused("--key-id", "0000", release, tmp_path / TARGET)
    done("--key-id", "6ef1", release, tmp_path / TARGET)


# ---- targets that are refused ----


def test_target_is_read_from(release, tmp_path):
    """[stest->swr~flash-refuses~1]"""
    before = state_of(release / "disk.img")
    (tmp_path / "link").symlink_to(release / "disk.img")
    os.link(release / "loader.img", tmp_path / "hard-link")
    for target in (release / "disk.img", tmp_path / "link", tmp_path / "hard-link", release / "release.json"):
        assert "itself, which is read here" in refused(release, target)
    assert state_of(release / "disk.img") == before


def test_targets_that_are_none(release, tmp_path):
    """[stest->swr~flash-refuses~1]"""
    os.mkfifo(tmp_path / "fifo")
    for target, said in (
        (tmp_path, "neither a disk nor a plain file"), ("/dev/null", "neither a disk nor a plain file"),
        (tmp_path / "fifo", "neither a disk nor a plain file"), ("/dev/sdzz", "no such device"),
        (tmp_path / "none/disk", "there is no folder"),
    ):  # fmt: skip
        assert said in refused(release, target)
    assert not os.path.lexists("/dev/sdzz")


def test_target_twice(release, tmp_path):
    """[stest->swr~flash-refuses~1]"""
    (tmp_path / TARGET).touch()
    (tmp_path / "link").symlink_to(tmp_path / TARGET)
    assert "is named twice" in refused(release, tmp_path / TARGET, tmp_path / "link")
    assert (tmp_path / TARGET).stat().st_size == 0


def test_target_in_use(release, tmp_path, baddisk):
    """[stest->swr~flash-refuses~1] Two flashes of one file: the second one doesn't touch it."""
    target = tmp_path / TARGET
    slow = subprocess.Popen([FLASH, "--yes", release, target], env=faulty(baddisk, target, BAD_WRITE="100000:stop"), stderr=subprocess.PIPE, text=True)
    while not target.exists():
        assert slow.poll() is None
    second = flash("--yes", "--record", tmp_path / "second", release, target)
    assert second.returncode == 3 and "is in use by somebody" in second.stderr
    go_on(slow)
    assert slow.wait(60) == 0 and target.read_bytes() == (release / "disk.img").read_bytes()
    slow.stderr.close()


# ---- what goes wrong on the way ----


MORE = [pytest.param(at, marks=pytest.mark.full) for at in (100, stand_in.BOOT + 4097, SIZE - 1)]


@pytest.mark.parametrize("offset", [0, stand_in.ROOT_FS + 777_777, *MORE])
def test_corrupted_write(release, tmp_path, baddisk, offset):
    """[stest->swr~flash-read-back~1] [stest->swr~flash-table-last~1]"""
    target = tmp_path / TARGET
    result = flash("--yes", release, target, env=faulty(baddisk, target, BAD_WRITE=f"{offset:x}:flip"))
    assert result.returncode == 3
    assert f"at offset {offset} (sector {offset // 512}) it has 0x" in result.stderr and "flash it again" in result.stderr
    (line,) = records(release / "flash-record.jsonl")
    assert line["verdict"] == "failed" and f"at offset {offset}" in line["reason"] and line["targets"][0]["sha256"] is None
    if offset not in (0, 100):  # the fault doesn't let these be cleared
        assert target.read_bytes()[:TABLE_CLEARED] == bytes(TABLE_CLEARED)


TABLE_CLEARED = 32 << 10


@pytest.mark.parametrize("offset", [stand_in.BOOT, pytest.param(stand_in.ROOT_FS + 4096, marks=pytest.mark.full)])
def test_failing_write(release, tmp_path, baddisk, offset):
    """[stest->swr~flash-table-last~1]"""
    target = tmp_path / TARGET
    target.write_bytes(b"\xa5" * SIZE)
    result = flash("--yes", release, target, env=faulty(baddisk, target, BAD_WRITE=f"{offset:x}:eio"))
    assert result.returncode == 3 and "can't be written at offset" in result.stderr and "Input/output error" in result.stderr
    assert "flash it again" in result.stderr
    (line,) = records(release / "flash-record.jsonl")
    assert line["verdict"] == "failed" and "Input/output error" in line["reason"]
    assert target.read_bytes()[:TABLE_CLEARED] == bytes(TABLE_CLEARED)
    done(release, target)  # the same once more
    assert [line["verdict"] for line in records(release / "flash-record.jsonl")] == ["failed", "done"]


def test_failing_disk_does_not_keep_the_others(release, tmp_path, baddisk):
    """A target that fails has its line, and the others are flashed. [stest->swr~flash-record~1]"""
    targets = [tmp_path / f"disk-{number}.img" for number in range(3)]
    result = flash("--yes", release, *targets, env=faulty(baddisk, targets[1], BAD_WRITE="100000:eio"))
    assert result.returncode == 3
    assert [line["verdict"] for line in records(release / "flash-record.jsonl")] == ["done", "failed", "done"]


def signals_as_usual():
    """Also where the tests run under nohup."""
    signals.signal(signals.SIGHUP, signals.SIG_DFL)


@pytest.mark.parametrize("signal,named", [("int", "Ctrl-C"), pytest.param("term", "SIGTERM", marks=pytest.mark.full), pytest.param("hup", "SIGHUP", marks=pytest.mark.full)])
def test_interrupted(release, tmp_path, baddisk, signal, named):
    """[stest->swr~flash-record~1] [stest->swr~flash-table-last~1]"""
    targets = [tmp_path / "first.img", tmp_path / "second.img"]
    env = faulty(baddisk, targets[0], BAD_WRITE=f"400000:{signal}")
    result = flash("--yes", release, *targets, env=env, preexec_fn=signals_as_usual)
    assert result.returncode == 130 and f"interrupted: stopped by {named}" in result.stderr
    assert "The device is not complete: flash it again." in result.stderr and f"not begun: {targets[1]}" in result.stderr
    (line,) = records(release / "flash-record.jsonl")
    assert line["verdict"] == "interrupted"
    assert targets[0].read_bytes()[:TABLE_CLEARED] == bytes(TABLE_CLEARED) and not targets[1].exists()


@pytest.mark.full
def test_help():
    text = flash("--help").stdout
    assert "examples:" in text and "exit status:" in text
    assert flash().returncode == 2


@pytest.mark.full
def test_no_room_for_the_target(release, tmp_path, mounted):
    """[stest->swr~flash-refuses~1]"""
    full = mounted("full", "-t", "tmpfs", "-o", "size=1m", "none")
    assert "no room" in refused(release, full / TARGET)
    assert not list(full.iterdir())

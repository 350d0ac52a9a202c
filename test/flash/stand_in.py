# SPDX-License-Identifier: Apache-2.0
"""A small release as `make image` leaves one, a disk for it, and scripts/flash run on them."""

import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLASH = ROOT / "scripts/flash"
SIZE = 8 << 20  # of the disk image
TABLE, END_TABLE = 17408, 16896  # bytes of a GPT and of its copy
BOOT, ROOT_FS = 1 << 20, 4 << 20  # where data lies in it
ERASE_BLOCK = 0x1000
TIMEOUT = 60
HOSTS = "a-board-of-nobodys"  # its flash isn't known: nothing is padded


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def release(folder, board=HOSTS, development=False, key="6ef1", seed=1):
    """The folder, filled."""
    folder.mkdir(parents=True)
    made = random.Random(seed)
    with open(folder / "disk.img", "wb") as disk:
        disk.truncate(SIZE)
        for at, length in ((0, TABLE), (BOOT, 700_000), (ROOT_FS, 1 << 20), (SIZE - END_TABLE, END_TABLE)):
            disk.seek(at)
            disk.write(made.randbytes(length))
    subprocess.run(["bmaptool", "--quiet", "create", "-o", folder / "disk.img.bmap", folder / "disk.img"], check=True, timeout=TIMEOUT)
    state = (b"BHBS" + bytes(252)).ljust(3 * ERASE_BLOCK, b"\xff")
    (folder / "state.img").write_bytes(state)
    (folder / "loader.img").write_bytes(made.randbytes(5000))
    names = ("disk.img", "disk.img.bmap", "state.img", "loader.img")
    files = {name: {"size": (folder / name).stat().st_size, "sha256": sha256((folder / name).read_bytes())} for name in names}
    told = {
        "name": "edge", "board": board, "counter": 7, "key": {"id": key, "development": development}, "files": files,
        "fit_sha256": sha256(b"fit"), "disk": {"partitions": []},
    }  # fmt: skip
    (folder / "release.json").write_text(json.dumps(told))
    return folder


def change(folder, **fields):
    """release.json with other fields."""
    path = folder / "release.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def flash(*arguments, **options):
    """The finished scripts/flash; nobody is at its terminal."""
    return subprocess.run(
        [FLASH, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT, check=False, **options
    )


def done(*arguments, **options):
    """A flash that has to be done."""
    result = flash("--yes", *arguments, **options)
    assert result.returncode == 0, result.stderr
    return result


def refused(*arguments, **options):
    """Its message; nothing may have been written."""
    result = flash("--yes", *arguments, **options)
    assert result.returncode == 1, (result.returncode, result.stderr)
    assert "flash: refused: " in result.stderr
    return result.stderr


def records(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


def go_on(process):
    """Once it has come to the write that waits (baddisk.c)."""
    while pathlib.Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "T":
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGCONT)


def faulty(library, path, **faults):
    """The environment in which `path` has faults (baddisk.c)."""
    return os.environ | {"LD_PRELOAD": str(library), "BAD_PATH": os.path.realpath(path)} | faults

# SPDX-License-Identifier: Apache-2.0
"""scripts/flash --provision: units and their identity; and several flashes of one record.

Robustness: test_failed_unit_is_not_done, test_vendor_tool_after_a_failure, test_unknown_board,
test_all_bad_lines_at_once, test_two_at_once, test_line_waits_for_the_lock, test_record_fills_up_meanwhile,
test_records_that_are_none, test_wrong_together, test_boot_partition_that_is_none
"""

import base64
import fcntl
import json
import os
import stat
import struct
import subprocess
import time
import zlib

import pytest
import stand_in
from flashing import units
from flashing.errors import Refused
from stand_in import ERASE_BLOCK, FLASH, done, faulty, flash, go_on, records, refused

CSV = "serial,macs,addresses\nE-1,52:54:00:00:00:01 52:54:00:00:00:02,10.0.2.15/24 192.168.7.1/30\nE-2,,\nE-3,52:54:00:00:00:03,\n"


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "units.csv"
    path.write_text(CSV)
    return path


def identity(path):
    """The area in a bank's image, taken apart by the contract's offsets."""
    data = path.read_bytes()[2 * ERASE_BLOCK :][:512]
    magic, version = struct.unpack_from("<II", data)
    assert magic == 0x44494842 and version == 1 and struct.unpack_from(">I", data, 508)[0] == zlib.crc32(data[:508])
    macs, addresses = struct.unpack_from("<I", data, 104)[0], struct.unpack_from("<I", data, 204)[0]
    assert data[464:508] == bytes(44) and not any(data[108 + 6 * macs : 204]) and not any(data[208 + 32 * addresses : 464])
    return {
        "serial": data[8:40].rstrip(b"\0").decode(), "seed": data[40:72], "public": data[72:104],
        "macs": [data[108 + 6 * n :][:6].hex(":") for n in range(macs)],
        "addresses": [data[208 + 32 * n :][:32].rstrip(b"\0").decode() for n in range(addresses)],
    }  # fmt: skip


def public_of(seed):
    """OpenSSL's, of a private key."""
    private = bytes.fromhex("302e020100300506032b657004220420") + seed
    return subprocess.run(["openssl", "pkey", "-inform", "DER", "-pubout"], input=private, capture_output=True, check=True).stdout.decode()


def test_identity(release, tmp_path, listed):
    """[stest->swr~flash-identity~1] [stest->swr~flash-next-unit~1]"""
    bank = tmp_path / "bank1.img"
    bank.touch(0o644)
    done("--provision", listed, "--state", bank, "--loader", tmp_path / "bank0.img", release, tmp_path / "disk.img")
    found, content = identity(bank), bank.read_bytes()
    assert found["serial"] == "E-1" and found["macs"] == ["52:54:00:00:00:01", "52:54:00:00:00:02"]
    assert found["addresses"] == ["10.0.2.15/24", "192.168.7.1/30"]
    original = (release / "state.img").read_bytes()
    assert content[: 2 * ERASE_BLOCK] == original[: 2 * ERASE_BLOCK] and content[2 * ERASE_BLOCK + 512 :] == original[2 * ERASE_BLOCK + 512 :]
    pem = (release / "public-keys/E-1.pub.pem").read_text()
    assert pem == public_of(found["seed"])
    (line,) = records(release / "flash-record.jsonl")
    assert line["unit"] == "E-1" and line["public_key"] == found["public"].hex() and line["macs"] == found["macs"]
    assert [target["role"] for target in line["targets"]] == ["loader", "state", "disk"]
    assert stat.S_IMODE(bank.stat().st_mode) == 0o600
    assert holders(tmp_path, found["seed"]) == [bank]


def holders(folder, seed):
    """Files that have the private key, in any of the forms in which one is written."""
    forms = (seed, seed.hex().encode(), base64.b64encode(seed)[:40])
    return [path for path in folder.rglob("*") if path.is_file() and any(form in path.read_bytes() for form in forms)]


@pytest.mark.full
def test_units_in_turn(release, tmp_path, listed):
    """[stest->swr~flash-next-unit~1]"""
    for serial in ("E-1", "E-2", "E-3"):
        said = done("--provision", listed, "--state", tmp_path / f"{serial}.img", release)
        assert f"unit      {serial}," in said.stderr
    assert len({identity(tmp_path / f"E-{n}.img")["seed"] for n in (1, 2, 3)}) == 3
    assert "no unit is left: all 3" in refused("--provision", listed, "--state", tmp_path / "4.img", release)
    assert not (tmp_path / "4.img").exists()


def test_unit_again(release, tmp_path, listed):
    """[stest->swr~flash-next-unit~1]"""
    bank = tmp_path / "bank1.img"
    done("--provision", listed, "--unit", "E-2", "--state", bank, release)
    first = identity(bank)["seed"]
    said = done("--provision", listed, "--unit", "E-2", "--state", bank, release)
    assert "it gets a NEW KEY" in said.stderr and identity(bank)["seed"] != first
    assert public_of(identity(bank)["seed"]) == (release / "public-keys/E-2.pub.pem").read_text()
    assert "has no unit E-9" in refused("--provision", listed, "--unit", "E-9", "--state", bank, release)


def test_failed_unit_is_not_done(release, tmp_path, listed, baddisk):
    """[stest->swr~flash-next-unit~1] Its key isn't published, and it is the next once more."""
    disk = tmp_path / "disk.img"
    arguments = ["--yes", "--provision", listed, "--state", tmp_path / "bank1.img", release, disk]
    result = flash(*arguments, env=faulty(baddisk, disk, BAD_WRITE="100000:eio"))
    assert result.returncode == 3 and not (release / "public-keys").exists()
    (line,) = records(release / "flash-record.jsonl")
    assert line["verdict"] == "failed" and line["unit"] == "E-1" and line["public_key"] is None
    assert flash(*arguments).returncode == 0
    assert [line["unit"] for line in records(release / "flash-record.jsonl")] == ["E-1", "E-1"]


def test_dry_run(release, tmp_path, listed):
    """[stest->swr~flash-asks~1]"""
    before = sorted(tmp_path.rglob("*"))
    result = flash("--dry-run", "--provision", listed, "--state", tmp_path / "bank1.img", release, tmp_path / "disk.img")
    assert result.returncode == 0 and "unit      E-1," in result.stderr and sorted(tmp_path.rglob("*")) == before


@pytest.mark.full
def test_qemu_banks(release, tmp_path, listed):
    """[stest->swr~flash-identity~1] QEMU takes flash of 64 MiB and no other size."""
    stand_in.change(release, board="qemu-virt-pci")
    assert "say which: --state FILE" in refused("--provision", listed, release, tmp_path / "disk.img")
    done("--provision", listed, "--state", tmp_path / "bank1.img", "--loader", tmp_path / "bank0.img", release)
    state, loader = (tmp_path / "bank1.img").read_bytes(), (tmp_path / "bank0.img").read_bytes()
    assert len(state) == len(loader) == 64 << 20 and identity(tmp_path / "bank1.img")["serial"] == "E-1"
    content = (release / "loader.img").read_bytes()
    assert loader.startswith(content) and loader[len(content) :] == b"\xff" * ((64 << 20) - len(content))


# ---- an eMMC's boot partition in place of flash bank 1: [stest->swr~flash-emmc-partition~1] ----


@pytest.mark.parametrize("board", ["qemu-virt-pci", "pine64-rockpro64-v2.1"])
def test_boot_partition(release, tmp_path, listed, board):
    """It gets what is its beginning, in a file too; nobody is told to write it into flash."""
    stand_in.change(release, board=board, boot_state={"medium": "emmc", "bank": 2})
    size = (release / "state.img").stat().st_size
    done("--provision", listed, "--state", tmp_path / "boot1.img", release, tmp_path / "disk.img")
    assert (tmp_path / "boot1.img").stat().st_size == size and identity(tmp_path / "boot1.img")["serial"] == "E-1"
    if board.startswith("qemu"):
        return
    said = done("--provision", listed, release, tmp_path / "disk.img").stderr
    image = release / "state-E-2.img"
    assert f"--state /dev/mmcblk0boot1 (Linux writes it once /sys/block/mmcblk0boot1/force_ro is 0); else by another tool {image}" in said
    assert f"shred -u {image}\n" in said and f"wl 30720 {image}" not in said
    assert f"rkdeveloptool wl 0 {release / 'loader.img'}" in said


# [stest->swr~flash-emmc-partition~1]
@pytest.mark.parametrize("place", [{"medium": "emmc"}, {"medium": "emmc", "bank": "boot1"}, {"medium": "emmc", "bank": None}, "emmc"])
def test_boot_partition_that_is_none(release, tmp_path, listed, place):
    """Which it is the release doesn't say: nothing is written, and nobody is told where to."""
    stand_in.change(release, board="pine64-rockpro64-v2.1", boot_state=place)
    target = tmp_path / "boot1.img"
    target.write_bytes(b"\xaa" * (1 << 20))
    said = refused("--provision", listed, "--state", target, release, tmp_path / "disk.img")
    assert "release.json isn't what make image writes" in said and "mmcblk0" not in said
    assert target.read_bytes() == b"\xaa" * (1 << 20) and not (tmp_path / "disk.img").exists()


# ---- boards whose flash another tool writes ----


def test_vendor_tool(release, tmp_path, listed):
    """[stest->swr~flash-vendor-tool~1]"""
    stand_in.change(release, board="pine64-rockpro64-v2.1")
    said = done("--provision", listed, release, tmp_path / "disk.img").stderr
    image = release / "state-E-1.img"
    assert stat.S_IMODE(image.stat().st_mode) == 0o600 and identity(image)["serial"] == "E-1"
    assert "UNTESTED ON HARDWARE" in said and "rkdeveloptool db rk3399_loader_spinor" in said
    assert f"rkdeveloptool wl 30720 {image} && rkdeveloptool rl 30720 24 " in said and f"shred -u {image}\n" in said
    assert f"rkdeveloptool wl 0 {release / 'loader.img'}" in said
    assert records(release / "flash-record.jsonl")[0]["by_hand"] == ["loader", "state"]
    stand_in.change(release, flash={"state": {"offset": 512}})
    assert "rkdeveloptool wl 1 " in done("--provision", listed, release, tmp_path / "disk.img").stderr


def test_vendor_tool_after_a_failure(release, tmp_path, listed, baddisk):
    """[stest->swr~flash-identity~1] The unit's image doesn't stay."""
    disk = tmp_path / "disk.img"
    result = flash("--yes", "--provision", listed, release, disk, env=faulty(baddisk, disk, BAD_WRITE="100000:eio"))
    assert result.returncode == 3 and not list(release.glob("state-*"))


def test_unknown_board(release, tmp_path):
    """[stest->swr~flash-vendor-tool~1]"""
    assert f"of a board '{stand_in.HOSTS}' is written isn't known here" in done(release, tmp_path / "disk.img").stderr


# ---- the list ----


@pytest.mark.parametrize(
    "line,said",
    [
        ("E-9", "1 fields, not 3"), ("E-9,,,", "4 fields, not 3"), (",,", None), ("E 9,,", "serial 'E 9' has to be"),
        ("../x,,", "has to be"), ("..,,", "not begin with a dot"), (f"{'x' * 32},,", "1 to 31"), ("é,,", "has to be"),
        ("E-9,52:54:00:00:00,", "isn't like"), ("E-9,52-54-00-00-00-09,", "isn't like"), ("E-9,01:00:5e:00:00:01,", "group address"),
        ("E-9,ff:ff:ff:ff:ff:ff,", "group address"), ("E-9,00:00:00:00:00:00,", "nobody's"),
        ("E-9,52:54:00:00:00:09 52:54:00:00:00:09,", "twice"), ("E-9,52:54:00:00:00:0A 52:54:00:00:00:0a,", "twice"),
        ("E-9," + " ".join(f"52:54:00:00:01:{n:02x}" for n in range(17)) + ",", "17 MACs, 16 at most"),
        ("E-9,," + " ".join(f"10.0.{n}.1/24" for n in range(9)), "9 addresses, 8 at most"),
        ("E-9,,10.0.2.15", "isn't like"), ("E-9,,10.0.2.256/24", "isn't like"), ("E-9,,10.0.2.0/24", "network's own"),
        ("E-9,,10.0.2.255/24", "broadcast"), ("E-9,,10.0.2.1/31", "prefix is 1 to 30"), ("E-9,,224.0.0.1/24", "none that a host can have"),
        ("E-9,,127.0.0.1/8", "none that a host can have"), ("E-9,,fe80::1/64", "isn't like"),
        ("e-1,,", "serial e-1 is that of line 2, too"), ("E-9,52:54:00:00:00:02,", "MAC 52:54:00:00:00:02 is that of line 2, too"),
    ],
)  # fmt: skip
def test_lines(tmp_path, line, said):
    """[utest->swr~flash-units~1]"""
    path = tmp_path / "units.csv"
    path.write_text(CSV + line + "\n", encoding="utf-8")
    if said is None:
        assert len(units.read(path)) == 3
        return
    with pytest.raises(Refused) as refusal:
        units.read(path)
    assert f"{path}:5: " in str(refusal.value) and said in str(refusal.value)


def test_all_bad_lines_at_once(release, tmp_path):
    """[stest->swr~flash-units~1]"""
    path = tmp_path / "units.csv"
    path.write_text(CSV + "E-1,,\nE-5,01:00:00:00:00:00,\n")
    said = refused("--provision", path, "--state", tmp_path / "bank1.img", release)
    assert f"{path}:5: serial E-1 is that of line 2" in said and f"{path}:6: MAC 01:00" in said and not (tmp_path / "bank1.img").exists()
    for text in ("", "serial,mac,addresses\nE-1,,\n", "serial,macs,addresses\n", "\xff"):
        path.write_bytes(text.encode("latin-1"))
        refused("--provision", path, "--state", tmp_path / "bank1.img", release)


def test_from_a_spreadsheet(tmp_path):
    """[utest->swr~flash-units~1] With a byte order mark, CR LF and quotes."""
    path = tmp_path / "units.csv"
    path.write_bytes(b'\xef\xbb\xbfserial,macs,addresses\r\n"E-1","52:54:00:00:00:0A ","10.0.2.15/24"\r\n')
    assert units.read(path) == [units.Unit("E-1", ("52:54:00:00:00:0a",), ("10.0.2.15/24",))]


# ---- one record, several flashes ----


def test_two_at_once(release, tmp_path, listed, baddisk):
    """[stest->swr~flash-next-unit~1] While one has the first unit, another takes the next; a named one is refused."""
    first = [FLASH, "--yes", "--provision", listed, "--state", tmp_path / "1.img", release, tmp_path / "disk.img"]
    with subprocess.Popen(first, env=faulty(baddisk, tmp_path / "disk.img", BAD_WRITE="100000:stop"), stderr=subprocess.DEVNULL) as slow:
        while not (tmp_path / "disk.img").exists():
            assert slow.poll() is None
        said = done("--provision", listed, "--state", tmp_path / "2.img", release)
        named = flash("--yes", "--provision", listed, "--unit", "E-1", "--state", tmp_path / "3.img", release)
        assert slow.poll() is None
        go_on(slow)
        assert "unit      E-2," in said.stderr and named.returncode == 1 and "flashed by somebody else just now" in named.stderr
        assert slow.wait(60) == 0
    assert sorted(line["unit"] for line in records(release / "flash-record.jsonl")) == ["E-1", "E-2"]


def test_line_waits_for_the_lock(release, tmp_path):
    """[stest->swr~flash-record~1]"""
    record = release / "flash-record.jsonl"
    record.write_text('{"verdict": "done", "unit": null}')  # left open by an editor
    with open(record, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with subprocess.Popen([FLASH, "--yes", release, tmp_path / "disk.img"], stderr=subprocess.DEVNULL) as running:
            time.sleep(1)
            assert running.poll() is None and len(records(record)) == 1
            fcntl.flock(held, fcntl.LOCK_UN)
            assert running.wait(60) == 0
    assert [line["verdict"] for line in records(record)] == ["done", "done"]


def test_record_fills_up_meanwhile(release, tmp_path, baddisk):
    """[stest->swr~flash-record~1] The line is printed, the record is as it was."""
    record = tmp_path / "record"
    done("--record", record, release, tmp_path / "disk.img")
    before = record.read_bytes()
    result = flash("--yes", "--record", record, release, tmp_path / "disk.img", env=faulty(baddisk, record, BAD_FULL="1"))
    assert result.returncode == 4 and "could not be added to: No space left on device" in result.stderr
    assert json.loads(result.stdout)["verdict"] == "done" and record.read_bytes() == before


@pytest.mark.full
def test_records_that_are_none(release, tmp_path, listed):
    """[stest->swr~flash-record-first~1]"""
    target = tmp_path / "bank1.img"
    assert "is no plain file" in refused("--record", "/dev/null", release, target)
    assert "no folder" in refused("--record", tmp_path / "none/record", release, target)
    (tmp_path / "record").write_text("not a line\n")
    said = refused("--record", tmp_path / "record", "--provision", listed, "--state", target, release)
    assert "record:1 is no line of a flash record" in said and not target.exists()


@pytest.mark.full
def test_wrong_together(release, tmp_path, listed):
    assert "give that, too: --provision" in refused("--unit", "E-1", "--state", tmp_path / "x", release)
    assert "one appliance's" in refused("--provision", listed, "--state", tmp_path / "x", release, tmp_path / "a", tmp_path / "b")
    (release / "state.img").write_bytes(bytes(os.path.getsize(release / "state.img")))
    assert "isn't the file that release.json tells of" in refused("--state", tmp_path / "x", release)

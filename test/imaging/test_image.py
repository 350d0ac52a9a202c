# SPDX-License-Identifier: Apache-2.0
"""image.py and keys: what an appliance is flashed with, and who signed it.

[utest->swr~image-signed~1]
[utest->swr~image-factory~1]

Both ranges: test_emmc_of_the_boot_state
Robustness: test_refusals, test_short_key, test_full_disk, test_too_many_images, test_padding_of_what_is_no_tree
"""

import hashlib
import json
import os
import resource
import signal
import stat
import struct
import subprocess
import types
import zlib

import pytest

from harness import build, fdt
from imaging import Refused, control, disk, keys, sign, state

IMAGE, KEYS = build.ROOT / "scripts/image.py", build.ROOT / "scripts/keys"
OUTPUTS = {"bulkhead-signed.itb", "disk.img", "disk.img.bmap", "loader.img", "state.img"}


def image(folder, *options, **more):
    command = [IMAGE, "--data", "0", *options, folder / "bulkhead.itb"]
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def release(folder):
    return json.loads((folder / "release.json").read_text())


def made_by(folder, *options):
    done = image(folder, *options)
    assert done.returncode == 0, done.stderr
    return release(folder)


def control_tree(folder):
    data = (folder / "loader.img").read_bytes()
    return fdt.parse(data[(build.BUILD / "loader/qemu_arm64/u-boot-nodtb.bin").stat().st_size :])


def configuration(folder):
    return fdt.parse((folder / "bulkhead-signed.itb").read_bytes())["configurations/conf-1"]


# [utest->swr~image-factory~1]
def test_release(folder, keys_folder):
    """Each file's hash is its own, and what is in the slots and in the boot state is the signed FIT."""
    found = made_by(folder, "--keys", keys_folder, "--key", "new", "--counter", "7")
    assert set(found["files"]) == OUTPUTS
    for name, file in found["files"].items():
        data = (folder / name).read_bytes()
        assert file == {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    signed = (folder / "bulkhead-signed.itb").read_bytes()
    digest = hashlib.sha256(signed).digest()
    assert found["fit_sha256"] == digest.hex()
    assert found["fit_unsigned_sha256"] == hashlib.sha256((folder / "bulkhead.itb").read_bytes()).hexdigest()
    assert found["counter"] == 7 and found["board"] == "qemu-virt" and found["name"] == "small"
    assert found["keys"] == [{"name": "new", "id": keys.find(keys_folder, "new").identity, "development": False}]
    first = (folder / "state.img").read_bytes()[: state.SIZE]
    fields = struct.unpack("<9I", first[:36])
    assert fields == (state.MAGIC, 2, 1, 7, 0, state.GOOD, state.GOOD, 7, 7)
    assert first[36:100] == digest + digest and first[100:124] == bytes(24)
    assert struct.unpack(">I", first[124:128]) == (zlib.crc32(first[:124]),)
    assert set((folder / "state.img").read_bytes()[128:]) == {0xFF} and (folder / "state.img").stat().st_size == 3 * 0x40000
    disk_image = (folder / "disk.img").read_bytes()
    starts = [at for at in range(0, len(disk_image), disk.MIB) if disk_image[at : at + len(signed)] == signed]
    assert starts == [disk.MIB, disk.MIB + found["partitions"][0]["size"]]


# [utest->swr~image-factory~1]
def test_same_bytes(folder, keys_folder, tmp_path):
    """Signatures apart: they are salted (RFC 8017, 9.1)."""
    again = tmp_path / "again"
    again.mkdir()
    for name in ("bulkhead.itb", "map.json", "manifest.json"):
        (again / name).write_bytes((folder / name).read_bytes())
    for place, zone in ((folder, "UTC"), (again, "Asia/Tokyo")):
        assert image(place, "--keys", keys_folder, "--key", "new", env={**os.environ, "TZ": zone}).returncode == 0
    assert release(folder)["fit_unsigned_sha256"] == release(again)["fit_unsigned_sha256"]
    assert (folder / "loader.img").read_bytes() == (again / "loader.img").read_bytes()
    stripped = [unsigned((place / "bulkhead-signed.itb").read_bytes()) for place in (folder, again)]
    assert stripped[0] == stripped[1]
    disks = [(place / "disk.img").read_bytes() for place in (folder, again)]
    for place, data in zip((folder, again), range(2)):
        signed = (place / "bulkhead-signed.itb").read_bytes()
        assert disks[data].count(signed) == 2
        disks[data] = disks[data].replace(signed, b"")
    assert disks[0] == disks[1]


def unsigned(blob):
    """Without the signature, and without the bytes behind the list of what it covers, which mkimage leaves to chance."""
    properties = fdt.parse(blob)["configurations/conf-1/signature-1"].properties
    value, nodes = properties["value"], properties["hashed-nodes"]
    end = nodes.offset + len(nodes.data)
    assert end < value.offset
    return blob[:end] + blob[-(-end // 4) * 4 : value.offset] + blob[value.offset + len(value.data) :]


# [utest->swr~image-signed~1]
def test_signature_covers(folder, keys_folder):
    made_by(folder, "--keys", keys_folder, "--key", "old")
    node = configuration(folder)
    assert node.properties["bulkhead,counter"].data == (1).to_bytes(4, "big")
    hashed = set(node["signature-1"].properties["hashed-nodes"].strings())
    images = fdt.parse((folder / "bulkhead-signed.itb").read_bytes())["images"].children
    assert hashed == {"/", "/configurations/conf-1"} | {f"/images/{name}{end}" for name in images for end in ("", "/hash-1")}


# [utest->swr~image-signed~1]
def test_two_keys(folder, keys_folder):
    """While machines with either are in the field: signed by both; a loader that believes both, whoever signed."""
    found = made_by(folder, "--keys", keys_folder, "--key", "old", "--key", "new")
    assert [key["name"] for key in found["keys"]] == ["old", "new"]
    hints = [configuration(folder)[f"signature-{n}"].properties["key-name-hint"].strings() for n in (1, 2)]
    assert hints == [["old"], ["new"]]
    found = made_by(folder, "--keys", keys_folder, "--key", "old", "--trust", "new")
    assert ([key["name"] for key in found["keys"]], [key["name"] for key in found["trusts"]]) == (["old"], ["old", "new"])
    assert set(control_tree(folder)["signature"].children) == {"key-old", "key-new"}
    assert control_tree(folder)["signature"].properties["required-mode"].strings() == ["any"]


def test_key_as_the_loader_wants_it(folder, keys_folder):
    made_by(folder, "--keys", keys_folder, "--key", "new")
    node, key = control_tree(folder)["signature/key-new"], keys.find(keys_folder, "new")
    assert node.properties["required"].strings() == ["conf"] and node.properties["algo"].strings() == ["sha256,rsa4096"]
    modulus = int.from_bytes(node.properties["rsa,modulus"].data, "big")
    assert modulus == key.modulus
    assert int.from_bytes(node.properties["rsa,exponent"].data, "big") == 65537
    assert int.from_bytes(node.properties["rsa,n0-inverse"].data, "big") * modulus % (1 << 32) == (1 << 32) - 1
    assert int.from_bytes(node.properties["rsa,r-squared"].data, "big") == (1 << 2 * 4096) % modulus


# [utest->swr~image-signed~1]
def test_token(folder, token):
    """The private key is in a PKCS#11 token alone (SoftHSM's)."""
    done = image(folder, "--keys", token.certificates, "--key", "new", "--token", token.uri, env=token.environment)
    assert done.returncode == 0, done.stderr
    assert len(configuration(folder)["signature-1"].properties["value"].data) == 512


# ---- what is refused ----


@pytest.mark.parametrize(
    "options, words",
    [
        (["--key", "nobody"], "no such key"),
        (["--key", "../old"], "can't be a key's name"),
        (["--key", "new", "--counter", "65535"], "a counter of 65535"),
        (["--key", "new", "--counter", "-1"], "a counter of -1"),
    ],
)
def test_refusals(folder, keys_folder, options, words):
    made_by(folder, "--keys", keys_folder, "--key", "new")
    done = image(folder, "--keys", keys_folder, *options)
    assert done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr
    assert not OUTPUTS & {path.name for path in folder.iterdir()} and not (folder / "release.json").exists()


# [utest->swr~image-signed~1]
def test_short_key(folder, tmp_path):
    subject = ["-subj", "/CN=short", "-keyout", tmp_path / "short.key", "-out", tmp_path / "short.crt"]
    subprocess.run(["openssl", "req", "-batch", "-x509", "-nodes", "-newkey", "rsa:2048", *subject], check=True, capture_output=True)
    done = image(folder, "--keys", tmp_path, "--key", "short")
    assert done.returncode == 1 and "a key of 2048 bits: images are signed with RSA-4096" in done.stderr


# [utest->swr~image-factory~1]
def test_full_disk(folder, keys_folder):
    """Where the disk ends in the middle nothing is left that looks like a release."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    done = image(folder, "--keys", keys_folder, "--key", "new", preexec_fn=limit)
    assert done.returncode == 1 and done.stderr.startswith("image: error: ") and "Traceback" not in done.stderr
    assert not (folder / "release.json").exists() and not list(folder.glob("*.part"))


def test_too_many_images(tmp_path):
    fit = sign.Fit(build.image("slots"))
    fit.images = [f"file-{n}" for n in range(50)]
    with pytest.raises(Refused, match="U-Boot verifies 49 at most"):
        sign.sign(fit, tmp_path / "out", ["new"], tmp_path, 1)


# ---- keys ----


def test_keys_command(tmp_path):
    made = subprocess.run([KEYS, "--keys", tmp_path, "new", "release-1"], capture_output=True, text=True, check=True)
    name, identity = made.stdout.split()
    assert name == "release-1" and len(identity) == 64
    assert stat.S_IMODE((tmp_path / "release-1.key").stat().st_mode) == 0o600
    before = (tmp_path / "release-1.key").read_bytes()
    again = subprocess.run([KEYS, "--keys", tmp_path, "new", "release-1"], capture_output=True, text=True, check=False)
    assert again.returncode == 1 and "a key is never written over" in again.stderr
    assert (tmp_path / "release-1.key").read_bytes() == before
    subprocess.run([KEYS, "--keys", tmp_path, "new", "--development", "trial"], check=True, capture_output=True)
    shown = subprocess.run([KEYS, "--keys", tmp_path, "list"], capture_output=True, text=True, check=True).stdout
    assert shown.splitlines()[0] == f"release-1  {identity}"
    assert shown.splitlines()[1].endswith("  DEVELOPMENT KEY, not for shipping")


# [utest->swr~image-signed~1]
def test_development_key_is_marked(folder):
    """Where nobody named a key, so that no one ships it unseen."""
    done = image(folder)
    assert done.returncode == 0 and "signed by development (not for shipping)" in done.stderr
    assert release(folder)["keys"][0]["development"] is release(folder)["key"]["development"] is True


def test_trusted_development_key_is_marked(folder, keys_folder, tmp_path):
    """A loader that would start what everybody can sign."""
    keys.make(tmp_path / "keys", "trial", development=True)
    for end in ("key", "crt"):
        (tmp_path / f"keys/new.{end}").write_bytes((keys_folder / f"new.{end}").read_bytes())
    assert made_by(folder, "--keys", tmp_path / "keys", "--key", "new")["key"]["development"] is False
    assert made_by(folder, "--keys", tmp_path / "keys", "--key", "new", "--trust", "trial")["key"]["development"] is True


# [utest->swr~image-emmc~1]
def test_emmc_of_the_boot_state():
    """What U-Boot is told of it; without the board's word of which it is, or where the disk is that one, there is no image."""
    fit = types.SimpleNamespace(board="some-board")
    place = {"medium": "emmc", "bank": 2}

    def where(bus, unit, mmc):
        return control.where(fit, control.Loader("defconfig", 0, 0, bus, unit, "", mmc), None, place)

    assert where("nvme", "0", "1") == where("mmc", "0", "1") == ("mmc", "1", "2", 512)
    with pytest.raises(Refused, match="machine.dts doesn't say which eMMC has the boot state"):
        where("nvme", "0", "")
    with pytest.raises(Refused, match="the boot state would be in the eMMC that the machine's disk is"):
        where("mmc", "1", "1")


def test_padding_of_what_is_no_tree(tmp_path):
    """Cut off, or with a property that is longer than the file: it ends, and nothing but the padding before that is another. [utest->swr~image-signature-padding~1]"""
    fit = tmp_path / "fit"
    source = '/dts-v1/; / { c { signature-1 { hashed-nodes = "12345"; value = <1>; }; }; };'
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", fit, "-"], input=source.encode(), check=True)
    clean = fit.read_bytes()
    dirty = clean.replace(b"12345\0\0\0", b"12345\0\xaa\xbb")
    value = dirty.index(b"12345")
    long = dirty[: value - 8] + struct.pack(">I", 0x7FFFFFFF) + dirty[value - 4 :]
    for bad in (dirty[: value + 8], dirty[: value - 4], dirty[:20], b"", long):
        fit.write_bytes(bad)
        with pytest.raises((struct.error, ValueError, IndexError)):
            sign.padding_zeroed(fit)
        assert fit.read_bytes() in (bad, bad.replace(b"12345\0\xaa\xbb", b"12345\0\0\0"))


def test_padding_of_signatures(tmp_path):
    """What mkimage leaves there isn't told to anybody; nothing else changes. [utest->swr~image-signature-padding~1]"""
    fit = tmp_path / "fit"
    source = '/dts-v1/; / { other { hashed-nodes = "12345"; }; c { signature-1 { hashed-nodes = "12345"; value = <1>; }; }; };'
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", fit, "-"], input=source.encode(), check=True)
    clean = fit.read_bytes()
    assert clean.count(b"12345\0\0\0") == 2
    fit.write_bytes(clean.replace(b"12345\0\0\0", b"12345\0\xaa\xbb"))
    sign.padding_zeroed(fit)
    first = clean.index(b"12345")
    assert fit.read_bytes() == clean[:first] + b"12345\0\xaa\xbb" + clean[first + 8 :]

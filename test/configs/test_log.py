# SPDX-License-Identifier: Apache-2.0
"""`bulkhead log verify`: every record altered, dropped, exchanged or cut off is found, whoever does it without the key.

The logs are made here from docs/log.md, by hashlib and openssl.

[utest->swr~log-verify~1] [utest->swr~log-read~1] [utest->swr~log-chain~1] [utest->swr~log-signatures~1]
"""
import base64
import binascii
import hashlib
import json
import os
import struct
import subprocess

import pytest

import images
import tool

NONCE = "c0ffee" + "0" * 58
HEAD = ["bulkhead-log-1", f"machine config={'5a' * 32} hz=1000 start=5", "cell 0 health", "cell 1 gateway"]
COUNT = 24


def event(n, core=0, sequence=None, code=1, cell=1):
    body = struct.pack("<QQIHH4Q", sequence or n, 10 * n, code, core, cell, n, 0, 0, 0)
    return body + struct.pack("<II", binascii.crc32(body), 0)


def first_head(head=HEAD):
    return hashlib.sha256("".join(line + "\n" for line in head).encode()).digest()


def move(head, number, data):
    return hashlib.sha256(head + struct.pack("<Q", number) + data).digest()


class Log:
    def __init__(self, folder):
        self.folder = folder
        self.head, self.lines, self.count = first_head(), [*HEAD, f"base 0 head={first_head().hex()}"], 0

    def add(self, data=None):
        self.count += 1
        data = data or event(self.count)
        self.head = move(self.head, self.count, data)
        self.lines.append(f"record {self.count} {base64.b64encode(data).decode()} {self.head[:8].hex()}")
        return self

    def checkpoint(self, key=None, nonce=NONCE):
        public = signature = "-"
        if key:
            statement = b"bulkhead-checkpoint-1".ljust(24, b"\0") + bytes.fromhex(nonce) + struct.pack("<Q", self.count) + self.head
            (self.folder / "statement").write_bytes(statement)
            signature = openssl("pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", self.folder / "statement").hex()
            public = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-32:].hex()
        self.lines.append(f"checkpoint {self.count} nonce={nonce} head={self.head.hex()} key={public} signature={signature}")
        return self

    def verify(self, *options, lines=None):
        path = self.folder / "log"
        path.write_text("".join(line + "\n" for line in lines or self.lines))
        done = tool.run(tool.TOOL, "log", "verify", *map(str, options), str(path))
        done.stderr = done.stderr.replace(str(path), "log")
        done.stdout = done.stdout.replace(str(path), "log")
        return done


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, timeout=60, check=True).stdout


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    for name in ("own", "other"):
        openssl("genpkey", "-algorithm", "ed25519", "-out", folder / name)
    openssl("pkey", "-in", folder / "own", "-pubout", "-out", folder / "public")
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", folder / "rsa")
    return folder


@pytest.fixture
def log(tmp_path, keys):
    made = Log(tmp_path)
    for _ in range(COUNT // 2):
        made.add()
    made.checkpoint(keys / "own")
    for _ in range(COUNT // 2):
        made.add()
    return made.checkpoint(keys / "own")


def test_good(log, keys):
    assert log.verify("--quiet").stdout == "log: 24 records, 2 checkpoints: consistent, not authenticated: no key was given\n"
    for key in ("own", "public"):
        done = log.verify("--quiet", "--key", keys / key, "--nonce", "c0ffee")
        assert (done.returncode, done.stdout, done.stderr) == (0, "log: 24 records, 2 checkpoints: authenticated up to record 24\n", "")
    lines = log.verify().stdout.splitlines()
    assert len(lines) == 25 and lines[2] == "3 0.030000 core=0 cell=gateway start generation=3"
    shown = [json.loads(line) for line in log.verify("--json").stdout.splitlines()]
    assert [one.get("record") for one in shown] == [*range(1, 25), None]
    assert shown[4]["event"] == "start" and shown[4]["seconds"] == 0.05 and shown[4]["cell"] == "gateway"
    assert shown[-1] == {
        "file": shown[-1]["file"], "config": "5a" * 32, "records": 24, "base": 0, "checkpoints": 2, "proven": 24, "authenticated": 0, "lost": 0, "wrong": None,
    }  # fmt: skip


def records(lines):
    return [i for i, line in enumerate(lines) if line.startswith("record")]


def altered(line):
    """Another event of the same form, its CRC right."""
    word, number, _, shown = line.split()
    return f"{word} {number} {base64.b64encode(event(int(number), code=2)).decode()} {shown}"


def rechained(lines):
    """Whoever alters a record can chain all anew, heads behind records included; but can't sign."""
    head, made = first_head(), []
    for line in lines:
        if line.startswith("record"):
            word, number, data, _ = line.split()
            head = move(head, int(number), base64.b64decode(data))
            line = f"{word} {number} {data} {head[:8].hex()}"
        made.append(line)
    return made


def refused(log, lines, at, what, *options):
    done = log.verify("--quiet", *options, lines=lines)
    assert done.returncode == 1 and done.stderr.startswith(f"log:{at}: error: ") and what in done.stderr, (at, done.stderr)


def test_each_record_altered(log):
    for i in records(log.lines):
        lines = [*log.lines]
        lines[i] = altered(lines[i])
        refused(log, lines, i + 1, "it was altered")
        checkpoint = next(n for n in range(i, len(lines)) if lines[n].startswith("checkpoint"))
        refused(log, rechained(lines), checkpoint + 1, "head isn't that")


def test_each_record_dropped(log):
    for i in records(log.lines):
        lines = log.lines[:i] + log.lines[i + 1 :]
        last = log.lines[i + 1].startswith("checkpoint")
        number = log.lines[i].split()[1]
        refused(log, lines, i + 1, f"records {number} to {number} are missing" if last else f"record {number} is missing")


def test_each_pair_exchanged(log):
    places = records(log.lines)
    for i, j in zip(places, places[1:]):
        lines = [*log.lines]
        lines[i], lines[j] = lines[j], lines[i]
        assert log.verify("--quiet", lines=lines).returncode == 1


def test_each_record_twice(log):
    for i in records(log.lines):
        refused(log, log.lines[: i + 1] + log.lines[i:], i + 2, "order is wrong")


def test_tail_cut(log):
    """Up to the last checkpoint; what comes after one can be cut off unseen, and that is said."""
    for i in range(records(log.lines)[COUNT // 2], len(log.lines) - 1):
        lines = log.lines[:i] + log.lines[-1:]
        refused(log, lines, i + 1, "are missing: the checkpoint speaks of them")
    done = log.verify("--quiet", lines=log.lines[:-3])
    assert done.returncode == 0 and "the last 10 come after the last checkpoint, so that more may be missing" in done.stdout
    refused(log, log.lines[:8], 8, "there is no checkpoint")
    assert "the file is cut off" in cut(log).stderr


def cut(log):
    (log.folder / "log").write_text("\n".join(log.lines))
    return tool.run(tool.TOOL, "log", "verify", str(log.folder / "log"))


def test_an_old_log(log, keys):
    refused(log, log.lines, len(log.lines), "doesn't answer the nonce", "--key", keys / "own", "--nonce", "01")


def test_signatures(log, keys, tmp_path):
    last = len(log.lines)
    digit = log.lines[-1][-1]
    refused(log, [*log.lines[:-1], log.lines[-1][:-1] + ("0" if digit != "0" else "1")], last, "signature is wrong")
    refused(log, log.lines, 18, "by another key", "--key", keys / "other")
    unsigned = Log(tmp_path).add().checkpoint()
    assert unsigned.verify("--quiet").returncode == 0
    refused(unsigned, unsigned.lines, 7, "isn't signed", "--key", keys / "own")
    # Signed for another number of records, or with another nonce.
    refused(log, [*log.lines[:-1], log.lines[-1].replace("c0ffee", "c0ffef")], last, "signature is wrong")


def test_machine_altered(log):
    for i, line in enumerate(log.lines[1:4], 1):
        lines = [*log.lines]
        lines[i] = line.replace("5a", "5b").replace("health", "other").replace("gateway", "other")
        refused(log, lines, 1, "were altered")


def test_rings_losses(tmp_path):
    """What a core's ring lost before the health cell looked leaves a gap in that core's own numbers."""
    log = Log(tmp_path)
    for n, (core, sequence) in enumerate([(0, 1), (1, 1), (0, 2), (1, 5), (0, 4)], 1):
        log.add(event(n, core, sequence))
    done = log.checkpoint().verify("--quiet")
    assert done.returncode == 0 and "4 events were overwritten in their rings, the first before record 4" in done.stdout
    refused(log, log.add(event(6, 1, 5)).lines, 12, "isn't above the last one's")


def test_overwritten_store(tmp_path):
    """A full store starts at a later record; its head is believed only as far as the checkpoint's."""
    log = Log(tmp_path)
    for _ in range(9):
        log.add()
    base = 5
    head = first_head()
    for n in range(1, base + 1):
        head = move(head, n, event(n))
    log.checkpoint()
    lines = [*HEAD, f"base {base} head={head.hex()}", *log.lines[5 + base :]]
    done = log.verify("--quiet", lines=lines)
    assert done.returncode == 0 and "the first 5 had been overwritten" in done.stdout
    refused(log, [*lines[:4], lines[4].replace("head=", "head=00")[: len(lines[4])], *lines[5:]], 6, "altered")
    refused(log, [*lines[:-2], "gone 9", lines[-1]], 9, "record 9 had been overwritten")


FORMS = [
    ("", 1, "no line of a log"),
    ("bulkhead-log-2", 1, "no event log"),
    ("machine config= hz=1000 start=5", 2, "which machine"),
    (f"machine config={'5a' * 32} hz=0 start=5", 2, "which machine"),
    (f"machine config={'5a' * 70} hz=1 start=5", 2, "which machine"),
    (f"machine config={'5a' * 32} hz=1 start=", 2, "which machine"),
    ("cell 1 health", 3, "order"),
    ("cell 0 " + "h" * 32, 3, "number and name"),
    ("base x head=00", 5, "before the first record"),
    ("record 1 AAAA 0000000000000000", 6, "isn't a record"),
    ("record 1 " + "A" * 86 + "== 000000000000000g", 6, "isn't a record"),
    ("record 99999999999999999999 " + "A" * 86 + "== 0000000000000000", 6, "isn't a record"),
    ("checkpoint 1", 6, "isn't a checkpoint"),
    ("nothing", 6, "no line of a log"),
]


@pytest.mark.parametrize("line, at, what", FORMS)
def test_bad_form(log, line, at, what):
    lines = [*log.lines]
    lines[at - 1] = line
    refused(log, lines, at, what)


def test_more_on_a_line(log):
    refused(log, [*log.lines[:5], log.lines[5] + " 1", *log.lines[6:]], 6, "more on the line")


def test_usage(log, keys, tmp_path):
    assert tool.run(tool.TOOL, "log", "prove", "x").returncode == 2
    assert tool.run(tool.TOOL, "log", "verify").returncode == 2
    for key, why in ((keys / "rsa", "no Ed25519 key"), (tmp_path, "is a folder"), (tmp_path / "none", "No such file")):
        done = log.verify("--key", key)
        assert done.returncode == 2 and why in done.stderr
    assert log.verify("--nonce", "xyz").returncode == 2
    for path in (tmp_path / "missing", tmp_path):
        done = tool.run(tool.TOOL, "log", "verify", str(path))
        assert done.returncode == 2 and done.stderr.startswith(f"{path}: error: ")
    (tmp_path / "log").write_bytes(os.urandom(4096))
    assert tool.run(tool.TOOL, "log", "verify", str(tmp_path / "log")).returncode == 1


CONFIG = """/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt";
	cells { health { role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; log-key = "log.pem"; }; };
};
"""


# [utest->swr~config-log-key~1]
def test_key_in_the_image(tmp_path):
    """Told to the health cell and to nobody else; and whoever builds is told that it lies there."""
    images.write(tmp_path)
    (tmp_path / "keyed.dts").write_text(CONFIG)
    out = tmp_path / "out"
    done = tool.run(tool.TOOL, "build", str(tmp_path / "keyed.dts"), "-o", str(out))
    warning = f"{tmp_path}/keyed.dts:5:86: warning: '{tmp_path}/log.pem' will lie in the image: whoever can read the image can sign logs\n"
    assert (done.returncode, done.stderr) == (0, warning)
    assert (out / "health.dtb").read_bytes().count(bytes(range(32))) == 1
    assert (out / "bulkhead.itb").read_bytes().count(bytes(range(32))) == 1
    assert tool.run(tool.TOOL, "audit", str(out / "bulkhead.itb")).returncode == 0
    manifest = json.loads((out / "manifest.json").read_text())
    digest = hashlib.sha256(images.KEY).hexdigest()
    assert [one["role"] for one in manifest["inputs"] if one["sha256"] == digest] == ["log-key"]

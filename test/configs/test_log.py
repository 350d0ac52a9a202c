# SPDX-License-Identifier: Apache-2.0
"""`bulkhead log verify`: every record altered, dropped, exchanged or cut off is found, whoever does it without the key.

The logs are made here from docs/log.md, by hashlib and openssl.

[utest->swr~log-verify~2] [utest->swr~log-read~2] [utest->swr~log-chain~2] [utest->swr~log-signatures~2]

Robustness: test_each_record_altered, test_each_record_dropped, test_each_pair_exchanged, test_each_record_twice,
test_tail_cut, test_machine_altered, test_rings_losses, test_lost_before_the_log, test_losses_in_the_machines_words,
test_overwritten_store, test_missing_in_between, test_bad_form, test_more_on_a_line,
test_records_behind_the_wrong_one, test_a_key_of_everybody, test_usage
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
MACHINE = f"machine config={'5a' * 32} hz=1000 boot=3 life=1 start=5"
HEAD = ["bulkhead-log-2", MACHINE, "cell 0 health", "cell 1 gateway"]
COUNT = 24


def event(n, core=0, sequence=None, code=1, cell=1):
    body = struct.pack("<QQIHH4Q", sequence or n, 10 * n, code, core, cell, n, 0, 0, 0)
    return body + struct.pack("<II", binascii.crc32(body), 0)


def loss(n, lost, dropped, core=0):
    body = struct.pack("<QQIHH4Q", 0, 10 * n, 64, core, 1, lost, dropped, 0, 0)
    return body + struct.pack("<II", binascii.crc32(body), 0)


def first_head(head=HEAD):
    return hashlib.sha256("".join(line + "\n" for line in head).encode()).digest()


def move(head, number, data):
    return hashlib.sha256(head + struct.pack("<Q", number) + data).digest()


class Log:
    def __init__(self, folder, boot=3):
        self.folder = folder
        self.which = [line.replace("boot=3", f"boot={boot}") for line in HEAD]
        self.first = self.head = first_head(self.which)
        self.lines, self.count = [*self.which, f"base 0 head={self.head.hex()}"], 0
        self.lost = self.dropped = self.base = 0

    def add(self, data=None):
        self.count += 1
        data = data or event(self.count)
        self.head = move(self.head, self.count, data)
        self.lines.append(f"record {self.count} {base64.b64encode(data).decode()} {self.head[:8].hex()}")
        return self

    def checkpoint(self, key=None, nonce=NONCE):
        public = signature = "-"
        if key:
            counts = struct.pack("<4Q", self.count, self.base, self.lost, self.dropped)
            statement = b"bulkhead-checkpoint-2".ljust(24, b"\0") + bytes.fromhex(nonce) + counts + self.first + self.head
            (self.folder / "statement").write_bytes(statement)
            signature = openssl("pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", self.folder / "statement").hex()
            public = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-32:].hex()
        self.lines.append(
            f"checkpoint {self.count} base={self.base} lost={self.lost} dropped={self.dropped} log={self.first.hex()} nonce={nonce} "
            f"head={self.head.hex()} key={public} signature={signature}"
        )
        return self

    def verify(self, *options, lines=None):
        path = self.folder / "log"
        path.write_text("".join(line + "\n" for line in lines or self.lines), newline="")
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


# [utest->swr~log-verify~2] [utest->swr~log-read~2] [utest->swr~log-chain~2] [utest->swr~log-signatures~2]
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
        "file": shown[-1]["file"], "config": "5a" * 32, "boot": 3, "life": 1, "records": 24, "base": 0, "missing": 0, "checkpoints": 2, "proven": 24,
        "authenticated": 0, "lost": 0, "dropped": 0, "wrong": None,
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


# [utest->swr~log-chain~2] [utest->swr~log-verify~2]
def test_each_record_altered(log):
    for i in records(log.lines):
        lines = [*log.lines]
        lines[i] = altered(lines[i])
        refused(log, lines, i + 1, "it was altered")
        checkpoint = next(n for n in range(i, len(lines)) if lines[n].startswith("checkpoint"))
        refused(log, rechained(lines), checkpoint + 1, "head isn't that")


# [utest->swr~log-chain~2]
def test_each_record_dropped(log):
    for i in records(log.lines):
        lines = log.lines[:i] + log.lines[i + 1 :]
        last = log.lines[i + 1].startswith("checkpoint")
        number = log.lines[i].split()[1]
        refused(log, lines, i + 1, f"records {number} to {number} are missing" if last else f"record {number} is missing")


# [utest->swr~log-chain~2]
def test_each_pair_exchanged(log):
    places = records(log.lines)
    for i, j in zip(places, places[1:]):
        lines = [*log.lines]
        lines[i], lines[j] = lines[j], lines[i]
        assert log.verify("--quiet", lines=lines).returncode == 1


def test_each_record_twice(log):
    for i in records(log.lines):
        refused(log, log.lines[: i + 1] + log.lines[i:], i + 2, "order is wrong")


# [utest->swr~log-chain~2]
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


# [utest->swr~log-signatures~2]
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
        refused(log, lines, 5, "were altered")


def test_rings_losses(tmp_path):
    """What a core's ring lost before the health cell looked leaves a gap in that core's own numbers."""
    log = Log(tmp_path)
    for n, (core, sequence) in enumerate([(0, 1), (1, 1), (0, 2), (1, 5), (0, 4)], 1):
        log.add(event(n, core, sequence))
    done = log.checkpoint().verify("--quiet")
    assert done.returncode == 0 and "4 events were lost in their rings, the first before record 4" in done.stdout
    refused(log, log.add(event(6, 1, 5)).lines, 12, "isn't above the last one's")


def test_lost_before_the_log(tmp_path):
    """What the rings lost before the health cell looked for the first time: a log begins with its second life, too."""
    done = Log(tmp_path).add(event(1, 0, 5)).add(event(2, 1, 1)).checkpoint().verify("--quiet")
    assert done.returncode == 0 and "4 events were lost in their rings, the first before record 1" in done.stdout


def test_boot_slots(tmp_path):
    """The health cell's own records have no number of a core: one that has is refused, and no core's numbers have a gap for them."""
    body = struct.pack("<QQIHH4Q", 0, 30, 65, 0, 0, 2, 1, 5, 0)
    log = Log(tmp_path).add(event(1, 0, 1)).add(event(2, 0, 2)).add(body + struct.pack("<II", binascii.crc32(body), 0)).add(event(4, 0, 3))
    done = log.checkpoint().verify()
    assert done.returncode == 0 and "core=0 cell=health slot of=b refused reason=signature" in done.stdout and "lost" not in done.stdout
    refused(log, log.add(event(5, 0, 4, code=65)).lines, 11, "has a number of a core")


def test_losses_in_the_machines_words(tmp_path, keys):
    """What can't be seen by gaps: the last of a ring were damaged; events that never had a number."""
    log = Log(tmp_path).add(event(1, 0, 1)).add(event(2, 0, 3)).add(loss(3, 1, 7))
    log.lost, log.dropped = 3, 7
    log.checkpoint(keys / "own")
    done = log.verify("--quiet", "--key", keys / "own")
    assert done.stdout.endswith("; 3 events were lost in their rings, the first before record 2; 7 events of guests beyond their measure were counted only\n")
    assert "core=0 cell=gateway loss lost=1 dropped=7" in log.verify().stdout
    verdict = json.loads(log.verify("--json").stdout.splitlines()[-1])
    assert (verdict["lost"], verdict["dropped"]) == (3, 7)
    for word in ("lost=3", "dropped=7", "base=0"):
        refused(log, [line.replace(word, word[:-1] + "1") for line in log.lines], 9, "signature is wrong")
    # Exchanged with an older one of as many records.
    log.dropped = 8
    log.checkpoint(keys / "own")
    refused(log, [*log.lines[:8], log.lines[9], log.lines[8]], 10, "counts fewer events")
    numbered = Log(tmp_path).add(event(1, code=64))
    refused(numbered, numbered.checkpoint().lines, 6, "has a number of a core")


def test_overwritten_store(tmp_path):
    """A full store starts at a later record; its head is believed only as far as the checkpoint's."""
    log = Log(tmp_path)
    for _ in range(9):
        log.add()
    base = 5
    head = first_head()
    for n in range(1, base + 1):
        head = move(head, n, event(n))
    log.base = base
    log.checkpoint()
    lines = [*HEAD, f"base {base} head={head.hex()}", *log.lines[5 + base :]]
    done = log.verify("--quiet", lines=lines)
    assert done.returncode == 0 and "the first 5 aren't in it: the machine no longer had them at a checkpoint, or they were taken out since" in done.stdout
    refused(log, [*lines[:4], lines[4].replace("head=", "head=00")[: len(lines[4])], *lines[5:]], 6, "altered")
    refused(log, [*lines[:-2], "gone 9", lines[-1]], 9, "record 9 was overwritten while the log was told")
    for i in range(1, 4):  # whoever reads them trusts the checkpoint only
        other = lines[i].replace("5a", "5b").replace("health", "other").replace("gateway", "other")
        refused(log, [*lines[:i], other, *lines[i + 1 :]], 10, "is another log's")
    refused(log, [line.replace("base=5", "base=4") for line in lines], 10, "records 5 to 5 are missing: the machine still had them")


def test_missing_in_between(tmp_path):
    """Collected, and again when some had been overwritten: how many is said; only a checkpoint that says so itself is believed."""
    log = Log(tmp_path)
    for _ in range(3):
        log.add()
    log.checkpoint()
    gap = len(log.lines)
    for _ in range(4):
        log.add()
    head, log.base = log.head, 7
    log.add().checkpoint()
    lines = [*log.lines[:gap], f"base 7 head={head.hex()}", *log.lines[gap + 4 :]]
    done = log.verify("--quiet", lines=lines)
    assert done.returncode == 0 and "4 from record 4 on are missing: the machine no longer had them at a checkpoint, or they were taken out since" in done.stdout
    verdict = json.loads(log.verify("--json", lines=lines).stdout.splitlines()[-1])
    assert (verdict["records"], verdict["missing"], verdict["proven"], verdict["lost"]) == (4, 4, 8, 0)
    refused(log, [line.replace("base=7", "base=6") for line in lines], len(lines), "records 7 to 7 are missing: the machine still had them")
    refused(log, [*lines[: gap - 1], *lines[gap:]], gap, "behind a checkpoint")
    refused(log, [*lines[:gap], lines[gap].replace("base 7", "base 3"), *lines[gap + 1 :]], gap + 1, "behind a checkpoint")


FORMS = [
    ("", 1, "no line of a log"),
    ("bulkhead-log-1", 1, "of the form before"),
    ("bulkhead-log-3", 1, "no event log"),
    (" bulkhead-log-2", 1, "no line of a log"),
    ("machine config= hz=1000 boot=3 life=1 start=5", 2, "which machine"),
    (MACHINE.replace("hz=1000", "hz=0"), 2, "which machine"),
    (MACHINE.replace("hz=1000", "hz=4294967296"), 2, "which machine"),
    (MACHINE.replace("hz=1000", "hz=1\0"), 2, "which machine"),
    (MACHINE.replace("5a" * 32, "5a" * 70), 2, "which machine"),
    (MACHINE.replace("start=5", "start="), 2, "which machine"),
    (MACHINE.replace("boot=3", "boot=03"), 2, "which machine"),
    (MACHINE.replace(" boot", "  boot"), 2, "which machine"),
    (MACHINE, 3, "before the first record"),
    (MACHINE + "\r", 2, "CR LF"),
    ("cell 1 health", 3, "order"),
    ("cell 0 a\x1b[2Jb", 3, "number and name"),
    ("cell 0 h\0", 3, "number and name"),
    ("cell 0x0 health", 3, "number and name"),
    ("cell 0 " + "h" * 200, 3, "number and name"),
    ("cell 0 " + "h" * 32, 3, "number and name"),
    ("base x head=00", 5, "before the next record"),
    ("record 1 AAAA 0000000000000000", 6, "isn't a record"),
    ("record 1 " + "A" * 86 + "== 000000000000000g", 6, "isn't a record"),
    ("record 99999999999999999999 " + "A" * 86 + "== 0000000000000000", 6, "isn't a record"),
    ("record 18446744073709551616 " + "A" * 86 + "== 0000000000000000", 6, "isn't a record"),
    ("record 18446744073709551615 " + "A" * 86 + "== 0000000000000000", 6, "record 1 is missing"),
    ("record 1 " + "A" * 85 + "B== 0000000000000000", 6, "isn't a record"),
    ("record 1 " + "A" * 88 + " 0000000000000000", 6, "isn't a record"),
    ("record 1 " + "A" * 5000, 6, "isn't a record"),
    ("checkpoint 1", 6, "isn't a checkpoint"),
    (f"checkpoint 1 base=0 lost=0 dropped=0 log={'0' * 64} nonce={NONCE} head={'0' * 64} key=- signature={'0' * 128}", 6, "without its key"),
    (f"checkpoint 1 base=0 lost=0 dropped=0 log={'0' * 64} nonce={NONCE} head={'0' * 64} key={'0' * 64} signature=-", 6, "checkpoint's signature"),
    ("gone x", 6, "record's number"),
    ("base x head=", 6, "before the next record"),
    ("nothing", 6, "no line of a log"),
]


# [utest->swr~log-read~2]
@pytest.mark.parametrize("line, at, what", FORMS)
def test_bad_form(log, line, at, what):
    lines = [*log.lines]
    lines[at - 1] = line
    refused(log, lines, at, what)


# [utest->swr~log-read~2]
def test_more_on_a_line(log):
    for more in (" 1", " "):
        refused(log, [*log.lines[:5], log.lines[5] + more, *log.lines[6:]], 6, "more on the line")


def test_records_behind_the_wrong_one(log):
    """They aren't shown; what no checkpoint speaks of is marked."""
    lines = [*log.lines]
    lines[7] = altered(lines[7])
    shown = [json.loads(line) for line in log.verify("--json", lines=lines).stdout.splitlines()]
    assert [(one.get("record"), one.get("proven")) for one in shown] == [(1, False), (2, False), (None, 0)] and shown[-1]["line"] == 8
    shown = [json.loads(line) for line in log.verify("--json", lines=log.lines[:-1]).stdout.splitlines()]
    assert [one["proven"] for one in shown[:-1]] == [True] * 12 + [False] * 12
    verdict = json.loads(log.verify("--json", lines=["x"]).stdout)  # no log at all
    assert verdict["line"] == 1 and "no event log" in verdict["wrong"]


# [utest->swr~log-signatures~2]
def test_a_key_of_everybody(log, tmp_path):
    """Points of small order, by which whoever wants can sign: given, or in the file."""
    for y in ("00" * 32, "01" + "00" * 31, "01" + "00" * 30 + "80", "ec" + "ff" * 30 + "7f", "ee" + "ff" * 31, "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"):
        body = base64.b64encode(bytes.fromhex("302a300506032b6570032100" + y)).decode()
        (tmp_path / "weak").write_text(f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
        done = log.verify("--key", tmp_path / "weak")
        assert done.returncode == 2 and "everybody can sign by this key" in done.stderr
        words = log.lines[-1].split()
        refused(log, [*log.lines[:-1], " ".join([*words[:8], f"key={y}", words[9]])], len(log.lines), "everybody can sign")


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

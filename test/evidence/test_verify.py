# SPDX-License-Identifier: Apache-2.0
"""`bulkhead evidence verify`: a bundle as it was sealed, and everything that can be done to its files since. Each is refused by name.

Both ranges: test_claims, test_claims_of_the_provenance, test_registers_of_the_short_form, test_records
Robustness: test_unreadable, test_weak_keys, test_each_file_changed, test_each_file_removed, test_added_and_renamed, test_exchanged,
  test_irregular, test_unsafe_names, test_too_many, test_large_file, test_every_fault_is_told, test_manifest, test_manifest_no_json,
  test_signed_by_another, test_envelope, test_envelope_text, test_other_ecdsa_signature, test_swapped, test_no_envelope, test_statement, test_statement_with_a_member_twice,
  test_index_of_another_image, test_claims_no_json, test_without_a_file, test_without_an_image,
  test_nearly_nothing, test_records_lines, test_tests_hidden, test_noise, test_without_a_bundle
"""

import base64
import json
import os
import random
import shutil
import socket
import subprocess

import pytest

from harness import build
from forger import KINDS, PARTS, TOOL, Forger, chained, envelope_text, openssl, sha256

PROVENANCE, TEST_RESULT, KEY = (f"attestation/{name}" for name in ("provenance.dsse.json", "test-result.dsse.json", "key.pem"))
RECORDS, INDEX, AUDIT, REGISTERS = "tests/records.jsonl", *(f"configuration/{name}.json" for name in ("index", "audit", "registers"))
FIRST = "attack/summary.json"  # of the manifest


# ---- as it was sealed ----


# [utest->swr~evidence-verify~1]
def test_good(forger):
    done = forger.tool()
    assert done.returncode == 0 and done.stderr == b""
    assert b"18 files, 4 test records: consistent, not authenticated: no key was given" in done.stdout
    done = forger.tool(*forger.owner())
    assert done.returncode == 0 and b": authenticated by the Ed25519 key " in done.stdout and b"NOT FOR CREDIT" not in done.stdout
    faults, verdict = forger.verify(*forger.owner())
    assert faults == set() and verdict["authenticated"] is True and verdict["not_for_credit"] == []
    assert forger.verify()[1]["authenticated"] is False


# [utest->swr~evidence-files~1]
def test_good_files(forger):
    """Those that the manifest names, each with its hash, and no other; an empty one and one with blanks in its name among them."""
    listed = {row["path"]: row["sha256"] for row in json.loads((forger.folder / "manifest.json").read_text())["files"]}
    there = {str(path.relative_to(forger.folder)): sha256(path.read_bytes()) for path in forger.folder.rglob("*") if path.is_file()}
    unlisted = {"manifest.json", PROVENANCE, TEST_RESULT, KEY}
    assert listed == {name: digest for name, digest in there.items() if name not in unlisted} and unlisted < set(there)
    assert listed["coverage/html/a b/[c].html"] == sha256(b"")
    assert forger.faults(*forger.owner()) == set()


# [utest->swr~evidence-statements~1]
def test_good_statements(forger):
    """Both are about the manifest and the image as the index has it, and say the same of configuration and reasons."""
    provenance, result = forger.statement("provenance"), forger.statement("test-result")
    subjects = {subject["name"].split("/")[-1]: subject["digest"]["sha256"] for subject in provenance["subject"]}
    assert subjects["manifest.json"] == sha256((forger.folder / "manifest.json").read_bytes())
    outputs = {row["path"].split("/")[-1]: row["sha256"] for row in json.loads((forger.folder / INDEX).read_text())["outputs"]}
    assert {name: subjects[name] for name in IMAGES} == {name: outputs[name] for name in IMAGES}
    assert result["subject"] == provenance["subject"] and result[P]["configuration"][0] in provenance[P][D]["resolvedDependencies"]
    assert result[P]["notForCredit"] == provenance[P][D]["internalParameters"]["notForCredit"]
    assert forger.faults(*forger.owner()) == set()


# [utest->swr~evidence-keys~1]
@pytest.mark.parametrize("kind", ["rsa", "rsa-pss", "p256", "p384"])
def test_kinds_of_keys(forger, kind):
    forger.sign(kind)
    assert forger.faults() == set()
    assert forger.faults("--key", forger.keys / f"{kind}.pub") == set()
    assert forger.faults("--key", forger.keys / f"{kind}.pem") == set()  # the private half, as with a log's key
    assert ("key", KEY) in forger.faults(*forger.owner())


def certificate(forger, key, name):
    path = forger.folder.parent / "certificate.crt"
    path.write_bytes(openssl("req", "-batch", "-new", "-x509", "-key", forger.keys / f"{key}.pem", "-subj", f"/CN={name}", "-days", "9"))
    return path


# [utest->swr~evidence-keys~1]
def test_certificates(forger):
    assert forger.faults("--key", certificate(forger, "owner", "Somebody")) == set()
    development = certificate(forger, "owner", "Bulkhead development key - not for shipping")
    assert forger.faults("--key", development) == {("key", PROVENANCE)}  # which states that it counts


def test_not_for_credit(forger):
    forger.bundle.reasons = ["the\x1b[2Jmoon is full"]
    forger.seal("owner")
    done = forger.tool()
    assert done.returncode == 0 and rb"NOT FOR CREDIT: the\x1b[2Jmoon is full" in done.stdout
    assert forger.verify()[1]["not_for_credit"] == forger.bundle.reasons


@pytest.mark.parametrize(
    "arguments", [["prove", "x"], ["verify"], ["verify", "a", "b"], ["verify", "/nowhere"], ["verify", TOOL], ["verify", ".", "--key", "/nowhere"], ["verify", ".", "--key", TOOL]]
)
def test_unreadable(arguments):
    done = subprocess.run([TOOL, "evidence", *arguments], capture_output=True, timeout=60, check=False)
    assert done.returncode == 2 and done.stderr


# [utest->swr~evidence-keys~1]
@pytest.mark.parametrize("kind, words", [("rsa-short", b"weak"), ("rsa-three", b"weak"), ("koblitz", b"another curve"), ("ed448", b"isn't taken"), ("zero", b"everybody")])
def test_weak_keys(forger, kind, words):
    path = forger.folder.parent / "weak.pub"
    if kind in KINDS:
        shutil.copy(forger.keys / f"{kind}.pub", path)
    else:  # y = 0, of order 4
        der = bytes.fromhex("302a300506032b6570032100") + bytes(32)
        path.write_bytes(subprocess.run(["openssl", "base64"], input=der, capture_output=True, check=True).stdout)
        path.write_bytes(b"-----BEGIN PUBLIC KEY-----\n" + path.read_bytes() + b"-----END PUBLIC KEY-----\n")
    done = forger.tool("--key", path)
    assert done.returncode == 2 and words in done.stderr
    shutil.copy(path, forger.folder / KEY)
    assert ("key", KEY) in forger.faults()
    assert words in forger.tool().stderr


# ---- files ----


# [utest->swr~evidence-files~1]
def test_each_file_changed(forger):
    for path in sorted(path for path in forger.folder.rglob("*") if path.is_file()):
        good, name = path.read_bytes(), str(path.relative_to(forger.folder))
        places = {0, len(good) // 2, len(good) - 1} | set(random.Random(1).sample(range(len(good)), min(len(good), 10)))
        for at in places if good else ():
            bad = bytearray(good)
            bad[at] ^= 1 << at % 8
            path.write_bytes(bad)
            faults = forger.faults(*forger.owner())
            if name == "manifest.json":  # a path in it is another file's then
                assert {("subject", PROVENANCE), ("subject", TEST_RESULT)} <= faults, (name, at)
            elif name.startswith("attestation/"):
                assert name in {path for _, path in faults}, (name, at, faults)
            else:
                assert ("changed", name) in faults, (name, at)
        for bad in (good[:-1], good + b"\n") if good else (b"\n",):
            path.write_bytes(bad)
            faults = forger.faults(*forger.owner())
            assert faults & {("changed", name), ("form", name), ("key", name), ("subject", PROVENANCE)}, name
        path.write_bytes(good)
    assert forger.faults(*forger.owner()) == set()


# [utest->swr~evidence-files~1]
def test_each_file_removed(forger):
    for path in sorted(path for path in forger.folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(forger.folder))
        path.rename(forger.folder.parent / "away")
        assert ("absent", name) in forger.faults(), name
        path.parent.mkdir(exist_ok=True)
        (forger.folder.parent / "away").rename(path)


# [utest->swr~evidence-files~1]
def test_added_and_renamed(forger):
    forger.write("coverage/more.html", "x")
    forger.write("attestation/more.dsse.json", "x")
    forger.write("report.pdf", "x")
    (forger.folder / "coverage/none").mkdir()
    (forger.folder / "report.html").rename(forger.folder / "Report.html")
    due = {("added", name) for name in ("coverage/more.html", "attestation/more.dsse.json", "report.pdf", "coverage/none", "Report.html")}
    assert forger.faults() == due | {("absent", "report.html")}


# [utest->swr~evidence-files~1]
def test_exchanged(forger):
    """Two files of one size."""
    for name, content in (("x", "1"), ("y", "2")):
        forger.write(name, content)
    forger.seal("owner")
    (forger.folder / "x").write_text("2")
    (forger.folder / "y").write_text("1")
    assert forger.faults() == {("changed", "x"), ("changed", "y")}


# [utest->swr~evidence-files~1]
def test_irregular(forger):
    folder = forger.folder
    for name in ("report.html", "manifest.json", KEY, RECORDS):
        away = folder.parent / "away"
        (folder / name).rename(away)
        (folder / name).symlink_to(away)
        assert ("irregular", name) in forger.faults(), name
        (folder / name).unlink()
        away.rename(folder / name)
    (folder / "coverage").rename(folder.parent / "coverage")
    (folder / "coverage").symlink_to(folder.parent / "coverage")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(folder / "socket"))
        faults = forger.faults()
    assert faults == {("irregular", name) for name in ("coverage", "pipe", "socket")} | {("absent", f"coverage/{name}") for name in ("html/a b/[c].html", "summary.json")}


# [utest->swr~evidence-files~1]
def test_unsafe_names(forger):
    """None of them reaches the terminal as it is."""
    names = ["new\nline", "\x1b[2Jgone", "back\\slash", "caf\u00e9", os.fsdecode(b"\xff")]
    for name in names:
        forger.write(name, "x")
    deep = forger.folder / "/".join(40 * "d")
    deep.mkdir(parents=True)
    done = forger.tool()
    assert done.returncode == 1
    assert {line.split(b": error: ")[0].split(b"/bundle/", 1)[1] for line in done.stderr.splitlines()} == {
        rb"new\x0aline", rb"\x1b[2Jgone", rb"back\x5cslash", rb"caf\xc3\xa9", rb"\xff", b"/".join(33 * [b"d"])
    }  # fmt: skip
    assert len(forger.faults()) == len(names) + 1


# [utest->swr~evidence-files~1]
def test_too_many(forger):
    """Files beyond what can be right, and faults beyond what anybody reads: an end comes, and is said."""
    many = forger.folder / "many"
    many.mkdir()
    for n in range(1500):
        (many / str(n)).touch()
    faults, verdict = forger.verify()
    assert len(faults) == 1000 and verdict["faults"] == 1500
    assert b"error: 500 more that aren't told" in forger.tool().stderr
    for n in range(1500, 65536):
        os.link(many / "0", many / str(n)) if n % 30000 else (many / str(n)).touch()
    assert ("limit", ".") in forger.faults()
    shutil.rmtree(many)
    assert forger.faults() == set()


def test_large_file(forger):
    """Refused by its size, without a look into it."""
    with open(forger.folder / "report.html", "r+b") as file:
        file.truncate(1 << 40)
    assert forger.faults() == {("changed", "report.html")}
    with open(forger.folder / "manifest.json", "r+b") as file:
        file.truncate(1 << 40)
    assert ("unreadable", "manifest.json") in forger.faults()
    assert b"manifest.json: error: it is larger than can be right" in forger.tool().stderr


def test_every_fault_is_told(forger):
    forger.write("report.html", "y")
    forger.write("new", "y")
    (forger.folder / "requirements/items.json").unlink()
    forger.write(KEY, (forger.keys / "other.pub").read_bytes())
    due = {("changed", "report.html"), ("added", "new"), ("absent", "requirements/items.json"), ("absent", "requirements/items.json"), ("key", KEY)}
    assert due <= forger.faults(*forger.owner())


# ---- the manifest ----

HASH = "0" * 64
MANIFESTS = {
    "other-format": (lambda m: m.update(format="x"), ("form", "manifest.json")),
    "other-version": (lambda m: m.update(version=2), ("form", "manifest.json")),
    "more": (lambda m: m.update(more=1), ("form", "manifest.json")),
    "no-list": (lambda m: m.update(files={}), ("form", "manifest.json")),
    "no-object": (lambda m: [m], ("form", "manifest.json")),
    "no-hash": (lambda m: m["files"][0].update(sha256="x"), ("form", "manifest.json")),
    "upper-case": (lambda m: m["files"][0].update(sha256=m["files"][0]["sha256"].upper()), ("form", "manifest.json")),
    "size-below-0": (lambda m: m["files"][0].update(size=-1), ("form", "manifest.json")),
    "size-no-number": (lambda m: m["files"][0].update(size="1"), ("form", "manifest.json")),
    "more-of-a-file": (lambda m: m["files"][0].update(mode=1), ("form", "manifest.json")),
    "parent": (lambda m: m["files"].insert(0, {"path": "../x", "size": 1, "sha256": HASH}), ("unsafe", "../x")),
    "parent-within": (lambda m: m["files"].insert(0, {"path": "a/../x", "size": 1, "sha256": HASH}), ("unsafe", "a/../x")),
    "itself-within": (lambda m: m["files"].insert(0, {"path": "a/./x", "size": 1, "sha256": HASH}), ("unsafe", "a/./x")),
    "root": (lambda m: m["files"].insert(0, {"path": "/etc/passwd", "size": 1, "sha256": HASH}), ("unsafe", "/etc/passwd")),
    "folder": (lambda m: m["files"].insert(0, {"path": "a/", "size": 1, "sha256": HASH}), ("unsafe", "a/")),
    "empty-name": (lambda m: m["files"].insert(0, {"path": "", "size": 1, "sha256": HASH}), ("unsafe", "")),
    "backslash": (lambda m: m["files"].insert(0, {"path": "a\\b", "size": 1, "sha256": HASH}), ("unsafe", "a\\b")),
    "long": (lambda m: m["files"].insert(0, {"path": 1025 * "a", "size": 1, "sha256": HASH}), ("unsafe", 1025 * "a")),
    "itself": (lambda m: m["files"].insert(0, {"path": "manifest.json", "size": 1, "sha256": HASH}), ("form", "manifest.json")),
    "attestation": (lambda m: m["files"].insert(0, {"path": KEY, "size": 1, "sha256": HASH}), ("form", KEY)),
    "order": (lambda m: m["files"].reverse(), ("form", FIRST)),
    "twice": (lambda m: m["files"].insert(0, m["files"][0]), ("form", FIRST)),
    "too-many": (lambda m: m.update(files=65537 * [m["files"][0]]), ("limit", "manifest.json")),
    "absent": (lambda m: m["files"].append({"path": "zzz", "size": 1, "sha256": HASH}), ("absent", "zzz")),
    "unlisted": (lambda m: m.update(files=m["files"][1:]), ("added", FIRST)),
    "size": (lambda m: m["files"][0].update(size=1), ("changed", FIRST)),
    "hash": (lambda m: m["files"][0].update(sha256=HASH), ("changed", FIRST)),
}


# [utest->swr~evidence-manifest~1]
@pytest.mark.parametrize("name", MANIFESTS)
def test_manifest(forger, name):
    """Whoever signs it."""
    change, due = MANIFESTS[name]
    forger.manifest(change)
    faults = forger.faults()
    assert due in faults and ("subject", PROVENANCE) in faults
    assert due in forger.sign("owner").faults(*forger.owner())


# [utest->swr~evidence-manifest~1]
@pytest.mark.parametrize("text", ['{"format":"bulkhead-evidence","format":"bulkhead-evidence","version":1,"files":[]}', "", "[" * 100000, '{"format":"bulkhead-evidence","version":1,"files":[]} x', "\xff"])
def test_manifest_no_json(forger, text):
    forger.write("manifest.json", text.encode("latin-1"))
    assert ("form", "manifest.json") in forger.sign("owner").faults(*forger.owner())


# ---- the signatures ----


# [utest->swr~evidence-signatures~1]
def test_signed_by_another(forger):
    forger.sign("other")
    assert forger.faults() == set()  # consistent, and that is all that is said of it
    assert forger.faults(*forger.owner()) == {("key", KEY), ("signature", PROVENANCE), ("signature", TEST_RESULT)}
    shutil.copy(forger.keys / "owner.pub", forger.folder / KEY)
    assert forger.faults(*forger.owner()) == {("signature", PROVENANCE), ("signature", TEST_RESULT)}


def envelope(forger, change, path=PROVENANCE):
    members = json.loads((forger.folder / path).read_text())
    (forger.folder / path).write_text(envelope_text(change(members) or members))
    return forger.faults(*forger.owner())


ENVELOPES = {
    "type": (lambda e: e.update(payloadType="application/json"), "form"),
    "no-signature": (lambda e: e.update(signatures=[]), "form"),
    "two-signatures": (lambda e: e["signatures"].append(e["signatures"][0]), "form"),
    "no-key": (lambda e: e["signatures"][0].update(keyid=None), "form"),
    "other-key": (lambda e: e["signatures"][0].update(keyid=HASH), "signature"),
    "more": (lambda e: e.update(more=1), "form"),
    "more-of-a-signature": (lambda e: e["signatures"][0].update(more=1), "form"),
    "cut": (lambda e: e.update(payload=e["payload"][:-4]), "signature"),
    "no-base64": (lambda e: e.update(payload="*" + e["payload"][1:]), "form"),
    "blank": (lambda e: e.update(payload=e["payload"] + "\n"), "form"),
    "blank-before": (lambda e: e.update(payload=" " + e["payload"]), "form"),
    "url": (lambda e: e["signatures"][0].update(sig="-_" + e["signatures"][0]["sig"][2:]), "form"),
    "bits-to-spare": (lambda e: e["signatures"][0].update(sig=e["signatures"][0]["sig"][:-3] + "B=="), "form"),
    "empty": (lambda e: e.update(payload=""), "form"),
    "signature-empty": (lambda e: e["signatures"][0].update(sig=""), "form"),
    "no-object": (lambda e: [e], "form"),
}


# [utest->swr~evidence-signatures~1]
@pytest.mark.parametrize("name", ENVELOPES)
def test_envelope(forger, name):
    change, kind = ENVELOPES[name]
    assert (kind, PROVENANCE) in envelope(forger, change)


TEXTS = {
    "line-feed": lambda text: text + "\n",
    "no-line-feed": lambda text: text[:-1],
    "tab": lambda text: text.replace("\n ", "\n\t", 1),
    "compact": lambda text: json.dumps(json.loads(text), separators=(",", ":")),
    "order": lambda text: json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n",
    "member-escaped": lambda text: text.replace('"sig"', r'"\u0073ig"'),
    "slash-escaped": lambda text: text.replace("application/", r"application\/"),
    "signature-escaped": lambda text: text.replace("=", r"\u003d"),
}


# [utest->swr~evidence-signatures~1]
@pytest.mark.parametrize("path", [PROVENANCE, TEST_RESULT])
@pytest.mark.parametrize("name", TEXTS)
def test_envelope_text(forger, name, path):
    """The same members, by another text: JSON's readers see no difference."""
    good = (forger.folder / path).read_text()
    bad = TEXTS[name](good)
    assert bad != good and json.loads(bad) == json.loads(good)
    (forger.folder / path).write_text(bad)
    assert forger.faults(*forger.owner()) == {("form", path)}


# [utest->swr~evidence-signatures~1]
def test_other_ecdsa_signature(forger):
    """(r, n - s) in place of (r, s) is what docs/evidence.md excepts: of the same key and statement, and DER once more. Neither r nor s can be another."""
    order, der = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551, lambda number: number.to_bytes(33, "big").lstrip(b"\0")
    forger.sign("p256")
    members = json.loads((forger.folder / PROVENANCE).read_text())
    good = base64.b64decode(members["signatures"][0]["sig"])
    r = int.from_bytes(good[4 : 4 + good[3]], "big")
    s = int.from_bytes(good[6 + good[3] :], "big")

    def faults(*pair):
        numbers = [b"\0" + der(number) if der(number)[0] > 127 else der(number) for number in pair]
        body = b"".join(bytes([2, len(number)]) + number for number in numbers)
        members["signatures"][0]["sig"] = base64.b64encode(bytes([48, len(body)]) + body).decode()
        forger.write(PROVENANCE, envelope_text(members))
        return forger.faults("--key", forger.keys / "p256.pub")

    assert faults(r, s) == faults(r, order - s) == set()
    assert faults(r, s + 1) == faults(r + 1, s) == faults(order - r, s) == {("signature", PROVENANCE)}


# [utest->swr~evidence-signatures~1]
def test_swapped(forger):
    """One's payload with the other's signature; one's envelope in the other's place; one of another bundle."""
    other = json.loads((forger.folder / TEST_RESULT).read_text())
    good = (forger.folder / PROVENANCE).read_text()
    assert ("signature", PROVENANCE) in envelope(forger, lambda e: e.update(payload=other["payload"]))
    assert envelope(forger, lambda e: other) == {("form", PROVENANCE), ("stale", TEST_RESULT)}
    (forger.folder / PROVENANCE).write_text(good)
    forger.write("more", "x")
    forger.seal("owner")
    (forger.folder / PROVENANCE).write_text(good)
    assert ("subject", PROVENANCE) in forger.faults(*forger.owner())


# [utest->swr~evidence-signatures~1]
@pytest.mark.parametrize("text", [b"", b"{}", b'{"payloadType":"a","payloadType":"a"}', b"-" * 5000])
def test_no_envelope(forger, text):
    forger.write(TEST_RESULT, text)
    assert ("form", TEST_RESULT) in forger.faults()


# ---- the statements ----


def put(value, *keys):
    """A change of a statement: the member that `keys` lead to becomes `value`; None: goes."""

    def change(statement):
        for key in keys[:-1]:
            statement = statement[key]
        if value is None:
            del statement[keys[-1]]
        else:
            statement[keys[-1]] = value

    return change


P, D, R = "predicate", "buildDefinition", "runDetails"
STATEMENTS = {
    "type": ("provenance", put("https://in-toto.io/Statement/v0.1", "_type"), "form"),
    "predicate-type": ("provenance", put("https://slsa.dev/provenance/v0.2", "predicateType"), "form"),
    "more": ("provenance", put(1, "more"), "form"),
    "no-subjects": ("provenance", put([], "subject"), "subject"),
    "many-subjects": ("provenance", put(65 * [{}], "subject"), "form"),
    "no-manifest": ("provenance", lambda s: s["subject"].pop(0), "subject"),
    "manifest-twice": ("provenance", lambda s: s["subject"].append(s["subject"][0]), "subject"),
    "subject-without-hash": ("provenance", put({}, "subject", 1, "digest"), "form"),
    "subject-of-another-hash": ("provenance", put({"sha256": HASH, "sha1": HASH}, "subject", 1, "digest"), "form"),
    "other-image": ("provenance", put(HASH, "subject", 1, "digest", "sha256"), "stale"),
    "unknown-image": ("provenance", put("x.itb", "subject", 1, "name"), "stale"),
    "build-type": ("provenance", put("urn:x", P, D, "buildType"), "form"),
    "no-config": ("provenance", put({}, P, D, "externalParameters"), "form"),
    "no-commit": ("provenance", put([], P, D, "resolvedDependencies"), "form"),
    "no-digest-of-the-config": ("provenance", lambda s: s[P][D]["resolvedDependencies"].pop(1), "form"),
    "digest-of-another-config": ("provenance", put("configs/x.dts", P, D, "resolvedDependencies", 1, "name"), "form"),
    "no-builder": ("provenance", put(None, P, R, "builder"), "form"),
    "no-time": ("provenance", put(None, P, R, "metadata", "startedOn"), "form"),
    "credit-not-said": ("provenance", put({}, P, D, "internalParameters"), "form"),
    "credit-no-words": ("provenance", put([1], P, D, "internalParameters", "notForCredit"), "form"),
    "no-result": ("test-result", put(None, P, "result"), "form"),
    "other-result": ("test-result", put("FAILED", P, "result"), "stale"),
    "no-list": ("test-result", put("a", P, "passedTests"), "form"),
    "no-names": ("test-result", put([1], P, "passedTests"), "form"),
    "one-less": ("test-result", put(["a", "b"], P, "passedTests"), "stale"),
    "one-more": ("test-result", put(["a", "b", "d", "e"], P, "passedTests"), "stale"),
    "other-case": ("test-result", put(["a", "b", "x"], P, "passedTests"), "stale"),
    "no-configuration": ("test-result", put([], P, "configuration"), "stale"),
    "other-configuration": ("test-result", put("configs/x.dts", P, "configuration", 0, "name"), "stale"),
    "configuration-stale": ("test-result", put(HASH, P, "configuration", 0, "digest", "sha256"), "stale"),
    "other-reasons": ("test-result", put(["x"], P, "notForCredit"), "stale"),
    "other-subjects": ("test-result", lambda s: s["subject"].pop(), "stale"),
}


# [utest->swr~evidence-statements~1]
@pytest.mark.parametrize("name", STATEMENTS)
def test_statement(forger, name):
    """Signed by the right key: wrong all the same."""
    which, change, kind = STATEMENTS[name]
    path = PROVENANCE if which == "provenance" else TEST_RESULT
    assert (kind, path) in forger.sign("owner", **{which.replace("-", "_"): change}).faults(*forger.owner())


# [utest->swr~evidence-statements~1]
def test_statement_with_a_member_twice(forger):
    from bundle.signing import Signer  # pylint: disable=import-outside-toplevel

    text = json.dumps(forger.statement("provenance")).replace('"_type"', '"_type": "x", "_type"')
    forger.write(PROVENANCE, envelope_text(Signer(forger.keys / "owner.pem").envelope(text.encode())))
    assert ("form", PROVENANCE) in forger.faults(*forger.owner())


# [utest->swr~evidence-statements~1]
def test_index_of_another_image(forger):
    rows = json.loads((forger.folder / INDEX).read_text())
    rows["outputs"][0]["sha256"] = HASH
    forger.write(INDEX, json.dumps(rows))
    assert {("stale", PROVENANCE), ("stale", TEST_RESULT)} <= forger.remake("owner").faults(*forger.owner())
    rows["images"] = [{**rows["outputs"][0], "sha256": "1" * 64}]
    forger.write(INDEX, json.dumps(rows))
    assert ("stale", INDEX) in forger.remake("owner").faults()
    forger.write(INDEX, "{")
    assert ("form", INDEX) in forger.remake("owner").faults()


# ---- what files say of commit, configuration and image ----


def alter(forger, path, **members):
    """In a JSON file; None: the member goes."""
    said = {**json.loads((forger.folder / path).read_text()), **members}
    forger.write(path, json.dumps({name: value for name, value in said.items() if value is not None}))
    return forger


CLAIMS = {
    "commit": (INDEX, {"commit": "0" * 40}, "stale"),
    "no-commit": (INDEX, {"commit": None}, "form"),
    "commit-no-text": (INDEX, {"commit": 1}, "form"),
    "configuration": (INDEX, {"configuration_sha256": HASH}, "stale"),
    "no-configuration": (INDEX, {"configuration_sha256": None}, "form"),
    "audit": (AUDIT, {"image_sha256": HASH}, "stale"),
    "audit-of-nothing": (AUDIT, {"image_sha256": None}, "form"),
    "audit-no-hash": (AUDIT, {"image_sha256": "x"}, "form"),
    "registers": (REGISTERS, {"image_sha256": HASH}, "stale"),
    "registers-of-nothing": (REGISTERS, {"image_sha256": None}, "form"),
    "registers-of-no-configuration": (REGISTERS, {"configuration": None}, "form"),
    "registers-of-another": (REGISTERS, {"configuration": "edge-gateway", "image_sha256": HASH}, None),
    "registers-of-a-longer-name": (REGISTERS, {"configuration": "minimal.dts", "image_sha256": HASH}, None),
}


# [utest->swr~evidence-agrees~1]
def test_claims_agree(forger):
    """As the bundle was made: index, audit and registers are of the provenance's commit, partition file and image."""
    provenance = forger.statement("provenance")
    image = next(subject["digest"]["sha256"] for subject in provenance["subject"] if subject["name"].endswith("bulkhead.itb"))
    of, (commit, config) = {}, [row["digest"] for row in provenance[P][D]["resolvedDependencies"][:2]]
    for path in (INDEX, AUDIT, REGISTERS):
        of[path] = json.loads((forger.folder / path).read_text())
    assert (of[INDEX]["commit"], of[INDEX]["configuration_sha256"]) == (commit["gitCommit"], config["sha256"])
    assert of[AUDIT]["image_sha256"] == of[REGISTERS]["image_sha256"] == image
    assert forger.remake("owner").faults(*forger.owner()) == set()


# [utest->swr~evidence-agrees~1]
@pytest.mark.parametrize("name", CLAIMS)
def test_claims(forger, name):
    """By whoever signs it: manifest and statements are of the altered file."""
    path, members, kind = CLAIMS[name]
    assert alter(forger, path, **members).remake("owner").faults(*forger.owner()) == ({(kind, path)} if kind else set())


# [utest->swr~evidence-agrees~1]
def test_claims_of_the_provenance(forger):
    """It is the one of another commit or partition file; which of both is right, nobody can say."""
    assert forger.sign("owner", provenance=put("0" * 40, P, D, "resolvedDependencies", 0, "digest", "gitCommit")).faults() == {("stale", INDEX), ("stale", RECORDS)}
    good = put(json.loads((forger.folder / INDEX).read_text())["commit"], P, D, "resolvedDependencies", 0, "digest", "gitCommit")
    assert forger.sign("owner", provenance=good).faults() == set()
    assert forger.sign("owner", provenance=put(HASH, P, D, "resolvedDependencies", 1, "digest", "sha256")).faults() == {("stale", INDEX), ("stale", TEST_RESULT)}


# [utest->swr~evidence-agrees~1]
def test_claims_no_json(forger):
    for path in (AUDIT, REGISTERS):
        good = (forger.folder / path).read_text()
        forger.write(path, "{")
        assert forger.remake("owner").faults(*forger.owner()) == {("form", path)}
        forger.write(path, good)


# [utest->swr~evidence-agrees~1]
def test_registers_of_the_short_form(forger):
    """They are those of an image of the tests."""
    alter(forger, REGISTERS, image_sha256=HASH)
    short = put(True, P, D, "externalParameters", "short")
    assert forger.remake("owner", provenance=short).faults(*forger.owner()) == set()
    assert forger.sign("owner", provenance=put(None, P, D, "externalParameters", "short")).faults(*forger.owner()) == {("stale", REGISTERS)}


# ---- the whole of it ----

WHOLE = ["report.html", INDEX, AUDIT, REGISTERS, *(f"{part}/summary.json" for part in PARTS)]
IMAGES = ["bulkhead.itb", "bulkhead.bin"]


def without(name):
    """A change of a statement: it isn't about the image `name`."""

    def change(statement):
        statement["subject"] = [subject for subject in statement["subject"] if subject["name"].split("/")[-1] != name]

    return change


def uncounted(statement):
    """A change: it says that the bundle doesn't count."""
    internal = statement[P].get(D, {}).get("internalParameters", statement[P])
    internal["notForCredit"] = ["a part of it"]


def both(*changes):
    return {name: lambda statement: [change(statement) for change in changes] for name in ("provenance", "test_result")}


# [utest->swr~evidence-whole~1]
@pytest.mark.parametrize("name", WHOLE)
def test_without_a_file(forger, name):
    (forger.folder / name).unlink()
    assert forger.remake("owner").faults(*forger.owner()) == {("absent", name)}
    faults, verdict = forger.sign("owner", **both(uncounted)).verify(*forger.owner())
    assert faults == set() and verdict["lacks"] == [name]
    assert f": lacks: {name}\n" in forger.tool(*forger.owner()).stdout.decode()


# [utest->swr~evidence-whole~1]
@pytest.mark.parametrize("name", IMAGES)
def test_without_an_image(forger, name):
    assert forger.sign("owner", **both(without(name))).faults(*forger.owner()) == {("absent", PROVENANCE)}
    faults, verdict = forger.sign("owner", **both(uncounted)).verify(*forger.owner())
    assert faults == set() and verdict["lacks"] == [name]


# [utest->swr~evidence-whole~1]
def test_nearly_nothing(forger):
    """Of one part, and said not to count: nothing is hidden, and all that is missing is named. Images are the configuration's matter."""
    for path in sorted(path for path in forger.folder.rglob("*") if path.is_file()):
        if not str(path.relative_to(forger.folder)).startswith(("attestation/", "tests/", "manifest.json")):
            path.unlink()
    faults, verdict = forger.remake("owner", **both(uncounted, *map(without, IMAGES))).verify(*forger.owner())
    assert faults == set() and sorted(verdict["lacks"]) == sorted(set(WHOLE) - {"tests/summary.json"})
    assert ", ".join(verdict["lacks"]) in forger.tool().stdout.decode()


# [utest->swr~evidence-whole~1]
def test_parts(forger):
    """Those that scripts/evidence.py makes, and a whole bundle, which counts, lacks nothing."""
    (line,) = [line for line in (build.ROOT / "scripts/bundle/bundle.py").read_text().splitlines() if line.startswith("PARTS = ")]
    assert line == f"PARTS = {PARTS}".replace("'", '"')
    assert all((forger.folder / name).is_file() for name in WHOLE)
    faults, verdict = forger.verify(*forger.owner())
    assert faults == set() and verdict["lacks"] == verdict["not_for_credit"] == []


# ---- the records ----


def records(forger, change):
    """Chained anew, and everything signed anew: `change` of the lines before."""
    lines = forger.first_lines()
    change(lines)
    forger.write(RECORDS, chained(lines))
    return forger.remake("owner").faults(*forger.owner())


RECORD_CHANGES = {
    "verdict": (lambda l: l[2].update(verdict="fail"), ("stale", TEST_RESULT)),
    "no-verdict": (lambda l: l[2].update(verdict="good"), ("records", RECORDS)),
    "no-case": (lambda l: l[2].pop("case"), ("records", RECORDS)),
    "dropped": (lambda l: l.pop(2), ("stale", TEST_RESULT)),
    "skip-dropped": (lambda l: l.pop(3), None),
    "more": (lambda l: l.append({**l[2], "case": "e"}), ("stale", TEST_RESULT)),
    "other-order": (lambda l: l.insert(1, l.pop(2)), ("records", RECORDS)),
    "log-stale": (lambda l: l[1]["log"][0].update(sha256=HASH), ("stale", "tests/logs/a/serial.log")),
    "log-absent": (lambda l: l[1]["log"][0].update(path="tests/logs/b"), ("absent", "tests/logs/b")),
    "log-without-hash": (lambda l: l[1]["log"][0].update(sha256="x"), ("records", RECORDS)),
    "input-stale": (lambda l: l[1]["inputs"].update({"configs/minimal.dts": HASH}), ("stale", "configs/minimal.dts")),
    "input-unknown": (lambda l: l[1]["inputs"].update({"configs/other.dts": HASH}), None),
    "input-without-hash": (lambda l: l[1]["inputs"].update({"configs/minimal.dts": 1}), ("records", RECORDS)),
    "input-in-the-bundle": (lambda l: l[1]["inputs"].update({"report.html": HASH}), ("stale", "report.html")),
    "image-stale": (lambda l: l[1]["inputs"].update({"blueprint.bin": HASH}), ("stale", "blueprint.bin")),
    "input-changed": (lambda l: l[1]["inputs"].update({"src/changed.c": HASH}), None),
    "commit": (lambda l: l[0].update(commit="0" * 40), ("stale", RECORDS)),
    "no-commit": (lambda l: l[0].pop("commit"), ("records", RECORDS)),
    "dirty": (lambda l: l[0].update(dirty=True), ("stale", PROVENANCE)),
    "no-tag": (lambda l: l[0].update(tag=None), ("stale", PROVENANCE)),
}


# [utest->swr~evidence-records~2]
def test_records_agree(forger):
    """As they were made, and chained and signed anew without a change: of the provenance's commit, with the test result's cases."""
    assert records(forger, lambda lines: None) == set()
    first, *cases = forger.first_lines()
    assert first["commit"] == forger.statement("provenance")[P][D]["resolvedDependencies"][0]["digest"]["gitCommit"]
    assert forger.statement("test-result")[P]["passedTests"] == [case["case"] for case in cases if case["verdict"] == "pass"]
    assert forger.verify(*forger.owner())[1]["not_for_credit"] == []


# [utest->swr~evidence-records~2]
@pytest.mark.parametrize("name", RECORD_CHANGES)
def test_records(forger, name):
    change, due = RECORD_CHANGES[name]
    faults = records(forger, change)
    assert due in faults if due else faults == set()


def line_changes(lines):
    yield "cut", lines[:-1]
    yield "dropped", [*lines[:2], *lines[3:]]
    yield "exchanged", [*lines[:2], lines[3], lines[2], *lines[4:]]
    yield "altered", [*lines[:3], lines[3].replace('"observed":""', '"observed":"x"'), *lines[4:]]
    yield "within", [*lines[:-1], lines[-1][:-9]]
    yield "behind", [*lines, lines[1]]
    yield "no-json", [lines[0], "x", *lines[1:]]
    yield "sums", [*lines[:-1], lines[-1].replace('"passed":3', '"passed":4')]
    yield "twice", [lines[0].replace('"dirty"', '"dirty":true,"dirty"'), *lines[1:]]


# [utest->swr~evidence-records~2]
def test_records_lines(forger):
    good = (forger.folder / RECORDS).read_text().splitlines()
    for name, lines in line_changes(good):
        forger.write(RECORDS, "".join(line + "\n" for line in lines))
        assert ("changed", RECORDS) in forger.faults(), name
        assert ("records", RECORDS) in forger.remake().faults(), name


# [utest->swr~evidence-records~2]
def test_tests_hidden(forger):
    """Neither the records alone, nor they and their statement, go without being seen, if one has the key."""
    (forger.folder / TEST_RESULT).unlink()
    assert ("absent", TEST_RESULT) in forger.faults()
    (forger.folder / RECORDS).unlink()
    assert {("absent", RECORDS), ("absent", TEST_RESULT)} <= forger.faults(*forger.owner())


# ---- noise ----


# [utest->swr~evidence-verify~1]
def test_noise(forger):
    """Random bytes in place of each document: it says no, and nothing worse."""
    chance = random.Random(2)
    for name in ("manifest.json", PROVENANCE, TEST_RESULT, KEY, RECORDS, INDEX):
        good = (forger.folder / name).read_bytes()
        for _ in range(10):
            bad = bytearray(good)
            for _ in range(chance.randrange(1, 30)):
                at = chance.randrange(len(bad))
                bad[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
            (forger.folder / name).write_bytes(bad)
            assert bytes(bad) == good or forger.faults(*forger.owner())
        (forger.folder / name).write_bytes(good)


def test_without_a_bundle(tmp_path, keys_folder):
    (tmp_path / "empty").mkdir()
    faults = Forger(tmp_path / "empty", keys_folder).faults()
    assert faults == {("absent", name) for name in ("manifest.json", PROVENANCE, KEY)}

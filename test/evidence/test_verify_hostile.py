# SPDX-License-Identifier: Apache-2.0
"""`bulkhead evidence verify` and a bundle whose files are made to cost time and memory, to ask, to hide or to say two things at once.

Robustness: test_key_encrypted, test_key_encrypted_under_another_name, test_key_with_header, test_own_key_is_public, test_key_large,
  test_counts_without_records, test_index_without_a_hash, test_index_entry,
  test_changed_and_counts, test_short_and_counts, test_warned, test_failed_stated, test_figures, test_figures_of_wrong_records,
  test_printed, test_printed_folder, test_printed_usage,
  test_limits_of_documents, test_limit_of_the_sum, test_flood, test_flood_of_the_manifest, test_manifest_unread
"""

import base64
import json
import os
import shutil
import subprocess

import pytest

from bundle.signing import Signer
from forger import TOOL, chained, openssl
from test_verify import AUDIT, HASH, INDEX, KEY, PROVENANCE, RECORDS, REGISTERS, TEST_RESULT, D, P, alter, both, certificate, put, records, uncounted

SECONDS = 20  # a verdict of a small bundle takes none


def verdict(forger, *options):
    """(exit status, what it says on stderr): it ends soon, and asks nothing: it has no terminal, and its input stays open."""
    command = [TOOL, "evidence", "verify", *map(str, options), str(forger.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as running:
        try:
            errors = running.stderr.read() if running.wait(SECONDS) is not None else b""
        finally:
            running.kill()
        return running.returncode, errors


# ---- keys ----


def der(tag, *parts):
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else bytes([0x81, len(body)])
    return bytes([tag]) + size + body


def oid(digits):
    return der(6, bytes.fromhex(digits))


def pem(name, data, header=""):
    return f"-----BEGIN {name}-----\n{header}".encode() + base64.encodebytes(data) + f"-----END {name}-----\n".encode()


def rounds(count):
    """A private key, encrypted by PBES2 (RFC 8018, A.4): PBKDF2 with HMAC-SHA-256 in `count` rounds, AES-256 in CBC mode."""
    derived = der(0x30, der(4, bytes(8)), der(2, count.to_bytes(4, "big")), der(0x30, oid("2a864886f70d0209"), der(5)))
    scheme = der(0x30, der(0x30, oid("2a864886f70d01050c"), derived), der(0x30, oid("60864801650304012a"), der(4, bytes(16))))
    return der(0x30, der(0x30, oid("2a864886f70d01050d"), scheme), der(4, bytes(64)))


# [utest->swr~evidence-keys~1]
def test_key_encrypted(forger):
    """It would take an hour to find that no pass phrase fits."""
    forger.write(KEY, pem("ENCRYPTED PRIVATE KEY", rounds(0x7FFFFFFF)))
    for options in ((), forger.owner()):
        status, errors = verdict(forger, *options)
        assert status == 1 and b"key.pem: error: it is encrypted" in errors
    status, errors = verdict(forger, "--key", forger.folder / KEY)
    assert status == 2 and b"it is encrypted" in errors
    forger.write(KEY, 100 * pem("ENCRYPTED PRIVATE KEY", rounds(1000000)))
    assert verdict(forger, *forger.owner())[0] == 1


# [utest->swr~evidence-keys~1]
@pytest.mark.parametrize("name", ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "PUBLIC KEY", "CERTIFICATE", "ANY PRIVATE KEY"])
def test_key_encrypted_under_another_name(forger, name):
    forger.write(KEY, pem(name, rounds(0x7FFFFFFF)))
    status, errors = verdict(forger, *forger.owner())
    assert status == 1 and b"key.pem: error: this is no key in PEM form" in errors
    status, errors = verdict(forger, "--key", forger.folder / KEY)
    assert status == 2 and b"this is no key in PEM form" in errors


# [utest->swr~evidence-keys~1]
@pytest.mark.parametrize("kind", ["CERTIFICATE", "PUBLIC KEY", "PRIVATE KEY", "RSA PRIVATE KEY"])
def test_key_with_header(forger, kind):
    """OpenSSL asks for the pass phrase of whatever has this header."""
    text = certificate(forger, "owner", "x").read_bytes() if kind == "CERTIFICATE" else pem(kind, openssl("pkey", "-in", forger.keys / "owner.pem", "-outform", "DER"))
    head = f"-----BEGIN {kind}-----\n".encode()
    forger.write(KEY, text.replace(head, head + b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"))
    for options, due in (((), 1), (forger.owner(), 1), (("--key", forger.folder / KEY), 2)):
        status, errors = verdict(forger, *options)
        assert status == due and b"it is encrypted" in errors and b"phrase:" not in errors


# [utest->swr~evidence-keys~1]
def test_own_key_is_public(forger):
    """Of a bundle's own key neither the private half nor a certificate is read, though either is taken as the given key."""
    traditional = openssl("ec", "-in", forger.keys / "p256.pem")
    for path in (forger.keys / "owner.pem", certificate(forger, "owner", "x")):
        shutil.copy(path, forger.folder / KEY)
        status, errors = verdict(forger, *forger.owner())
        assert status == 1 and b"key.pem: error: this is no key in PEM form" in errors
    forger.sign("p256")
    given = forger.folder.parent / "given.pem"
    given.write_bytes(openssl("ecparam", "-name", "prime256v1") + b"\n" + traditional)
    assert forger.faults("--key", given) == set()
    forger.sign("rsa")
    given.write_bytes(openssl("rsa", "-traditional", "-in", forger.keys / "rsa.pem"))
    assert forger.faults("--key", given) == set()


# [utest->swr~evidence-keys~1]
def test_key_large(forger):
    """Each block that is no key costs its decoding."""
    good = (forger.folder / KEY).read_bytes()
    block = pem("PUBLIC KEY", b"abc")
    forger.write(KEY, (65536 // len(block)) * block)
    assert b"key.pem: error: this is no key in PEM form" in verdict(forger)[1]
    forger.write(KEY, good + (65536 - len(good)) * b"\n")
    assert b"key.pem: error: there is more in it than the key" in verdict(forger)[1]
    forger.write(KEY, good + (65537 - len(good)) * b"\n")
    assert b"key.pem: error: it is larger than a key can be" in verdict(forger)[1]


# [utest->swr~evidence-keys~1]
def test_development_key(forger):
    """Known by its certificate, and let pass where the bundle says that it doesn't count."""
    given = certificate(forger, "owner", "Bulkhead development key - not for shipping")
    assert forger.faults("--key", given) == {("key", PROVENANCE)}
    assert forger.sign("owner", **both(uncounted)).faults("--key", given) == set()
    assert b"a development key: NOT FOR CREDIT" in forger.tool("--key", given).stdout


# ---- what is left out ----


# [utest->swr~evidence-whole~1]
def test_counts_without_records(forger):
    """One whose failures went with its records; it may be without them if it says that it doesn't count."""
    (forger.folder / RECORDS).unlink()
    result = (forger.folder / TEST_RESULT).read_text()
    for changes, due, lacks in (({}, {("absent", RECORDS)}, []), (both(uncounted), set(), [RECORDS])):
        forger.write(TEST_RESULT, result)
        forger.remake("owner", **changes)
        (forger.folder / TEST_RESULT).unlink()
        faults, said = forger.verify(*forger.owner())
        assert (faults, said["lacks"], said["records"]) == (due, lacks, 0)


# [utest->swr~evidence-statements~1]
def test_index_without_a_hash(forger):
    """An index that has no hash knows no image, so that it lets none pass."""
    alter(forger, INDEX, sources=[], outputs=[])
    images = {("stale", PROVENANCE), ("stale", TEST_RESULT)}
    assert forger.remake("owner").faults(*forger.owner()) == images
    alter(forger, INDEX, sources={}, outputs=None)
    assert forger.remake("owner").faults(*forger.owner()) == images


ENTRIES = {
    "no-hash": {"path": "bulkhead.itb"},
    "hash-no-text": {"path": "bulkhead.itb", "sha256": None},
    "no-hash-of-a-changed-one": {"path": "src/changed.c"},
    "short": {"path": "x", "sha256": "0" * 63},
    "path-no-text": {"path": 1, "sha256": "0" * 64},
}


# [utest->swr~evidence-statements~1]
@pytest.mark.parametrize("name", ENTRIES)
def test_index_entry(forger, name):
    alter(forger, INDEX, more=["x", {"sha256": 1}])
    assert forger.remake("owner").faults(*forger.owner()) == set()
    alter(forger, INDEX, changed=["src/changed.c"], more=[ENTRIES[name]])
    assert ("form", INDEX) in forger.remake("owner").faults(*forger.owner())


# ---- what contradicts itself ----

SUMMARY = "tests/summary.json"


# [utest->swr~evidence-agrees~1]
def test_changed_and_counts(forger):
    alter(forger, INDEX, changed=["src/changed.c"])
    assert forger.remake("owner").faults(*forger.owner()) == {("stale", PROVENANCE)}
    assert forger.sign("owner", **both(uncounted)).faults(*forger.owner()) == set()
    for wrong in (None, {"src/changed.c": 1}, "src/changed.c"):
        alter(forger, INDEX, changed=wrong)
        assert forger.remake("owner").faults(*forger.owner()) == {("form", INDEX)}


# [utest->swr~evidence-records~2]
def test_changed_input(forger):
    """The index has the commit's hash of a source that was changed since, the records that of the one that was tested."""
    of = [{"path": name, "sha256": "1" * 64} for name in ("src/changed.c", "src/other.c")]
    alter(forger, INDEX, changed=["src/changed.c", 1], more=of)
    forger.sign("owner", **both(uncounted))
    assert records(forger, lambda lines: lines[1]["inputs"].update({"src/changed.c": HASH})) == set()
    assert records(forger, lambda lines: lines[1]["inputs"].update({"src/other.c": HASH})) == {("stale", "src/other.c")}


# [utest->swr~evidence-statements~1]
def test_short_and_counts(forger):
    signer = Signer(forger.keys / "owner.pem")
    said = forger.statement("provenance")
    said[P][D]["externalParameters"]["short"] = True
    forger.envelop(signer, "provenance", said)
    assert forger.faults(*forger.owner()) == {("stale", PROVENANCE)}
    for name in ("provenance", "test-result"):
        said = forger.statement(name)
        uncounted(said)
        forger.envelop(signer, name, said)
    assert forger.faults(*forger.owner()) == set()


# [utest->swr~evidence-statements~1]
def test_warned(forger):
    """No record has such a verdict."""
    assert forger.sign("owner", test_result=put(["a"], P, "warnedTests")).faults(*forger.owner()) == {("stale", TEST_RESULT)}
    for wrong in ({"a": 1}, "a", None):
        assert forger.sign("owner", test_result=put(wrong, P, "warnedTests")).faults(*forger.owner()) == {("form", TEST_RESULT)}
        forger.sign("owner", test_result=put([], P, "warnedTests"))


# [utest->swr~evidence-statements~1]
def test_failed_stated(forger):
    """Failures that aren't names, or that no record has."""
    assert ("form", TEST_RESULT) in forger.sign("owner", test_result=put([1], P, "failedTests")).faults(*forger.owner())

    def failed(statement):
        statement[P].update(failedTests=["a"], result="FAILED")

    assert forger.sign("owner", test_result=failed).faults(*forger.owner()) == {("stale", TEST_RESULT)}


def figures(**values):
    return [{"name": f"tests {name}", "value": value, "unit": "tests"} for name, value in values.items()]


# [utest->swr~evidence-records~2]
def test_figures(forger):
    """What the part says of its tests are the records' sums: 3 passed, none failed, 1 was skipped."""
    good = {"passed": 3, "failed": 0, "skipped": 1}
    alter(forger, SUMMARY, figures=[1, {}, {"name": 1}, *figures(**good, others=9)])
    assert forger.remake("owner").faults(*forger.owner()) == set()
    for bad in ({"passed": 4}, {"failed": 1}, {"skipped": 0}, {"passed": "3"}, {"failed": None}, {"skipped": True}, {"passed": 3.0}, {"skipped": -1}):
        alter(forger, SUMMARY, figures=figures(**{**good, **bad}))
        assert forger.remake("owner").faults(*forger.owner()) == {("stale", SUMMARY)}, bad
    alter(forger, SUMMARY, figures=figures(**good) + figures(passed=4))
    assert forger.remake("owner").faults(*forger.owner()) == {("stale", SUMMARY)}
    assert b"tests/summary.json: error: its figure of tests passed isn't 3, as in tests/records.jsonl" in forger.tool().stderr
    forger.write(SUMMARY, "{")
    assert forger.remake("owner").faults(*forger.owner()) == {("form", SUMMARY)}


# [utest->swr~evidence-records~2]
def test_figures_of_wrong_records(forger):
    """How many there are can't be said."""
    alter(forger, SUMMARY, figures=figures(passed=4))
    forger.write(RECORDS, chained(forger.first_lines()).replace('"observed":""', '"observed":"x"', 1))
    assert forger.remake("owner").faults(*forger.owner()) == {("records", RECORDS)}


# ---- what is printed ----

CONTROLS = "\x7f\u009b31m\u202e\u2066\x1b[2J\U0001f600\\\""


def printable(output):
    return all(byte == 10 or 32 <= byte <= 126 for byte in output)


# [utest->swr~evidence-verify~1]
def test_printed(forger):
    """Words and names that a terminal or the eye obeys: DEL, C1, the order of writing."""
    forger.bundle.reasons = [CONTROLS]
    forger.seal("owner")
    done = forger.tool("--json")
    assert printable(done.stdout) and json.loads(done.stdout)["not_for_credit"] == [CONTROLS]
    assert printable(forger.tool().stdout)
    name = os.fsdecode(b"\xc2\x9b2J\xe2\x80\xae\x7f\xff\xf0\x9f\x98\x80")
    (forger.folder / name).touch()
    done = forger.tool("--json")
    told, _ = map(json.loads, done.stdout.splitlines())
    assert printable(done.stdout) and told["path"] == "\u009b2J\u202e\x7f\ufffd\U0001f600"
    assert rb"\u009b2J\u202e\u007f\ufffd\ud83d\ude00" in done.stdout
    assert printable(forger.tool().stderr)


# [utest->swr~evidence-verify~1]
def test_printed_folder(forger):
    """The folder's own name is as foreign."""
    forger.bundle.reasons = ["x"]
    (forger.folder / "timing/summary.json").unlink()
    forger.seal("owner")
    shown = rb"\x1b[31m\x0a\xe2\x80\xae"
    moved = forger.folder.rename(forger.folder.parent / os.fsdecode(b"\x1b[31m\n\xe2\x80\xae"))
    forger.folder = moved
    done = forger.tool()
    assert done.returncode == 0 and printable(done.stdout)
    lines = done.stdout.splitlines()
    assert [line.split(b": ")[0].split(b"/")[-1] for line in lines] == 4 * [shown]
    assert printable(forger.tool("--json").stdout) and forger.verify()[1]["bundle"].endswith("\x1b[31m\n\u202e")
    for number in range(1100):
        (moved / f"{number}").touch()
    errors = forger.tool().stderr
    assert printable(errors) and errors.count(shown) == 1001


# [utest->swr~evidence-verify~1]
def test_printed_usage(tmp_path):
    name = f"{tmp_path}/\x1b[31m"
    for arguments in ([name], [tmp_path, "--key", name]):
        done = subprocess.run([TOOL, "evidence", "verify", *arguments], capture_output=True, timeout=SECONDS, check=False)
        assert done.returncode == 2 and printable(done.stderr) and rb"/\x1b[31m: error: " in done.stderr


# [utest->swr~evidence-verify~1]
def test_verdicts_counted(forger):
    """A bundle whose tests failed verifies, and says so."""
    assert b": tests: 3 passed, 0 failed, 1 skipped\n" in forger.tool().stdout
    lines = forger.first_lines()
    lines[2]["verdict"] = "fail"
    forger.write(RECORDS, chained(lines))
    forger.seal("owner")
    assert b": tests: 2 passed, 1 failed, 1 skipped\n" in forger.tool(*forger.owner()).stdout
    said = forger.verify(*forger.owner())[1]
    assert (said["records"], said["passed"], said["failed"], said["skipped"], said["faults"]) == (4, 2, 1, 1, 0)


# ---- limits ----

MIB = 1 << 20


# [utest->swr~evidence-files~1]
def test_limits_of_documents(forger):
    """JSON takes up to 76 times its size in memory; a record is read by itself."""
    for name in (INDEX, AUDIT, REGISTERS, SUMMARY):
        good = (forger.folder / name).read_bytes()
        forger.write(name, good.ljust(8 * MIB))
        assert forger.remake("owner").faults(*forger.owner()) == set()
        forger.write(name, good.ljust(8 * MIB + 1))
        assert forger.remake("owner").faults(*forger.owner()) == {("unreadable", name)}
        forger.write(name, good)
    forger.remake("owner")
    for name, most in (("manifest.json", 16), (PROVENANCE, 8), (RECORDS, 64)):
        good = (forger.folder / name).read_bytes()
        forger.write(name, good.ljust(most * MIB))
        assert ("unreadable", name) not in forger.faults(*forger.owner())
        forger.write(name, good.ljust(most * MIB + 1))
        assert ("unreadable", name) in forger.faults(*forger.owner())
        forger.write(name, good)


# [utest->swr~evidence-files~1]
def test_limit_of_the_sum(forger):
    """17 names of 4 GiB without a block: nothing is hashed, and a document isn't taken unhashed for that."""
    (forger.folder / "large").mkdir()
    with open(forger.folder / "large/00", "wb") as file:
        file.truncate(4 << 30)
    names = [f"large/{number:02}" for number in range(17)]
    for name in names[1:]:
        os.link(forger.folder / names[0], forger.folder / name)
    members = json.loads((forger.folder / "manifest.json").read_text())
    members["files"] = sorted(members["files"] + [{"path": name, "size": 4 << 30, "sha256": HASH} for name in names], key=lambda row: row["path"])
    forger.write("manifest.json", json.dumps(members))
    forger.sign("owner")
    assert verdict(forger, *forger.owner())[0] == 1
    assert forger.faults(*forger.owner()) == {("limit", ".")}
    forger.write(AUDIT, (forger.folder / AUDIT).read_bytes().replace(b'"judged"', b'"Judged"'))
    assert forger.faults(*forger.owner()) == {("limit", "."), ("changed", AUDIT)}


# ---- what drowns ----


# [utest->swr~evidence-verify~1]
def test_flood(forger):
    """Of files there are 1,000 faults, whatever is wrong with them; what is signed by whom is told all the same."""
    forger.sign("other")
    for number in range(1500):
        (forger.folder / f"x{number}").touch()
    faults, said = forger.verify(*forger.owner())
    assert {("key", KEY), ("signature", PROVENANCE), ("signature", TEST_RESULT)} <= faults
    assert len(faults) == 1003 and said["faults"] > 1500
    lines = forger.first_lines()
    lines[1]["log"] = [{"path": f"tests/logs/{number}", "sha256": HASH} for number in range(1500)]
    forger.write(RECORDS, chained(lines))
    faults = forger.faults(*forger.owner())
    assert {("key", KEY), ("signature", PROVENANCE), ("signature", TEST_RESULT)} <= faults and len(faults) < 2001


# [utest->swr~evidence-verify~1]
def test_flood_of_the_manifest(forger):
    forger.manifest(lambda members: members["files"].extend(2000 * [1]))
    forger.sign("owner", provenance=put("x", "_type"), test_result=put(HASH, "subject", 0, "digest", "sha256"))
    faults = forger.faults("--key", forger.keys / "other.pub")
    assert {("form", PROVENANCE), ("key", KEY), ("signature", PROVENANCE), ("signature", TEST_RESULT), ("subject", TEST_RESULT)} <= faults


UNREAD = {"no-json": "{", "other-format": '{"format":"x"}', "too-many": '{"format":"bulkhead-evidence","version":1,"files":[' + ",".join(65537 * "1") + "]}"}


# [utest->swr~evidence-whole~1]
@pytest.mark.parametrize("name", UNREAD)
def test_manifest_unread(forger, name):
    """Files that are there aren't absent because nobody can read what should be there."""
    forger.write("manifest.json", UNREAD[name])
    faults = forger.faults(*forger.owner())
    assert faults - {("limit", "manifest.json"), ("form", "manifest.json")} == {("subject", PROVENANCE), ("subject", TEST_RESULT)}

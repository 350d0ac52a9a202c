# SPDX-License-Identifier: Apache-2.0
"""seal.py: what it writes, as another reader sees it, and what it refuses to seal.

Robustness: test_refused, test_seals_nothing_that_does_not_verify, test_failed_tests, test_incomplete_tests, test_parts_of_another_time
"""

import base64
import json

import pytest

from harness import build, softhsm
from bundle import bundle as bundles
from bundle import seal, signing, statements
from forger import Bundle, Forger, chained, openssl, sha256


def verified(forger, name):
    """The statement, after `openssl` itself has verified the envelope as DSSE's protocol says."""
    envelope = json.loads((forger.folder / f"attestation/{name}.dsse.json").read_text())
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    folder, (signature,) = forger.folder.parent, envelope["signatures"]
    (folder / "message").write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
    (folder / "signature").write_bytes(base64.b64decode(signature["sig"]))
    key = forger.folder / "attestation/key.pem"
    digest = [] if b"ED25519" in openssl("pkey", "-pubin", "-in", key, "-noout", "-text") else ["-digest", "sha256"]
    openssl("pkeyutl", "-verify", "-rawin", *digest, "-pubin", "-inkey", key, "-in", folder / "message", "-sigfile", folder / "signature")
    assert signature["keyid"] == sha256(openssl("pkey", "-pubin", "-in", key, "-outform", "DER"))
    return json.loads(payload)


# [utest->swr~evidence-sealed~1]
def test_readable(forger):
    """Whatever wrote them, and however."""
    page = forger.folder / "coverage/el2-html/sources/a.html"
    page.parent.mkdir(parents=True)
    page.write_text("page")
    page.chmod(0o600)
    page.parent.chmod(0o750)
    forger.seal("owner")
    modes = {path.stat().st_mode & 0o777 for path in forger.folder.rglob("*") if path.is_file()}
    assert modes == {0o644} and {path.stat().st_mode & 0o777 for path in (forger.folder, *forger.folder.rglob("*")) if path.is_dir()} == {0o755}


# [utest->swr~evidence-sealed~1]
@pytest.mark.parametrize("name, version, url", [
    ("bison", "2:3.8.2+dfsg-1+b1 amd64", "pkg:deb/debian/bison@2:3.8.2%2Bdfsg-1%2Bb1?arch=amd64"),
    ("libstdc++6", "14.2.0-19~x amd64", "pkg:deb/debian/libstdc%2B%2B6@14.2.0-19~x?arch=amd64"),
    ("gcc-12", "12.2.0-14", "pkg:deb/debian/gcc-12@12.2.0-14"),
    ("python3", "3.11.2_1%2 all", "pkg:deb/debian/python3@3.11.2_1%252?arch=all"),
])
def test_dependencies_are_package_urls(tmp_path, name, version, url):
    """What the environment index has of a package, its architecture behind the version, is a package URL in the provenance."""
    bundle = bundles.Bundle(build.ROOT / "configs/minimal.dts", tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    (bundle.folder("configuration") / "environment.json").write_text(json.dumps({"packages": {"base": [{"name": name, "version": version}, {"name": "gone", "version": None}]}}))
    rows = statements.provenance(bundle, [])["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert rows[2:] == [{"uri": url}]


# [utest->swr~evidence-sealed~1]
@pytest.mark.parametrize("key", ["owner", "rsa", "rsa-pss", "p256"])
def test_statements(forger, monkeypatch, key):
    monkeypatch.setenv("EVIDENCE_BUILDER", "urn:x:me")
    forger.seal(key)
    assert (forger.folder / "attestation/key.pem").read_bytes() == (forger.keys / f"{key}.pub").read_bytes()
    provenance, result = verified(forger, "provenance"), verified(forger, "test-result")
    assert {provenance["_type"], result["_type"]} == {"https://in-toto.io/Statement/v1"}
    assert provenance["predicateType"] == "https://slsa.dev/provenance/v1"
    assert result["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    subjects = {subject["name"]: subject["digest"]["sha256"] for subject in provenance["subject"]}
    assert subjects == {
        "manifest.json": statements.digest(forger.folder / "manifest.json"),
        "bulkhead.itb": sha256(b"bulkhead.itb"),
        "build/bulkhead.bin": statements.digest(build.BUILD / "bulkhead.bin"),
        "blueprint.bin": sha256(b"blueprint.bin"),
    }
    assert result["subject"] == provenance["subject"]
    definition, details = (provenance["predicate"][name] for name in ("buildDefinition", "runDetails"))
    assert definition["externalParameters"] == {"config": "configs/minimal.dts", "short": False}
    assert definition["internalParameters"] == {"notForCredit": []}
    commit, config, package = definition["resolvedDependencies"]
    assert commit["digest"] == {"gitCommit": bundles.git("rev-parse", "HEAD")}
    assert config == {"name": "configs/minimal.dts", "digest": {"sha256": statements.digest(forger.bundle.config)}}
    assert package == {"uri": "pkg:deb/debian/gcc-12@12.2.0-14"}
    assert details["builder"] == {"id": "urn:x:me"} and details["metadata"]["startedOn"] <= details["metadata"]["finishedOn"]
    predicate = result["predicate"]
    assert (predicate["result"], predicate["passedTests"], predicate["failedTests"]) == ("PASSED", ["a", "b", "d"], [])
    assert predicate["configuration"] == [config] and predicate["notForCredit"] == []


# [utest->swr~evidence-sealed~1]
def test_manifest(forger):
    members = json.loads((forger.folder / "manifest.json").read_text())
    assert (members["format"], members["version"]) == ("bulkhead-evidence", 1)
    due = {str(path.relative_to(forger.folder)): path.read_bytes() for path in forger.folder.rglob("*") if path.is_file()}
    due = {path: content for path, content in due.items() if path != "manifest.json" and not path.startswith("attestation/")}
    assert members["files"] == [{"path": path, "size": len(content), "sha256": sha256(content)} for path, content in sorted(due.items())]


# [utest->swr~evidence-sealed~1]
def test_failed_tests(forger):
    lines = forger.first_lines()
    lines[2]["verdict"] = "fail"
    forger.write("tests/records.jsonl", chained(lines))
    forger.seal("owner")
    predicate = verified(forger, "test-result")["predicate"]
    assert (predicate["result"], predicate["passedTests"], predicate["failedTests"]) == ("FAILED", ["a", "d"], ["b"])
    assert forger.faults(*forger.owner()) == set()  # the evidence of a failure is evidence


def part(forger, name, verdict="open", **of):
    forger.write(f"{name}/summary.json", json.dumps({"part": name, "verdict": verdict, "of": {**forger.bundle.made_of(), **of}}))


# [utest->swr~evidence-sealed~1]
def test_incomplete_tests(forger):
    """Records that aren't those of a whole run don't count, though none of them failed."""
    part(forger, "tests", "fail")
    forger.seal("owner")
    assert verified(forger, "test-result")["predicate"]["notForCredit"] == ["the test records aren't whole, as part tests says"]


# [utest->swr~evidence-sealed~1]
def test_parts_of_another_time(forger, monkeypatch):
    """A bundle isn't put together of what isn't of one commit, tree and hypervisor, nor does a short part become a whole one."""
    monkeypatch.setattr(Bundle, "not_for_credit", bundles.Bundle.not_for_credit)
    part(forger, "static")
    before = forger.bundle.not_for_credit()
    assert not any("part" in reason or "short" in reason for reason in before)
    for changed in ({"commit": "0" * 40}, {"changes": "0" * 64}, {"hypervisor": "0" * 64}):
        part(forger, "static", **changed)
        assert set(forger.bundle.not_for_credit()) - set(before) == {"part static is of another commit, tree or hypervisor"}
    part(forger, "static", short=True)
    assert set(forger.bundle.not_for_credit()) - set(before) == {"the short form: most tests were left out"}


# [utest->swr~evidence-sealed~1]
def test_without_tests(forger):
    (forger.folder / "tests/records.jsonl").unlink()
    forger.bundle.reasons = ["without tests"]
    forger.seal("owner")
    assert sorted(path.name for path in (forger.folder / "attestation").iterdir()) == ["key.pem", "provenance.dsse.json"]
    assert forger.faults(*forger.owner()) == set()


# [utest->swr~evidence-sealed~1]
def test_sealed_again(forger):
    """What was sealed before leaves nothing behind; folders without files go."""
    forger.write("attestation/left.dsse.json", "x")
    forger.write("new", "x")
    (forger.folder / "a/b/c").mkdir(parents=True)
    forger.seal("rsa")
    assert forger.faults("--key", forger.keys / "rsa.pub") == set()
    assert not (forger.folder / "attestation/left.dsse.json").exists() and not (forger.folder / "a").exists()


# [utest->swr~evidence-sealed~1]
def test_development_key(forger, monkeypatch, tmp_path):
    monkeypatch.setattr(signing.keys, "FOLDER", tmp_path / "keys")
    monkeypatch.delenv("EVIDENCE_KEY", raising=False)
    due = ["it is signed by a development key"]
    for _ in range(2):  # made, found, named
        seal.seal(forger.bundle)
        assert verified(forger, "provenance")["predicate"]["buildDefinition"]["internalParameters"]["notForCredit"] == due
        assert verified(forger, "test-result")["predicate"]["notForCredit"] == due
        monkeypatch.setenv("EVIDENCE_KEY", str(tmp_path / "keys/development.key"))
    (tmp_path / "renamed.pem").write_bytes((tmp_path / "keys/development.key").read_bytes())
    monkeypatch.setenv("EVIDENCE_KEY", str(tmp_path / "renamed.pem"))
    assert seal.why_not_for_credit(forger.bundle) == due
    assert forger.faults("--key", tmp_path / "keys/development.crt") == set()
    assert forger.tool("--key", tmp_path / "keys/development.crt").stdout.count(b"NOT FOR CREDIT") == 2


# [utest->swr~evidence-sealed~1]
def test_reasons(forger, monkeypatch):
    """Of the tree as it is now, and of the one that was tested."""
    lines = forger.first_lines()
    lines[0].update(dirty=True, tag=None)
    forger.write("tests/records.jsonl", chained(lines))
    forger.bundle.reasons = ["a"]
    forger.seal("owner")
    due = ["a", "the tests ran on a tree with changes that weren't committed", "the tests ran on a commit without a tag"]
    assert forger.verify(*forger.owner())[1]["not_for_credit"] == due
    monkeypatch.setattr(Bundle, "not_for_credit", bundles.Bundle.not_for_credit)
    forger.bundle.short = True
    forger.seal("owner")
    assert "the short form: most tests were left out" in forger.verify()[1]["not_for_credit"]
    assert verified(forger, "provenance")["predicate"]["buildDefinition"]["externalParameters"]["short"] is True


# [utest->swr~evidence-sealed~1]
def test_refused(forger):
    for name in ("back\\slash", "caf\u00e9", "new\nline"):
        path = forger.write(name, "x")
        with pytest.raises(RuntimeError, match="printable ASCII"):
            forger.seal("owner")
        path.unlink()
    (forger.folder / "link").symlink_to("report.html")
    with pytest.raises(RuntimeError, match="link: .* no links"):
        forger.seal("owner")
    (forger.folder / "link").unlink()
    (forger.folder / "link").symlink_to("coverage")  # os.walk() takes it for a folder
    with pytest.raises(RuntimeError, match="link: .* no links"):
        forger.seal("owner")


def test_seals_nothing_that_does_not_verify(forger):
    lines = forger.first_lines()
    lines[1]["log"][0]["sha256"] = "0" * 64
    forger.write("tests/records.jsonl", chained(lines))
    with pytest.raises(RuntimeError, match="serial.log"):
        forger.seal("owner")


# [utest->swr~evidence-sealed~1]
def test_token(forger, monkeypatch, tmp_path):
    """The private key is in a PKCS#11 token alone (SoftHSM's)."""
    for name, value in softhsm.token(tmp_path, forger.keys / "rsa.pem", "owner").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("EVIDENCE_KEY", f"pkcs11:token=test;object=owner;type=private;pin-value={softhsm.PIN}")
    seal.seal(forger.bundle)
    assert forger.faults("--key", forger.keys / "rsa.pub") == set()

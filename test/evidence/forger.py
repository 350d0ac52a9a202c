# SPDX-License-Identifier: Apache-2.0
"""Makes a small bundle, and alters it as somebody would who has the files, and another key."""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

from harness import build
from bundle import bundle as bundles
from bundle import seal, statements
from bundle.signing import Signer

TOOL = os.environ.get("BULKHEAD", str(build.ROOT / "build/bulkhead"))
KINDS = {
    "owner": ["ED25519"],
    "other": ["ED25519"],
    "rsa": ["RSA", "rsa_keygen_bits:2048"],
    "rsa-pss": ["RSA-PSS", "rsa_keygen_bits:2048"],
    "p256": ["EC", "ec_paramgen_curve:P-256"],
    "p384": ["EC", "ec_paramgen_curve:P-384"],
    "rsa-short": ["RSA", "rsa_keygen_bits:1024"],
    "rsa-three": ["RSA", "rsa_keygen_bits:2048", "rsa_keygen_pubexp:3"],
    "koblitz": ["EC", "ec_paramgen_curve:secp256k1"],
    "ed448": ["ED448"],
}


def openssl(*command):
    return subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True, timeout=60).stdout


def make_keys(folder):
    for name, (algorithm, *options) in KINDS.items():
        openssl("genpkey", "-algorithm", algorithm, *[word for option in options for word in ("-pkeyopt", option)], "-out", folder / f"{name}.pem")
        (folder / f"{name}.pub").write_bytes(openssl("pkey", "-in", folder / f"{name}.pem", "-pubout"))
    return folder


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def chained(lines):
    """As scripts/bundle/tests.py chains them: numbered, each with the SHA-256 of the one before, the sums last."""
    text, previous = [], None
    verdicts = [line.get("verdict") for line in lines]
    end = {"end": True, **{name: verdicts.count(verdict) for name, verdict in (("passed", "pass"), ("failed", "fail"), ("skipped", "skip"))}}
    for number, line in enumerate([*lines, end]):
        line = {**line, "record": number, **({"previous": previous} if number else {})}
        text.append(json.dumps(line, sort_keys=True, separators=(",", ":")))
        previous = sha256(text[-1].encode())
    return "".join(line + "\n" for line in text)


def envelope_text(members):
    """As write_json() of bundle.py writes it: an envelope has one form."""
    return json.dumps(members, indent=1) + "\n"


PARTS = ("tests", "requirements", "coverage", "timing", "static", "configuration", "interference", "attack", "objectives")  # of scripts/evidence.py


class Bundle(bundles.Bundle):
    reasons: list = []

    def not_for_credit(self):
        return list(self.reasons)


class Forger:
    def __init__(self, folder, keys):
        self.folder, self.keys = pathlib.Path(folder), keys
        self.image = self.folder.parent / "image"
        self.bundle = Bundle(build.ROOT / "configs/minimal.dts", self.folder)
        self.bundle.image = self.image

    def copy(self, folder):
        shutil.copytree(self.folder, folder)
        made = Forger(folder, self.keys)
        made.bundle.image = self.image
        return made

    # ---- making ----

    def write(self, path, content):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def first_lines(self):
        log = {"path": "tests/logs/a/serial.log", "sha256": sha256(b"health: up\n")}
        case = {"procedure": "test/x.py", "revision": "0" * 40, "requirements": ["swr~x~1"], "inputs": {"configs/minimal.dts": statements.digest(self.bundle.config)},
                "expected": "", "observed": "", "monotonic_ns": 1, "duration_s": 0.5, "wall": "2026-11-29T00:00:00Z", "log": []}  # fmt: skip
        commit = bundles.git("rev-parse", "HEAD")
        return [
            {"format": "bulkhead-tests", "version": 1, "commit": commit, "dirty": False, "tag": "v1", "host": {}, "tools": {}, "started": "2026-11-29T00:00:00Z"},
            {**case, "case": "a", "verdict": "pass", "log": [log]},
            {**case, "case": "b", "verdict": "pass"},
            {**case, "case": "c", "verdict": "skip"},
            {**case, "case": "d", "verdict": "pass"},
        ]

    def fill(self):
        self.image.mkdir()
        rows = []
        for name in ("bulkhead.itb", "blueprint.bin"):
            (self.image / name).write_bytes(name.encode())
        for path in (self.image / "bulkhead.itb", build.BUILD / "bulkhead.bin", self.image / "blueprint.bin", self.bundle.config):
            rows.append({"path": statements.name_of(path), "sha256": statements.digest(path), "licence": "Apache-2.0"})
        of = {"commit": bundles.git("rev-parse", "HEAD"), "configuration": self.bundle.config.name, "configuration_sha256": statements.digest(self.bundle.config)}
        self.write("configuration/index.json", json.dumps({"version": "x", **of, "changed": [], "sources": rows[3:], "outputs": rows[:3]}))
        self.write("configuration/audit.json", json.dumps({"image_sha256": rows[0]["sha256"], "judged": []}))
        self.write("configuration/registers.json", json.dumps({"configuration": self.bundle.config.stem, "image_sha256": rows[0]["sha256"], "registers": []}))
        for part in PARTS:
            self.write(f"{part}/summary.json", json.dumps({"part": part, "of": self.bundle.made_of()}))
        self.write("configuration/environment.json", json.dumps({"packages": {"DEMO": [{"name": "gcc-12", "version": "12.2.0-14"}, {"name": "absent", "version": None}], "CHECK": [{"name": "gcc-12", "version": "12.2.0-14"}]}}))
        self.write("requirements/items.json", "[]\n")
        self.write("report.html", "<p>" + 5000 * "x")
        self.write("coverage/html/a b/[c].html", "")
        self.write("tests/logs/a/serial.log", "health: up\n")
        self.write("tests/records.jsonl", chained(self.first_lines()))
        return self

    def seal(self, key):
        old = os.environ.get("EVIDENCE_KEY")
        os.environ["EVIDENCE_KEY"] = str(self.keys / f"{key}.pem")
        try:
            seal.seal(self.bundle)
        finally:
            os.environ.pop("EVIDENCE_KEY")
            if old is not None:
                os.environ["EVIDENCE_KEY"] = old
        return self

    # ---- altering ----

    def manifest(self, change):
        """change: of the manifest's members. The statements stay."""
        path = self.folder / "manifest.json"
        members = json.loads(path.read_text())
        path.write_text(json.dumps(change(members) or members))
        return self

    def statement(self, name):
        return json.loads(base64.b64decode(json.loads((self.folder / f"attestation/{name}.dsse.json").read_text())["payload"]))

    def sign(self, key, **changes):
        """Both statements anew, by any key, about the manifest as it is. changes: what one of them then says otherwise, by its name. Both have the
        short form among the reasons, as bundle.py gives them."""
        signer = Signer(self.keys / f"{key}.pem")
        said = {name: self.statement(name) for name in ("provenance", "test-result")}
        for name, statement in said.items():
            statement["subject"][0]["digest"]["sha256"] = statements.digest(self.folder / "manifest.json")
            changes.get(name.replace("-", "_"), lambda _: None)(statement)
        definition = said["provenance"]["predicate"]["buildDefinition"]
        if definition["externalParameters"].get("short"):
            definition["internalParameters"]["notForCredit"] = said["test-result"]["predicate"]["notForCredit"] = ["the short form"]
        for name, statement in said.items():
            self.envelop(signer, name, statement)
        (self.folder / "attestation/key.pem").write_bytes(signer.public_pem)
        return self

    def envelop(self, signer, name, statement):
        (self.folder / f"attestation/{name}.dsse.json").write_text(envelope_text(signer.envelope(json.dumps(statement).encode())))

    def remake(self, key="other", **changes):
        """All that a forger can: manifest and statements anew, by their own key."""
        (self.folder / "manifest.json").unlink()
        shutil.move(self.folder / "attestation", self.folder.parent / "attestation")
        seal.write_manifest(self.folder)
        shutil.move(self.folder.parent / "attestation", self.folder / "attestation")
        return self.sign(key, **changes)

    # ---- verifying ----

    def tool(self, *options):
        command = [TOOL, "evidence", "verify", *map(str, options), str(self.folder)]
        return subprocess.run(command, capture_output=True, timeout=120, check=False)

    def verify(self, *options):
        """(faults as {(kind, path)}, the verdict's members)"""
        done = self.tool("--json", *options)
        assert done.returncode in (0, 1) and done.stderr == b"", (done.returncode, done.stderr[-2000:])
        *faults, verdict = map(json.loads, done.stdout.decode().splitlines())
        assert (done.returncode == 1) == bool(verdict["faults"])
        return {(fault["fault"], fault["path"]) for fault in faults}, verdict

    def owner(self):
        return "--key", self.keys / "owner.pub"

    def faults(self, *options):
        return self.verify(*options)[0]

# SPDX-License-Identifier: Apache-2.0
"""What a bundle's two in-toto statements state: how the evidence came about (SLSA provenance v1), and what the tests showed
(in-toto test-result v0.1). docs/evidence.md has their members; src/evidence verifies them.

[impl->swr~evidence-sealed~1]
"""

import datetime
import hashlib
import json
import os
import uuid

from .bundle import BUILD, ROOT, git
from .configured.environment import package_url

STATEMENT = "https://in-toto.io/Statement/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
BUILD_TYPE = "urn:bulkhead:evidence:1"
BUILDER = "urn:bulkhead:builder:not-named"  # EVIDENCE_BUILDER: a URI that says who makes evidence, and on what


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def name_of(path):
    """As the configuration index names it: within the tree, or by its own name alone."""
    path = path.resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def _described(path):
    return {"name": name_of(path), "digest": {"sha256": digest(path)}}


def subjects(bundle):
    """What both statements are about: the manifest, and through it all files, and the image."""
    images = (bundle.image / "bulkhead.itb", BUILD / "bulkhead.bin", bundle.image / "blueprint.bin")
    manifest = {"name": "manifest.json", "digest": {"sha256": digest(bundle.out / "manifest.json")}}
    return [manifest, *(_described(path) for path in images if path.is_file())]


def _statement(bundle, kind, predicate):
    return {"_type": STATEMENT, "subject": subjects(bundle), "predicateType": kind, "predicate": predicate}


def _packages(bundle):
    """Of the environment index, as package URLs."""
    path = bundle.out / "configuration/environment.json"
    environment = json.loads(path.read_text()) if path.is_file() else {}
    rows = [package for group in environment.get("packages", {}).values() for package in group]
    return [{"uri": package_url(*package)} for package in sorted({(row["name"], row["version"]) for row in rows if row["version"]})]


def now():
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def provenance(bundle, reasons):
    """reasons: why it doesn't count."""
    finished = now()
    definition = {
        "buildType": BUILD_TYPE,
        "externalParameters": {"config": name_of(bundle.config), "short": bundle.short},
        "internalParameters": {"notForCredit": reasons},
        "resolvedDependencies": [{"name": "bulkhead", "digest": {"gitCommit": git("rev-parse", "HEAD")}}, _described(bundle.config), *_packages(bundle)],
    }
    details = {
        "builder": {"id": os.environ.get("EVIDENCE_BUILDER") or BUILDER},
        "metadata": {"invocationId": uuid.uuid4().urn, "startedOn": bundle.started, "finishedOn": finished},
    }
    return _statement(bundle, PROVENANCE, {"buildDefinition": definition, "runDetails": details})


def records(bundle):
    """Of the tests, the first and the last line among them; none where there are no tests."""
    path = bundle.out / "tests/records.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def test_result(bundle, lines, reasons):
    cases = {verdict: [line["case"] for line in lines if line.get("verdict") == verdict] for verdict in ("pass", "fail")}
    predicate = {
        "result": "FAILED" if cases["fail"] else "PASSED",
        "configuration": [_described(bundle.config)],
        "passedTests": cases["pass"],
        "warnedTests": [],
        "failedTests": cases["fail"],
        "notForCredit": reasons,
    }
    return _statement(bundle, TEST_RESULT, predicate)

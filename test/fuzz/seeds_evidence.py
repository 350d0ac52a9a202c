# SPDX-License-Identifier: Apache-2.0
"""What the target `evidence` starts from: the documents of the small bundle of test/evidence, good and with each of its faults."""

import copy
import json
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
for path in ("test", "scripts", "test/evidence"):
    sys.path.insert(0, str(ROOT / path))
import images  # noqa: E402  (needs the paths above)
import test_verify  # noqa: E402
from bundle import seal, signing, statements  # noqa: E402
from forger import Forger, chained, envelope_text, sha256  # noqa: E402


def pack(**documents):
    """The input of evidence.c: texts by their letter."""
    return b"\0".join(letter.encode() + (text if isinstance(text, bytes) else text.encode()) for letter, text in documents.items())


def stated(forger, lines):
    """Both statements, the same at each time."""
    metadata = {"invocationId": "urn:x", "startedOn": "2026-11-29T00:00:00Z", "finishedOn": "2026-11-29T00:00:01Z"}
    provenance = statements.provenance(forger.bundle, [])
    provenance["predicate"]["runDetails"]["metadata"] = metadata
    return provenance, statements.test_result(forger.bundle, lines, [])


def write(folder, corpus):
    """folder: for the bundle, in a folder of its own."""
    shutil.rmtree(folder / "evidence-bundle", ignore_errors=True)
    forger = Forger(folder / "evidence-bundle/bundle", None)
    forger.folder.mkdir(parents=True)
    forger.fill()
    seal.write_manifest(forger.folder)
    (folder / "evidence.pem").write_bytes(images.KEY)
    signer, lines = signing.Signer(folder / "evidence.pem"), forger.first_lines()
    provenance, result = stated(forger, lines)
    envelope = signer.envelope(b'{"a": 1}')
    good = {
        "m": (forger.folder / "manifest.json").read_text(),
        "i": (forger.folder / "configuration/index.json").read_text(),
        "k": signer.public_pem,
        "e": envelope_text(envelope),
        "p": json.dumps(provenance),
        "t": json.dumps(result),
        "a": (forger.folder / "configuration/audit.json").read_text(),
        "g": (forger.folder / "configuration/registers.json").read_text(),
        "r": chained(lines),
    }

    def add(name, **changed):
        corpus.add(name, pack(**{**good, **changed}))

    add("good")
    for letter in good:
        corpus.add(f"only-{letter}", pack(**{letter: good[letter]}))
    for name, (change, _) in test_verify.MANIFESTS.items():
        members = json.loads(good["m"])
        members = change(members) or members
        if name != "too-many":
            # The statements are about this one, so that the rest is looked at as well.
            text = json.dumps(members)
            add(f"manifest-{name}", m=text, **{letter: good[letter].replace(sha256(good["m"].encode()), sha256(text.encode())) for letter in "pt"})
    for name, (change, _) in test_verify.ENVELOPES.items():
        members = copy.deepcopy(envelope)
        add(f"envelope-{name}", e=envelope_text(change(members) or members))
    for name, change in test_verify.TEXTS.items():
        add(f"envelope-text-{name}", e=change(good["e"]))
    for name, (path, changed, _) in test_verify.CLAIMS.items():
        letter = {test_verify.INDEX: "i", test_verify.AUDIT: "a", test_verify.REGISTERS: "g"}[path]
        add(f"claim-{name}", **{letter: json.dumps({**json.loads(good[letter]), **changed})})
    for name, (which, change, _) in test_verify.STATEMENTS.items():
        members = copy.deepcopy(provenance if which == "provenance" else result)
        change(members)
        add(f"statement-{name}", **{"p" if which == "provenance" else "t": json.dumps(members)})
    for name, (change, _) in test_verify.RECORD_CHANGES.items():
        changed = forger.first_lines()
        change(changed)
        add(f"record-{name}", r=chained(changed))
    for name, changed in test_verify.line_changes(good["r"].splitlines()):
        add(f"line-{name}", r="".join(line + "\n" for line in changed))

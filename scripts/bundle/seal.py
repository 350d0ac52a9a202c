# SPDX-License-Identifier: Apache-2.0
"""The last step of a bundle: the manifest of its files, and the statements about it, signed by the user's key (EVIDENCE_KEY), so
that `bulkhead evidence verify` finds whatever is changed from here on.

[impl->swr~evidence-sealed~1]
"""

import json
import os
import re
import shutil
import stat

from . import statements
from .bundle import BUILD, NOT_FOR_CREDIT, run, say, write_json
from .signing import Signer

FORMAT, VERSION = "bulkhead-evidence", 1
MANIFEST, ATTESTATION = "manifest.json", "attestation"
SAFE = re.compile(r"[ -\[\]-~]{1,1024}")  # printable ASCII but for the backslash: src/evidence/path.c


def files(out):
    """Paths of all files below `out`. What no manifest can speak of mustn't be there; a folder without a file goes."""
    found = []
    for folder, folders, names in os.walk(out, topdown=False):
        for name in [*names, *(name for name in folders if os.path.islink(os.path.join(folder, name)))]:
            path = os.path.join(folder, name)
            shown = os.path.relpath(path, out)
            if not SAFE.fullmatch(shown):
                raise RuntimeError(f"{shown!r}: a bundle's files have names of printable ASCII")
            if not stat.S_ISREG(os.lstat(path).st_mode):
                raise RuntimeError(f"{shown}: a bundle has regular files alone, no links")
            found.append(shown)
        if folder != str(out) and not os.listdir(folder):
            os.rmdir(folder)
    return sorted(found)


def write_manifest(out):
    rows = [{"path": path, "size": (out / path).stat().st_size, "sha256": statements.digest(out / path)} for path in files(out)]
    write_json(out / MANIFEST, {"format": FORMAT, "version": VERSION, "files": rows})


def readable(out):
    """For whoever gets it: the tools that wrote pages had ideas of their own."""
    for path in (out, *out.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def reasons(bundle, signer, lines):
    """Why the bundle doesn't count, all in all."""
    found = bundle.not_for_credit()
    if lines and lines[0]["dirty"]:
        found.append("the tests ran on a tree with changes that weren't committed")
    if lines and not lines[0]["tag"]:
        found.append("the tests ran on a commit without a tag")
    if bundle.parts().get("tests", {}).get("verdict") == "fail" and not any(line.get("verdict") == "fail" for line in lines):
        found.append("the test records aren't whole, as part tests says")
    if signer.development:
        found.append("it is signed by a development key")
    return found


def why_not_for_credit(bundle):
    """Why a bundle doesn't count that is sealed now; for the report, which is written before."""
    return reasons(bundle, Signer(os.environ.get("EVIDENCE_KEY")), statements.records(bundle))


def seal(bundle):
    """Of all that is in the bundle's folder now; a seal of before goes."""
    bundle.out.mkdir(parents=True, exist_ok=True)
    folder = bundle.out / ATTESTATION
    shutil.rmtree(folder, ignore_errors=True)
    (bundle.out / MANIFEST).unlink(missing_ok=True)
    write_manifest(bundle.out)
    signer, lines = Signer(os.environ.get("EVIDENCE_KEY")), statements.records(bundle)
    why = reasons(bundle, signer, lines)
    stated = {"provenance": statements.provenance(bundle, why)}
    if lines:
        stated["test-result"] = statements.test_result(bundle, lines, why)
    folder.mkdir()
    (folder / "key.pem").write_bytes(signer.public_pem)
    for name, statement in stated.items():
        write_json(folder / f"{name}.dsse.json", signer.envelope(json.dumps(statement, separators=(",", ":")).encode()))
    readable(bundle.out)
    run(BUILD / "bulkhead", "evidence", "verify", "--key", folder / "key.pem", bundle.out)
    say(f"sealed: signed by the key {signer.identity}")
    for reason in why:
        say(f"{NOT_FOR_CREDIT}: {reason}")

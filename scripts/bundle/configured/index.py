# SPDX-License-Identifier: Apache-2.0
"""The configuration index: what a configuration is made of, and what it became.

Each source file as the commit has it (not as the tree may have it now), with the licence that it states itself or that
.reuse/dep5 states for it; each output with its hash, compared with what the build's own manifest.json and release.json say.

[impl->swr~evidence-configuration-index~1]
"""

import fnmatch
import hashlib
import json
import re
import subprocess

from ..bundle import BUILD, ROOT, git

# REUSE-IgnoreStart
SPDX = re.compile(rb"SPDX-License-Identifier: *([^\n]*?) *(?:\*/|-->|\")? *\n")
# REUSE-IgnoreEnd
OUTPUTS = ("bulkhead.bin", "bulkhead", "hv/bulkhead.elf", "cells/*.elf", "cells/*.cpio.gz", "cells/linux/bulkhead-*")  # of build/
OF_A_RUN = ("drive-*", "demo", "*.inputs")  # in an image's folder: what a machine wrote, not the build


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def file_sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def dep5():
    """[(patterns, licence)] of .reuse/dep5: the last that matches a path counts (Debian's copyright format 1.0)."""
    rules = []
    for stanza in re.split(r"\n\s*\n", (ROOT / ".reuse/dep5").read_text(encoding="utf-8")):
        fields = dict(re.findall(r"^(\S+): *(.*(?:\n .*)*)", stanza, re.M))
        if "Files" in fields:
            rules.append((fields["Files"].split(), fields["License"].split("\n")[0]))
    return rules


def licence_of(path, content, rules):
    """(SPDX expression, who states it); (None, None): nobody does."""
    found = SPDX.search(content[:4096])
    if found:
        return found[1].decode(), "the file"
    stated = [licence for patterns, licence in rules if any(fnmatch.fnmatch(path, pattern) for pattern in patterns)]
    return (stated[-1], ".reuse/dep5") if stated else (None, None)


def blobs(commit):
    """(path, mode, blob, content) of each file of a commit."""
    rows = [line.split(None, 3) for line in git("ls-tree", "-r", commit).splitlines()]
    asked = "".join(f"{row[2]}\n" for row in rows).encode()
    answer = subprocess.run(["git", "cat-file", "--batch"], cwd=ROOT, input=asked, capture_output=True, check=True).stdout
    at = 0
    for mode, kind, blob, path in rows:
        head, at = answer[at : answer.index(b"\n", at)], answer.index(b"\n", at) + 1
        size = int(head.split()[2])
        if kind == "blob":
            yield path, mode, blob, answer[at : at + size]
        at += size + 1


def sources(commit="HEAD"):
    rules = dep5()
    for path, mode, blob, content in blobs(commit):
        licence, stated = licence_of(path, content, rules)
        yield {"path": path, "mode": mode, "blob": blob, "size": len(content), "sha256": sha256(content),
               "licence": licence, "licence_by": stated}


def changed():
    """Paths whose tree isn't the commit's."""
    return sorted(line[3:] for line in git("status", "--porcelain", "--untracked-files=all").splitlines())


def output_files(image):
    found = [path for pattern in OUTPUTS for path in sorted(BUILD.glob(pattern))]
    found += sorted(path for path in image.iterdir() if path.is_file() and not any(fnmatch.fnmatch(path.name, p) for p in OF_A_RUN))
    return found


def outputs(image):
    return [{"path": str(path.relative_to(BUILD.parent)), "size": path.stat().st_size, "sha256": file_sha256(path)} for path in output_files(image)]


def told(image):
    """{name of an output: (size, SHA-256)} as the build told it."""
    rows = {row["name"]: (row["size"], row["sha256"]) for row in json.loads((image / "manifest.json").read_text())["outputs"]}
    if (image / "release.json").exists():
        files = json.loads((image / "release.json").read_text())["files"]
        rows |= {name: (row["size"], row["sha256"]) for name, row in files.items()}
    return rows


def stale(image, rows):
    """What is wrong with the outputs: a file that is missing, or another than the build told."""
    have = {row["path"].rsplit("/", 1)[1]: (row["size"], row["sha256"]) for row in rows if row["path"].startswith(f"build/out/{image.name}/")}
    wrong = [f"{name}: {'missing' if name not in have else 'not what the build told of it'}" for name, row in told(image).items() if have.get(name) != row]
    binary = next(row for row in json.loads((image / "manifest.json").read_text())["inputs"] if row["role"] == "hypervisor")
    ours = next((row for row in rows if row["path"] == "build/bulkhead.bin"), None)
    if not ours or ours["sha256"] != binary["sha256"]:
        wrong.append("build/bulkhead.bin: not what is in the image")
    return wrong


def make(bundle):
    """(what index.json has, problems)"""
    files = list(sources())
    made = outputs(bundle.image)
    problems = [f"{row['path']}: no licence" for row in files if not row["licence"]]
    problems += stale(bundle.image, made)
    index = {
        "version": git("describe", "--always", "--tags", "--dirty"),
        "commit": git("rev-parse", "HEAD"),
        "tree": git("rev-parse", "HEAD^{tree}"),
        "date": git("log", "-1", "--format=%cI"),
        "configuration": bundle.config.name,
        "configuration_sha256": file_sha256(bundle.config),
        "changed": changed(),
        "sources": files,
        "outputs": made,
        "problems": problems,
    }
    return index, problems

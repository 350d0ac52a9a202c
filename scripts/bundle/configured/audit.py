# SPDX-License-Identifier: Apache-2.0
"""The auditor's verdict on the final image, rule by rule, with the hashes of both. [impl->swr~evidence-audit~1]"""

import json
import subprocess

from ..bundle import BUILD
from .index import file_sha256

TOOL = BUILD / "bulkhead"


def make(image):
    """(what audit.json has, problems). image: bulkhead.itb"""
    done = subprocess.run([TOOL, "audit", image.name, "--json"], cwd=image.parent, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout) if done.returncode in (0, 1) else {"judged": [], "summary": done.stderr.strip()}
    version = subprocess.run([TOOL, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    problems = [f"{row['rule']}: {row['verdict']}: {row['claim']}" for row in report["judged"] if row["verdict"] != "holds"]
    if done.returncode or not report["judged"]:
        problems.append(f"the auditor's exit status is {done.returncode}: {report['summary']}")
    auditor = {"file": "build/bulkhead", "version": version, "sha256": file_sha256(TOOL)}
    return {"auditor": auditor, "command": f"bulkhead audit {image.name} --json", "exit": done.returncode,
            "image_sha256": file_sha256(image)} | report, problems

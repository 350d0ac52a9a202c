# SPDX-License-Identifier: Apache-2.0
"""Findings of a tool as SARIF 2.1.0, and what the repository says of them: test/evidence/deviations.json.

A deviation is {"tool", "rule", "class", "where": [path or pattern], "reason", "measures"}. What one covers is a result with a
suppression; what none covers is a gap, and one that covers nothing is stale: an error, since it says something of code that
isn't there.
"""

import fnmatch
import json
import shlex
from dataclasses import dataclass

from .bundle import ROOT, write_json

DEVIATIONS = ROOT / "test/evidence/deviations.json"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
NEEDED = ("tool", "rule", "class", "where", "reason", "measures")


@dataclass(frozen=True)
class Finding:
    rule: str
    path: str  # in the source tree
    line: int
    column: int
    message: str
    level: str = "warning"  # note, warning, error

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class Run:
    """A tool over all its files. It ended well: one that doesn't raises."""

    version: str
    commands: list  # command lines, each of words, FILE in the place of a file that it is run for; of each kind one
    rules: list  # that were enabled, as the tool tells
    findings: list

    def enabled(self):
        """All rules, whether they found anything or not: the MISRA addon's table lacks 1.4, which it looks at."""
        return sorted({*self.rules, *(finding.rule for finding in self.findings)})


class Deviations:
    def __init__(self, rows):
        self.rows, self.covered = rows, [0] * len(rows)
        for row in rows:
            missing = [name for name in NEEDED if not row.get(name)]
            if missing:
                raise ValueError(f"deviation of {row.get('tool')} {row.get('rule')}: no {', '.join(missing)}")

    @classmethod
    def read(cls, path=DEVIATIONS):
        return cls(json.loads(path.read_text(encoding="utf-8"))["deviations"])

    def covering(self, tool, finding):
        """The row that covers a finding; None: nobody has said why it may be. Each is counted."""
        for i, row in enumerate(self.rows):
            if (row["tool"], row["rule"]) == (tool, finding.rule) and any(fnmatch.fnmatch(finding.path, w) for w in row["where"]):
                self.covered[i] += 1
                return row
        return None

    def stale(self, tool):
        """Rows of a tool, by name, that cover nothing of what it was given."""
        return [f"{row['tool']} {row['rule']} ({', '.join(row['where'])})" for row, n in zip(self.rows, self.covered) if row["tool"] == tool and not n]

    def table(self):
        return [{**row, "findings": n} for row, n in zip(self.rows, self.covered)]


def result(finding, row):
    found = {
        "ruleId": finding.rule,
        "level": finding.level,
        "message": {"text": finding.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": finding.path, "uriBaseId": "SRCROOT"},
                    "region": {"startLine": max(1, finding.line), "startColumn": max(1, finding.column)},
                }
            }
        ],
    }
    if row:
        found["suppressions"] = [{"kind": "external", "status": "accepted", "justification": f"{row['reason']} {row['measures']}"}]
    return found


def write(path, tool, run, deviations, files):
    """The file of one tool. Returns the findings that no deviation covers."""
    findings = sorted(set(run.findings), key=lambda f: (f.path, f.line, f.column, f.rule, f.message))
    rows = [deviations.covering(tool, finding) for finding in findings]
    write_json(
        path,
        {
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": {"name": tool, "version": run.version, "rules": [{"id": rule} for rule in run.enabled()]}},
                    "invocations": [{"commandLine": shlex.join(words).replace(str(ROOT), "."), "executionSuccessful": True} for words in run.commands],
                    "originalUriBaseIds": {"SRCROOT": {"description": {"text": "the top of the source tree"}}},
                    "artifacts": [{"location": {"uri": file, "uriBaseId": "SRCROOT"}} for file in sorted(files)],
                    "results": [result(finding, row) for finding, row in zip(findings, rows)],
                    "columnKind": "utf16CodeUnits",
                }
            ],
        },
    )
    return [finding for finding, row in zip(findings, rows) if row is None]

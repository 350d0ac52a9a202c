# SPDX-License-Identifier: Apache-2.0
"""scripts/fleet: what Prometheus' own tools say of it, and that it speaks of metrics, alerts and pages that there are.

[utest->swr~fleet-rules~1]

Both ranges: test_rules
"""
import json
import os
import re
import subprocess

import pytest

import tool

FLEET = os.path.join(tool.ROOT, "scripts/fleet")
BUILT_IN = {"ALERTS", "up"}


def text(*path):
    with open(os.path.join(tool.ROOT, *path), encoding="utf-8") as file:
        return file.read()


def good(*command):
    done = subprocess.run(command, cwd=FLEET, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_checked():
    good("promtool", "check", "config", "--lint=all", "--lint-fatal", "prometheus.yml")
    good("promtool", "check", "rules", "--lint=all", "--lint-fatal", "rules/recording.yml", "rules/alerts.yml")
    good("amtool", "check-config", "alertmanager.yml")


# [utest->swr~fleet-rules~1]
def test_rules():
    good("promtool", "test", "rules", "tests/alerts_test.yml")


def blocks():
    """(name, its lines) of each alert."""
    parts = re.split(r"^      - alert: (\w+)\n", text("scripts/fleet/rules/alerts.yml"), flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


# [utest->swr~fleet-rules~1]
@pytest.mark.parametrize("name, lines", blocks(), ids=[name for name, _ in blocks()])
def test_alert(name, lines):
    """Its severity, the page that says what to do, a test; and it is worth what its page says."""
    severity = re.search(r"severity: (page|ticket|none)\n", lines)[1]
    assert f"runbook_url: https://bulkhead.example/docs/runbooks/{name}.md\n" in lines
    page = text("docs/runbooks", f"{name}.md")
    assert f"# {name}\n\nSeverity: {severity}\n" in page
    for part in ("**What it says.**", "**What it means.**", "**Look**", "**Do**"):
        assert part in page
    tests = text("scripts/fleet/tests/alerts_test.yml")
    assert re.search(rf"alertname: {name}\n +exp_alerts:\n +- exp_labels: {{severity: {severity},", tests)


def test_no_page_too_many():
    assert sorted(os.listdir(os.path.join(tool.ROOT, "docs/runbooks"))) == sorted(f"{name}.md" for name, _ in blocks())


def recorded():
    return set(re.findall(r"- record: (\S+)", text("scripts/fleet/rules/recording.yml")))


def documented():
    """Metrics of docs/metrics.md, with what a histogram's series are called."""
    names = set(re.findall(r"^\| `(bulkhead_\w+)` \|", text("docs/metrics.md"), flags=re.M))
    return names | {f"{name}_{part}" for name in names for part in ("bucket", "sum", "count")}


def used(expression):
    without_labels = re.sub(r"\{[^}]*\}|\b(?:by|without|on|group_left|ignoring) \([^)]*\)|\[[^]]*\]", "", expression)
    return {name for name in re.findall(r"[a-z_]+:[\w:]+|bulkhead_\w+|\bup\b|\bALERTS\b", without_labels)}


def panels():
    return [one for one in json.loads(text("scripts/fleet/grafana/bulkhead.json"))["panels"] if one["type"] != "row"]


def expressions():
    for name in ("recording", "alerts"):
        yield from re.findall(r"expr: (?:>\n((?:        .*\n)+)|(.*)\n)", text(f"scripts/fleet/rules/{name}.yml"))
    for panel in panels():
        yield from ((target["expr"], "") for target in panel["targets"])


def test_metrics_exist():
    known = recorded() | documented() | BUILT_IN
    found = [used("".join(expression)) for expression in expressions()]
    assert len(found) > 40 and all(found)
    assert set().union(*found) - known == set()


def test_dashboard():
    titles = [one["title"] for one in panels()]
    assert len(titles) == len(set(titles)) > 15
    assert all(one["targets"] and one["gridPos"]["x"] + one["gridPos"]["w"] <= 24 for one in panels())

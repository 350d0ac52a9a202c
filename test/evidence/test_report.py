# SPDX-License-Identifier: Apache-2.0
"""The report: what it draws from a bundle's files, that it tolerates their absence and text that means harm, and the mark.

Robustness: test_nothing_is_there, test_text_that_means_harm, test_a_page_without_the_mark
"""

import json
import pathlib
import re
import shutil
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from bundle import bundle as bundles, report  # noqa: E402  (needs the path above)
from bundle.rendered import coverage, markup, paper, style, text  # noqa: E402

HARM = '<script>alert("x")</script><img src=x onerror=alert(1)>'
MARGIN_BOX = "@page { @top-center { content: \"NOT FOR CREDIT\""
DIGEST = {name: f"{number:x}" * 64 for number, name in enumerate(("bulkhead.itb", "bulkhead.bin", "blueprint.bin"), 10)}


def part(name, **more):
    return {"part": name, "title": f"Title of {name}", "verdict": "open", "statement": "Said. More.", "figures": [], "gaps": [], "notes": [], "of": {"short": True}} | more


FILES = {
    "coverage/summary.json": part("coverage"),
    "coverage/el2.json": {"what": "hypervisor at EL2", "files": {"src/a.c": {
        **{kind: {"covered": 1, "count": 9} for kind in ("lines", "branches", "mcdc")},
        "gaps": {"lines": [1, 2, 3, 7], "branches": [[33, 6, "true"], [41, 6, "false"], [79, 6, "true"], [79, 30, "true"], [79, 30, "false"]], "mcdc": [[52, [2, 3]]]},
    }}},
    "coverage/el2-justified.json": [{"file": "src/a.c", "line": 1, "last": 3, "class": "hardware", "reason": "QEMU raises none", "of": "el2"}],
    "coverage/object-code.json": {"functions": {
        name: {"instructions": 11, "executed": 5, "ways": 4, "ways_gone": 3, "calls": 2, "calls_made": 1, "gaps": gaps} for name, gaps in (("with_gaps", ["0x0: ret"]), ("whole", []))
    }},
    "static/summary.json": part("static"),
    "static/deviations.json": [{"tool": "cppcheck-misra", "rule": "11.4", "class": "advisory", "where": ["src/*"], "reason": "registers", "measures": "one file", "findings": 3}],
    "static/eva.json": {"tool": "Frama-C EVA", "version": "29", "targets": [{
        "target": "exits", "what": "every exit", "main": "eva_exits", "functions_analysed": 7, "properties": 9, "alarms": 1, "assumptions": ["up to 4 cores"],
        "alarm_table": [{"function": "lr_write", "kind": "shift", "count": 1, "reason": "n is below 16"}],
    }]},
    "static/paths.json": {"unit": "instructions", "classes": [
        {"class": "HVC", "bound": 11842, "measured": 331, "waits": ["lock_take: bounded"]},
        {"class": "FIQ", "bound": None, "why_not": "a loop without a bound", "measured": None},
    ]},
    "configuration/summary.json": part("configuration"),
    "configuration/audit.json": {
        "auditor": {"version": "bulkhead 1", "sha256": "f" * 64}, "command": "bulkhead audit", "image_sha256": DIGEST["bulkhead.itb"], "summary": "2 rules",
        "judged": [{"rule": "MEM-01", "claim": "no page is twice", "verdict": "violated", "violations": 2}, {"rule": "MEM-02", "claim": "c", "verdict": "not judged", "violations": 0}],
        "found": [{"rule": "MEM-01", "message": "page 7", "remedy": "move it"}], "unisolated": [],
    },
    "configuration/registers.json": {"machine": {"cpu": "cortex-a72"}, "image_sha256": DIGEST["bulkhead.itb"], "not_read": ["MIDR_EL1: why"], "registers": [
        {"where": "core 0", "register": name, "relation": "=", "expected": "0x1", "observed": seen, "mask": mask, "source": "manual", "verdict": verdict}
        for name, seen, mask, verdict in (("HCR_EL2", "0x1", hex((1 << 64) - 1), "pass"), ("VTCR_EL2", "0x2", "0x3", "fail"))
    ]},
    "configuration/index.json": {"outputs": [{"path": f"build/{name}", "size": 7, "sha256": digest} for name, digest in DIGEST.items()]},
    "interference/summary.json": part("interference"),
    "interference/results.json": {"channels": [
        {"name": "bus", "load": "reads", "bound": "nothing", "verdict": "pass", "seen": False, "shown": "ticks, not time", "tests": [{"measured": {"longest ns": 5, "seed": 1}}]}
    ]},
}


MATRIX = """item,title,status,link,file,line,name,kind,verdict
swr~some~1,Some,approved,impl,src/a.c,7,,,
swr~some~1,Some,approved,impl,src/a.c,9,,,
swr~some~1,Some,approved,utest,test/t.c,1,good_one,normal,pass
swr~some~1,Some,approved,utest,test/t.c,2,bad_one,robustness,none
sys~above~1,Above,draft,swr,,,swr~below~1,,
"""


@pytest.fixture(name="bundle")
def bundle_of_files(tmp_path, monkeypatch):
    monkeypatch.setattr(paper, "print_to", lambda html, pdf, marked: None)
    made = bundles.Bundle(ROOT / "configs/minimal.dts", tmp_path / "minimal", short=True)
    for name, content in FILES.items():
        made.folder(name.split("/", maxsplit=1)[0])
        (made.out / name).write_text(json.dumps(content))
    made.folder("tests").joinpath("records.jsonl").write_text(
        json.dumps({"record": 0, "started": "2026-01-01", "commit": "c0ffee", "host": {"cpu": "a host"}, "tools": {"QEMU": "QEMU 10"}}) + "\n{}\n")
    made.folder("requirements").joinpath("SECURITY.md").write_text("# Title\n\nHow to report: `here`.\n\n## Severity\n\n| a | b |\n|---|---|\n| `x` | two |\n\n- item\n")
    made.folder("objectives").joinpath("objectives.csv").write_text("standard,objective\nDO-178C," + "word" * 99 + "\n")
    (made.out / "requirements/matrix.csv").write_text(MATRIX)
    return made


def drawn(bundle, *reasons):
    report.write(bundle, *reasons)
    return re.sub("<wbr>", "", (bundle.out / "report.html").read_text(encoding="utf-8"))


# [utest->swr~bundle-report~1]
def test_the_mark(bundle):
    """Where there are reasons, given or known, and only there: in the margin of each page of paper, and above the text of the screen."""
    for given in ((), (None,), (["a reason"],)):
        html = drawn(bundle, *given)
        assert MARGIN_BOX in html and '<body class="credit"><div class="mark">NOT FOR CREDIT</div>' in html
        assert ("a reason" if given and given[0] else "the short form") in html
    html = drawn(bundle, [])
    assert "NOT FOR CREDIT" not in html and "@top-center" not in html and '<body class="">' in html
    assert re.search(r"\.credit \{ padding-top: 1\.8em; \}", html) and "@media print" in html and re.search(r"\.mark \{ display: none; \} \.wide", html)


# [utest->swr~bundle-report~1]
def test_front(bundle):
    """On which bytes, with which tools, signed by whom."""
    html = drawn(bundle)
    page = html[: html.index('id="coverage"')]
    assert all(digest in page and name in page for name, digest in DIGEST.items())
    assert all(word in page for word in ("a host", "QEMU 10", "c0ffee", "attestation/provenance.dsse.json", "keyid"))


def a_figure(name, value, reached=None, key=False):
    return {"name": name, "value": value, "unit": "tests", "goal": "8", "reached": reached, "key": key}


# [utest->swr~bundle-report~1]
@pytest.mark.parametrize("figures, told", [
    ([a_figure("a", 3477), a_figure("b", 0, True), a_figure("c", 158), a_figure("d", 1)], ["a: 3,477 tests", "b: 0 tests", "c: 158 tests"]),
    ([a_figure("a", 1, True), a_figure("b", 99.9, True, True), a_figure("c", 7, False, True)], ["b: 99.9 tests", 'c: 7 tests, goal 8: <span class="fail">missed</span>']),
    ([a_figure(name, 1, name != "e") for name in "abcde"], ['e: 1 tests, goal 8: <span class="fail">missed</span>', "a: 1 tests", "b: 1 tests"]),
    ([], [""]),
])
def test_key_figures(bundle, figures, told):
    """Those that a part marks stand on the first page, or else its first, and before them those that miss their goal."""
    (bundle.out / "coverage/summary.json").write_text(json.dumps(part("coverage", figures=figures)))
    html = drawn(bundle)
    row = re.search(r'<tr><td><a href="#coverage">.*?</tr>', html)[0]
    assert f"<td>{'<br>'.join(told)}</td><td>Said</td></tr>" in row


# [utest->swr~bundle-report~1]
@pytest.mark.parametrize("cells", [
    ("src/a.c", "1/9", "1-3 7", "33t 41f 79:6t 79:30tf", "52:2,3"),
    ("1-3", "hardware", "QEMU raises none"),
    ("1 of 2 functions of the shipped image with gaps", "with_gaps", "5/11", "3/4", "1/2"),
    ("11.4", "advisory", "src/*", "3", "registers", "one file"),
    ("Frama-C EVA 29, exits: alarms", "lr_write", "shift", "n is below 16", "up to 4 cores"),
    ("HVC", "11,842", "331", "lock_take: bounded", "FIQ", "none: a loop without a bound", "none"),
    ("rule: MEM-01; message: page 7", ),
    ("MEM-01", "no page is twice", '<span class="fail">violated</span>', "MEM-02", '<span class="open">not judged</span>'),
    ("core 0", ">2<", ">1<", "MIDR_EL1: why", "VTCR_EL2", "= 0x1", "0x2", "<code>0x3</code>", '<span class="fail">fail</span>', "HCR_EL2", "= 0x1", "0x1", "</td><td></td><td>manual", "Bits: those that are compared"),
    ("bus", "ticks, not time", "time not shown", "longest ns: 5"),
    ("Assumptions of use", "Vulnerabilities", "How to report: <code>here</code>.", "<h3>Severity</h3>", "<code>x</code>", "<li>item</li>"),
    ("Trace matrix", "swr~some~1", "Some", "approved", "<code>src/a.c</code> 7, 9</td>", "<code>test/t.c</code> good_one <span", ">pass<", "bad_one (robustness) <span", ">no record<", "sys~above~1", "draft", "<td><code>swr~below~1</code></td></tr></tbody>"),
    ("Objectives of the standards", "DO-178C", "wordword"),
])
def test_annexes(bundle, cells):
    """The report has these cells, each in the order in which it is read."""
    html, at = drawn(bundle), 0
    html = html[html.index('id="coverage"') :]
    for cell in cells:
        assert cell in html[at:], cell
        at = html.index(cell, at) + len(cell)
    assert ">whole<" not in html


def test_each_wide_table_may_be_scrolled(bundle):
    html = drawn(bundle)
    assert html.count("<table>") == html.count('<div class="wide"><table>') > 10
    assert ".wide { overflow-x: auto; }" in html and "overflow-wrap: break-word" in html


# [utest->swr~bundle-report~1]
def test_nothing_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(paper, "print_to", lambda html, pdf, marked: None)
    bundle = bundles.Bundle(ROOT / "configs/minimal.dts", tmp_path, short=True)
    assert "Parts that this bundle lacks" in drawn(bundle)
    for name in report.ORDER:  # what a part says of itself, without any of its other files
        bundle.folder(name)
        (tmp_path / name / "summary.json").write_text(json.dumps(part(name)))
    html = drawn(bundle)
    assert all(f'<h2 id="{name}">' in html for name in report.ORDER) and "the bundle has no test records" in html


def harmed(value):
    if isinstance(value, str):
        return value + HARM
    if isinstance(value, list):
        return [harmed(one) for one in value]
    return {name: harmed(one) for name, one in value.items()} if isinstance(value, dict) else value


# [utest->swr~bundle-report~1]
def test_text_that_means_harm(bundle):
    """In every string of every file."""
    for name, content in FILES.items():
        kept = {"part": content["part"]} if "part" in content else {}
        (bundle.out / name).write_text(json.dumps(harmed(content) | kept if isinstance(content, dict) else harmed(content)))
    (bundle.out / "coverage/summary.json").write_text(json.dumps(part("coverage", gaps=[HARM], notes=[HARM], figures=[
        {"name": HARM, "value": HARM, "unit": HARM, "goal": HARM, "reached": False}])))
    (bundle.out / "timing").mkdir()
    (bundle.out / "timing/summary.json").write_text(json.dumps(part("timing")))
    (bundle.out / "timing/plot.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{HARM}</svg>')
    (bundle.out / "requirements/matrix.csv").write_text(f"item,title\n{HARM.replace(',', '')},<b>\n")
    (bundle.out / "requirements/SECURITY.md").write_text(f"# Title\n\n{HARM}\n\n| {HARM} |\n|---|\n| {HARM} |\n- {HARM}\n## {HARM}\n")
    html = drawn(bundle, [HARM])
    assert "<script" not in html and "<img src=x" not in html and html.count("&lt;script&gt;") > 30
    assert 'src="data:image/svg+xml;base64,' in html


# [utest->swr~bundle-report~1]
def test_words_of_gaps():
    assert coverage.ranges([5, 1, 2, 3]) == "1-3 5" and coverage.ranges([]) == ""
    assert coverage.outcomes([(9, 1, "false"), (9, 1, "true")]) == "9tf" and coverage.conditions([]) == ""
    assert markup.prose("a `b_<c>` d") == "a <code>b_&lt;c&gt;</code> d" and markup.text("`b`") == "`b`"
    assert [round(share) for share in markup.widths([["a", "b c"], ["supported", "x" * 30 + "/" + "y" * 30]])] == [28, 72]
    assert text.document("T", "| a\\|b | c |\n|---|---|\n| 1 | 2 |").count("<th>") == 2
    listed = text.document("T", "of\n- a\nwhich\n  goes on\n1. **b** `c**d**`\n2. e\n\nf\n")
    assert "".join(listed.splitlines()[1:]) == "<p>of</p><ul><li>a which goes on</li></ul><ol><li><b>b</b> <code>c**d**</code></li><li>e</li></ol><p>f</p>"


# [utest->swr~bundle-report~1]
@pytest.mark.skipif(not shutil.which(paper.CHROMIUM[0]), reason="there is no chromium, which prints it")
def test_a_page_without_the_mark(tmp_path):
    """On paper: each page has it; where one lacks it there is no PDF."""
    html, pdf = tmp_path / "a.html", tmp_path / "a.pdf"
    body = '<h2>a</h2><p class="fail">b</p><h2>c</h2><div class="across"><h2>d</h2></div>'
    html.write_text(style.page("t", body, "NOT FOR CREDIT"))
    paper.print_to(html, pdf, marked=True)
    assert paper.unmarked(pdf) == (3, 0)
    assert b"/Outlines" in pdf.read_bytes()
    html.write_text(style.page("t", body))
    paper.print_to(html, pdf, marked=False)
    assert paper.unmarked(pdf) == (3, 3)
    with pytest.raises(RuntimeError, match="3 of 3 pages of a.pdf lack the mark"):
        paper.print_to(html, pdf, marked=True)
    assert not pdf.exists()

# SPDX-License-Identifier: Apache-2.0
"""report.html and report.pdf: what a person would hand to an assessor, from the parts' files alone."""

import csv
import datetime
import json
import re
import shutil
import subprocess
import tempfile
from html import escape

from .bundle import EXPLAINED, NOT_FOR_CREDIT, ROOT, git, say

ORDER = ("requirements", "objectives", "tests", "coverage", "static", "configuration", "timing", "interference", "attack")
ANNEXES = (  # file in the bundle, title, how: of texts "document", of tables "table"
    ("requirements/matrix.csv", "Trace matrix"),
    ("objectives/objectives.csv", "Objectives of the standards"),
)
DOCUMENTS = (("docs/assumptions.md", "Assumptions of use"), ("docs/open-problems.md", "Open problems"), ("docs/residuals.md", "What is not isolated"))
NOT = (
    "The tools are not qualified: compilers, emulator, coverage and analysis tools are Debian's, taken as they are.",
    "The machine was emulated by QEMU. Nothing here was measured on hardware; instruction counts are no times.",
    "Independence is the user's: authors of the code wrote and ran the tests, and reviewed the requirements.",
    "It is evidence about one configuration and one commit. It is no certificate, and no standard's conformity is claimed.",
)
CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
STYLE = """
:root { --ink: #1b1f24; --pale: #5a6470; --line: #d5dae0; --good: #1d6b3a; --bad: #a4161a; --open: #8a5a00; }
* { box-sizing: border-box; }
body { font: 10pt/1.45 "DejaVu Sans", sans-serif; color: var(--ink); max-width: 60em; margin: 2em auto; padding: 0 1.5em; }
h1 { font-size: 20pt; margin: 0 0 .2em; } h2 { font-size: 14pt; border-bottom: 2px solid var(--ink); margin-top: 2em; }
h3 { font-size: 11pt; margin: 1.4em 0 .3em; }
table { border-collapse: collapse; width: 100%; margin: .6em 0; font-size: 8.5pt; }
th, td { text-align: left; vertical-align: top; padding: .25em .5em; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
th { border-bottom: 1.5px solid var(--ink); } td.n { text-align: right; white-space: nowrap; }
thead { display: table-header-group; } tr { break-inside: avoid; }
.pale { color: var(--pale); } .pass, .fail, .open, .shown { white-space: nowrap; } td code { overflow-wrap: anywhere; } code { font: 90% "DejaVu Sans Mono", monospace; }
.pass { color: var(--good); font-weight: bold; } .fail { color: var(--bad); font-weight: bold; }
.open, .shown { color: var(--open); font-weight: bold; }
.mark { display: none; color: var(--bad); font-weight: bold; }
.credit .mark { display: block; position: fixed; top: 0; right: 0; left: 0; text-align: center; background: #fff; border-bottom: 1px solid var(--bad); }
svg { max-width: 100%; height: auto; break-inside: avoid; }
@page { size: A4; margin: 18mm 15mm; }
@media print { body { margin: 0; max-width: none; padding: 1.6em 0 0; } h2 { break-before: page; } h2.first { break-before: auto; } }
"""


def verdict(word):
    return f'<span class="{"shown" if word == "not shown" else escape(word)}">{escape(word)}</span>'


def table(head, rows):
    lines = ["<table><thead><tr>", *(f"<th>{escape(str(cell))}</th>" for cell in head), "</tr></thead><tbody>"]
    for row in rows:
        lines.append("<tr>" + "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in row) + "</tr>")
    return "".join([*lines, "</tbody></table>"])


def number(value):
    return f'<td class="n">{escape(f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value))}</td>'


def listed(title, texts):
    return f"<h3>{title}</h3><ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>" if texts else ""


def figures(part):
    if not part["figures"]:
        return ""
    words = {True: "reached", False: "missed", None: ""}
    rows = [
        [escape(f["name"]), number(f["value"]), escape(f["unit"]), escape(f["goal"]), verdict("pass" if f["reached"] else "fail").replace(">pass<", ">reached<").replace(">fail<", ">missed<") if f["reached"] is not None else words[None]]
        for f in part["figures"]
    ]
    return table(["figure", "value", "unit", "goal", ""], rows)


def plots(folder):
    return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.svg")))


def ranges(numbers):
    """1-3 5, of 1 2 3 5."""
    found = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def coverage_table(folder):
    """Of each file, with the lines of its gaps."""
    text = ""
    for path in sorted(folder.glob("*.json")):
        result = json.loads(path.read_text(encoding="utf-8"))
        if "files" not in result:
            continue
        rows = []
        for name, file in result["files"].items():
            shares = [f"{file[k]['covered']}/{file[k]['count']}" if file[k]["count"] else "-" for k in ("lines", "branches", "mcdc")]
            open_lines = {*file["gaps"]["lines"], *(line for line, _, _ in file["gaps"]["branches"]), *(line for line, _ in file["gaps"]["mcdc"])}
            rows.append([f"<code>{escape(name)}</code>", *(f'<td class="n">{s}</td>' for s in shares), f'<span class="pale">{ranges(open_lines)}</span>'])
        text += f"<h3>{escape(result['what'])}, by file</h3>" + table(["file", "statements", "branches", "MC/DC", "lines with gaps"], rows)
    return text


def channels(folder):
    """Of interference: each channel beside what bounds it."""
    path = folder / "results.json"
    rows = []
    for channel in json.loads(path.read_text(encoding="utf-8"))["channels"] if path.exists() else []:
        seen = channel["tests"] and max((test["measured"] for test in channel["tests"]), key=len)
        said = "; ".join(f"{name}: {value}" for name, value in (seen or {}).items() if name not in ("attempts", "seed"))
        time = "" if channel["seen"] else '<span class="shown">time not shown</span>'
        rows.append([escape(channel["name"]), escape(channel["load"]), escape(channel["bound"]), number(len(channel["tests"])), verdict(channel["verdict"]) + f" {time}", escape(said)])
    return table(["channel", "load", "bounded by", "tests", "verdict", "of one test, measured by the victim"], rows)


TABLES = {"coverage": coverage_table, "interference": channels}  # beside figures and gaps


def section(out, part):
    folder = out / part["part"]
    text = f'<h2 id="{part["part"]}">{escape(part["title"])}</h2><p>Verdict: {verdict(part["verdict"])}</p><p>{escape(part["statement"])}</p>'
    if part["part"] in EXPLAINED:
        text += f"<p>How it comes about and how it is to be read: <code>{part['part']}/{escape(EXPLAINED[part['part']].rsplit('/', 1)[1])}</code>.</p>"
    text += figures(part) + plots(folder)
    text += listed("Gaps", part["gaps"]) + listed("To be read with it", part["notes"])
    if part["part"] in TABLES:
        text += TABLES[part["part"]](folder)
    files = sorted(path.relative_to(out).as_posix() for path in folder.iterdir())
    return text + f'<p class="pale">Files: {", ".join(f"<code>{escape(f)}</code>" for f in files)}</p>'


def document(title, text):
    """The little of Markdown that these have: tables, lists, headings, paragraphs."""
    lines, html, rows = text.splitlines(), [f"<h2>{escape(title)}</h2>"], []
    paragraph = []

    def inline(words):
        return re.sub(r"`([^`]+)`", r"<code>\1</code>", re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", escape(words)))

    def flush():
        if paragraph:
            html.append(f"<p>{inline(' '.join(paragraph))}</p>")
            paragraph.clear()
        if rows:
            html.append(table(rows[0], [[inline(cell) for cell in row] for row in rows[1:]]))
            rows.clear()

    for line in lines:
        if line.startswith("<!--") or line.startswith("# "):
            continue
        if line.startswith("|"):
            if paragraph:
                flush()
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
                rows.append(cells)
        elif line.startswith("#"):
            flush()
            html.append(f"<h3>{inline(line.lstrip('# '))}</h3>")
        elif re.match(r"\s*([-*]|\d+\.) ", line):
            flush()
            html.append(f"<ul><li>{inline(re.sub(r'^[ ]*([-*]|[0-9]+[.]) ', '', line))}</li></ul>")
        elif line.strip():
            paragraph.append(line.strip())
        else:
            flush()
    flush()
    return "\n".join(html)


def annex(out, file, title):
    path = out / file
    if not path.exists():
        return ""
    with open(path, newline="", encoding="utf-8") as source:
        rows = [row for row in csv.reader(line for line in source if not line.startswith("#"))]
    return f"<h2>{escape(title)}</h2>" + table(rows[0], [[escape(cell) for cell in row] for row in rows[1:]]) if rows else ""


def front(bundle, parts, reasons):
    commit, tag = git("rev-parse", "HEAD"), git("tag", "--points-at", "HEAD") or "none"
    when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    facts = [("Configuration", bundle.config.name), ("Commit", commit), ("Tag", tag), ("Made", when)]
    credit = f'<p class="fail">{NOT_FOR_CREDIT}: {escape("; ".join(reasons))}.</p>' if reasons else ""
    rows = [[f'<a href="#{p["part"]}">{escape(p["title"])}</a>', verdict(p["verdict"]), number(len(p["gaps"])), escape(p["statement"].split(". ")[0])] for p in parts]
    missing = [name for name in ORDER if name not in {p["part"] for p in parts}]
    return (
        f"<h1>Bulkhead: certification evidence</h1>{credit}"
        + table(["", ""], [[escape(name), f"<code>{escape(value)}</code>"] for name, value in facts])
        + '<h2 class="first">What this is, and what it is not</h2><p>Records of one configuration of the hypervisor: what was required, what was tested, on which bytes, '
        "with which tools, with what result. Every number comes from a file of this bundle; <code>bulkhead evidence verify</code> checks that "
        "none was changed, added or taken away since it was sealed.</p><ul>"
        + "".join(f"<li>{escape(text)}</li>" for text in NOT)
        + '</ul><h2 class="first">Summary</h2>'
        + table(["part", "verdict", "gaps", "what was done"], rows)
        + listed("Parts that this bundle lacks", missing)
        + "<p class=pale>pass: all that is claimed was seen. open: nothing wrong was seen, but a goal isn't reached, as its gaps say. "
        "not shown: it can't be shown on an emulated machine. fail: something was seen that must not be.</p>"
    )


def to_pdf(html, pdf):
    with tempfile.TemporaryDirectory() as profile:
        command = [*CHROMIUM, f"--user-data-dir={profile}", f"--print-to-pdf={pdf}", html.resolve().as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode or not pdf.exists():
        raise RuntimeError(f"chromium made no PDF: {done.stderr.strip()[-400:]}")


def write(bundle, reasons=None):
    """From what the parts wrote. reasons: why the bundle doesn't count, where that is known better than the bundle does."""
    out, reasons = bundle.out, bundle.not_for_credit() if reasons is None else reasons
    parts = [json.loads(path.read_text(encoding="utf-8")) for name in ORDER if (path := out / name / "summary.json").exists()]
    body = front(bundle, parts, reasons) + "".join(section(out, part) for part in parts)
    body += "".join(document(title, (ROOT / path).read_text(encoding="utf-8")) for path, title in DOCUMENTS if (ROOT / path).exists())
    body += "".join(annex(out, file, title) for file, title in ANNEXES)
    html = out / "report.html"
    html.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Bulkhead: certification evidence, {escape(bundle.config.stem)}</title>'
        f'<style>{STYLE}</style><body class="{"credit" if reasons else ""}"><div class="mark">{NOT_FOR_CREDIT}</div>{body}</body></html>\n',
        encoding="utf-8",
    )
    if shutil.which(CHROMIUM[0]):
        to_pdf(html, out / "report.pdf")
    else:
        say("no report.pdf: there is no chromium (scripts/setup.sh evidence installs it)")

# SPDX-License-Identifier: Apache-2.0
"""report.html and report.pdf: what a person would hand to an assessor, from the parts' files alone."""

import base64
import csv
import datetime

from .bundle import NOT_FOR_CREDIT, ROOT, git
from .papers import EXPLAINED, places
from .rendered import configuration, coverage, front, interference, matrix, paper, static, style
from .rendered.markup import code, listed, load, number, prose, table, text, verdict, widths
from .rendered.text import document

ORDER = ("requirements", "objectives", "tests", "coverage", "static", "configuration", "timing", "interference", "attack")
DOCUMENTS = (  # in the bundle; in the tree, for a bundle without that part
    ("requirements/assumptions.md", "docs/assumptions.md", "Assumptions of use"),
    ("requirements/open-problems.md", "docs/open-problems.md", "Open problems"),
    ("requirements/residuals.md", "docs/residuals.md", "What is not isolated"),
    ("requirements/SECURITY.md", "SECURITY.md", "Vulnerabilities: how they are reported and handled"),
)
TABLES = {"coverage": coverage, "static": static, "configuration": configuration, "interference": interference}  # beside figures and gaps
REACHED = {True: "reached", False: "missed"}


def figures(part):
    rows = [
        [text(f["name"]), number(f["value"]), text(f["unit"]), text(f["goal"]), verdict(REACHED[f["reached"]]) if f["reached"] is not None else ""]
        for f in part["figures"]
    ]
    return table(["figure", "value", "unit", "goal", ""], rows)


def plots(folder):
    """As pictures: their styles and scripts, if any, stay theirs."""
    drawn = [(path.stem, base64.b64encode(path.read_bytes()).decode()) for path in sorted(folder.glob("*.svg"))]
    return "".join(f'<img alt="{text(name)}" src="data:image/svg+xml;base64,{data}">' for name, data in drawn)


def section(out, part):
    folder = out / part["part"]
    drawn = f'<h2 id="{text(part["part"])}">{text(part["title"])}</h2><p>Verdict: {verdict(part["verdict"])}</p><p>{prose(part["statement"])}</p>'
    if part["part"] in EXPLAINED:
        drawn += f"<p>How it comes about and how it is to be read: {code(places()[EXPLAINED[part['part']]])}.</p>"
    drawn += figures(part) + plots(folder)
    drawn += listed("Gaps", part["gaps"]) + listed("To be read with it", part["notes"])
    if part["part"] in TABLES:
        drawn += TABLES[part["part"]].draw(folder)
    files = sorted(path.relative_to(out).as_posix() for path in folder.iterdir())
    return drawn + f'<p class="pale">Files: {", ".join(code(file) for file in files)}</p>'


def documents(out):
    drawn = ""
    for file, of_tree, title in DOCUMENTS:
        path = next((path for path in (out / file, ROOT / of_tree) if path.is_file()), None)
        drawn += document(title, path.read_text(encoding="utf-8")) if path else ""
    return drawn


def _as_it_is(rows):
    names = [name for name in rows[0] if name]
    cells = [[row[name] or "" for name in names] for row in rows]
    return table(names, [[text(cell) for cell in row] for row in cells], widths([names, *cells]))


def annex(out, file, title, draw):
    """A table of the bundle, across the page."""
    path = out / file
    if not path.exists():
        return ""
    with open(path, newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader((line for line in source if not line.startswith("#")), restval=""))
    return f'<div class="across"><h2>{text(title)}</h2>{draw(rows)}</div>' if rows else ""


ANNEXES = (("requirements/matrix.csv", "Trace matrix", matrix.draw), ("objectives/objectives.csv", "Objectives of the standards", _as_it_is))


def first_page(bundle, parts, reasons):
    when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    tag = git("tag", "--points-at", "HEAD") or "none"
    facts = [("Configuration", bundle.config.name), ("Commit", git("rev-parse", "HEAD")), ("Tag", tag), ("Made", when)]
    credit = f'<p class="fail">{NOT_FOR_CREDIT}: {text("; ".join(reasons))}.</p>' if reasons else ""
    there = {part["part"] for part in parts}
    return front.draw(bundle.out, facts, parts, [name for name in ORDER if name not in there], credit)


def write(bundle, reasons=None):
    """From what the parts wrote. [impl->swr~bundle-report~1] reasons: why the bundle doesn't count; None: as far as it knows itself."""
    out, reasons = bundle.out, bundle.not_for_credit() if reasons is None else reasons
    parts = [part for name in ORDER if (part := load(out / name / "summary.json"))]
    body = first_page(bundle, parts, reasons) + "".join(section(out, part) for part in parts) + documents(out)
    body += "".join(annex(out, *of) for of in ANNEXES)
    html = out / "report.html"
    html.write_text(style.page(f"Bulkhead: certification evidence, {bundle.config.stem}", body, NOT_FOR_CREDIT if reasons else None), encoding="utf-8")
    paper.print_to(html, out / "report.pdf", marked=bool(reasons))

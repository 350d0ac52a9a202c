# SPDX-License-Identifier: Apache-2.0
"""Cells, tables and lists in HTML. What comes from a file is escaped here: titles and heads alone are the authors' own words."""

import json
import re
from html import escape

LONG = re.compile(r"\S{20,}")  # words that may have to be broken
BREAK = re.compile(r"([/_~.:,=-])(?=\w)")  # behind which they may be
CLASSES = {"not shown": "shown", "holds": "pass", "violated": "fail", "reached": "pass", "missed": "fail"}  # of words that aren't classes of style.py
WORDS = ("pass", "fail", "open", *CLASSES)


def load(path, default=None):
    """Of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else default


def text(value):
    """Long words may be broken behind their separators."""
    return LONG.sub(lambda word: BREAK.sub(r"\1<wbr>", word[0]), escape(str(value), quote=False)).replace('"', "&quot;")


def prose(value):
    """Text in which what stands between `backticks` is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text(value))


def code(value):
    return f"<code>{text(value)}</code>"


def verdict(word):
    return f'<span class="{CLASSES.get(word, word) if word in WORDS else "open"}">{escape(str(word))}</span>'


def shown(value):
    """A number as it is read."""
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


def number(value):
    return f'<td class="n">{escape(shown(value))}</td>'


def share(covered, count):
    return number(f"{covered}/{count}" if count else "-")


def table(head, rows, widths=()):
    """rows: of cells in HTML, `<td ...>` and all or what is within one. One without rows is nothing. widths: of columns, in percent."""
    if not rows:
        return ""
    columns = "".join(f'<col style="width: {width:.1f}%">' for width in widths)
    lines = [f'<div class="wide"><table>{columns}<thead><tr>', *(f"<th>{escape(str(cell))}</th>" for cell in head), "</tr></thead><tbody>"]
    for row in rows:
        lines.append("<tr>" + "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in row) + "</tr>")
    return "".join([*lines, "</tbody></table></div>"])


def _longest(texts):
    """Characters of the longest part that isn't broken."""
    words = (word for cell in texts for word in cell.split())
    return max((len(part) for word in words for part in (BREAK.split(word) if LONG.match(word) else [word])), default=0)


def widths(rows):
    """Shares of the width in percent that a table's columns need, of rows of text, its head's among them."""
    wanted = [max(_longest(column) + 4, min(40, sum(map(len, column)) / len(column))) for column in zip(*rows)]
    return [100 * share / sum(wanted) for share in wanted]


def heading(title, drawn):
    """A table with its title; nothing where it is nothing."""
    return f"<h3>{escape(title)}</h3>{drawn}" if drawn else ""


def listed(title, texts):
    return heading(title, "<ul>" + "".join(f"<li>{prose(said)}</li>" for said in texts) + "</ul>") if texts else ""

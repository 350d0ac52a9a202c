# SPDX-License-Identifier: Apache-2.0
"""A document of the tree: the little of Markdown that these have, tables, lists, headings, code, bold words, paragraphs."""

import re

from .markup import escape, prose, table, widths


def _inline(words):
    shown = prose(re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", words))
    return re.sub(r"(<code>.*?</code>)|\*\*([^*<]+)\*\*", lambda found: found[1] or f"<b>{found[2]}</b>", shown)


class _Document:
    def __init__(self):
        self.html, self.paragraph, self.rows, self.items, self.kind = [], [], [], [], "ul"

    def flush(self):
        """What has been read so far is whole."""
        if self.paragraph:
            self.html.append(f"<p>{_inline(' '.join(self.paragraph))}</p>")
        if self.rows:
            self.html.append(table(self.rows[0], [[_inline(cell) for cell in row] for row in self.rows[1:]], widths(self.rows)))
        if self.items:
            self.html.append(f"<{self.kind}>{''.join(f'<li>{_inline(item)}</li>' for item in self.items)}</{self.kind}>")
        self.paragraph, self.rows, self.items = [], [], []

    def item(self, kind, words):
        """Of a list, which goes on as long as its kind does."""
        if not self.items or kind != self.kind:
            self.flush()
        self.kind = kind
        self.items.append(words)

    def row(self, line):
        if self.paragraph or self.items:
            self.flush()
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            self.rows.append(cells)

    def line(self, line):
        item = re.fullmatch(r"\s*([-*]|\d+\.) (.*)", line)
        if line.startswith("|"):
            self.row(line)
        elif line.startswith("#"):
            self.flush()
            self.html.append(f"<h3>{_inline(line.lstrip('# '))}</h3>")
        elif item:
            self.item("ul" if item[1] in "-*" else "ol", item[2])
        elif self.items and line.strip():
            self.items[-1] += f" {line.strip()}"
        elif line.strip():
            self.paragraph.append(line.strip())
        else:
            self.flush()


def document(title, source):
    drawn = _Document()
    for line in source.splitlines():
        if not line.startswith(("<!--", "# ")):
            drawn.line(line)
    drawn.flush()
    return "\n".join([f"<h2>{escape(title)}</h2>", *drawn.html])

# SPDX-License-Identifier: Apache-2.0
"""The trace matrix, a row a requirement: the code that it became, and the cases of each test file with what they came to."""

import collections
import itertools

from .markup import code, table, text, verdict

WIDTHS = (24, 24, 52)  # percent of the page
NORMAL, NOT_RUN = "normal", ("", "none")


def _links(rows, shown):
    """Of each file a line: its name, and what `shown` makes of its links."""
    files = itertools.groupby(rows, key=lambda row: row.get("file") or "")
    return "<br>".join(f"{code(file)} {', '.join(filter(None, map(shown, of)))}" for file, of in files)


def _case(row):
    """A test's name, its kind where that isn't the normal range, and its verdict; the whole file's where it has no name."""
    kind = f" ({text(row['kind'])})" if row.get("kind") not in (None, "", NORMAL) else ""
    came = "no record" if row.get("verdict") in (None, *NOT_RUN) else row["verdict"]
    return f"{text(row.get('name') or 'all of it')}{kind} {verdict(came)}"


def draw(rows):
    """rows: those of requirements/matrix.csv, by column."""
    drawn = []
    for (item, title, status), of in itertools.groupby(rows, key=lambda row: (row.get("item"), row.get("title"), row.get("status"))):
        links = collections.defaultdict(list)
        for row in of:
            links[row.get("link")].append(row)
        tests = "<br>".join(filter(None, (_links(links[kind], _case) for kind in ("utest", "stest"))))
        below = ", ".join(code(row.get("name")) for row in links["swr"])
        drawn.append([f"{code(item)}<br>{text(title)}<br><span class=pale>{text(status or '')}</span>", _links(links["impl"], lambda row: text(row.get("line"))), below or tests])
    return table(["requirement", "code: lines of its tags", "tests: cases, (kind other than normal range), verdict; or the requirements below"], drawn, WIDTHS)

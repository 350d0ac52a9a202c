# SPDX-License-Identifier: Apache-2.0
"""Papers of the tree in the bundle: where each lies in it, and their links, which lead to a file of the bundle or name one of the tree's.

[impl->swr~papers-linked~1]
"""

import pathlib
import posixpath
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
ITEMS = "test/requirements"
# What explains a part to its readers, who have the bundle alone: goes into the part's folder.
EXPLAINED = {
    "tests": "docs/evidence-records.md",
    "coverage": "docs/coverage.md",
    "static": "docs/evidence-static.md",
    "timing": "docs/bench.md",
    "configuration": "docs/evidence-configuration.md",
    "interference": "docs/interference.md",
    "attack": "docs/attacks.md",
}
# What an assessor reads beside the items.
TEXTS = ("docs/assumptions.md", "docs/open-problems.md", "docs/residuals.md", "SECURITY.md")
# What all of these, and the objectives, lean on. In a folder of its own: some have the name of a file of items.
LEANT_ON = tuple(f"docs/{name}.md" for name in ("audit", "boards", "config", "evidence", "formats", "guest-abi", "metrics", "registers", "update"))
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
ELSEWHERE = ("http://", "https://", "#")


def places():
    """{paper's path in the tree: its path in a whole bundle}; the items' folder is among them."""
    items = sorted(f"{ITEMS}/{path.name}" for path in (ROOT / ITEMS).glob("*.md"))
    return {
        ITEMS: "requirements",
        **{paper: f"requirements/{posixpath.basename(paper)}" for paper in (*items, *TEXTS)},
        **{paper: f"requirements/{paper}" for paper in LEANT_ON},
        **{paper: f"{part}/{posixpath.basename(paper)}" for part, paper in EXPLAINED.items()},
    }


def _linked(paper, words, link, placed):
    """A link of a paper of the tree as it stands in the bundle. ValueError: it leads to nothing."""
    if link.startswith(ELSEWHERE):
        return f"[{words}]({link})"
    target, mark, part = link.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(paper), target))
    if not (ROOT / path).exists():
        raise ValueError(f"{paper}: its link to {target} leads to nothing")
    if path in placed:
        return f"[{words}]({posixpath.relpath(placed[path], posixpath.dirname(placed[paper]))}{mark}{part})"
    named = f"`{path}` in the source tree"
    return named if words in (path, posixpath.basename(path)) else f"{words} ({named})"


def text(paper):
    """Of a paper, as it stands in the bundle."""
    placed = places()
    return LINK.sub(lambda found: _linked(paper, found[1], found[2], placed), (ROOT / paper).read_text(encoding="utf-8"))


def copy(paper, out):
    """Of the tree, to its place in the bundle `out`."""
    path = out / places()[paper]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(paper), encoding="utf-8")

# SPDX-License-Identifier: Apache-2.0
"""What the report looks like, on a screen and on paper, and the whole page. The mark stands on paper in the margin of each page, on the screen
in a bar above the text: it covers nothing."""

from html import escape

MARK_COLOR = "#aa1020"  # nothing else has it: paper.py looks for it on each page of the PDF
STYLE = """
:root { --ink: #1b1f24; --pale: #5a6470; --line: #d5dae0; --good: #1d6b3a; --bad: #a4161a; --open: #8a5a00; }
* { box-sizing: border-box; }
body { font: 10pt/1.45 "DejaVu Sans", sans-serif; color: var(--ink); max-width: 64em; margin: 2em auto; padding: 0 1.5em; overflow-wrap: anywhere; }
h1 { font-size: 20pt; margin: 0 0 .2em; } h2 { font-size: 14pt; border-bottom: 2px solid var(--ink); margin-top: 2em; scroll-margin-top: 2em; }
h3 { font-size: 11pt; margin: 1.4em 0 .3em; break-after: avoid; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .6em 0; font-size: 8.5pt; }
th, td { text-align: left; vertical-align: top; padding: .25em .5em; border-bottom: 1px solid var(--line); }
td { overflow-wrap: break-word; min-width: 4.5em; } th { overflow-wrap: normal; border-bottom: 1.5px solid var(--ink); }
td:first-child { min-width: 10em; } td.whole { white-space: nowrap; }
td.n { text-align: right; white-space: nowrap; overflow-wrap: normal; min-width: 0; }
.across table { table-layout: fixed; min-width: 60em; font-size: 8pt; } .across td, .across td:first-child { min-width: 0; }
thead { display: table-header-group; } tr { break-inside: avoid; }
.pale { color: var(--pale); } .pass, .fail, .open, .shown { white-space: nowrap; } code { font: 90% "DejaVu Sans Mono", monospace; }
p.fail { white-space: normal; }
.pass { color: var(--good); font-weight: bold; } .fail { color: var(--bad); font-weight: bold; }
.open, .shown { color: var(--open); font-weight: bold; }
img { max-width: 100%; height: auto; break-inside: avoid; display: block; margin: .8em 0; }
.mark { position: fixed; top: 0; right: 0; left: 0; height: 1.8em; text-align: center; color: var(--bad); font-weight: bold; background: #fff; border-bottom: 1px solid var(--bad); }
.credit { padding-top: 1.8em; }
@page { size: A4; margin: 18mm 15mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt "DejaVu Sans", sans-serif; color: #5a6470; } }
@page across { size: A4 landscape; }
@media print {
 body, body.credit { margin: 0; max-width: none; padding: 0; } .mark { display: none; } .wide { overflow: visible; }
 h2 { break-before: page; } h2.first { break-before: auto; } .across { page: across; } .across table { min-width: 0; } .across tr { break-inside: auto; } .across h2 { break-before: auto; }
}
"""
MARGIN = '@page { @top-center { content: "%s"; font: bold 10pt "DejaVu Sans", sans-serif; color: %s; } }\n'


def page(title, body, mark=None):
    """The whole file. mark: what stands above each page; None: nothing does."""
    style = STYLE + (MARGIN % (mark, MARK_COLOR) if mark else "")
    bar = f'<div class="mark">{escape(mark)}</div>' if mark else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f'<style>{style}</style><body class="{"credit" if mark else ""}">{bar}{body}</body></html>\n'
    )

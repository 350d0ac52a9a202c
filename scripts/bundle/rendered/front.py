# SPDX-License-Identifier: Apache-2.0
"""The report's first page: of what it speaks, on which bytes, run where by what, and what became of each part."""

import json

from .markup import code, heading, listed, load, number, prose, shown, table, text, verdict

FEW = 3  # figures of a part that marks none
WIDTHS = (15, 8, 6, 37, 34)  # of the summary's columns, in percent
BYTES = ("bulkhead.itb", "bulkhead.bin", "blueprint.bin")
NOT = (
    "The tools are not qualified: compilers, emulator, coverage and analysis tools are Debian's, taken as they are.",
    "The machine was emulated by QEMU. Nothing here was measured on hardware; instruction counts are no times.",
    "Independence is the user's: authors of the code wrote and ran the tests, and reviewed the requirements.",
    "It is evidence about one configuration and one commit. It is no certificate, and no standard's conformity is claimed.",
)
SIGNED = (
    "<p>Who signed it: <code>attestation/key.pem</code> is the public half of the key; its ID stands as <code>keyid</code> in "
    "<code>attestation/provenance.dsse.json</code>, which also has why the bundle doesn't count, where it doesn't. The bundle's own key proves "
    "nothing to whoever doesn't have it from elsewhere: <code>bulkhead evidence verify --key</code>.</p>"
)
ABOUT = (
    '<h2 class="first">What this is, and what it is not</h2><p>Records of one configuration of the hypervisor: what was required, what was tested, on which bytes, '
    "with which tools, with what result. Every number comes from a file of this bundle; <code>bulkhead evidence verify</code> checks that "
    "none was changed, added or taken away since it was sealed.</p>"
)
WORDS = (
    "<p class=pale>pass: all that is claimed was seen. open: nothing wrong was seen, but a goal isn't reached, as its gaps say. "
    "not shown: it can't be shown on an emulated machine. fail: something was seen that must not be.</p>"
)


def _bytes(out):
    outputs = load(out / "configuration/index.json", {}).get("outputs", [])
    found = {row["path"].rsplit("/", 1)[-1]: row for row in outputs}
    rows = [[code(found[name]["path"]), code(found[name]["sha256"]), number(found[name]["size"])] for name in BYTES if name in found]
    return heading("On which bytes", table(["file", "SHA-256", "bytes"], rows))


def _tools(out):
    """Host and tools, as the tests' records have them in their first line."""
    path = out / "tests/records.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    first = json.loads(lines[0]) if lines else {}
    rows = [[text(name), text(value)] for of in ("host", "tools") for name, value in first.get(of, {}).items()]
    if not rows:
        return "<p>With which tools: the bundle has no test records.</p>"
    ran = [["tests begun", text(first.get("started"))], ["of commit", code(first.get("commit")) + (", with changes that weren't committed" if first.get("dirty") else "")]]
    where = "<p class=pale>Each tool with its package and its options: <code>configuration/environment.json</code>.</p>"
    return heading("The tests' run: host and tools", table(["", ""], [*ran, *rows]) + where)


def _key_figures(part):
    """Those that the part marks; of one that marks none a few: first those that miss their goal."""
    figures = part["figures"]
    chosen = [of for of in figures if of.get("key")] or sorted(figures, key=lambda of: of["reached"] is not False)[:FEW]
    lines = [(text(f"{of['name']}: {shown(of['value'])} {of['unit']}".rstrip()), of) for of in chosen]
    return "<br>".join(f"{said}, goal {text(of['goal'])}: {verdict('missed')}" if of["reached"] is False else said for said, of in lines)


def _summary(parts, lacking):
    rows = [
        [f'<a href="#{text(part["part"])}">{text(part["title"])}</a>', verdict(part["verdict"]), number(len(part["gaps"])), _key_figures(part), prose(part["statement"].split(". ")[0])]
        for part in parts
    ]
    return '<h2 class="first">Summary</h2>' + table(["part", "verdict", "gaps", "figures", "what was done"], rows, WIDTHS) + listed("Parts that this bundle lacks", lacking) + WORDS


def draw(out, facts, parts, lacking, credit):
    """out: the bundle's folder; facts: (name, value); parts: what each says of itself; lacking: names of those that aren't there; credit: why it
    doesn't count, in HTML."""
    table_of_facts = table(["", ""], [[text(name), code(value)] for name, value in facts])
    nots = "<ul>" + "".join(f"<li>{text(said)}</li>" for said in NOT) + "</ul>"
    return f"<h1>Bulkhead: certification evidence</h1>{credit}{table_of_facts}{_bytes(out)}{SIGNED}{ABOUT}{nots}{_summary(parts, lacking)}{_tools(out)}"

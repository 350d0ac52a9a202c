# SPDX-License-Identifier: Apache-2.0
"""The papers of a bundle: requirements with matrix and verdicts, objectives of standards, problems and assumptions.

Robustness: test_objectives_refused, test_verdict_is_the_worst, test_nothing_passed, test_no_such_item, test_objective_without_its_file,
test_link_to_nothing
"""

import csv
import json
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from bundle import bundle as bundles, objectives, papers, requirements  # noqa: E402  (needs the path above)


@pytest.fixture(name="bundle")
def bundle_in(tmp_path):
    return bundles.Bundle(ROOT / "configs/minimal.dts", tmp_path / "minimal", short=True)


def record(folder, case, procedure, verdict, number=1, **more):
    (folder / "tests").mkdir(parents=True, exist_ok=True)
    with (folder / "tests/records.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"record": number, "case": case, "procedure": procedure, "verdict": verdict, **more}) + "\n")


def rows_of(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def summary(bundle, part):
    return json.loads((bundle.out / part / "summary.json").read_text())


def figure(bundle, part, name):
    return next(f for f in summary(bundle, part)["figures"] if f["name"] == name)


def without_links(text):
    return re.sub(r"\]\([^)]*\)", "]", text)


# ---- requirements ----


# [utest->swr~bundle-requirements~1]
def test_requirements(bundle):
    verdict = requirements.make(bundle)
    folder = bundle.out / "requirements"
    items = {item["id"]: item for item in json.loads((folder / "items.json").read_text())}
    told = summary(bundle, "requirements")
    assert told["verdict"] == verdict == "open"
    recorded = figure(bundle, "requirements", requirements.RECORDED)
    assert f"{requirements.RECORDED}: 0 of {recorded['goal']}" in told["gaps"]
    assert figure(bundle, "requirements", "requirements")["value"] == len(items) > 430
    item = items["swr~bundle-requirements~1"]
    assert item["rationale"].startswith("The matrix is what joins") and item["covers"] == ["sys~papers-whole~1"]
    assert [place.split(":")[0] for place in item["code"]] == ["scripts/bundle/requirements.py"]
    assert {test["name"] for test in item["tests"]} >= {"test_requirements", "test_verdict_is_the_worst"}
    # In whose words items are high-level and low-level ones is said.
    assert any("sys~ items are high-level requirements, swr~ items low-level ones" in note for note in told["notes"])
    said = " ".join((folder / "system.md").read_text().split())
    assert all(f"`{kind}~` items" in said for kind in {name.split("~")[0] for name in items}), said
    # What isn't there is named.
    gaps = requirements.tracing.trace(ROOT).gaps()
    for gap, missing in gaps.items():
        assert figure(bundle, "requirements", f"requirements {gap}")["value"] == len(missing)
        assert not missing or any(line.startswith(f"{gap}: {len(missing)} (") and missing[0] in line for line in told["gaps"])
    # The texts are the tree's, but for links.
    for name in ("system.md", "reviews.md", "reviews.csv", "hypervisor.md"):
        assert (folder / name).read_bytes() == (ROOT / "test/requirements" / name).read_bytes()
    for name in papers.TEXTS:
        assert without_links((folder / pathlib.Path(name).name).read_text()) == without_links((ROOT / name).read_text())


# [utest->swr~bundle-requirements~1]
def test_matrix_has_each_link(bundle):
    requirements.make(bundle)
    rows = rows_of(bundle.out / "requirements/matrix.csv")
    of = [r for r in rows if r["item"] == "swr~bundle-requirements~1"]
    assert [(r["link"], r["file"]) for r in of if r["link"] == "impl"] == [("impl", "scripts/bundle/requirements.py")]
    tests = [r for r in of if r["link"] == "utest"]
    assert {r["file"] for r in tests} == {"test/evidence/test_papers.py", "test/unit/trace/test_trace.py"} and {r["verdict"] for r in tests} == {"none"}
    assert {r["kind"] for r in tests} == {"normal", "robustness"}
    for row in tests:
        line = (ROOT / row["file"]).read_text().splitlines()[int(row["line"]) - 1]
        assert f"def {row['name']}(" in line
    covering = [f"swr~{name}~1" for name in ("attacks-counted", "bundle-objectives", "bundle-report", "bundle-requirements", "interference-told", "papers-linked", "papers-told", "trace-cases", "trace-reviews", "trace-whole")]
    assert [r["name"] for r in rows if r["item"] == "sys~papers-whole~1" and r["link"] == "swr"] == covering
    assert {r["verdict"] for r in rows if r["link"] in ("impl", "swr")} == {""}


# [utest->swr~bundle-requirements~1]
def test_verdict_is_the_worst(bundle):
    here, mutations = "test/evidence/test_papers.py", "test/unit/auditor/test_conformance.c"
    record(bundle.out, "evidence::test_papers.py::test_requirements[a]", here, "pass")
    record(bundle.out, "evidence::test_papers.py::test_requirements[a/b.py::c[1]]", here, "skip")
    record(bundle.out, "unit-auditor::test_conformance::differences_from_the_inputs_are_caught", mutations, "fail")
    assert requirements.make(bundle) == "fail"
    rows = rows_of(bundle.out / "requirements/matrix.csv")
    of = {(r["file"], r["name"]): r["verdict"] for r in rows if r["link"] == "utest"}
    assert of[here, "test_requirements"] == "skip"  # of two cases the worse
    assert of[mutations, "no_longer_essential"] == "fail"  # a row: its file's
    assert of["test/configs/test_configs.py", "test_bad"] == "none"
    assert figure(bundle, "requirements", "tests of requirements that failed")["reached"] is False


# [utest->swr~bundle-requirements~1]
def test_nothing_passed(tmp_path):
    """An item whose cases of a kind were all skipped, or have no record, is a gap; one case that passed is enough."""
    bundle = bundles.Bundle(ROOT / "configs/minimal.dts", tmp_path / "minimal")
    here, gap = "test/evidence/test_papers.py", "of which no {} case passed in this bundle"

    def items_of(kind):
        assert requirements.make(bundle) == "open"
        told = next(line for line in summary(bundle, "requirements")["gaps"] if line.startswith(gap.format(kind)))
        assert figure(bundle, "requirements", f"requirements {gap.format(kind)}")["reached"] is False
        return re.findall(r"[\w-]+~[\w-]+~\d+", told)

    record(bundle.out, "evidence::test_papers.py::test_requirements", here, "skip")
    record(bundle.out, "evidence::test_papers.py::test_verdict_is_the_worst", here, "pass")
    assert "swr~bundle-requirements~1" in items_of("normal-range") and "swr~bundle-requirements~1" not in items_of("robustness")
    record(bundle.out, "evidence::test_papers.py::test_requirements[a]", here, "pass")
    assert "swr~bundle-requirements~1" not in items_of("normal-range") and "swr~papers-told~1" in items_of("normal-range")


# [utest->swr~bundle-requirements~1]
def test_no_such_item(bundle):
    """A record that names what nobody requires."""
    record(bundle.out, "evidence::test_papers.py::test_x", "test/evidence/test_papers.py", "pass", requirements=["swr~bundle-requirements~1", "swr~none-such~1"])
    assert requirements.make(bundle) == "fail"
    assert "evidence::test_papers.py::test_x names `swr~none-such~1`, which is no item" in summary(bundle, "requirements")["gaps"]


# ---- objectives ----


# [utest->swr~bundle-objectives~1]
def test_objectives_are_whole():
    """Each row is complete and names files that a bundle's layout has; each standard's numbers are all there."""
    rows = objectives.read()
    have = {(r["standard"], r["table"], r["number"]) for r in rows}
    for table, count in {"A-3": 7, "A-4": 13, "A-5": 9, "A-6": 5, "A-7": 9}.items():
        assert {number for s, t, number in have if (s, t) == ("DO-178C", table)} == {str(n) for n in range(1, count + 1)}
    assert {t for s, t, _ in have if s == "ISO 26262-6:2018" and t.startswith("Table")} == {f"Table {n}" for n in range(1, 16)}
    assert {t for s, t, _ in have if s.startswith("IEC 61508-3")} == {f"A.{n}" for n in range(1, 11)} | {f"B.{n}" for n in range(1, 10)}
    assert {t for s, t, _ in have if s.startswith("EN 50716")} == {f"A.{n}" for n in range(1, 24)}
    assert {t for s, t, _ in have if s == "DO-330"} == {f"T-{n}" for n in range(11)}
    assert len([1 for s, _, _ in have if s == "AMC 20-193"]) == 10


# [utest->swr~bundle-objectives~1]
def test_layout_of_what_is_written_here(bundle):
    requirements.make(bundle)
    objectives.make(bundle)
    for name in objectives.LAYOUT:
        if name.startswith(("requirements/", "objectives/")):
            assert (bundle.out / name).is_file(), name


# [utest->swr~bundle-objectives~1]
def test_objective_without_its_file(bundle):
    requirements.make(bundle)
    assert objectives.make(bundle) == "open"
    rows = rows_of(bundle.out / "objectives/objectives.csv")
    assert len(rows) == figure(bundle, "objectives", "objectives, methods and work products")["value"] == len(objectives.read())
    gaps = summary(bundle, "objectives")["gaps"]
    assert "coverage/coupling.json: named as evidence, and not in this bundle" in gaps
    assert not any(gap.startswith("requirements/") for gap in gaps)
    bundle.folder("coverage").joinpath("coupling.json").write_text("{}")
    objectives.make(bundle)
    assert not any("coupling" in gap for gap in summary(bundle, "objectives")["gaps"])
    assert any(re.match(r"EN 50716:2023: \d+ rows were not compared", gap) for gap in gaps)


ROW = 'S,T,1,It works,A,supported,tests/records.jsonl,,memory'


# [utest->swr~bundle-objectives~1]
@pytest.mark.parametrize(
    ("row", "why"),
    [
        (ROW + "\n" + ROW, "S T 1: it stands there twice"),
        (ROW.replace("It works", " "), "S T 1: nothing under objective"),
        (ROW.replace("supported", "done"), "S T 1: 'done' or 'memory' is no word of this table"),
        (ROW.replace("memory", ""), "S T 1: nothing under checked"),
        (ROW.replace("tests/records.jsonl", ""), "S T 1: it is supported, by no file"),
        (ROW.replace("tests/records.jsonl", "tests/results.txt"), "S T 1: a bundle has no tests/results.txt"),
        (ROW.replace("supported", "partial"), "S T 1: what the user has to do isn't said"),
        (ROW.replace("supported", "the user's"), "S T 1: what the user has to do isn't said"),
        (ROW.replace("supported", "not applicable"), "S T 1: why isn't said"),
        (ROW.replace("supported,tests/records.jsonl,", "the user's,tests/records.jsonl,Yours: no part of the bundle does it"), "S T 1: tests/records.jsonl is named, and 'no part of the bundle does it'"),
        (ROW + ",more", "S T 1: it has another number of columns"),
        (ROW.removesuffix(",memory"), "S T 1: it has another number of columns"),
    ],
)
def test_objectives_refused(tmp_path, row, why):
    path = tmp_path / "objectives.csv"
    path.write_text("# a comment\n" + ",".join(objectives.COLUMNS) + "\n" + row + "\n")
    with pytest.raises(ValueError, match=re.escape(why)):
        objectives.read(path)
    path.write_text(",".join(objectives.COLUMNS) + "\n" + ROW + "\n")
    assert len(objectives.read(path)) == 1


# [utest->swr~bundle-objectives~1]
def test_objective_not_applicable(tmp_path):
    """What isn't there needs no file."""
    path = tmp_path / "objectives.csv"
    path.write_text(",".join(objectives.COLUMNS) + "\nS,T,1,Objects,A,not applicable,,There are none,memory\n")
    assert [row["status"] for row in objectives.read(path)] == ["not applicable"]


# ---- links of papers ----


@pytest.fixture(name="papers_of")
def papers_of_a_bundle(bundle):
    """A bundle with all its papers."""
    requirements.make(bundle)
    for paper in papers.EXPLAINED.values():
        papers.copy(paper, bundle.out)
    return bundle.out


# [utest->swr~papers-linked~1]
def test_no_link_of_a_bundle_is_dead(papers_of):
    """Each leads to a file of the bundle, and to the paper that the tree's link leads to; what isn't there is named by its path."""
    links, named, home = 0, 0, {place: paper for paper, place in papers.places().items()}
    assert {str(path.relative_to(papers_of)) for path in papers_of.rglob("*.md")} == {place for place in home if place.endswith(".md")}
    for path in papers_of.rglob("*.md"):
        text, here = path.read_text(), str(path.relative_to(papers_of))
        for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
            found = (path.parent / link).resolve()
            assert found.is_relative_to(papers_of.resolve()) and found.exists(), f"{here}: {link}"
            there = str(found.relative_to(papers_of.resolve()))
            assert f"{pathlib.Path(home[there]).name})" in (ROOT / home[here]).read_text().replace("#", ")"), f"{here}: {link} leads to {there}"
            links += 1
        for tree in re.findall(r"`([^`]+)` in the source tree", text):
            assert (ROOT / tree).exists() and tree not in papers.places(), f"{here}: {tree}"
            named += 1
    assert links > 40 and named > 3


# [utest->swr~papers-linked~1]
def test_what_papers_lean_on_is_there(papers_of):
    """Of docs/, whatever assumptions, problems, residuals, vulnerabilities and requirements speak of; two papers of one name are told apart."""
    for name in [*papers.TEXTS, *(f"test/requirements/{path.name}" for path in (ROOT / "test/requirements").glob("*.md"))]:
        for told in re.findall(r"\bdocs/[a-z-]+\.md", (ROOT / name).read_text()):
            assert (papers_of / papers.places()[told]).is_file(), f"{name}: {told}"
    assert "](docs/boards.md)" in (papers_of / "requirements/assumptions.md").read_text()
    assert "](docs/audit.md)" in (papers_of / "requirements/open-problems.md").read_text()
    assert "\n## Mutants\n" in (papers_of / "requirements/docs/audit.md").read_text()
    assert "](../requirements/residuals.md)" in (papers_of / "attack/attacks.md").read_text()


# [utest->swr~papers-linked~1]
def test_link_to_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(papers, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    paper = tmp_path / "docs/boards.md"
    (tmp_path / "docs/import.md").write_text("")
    for text, becomes in {
        "[a](https://a.b/c), [b](#there)": None,
        "[this](boards.md#there)": "[this](boards.md#there)",
        "[config](config.md)": ValueError,
        "[import.md](import.md#there)": "`docs/import.md` in the source tree",
        "[the importer](import.md)": "the importer (`docs/import.md` in the source tree)",
    }.items():
        paper.write_text(text)
        if becomes is ValueError:
            with pytest.raises(ValueError, match="docs/boards.md: its link to config.md leads to nothing"):
                papers.text("docs/boards.md")
        else:
            assert papers.text("docs/boards.md") == (becomes or text)


# ---- problems, assumptions, vulnerabilities ----


# [utest->swr~papers-told~1]
@pytest.mark.parametrize(("name", "prefix", "columns"), [("assumptions.md", "AOU", 4), ("open-problems.md", "OP", 4)])
def test_numbered_lists(name, prefix, columns):
    """Each has a number of its own, which rows keep, and says what it means for the reader."""
    text = (ROOT / "docs" / name).read_text()
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith(f"| {prefix}-")]
    numbers = [row[0].strip() for row in rows]
    assert len(rows) > 15 and len(set(numbers)) == len(numbers) and numbers == sorted(numbers)
    for row in rows:
        assert len(row) == columns and all(cell.strip() for cell in row), row


# [utest->swr~papers-told~1]
def test_links_lead_somewhere():
    for path in (ROOT / "SECURITY.md", *(ROOT / "docs" / n for n in ("assumptions.md", "open-problems.md")), *(ROOT / "test/requirements").glob("*.md")):
        for link in re.findall(r"\]\((?!http)([^)#]+)", path.read_text()):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


# [utest->swr~papers-told~1]
def test_vulnerabilities():
    text = (ROOT / "SECURITY.md").read_text()
    for heading in ("How to report", "What is a vulnerability", "How it is handled", "What is supported"):
        assert f"\n## {heading}\n" in text
    assert not re.search(r"\S+@\S+\.\S+", text)  # no address that nobody reads
    for severity in ("critical", "high", "moderate", "low"):
        assert re.search(rf"^\| {severity} \|", text, re.MULTILINE)

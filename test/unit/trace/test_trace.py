# SPDX-License-Identifier: Apache-2.0
"""scripts/trace.py: every kind of orphan is found, a whole trace is accepted.

Robustness: test_item_without_code, test_item_without_test, test_tag_of_no_item, test_tag_of_another_revision, test_item_twice,
test_item_twice_in_two_files, test_covers_of_no_item, test_covers_nonsense, test_software_requirement_from_nowhere,
test_item_that_needs_nothing, test_tag_in_error, test_binary_and_hidden_files_are_passed_over, test_robustness_case_that_is_no_test,
test_unknown_status, test_review_of_no_item, test_tag_of_no_test
Both ranges: test_draft_is_an_open_problem, test_review_is_of_a_text, test_gaps
"""

import csv
import importlib.util
import json
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "trace.py"
sys.path.insert(0, str(SCRIPT.parent))
spec = importlib.util.spec_from_file_location("trace_script", SCRIPT)
trace = importlib.util.module_from_spec(spec)
spec.loader.exec_module(trace)

SYS = "# System\n\n### One owner\n`sys~one-owner~1`\n\nA page has one owner.\n\nNeeds: swr\n"
SWR = (
    "# Software\n\n### Filter\n`swr~filter~1`\n\nThe filter filters.\n\nRationale:\n\nIt must.\n\n"
    "Covers:\n\n- `sys~one-owner~1`\n\nNeeds: impl, utest\n"
)
IMPL = "/* [impl->swr~filter~1] */\nint filter;\n"
BARE = "int other;\n/* [utest->swr~filter~1] */\n"  # of no test
UTEST = "int other;\n/* [utest->swr~filter~1] */\nstatic void filters(void **state)\n{\n}\n"


@pytest.fixture
def tree(tmp_path):
    def make(system=SYS, software=SWR, impl=IMPL, utest=UTEST, **more):
        texts = {
            "test/requirements/system.md": system,
            "test/requirements/software.md": software,
            "src/filter.c": impl,
            "test/unit/core/test_filter.c": utest,
            **more,
        }
        for name, text in texts.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    return make


def errors(root):
    return trace.trace(root).errors


# [utest->swr~trace-whole~1]
def test_whole_trace(tree, capsys):
    root = tree()
    assert trace.main(["--root", str(root)]) == 0
    assert capsys.readouterr().out == "trace: 2 items, 2 covered, 2 tags, 0 errors\n"


# [utest->swr~trace-whole~1]
def test_item_without_code(tree):
    assert errors(tree(impl="int filter;\n")) == [
        "test/requirements/software.md:4: error: `swr~filter~1` needs impl, which nothing gives it"
    ]


# [utest->swr~trace-whole~1]
def test_item_without_test(tree):
    assert errors(tree(utest="")) == [
        "test/requirements/software.md:4: error: `swr~filter~1` needs utest, which nothing gives it"
    ]


# [utest->swr~trace-whole~1]
def test_tag_of_no_test(tree):
    """A tag in a helper gives an item no test."""
    assert errors(tree(utest="", **{"test/system/helper.py": "def helper():\n    pass  # [utest->swr~filter~1]\n"})) == [
        "test/requirements/software.md:4: error: `swr~filter~1` needs utest, and has tags that belong to no test: test/system/helper.py:2"
    ]


# [utest->swr~trace-whole~1]
def test_a_test_is_no_code(tree):
    """A tag of a test isn't one of code."""
    assert any("needs impl" in e for e in errors(tree(impl=UTEST)))


# [utest->swr~trace-whole~1]
def test_system_requirement_without_software(tree):
    """A system requirement that no software requirement covers is an error at its place."""
    root = tree(system=SYS + "\n### Lost\n`sys~lost~1`\n\nNobody does it.\n\nNeeds: swr\n")
    assert errors(root) == ["test/requirements/system.md:11: error: `sys~lost~1` needs swr, which nothing gives it"]


# [utest->swr~trace-whole~1]
def test_tag_of_no_item(tree):
    assert errors(tree(impl=IMPL + "/* [impl->swr~filtre~1] */\n")) == [
        "src/filter.c:3: error: impl tag of `swr~filtre~1`: no such item in test/requirements"
    ]


# [utest->swr~trace-whole~1]
def test_tag_of_another_revision(tree):
    root = tree(software=SWR.replace("swr~filter~1", "swr~filter~2"))
    found = errors(root)
    assert "src/filter.c:1: error: impl tag of `swr~filter~1`: its revision is now `swr~filter~2`" in found
    assert any("`swr~filter~2` needs impl" in e for e in found)


# [utest->swr~trace-whole~1]
@pytest.mark.parametrize("second", ["`swr~filter~1`", "`swr~filter~2`"])
def test_item_twice(tree, second):
    root = tree(software=SWR + f"\n### Again\n{second}\n\nCovers:\n- `sys~one-owner~1`\n\nNeeds: impl\n")
    assert any("is defined already, as `swr~filter~1`" in e for e in errors(root))


# [utest->swr~trace-whole~1]
def test_item_twice_in_two_files(tree):
    """An item that stands in two files is an error at the second, which names the first."""
    root = tree(**{"test/requirements/zzz.md": SWR})
    assert errors(root) == [
        "test/requirements/zzz.md:4: error: `swr~filter~1` is defined already, as `swr~filter~1` at "
        "test/requirements/software.md:4"
    ]


# [utest->swr~trace-whole~1]
def test_covers_of_no_item(tree):
    found = errors(tree(software=SWR.replace("sys~one-owner~1", "sys~two-owners~1")))
    assert any("`swr~filter~1` covers `sys~two-owners~1`: no such item" in e for e in found)
    assert any("`sys~one-owner~1` needs swr" in e for e in found)


# [utest->swr~trace-whole~1]
def test_covers_nonsense(tree):
    """A `Covers:` without an item's ID is an error with its words."""
    found = errors(tree(software=SWR.replace("- `sys~one-owner~1`", "- the owner")))
    assert any("covers something that is no item's ID: - the owner" in e for e in found)


# [utest->swr~trace-whole~1]
def test_software_requirement_from_nowhere(tree):
    root = tree(software=SWR + "\n### Whim\n`swr~whim~1`\n\nNeeds: impl\n", impl=IMPL + "// [impl->swr~whim~1]\n")
    assert errors(root) == [
        "test/requirements/software.md:19: error: `swr~whim~1` covers no system requirement: add Covers:"
    ]


# [utest->swr~trace-whole~1]
def test_item_that_needs_nothing(tree):
    root = tree(software=SWR.replace("Needs: impl, utest", ""))
    assert any("needs nothing" in e for e in errors(root))


# [utest->swr~trace-whole~1]
@pytest.mark.parametrize("tag", ["[impl->filter]", "[impl->swr~filter]", "[impl->]", "[test->swr~filter~1]"])
def test_tag_in_error(tree, tag):
    assert len(errors(tree(impl=IMPL + tag))) == 1


# [utest->swr~trace-whole~1]
def test_pointers_are_no_tags(tree):
    """An index that looks like a tag is none."""
    assert errors(tree(impl=IMPL + "x = table[core->index] + names[map->count - 1];\n")) == []


# [utest->swr~trace-whole~1]
def test_several_tags_in_a_line_and_python(tree):
    """Several tags in a line count, and so do those in Python."""
    root = tree(
        software=SWR + "\n### B\n`swr~b~1`\n\nCovers:\n- `sys~one-owner~1`\n\nNeeds: impl, stest\n",
        impl="/* [impl->swr~filter~1] [impl->swr~b~1] */\n",
        **{"test/system/test_b.py": 'def test_b():\n    """[stest->swr~b~1]"""\n'},
    )
    assert errors(root) == []


# [utest->swr~trace-whole~1]
def test_binary_and_hidden_files_are_passed_over(tree):
    """Files that are no text, and hidden folders, have no tags."""
    root = tree(**{"test/data/blob": b"\xff\xfe[impl->swr~none~1]", "src/.cache/x.c": "[impl->swr~none~1]"})
    assert errors(root) == []


# [utest->swr~trace-whole~1]
def test_failure_is_an_exit_status(tree, capsys):
    """An error is an exit status of 1, and errors are counted."""
    root = tree(impl="")
    assert trace.main(["--root", str(root)]) == 1
    assert "1 errors" in capsys.readouterr().err


# [utest->swr~trace-whole~1]
def test_matrix(tree, capsys):
    """The matrix says of each item what covers it, and what is missing, with an exit status of 1."""
    root = tree(utest="")
    assert trace.main(["--root", str(root), "--matrix"]) == 1
    table = capsys.readouterr().out.splitlines()
    assert table[2] == "| `sys~one-owner~1` | One owner | swr: test/requirements/software.md:4 |"
    assert table[3] == "| `swr~filter~1` | Filter | impl: src/filter.c:1; utest: **missing** |"


# ---- which case a tag speaks of ----

C_TESTS = """/*
 * test_filter.c - the filter.
 *
 * Robustness: damaged,
 * hostile
 */
#include "test.h"

/* [utest->swr~filter~1] */
static void whole(void **state)
{
}

static void damaged(void **state)
{
	/* [utest->swr~filter~1] */
}

static const struct row rows[] = {
	ROW(FILTER, lets_through), /* [utest->swr~filter~1] */
};

/* [utest->swr~filter~1] */
static bool helper(int what)
{
	return what;
}

static void hostile(void **state)
{
}

static void untagged(void **state)
{
}
"""
PY_TESTS = '''"""Filters. [stest->swr~filter~1]

Robustness: test_bad
"""

import pytest


def test_good():
    pass


@pytest.mark.parametrize(
    "what",
    [1],  # [stest->swr~filter~1]
)
def test_bad(what):
    pass
'''


def told(root, item="swr~filter~1"):
    return next(i for i in trace.trace(root).items_told() if i["id"] == item)


# [utest->swr~trace-cases~1]
def test_cases_of_c(tree):
    tests = [(t["name"], t["line"], t["kind"], t["scope"]) for t in told(tree(utest=C_TESTS))["tests"]]
    assert tests == [
        ("damaged", 14, "robustness", "case"),
        ("hostile", 29, "robustness", "case"),
        ("lets_through", 20, "robustness", "case"),
        ("whole", 10, "normal", "case"),
    ]


# [utest->swr~trace-cases~1]
def test_cases_of_python(tree):
    item = told(tree(**{"test/system/test_filter.py": PY_TESTS}, utest=BARE))
    tests = [(t["type"], t["name"], t["line"], t["kind"], t["scope"]) for t in item["tests"]]
    assert tests == [("stest", "test_bad", 17, "robustness", "case"), ("stest", "test_good", 9, "normal", "file")]
    assert item["cases"] == {"normal": 1, "robustness": 1}


# [utest->swr~trace-cases~1]
def test_both_ranges(tree):
    item = told(tree(utest=C_TESTS.replace(" * Robustness: damaged,\n * hostile", " * Both ranges: whole,\n * hostile\n * Robustness: damaged")))
    assert {t["name"]: t["kind"] for t in item["tests"]} == {
        "damaged": "robustness", "hostile": "both", "lets_through": "robustness", "whole": "both",
    }  # fmt: skip
    assert item["cases"] == {"normal": 2, "robustness": 4}


# [utest->swr~trace-cases~1]
def test_all_of_a_file(tree):
    """Where the list says `all`, each test of the file is a robustness case."""
    tests = told(tree(utest=C_TESTS.replace("damaged,\n * hostile", "all")))["tests"]
    assert {t["kind"] for t in tests} == {"robustness"}


# [utest->swr~trace-cases~1]
def test_robustness_case_that_is_no_test(tree):
    assert errors(tree(utest=C_TESTS.replace("damaged,", "damagd,"))) == [
        "test/unit/core/test_filter.c:4: error: Robustness: names 'damagd', which is no test of this file"
    ]


# [utest->swr~coverage-intent~1]
def test_by_chance(tree):
    """Said beside of what kind a case is, and of tests of the file alone."""
    text = PY_TESTS.replace("Robustness: test_bad\n", "Robustness: test_bad\nBy chance: test_bad\n")
    assert trace.trace_cases.read("test/system/test_filter.py", text).chance == {"test_bad"}
    assert trace.trace_cases.read("test/system/test_filter.py", text.replace("chance: test_bad", "chance: all")).chance == {"test_bad", "test_good"}
    assert told(tree(**{"test/system/test_filter.py": text}, utest=BARE))["cases"] == {"normal": 1, "robustness": 1}
    tree(**{"test/system/test_filter.py": text.replace("chance: test_bad", "chance: test_bat")})
    assert errors(tree(utest=UTEST)) == ["test/system/test_filter.py:4: error: By chance: names 'test_bat', which is no test of this file"]


# ---- rationale, status, review ----

WHOLE = SWR.replace("`swr~filter~1`\n", "`swr~filter~1`\n\nStatus: approved\n").replace("It must.", "It must,\nby law.")


# [utest->swr~bundle-requirements~1]
def test_item_is_told_whole(tree):
    """An item is told with title, text, rationale, status, place, what it covers and its code."""
    item = told(tree(software=WHOLE))
    assert (item["title"], item["text"], item["rationale"]) == ("Filter", "The filter filters.", "It must, by law.")
    assert (item["status"], item["review"], item["place"]) == ("approved", "", "test/requirements/software.md:4")
    assert (item["covers"], item["code"]) == (["sys~one-owner~1"], ["src/filter.c:1"])
    assert told(tree(), "sys~one-owner~1")["covered_by"] == ["swr~filter~1"]


# [utest->swr~trace-whole~1]
def test_unknown_status(tree):
    assert errors(tree(software=WHOLE.replace("approved", "aproved"))) == [
        "test/requirements/software.md:6: error: `swr~filter~1` has the status 'aproved': must be one of approved, proposed, draft"
    ]


# [utest->swr~trace-whole~1]
def test_draft_is_an_open_problem(tree):
    root = tree(software=WHOLE.replace("approved", "draft"))
    assert any("is a draft, but docs/open-problems.md doesn't say" in e for e in errors(root))
    tree(software=WHOLE.replace("approved", "draft"), **{"docs/open-problems.md": "- `swr~filter~1`: no filter yet\n"})
    assert errors(root) == []


# [utest->swr~trace-reviews~1]
def test_review_is_of_a_text(tree, capsys):
    root = tree(software=WHOLE)
    gap = "approved, but not in these words"
    assert trace.trace(root).gaps()[gap] == ["swr~filter~1"]
    assert trace.main(["--root", str(root), "--reviewed", "R1"]) == 0
    assert told(root)["review"] == "R1"
    assert trace.trace(root).gaps()[gap] == []
    # Other lines are the same text, other words aren't; an item that was reviewed before keeps its review.
    tree(software=WHOLE.replace("The filter filters.", "The filter\nfilters."))
    assert trace.main(["--root", str(root), "--reviewed", "R2"]) == 0
    assert told(root)["review"] == "R1"
    tree(software=WHOLE.replace("The filter filters.", "The filter filters well."))
    assert trace.trace(root).gaps()[gap] == ["swr~filter~1"]
    assert trace.main(["--root", str(root), "--reviewed", "R2"]) == 0
    assert told(root)["review"] == "R2"


# [utest->swr~trace-reviews~1]
def test_review_of_no_item(tree):
    root = tree(**{"test/requirements/reviews.csv": "item,digest,review\nswr~filtre~1,00,R1\n"})
    assert errors(root) == ["test/requirements/reviews.csv: error: a review of `swr~filtre~1`: no such item in test/requirements"]


# [utest->swr~trace-cases~1]
def test_gaps(tree, capsys):
    root = tree(utest=BARE)
    found = trace.trace(root).gaps()
    assert found["without rationale"] == ["sys~one-owner~1"]
    assert found["without a normal-range case"] == found["without a robustness case"] == ["swr~filter~1"]
    tree(software=WHOLE.replace("Needs:", "Tags: no-input\n\nNeeds:"), utest=UTEST)
    assert trace.trace(root).gaps()["without a robustness case"] == []
    tree(software=WHOLE.replace("Needs:", "Tags: abnormal-only\n\nNeeds:"), utest=UTEST)
    assert trace.trace(root).gaps()["without a normal-range case"] == []
    tree(software=WHOLE, utest=C_TESTS)
    found = trace.trace(root).gaps()
    assert found["without a normal-range case"] == found["without a robustness case"] == []
    assert trace.main(["--root", str(root), "--gaps", "--cases"]) == 0
    out = capsys.readouterr().out
    assert "   1 normal    3 robustness  swr~filter~1\n" in out
    assert "not approved: 1\n  sys~one-owner~1\n" in out


# [utest->swr~bundle-requirements~1]
def test_files_for_programs(tree, tmp_path):
    """The files for programs have each item, and a row for each link."""
    root = tree(utest=C_TESTS)
    assert trace.main(["--root", str(root), "--json", str(tmp_path / "i.json"), "--csv", str(tmp_path / "m.csv")]) == 0
    assert [i["id"] for i in json.loads((tmp_path / "i.json").read_text())] == ["swr~filter~1", "sys~one-owner~1"]
    rows = list(csv.DictReader((tmp_path / "m.csv").open()))
    assert [(r["link"], r["file"], r["line"], r["name"]) for r in rows if r["item"] == "swr~filter~1"][:2] == [
        ("impl", "src/filter.c", "1", ""),
        ("utest", "test/unit/core/test_filter.c", "14", "damaged"),
    ]
    assert [(r["link"], r["name"]) for r in rows if r["item"] == "sys~one-owner~1"] == [("swr", "swr~filter~1")]


# [utest->swr~trace-whole~1]
def test_tags_that_are_spoken_about(tree):
    """In the tool and in this test a tag counts only where a line begins with it."""
    text = 'IMPL = "[impl->swr~none~1]"\n# [impl->swr~other~1]\n'
    root = tree(**{"scripts/trace.py": text})
    assert errors(root) == ["scripts/trace.py:2: error: impl tag of `swr~other~1`: no such item in test/requirements"]

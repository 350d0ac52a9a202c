# SPDX-License-Identifier: Apache-2.0
"""Requirements in the bundle: items, the matrix of each down to code, test and verdict, and the texts that they were read from.

[impl->swr~bundle-requirements~1]
"""

import functools
import importlib.util
import shutil

from . import measured, papers
from .bundle import ROOT, Figure, Part, write_json

# By its path: Python has a module of that name, too.
spec = importlib.util.spec_from_file_location("bulkhead_trace", ROOT / "scripts/trace.py")
tracing = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tracing)

PART = "requirements"
COLUMNS = (*tracing.COLUMNS, "verdict")
WORSE = ("pass", "skip", "fail")  # of several records of one test the worst counts
NONE = "none"  # no record speaks of it
RECORDED = "tests of requirements with a record"


def _test(case):
    """Function's name of a record's case: configs::test_collect.py::test_x[y::z] is test_x."""
    return case.split("[", 1)[0].rsplit("::", 1)[-1]


def verdicts(records):
    """(file, test) -> verdict; (file, None) -> that of the whole file. Nothing where the bundle has no records."""
    found = {}
    for record in records:
        for key in ((record["procedure"], _test(record["case"])), (record["procedure"], None)):
            found[key] = max(found.get(key, "pass"), record["verdict"], key=WORSE.index)
    return found


def unknown(records, told):
    """What a record of a test names and is no item."""
    items = {item["id"] for item in told}
    return sorted(f"{record['case']} names `{name}`, which is no item" for record in records for name in set(record.get("requirements", ())) - items)


def passed(records):
    """(file, test) of which a record says that it passed; (file, None): one of the file's did."""
    return {(record["procedure"], name) for record in records if record["verdict"] == "pass" for name in (_test(record["case"]), None)}


def never_passed(told, seen):
    """{gap: items} of what has cases of a kind, and none that passed in this bundle; seen: of passed()."""
    found = {}
    for kind in tracing.KINDS:
        cases = {item["id"]: [(test["file"], test["name"]) for test in item["tests"] if test["kind"] in (kind, "both")] for item in told}
        here = [name for name, tests in cases.items() if tests and not any(_is_among(seen, *test) for test in tests)]
        found[f"of which no {'normal-range' if kind == 'normal' else kind} case passed in this bundle"] = here
    return found


def _is_among(seen, file, test):
    """A row of a table of tests passed where one of its file did."""
    return (file, test) in seen or (test not in _functions(file) and (file, None) in seen)


@functools.lru_cache(maxsize=None)
def _functions(file):
    """Names of a file's own tests; those of a table's rows aren't among them."""
    return frozenset(name for *_, name in tracing.trace_cases.read(file, (ROOT / file).read_text(encoding="utf-8")).tests)


def verdict_of(found, file, test):
    """A test's own; a row of a table of tests has that of its file, which runs them all."""
    return found.get((file, test)) or (None if test in _functions(file) else found.get((file, None))) or NONE


def matrix(result, found):
    for row in result.rows():
        kind, file, name = row[3], row[4], row[6]
        yield [*row, verdict_of(found, file, name) if kind in ("utest", "stest") else ""]


def _figures(told, gaps, found):
    low = [item for item in told if item["tests"]]
    tested = {(test["file"], test["name"]) for item in low for test in item["tests"]}
    told_of = sum(verdict_of(found, *test) != NONE for test in tested)
    yield Figure("requirements", len(told))
    traced = sum(bool(item["tests"] or item["covered_by"]) for item in told)
    yield Figure("traced to tests, or to requirements below", traced, goal=f"{len(told)}", reached=traced == len(told))
    for gap, items in gaps.items():
        yield Figure(f"requirements {gap}", len(items), goal="0", reached=not items)
    yield Figure("normal-range cases of requirements", sum(item["cases"]["normal"] for item in low))
    yield Figure("robustness cases of requirements", sum(item["cases"]["robustness"] for item in low))
    yield Figure(RECORDED, told_of, goal=f"{len(tested)}", reached=told_of == len(tested))
    failed = sum(verdict_of(found, *test) == "fail" for test in tested)
    yield Figure("tests of requirements that failed", failed, goal="0", reached=not failed)


def make(bundle):
    folder = bundle.folder(PART)
    result = tracing.trace(ROOT)
    told, records = result.items_told(), measured.records(bundle)
    found, gaps = verdicts(records), result.gaps()
    if not bundle.short:  # where most tests are left out
        gaps |= never_passed(told, passed(records))
    write_json(folder / "items.json", told)
    tracing.write_csv(folder / "matrix.csv", COLUMNS, matrix(result, found))
    shutil.copyfile(ROOT / tracing.REVIEWS, folder / "reviews.csv")
    for paper, place in papers.places().items():
        if place.startswith(f"{PART}/"):
            papers.copy(paper, bundle.out)
    figures = list(_figures(told, gaps, found))
    missing = [f"{gap}: {len(items)} ({', '.join(items)})" for gap, items in gaps.items() if items]
    missing += [f"{figure.name}: {figure.value} of {figure.goal}" for figure in figures if figure.name == RECORDED and not figure.reached]
    failed = [figure for figure in figures if figure.name.endswith("that failed") and figure.value]
    strangers = unknown(records, told)
    bad = result.errors or failed or strangers
    return bundle.end(
        Part(
            PART,
            "Requirements and their trace",
            "fail" if bad else "open" if missing else "pass",
            f"{len(told)} requirements in words, each traced down to code and tests and back; {len(result.errors)} orphans. The matrix has a row a link, "
            "and each test's verdict where the bundle has a record of it.",
            figures,
            [*result.errors, *strangers, *missing],
            [
                "Requirements, code, tests and reviews are by the same authors: independent review is the user's.",
                "`approved` says that an author's review, which reviews.md tells of, found these very words good.",
                "sys~ items are high-level requirements, swr~ items low-level ones, as DO-178C has the words; tor~ items are the auditor's operational "
                "requirements (DO-330). system.md says so at its head.",
                "A paper names files by their path in the source tree. Papers of docs/ that others lean on are in requirements/docs, those that explain a part "
                "in its folder; links lead there, or are the path.",
                "A tag at the head of a file of tests speaks of all of its tests; which these are says `scope` in items.json.",
                "A row of a table of tests (a mutation) has the verdict of its file.",
            ],
        )
    )

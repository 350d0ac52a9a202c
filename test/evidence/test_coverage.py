# SPDX-License-Identifier: Apache-2.0
"""What is made of coverage: gaps against the compiler's own counts, justified gaps, equal verdicts, object code.

Robustness: test_stale, test_refused_entries, test_too_many, test_other_verdict, test_gaps_of_odd_code, test_damaged_profile, test_object_code_cut_short, test_machines_that_do_not_count, test_counters_of_other_code, test_requirements_that_nobody_knows
"""

import json
import os
import pathlib
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from bundle import bundle as bundles, coverage, static_paths  # noqa: E402  (needs the path above)
from covering import el2, exit_paths, justified, left_out, llvm, object_code, records  # noqa: E402

SOURCE = """\
#include <stdbool.h>
static inline int both(bool a, bool b)
{
	if (a && b)
		return 1;
	return 0;
}
static int never(int x)
{
	x++;
	return x;
}
int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 5)
		return never(argc);
	return both(argc == 1, argc == 2) || both(argc == 2, argc == 1) ? 3 : 0;
}
"""


def counted(folder, text):
    """What is told of a source, run once without an argument."""
    source, program, profile = folder / "src/some.c", folder / "some", folder / "profile"
    source.parent.mkdir()
    source.write_text(text)
    subprocess.run(["clang-19", *llvm.FLAGS.split(), "-o", program, source], check=True)
    subprocess.run([program], env={"LLVM_PROFILE_FILE": str(folder / "raw")}, check=True)
    llvm.merge([folder / "raw"], profile)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llvm, "ROOT", folder)
        return llvm.by_file(llvm.export(profile, [program])[0], ("src",))["src/some.c"]


@pytest.fixture(name="file", scope="module")
def exported(tmp_path_factory):
    return counted(tmp_path_factory.mktemp("counted"), SOURCE)


# [utest->swr~coverage-gaps~1]
def test_gaps(file):
    """Each gap by place; as many as the compiler's summary has."""
    gaps = file["gaps"]
    assert gaps["lines"] == [5, 9, 10, 11, 12, 17]
    assert [(line, word) for line, _, word in gaps["branches"]] == [(4, "true"), (16, "true"), (18, "true"), (18, "true")]
    assert {line for line, _ in gaps["mcdc"]} == {4, 18}
    for kind, missing in justified.count(gaps, range(100)).items():
        assert missing == file[kind]["count"] - file[kind]["covered"] > 0
    assert file["decisions"] == {"count": 3, "open": [[4, 4], [16, 16], [18, 18]]}


ODD = """\
#define MOST 100
#if 0
int nothing(void) { return 1; }
#endif
static int one_line(int x) { if (x > MOST) { x++; } return x; }
int unused(int x)
{

	for (int i = 0;
	     i < x;
	     i++) { x--; }
	return x == 1 || x == 2 ? 1 : 0;
}
int main(int argc, char **argv)
{
	(void)argv;
	for (;;) {
		if (argc > 7 || argc > 8)
			return unused(argc); else
			break;
	}
	return one_line(argc) * 0;
}
"""


# [utest->swr~coverage-gaps~1]
def test_gaps_of_odd_code(tmp_path):
    """Several regions on a line, lines without code or that the preprocessor left out, a function that nobody calls."""
    file = counted(tmp_path, ODD)
    assert file["decisions"]["count"] == 4
    assert file["gaps"]["lines"] == [7, 9, 10, 11, 12, 13, 19]
    for kind, missing in justified.count(file["gaps"], range(100)).items():
        assert missing == file[kind]["count"] - file[kind]["covered"] > 0


MACRO = """\
#define EACH(row) row(1) row(2) row(3)
#define CASE(n) case n: return n;
static int which(int x)
{
	switch (x) {
	EACH(CASE)
	default:
		return 0;
	}
}
static inline int third(int x) { return which(x) == 3 ? 1 : which(x + 1) != 2; }
int main(int argc, char **argv)
{
	(void)argv;
	return third(argc);
}
"""


# [utest->swr~coverage-gaps~1]
def test_gaps_in_macros(tmp_path):
    """Branches of a macro stand where it is used, each of them; a switch is one decision, whatever its labels are made of."""
    file = counted(tmp_path, MACRO)
    assert file["decisions"] == {"count": 2, "open": [[6, 6], [7, 7], [11, 11]]}
    assert [(line, word) for line, _, word in file["gaps"]["branches"]] == [(6, "true"), (7, "true"), (11, "true")]
    assert file["branches"]["count"] - file["branches"]["covered"] == 3


COPIES = """\
static inline int of_two_lines(int x)
{
	if (x)
		return
			1;
	return
		2;
}
int first(void)
{
	return of_two_lines(0);
}
"""


# [utest->swr~coverage-gaps~1]
def test_lines_of_copies(tmp_path):
    """An inline function of two files: what each executes of it is covered."""
    inline, first = COPIES.split("int first")
    header, other = tmp_path / "src/some.h", tmp_path / "other.c"
    header.parent.mkdir()
    header.write_text(inline)
    other.write_text(f'#include "{header}"\nint first{first}')
    (tmp_path / "src/some.c").write_text('#include "some.h"\nint first(void);\nint main(void) { return of_two_lines(1) - 1 + first() - 2; }\n')
    program = tmp_path / "some"
    subprocess.run(["clang-19", *llvm.FLAGS.split(), "-o", program, tmp_path / "src/some.c", other], check=True)
    subprocess.run([program], env={"LLVM_PROFILE_FILE": str(tmp_path / "raw")}, check=True)
    llvm.merge([tmp_path / "raw"], tmp_path / "profile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llvm, "ROOT", tmp_path)
        files, _ = llvm.export(tmp_path / "profile", [program])
        file = llvm.by_file(files, ("src",))["src/some.h"]
    assert files["src/some.h"]["summary"]["lines"]["covered"] < file["lines"]["covered"] == file["lines"]["count"]
    assert file["gaps"] == {"lines": [], "branches": [], "mcdc": []}


# [utest->swr~coverage-gaps~1]
def test_source_that_changed_since(tmp_path):
    counted(tmp_path, SOURCE)
    (tmp_path / "src/some.c").write_text("int main(void) { return 0; }\n")
    llvm._source.cache_clear()  # pylint: disable=protected-access
    with pytest.MonkeyPatch.context() as patch, pytest.raises(RuntimeError, match="has changed since"):
        patch.setattr(llvm, "ROOT", tmp_path)
        llvm.by_file(llvm.export(tmp_path / "profile", [tmp_path / "some"])[0], ("src",))


# [utest->swr~coverage-gaps~1]
def test_damaged_profile(tmp_path):
    """Cut off, or no profile at all: nothing is told of it, nor of the good one beside it."""
    good, bad = tmp_path / "good", tmp_path / "raw"
    counted(tmp_path, SOURCE)
    bad.rename(good)
    for wrong in (good.read_bytes()[:100], good.read_bytes()[:-20], b"x" * 500):
        bad.write_bytes(wrong)
        with pytest.raises(subprocess.CalledProcessError):
            llvm.merge([good, bad], tmp_path / "profile")


ENTRY = {"of": "host", "file": "src/some.c", "line": 8, "last": 12, "class": "defensive", "reason": "said", "text": "static int never(int x)"}


@pytest.fixture(name="told")
def _told(file, tmp_path, monkeypatch):
    """told(ENTRY...): what of_sources() says of SOURCE where these gaps are justified, and what of them is stale."""

    def of(*entries):
        (tmp_path / "gaps.json").write_text(json.dumps({"gaps": entries}))
        (tmp_path / "src").mkdir(exist_ok=True)
        (tmp_path / "src/some.c").write_text(SOURCE)
        monkeypatch.setattr(justified, "TABLE", tmp_path / "gaps.json")
        monkeypatch.setattr(justified, "ROOT", tmp_path)
        found = coverage.Found()
        stale = coverage.of_sources(found, {"files": {"src/some.c": file}}, ("src",), "host")
        return found, stale

    return of


def figure(found, name):
    return next(f for f in found.figures if f.name == name)


# [utest->swr~coverage-justified~1]
def test_justified(told, file):
    """Raw, and after justification: the lines of the entry no longer count as missing, all others do."""
    found, stale = told(ENTRY)
    lines = file["lines"]
    assert stale == [] and figure(found, "src: statements").value == llvm.percent(lines["covered"], lines["count"])
    assert figure(found, "src: statements, after justification").value == llvm.percent(lines["covered"] + 4, lines["count"])
    assert figure(found, "src: MC/DC, after justification").value == figure(found, "src: MC/DC").value
    assert f"src: {lines['count'] - lines['covered']} of {lines['count']} statements weren't executed, 4 of them justified" in found.gaps[0]


# [utest->swr~coverage-justified~1]
def test_together(told, file):
    """Parts as one, after justification, on the report's first page; one that has nothing to be counted adds nothing."""
    told(ENTRY)
    found = coverage.Found()
    coverage.together(found, {"src/some.c": file, "other/some.c": file}, "all", ("src", "other", "none"), "host")
    lines, mcdc = file["lines"], file["mcdc"]
    assert [(f.name, f.unit, f.key) for f in found.figures] == [
        ("all: statements, after justification", f"%, {2 * lines['covered'] + 4} of {2 * lines['count']}", True),
        ("all: MC/DC, after justification", f"%, {2 * mcdc['covered']} of {2 * mcdc['count']}", True),
    ]
    coverage.together(found, {}, "nothing", ("src",), "host")
    assert len(found.figures) == 2


# [utest->swr~coverage-gaps~1]
def test_sources_without_counters_are_told(monkeypatch):
    """In the short form, which builds no tool."""
    monkeypatch.setattr(coverage, "git", lambda *words: "\n".join(("src/log/command.c", "src/log/read.c")) if words == ("ls-files", "src/log/*.c") else "")
    assert coverage.outside({"src/log/read.c": {}}, ["src/log"]) == ["src/log/command.c"]
    assert coverage.outside({"src/log/read.c": {}}, ["src/none"]) == []


# [utest->swr~coverage-gaps~1]
def test_tests_that_do_not_count_are_told(monkeypatch):
    """As long as they don't."""
    none, some = {"tests_left_out": []}, {"tests_left_out": ["a", "b"]}
    assert "src/compiler/import*.c" in " ".join(coverage.not_run(none))
    monkeypatch.setattr(coverage.host, "SUITES", ["test/import"])
    assert coverage.not_run(none) == []
    assert coverage.not_run(some)[0].startswith("el2: 2 tests of `make check` aren't run with counters")


# [utest->swr~coverage-gaps~1]
@pytest.mark.parametrize("covered, count, shown", [
    (10803, 10804, 99.9), (10804, 10804, 100.0), (999, 1000, 99.9), (9999, 10000, 99.9), (1, 3, 33.3), (2, 3, 66.6), (999999, 1000000, 99.9), (0, 7, 0.0), (29, 100, 29.0), (1149, 1000 * 10, 11.4),
])
def test_all_alone_is_100(covered, count, shown):
    """A share is never rounded up, and has its numbers beside it."""
    found = coverage.Found()
    coverage.share(found, "some", covered, count)
    (of,) = found.figures
    assert of.value == shown and of.unit == f"%, {covered:,} of {count:,}" and of.reached == (covered == count)
    assert llvm.share(covered, count).split()[-2:] == [str(shown), "%"]


# [utest->swr~coverage-justified~1]
def test_stale(told):
    """Where there is no gap, no such file, or another text than the one that was judged."""
    found, stale = told({**ENTRY, "line": 2, "last": 3}, {**ENTRY, "file": "src/other.c"}, {**ENTRY, "text": "static int ever(int x)"})
    assert [text.split(" is stale")[0] for text in stale] == ["justification of src/some.c:2", "justification of src/other.c:8", "justification of src/some.c:8"]
    assert figure(found, "src: statements, after justification").value == figure(found, "src: statements").value


# [utest->swr~coverage-justified~1]
@pytest.mark.parametrize("changed", [{"class": "tedious"}, {"reason": ""}, {"last": 99999}, {"last": 7}])
def test_refused_entries(told, changed):
    """Another class, no reason, more lines than anybody judges at once."""
    with pytest.raises(RuntimeError, match="src/some.c:8"):
        told({**ENTRY, **changed})


# [utest->swr~coverage-justified~1]
def test_too_many(told, file):
    """More than 2 % of a part's decisions: it fails, however few the entries are."""
    of = file["decisions"]["count"]
    assert told(ENTRY)[0].bad == [] and figure(told(ENTRY)[0], "src: decisions with a justified gap").reached
    found, _ = told({**ENTRY, "line": 3, "last": 18, "text": "{"})
    assert found.bad == [f"src: gaps of 3 decisions are justified, more than 2% of {of}"] and not figure(found, "src: decisions with a justified gap").reached


ARROW = "-" + ">"  # nobody takes what is tagged here for a test of this tree
COUNTED_TESTS = """\
import os

AT_IMPORT = os.environ["LLVM_PROFILE_FILE"]


def say(name):
    with open(os.environ["SAID"], "a") as file:
        file.write(f"{name}: {os.environ['LLVM_PROFILE_FILE']}\\n")


# [utest~>swr~a~1]
@pytest.mark.parametrize("x", ["a::b", "c"])
def test_tagged(x):
    say("tagged")


def test_untagged():
    say("untagged, import " + AT_IMPORT)


# [utest~>swr~a~1]
def test_chance():
    say("chance")
"""


# [utest->swr~coverage-intent~1]
@pytest.mark.parametrize("side_by_side", [[], ["-p", "xdist", "-n2"]])
def test_untagged_tests_count_nowhere(tmp_path, side_by_side):
    """Of host programs, in one process or several: neither what a file's tests run as it is read, nor what those run that name no requirement."""
    (tmp_path / "test/some").mkdir(parents=True)
    text = f'"""Some.\n\nBy chance: test_chance\n"""\nimport pytest\n{COUNTED_TESTS}'.replace("~>", ARROW)
    (tmp_path / "test/some/test_some.py").write_text(text)
    (tmp_path / "plugged.py").write_text("import pathlib\nfrom covering import tags\ntags.ROOT = pathlib.Path(__file__).parent\n")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'scripts'}:{tmp_path}", "BULKHEAD_COVER_HOST": "counted", "SAID": str(tmp_path / "said"), "LLVM_PROFILE_FILE": "counted"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", tmp_path, "-p", "plugged", "-p", "covering.counted", *side_by_side, "test"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    said = sorted((tmp_path / "said").read_text().splitlines())
    assert said == ["chance: /dev/null", "tagged: counted", "tagged: counted", "untagged, import /dev/null: /dev/null"]


# [utest->swr~coverage-same-verdicts~1]
def test_same_verdicts():
    """Whichever they are; what ran without counters alone was never to run with them."""
    both = {"a": "pass", "b": "fail", "c": "skip"}
    assert records.different(both, both) == ([], [])
    assert records.different(both, {**both, "d": "fail"}) == ([], [])
    assert records.different({}, both) == ([], [])


# [utest->swr~coverage-same-verdicts~1]
def test_skipped_on_both(tmp_path, file):
    """They are among neither of both numbers, and are told."""
    records_of = tmp_path / "bundle/tests/records.jsonl"
    records_of.parent.mkdir(parents=True)
    records_of.write_text("".join(json.dumps({"case": case, "verdict": verdict}) + "\n" for case, verdict in (("a", "pass"), ("b", "skip"), ("c", "pass"))))
    (tmp_path / "pages").mkdir()
    result = {"files": {"src/some.c": file}, "status": 0, "not_counted": [], "mismatched": 0, "verdicts": {"a": "pass", "b": "skip", "c": "skip"}}
    found = coverage.Found()
    coverage.counted(found, bundles.Bundle("x.dts", tmp_path / "bundle"), "el2", result, (), tmp_path / "pages")
    same = figure(found, "el2: tests with the same verdict on what is shipped")
    assert (same.value, same.goal, same.reached) == (1, "2 tests that ran", False)
    assert found.notes == ["el2: 1 tests were skipped with counters as without: they show nothing"]


# [utest->swr~coverage-same-verdicts~1]
def test_other_verdict(tmp_path):
    """What passes with counters and not without, or the other way round, or didn't run there; what is skipped on one side proves nothing."""
    (tmp_path / "main-1.jsonl").write_text('{"run": ""}\n{"began": "a"}\n' + "".join(json.dumps({"case": c, "verdict": v}) + "\n" for c, v in zip("abcd", ("pass", "fail", "pass", "skip"))))
    found = records.verdicts(tmp_path)
    assert found == {"a": "pass", "b": "fail", "c": "pass", "d": "skip"}
    told, unequal = records.different(found, {"a": "pass", "b": "pass", "d": "pass"})
    assert told == ["b: fail with counters, pass without", "c: pass with counters, not run without"] and unequal == ["d: skip with counters, pass without"]
    assert records.to(tmp_path) == {"BULKHEAD_RECORDS": str(tmp_path)} and not tmp_path.exists()


# [utest->swr~coverage-el2~1]
def test_machines_that_do_not_count(tmp_path, monkeypatch):
    """Of a machine that a test without a requirement had, too, that nobody is known to have had, or whose counters were lost, nothing counts."""
    rows = {"good": ["a", "b"], "mixed": ["a", "untagged"], "nobodys": [], "untagged": ["untagged"]}
    (tmp_path / "tests.jsonl").write_text("".join(json.dumps({"file": name, "tests": tests}) + "\n" for name, tests in rows.items()))
    merged = []
    for name, stub in (("RAW", tmp_path), ("PROFILE", tmp_path / "profile"), ("build", lambda: []), ("run_tests", lambda tests, full: 0), ("LEFT_OUT", tmp_path / "left"), ("html", lambda *_: None),
                       ("export", lambda *_: ({}, 0)), ("merge", lambda files, _: merged.extend(files))):  # fmt: skip
        monkeypatch.setattr(el2, name, stub)
    monkeypatch.setattr(el2.tags, "tagged", lambda tests: tests - {"untagged"})
    monkeypatch.setattr(el2.records, "verdicts", lambda folder: {})
    (tmp_path / "left").write_text("one\ntwo\n")
    found = el2.measure()
    assert merged == [tmp_path / "good"] and found["tests_left_out"] == ["one", "two"]
    assert (found["tests"], found["lives"], found["lives_left_out"]) == (2, 1, 3)
    monkeypatch.setattr(el2, "merge", llvm.merge)
    with pytest.raises(subprocess.CalledProcessError):  # there is no file of that name
        el2.measure()


def left(folder, monkeypatch, items, full=True):
    """Names of those that are left out, of tests with these requirements; what is told of them is the same. Those with a parameter are marked `full`."""
    monkeypatch.setattr(left_out.tags.tags, "read", lambda path: SimpleNamespace(of=lambda name: items[name]))
    monkeypatch.setenv(left_out.FILE, str(folder / "names"))
    tests, told = [SimpleNamespace(nodeid=f"test/system/test_x.py::{name}{case}", get_closest_marker=lambda _, case=case: case) for name in items for case in ("", "[1]")], []
    kept = list(tests)
    hook = SimpleNamespace(pytest_deselected=lambda items: told.extend(items))
    left_out.pytest_collection_modifyitems(SimpleNamespace(hook=hook, getoption=lambda name: full), kept)
    assert sorted(test.nodeid for test in [*kept, *told]) == sorted(test.nodeid for test in tests)
    assert (folder / "names").read_text() == "".join(f"{test.nodeid}\n" for test in told)
    return [test.nodeid.split("::")[1] for test in told]


# [utest->swr~coverage-elsewhere~1]
def test_tests_of_what_runs_elsewhere(tmp_path, monkeypatch):
    """Left out where all their requirements are of boot and updates; not where one is of something else, or EL2's."""
    items = {"updates": {"swr~boot-slot-order~1", "swr~power-cut~1"}, "both": {"swr~boot-slot-order~1", "swr~el2-watchdog~1"}, "el2s": {"swr~power-cut~1", "swr~digests-told~1"}}
    assert left(tmp_path, monkeypatch, items) == ["updates", "updates[1]"]
    assert left(tmp_path, monkeypatch, items, full=False) == ["updates"]  # the other one wouldn't run: it isn't told


# [utest->swr~coverage-elsewhere~1]
def test_requirements_that_nobody_knows(tmp_path, monkeypatch):
    """A test without a requirement, or with one that isn't there, such as another revision, is run."""
    assert left(tmp_path, monkeypatch, {"none": set(), "old": {"swr~power-cut~0"}, "one-old": {"swr~power-cut~1", "swr~boot-slot-order~0"}}) == []


# [utest->swr~coverage-elsewhere~1]
def test_what_is_left_out_by_default_alone(tmp_path, monkeypatch):
    """Tests that are asked for by name are run, whatever they are of."""
    for name in ("RAW", "RECORDS", "LEFT_OUT"):
        monkeypatch.setattr(el2, name, tmp_path / name)
    ran = []
    monkeypatch.setattr(el2.subprocess, "run", lambda command, **_: ran.append(command) or SimpleNamespace(returncode=0))
    assert el2.run_tests([], False) == el2.run_tests(["test/system/test_power_cuts.py"], True) == 0
    assert ["covering.left_out" in command for command in ran] == [True, False]


# [utest->swr~object-code-seen~1]
def test_object_code(monkeypatch):
    """Each instruction, way of a branch, and call, by function and offset."""
    lines = [("f", 0, "cmp", "x0, x1"), ("f", 4, "b.eq", "10"), ("f", 8, "bl", "20 <g>"), ("g", 12, "ret", ""), ("g", 16, "b", "0 <f>"), ("g", 20, "b", "0 <g+0x4>")]
    monkeypatch.setattr(object_code, "instructions", lambda: lines)
    seen, taken = object_code.EXECUTED, object_code.EXECUTED | object_code.TAKEN
    found = object_code.judged(bytes([seen, taken, 0, seen]))
    assert found["f"]["gaps"] == ["0x4: b.eq 10 never fell through", "0x8: bl 20 <g>"] and found["g"]["gaps"] == ["0x10: b 0 <f>", "0x14: b 0 <g+0x4>"]
    assert (found["g"]["calls"], found["g"]["calls_made"]) == (1, 0)
    assert [found["f"][key] for key in ("instructions", "executed", "ways", "ways_gone", "calls", "calls_made")] == [3, 2, 2, 1, 1, 0]


def code(function, start, *lines):
    """Instructions from an offset on; operands that name an offset name its address."""
    return [(function, start + 4 * n, mnemonic, re.sub(r"@(\w+)", lambda at: f"{int(at[1], 16) + object_code.EL2_VA_TEXT:x} <f+0x0>", operands))
            for n, (mnemonic, operands) in enumerate((line.split(" ", 1) + [""])[:2] for line in lines)]  # fmt: skip


# [utest->swr~object-code-seen~1]
@pytest.mark.parametrize("lines, padding", [
    (code("f", 0x100, "ret", "nop", "nop") + code("g", 0x10C, "nop", "ret"), {0x104, 0x108}),
    (code("f", 0x100, "b @200", "nop", "nop", "nop"), {0x104, 0x108, 0x10C}),
    (code("f", 0x100, "eret", "dsb nsh", "isb", "nop"), {0x10C}),
    (code("f", 0x100, "b.eq @200", "nop"), set()),  # which falls through
    (code("f", 0x100, "bl @200", "nop"), set()),
    (code("f", 0x100, "ret", "nop", "nop", "nop", "b @108"), {0x104}),  # to where one branches
    (code("f", 0x100, "adr x17, @104", "ret", "nop", "nop") + code("f", 0x110, "adr x17, @10c"), {0x108}),  # whose address is taken
    (code("f", 0x174, "ret", "nop", "nop", "nop", "nop"), {0x178, 0x17C}),  # up to where a vector may begin
    (code("f", 0x100, "ret") + code("f", 0x108, "nop"), set()),  # there is something between
    (code("f", 0x100, "ret", "mov x0, x1", "nop"), set()),
])
def test_padding(lines, padding):
    """NOPs that nothing leads to, and no others."""
    assert object_code.dead(lines)[0] == padding


# [utest->swr~object-code-seen~1]
def test_classes(monkeypatch):
    """What wasn't executed by class; a NOP that fills up counts only where it was executed all the same."""
    lines = code("vectors", 0x800, "mov x0, 0", "b @2000", "nop", "nop") + code("f", 0x2000, "mrs x0, ich_lr4_el2", "msr spsr_el2, x0", "mov x0, x1", "eret", "dsb nsh", "isb", "nop")
    monkeypatch.setattr(object_code, "instructions", lambda: iter(lines))
    noted = bytearray(0x3000 // 4)
    noted[0x80C // 4] = noted[0x2000 // 4] = object_code.EXECUTED
    found = object_code.judged(bytes(noted))
    assert [(of["instructions"], of["executed"], of["padding"]) for of in found.values()] == [(3, 1, 1), (6, 1, 1)]
    assert found["vectors"]["classes"] == {"barrier": 0, "vector": 2, "register": 0, "other": 0}
    assert found["f"]["classes"] == {"barrier": 2, "vector": 0, "register": 0, "other": 3}
    assert object_code.judged(b"")["f"]["classes"]["register"] == 1
    assert all(sum(of["classes"].values()) == len(of["gaps"]) for of in found.values())


# [utest->swr~object-code-seen~1]
def test_object_code_cut_short(tmp_path, monkeypatch):
    """Records that are empty, cut off, or longer than the image, and one of a test that names no requirement: what isn't in one was not executed."""
    monkeypatch.setattr(object_code, "instructions", lambda: [("f", 0, "nop", ""), ("f", 4, "b.eq", "10"), ("g", 8, "ret", "")])
    monkeypatch.setattr(object_code.executed, "IMAGE", tmp_path / "image")
    monkeypatch.setattr(object_code.exit_paths, "paths", lambda data, size: [len(data)])
    monkeypatch.setattr(object_code.tags, "file_counts", lambda test: test != "of-nothing")
    (tmp_path / "image").write_bytes(bytes(12))
    seen = object_code.EXECUTED

    def noted(**machines):
        for name, data in machines.items():
            (tmp_path / name).write_bytes(data)
        rows = [{"test": name.replace("_", "-"), "file": name, "exits": name != "icount"} for name in machines] + [{"test": None, "file": "none"}]
        (tmp_path / object_code.executed.INDEX).write_text("".join(json.dumps(row) + "\n" for row in rows))
        found, paths, count = object_code.seen(tmp_path)
        assert len(found) == 3 and paths == [len(data) for name, data in machines.items() if name in "ab"]
        return [sum(of["executed"] for of in object_code.judged(found).values()), count]

    assert noted(a=b"") == [0, 1] and noted(a=bytes([seen])) == [1, 1] and noted(a=bytes([0, 0, 0, seen, seen])) == [0, 1]
    assert noted(of_nothing=bytes(3 * [seen])) == [0, 0] and noted(a=bytes([seen, 0]), b=bytes([0, 0, seen])) == [2, 2]
    assert noted(a=b"", icount=bytes([0, 0, seen])) == [1, 2]  # whose exits aren't taken
    assert [len(of["gaps"]) for of in object_code.judged(b"").values()] == [2, 1]


# [utest->swr~evidence-paths~1]
def test_exit_paths():
    """Of what a machine noted: the longest exit of each class, by the places that it came by."""
    size, places = 22, [exit_paths.PLACES.index(name) + 1 for name in ("exit_synchronous", "data_abort", "gicr_access", "exit_sgi", "exit_interrupt")]
    sync, abort, gicr, sgi, irq = (1 << place for place in places)
    rows = [(sync | abort | gicr, 70, 2), (sync | abort | gicr | irq, 90, 1), (sync | abort, 40, 1), (sync | sgi, 30, 5), (irq, 20, 9), (sync, 5, 1)]
    data = bytes(8) + b"".join(exit_paths.PATH.pack(*row) for row in rows) + bytes(exit_paths.PATH.size * (exit_paths.PATHS - len(rows)))
    assert exit_paths.longest(exit_paths.paths(data, size)) == {
        "data abort: redistributor": {"longest": 90, "count": 3},
        "data abort: nothing of the cell's": {"longest": 40, "count": 1},
        "system register": {"longest": 30, "count": 5},
        "IRQ": {"longest": 20, "count": 9},
        exit_paths.AT_ONCE: {"longest": 5, "count": 1},
    }


# [utest->swr~evidence-paths~1]
def test_marks_of_exits():
    """Each vector of a guest's begins an exit, and each place that tells classes apart is another mark."""
    names = (*exit_paths.PLACES, *static_paths.ENDS_OF_LIFE, *exit_paths.STARTS)
    addresses = {"vectors_guest": 0x1400, **{name: 0x1000 + 4 * number for number, name in enumerate(names)}}
    found = exit_paths.marks(addresses, 0x1000, 0x1000, [0x1ffc])
    cut = len(static_paths.ENDS_OF_LIFE) + len(exit_paths.STARTS)
    assert list(found[: len(names)]) == [*range(1, len(exit_paths.PLACES) + 1), *[exit_paths.CUT] * cut] and found[-1] == exit_paths.WAIT
    assert [number * 4 for number, byte in enumerate(found) if byte == exit_paths.ENTRY] == [0x400 + 0x80 * number for number in range(8)]
    assert len(exit_paths.PLACES) < exit_paths.ENTRY


# [utest->swr~coverage-gaps~1]
def test_counters_of_other_code(tmp_path):
    """Functions that llvm-cov leaves out, since another binary had them otherwise, are counted: they are in no figure."""
    folder, other = tmp_path / "one", tmp_path / "other"
    for name in (folder, other):
        name.mkdir()
        counted(name, SOURCE if name == folder else SOURCE.replace("x++;", "if (x) x++;"))
    profile = tmp_path / "profile"
    llvm.merge([other / "raw"], profile)
    assert llvm.export(folder / "profile", [folder / "some"])[1] == 0
    assert llvm.export(profile, [folder / "some"])[1] == 1

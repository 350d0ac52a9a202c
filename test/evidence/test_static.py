# SPDX-License-Identifier: Apache-2.0
"""The static part of the evidence bundle: its converters on known inputs, and that what must not be goes red.

Robustness: test_finding_without_deviation_stays_open, test_stale_deviation_is_named, test_deviation_without_reason_is_refused,
  test_part_fails_on_open_and_stale, test_stack_goes_red, test_loop_without_a_bound_leaves_none, test_path_without_a_bound,
  test_run_that_is_not_sound_is_refused, test_eva_sees_an_index_that_is_not_checked
"""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from bundle import bundle as bundles  # noqa: E402  (needs the path above)
from bundle import sarif, static, static_eva, static_paths, static_tools  # noqa: E402

import stack  # noqa: E402

MISRA = """\
src/core/cell.c|12|3|style|misra-c2012-15.5|misra violation (use --rule-texts=<file> to get proper output)
src/core/cell.c|12|3|warning|nullPointer|Null pointer dereference
src/core/cell.h|7|0|style|misra-c2012-2.5|misra violation
"""
TIDY = """\
{root}/src/core/cell.c:40:9: error: do not use 'x' [bugprone-thing,-warnings-as-errors]
{root}/src/core/cell.c:40:9: note: here
src/core/dma.c:1:2: warning: other [readability-other]
"""
GCC = [
    {
        "kind": "warning",
        "message": "dereference of NULL 'p'",
        "option": "-Wanalyzer-null-dereference",
        "metadata": {"cwe": 476},
        "locations": [{"caret": {"file": "src/core/cell.c", "line": 9, "display-column": 5}}],
    }
]


def row(rule, where, tool="tool"):
    return {"tool": tool, "rule": rule, "class": "advisory", "where": [where], "reason": "it is so.", "measures": "A test."}


def write(folder, findings, rows):
    """(findings that nothing covers, rows that cover nothing, the SARIF's run)"""
    deviations = sarif.Deviations(rows)
    run = sarif.Run("1", [["tool", "--of=a b", f"-I{ROOT}/src", "FILE"]], ["15.5", "quiet"], findings)
    open_ = sarif.write(folder / "x.sarif", "tool", run, deviations, ["src/core/cell.c"])
    written = json.loads((folder / "x.sarif").read_text())
    assert written["version"] == "2.1.0"
    return open_, deviations.stale("tool"), written["runs"][0]


# [utest->swr~evidence-static-findings~1]
def test_misra_addon_is_converted():
    found = list(static_tools.misra_findings(MISRA))
    assert [(f.rule, f.path, f.line, f.column) for f in found] == [("15.5", "src/core/cell.c", 12, 3), ("2.5", "src/core/cell.h", 7, 0)]


# [utest->swr~evidence-static-findings~1]
def test_clang_tidy_is_converted():
    found = list(static_tools.tidy_findings(TIDY.format(root=ROOT)))
    assert [(f.rule, f.path, f.line) for f in found] == [("bugprone-thing", "src/core/cell.c", 40), ("readability-other", "src/core/dma.c", 1)]


# [utest->swr~evidence-static-findings~1]
def test_gcc_is_converted():
    (found,) = static_tools.gcc_findings(json.dumps(GCC))
    assert (found.rule, found.path, found.line) == ("-Wanalyzer-null-dereference", "src/core/cell.c", 9)
    assert "CWE-476" in found.message


# [utest->swr~evidence-static-findings~1]
def test_analyser_of_gcc_finds_and_is_converted(tmp_path):
    """The same on what the compiler really says."""
    source = tmp_path / "x.c"
    source.write_text("int f(void) { int *p = 0; return *p; }\n")
    command = ["aarch64-linux-gnu-gcc", "-fanalyzer", "-fdiagnostics-format=json", "-c", source, "-o", tmp_path / "x.o"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "-Wanalyzer-null-dereference" in [f.rule for f in static_tools.gcc_findings(done.stderr)]


# [utest->swr~evidence-static-findings~1]
def test_make_says_how_a_file_is_compiled():
    (words,) = static_tools.gcc_commands(["src/core/cell.c"]).values()
    assert words[0].endswith("gcc") and "-mgeneral-regs-only" in words and not any(word.startswith("-fcallgraph") for word in words)


# [utest->swr~evidence-static-findings~1]
def test_covered_finding_is_suppressed_with_its_reason(tmp_path):
    finding = sarif.Finding("15.5", "src/core/cell.c", 12, 0, "a return")
    open_, stale, run = write(tmp_path, [finding, finding], [row("15.5", "src/core/*")])
    assert (open_, stale) == ([], [])
    (result,) = run["results"]
    assert result["suppressions"][0]["justification"] == "it is so. A test."
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 12, "startColumn": 1}


# [utest->swr~evidence-static-findings~1]
def test_what_was_asked_is_told(tmp_path):
    """Command line, within the tree, and each rule that was enabled, whether it found anything or not."""
    _, _, run = write(tmp_path, [sarif.Finding("15.6", "src/core/cell.c", 1, 1, "")], [])
    assert run["invocations"] == [{"commandLine": "tool '--of=a b' -I./src FILE", "executionSuccessful": True}]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["15.5", "15.6", "quiet"]


# [utest->swr~evidence-static-findings~1]
def test_analysers_tell_their_rules():
    """As each tool says itself."""
    assert {"2.5", "15.5", "21.1"} <= set(static_tools.misra_rules()) and "1.3" not in static_tools.misra_rules()
    checks = static_tools.tidy_rules("src/core/cell.c")
    assert {"bugprone-infinite-loop", "misc-redundant-expression", "clang-analyzer-core.NullDereference"} <= set(checks)
    assert "bugprone-branch-clone" not in checks and not any(check.startswith("-") for check in checks)
    rules = static_tools.gcc_rules(["aarch64-linux-gnu-gcc", "-Wno-analyzer-double-free"])
    assert "-Wanalyzer-null-dereference" in rules and not {"-Wanalyzer-double-free", "-Wanalyzer-too-complex", "-Wanalyzer-tainted-size"} & set(rules)


# [utest->swr~evidence-static-findings~1]
def test_command_lines():
    """Of each analyser: those that it is run by, one of each kind."""
    lines = [(words[0], " ".join(words), calls) for words, calls in static_tools.command_lines()]
    found = {name: (line, calls) for name, line, calls in lines}
    assert set(found) == {"cppcheck", "clang-tidy-19", "aarch64-linux-gnu-gcc"}
    assert found["cppcheck"][1] == 1 and "--addon=misra" in found["cppcheck"][0]
    count = len(static_tools.sources())
    assert found["clang-tidy-19"] == ("clang-tidy-19 --quiet --warnings-as-errors=* FILE -- --target=aarch64-linux-gnu -std=gnu11 -ffreestanding -mgeneral-regs-only", count)
    of_gcc = [(line, calls) for name, line, calls in lines if name.endswith("gcc")]
    assert sum(calls for _, calls in of_gcc) == count and len({line for line, _ in of_gcc}) == len(of_gcc) < 5
    assert all(line.endswith("-fanalyzer -fdiagnostics-format=json -c FILE -o FILE.o") for line, _ in of_gcc)


# [utest->swr~evidence-static-findings~1]
@pytest.mark.parametrize("rows", [[], [row("15.6", "src/*")], [row("15.5", "src/arch/*")], [row("15.5", "src/*", "another")]])
def test_finding_without_deviation_stays_open(tmp_path, rows):
    finding = sarif.Finding("15.5", "src/core/cell.c", 12, 1, "a return")
    open_, _, run = write(tmp_path, [finding], rows)
    assert open_ == [finding]
    assert "suppressions" not in run["results"][0]


# [utest->swr~evidence-static-findings~1]
def test_stale_deviation_is_named(tmp_path):
    _, stale, _ = write(tmp_path, [sarif.Finding("15.5", "src/core/cell.c", 1, 1, "")], [row("15.5", "src/*"), row("2.1", "src/core/gone.c")])
    assert stale == ["tool 2.1 (src/core/gone.c)"]


# [utest->swr~evidence-static-findings~1]
def test_deviation_without_reason_is_refused():
    with pytest.raises(ValueError, match="no reason"):
        sarif.Deviations([{**row("15.5", "src/*"), "reason": ""}])


# [utest->swr~evidence-static-findings~1]
@pytest.mark.parametrize("rows, named", [([row("15.5", "src/*")], None), ([], "no deviation covers"), ([row("15.5", "src/*"), row("1.1", "src/*")], "covers nothing")])
def test_part_fails_on_open_and_stale(tmp_path, monkeypatch, rows, named):
    finding = sarif.Finding("15.5", "src/core/cell.c", 1, 1, "")
    monkeypatch.setattr(sarif.Deviations, "read", classmethod(lambda cls: cls(rows)))
    monkeypatch.setattr(static_tools, "TOOLS", {"tool": (lambda files: sarif.Run("1", [], ["quiet"], [finding]), "x.sarif")})
    found = static.Found()
    static.analysers(found, tmp_path, short=False)
    assert {f.name: f.value for f in found.figures if f.key} == {"findings of analysers without a deviation": int(named == "no deviation covers")}
    assert {f.name: f.value for f in found.figures}["tool: rules enabled"] == 2
    assert (found.bad == []) if named is None else any(named in text for text in found.bad)


def graph(tmp_path, *lines):
    file = tmp_path / "x.ci"
    file.write_text("\n".join(lines))
    return stack.Graph([file])


def node(name, frame="16 bytes (static)"):
    return f'node: {{ title: "{name}" label: "{name}\\nx.c:1:1\\n{frame}" }}'


def edge(caller, callee):
    return f'edge: {{ sourcename: "{caller}" targetname: "{callee}" label: "" }}'


# [utest->swr~evidence-stack~1]
def test_stack_of_each_entry(tmp_path):
    report = graph(tmp_path, node("a"), node("b"), node("c", "48 bytes (static)"), edge("a", "b"), edge("a", "c")).report(4096)
    assert report["errors"] == []
    assert report["deepest_bytes"] == 64 and [step["function"] for step in report["deepest_path"]] == ["a", "c"]
    assert [entry["entry"] for entry in report["entries"]] == ["a"]


# [utest->swr~evidence-stack~1]
@pytest.mark.parametrize(
    "lines, limit, error",
    [
        ([node("a"), node("b"), edge("a", "b"), edge("b", "a")], 4096, "recursion"),
        ([node("z"), node("a"), node("b"), edge("z", "a"), edge("a", "b"), edge("b", "a")], 4096, "recursion: z -> a -> b -> a"),
        ([node("a", "16 bytes (dynamic)")], 4096, "not of a fixed size"),
        ([node("a"), edge("a", "__indirect_call")], 4096, "through a pointer"),
        ([node("a", "64 bytes (static)")], 32, "64 bytes are more than the 32"),
    ],
)
def test_stack_goes_red(tmp_path, lines, limit, error):
    assert any(error in text for text in graph(tmp_path, *lines).report(limit)["errors"])


LISTING = """\
0000004000001000 <f>:
    4000001000:	cmp	x0, x1
    4000001004:	b.eq	4000001018 <f+0x18>
    4000001008:	bl	4000001030 <g>
    400000100c:	subs	x0, x0, #0x1
    4000001010:	b.ne	4000001008 <f+0x8>  // b.any
    4000001014:	b	4000001040 <h>
    4000001018:	mov	x0, #0x0
    400000101c:	ret

0000004000001030 <g>:
    4000001030:	nop
    4000001034:	ret

0000004000001040 <h>:
    4000001040:	blr	x1
    4000001044:	ret

0000004000001050 <handler>:
    4000001050:	ret

0000004000001060 <again>:
    4000001060:	bl	4000001060 <again>
    4000001064:	ret
"""


def bounds(table, **options):
    listed = static_paths.functions(LISTING)
    loops = static_paths.Loops(table, {"cores": 4}, lambda address: [("source", "src/core/none.c", 0)])
    return static_paths.Bounds(listed, loops, **options), loops


# [utest->swr~evidence-paths~1]
def test_longest_path():
    """2 before the loop, 5 times (4 turns more than the first) 3 with 2 of the callee, a branch, 2 of h, 1 of its handler."""
    found, _ = bounds([{"function": "source", "times": "cores"}], handlers=("handler",))
    assert found.of("f") == 2 + 5 * (3 + 2) + 1 + 2 + 1


# [utest->swr~evidence-paths~1]
def test_class_without_a_function_goes_the_other_way():
    found, _ = bounds([{"function": "source", "times": "cores"}], handlers=("handler",), never=("g",))
    assert found.of("f") == 4


# [utest->swr~evidence-paths~1]
def test_wait_is_named_and_its_turns_not_counted():
    found, _ = bounds([{"function": "source", "wait": "a sibling"}], handlers=("handler",))
    assert found.of("f") == 2 + 5 + 1 + 2 + 1 and found.waits == {"source: a sibling"}


# [utest->swr~evidence-paths~1]
def test_loop_without_a_bound_leaves_none():
    found, loops = bounds([{"function": "another", "times": "1"}], handlers=("handler",))
    with pytest.raises(static_paths.Unbounded, match="has no bound"):
        found.of("f")
    assert len(loops.missing) == 1 and loops.unused() == ["another"]


# [utest->swr~evidence-paths~1]
@pytest.mark.parametrize("function, reason", [("again", "recursion"), ("h", "through a pointer"), ("nothing", "no such function")])
def test_path_without_a_bound(function, reason):
    with pytest.raises(static_paths.Unbounded, match=reason):
        bounds([])[0].of(function)


# [utest->swr~evidence-paths~1]
def test_register_table_is_within_its_bound():
    """row_find's in loops.json: bisection among less than 256."""
    text = (ROOT / "src/arch/arm64/sysregs_table.h").read_text(encoding="utf-8")
    rows = sum(line.startswith(("ROW(", "RANGE(", "HOST(")) for line in text.splitlines())
    assert 100 < rows < 256


# [utest->swr~evidence-paths~1]
def test_bounds_hold_what_was_measured(tmp_path):
    """The shipped binary: each class has a bound, and a measurement above one fails the part."""
    image = bundles.BUILD / "out/edge-gateway/bulkhead.itb"
    if not image.exists():
        pytest.skip("no image of configs/edge-gateway.dts: make image")
    for value, seen, bad, gap in ((58, 60, False, False), (10**9, 60, True, False), (58, 10**9, False, True)):
        found = static.Found()
        static.paths(found, tmp_path, image, {"HVC": {"longest": seen, "count": 1}}, [{"name": "hvc_version", "value": value}])
        row = next(row for row in static.static_paths.read(tmp_path / "paths.json")["classes"] if row["class"] == "HVC")
        assert (row["measured"], row["longest_of_tests"]["longest"]) == (value, seen)
        assert any(text.startswith("worst path of HVC: one of 1,000,000,000 instructions in the tests") for text in found.gaps) == gap
        assert any("more than the bound" in text for text in found.bad) == bad
        assert [text for text in found.gaps if "no bound" in text] == []
        assert not any("loops.json" in text for text in found.bad)


REPORT = """\
directory	file	line	function	property kind	status	property
src	a.c	1	f	mem_access	Unknown	\\valid(p)
src	a.c	2	f	mem_access	Valid	\\valid(q)
src	a.c	3	g	index_bound	Unknown	i < 4
"""
REASON = {"target": "exits", "function": "f", "kind": "mem_access", "count": 1, "reason": "so"}


# [utest->swr~evidence-runtime-errors~1]
@pytest.mark.parametrize(
    "rows, more, stale",
    [
        ([REASON, {**REASON, "function": "g", "kind": "index_bound"}], [], []),
        ([REASON], ["g: index_bound: 1 alarms, 0 justified"], []),
        ([{**REASON, "count": 2}, {**REASON, "function": "g", "kind": "index_bound"}], [], ["f: mem_access: 2 justified, 1 there"]),
        ([REASON, {**REASON, "function": "g", "kind": "shift"}], ["g: index_bound: 1 alarms, 0 justified"], ["g: shift: 1 justified, 0 there"]),
    ],
)
def test_alarms_are_justified(tmp_path, rows, more, stale):
    report = tmp_path / "report.csv"
    report.write_text(REPORT)
    found, _ = static_eva.alarms(report)
    table, left, gone = static_eva.judged(found, rows)
    assert (left, gone) == (more, stale)
    assert {(line["function"], line["count"]) for line in table} == {("f", 1), ("g", 1)}


# [utest->swr~evidence-runtime-errors~1]
@pytest.mark.parametrize("text", ["nothing", "[eva] User Error: no assigns\n3 functions analyzed (out of 4)\n5 statements reached (out of 6)"])
def test_run_that_is_not_sound_is_refused(text):
    with pytest.raises(RuntimeError):
        static_eva.analysed(text)


METRICS = """\
[eva:summary] ====== ANALYSIS SUMMARY ======
  3 functions analyzed (out of 9): 33% coverage.
  In these functions, 5 statements reached (out of 6): 83% coverage.
[metrics] Defined functions (6)
  ======================
   one (1 call); one_0 (0 call); two_12 (2 calls);
   by_pointer (address taken) (0 call);
   crc32_of (1 call); main (0 call); 
  
  Specified-only functions (1)
  ============================
   specified (3 calls);
[metrics] Statements analyzed by Eva
  --------------------------
  9 stmts in analyzed functions, 8 stmts analyzed (88.9%)
  one: 3 stmts out of 4 (75.0%)
  one_0: 5 stmts out of 5 (100.0%)
  main: 1 stmts out of 1 (100.0%)
"""


# [utest->swr~evidence-runtime-errors~1]
def test_functions_are_counted_by_name():
    found = static_eva.analysed(METRICS)["functions"]
    assert {name: tuple(row.values()) for name, row in found.items()} == {
        "one": (2, 2, 5, 5), "two": (1, 0, 0, 0), "by_pointer": (1, 0, 0, 0), "crc32_of": (1, 0, 0, 0), "main": (1, 1, 1, 1),
    }  # fmt: skip
    for damaged in (METRICS.replace("functions (6)", "functions (7)"), METRICS.replace("Defined", "All")):
        with pytest.raises(RuntimeError):
            static_eva.analysed(damaged)


def entered(defined, count, reached=0, of=0):
    return {"defined": defined, "entered": count, "statements_reached": reached, "statements": of}


# [utest->swr~evidence-runtime-errors~1]
@pytest.mark.parametrize(
    "first, second, never, partly",
    [
        ({"f": entered(1, 0)}, {}, ["f"], []),
        ({"f": entered(1, 0)}, {"f": entered(1, 1, 3, 3)}, [], []),  # what one target enters is no gap of another
        ({"f": entered(2, 1, 3, 3)}, {"f": entered(1, 1, 3, 3)}, ["f"], []),  # two files': perhaps both times the same one
        ({"f": entered(2, 1, 3, 3)}, {"f": entered(2, 2, 3, 3)}, [], []),
        ({"f": entered(1, 1, 3, 9)}, {"f": entered(1, 1, 2, 3)}, [], ["f (2 of 3)"]),
        ({"cell_core": entered(9, 1, 3, 3)}, {}, [], []),  # a header's copies
        ({"cell_core": entered(9, 0)}, {}, ["cell_core"], []),
        ({"eva_exits": entered(1, 0), "f": entered(1, 1, 1, 1)}, {}, [], []),  # the model's
    ],
)
def test_what_no_target_enters_is_named(first, second, never, partly):
    assert static_eva.missed([{"functions": first}, {"functions": second}]) == (never, partly)


# [utest->swr~evidence-runtime-errors~1]
@pytest.mark.skipif(not shutil.which("frama-c"), reason="frama-c isn't there: scripts/setup.sh evidence")
def test_eva_sees_an_index_that_is_not_checked(tmp_path):
    """mmio.c and a driver that asks it for the row behind the last."""
    driver = tmp_path / "driver.c"
    driver.write_text(
        f'#include "{ROOT}/test/eva/memory.h"\n#include "{ROOT}/src/core/mmio.h"\n'
        "u32 good(void) { const struct bp_mmio *row = mmio_find(eva_any()); return row ? row->kind : 0; }\n"
        "u32 bad(u32 n) { return eva_record.mmio[n].kind; }\n"
        "void start(void) { eva_memory_start(); good(); bad(eva_below(EVA_MMIO + 1)); }\n"
    )
    target = {
        "model": [str(driver), "test/eva/memory.c"],
        "sources": ["src/core/mmio.c"],
        "main": "start",
        "options": {"-eva-precision": "1", "-eva-plevel": "100", "-eva-slevel-function": "mmio_find:300"},
    }
    report = tmp_path / "report.csv"
    done = subprocess.run(static_eva.command(target, report), cwd=ROOT, capture_output=True, text=True, check=True, timeout=600)
    assert static_eva.analysed(done.stdout)["functions_analysed"] > 3
    found, _ = static_eva.alarms(report)
    assert dict(found) == {("bad", "index_bound"): 1}

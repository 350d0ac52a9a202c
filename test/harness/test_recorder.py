# SPDX-License-Identifier: Apache-2.0
"""recorder.py, tags.py and scripts/bundle/tests.py: what tests leave, whatever becomes of them, and what is made of it.

Robustness: test_killed, test_half_a_line, test_short_is_of_this_tree, test_disagreement
Both ranges: test_passed, test_whole_run_is_of_this_tree, test_verdicts, test_joined
"""

import hashlib
import json
import os
import subprocess
import sys
import textwrap
import types

import pytest

from harness import build, qemu, recorder, records, tags

sys.path.insert(0, str(build.ROOT / "scripts"))

from bundle import bundle as bundles, stamp as stamps, tests as bundling  # noqa: E402  (needs the path above)

CONFTEST = f"""
import sys
sys.path.insert(0, {str(build.ROOT / 'test')!r})
from harness import recorder, records
def pytest_configure(config):
    config.pluginmanager.register(recorder.Recorder(), "records")
"""
ARROW = "->"  # "~>" below, so that scripts/trace.py takes no tag of these for ours
TESTS = '''
"""Of a module. [utest~>swr~of-all~1]"""
import os, pytest
from harness import records

@pytest.fixture(scope="module")
def machine():
    records.machine({"cpu": "one"}, "/somewhere/console.log")
    records.used("Makefile")

def test_first(machine):
    """It holds,
    as it should. [stest~>swr~first~2]

    And more."""

# [utest~>swr~second~1]
# Said above.
@pytest.mark.parametrize("way", ["a/b", "c"])
def test_second(machine, way, record_property):
    record_property("latency_us", 7)
    records.machine({"cpu": "two"}, "/somewhere/else.log")
    if way == "c":
        records.expects("what c is to give")

def test_alone():
    assert 1 == 2, "no sum"

def test_skipped():
    pytest.skip("no device")

@pytest.fixture
def bad():
    yield
    raise RuntimeError("not torn down")

def test_torn(bad):
    pass
'''


def leave(folder, text, *options):
    """Runs tests; the lines that their processes left."""
    suite = folder / "some"
    suite.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(CONFTEST)
    (suite / "test_some.py").write_text(textwrap.dedent(text).replace("~>", ARROW))
    environment = {**os.environ, "BULKHEAD_RECORDS": str(folder / "records"), "BULKHEAD_RUN": "7"}
    environment.pop("PYTEST_XDIST_WORKER", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", folder / "pytest.ini", *options, suite]
    subprocess.run(command, env=environment, cwd=folder, capture_output=True, check=False)
    return [json.loads(line) for path in (folder / "records").glob("*.jsonl") for line in path.read_text().splitlines()]


@pytest.fixture(name="left", scope="module")
def _left(tmp_path_factory):
    found = leave(tmp_path_factory.mktemp("left"), TESTS)
    return {line["case"].split("::")[-1]: line for line in found if "case" in line}


def test_fields(left):
    """A test's record has its requirements, also those of its file, its words, verdict, times and what a test measured.
    [utest->swr~records-written~1]"""
    first, second = left["test_first"], left["test_second[a/b]"]
    assert first["case"] == "some::test_some.py::test_first"
    assert first["requirements"] == ["swr~first~2", "swr~of-all~1"] and second["requirements"] == ["swr~of-all~1", "swr~second~1"]
    assert (first["expected"], second["expected"]) == ("It holds, as it should.", "Said above.")
    assert left["test_second[c]"]["expected"] == "what c is to give"
    assert (first["verdict"], first["observed"]) == ("pass", "as expected")
    assert second["measured"] == {"latency_us": 7}
    assert 0 <= first["duration_s"] < 60 and first["monotonic_ns"] <= second["monotonic_ns"] and first["wall"].endswith("+00:00")


def test_process_says_what_judges(tmp_path):
    """Each process's file says first of which run it is, and what drives its machines and judges them. [utest->swr~records-written~1]"""
    first = leave(tmp_path, "def test_x():\n    pass\n")[0]
    assert (first["run"], first["judges"]) == ("7", records.judges())


def test_revision(left, tmp_path):
    """The revision is git's hash of the test's file. [utest->swr~records-written~1]"""
    path = tmp_path / "same"
    path.write_text(textwrap.dedent(TESTS).replace("~>", ARROW))
    assert left["test_first"]["revision"] == subprocess.run(["git", "hash-object", path], capture_output=True, text=True, check=True).stdout.strip()


def test_verdicts(left):
    """What went wrong is observed, also in a fixture. [utest->swr~records-written~1]"""
    assert (left["test_alone"]["verdict"], left["test_alone"]["observed"]) == ("fail", "call: AssertionError: no sum\nassert 1 == 2")
    assert (left["test_skipped"]["verdict"], left["test_skipped"]["observed"]) == ("skip", "no device")
    assert (left["test_torn"]["verdict"], left["test_torn"]["observed"]) == ("fail", "teardown: RuntimeError: not torn down")


def test_shared_machine(left):
    """Each test that has a fixture names the machine and the files that the fixture used, beside its own; others don't.
    [utest->swr~records-written~1]"""
    makefile = {"Makefile": hashlib.sha256((build.ROOT / "Makefile").read_bytes()).hexdigest()}
    assert left["test_first"]["target"] == {"cpu": "one"} and left["test_first"]["inputs"] == makefile
    for second in (left["test_second[a/b]"], left["test_second[c]"]):
        assert second["target"] == {"cpu": "one", "more": [{"cpu": "two"}]} and second["inputs"] == makefile
        assert second["log"] == ["/somewhere/console.log", "/somewhere/else.log"]
    assert "target" not in left["test_alone"] and left["test_alone"]["inputs"] == {}


def test_helpers():
    """Modules that a procedure imports, and those that these import; the harness has none of its own in a record.
    [utest->swr~records-written~1]"""

    def module(path, *imports):
        made = types.ModuleType(path)
        made.__file__ = str(build.ROOT / path)
        vars(made).update({f"name{number}": value for number, value in enumerate(imports)})
        return made

    deep = module("test/system/system.py", module("test/harness/qemu.py", module("test/system/peer.py")))
    deep.itself = deep
    procedure = module("test/attack/test_classes.py", module("test/attack/hostile.py", deep), module("scripts/trace.py"), json)
    assert recorder.helpers(procedure) == ["test/attack/hostile.py", "test/system/system.py"]


def test_killed(tmp_path, monkeypatch):
    """A test that takes its process with it has failed, and those before it keep their records. [utest->swr~records-written~1]"""
    found = leave(tmp_path, "import os\ndef test_good():\n    pass\ndef test_killed():\n    os.kill(os.getpid(), 9)\n")
    assert [line["began"] for line in found if "began" in line] == ["some::test_some.py::test_good", "some::test_some.py::test_killed"]
    assert [line["verdict"] for line in found if "case" in line] == ["pass"]
    monkeypatch.setattr(stamps, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(bundling, "ROOT", tmp_path)
    (tmp_path / "test").mkdir()
    (tmp_path / "some").rename(tmp_path / "test/some")
    ended, begun = bundling.of_processes({"run": "7", "suites": {}})
    assert len(ended) == 1 and begun["some::test_some.py::test_killed"]["verdict"] == "fail"
    assert bundling.of_processes({"run": "8", "suites": {}}) == ([], {})


def test_changed_file(tmp_path):
    """A file is hashed again only once it has changed. [utest->swr~records-written~1]"""
    path = tmp_path / "big"
    path.write_bytes(b"1")
    before, computed = records.file_hash(path), records._hash.cache_info().misses  # pylint: disable=protected-access
    assert records.file_hash(path) == before and records._hash.cache_info().misses == computed  # pylint: disable=protected-access
    path.write_bytes(b"22")
    assert records.file_hash(path) == hashlib.sha256(b"22").hexdigest()


def test_machines_identity(results):
    """A machine names its hardware, what was loaded, by hash, and the file of its console. [utest->swr~records-written~1]"""
    with records.into(records.Use()) as use, qemu.QemuTarget(results, memory="1G") as target:
        target.load(build.image("safe"))
        target.power("on")
        blob = (build.build("safe") / "bulkhead.itb").read_bytes()
    identity, console = use.machines[0]
    assert identity["image"] == hashlib.sha256(blob).hexdigest() and len(identity["loaded"]) > 2
    assert (identity["cpu"], identity["memory"], console) == ("cortex-a72", "1G", str(results / "console.log"))
    assert identity["qemu"].startswith("QEMU emulator version ")
    assert {"test/system/configs/safe.dts", "build/bulkhead.bin"} < set(use.inputs)


C_TESTS = """
/*
 * test_x.c - a file. [utest~>swr~file~1]
 */
#include <a.h>

static const struct row rows[] = {
	ROW(one), /* [utest~>swr~row~1] */
	ROW(two),
};

/* Said of a helper. [utest~>swr~helper~1] */
static void helper(void)
{
}

/* It is so. More.
 * [utest~>swr~first~1] */
static void first(void **state)
{
	each(rows);
}

static void second(void **state)
{
}
"""


def test_c_tags(tmp_path):
    """A tag is of the function behind its comment, of what uses its row's table, or of the whole file.
    [utest->swr~records-written~1]"""
    (tmp_path / "test_x.c").write_text(C_TESTS.replace("~>", ARROW))
    source = tags.read(tmp_path / "test_x.c", frozenset(["first", "second"]))
    assert source.of("first") == ["swr~file~1", "swr~first~1", "swr~helper~1", "swr~row~1"]
    assert source.of("second") == ["swr~file~1", "swr~helper~1"]
    assert source.expects("first") == "It is so. More." and "doesn't say it in words" in source.expects("second")


def test_tags_of_fixtures(tmp_path):
    """A tag that a test feeds to what it tests is none of the test's. [utest->swr~records-written~1]"""
    text = 'X = """\n[utest~>swr~of-nothing~1]"""\n\n\n# [utest~>swr~above~1]\ndef test_x():\n    """Said. [utest~>swr~said~1]"""\n    f("[utest~>swr~fed~1]")  # [utest~>swr~beside~1]\n'
    (tmp_path / "test_x.py").write_text(text.replace("~>", ARROW))
    assert tags.read(tmp_path / "test_x.py").of("test_x") == ["swr~above~1", "swr~beside~1", "swr~said~1"]


# ---- what is made of it ----

HOST = {"commit": "1" * 40, "tag": None, "dirty": True, "changes": "", "host": {}, "tools": {}, "started": "then"}


@pytest.fixture(name="bundled")
def _bundled(tmp_path, monkeypatch):
    """make(LINES): the part's summary and records, of what processes left; in a results folder of its own."""
    results = tmp_path / "results"
    (results / "records").mkdir(parents=True)
    monkeypatch.setattr(stamps, "RESULTS", results)
    monkeypatch.setattr(stamps, "RECORDS", results / "records")
    monkeypatch.setattr(stamps, "STAMP", results / "records/run.json")
    monkeypatch.setattr(stamps, "tree", lambda: {key: HOST[key] for key in ("commit", "tag", "dirty", "changes")})
    bundles.write_json(stamps.STAMP, {**HOST, "run": "7", "suites": {}})

    def make(lines):
        (results / "records/main-1.jsonl").write_text("".join(json.dumps(line) + "\n" for line in [{"run": "7"}, *lines]))
        bundle = bundles.Bundle("x.dts", tmp_path / "bundle", short=True)
        verdict = bundling.make(bundle)
        summary = json.loads((tmp_path / "bundle/tests/summary.json").read_text())
        assert verdict == summary["verdict"]
        return summary, [json.loads(line) for line in (tmp_path / "bundle/tests/records.jsonl").read_text().splitlines()]

    return make


def line(case, **changed):
    return {
        **{"case": case, "procedure": "test/x.py", "revision": "2" * 40, "requirements": [], "inputs": {}, "expected": "e", "observed": "as expected"},
        **{"verdict": "pass", "monotonic_ns": 1, "duration_s": 1, "wall": "w", "log": [], **changed},
    }


def test_joined(bundled, tmp_path):
    """Records are in order, none twice by name, verified, without a path of this host; JUnit files and logs are there, each content
    once. [utest->swr~records-chained~1]"""
    for name, text in (("a", f"in {build.ROOT}/x\n"), ("b", f"in {build.ROOT}/x\n"), ("c", "y" * (bundling.LOG_MAX + 2))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "console.log").write_text(text)
    logs = [str(tmp_path / name / "console.log") for name in ("a", "b", "c", "none")]
    (tmp_path / "results/unit-log-test_records-tests.xml").write_text(
        f'<testsuite hostname="here" name="t"><testcase name="good_file" time="0.5"/><testcase name="long_line"><failure>{build.ROOT}/t.c:3: no'
        "</failure></testcase></testsuite>"
    )
    (tmp_path / "results/check-lint.xml").write_text('<testsuite><testcase classname="lint" name="shell" time="1"/></testsuite>')
    observed = f"{build.ROOT}/src/a.c \0 /tmp/pytest-of-me/pytest-12/x0 \ud800"
    gone = line("b::x", verdict="skip", observed="no such thing")
    summary, found = bundled([gone, line("a::x", log=logs, observed=observed), line("a::x", log=logs[:1], monotonic_ns=2)])
    cases = ["a::x", "a::x#2", "b::x", "commands::lint::shell", "unit::log/test_records.c::good_file", "unit::log/test_records.c::long_line"]
    assert [record["case"] for record in found[1:-1]] == cases
    assert found[1]["observed"] == "src/a.c \ufffd TMP/x0 \ufffd"
    assert found[5]["requirements"] == ["swr~records-verified~1"] and found[6]["observed"] == "t.c:3: no"
    assert {key: found[-1][key] for key in ("end", "passed", "failed", "skipped")} == {"end": True, "passed": 4, "failed": 1, "skipped": 1}
    files = {path.relative_to(tmp_path / "bundle").as_posix(): path.read_bytes() for path in (tmp_path / "bundle").rglob("*") if path.is_file()}
    assert len([name for name in files if name.startswith("tests/logs/")]) == 2
    for record in found[1:-1]:
        assert all(hashlib.sha256(files[log["path"]]).hexdigest() == log["sha256"] for log in record["log"])
    assert found[1]["log"][0] == found[1]["log"][1] == found[2]["log"][0] and found[1]["log"][2]["cut_from_bytes"] == bundling.LOG_MAX + 2
    assert not [name for name, data in files.items() if str(build.ROOT).encode() in data or b"hostname" in data]
    assert {"tests/junit/check-lint.xml", "tests/junit/unit-log-test_records-tests.xml"} < set(files)
    assert summary["verdict"] == "fail"
    due = ["failed: unit::log/test_records.c::long_line", "a serial log of a::x was no longer there", "skipped, no such thing: 1 (b::x)", "no test used this configuration, or what was made of it"]
    assert summary["gaps"] == due


def test_passed(bundled):
    """Where none failed, and the tool verifies the records, the part passes; where it refuses them, it doesn't.
    [utest->swr~records-verified~1]"""
    assert bundled([line("a::x")])[0]["verdict"] == "pass"
    summary, _ = bundled([line("a::x", revision="no hash")])
    assert summary["verdict"] == "fail" and "refuses the records" in summary["gaps"][0]
    assert bundled([])[0]["verdict"] == "fail"


def test_short_is_of_this_tree(bundled, tmp_path, monkeypatch):
    """What was left by another commit's run isn't taken: a few tests run anew. [utest->swr~records-fresh~1]"""
    monkeypatch.setenv("BULKHEAD_RUN", "")  # that a run sets
    monkeypatch.setattr(bundling, "CHOICE", [["sh", "-c", f"""echo '{{"run": "'$BULKHEAD_RUN'"}}' >{tmp_path}/results/records/main-9.jsonl"""]])
    monkeypatch.setattr(bundling, "of_junit", lambda stamp: [line("again::x")] if (tmp_path / "results/records/main-9.jsonl").exists() else [])
    assert [record["case"] for record in bundled([line("a::x")])[1][1:-1]] == ["a::x"]
    bundles.write_json(stamps.STAMP, {**HOST, "commit": "2" * 40, "run": "7", "suites": {}})
    _, found = bundled([line("a::x")])
    assert [record["case"] for record in found[1:-1]] == ["again::x"] and found[0]["commit"] == HOST["commit"]


def test_half_a_line(bundled, tmp_path):
    """A process that was killed while it wrote has left what it wrote before. [utest->swr~records-written~1]"""
    bundled([line("a::x")])
    path = tmp_path / "results/records/main-2.jsonl"
    path.write_text('{"run": "7"}\n' + json.dumps(line("a::y")) + "\n" + json.dumps(line("a::z"))[:40])
    assert len(bundled([line("a::x")])[1]) == 4


def test_whole_run_is_of_this_tree(tmp_path, monkeypatch):
    """Results count as those of this tree where a run of it has ended, and neither commit nor a byte has changed since.
    [utest->swr~records-fresh~1]"""
    repository = tmp_path / "tree"
    repository.mkdir()
    git = ["git", "-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]

    def run(*words):
        subprocess.run([*git, *words], cwd=repository, check=True, capture_output=True)

    run("init", "-q")
    (repository / "a").write_text("1")
    run("add", "a")
    run("commit", "-qm", "one")
    monkeypatch.setattr(bundles, "ROOT", repository)
    monkeypatch.setattr(stamps, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(stamps, "STAMP", tmp_path / "records/run.json")
    monkeypatch.delenv("BULKHEAD_RUN", raising=False)
    assert stamps.why_not(stamps.read()) == "no whole run is there" and not stamps.of_this_tree(stamps.read())
    whole = stamps.Run(full=False)
    assert stamps.why_not(stamps.read()) == "the last run didn't end" and stamps.of_this_tree(stamps.read())
    whole.end(3, 0, 1)
    assert stamps.why_not(stamps.read()) is None
    (repository / "b").write_text("new")
    assert stamps.why_not(stamps.read()) == "the last run was of another tree"
    (repository / "b").unlink()
    (repository / "a").write_text("2")
    assert stamps.why_not(stamps.read()) == "the last run was of another tree"
    whole.end(3, 0, 1)
    assert stamps.why_not(stamps.read()) == "the tree was changed while the last run ran" and not stamps.of_this_tree(stamps.read())
    run("commit", "-qam", "two")
    assert stamps.why_not(stamps.read()) is not None


def test_disagreement():
    """Records and JUnit files tell the same tests: else one is lost. [utest->swr~records-fresh~1]"""
    assert not list(bundling.disagree({"pass": 2, "fail": 0}, {"pass": 2, "fail": 0}, {"failed": 0}))
    assert len(list(bundling.disagree({"pass": 2, "fail": 0}, {"pass": 3, "fail": 0}, {"failed": 0}))) == 1
    assert len(list(bundling.disagree({"pass": 2, "fail": 0}, {"pass": 2, "fail": 0}, {"failed": 1}))) == 1

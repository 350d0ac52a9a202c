# SPDX-License-Identifier: Apache-2.0
"""Test records: what each test of `make check` left (test/harness/recorder.py, JUnit), joined, sorted, and chained with SHA-256
into records.jsonl, with JUnit files and serial logs beside it. docs/evidence-records.md has the form."""

import collections
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

from covering import object_code

from . import stamp as stamps
from .bundle import BUILD, ROOT, Figure, Part, say

sys.path.insert(0, str(ROOT / "test"))

from harness import records as used, tags  # noqa: E402  (needs the path above)

LOG_MAX = 1 << 20  # bytes of a serial log; of a longer one the first and the last half of that
NAMED_MAX = 8  # tests that a gap names
CMOCKA = re.compile(r"(unit|unit-sanitize)-([a-z]+)-(test_\w+?)-(.+)\.xml")
TEMPORARY = re.compile(r"(/[\w.-]+)*/pytest-of-[\w.-]+/pytest-\d+|/tmp/tmp[\w]{8}")
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
# The short form where no test of this tree has run: one of each kind.
CHOICE = [
    ["make", "--no-print-directory", "build/unit/log/test_records"],
    ["env", "CMOCKA_MESSAGE_OUTPUT=xml", f"CMOCKA_XML_FILE={stamps.RESULTS}/unit-log-test_records-%g.xml", "build/unit/log/test_records"],
    [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test/configs/test_records.py", "test/system/test_digests.py::test_same"],
]


def scrub(value):
    """Without this host's paths, and without what JSON readers refuse."""
    if isinstance(value, dict):
        return {scrub(key): scrub(item) for key, item in value.items()}
    if isinstance(value, list):
        return [scrub(item) for item in value]
    if not isinstance(value, str):
        return value
    return UNPRINTABLE.sub("\ufffd", TEMPORARY.sub("TMP", value.replace(f"{ROOT}/", "").replace(str(ROOT), ".")))


# ---- what was left ----


def lines_of(path):
    """A file that a process wrote until it was killed may end in half a line."""
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            return


def _lost(case, stamp):
    """The record of a test that began and took its process with it."""
    suite, file, *_, name = re.sub(r"\[.*", "", case, flags=re.S).split("::")
    path = pathlib.Path("test") / suite / file
    source = tags.read(ROOT / path)
    return {**_bare(case, path, stamp["suites"].get(suite, stamps.moment()), 0), "verdict": "fail", "observed": "the process ended while the test ran",
            "requirements": source.of(name), "expected": source.expects(name)}  # fmt: skip


def of_processes(stamp):
    """(records, cases that began without an end)"""
    found, begun = [], {}
    for path in sorted(stamps.RECORDS.glob("*.jsonl")):
        first, *lines = list(lines_of(path)) or [{}]
        if first.get("run") != stamp["run"]:
            continue
        ended = [line for line in lines if "case" in line]
        found += ended
        for case in {line["began"] for line in lines if "began" in line} - {line["case"] for line in ended}:
            begun[case] = _lost(case, stamp)
    return found, begun


def _bare(case, procedure, began, seconds):
    """What the records of tests that speak JUnit alone have in common. They are timed by their suite's begin."""
    return {"case": case, "procedure": str(procedure), "revision": used.revision(ROOT / procedure), "requirements": [], "inputs": {},
            **began, "duration_s": seconds, "log": []}  # fmt: skip


def _outcome(element):
    for kind in ("failure", "error"):
        if element.find(kind) is not None:
            return {"verdict": "fail", "observed": (element.find(kind).text or element.find(kind).get("message") or kind).strip()[:4000]}
    if element.find("skipped") is not None:
        return {"verdict": "skip", "observed": element.find("skipped").get("message") or "skipped"}
    return {"verdict": "pass", "observed": "as expected"}


def _of_cmocka(path, match, stamp):
    suite, folder, name = match[1], match[2], match[3]
    procedure, binary = pathlib.Path(f"test/unit/{folder}/{name}.c"), BUILD / suite / folder / name
    elements = list(ET.parse(path).getroot().iter("testcase"))
    source = tags.read(ROOT / procedure, frozenset(element.get("name") for element in elements))
    for element in elements:
        case = element.get("name")
        record = _bare(f"{suite}::{folder}/{name}.c::{case}", procedure, stamp["suites"].get(suite, stamps.moment()), float(element.get("time") or 0))
        inputs = {used.shown(binary): used.file_hash(binary)} if binary.exists() else {}
        yield {**record, **_outcome(element), "requirements": source.of(case), "expected": source.expects(case), "inputs": inputs}


def _of_commands(path, stamp):
    """check-SUITE.xml: commands that have nothing but an exit status."""
    for element in ET.parse(path).getroot().iter("testcase"):
        case = f"{element.get('classname')}::{element.get('name')}"
        record = _bare(f"commands::{case}", pathlib.Path("scripts/check.py"), stamp["suites"].get(case, stamps.moment()), float(element.get("time") or 0))
        yield {**record, **_outcome(element), "expected": f"{element.get('name')}: the command ends with 0"}


def of_junit(stamp):
    """Of the suites that pytest doesn't run."""
    for path in sorted(stamps.RESULTS.glob("*.xml")):
        match = CMOCKA.fullmatch(path.name)
        if path.name.startswith("check-"):
            yield from _of_commands(path, stamp)
        elif match and (ROOT / f"test/unit/{match[2]}/{match[3]}.c").exists():
            yield from _of_cmocka(path, match, stamp)


def junit_counts():
    """{verdict: cases} over all JUnit files."""
    return collections.Counter(_outcome(case)["verdict"] for path in stamps.RESULTS.glob("*.xml") for case in ET.parse(path).getroot().iter("testcase"))


def disagree(counts, junit, stamp):
    """Two ways in which a test is told; one that is told in one way only is a loss."""
    if counts != junit:
        yield f"records and JUnit files don't agree: {dict(counts)} and {dict(junit)}"
    if "failed" in stamp and counts["fail"] != stamp["failed"]:
        yield f"`make check` had {stamp['failed']} failures, the records have {counts['fail']}"


# ---- what is handed over ----


class Logs:
    """Serial logs, each content once: logs/ID/console.log; `shown` is the folder as the bundle names it."""

    def __init__(self, folder, shown):
        self._folder, self._shown = folder, shown
        self.missing, self.cut = [], []

    def of(self, record):
        """The record with its logs as the bundle has them."""
        return {**record, "log": list(filter(None, (self._add(path, record["case"]) for path in record["log"])))}

    def _add(self, path, case):
        """What a record says of it; None: it is gone."""
        path = pathlib.Path(path)
        if not path.is_file():
            self.missing.append(case)
            return None
        data = path.read_bytes()
        more = {}
        if len(data) > LOG_MAX:
            more = {"cut_from_bytes": len(data), "whole_sha256": hashlib.sha256(data).hexdigest()}
            self.cut.append(used.shown(path) or path.name)
            data = data[: LOG_MAX // 2] + b"\n[... cut ...]\n" + data[-LOG_MAX // 2 :]
        data = TEMPORARY.sub("TMP", data.decode("utf-8", "surrogateescape").replace(str(ROOT), ".")).encode("utf-8", "surrogateescape")
        digest = hashlib.sha256(data).hexdigest()
        to = self._folder / digest[:16] / path.name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(data)
        return {"path": f"{self._shown}/{digest[:16]}/{path.name}", "sha256": digest, **more}


def distinct(records):
    """By case, in order; the second of a case is its #2."""
    counts, result = collections.Counter(), []
    for record in sorted(records, key=lambda r: (r["case"], r["monotonic_ns"])):
        counts[record["case"]] += 1
        number = counts[record["case"]]
        result.append({**record, "case": f"{record['case']}#{number}"} if number > 1 else record)
    return sorted(result, key=lambda r: r["case"].encode())


def first_of(stamp):
    """What the first line says of a run."""
    return {key: stamp[key] for key in ("commit", "dirty", "tag", "host", "tools", "started")}


def chain(first, records):
    """The lines of records.jsonl: `first` says of which run they are. [impl->swr~records-chained~1]"""
    counts = collections.Counter(record["verdict"] for record in records)
    end = {"end": True, "passed": counts["pass"], "failed": counts["fail"], "skipped": counts["skip"]}
    lines = []
    for number, record in enumerate([{**first, "format": "bulkhead-tests", "version": 1}, *records, end]):
        previous = {"previous": hashlib.sha256(lines[-1].encode()).hexdigest()} if lines else {}
        lines.append(json.dumps({**record, "record": number, **previous}, sort_keys=True, separators=(",", ":"), ensure_ascii=True))
    return lines


def copy_junit(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(stamps.RESULTS.glob("*.xml")):
        text = re.sub(r' hostname="[^"]*"', "", path.read_text(encoding="utf-8", errors="replace"))
        (folder / path.name).write_text(scrub(text), encoding="utf-8")


def skips(records):
    """A gap a reason."""
    reasons = collections.defaultdict(list)
    for record in records:
        if record["verdict"] == "skip":
            reasons[record["observed"]].append(record["case"])
    for reason, cases in sorted(reasons.items()):
        named = ", ".join(cases[:NAMED_MAX]) + (f" and {len(cases) - NAMED_MAX} more" if len(cases) > NAMED_MAX else "")
        yield f"skipped, {reason}: {len(cases)} ({named})"


def run_short(stamp):
    """The stamp of what has run of this tree, to its end or not; where nothing has, of a few tests that run now."""
    if stamps.of_this_tree(stamp):
        return stamp
    say("tests: no test of this tree has run: a few run now")
    stamps.RESULTS.mkdir(parents=True, exist_ok=True)
    for old in stamps.RESULTS.glob("*.xml"):
        old.unlink()
    stamps.Run(full=False)
    for command in CHOICE:
        subprocess.run(command, cwd=ROOT, check=False, stdout=sys.stderr)
    return stamps.read()


def run_whole():
    """The stamp of a whole run of this tree: of the last one, or of one that is made now."""
    why = stamps.why_not(stamps.read())
    if why:
        say(f"tests: {why}: the whole suite runs now, some 30 minutes")
        looked_at = object_code.prepare()  # the same run serves the object-code check
        subprocess.run([ROOT / "scripts/check.py"], cwd=ROOT, env={**os.environ, **looked_at}, check=False, stdout=sys.stderr)
        object_code.looked_at(stamps.read()["run"])
    return stamps.read()


def make(bundle):
    stamp = run_short(stamps.read()) if bundle.short else run_whole()
    wrong = [] if bundle.short else [f"the records aren't of a whole run: {why}" for why in [stamps.why_not(stamp)] if why]
    folder = bundle.folder("tests")
    logs = Logs(folder / "logs", "tests/logs")
    found, begun = of_processes(stamp)
    found += of_junit(stamp)
    notes = []
    if bundle.short and begun:
        notes.append(f"{len(begun)} tests still run, or ended their process")
    elif begun:
        found += begun.values()
    records = distinct([scrub(logs.of(record)) for record in found])
    counts = collections.Counter(record["verdict"] for record in records)
    if not bundle.short:
        wrong += disagree(counts, junit_counts(), stamp)
    path = folder / "records.jsonl"
    path.write_text("".join(line + "\n" for line in chain(scrub(first_of(stamp)), records)), encoding="ascii")
    copy_junit(folder / "junit")
    verified = subprocess.run([BUILD / "bulkhead", "log", "verify", path], capture_output=True, text=True, check=False)
    if verified.returncode:
        wrong.append(f"`bulkhead log verify` refuses the records: {scrub(verified.stderr.strip())}")
    failed = [record["case"] for record in records if record["verdict"] == "fail"]
    wrong += [f"failed: {case}" for case in failed]
    gone = [f"a serial log of {case} was no longer there" for case in sorted(logs.missing)]
    return bundle.end(_part(records, counts, wrong, gone, [*notes, *_notes(logs, records)], bundle))


def _notes(logs, records):
    unsaid = sum("doesn't say it in words" in record["expected"] for record in records)
    yield f"{unsaid} tests don't say in words what they expect: their record names the test, whose text in that revision does"
    yield "a pass is observed as expected: every assertion of the test held. Values are there where a test records them"
    yield "tests of the suites unit and commands are timed by the begin of their suite"
    yield "a machine that several tests share has one serial log, which each of them names; of a machine that a test starts several times it is the last start's"
    if logs.cut:
        yield f"{len(set(logs.cut))} serial logs of more than {LOG_MAX >> 20} MiB are cut in their middle; their records have the whole one's size and SHA-256"


def own_image(records, bundle):
    """Tests that used this configuration's partition file, or what was made of it."""
    names = (used.shown(bundle.config), f"{used.shown(bundle.image)}/")
    return [record for record in records if any(path == names[0] or path.startswith(names[1]) for path in record["inputs"])]


def _part(records, counts, wrong, gone, notes, bundle):
    tagged = sum(bool(record["requirements"]) for record in records)
    on_machine = sum("target" in record for record in records)
    which = "Of the short form: those tests of this commit and tree that had run." if bundle.short else "Of a whole run of `make check` of this commit and tree."
    verdict = "fail" if wrong or not records else "open" if gone or counts["skip"] else "pass"
    own = len(own_image(records, bundle))
    return Part(
        part="tests",
        title="Test records",
        verdict=verdict,
        statement=f"{which} {len(records)} tests: {counts['pass']} passed, {counts['fail']} failed, {counts['skip']} were skipped. Each has a "
        "record with its requirements, procedure and revision, inputs by hash, target, expectation, observation, time and serial log; "
        "the records are chained, and `bulkhead log verify tests/records.jsonl` checks that none is altered, missing or added. The tests have partition "
        "files of their own, which bring about what one configuration alone can't, with the same hypervisor and tool.",
        figures=[
            Figure("tests passed", counts["pass"], "tests"),
            Figure("tests failed", counts["fail"], "tests", "0 tests", counts["fail"] == 0),
            Figure("tests skipped", counts["skip"], "tests"),
            Figure("tests that name a requirement", tagged, "tests"),
            Figure("tests on the emulated machine", on_machine, "tests"),
            Figure("tests that used this configuration, or what was made of it", own, "tests"),
        ],
        gaps=[*wrong, *gone, *skips(records), *([] if own else ["no test used this configuration, or what was made of it"])],
        notes=notes,
    )

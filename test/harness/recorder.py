# SPDX-License-Identifier: Apache-2.0
"""pytest plugin: each test leaves a record as it ends (docs/evidence-records.md says of which fields), in a file of its process's
own, a JSON object a line. First of all a line says that the test has begun, so that one is missed that took its process with it.
[impl->swr~records-written~1]"""

import datetime
import functools
import hashlib
import json
import os
import pathlib
import time
import types

import pytest

from . import records, tags

FOLDER = pathlib.Path(os.environ.get("BULKHEAD_RECORDS", records.ROOT / "build/test-results/records"))
RUN = os.environ.get("BULKHEAD_RUN", "")  # scripts/check.py's; none: somebody ran these tests by hand
CASE_MAX = 240  # characters
SAID_MAX = 4000  # characters of what a failed test said


class File:
    """Lines go to the kernel one at a time, whole: what was written stays, however the process ends."""

    def __init__(self):
        self._fd = None

    def write(self, line):
        if self._fd is None:
            FOLDER.mkdir(parents=True, exist_ok=True)
            worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
            self._fd = os.open(FOLDER / f"{worker}-{os.getpid()}-{time.monotonic_ns()}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            self.write({"run": RUN, "process": os.getpid(), "judges": records.judges()})
        os.write(self._fd, (json.dumps(line, sort_keys=True) + "\n").encode())


def case_of(nodeid):
    """SUITE::FILE::TEST, of pytest's SUITE/FILE::TEST; of one that has a long parameter in its name, the beginning and a hash."""
    name = nodeid.replace("/", "::", 1)
    return name if len(name) <= CASE_MAX else f"{name[:CASE_MAX]}~{hashlib.sha256(name.encode()).hexdigest()[:12]}]"


@functools.cache
def helpers(module):
    """Files of the modules of test/, but for the harness, that a module of tests imports, and that these import."""
    found, left = set(), [module]
    while left:
        for value in vars(left.pop()).values():
            name = records.shown(getattr(value, "__file__", None) or "/") if isinstance(value, types.ModuleType) else None
            if name and name.startswith("test/") and not name.startswith("test/harness/") and name not in found:
                found.add(name)
                left.append(value)
    return sorted(found)


class Running:
    """The test that runs."""

    def __init__(self, item):
        self.item, self.use, self.verdict, self.observed = item, records.Use(), "pass", "as expected"
        self.monotonic_ns, self.wall = time.monotonic_ns(), datetime.datetime.now(datetime.timezone.utc)
        self.fixtures = {}

    def end_phase(self, report):
        """The first thing that went wrong is the test's."""
        if report.failed and self.verdict != "fail":
            crash = getattr(report.longrepr, "reprcrash", None)
            said = crash.message if crash else str(report.longrepr)
            self.verdict, self.observed = "fail", f"{report.when}: {said}"[:SAID_MAX]
        elif report.skipped and self.verdict == "pass":
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else getattr(report, "wasxfail", str(report.longrepr))
            self.verdict, self.observed = "skip", reason.removeprefix("Skipped: ")

    def _target(self, machines):
        """The machine; where there were several that differ, the others under `more`."""
        different = list({json.dumps(identity, sort_keys=True): identity for identity, _ in machines}.values())
        return {**different[0], **({"more": different[1:]} if different[1:] else {})}

    def record(self, fixtures):
        """fixtures: Use of each that the test has."""
        path = pathlib.Path(self.item.fspath)
        source, name = tags.read(path), self.item.originalname
        inputs, machines = {name: records.file_hash(records.ROOT / name) for name in helpers(self.item.module)}, []
        for use in [*fixtures, self.use]:
            inputs.update(use.inputs)
            machines += use.machines
        record = {
            "case": case_of(self.item.nodeid),
            "procedure": records.shown(path) or path.name,
            "revision": records.revision(path),
            "requirements": source.of(name),
            "inputs": inputs,
            "expected": self.use.expected or source.expects(name),
            "observed": self.observed,
            "verdict": self.verdict,
            "monotonic_ns": self.monotonic_ns,
            "duration_s": round((time.monotonic_ns() - self.monotonic_ns) / 1e9, 3),
            "wall": self.wall.isoformat(timespec="milliseconds"),
            "log": sorted({console for _, console in machines}),
        }
        if machines:
            record["target"] = self._target(machines)
        if self.item.user_properties:
            record["measured"] = {name: value if isinstance(value, (int, float, str, bool)) else str(value) for name, value in self.item.user_properties}
        return record


class Recorder:
    def __init__(self):
        self._file, self._uses, self._running = File(), {}, None

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        self._running = Running(item)
        self._file.write({"began": case_of(item.nodeid)})
        with records.into(self._running.use):
            yield
        self._running = None

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        """Set up anew, it has used nothing."""
        with records.into(records.Use()) as use:
            yield
        self._uses[id(fixturedef)] = use

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_makereport(self, item, call):
        outcome = yield
        running = self._running
        running.end_phase(outcome.get_result())
        if call.when != "teardown":  # once they are torn down, pytest no longer says which they were
            running.fixtures = {id(f) for f in getattr(item._request, "_fixture_defs", {}).values()}  # pylint: disable=protected-access
            return
        self._file.write(running.record([self._uses[f] for f in running.fixtures if f in self._uses]))

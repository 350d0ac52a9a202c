# SPDX-License-Identifier: Apache-2.0
"""Of which tree the results in build/test-results are: scripts/check.py writes a stamp as it begins and as it ends, and
tests.py takes the results for those of this tree where both are of it, byte for byte."""

import datetime
import json
import os
import pathlib
import platform
import subprocess
import time

from .bundle import BUILD, tree, write_json

RESULTS = BUILD / "test-results"
RECORDS = RESULTS / "records"  # of test/harness/recorder.py
STAMP = RECORDS / "run.json"
TOOLS = {
    "QEMU": ["qemu-system-aarch64", "--version"],
    "GCC (host)": ["gcc", "--version"],
    "GCC (AArch64)": ["aarch64-linux-gnu-gcc", "--version"],
    "GNU ld (AArch64)": ["aarch64-linux-gnu-ld", "--version"],
    "clang": ["clang-19", "--version"],
    "dtc": ["dtc", "--version"],
    "make": ["make", "--version"],
    "OpenSSL": ["openssl", "version"],
    "Python": ["/usr/bin/python3", "--version"],
    "pytest": ["/usr/bin/python3", "-m", "pytest", "--version"],
    "cmocka": ["dpkg-query", "-W", "-f=${Version}", "libcmocka-dev"],
}


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def moment():
    return {"monotonic_ns": time.monotonic_ns(), "wall": now()}


def host():
    """What the tests ran on, without a name of it."""
    release = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    cpu = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
    return {"system": release, "kernel": kernel, "cpu": cpu[0] if cpu else "", "cores": os.cpu_count(), "memory_mib": memory}


def _version(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "not there"
    return (done.stdout or done.stderr).split("\n")[0].strip()


def tools():
    return {name: _version(command) for name, command in TOOLS.items()}


class Run:
    """Of the whole suite, by scripts/check.py, or of another one, by scripts/attack.py, whose records are elsewhere."""

    def __init__(self, full, records=None):
        records = records or RECORDS
        records.mkdir(parents=True, exist_ok=True)
        for old in records.glob("*.json*"):
            old.unlink()
        self._path = records / STAMP.name
        self._stamp = {"run": f"{os.getpid()}-{time.time_ns()}", "full": full, **tree(), "host": host(), "tools": tools(), "started": now(), "suites": {}}
        os.environ["BULKHEAD_RUN"] = self._stamp["run"]  # the tests' own files say it, too
        write_json(self._path, self._stamp)

    def suite(self, name):
        """It begins now."""
        self._stamp["suites"][name] = moment()
        write_json(self._path, self._stamp)

    def end(self, passed, failed, skipped):
        same = tree() == {key: self._stamp[key] for key in tree()}
        write_json(self._path, {**self._stamp, "ended": now(), "changed": not same, "passed": passed, "failed": failed, "skipped": skipped})


def read():
    """The stamp of the last run, which may not have ended; where there is none, one of now, of no run."""
    if STAMP.exists():
        return json.loads(STAMP.read_text(encoding="utf-8"))
    return {"run": "", **tree(), "host": host(), "tools": tools(), "started": now(), "suites": {}}


def of_this_tree(stamp):
    """A run, which may not have ended, began on this commit, and on these very bytes. [impl->swr~records-fresh~1]"""
    here = tree()
    return bool(stamp["run"]) and not stamp.get("changed") and all(stamp[key] == here[key] for key in ("commit", "changes"))


def why_not(stamp):
    """Why a run's results aren't those of a whole run of this tree; None: they are. [impl->swr~records-fresh~1]"""
    if not stamp["run"]:
        return "no whole run is there"
    if "ended" not in stamp:
        return "the last run didn't end"
    if stamp["changed"]:
        return "the tree was changed while the last run ran"
    if not of_this_tree(stamp):
        return "the last run was of another tree"
    return None

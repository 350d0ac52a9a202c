# SPDX-License-Identifier: Apache-2.0
"""The auditor as a tool, from outside: what test/requirements/auditor-tool.md promises those who rely on its verdict.

Robustness: test_what_was_not_judged, test_an_input_that_is_missing
"""

import json
import os
import re
import shutil
import subprocess

import pytest

from tool import IMAGES, ROOT, TOOL, run

# What the auditor's object takes from elsewhere: memory, strings, standard output, one file; libfdt; one hash.
TAKEN = re.compile(
    r"fdt_\w+|SHA256|mem\w+|str\w+|v?snprintf|f?printf|fwrite|f?put[cs]|putchar|qsort|bsearch|calloc|malloc|realloc|free|open|close|fstat|mmap|munmap"
    r"|stdout|stderr|exit|abort|__errno_location|__stack_chk_fail|__\w+_chk|_GLOBAL_OFFSET_TABLE_"
)


@pytest.fixture(scope="module", name="image")
def image_of_presentation(tmp_path_factory):
    out = tmp_path_factory.mktemp("audited")
    done = run(TOOL, "build", "test/configs/good/faults-and-channels.dts", "-I", IMAGES, "-o", str(out))
    assert done.returncode == 0, done.stderr
    return str(out / "bulkhead.itb")


def symbols(path, *options):
    lines = subprocess.run(["nm", *options, path], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[-1] for line in lines if line.strip() and not line.endswith(":")}


# [utest->tor~audit-independent~1] [utest->tor~audit-environment~1]
def test_nothing_of_the_compilers():
    taken = symbols("build/host/auditor.o", "-u")
    assert {name for name in taken if not TAKEN.fullmatch(name)} == set()
    compiler = [f"build/host/compiler/{name}" for name in os.listdir(os.path.join(ROOT, "build/host/compiler")) if name.endswith(".o")]
    assert len(compiler) > 20
    for path in compiler:
        assert not taken & symbols(path, "--defined-only", "-g"), path


# [utest->tor~audit-independent~1]
def test_no_header_of_the_compilers():
    sources = os.path.join(ROOT, "src/auditor")
    included = set()
    for name in os.listdir(sources):
        if name.endswith((".c", ".h")):
            with open(os.path.join(sources, name), encoding="utf-8") as file:
                included |= set(re.findall(r'^#include "(.*)"', file.read(), re.MULTILINE))
    assert len(included) > 10
    elsewhere = {name for name in included if "/" in name and not name.startswith("../blueprint/")}
    assert elsewhere == set()


# [utest->tor~audit-environment~1]
def test_the_bytes_alone(image, tmp_path):
    """Elsewhere, under another name, without an environment, from another directory: the same answer, but for the name."""
    shutil.copy(image, tmp_path / "other.itb")
    tool = os.path.join(ROOT, TOOL)
    here = run(TOOL, "audit", image)
    counters = {name: value for name, value in os.environ.items() if name == "LLVM_PROFILE_FILE"}  # of a tool that counts (docs/coverage.md)
    there = subprocess.run([tool, "audit", "other.itb"], cwd=tmp_path, env=counters, capture_output=True, text=True, check=False)
    assert (there.returncode, there.stderr) == (here.returncode, here.stderr)
    assert there.stdout == here.stdout.replace(image, "other.itb")
    assert os.listdir(tmp_path) == ["other.itb"]


# [utest->tor~audit-verdict~1] [utest->tor~audit-claims~1]
def test_verdict_of_a_good_image(image):
    text = run(TOOL, "audit", image)
    told = json.loads(run(TOOL, "audit", image, "--json").stdout)
    assert text.returncode == 0
    looked = re.search(r"audit: (\d+) rules, (\d+) violations?, (\d+) cells, (\d+) cores, (\d+) mappings, (\d+) descriptors", text.stdout)
    rules, violations, cells, cores, mappings, descriptors = map(int, looked.groups())
    with open(os.path.join(ROOT, "docs/audit.md"), encoding="utf-8") as file:
        documented = re.findall(r"^\| ((?:FMT|SEP|CONF)-\d+) \|(?! \d)", file.read(), re.MULTILINE)
    assert rules == told["rules"] == len(documented)
    assert violations == told["violations"] == 0 and told["found"] == []
    assert cells >= 2 and cores >= 2 and mappings > 10 and descriptors > 100


def changed(image, tmp_path, old, new):
    """The image with bytes of a kind of input exchanged, each as long as it was."""
    with open(image, "rb") as file:
        content = file.read()
    assert old in content and len(old) == len(new)
    path = tmp_path / "changed.itb"
    path.write_bytes(content.replace(old, new))
    return str(path)


# [utest->tor~audit-violation~1] [utest->tor~audit-input~1]
def test_what_a_violation_says(image, tmp_path):
    """A word of the partition file in the FIT is another: the file no longer has the digest that the FIT says, nor is it the blueprint's."""
    bad = changed(image, tmp_path, b"bulkhead,partitions-v1", b"bulkhead,partitions-v2")
    text = run(TOOL, "audit", bad)
    told = json.loads(run(TOOL, "audit", bad, "--json").stdout)
    assert text.returncode == 1 and told["violations"] == len(told["found"]) > 0
    for found in told["found"]:
        assert re.fullmatch(r"(FMT|SEP|CONF)-\d\d", found["rule"]) and found["message"] and found["remedy"]
        assert f"{bad}: {found['rule']}: {found['message']}; {found['remedy']}\n" in text.stdout
    assert "FMT-01" in {found["rule"] for found in told["found"]}


# [utest->tor~audit-input~1]
@pytest.mark.parametrize("part", [b"machine", b"partitions", b"known-slaves"])
def test_an_input_that_is_missing(image, tmp_path, part):
    with open(image, "rb") as file:
        content = file.read()
    assert part + b"\0" in content
    path = tmp_path / "without.itb"
    path.write_bytes(content.replace(part + b"\0", b"x" * len(part) + b"\0"))
    found = run(TOOL, "audit", str(path))
    assert found.returncode == 1 and "FMT-0" in found.stdout


# [utest->tor~audit-verdict~1] [utest->tor~audit-abnormal~1]
@pytest.mark.parametrize(
    "content", [None, b"", b"\0" * 100, b"\xd0\x0d\xfe\xed", b"bulkhead" * 1000], ids=["absent", "empty", "zeros", "magic", "words"]
)
def test_what_was_not_judged(tmp_path, content):
    path = tmp_path / "no.itb"
    if content is not None:
        path.write_bytes(content)
    for options in ([], ["--json"]):
        done = run(TOOL, "audit", str(path), *options)
        assert done.returncode == 2 and done.stderr and "violation" not in done.stdout

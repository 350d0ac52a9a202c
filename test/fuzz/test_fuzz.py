# SPDX-License-Identifier: Apache-2.0
"""
The fuzz targets (README.md): a few thousand runs of each from the seeds, the same each time, or FUZZ_RUNS, at most for
FUZZ_SECONDS where that is set; with --full FUZZ_SECONDS (600) of each, two at a time, and then the share of each reader's
lines that they reach.

A finding is a failure; the input stays in build/fuzz/findings/.

Robustness: all
"""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess

import pytest

import seeds
from harness import records

FUZZ = seeds.ROOT / "build/fuzz"
SEEDS = FUZZ / "seeds"
SECONDS = int(os.environ.get("FUZZ_SECONDS", "0"))  # of each target; 0: no limit, with --full FULL_SECONDS
FULL_SECONDS = 600
RUNS = int(os.environ.get("FUZZ_RUNS", "0"))  # of each target; 0: TARGETS'
PROGRESS = 60  # seconds between two lines that say how far a target is
SEED = 1
LEAST = 90  # per cent of the lines

# target -> binary, runs in `make check`, further options
TARGETS = {
    "tree": ("tree", 10000, ["-max_len=16384"]),
    "fit": ("fit", 20000, ["-max_len=4096"]),
    "board": ("front", 500, ["-max_len=32768"]),
    "partition": ("front", 1500, ["-max_len=32768"]),
    "colors": ("front", 500, ["-max_len=32768"]),
    "derive": ("derive", 500, ["-max_len=32768"]),
    "pci-functions": ("front", 500, ["-max_len=32768"]),
    "import": ("import", 500, ["-max_len=32768", "-close_fd_mask=3"]),
    "http": ("http", 20000, ["-max_len=9000"]),
    "audit": ("audit", 900, ["-max_len=448"]),
    "audit-colors": ("audit", 60, ["-max_len=448"]),
    "audit-pci": ("audit", 120, ["-max_len=448"]),
    "log": ("log", 10000, ["-max_len=8192"]),
    "records": ("records", 10000, ["-max_len=8192"]),
    "evidence": ("evidence", 5000, ["-max_len=16384"]),
}
# Of good files where they aren't `defaults` and `image`.
FILES = {
    "colors": {"FUZZ_DEFAULTS": "defaults-colors"},
    "derive": {"FUZZ_DEFAULTS": "defaults-derive"},
    "pci-functions": {"FUZZ_DEFAULTS": "defaults-pci"},
    "import": {"FUZZ_DEFAULTS": "defaults-import"},
    "audit-colors": {"FUZZ_IMAGE": "image-colors"},
    "audit-pci": {"FUZZ_IMAGE": "image-pci"},
}
PCI_READERS = ["its", "pci", "pci_assign", "pci_host", "pci_steps", "rule_its", "rule_machine_pci", "rule_pci_config", "rule_pci_space", "rule_streams",
               "rule_tree_pci", "streams"]  # fmt: skip
# What each target is to reach, all files together.
READERS = {
    "tree": ["src/auditor/tree.c", "src/auditor/tree_irq.c", "src/auditor/tree_reg.c"],
    "fit": ["src/auditor/fit.c", "src/auditor/fit_config.c"],
    "board": [f"src/compiler/{name}.c" for name in ("board", "inventory", "registers")],
    "partition": [f"src/compiler/{name}.c" for name in ("source", "partition", "schema", "values")],
    "colors": [f"src/compiler/{name}.c" for name in ("cache", "colors", "colors_memory", "palette")],
    "derive": [f"src/compiler/{name}.c" for name in ("nodes", "references", "depends", "shared", "tree", "tree_flash", "tree_gic", "tree_keep", "tree_overlay", "tree_own", "tree_shared")],
    "pci-functions": [f"src/compiler/pci_{name}.c" for name in ("space", "function", "inventory", "facts", "hosts", "place", "assign", "messages")],
    "import": [f"src/compiler/{name}.c" for name in ("import", "import_facts", "import_limits", "import_pci", "import_refuse", "import_write")],
    "http": [f"cells/health/{name}.c" for name in ("http", "http_request", "body", "json", "metrics")],
    "audit-colors": [f"src/auditor/{name}.c" for name in ("colors", "rule_colors")],
    "audit-pci": [f"src/auditor/{name}.c" for name in PCI_READERS],
    "log": ["src/log/read.c", "src/log/verify.c"],
    "records": ["src/log/records.c"],
    "evidence": [f"src/evidence/{name}.c" for name in ("claims", "document", "envelope", "hashes", "index", "manifest", "path", "predicates", "records", "statement", "whole")],
    "audit": [f"src/auditor/{name}.c" for name in ("board", "boot_state", "image", "partition", "records", "regime", "value", "walk")],
}


@pytest.fixture(scope="module", autouse=True)
def targets():
    subprocess.run(["make", "--no-print-directory", f"-j{os.cpu_count()}", "fuzz-targets"], cwd=seeds.ROOT, check=True)
    SEEDS.mkdir(parents=True, exist_ok=True)
    seeds.write(SEEDS)
    (FUZZ / "findings").mkdir(exist_ok=True)


def environment(name, profile):
    files = {"FUZZ_IMAGE": "image", "FUZZ_DEFAULTS": "defaults", "FUZZ_PCI": "pci", **FILES.get(name, {})}
    return {
        **os.environ,
        "ASAN_OPTIONS": "detect_leaks=0:quarantine_size_mb=16:malloc_context_size=2",  # twice as many runs in the same time
        "UBSAN_OPTIONS": "print_stacktrace=1",
        **{variable: str(SEEDS / file) for variable, file in files.items()},
        "LLVM_PROFILE_FILE": str(profile),
    }


def fuzz(name, *options):
    """Fuzzes one target from its seeds; what it adds to them is its new corpus."""
    binary, _, more = TARGETS[name]
    found, log = FUZZ / "corpus" / name, FUZZ / f"{name}.log"
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir(parents=True)
    command = [FUZZ / binary, found, SEEDS / name, f"-seed={SEED}", "-timeout=25", "-close_fd_mask=2", "-print_final_stats=1", *more, *options]
    command.append(f"-artifact_prefix={FUZZ}/findings/{name}-")
    with open(log, "w", encoding="utf-8") as file:
        running = subprocess.Popen(command, cwd=seeds.ROOT, env=environment(name, "/dev/null"), stdout=file, stderr=file)
        try:
            await_end(running, name, log)
        finally:
            running.kill()
    assert running.returncode == 0, f"{name}: a finding\n" + log.read_text(errors="replace")[-4000:]
    return found


def await_end(running, name, log):
    while True:
        try:
            return running.wait(PROGRESS)
        except subprocess.TimeoutExpired:
            runs = re.findall(r"^#(\d+)", log.read_text(errors="replace"), re.M)
            print(f"  {name}: {int(runs[-1]) if runs else 0:,} runs", flush=True)


@pytest.fixture(scope="module")
def runs(request):
    """Of those targets that are asked for, side by side: by name, what is to come of each."""
    wanted = [item.callspec.params["name"] for item in request.session.items if item.originalname == "test_some_runs"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: pool.submit(fuzz, name, f"-runs={RUNS or TARGETS[name][1]}", f"-max_total_time={SECONDS}") for name in wanted}


# [utest->swr~fuzzed~1]
@pytest.mark.parametrize("name", TARGETS)
def test_some_runs(runs, name, record_property):
    """Inputs made from good ones by chance: no crash, no finding of a sanitizer, none that takes 25 seconds."""
    runs[name].result()
    records.used(FUZZ / TARGETS[name][0])
    record_property("attempts", int(re.search(r"number_of_executed_units: (\d+)", (FUZZ / f"{name}.log").read_text(errors="replace"))[1]))
    record_property("seed", SEED)


def coverage(name):
    """Per cent of the lines of the target's reader that its seeds and its corpus execute, and of each of its files."""
    binary = FUZZ / TARGETS[name][0]
    raw, merged = FUZZ / f"{name}.profraw", FUZZ / f"{name}.profdata"
    command = [binary, "-runs=0", "-close_fd_mask=2", FUZZ / "corpus" / name, SEEDS / name]
    subprocess.run(command, env=environment(name, raw), capture_output=True, check=True)
    subprocess.run(["llvm-profdata-19", "merge", "-o", merged, raw], check=True)
    command = ["llvm-cov-19", "export", "-summary-only", f"-compilation-dir={seeds.ROOT}", f"-instr-profile={merged}", binary, *READERS[name]]
    files = json.loads(subprocess.run(command, cwd=seeds.ROOT, capture_output=True, check=True).stdout)["data"][0]["files"]
    lines = {os.path.basename(file["filename"]): file["summary"]["lines"] for file in files}
    assert len(lines) == len(READERS[name]), lines
    count, covered = (sum(line[key] for line in lines.values()) for key in ("count", "covered"))
    return 100 * covered / count, {file: round(line["percent"], 1) for file, line in lines.items()}


# [utest->swr~fuzzed~1]
@pytest.mark.full
def test_long():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(fuzz, name, f"-max_total_time={SECONDS or FULL_SECONDS}") for name in TARGETS]:
            done.result()
    short = {}
    for name in TARGETS:
        share, files = coverage(name)
        print(f"{name}: {share:.1f} % of its reader's lines: {files}")
        if share < LEAST:
            short[name] = share
    assert not short

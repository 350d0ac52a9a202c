# SPDX-License-Identifier: Apache-2.0
"""The static analysers, each run over the hypervisor with its own flags: what they were asked and what they found, as sarif.Run."""

import collections
import glob
import json
import os
import pathlib
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

from .bundle import ROOT, git
from .sarif import Finding, Run

CPPCHECK = [
    "cppcheck", "--quiet", "--addon=misra", "--std=c11", "--platform=unix64", "-UBULKHEAD_HOST", "--library=scripts/cppcheck.cfg",
    "--suppress=missingInclude", "--suppress=missingIncludeSystem", "--suppress=unknownMacro", "--suppress=normalCheckLevelMaxBranches",
    "--suppress=normalCheckLevelConditionExpressions", "--template={file}|{line}|{column}|{severity}|{id}|{message}",
]  # fmt: skip
TIDY = ["scripts/tidy.sh", "--target=aarch64-linux-gnu", "-std=gnu11", "-ffreestanding", "-mgeneral-regs-only", "--"]
# What an analysis has no use for, or would leave behind.
NOT_ANALYSED = re.compile(r"-fcallgraph-info.*|-Wstack-usage.*|-MMD|-MP|-Werror|-g")


def sources():
    """The hypervisor's own, as git knows them."""
    return git("ls-files", "src/core/*.c", "src/arch/arm64/*.c", "src/platform/*.c").split()


def first_line(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0].strip()


def relative(path):
    """As it stands in the repository, whatever the tool makes of it."""
    path = pathlib.Path(path)
    return os.path.relpath(path if path.is_absolute() else ROOT / path, ROOT)


# ---- cppcheck's MISRA addon ----

MISRA_ADDON = ("/usr/lib/*/cppcheck/addons/misra.py", "/usr/share/cppcheck/addons/misra.py")  # Debian's cppcheck has it in one of these


def misra_command(files, build="BUILD"):
    return [*CPPCHECK, f"--cppcheck-build-dir={build}", *files]


def misra_rules():
    """That the addon looks at, by its own table; "1.3 X (Cppcheck)" is one of cppcheck's own checks, which aren't asked. None where it has no table."""
    for addon in (path for pattern in MISRA_ADDON for path in glob.glob(pattern)):
        done = subprocess.run(["/usr/bin/python3", addon, "-generate-table"], capture_output=True, text=True, check=False)
        return re.findall(r"^(\d+\.\d+)\s+X \(Addon\)$", done.stdout, re.M)
    return []


def misra_findings(text):
    """From lines of CPPCHECK's template; others are cppcheck's own checks, which scripts/lint.sh has."""
    for line in text.splitlines():
        words = line.split("|", 5)
        if len(words) == 6 and words[4].startswith("misra-c2012-"):
            yield Finding(words[4].removeprefix("misra-c2012-"), relative(words[0]), int(words[1]), int(words[2]), f"MISRA C:2012, rule {words[4].removeprefix('misra-c2012-')}")


def misra(files):
    with tempfile.TemporaryDirectory() as build:  # or it leaves its dumps beside the sources
        done = subprocess.run(misra_command(files, build), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode or "|internalError|" in done.stderr or "|syntaxError|" in done.stderr:
        raise RuntimeError(f"cppcheck: {done.stderr.strip()[-2000:]}")
    return Run(first_line("cppcheck", "--version"), [misra_command(files)], misra_rules(), list(misra_findings(done.stderr)))


# ---- clang-tidy ----

TIDY_LINE = re.compile(r"(?P<path>[^\s:]+):(?P<line>\d+):(?P<column>\d+): (?P<level>warning|error): (?P<message>.*) \[(?P<rule>[\w.,-]+)\]$")


def tidy_findings(text):
    for line in text.splitlines():
        if found := TIDY_LINE.match(line):
            rule = found["rule"].replace(",-warnings-as-errors", "").split(",")[0]
            yield Finding(rule, relative(found["path"]), int(found["line"]), int(found["column"]), found["message"], "warning")


def parallel(work, items):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))


def tidy_command(file="FILE"):
    """As scripts/tidy.sh calls it."""
    shown = subprocess.run([*TIDY, file], cwd=ROOT, env={**os.environ, "CLANG_TIDY": "echo"}, capture_output=True, text=True, check=True).stdout
    return ["clang-tidy-19", *shown.split()]


def tidy_rules(file):
    """Checks that .clang-tidy enables for a file."""
    shown = subprocess.run([*TIDY, "--list-checks", file], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return re.findall(r"^    (\S+)$", shown, re.M)


def tidy(files):
    def one(file):
        done = subprocess.run([*TIDY, file], cwd=ROOT, capture_output=True, text=True, check=False)
        findings = list(tidy_findings(done.stdout))
        if done.returncode and not findings:
            raise RuntimeError(f"clang-tidy: {file}: {(done.stderr or done.stdout).strip()[-2000:]}")
        return findings

    version = next(line.strip() for line in subprocess.run(["clang-tidy-19", "--version"], capture_output=True, text=True, check=True).stdout.splitlines() if "version" in line)
    findings = [finding for findings in parallel(one, files) for finding in findings]
    by_folder = {os.path.dirname(file): file for file in files}  # what a .clang-tidy is of
    return Run(version, [tidy_command()], sorted({rule for file in by_folder.values() for rule in tidy_rules(file)}), findings)


# ---- gcc -fanalyzer ----


def gcc_commands(files):
    """file -> how the hypervisor's build compiles it, as make itself says."""
    objects = [f"build/hv/{file}.o" for file in files]
    asked = [word for file in files for word in ("-W", file)]
    text = subprocess.run(["make", "-n", "--no-print-directory", *asked, *objects], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    commands = {}
    for line in text.splitlines():
        words = line.lstrip("@").split()
        if "-c" in words and words[words.index("-c") + 1] in files:
            commands[words[words.index("-c") + 1]] = [w for w in words[: words.index("-c")] if not NOT_ANALYSED.fullmatch(w)]
    missing = set(files) - set(commands)
    if missing:
        raise RuntimeError(f"gcc: make doesn't say how {', '.join(sorted(missing))} is compiled")
    return commands


def gcc_command(command, file="FILE", made="FILE.o"):
    """command: how the file is compiled."""
    return [*command, "-fanalyzer", "-fdiagnostics-format=json", "-c", file, "-o", made]


def gcc_kinds(commands):
    """Of gcc_commands(): command lines that differ by more than their file."""
    return [list(words) for words in sorted({tuple(gcc_command(command)) for command in commands.values()})]


def gcc_rules(command):
    """The analyser's warnings that a command enables, as the compiler tells; those of taint, which it tells, too, need -fanalyzer-checker=taint."""
    shown = subprocess.run([*command, "-fanalyzer", "-Q", "--help=warnings"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return re.findall(r"^\s+(-Wanalyzer-(?!tainted-)\S+)\s+\[enabled\]$", shown, re.M)


def gcc_findings(text):
    """From gcc's JSON (-fdiagnostics-format=json), an array a file."""
    for entry in json.loads(text or "[]"):
        caret = entry["locations"][0]["caret"] if entry["locations"] else {"file": "", "line": 0, "display-column": 0}
        rule = entry.get("option", entry["kind"])
        number = f" (CWE-{entry['metadata']['cwe']})" if "cwe" in entry.get("metadata", {}) else ""
        yield Finding(rule, relative(caret["file"]), caret["line"], caret.get("display-column", 0), entry["message"] + number, "error" if entry["kind"] == "error" else "warning")


def gcc(files):
    commands = gcc_commands(files)

    def one(file):
        with tempfile.NamedTemporaryFile(suffix=".o") as made:
            done = subprocess.run(gcc_command(commands[file], file, made.name), cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"gcc: {file}: {done.stderr.strip()[-2000:]}")
        return list(gcc_findings(done.stderr))

    findings = [finding for findings in parallel(one, files) for finding in findings]
    rules = {rule for words in {tuple(command) for command in commands.values()} for rule in gcc_rules(words)}
    return Run(first_line(commands[files[0]][0], "--version"), gcc_kinds(commands), sorted(rules), findings)


def command_lines():
    """(command line, how often it is run) of each kind of each analyser, without running it."""
    files = sources()
    compiled = collections.Counter(tuple(gcc_command(command)) for command in gcc_commands(files).values())
    return [(misra_command(["FILE"]), 1), (tidy_command(), len(files)), *sorted((list(words), count) for words, count in compiled.items())]


TOOLS = {  # name -> (how it is run, its file in the bundle)
    "cppcheck-misra": (misra, "cppcheck-misra.sarif"),
    "clang-tidy": (tidy, "clang-tidy.sarif"),
    "gcc-analyzer": (gcc, "gcc-analyzer.sarif"),
}

# SPDX-License-Identifier: Apache-2.0
"""
The man page and the completion of `bulkhead`: they name the commands and options that its help lists, no more and no less.

BULKHEAD names the tool (default build/bulkhead).
"""
import os
import re
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(ROOT, os.environ.get("BULKHEAD", "build/bulkhead"))
PAGE = os.path.join(ROOT, "docs/bulkhead.1")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=ROOT).stdout


def commands():
    return re.findall(r"^(?:usage:|      ) bulkhead ([a-z]+) ", run(TOOL, "--help"), re.MULTILINE)


def options(command):
    return set(re.findall(r"^  (-[-a-zA-Z]+)", run(TOOL, command, "--help"), re.MULTILINE))


def test_page_is_clean():
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "style", PAGE], capture_output=True, text=True, timeout=60, check=False)
    # That the host has no index of the other pages is nothing of this one.
    found = [line for line in (done.stdout + done.stderr).splitlines() if "mandoc.db" not in line]
    assert found == []
    assert "BULKHEAD(1)" in run("mandoc", "-T", "ascii", PAGE)


def synopsis():
    """Options of each command in the page's synopsis."""
    with open(PAGE, encoding="utf-8") as file:
        part = file.read().split(".Sh SYNOPSIS\n")[1].split(".Sh ")[0]
    found = {}
    for line in part.splitlines():
        if line.startswith(".Cm "):
            command = line.split()[1]
            found[command] = set()
        elif line == ".Nm":
            command = None
        elif command:
            found[command] |= {f"-{word}" for word in re.findall(r"(?:Fl |\| )(-?[a-zA-Z]+)", line)}
    return found


# [utest->swr~command-line~1]
def test_page_has_all():
    page = synopsis()
    assert list(page) == commands()
    for command, named in page.items():
        assert named == options(command) - {"--help"}
    with open(PAGE, encoding="utf-8") as file:
        described = {f"-{word}" for word in re.findall(r"^\.It Fl (-?[a-zA-Z]+)", file.read(), re.MULTILINE)}
    assert described == set.union(*map(options, commands())) | {"--version"}


def complete(*words):
    """What bash offers for the last of the words."""
    script = (
        'complete() { :; }; . scripts/completion/bulkhead; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bulkhead; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return set(run("bash", "-c", script, "bash", TOOL, *words).split())


# [utest->swr~command-line~1]
def test_completion():
    assert complete("") == {*commands(), "--help", "--version"}
    assert complete("ma") == {"map"}
    for command in commands():
        assert complete(command, "-") == options(command)
    assert complete("map", "--s") == {"--svg"}
    assert complete("build", "x.dts", "-o", "scr") == {"scripts"}
    assert complete("check", "README") == {"README.md"}


@pytest.fixture(scope="module")
def rules():
    with open(os.path.join(ROOT, "Makefile"), encoding="utf-8") as file:
        return file.read().split("\ninstall:")[1].split("\n\n")[0]


def test_both_are_installed(rules):
    assert re.search(r"docs/bulkhead\.1 .*/share/man/man1/bulkhead\.1$", rules, re.MULTILINE)
    assert re.search(r"scripts/completion/bulkhead .*/share/bash-completion/completions/bulkhead$", rules, re.MULTILINE)

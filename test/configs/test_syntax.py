# SPDX-License-Identifier: Apache-2.0
"""What dtc would only call a syntax error, and includes that can't be followed: place, what and what to do, exactly.

Robustness: test_explained, test_nothing_in_it, test_long_texts_are_cut, test_no_dtc
"""
import os

import pytest

from tool import IMAGES, TOOL, run

GOOD = """/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt";
	cells {
		health { role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; };
		control { cpus = <1>; memory = "16M"; image = "control.elf"; };
	};
};
"""


def check(path, *options):
    result = run(TOOL, "check", str(path), "-I", IMAGES, *options)
    assert result.stdout == ""
    return result.stderr, result.returncode


NO_PREPROCESSOR = 'no C preprocessor runs here: a file is taken in by /include/ "FILE"'
NUMBERS = "between < and > stand numbers and &labels, parted by blanks"


# [utest->swr~config-diagnostics~1]
@pytest.mark.parametrize("was, now, place, text", [
    ("<1>;", "<1>", "7:24", "unexpected 'memory': a ';' is missing after the value before it"),
    ('"qemu-virt";', '"qemu-virt"', "5:2", "unexpected 'cells': a ';' is missing after the value before it in line 4"),
    ('"control.elf"; };', '"control.elf"; }', "8:2", "unexpected '}': a ';' is missing after the '}' before it in line 7"),
    ("<1>", "1", "7:20", "unexpected '1': a number stands between < and >: <1>"),
    ('"16M"', "16M", "7:34", "unexpected '16M': text stands in quotes: \"16M\""),
    ('"16M"', "'16M'", "7:34", "unexpected ''': text stands in double quotes"),
    ('"16M"', '"16M', "7:49", "unexpected 'control.elf': the text before it lacks its closing quote: it begins with "
     '"16M; image = "'),
    ('"16M"', "", "7:34", "unexpected ';': a value is missing before it"),
    ('"32M"', '"32M" "1M"', "6:56", "unexpected '\"1M\"': values are parted by ','"),
    ("<1>", "<1, 2>", "7:22", f"unexpected '1,': {NUMBERS}"),
    ("<1>", "<0xg>", "7:22", f"unexpected '0xg': {NUMBERS}"),
    ("cpus = <1>", "cpus: <1>", "7:19", "unexpected '<': 'cpus:' is a label: a value stands behind '='"),
    ("cpus = <1>", "cpus <1>", "7:18", "unexpected '<': a '=' is missing after 'cpus'"),
    ("control {", "my control {", "7:6", "unexpected 'control': behind the name 'my' comes '=', ';' or '{'; a name has no blanks"),
    ("control {", "contr\u00f6l {", "7:8", "unexpected letter: outside of quotes stand ASCII letters, digits and ,._+-"),
    ("<1>;", "<1>;;", "7:24", "unexpected ';': it ends nothing: one ';' is enough"),
    ("\t};\n};\n", "\t};\n", "8:4", "the file ends too early: 1 '};' is missing: the node that begins in line 2 is still open"),
    ("\t};\n};\n", "\t};\n};\n};\n", "10:1", "unexpected '}': no node is open here"),
    ("\t};\n};\n", "\t};\n\tx;\n};\n", "9:2", "a property stands behind a node: put it before the nodes"),
    ("\tcells", "\t/* cells", "5:2", "a comment begins here that has no end: */ is missing"),
    ("\tcells", "# note\n\tcells", "5:3", "unexpected 'note': a comment stands behind // or between /* and */"),
    ("\tcells", "#define X 1\n\tcells", "5:9", f"unexpected 'X': {NO_PREPROCESSOR}"),
    ("/dts-v1/;", '#include "x.h"\n/dts-v1/;', "1:1", f"unexpected '#include': {NO_PREPROCESSOR}"),
    ("/dts-v1/;\n", "", "1:1", "unexpected '/': a device-tree source begins with /dts-v1/;"),
    ("/dts-v1/;\n", "cells:\n", "1:1", "unexpected 'cells': a device-tree source begins with /dts-v1/;"),
    ("control {", "control { /include/ a.dtsi", "7:13", "unexpected '/include/': the file's name stands in quotes: "
     '/include/ "FILE"'),
    ("<1>", "<&cpu1>", "7:11", '/cells/control: Reference to non-existent node or label "cpu1": labels of other files '
     "aren't known here, a board's node is named in quotes"),
])
def test_explained(tmp_path, was, now, place, text):
    assert was in GOOD
    path = tmp_path / "x.dts"
    path.write_text(GOOD.replace(was, now))
    assert check(path) == (f"{path}:{place}: error: {text}\n", 1)


# [utest->swr~config-diagnostics~1]
@pytest.mark.parametrize("content, place, text", [
    ("/* x */\n", "1:8", "the file ends too early: a device-tree source begins with /dts-v1/;"),
    ("/dts-v1/;\n", "1:10", "the file ends too early: there is no root node: / { ... };"),
])
def test_nothing_in_it(tmp_path, content, place, text):
    path = tmp_path / "x.dts"
    path.write_text(content)
    assert check(path) == (f"{path}:{place}: error: {text}\n", 1)


def including(folder, what):
    path = folder / "x.dts"
    path.write_text(GOOD.replace("control {", f"control {{ {what}\n"))
    return path


WHERE = "there is no such file: it is looked for beside the file that names it and in the folders of -I and -B"


# [utest->swr~config-included~1]
def test_includes(tmp_path):
    """The place is that of the /include/ itself, also in a file that was included."""
    (tmp_path / "lost.dtsi").write_text('/* /include/ "no.dtsi" */\n\n  /include/ "none.dtsi"\n')
    (tmp_path / "more").mkdir()
    (tmp_path / "more/far.dtsi").write_text('/include/ "farther.dtsi"\n')
    (tmp_path / "round.dtsi").write_text('/include/ "round.dtsi"\n')
    (tmp_path / "wrong.dtsi").write_text("\n  cpus = 3;\n")
    (tmp_path / "folder.dtsi").mkdir()
    for name, file, place, text in (
        ("none.dtsi", "x.dts", "7:23", f'can\'t include "none.dtsi": {WHERE}'),
        ("lost.dtsi", "lost.dtsi", "3:13", f'can\'t include "none.dtsi": {WHERE}'),
        ("far.dtsi", "more/far.dtsi", "1:11", f'can\'t include "farther.dtsi": {WHERE}'),
        ("round.dtsi", "round.dtsi", "1:11", '"round.dtsi" includes itself, or files are included too deeply: take it out'),
        ("folder.dtsi", "x.dts", "7:23", f'can\'t include "folder.dtsi": {tmp_path}/folder.dtsi: it is a folder'),
        ("wrong.dtsi", "wrong.dtsi", "2:10", "unexpected '3': a number stands between < and >: <3>"),
    ):
        path = including(tmp_path, f'/include/ "{name}"')
        assert check(path, "-I", str(tmp_path / "more")) == (f"{tmp_path}/{file}:{place}: error: {text}\n", 1)
    path = including(tmp_path, 'blob = /incbin/("none.bin");')
    assert check(path) == (f'{path}:7:29: error: can\'t include "none.bin": {WHERE}\n', 1)


# [utest->swr~config-diagnostics~1]
def test_other_files(tmp_path):
    """What isn't a partition file at all."""
    path = tmp_path / "x.dtb"
    path.write_bytes(b"\xd0\x0d\xfe\xed" + bytes(40))
    text, status = check(path)
    assert text.startswith(f"{path}:1:1: error: the file is a flattened device tree, and a source is needed") and status == 1
    text, status = check("dts/qemu-virt/board.dts")
    assert status == 1 and text.count("\n") == 2
    assert "it is a board's tree, name its folder by 'board'\n" in text and "'cells' is missing" in text


# [utest->swr~config-diagnostics~1]
def test_long_texts_are_cut(tmp_path):
    path = tmp_path / "x.dts"
    path.write_text(GOOD.replace("16M", "\u00f6" * 50000))
    text, status = check(path)
    assert text.endswith("\u00f6...\n") and len(text.encode()) < 2200 and status == 1


# [utest->swr~config-diagnostics~1]
@pytest.mark.parametrize("script, text", [
    (None, "can't run 'dtc': is device-tree-compiler installed?"),
    ("exit 1", "dtc refuses this file and gives no reason: is it 1.6 or later?"),
    ("echo 'dtc: unrecognised option' >&2; exit 1", "dtc refuses this file: dtc: unrecognised option"),
])
def test_no_dtc(tmp_path, monkeypatch, script, text):
    path = tmp_path / "x.dts"
    path.write_text(GOOD)
    if script:
        (tmp_path / "dtc").write_text(f"#!/bin/sh\n{script}\n")
        os.chmod(tmp_path / "dtc", 0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert check(path) == (f"{path}:1:1: error: {text}\n", 1)

# SPDX-License-Identifier: Apache-2.0
"""
`bulkhead check` over partition files: every file under bad/ is refused with exactly the diagnostics
in the .expected file beside it (lines with # are comments), every file under good/ and configs/ is
taken without a word.

BULKHEAD names the tool (default build/bulkhead). To write .expected files anew, and then read them:
`/usr/bin/python3 test/configs/test_configs.py --accept [NAME...]`.

Both ranges: test_metrics_channel, test_crash_area
Robustness: test_bad, test_empty, test_zeros, test_few_zeros, test_missing, test_folder, test_fifo, test_usage,
test_few_list_registers, test_old_flattened_trees, test_lengths_below_zero, test_source_instead_of_a_tree,
test_no_maintenance_interrupt, test_bad_json, test_json_of_no_utf8, test_firmware_by_hvc
"""
import glob
import hashlib
import json
import os
import re
import struct
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import images  # noqa: E402
from harness import records  # noqa: E402
from tool import IMAGES, ROOT, TOOL, run  # noqa: E402

# REUSE-IgnoreStart
COMMENT = "# SPDX-License-Identifier: Apache-2.0\n"
# REUSE-IgnoreEnd


def files(pattern):
    return sorted(os.path.relpath(path, ROOT) for path in glob.glob(os.path.join(ROOT, pattern)))


def check(path, *options):
    return run(TOOL, "check", path, "-I", IMAGES, *options)


def expected(path):
    name = os.path.splitext(path)[0] + ".expected"
    records.used(path, name)
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return "".join(line for line in file if not line.startswith("#"))


# [utest->swr~config-firmware~1] [utest->swr~config-cores~1] [utest->swr~config-memory~1] [utest->swr~config-images~1]
# [utest->swr~config-channels~1] [utest->swr~config-faults~1] [utest->swr~config-names~1]
# [utest->swr~config-diagnostics~1] [utest->swr~config-shared~1] [utest->swr~config-presentation~1] [utest->swr~config-net~1] [utest->swr~config-crash-audit~1] [utest->swr~config-watchdog~1] [utest->swr~config-boot-state~1]
# [utest->swr~config-boot-state-times~1]
# [utest->swr~config-devices~1] [utest->swr~config-msis~1] [utest->swr~config-pci~1] [utest->swr~config-overlay~1]
# [utest->swr~config-included~1] [utest->swr~config-log-key~1] [utest->swr~colors-geometry~1] [utest->swr~colors-owned~1] [utest->swr~config-reserved~1]
# [utest->swr~config-update-reset~1] [utest->swr~config-pci-watchdog~1] [utest->swr~config-boot-state-spi~1]
@pytest.mark.parametrize("path", files("test/configs/bad/*.dts"))
def test_bad(path):
    """Refused with exit status 1, nothing on standard output, and exactly the diagnostics of the .expected file beside it."""
    due = expected(path)
    records.expects(f"exit status 1, nothing on standard output, and on standard error exactly: {due}")
    result = check(path)
    assert result.stderr == due
    assert result.stdout == ""
    assert result.returncode == 1


# [utest->swr~config-firmware~1] [utest->swr~config-cores~1] [utest->swr~config-memory~1] [utest->swr~config-images~1]
# [utest->swr~config-channels~1] [utest->swr~config-faults~1] [utest->swr~config-names~1] [utest->swr~config-presentation~1]
# [utest->swr~config-net~1] [utest->swr~config-boot-state~1] [utest->swr~config-board~1]
@pytest.mark.parametrize("path", files("test/configs/good/*.dts") + files("configs/*.dts"))
def test_good(path):
    """Taken: exit status 0, without a word."""
    result = check(path)
    assert result.stderr == ""
    assert result.stdout == ""
    assert result.returncode == 0


def one_error(path):
    result = check(path)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    return result.stderr


# [utest->swr~config-diagnostics~1]
def test_empty(tmp_path):
    path = tmp_path / "empty.dts"
    path.write_bytes(b"")
    assert one_error(str(path)) == f"{path}:1:1: error: the file is empty\n"


# [utest->swr~config-diagnostics~1]
def test_zeros(tmp_path):
    path = tmp_path / "zeros.dts"
    with open(path, "wb") as file:
        file.truncate(100 << 20)
    assert one_error(str(path)).startswith(f"{path}:1:1: error: can't read the file: it has 100M")


# [utest->swr~config-diagnostics~1]
def test_few_zeros(tmp_path):
    path = tmp_path / "zeros.dts"
    path.write_bytes(bytes(100))
    assert one_error(str(path)) == f"{path}:1:1: error: the file is not text: it holds NUL bytes\n"


# [utest->swr~config-diagnostics~1]
def test_missing(tmp_path):
    path = tmp_path / "none.dts"
    assert one_error(str(path)) == f"{path}:1:1: error: can't read the file: No such file or directory\n"


# [utest->swr~config-diagnostics~1]
def test_folder(tmp_path):
    assert one_error(str(tmp_path)) == f"{tmp_path}:1:1: error: can't read the file: it is a folder\n"


# [utest->swr~config-diagnostics~1]
def test_fifo(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    assert one_error(str(path)) == f"{path}:1:1: error: can't read the file: it is no regular file\n"


def usage(*arguments):
    return subprocess.run([TOOL, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


# [utest->swr~command-line~1]
@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["chek", "x.dts"],
        ["check"],
        ["check", "a.dts", "b.dts"],
        ["check", "a.dts", "-I"],
        ["check", "a.dts", "--frob"],
        ["build", "a.dts"],
    ],
)
def test_usage(arguments):
    result = usage(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "usage: bulkhead" in result.stderr


def odd_board(tmp_path, name, **changes):
    """The odd board with one of its files changed; a partition file for it."""
    folder = os.path.join(HERE, "boards", "odd")
    for file in ("board", "machine"):
        with open(os.path.join(folder, f"{file}.dts"), encoding="utf-8") as source:
            text = source.read()
        for old, new in changes.get(file, []):
            assert text.count(old) == 1
            text = text.replace(old, new)
        (tmp_path / f"{file}.dts").write_text(text)
    path = tmp_path / f"{name}.dts"
    path.write_text(f'''/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "{tmp_path}";
	cells {{
		health {{ role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; }};
		many {{ cpus = <{" ".join(str(n) for n in changes.get("cpus", [2]))}>; memory = "16M"; image = "control.elf"; }};
	}};
}};
''')
    return str(path)


# [utest->swr~config-board~1]
def test_few_list_registers(tmp_path):
    for count in (0, 1):
        path = odd_board(tmp_path, "few", machine=[("list-registers = <4>", f"list-registers = <{count}>")])
        assert one_error(path) == (
            f"{tmp_path}/machine.dts:14:3: error: the GIC has fewer than 2 list registers: "
            "interrupts can't be injected with it\n"
        )
    path = odd_board(tmp_path, "two", machine=[("list-registers = <4>", "list-registers = <2>")])
    assert "list registers" not in check(path).stderr


# [utest->swr~config-board~1]
@pytest.mark.parametrize("version", [5, 15, 17])
def test_old_flattened_trees(tmp_path, version):
    path = odd_board(tmp_path, "old")
    dtc = ["dtc", "-q", "-O", "dtb", tmp_path / "board.dts"]
    tree = bytearray(subprocess.run(dtc, capture_output=True, check=True).stdout)
    tree[20:28] = struct.pack(">II", version, min(version, 16))
    (tmp_path / "board.dts").unlink()
    (tmp_path / "board.dtb").write_bytes(tree)
    found = check(path)
    assert found.stderr == ("" if version == 17 else f"{tmp_path}/board.dtb:1:1: error: it is no flattened device tree of version 17\n")
    assert found.returncode == (version != 17)


# libfdt 1.6 takes them as negative: it goes back, to the same property for ever (-12) or into another.
# [utest->swr~config-board~1]
# [utest->swr~audit-hostile~1]
@pytest.mark.parametrize("length", [-1, -4, -8, -12, -16, -2**31])
def test_lengths_below_zero(tmp_path, length):
    path = odd_board(tmp_path, "negative")
    dtc = ["dtc", "-q", "-O", "dtb", tmp_path / "board.dts"]
    tree = bytearray(subprocess.run(dtc, capture_output=True, check=True).stdout)
    (tmp_path / "board.dts").unlink()
    struct.pack_into(">i", tree, tree.index(struct.pack(">I", 3), struct.unpack_from(">I", tree, 8)[0]) + 4, length)
    (tmp_path / "board.dtb").write_bytes(tree)
    refused = f"{tmp_path}/board.dtb:1:1: error: it is no flattened device tree of version 17\n"
    assert (check(path).stderr, check(path).returncode) == (refused, 1)
    found = subprocess.run([TOOL, "audit", tmp_path / "board.dtb"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 2 and "FDT_ERR" not in found.stdout + found.stderr


# [utest->swr~import-board~1]
def test_source_instead_of_a_tree(tmp_path):
    found = subprocess.run([TOOL, "import", "dts/qemu-virt/board.dts", "-o", tmp_path / "out"], cwd=ROOT, capture_output=True,
                           text=True, check=False)
    assert found.stderr == (
        "dts/qemu-virt/board.dts: error: refused: it is a tree's source: `dtc -O dtb -o FILE.dtb FILE.dts` makes what is wanted\n"
    )
    assert found.returncode == 1 and not (tmp_path / "out").exists()


# [utest->swr~config-board~1]
def test_no_maintenance_interrupt(tmp_path):
    path = odd_board(tmp_path, "none", board=[("\t\tinterrupts = <1 9 4>;\n", "")])
    assert "names no PPI as the GIC's maintenance interrupt" in one_error(path)


# [utest->swr~config-cores~1]
def test_cores_of_a_cell(tmp_path):
    cpus = "".join(
        f'cpu@{n:x} {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0 {n:#x}>; '
        'enable-method = "psci"; };\n'
        for n in range(0x200, 0x200 + 60)
    )
    board = [("\t\tcpu@100 {", cpus + "\t\tcpu@100 {")]
    for count in (56, 57):
        path = odd_board(tmp_path, f"cores-{count}", board=board, cpus=range(2, 2 + count))
        found = f"cell 'many' has {count} cores, 56 are the most" in check(path).stderr
        assert found == (count == 57)


DIAGNOSTIC = re.compile(r"(.+?)(?::(\d+):(\d+))?: (error|warning|note): (.*)")


def as_objects(text):
    """What --json must print for the lines of the text form."""
    found = []
    for line in text.splitlines():
        file, row, column, severity, message = DIAGNOSTIC.fullmatch(line).groups()
        entry = {"file": None if file == "bulkhead" else file, "line": row and int(row), "column": column and int(column)}
        entry["message"] = message
        if severity == "note":
            found[-1]["notes"].append(entry)
        else:
            found.append({**entry, "severity": severity, "notes": []})
    return found


def has_notes_or_many(path):
    return ": note: " in expected(path) or expected(path).count("\n") > 1


# [utest->swr~config-diagnostics-json~1]
@pytest.mark.parametrize("path", filter(has_notes_or_many, files("test/configs/bad/*.dts")))
def test_bad_json(path):
    result = check(path, "--json")
    assert result.stderr == ""
    assert [json.loads(line) for line in result.stdout.splitlines()] == as_objects(expected(path))
    assert result.returncode == 1


# [utest->swr~config-diagnostics~1] [utest->swr~config-diagnostics-json~1]
def test_good_json():
    result = check("configs/minimal.dts", "--json")
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)


UNWATCHED = """/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt";
	cells { one { cpus = <0>; memory = "16M"; image = "health.elf"; heartbeat = "10ms"; }; };
};
"""


# [utest->swr~config-diagnostics-json~1]
def test_warning(tmp_path):
    path = tmp_path / 'a "quoted" \\ nam\u00e9.dts'
    path.write_text(UNWATCHED)
    where, text = f"{path}:5:66", "nobody watches 'heartbeat': there is no health cell"
    result = check(str(path))
    assert (result.stderr, result.returncode) == (f"{where}: warning: {text}\n", 0)
    result = check(str(path), "--werror")
    assert (result.stderr, result.returncode) == (f"{where}: error: {text}\n", 1)
    for options, severity, status in ((), "warning", 0), (("--werror",), "error", 1):
        result = check(str(path), "--json", *options)
        assert json.loads(result.stdout) == {
            "file": str(path), "line": 5, "column": 66, "severity": severity, "message": text, "notes": []
        }
        assert (result.stderr, result.returncode) == ("", status)


METRICS = """/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt";
	cells {
		%s { role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; };
		one { cpus = <1 2>; memory = "16M"; image = "health.elf"; };
	};
	channels { %s { from = "%s"; to = "%s"; size = "%s"; }; };
};
"""


# [utest->swr~config-metrics~1]
@pytest.mark.parametrize(
    "health, channel, writer, reader, size, warned",
    [
        ("health", "metrics", "health", "one", "96K", True),
        ("watch", "metrics", "watch", "one", "4K", True),
        ("health", "metrics", "health", "one", "100K", False),
        ("health", "metrics", "health", "one", "1M", False),
        ("health", "metrics", "one", "health", "4K", False),
        ("health", "setpoints", "health", "one", "4K", False),
    ],
)
def test_metrics_channel(tmp_path, health, channel, writer, reader, size, warned):
    """The bound of three cores and two cells: 15360 + 3 * 7680 + 2 * 5888 bytes, twice, and the head's 192."""
    path = tmp_path / "file.dts"
    path.write_text(METRICS % (health, channel, writer, reader, size))
    column = path.read_text().splitlines()[8].index("size") + 1
    warning = f"{path}:9:{column}: warning: channel 'metrics' may be too small for the health cell's metrics: 100K is enough\n"
    result = check(str(path))
    assert (result.stderr, result.returncode) == (warning if warned else "", 0)


# [utest->swr~config-diagnostics-json~1]
def test_json_of_no_utf8(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff\xc3.dts"
    result = subprocess.run([TOOL, "check", path, "--json"], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert json.loads(result.stdout)["file"] == f"{tmp_path}/\ufffd\ufffd.dts"


def built(path, folder):
    """The image of a partition file, audited, and its manifest."""
    options = ["-I", IMAGES, "-I", "test/configs/bad", "-o", str(folder)]
    environment = {**os.environ, "BULKHEAD_DATA": "."}
    subprocess.run([TOOL, "build", str(path), *options], cwd=ROOT, env=environment, timeout=60, check=True)
    subprocess.run([TOOL, "audit", f"{folder}/bulkhead.itb"], cwd=ROOT, stdout=subprocess.PIPE, timeout=60, check=True)
    with open(f"{folder}/manifest.json", encoding="utf-8") as file:
        return json.load(file)


CRASH_AREA = """/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt";
	cells {
		health { role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; };
		one { cpus = <1>; memory = "16M", "%s"; image = "control.elf"; };
	};
};
"""


# [utest->swr~config-crash-audit~1]
def test_crash_area(tmp_path):
    """The record, and behind it a page for each core, up to which another's memory may reach; nothing else is in it."""
    path = tmp_path / "file.dts"
    path.write_text(CRASH_AREA % "64K@0xbbff0000")
    built(path, tmp_path / "out")
    dumps = {f"crash dump of core {core}": f"0xbc00{core + 1}000" for core in (0, 1)}
    found = (tmp_path / "out/map.txt").read_text()
    for name, address in {"crash-audit record": "0xbc000000", **dumps}.items():
        assert re.search(rf"^ +{address} +{name} +", found, re.MULTILINE), name
    for page in (0xBC000000, 0xBC004000, 0xBC00F000):
        path.write_text(CRASH_AREA % f"4K@{page:#x}")
        assert f"memory {page:#x}-{page + 0xfff:#x} lies over 0xbc000000-0xbc00ffff, which the board reserves" in one_error(str(path))


# [utest->swr~config-included~1]
def test_included_files_are_inputs(tmp_path):
    with open(os.path.join(HERE, "good", "profiles.dts"), encoding="utf-8") as file:
        source = file.read()
    (tmp_path / "profiles.dts").write_text(source)
    manifest = built(tmp_path / "profiles.dts", tmp_path / "out")
    found = {entry["name"]: entry for entry in manifest["inputs"] if entry["role"] == "included by partitions"}
    assert sorted(found) == ["health.dtsi", "realtime.dtsi"]
    for name, entry in found.items():
        with open(os.path.join(ROOT, "configs", "profiles", name), "rb") as file:
            data = file.read()
        assert (entry["size"], entry["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    # The profile beside the file comes first.
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "realtime.dtsi").write_text("essential;\n")
    manifest = built(tmp_path / "profiles.dts", tmp_path / "out")
    sizes = {entry["name"]: entry["size"] for entry in manifest["inputs"]}
    assert sizes["realtime.dtsi"] == len("essential;\n")


# [utest->swr~config-firmware~1]
def test_firmware_by_hvc(tmp_path):
    path = odd_board(tmp_path, "hvc", board=[('method = "smc"', 'method = "hvc"')])
    text = open(path, encoding="utf-8").read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("many {", "many { firmware-calls = <0xc2000010>;"))
    assert "isn't called by SMC" in one_error(path)


# [utest->swr~command-line~1]
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help(option):
    result = usage(option)
    assert result.returncode == 0
    assert result.stderr == ""
    assert "bulkhead" in result.stdout


def commands():
    return re.findall(r"^(?:usage:|      ) bulkhead ([a-z]+) ", usage("--help").stdout, re.MULTILINE)


# [utest->swr~command-line~1]
def test_help_of_commands():
    assert {"check", "build", "map", "audit"} <= set(commands())
    options = set()
    for command in commands():
        result = usage(command, "--help")
        assert (result.stderr, result.returncode) == ("", 0)
        assert result.stdout.startswith(f"usage: bulkhead {command} ")
        mine = re.findall(r"^  (-[-a-zA-Z]+)", result.stdout, re.MULTILINE)
        for option in set(mine) - {"--help"}:
            # Each option that a command lists stands in its first line, and is known to it.
            assert f"{option} " in result.stdout.splitlines()[0] or f"{option}]" in result.stdout.splitlines()[0]
            assert "unknown option" not in usage(command, option).stderr
        for option in options - set(mine):
            assert f"unknown option: {option}\n" in usage(command, option).stderr
        options |= set(mine)


def accept(names):
    images.write(os.path.join(ROOT, IMAGES))
    for path in files("test/configs/bad/*.dts"):
        if names and os.path.splitext(os.path.basename(path))[0] not in names:
            continue
        with open(os.path.join(ROOT, os.path.splitext(path)[0] + ".expected"), "w", encoding="utf-8") as file:
            file.write(COMMENT + check(path).stderr)


if __name__ == "__main__" and sys.argv[1:2] == ["--accept"]:
    accept(sys.argv[2:])

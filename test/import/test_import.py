# SPDX-License-Identifier: Apache-2.0
"""
`bulkhead import`: boards of Debian's kernel (survey.py), files that are no trees, outputs that can't be written, copies of
/sys/bus/pci/devices.

With --full all boards are imported, built and audited: none crashes the tool; and imported by one with sanitizers.

Both ranges: test_assumed
By chance: test_random_bytes
Robustness: test_no_loader, test_what_it_cannot, test_broken, test_phandle_cycle, test_random_bytes, test_folder_taken,
test_unwritable, test_full, test_pci_malformed, test_pci_not_whole, test_pci_refused
"""
import concurrent.futures
import os
import random
import re
import shutil
import struct
import subprocess
import sys

import pytest

import survey
from survey import CLEAN, CRASHED, REFUSED, ROOT, TREES

sys.path.insert(0, str(ROOT / "test/configs"))
import inventory as made_inventory  # noqa: E402

BOARD = TREES / "ti/k3-am625-sk.dtb"
# Not by chance: one of each vendor whose boards differ in how they say things, and each kind of refusal.
SAMPLE = {
    "ti/k3-am625-sk.dtb": CLEAN,
    "freescale/imx8qxp-mek.dtb": CLEAN,
    "rockchip/rk3568-evb1-v10.dtb": CLEAN,
    "allwinner/sun50i-a64-pine64.dtb": "GICv2 (arm,gic-400)",
    "qcom/apq8016-sbc.dtb": "GICv2 (qcom,msm-qgic2)",
    "broadcom/bcm2837-rpi-3-b.dtb": "no GICv3",
}


def run(*command, **options):
    env = {**os.environ, "BULKHEAD_DATA": str(ROOT)}
    return subprocess.run(
        [survey.TOOL, "import", *map(str, command)], env=env, capture_output=True, text=True, timeout=60, check=False, errors="replace", **options
    )


def refused(result, words):
    """One line, that says so."""
    assert result.returncode == 1, result.stderr
    assert words in result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stdout == ""


@pytest.fixture(scope="module")
def outcomes():
    return {outcome.board: outcome for outcome in survey.survey([TREES / board for board in SAMPLE])}


# [utest->swr~import-board~1]
@pytest.mark.parametrize("board", SAMPLE)
def test_sample(outcomes, board):
    outcome = outcomes[board]
    if SAMPLE[board] == CLEAN:
        assert outcome.stage == CLEAN, outcome
    else:
        assert outcome.stage == REFUSED and SAMPLE[board] in outcome.reason


# [utest->swr~import-board~1]
@pytest.mark.full
def test_all_boards():
    found = survey.survey(survey.trees())
    assert [outcome for outcome in found if outcome.stage == CRASHED] == []
    assert [outcome for outcome in found if outcome.stage not in (CLEAN, REFUSED)] == []
    if survey.kernel() in survey.documented():  # of a newer kernel's boards the manual doesn't speak yet
        assert survey.table(found) == survey.documented()


SANITIZED = "build/bulkhead-sanitize"
SANITIZERS = "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
FINDING = 99


def sanitized(tree, folder):
    """The exit status of an import with sanitizers, and what it said; memory is given, so that most come far."""
    env = {
        **os.environ,
        "BULKHEAD_DATA": str(ROOT),
        "ASAN_OPTIONS": f"detect_leaks=0:exitcode={FINDING}",
        "UBSAN_OPTIONS": f"print_stacktrace=1:exitcode={FINDING}",
    }
    command = [ROOT / SANITIZED, "import", tree, "--memory", "2G@0x80000000", "-o", folder]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False, errors="replace")
    shutil.rmtree(folder, ignore_errors=True)
    return done.returncode, done.stderr


# [utest->swr~import-board~1]
@pytest.mark.full
def test_all_boards_sanitized(tmp_path):
    subprocess.run(
        ["make", "--no-print-directory", f"-j{os.cpu_count()}", "HOST_OUT=build/host-sanitize", f"HOST_TOOL={SANITIZED}", f"HOSTCFLAGS={SANITIZERS}", SANITIZED],
        cwd=ROOT,
        check=True,
    )
    trees = survey.trees()
    assert len(trees) > 900
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda numbered: sanitized(numbered[1], tmp_path / str(numbered[0])), enumerate(trees))
        assert [(tree, *what) for tree, what in zip(trees, found, strict=True) if what[0] not in (0, 1)] == []


# [utest->swr~import-board~1]
def test_what_it_cannot(tmp_path):
    """What the board can't do is listed on standard output and in the folder."""
    result = run(BOARD, "-o", tmp_path / "board")
    assert result.returncode == 0 and result.stderr == ""
    limits = result.stdout.split("\n", 1)[1]
    assert "no SMMUv3 stands in front of any bus master" in limits
    assert "no IOMMU in front" in limits and "    /bus@f0000/mmc@fa10000\n" in limits
    assert limits in (tmp_path / "board/README.md").read_text(encoding="utf-8")


# [utest->swr~import-loader~1]
@pytest.mark.parametrize("board, loader", [("rockchip/rk3399-rockpro64.dtb", "rockpro64-rk3399"), ("rockchip/rk3399-nanopc-t4.dtb", None)])
def test_loader(tmp_path, board, loader):
    assert run("--memory", "2046M@0x200000", TREES / board, "-o", tmp_path / "board").returncode == 0
    machine = (tmp_path / "board/machine.dts").read_text(encoding="utf-8")
    stated = re.findall(r"/\* untested on hardware \*/\n\t\tu-boot = \"(.*)\";\n\t\tdisk = \"mmc 0\";\n\t\tlayout = \"rk3399-spi\";\n\t\tfirmware-flash = \"/spi@ff1d0000/flash@0\";\n\t\tstate = /bits/ 64 <0xf00000 0x3000>;\n\t\terase-block = <0x1000>;\n", machine)
    assert stated == ([loader] if loader else []) and ("u-boot" in machine) == bool(loader)


# [utest->swr~import-loader~1]
@pytest.mark.parametrize("names", [["pine64,rockpro64x"], ["pine64,rockpro6"], ["rockpro64"], ["Pine64,RockPro64"], ["pine64,rockpro64,rockchip,rk3399"], [""], []])
def test_no_loader(tmp_path, names):
    """A root that almost names the board, or nothing: none is stated."""
    tree = tmp_path / "board.dtb"
    shutil.copy(TREES / "rockchip/rk3399-rockpro64.dtb", tree)
    subprocess.run(["fdtput", "-t", "s", tree, "/", "compatible", *names] if names else ["fdtput", "-d", tree, "/", "compatible"], check=True)
    assert run("--memory", "2046M@0x200000", tree, "-o", tmp_path / "board").returncode == 0
    machine = (tmp_path / "board/machine.dts").read_text(encoding="utf-8")
    assert not any(word in machine for word in ("untested", "u-boot =", "layout =", "firmware-flash ="))


# [utest->swr~assumed-facts-carried~1] [utest->swr~audit-assumed~1]
def test_assumed(tmp_path):
    survey.images.write(str(tmp_path / "images"))
    board = tmp_path / "board"
    assert run(BOARD, "-o", board).returncode == 0
    command = ["build", board / "partitions.dts", "-I", tmp_path / "images", "-o", board / "out"]
    status, said = survey.run(*command)
    assert status == 0 and "while facts of the machine are assumed: state loader/staging, loader/forbidden" in said
    status, said = survey.run("audit", board / "out/bulkhead.itb")
    assert status == 0
    assert said.count(": assumed: ") == 8 and ": assumed: gic/list-registers; state it" in said
    machine = board / "machine.dts"
    text = machine.read_text(encoding="utf-8")
    machine.write_text("".join(line for line in text.splitlines(True) if "assumed =" not in line), encoding="utf-8")
    assert "assumed" not in survey.run(*command)[1]
    assert "assumed" not in survey.run("audit", board / "out/bulkhead.itb")[1]
    machine.write_text(text.replace('"gic/id-bits"', '"gic/id-bit"'), encoding="utf-8")
    status, said = survey.run(*command)
    assert status == 1 and "'assumed' names no fact of the machine: 'gic/id-bit': did you mean 'gic/id-bits'?" in said


# [utest->swr~import-board~1]
def test_memory(tmp_path):
    """The memory that is given is taken; what is no range, or too little, is refused in a line and leaves nothing."""
    assert run(BOARD, "--memory", "3G@0x80000000", "-o", tmp_path / "board").returncode == 0
    assert "with the memory that --memory gives" in (tmp_path / "board/README.md").read_text(encoding="utf-8")
    for wrong in ("3G", "3G@", "@0x1000", "1@0x1000", "0@0x1000", "4G@0xfffffffffffff000", "x@y"):
        refused(run(BOARD, "--memory", wrong, "-o", tmp_path / "none"), f"not '{wrong}'")
    refused(run(BOARD, "--memory", "64M@0x80000000", "-o", tmp_path / "none"), "less than 128 MiB")
    assert not (tmp_path / "none").exists()


# ---- what isn't a tree ----


def broken(data):
    """Name, content."""
    yield "empty", b""
    yield "short", data[:20]
    yield "zeros", bytes(4096)
    yield "text", b"/dts-v1/;\n"
    yield "noise", random.Random(1).randbytes(8192)
    yield "half", data[: len(data) // 2]
    yield "version", data[:20] + struct.pack(">I", 3) + data[24:]
    yield "larger than it is", data[:4] + struct.pack(">I", 2 * len(data)) + data[8:]


@pytest.fixture(scope="module")
def good():
    return BOARD.read_bytes()


# [utest->swr~import-board~1]
@pytest.mark.parametrize("kind", range(8))
def test_broken(tmp_path, good, kind):
    name, data = list(broken(good))[kind]
    (tmp_path / "board.dtb").write_bytes(data)
    refused(run(tmp_path / "board.dtb", "-o", tmp_path / "out/board"), "tree" if data else "")
    assert not (tmp_path / "out").exists(), name


def compiled(folder, text):
    path = folder / "made.dtb"
    subprocess.run(["dtc", "-q", "-f", "-O", "dtb", "-o", path], input=text.encode(), check=True, timeout=60)
    return path


SMALL = """/dts-v1/; / { compatible = "some,board"; #address-cells = <2>; #size-cells = <2>; interrupt-parent = <&gic>;
memory@80000000 { device_type = "memory"; reg = <0 0x80000000 0 0x80000000>; };
psci { compatible = "arm,psci-1.0"; method = "smc"; };
timer { compatible = "arm,armv8-timer"; interrupts = <1 13 4 1 14 4 1 11 4 1 10 4>; };
cpus { #address-cells = <1>; #size-cells = <0>;
cpu@0 { device_type = "cpu"; reg = <0>; enable-method = "psci"; }; cpu@1 { device_type = "cpu"; reg = <1>; enable-method = "psci"; }; };
gic: interrupt-controller@8000000 { compatible = "arm,gic-v3"; reg = <0 0x8000000 0 0x10000 0 0x80a0000 0 0x40000>;
interrupt-controller; #interrupt-cells = <3>; interrupts = <1 9 4>; };
uart@9000000 { compatible = "arm,pl011"; reg = <0 0x9000000 0 0x1000>; interrupts = <0 1 4>; };
};"""
CHANGES = {
    "address-cells": ("#address-cells = <2>; #size-cells = <2>", "#address-cells = <0x7fffffff>; #size-cells = <2>"),
    "size-cells": ("#address-cells = <2>; #size-cells = <2>", "#address-cells = <2>; #size-cells = <0x80000001>"),
    "no-cells": ("#address-cells = <2>; #size-cells = <2>", "#address-cells = <0>; #size-cells = <0>"),
    "cells-form": ("#address-cells = <2>;", "#address-cells = [01];"),
    "name-open": ('method = "smc"', "method = [73 6d 63]"),
    "wraps": ("reg = <0 0x80000000 0 0x80000000>", "reg = <0xffffffff 0xfffff000 0 0x80000000>"),
    "hvc": ('method = "smc"', 'method = "hvc"'),
    "spin": ('reg = <1>; enable-method = "psci"', 'reg = <1>; enable-method = "spin-table"'),
    "old-gic": ("arm,gic-v3", "arm,gic-400"),
    "one-core": ('cpu@1 { device_type = "cpu";', "cpu@1 {"),
    "no-timer": ("arm,armv8-timer", "arm,armv7-timer"),
    "no-maintenance": ("interrupts = <1 9 4>;", ""),
    "few-frames": ("0x80a0000 0 0x40000", "0x80a0000 0 0x20000"),
    "no-ram": ("0 0x80000000>", "0 0x8000>"),
}


# [utest->swr~import-board~1]
def test_small(tmp_path):
    """A board of little more than cores, memory and a console is imported."""
    assert run(compiled(tmp_path, SMALL), "-o", tmp_path / "out").returncode == 0


# [utest->swr~import-board~1]
@pytest.mark.parametrize("name", CHANGES)
def test_changed(tmp_path, name):
    old, new = CHANGES[name]
    assert old in SMALL
    result = run(compiled(tmp_path, SMALL.replace(old, new)), "-o", tmp_path / "out")
    assert result.returncode == 1
    assert ": error: " in result.stderr
    assert not (tmp_path / "out").exists()


# [utest->swr~import-board~1] [utest->swr~fuzzed~1]
def test_phandle_cycle(tmp_path):
    """Two interrupt controllers that are each other's parents, a device below them."""
    ring = """a: a@1000 { compatible = "x,a"; reg = <0 0x1000 0 0x1000>; interrupt-controller; #interrupt-cells = <1>; interrupts = <1>;
interrupt-parent = <&b>; clocks = <&b>; #clock-cells = <0>; };
b: b@2000 { compatible = "x,b"; reg = <0 0x2000 0 0x1000>; interrupt-controller; #interrupt-cells = <1>; interrupts = <1>;
interrupt-parent = <&a>; clocks = <&a>; #clock-cells = <0>; };
uart@9000000 {"""
    tree = compiled(tmp_path, SMALL.replace("uart@9000000 {", ring).replace("arm,pl011", 'arm,pl011"; clocks = <&a>; x = "'))
    result = run(tree, "-o", tmp_path / "out")
    assert result.returncode in (0, 1)
    assert (tmp_path / "out").exists() == (result.returncode == 0)


# [utest->swr~import-board~1] [utest->swr~fuzzed~1]
def test_random_bytes(tmp_path, good):
    """A byte in a hundred, and single words: no crash, and a folder only with success."""
    rng = random.Random(4)
    for _ in range(60):
        data = bytearray(good)
        for _ in range(rng.choice((1, 4, len(data) // 100))):
            data[rng.randrange(len(data))] = rng.choice((0, 0xFF, rng.randrange(256)))
        (tmp_path / "board.dtb").write_bytes(data)
        out = tmp_path / "out"
        result = run(tmp_path / "board.dtb", "-o", out)
        assert result.returncode in (0, 1), result
        assert "Sanitizer" not in result.stderr
        assert out.exists() == (result.returncode == 0)
        assert result.returncode == 0 or ": error: " in result.stderr
        shutil.rmtree(out, ignore_errors=True)


# ---- where nothing can be written ----


# [utest->swr~import-board~1]
def test_folder_taken(tmp_path):
    (tmp_path / "notes").write_text("mine")
    refused(run(BOARD, "-o", tmp_path), "the folder isn't empty")
    assert os.listdir(tmp_path) == ["notes"]
    (tmp_path / "empty").mkdir()
    assert run(BOARD, "-o", tmp_path / "empty").returncode == 0
    before = (tmp_path / "empty/machine.dts").stat().st_mtime_ns
    refused(run(BOARD, "-o", tmp_path / "empty"), "the folder isn't empty")
    assert (tmp_path / "empty/machine.dts").stat().st_mtime_ns == before


# [utest->swr~import-board~1]
def test_unwritable(tmp_path):
    """An output that can't be made ends with a line that says why, and leaves what was there."""
    refused(run(BOARD, "-o", "/proc/none/board"), "cannot be made")
    (tmp_path / "file").write_text("mine")
    refused(run(BOARD, "-o", tmp_path / "file"), "cannot be written")
    refused(run(BOARD, "-o", tmp_path / "file/board"), "cannot be written")
    assert os.listdir(tmp_path) == ["file"]


# [utest->swr~import-board~1]
def test_full(tmp_path):
    def no_room():
        import resource  # pylint: disable=import-outside-toplevel
        import signal  # pylint: disable=import-outside-toplevel

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    refused(run(BOARD, "-o", tmp_path / "a/b", preexec_fn=no_room), "cannot be written")
    assert os.listdir(tmp_path) == []
    with open("/dev/full", "w", encoding="utf-8") as full:
        env = {**os.environ, "BULKHEAD_DATA": str(ROOT)}
        done = subprocess.run(
            [survey.TOOL, "import", BOARD, "-o", tmp_path / "a/b"], env=env, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 1 and b"standard output" in done.stderr
    assert os.listdir(tmp_path) == []


# ---- PCI ----


def function(folder, made, **files):
    """A function of made_inventory as Linux shows it."""
    place = folder / made.address
    place.mkdir(parents=True)
    shown = {
        "vendor": f"{made.vendor:#06x}\n", "device": f"{made.device:#06x}\n", "class": f"{made.of_class:#08x}\n",
        "revision": f"{made.revision:#04x}\n", "config": bytes(made.space),
        "resource": "".join(f"{0:#018x} {max(size - 1, 0):#018x} {flags:#018x}\n" for _, size, flags in made.rows),
    }  # fmt: skip
    for name, content in {**shown, **files}.items():
        if content is not None:
            (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return place


def inventory(path):
    return (path / "pci.dts").read_text(encoding="utf-8")


def nic():
    bars = [(0x100000, made_inventory.MEMORY)]
    return made_inventory.Function("0000:01:00.0", device=0x1572, bars=bars).express(made_inventory.ENDPOINT).sriov(64, 16, 1, 0x154C)


# [utest->swr~import-pci~1]
def test_pci(tmp_path):
    pci = tmp_path / "devices"
    place = function(
        pci, nic(), sriov_totalvfs="64\n", sriov_offset="16\n", sriov_stride="1\n", sriov_vf_device="154c\n",
        uevent="DRIVER=i40e\nPCI_SLOT_NAME=0000:01:00.0\n",
    )  # fmt: skip
    function(pci, made_inventory.virtual(nic(), 0, 16, 1, 0x154C))
    os.symlink("../0000:01:00.0", pci / "0000:01:02.0/physfn")
    os.symlink("../../../../kernel/iommu_groups/7", place / "iommu_group")
    (pci / "README").write_text("no function")
    result = run(BOARD, "--pci", pci, "-o", tmp_path / "board")
    assert result.returncode == 0, result.stderr
    text = inventory(tmp_path / "board")
    assert text.count("function@") == 2
    for words in (
        'address = "0000:01:00.0";', "vendor = <0x8086>;", "device = <0x1572>;", "class = <0x20000>;", "sriov-total-vfs = <0x40>;",
        "sriov-offset = <0x10>;", "sriov-stride = <0x1>;", "resources = /bits/ 64 <0x0 0x100000 0x40200 0x0 0x0 0x0",
        "config = [86807215", 'driver = "i40e";', 'iommu-group = "7";', 'physical-function = "0000:01:00.0";',
    ):  # fmt: skip
        assert words in text
    # Zeros at the end are left out, those of the header are not.
    for hexadecimal in re.findall(r"config = \[([0-9a-f]+)\]", text):
        assert len(hexadecimal) == 2 * 64 or (len(hexadecimal) > 2 * 64 and not hexadecimal.endswith("00"))
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", "/dev/null", tmp_path / "board/pci.dts"], check=True, timeout=60)


# [utest->swr~import-pci~1]
def test_pci_malformed(tmp_path):
    """What can't be read is left out; the inventory stays a tree, and the board a good one."""
    pci = tmp_path / "devices"
    function(
        pci, nic(), sriov_totalvfs="99999999999\n", subsystem_vendor='"; evil = "', uevent='DRIVER=a"; /delete-node/ b;\n'
    )
    os.mkfifo(function(pci, made_inventory.Function("0000:00:02.0")) / "sriov_offset")
    (function(pci, made_inventory.Function("0000:00:03.0")) / "sriov_stride").mkdir()
    result = run(BOARD, "--pci", pci, "-o", tmp_path / "board")
    assert result.returncode == 0, result.stderr
    text = inventory(tmp_path / "board")
    assert text.count("function@") == 3
    assert "evil" not in text and "delete-node/" not in text and "sriov-" not in text
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", "/dev/null", tmp_path / "board/pci.dts"], check=True, timeout=60)


@pytest.mark.parametrize(
    "files, words",
    [
        ({"config": None}, "'config' of 0000:00:01.0 is missing or has not 64 to 4096 bytes: copy it as root"),
        ({"config": b"\xff" * 9000}, "0000:00:01.0 has a header of type 127"),
        ({"class": "\"; evil = \""}, "'class' is missing"),
        ({"resource": "0x1 garbage\n"}, "'resources' of 0000:00:01.0 is missing"),
        ({"resource": b"\xff" * 9000}, "'resources' of 0000:00:01.0 is missing"),
    ],
)
# [utest->swr~import-pci~1]
def test_pci_not_whole(tmp_path, files, words):
    function(tmp_path / "devices", made_inventory.Function("0000:00:01.0"), **files)
    result = run(BOARD, "--pci", tmp_path / "devices", "-o", tmp_path / "board")
    assert result.returncode == 1
    assert words in result.stderr and "evil" not in result.stderr
    assert not (tmp_path / "board").exists()


# [utest->swr~import-pci~1]
def test_pci_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    function(tmp_path / "nameless", made_inventory.Function("0000:00:01.0"), vendor="x")
    for folder, words in (("none", "is no folder"), ("empty", "holds no PCI function"), ("nameless", "has no readable vendor")):
        refused(run(BOARD, "--pci", tmp_path / folder, "-o", tmp_path / "board"), words)
    assert not (tmp_path / "board").exists()

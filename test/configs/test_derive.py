# SPDX-License-Identifier: Apache-2.0
"""
Guest trees of the board of each dependency (boards/derive): built, audited, and read with dtc.

Robustness: test_one_clock_controller_for_two_cells, test_without_reserved_memory
"""
import json
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from tool import IMAGES, ROOT, TOOL, run  # noqa: E402


def warnings(*tree):
    """dtc's, by kind and node: without the file's name and places."""
    result = run("dtc", "-O", "dtb", "-o", "/dev/null", *tree)
    assert result.returncode == 0, result.stderr
    return {line[line.index("Warning") :] for line in result.stderr.splitlines() if "Warning" in line}


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    def of(name):
        out = tmp_path_factory.mktemp(name)
        result = run(TOOL, "build", f"test/configs/good/{name}.dts", "-I", IMAGES, "-o", str(out))
        assert (result.returncode, result.stderr) == (0, "")
        audit = run(TOOL, "audit", str(out / "bulkhead.itb"))
        assert audit.returncode == 0, audit.stderr
        board = warnings("-I", "dts", "test/configs/boards/derive/board.dts")
        for tree in ("health", "control", "gateway"):
            assert warnings("-I", "dtb", str(out / f"{tree}.dtb")) <= board
        return out

    return of


def prop(out, cell, node, name, *how):
    result = run("fdtget", *how, str(out / f"{cell}.dtb"), node, name)
    return result.stdout.strip() if result.returncode == 0 else None


def has(out, cell, node):
    return run("fdtget", "-p", str(out / f"{cell}.dtb"), node).returncode == 0


# [utest->swr~compile-tree~1] [utest->swr~config-shared~1]
# [utest->swr~audit-tree-shared~1]
def test_shared_providers(build):
    out = build("shared-providers")
    uart = "/soc/serial@10002000"
    clock = "/bulkhead-clock-48000000"
    assert prop(out, "gateway", clock, "clock-frequency") == "48000000"
    assert prop(out, "gateway", uart, "clocks").split() == [
        prop(out, "gateway", clock, "phandle"),
        prop(out, "gateway", "/osc", "phandle"),
    ]
    assert prop(out, "gateway", uart, "clock-names") == "uartclk apb_pclk"
    gone = "resets reset-names power-domains pinctrl-0 pinctrl-1 pinctrl-names dmas dma-names"
    for name in gone.split() + ["assigned-clocks", "assigned-clock-rates"]:
        assert prop(out, "gateway", uart, name) is None
    for node in ("clock-controller@10021000", "power-controller@10022000", "pinctrl@10023000", "dma@10007000"):
        assert not has(out, "gateway", f"/soc/{node}")
    assert has(out, "control", "/soc/clock-controller@10020000")
    assert prop(out, "control", "/soc/serial@10001000", "memory-region") is None
    text = (out / "map.txt").read_text()
    assert "/soc/clock-controller@10021000: clock 183 fixed at 48000000 Hz, clock 9 fixed at 32768 Hz\n" in text
    assert "0x10021000" not in text


# [utest->swr~config-shared~1]
def test_one_clock_controller_for_two_cells(build):
    out = build("shared-clock")
    for cell, uart, rate in (("control", 1, 1843200), ("gateway", 3, 3686400)):
        clock = prop(out, cell, f"/soc/serial@1000{uart}000", "clocks").split()[0]
        assert clock == prop(out, cell, f"/bulkhead-clock-{rate}", "phandle")
        assert not has(out, cell, "/soc/clock-controller@10020000")


# [utest->swr~compile-tree~1]
def test_providers_drawn_in(build):
    out = build("providers-drawn-in")
    assert has(out, "control", "/soc/clock-controller@10020000")
    assert not has(out, "gateway", "/soc/clock-controller@10020000")
    # Through the regulator that a GPIO switches, and as an interrupt controller.
    assert has(out, "gateway", "/vcc")
    assert has(out, "gateway", "/soc/gpio@10006000")
    assert not has(out, "control", "/vcc")
    for cell in ("health", "control", "gateway"):
        assert prop(out, cell, "/aliases", "serial2") is None
        assert prop(out, cell, "/chosen", "rng-seed") is None


# [utest->swr~compile-tree~1]
def test_cores_and_caches(build):
    """A cell sees its own cores' places in the cpu-map, and caches that lie in the nodes of others' cores."""
    out = build("providers-drawn-in")
    map0 = "/cpus/cpu-map/cluster0"
    cores = {"health": ["cpu@0"], "control": ["cpu@1"], "gateway": ["cpu@2", "cpu@3"]}
    for cell, own in cores.items():
        for n in range(4):
            assert has(out, cell, f"/cpus/cpu@{n}") == (f"cpu@{n}" in own)
        assert not has(out, cell, "/cpus/cpu-map/cluster1")  # numbered anew: Linux stops at the first gap
        for n in range(2):
            cpu = prop(out, cell, f"{map0}/core{n}", "cpu")
            assert cpu == (prop(out, cell, f"/cpus/{own[n]}", "phandle") if n < len(own) else None)
        for core in own:
            sizes, level, behind = [], 1, prop(out, cell, f"/cpus/{core}", "next-level-cache")
            while behind:
                level += 1
                for node in (f"/cpus/bulkhead-cache-{behind}", "/cpus/cpu@0/l2-cache", "/cpus/cpu@0/l2-cache/l3-cache", "/cpus/cpu@2/l2-cache"):
                    if prop(out, cell, node, "phandle") == behind:
                        break
                assert prop(out, cell, node, "cache-level") == str(level)
                sizes.append(int(prop(out, cell, node, "cache-size")))
                behind = prop(out, cell, node, "next-level-cache")
            assert sizes == [0x80000, 0x200000]
        assert prop(out, cell, f"/cpus/{own[0]}", "cpu-idle-states") is None
    assert has(out, "health", "/cpus/cpu@0/l2-cache/l3-cache")


# Boards of the kernel package, each with cells that share its clock controller: devices by cell, what is shared,
# the machine's redistributors, and where the firmware would put the RAM that the package's tree leaves out.
REAL = {
    "rockchip/rk3588-rock-5b": (
        ["serial@feb50000", "tsadc@fec00000", "timer@feae0000"],
        ["clock-controller@fd7c0000 175=24000000 160=100000000 158=2000000 157=100000000 84=100000000 87=24000000", "pinctrl"],
        8,
        0x40000000,
    ),
    "rockchip/rk3399-rockpro64": (
        ["serial@ff1a0000", "tsadc@ff260000"],
        ["clock-controller@ff760000 83=24000000 354=100000000 79=32768 356=100000000", "pinctrl"],
        6,
        0x40000000,
    ),
    "ti/k3-am625-sk": (
        ["serial@2800000", "gpio@600000", "gpio@601000"],
        ["system-controller@44043000 146:0=48000000 77:0=125000000 78:0=125000000", "pinctrl@f4000"],
        6,
        None,
    ),
    "freescale/imx8qxp-mek": (
        ["serial@5a060000", "serial@5a080000", "gpio@5d080000"],
        [
            "clock-controller@5a460000 0=80000000 16=80000000",
            "clock-controller@5a480000 0=80000000 16=80000000",
            "system-controller",
        ],
        6,
        None,
    ),
}
SLAVES = (
    "rockchip,rk3588-uart rockchip,rk3588-tsadc rockchip,rk3588-timer rockchip,rk3399-uart rockchip,rk3399-tsadc "
    "ti,am64-uart ti,am64-gpio fsl,imx8qxp-lpuart fsl,imx8qxp-gpio"
)


def real_board(folder, tree, frames, ram):
    board = folder / "board" / "board.dtb"
    board.parent.mkdir()
    with open(os.path.join(ROOT, "build/linux/dtbs", f"{tree}.dtb"), "rb") as source:
        board.write_bytes(source.read())
    if ram:
        node = f"/memory@{ram:x}"
        for options in (
            ["-c", str(board), node],
            ["-ts", str(board), node, "device_type", "memory"],
            ["-tx", str(board), node, "reg", "0", f"{ram:x}", "0", "40000000"],
        ):
            assert run("fdtput", *options).returncode == 0
    (folder / "known-slaves").write_text("\n".join(SLAVES.split()) + "\n")
    (board.parent / "machine.dts").write_text(
        f"""/dts-v1/;
/ {{
	compatible = "bulkhead,machine-v1";
	board = "real";
	loader {{ staging = /bits/ 64 <0 0>; forbidden = /bits/ 64 <0 0>; }};
	cpu {{ pa-bits = <40>; }};
	gic {{ spi-count = <960>; id-bits = <16>; list-registers = <4>; free-spis = <900 60>; redistributor-frames = <{frames}>; }};
	smmu {{ idr0 = <0 0>; }};
}};
"""
    )
    return board


def partitions(folder, devices, shared):
    path = folder / "real.dts"
    cells = "".join(
        f'c{n} {{ cpus = <{n + 1}>; memory = "16M"; image = "control.elf"; devices = "{device}"; }};\n'
        for n, device in enumerate(devices)
    )
    words = ", ".join(f'"{text}"' for text in shared)
    path.write_text(
        f"""/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "board";
	{f"shared-read-only = {words};" if shared else ""}
	cells {{
		health {{ role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; }};
		{cells}
	}};
}};
"""
    )
    return str(path)


# [utest->swr~config-shared~1]
# [utest->swr~compile-tree~1]
@pytest.mark.parametrize("tree", REAL)
def test_real_board(tree, tmp_path):
    devices, shared, frames, ram = REAL[tree]
    board = real_board(tmp_path, tree, frames, ram)
    out = tmp_path / "out"
    result = run(TOOL, "check", partitions(tmp_path, devices, []), "-I", IMAGES)
    # Unshared, each cell is told which controller its device needs.
    told = [device for n, device in enumerate(devices) if f"{device}' of cell 'c{n}' needs '" in result.stderr]
    assert result.returncode == 1 and len(told) >= 2
    result = run(TOOL, "build", partitions(tmp_path, devices, shared), "-I", IMAGES, "-o", str(out))
    assert (result.returncode, result.stderr) == (0, "")
    audit = run(TOOL, "audit", str(out / "bulkhead.itb"))
    assert audit.returncode == 0, audit.stderr
    source = warnings("-I", "dtb", str(board))
    for n in range(len(devices)):
        cell = f"c{n}"
        assert warnings("-I", "dtb", str(out / f"{cell}.dtb")) <= source
        text = run("dtc", "-q", "-I", "dtb", "-O", "dts", str(out / f"{cell}.dtb")).stdout
        assert f"{devices[n]} {{" in text
        for other in devices[:n] + devices[n + 1 :] + [words.split()[0] for words in shared]:
            assert f"{other} {{" not in text


def regions(out, cell):
    """Of /reserved-memory: the nodes with what says where they are."""
    found = run("fdtget", "-l", str(out / f"{cell}.dtb"), "/reserved-memory")
    nodes = found.stdout.split() if found.returncode == 0 else []
    return {name: {key: prop(out, cell, f"/reserved-memory/{name}", key, "-tx") for key in ("reg", "size", "alloc-ranges")} for name in nodes}


def memory_of(out, cell):
    """(address, size) of its RAM."""
    found = []
    for name in run("fdtget", "-l", str(out / f"{cell}.dtb"), "/").stdout.split():
        if name.startswith("memory@"):
            cells = [int(word, 16) for word in prop(out, cell, f"/{name}", "reg", "-tx").split()]
            found.append((cells[0] << 32 | cells[1], cells[2] << 32 | cells[3]))
    return found


# [utest->swr~config-reserved~1]
@pytest.mark.parametrize(
    "device, memory, words",
    [
        ("codec", '"16M"', "pool@9f000000, which isn't the cell's: a further region of 'memory', \"16M@0x9f000000\", gives it"),
        ("tuner", '"16M"', "far: the cell has no 4M of memory where that may lie"),
        ("display", '"4M"', None),
        ("codec", '"16M", "16M@0x9f000000"', None),
    ],
)
def test_without_reserved_memory(tmp_path, device, memory, words):
    """The device goes without, which is said; the image is as sound."""
    path = tmp_path / "one.dts"
    path.write_text(
        f"""/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "{ROOT}/test/configs/boards/derive";
	cells {{
		health {{ role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; }};
		one {{ cpus = <1>; memory = {memory}; image = "control.elf"; ram-base = "0x90000000"; devices = "{device}"; }};
	}};
}};
"""
    )
    result = run(TOOL, "build", str(path), "-I", IMAGES, "-o", str(tmp_path))
    assert result.returncode == 0
    if words:
        assert result.stderr.count("\n") == 1
        assert f"' of cell 'one' goes without reserved memory /reserved-memory/{words}\n" in result.stderr
    else:
        assert result.stderr == ""
    assert (regions(tmp_path, "one") == {}) == bool(words)
    audit = run(TOOL, "audit", str(tmp_path / "bulkhead.itb"))
    assert (audit.returncode, audit.stderr) == (0, "")


# [utest->swr~config-reserved~1]
def test_reserved_memory(build):
    """What a device names comes along; two cells each have room of their own where the guest chooses the place."""
    out = build("reserved-memory")
    mine = regions(out, "control")
    assert sorted(mine) == ["frames", "pool@9f000000"]
    assert mine["pool@9f000000"] == {"reg": "0 9f000000 0 1000000", "size": None, "alloc-ranges": None}
    assert prop(out, "control", "/reserved-memory/pool@9f000000", "no-map") == ""
    assert regions(out, "health") == {}
    assert sorted(regions(out, "gateway")) == ["frames"]
    camera, display = "/soc/serial@1000a000", "/soc/serial@1000b000"
    frames, pool = (prop(out, "control", f"/reserved-memory/{name}", "phandle") for name in ("frames", "pool@9f000000"))
    assert prop(out, "control", camera, "memory-region") == f"{pool} {frames}"
    assert prop(out, "control", camera, "memory-region-names") == "pool frames"
    assert prop(out, "gateway", display, "memory-region") == prop(out, "gateway", "/reserved-memory/frames", "phandle")
    for cell in ("control", "gateway"):
        room = [int(word, 16) for word in regions(out, cell)["frames"]["alloc-ranges"].split()]
        memory = memory_of(out, cell)
        for at in range(0, len(room), 4):
            base, size = room[at] << 32 | room[at + 1], room[at + 2] << 32 | room[at + 3]
            assert any(start <= base and base + size <= start + length for start, length in memory)


# [utest->swr~compile-nexus~1]
def test_interrupt_maps(build):
    """What a bus passes on is its devices'; of its map a guest has the rows of its own, well-formed."""
    out = build("nexus")
    gic, bus = prop(out, "control", "/interrupt-controller@1000000", "phandle"), "/bus@20000000"
    assert prop(out, "control", bus, "interrupt-map") == f"0 0 {gic} 0 20 4"
    assert prop(out, "control", bus, "interrupt-map-mask") == "0 63"
    extirq = prop(out, "gateway", "/extirq@21000000", "phandle")
    assert prop(out, "gateway", bus, "interrupt-map") == f"0 1 {gic} 0 21 1 0 2 {extirq} 3 4"
    assert prop(out, "gateway", "/extirq@21000000", "interrupt-map") == f"0 0 {gic} 0 30 4 3 0 {gic} 0 33 4"
    assert not has(out, "health", bus)
    plan = json.loads(run(TOOL, "map", "test/configs/good/nexus.dts", "--json", "-I", IMAGES).stdout)
    owned = {device["path"]: sorted(irq if isinstance(irq, int) else irq["intid"] for irq in device["interrupts"]) for cell in plan["cells"] for device in cell["devices"]}
    assert owned[f"{bus}/serial@20000000"] == [52] and owned[f"{bus}/serial@20001000"] == [53]
    assert owned[f"{bus}/serial@20002000"] == [] and owned[f"{bus}/serial@20004000"] == []  # the controller's; nowhere
    assert owned["/extirq@21000000"] == [62, 65]

# SPDX-License-Identifier: Apache-2.0
"""
Guest trees of the board of each dependency (boards/derive): built, audited, and read with dtc.
"""
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import images  # noqa: E402
from tool import IMAGES, ROOT, TOOL, run  # noqa: E402


def warnings(*tree):
    """dtc's, by kind and node: without the file's name and places."""
    result = run("dtc", "-O", "dtb", "-o", "/dev/null", *tree)
    assert result.returncode == 0, result.stderr
    return {line[line.index("Warning") :] for line in result.stderr.splitlines() if "Warning" in line}


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    images.write(os.path.join(ROOT, IMAGES))

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


def test_one_clock_controller_for_two_cells(build):
    out = build("shared-clock")
    for cell, uart, rate in (("control", 1, 1843200), ("gateway", 3, 3686400)):
        clock = prop(out, cell, f"/soc/serial@1000{uart}000", "clocks").split()[0]
        assert clock == prop(out, cell, f"/bulkhead-clock-{rate}", "phandle")
        assert not has(out, cell, "/soc/clock-controller@10020000")


def test_providers_drawn_in(build):
    out = build("providers-drawn-in")
    assert has(out, "control", "/soc/clock-controller@10020000")
    assert not has(out, "gateway", "/soc/clock-controller@10020000")
    # Through the regulator that a GPIO switches, and as an interrupt controller.
    assert has(out, "gateway", "/vcc")
    assert has(out, "gateway", "/soc/gpio@10006000")
    assert not has(out, "control", "/vcc")
    for cell in ("health", "control", "gateway"):
        assert not has(out, cell, "/cpus/cpu-map")
        assert prop(out, cell, "/aliases", "serial2") is None
        assert prop(out, cell, "/chosen", "rng-seed") is None

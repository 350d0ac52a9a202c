# SPDX-License-Identifier: Apache-2.0
"""What the paths through the hypervisor may cost, in instructions: virtual time alone, nothing of it depends on the host.

BOUNDS holds what was measured, neither more nor less; who makes a path cheaper writes the new figure here. `make bench`
measures the rest, and says how far from the targets it is.

Robustness: test_waiting_is_the_loops_alone
"""

import pathlib
import struct
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

import bench  # noqa: E402  (needs the path above)
import bench_cell  # noqa: E402
import bench_pci  # noqa: E402
import bench_static  # noqa: E402
import bench_trace  # noqa: E402
from harness import build  # noqa: E402

BOUNDS = {  # configuration -> operation of the bench cell -> EL2 instructions
    "injected": {
        "timer": 69,
        "timer.end": 0,
        "spi": 69,
        "spi.end": 0,
        "hvc_version": 58,  # 0x10002 is no immediate of one instruction
        "psci_version": 66,
        "hvc_unknown.vendor": 72,
        "hvc_unknown.psci": 74,
        "hvc_unknown.owner": 78,
        "hvc_unknown.near": 74,
        "hvc_unknown.near_vendor": 70,
        "hvc_unknown.near_uid": 72,
        "hvc_unknown.arch": 72,
        "smc_unknown.vendor": 76,
        "smc_unknown.psci": 78,
        "smc_unknown.owner": 83,
        "smc_unknown.near": 78,
        "smc_unknown.near_vendor": 74,
        "smc_unknown.near_uid": 76,
        "smc_unknown.arch": 76,
        "gicd_typer_read": 110,
        "gicd_isenabler_read": 105,
        "gicd_isenabler_write": 104,
        "sgi": 150,
        "sgi.end": 0,
        "doorbell": 159,
        "doorbell.end": 0,
    },
    "direct": {
        "timer": 0,
        "timer.end": 0,
        "spi": 0,
        "spi.end": 0,
        "sgi": 81,
        "sgi.receiver": 0,
        "sgi.end": 0,
        "doorbell": 90,
        "doorbell.receiver": 0,
        "doorbell.end": 0,
    },
}
MESSAGE = 103
REVOKE = 1990
TEXT_BYTES = 45056


def bound(figure):
    """The figures are those of Debian 12's compiler; another one's code may be an eighth longer."""
    return figure if bench_static.compiler() == bench_static.COMPILER else figure + figure // 8


@pytest.fixture(scope="module")
def out():
    return build.results_folder("bench")


@pytest.fixture(scope="module")
def measured(out):
    return {config: bench_cell.operations(config, out) for config in BOUNDS}


# [stest->swr~path-bounds~1] [stest->swr~irq-injected~1]
@pytest.mark.parametrize("config, operation", [(config, name) for config in BOUNDS for name in BOUNDS[config]])
def test_bound(measured, config, operation):
    assert measured[config][operation].most <= bound(BOUNDS[config][operation])


# [stest->swr~path-bounds~1]
def test_bound_revoke(out):
    """Of the stop of a running core no counter knows all, so the trace is what measures it."""
    windows = bench_trace.operations("injected", out, bench_cell.ICOUNT)["revoke"]
    counts = [window.instructions() for window in windows]
    assert min(counts) > 100 and max(counts) <= bound(REVOKE)


# [stest->swr~path-bounds~1]
def test_bound_message(out):
    """An LPI, an SPI made pending, and its delivery, in one exit."""
    found = bench_pci.messages(out)
    assert found["msi"].least > 20 and found["msi"].most <= bound(MESSAGE) and found["msi.end"].most == 0


def test_bound_text():
    assert bench_static.text_bytes()[0] <= bound(TEXT_BYTES)


# [stest->swr~path-bounds~1]
def test_measures_something(measured):
    """A counter that stands still would keep every bound."""
    for config, found in measured.items():
        for operation, series in found.items():
            if operation != "empty" and BOUNDS[config].get(operation) != 0:
                assert series.least > 20, operation


# [stest->swr~path-bounds~1]
def test_direct_ticks(out):
    """1,000 ticks of a direct cell enter EL2 not once; telemetry and QEMU's log of exceptions agree on it. The work
    beside them takes as long as on the bare machine."""
    direct, native = bench_cell.ticks_direct(out), bench_cell.ticks_native(out)
    assert (direct.telemetry, direct.log) == (0, 0)
    assert direct.work <= 1.0005 * native.work


KINDS = {
    0xD53CD080: "sysreg",  # mrs x0, tpidr_el2
    0xD51CCB00: "sysreg",  # msr ich_hcr_el2, x0
    0xD538CC00: "sysreg",  # mrs x0, icc_iar1_el1
    0xD53BE040: "sysreg",  # mrs x0, cntvct_el0
    0xD5100240: "sysreg",  # msr mdscr_el1, x0
    0xD5033FDF: "barrier",  # isb
    0xD5033F9F: "barrier",  # dsb sy
    0xD5033ABF: "barrier",  # dmb ishst
    0xD50C83DF: "tlbi",  # tlbi vmalls12e1is
    0xD50B7E20: "cache",  # dc civac, x0
    0xD508751F: "cache",  # ic iallu
    0xD503201F: "other",  # nop
    0xD50342DF: "other",  # msr daifset, #2
    0xD69F03E0: "other",  # eret
    0xA9000FE2: "other",  # stp x2, x3, [sp]
}


@pytest.mark.parametrize("code", KINDS, ids=hex)
def test_kind_of_instruction(code):
    assert bench_trace.kind(code) == KINDS[code]


STORES = {
    0xA9000FE2: 16,  # stp x2, x3, [sp]
    0xA8C11404: 0,  # ldp x4, x5, [x0], #16
    0xF8008404: 8,  # str x4, [x0], #8
    0x39000001: 1,  # strb w1, [x0]
    0xB9000001: 4,  # str w1, [x0]
    0xF9400001: 0,  # ldr x1, [x0]
    0xD50B7420: 64,  # dc zva, x0
    0xEB01001F: 0,  # cmp x0, x1
    0xD65F03C0: 0,  # ret
}


@pytest.mark.parametrize("code", STORES, ids=hex)
def test_stored_bytes(code):
    assert bench_trace.stored(code) == STORES[code]


def test_trace_file(results):
    path = pathlib.Path(results) / "trace.txt"
    path.write_text("window 0\ncode 0 10 2\ncode 2 10 1\nline 2 40\ndevice 0 3\nend\nwindow 1\ncode 0 10 1\n")
    (window,) = bench_trace.parse(path)  # the other one is not complete
    assert window.instructions() == 3 and window.instructions(2) == 1
    assert window.lines == {2: {0x40}} and window.device == {0: 3}


def test_opcodes_are_the_images(results):
    """The trace's offsets are offsets in bulkhead.bin."""
    image = bench_trace.Image()
    vectors = image.symbols["vectors"] - image.link
    assert image.function(vectors + 4) == "vectors"
    assert image.opcode(vectors) == struct.unpack_from("<I", bench_trace.BINARY.read_bytes(), vectors)[0]


CALLS = {
    0x94000001: 0x1004,  # bl .+4
    0x97FFFFFF: 0xFFC,  # bl .-4
    0x14000001: None,  # b .+4
    0xD63F0000: None,  # blr x0
}


@pytest.mark.parametrize("code", CALLS, ids=hex)
def test_called(code):
    assert bench_trace.called(0x1000, code) == CALLS[code]


def test_waiting_is_the_loops_alone():
    """The clock is read in loops that wait, and elsewhere: that is work."""
    image = bench_trace.Image()
    clock = image.symbols["arch_time"] - image.link
    call = next(at for at in range(0, image.size, 4) if bench_trace.called(at, image.opcode(at)) == clock)
    counts = {call: 5, clock: 7, clock + 4: 7, clock + 8: 7}
    chains = {offset: ["arch_time"] for offset in counts} | {call: ["others_gather", "boot_main"]}
    assert bench_trace.waiting(counts, chains, image) == {call: 5, clock: 5, clock + 4: 5, clock + 8: 5}
    chains[call] = ["event_record"]
    assert not bench_trace.waiting(counts, chains, image)


def test_miss_has_a_reason():
    row = {"name": "text_bytes", "value": 1, "unit": "bytes", "target": 1}
    assert bench.why_missed(row) == {}
    missed = bench.why_missed({**row, "target": 0})
    assert missed["reason"] and missed["next"]
    unknown = {**row, "name": "nobody's", "target": 0}
    if bench_static.compiler() == bench_static.COMPILER:
        with pytest.raises(RuntimeError, match="nobody's is 1, over its target"):
            bench.why_missed(unknown)
    else:
        assert "another compiler" in bench.why_missed(unknown)["reason"]


@pytest.mark.parametrize(
    "ipa, pa, size, leaves",
    [
        (0, 0, 1 << 30, 1),
        (0, 1 << 21, 1 << 30, 512),  # alike in 2 MiB only
        (0x40000000, 0x80000000, 512 << 20, 256),
        (0x1000, 0x201000, 0x1000, 1),
        (0x1FF000, 0x3FF000, 0x202000, 3),
    ],
)
def test_fewest_leaves(ipa, pa, size, leaves):
    assert bench_static.fewest(ipa, pa, size) == leaves


def test_growth(out):
    """Bytes are whole pages, and what the composition says."""
    for total, parts in bench_static.growth(out):
        assert total == 1024 * sum(int(part.split()[-2]) for part in parts.split(", ") if part.endswith("KiB"))


def test_sources_of_the_build():
    files = bench_static.source_files()
    assert "src/arch/arm64/vectors.S" in files and "src/blueprint/blueprint.h" in files
    assert not [path for path in files if not (build.ROOT / path).exists()]

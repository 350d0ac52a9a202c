#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
A board that nobody has built yet, and partition files for it: what the host tool is timed with.

    synthetic.py FOLDER [--cores N] [--cells N]     writes FOLDER/board/, FOLDER/cells-N.dts and the images

The board has cores in clusters of eight, a redistributor region for every 64 of them, 4 TiB of RAM in five banks and, for
every four cores, four devices with an interrupt each on a bus of their own. A partition file gives each cell four cores,
30 GiB, those four devices and a channel with a doorbell to the next cell; every other cell is Linux. All of it follows
from the numbers of cores and cells, so the same numbers give the same bytes.
"""
import argparse
import pathlib

import images

GIB = 1 << 30
CLUSTER = 8
REGION = 64  # cores of a redistributor region
CELL_CORES = 4
GICD = 0x2000_0000
GICR = 0x2100_0000
FRAME = 0x2_0000
BUSES = 0x4000_0000
BUS = 0x10_0000
MEMORY = [(2 * GIB, 2 * GIB), (34 * GIB, 1022 * GIB), (2048 * GIB, 1024 * GIB), (4096 * GIB, 1024 * GIB), (6144 * GIB, 1024 * GIB)]
PA_BITS = 44
SPIS = 988  # all that GICv3 has without the extended range
DOORBELLS = 256  # at least so many are wired to nothing
DEVICES = [
    ("serial", '"arm,pl011", "arm,primecell"', 'clocks = <&clock &clock>; clock-names = "uartclk", "apb_pclk";'),
    ("timer", '"arm,sp804", "arm,primecell"', 'clocks = <&clock>; clock-names = "apb_pclk";'),
    ("rtc", '"arm,pl031", "arm,primecell"', 'clocks = <&clock>; clock-names = "apb_pclk";'),
    ("gpio", '"arm,pl061", "arm,primecell"', 'clocks = <&clock>; clock-names = "apb_pclk"; gpio-controller; #gpio-cells = <2>;'),
]


def words(value):
    return f"{value >> 32:#x} {value & 0xFFFFFFFF:#x}"


def pair(base, size):
    return f"<{words(base)} {words(size)}>"


def groups(cores):
    """Buses of devices: one for a cell's worth of cores, as long as interrupts last."""
    return min(cores // CELL_CORES, (SPIS - DOORBELLS) // len(DEVICES))


def mpidr(core):
    cluster = core // CLUSTER
    return (cluster >> 8) << 16 | (cluster & 0xFF) << 8 | core % CLUSTER


def cpus(cores):
    for core in range(cores):
        yield f'\t\tcpu@{mpidr(core):x} {{ device_type = "cpu"; compatible = "arm,neoverse-n1"; reg = <0 {mpidr(core):#x}>;'
        yield f'\t\t\tenable-method = "psci"; next-level-cache = <&l2_{core // CLUSTER}>; }};'
    for cluster in range((cores + CLUSTER - 1) // CLUSTER):
        yield f'\t\tl2_{cluster}: l2-cache{cluster} {{ compatible = "cache"; cache-level = <2>; cache-unified; }};'


def redistributors(cores):
    for first in range(0, cores, REGION):
        yield pair(GICR + first * FRAME, min(REGION, cores - first) * FRAME)


def devices(index):
    base = BUSES + index * BUS
    yield f"\tbus{index}: bus@{base:x} {{"
    yield f'\t\tcompatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>; ranges = <0 {words(base)} {BUS:#x}>;'
    for number, (name, compatible, more) in enumerate(DEVICES):
        at = number * 0x1_0000
        yield f"\t\t{name}@{at:x} {{ compatible = {compatible}; reg = <{at:#x} 0x1000>;"
        yield f"\t\t\tinterrupts = <0 {index * len(DEVICES) + number} 4>; {more} }};"
    yield "\t};"


def board(cores, memory):
    regions = list(redistributors(cores))
    yield "/dts-v1/;\n/ {"
    yield '\t#address-cells = <2>; #size-cells = <2>; compatible = "bulkhead,synthetic"; interrupt-parent = <&gic>;'
    yield '\tpsci { compatible = "arm,psci-1.0"; method = "smc"; };'
    yield "\tcpus {\n\t\t#address-cells = <2>; #size-cells = <0>;"
    yield from cpus(cores)
    yield "\t};"
    for base, size in memory:
        yield f'\tmemory@{base:x} {{ device_type = "memory"; reg = {pair(base, size)}; }};'
    yield f"\tgic: interrupt-controller@{GICD:x} {{"
    yield '\t\tcompatible = "arm,gic-v3"; #interrupt-cells = <3>; interrupt-controller; interrupts = <1 9 4>;'
    yield f"\t\t#redistributor-regions = <{len(regions)}>; reg = {pair(GICD, 0x1_0000)}, {', '.join(regions)};"
    yield "\t};"
    yield '\ttimer { compatible = "arm,armv8-timer"; interrupts = <1 13 4>, <1 14 4>, <1 11 4>, <1 10 4>; };'
    yield '\tclock: clock { compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <24000000>; };'
    for index in range(groups(cores)):
        yield from devices(index)
    yield "};"


def machine(cores, pa_bits):
    wired = groups(cores) * len(DEVICES)
    yield '/dts-v1/;\n/ {\n\tcompatible = "bulkhead,machine-v1";\n\tboard = "synthetic";'
    yield "\tloader { staging = /bits/ 64 <0x80000000 0x10000000>; };"
    yield f"\tcpu {{ pa-bits = <{pa_bits}>; }};"
    yield f"\tgic {{ spi-count = <{SPIS}>; id-bits = <10>; list-registers = <16>; free-spis = <{wired} {SPIS - wired}>;"
    yield f"\t\tredistributor-frames = <{cores}>; }};\n}};"


def cell(index, name):
    cores = " ".join(str(CELL_CORES * index + n) for n in range(CELL_CORES))
    owned = ", ".join(f'"/bus@{BUSES + index * BUS:x}/{device}@{number * 0x1_0000:x}"' for number, (device, *_) in enumerate(DEVICES))
    kind = 'role = "health"; image = "health.elf";'
    if index:
        kind = 'kernel = "Image"; initrd = "initramfs.cpio.gz"; bootargs = "quiet"; boot-timeout = "60s";' if index % 2 else 'image = "control.elf";'
        kind += ' heartbeat = "500ms";'
    return f'\t\t{name} {{ cpus = <{cores}>; memory = "30G"; {kind} devices = {owned}; }};'


def partitions(cells):
    names = ["health"] + [f"cell{index}" for index in range(1, cells)]
    yield '/dts-v1/;\n/ {\n\tcompatible = "bulkhead,partitions-v1";\n\tboard = "board";\n\tcells {'
    for index, name in enumerate(names):
        yield cell(index, name)
    yield "\t};\n\tchannels {"
    for index in range(1, cells):
        yield f'\t\tring{index} {{ from = "{names[index - 1]}"; to = "{names[index]}"; size = "64K"; doorbell; }};'
    yield "\t};\n};"


def write(folder, cores, cells, memory=MEMORY, pa_bits=PA_BITS):
    """The board of so many cores, its images, and a partition file of so many cells: its path."""
    folder = pathlib.Path(folder)
    (folder / "board").mkdir(parents=True, exist_ok=True)
    images.write(folder)
    (folder / "board/board.dts").write_text("\n".join(board(cores, memory)) + "\n")
    (folder / "board/machine.dts").write_text("\n".join(machine(cores, pa_bits)) + "\n")
    path = folder / f"cells-{cells}.dts"
    path.write_text("\n".join(partitions(cells)) + "\n")
    return path


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("--cores", type=int, default=512)
    arguments.add_argument("--cells", type=int, default=128)
    options = arguments.parse_args()
    print(write(options.folder, options.cores, options.cells))

# SPDX-License-Identifier: Apache-2.0
"""
What the fuzz targets start from, made out of the boards and partition files of this tree: a folder of inputs for each
target, and the good files that stand_in.c and audit.c fall back on.
"""
import hashlib
import itertools
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/configs"))
import images  # noqa: E402  (needs the path above)
import inventory  # noqa: E402
import test_log  # noqa: E402
import test_pci  # noqa: E402
import test_records  # noqa: E402

import seeds_evidence  # noqa: E402

KINDS = ["partition", "partition text", "errors", "board", "machine", "machine text", "known slaves", "elf", "kernel", "overlay", "memory", "pci", "inventory",
         "inventory text"]
BOARDS = [ROOT / "dts/qemu-virt", ROOT / "test/configs/boards/odd"]
DEBIANS = ROOT / "build/linux/dtbs"  # the smallest of Debian's boards that differ: imported, and refused for each reason
IMPORTED = ["arm/foundation-v8-gicv3-psci", "arm/fvp-base-revc", "cavium/thunder2-99xx", "marvell/ac5-98dx35xx-rd", "marvell/armada-3720-db",
            "mediatek/mt6779-evb", "amd/amd-overdrive-rev-b0", "qcom/sm4450-qrd"]  # fmt: skip
CACHED, DERIVE = ROOT / "test/configs/boards/cached", ROOT / "test/configs/boards/derive"
EDIT = struct.Struct("<BBIQ")  # struct edit of audit.c, and some of its parts and kinds
HYPERVISOR, BLUEPRINT, WHOLE = 0, 5, 6
WORD, LONG, FLIP, ADD, BYTES = 1, 2, 3, 4, 0x80  # BYTES: `at` counts bytes, not words


def pack(**parts):
    """The input of stand_in.c: see pack.h."""
    named = ((name.replace("_", " "), data) for name, data in parts.items())
    return b"".join(struct.pack("<BI", KINDS.index(name), len(data)) + data for name, data in named)


def dtc(path, *options):
    return subprocess.run(["dtc", "-q", "-I", "dts", *options, "--", os.path.relpath(path, ROOT)], cwd=ROOT, capture_output=True, check=False)


def tree(path):
    return dtc(path, "-O", "dtb").stdout


def text(path):
    return dtc(path, "-O", "dts", "-T", "-T").stdout


def overlay(path):
    """The overlay that a partition file names, where it is there."""
    named = re.search(r'dtb-overlay = "(.*?)"', path.read_text())
    file = path.parent / named[1] if named else pathlib.Path()
    if not file.is_file():
        return b""
    return pack(overlay=file.read_bytes() if file.suffix == ".dtbo" else tree(file))


def partition(path):
    """The pack of a partition file: what dtc makes of it, or what it says against it."""
    done = dtc(path, "-O", "dtb")
    if done.returncode:
        return pack(errors=done.stderr)
    return pack(partition=done.stdout, partition_text=text(path)) + overlay(path)


def variants(folder, path):
    """What board.c refuses: the file's board under another name, and the first board's tree and facts with a word changed."""
    scratch = folder / "variant.dts"

    def changed(text, old, new):
        assert old in text
        scratch.write_text(text.replace(old, new))
        return tree(scratch)

    for name in ("qemu-vrit", "qemu-virt.dts", "lone", "missing.dts"):
        yield name, pack(partition=changed(path.read_text(), '"qemu-virt"', f'"{name}"'), partition_text=text(scratch))
    source, facts = ((BOARDS[1] / f"{name}.dts").read_text() for name in ("board", "machine"))
    for name, old, new in (
        ("no-gic", '"arm,gic-v3"', '"arm,gic-400"'),
        ("regions", "#redistributor-regions = <2>", "#redistributor-regions = <9>"),
        ("no-maintenance", "interrupts = <1 9 4>;", ""),
        ("no-ram", 'device_type = "memory";', ""),
        ("no-cpu", 'device_type = "cpu";', ""),
        ("wired", "interrupts = <0 0 4>", "interrupts = <0 60 4>"),
    ):
        yield name, pack(board=changed(source, old, new), machine=tree(BOARDS[1] / "machine.dts"))
    for name, old, new in (("wraps", "0x80000000 0x08000000", "0xffffffffffff0000 0x20000"), ("bits", "pa-bits = <36>", "pa-bits = <32>")):
        yield name, pack(board=tree(BOARDS[1] / "board.dts"), machine=changed(facts, old, new), machine_text=text(scratch))


def board(folder):
    return pack(board=tree(folder / "board.dts"), machine=tree(folder / "machine.dts"), machine_text=text(folder / "machine.dts"))


class Corpus:
    """Inputs of one target, as files; a new one is empty."""

    def __init__(self, folder):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def add(self, name, data):
        (self.folder / name).write_bytes(data)


def old(data):
    """The tree as of version 5, in which names would be whole paths: libfdt can't be asked about those."""
    return data[:20] + struct.pack(">II", 5, 5) + data[28:]


def edits(generator, count):
    return b"".join(
        EDIT.pack(generator.randrange(7), generator.randrange(256), generator.getrandbits(32), generator.choice([0, 1, 0xFFF, generator.getrandbits(64)]))
        for _ in range(count)
    )


SMALL = """/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt";
	cells {
		health { role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; boot-state = "flash@0:1"; confirm-after = "10s"; };
		linux { cpus = <1 3>; memory = "64M"; keep = "1M"; kernel = "Image"; devices = "rest"; heartbeat = "1s"; };
		control { cpus = <2>; memory = "16M"; image = "control.elf"; interrupts = "direct"; pmu; essential; };
	};
	channels { ring { from = "linux"; to = "control"; size = "4K"; doorbell; }; };
	faults { default = "restart"; restart-window = "3/60s"; };
};
"""


COLORED = f"""/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "{CACHED}";
	cells {{
		one {{ cpus = <0>; memory = "4M"; image = "control.elf"; colors = <0 1 2 3 4 5 6 7>; }};
		two {{ cpus = <1 2>; memory = "4M"; image = "control.elf"; }};
	}};
}};
"""


FUNCTIONS = f"""/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "{ROOT}/test/unit/mutation/small";
	cells {{
		health {{ role = "health"; cpus = <0>; memory = "4M"; image = "health.elf"; pci = "nic.vf1"; allow-peer-dma; }};
		one {{ cpus = <2 3>; memory = "4M"; image = "control.elf"; pci = "nic", "disk", "card"; msis = <4>; allow-peer-dma; }};
		two {{ cpus = <5>; memory = "4M"; image = "control.elf"; pci = "nic.vf0", "twin"; msis = <2>; allow-peer-dma; }};
	}};
	channels {{ setpoints {{ from = "one"; to = "two"; size = "8K"; doorbell; }}; }};
}};
"""


def image(folder, name, partitions):
    """The FIT of a small partition file, with stand-ins for its images."""
    images.write(folder / "images")
    path = folder / f"{name}.dts"
    path.write_text(partitions)
    subprocess.run([ROOT / "build/bulkhead", "build", path, "-I", folder / "images", "-B", ROOT, "-o", folder / name], cwd=ROOT, check=True)
    return (folder / name / "bulkhead.itb").read_bytes()


def on_board(board, name):
    """Partition files of the tests for one of their boards."""
    folders = (ROOT / "test/configs/good", ROOT / "test/configs/bad")
    found = [path for folder in folders for path in sorted(folder.glob(name)) if f"boards/{board.name}" in path.read_text()]
    assert found
    return found


def colors(folder, corpus):
    """Files that give cells colours, and boards with caches of every kind."""
    for path in on_board(CACHED, "colors*.dts"):
        corpus.add(path.stem, partition(path))
    for path in CACHED.glob("*.dts"):
        if path.stem != "machine":
            corpus.add(path.stem, pack(board=tree(path)))
    source = (CACHED / "board.dts").read_text().replace("../../../..", str(ROOT))
    scratch = folder / "variant.dts"
    for name, old, new in (
        ("block-size", "cache-line-size", "cache-block-size"),
        ("no-size", "cache-size = <0x100000>;", ""),
        ("no-line", "cache-line-size = <64>;", ""),
        ("no-reference", "cpu@2 { next-level-cache = <&l2>; };", ""),
        ("dangling", "cpu@2 { next-level-cache = <&l2>; };", "cpu@2 { next-level-cache = <0x7777>; };"),
    ):
        assert old in source
        scratch.write_text(source.replace(old, new))
        corpus.add(name, pack(board=tree(scratch)))


def derive(folder, corpus):
    """Files and boards from which guest trees are derived, and what can't be."""
    for path in on_board(DERIVE, "*.dts"):
        corpus.add(path.stem, partition(path))
    for path in (DERIVE, *BOARDS, CACHED):
        corpus.add(path.name, board(path))
    for path in sorted((ROOT / "test/configs/good").glob("*.dts")):
        # The board comes along, by whatever name.
        if 'board = "qemu-virt"' in path.read_text():
            corpus.add(path.stem, partition(path) + board(BOARDS[0]))


REST = """/dts-v1/;
/ {
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt";
	cells {
		health { role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; };
		main { cpus = <1>; memory = "64M"; kernel = "Image"; devices = "rest"; };
	};
};
"""


def import_defaults(folder):
    """A partition file as import writes one, and facts that hold for most boards."""
    partitions, machine = folder / "rest.dts", folder / "machine-any.dts"
    partitions.write_text(REST)
    facts = (BOARDS[0] / "machine.dts").read_text()
    for old, new in (("<40>", "<48>"), ("<256>", "<988>"), ("<192 64>", "<924 64>"), ("<0xbc010000 0x03ff0000>", "<0 0x1000>"), ("crash-audit = /bits/ 64 <0xbc000000 0x00010000>;", ""),
                     ("firmware = /bits/ 64 <0x00000000 0x04000000>;", "")):
        assert old in facts
        facts = facts.replace(old, new)
    machine.write_text(facts)
    return partition(partitions) + pack(board=tree(BOARDS[0] / "board.dts"), machine=tree(machine), machine_text=text(machine))


def imports(folder, corpus):
    """Boards, and what of them is refused or guessed; --memory; copies of /sys/bus/pci/devices."""
    for path in (*BOARDS, CACHED, DERIVE):
        corpus.add(path.name, pack(board=tree(path / "board.dts")))
    for name in IMPORTED:
        corpus.add(name.replace("/", "-"), pack(board=(DEBIANS / f"{name}.dtb").read_bytes()))
    scratch, sources = folder / "variant.dts", [(path / "board.dts").read_text() for path in BOARDS]
    for number, (source, old, new) in enumerate(
        (
            (0, '"smc"', '"hvc"'),
            (0, '"arm,psci-1.0\\0arm,psci-0.2\\0arm,psci"', '"arm,psci"'),
            (0, '"arm,psci-1.0\\0arm,psci-0.2\\0arm,psci"', '"none"'),
            (0, '"arm,armv8-timer', '"arm,armv9-timer'),
            (0, '"arm,gic-v3"', '"arm,gic-400"'),
            (0, '"arm,gic-v3"', '"arm,gic-v9"'),
            (0, 'enable-method = "psci"', 'enable-method = "spin-table"'),
            (0, 'enable-method = "psci";', ""),
            (0, 'device_type = "cpu";', ""),
            (0, "reg = <0x00 0x40000000 0x00 0x80000000>;", ""),
            (0, "reg = <0x00 0x40000000 0x00 0x80000000>;", "reg = <0x00 0x40000000 0x00 0x00>;"),
            (0, "reg = <0x00 0x40000000 0x00 0x80000000>;", "reg = <0x00 0x40000000 0x00 0x2000000>;"),
            (0, "memory@40000000 {", "memory@41000000 {"),
            (0, "chosen {", "chosen { kaslr-seed = <1 2>;"),
            (0, '"pci-host-ecam-generic"', '"vendor,pcie"'),
            (0, '"arm,smmu-v3"', '"arm,smmu-v2"'),
            (0, '"arm,pl011', '"arm,pl012'),
            (1, "<0 0 4>;", "<0 0 4>; mbi-ranges = <100 20 200 30>; arm,msi-base-spi = <300>;"),
            (1, "<0 0 4>;", "<0 0 4>; qcom,pdc-ranges = <0 480 40 1 2 3>; ti,interrupt-ranges = <0 64 5>;"),
            (1, "<0 0 4>;", "<0 0 4>; marvell,spi-base = <128>; marvell,spi-ranges = <0 1000>;"),
            (1, "#redistributor-regions = <2>", "#redistributor-regions = <1>"),
        )
    ):
        assert old in sources[source], old
        scratch.write_text(sources[source].replace(old, new).replace("../../../..", str(ROOT)))
        corpus.add(f"variant-{number:02}", pack(board=tree(scratch)))
    for name, arguments in (("one", "2G@0x80000000"), ("two", "1G@0x40000000\0 512M@0x100000000"), ("wrong", "2G"), ("odd", "5@7"), ("wraps", "1G@0xffffffffffff0000")):
        corpus.add(f"memory-{name}", pack(memory=arguments.encode() + b"\0"))
    for path in BOARDS:
        corpus.add(f"memory-{path.name}", pack(board=tree(path / "board.dts"), memory=b"2G@0x80000000\0"))
    bar = b"0x0000000010000000 0x00000000100fffff 0x0000000000040200\n0x0 0x0 0x0\n"
    event = b"DRIVER=i40e\nPCI_SLOT_NAME=0000:00:01.0\n"
    for name, files in (
        ("whole", [b"0x8086\n", b"0x1572\n", b"0x020000\n", b"0x01\n", event, event, bar, b"1\n", b"0x1\n", b"0x2\n", b"16\n", b"64\n", b"154c\n", bytes(range(64))]),
        ("bare", [b"0x8086\n", b"0x1572\n"]),
        ("nameless", [b"x"]),
    ):
        corpus.add(f"pci-{name}", pack(pci=b"\0".join(files)))


def pci_copy(folder):
    """What of the copy stays: links, and a second function; the target writes the files of the first."""
    for address, group in (("0000:00:01.0", "link"), ("0000:00:02.0", "folder")):
        function = folder / address
        (function / "physfn").mkdir(parents=True, exist_ok=True)
        for name, number in (("vendor", "0x1af4"), ("device", "0x1000")):
            (function / name).write_text(f"{number}\n")
        if group == "folder":
            (function / "iommu_group/devices/0000:00:02.0").mkdir(parents=True, exist_ok=True)
        elif not (function / "iommu_group").is_symlink():
            (function / "iommu_group").symlink_to("../../../../kernel/iommu_groups/7")


def functions(folder, made):
    """An inventory of functions."""
    path = folder / "pci.dts"
    inventory.write(path, made)
    return pack(inventory=tree(path), inventory_text=text(path))


def replaced(path, changes):
    text = path.read_text()
    for old, new in changes:
        text = text.replace(old, new)
    return text


def with_facts(folder):
    """The first board, with what PCI functions' tables rest on."""
    path = folder / "facts.dts"
    path.write_text(replaced(BOARDS[0] / "machine.dts", [(test_pci.NO_FACTS, test_pci.FACTS)]))
    return pack(board=tree(BOARDS[0] / "board.dts"), machine=tree(path), machine_text=text(path))


def cells(folder, given):
    path = folder / "functions.dts"
    path.write_text(test_pci.PARTITIONS % ("qemu-virt", given))
    return partition(path)


def pci(folder, corpus):
    """Inventories, cells that name their functions, boards with other hosts; what the tests refuse, and what they admit."""
    for name, (made, _) in test_pci.BAD.items():
        if made:
            corpus.add(name, functions(folder, made))
    for number, (made, given, changes, _) in enumerate(test_pci.APART.values()):
        data = functions(folder, made) + cells(folder, given)
        for file in "board", "machine":
            scratch = folder / "variant.dts"
            scratch.write_text(replaced(BOARDS[0] / f"{file}.dts", [(test_pci.NO_FACTS, test_pci.FACTS), *changes]))
            if changes:
                data += pack(**{file: tree(scratch)})
        corpus.add(f"cells-{number:02}", data)
    for path in sorted((ROOT / "test/configs").glob("*/pci*.dts")):
        corpus.add(path.stem, partition(path) + board(ROOT / "dts/qemu-virt-pci"))


def fit(folder, data):
    """A FIT of the right form with a few bytes in each part; `data`: how the parts give them."""
    of = {name: data.format(at=64 * n) for n, name in enumerate(["kernel", "fdt", "machine", "partitions", "known-slaves", "file-0"])}
    digest = hashlib.sha256(bytes(4)).hexdigest()
    hashed = f'hash-1 {{ algo = "sha256"; value = [{digest}]; }};'
    load = "load = <0x40000000>; entry = <0 0x40000000>;"
    parts = "".join(f'{name} {{ {of[name]} {load} description = "linux:kernel:Image"; {hashed} }};' for name in of)
    path = folder / "fit.dts"
    path.write_text(
        f'/dts-v1/; / {{ images {{ {parts} }}; configurations {{ default = "conf-1"; conf-1 {{ kernel = "kernel"; fdt = "fdt"; '
        'loadables = "file-0"; bulkhead,board = "a"; bulkhead,inputs = "machine", "partitions", "known-slaves"; bulkhead,counter = <1>; signature-1 { value = <1>; }; }; }; };'
    )
    return tree(path) + bytes(1024)


def logs(folder, corpus):
    """A good log, and one of each wrong form."""
    key = folder / "log.pem"
    key.write_bytes(images.KEY)
    good = test_log.Log(folder)
    for n, sequence in enumerate((1, 2, 5), 1):
        good.add(test_log.event(n, sequence=sequence)).checkpoint(key if n > 1 else None)
    text = lambda lines: "".join(line + "\n" for line in lines).encode()
    corpus.add("good", text(good.lines))
    for n, (line, at, _) in enumerate(test_log.FORMS):
        corpus.add(f"form-{n}", text([*good.lines[: at - 1], line, *good.lines[at:]]))
    for n in range(4, len(good.lines)):
        corpus.add(f"without-{n}", text(good.lines[:n] + good.lines[n + 1 :]))
        corpus.add(f"twice-{n}", text(good.lines[:n] + good.lines[n - 1 :]))
    corpus.add("gone", text([*good.lines, "gone 4"]))
    corpus.add("gap", text([*good.lines, good.lines[4].replace("base 0", "base 9")]))
    for name, at, old, new in (("head", -1, "head=", "head=0"), ("signature", -1, "signature=", "signature=0"), ("core", -2, " B", " C")):
        lines = [*good.lines]
        lines[at] = lines[at].replace(old, new, 1)
        lines[at] = lines[at][:-1] if name != "core" else lines[at]
        corpus.add(name, text(lines))
    corpus.add("core-beyond", text(test_log.Log(folder).add(test_log.event(1, core=2000)).checkpoint().lines))


def record_files(corpus):
    """A good file, one of each wrong field, and each without, or with more than, a line."""
    good = test_records.lines()
    text = lambda lines: "".join(line + "\n" for line in lines).encode()
    corpus.add("good", text(good))
    for name in test_records.record(0):
        for kind, value in (("none", None), ("text", "?"), ("number", -1)):
            corpus.add(f"{name}-{kind}", text(test_records.lines(**{name: value})))
    for name in test_records.FIRST:
        corpus.add(f"first-{name}", text(test_records.lines({name: 0})))
    for n in range(len(good)):
        corpus.add(f"without-{n}", text(good[:n] + good[n + 1 :]))
        corpus.add(f"twice-{n}", text([*good[: n + 1], *good[n:]]))


def requests(corpus):
    """Of web clients: right ones, and such as are wrong in one thing."""
    likes = ["", "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5,*/*;q=0.1\r\n", "Accept: image/svg+xml, application/json;q=\"0.5\"\r\n"]
    for n, (method, path, version, like) in enumerate(itertools.product(("GET", "HEAD", "PUT"), ("/", "/metrics", "/health", "/map?x", "http://a/map.svg"), "01", likes)):
        corpus.add(f"right-{n:03}", f"{method} {path} HTTP/1.{version}\r\nHost: a\r\n{like}\r\n".encode())
    for n, text in enumerate(("GET / HTTP/2.0\r\n", "GET  /\r\n", "GET / HTTP/1.1\r\n\r\n", "\r\n\r\nGET / HTTP/1.0\r\nA : b\r\n", "GET / HTTP/1.0\r\n\tb\r\n", "G\r", "\0", "GET /" + 2000 * "a" + " HTTP/1.0\r\n\r\n",
                             "GET / HTTP/1.0\r\n" + 900 * "a: bcdefg\r\n")):  # fmt: skip
        corpus.add(f"wrong-{n}", text.encode())


def write(folder):
    """All of it below `folder`: corpora NAME/, `defaults` for stand_in.c and `image` for audit.c, and others of them for some targets."""
    good = sorted((ROOT / "test/configs/good").glob("*.dts"))
    first = next(path for path in good if path.stem == "faults-and-channels")
    boards, partitions, trees, fits, audits = (Corpus(folder / name) for name in ("board", "partition", "tree", "fit", "audit"))
    for path in BOARDS:
        boards.add(path.name, board(path))
        trees.add(path.name, tree(path / "board.dts"))
        trees.add(f"{path.name}-machine", tree(path / "machine.dts"))
    for path in sorted((ROOT / "test/configs/boards").glob("*/board.dts")):
        trees.add(path.parent.name, tree(path))
    for path in [*good, *sorted((ROOT / "test/configs/bad").glob("*.dts"))]:
        partitions.add(path.stem, partition(path))
    for name in ("elf", "kernel"):
        partitions.add(name, pack(**{name: images.FILES["health.elf" if name == "elf" else "Image"]}))
    for path in on_board(BOARDS[1], "dma-*.dts"):
        boards.add(path.stem, partition(path) + board(BOARDS[1]))
    for name, data in variants(folder, first):
        boards.add(name, data)
    trees.add("partition", tree(first))
    trees.add("old", old(tree(first)))
    for name, data in (("inside", "data = <0>;"), ("offset", "data-size = <4>; data-offset = <{at}>;"), ("position", "data-size = <4>; data-position = <{at}>;")):
        fits.add(name, fit(folder, data))
    fits.add("old", old(fit(folder, "data = <0>;")))
    known_slaves = (ROOT / "dts/known-slaves").read_bytes()
    more = pack(known_slaves=known_slaves, elf=images.FILES["health.elf"], kernel=images.FILES["Image"])
    (folder / "defaults").write_bytes(partition(first) + board(BOARDS[0]) + more)
    (folder / "image").write_bytes(image(folder, "small", SMALL))
    good_colors, good_derive = (ROOT / f"test/configs/good/{name}.dts" for name in ("colors", "shared-providers"))
    colors(folder, Corpus(folder / "colors"))
    (folder / "defaults-colors").write_bytes(partition(good_colors) + board(CACHED) + more)
    derive(folder, Corpus(folder / "derive"))
    (folder / "defaults-derive").write_bytes(partition(good_derive) + overlay(ROOT / "test/configs/good/overlay.dts") + board(DERIVE) + more)
    imports(folder, Corpus(folder / "import"))
    logs(folder, Corpus(folder / "log"))
    record_files(Corpus(folder / "records"))
    seeds_evidence.write(folder, Corpus(folder / "evidence"))
    pci_copy(folder / "pci")
    (folder / "defaults-import").write_bytes(import_defaults(folder) + more)
    pci(folder, Corpus(folder / "pci-functions"))
    given = test_pci.two(f"{test_pci.ONE} {test_pci.ONE}.vf1", "0000:04:00.0", others="msis = <3>;")
    (folder / "defaults-pci").write_bytes(cells(folder, given) + functions(folder, test_pci.good()) + with_facts(folder) + more)
    (folder / "image-colors").write_bytes(image(folder, "colored", COLORED))
    (folder / "image-pci").write_bytes(image(folder, "functions", FUNCTIONS))
    requests(Corpus(folder / "http"))
    generator = random.Random(1)
    audits.add("good", b"")
    for n in range(60):
        audits.add(f"edits-{n:03}", edits(generator, 1 + n % 4))
    audit_colors(Corpus(folder / "audit-colors"), (folder / "image-colors").read_bytes(), generator)
    audit_pci(Corpus(folder / "audit-pci"), (folder / "image-pci").read_bytes(), generator)
    # A word of each header: bulkhead.bin's, the blueprint's, and the records' of its cells.
    for part, starts, size in ((HYPERVISOR, [0], 0x200), (BLUEPRINT, range(0, 4 * 4096, 4096), 0x1F0)):
        for at in (start + offset for start in starts for offset in range(0, size, 8)):
            audits.add(f"word-{part}-{at:04x}", EDIT.pack(part, LONG, at, generator.getrandbits(64)))
            audits.add(f"bit-{part}-{at:04x}", EDIT.pack(part, FLIP, at, generator.randrange(64)))


def audit_colors(corpus, data, generator):
    """Other caches, other colours, and leaves that lead elsewhere."""
    corpus.add("good", b"")
    phandle = re.search(rb"next-level-cache.*?<(\w+)>", text(CACHED / "board.dts"), re.DOTALL)
    words = {1024: (0, 3, 1 << 31, 512), 0x100000: (0, 7), 64: (0, 48, 1 << 30), int(phandle[1], 0): (0, 1)}
    head = rb"\x00\x00\x00\x03\x00\x00\x00\x04...."  # of a property of one cell
    for old, news in words.items():
        for found in list(re.finditer(head + re.escape(struct.pack(">I", old)), data, re.DOTALL))[:30]:
            for new in news:
                value = int.from_bytes(struct.pack(">I", new), "little")
                corpus.add(f"word-{found.start():x}-{new}", EDIT.pack(WHOLE, WORD | BYTES, found.start() + 12, value))
    colors = data.index(struct.pack(">III", 0, 1, 2), data.index(b"bulkhead,partitions-v1"))
    for at, new in ((0, 1), (0, 99), (4, 0), (8, 15)):
        corpus.add(f"color-{at}-{new}", EDIT.pack(WHOLE, WORD | BYTES, colors + at, int.from_bytes(struct.pack(">I", new), "little")))
    leaves = [at for at in range(0, len(data) - 8, 4) if data[at] & 3 == 3 and data[at + 3] == 0x40 and data[at + 7] in (0, 0x40)]
    for at in generator.sample(leaves, 60):
        corpus.add(f"leaf-{at:x}", EDIT.pack(WHOLE, ADD | BYTES, at, generator.randrange(1, 40)))


def audit_pci(corpus, data, generator):
    """Words of the inventory, and of what the blueprint has of functions, streams and messages: records, steps, tables."""
    corpus.add("good", b"")
    inventory = data.index(b"bulkhead,pci-v1")
    host = data.index(b"pci-host-ecam-generic")
    start = data.index(b"BBLEPRNT")
    full = [at for at in range(start, len(data) - 8, 4) if any(data[at : at + 4])]
    for name, places in (("inventory", range(inventory, inventory + 0x8000)), ("host", range(host - 0x200, host + 0x400)), ("word", full)):
        for at in generator.sample(list(places), 120):
            kind = generator.choice([FLIP, ADD, WORD])
            corpus.add(f"{name}-{at:x}", EDIT.pack(WHOLE, kind | BYTES, at, generator.choice([0, 1, generator.getrandbits(64)])))


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))

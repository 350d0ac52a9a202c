# SPDX-License-Identifier: Apache-2.0
"""
Divides boards of Debian's kernel: imports each, gives devices of "rest" and bus masters to two more cells, builds and audits.

What the compiler takes must audit clean; what it doesn't take it refuses by name. Where an error says that a provider
can be shared, it is shared, as the error says; a clock's rate is stated only where the tree has it (clock-frequency of
who uses it). What can't be had so is taken from the cells. As a program it prints what failed and the table.
"""

import collections
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import sys

import survey
from survey import IMAGES, OUT, ROOT, TREES, run

sys.path.insert(0, str(ROOT / "test"))
from harness import fdt  # noqa: E402  (needs the path above)

# The test's own, to have more to divide: devices of such names master the bus on few boards.
SLAVES = re.compile(
    r"(serial|uart|gpio\d*|i2c|spi|pwm|timer|rtc|adc|tsadc|thermal\S*|temperature-sensor|tmu|keypad|can|rng|pinctrl|"
    r"clock-controller|syscon|system-controller|regulator\S*|phy|usb2phy|interrupt-controller|saradc|efuse|clk|nvmem)@"
)
ROUNDS = 12  # of sharing what an error says
CLEAN, SHARED, FEWER = "builds and audits", "the same, with shared providers", "the same, with fewer devices"
REFUSED, SKIPPED, FAILED = "refused", "not divided", "FAILED"
Outcome = collections.namedtuple("Outcome", "board result why")


def walk(node, path=""):
    for child in node.children.values():
        yield f"{path}/{child.name}", child
        yield from walk(child, f"{path}/{child.name}")


def slaves_of(tree):
    """Compatibles, for the file known-slaves."""
    found = set()
    for path, node in walk(tree):
        if "compatible" in node.properties and SLAVES.match(path.rsplit("/", 1)[1] + "@"):
            found.add(node.properties["compatible"].strings()[0])
    return "".join(f"{name}\n" for name in sorted(found))


def imported(board, folder):
    """None, or why there is no folder."""
    status, said = run("import", TREES / board, "-o", folder)
    for bank in survey.GIVEN:
        if status == 1 and survey.NO_MEMORY in said:
            status, said = run("import", TREES / board, "--memory", bank, "-o", folder)
    if status == 0:
        return None
    return survey.reason_of(said, "error: " if survey.UNBUILDABLE in said else "refused: ")


def chosen(board, names, count):
    """`count` of them, the same in every run."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{board} {name}".encode()).digest())[:count]


def partitions(text, cores, cells, shared):
    """The imported file with two more cells, which take cores from 'main'."""
    text = re.sub(r"cpus = <(\d+ )+\d+>", f"cpus = <{' '.join(cores[2:])}>", text, count=1)
    more = "".join(
        f'\t\t{name} {{ cpus = <{core}>; memory = "16M"; image = "control.elf"; {words} devices = {", ".join(devices)}; }};\n'
        for core, (name, words, devices) in zip(cores, cells)
    )
    at = text.rindex("\t};\n};")
    text = text[:at] + more + text[at:]
    return text.replace('board = ".";\n', f'board = ".";\n\tshared-read-only = {", ".join(shared)};\n') if shared else text


def share(shared, said, nodes):
    """Takes up what the errors say; false where they say nothing new that the tree bears out."""
    before = dict(shared)
    for user, path, specifier in re.findall(r"device '(\S+)' of cell '\S+' needs '(\S+)', .*and the rate of its clock (\S*) is not known: add", said):
        rate = nodes[user].properties.get("clock-frequency")
        name = path if path in shared else path.rsplit("/", 1)[1]
        if rate and f" {specifier}=" not in shared.get(name, ""):
            shared[name] = shared.get(name, "") + f" {specifier}={rate.cells()[0]}"
    for name in re.findall(r'share it, by shared-read-only = "(\S+)" at the root', said):
        shared.setdefault(name, "")
    return shared != before


NAMES_ALL = [
    re.compile(r"device '\S+' of cell '\S+' (needs|shares [^']* with) '\S+', which "),
    re.compile(r"'\S+' can't be given to a cell: "),
]


def take_away(cells, said):
    """Takes the devices that errors speak of from the cells; false where a cell would have none left."""
    named = set(re.findall(r"'(/\S+)'", "".join(line for line in said.splitlines(True) if ": error: " in line or ": note: " in line)))
    gone = False
    for _, _, devices in cells:
        for device in list(devices):
            if device.strip('"') in named:
                devices.remove(device)
                gone = True
        if not devices:
            return False
    return gone


def divide(board):
    folder = OUT / "split" / board
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    why = imported(board, folder / "board")
    if why:
        return Outcome(board, SKIPPED, "not imported: " + why)
    file = folder / "board/partitions.dts"
    text = file.read_text(encoding="utf-8")
    cores = re.findall(r"cpus = <([\d ]+)>", text)[1].split()
    if len(cores) < 3:
        return Outcome(board, SKIPPED, "it has fewer than four cores")
    tree = fdt.parse((folder / "board/board.dtb").read_bytes())
    (folder / "known-slaves").write_text(slaves_of(tree), encoding="utf-8")
    status, said = run("map", file, "--json", "-I", IMAGES)
    if status:
        return Outcome(board, FAILED if status != 1 else SKIPPED, "map: " + survey.reason_of(said, "error: "))
    said = json.loads(said[said.index("{\n") :])
    nodes = dict(walk(tree))
    interrupts = [path for path, node in nodes.items() if {"reg", "compatible"} <= node.properties.keys() and node.properties.keys() & {"interrupts", "interrupts-extended"}]
    left_out = {part["path"]: part["why"] for part in said["left_out"]}
    slaves = [path for path in interrupts if path in {d["path"] for d in said["cells"][1]["devices"]} or left_out.get(path, "").startswith("it needs")]
    masters = [path for path in interrupts if left_out.get(path, "").startswith("it may master")]
    first, second, third = chosen(board, slaves, 4), chosen(board, masters, 2), chosen(board + "-", masters, 1)
    if not second or len(first) < 2:
        return Outcome(board, SKIPPED, "it has not enough devices with registers and interrupts")
    if len(first) < 4:
        second, third = second[:1], second[1:]
    cells = [
        ("left", "", [f'"{path}"' for path in first[:2]]),
        ("right", 'dma = "unprotected";', [f'"{path}"' for path in first[2:] + second]),
    ]
    shared, fewer = {}, False
    for _ in range(ROUNDS):
        words = [f'"{name}{rates}"' for name, rates in shared.items()]
        file.write_text(partitions(text, cores, cells, words), encoding="utf-8")
        status, said = run("build", file, "-I", IMAGES, "-o", folder / "out")
        if status not in (0, 1) or "Sanitizer" in said:
            return Outcome(board, FAILED, f"build: {status}: {said}")
        if status == 0:
            break
        if share(shared, said, nodes):
            continue
        fewer = True
        if not take_away(cells, said):
            break
    if status:
        errors = [line for line in said.splitlines() if ": error: " in line]
        unnamed = [line for line in errors if not any(form.search(line) for form in NAMES_ALL)]
        if unnamed:
            return Outcome(board, FAILED, "an error names not all: " + unnamed[0])
        return Outcome(board, REFUSED, survey.reason_of(said, "error: "))
    status, said = run("audit", folder / "out/bulkhead.itb")
    if status:
        return Outcome(board, FAILED, "audit: " + said[:600])
    shutil.rmtree(folder)
    return Outcome(board, FEWER if fewer else SHARED if shared else CLEAN, "")


def split(boards):
    survey.images.write(str(IMAGES))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(divide, boards))


def table(outcomes):
    rows = collections.Counter((outcome.result, outcome.why) for outcome in outcomes)
    return "".join(f"{count:5} {result}{': ' + why if why else ''}\n" for (result, why), count in sorted(rows.items(), key=lambda row: (row[0][0], -row[1])))


if __name__ == "__main__":
    found = split(sys.argv[1:] or [str(tree.relative_to(TREES)) for tree in survey.trees()])
    for outcome in found:
        if outcome.result == FAILED:
            print(*outcome)
    print(table(found))

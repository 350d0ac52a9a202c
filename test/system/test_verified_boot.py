# SPDX-License-Identifier: Apache-2.0
"""What the boot command starts, and what it refuses: each refusal says why, and the other slot comes up.

[stest->swr~boot-only-signed~1]
[stest->swr~boot-slot-order~1]
[stest->swr~boot-state-media~1]
[stest->swr~boot-refusal-told~1]

Robustness: test_flipped_bit, test_many_flipped_bits, test_flipped_bit_uncorrected, test_mixed_and_matched,
test_second_configuration, test_unsigned, test_another_key, test_hostile_words, test_hashes_beyond_memory,
test_older_than_the_counter, test_another_board, test_not_what_was_installed, test_another_machine,
test_nothing_but_a_fit, test_files_on_the_disk, test_environment, test_damaged_copy_does_not, test_no_state,
test_empty_slot_is_never_started
"""

import random
import re
import shutil
import struct
import subprocess
import zlib

import pytest

import slots

from harness import build, fit, qemu
from imaging import disk, sign, state

COUNTER = 5  # of the images here
UP = r"^health: up, 2 cells"
NOTHING, DIGEST, BOARD, OLDER, SIGNATURE = range(1, 6)  # reasons: src/blueprint/boot_state.h


@pytest.fixture
def appliance(results):
    return slots.Appliance("slots", results)


def boot(results, appliance, slot="b", keys=""):
    """Comes up from that slot; what was said before, and the attempts that stand in flash then."""
    with qemu.QemuTarget(results) as target:
        target.load(appliance.folder / "disk.img")
        target.power("on")
        if keys:
            target.console().expect(r"^DRAM:")
            for _ in range(40):
                target.console().send(keys)
        target.console().expect(UP, never=r"^Bulkhead: no slot can be started")
        said = target.console().text
        tried = slots.attempts(target)
        assert tried[-1][0] == slot
        assert tried[-1][1] == slots.NO_REASON
        return said, tried


def refused(results, appliance, reason, words):
    """Slot a is refused for that reason, and b comes up."""
    said, tried = boot(results, appliance)
    assert f"\nBulkhead: slot a refused: {words}\n" in said
    assert [(slot, why) for slot, why, _ in tried] == [("a", reason), ("b", slots.NO_REASON)]
    return said


def installed(appliance, blob):
    """As an update that the health cell agreed to: the digest is the image's own, so that only the image speaks for itself."""
    appliance.put("a", blob)
    appliance.set_state(appliance.record(status=(state.TRIAL, state.GOOD)))


# [stest->swr~boot-only-signed~1] [stest->swr~boot-slot-order~1]
def test_factory(results, appliance):
    """Nothing was ever installed: slot a, with the counter that the image has."""
    said, tried = boot(results, appliance, "a")
    assert tried == [("a", slots.NO_REASON, 1)]
    assert "refused" not in said
    assert "sha256,rsa4096:development+ OK" in said


# ---- images that nobody signed as they are ----


def flipped(appliance, name, path):
    """One bit of a part's data, and the part's hash corrected."""
    source = build.disk("slots").parent / "bulkhead-signed.itb"
    image = fit.Fit(source)
    place = image.parts[name]
    bit = random.Random(name).randrange(8 * len(place.data))
    place.data[bit // 8] ^= 1 << bit % 8
    image.save(path)
    return path.read_bytes()


# [stest->swr~boot-only-signed~1] [stest->swr~boot-refusal-told~1]
@pytest.mark.parametrize("name", ["kernel", "fdt", "file-0", "file-1"])
def test_flipped_bit(results, appliance, name):
    installed(appliance, flipped(appliance, name, results / "flipped.itb"))
    said = refused(results, appliance, SIGNATURE, "its signature or a hash is wrong, as said above")
    assert "Verification failed" in said or "Bad Data Hash" in said


STAGE = 0x40400000  # of the board's staging range: scripts/imaging/control.py
FLIPS = 8  # bits of a byte, each in its turn

# One image in memory, of which one bit after another is flipped, its part's hash corrected by U-Boot itself, and the whole
# given to bootm as the boot command does; then it is flipped back.
FLIP_ALL = """
setenv stdin nulldev; read virtio 0:1 {stage:x} 0 {blocks:x}; setenv x {seed:x};
"""
FLIP_PART = """
setenv n 0;
while itest ${{n}} < {count:x}; do
setexpr x ${{x}} * 41c64e6d; setexpr x ${{x}} + 3039; setexpr x ${{x}} & 7fffffff;
setexpr o ${{x}} / 10; setexpr o ${{o}} % {size:x}; setexpr o ${{o}} + {data:x}; setexpr.b v *${{o}};
for m in 1 2 4 8 10 20 40 80; do
setexpr w ${{v}} ^ ${{m}}; mw.b ${{o}} ${{w}}; hash sha256 {data:x} {size:x} *{digest:x};
echo "flip {name} ${{o}} ${{m}}"; bootm {stage:x}#conf-1;
done;
mw.b ${{o}} ${{v}}; hash sha256 {data:x} {size:x} *{digest:x}; setexpr n ${{n}} + 1;
done;
echo "{name} is over";
"""


@pytest.mark.parametrize("bytes_a_part", [1, pytest.param(200, marks=pytest.mark.full)])
def test_many_flipped_bits(results, appliance, bytes_a_part):
    """Of every part, also of those that only the auditor reads: all are refused, and whole again, the image starts."""
    image = fit.Fit(build.disk("slots").parent / "bulkhead-signed.itb")
    parts = [part for part in image.parts.values() if part.digest_offset]
    command = FLIP_ALL.format(stage=STAGE, blocks=-(-len(image.blob) // 512), seed=bytes_a_part)
    for part in parts:
        places = {"data": STAGE + part.offset, "size": len(part.data), "digest": STAGE + part.digest_offset}
        command += FLIP_PART.format(name=part.name, count=bytes_a_part, stage=STAGE, **places)
    command += f'echo "flips are over"; bootm {STAGE:x}#conf-1'
    appliance.change_control(("s", "/config", "bootcmd", " ".join(command.replace("&", '"&"').split())))
    with qemu.QemuTarget(results) as target:
        target.load(appliance.folder / "disk.img")
        target.power("on")
        for part in parts:
            target.console().expect(rf"^{part.name} is over\n", timeout=1200, never=r"^Starting kernel")
        target.console().expect(r"^flips are over\n", never=r"^Starting kernel")
        said = target.console().text
        target.console().expect(UP)
    tries = re.split(r"^flip ", said, flags=re.M)[1:]
    assert len(tries) == FLIPS * bytes_a_part * len(parts) and len(parts) == 7
    for tried in tries:
        assert "sha256,rsa4096:development-  error!\nVerification failed" in tried, tried


def test_flipped_bit_uncorrected(results, appliance):
    """The hash is what was signed, so it is the hash that is wrong."""
    image = fit.Fit(build.disk("slots").parent / "bulkhead-signed.itb")
    image.parts["file-1"].data[1000] ^= 4
    image.save(results / "flipped.itb", rehash=False)
    installed(appliance, (results / "flipped.itb").read_bytes())
    said = refused(results, appliance, SIGNATURE, "its signature or a hash is wrong, as said above")
    assert "Bad hash value for 'hash-1' hash node in 'file-1' image node" in said


# [stest->swr~boot-only-signed~1]
def test_mixed_and_matched(results, appliance):
    """Parts and their hashes of two images, each signed: the cell of one under the configuration of the other."""
    other = slots.resigned("slots", results / "other.itb", change=lambda path: flip_file(path, "file-1"))
    path = results / "mixed.itb"
    path.write_bytes(appliance.good)
    image, donor = fit.Fit(path), results / "other.itb"
    assert donor.read_bytes() == other
    image.parts["file-1"].data[:] = fit.Fit(donor).parts["file-1"].data
    image.save(path)
    installed(appliance, path.read_bytes())
    assert "Verification failed" in refused(results, appliance, SIGNATURE, "its signature or a hash is wrong, as said above")


def flip_file(path, name):
    image = fit.Fit(path)
    image.parts[name].data[-1] ^= 1
    image.save(path)


# [stest->swr~boot-only-signed~1]
def test_second_configuration(results, appliance):
    """A further configuration, that nobody signed, made the default one."""
    path = results / "second.itb"
    path.write_bytes(appliance.good)
    for options in (["-c"], ["-t", "s"]):
        node = [path, "/configurations/conf-2"]
        values = [[]] if options == ["-c"] else [["kernel", "kernel"], ["fdt", "fdt"], ["loadables", "file-1", "file-0"]]
        for value in values:
            subprocess.run(["fdtput", *options, *node, *value], check=True)
    subprocess.run(["fdtput", "-t", "s", path, "/configurations", "default", "conf-2"], check=True)
    installed(appliance, path.read_bytes())
    said, tried = boot(results, appliance, "a")
    assert "Using 'conf-1' configuration" in said  # the signed one, whatever the default is
    assert tried[-1][1] == slots.NO_REASON


# [stest->swr~boot-only-signed~1] [stest->swr~boot-refusal-told~1]
def test_unsigned(results, appliance):
    path = results / "unsigned.itb"
    path.write_bytes(build.image("slots").read_bytes())
    subprocess.run(["fdtput", "-t", "i", path, sign.CONFIGURATION, "bulkhead,counter", str(COUNTER)], check=True)
    installed(appliance, path.read_bytes())
    said = refused(results, appliance, SIGNATURE, "its signature or a hash is wrong, as said above")
    assert "required signature" in said


# [stest->swr~boot-only-signed~1] [stest->swr~boot-refusal-told~1]
def test_another_key(results, appliance):
    installed(appliance, slots.resigned("slots", results / "other.itb", "stranger"))
    said = refused(results, appliance, SIGNATURE, "its signature or a hash is wrong, as said above")
    assert "sha256,rsa4096:stranger" in said


# ---- what an image says of itself, before anybody has verified it ----


def altered(results, appliance, *properties):
    """The good image with properties of conf-1 or below it changed: (fdtput's type, node, name, values...)"""
    path = results / "hostile.itb"
    path.write_bytes(appliance.good)
    for kind, node, name, *values in properties:
        subprocess.run(["fdtput", "-t", kind, "--", path, f"{sign.CONFIGURATION}{node}", name, *values], check=True)
    return path.read_bytes()


WORDS = (
    *("deadbeef 1ff00000 #'", "f f f", "'", "''", '"', "a' = 'a", "-o", "\\", "# x", "$pin", "${pin}", "; reset", "(", "!", "*", "1 2 3 4 5 6"),
    *("*ffffffffffff0000", "*0", "-1", "ffffffffffffffff", "7fffffffffffffff", "\x1b[2J", "\x03pin\x03", " ", "1e999", "0x", "x" * 4000),
)


@pytest.mark.parametrize("name", ["both", *(pytest.param(name, marks=pytest.mark.full) for name in ("board", "counter"))])
@pytest.mark.parametrize("word", range(len(WORDS)))
def test_hostile_words(results, appliance, word, name):
    """An image whose board or counter is a word that a shell would run is refused, whatever its signature: those words become variables of U-Boot's shell, which parses them again."""
    counter = ("s", "", "bulkhead,counter", "f f f" if name == "both" else WORDS[word])
    board = ("s", "", "bulkhead,board", WORDS[word])
    installed(appliance, altered(results, appliance, *{"board": [board], "counter": [counter], "both": [board, counter]}[name]))
    said, tried = boot(results, appliance)
    assert [slot for slot, *_ in tried] == ["a", "b"]
    assert tried[0][1] in ((BOARD, OLDER, SIGNATURE) if name == "counter" else (BOARD,)), tried
    assert "Bulkhead: slot a refused: " in said and "Abort" not in said


@pytest.mark.parametrize("with_state", [True, False])
@pytest.mark.parametrize("size", ["f0000000", "ffffffff", "7fffffff"])
def test_hashes_beyond_memory(results, appliance, size, with_state):
    """An image that says it has signed more bytes of strings than there is memory is refused, without an abort."""
    installed(appliance, altered(results, appliance, ("x", "/signature-1", "hashed-strings", "0", size)))
    if with_state:
        refused(results, appliance, SIGNATURE, "its signature or a hash is wrong, as said above")
        return
    appliance.set_state(b"", b"")
    with qemu.QemuTarget(results) as target:
        target.load(appliance.folder / "disk.img")
        target.power("on")
        target.console().expect(UP, never="Abort")
        assert "Bulkhead: slot a refused: " in target.console().text


# ---- images that are signed, but not for here and now ----


# [stest->swr~boot-refusal-told~1]
def test_older_than_the_counter(results, appliance):
    newer = slots.resigned("slots", results / "newer.itb", counter=COUNTER)
    appliance.put("a", slots.resigned("slots", results / "older.itb", counter=COUNTER - 1))
    appliance.put("b", newer)
    appliance.set_state(appliance.record(floor=COUNTER))
    refused(results, appliance, OLDER, "its counter is 0x00000004, older than 5")


# [stest->swr~boot-refusal-told~1]
def test_another_board(results, appliance):
    """Signed with the right key; the boards' trees are alike, so the hypervisor alone might not notice."""

    def rename(path):
        subprocess.run(["fdtput", "-t", "s", path, sign.CONFIGURATION, "bulkhead,board", "qemu-virt-pci"], check=True)

    installed(appliance, slots.resigned("slots", results / "other.itb", change=rename))
    refused(results, appliance, BOARD, "for board qemu-virt-pci, this is qemu-virt")


# [stest->swr~boot-refusal-told~1]
def test_not_what_was_installed(results, appliance):
    """A signed image, as new as the other: but not the one that the health cell knows of."""
    appliance.put("a", slots.resigned("slots", results / "other.itb", change=lambda path: flip_file(path, "known-slaves")))
    digests = appliance.digest("b"), appliance.digest("b")
    appliance.set_state(appliance.record(digests=digests))
    refused(results, appliance, DIGEST, "not the image that was installed there")


def test_another_machine(results, appliance):
    """Of this board by name, but the hypervisor finds another machine: it says so, and the next boot takes the other slot.

    [stest->swr~boot-refusal-resets~1]
    """
    folder = results / "board"
    shutil.copytree(build.ROOT / "dts/qemu-virt", folder / "qemu-virt")
    facts = folder / "qemu-virt/machine.dts"
    facts.write_text(facts.read_text().replace("list-registers = <4>", "list-registers = <16>"))
    shutil.copyfile(build.CONFIGS / "slots.dts", folder / "slots.dts")
    build.tool("build", folder / "slots.dts", "-I", build.BUILD / "cells", "-o", folder)
    signed = sign.sign(sign.Fit(folder / "bulkhead.itb"), results / "other.itb", ["development"], build.BUILD / "keys", 1)
    installed(appliance, signed.path.read_bytes())
    with qemu.QemuTarget(results, extra=["-action", "reboot=reset"]) as target:
        target.load(appliance.folder / "disk.img")
        target.power("on")
        target.console().expect(r"^bulkhead: this is not the machine that the image was built for", never=UP)
        target.console().expect(r"^bulkhead: the machine is reset in 10 s\n", never=UP)
        target.console().expect(r"^Bulkhead: slot b\n", never=r"^Bulkhead: slot a\n")
        target.console().expect(UP)
        assert slots.attempts(target) == [("a", slots.NO_REASON, 1), ("b", slots.NO_REASON, 1)]


# ---- no way round ----


def uimage(data):
    """A legacy image (include/image.h): header and data checksums right."""
    fields = (0x27051956, 0, 0, len(data), 0x50000000, 0x50000000, zlib.crc32(data), 5, 22, 2, 0, b"legacy")
    header = bytearray(struct.pack(">7I4B32s", *fields))
    header[4:8] = struct.pack(">I", zlib.crc32(header))
    return bytes(header) + data


def boot_script():
    return uimage(struct.pack(">II", 20, 0) + b"echo script ran;poweroff")


def raw_image(appliance):
    """An arm64 Image: the hypervisor's own, taken out of its FIT."""
    data = bytes(fit.Fit(build.image("slots")).kernel.data)
    assert data[56:60] == b"ARMd"
    return data


def efi_program():
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<HH", 0xAA64, 1) + bytes(4096)


@pytest.mark.parametrize("what", ["script", "image", "efi", "legacy", "nothing", "cut", "huge"])
def test_nothing_but_a_fit(results, appliance, what):
    """[stest->swr~boot-no-way-round~1]"""
    huge = bytearray(appliance.good)
    huge[4:8] = (0x0C000000).to_bytes(4, "big")
    content = {
        "script": boot_script(),
        "image": raw_image(appliance),
        "efi": efi_program(),
        "legacy": uimage(raw_image(appliance)),
        "nothing": bytes(1 << 20),
        "cut": appliance.good[:3] + bytes(1 << 20),
        "huge": bytes(huge),
    }[what]
    appliance.put("a", content)
    appliance.set_state(appliance.record(digests=(state.ANY, state.ANY)))
    said = refused(results, appliance, NOTHING, "nothing that could be read")
    assert "script ran" not in said


def test_files_on_the_disk(results, appliance):
    """A disk made anew, with a file system that has a boot script, an EFI program and an environment, and the slots behind it.

    [stest->swr~boot-no-way-round~1]
    """
    vfat = results / "esp.vfat"
    with open(vfat, "wb") as file:
        file.truncate(34 << 20)
    subprocess.run(["mkfs.vfat", "--invariant", vfat], check=True, capture_output=True)
    files = {"boot.scr": boot_script(), "uEnv.txt": b"bootcmd=echo script ran\n", "bulkhead.itb": raw_image(appliance)}
    subprocess.run(["mmd", "-i", vfat, "::EFI", "::EFI/BOOT", "::boot"], check=True)
    for name, data in {**files, "EFI/BOOT/BOOTAA64.EFI": efi_program(), "boot/boot.scr": boot_script()}.items():
        (results / "file").write_bytes(data)
        subprocess.run(["mcopy", "-i", vfat, results / "file", f"::{name}"], check=True)
    (results / "a.itb").write_bytes(raw_image(appliance))
    (results / "b.itb").write_bytes(appliance.good)
    size = appliance.partitions["boot-b"][1]
    disk.write([("esp", vfat, 34 << 20), ("boot-a", results / "a.itb", size), ("boot-b", results / "b.itb", size)], appliance.disk)
    said = refused(results, appliance, NOTHING, "nothing that could be read")
    assert "script ran" not in said


def test_environment(results, appliance):
    """What U-Boot's own configuration would take as its environment, in flash: the boot state's first copy is lost for it."""
    text = b"bootcmd=echo script ran\0bootdelay=10\0preboot=echo script ran\0stdin=serial\0\0"
    environment = text.ljust(0x40000 - 4, b"\0")
    with open(appliance.folder / "state.img", "r+b") as file:
        file.write(struct.pack("<I", zlib.crc32(environment)) + environment)
        file.seek(appliance.block)
        file.write(appliance.record())
    with qemu.QemuTarget(results) as target:
        target.load(appliance.folder / "disk.img")
        target.power("on")
        target.console().expect(UP)
        assert "script ran" not in target.console().text
        assert slots.attempts(target, 1) == [("a", slots.NO_REASON, 1)]


@pytest.mark.parametrize("keys", ["\r", "\x03", " ", "\x1b"])
def test_keys(results, appliance, keys):
    """[stest->swr~boot-no-way-round~1]"""
    said, _ = boot(results, appliance, "a", keys)
    assert "\n=> " not in said


# ---- which slot ----


# [stest->swr~boot-slot-order~1]
def test_newer_copy_counts(results, appliance):
    appliance.set_state(appliance.record(7, primary="a"), appliance.record(8, primary="b"))
    with qemu.QemuTarget(results) as target:
        target.load(appliance.folder / "disk.img")
        target.power("on")
        target.console().expect(UP)
        assert slots.attempts(target, 0) == []
        assert slots.attempts(target, 1) == [("b", slots.NO_REASON, 1)]


# [stest->swr~boot-state-media~1]
@pytest.mark.parametrize("damage", [0, 9, 40, 123, 126])
def test_damaged_copy_does_not(results, appliance, damage):
    torn = bytearray(appliance.record(8, primary="b"))
    torn[damage] ^= 0x10
    appliance.set_state(appliance.record(7, primary="a"), bytes(torn))
    boot(results, appliance, "a")


# [stest->swr~boot-slot-order~1] [stest->swr~boot-state-media~1]
def test_no_state(results, appliance):
    """By signature alone; nothing is written."""
    appliance.set_state(b"", b"")
    appliance.put("a", bytes(4096))
    with qemu.QemuTarget(results) as target:
        target.load(appliance.folder / "disk.img")
        target.power("on")
        target.console().expect(UP)
        assert "\nBulkhead: no valid boot state: slots by their signatures alone\n" in target.console().text
        with open(target.flash_bank(1), "rb") as file:
            assert file.read(2 * appliance.block) == b"\xff" * 2 * appliance.block


def boots(results, appliance, count):
    """The slot of each start: nobody confirms, the power goes each time."""
    taken = []
    with qemu.QemuTarget(results) as target:
        target.load(appliance.folder / "disk.img")
        for _ in range(count):
            target.power("on")
            target.console().expect(UP)
            tried = slots.attempts(target)
            target.power("off")
            taken.append(tried[-1][0])
    return "".join(taken)


# [stest->swr~boot-slot-order~1]
def test_tries(results, appliance):
    """A trial once, then the other three times, then what is good, however often."""
    appliance.set_state(appliance.record(primary="b", status=(state.GOOD, state.TRIAL)))
    assert boots(results, appliance, 6) == "baaaaa"


# [stest->swr~boot-slot-order~1]
def test_good_slots_take_turns(results, appliance):
    assert boots(results, appliance, 7) == "aaabbba"


# [stest->swr~boot-slot-order~1]
def test_empty_slot_is_never_started(results, appliance):
    """Signed or not."""
    appliance.put("b", bytes(4096))
    appliance.set_state(appliance.record(primary="a", status=(state.EMPTY, state.GOOD), digests=(state.ANY, state.ANY)))
    with qemu.QemuTarget(results, extra=["-action", "reboot=reset"]) as target:
        target.load(appliance.folder / "disk.img")
        target.power("on")
        target.console().expect(r"^Bulkhead: no slot can be started", never=UP)
        assert {slot for slot, *_ in slots.attempts(target)} == {"b"}

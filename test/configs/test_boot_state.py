# SPDX-License-Identifier: Apache-2.0
"""
The boot state's bank of flash, in images that the compiler built: whose it is in map and tables, what the health cell's tree says of it;
and such an image when mkimage has signed it.

Both ranges: test_essential
Robustness: test_map_without, test_image_without_the_word
"""
import json
import shutil
import subprocess

import pytest

from tool import IMAGES, ROOT, TOOL, run

BLOCK = 0x40000
BANK = 0x400_0000
SECONDS = 10**9
FILES = {  # which device, bank, address, size, erase block, times
    "boot-state": ("/flash@0", 1, BANK, 64 << 20, BLOCK, 20, 60),
    "boot-state-alias": ("/soc/flash@10200000", 0, 0x1020_0000, 0x30000, 0x10000, 30, 300),
    "boot-state-second-bank": ("/soc/flash@10100000", 1, 0x1014_0000, 0x40000, 0x10000, 30, 300),
}
CONFIGURATION = "/configurations/conf-1"


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    made = {}

    def of(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            result = run(TOOL, "build", f"test/configs/good/{name}.dts", "-I", IMAGES, "-o", str(made[name]))
            assert (result.returncode, result.stderr) == (0, "")
        return made[name]

    return of


def drawn(name):
    return json.loads(run(TOOL, "map", "--json", f"test/configs/good/{name}.dts", "-I", IMAGES).stdout)


def audit(image):
    return run(TOOL, "audit", str(image))


def prop(file, node, name, *how):
    result = run("fdtget", *how, str(file), node, name)
    return result.stdout.strip() if result.returncode == 0 else None


# [utest->swr~config-boot-state~1] [utest->swr~audit-boot-state~1]
@pytest.mark.parametrize("name", FILES)
def test_audited(build, name):
    result = audit(build(name) / "bulkhead.itb")
    assert (result.returncode, result.stderr) == (0, "")


# [utest->swr~map-boot-state~1] [utest->swr~config-boot-state-times~1]
@pytest.mark.parametrize("name", FILES)
def test_map(build, name):
    device, bank, address, size, block, after, within = FILES[name]
    found = drawn(name)
    assert found["boot_state"] == {
        "medium": "cfi-flash", "device": device, "bank": bank, "cell": 0, "address": address, "size": size, "copies": [address, address + block],
        "identity": address + 2 * block, "erase_block": block, "shares_firmware": False, "confirm_after": after * SECONDS, "confirm_within": within * SECONDS}
    assert all(entry["path"] != device for cell in found["cells"] for entry in cell["devices"])
    text = (build(name) / "map.txt").read_text()
    assert text.count(f"bank {bank} of {device}\n") == 1  # one mapping, of one cell
    assert f"  boot state: bank {bank} of {device}, copies at {address:#x} and {address + block:#x}, " in text
    assert f"confirmed after {after} s, within {within} s\n" in text
    assert f"boot state bank {bank} of {device.rpartition('/')[2]}" in (build(name) / "map.svg").read_text()


# [utest->swr~config-essential~1]
@pytest.mark.parametrize("essential", [(), ("health",), ("control",), ("health", "control")])
def test_essential(tmp_path, essential):
    """Somebody else's word than the health cell's makes a boot good."""
    with open(f"{ROOT}/test/configs/good/boot-state.dts", encoding="utf-8") as file:
        text = file.read().replace(" essential;", "")
    for cell in essential:
        text = text.replace(f"\t\t{cell} {{ ", f"\t\t{cell} {{ essential; ")
    assert text.count("essential;") == len(essential)
    (tmp_path / "file.dts").write_text(text)
    result = run(TOOL, "check", str(tmp_path / "file.dts"), "-I", IMAGES)
    warned = ": warning: every boot will be confirmed: no other cell is 'essential'" in result.stderr
    assert (result.returncode, warned, result.stderr.count("\n")) == (0, "control" not in essential, "control" not in essential)


# [utest->swr~map-boot-state~1]
def test_map_without():
    assert drawn("one-cell")["boot_state"] is None


# [utest->swr~compile-boot-state~1]
@pytest.mark.parametrize("name", FILES)
def test_tree(build, name):
    device, _, address, size, block, after, within = FILES[name]
    tree = build(name) / "health.dtb"
    reg = prop(tree, device, "reg", "-t", "x").split()
    cells = len(reg) // 2
    assert int("".join(f"{int(word, 16):08x}" for word in reg[:cells]), 16) == address
    assert int("".join(f"{int(word, 16):08x}" for word in reg[cells:]), 16) == size
    assert sorted(run("fdtget", "-p", str(tree), device).stdout.split()) == sorted([
        "compatible", "reg", "bank-width", "bulkhead,boot-state", "bulkhead,identity", "bulkhead,erase-block",
        "bulkhead,confirm-after-ns", "bulkhead,confirm-within-ns"])
    assert run("fdtget", "-l", str(tree), device).stdout == ""  # no partitions: they tell of all banks
    assert prop(tree, device, "compatible") == "cfi-flash"
    assert prop(tree, device, "bulkhead,boot-state") == f"0 {block}"
    assert prop(tree, device, "bulkhead,identity") == f"{2 * block}"
    assert prop(tree, device, "bulkhead,erase-block") == f"{block}"
    for word, value in (("after", after), ("within", within)):
        high, low = map(int, prop(tree, device, f"bulkhead,confirm-{word}-ns", "-t", "u").split())
        assert high << 32 | low == value * SECONDS
    assert run("fdtget", "-p", str(build(name) / "control.dtb"), device).returncode != 0


OVERLAY = """/dts-v1/;
/plugin/;
/ {{ fragment@0 {{ target-path = "{target}"; __overlay__ {{ {what} }}; }}; }};
"""


# [utest->swr~compile-boot-state~1]
@pytest.mark.parametrize("target, what, why", [
    ("/flash@0", "bulkhead,identity = <0>;", "it changes 'bulkhead,identity' of '/flash@0'"),
    ("/flash@0", "bank-width = <2>;", "it changes 'bank-width' of '/flash@0'"),
    ("/", "another { bulkhead,boot-state = <0 0x40000>; };", "/another"),
])
def test_overlay_changes_nothing(tmp_path, target, what, why):
    (tmp_path / "overlay.dts").write_text(OVERLAY.format(target=target, what=what))
    with open(f"{ROOT}/test/configs/good/boot-state.dts", encoding="utf-8") as file:
        (tmp_path / "file.dts").write_text(file.read().replace('role = "health";', 'role = "health"; dtb-overlay = "overlay.dts";'))
    result = run(TOOL, "check", str(tmp_path / "file.dts"), "-I", IMAGES)
    assert result.returncode == 1
    assert why in result.stderr


# [utest->swr~audit-boot-state~1]
@pytest.mark.parametrize("name", FILES)
def test_image_without_the_word(build, tmp_path, name):
    """The partition file in it asks for no boot state: what the compiler did is judged by that."""
    image = tmp_path / "image.itb"
    source = run("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", str(tmp_path / "file.dtb"), f"test/configs/good/{name}.dts")
    assert source.returncode == 0
    for word in ("boot-state", "confirm-after", "confirm-within"):
        run("fdtput", "-d", str(tmp_path / "file.dtb"), "/cells/health", word)
    shutil.copy(build(name) / "bulkhead.itb", image)
    data = (tmp_path / "file.dtb").read_bytes()
    subprocess.run(["fdtput", "-t", "bx", str(image), "/images/partitions", "data", *(f"{byte:x}" for byte in data)], check=True, timeout=60)
    result = audit(image)
    assert result.returncode == 1
    for rule in ("SEP-04", "SEP-05", "CONF-36"):
        assert f"{rule}: cell 'health': " in result.stdout


def asked_otherwise(made, out, *commands):
    """The image in `made`, with another partition file in it: what the compiler did is judged by that."""
    image, data = out / "image.itb", out / "file.dtb"
    shutil.copy(made / "bulkhead.itb", image)
    assert run("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", str(data), "test/configs/good/update-reset.dts").returncode == 0
    for command in commands:
        assert run("fdtput", *command[:-1], str(data), *command[-1]).returncode == 0
    subprocess.run(["fdtput", "-t", "bx", str(image), "/images/partitions", "data", *(f"{byte:x}" for byte in data.read_bytes())], check=True, timeout=60)
    return audit(image)


# [utest->swr~config-update-reset~1] [utest->swr~compile-update-reset~1] [utest->swr~audit-update-reset~1]
def test_update_reset(build, tmp_path):
    """Who may have the machine reset is in the health cell's tree alone, in the map, and the auditor compares it with the file."""
    made = build("update-reset")
    assert (made / "map.txt").read_text().count(", gateway may have the machine reset for a trial\n") == 1
    assert [channel["update_reset"] for channel in drawn("update-reset")["channels"]] == [1, None]
    word, on_health, on_control = (["-d", ["/cells/gateway", "update-reset"]], ["-t", "x", ["/cells/health", "update-reset"]],
                                   ["-t", "x", ["/cells/control", "update-reset"]])
    assert asked_otherwise(made, tmp_path).returncode == 0
    result = asked_otherwise(made, tmp_path, word)
    assert " is wrong about who may have the machine reset" in result.stdout
    for other, name in ((on_health, "health"), (on_control, "control")):
        result = asked_otherwise(made, tmp_path, other)
        assert f"cell '{name}': the file lets it reset the machine, but no channel 'update' is between" in result.stdout
    third = asked_otherwise(made, tmp_path, ["-t", "s", ["/channels/update", "between", "health", "gateway", "control"]])
    assert "cell 'gateway': the file lets it reset the machine, but no channel 'update' is between" in third.stdout
    stateless = asked_otherwise(made, tmp_path, ["-d", ["/cells/health", "boot-state"]])
    assert "cell 'gateway': the file lets it reset the machine, but no channel 'update' is between" in stateless.stdout


# [utest->swr~compile-fit~1] [utest->swr~audit-fit~1]
@pytest.mark.parametrize("name", ["boot-state", "pci"])
def test_signed(build, tmp_path, name):
    """mkimage finds every image by what the configuration names, and what it adds changes nothing for the auditor."""
    image = tmp_path / "signed.itb"
    shutil.copy(build(name) / "bulkhead.itb", image)
    parts = run("fdtget", "-l", str(image), "/images").stdout.split()
    key = [f"{tmp_path}/dev.{end}" for end in ("key", "crt")]
    subprocess.run(["openssl", "req", "-batch", "-new", "-newkey", "rsa:4096", "-nodes", "-x509", "-keyout", key[0], "-out", key[1]],
                   check=True, timeout=60, capture_output=True)
    signature = f"{CONFIGURATION}/signature-1"
    for command in (
        ["-c", str(image), signature],
        ["-t", "s", str(image), signature, "algo", "sha256,rsa4096"],
        ["-t", "s", str(image), signature, "key-name-hint", "dev"],
        ["-t", "s", str(image), signature, "sign-images", "kernel", "fdt", "loadables", "bulkhead,inputs"],
        ["-t", "i", str(image), CONFIGURATION, "bulkhead,counter", "7"],
    ):
        subprocess.run(["fdtput", *command], check=True, timeout=60)
    result = run("mkimage", "-F", "-k", str(tmp_path), "-r", str(image))
    assert result.returncode == 0, result.stderr
    hashed = prop(image, signature, "hashed-nodes").split()
    assert {node.split("/")[2] for node in hashed if node.startswith("/images/")} == set(parts)
    result = audit(image)
    assert (result.returncode, result.stderr) == (0, "")
    subprocess.run(["fdtput", "-t", "s", str(image), CONFIGURATION, "bulkhead,board", "another"], check=True, timeout=60)
    assert "FMT-01: /configurations/conf-1: it is for board 'another'" in audit(image).stdout

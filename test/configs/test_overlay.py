# SPDX-License-Identifier: Apache-2.0
"""
Overlays: what one adds stands in the cell's tree and in no other, from source and compiled alike. What is refused has its
file under bad/.

Robustness: test_damaged
"""
import hashlib
import json
import os
import subprocess

from tool import IMAGES, ROOT, TOOL, run

OVERLAY = os.path.join(ROOT, "test/configs/overlays/gnss.dtso")
UART = "/soc/serial@10001000"


def get(tree, *arguments):
    found = run("fdtget", *arguments[:-2], str(tree), *arguments[-2:])
    return found.stdout.strip() if found.returncode == 0 else None


def build(path, out):
    result = run(TOOL, "build", path, "-I", IMAGES, "-o", str(out))
    assert (result.stderr, result.returncode) == ("", 0)
    result = run(TOOL, "audit", str(out / "bulkhead.itb"))
    assert result.returncode == 0, result.stdout
    return out / "control.dtb"


# [utest->swr~config-overlay~1]
def test_applied(tmp_path):
    tree = build("test/configs/good/overlay.dts", tmp_path)
    assert get(tree, UART, "current-speed") == "115200"
    assert get(tree, f"{UART}/gnss", "compatible") == "u-blox,neo-8"
    assert get(tree, "/panel", "uart") == get(tree, UART, "phandle")
    nodes = run("fdtget", "-l", str(tree), "/").stdout.split()
    assert "panel" in nodes and not [name for name in nodes if name.startswith("__") or name.startswith("fragment")]
    assert "panel" not in run("fdtget", "-l", str(tmp_path / "health.dtb"), "/").stdout.split()
    with open(tmp_path / "manifest.json", encoding="utf-8") as file:
        (entry,) = [entry for entry in json.load(file)["inputs"] if entry["role"] == "dtb-overlay of cell control"]
    with open(OVERLAY, "rb") as file:
        assert (entry["name"], entry["sha256"]) == ("gnss.dtso", hashlib.sha256(file.read()).hexdigest())


# [utest->swr~config-included~1]
def test_included_files_are_inputs(tmp_path):
    """What an overlay includes is found as a partition file's includes are, and changes the manifest: bytes too."""
    with open(os.path.join(ROOT, "test/configs/good/overlay.dts"), encoding="utf-8") as file:
        text = file.read().replace("../overlays/gnss.dtso", "one.dtso").replace("../boards", f"{ROOT}/test/configs/boards")
    (tmp_path / "overlay.dts").write_text(text)
    (tmp_path / "one.dtso").write_text(
        '/dts-v1/;\n/plugin/;\n&serial1 { /include/ "two.dtsi" blob = /incbin/("blob"); };\n/include/ "three.dtsi"\n'
    )
    (tmp_path / "more").mkdir()
    (tmp_path / "two.dtsi").write_text("current-speed = <9600>;\n")
    (tmp_path / "more/three.dtsi").write_text('&{/} { panel { compatible = "acme,panel"; }; };\n')

    def inputs(blob):
        (tmp_path / "blob").write_bytes(blob)
        result = run(TOOL, "build", str(tmp_path / "overlay.dts"), "-I", IMAGES, "-I", str(tmp_path / "more"),
                     "-o", str(tmp_path / "out"))
        assert (result.stderr, result.returncode) == ("", 0)
        with open(tmp_path / "out/manifest.json", encoding="utf-8") as file:
            entries = [entry for entry in json.load(file)["inputs"] if "overlay of cell control" in entry["role"]]
        return {(entry["role"].replace("dtb-overlay of cell control", "it"), entry["name"]): entry["sha256"] for entry in entries}

    def hashed(name):
        return hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()

    found = inputs(b"1")
    flattened = found.pop(("it, flattened", "one.dtso"))
    assert found == {
        ("it", "one.dtso"): hashed("one.dtso"),
        ("included by it", "two.dtsi"): hashed("two.dtsi"),
        ("included by it", "three.dtsi"): hashed("more/three.dtsi"),
    }
    other = inputs(b"2")
    assert other.pop(("it, flattened", "one.dtso")) != flattened and other == found


def compiled(folder):
    path = folder / "gnss.dtbo"
    subprocess.run(["dtc", "-q", "-@", "-O", "dtb", "-o", path, OVERLAY], check=True)
    with open(os.path.join(ROOT, "test/configs/good/overlay.dts"), encoding="utf-8") as file:
        text = file.read().replace("../overlays/gnss.dtso", "gnss.dtbo").replace("../boards", f"{ROOT}/test/configs/boards")
    (folder / "overlay.dts").write_text(text)
    return path


# [utest->swr~config-overlay~1]
def test_compiled(tmp_path):
    compiled(tmp_path)
    tree = build(tmp_path / "overlay.dts", tmp_path / "compiled")
    assert tree.read_bytes() == build("test/configs/good/overlay.dts", tmp_path / "source").read_bytes()


# [utest->swr~config-overlay~1]
def test_damaged(tmp_path):
    """Cut at any length it is refused; with a byte changed the tool ends by itself."""
    path = compiled(tmp_path)
    good = path.read_bytes()
    for at in range(1, len(good), 113):
        path.write_bytes(good[:at])
        assert run(TOOL, "check", str(tmp_path / "overlay.dts"), "-I", IMAGES).returncode == 1
        path.write_bytes(good[:at] + bytes([good[at] ^ 0x81]) + good[at + 1 :])
        assert run(TOOL, "check", str(tmp_path / "overlay.dts"), "-I", IMAGES).returncode in (0, 1)

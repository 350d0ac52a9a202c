# SPDX-License-Identifier: Apache-2.0
"""Part `configuration` of the evidence bundle: what each of its files says, and that it goes red where it must.

Robustness: test_a_file_without_a_licence, test_a_stale_output, test_a_document_that_lacks_something, test_licence_expressions, test_another_byte,
  test_something_behind_an_archive, test_strangers_on_a_root_are_named,
  test_what_diffoscope_sees_counts, test_a_register_that_differs, test_an_interface_that_differs, test_a_tree_that_does_not_comply
Both ranges: test_flags_are_read_from_commands, test_what_is_in_an_image, test_licence_of_what_contains_others, test_an_archive_behind_another, test_a_signature_alone_may_differ, test_verdict_per_rule
"""

import gzip
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import types

import pytest

from harness import build, fit, machine_tables

sys.path.insert(0, str(build.ROOT / "scripts"))

# pylint: disable=wrong-import-position
from bundle import bundle as bundles  # noqa: E402  (needs the path above)
from bundle import configuration  # noqa: E402
from bundle.configured import audit, environment, index, readback, registers, reproducible, sbom, spdx  # noqa: E402


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# ---- configuration index ----


# [stest->swr~evidence-configuration-index~1]
def test_every_source_file():
    rows = {row["path"]: row for row in index.sources()}
    listed = subprocess.run(["git", "ls-tree", "-r", "--name-only", "HEAD"], cwd=build.ROOT, check=True, capture_output=True, text=True).stdout
    assert sorted(rows) == sorted(listed.splitlines())
    row = rows["scripts/bundle/bundle.py"]
    content = subprocess.run(["git", "cat-file", "blob", row["blob"]], cwd=build.ROOT, check=True, capture_output=True).stdout
    assert (row["sha256"], row["size"], row["licence"], row["licence_by"]) == (sha256(content), len(content), "Apache-2.0", "the file")
    assert all(row["licence"] for row in rows.values())
    assert rows["test/unit/build.mk"]["blob"] != rows["src/build.mk"]["blob"]


# [stest->swr~evidence-configuration-index~1]
def test_a_file_without_a_licence(monkeypatch):
    rules = index.dep5()
    assert index.licence_of("a.bin", b"\0", rules) == ("Apache-2.0", ".reuse/dep5")
    # REUSE-IgnoreStart
    assert index.licence_of("a.c", b"/* SPDX-License-Identifier: MIT */\n", rules) == ("MIT", "the file")
    # REUSE-IgnoreEnd
    assert index.licence_of("a.bin", b"\0", []) == (None, None)
    monkeypatch.setattr(index, "dep5", lambda: [])
    monkeypatch.setattr(index, "stale", lambda image, rows: [])
    bundle = types.SimpleNamespace(config=build.CONFIGS / "pmu.dts", image=build.build("pmu"))
    _, problems = index.make(bundle)
    assert problems and all(text.endswith(": no licence") for text in problems)


@pytest.fixture
def image(tmp_path):
    """An image's folder with one output, as the build told of it, and its rows."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "blueprint.bin").write_bytes(b"blueprint")
    outputs = [{"name": "blueprint.bin", "size": 9, "sha256": sha256(b"blueprint")}]
    inputs = [{"role": "hypervisor", "name": "bulkhead.bin", "size": 1, "sha256": sha256(b"b")}]
    (folder / "manifest.json").write_text(json.dumps({"inputs": inputs, "outputs": outputs}))
    rows = [{"path": "build/out/out/blueprint.bin", "size": 9, "sha256": sha256(b"blueprint")},
            {"path": "build/bulkhead.bin", "size": 1, "sha256": sha256(b"b")}]
    return folder, rows


# [stest->swr~evidence-configuration-index~1]
def test_a_stale_output(image):
    folder, rows = image
    assert index.stale(folder, rows) == []
    assert index.stale(folder, rows[1:]) == ["blueprint.bin: missing"]
    assert index.stale(folder, [rows[0] | {"sha256": sha256(b"other")}, rows[1]]) == ["blueprint.bin: not what the build told of it"]
    assert index.stale(folder, [rows[0], rows[1] | {"sha256": sha256(b"other")}]) == ["build/bulkhead.bin: not what is in the image"]


# ---- environment index ----


# [stest->swr~evidence-environment~1]
def test_tools():
    found = environment.make()
    tools = {row["name"]: row for row in found["tools"]}
    for name in ("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-ld", "cc", "dtc", "mkimage", "genimage", "qemu-system-aarch64", "reuse", "diffoscope"):
        if name in tools or name != "diffoscope":  # that one is of set-up's group `evidence`
            assert tools[name]["package"] and tools[name]["package_version"], name
    assert tools["aarch64-linux-gnu-gcc"]["version"] and tools["qemu-system-aarch64"]["version"]
    flags = [row["flags"] for row in tools["aarch64-linux-gnu-gcc"]["flags"]]
    assert any("-mgeneral-regs-only" in text and "-ffixed-x18" in text for text in flags)  # the hypervisor's: src/build.mk
    assert any("-fpie" in text for text in flags)  # the cells': cells/build.mk
    for name, words in (("cppcheck", "--addon=misra"), ("clang-tidy-19", "-mgeneral-regs-only"), ("clang-19", "-fcoverage-mcdc"), ("aarch64-linux-gnu-gcc", "-fanalyzer"), ("frama-c", "-main eva_boot ")):
        if name in tools or name != "frama-c":  # of that group, too
            assert any(words in row["flags"] and row["calls"] > 0 for row in tools[name]["flags"]), name
    assert all(any(kind in row["flags"] for row in tools["clang-19"]["flags"]) for kind in ("--target=aarch64-none-elf", "-Isrc/blueprint"))  # hypervisor and tool
    assert {row["name"] for row in found["fetched"]} >= {"lwip", "libsodium", "busybox-static", "u-boot", "libfdt-dev"}
    assert all(len(row["sha256"]) == 64 and row["version"] for row in found["fetched"])
    assert {row["name"] for row in found["linked"]} == {"picolibc", "libgcc", "libc"}
    assert all(found["machine"][key] for key in ("os", "kernel", "cpus"))
    assert str(build.ROOT) not in json.dumps(found)


# [stest->swr~evidence-environment~1]
def test_flags_are_read_from_commands():
    found = environment.flags_of(["cc -O2 -o a.o -c a.c", "cc -O2 -o b.o -c b.c", "cc -O1 -c c.c", "nothing-of-that-name -O3", 'cc "'])
    assert found == {"cc": [{"flags": "-O1 -c", "calls": 1}, {"flags": "-O2 -c", "calls": 2}]}


# [stest->swr~evidence-environment~1]
def test_each_group_of_set_up():
    """Whatever its comments say, an array ends where the shell has it end."""
    text = (build.ROOT / "scripts/setup.sh").read_text(encoding="utf-8")
    groups = environment.set_up_packages()
    assert len(groups) == text.count("_PACKAGES=(") == 7
    assert {"bench", "evidence", "trace"} <= set(groups)
    assert set(groups["evidence"]) >= {"chromium", "diffoscope-minimal", "frama-c-base"} and groups["full"] == ["chromium", "rsyslog"]
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", package) for packages in groups.values() for package in packages)


# ---- SBOM ----


def document():
    graph = spdx.Graph()
    one = graph.add("image", "1", "Apache-2.0", sha256(b"image"))
    graph.relate(one, "CONTAINS", graph.add("library", "2", "LicenseRef-Public-Domain"))
    graph.add("stranger", "3", "MIT")
    return graph.document(one, "2026-01-01T00:00:00Z", ["Tool: bulkhead-1"])


# [stest->swr~evidence-sbom~1]
def test_a_document_is_what_spdx_requires():
    good = document()
    assert spdx.problems(good) == []
    assert [package["name"] for package in good["packages"]] == ["image", "library"]  # what it doesn't reach isn't in it


# [stest->swr~evidence-sbom~1]
def test_licence_of_what_contains_others():
    """All licences of all that is in it, however deep; where one isn't known, none is."""
    graph = spdx.Graph()
    disk, fit, elf = (graph.add(name, "1", "Apache-2.0") for name in ("disk", "fit", "elf"))
    linux = graph.add("linux", "6", "GPL-2.0-only WITH Linux-syscall-note")
    libfdt = graph.add("libfdt", "1", "GPL-2.0-or-later OR BSD-2-Clause")
    picolibc = graph.add("picolibc", "1", "BSD-3-Clause AND BSD-2-Clause")
    for one, relation, other in ((disk, "CONTAINS", fit), (fit, "CONTAINS", elf), (fit, "CONTAINS", linux), (elf, "STATIC_LINK", libfdt), (elf, "STATIC_LINK", picolibc)):
        graph.relate(one, relation, other)
    linked = "Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND (GPL-2.0-or-later OR BSD-2-Clause)"
    whole = "Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND GPL-2.0-only WITH Linux-syscall-note AND (GPL-2.0-or-later OR BSD-2-Clause)"

    def licences():
        found = graph.document(disk, "2026-01-01T00:00:00Z", ["Tool: bulkhead-1"])
        return found, {package["name"]: (package["licenseConcluded"], package["licenseDeclared"]) for package in found["packages"]}

    found, of = licences()
    assert spdx.problems(found) == []
    assert of["disk"] == of["fit"] == (whole, "NOASSERTION") and of["elf"] == (linked, "Apache-2.0")
    assert of["libfdt"] == 2 * ("GPL-2.0-or-later OR BSD-2-Clause",) and of["linux"] == 2 * ("GPL-2.0-only WITH Linux-syscall-note",)
    graph.relate(fit, "CONTAINS", graph.add("user's", "1", "LicenseRef-Of-The-User"))
    found, of = licences()
    assert spdx.problems(found) == [] and of["disk"][0] == f"{whole} AND LicenseRef-Of-The-User"
    graph.relate(elf, "STATIC_LINK", graph.add("unknown", "1", None))
    found, _ = licences()
    assert spdx.problems(found) == [f"{name}: no licence (7.13)" for name in ("disk", "fit", "elf", "unknown")]


# [stest->swr~evidence-sbom~1]
@pytest.mark.parametrize("expression, good", [
    ("MIT", True), ("A WITH b AND (B OR C)", True), ("(B OR C WITH d) AND A", True),
    ("", False), ("A B", False), ("A WITH b WITH c", False), ("(B OR C", False), ("B OR C) AND A", False), ("A AND", False),
])
def test_licence_expressions(expression, good):
    bad = document()
    bad["packages"][0]["licenseConcluded"] = expression
    assert (spdx.problems(bad) == []) == good


# [stest->swr~evidence-sbom~1]
@pytest.mark.parametrize("path, value, clause", [
    (("spdxVersion",), "SPDX-2.2", "6.1"),
    (("dataLicense",), "MIT", "6.2"),
    (("SPDXID",), "SPDXRef-Other", "6.3"),
    (("name",), "", "6.4"),
    (("documentNamespace",), "https://example.org/#part", "6.5"),
    (("creationInfo", "creators"), [], "6.8"),
    (("creationInfo", "created"), "yesterday", "6.9"),
    (("packages", 0, "name"), "", "7.1"),
    (("packages", 1, "SPDXID"), "SPDXRef-image-1", "7.2"),
    (("packages", 0, "downloadLocation"), "", "7.7"),
    (("packages", 0, "filesAnalyzed"), True, "7.8"),
    (("packages", 0, "checksums", 0, "checksumValue"), "0", "7.10"),
    (("packages", 0, "licenseConcluded"), "NOASSERTION", "no licence"),
    (("hasExtractedLicensingInfos",), [], "10.2"),
    (("relationships", 1, "relationshipType"), "KNOWS", "11.1"),
    (("relationships", 1, "relatedSpdxElement"), "SPDXRef-Nobody", "isn't there"),
    (("relationships",), [], "11.1"),
])
def test_a_document_that_lacks_something(path, value, clause):
    bad = document()
    at = bad
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    assert any(clause in text for text in spdx.problems(bad)), spdx.problems(bad)


def packages_of(folder, name):
    found = json.loads((folder / f"{name}.spdx.json").read_text(encoding="utf-8"))
    return {package["name"]: package for package in found["packages"]}


# [stest->swr~evidence-sbom~1]
def test_what_is_in_an_image(tmp_path, monkeypatch):
    bundle = types.SimpleNamespace(config=build.CONFIGS / "linux-6.12-injected.dts", image=build.build("linux-6.12-injected"))
    names, problems, _ = sbom.make(bundle, tmp_path)
    assert problems == []
    assert {"bulkhead.itb", "cell-health"} <= set(names)
    whole = packages_of(tmp_path, "bulkhead.itb")
    assert {"bulkhead.bin", "bulkhead", "lwip", "libsodium", "libfdt-dev", "busybox-static"} <= set(whole)
    kernel = next(package for name, package in whole.items() if name.startswith("linux-image-6.12"))
    assert kernel["licenseConcluded"].startswith("GPL-2.0-only") and kernel["checksums"]
    assert all(re.fullmatch(r"pkg:deb/debian/[a-z0-9.%B-]+@[\w.:~%-]+\?arch=\w+", ref["referenceLocator"]) for package in whole.values() for ref in package.get("externalRefs", []))
    assert "busybox-static" not in packages_of(tmp_path, "cell-health")
    assert all("GPL-2.0-only" in whole[name]["licenseConcluded"] for name in ("bulkhead.itb", "initramfs.cpio.gz"))
    assert "ISC" in whole["health.elf"]["licenseConcluded"] and whole["bulkhead.bin"]["licenseConcluded"] == "Apache-2.0"
    known = sbom.Known

    def forgetful():
        made = known()
        made.files = {digest: package for digest, package in made.files.items() if package != "busybox-static"}
        return made

    monkeypatch.setattr(sbom, "Known", forgetful)
    monkeypatch.setitem(sbom.LICENCES, "lwip", None)
    _, problems, _ = sbom.make(bundle, tmp_path)
    assert any("nobody knows where its bin/busybox is from" in text for text in problems)
    assert "bulkhead.itb: lwip: no licence (7.13)" in problems


def archive(*files):
    """A cpio archive with these files: (name, content)."""
    def entry(name, content, mode):
        fields = [0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)

    whole = b"".join(entry(name, content, 0o100644) for name, content in files) + entry("TRAILER!!!", b"", 0)
    return whole + bytes(-len(whole) % 512)


# [stest->swr~evidence-sbom~1]
def test_an_archive_behind_another():
    one, other = archive(("a", b"1"), ("b/c", b"23456")), archive(("d", b""))
    assert list(sbom.cpio_files(one)) == [("a", b"1"), ("b/c", b"23456")]
    assert list(sbom.cpio_files(one + bytes(512) + other)) == [("a", b"1"), ("b/c", b"23456"), ("d", b"")]
    with pytest.raises(ValueError, match="no archive is at offset 1024"):
        list(sbom.cpio_files(one.ljust(1024, b"\0") + b"\x1f\x8b" + other))


def empty_sbom(files):
    """One that knows these SHA-256 alone."""
    made = object.__new__(sbom.Sbom)
    made.graph, made.problems, made.gaps, made.known = spdx.Graph(), [], [], types.SimpleNamespace(files=files, linked={}, archives={})
    made.source = made.graph.add("bulkhead", "1", sbom.OURS)
    return made


# [stest->swr~evidence-sbom~1]
def test_something_behind_an_archive(tmp_path):
    made = empty_sbom({sha256(b"1"): ""})
    path = tmp_path / "a.cpio.gz"
    path.write_bytes(gzip.compress(archive(("a", b"1")) + b"something"))
    made.known.archives = {"of it": path}
    made.initramfs({"name": "a.cpio.gz", "sha256": "of it"})
    assert made.problems == ["a.cpio.gz: no archive is at offset 512"]


# [stest->swr~evidence-sbom~1]
@pytest.mark.parametrize("count", [0, 2, 23])
def test_strangers_on_a_root_are_named(tmp_path, count):
    folder = tmp_path / "root/etc"
    folder.mkdir(parents=True)
    (folder / "known").write_bytes(b"known")
    for n in range(count):
        (folder / f"s{n:02}").write_bytes(b"stranger")
    subprocess.run(["mksquashfs", tmp_path / "root", tmp_path / "root.squashfs", "-quiet", "-no-progress"], check=True, stdout=subprocess.DEVNULL)
    made = empty_sbom({sha256(b"known"): ""})
    made.root(tmp_path / "root.squashfs")
    assert made.problems == [] and len(made.gaps) == (count > 0)
    named = [f"etc/s{n:02}" for n in range(min(count, 20))]
    assert not count or made.gaps[0].split(": ")[2] == ", ".join([*named, "3 more"] if count > 20 else named)


# ---- two builds ----


def builds(tmp_path, first, second):
    """Two build folders with these files of configuration `some`: {path: content}."""
    folders = []
    for name, files in ("first", first), ("second", second):
        folders.append(tmp_path / name)
        for path, content in ({"out/some/map.txt": b"map"} | files).items():
            (folders[-1] / path).parent.mkdir(parents=True, exist_ok=True)
            (folders[-1] / path).write_bytes(content)
    return folders


def verdicts(tmp_path, first, second):
    rows = reproducible.compare(*builds(tmp_path, first, second), "some", tmp_path)
    return {row["path"]: (row["verdict"], reproducible.is_good(row)) for row in rows}


# [stest->swr~evidence-reproducible~1]
def test_the_same_bytes(tmp_path):
    same = {"bulkhead.bin": b"hypervisor", "cells/a.elf": b"cell", "out/some/drive-boot.img": b"a run's"}
    other = same | {"out/some/drive-boot.img": b"another run's"}
    assert verdicts(tmp_path, same, other) == {path: ("identical", True) for path in ("bulkhead.bin", "cells/a.elf", "out/some/map.txt")}


# [stest->swr~evidence-reproducible~1]
def test_another_byte(tmp_path):
    found = verdicts(tmp_path, {"bulkhead.bin": b"hypervisor", "bulkhead": b"tool"}, {"bulkhead.bin": b"hypervisOr"})
    assert found == {"bulkhead.bin": ("different", False), "bulkhead": ("different", False), "out/some/map.txt": ("identical", True)}


def signed(folder, value, data="00"):
    """A FIT with a signature, as mkimage leaves one."""
    source = (f'/dts-v1/; / {{ timestamp = <1>; images {{ kernel {{ data = [{data}]; }}; }}; configurations {{ default = "conf-1"; '
              f'conf-1 {{ kernel = "kernel"; signature-1 {{ timestamp = <1>; value = [{value}]; }}; }}; }}; }};')
    path = folder / f"{value}-{data}.itb"
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", path, "-"], input=source.encode(), check=True)
    return path.read_bytes()


# [stest->swr~evidence-reproducible~1]
@pytest.mark.parametrize("data, verdict", [("00", ("identical but for signatures", True)), ("01", ("different", False))])
def test_a_signature_alone_may_differ(tmp_path, data, verdict):
    one, other = signed(tmp_path, "aa bb"), signed(tmp_path, "cc dd", data)
    first = {"out/some/bulkhead-signed.itb": one, "out/some/disk.img": b"head" + one + b"tail"}
    second = {"out/some/bulkhead-signed.itb": other, "out/some/disk.img": b"head" + other + b"tail"}
    found = verdicts(tmp_path, first, second)
    assert found["out/some/bulkhead-signed.itb"] == found["out/some/disk.img"] == verdict


# [stest->swr~evidence-reproducible~1]
def test_what_diffoscope_sees_counts():
    row = {"verdict": "identical", "diffoscope": {"verdict": "identical"}}
    assert reproducible.is_good(row)
    assert not reproducible.is_good(row | {"diffoscope": {"verdict": "different"}})


# [stest->swr~evidence-reproducible~1]
def test_surroundings_differ():
    first, second = reproducible.surroundings()
    assert all(getattr(first, name) != getattr(second, name) for name in ("folder", "zone", "locale", "umask"))


# [stest->swr~evidence-reproducible~1]
@pytest.mark.full
def test_two_builds():
    found = reproducible.make(build.ROOT / "configs/minimal.dts")
    assert [row["path"] for row in found["compared"] if not reproducible.is_good(row)] == []
    assert {"bulkhead.bin", "bulkhead", "cells/health.elf", "out/minimal/bulkhead.itb"} <= {row["path"] for row in found["compared"]}


# ---- audit ----


# [stest->swr~evidence-audit~1]
def test_verdict_per_rule(tmp_path):
    good, problems = audit.make(build.image("pmu"))
    assert problems == []
    assert len(good["judged"]) == good["rules"] and {row["verdict"] for row in good["judged"]} == {"holds"}
    assert good["auditor"]["sha256"] == sha256(build.TOOL.read_bytes())
    damaged = fit.Fit(build.image("pmu"))
    damaged.kernel.data[-1] ^= 1
    damaged.save(tmp_path / "bulkhead.itb")
    _, problems = audit.make(tmp_path / "bulkhead.itb")
    assert any(text.startswith("FMT-03: violated") for text in problems)
    (tmp_path / "bulkhead.itb").write_bytes(b"no FIT")
    _, problems = audit.make(tmp_path / "bulkhead.itb")
    assert len(problems) == 1 and problems[0].startswith("the auditor's exit status is 2")


# ---- registers ----


# [stest->swr~evidence-registers~1]
def test_registers_are_read_back():
    """Of a machine with an SMMU that translates, an ITS, injected cells."""
    content, problems = registers.make(build.image("dma"), "dma")
    assert problems == [] and content["verdict"] == "pass" and content["at_rest"] == ["core 3 of dma"]  # which it doesn't start
    names = {row["register"] for row in content["registers"]}
    assert {"HCR_EL2", "VTTBR_EL2", "VTCR_EL2", "SCTLR_EL2", "TTBR0_EL2", "TCR_EL2", "MDCR_EL2", "CPTR_EL2", "CNTHCTL_EL2"} <= names
    assert {"GICD_CTLR", "GICD_ISENABLER1", "GICR_ISENABLER0", "CR0", "STRTAB_BASE", "GITS_CTLR"} <= names
    assert any("S2VMID" in name for name in names) and any(name.startswith("GICD_IROUTER") for name in names)
    assert all(row["source"] for row in content["registers"])


# [stest->swr~evidence-registers~1]
def test_the_interface_is_read_back():
    content, problems = registers.make(build.image("pmu"), "pmu")
    assert problems == [] and content["at_rest"] == [] and len(content["not_read"]) == 1
    assert {"ICC_IGRPEN0_EL1", "ICH_HCR_EL2", "ICH_LR<n>_EL2 in use"} <= {row["register"] for row in content["registers"]}


# [stest->swr~evidence-registers~1]
def test_a_register_that_differs():
    """Of the machine: an SPI that nobody has is enabled, a stream that nobody has bypasses. Of the blueprint: another root of EL2."""
    meant = {}

    def meddle(gdb, blueprint):
        tables = machine_tables.Tables(blueprint)
        owned = {spi for cell in blueprint.cells.values() for spi in cell.spis} | tables.own_spis
        spi = meant["spi"] = next(n for n in range(32, 32 + tables.spi_count) if n not in owned)
        gdb.write_physical(tables.gicd_pa + 0x100 + 4 * (spi // 32), (1 << spi % 32).to_bytes(4, "little"))
        smmu = tables.smmus[0]
        streams = {stream.sid for stream in tables.streams}
        base = blueprint.memory
        sid, entry = meant["stream"] = next(row for row in machine_tables.stream_entries(smmu, base.at) if row[0] not in streams)
        gdb.write_physical(entry, (0b1001).to_bytes(8, "little"))  # V, Config 0b100: bypass
        assert sid >= 0
        other = next(n for n, (_, root, *_) in enumerate(blueprint.cores) if root and n != blueprint.service_core)
        mpidr, root, *of = blueprint.cores[other]
        blueprint.cores[other] = (mpidr, root + 4096, *of)

    rows, _ = registers.rows_of(build.image("dma"), False, meddle)
    wrong = {row.register for row in rows if not row.good}
    assert wrong == {f"GICD_ISENABLER{meant['spi'] // 32}", f"STE {meant['stream'][0]:#x} word 0", "entries of nobody's streams that abort", "TTBR0_EL2"}
    assert [row.as_json()["verdict"] for row in rows if row.register == "TTBR0_EL2"].count("fail") == 1


# [stest->swr~evidence-registers~1]
def test_an_interface_that_differs():
    """A list register with an interrupt that the cell doesn't have; an injected one of a cell with direct interrupts."""
    core, cell = types.SimpleNamespace(machine_core=0), {"name": "a", "owned": [0xFFFF, 1 << 3]}
    gic = {"icc_igrpen": [0, 0, 1], "icc_ctlr_el1": [0, 2], "icc_pmr_el1": 0xF8, "ich_hcr_el2": 1, "ich_lr_el2": [1 << 62 | 35, 36]}

    def wrong(mode, **changed):
        blueprint = types.SimpleNamespace(cells={"a": types.SimpleNamespace(mode=mode, cores=[core], **cell)})
        return [row.register for row in readback.interface_rows({"cpu": [gic | changed]}, blueprint, ()) if not row.good]

    assert wrong("injected") == [] and wrong("direct", ich_lr_el2=[35]) == []
    assert wrong("injected", ich_lr_el2=[1 << 63 | 36]) == ["ICH_LR<n>_EL2 in use"]
    assert wrong("injected", icc_igrpen=[1, 0, 0]) == ["ICC_IGRPEN0_EL1", "ICC_IGRPEN1_EL1"]
    assert wrong("direct") == ["ICH_LR<n>_EL2 in use"]


# ---- the part ----


def test_a_tree_that_complies(tmp_path, monkeypatch):
    """[stest->swr~evidence-licences~1] `reuse lint` says so, and that is what is told."""
    (tmp_path / "LICENSES").mkdir()
    (tmp_path / "LICENSES/Apache-2.0.txt").write_bytes((build.ROOT / "LICENSES/Apache-2.0.txt").read_bytes())
    # REUSE-IgnoreStart
    (tmp_path / "a.c").write_text("// SPDX-FileCopyrightText: Somebody\n// SPDX-License-Identifier: Apache-2.0\nint a;\n")
    # REUSE-IgnoreEnd
    monkeypatch.setattr(configuration, "ROOT", tmp_path)
    text, complies = configuration.lint()
    assert complies and "Apache-2.0" in text and str(tmp_path) not in text
    done = subprocess.run(["reuse", "lint"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout and text.startswith(done.stdout)


def test_files_that_are_skipped():
    """[stest->swr~evidence-licences~1] Of the tree, only what docs/evidence-configuration.md names."""
    text, _ = configuration.lint()
    skipped = re.findall(r"'(\S+)' holds an SPDX expression that cannot be parsed", text)
    told = (build.ROOT / "docs/evidence-configuration.md").read_text(encoding="utf-8")
    assert "SUMMARY" in text and [path for path in skipped if f"`{path}`" not in told] == []


def test_a_tree_that_does_not_comply(tmp_path, monkeypatch):
    """[stest->swr~evidence-licences~1]"""
    (tmp_path / "a.c").write_text("int a;\n")
    monkeypatch.setattr(configuration, "ROOT", tmp_path)
    text, complies = configuration.lint()
    assert not complies and "a.c" in text


INDEXED = {"version": "1", "configuration": "a.dts", "sources": [{"licence": "MIT"}], "outputs": [], "changed": []}
AUDITED = {"judged": [{"verdict": "holds"}]}
READ = {"compared": 1, "different": 0, "configuration": "a", "machine": {"board": "b"}}


@pytest.mark.parametrize("problems, gaps, verdict", [([], [], "pass"), ([], ["a gap"], "open"), (["a problem"], [], "fail")])
def test_verdict_of_the_part(problems, gaps, verdict):
    made = configuration.part(INDEXED, {"tools": []}, [], AUDITED, READ, None, problems, gaps)
    assert made.verdict == verdict and made.gaps == [*problems, *gaps]
    assert all(figure.reached is not False for figure in made.figures)


def test_short_form(tmp_path, monkeypatch):
    """What is left out is said; the files are there. The environment index has a test of its own."""
    bundle = bundles.Bundle(build.CONFIGS / "pmu.dts", tmp_path, short=True)
    bundle.image = build.build("pmu")
    monkeypatch.setattr(environment, "make", lambda: {"tools": []})
    monkeypatch.setattr(index, "stale", lambda image, rows: [])
    assert configuration.make(bundle) == "open"
    folder = pathlib.Path(tmp_path) / "configuration"
    told = {"index.json", "environment.json", "sbom", "audit.json", "registers.json", "reuse.txt", "summary.json"}
    assert {path.name for path in folder.iterdir()} == told | {"pmu.dts", "map.svg", "map.txt", "evidence-configuration.md"}
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert "two builds weren't made and compared (short form)" in summary["gaps"]

# SPDX-License-Identifier: Apache-2.0
"""What is in each image, and what each of that was made from, as SPDX: of bulkhead.itb, of the disk, of the loader, and of each cell.

Where something is from is told by its bytes, not by its name: each file of an initramfs is looked up by its SHA-256 among what was
fetched and built. One that nobody knows is a problem.

[impl->swr~evidence-sbom~1]
"""

import datetime
import gzip
import hashlib
import json
import pathlib
import re
import subprocess
import tempfile

from imaging import control, sign

from ..bundle import BUILD, ROOT, git
from . import environment, spdx
from .index import file_sha256

LICENCES = dict(re.findall(r"^([a-z]\S*) (.*)$", (pathlib.Path(__file__).parent / "licences.txt").read_text(encoding="utf-8"), re.M))
OURS = "Apache-2.0"
NAMED_MAX = 20  # files of a root file system that a gap names


def licence_of(package):
    return LICENCES.get(re.sub(r"^linux-image-\d.*", "linux-image", package))


def cpio_files(data):
    """(name, content) of each regular file of an archive, "newc" (cpio(5)). An initramfs may be several of them, one behind the other
    with zeros between (Linux, driver-api/early-userspace/buffer-format). ValueError: there is something else behind one."""
    at = 0
    while at < len(data):
        if data[at : at + 6] != b"070701":
            raise ValueError(f"no archive is at offset {at}")
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = data[at + 110 : at + 109 + name_size].decode()
        start = (at + 110 + name_size + 3) & ~3
        at = (start + size + 3) & ~3
        if name == "TRAILER!!!":
            at = len(data) - len(data[at:].lstrip(b"\0"))
        elif mode & 0o170000 == 0o100000:
            yield name, data[start : start + size]


class Known:
    """Where files are from, by their SHA-256."""

    def __init__(self):
        self.packages = {row["name"]: row for row in environment.fetched()}
        self.linked = {row["name"]: row for row in environment.linked()}
        self.files = {}  # SHA-256 -> name of a package; "": ours
        self.archives = {}  # SHA-256 -> an initramfs of ours
        linux = BUILD / "linux"
        for series in sorted(linux.glob("[0-9]*")):
            version = series.name.split("-", maxsplit=1)[0] + "."
            flavour = series.name.partition("-")[2]
            names = [name for name in self.packages if name.startswith(f"linux-image-{version}")]
            name = next((name for name in names if (flavour or "arm64") in name and (flavour or not re.search("16k|rt", name))), None)
            self._all(name, series.rglob("*"))
        self._all("busybox-static", [linux / "busybox"])
        self._all("nvme-cli", (linux / "nvme-cli").rglob("*"))
        self._all("rauc", (linux / "root").rglob("*"))
        self._all("", [*(BUILD / "cells/linux").glob("*"), *(ROOT / "cells/linux").rglob("*"), *(BUILD / "cells").glob("*.elf")])
        for path in (BUILD / "cells").glob("*.cpio.gz"):
            self.archives[file_sha256(path)] = path

    def _all(self, package, paths):
        if package is not None:
            for path in paths:
                if path.is_file():
                    self.files.setdefault(file_sha256(path), package)


class Sbom:
    def __init__(self, bundle):
        self.bundle, self.graph, self.known, self.problems, self.gaps = bundle, spdx.Graph(), Known(), [], []
        self.version = git("describe", "--always", "--tags", "--dirty")
        self.source = self.graph.add("bulkhead", self.version, OURS, purpose="SOURCE", comment=f"git commit {git('rev-parse', 'HEAD')}")
        self.manifest = json.loads((bundle.image / "manifest.json").read_text(encoding="utf-8"))
        release = bundle.image / "release.json"
        self.release = json.loads(release.read_text(encoding="utf-8")) if release.exists() else None
        self.inputs = {(row["role"], row["name"]): row for row in self.manifest["inputs"]}

    def debian(self, name, architecture="arm64"):
        """A package that was fetched from Debian: binary, or source (`source` as its architecture)."""
        row = self.known.packages.get(name)
        if not row:
            self.problems.append(f"{name}: its version wasn't noted")
            return self.graph.add(name, None, licence_of(name))
        purl = environment.package_url(name, row["version"], architecture)
        comment = f"SHA-256: of the {'.dsc' if architecture == 'source' else '.deb'}; noted in {', '.join(row['noted_in'])}"
        return self.graph.add(name, row["version"], licence_of(name), row["sha256"], purl, comment=comment)

    def library(self, name):
        """A library of a package of the host that builds."""
        row = self.known.linked[name]
        version = (row["version"] or "").split(" ")[0] or None
        purl = environment.package_url(row["package"], row["version"]) if row["package"] else None
        return self.graph.add(row["package"] or name, version, licence_of(row["package"] or ""), row["sha256"], purl, "LIBRARY", f"SHA-256: of {row['file']}")

    def file(self, name, sha256, licence=OURS, purpose="FILE"):
        return self.graph.add(name, sha256[:16], licence, sha256, purpose=purpose)

    def ours(self, name, sha256, purpose="FILE"):
        key = self.file(name, sha256, purpose=purpose)
        self.graph.relate(key, "GENERATED_FROM", self.source)
        return key

    def bare_metal(self, row):
        """A cell's ELF of cells/: what its debug information and symbols say that it has in it."""
        key = self.ours(row["name"], row["sha256"], "FIRMWARE")
        content = (BUILD / "cells" / row["name"]).read_bytes()
        for library in ("lwip", "libsodium"):
            if f"build/{library}/".encode() in content:
                self.graph.relate(key, "STATIC_LINK", self.debian(library, "source"))
        if b"\0fdt_" in content:
            self.graph.relate(key, "STATIC_LINK", self.debian("libfdt-dev"))
        for library in ("picolibc", "libgcc"):
            self.graph.relate(key, "STATIC_LINK", self.library(library))
        return key

    def member(self, key, name, content):
        """What a file in an archive of Linux programs is from."""
        package = self.known.files.get(hashlib.sha256(content).hexdigest())
        if package is None:
            self.problems.append(f"{self.graph.packages[key]['name']}: nobody knows where its {name} is from")
        elif package:
            for part in self.with_libraries(package):
                self.graph.relate(key, "CONTAINS", self.debian(part))
        else:
            program = self.ours(pathlib.Path(name).name, hashlib.sha256(content).hexdigest(), "APPLICATION")
            self.graph.relate(key, "CONTAINS", program)
            if content[:4] == b"\x7fELF":
                self.graph.relate(program, "STATIC_LINK", self.library("libc"))

    @staticmethod
    def with_libraries(package):
        """Its own name, and the packages that were fetched for its libraries: fetch-target.sh's lists."""
        listed = {"nvme-cli": "NVME_PACKAGES", "rauc": "ROOT_PACKAGES"}.get(package)
        if not listed:
            return [package]
        text = (ROOT / "scripts/fetch-target.sh").read_text(encoding="utf-8")
        return re.search(rf'^{listed}="([^"]*)"', text, re.M)[1].split()

    def initramfs(self, row):
        key = self.ours(row["name"], row["sha256"], "ARCHIVE")
        try:
            for name, content in cpio_files(gzip.decompress(self.known.archives[row["sha256"]].read_bytes())):
                self.member(key, name, content)
        except ValueError as error:
            self.problems.append(f"{row['name']}: {error}")
        return key

    def root(self, path):
        """A cell's root file system. Its own build writes some of its files anew (configuration, keyring): these are named."""
        key, strangers = self.ours(path.name, file_sha256(path), "ARCHIVE"), []
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["unsquashfs", "-q", "-n", "-d", f"{folder}/root", path], check=True, stdout=subprocess.DEVNULL)
            for member in sorted(pathlib.Path(folder, "root").rglob("*")):
                if member.is_file() and not member.is_symlink():
                    content = member.read_bytes()
                    if hashlib.sha256(content).hexdigest() in self.known.files:
                        self.member(key, member.name, content)
                    else:
                        strangers.append(str(member.relative_to(f"{folder}/root")))
        if strangers:
            more = [f"{len(strangers) - NAMED_MAX} more"] if len(strangers) > NAMED_MAX else []
            self.gaps.append(f"{path.name}: of no package's bytes nor the tree's, as its own build writes them: {', '.join(strangers[:NAMED_MAX] + more)}")
        return key

    def image_of_cell(self, row):
        """A cell's file, by what it is."""
        package = self.known.files.get(row["sha256"])
        if package:
            key = self.file(row["name"], row["sha256"], licence_of(package), "OPERATING-SYSTEM")
            self.graph.relate(key, "GENERATED_FROM", self.debian(package))
            return key
        if package == "":
            return self.bare_metal(row)
        if row["sha256"] in self.known.archives:
            return self.initramfs(row)
        self.gaps.append(f"{row['name']}: the user's own, its licence and its parts are theirs to state")
        return self.graph.add(row["name"], row["sha256"][:16], "LicenseRef-Of-The-User", row["sha256"], purpose="FIRMWARE")

    def cells(self):
        """{name: ID} of each cell with its files."""
        found = {}
        for cell in json.loads((self.bundle.image / "map.json").read_text(encoding="utf-8"))["cells"]:
            key = found[cell["name"]] = self.graph.add(f"cell {cell['name']}", self.version, OURS, comment="what the cell is started with")
            for row in self.manifest["inputs"]:
                if row["role"].endswith(f" of cell {cell['name']}"):
                    self.graph.relate(key, "CONTAINS", self.image_of_cell(row))
            tree = next((row for row in self.manifest["outputs"] if row["name"] == f"{cell['name']}.dtb"), None)
            if tree:
                self.graph.relate(key, "CONTAINS", self.ours(tree["name"], tree["sha256"], "FILE"))
        return found

    def fit(self, cells):
        outputs = {row["name"]: row for row in self.manifest["outputs"]}
        key = self.ours("bulkhead.itb", outputs["bulkhead.itb"]["sha256"], "FIRMWARE")
        binary = next(row for row in self.manifest["inputs"] if row["role"] == "hypervisor")
        self.graph.relate(key, "CONTAINS", self.ours("bulkhead.bin", binary["sha256"], "FIRMWARE"))
        self.graph.relate(key, "CONTAINS", self.ours("blueprint.bin", outputs["blueprint.bin"]["sha256"]))
        for cell in cells.values():
            self.graph.relate(key, "CONTAINS", cell)
        return key

    def loader(self):
        files, folder = self.release["files"], BUILD / "loader" / control.loader_facts(sign.Fit(self.bundle.image / "bulkhead.itb")).defconfig
        key = self.graph.add("loader.img", None, licence_of("u-boot"), files["loader.img"]["sha256"], purpose="FIRMWARE")
        self.graph.relate(key, "GENERATED_FROM", self.debian("u-boot", "source"))
        self.graph.relate(key, "GENERATED_FROM", self.source)
        if (folder / "bl31.elf").exists():
            self.graph.relate(key, "CONTAINS", self.debian("arm-trusted-firmware"))
        return key

    def disk(self, fit):
        files = self.release["files"]
        signed = self.ours("bulkhead-signed.itb", files["bulkhead-signed.itb"]["sha256"], "FIRMWARE")
        self.graph.relate(signed, "CONTAINS", fit)
        key = self.ours("disk.img", files["disk.img"]["sha256"], "INSTALL")
        self.graph.relate(key, "CONTAINS", signed)
        if self.release.get("root"):
            self.graph.relate(key, "CONTAINS", self.root(self.bundle.image / self.release["root"]["file"]))
        return key


def make(bundle, folder):
    """Writes FOLDER/NAME.spdx.json of each image. Returns (names, problems, gaps)."""
    sbom = Sbom(bundle)
    cells = sbom.cells()
    fit = sbom.fit(cells)
    roots = {"bulkhead.itb": fit} | {f"cell-{name}": key for name, key in cells.items()}
    if sbom.release:
        roots |= {"disk.img": sbom.disk(fit), "loader.img": sbom.loader()}
    else:
        sbom.gaps.append("no disk and no loader: the configuration was built without them (make image)")
    created = datetime.datetime.fromtimestamp(int(git("log", "-1", "--format=%ct")), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    folder.mkdir(parents=True, exist_ok=True)
    problems = list(sbom.problems)
    for name, root in roots.items():
        document = sbom.graph.document(root, created, [f"Tool: bulkhead-{sbom.version}", "Organization: The Bulkhead authors"])
        (folder / f"{name}.spdx.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        problems += [f"{name}: {text}" for text in spdx.problems(document)]
    return sorted(roots), sorted(set(problems)), sorted(set(sbom.gaps))

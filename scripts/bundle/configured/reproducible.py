# SPDX-License-Identifier: Apache-2.0
"""Two builds of one commit from clean clones, in different places, by different users, with other time zones, locales and umasks:
whether they made the same bytes, by comparison and by diffoscope, and whether the bundle's image is theirs.

What is fetched from Debian (kernels, busybox, source packages) and the keys that sign are copied into both; everything that is
compiled or packed is made twice. A signature never is the same bytes twice (RSA-PSS is salted): a signed file that differs is
compared again with its signatures and their dates taken out.

[impl->swr~evidence-reproducible~1]
"""

import hashlib
import json
import mmap
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from imaging import state

from ..bundle import BUILD, ROOT, say

FETCHED = ("linux", "lwip", "libsodium", "qemu-plugin", "loader/source", "keys")  # of build/
COMPILED = ("bulkhead.bin", "bulkhead", "hv/bulkhead.elf", "cells/*.elf", "cells/*.cpio.gz", "cells/linux/bulkhead-*",
            "loader/*/u-boot-nodtb.bin")
OTHER_USER = 64321  # nobody's, where the first is root
HEX = re.compile(rb"[0-9a-f]{64}")
DIFFOSCOPE = ("diffoscope", "--max-page-size", "200000", "--max-report-size", "200000", "--text", "-")


@dataclass(frozen=True)
class Surroundings:
    """What must make no difference."""

    name: str
    folder: str  # of the clone, below a temporary one
    zone: str
    locale: str
    umask: int
    user: int


def surroundings():
    user = os.geteuid()
    return (Surroundings("first", "a", "UTC", "C.UTF-8", 0o022, user),
            Surroundings("second", "elsewhere/deeper", "Asia/Kathmandu", "POSIX", 0o077, user if user else OTHER_USER))


def _own(path, user):
    """Gives it all to the user, where that is another."""
    if user != os.geteuid():
        subprocess.run(["chown", "-R", "-h", f"{user}:{user}", path], check=True)


def build(where, config, folder, jobs):
    """The clone's build folder, after `make image` of the configuration there. folder: not there yet; all may enter its parent."""
    tree = folder / where.folder
    tree.parent.mkdir(parents=True)
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", ROOT, tree], check=True)
    for name in FETCHED:
        if (BUILD / name).exists():
            (tree / "build" / name).parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", BUILD / name, tree / "build" / name], check=True)
    named = config.relative_to(ROOT) if config.is_relative_to(ROOT) else shutil.copy(config, tree / "configs")
    _own(folder, where.user)
    other = ["setpriv", f"--reuid={where.user}", f"--regid={where.user}", "--clear-groups"] if where.user != os.geteuid() else []
    environment = {"PATH": os.environ["PATH"], "HOME": str(tree), "TZ": where.zone, "LC_ALL": where.locale, "LANG": where.locale}
    done = subprocess.run([*other, "make", "-s", f"JOBS={jobs}", "image", f"CONFIG={named}"], cwd=tree, env=environment, check=False,
                          umask=where.umask, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"the {where.name} build failed: {done.stdout.decode(errors='replace')[-2000:]}")
    return tree / "build"


def outputs(build_folder, name):
    """{path below build: file} of what was made for configuration `name`."""
    found = [path for pattern in COMPILED for path in sorted(build_folder.glob(pattern))]
    found += [path for path in sorted((build_folder / "out" / name).iterdir()) if path.is_file()]
    kept = [path for path in found if not re.match(r"drive-|.*\.inputs$", path.name)]
    return {str(path.relative_to(build_folder)): path for path in kept}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def signatures_out(path, into):
    """A copy of a signed FIT without what a signature brings: its value, its date, and the date of the tree."""
    shutil.copyfile(path, into)
    listed = subprocess.run(["fdtget", "-l", into, "/configurations/conf-1"], check=True, capture_output=True, text=True).stdout
    for node in ("/", *(f"/configurations/conf-1/{name}" for name in listed.split() if name.startswith("signature-"))):
        for name in ("value", "timestamp"):
            has = subprocess.run(["fdtget", "-t", "bx", into, node, name], capture_output=True, text=True, check=False)
            if has.returncode == 0:
                zeros = ["00"] * len(has.stdout.split())
                subprocess.run(["fdtput", "-t", "bx", into, node, name, *zeros], check=True)
    return into


def without_signatures(name, path, into):
    """A copy of an image's file that has nothing of a signature in it any more; None: signatures have no part in it.

    disk.img has the signed FIT in it, the others digests of it and of what has it in it. The boot state is compared as what it is: a
    function of the signed FIT's digest, computed here again.
    """
    folder = path.parent
    if name == "bulkhead-signed.itb":
        return signatures_out(path, into)
    if name == "disk.img":
        fit = folder / "bulkhead-signed.itb"
        subprocess.run(["cp", "--sparse=always", path, into], check=True)
        blank = signatures_out(fit, into.with_suffix(".fit")).read_bytes()
        with open(into, "r+b") as file:
            for place in places(path, fit):
                file.seek(place)
                file.write(blank)
        return into
    if name == "state.img":
        release = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        same = state.factory(release["boot_state"], bytes.fromhex(digest(folder / "bulkhead-signed.itb")), release["counter"])
        into.write_bytes(b"the signed FIT's boot state" if same == path.read_bytes() else path.read_bytes())
        return into
    if name in ("disk.img.bmap", "release.json"):
        into.write_bytes(HEX.sub(b"0" * 64, path.read_bytes()))
        return into
    if name == "bundle.raucb":
        return raucb_listed(path, into)
    return None


def raucb_listed(path, into):
    """A list of what is in an update bundle: it is compressed over a signed FIT, and signed itself."""
    folder = into.with_suffix(".files")
    subprocess.run(["unsquashfs", "-q", "-n", "-d", folder, path], check=True, stdout=subprocess.DEVNULL)
    lines = []
    for file in sorted(folder.rglob("*")):
        if not file.is_file():
            continue
        if file.read_bytes()[:4] == b"\xd0\x0d\xfe\xed":
            file = signatures_out(file, into.with_suffix(".fit"))
        elif file.suffix == ".raucm":
            file.write_bytes(HEX.sub(b"0" * 64, file.read_bytes()))
        lines.append(f"{digest(file)} {file.name}\n")
    into.write_text("".join(lines), encoding="utf-8")
    return into


def places(image, part):
    """Where in a file another lies whole."""
    content, found = part.read_bytes(), []
    with open(image, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(content)
        while at >= 0:
            found.append(at)
            at = data.find(content, at + len(content))
    return found


def diffoscope(one, other):
    """Its verdict: "identical", "different" with what it says, or why there is none."""
    if not shutil.which(DIFFOSCOPE[0]):
        return {"verdict": "not run", "says": "diffoscope isn't installed: scripts/setup.sh evidence"}
    done = subprocess.run([*DIFFOSCOPE, one, other], capture_output=True, text=True, errors="replace", check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"})
    verdict = {0: "identical", 1: "different"}.get(done.returncode, f"failed with {done.returncode}")
    return {"verdict": verdict, "says": (done.stdout or done.stderr)[:20000].replace(str(one), "first").replace(str(other), "second")}


def compared(path, first, second, work):
    """A row: whether two files are the same, or the same but for signatures, as SHA-256 and diffoscope see it. work: an empty folder."""
    row = {"path": path, "size": [first.stat().st_size, second.stat().st_size], "sha256": [digest(first), digest(second)]}
    if row["sha256"][0] == row["sha256"][1]:
        return row | {"verdict": "identical", "diffoscope": diffoscope(first, second)}
    copies = [without_signatures(pathlib.Path(path).name, file, work / f"{name}-{file.name}") for name, file in (("first", first), ("second", second))]
    if None in copies:
        return row | {"verdict": "different", "diffoscope": diffoscope(first, second)}
    row["sha256_without_signatures"] = [digest(copy) for copy in copies]
    same = row["sha256_without_signatures"][0] == row["sha256_without_signatures"][1]
    return row | {"verdict": "identical but for signatures" if same else "different", "diffoscope": diffoscope(*copies)}


def compare(first, second, name, work):
    """Rows of all outputs of two build folders; an output of one alone is a difference."""
    ours, theirs = outputs(first, name), outputs(second, name)
    rows = [{"path": path, "verdict": "different", "says": "only one of the builds made it"} for path in sorted(set(ours) ^ set(theirs))]
    for path in ours:
        if path in theirs:
            with tempfile.TemporaryDirectory(dir=work) as folder:
                rows.append(compared(path, ours[path], theirs[path], pathlib.Path(folder)))
    return rows


def is_good(row):
    """A difference that diffoscope can't see, or sees where there is none, is none that may stay."""
    return row["verdict"] in ("identical", "identical but for signatures") and row["diffoscope"]["verdict"] in ("identical", "not run")


def make(config, jobs=0):
    """What reproducible.json has: both builds, and the image that the bundle is about, compared."""
    name = config.stem
    with tempfile.TemporaryDirectory(prefix="bulkhead-builds-") as folder:
        os.chmod(folder, 0o755)
        say("configuration: two builds, from clean clones")
        jobs = jobs or max(1, os.cpu_count() // 2)  # side by side: each has steps of one process
        with ThreadPoolExecutor() as pool:
            builds = list(pool.map(lambda where: build(where, config, pathlib.Path(folder) / where.name, jobs), surroundings()))
        rows = compare(*builds, name, folder)
        ours = [row for row in compare(builds[0], BUILD, name, folder) if row["path"] in outputs(builds[0], name)]
    return {
        "commit": subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip(),
        "command": f"make image CONFIG={config.name}",
        "builds": [{"name": w.name, "folder": w.folder, "time_zone": w.zone, "locale": w.locale, "umask": f"{w.umask:03o}", "uid": w.user}
                   for w in surroundings()],
        "shared": [f"build/{name}" for name in FETCHED],
        "compared": rows,
        "of_the_bundle": ours,
        "verdict": "pass" if all(is_good(row) for row in [*rows, *ours]) else "fail",
    }

# SPDX-License-Identifier: Apache-2.0
"""The environment index: the tools that took part, with the packages that they are of and the flags that the build calls them with;
what Debian's packages brought into an image; and the machine it ran on.

It is read, not kept by hand: packages are those of set-up's groups, programs are those of these packages that a makefile or a script
names, flags are those of the build's own commands (`make -n`), of those that build what counts for coverage, and of the analysers'.

[impl->swr~evidence-environment~1]
"""

import collections
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess
from urllib.parse import quote

from covering import host, llvm

from .. import static_eva, static_tools
from ..bundle import BUILD, ROOT, run
from .index import file_sha256

COUNTED = (("hypervisor", "HV_TOOLCHAIN=cover"), (str(host.TOOL.relative_to(ROOT)), f"HOST_TOOL={host.TOOL.relative_to(ROOT)}", "HOSTCC=clang-19", f"HOSTCFLAGS={llvm.FLAGS}"))
GOALS = ("hypervisor", "build/bulkhead", "cells", "linux-cell", "build/qemu-emmc.so")
BASE = ("bash", "coreutils", "findutils", "grep", "sed", "gawk", "mawk", "tar", "gzip", "util-linux", "dpkg", "apt", "git", "reuse")  # what set-up need not ask for
SCRIPTS = ("Makefile", "*/build.mk", "*/*/build.mk", "scripts/**/*.py", "scripts/**/*.sh", "cells/linux/*.sh", "test/harness/*.py")
WORD = re.compile(r"[a-z][\w.+-]*")
VERSION = re.compile(r"\d+(?:\.\d+)+[\w.+~-]*")


def set_up_packages():
    """{group: packages} of set-up's arrays. Its comments go first: what they say may have brackets."""
    text = re.sub(r"(?:^|[ \t])#.*", "", (ROOT / "scripts/setup.sh").read_text(encoding="utf-8"), flags=re.M)
    return {name.lower(): body.split() for name, body in re.findall(r"^([A-Z]+)_PACKAGES=\(([^)]*)\)\s*$", text, re.M)}


def installed(packages):
    """{package: version} of those that are installed."""
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version} ${Architecture}\n", *packages],
                           capture_output=True, text=True, check=False).stdout
    return {row[1]: f"{row[2]} {row[3]}" for row in map(str.split, shown.splitlines()) if row[0] == "installed"}


def package_url(name, version, architecture=None):
    """Of a Debian package (github.com/package-url/purl-spec, type deb). version: may have the architecture behind it, as installed() has it."""
    version, _, of = (version or "").partition(" ")
    quoted = "@" + quote(version, safe=":") if version else ""
    return f"pkg:deb/debian/{quote(name)}{quoted}" + (f"?arch={architecture or of}" if architecture or of else "")


def owners(paths):
    """{path: Debian package that it is of}, of the path or of what it leads to."""
    names = {}
    for path in paths:
        real = os.path.realpath(path)
        for name in (path, real, path.removeprefix("/usr"), real.removeprefix("/usr")):
            names.setdefault(name, path)
    shown = subprocess.run(["dpkg-query", "-S", *names], capture_output=True, text=True, check=False).stdout
    found = {}
    for package, name in re.findall(r"^([a-z0-9][\w.+-]*)(?::\w+)?: (/.*)$", shown, re.M):
        found.setdefault(names[name], package)
    return found


def version_of(program):
    """The first thing like a version in what a compiler, linker or machine tells of itself; None: it tells none."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, errors="replace", check=False, stdin=subprocess.DEVNULL, timeout=60)
    found = VERSION.search(done.stdout)
    return found[0] if found else None


def make_commands():
    """The commands of a whole build, and of what counts for coverage, as make would run them, without running them."""
    text = "".join(run("make", "-nB", "--no-print-directory", *goals) for goals in (GOALS, *COUNTED)).replace("\\\n", " ").replace(str(ROOT), ".")
    return [line.strip() for line in text.splitlines()]


def analysers():
    """{program: [{flags, calls}]} of the static analysers, FILE in a file's place: the order of their options matters, and these have values."""
    found = collections.defaultdict(list)
    for words, calls in [*static_tools.command_lines(), *static_eva.command_lines()]:
        found[words[0]].append({"flags": shlex.join(words[1:]).replace(str(ROOT), "."), "calls": calls})
    return found


def flags_of(commands):
    """{program: [{flags, calls}]}: each set of options that a program is called with. Files aren't options, nor are their names."""
    calls = collections.defaultdict(collections.Counter)
    for line in commands:
        try:
            words = shlex.split(line)
        except ValueError:
            continue
        if not words or "/" in words[0] or not shutil.which(words[0]) or words[0] in ("echo", "mkdir", "rm", "test"):
            continue
        flags, skip = [], False
        for word in words[1:]:
            if skip:
                skip = False
            elif word in ("-o", "-MF"):
                skip = True
            elif word.startswith("-"):
                flags.append(word)
        calls[words[0]][" ".join(flags)] += 1
    return {program: [{"flags": flags, "calls": count} for flags, count in sorted(sets.items())] for program, sets in sorted(calls.items())}


def programs(packages):
    """Of the packages' programs, those that a makefile or a script names."""
    shown = subprocess.run(["dpkg-query", "-L", *installed(packages)], capture_output=True, text=True, check=False).stdout
    offered = {path.rsplit("/", 1)[1] for path in re.findall(r"^(?:/usr)?/s?bin/\S+$", shown, re.M)}
    words = set()
    for path in (path for pattern in SCRIPTS for path in ROOT.glob(pattern)):
        words |= set(WORD.findall(path.read_text(encoding="utf-8")))
    return {word for word in offered & words if shutil.which(word)}


def tools():
    flags = flags_of(make_commands())
    for program, rows in analysers().items():
        flags.setdefault(program, []).extend(rows)
    packages = [package for group in set_up_packages().values() for package in group]
    called = set(flags) | {"qemu-system-aarch64", "python3", "make", "git"}  # these are asked themselves
    paths = {program: shutil.which(program) for program in sorted(called | programs([*packages, *BASE])) if shutil.which(program)}
    paths["python3"] = "/usr/bin/python3"  # as the scripts' first lines have it, whatever PATH finds
    of = owners(paths.values())
    versions = installed(sorted(set(of.values())))
    return [{"name": program, "version": version_of(path) if program in called else None, "package": of.get(path),
             "package_version": versions.get(of.get(path)), "flags": flags.get(program, [])} for program, path in paths.items()]


def fetched():
    """Debian packages, binary or source, that were fetched for what runs on the target: as fetch-*.sh and build.sh noted them."""
    rows = {}
    for path in sorted([*BUILD.glob("*/packages*.txt"), *BUILD.glob("loader/*/packages.txt")]):
        for line in path.read_text(encoding="utf-8").splitlines():
            name, version, digest = line.split()
            row = rows.setdefault((name, digest), {"name": name, "version": version, "sha256": digest, "noted_in": []})
            note = str(path.relative_to(ROOT))
            if note not in row["noted_in"]:
                row["noted_in"].append(note)
    return list(rows.values())


def linked():
    """Libraries of this host's packages that become part of what runs: those that the build's commands name or its compiler adds."""
    cross = "aarch64-linux-gnu-"
    names = {"picolibc": "/usr/lib/picolibc/aarch64-linux-gnu/lib/libc.a"}
    for name, file in (("libgcc", "libgcc.a"), ("libc", "libc.a")):
        names[name] = run(f"{cross}gcc", f"-print-file-name={file}").strip()
    rows = []
    for name, file in names.items():
        package = owners([file]).get(file)
        rows.append({"name": name, "package": package, "version": installed([package]).get(package) if package else None,
                     "file": pathlib.Path(file).name, "sha256": file_sha256(file)})
    return rows


def machine():
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', pathlib.Path("/etc/os-release").read_text(encoding="utf-8"), re.M))
    info = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*: (.*)", info, re.M)
    memory = re.search(r"^MemTotal:\s*(\d+) kB", pathlib.Path("/proc/meminfo").read_text(encoding="utf-8"), re.M)
    return {
        "os": release.get("PRETTY_NAME"), "os_version": pathlib.Path("/etc/debian_version").read_text(encoding="utf-8").strip()
        if os.path.exists("/etc/debian_version") else None,
        "kernel": platform.release(), "architecture": platform.machine(), "cpu": model[1] if model else None,
        "cpus": os.cpu_count(), "memory_kb": int(memory[1]) if memory else None, "python": platform.python_version(),
    }


def make():
    """What environment.json has."""
    wanted = set_up_packages()
    have = installed(sorted({package for packages in wanted.values() for package in packages}))
    packages = {group: [{"name": name, "version": have.get(name)} for name in names] for group, names in wanted.items()}
    return {"machine": machine(), "tools": tools(), "packages": packages, "linked": linked(), "fetched": fetched()}

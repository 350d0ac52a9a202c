# SPDX-License-Identifier: Apache-2.0
"""TCG plugins, compiled against the header of the installed QEMU's source package (scripts/fetch-plugin.sh)."""

import subprocess

from . import build

HEADER = build.BUILD / "qemu-plugin"


def compiled(source, out):
    """`out`, made of a C file."""
    out.parent.mkdir(parents=True, exist_ok=True)
    glib = subprocess.run(["pkg-config", "--cflags", "glib-2.0"], capture_output=True, text=True, check=True)
    flags = [word.replace("-I", "-isystem") for word in glib.stdout.split()]
    warnings = ["-Wall", "-Wextra", "-Werror"]
    subprocess.run(["gcc", "-std=gnu11", "-O2", "-fPIC", "-shared", *warnings, *flags, f"-isystem{HEADER}", "-o", out, source], check=True)
    return out

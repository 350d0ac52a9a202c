# SPDX-License-Identifier: Apache-2.0
"""What `make image` is made of: signing, U-Boot's control tree, the boot state's first content, the disk. See docs/update.md."""

import os
import subprocess

DATE = "1767225600"  # 2026-01-01: the date that everything in an image carries


class Refused(Exception):
    """What a person has to mend: message, then advice."""


def run(*command, data=None):
    """A tool's standard output, as bytes; it fails with the tool's own words."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": DATE, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    try:
        done = subprocess.run([str(word) for word in command], input=data, env=environment, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise Refused(f"{command[0]} is missing", "scripts/setup.sh installs it") from error
    if done.returncode:
        words = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise Refused(f"{command[0]} failed: {words or f'exit {done.returncode}'}")
    return done.stdout

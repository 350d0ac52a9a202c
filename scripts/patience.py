# SPDX-License-Identifier: Apache-2.0
"""Commands that have machines to end where Ctrl-C ends them."""

import subprocess


def call(command, **options):
    """Exit status. Ctrl-C reaches the command, too: subprocess.run() would kill it a quarter of a second later, and its machines run on."""
    with subprocess.Popen(command, **options) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.wait()
            raise

# SPDX-License-Identifier: Apache-2.0
"""Faults of a partition file: what is taken, and warned of. Refusals: bad/.

Both ranges: test_limit_never_reached
"""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import IMAGES, TOOL, run  # noqa: E402

FILE = """/* SPDX-License-Identifier: Apache-2.0 */
/dts-v1/;
/ {{
	compatible = "bulkhead,partitions-v1";
	board = "qemu-virt";
	cells {{
		health {{ role = "health"; cpus = <0>; memory = "32M"; image = "health.elf"; }};
		linux {{ cpus = <1>; memory = "512M"; kernel = "Image"; boot-timeout = "60s"; faults {{ {own} }}; }};
	}};
	faults {{ {shared} }};
}};
"""


# [utest->swr~config-restart-limit~1]
@pytest.mark.parametrize(
    "own, shared, warned",
    [
        ("", "", False),
        ("", 'restart-window = "5/300s";', False),
        ("", 'restart-window = "5/300s"; restart-limit = "safe";', True),
        ('restart-limit = "reset";', "", True),  # the default window is that, too
        ('restart-limit = "reset";', 'restart-window = "5/301s";', False),
        ('restart-limit = "reset"; restart-window = "1/60s";', 'restart-window = "5/600s";', True),
        ('restart-window = "1/61s";', 'restart-limit = "stop";', False),
    ],
)
def test_limit_never_reached(tmp_path, own, shared, warned):
    (tmp_path / "file.dts").write_text(FILE.format(own=own, shared=shared))
    result = run(TOOL, "check", str(tmp_path / "file.dts"), "-I", IMAGES)
    words = ": warning: restart-limit is never reached by cell 'linux' if it doesn't come up: "
    assert (result.returncode, words in result.stderr, result.stderr.count("\n")) == (0, warned, int(warned))

# SPDX-License-Identifier: Apache-2.0
"""vectors.S saves no more than what C may spoil: every function that uses one of x9 to x15 saves it first, and
none uses x18 (src/build.mk). Read from the disassembly, since it rests on two flags of the compiler.

[utest->swr~registers-kept~1]

Robustness: test_it_would_be_seen
"""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
KEPT = r"\b[wx](9|1[0-58])\b"
BY_HAND = {"guest_return"}  # writes them all, from the guest's frame


def functions(elf):
    objdump = os.environ.get("HV_CROSS", "aarch64-linux-gnu-") + "objdump"
    text = subprocess.run([objdump, "-d", "--no-show-raw-insn", elf], check=True, capture_output=True, text=True).stdout
    for block in text.split("\n\n"):
        head = re.match(r"\s*[0-9a-f]+ <([^>]+)>:\n", block)
        if head:
            yield head[1], block[head.end() :]


def spoiled(body):
    used = set(re.findall(KEPT, re.sub(r"<[^>]*>", "", body)))
    saved = set()
    for line in body.splitlines():
        store = re.search(r"\b(?:stp|str)\s+(.*), \[sp", line)
        if store:
            saved |= set(re.findall(r"\bx(9|1[0-58])\b", store[1]))
    return used - saved


# [utest->swr~registers-kept~1]
def test_no_function_spoils_what_the_guest_has_in_them():
    found = {name: spoiled(body) for name, body in functions(ROOT / "build/hv/bulkhead.elf")}
    assert len(found) > 100
    assert {name: registers for name, registers in found.items() if registers and name not in BY_HAND} == {}


def test_it_would_be_seen():
    assert spoiled("  4:\tmov\tx9, x0\n  8:\tret\n") == {"9"}
    assert spoiled("  0:\tstp\tx9, x10, [sp, #16]\n  4:\tmov\tx9, x0\n  8:\tadd\tw18, w10, #1\n") == {"18"}

# SPDX-License-Identifier: Apache-2.0
"""What architecture and build promise of the hypervisor's code, read from the binary and from gcc's call graphs.

Robustness: test_stack_refuses, test_it_would_be_seen
"""

import re
import subprocess
import sys

import pytest

from test_saved import ROOT, functions

ELF = ROOT / "build/hv/bulkhead.elf"
# Registers of the FP/SIMD file, as objdump writes them: v0.16b, q0, d0, s0.
VECTOR = re.compile(r"(?<![\w.])(?:v\d+\.\w+|[qdsh]\d+)(?!\w)")
# One hashes at boot, before any guest has a register of these; one zeroes them all right before its core's guest starts.
VECTOR_BY_HAND = {"arch_sha256", "fp_registers_zero"}
EXCLUSIVE = re.compile(r"\t(?:ldx|ldax|stx|stlx|ldadd|ldset|ldclr|ldeor|swp|cas|stadd|stset|stclr)[a-z]*\t")
# Those that lock.h's lock_draw is compiled into: a lock of one cell's cores, in memory that no guest sees (struct cell_state, the page
# of a UART's state).
LOCKS = {"cell_renew", "lock_take", "pci_config_access", "state_lock", "vuart_access"}


def instructions(body):
    """Without the names of what is branched to, in which there may be anything."""
    return re.sub(r"<[^>]*>", "", body)


# [utest->swr~el2-no-fp~1]
def test_no_vector_registers():
    found = {name for name, body in functions(ELF) if VECTOR.search(instructions(body))}
    assert found == VECTOR_BY_HAND


# [utest->swr~el2-exclusives-in-locks~1]
def test_exclusives_in_locks_alone():
    found = {name for name, body in functions(ELF) if EXCLUSIVE.search(instructions(body))}
    assert found == LOCKS


# [utest->swr~el2-no-fp~1] [utest->swr~el2-exclusives-in-locks~1]
def test_it_would_be_seen():
    assert VECTOR.search("\tmovi\tv0.2d, #0x0") and VECTOR.search("\tldr\tq3, [x0]") and VECTOR.search("\tfmov\td1, x2")
    assert not VECTOR.search("\tmov\tx0, x1\n\tmrs\tx2, s3_0_c12_c8_0\n\tdsb\tish")
    assert EXCLUSIVE.search("  4:\tldaxr\tw0, [x1]") and EXCLUSIVE.search("  4:\tcasal\tx0, x1, [x2]")
    assert not EXCLUSIVE.search("  4:\tldar\tw0, [x1]\n  8:\tstlr\tw0, [x1]")


def bounded(limit, graph, tmp_path):
    """stack.py of one call graph; (exit status, what it said)."""
    file = tmp_path / "graph.ci"
    file.write_text(graph)
    done = subprocess.run([sys.executable, ROOT / "scripts/stack.py", str(limit), file], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def node(name, size, kind="static"):
    return f'node: {{ title: "{name}" label: "{name}\\nfile.c:1:1\\n{size} bytes ({kind})" }}\n'


def edge(caller, callee):
    return f'edge: {{ sourcename: "{caller}" targetname: "{callee}" label: "file.c:2:2" }}\n'


CHAIN = node("outer", 48) + node("middle", 16) + node("inner", 32) + edge("outer", "middle") + edge("middle", "inner")


# [utest->swr~el2-stack-bounded~1]
def test_stack_is_the_deepest_chain(tmp_path):
    status, said = bounded(96, CHAIN + node("other", 64), tmp_path)
    assert (status, said) == (0, "stack: 96 of 96 bytes at the most: outer > middle > inner\n")


# [utest->swr~el2-stack-bounded~1]
@pytest.mark.parametrize(
    ("limit", "graph", "why"),
    [
        (95, CHAIN, "96 bytes are more than the 95 of a stack"),
        (1000, CHAIN + edge("inner", "middle"), "recursion: outer -> middle -> inner -> middle"),
        (1000, CHAIN + node("long", 16, "dynamic"), "long: its frame is dynamic, not of a fixed size"),
        (1000, CHAIN + edge("inner", "__indirect_call"), "inner: calls through a pointer that scripts/stack.py doesn't know"),
        (1000, "", "no call graph"),
    ],
)
def test_stack_refuses(tmp_path, limit, graph, why):
    status, said = bounded(limit, graph, tmp_path)
    assert status == 1 and why in said


# [utest->swr~el2-stack-bounded~1]
def test_stack_of_the_hypervisor():
    limit = re.search(r"^HV_STACK := (\d+)", (ROOT / "src/build.mk").read_text(), re.MULTILINE)[1]
    graphs = sorted((ROOT / "build/hv").rglob("*.c.ci"))
    assert len(graphs) > 30
    subprocess.run([sys.executable, ROOT / "scripts/stack.py", limit, *graphs], check=True)


# [utest->swr~el2-no-heap~1]
def test_nothing_allocates():
    """No function of an allocator is there, nor one that C's library would bring."""
    names = {name for name, _ in functions(ELF)}
    assert not {name for name in names if re.search(r"alloc|^free$|^sbrk|^brk$", name)}
    assert len(names) > 100

# SPDX-License-Identifier: Apache-2.0
"""The longest exit of each class that was seen, in instructions from vector to ERET, by the plugin of the object-code check: what
static_paths.py's bounds are laid beside."""

import struct

from bundle import static_paths

ENTRY, CUT, WAIT, PATHS = 64, 65, 66, 128  # executed.c
PATH = struct.Struct("<QQQ")  # places, longest, count
VECTORS, VECTOR_SIZE = 8, 128  # of exceptions from lower ELs: Arm ARM D1.3.1.5
ROOTS = ("exit_synchronous", "exit_interrupt", "exit_fiq", "exit_serror")
HANDLERS = ("hvc", "smc", "sysreg_trap", "instruction_abort", "data_abort", "undefined")
STARTS = ("boot_entry", "secondary_entry")  # a machine that was reset meanwhile
PLACES = (*ROOTS, *HANDLERS, *static_paths.HOT, *static_paths.EMULATED)


def marks(addresses, text, size, waits=()):
    """A byte for each instruction of the image. addresses: of functions, by name; waits: of instructions in loops that wait."""
    made = bytearray(size // 4)
    for address in waits:
        made[(address - text) // 4] = WAIT
    for place, name in enumerate(PLACES, 1):
        made[(addresses[name] - text) // 4] = place
    for name in (*static_paths.ENDS_OF_LIFE, *STARTS):
        made[(addresses[name] - text) // 4] = CUT
    for vector in range(VECTORS):
        made[(addresses["vectors_guest"] + vector * VECTOR_SIZE - text) // 4] = ENTRY
    return bytes(made)


def paths(data, size):
    """[(names of the places, longest, count)] of a machine's file. size: of the image."""
    first = (size // 4 + 7) & ~7
    for places, longest, count in PATH.iter_unpack(data[first : first + PATHS * PATH.size]):
        if count:
            yield frozenset(name for place, name in enumerate(PLACES, 1) if places >> place & 1), longest, count


def class_of(names):
    """Name of the exit class that comes by these places; None: a call answered at once, before a handler is asked."""
    classes = static_paths.CLASSES
    of_place = [of for of in classes if names & set(of.calls)]
    of_handler = [of for of in classes if of.root in names and (names & set(of.handlers) or not of.handlers)]
    return next((of.name for of in [*of_place, *(of for of in of_handler if not of.calls), *of_handler]), None)


AT_ONCE = "HVC or SMC, answered at once"


def longest(found):
    """{class: {"longest", "count"}} of all machines' paths."""
    told = {}
    for names, length, count in found:
        row = told.setdefault(class_of(names) or AT_ONCE, {"longest": 0, "count": 0})
        row["longest"], row["count"] = max(row["longest"], length), row["count"] + count
    return told

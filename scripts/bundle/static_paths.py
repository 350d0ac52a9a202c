# SPDX-License-Identifier: Apache-2.0
"""The longest path from a vector's entry to its ERET, in instructions, by exit class: from the disassembly of what is shipped.

Blocks and their successors come from objdump; a loop's body counts as often as LOOPS says that its head is reached, a loop
that isn't there is a gap and its class has no bound. Calls through pointers go to the handler of the class.
"""

import json
import re
import subprocess
from dataclasses import dataclass, field

from .bundle import BUILD, ROOT

ELF = BUILD / "hv/bulkhead.elf"
LOOPS = ROOT / "test/evidence/loops.json"
TOOLS = "aarch64-linux-gnu-"

FUNCTION = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$")
TARGET = re.compile(r"\b([0-9a-f]{6,}) <")
CONDITIONAL = re.compile(r"b\.\w+|cbn?z|tbn?z")
ENDS = ("ret", "eret", "br", "b", "udf")


@dataclass
class Block:
    start: int
    instructions: int = 0
    calls: list = field(default_factory=list)  # address of the callee; None: through a pointer
    next: list = field(default_factory=list)  # addresses of blocks
    last: int = 0


@dataclass
class Function:
    name: str
    start: int
    blocks: dict = field(default_factory=dict)


def tool(name, *arguments, stdin=None):
    return subprocess.run([TOOLS + name, *map(str, arguments)], check=True, capture_output=True, text=True, input=stdin).stdout


def disassembly(elf=ELF):
    return tool("objdump", "-d", "--no-show-raw-insn", elf)


def functions(text):
    """Start address -> Function, of objdump's listing."""
    listed, current = {}, None
    for line in text.splitlines():
        if found := FUNCTION.match(line):
            current = listed.setdefault(int(found[1], 16), (found[2], []))
        elif current and (found := INSTRUCTION.match(line)):
            current[1].append((int(found[1], 16), found[2], found[3]))
    return {start: function(name, start, lines) for start, (name, lines) in listed.items() if lines}


def function(name, start, lines):
    inside = {address for address, _, _ in lines}
    leaders = {start}
    for address, word, rest in lines:
        if word == "b" or CONDITIONAL.fullmatch(word):
            leaders |= {target(rest)} & inside
        if word in ENDS or CONDITIONAL.fullmatch(word):
            leaders.add(address + 4)
    made, block = Function(name, start), None
    for address, word, rest in lines:
        if block is None or address in leaders:
            if block:
                block.next.append(address)
            block = made.blocks[address] = Block(address)
        block.instructions += 1
        block.last = address
        if word in ("bl", "blr"):
            block.calls.append(target(rest) if word == "bl" else None)
        elif CONDITIONAL.fullmatch(word):
            if target(rest) not in inside:  # a tail call of its own, which a class may not have
                made.blocks[-address] = Block(-address, 0, [target(rest)], [], address)
                block.next.append(-address)
            else:
                block.next.append(target(rest))
            block.next.append(address + 4)
            block = None
        elif word in ENDS:
            if word == "b" and target(rest) in inside:
                block.next.append(target(rest))
            elif word == "b":  # to a function that returns for this one
                block.calls.append(target(rest))
            elif word == "br":
                block.calls.append(None)
            block = None
    for block in made.blocks.values():
        block.next = [address for address in block.next if address in made.blocks]
    return made


def target(rest):
    found = TARGET.search(rest)
    return int(found[1], 16) if found else None


def components(nodes, successors):
    """Strongly connected ones, in reverse topological order (Tarjan), without recursion."""
    index, low, stack, on, out, count = {}, {}, [], set(), [], 0
    for root in nodes:
        if root in index:
            continue
        work = [(root, iter(successors(root)))]
        index[root] = low[root] = count
        count += 1
        stack.append(root)
        on.add(root)
        while work:
            node, following = work[-1]
            for other in following:
                if other not in index:
                    index[other] = low[other] = count
                    count += 1
                    stack.append(other)
                    on.add(other)
                    work.append((other, iter(successors(other))))
                    break
                if other in on:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    part = set()
                    while node not in part:
                        part.add(stack.pop())
                        on.discard(next(iter(part))) if len(part) == 1 else None
                    on -= part
                    out.append(part)
    return out


class Unbounded(Exception):
    """Why there is no bound."""


class Bounds:
    """`loops`: how often a loop's head is reached, by where its end is in the source; `handlers`: whom a call through a pointer
    reaches; `cut`: functions whose calls end the path (what follows isn't part of the exit); `never`: ones this class
    doesn't call."""

    def __init__(self, listed, loops, handlers=(), cut=(), never=()):
        self.functions, self.loops = listed, loops
        self.by_name = {f.name: f for f in listed.values()}
        self.handlers, self.cut, self.never = handlers, set(cut), set(never)
        self.known, self.open, self.waits, self.trail = {}, [], set(), {}

    def of(self, name):
        """Instructions of the longest path through a function with all it calls."""
        if name in self.known:
            return self.known[name]
        if name in self.open:
            raise Unbounded(f"recursion: {' > '.join([*self.open, name])}")
        if name not in self.by_name:
            raise Unbounded(f"{name}: no such function in the image")
        self.open.append(name)
        found = self.by_name[name]
        blocks = {a: b for a, b in found.blocks.items() if not self.excluded(b)}
        self.known[name] = self.longest(found, blocks, found.start)
        self.open.pop()
        return self.known[name]

    def names(self, block):
        for address in block.calls:
            callee = self.functions.get(address) if address is not None else None
            if address is not None and callee is None:
                raise Unbounded(f"{self.open[-1]}: a call to {address:#x}, which is no function's start")
            yield callee.name if callee else None

    def excluded(self, block):
        return any(name in self.never for name in self.names(block))

    def cost(self, block):
        total = block.instructions
        for name in self.names(block):
            if name is None:
                if not self.handlers:
                    raise Unbounded(f"{self.open[-1]}: a call through a pointer")
                total += max(self.of(handler) for handler in self.handlers)
            elif name not in self.cut:
                total += self.of(name)
        return total

    def longest(self, found, blocks, entry):
        """From `entry` on, over `blocks` alone."""
        following = lambda node: [n for n in blocks[node].next if n in blocks]  # noqa: E731
        best = {}
        for part in components(blocks, following):
            weight = self.part(found, blocks, part, following, entry)
            after = [best[n] for node in part for n in following(node) if n not in part]
            for node in part:
                best[node] = weight + max(after, default=0)
        return best[entry]

    def part(self, found, blocks, part, following, entry):
        node = next(iter(part))
        if len(part) == 1 and node not in following(node):
            return self.cost(blocks[node])
        heads = {n for outside in blocks if outside not in part for n in following(outside) if n in part} | ({entry} & part)
        if len(heads) != 1:
            raise Unbounded(f"{found.name}: a loop with {len(heads)} entries")
        head = heads.pop()
        ends = [n for n in part if head in following(n)]
        body = {n: Block(b.start, b.instructions, b.calls, [m for m in b.next if m != head], b.last) for n, b in blocks.items() if n in part}
        return self.loops.times(self, found, [blocks[n].last for n in ends]) * self.longest(found, body, head)


class Loops:
    """LOOPS: each {"function", "line": words in the source line that tell loops of a function apart, "times", "wait": why it
    ends where it waits for something, then its turns aren't counted}. `times` may name what a configuration has."""

    def __init__(self, table, values, lines):
        self.table, self.values, self.lines, self.used, self.missing = table, values, lines, set(), {}

    def times(self, bounds, found, ends):
        rows = [self.row(found, address) for address in ends]
        row = max(rows, key=self.value)
        if "wait" in row:
            bounds.waits.add(f"{row['function']}: {row['wait']}")
        return self.value(row)

    def value(self, row):
        return 1 if "wait" in row else 1 + int(eval(str(row["times"]), {"__builtins__": {}}, dict(self.values)))  # noqa: S307

    def row(self, found, address):
        """Of the innermost function in the source that has one; where it has several and the line tells nothing, the dearest."""
        frames = self.lines(address)
        for name, path, number in frames:
            rows = [row for row in self.table if row["function"] == name]
            here = [row for row in rows if "line" in row and row["line"] in source_line(path, number)]
            if rows:
                best = max(here or rows, key=self.value)
                self.used |= {i for i, row in enumerate(self.table) if row in (here or rows)}
                return best
        name, path, number = frames[0]
        self.missing[f"{path}:{number}: a loop of {name}, in {found.name}, without a bound in test/evidence/loops.json"] = True
        raise Unbounded(f"{found.name}: the loop of {name} has no bound")


    def unused(self):
        """Rows that no loop on a path has taken: they speak of code that isn't there."""
        return [f"{row['function']} {row.get('line', '')}".strip() for i, row in enumerate(self.table) if i not in self.used]


def turning(found):
    """(blocks, addresses of the branches back to its head) of each loop of a function that has one head."""
    following = lambda node: [n for n in found.blocks[node].next if n in found.blocks]  # noqa: E731
    for part in components(found.blocks, following):
        heads = {n for outside in found.blocks if outside not in part for n in following(outside) if n in part} | ({found.start} & part)
        ends = [node for node in part if len(heads) == 1 and heads <= set(following(node))]
        if ends:
            yield [found.blocks[node] for node in part], [found.blocks[node].last for node in ends]


def waiting(listed, table, lines):
    """Addresses of the instructions of loops that wait, by LOOPS' rows: their turns are in no bound."""
    names = {row["function"] for row in table if "wait" in row}
    for found in listed.values():
        for blocks, ends in turning(found):
            inner = (next((name for name, _, _ in lines(address) if any(row["function"] == name for row in table)), None) for address in ends)
            if names & set(inner):
                for block in blocks:
                    yield from range(abs(block.start), block.last + 4, 4)


def source_line(path, number):
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines() if (ROOT / path).is_file() else []
    return lines[number - 1] if 0 < number <= len(lines) else ""


def lines_of(elf):
    """address -> [(function, path, line)], the innermost first."""
    cache = {}

    def lines(address):
        if address not in cache:
            text = tool("addr2line", "-i", "-f", "-e", elf, hex(address)).splitlines()
            cache[address] = [
                (name, re.sub(r"^.*?/(?=(src|scripts)/)", "", where.split(" ")[0].rsplit(":", 1)[0]), int(re.sub(r"\D.*", "", where.rsplit(":", 1)[1]) or 0))
                for name, where in zip(text[::2], text[1::2])
            ]
        return cache[address]

    return lines


# ---- exit classes ----

# What a core does once its guest's life is over isn't part of an exit: the cell's stop and restart, the machine's reset. Their
# time is that of docs/bench.md's restart rows.
ENDS_OF_LIFE = ("core_rest", "core_off", "crash_reset", "arch_machine_reset", "firmware_forward")
EMULATED = ("gicd_access", "gicr_access", "vuart_access", "pci_config_access", "ivshmem_access")
HOT = ("exit_gicd_word", "exit_sgi")  # taken before exit_general's table is asked, by one class each


@dataclass
class Class:
    """An exit class: which C function its vector calls, whom exit_general's table calls, and what it never calls."""

    name: str
    root: str
    handlers: tuple = ()
    never: tuple = ()
    measured: tuple = ()  # rows of build/bench/results.json
    calls: tuple = ()  # whom it alone reaches, of HOT and EMULATED


def synchronous(name, handler, *measured, calls=()):
    """By exit_general's table; `calls`: whom this class alone reaches, of those that the classes differ in."""
    return Class(name, "exit_synchronous", (handler,), tuple(f for f in (*HOT, *EMULATED) if f not in calls), measured, calls)


CLASSES = [
    synchronous("HVC", "hvc", "hvc_version", "hvc_unknown"),
    synchronous("SMC", "smc", "psci_version", "smc_unknown"),
    synchronous("system register", "sysreg_trap", calls=("exit_sgi",)),
    synchronous("instruction abort", "instruction_abort"),
    synchronous(
        "data abort: distributor", "data_abort", "gicd_typer_read", "gicd_isenabler_read", "gicd_isenabler_write",
        calls=("exit_gicd_word", "gicd_access"),
    ),
    synchronous("data abort: redistributor", "data_abort", calls=("gicr_access",)),
    synchronous("data abort: UART", "data_abort", calls=("vuart_access",)),
    synchronous("data abort: PCI configuration space", "data_abort", calls=("pci_config_access",)),
    synchronous("data abort: channel's registers", "data_abort", calls=("ivshmem_access",)),
    synchronous("data abort: nothing of the cell's", "data_abort"),
    synchronous("other synchronous", "undefined"),
    Class("IRQ", "exit_interrupt", measured=("timer_injected", "spi_injected", "msi_injected")),
    Class("FIQ", "exit_fiq"),
    Class("SError", "exit_serror"),
]


def vector(listed):
    """Instructions of vectors.S on the longest way: all registers saved and restored, its second call of the handler."""
    named = {f.name: f for f in listed.values()}
    parts = (named["vectors_guest"], named["exit_again"], named["guest_return"])
    return sum(part.blocks[part.start].instructions for part in parts)


def bound(listed, loops, of):
    """One class of paths.json."""
    # The register table's readers of the CPU's own ID registers are called through a pointer, too.
    hosts = tuple(f.name for f in listed.values() if f.name.startswith("host_"))
    try:
        values = Bounds(listed, loops, hosts, ENDS_OF_LIFE, of.never)
        known = {handler: values.of(handler) for handler in of.handlers}
        whole = Bounds(listed, loops, of.handlers, ENDS_OF_LIFE, of.never)
        whole.known.update(known)
        once = whole.of(of.root)
    except Unbounded as reason:
        return {"bound": None, "why_not": str(reason)}
    twice = 2 if of.root == "exit_synchronous" else 1
    return {"bound": vector(listed) + twice * once, "handler": {**known, of.root: once}, "waits": sorted(values.waits | whole.waits)}


def measured_of(of, results, exits):
    rows = {row["name"]: row["value"] for row in results if row["name"] in of.measured}
    seen = exits.get(of.name)
    return {
        "measured": max(rows.values(), default=None),
        "measured_rows": rows,
        "longest_of_tests": seen,
    }


def table(listed, loops, results, exits):
    """paths.json's classes. `results`: build/bench/results.json; `exits`: of object-code.json, the longest of each class in the system
    tests; each empty where there is none."""
    return [{"class": of.name, **bound(listed, loops, of), **measured_of(of, results, exits)} for of in CLASSES]


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))

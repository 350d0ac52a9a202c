#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""stack.py LIMIT FILE.ci... - the deepest stack of the hypervisor, from gcc's call graphs, against its limit.

gcc's -fcallgraph-info=su writes, for each file, every function with its frame and whom it calls. Calls through
pointers go to the functions that their tables name: INDIRECT below, which is all of them; one that is not there
is an error, and so are a frame of no fixed size and recursion. [impl->swr~el2-stack-bounded~1]
"""

import pathlib
import re
import sys

# caller -> callees through a pointer. Entry points are what no one calls.
INDIRECT = {
    "exit_general": ["hvc", "smc", "sysreg_trap", "undefined", "instruction_abort", "data_abort"],
    "sysreg_trap": r"id_.*|mvfr\d|zero",
}

NODE = re.compile(r'node: \{ title: "([^"]+)" label: "([^"]*)"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
FRAME = re.compile(r"\\n(\d+) bytes \((\w+(?:,\w+)?)\)")


def short(name):
    """A static function's title is file:name; gcc's clones carry .constprop and the like."""
    return name.rsplit(":", 1)[-1].split(".")[0]


class Graph:
    def __init__(self, files):
        self.frames, self.calls, self.indirect = {}, {}, set()
        self.errors = []
        for file in files:
            self.read(pathlib.Path(file).read_text(encoding="utf-8"))
        for caller in self.indirect:
            self.resolve(caller)

    def read(self, text):
        for title, label in NODE.findall(text):
            frame = FRAME.search(label)
            if frame:
                self.frames[title] = int(frame[1])
                if frame[2] != "static":
                    self.errors.append(f"{short(title)}: its frame is {frame[2]}, not of a fixed size")
        for caller, callee in EDGE.findall(text):
            if callee == "__indirect_call":
                self.indirect.add(caller)
            else:
                self.calls.setdefault(caller, set()).add(callee)

    def resolve(self, caller):
        known = INDIRECT.get(short(caller))
        if known is None:
            self.errors.append(f"{short(caller)}: calls through a pointer that scripts/stack.py doesn't know")
            return
        pattern = re.compile(known if isinstance(known, str) else "|".join(known))
        found = [title for title in self.frames if pattern.fullmatch(short(title))]
        self.calls.setdefault(caller, set()).update(found)

    def deepest(self, title, path=()):
        """(bytes, chain of names) below and with `title`."""
        if title in path:
            self.errors.append("recursion: " + " -> ".join(short(t) for t in path + (title,)))
            return 0, []
        below = [self.deepest(callee, path + (title,)) for callee in self.calls.get(title, ())]
        most, chain = max(below, default=(0, []), key=lambda pair: pair[0])
        return most + self.frames.get(title, 0), [short(title)] + chain


def main():
    limit, graph = int(sys.argv[1], 0), Graph(sys.argv[2:])
    if not graph.frames:
        sys.exit("stack.py: no call graph: compile with -fcallgraph-info=su")
    called = {callee for callees in graph.calls.values() for callee in callees}
    depth, chain = max((graph.deepest(title) for title in graph.frames if title not in called), key=lambda p: p[0])
    for error in sorted(set(graph.errors)):
        print(f"stack: error: {error}", file=sys.stderr)
    print(f"stack: {depth} of {limit} bytes at the most: {' > '.join(chain)}")
    if depth > limit:
        print(f"stack: error: {depth} bytes are more than the {limit} of a stack", file=sys.stderr)
    sys.exit(bool(graph.errors) or depth > limit)


if __name__ == "__main__":
    main()

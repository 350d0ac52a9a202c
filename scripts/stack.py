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

    def entries(self):
        """Functions that no one calls: vectors, entry.S and the linker script name them."""
        called = {callee for callees in self.calls.values() for callee in callees}
        return [title for title in self.frames if title not in called]

    def report(self, limit):
        """All of it, for a record: entries by depth, what is wrong in words."""
        if not self.frames:
            raise ValueError("no call graph: compile with -fcallgraph-info=su")
        found = sorted(((*self.deepest(title), title) for title in self.entries()), reverse=True)
        errors = set(self.errors)
        for title in sorted(set(self.frames) - self.reached(title for _, _, title in found)):
            errors.add(f"recursion: {short(title)} is called by none but those that it calls")
        if found and found[0][0] > limit:
            errors.add(f"{found[0][0]} bytes are more than the {limit} of a stack")
        return {
            "deepest_bytes": found[0][0] if found else None,
            "deepest_path": [{"function": short(t), "frame_bytes": self.frames.get(t, 0)} for t in self.titles(found[0][2])] if found else [],
            "entries": [{"entry": short(title), "bytes": depth, "path": chain} for depth, chain, title in found],
            "functions": len(self.frames),
            "errors": sorted(errors),
        }

    def reached(self, titles):
        seen, left = set(), list(titles)
        while left:
            title = left.pop()
            if title not in seen:
                seen.add(title)
                left += self.calls.get(title, ())
        return seen

    def titles(self, title):
        """The deepest chain below `title`, without an end where it recurs."""
        chain = [title]
        while below := [callee for callee in self.calls.get(chain[-1], ()) if callee not in chain]:
            chain.append(max(below, key=lambda callee: self.deepest(callee)[0]))
        return chain

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
    depth, chain = max((graph.deepest(title) for title in graph.entries()), key=lambda p: p[0])
    for error in sorted(set(graph.errors)):
        print(f"stack: error: {error}", file=sys.stderr)
    print(f"stack: {depth} of {limit} bytes at the most: {' > '.join(chain)}")
    if depth > limit:
        print(f"stack: error: {depth} bytes are more than the {limit} of a stack", file=sys.stderr)
    sys.exit(bool(graph.errors) or depth > limit)


if __name__ == "__main__":
    main()

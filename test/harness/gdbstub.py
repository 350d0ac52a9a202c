# SPDX-License-Identifier: Apache-2.0
"""QEMU's gdb server, for two things: system registers of every core, of all exception levels, as they are now; and
physical memory that no core may write.

The machine stands still while the connection is open and goes on when it is closed.
"""

import contextlib
import functools
import os
import re
import socket
import tempfile

from .console import PATIENCE


class GdbError(RuntimeError):
    pass


class Gdb:
    def __init__(self, sock):
        self._socket = sock
        self._socket.settimeout(PATIENCE)
        self._file = sock.makefile("rb")
        self._ask("qSupported:xmlRegisters=aarch64")

    @functools.cached_property
    def _numbers(self):
        """Of registers, by name: a long document, for those who want one."""
        numbers, number = {}, 0
        for name in re.findall(r'href="([^"]+)"', self._document("target.xml")):
            for register in re.finditer(r"<reg ([^>]*)>", self._document(name)):
                words = dict(re.findall(r'(\w+)="([^"]*)"', register[1]))
                number = int(words.get("regnum", number))
                numbers[words["name"]] = number
                number += 1
        return numbers

    def _send(self, text):
        data = text.encode()
        self._socket.sendall(b"$" + data + b"#%02x" % (sum(data) & 0xFF))

    def _receive(self):
        while (byte := self._file.read(1)) != b"$":
            if not byte:
                raise GdbError("QEMU closed its gdb server")
        data = bytearray()
        while (byte := self._file.read(1)) != b"#":
            data += bytes([self._file.read(1)[0] ^ 0x20]) if byte == b"}" else byte
        self._file.read(2)
        self._socket.sendall(b"+")
        return data.decode("latin1")

    def _ask(self, text):
        self._send(text)
        return self._receive()

    def _document(self, name):
        text = ""
        while True:
            part = self._ask(f"qXfer:features:read:{name}:{len(text):x},800")
            if part[:1] not in ("m", "l"):
                raise GdbError(f"no {name}: {part!r}")
            text += part[1:]
            if part[0] == "l":
                return text

    def register(self, core, name):
        """A system register by its name in the manual, of the core that QEMU counts as `core`."""
        if self._ask(f"Hg{core + 1:x}") != "OK":
            raise GdbError(f"no core {core}")
        value = self._ask(f"p{self._numbers[name]:x}")
        if value.startswith("E") or len(value) % 2:
            raise GdbError(f"{name}: {value!r}")
        return int.from_bytes(bytes.fromhex(value), "little")

    def write_physical(self, address, data):
        """Writes memory, code too, whatever any core's tables say of it."""
        for request in "Qqemu.PhyMemMode:1", f"M{address:x},{len(data):x}:{data.hex()}", "Qqemu.PhyMemMode:0":
            if self._ask(request) != "OK":
                raise GdbError(f"0x{address:x}: {request[:24]} is refused")

    def change_at(self, core, address, register, value):
        """Lets the machine run until that core is about to execute `address`, and gives a register (pc, sp, x0) another value."""
        self.run_to(core, [address])
        self.change(core, register, value)

    def run_to(self, core, addresses):
        """Lets the machine run until that core is about to execute one of them, where it is now for the next time; says which."""
        if self.register(core, "pc") in addresses:
            self.step(core)
        self._breakpoints("Z", addresses)
        self._send("vCont;c")
        while (thread := self._stopped()) != core + 1:
            self._breakpoints("z", addresses)  # another core's turn: past it
            self.step(thread - 1)
            self._breakpoints("Z", addresses)
            self._send("vCont;c")
        self._breakpoints("z", addresses)
        return self.register(core, "pc")

    def run_to_access(self, core, reads=(), writes=()):
        """Lets the machine run until that core is about to read, or to write, a word at one of these virtual addresses; says which. Where
        it is about to now counts, so a step is first where that is over."""
        watched = [f"3,{address:x},4" for address in reads] + [f"2,{address:x},4" for address in writes]
        for place in watched:
            self._expect_ok(f"Z{place}")
        self._send("vCont;c")
        answer = self._receive()
        for place in watched:
            self._expect_ok(f"z{place}")
        found = re.match(rf"T..thread:0*{core + 1:x};r?watch:([0-9a-f]+);", answer)
        if not found:
            raise GdbError(f"stopped: {answer!r}")
        return int(found[1], 16)

    def step(self, core):
        """One instruction, of that core alone."""
        self._send(f"vCont;s:{core + 1:x}")
        self._stopped()

    @contextlib.contextmanager
    def held(self, core, cores):
        """Meanwhile the others of `cores` run, and the machine's time with them."""
        self._send("vCont" + "".join(f";c:{n + 1:x}" for n in range(cores) if n != core))
        try:
            yield
        finally:
            self._socket.sendall(b"\x03")
            self._stopped()

    def change(self, core, register, value):
        self._expect_ok(f"Hg{core + 1:x}")
        self._expect_ok(f"P{self._numbers[register]:x}={value.to_bytes(8, 'little').hex()}")

    def _breakpoints(self, set_or_clear, addresses):
        for address in addresses:
            self._expect_ok(f"{set_or_clear}1,{address:x},4")

    def _expect_ok(self, request):
        if self._ask(request) != "OK":
            raise GdbError(f"{request} is refused")

    def _stopped(self):
        """The thread that stopped the machine."""
        answer = self._receive()
        found = re.match(r"T..(?:.*;)?thread:(?:p[0-9a-f]+\.)?([0-9a-f]+);", answer)
        if not found:
            raise GdbError(f"stopped: {answer!r}")
        return int(found[1], 16)

    def has(self, name):
        return name in self._numbers

    def close(self):
        self._ask("D")
        self._file.close()
        self._socket.close()


@contextlib.contextmanager
def attached(target, dies=False):
    """A connection to a QemuTarget's server, which is started for it and ended with it. dies: the machine's end is near, and QEMU hangs
    where it ends while it ends a server."""
    with tempfile.TemporaryDirectory(prefix="bulkhead-gdb-") as folder:
        path = os.path.join(folder, "server")
        answer = target.monitor(f"gdbserver unix:{path},server=on,wait=off")
        if not os.path.exists(path):
            raise GdbError(answer)
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(path)
        gdb = Gdb(sock)
        try:
            yield gdb
        finally:
            with contextlib.suppress(*((OSError, GdbError) if dies else ())):
                gdb.close()
            if not dies:
                target.monitor("gdbserver none")

# SPDX-License-Identifier: Apache-2.0
"""scripts/collect against machines that are played here: what it does when lines get lost, links break, others interfere.

[utest->swr~log-collected~1]

Robustness: test_mended, test_web_ends_early, test_never_whole, test_silent_log, test_overwritten_in_between,
test_no_log, test_no_file, test_full_disk, test_changed_meanwhile, test_interrupted
"""
import contextlib
import errno
import http.server
import importlib.machinery
import importlib.util
import itertools
import os
import re
import socket
import sys
import threading
import time

import pytest

import test_log
import tool

loader = importlib.machinery.SourceFileLoader("collect", os.path.join(tool.ROOT, "scripts/collect"))
collect = importlib.util.module_from_spec(importlib.util.spec_from_loader("collect", loader))
loader.exec_module(collect)


class Machine:
    """What a health cell tells of its log, where it keeps so many records, and what became of it on the way."""

    def __init__(self, folder, boot=3):
        self.folder, self.boot = folder, boot
        self.count = self.base = 0
        self.faults = iter(())  # for each time that it is asked: what makes other bytes of the bytes; None: nothing
        self.asked = []

    def happen(self, count, room=1000):
        self.count += count
        self.base = max(self.count - room, 0)
        return self

    def tell(self, nonce, first):
        """Lines."""
        log = test_log.Log(self.folder, boot=self.boot)
        heads = [log.head]
        for _ in range(self.count):
            heads.append(log.add().head)
        log.base = self.base
        records = log.lines[len(test_log.HEAD) + 1 :]
        log.checkpoint(nonce=f"{nonce:0<64}")
        start = max(first, self.base + 1)
        base = [f"base {self.base} head={heads[self.base].hex()}"] if start == self.base + 1 else []
        self.asked.append(first)
        return [*log.lines[: len(test_log.HEAD)], *base, *records[start - 1 :], log.lines[-1]]

    def answer(self, nonce, first, prefix=""):
        data = "".join(f"{prefix}{line}\r\n" if prefix else line + "\n" for line in self.tell(nonce, first)).encode()
        fault = next(self.faults, None)
        return fault(data) if fault else data


@pytest.fixture(name="machine")
def a_machine(tmp_path):
    return Machine(tmp_path).happen(9)


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch):
    monkeypatch.setattr(collect, "PATIENCE", 0.5)
    monkeypatch.setattr(collect, "TOOL", os.path.join(tool.ROOT, tool.TOOL))


def serve(server, machine, over):
    """A console: other lines than the log's, too, all the time."""
    server.settimeout(0.05)
    while not over.is_set():
        with contextlib.suppress(TimeoutError, ConnectionError):
            link, _ = server.accept()
            with link:
                link.settimeout(0.05)
                got = b""
                while not over.is_set():
                    with contextlib.suppress(TimeoutError):
                        data = link.recv(4096)
                        if not data:
                            break
                        got += data
                    link.sendall(b"status: 1.000 health:state=ready\r\n")
                    found = re.search(rb"\rlog ([0-9a-f]+) (\d+)\r", got)
                    if found:
                        machine.typed, got = got, b""
                        data = machine.answer(found[1].decode(), int(found[2]), "log: ")
                        if data is None:
                            break
                        link.sendall(data)
    server.close()


@contextlib.contextmanager
def console(machine):
    path, over = machine.folder / "console", threading.Event()
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(1)  # before the thread: who finds the path can connect
    thread = threading.Thread(target=serve, args=(server, machine, over), daemon=True)
    thread.start()
    try:
        yield f"unix:{path}"
    finally:
        over.set()
        thread.join(10)
        path.unlink()


@contextlib.contextmanager
def web(machine):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):  # noqa: N802
            _, _, nonce, first = self.path.split("/")
            data = machine.answer(nonce, int(first))
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.send_header("Connection", "close")
            self.end_headers()
            whole = data.endswith(b"\n")
            self.wfile.write(b"%x\r\n%s" % (len(data) + (0 if whole else 100), data) + (b"\r\n0\r\n\r\n" if whole else b""))
            self.close_connection = True

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def run(capsys, monkeypatch, source, file, *options):
    """(exit status, what it said)"""
    monkeypatch.setattr(sys, "argv", ["collect", *map(str, options), str(source), str(file)])
    status = collect.main()
    said = capsys.readouterr()
    return status, said.out + said.err


@pytest.fixture(name="collected")
def collected_from(machine, tmp_path, capsys, monkeypatch):
    """(file, a function that collects into it by a way)"""
    file = tmp_path / "events.log"

    def go(way=console, *options):
        with way(machine) as source:
            return run(capsys, monkeypatch, source, file, *options)

    return file, go


def verdict(file):
    done = tool.run(tool.TOOL, "log", "verify", "--quiet", str(file))
    assert done.returncode == 0, done.stderr
    return done.stdout


def only(file):
    """Nothing is left beside it."""
    return sorted(path.name for path in file.parent.glob("*events.log*"))


# [utest->swr~log-collected~1]
@pytest.mark.parametrize("way", [console, web])
def test_more_each_time(machine, collected, way):
    file, go = collected
    for n in (1, 2, 3):
        status, said = go(way)
        assert (status, said) == (0, f"{file}: {9 + 2 * (n - 1)} records, {n} checkpoints: consistent, not authenticated: no key was given\n")
        machine.happen(2)
    assert machine.asked == [0, 10, 12] and only(file) == ["events.log"]


def test_console_left_alone(machine, collected):
    """A half-typed command isn't carried out, and who is attached to a cell is back first."""
    collected[1]()
    assert machine.typed.startswith(b"\x1d" + 200 * b"\x7f" + b"\rlog ")


def altered(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def flip(number):
    """A letter of that record is another."""
    return lambda data: altered(data, data.index(b"record %d " % number) + 20)


FAULTS = {
    "a letter": flip(4),
    "a line lost": lambda data: b"".join(line for line in data.splitlines(True) if b"record 5 " not in line),
    "half of a line": lambda data: data[: data.index(b"record 6 ") + 30],
    "no checkpoint": lambda data: data[: data.index(b"log: checkpoint")],
    "a reset of the link": lambda data: None,
    "noise": lambda data: data.replace(b"record 7 ", b"rec\xff\x00rd 7 "),
    "an older telling": lambda data: data[data.index(b"log: record 8") :] + data,
    "gone": lambda data: data[: data.index(b"log: record 3")] + b"log: gone 3\r\n",
    "a checkpoint's letter": lambda data: altered(data, data.rindex(b" head=") + 6),
    "the base's letter": lambda data: altered(data, data.index(b" head=") + 6),
    "a word more": lambda data: re.sub(rb"(record 4 [^\r\n]*)", rb"\1 0", data),
    "another's checkpoint": lambda data: data.replace(b" nonce=", b" nonce=f"),
}


# [utest->swr~log-collected~1]
@pytest.mark.parametrize("fault", FAULTS)
def test_mended(machine, collected, fault):
    """What is wrong once is asked for again, from where it went wrong, and the log that was collected verifies."""
    file, go = collected
    machine.faults = iter([FAULTS[fault]])
    assert go()[0] == 0
    assert verdict(file).startswith(f"{file}: 9 records, 1 checkpoints")
    due = {"a letter": [0, 4], "a line lost": [0, 5], "half of a line": [0, 6], "no checkpoint": [0, 10], "noise": [0, 7], "an older telling": [0], "gone": [0, 3]}
    assert machine.asked == due.get(fault, machine.asked)


@pytest.mark.parametrize("end", [b"record 6 ", b"checkpoint"])
def test_web_ends_early(machine, collected, end):
    machine.faults = iter([lambda data: data[: data.index(end) + 5], lambda data: data[: data.index(end)]])
    assert collected[1](web)[0] == 0
    assert verdict(collected[0]).startswith(f"{collected[0]}: 9 records")


# [utest->swr~log-collected~1]
def test_never_whole(machine, collected):
    """Always the same is wrong: it ends, and FILE isn't there."""
    machine.faults = itertools.repeat(flip(4))
    status, said = collected[1]()
    assert status == 1 and "record 4 came damaged" in said and "asked 3 times" in said and "what came is in" in said
    assert only(collected[0]) == ["events.log.partial"] and [line.split()[1] for line in partial(collected[0]) if line.startswith("record ")] == ["1", "2", "3"]


def partial(file):
    return file.with_name(file.name + ".partial").read_text().splitlines()


def test_silent_log(machine, collected):
    """A console on which everything comes but the log."""
    machine.faults = itertools.repeat(lambda data: b"")
    start = time.monotonic()
    status, said = collected[1]()
    assert status == 1 and "0 lines of a log came" in said and time.monotonic() - start < 10


def test_another_start(machine, collected):
    """The file of another boot stays, and what to do is said."""
    file, go = collected
    go()
    before = file.read_bytes()
    machine.boot = 4
    status, said = go()
    assert status == 1 and "stays as it was: it is the log of boot 3, life 1" in said and "tells that of boot 4" in said and "Name another file" in said
    assert file.read_bytes() == before and only(file) == ["events.log"]


def test_overwritten_in_between(machine, collected):
    """Nothing that was had is lost, and what never came is counted."""
    file, go = collected
    go()
    before = file.read_bytes()
    machine.happen(20, room=15)
    status, said = go()
    assert status == 0 and "24 records, 2 checkpoints" in said and "5 from record 10 on are missing" in said
    assert file.read_bytes().startswith(before)


@pytest.mark.parametrize("text", [b"A diary\n", b"\xff\xfe", b"bulkhead-log-1\n", b"cut"])
def test_no_log(collected, text):
    file, go = collected
    go()
    text = text if text != b"cut" else file.read_bytes()[:-600]
    file.write_bytes(text)
    status, said = go()
    assert status == 1 and "no event log" in said and "ame another file" in said and file.read_bytes() == text


def test_no_file(collected, tmp_path, capsys, monkeypatch):
    with pytest.raises(SystemExit):
        run(capsys, monkeypatch, "unix:nowhere", tmp_path / "x", "--key", tmp_path / "none")
    capsys.readouterr()
    for source, why in (("unix:/nowhere", "No such file"), ("tcp:a", "tcp:HOST:PORT"), (f"{tmp_path / 'x'}:9600", "No such file"), ("/dev/null:7", "no speed"), ("/dev/null", "no serial port"), ("http://127.0.0.1:1", "refused")):
        status, said = run(capsys, monkeypatch, source, tmp_path / "x")
        assert status == 1 and why in said
    status, said = run(capsys, monkeypatch, "unix:/nowhere", tmp_path)
    assert status == 1 and "no regular file" in said


def test_full_disk(collected, monkeypatch):
    file, go = collected
    go()
    before = file.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    status, said = go()
    assert status == 1 and "No space left" in said and file.read_bytes() == before and only(file) == ["events.log"]


def test_unsigned(collected):
    """With a key: what isn't signed is refused, and kept beside."""
    file, go = collected
    (file.parent / "key").write_bytes(test_log.images.KEY)
    status, said = go(console, "--key", file.parent / "key")
    assert status == 1 and "isn't signed" in said and f"what came is in {file}.refused" in said and only(file) == ["events.log.refused"]


def test_changed_meanwhile(machine, collected):
    """Two at once into one file: the later one doesn't undo what the first one did."""
    file, go = collected
    machine.faults = iter([lambda data: file.write_text("another's") and data])
    status, said = go()
    assert status == 1 and "has changed meanwhile" in said and file.read_text() == "another's" and only(file) == ["events.log"]


def test_interrupted(collected, monkeypatch):
    file, go = collected

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(collect, "verify", interrupt)
    status, said = go()
    assert status == 1 and "nothing was changed" in said and only(file) == []


def test_bar():
    progress = collect.Progress()
    progress.expect(60)
    progress.records = 30
    assert progress.text(10) == f"[{15 * '#'}{15 * '.'}] 30 of 60 records, 3 a second, 10 s left"
    progress.total = 0
    assert progress.text(10) == "30 records, 3 a second"

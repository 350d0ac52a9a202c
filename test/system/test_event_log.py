# SPDX-License-Identifier: Apache-2.0
"""The event log of a running machine, collected as a person does it: by scripts/collect from the console.

[stest->swr~health-journal~1] [stest->swr~health-journal-signed~2] [stest->swr~health-journal-told~2] [stest->swr~health-journal-losses~1]

Robustness: test_console_in_use, test_many
"""

import contextlib
import json
import socket
import subprocess
import sys
import threading

import pytest

import system
from harness import build, qemu

CELLS = ("one", "two", "three")


@contextlib.contextmanager
def bridged(console, folder):
    """A UNIX socket that is the machine's console, too."""
    path, over = folder / "console", threading.Event()
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(1)

    def serve():
        link, _ = server.accept()
        link.settimeout(0.01)
        at = console.mark()
        with link, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    console.send(link.recv(4096).decode())
                text = console.text[at:]
                at += len(text)
                link.settimeout(None)
                link.sendall(text.encode())
                link.settimeout(0.01)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield path
    finally:
        over.set()
        server.close()


@pytest.fixture(scope="module")
def logged():
    results = build.results_folder(__name__)
    key = build.CELLS / "log.pem"
    key.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    with system.running("log", results, icount=qemu.ICOUNT) as running:
        running.results, running.key = results, key
        yield running.wait_up(*CELLS)


def collect(running, file, *options):
    with bridged(running.uart, running.results) as path:
        command = [sys.executable, build.ROOT / "scripts/collect", f"unix:{path}", file, "--key", running.key, *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def records(running, file):
    done = build.tool("log", "verify", "--json", "--key", running.key, file)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_collected(logged, tmp_path):
    """What happened is in it, in order and signed; what is collected later is added to it."""
    file = tmp_path / "events.log"
    logged.fault("one", "read 0xdead0000")
    done = collect(logged, file)
    assert done.returncode == 0 and "authenticated up to record" in done.stdout, done.stderr
    *first, verdict = records(logged, file)
    assert verdict["authenticated"] == verdict["records"] == len(first) and verdict["lost"] == 0
    said = [(one["cell"], one["text"].split(" esr")[0]) for one in first if one["cell"] == "one"]
    fault = said.index(("one", "fault error=memory-violation action=restart"))
    assert said[fault + 1] == ("one", "restart cause=memory-violation ended=1")
    assert said[fault + 2] == ("one", "start generation=2")
    logged.restart("two")
    assert collect(logged, file).returncode == 0
    *more, verdict = records(logged, file)
    assert more[: len(first)] == first and len(more) > len(first) and verdict["checkpoints"] == 2
    assert any(one["text"] == "start generation=2" and one["cell"] == "two" for one in more[len(first) :])


def test_console_in_use(logged, tmp_path):
    """Somebody has typed half of a command, or has gone to a cell's console: the one isn't carried out, the other is ended."""
    generation = logged.generation("one")
    logged.uart.send("restart one")
    assert collect(logged, tmp_path / "typed.log").returncode == 0
    assert logged.generation("one") == generation
    mark = logged.health("attach one")
    logged.uart.search(r"^health: attached to one", since=mark)
    assert collect(logged, tmp_path / "attached.log").returncode == 0
    logged.uart.search(r"^health: detached", since=mark)


def test_another_boot(logged, tmp_path):
    """A file of another boot, or with another's key, stays as it was."""
    file = tmp_path / "events.log"
    assert collect(logged, file).returncode == 0
    before = file.read_text(encoding="utf-8")
    other = before.replace(" start=", " start=9", 1)
    file.write_text(other, encoding="utf-8")
    done = collect(logged, file)
    assert done.returncode == 1 and "stays as it was: it is the log of boot" in done.stderr and file.read_text(encoding="utf-8") == other
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", tmp_path / "other.pem"], check=True)
    done = collect(logged, tmp_path / "new.log", "--key", tmp_path / "other.pem")
    assert done.returncode == 1 and "another key" in done.stderr and not (tmp_path / "new.log").exists()


def test_many(logged, tmp_path):
    """100,000 events from three cells: each is in the log, or counted there; the count is signed, and is telemetry's."""
    assert send_all(logged, tmp_path, 33334, 50) > 0


def test_none_dropped(logged, tmp_path, request):
    """At a pace that a core may have, 16 in 100 ms, made in ticks of 10 ms, of which 11 may fall into these: all are in the log."""
    if not request.config.getoption("--full"):
        pytest.skip("half a minute: --full")
    assert send_all(logged, tmp_path, 3334, 7400) == 0


def send_all(logged, tmp_path, each, interval):
    """So many events of each cell, so many microseconds apart; how many were counted only."""
    cores = {cell: logged.blueprint.cells[cell].cores[0].machine_core for cell in CELLS}
    before = {cell: logged.view.core(cell).events_dropped for cell in CELLS}
    marks = {cell: logged.send(cell, f"events {each} {interval}") for cell in CELLS}
    for cell, mark in marks.items():
        logged.uart.search(rf"^\[{cell}\] probe: events {each} done", since=mark, timeout=3000)
    logged.uart.search(r"^status: ", since=logged.uart.mark())  # by then the cores' losses are records, too
    file = tmp_path / "events.log"
    done = collect(logged, file)
    assert done.returncode == 0, done.stderr
    *all_records, verdict = records(logged, file)
    total = 0
    for cell, core in cores.items():
        dropped = logged.view.core(cell).events_dropped - before[cell]
        codes = [int(one["args"][0], 16) for one in all_records if one["core"] == core and one["event"] == "application"]
        codes = codes[len(codes) - 1 - codes[::-1].index(1) :]
        print(f"\n{cell}: {each} events: {len(codes)} in the log, {dropped} counted; {verdict['lost']} lost", end="")
        assert codes == sorted(set(codes)) and len(codes) + dropped == each
        total += dropped
        told = [int(one["args"][1], 16) for one in all_records if one["core"] == core and one["event"] == "loss"]
        assert told == sorted(set(told)) and (told or [0])[-1] == logged.view.core(cell).events_dropped
    assert verdict["dropped"] == sum(logged.view.core(cell).events_dropped for cell in CELLS)
    assert verdict["lost"] == 0 and verdict["base"] == 0
    return total

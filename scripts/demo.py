#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""demo.py DIR - `make demo`: boots DIR/disk.img (configs/edge-gateway.dts) through U-Boot and watches.

Linux steers a control loop, is crashed on purpose, and comes back; the control loop must not notice. In the end Linux
is asked for the health cell's metrics, as a Prometheus would: they tell the same. Time is virtual (one instruction,
one nanosecond), so the verdict doesn't depend on the host. What is claimed about the control loop's exits is read
twice: from the hypervisor's telemetry in the machine's memory, and from QEMU's own log of the exceptions that its core
took. Exit status 0: every claim was seen to hold.
"""

import argparse
import pathlib
import re
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "test"))

from harness import blueprint, fit, health, qemu, telemetry  # noqa: E402  (needs the path above)

PATIENCE = 900  # seconds without the next act: a safety net, no claim


class Failed(Exception):
    pass


class Show:
    """What goes to the terminal: the machine's console as it comes, and between it what was found."""

    def __init__(self):
        self._start = time.monotonic()
        self.claims = 0

    def act(self, text):
        print(f"\n=== {text}", flush=True)

    def line(self, text):
        print(f"    {text}", flush=True)

    def claim(self, text, holds, found=""):
        """A claim of the demo: shown when it holds, the end of the demo when not."""
        if not holds:
            raise Failed(f"{text}{': ' if found else ''}{found}")
        self.claims += 1
        print(f" ok {text}{' (' if found else ''}{found}{')' if found else ''}", flush=True)

    def seconds(self):
        return time.monotonic() - self._start


class Demo:
    def __init__(self, folder, show):
        self.show = show
        self.folder = folder
        image = fit.Fit(folder / "bulkhead.itb")
        self.blueprint = blueprint.Blueprint(image.kernel)
        self.core = self.blueprint.cells["control"].cores[0].machine_core
        self.target = qemu.QemuTarget(
            folder / "demo", icount=qemu.ICOUNT, record_exceptions=True, on_line=show.line
        )
        self.view = telemetry.View(self.target, self.blueprint)

    @property
    def uart(self):
        return self.target.console()

    def wait(self, claim, pattern):
        """The claim holds once the console shows the pattern."""
        try:
            match = self.uart.expect(pattern, timeout=PATIENCE, never=r"^bulkhead: (halted|exception)")
        except AssertionError as error:
            raise Failed(f"{claim}: {error}") from error
        self.show.claim(claim, True)
        return match

    def control_exits(self, claim, exits):
        """Telemetry and QEMU's log agree, and say `exits` since the control cell was ready."""
        self.target.pause()
        now = self.view.core("control")
        try:
            qemu.wait_until(lambda: self.target.exceptions(self.core).total >= now.exits_total, "QEMU's log", 10)
        except AssertionError:
            pass  # the comparison below says what is missing
        log = self.target.exceptions(self.core)
        beat, values = self.view.heartbeat("control")
        self.target.resume()
        self.show.claim(f"{claim}: by telemetry", now.exits_since_ready == exits, f"{now.exits_since_ready} since ready")
        self.show.claim(
            f"{claim}: by QEMU's log of core {self.core}",
            log.total == now.exits_at_ready + exits,
            f"{log} in all, {now.exits_at_ready} of them up to ready",
        )
        self.show.claim("control missed no tick", values[1] == 0 and beat > 0, f"{values[1]} missed of {values[0]}")

    def setpoint(self, least):
        rows = health.status_where(
            self.uart,
            lambda rows: rows["control"].setpoint >= least,
            f"a setpoint of {least} or more at control",
            self.uart.mark(),
            PATIENCE,
        )
        self.show.claim("a setpoint from Linux reached control", True, f"it has {rows['control'].setpoint}")

    def ownership(self):
        self.show.act("Who owns what")
        for line in (self.folder / "map.txt").read_text().splitlines():
            self.show.line(line)

    def boot(self):
        self.show.act("U-Boot verifies the image and starts it")
        self.target.load(self.folder / "disk.img")
        self.target.power("on")
        self.wait("the hypervisor starts", r"^bulkhead: starting \d+ cells")
        self.wait("the health cell is up", r"^health: up")
        self.show.act("Linux comes up beside the control loop")
        self.wait("Linux is up", r"^\[gateway\] init: Linux \S+ .*aarch64")
        cores = len(self.blueprint.cells["gateway"].cores)
        self.wait(f"Linux has its {cores} cores", rf"^\[gateway\] init: {cores} cores online")
        states = {name: self.view.state(name) for name in self.blueprint.cells}
        self.show.claim("every cell is up", set(states.values()) <= {"running", "ready"}, str(states))

    def play(self):
        """Types the demo's part in Linux (cells/linux/demo) on Linux's console, through the health cell."""
        self.uart.send("send gateway demo\r")

    def crash(self):
        self.play()
        self.wait("Linux steers control", r"^\[gateway\] demo: setpoint 42")
        self.setpoint(42)
        self.control_exits("control made no exit since it was ready", 0)
        self.wait("Linux is crashed on purpose", r"^\[gateway\] demo: crashing on purpose")
        self.show.act("Linux is gone; the health cell has to notice")
        self.wait("the health cell notices", r"^health: cell gateway: heartbeat missed .* -> restart")
        self.wait("Linux is restarted", r"^event: .* cell=gateway start generation=2")
        self.wait("Linux is up again", r"^\[gateway\] init: Linux \S+ .*aarch64")
        self.play()
        self.wait("Linux steers again", r"^\[gateway\] demo: setpoint 142")
        self.show.claim("it is Linux's second life", self.view.core("gateway").generation == 2)
        self.setpoint(142)
        self.control_exits("control made no exit while Linux crashed and came back", 0)

    def trap(self):
        self.show.act("The cross-check: one exit, made on purpose, must be counted as one")
        self.wait("Linux asks control for one trap", r"^\[gateway\] demo: asking control for one deliberate trap")
        self.wait("the demo's script in Linux ends", r"^\[gateway\] demo: done")
        self.control_exits("control made exactly one exit", 1)

    def scrape(self):
        self.show.act("What a Prometheus sees: Linux gives the health cell's metrics on")
        mark = self.uart.mark()
        self.uart.send("send gateway demo scrape\r")
        self.wait("the metrics are scraped", r"^\[gateway\] demo: \d+ series\n")
        rows = re.findall(r"^\[gateway\] demo: (bulkhead_\S+) (\S+)$", self.uart.text[mark:], re.M)
        metrics = {series: float(value) for series, value in rows}
        core = f'core="{self.core}",cell="control",reason='
        for claim, series, value in (
            ("Linux's restart, and why", 'bulkhead_cell_restarts_total{cell="gateway",cause="heartbeat-missed"}', 1),
            ("no tick missed by control", 'bulkhead_cell_ticks_missed_total{cell="control"}', 0),
            ("no exit for an interrupt of control's", f'bulkhead_core_exits_total{{{core}"irq"}}', 0),
        ):
            self.show.claim(f"they tell of {claim}", metrics.get(series) == value, f"{series} {metrics.get(series)}")
        age = metrics["bulkhead_exporter_text_age_seconds"]
        self.show.claim("they are fresh", age < 5, f"{age} s old")

    def close(self):
        self.show.act("The end")
        mark = self.uart.mark()
        self.uart.send("table\r")
        self.uart.search(r"^table: (gateway|control|health) .*\n(.*\n)*?status: ", mark, PATIENCE)
        rows = health.table(self.uart.text[mark:])
        self.show.claim("the health cell's table has every cell", set(rows) == set(self.blueprint.cells))
        self.show.claim("the table agrees: Linux was restarted once", rows["gateway"].restarts == 1)
        self.show.claim("the table agrees: nobody else was", rows["control"].restarts + rows["health"].restarts == 0)
        self.show.claim("the table agrees: control made one exit", rows["control"].exits == 1)
        return rows


def print_table(rows):
    print(f"\n{'cell':<12} {'state':<9} {'restarts':>8} {'exits':>8} {'ticks':>10}   worst latency (virtual time)")
    for row in rows.values():
        ticks, worst = (row.ticks, f"{row.worst_ns} ns") if row.worst_ns else ("-", "-")
        print(f"{row.cell:<12} {row.state:<9} {row.restarts:>8} {row.exits:>8} {ticks:>10}   {worst}")
    print("exits: since the cell was ready; of a cell that never says so (Linux), all of them")
    print("latency: QEMU runs the cores by turns on one clock, so it holds the other cores' turns too")


def run(folder):
    show = Show()
    demo = Demo(folder, show)
    with demo.target:
        demo.ownership()
        demo.boot()
        demo.crash()
        demo.trap()
        demo.scrape()
        rows = demo.close()
    print_table(rows)
    print(f"\ndemo: all {show.claims} claims hold ({show.seconds():.0f} s)")


def main():
    parser = argparse.ArgumentParser(description="the demo: see the top of this file")
    parser.add_argument("folder", type=pathlib.Path, help="of bulkhead.itb, disk.img and map.txt")
    folder = parser.parse_args().folder
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the shell had it ignored
    try:
        run(folder)
    except Failed as claim:
        print(f"\ndemo: FAILED: {claim}\ndemo: the whole console: {folder / 'demo' / 'console.log'}", flush=True)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\ndemo: stopped", flush=True)
        sys.exit(130)


if __name__ == "__main__":
    main()

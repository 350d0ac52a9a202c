# SPDX-License-Identifier: Apache-2.0
"""The lines that the health cell prints (cells/health/report.c and guard.c), read."""

import re
from dataclasses import dataclass

STATUS = re.compile(r"^status: (\d+\.\d+)((?: [\w-]+:\S+)*)(?=\n)", re.M)
CELL = re.compile(
    r"([\w-]+):state=(\w+),gen=(\d+),restarts=(\d+),exits=(\d+),ticks=(\d+),missed=(\d+),worst_ns=(\d+),setpoint=(\d+)"
)
TABLE = re.compile(r"^table: ([\w-]+) +([a-z]+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) ns(?=\n)", re.M)
EVENT = re.compile(r"^events?: (\d+\.\d+) core=(\d+) cell=(\S+) (\S+)(.*)(?=\n)", re.M)


@dataclass
class Row:
    cell: str
    state: str
    generation: int | None
    restarts: int
    exits: int  # since ready in the ready state, else all
    ticks: int
    missed: int
    worst_ns: int
    setpoint: int | None


@dataclass
class Event:
    time: float
    core: int
    cell: str
    name: str
    text: str  # behind the name
    arguments: dict


def statuses(text):
    """Every complete status line in `text`: a dict of rows by cell each."""
    for line in STATUS.finditer(text):
        rows = {}
        for cell, state, *numbers in CELL.findall(line[2]):
            generation, restarts, exits, ticks, missed, worst, setpoint = map(int, numbers)
            rows[cell] = Row(cell, state, generation, restarts, exits, ticks, missed, worst, setpoint)
        yield rows


def table(text):
    """Rows by cell of the last table in `text`."""
    rows = {}
    for cell, state, *numbers in TABLE.findall(text):
        restarts, exits, ticks, missed, worst = map(int, numbers)
        rows[cell] = Row(cell, state, None, restarts, exits, ticks, missed, worst, None)
    return rows


def events(text, cell=None, name=None):
    """Events in `text`, oldest first; `name`: start, ready, stop, restart, fault... as the lines spell them."""
    found = []
    for match in EVENT.finditer(text):
        arguments = dict(word.split("=", 1) for word in match[5].split() if "=" in word)
        event = Event(float(match[1]), int(match[2]), match[3], match[4], match[5], arguments)
        if cell in (None, event.cell) and name in (None, event.name):
            found.append(event)
    return found


def status_where(target_console, claim, what, since=0, timeout=None):
    """Waits for a status line for which claim(rows) holds; returns its rows."""
    at = since
    while True:
        match = target_console.search(STATUS.pattern, since=at, timeout=timeout)
        rows = next(statuses(match.group() + "\n"), {})
        try:
            if claim(rows):
                return rows
        except KeyError as error:
            raise AssertionError(f"no cell {error} in the health cell's status while waiting: {what}") from error
        at = match.end()

# SPDX-License-Identifier: Apache-2.0
"""What an operator is told of each error: the health cell's metric that moves, and the alert of scripts/fleet that fires, by a
Prometheus that scrapes the machine. In the host's time.
"""

from dataclasses import dataclass

from drill_cases import CASES
from harness import ports, prometheus

HOLD = "4s"  # before an alert, where the rules say a minute
SCRAPES = 3  # that went well: an increase needs what was before


@dataclass
class Told:
    error: str
    metric: str
    before: float
    after: float
    alert: str
    fired: bool

    def wrong(self):
        if not self.after > self.before:
            yield f"{self.metric}: {self.before:g} before, {self.after:g} after"
        if not self.fired:
            yield f"{self.alert} doesn't fire"


def one_case(case, folder, watcher, port):
    running = case(folder, port)
    here = f'instance="127.0.0.1:{port}"'
    metric = running.metric.replace("{", f"{{{here}, ", 1) if "{" in running.metric else f"{running.metric}{{{here}}}"
    alert = f'ALERTS{{alertname="{running.alert}", alertstate="firing", {here}}}'

    def value():
        return max((float(one["value"][1]) for one in watcher.ask(metric)), default=0.0)

    with running.running.target:
        running.start()
        watcher.wait(f"sum_over_time(up{{{here}}}[5m]) >= {SCRAPES}", f"{case.error}: the machine is scraped")
        before, early = (0.0, []) if running.from_start else (value(), watcher.ask(alert))
        running.err()
        fired = not early and watcher.holds(alert)
        watcher.holds(f"{metric} > {before}")
        return Told(case.error, running.metric, before, value(), running.alert, fired)


def watched(folder, cases=CASES):
    """What was told of each case, as it comes; one machine after the other, each an instance of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    forwarded = [ports.free() for _ in cases]
    with prometheus.Prometheus(folder, forwarded, HOLD) as watcher:
        for case, port in zip(cases, forwarded):
            print(f"drill: {case.error}, watched ...", flush=True)
            yield one_case(case, folder, watcher, port)

# SPDX-License-Identifier: Apache-2.0
"""Does what the plan says: asks once, copies, reads back, records."""

import getpass
import json
import os
import platform
import signal
import sys
import time

from . import boards, identity
from .copy import Copy
from .errors import Incomplete, Refused, Stopped
from .record import RecordFailed

DONE, REFUSED, USAGE, INCOMPLETE, UNRECORDED, INTERRUPTED = 0, 1, 2, 3, 4, 130
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN = "The device is not complete: flash it again."


def say(text=""):
    print(text, file=sys.stderr, flush=True)


def stop_once():
    """Ctrl-C, SIGTERM and SIGHUP (a terminal that goes) end a flash; none of them keeps it from ending in order."""

    def stop(number, _):
        for one in STOPPING:
            signal.signal(one, signal.SIG_IGN)
        raise Stopped("Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name)

    for number in STOPPING:
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, stop)


def operator():
    """Who did it: also behind sudo."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def ask(plan):
    """Raises Refused where the answer isn't yes."""
    if plan.options.yes:
        return
    if not sys.stdin.isatty():
        raise Refused("nobody is there to be asked: the input is no terminal", "on a line give --yes")
    try:
        answer = input("All that is on these targets will be lost. Write them? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise Refused("not confirmed: nothing was written", "answer y, or give --yes")


class Run:
    def __init__(self, plan, progress):
        self.plan, self.progress = plan, progress

    def all(self):
        """Exit status. A disk that fails doesn't keep the others from being written; what none would have, a record, does."""
        self.plan.record.reserve()
        worst = DONE
        for number, job in enumerate(self.plan.jobs):
            worst = max(worst, self.job(job))
            if worst >= UNRECORDED:
                for other in self.plan.jobs[number + 1 :]:
                    say(f"flash: not begun: {', '.join(target.path for target in other.targets)}")
                break
        return worst

    def job(self, job):
        plan, begun, moment = self.plan, time.monotonic(), time.gmtime()
        verdict, reason = "done", None
        try:
            plan.record.reserve()
            try:
                self.write(job)
            finally:
                signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)  # until the record's line is there
        except Stopped as stopped:
            verdict, reason = "interrupted", f"stopped by {stopped}"
        except (Incomplete, Refused, OSError) as error:
            verdict, reason = "failed", str(error)
        try:
            return self.end(job, verdict, reason, time.strftime("%Y-%m-%dT%H:%M:%SZ", moment), time.monotonic() - begun)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)

    def write(self, job):
        if job.unit:
            self.plan.make_identity(job)
        for target in job.targets:
            Copy(self.plan.source(job, target), target, self.progress).run()
        if job.unit:
            identity.publish(self.plan.keys, job.unit.serial, job.key)

    def end(self, job, verdict, reason, moment, seconds):
        plan = self.plan
        if verdict != "done":
            for path, _, secret in job.by_hand.values():
                if secret:
                    os.unlink(path)
            say(f"flash: {verdict}: {reason}\n       {AGAIN}")
        status = {"done": DONE, "failed": INCOMPLETE, "interrupted": INTERRUPTED}[verdict]
        fields = self.fields(job, verdict, reason, moment, seconds)
        try:
            plan.record.append(fields)
        except RecordFailed as error:
            say(f"flash: {plan.record.path} could not be added to: {error}. The line, which has to go there:")
            print(json.dumps(fields), flush=True)
            status = max(status, UNRECORDED)
        plan.record.unlock_unit()
        if verdict == "done":
            self.say_done(job, seconds)
        return status

    def fields(self, job, verdict, reason, moment, seconds):
        """docs/flash.md: The record."""
        told = self.plan.release
        done = verdict == "done"
        return {
            "format": 1, "time": moment, "seconds": round(seconds, 1), "verdict": verdict, "reason": reason,
            "operator": self.plan.options.operator or operator(), "host": platform.node(),
            "release": told.name, "board": told.board, "counter": told.counter, "key": told.key_id, "development": told.development,
            "fit_sha256": told.fit_sha256, "files": {name: sha256 for name, (_, sha256) in told.files.items()},
            "unit": job.unit.serial if job.unit else None,
            "macs": list(job.unit.macs) if job.unit else [], "addresses": list(job.unit.addresses) if job.unit else [],
            "public_key": job.key.public.hex() if job.key and done else None,
            "targets": [target.recorded() for target in job.targets],
            "by_hand": sorted(self.plan.left_by_hand(job)) if done else [],
        }  # fmt: skip

    def say_done(self, job, seconds):
        what = f"unit {job.unit.serial}" if job.unit else self.plan.release.name
        say(f"done: {what} is on {', '.join(target.path for target in job.targets)}, read back and right, in {seconds:.0f} s")
        files = self.plan.left_by_hand(job)
        if files:
            say(f"left to do: {' and '.join(sorted(files))} of this board")
            for line in boards.commands(self.plan.release.board, self.plan.release.flash, files, self.plan.release.boot_partition):
                say(f"  {line}")

# SPDX-License-Identifier: Apache-2.0
"""What a call is to do, with everything checked that can be before a byte is written."""

import os
import pathlib
from dataclasses import dataclass, field

from . import boards, identity, release, units
from .errors import Refused
from .record import Record
from .source import BankSource, FileSource
from .target import Target

BANKS = {"state": release.STATE, "loader": release.LOADER}  # role -> file of the release


@dataclass
class Job:
    """One appliance: what is written for it goes into one line of the record."""

    targets: list  # in the order in which they are written
    unit: units.Unit | None = None
    again: dict | None = None  # the record's line of the last time that this unit was flashed
    key: identity.Key | None = None
    by_hand: dict = field(default_factory=dict)  # role -> (file, bytes, whether it is secret): left to another tool


class Plan:
    """Raises Refused."""

    def __init__(self, options, host, progress):
        self.options, self.host = options, host
        self.release = release.Release(options.image)
        self.release.check_key(options.development, options.key_id)
        self.record = Record(options.record or self.release.path("flash-record.jsonl"))
        self.keys = options.keys or self.record.path.parent / "public-keys"
        self.board = boards.find(self.release.board)
        self.check_options()
        self.record.check()
        self.banks = {role: path for role, path in (("loader", options.loader), ("state", options.state)) if path}
        self.jobs = self.make_jobs()
        self.check_apart()
        self.units = units.read(options.provision) if options.provision else None
        self.release.check_files(self.files_needed(), progress)
        self.ranges = self.release.ranges() if options.target else []
        self.check_room()
        if options.provision:
            self.release.erase_block()
            identity.check_openssl()
            self.choose_unit()

    def check_options(self):
        options = self.options
        several = len(options.target) > 1
        if several and (options.provision or options.state or options.loader):
            raise Refused("--provision, --state and --loader are one appliance's", "name one disk; for more, call once for each")
        if options.unit and not options.provision:
            raise Refused("--unit is one of a file of units", "give that, too: --provision units.csv")
        if options.provision and not options.state and self.board and self.board.bank:
            raise Refused(f"{self.release.board} has its identity in a file, flash bank 1", "say which: --state FILE")

    def make_jobs(self):
        """The disk comes last: a machine whose flash isn't complete has no bootable disk."""
        banks = [Target(role, path, self.bank_size(role, path), self.host) for role, path in self.banks.items()]
        size = self.release.size(release.DISK) if self.options.target else 0
        disks = [Target("disk", path, size, self.host) for path in self.options.target]
        return [Job(banks + [disk]) for disk in disks] or [Job(banks)]

    def bank_size(self, role, path):
        """A bank that is a file has the bank's size; what a disk is written as has the release's."""
        size = self.release.size(BANKS[role])
        in_emmc = role == "state" and self.release.boot_partition is not None
        bank = self.board.bank if self.board and not in_emmc and not pathlib.Path(path).is_block_device() else None
        if bank and size > bank:
            raise Refused(f"{BANKS[role]} has {size} bytes, the board's flash bank {bank}", release.AGAIN)
        return bank or size

    def files_needed(self):
        names = [release.DISK, release.MAP] if self.options.target else []
        names += [BANKS[role] for role in self.banks]
        if self.options.provision and "state" not in self.banks:
            names.append(release.STATE)
        return names

    def check_apart(self):
        """No target is another one, or what is read. [impl->swr~flash-refuses~1]"""
        seen = set()
        ours = [self.release.path(name) for name in [*self.release.files, "release.json"]]
        ours += [path for path in (self.record.path, self.options.provision) if path]
        for target in (target for job in self.jobs for target in job.targets):
            if target.key() in seen:
                raise Refused(f"{target.path} is named twice", "name it once")
            seen.add(target.key())
            for path in ours:
                if target.is_file(path):
                    raise Refused(f"{target.path} is {path} itself, which is read here", "name another target")

    def check_room(self):
        mapped = sum(one.end - one.start for one in self.ranges if one.sha256)
        for target in (target for job in self.jobs for target in job.targets):
            target.check_room(mapped if target.role == "disk" else target.size)

    # ---- units ----

    def choose_unit(self):
        """The one named, or the first that isn't done and that no other flash has. [impl->swr~flash-next-unit~1]"""
        job, done = self.jobs[0], self.record.done()
        if self.options.unit:
            named = [unit for unit in self.units if unit.serial == self.options.unit]
            if not named:
                raise Refused(f"{self.options.provision} has no unit {self.options.unit}", "see the serials there")
            if not self.take(named[0]):
                raise Refused(f"unit {self.options.unit} is being flashed by somebody else just now", "wait for that, or take another")
            job.unit, job.again = named[0], done.get(self.options.unit)
            return
        for unit in self.units:
            if unit.serial not in done and self.take(unit):
                job.unit = unit
                return
        raise Refused(
            f"no unit is left: all {len(self.units)} of {self.options.provision} are done, or being flashed, by {self.record.path}",
            "add units; to flash one again, name it: --unit SERIAL",
        )

    def take(self, unit):
        if self.options.dry_run:
            return True
        if not self.record.lock_unit(unit.serial):
            return False
        if not self.options.unit and unit.serial in self.record.done():
            self.record.unlock_unit()  # done between our look and the lock
            return False
        return True

    def make_identity(self, job):
        """The unit's key and, where no target is named for bank 1, the file that another tool writes."""
        job.key = identity.key_new()
        content = self.state_content(job)
        if "state" not in self.banks:
            path = self.record.path.parent / f"state-{job.unit.serial}.img"
            identity.write_private(path, content)
            job.by_hand["state"] = (path, len(content), True)

    def state_content(self, job):
        content = self.release.path(release.STATE).read_bytes()
        return identity.state_with(content, self.release.erase_block(), job.unit, job.key) if job.unit else content

    def source(self, job, target):
        if target.role == "disk":
            return FileSource(self.release.path(release.DISK), self.ranges, target.size)
        content = self.state_content(job) if target.role == "state" else self.release.path(release.LOADER).read_bytes()
        return BankSource(self.release.path(BANKS[target.role]), content, target.size)

    def left_by_hand(self, job):
        """role -> (file, bytes, whether it is secret) of the banks that nobody has named a target for."""
        files = {}
        for role, name in BANKS.items():
            if role not in self.banks and name in self.release.files:
                files[role] = (self.release.path(name), self.release.size(name), False)
        return files | job.by_hand

    # ---- telling ----

    def shown(self):
        """[impl->swr~flash-asks~1]"""
        mark = "   DEVELOPMENT KEY: NOT TO BE SHIPPED" if self.release.development else ""
        yield f"release   {self.release.name} for {self.release.board}, counter {self.release.counter}, key {self.release.key_id}{mark}"
        for job in self.jobs:
            if job.unit:
                yield f"unit      {job.unit.serial}, MACs {' '.join(job.unit.macs) or 'none'}, addresses {' '.join(job.unit.addresses) or 'none'}"
                if job.again:
                    yield f"          was flashed before, on {job.again.get('time')}: it gets a NEW KEY, the old one is worth nothing any more"
            for target in job.targets:
                yield f"{target.role:9} {target.shown()}"
        yield f"record    {os.path.relpath(self.record.path)}"

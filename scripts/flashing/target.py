# SPDX-License-Identifier: Apache-2.0
"""What is written to: a whole disk or a plain file, checked before anybody is asked."""

import errno
import getpass
import grp
import os
import pwd
import stat

from .errors import Refused

ELSEWHERE = "name a disk (/dev/...) or a plain file"


class Target:
    """`role`: disk, state or loader; `size`: bytes that it gets. Raises Refused."""

    def __init__(self, role, path, size, host):
        self.role, self.path, self.size, self.host = role, path, size, host
        self.disk = None  # of a block device
        self.read_back = None  # how, once it has been
        self.sha256 = None  # of what was written, once it is known
        try:
            self.status = os.stat(path)
        except FileNotFoundError:
            self.status = None
        except OSError as error:
            raise Refused(f"{path}: {error.strerror}", ELSEWHERE) from None
        if self.status and stat.S_ISBLK(self.status.st_mode):
            name = host.name_of(self.status.st_rdev)
            host.check(name, size)
            self.disk = host.disk(name)
            self.check_rights()
            self.check_exclusive()
        elif self.status and not stat.S_ISREG(self.status.st_mode):
            raise Refused(f"{path} is neither a disk nor a plain file", ELSEWHERE)
        else:
            self.check_file()

    def key(self):
        """Two targets with the same are the same thing."""
        if self.disk:
            return ("disk", self.disk.name)
        return ("file", os.path.realpath(self.path))

    def is_file(self, path):
        """Whether writing it would write the file `path`, by itself or through a loop device."""
        try:
            other = os.stat(path)
        except OSError:
            return False
        if self.disk:
            return self.disk.name in self.host.loops_of(path)
        return bool(self.status) and os.path.samestat(self.status, other)

    def check_rights(self):
        if os.access(self.path, os.R_OK | os.W_OK):
            return
        group, user = name_or_number(grp.getgrgid, self.status.st_gid), name_or_number(pwd.getpwuid, self.status.st_uid)
        raise Refused(
            f"{self.path}: you ({getpass.getuser()}) may not read and write it: it is {user}'s and of the group {group},"
            f" mode {stat.S_IMODE(self.status.st_mode):04o}",
            f"run this with sudo, or have yourself added to the group {group}",
        )

    def check_exclusive(self):
        """The kernel knows of users that sysfs doesn't show. Opened for reading, so that nothing is written to it."""
        try:
            os.close(os.open(self.path, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC))
        except OSError as error:
            if error.errno == errno.EBUSY:
                raise busy(self.path) from None
            raise Refused(f"{self.path} can't be opened: {error.strerror}", "plug it in again, or take another") from None

    def check_file(self):
        folder = os.path.dirname(os.path.realpath(self.path))
        if os.path.realpath(self.path).startswith("/dev/") and not self.status and folder != "/dev/shm":
            raise Refused(f"{self.path} isn't there: no such device", "see what there is: scripts/flash IMAGE, without a target")
        if not os.path.isdir(folder):
            raise Refused(f"{self.path} can't be made: there is no folder {folder}", "make it, or name another file")
        if not os.access(self.path if self.status else folder, os.W_OK):
            raise Refused(f"{self.path}: you ({getpass.getuser()}) may not write it", "name a file of your own, or have its owner let you")
        loops = list(self.host.loops_of(self.path)) if self.status else []
        if loops:
            raise Refused(f"{self.path} is in use: /dev/{loops[0]} shows it", f"name /dev/{loops[0]}, or take it away: losetup -d /dev/{loops[0]}")

    def check_room(self, need):
        """A plain file's file system has to hold what isn't a hole."""
        if self.disk:
            return
        room = os.statvfs(os.path.dirname(os.path.realpath(self.path)))
        free = room.f_bavail * room.f_frsize + (self.status.st_blocks * 512 if self.status else 0)
        if free < need:
            raise Refused(f"{self.path}: no room: the image needs {need} bytes, {free} are free there", "free some, or name another place")

    def check_same(self):
        """What was shown is what is written: nobody has changed the card meanwhile."""
        if self.disk and self.host.disk(self.host.name_of(os.stat(self.path).st_rdev)) != self.disk:
            raise Refused(f"{self.path} is another disk than the one shown", "run this again")

    def shown(self):
        if self.disk:
            return f"{self.path}: {self.disk.shown()}"
        return f"{self.path}: plain file, {'replaced' if self.status else 'new'}"

    def recorded(self):
        disk = self.disk
        return {
            "role": self.role, "path": os.path.realpath(self.path), "model": disk.model if disk else None,
            "serial": disk.serial if disk else None, "size": disk.size if disk else self.size, "written": self.size,
            "sha256": self.sha256, "read_back": self.read_back,
        }  # fmt: skip


def busy(path):
    return Refused(
        f"{path} is in use by somebody: the kernel doesn't give it to us alone",
        "another flash? a mount in a container? ZFS, multipath? see: lsof, lsblk; end that first",
    )


def name_or_number(look, number):
    try:
        return look(number)[0]
    except KeyError:
        return str(number)

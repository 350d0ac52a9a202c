# SPDX-License-Identifier: Apache-2.0
"""A release as `make image` leaves it in build/out/NAME: release.json, and the files that it tells the sizes and SHA-256 of."""

import hashlib
import json
import os
import pathlib

from . import bmap
from .errors import Refused

AGAIN = "make the image again (make image), or copy it again whole"
DISK, MAP, STATE, LOADER = "disk.img", "disk.img.bmap", "state.img", "loader.img"
CHUNK = 1 << 20  # bytes


class Release:
    """release.json, its fields checked. Raises Refused."""

    def __init__(self, path):
        folder = pathlib.Path(path)
        self.folder = folder.parent if folder.name == DISK and not folder.is_dir() else folder
        try:
            told = json.loads(self.path("release.json").read_bytes())
            self.name, self.board, self.counter = str(told["name"]), str(told["board"]), int(told["counter"])
            self.key_id, self.development = str(told["key"]["id"]), told["key"]["development"]
            self.fit_sha256 = str(told["fit_sha256"])
            self.files = {name: (int(file["size"]), str(file["sha256"])) for name, file in told["files"].items()}
            self.flash = told.get("flash", {})  # offsets, where the board's flash has others than boards.py says
            place = told.get("boot_state") or {}
            # Of the eMMC whose boot partition has boot state and identity, in place of flash bank 1; None: none has.
            self.boot_partition = int(place["bank"]) - 1 if place.get("medium") == "emmc" else None
        except OSError as error:
            raise Refused(
                f"{self.path('release.json')}: {error.strerror}",
                "name the folder of a release (build/out/NAME, as make image writes it), or the disk.img in it",
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused(f"{self.path('release.json')} isn't what make image writes: {error!r}", AGAIN) from None
        if not isinstance(self.development, bool):
            raise Refused(f"{self.path('release.json')} doesn't say whether its key is for development", AGAIN)

    def path(self, name):
        return self.folder / name

    def size(self, name):
        if name not in self.files:
            raise Refused(f"release {self.name} has no {name}", AGAIN)
        return self.files[name][0]

    def check_key(self, development, key_id):
        """[impl->swr~flash-development~1]"""
        if self.development and not development:
            raise Refused(
                f"release {self.name} is signed with a DEVELOPMENT key ({self.key_id}), which everybody can have",
                "sign it with a key of your own (scripts/keys); for a machine on your desk, give --development",
            )
        if key_id and self.key_id != key_id:
            raise Refused(f"release {self.name} is signed with key {self.key_id}, not with {key_id}", "take another release")

    def check_files(self, names, progress):
        """Sizes and SHA-256 of the files named. [impl->swr~flash-release~1]"""
        progress.stage(f"checking {self.name}", sum(self.size(name) for name in names))
        for name in names:
            size, sha256 = self.files[name]
            try:
                with open(self.path(name), "rb") as file:
                    found = os.fstat(file.fileno()).st_size
                    if found != size:
                        raise Refused(f"{self.path(name)} has {found} bytes, release.json says {size}", AGAIN)
                    digest = hashlib.sha256()
                    while part := file.read(CHUNK):
                        digest.update(part)
                        progress.add(len(part))
            except OSError as error:
                raise Refused(f"{self.path(name)}: {error.strerror}", AGAIN) from None
            if digest.hexdigest() != sha256:
                raise Refused(f"{self.path(name)} isn't the file that release.json tells of: its SHA-256 is another", AGAIN)
        progress.over()

    def ranges(self):
        """Of the disk image."""
        return bmap.read(self.path(MAP).read_bytes(), self.path(MAP), self.size(DISK))

    def erase_block(self):
        """Bytes: state.img is three of them (boot state twice, identity), and the first has a boot state."""
        size = self.size(STATE)
        block = size // 3
        with open(self.path(STATE), "rb") as file:
            head = file.read(4)
        if size % 3 or block & (block - 1) or block < 512 or head != b"BHBS":
            raise Refused(f"{self.path(STATE)} isn't three erase blocks that begin with a boot state", AGAIN)
        return block

# SPDX-License-Identifier: Apache-2.0
"""How a flash can end otherwise than done."""


class Refused(Exception):
    """Nothing was written. What is wrong, and what to do about it."""

    def __init__(self, what, do):
        super().__init__(what)
        self.do = do


class Incomplete(Exception):
    """A target was written to, and isn't what it should be."""


class Stopped(KeyboardInterrupt):
    """SIGTERM or SIGHUP: as Ctrl-C."""

# SPDX-License-Identifier: Apache-2.0
"""What the tests ask of a machine. QEMU is one (qemu.py); a board on a desk with a serial line, a relay and
TFTP can be another."""

from abc import ABC, abstractmethod


class Target(ABC):
    """Use as a context manager: whatever happens, the machine is off afterwards."""

    @abstractmethod
    def load(self, image):
        """Makes `image` what the next power("on") starts: a FIT (path or fit.Fit), or a disk image (*.img)."""

    @abstractmethod
    def power(self, state):
        """state: "on", "off" or "reset"."""

    @abstractmethod
    def console(self, name="serial0"):
        """The console.Console of a UART of the board."""

    def read_memory(self, address, size):
        """Bytes of physical memory through a debug port, which a target need not have."""
        raise NotImplementedError("this target has no debug port")

    def exceptions(self, cpu):
        """exceptions.Count of a core, as the machine itself records them; a target need not have it."""
        raise NotImplementedError("this target records no exceptions")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.power("off")

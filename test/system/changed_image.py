# SPDX-License-Identifier: Apache-2.0
"""An image of a configuration, changed before it starts: fields of the blueprint, and what EL2's tables map."""

import struct

import system
from harness import blueprint, fit, qemu

REFUSED = r"^bulkhead: halted, no cell was started"
HEALTHY = r"^health: up"
SMMUS, ITSS, LPI_CORES, GICRS, PROBES, CORES = 384, 392, 400, 208, 216, 112  # struct bp_table of struct bp_header
NOBODY = 0xC0000000  # behind RAM
MEMORY = system.FOREIGN_BASE  # nobody's RAM, zeros


class Image:
    def __init__(self, config):
        self.fit = fit.Fit(system.image(config))
        self.kernel = self.fit.kernel
        self.blueprint = blueprint.Blueprint(self.kernel)
        self.boot = blueprint.Walk(self.blueprint.memory, self.blueprint.boot_root, blueprint.EL2_VA_BITS, 1)

    @property
    def code(self):
        """What runs at EL2."""
        return bytes(self.kernel.data[: self.blueprint.offset])

    def place(self, table, at):
        """Of a field in bp_header, or in a table's first row."""
        header = self.blueprint.offset
        return header + at + (0 if table is None else struct.unpack_from("<I", self.kernel.data, header + table)[0])

    def read(self, table, at, form="<Q"):
        return struct.unpack_from(form, self.kernel.data, self.place(table, at))[0]

    def write(self, table, at, value, form="<Q"):
        struct.pack_into(form, self.kernel.data, self.place(table, at), value)

    def move(self, address, physical, space=None):
        """Where the boot, or a core, looks for a device, something else is."""
        self.blueprint.redirect(space or self.boot, address, physical)

    def target(self, results, **options):
        """A machine that is about to start it."""
        blueprint.rehash(self.kernel)
        target = qemu.QemuTarget(results, **options)
        target.load(self.fit)
        return target

    def refused(self, results, **options):
        """What the console says where no cell starts."""
        with self.target(results, **options) as target:
            target.power("on")
            target.console().expect(REFUSED, never=HEALTHY)
            return target.console().text

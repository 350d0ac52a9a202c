# SPDX-License-Identifier: Apache-2.0
"""What scripts/flash is made of: release and its block map, disks of this host, units and their identity, the copy, the record."""

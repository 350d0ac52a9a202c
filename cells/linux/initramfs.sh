#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# initramfs.sh BUSYBOX PROGRAMS OUTPUT [MODULES [NVME-CLI [ROOT-MODULES]]] - packs the Linux cell's root file system.
#
# PROGRAMS: folder of the cell's own. MODULES: folder of kernel modules, for a cell with PCI functions. NVME-CLI: folder of
# `nvme` and the libraries that it needs, or "". ROOT-MODULES: those that a root file system of the disk's slots is opened with.

set -euo pipefail
if [ $# -lt 3 ] || [ $# -gt 6 ]; then
	echo "usage: initramfs.sh BUSYBOX PROGRAMS OUTPUT [MODULES [NVME-CLI [ROOT-MODULES]]]" >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
output=$(realpath -m "$3")
root=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$root" "$output.part"' EXIT

install -d "$root/bin" "$root/lib"
install -m 644 "$here/lib.sh" "$root/lib/lib.sh"
install -m 755 "$1" "$root/bin/busybox"
install -m 755 -t "$root/bin" "$2/bulkhead-cell" "$2/bulkhead-exporter" "$2/bulkhead-slots"
install -m 755 "$here/demo" "$root/bin/demo"
install -m 755 "$here/init" "$root/init"
ln -s busybox "$root/bin/sh"
if [ $# -ge 4 ]; then
	install -d "$root/modules" "$root/lib/modules"
	install -m 755 "$here/pci" "$root/bin/pci"
	install -m 644 -t "$root/modules" "$4"/*.ko
fi
if [ -n "${5:-}" ]; then
	install -m 755 "$5/nvme" "$root/bin/nvme"
	install -m 755 -t "$root/lib" "$5"/*.so*
fi
if [ $# = 6 ]; then
	install -m 755 "$2/bulkhead-root" "$here/partitions" "$root/bin"
	install -m 755 "$here/root/open" "$root/bin/open-root"
	install -m 644 -t "$root/modules" "$6"/*.ko
fi
chmod 755 "$root"
find "$root" -exec touch -h -d @1767225600 {} + # 2026-01-01

(cd "$root" && find . -print0 | LC_ALL=C sort -z |
	cpio --quiet --null --create --format=newc --owner=0:0 --reproducible) | gzip -n9 >"$output.part"
mv "$output.part" "$output"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# initramfs.sh BUSYBOX BULKHEAD-CELL OUTPUT - packs the Linux cell's root file system.

set -euo pipefail
[ $# = 3 ] || { echo "usage: initramfs.sh BUSYBOX BULKHEAD-CELL OUTPUT" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
output=$(realpath -m "$3")
root=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$root" "$output.part"' EXIT

install -d "$root/bin"
install -m 755 "$1" "$root/bin/busybox"
install -m 755 "$2" "$root/bin/bulkhead-cell"
install -m 755 "$here/demo" "$root/bin/demo"
install -m 755 "$here/init" "$root/init"
ln -s busybox "$root/bin/sh"
chmod 755 "$root"
find "$root" -exec touch -h -d @1767225600 {} + # 2026-01-01

(cd "$root" && find . -print0 | LC_ALL=C sort -z |
	cpio --quiet --null --create --format=newc --owner=0:0 --reproducible) | gzip -n9 >"$output.part"
mv "$output.part" "$output"

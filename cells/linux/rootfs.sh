#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# rootfs.sh BUSYBOX PROGRAMS PACKAGES COMPATIBLE KEYRING OUTPUT - makes a Linux cell's root file system: a squashfs with the hash
# tree of dm-verity behind it, as `root` of a partition file names one.
#
# PROGRAMS: folder of the cell's own. PACKAGES: folder of RAUC, D-Bus and mke2fs, their libraries and files (fetch-target.sh).
# COMPATIBLE: what a bundle has to be for. KEYRING: certificates, PEM, whose bundles are installed. The same bytes every time:
# fixed dates and owners; the tree's salt and UUID are of the content.

set -euo pipefail
if [ $# != 6 ]; then
	echo "usage: rootfs.sh BUSYBOX PROGRAMS PACKAGES COMPATIBLE KEYRING OUTPUT" >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
busybox=$1 programs=$2 packages=$3 compatible=$4 keyring=$5 output=$6
DATE=1767225600 # 2026-01-01
unset SOURCE_DATE_EPOCH # mksquashfs takes dates from there or from its options, not both
root=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$root" "$output.part"' EXIT
libraries=$root/usr/lib/aarch64-linux-gnu

install -d "$root"/{dev,proc,sys,run,tmp,root,var,data,etc/rauc,usr/bin,usr/sbin} "$libraries"
for folder in bin sbin lib; do
	ln -s "usr/$folder" "$root/$folder"
done
install -m 755 "$busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
install -m 755 -t "$root/bin" "$programs"/bulkhead-{cell,exporter,slots} "$packages"/{rauc,dbus-daemon} \
	"$here/demo" "$here/root/bulkhead-rauc-backend"
install -m 755 "$packages/mke2fs" "$root/sbin/mke2fs"
install -m 755 -t "$libraries" "$packages"/lib*.so*
install -m 755 "$packages/ld-linux-aarch64.so.1" "$root/lib/"
cp -r "$packages/files/." "$root/"
install -m 755 "$here/root/init" "$root/init"
install -m 644 "$here/lib.sh" "$root/lib/lib.sh"
sed "s|^compatible=COMPATIBLE\$|compatible=$compatible|" "$here/root/system.conf" >"$root/etc/rauc/system.conf"
install -m 644 "$keyring" "$root/etc/rauc/keyring.pem"
printf '%s\n' root:x:0:0:root:/root:/bin/sh messagebus:x:100:100::/:/bin/false >"$root/etc/passwd"
printf '%s\n' root:x:0: messagebus:x:100: >"$root/etc/group"
ln -s /proc/mounts "$root/etc/mtab"
find "$root" -type d -exec chmod 755 {} + -o -type f -exec chmod go-w,a+r {} +

mksquashfs "$root" "$output.part" -noappend -quiet -no-progress -all-root -no-xattrs -no-exports -comp zstd -b 128K \
	-mkfs-time "$DATE" -all-time "$DATE" >/dev/null
size=$(stat -c %s "$output.part")
digest=$(sha256sum "$output.part" | cut -d' ' -f1)
veritysetup format --data-blocks=$((size / 4096)) --hash-offset="$size" --salt="$digest" \
	--uuid="${digest:0:8}-${digest:8:4}-${digest:12:4}-${digest:16:4}-${digest:20:12}" \
	"$output.part" "$output.part" >/dev/null
mv "$output.part" "$output"

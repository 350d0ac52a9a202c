#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# image.sh FIT IMAGE - a GPT disk image that U-Boot boots by itself: one FAT partition with FIT and boot script.
#
# Needs no root. Same inputs give the same bytes: GUIDs, volume ID and every date are fixed.

. "$(dirname "$0")/lib.sh"

DISK_GUID=8d1b6f5e-52a8-4b52-9a4f-6275636b6864
BOOT_GUID=1e0f6d7c-0c1d-4f0e-8f6b-6275636b6801
BOOT_TYPE=bc13c2ff-59e6-4262-a352-b275fd6f7172 # the Boot Loader Specification's extended boot partition
export SOURCE_DATE_EPOCH=1767225600	       # 2026-01-01: the date every file in the image carries

[ $# = 2 ] || die "usage: image.sh FIT IMAGE"
fit=$1
image=$2
[ -s "$fit" ] || die "$fit: no such FIT" "build it first: bulkhead build FILE -o DIR"

size_mb=$(($(stat -c %s "$fit") / 1048576 + 8))
mkdir -p "$(dirname "$image")"
need_space "$(dirname "$image")" $((2 * size_mb + 16)) "the disk image"
work=$(mktemp -d "$image.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work"/{root,in,tmp}

mkimage -A arm64 -O linux -T script -C none -n Bulkhead -d "$ROOT/scripts/boot.cmd" "$work/boot.scr" >/dev/null

# FAT: whole clusters of 4 KiB; a volume of 33 MB and more is FAT32, which both U-Boot and people's PCs read.
truncate -s "${size_mb}M" "$work/in/boot.vfat"
mkfs.vfat --invariant -n BULKHEAD "$work/in/boot.vfat" >/dev/null
touch -d "@$SOURCE_DATE_EPOCH" "$work/boot.scr"
cp "$fit" "$work/bulkhead.itb"
touch -d "@$SOURCE_DATE_EPOCH" "$work/bulkhead.itb"
# -m keeps those dates; TZ because FAT keeps local time.
TZ=UTC mcopy -m -i "$work/in/boot.vfat" "$work/boot.scr" "$work/bulkhead.itb" ::

cat >"$work/genimage.cfg" <<END
image disk.img {
	hdimage {
		partition-table-type = "gpt"
		disk-uuid = "$DISK_GUID"
	}
	partition boot {
		partition-type-uuid = "$BOOT_TYPE"
		partition-uuid = "$BOOT_GUID"
		bootable = true
		offset = 1M
		image = "boot.vfat"
	}
}
END
genimage --config "$work/genimage.cfg" --rootpath "$work/root" --inputpath "$work/in" \
	--outputpath "$work" --tmppath "$work/tmp" --loglevel 0 || die "genimage failed on $fit"
mv "$work/disk.img" "$image"
say "$image ($(du -h --apparent-size "$image" | cut -f1))"

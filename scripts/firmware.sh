#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# firmware.sh - firmware with an EL3 for QEMU's virt machine: TF-A from Debian's source.
# firmware.sh flash LOADER OUT - the first flash bank of that machine (secure=on): BL1, and at 256 KiB the FIP, which has
# LOADER, an image's loader.img, as its BL33.
#
# Results: build/firmware/bl1.bin, fip.bin and fiptool; packages.txt with the source package's version and the SHA-256 of
# its .dsc. The release is fixed: what the tests boot through doesn't depend on the host.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-apt.sh"

OUT=$BUILD/firmware
WORK=$OUT/work
LOG=$OUT/build.log
SUITE=bookworm
FORMAT=2 # changes when the result does, so that older trees build again

FIP_PLACE=$((256 * 1024)) # PLAT_QEMU_FIP_BASE

if [ "${1:-}" = flash ]; then
	[ $# = 3 ] || die "usage: firmware.sh flash LOADER OUT"
	cp "$OUT/fip.bin" "$3.part"
	"$OUT/fiptool" update --nt-fw "$2" "$3.part"
	{
		cat "$OUT/bl1.bin"
		head -c $((FIP_PLACE - $(stat -c %s "$OUT/bl1.bin"))) /dev/zero
		cat "$3.part"
	} >"$3"
	rm "$3.part"
	exit 0
fi
if [ "$(cat "$OUT/.complete" 2>/dev/null)" = "$FORMAT" ]; then
	exit 0
fi

export CROSS_COMPILE=${CROSS_COMPILE:-aarch64-linux-gnu-}
export SOURCE_DATE_EPOCH=1767225600 # 2026-01-01: the date it tells
jobs=$(nproc)

# Flags for the compilers of Debian 12 and later that this release doesn't know, as Debian's own rules set them;
# by the environment, so that the makefiles still add their own. Each image puts its own BL33 in.
build_tfa()
{
	CFLAGS=--param=min-pagesize=0 TF_LDFLAGS=--no-warn-rwx-segments \
		logged make -C "$WORK/arm-trusted-firmware" -j"$jobs" PLAT=qemu DEBUG=0 E=0 BUILD_STRING=Debian \
		QEMU_USE_GIC_DRIVER=QEMU_GICV3 BL33="$WORK/none" bl1 fip
}

start=$SECONDS
mkdir -p "$OUT"
need_space "$OUT" 500 "building the firmware"
rm -rf "$WORK" "$OUT/.complete" "$OUT/packages.txt" "$LOG"
mkdir "$WORK"
say "source of TF-A from $SUITE (about 20 MB with the package lists)"
private_apt_start deb-src "$SUITE"
private_apt_source arm-trusted-firmware "$WORK/arm-trusted-firmware" "$OUT/packages.txt" "$LOG"
private_apt_end
say "building TF-A (about half a minute)"
: >"$WORK/none"
build_tfa
built=$WORK/arm-trusted-firmware/build/qemu/release
cp "$built/bl1.bin" "$built/fip.bin" "$WORK/arm-trusted-firmware/tools/fiptool/fiptool" "$OUT"
rm -rf "$WORK"
printf '%s\n' "$FORMAT" >"$OUT/.complete"
say "done: $OUT, $((SECONDS - start)) s"

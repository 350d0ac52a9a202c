#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# firmware.sh - firmware with an EL3 for QEMU's virt machine: TF-A with U-Boot as BL33, both from Debian's sources.
#
# Results: build/firmware/flash.bin (BL1, and the FIP at 256 KiB: what QEMU's -bios takes with secure=on) and
# build/firmware/packages.txt with each source package's name, version and the SHA-256 of its .dsc. The release is
# fixed: what the tests boot through doesn't depend on the host.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-apt.sh"

OUT=$BUILD/firmware
WORK=$OUT/work
LOG=$OUT/build.log
SUITE=bookworm
FORMAT=1 # changes when the result does, so that older trees build again

if [ "$(cat "$OUT/.complete" 2>/dev/null)" = "$FORMAT" ]; then
	exit 0
fi

export CROSS_COMPILE=${CROSS_COMPILE:-aarch64-linux-gnu-}
export SOURCE_DATE_EPOCH=1767225600 # 2026-01-01: the date it tells
jobs=$(nproc)

logged()
{
	"$@" >>"$LOG" 2>&1 && return
	tail -n 20 "$LOG" >&2
	die "the firmware's build failed" "its last words stand above, all of them in $LOG"
}

build_uboot()
{
	local source=$WORK/u-boot
	cat "$source/configs/qemu_arm64_defconfig" "$ROOT/scripts/u-boot-tfa.config" >"$source/configs/bulkhead_defconfig"
	# Of its host tools, a third of all there is to compile, only the one that finishes the image itself.
	sed -i 's,^always := .*hostprogs-y.*,always := relocate-rela,' "$source/tools/Makefile"
	logged make -C "$source" bulkhead_defconfig
	logged make -C "$source" -j"$jobs" DTC=dtc u-boot-nodtb.bin
}

# Flags for the compilers of Debian 12 and later that this release doesn't know, as Debian's own rules set them;
# by the environment, so that the makefiles still add their own.
build_tfa()
{
	CFLAGS=--param=min-pagesize=0 TF_LDFLAGS=--no-warn-rwx-segments \
		logged make -C "$WORK/arm-trusted-firmware" -j"$jobs" PLAT=qemu DEBUG=0 E=0 BUILD_STRING=Debian \
		QEMU_USE_GIC_DRIVER=QEMU_GICV3 BL33="$WORK/u-boot/u-boot-nodtb.bin" bl1 fip
}

start=$SECONDS
mkdir -p "$OUT"
need_space "$OUT" 500 "building the firmware"
rm -rf "$WORK" "$OUT/.complete" "$OUT/packages.txt" "$LOG"
mkdir "$WORK"
say "sources of TF-A and U-Boot from $SUITE (about 30 MB with the package lists)"
private_apt_start deb-src "$SUITE"
for package in arm-trusted-firmware u-boot; do
	private_apt_source "$package" "$WORK/$package" "$OUT/packages.txt" "$LOG"
done
private_apt_end
say "building U-Boot and TF-A (about a minute)"
build_uboot
build_tfa
built=$WORK/arm-trusted-firmware/build/qemu/release
cp "$built/bl1.bin" "$OUT/flash.bin.part"
dd if="$built/fip.bin" of="$OUT/flash.bin.part" bs=64k seek=4 conv=notrunc status=none # PLAT_QEMU_FIP_BASE
mv "$OUT/flash.bin.part" "$OUT/flash.bin"
rm -rf "$WORK"
printf '%s\n' "$FORMAT" >"$OUT/.complete"
say "done: $OUT/flash.bin ($(du -h "$OUT/flash.bin" | cut -f1)), $((SECONDS - start)) s"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# sandbox.sh - U-Boot as a program of this host (its "sandbox"), of the source that the boards' U-Boot is built from:
# build/loader/sandbox/u-boot. Its SPI flash and its disk are files, and tests give it the boot command (test_spi_loader.py).
# Where it would jump to what it has verified, it ends.

. "$(dirname "$0")/../../scripts/lib.sh"
. "$(dirname "$0")/../../scripts/lib-apt.sh"

HERE=$ROOT/test/imaging
OUT=$BUILD/loader/sandbox
WORK=$OUT/work
LOG=$OUT/build.log
SUITE=bookworm

inputs=$(cat "$HERE/sandbox.sh" "$HERE/sandbox.config" "$ROOT/scripts/loader/u-boot.config" | sha256sum | cut -d' ' -f1)
if [ "$(cat "$OUT/.complete" 2>/dev/null)" = "$inputs" ]; then
	exit 0
fi
export SOURCE_DATE_EPOCH=1767225600 NO_SDL=1

start=$SECONDS
mkdir -p "$OUT"
need_space "$OUT" 600 "building U-Boot's sandbox"
rm -rf "$WORK" "$OUT/.complete" "$OUT/packages.txt" "$LOG"
mkdir "$WORK"
say "source of U-Boot from $SUITE (about 30 MB with the package lists)"
private_apt_start deb-src "$SUITE"
private_apt_source u-boot "$WORK/u-boot" "$OUT/packages.txt" "$LOG"
private_apt_end
source=$WORK/u-boot
say "building U-Boot's sandbox (some minutes)"
{
	grep -v -e CONFIG_EFI_LOADER -e CONFIG_UNIT_TEST -e '^CONFIG_UT_' "$source/configs/sandbox_defconfig"
	grep '=y' "$ROOT/scripts/loader/u-boot.config" | grep -v -e OF_SEPARATE -e AUTOBOOT_KEYED
	cat "$HERE/sandbox.config"
} >"$source/configs/bulkhead_defconfig"
# As in scripts/loader/build.sh: no host tools that the program itself isn't made with.
sed -i 's,^always := .*hostprogs-y.*,always := fdtgrep asn1_compiler,' "$source/tools/Makefile"
sed -i '/^\tselect BINMAN/d; /^\timply BINMAN/d' "$source/arch/Kconfig" "$source/arch/arm/Kconfig"
sed -i '/^\tselect PYLIBFDT/d' "$source/dts/Kconfig" "$source/arch/Kconfig"
# What board and counter an image says are letters and digits there, too.
sed -i 's#isprint(\*s) || isspace(\*s)#isalnum(*s) || strchr("-_.,", *s)#' "$source/cmd/fdt.c"
sed -i 's#printf("sandbox: continuing, as we cannot run Linux.*#os_exit(0);#; s/#include <bootstage.h>/&\n#include <os.h>/' \
	"$source/arch/sandbox/lib/bootm.c"
grep -q 'os_exit(0);' "$source/arch/sandbox/lib/bootm.c" || die "the sandbox's bootm.c isn't what it was"
logged make -C "$source" bulkhead_defconfig
logged make -C "$source" -j"$(nproc)" DTC=dtc u-boot
mv "$source/u-boot" "$OUT/u-boot"
rm -rf "$WORK"
printf '%s\n' "$inputs" >"$OUT/.complete"
say "done: $OUT/u-boot, $((SECONDS - start)) s"

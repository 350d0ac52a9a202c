#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# build.sh [DEFCONFIG] - Bulkhead's U-Boot from Debian's source package: the board's own defconfig (qemu_arm64 where none is
# named), u-boot.config, and boot.hush as its compiled-in boot command.
#
# Results: build/loader/DEFCONFIG/u-boot-nodtb.bin, to which control.py's tree is appended, and packages.txt with the
# source's version and the SHA-256 of its .dsc. The release is fixed: what verifies images doesn't depend on the host.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-apt.sh"

DEFCONFIG=${1:-qemu_arm64}
HERE=$ROOT/scripts/loader
OUT=$BUILD/loader/$DEFCONFIG
WORK=$OUT/work
LOG=$OUT/build.log
SUITE=bookworm
LEAST=2023.01+dfsg-2+deb12u3

# What the result depends on: these files alone, as the release is fixed.
inputs=$(cat "$HERE/build.sh" "$HERE/u-boot.config" "$HERE/boot.hush" | sha256sum | cut -d' ' -f1)
if [ "$(cat "$OUT/.complete" 2>/dev/null)" = "$inputs" ]; then
	exit 0
fi

export CROSS_COMPILE=${CROSS_COMPILE:-aarch64-linux-gnu-}
export SOURCE_DATE_EPOCH=1767225600 # 2026-01-01: the date it tells

# boot.hush in one line, as Kconfig quotes it.
boot_command()
{
	sed -e '/^[[:space:]]*#/d' -e 's/^[[:space:]]*//' "$HERE/boot.hush" | tr '\n' ' ' |
		sed -e 's/ \{2,\}/ /g' -e 's/^ //' -e 's/ $//' -e 's/["\\]/\\&/g'
}

start=$SECONDS
mkdir -p "$OUT"
need_space "$OUT" 400 "building U-Boot"
rm -rf "$WORK" "$OUT/.complete" "$OUT/packages.txt" "$LOG"
mkdir "$WORK"
say "source of U-Boot from $SUITE (about 30 MB with the package lists)"
private_apt_start deb-src "$SUITE"
private_apt_source u-boot "$WORK/u-boot" "$OUT/packages.txt" "$LOG"
private_apt_end
# With the mends of CVE-2026-46728: what is signed is what the configuration names, not what the signature says.
version=$(cut -d' ' -f2 "$OUT/packages.txt")
dpkg --compare-versions "$version" ge "$LEAST" ||
	die "Debian's mirror has U-Boot $version, which takes forged signatures: $LEAST is needed" "add $SUITE-security to /etc/apt"
say "building U-Boot for $DEFCONFIG (about a minute)"
source=$WORK/u-boot
{
	cat "$source/configs/${DEFCONFIG}_defconfig" "$HERE/u-boot.config"
	printf 'CONFIG_USE_BOOTCOMMAND=y\nCONFIG_BOOTCOMMAND="%s"\n' "$(boot_command)"
} >"$source/configs/bulkhead_defconfig"
# Of its host tools, a third of all there is to compile, only the one that finishes the image itself.
sed -i 's,^always := .*hostprogs-y.*,always := relocate-rela,' "$source/tools/Makefile"
# mend FILE OLD NEW: in U-Boot's source; OLD is a basic regular expression.
mend()
{
	grep -q -- "$2" "$source/$1" || die "U-Boot's $1 isn't what it was, and can't be mended: what an image says could harm it"
	sed -i "s#$2#$3#" "$source/$1"
}
# Strings of an image that nobody has verified yet become variables of the shell, which parses them again (boot.hush).
mend cmd/fdt.c 'isprint(\*s) || isspace(\*s)' 'isalnum(*s) || strchr("-_.,", *s)'
# How much is hashed is the image's own word.
mend boot/image-fit-sig.c 'size = fdt32_to_cpu(strings\[1\]);' 'size = min_t(u32, fdt32_to_cpu(strings[1]), fdt_size_dt_strings(fit));'
# Else it warns of a control tree that didn't come from an earlier stage.
sed -i '/imply OF_HAS_PRIOR_STAGE/d' "$source/arch/arm/Kconfig"
logged make -C "$source" bulkhead_defconfig
logged make -C "$source" -j"$(nproc)" DTC=dtc u-boot-nodtb.bin
# Kconfig drops what doesn't fit without a word, and a way around the signature would be open.
while read -r line; do
	case $line in
	"# CONFIG_"*" is not set") ! grep -q "^${line:2:-11}=" "$source/.config" ;;
	CONFIG_*) grep -qxF "$line" "$source/.config" ;;
	esac || die "U-Boot's configuration isn't what u-boot.config says: $line"
done <"$HERE/u-boot.config"
mv "$source/u-boot-nodtb.bin" "$OUT/u-boot-nodtb.bin"
rm -rf "$WORK"
printf '%s\n' "$inputs" >"$OUT/.complete"
say "done: $OUT/u-boot-nodtb.bin, $((SECONDS - start)) s"

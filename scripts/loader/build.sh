#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# build.sh [DEFCONFIG] - Bulkhead's U-Boot from Debian's source package: the board's own defconfig (qemu_arm64 where none is
# named), u-boot.config, DEFCONFIG.config where there is one, and boot.hush (with load.hush, burn.hush) as its compiled-in boot
# command.
#
# Results in build/loader/DEFCONFIG: u-boot-nodtb.bin, to which control.py's tree is appended, and packages.txt with the
# source's version and the SHA-256 of its .dsc. Of a chip whose boot ROM starts an SPL also tpl.bin, spl.bin, u-boot.dtb (the
# board's tree as U-Boot has it), text-base (where U-Boot is linked to) and Debian's bl31.elf: what layouts of
# scripts/imaging are made of. The release is fixed: what verifies images doesn't depend on the host.
#
# The files of Debian's source stay in build/loader/source: who has them there builds without a network.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-apt.sh"

DEFCONFIG=${1:-qemu_arm64}
HERE=$ROOT/scripts/loader
OUT=$BUILD/loader/$DEFCONFIG
WORK=$OUT/work
SOURCE=$BUILD/loader/source
LOG=$OUT/build.log
SUITE=bookworm
LEAST=2023.01+dfsg-2+deb12u3

# Our fragments of U-Boot's configuration, for all boards and for this one.
fragments=("$HERE/u-boot.config")
[ ! -e "$HERE/$DEFCONFIG.config" ] || fragments+=("$HERE/$DEFCONFIG.config")

# One at a time: who comes second finds it done.
mkdir -p "$OUT"
exec 9>"$OUT/.lock"
flock 9

# What the result depends on: these files alone, as the release is fixed.
inputs=$(cat "$HERE/build.sh" "$HERE/boot-command.sh" "${fragments[@]}" "$HERE"/*.hush | sha256sum | cut -d' ' -f1)
if [ "$(cat "$OUT/.complete" 2>/dev/null)" = "$inputs" ]; then
	exit 0
fi

export CROSS_COMPILE=${CROSS_COMPILE:-aarch64-linux-gnu-}
export SOURCE_DATE_EPOCH=1767225600 # 2026-01-01: the date it tells

# As Kconfig quotes it.
boot_command()
{
	"$HERE/boot-command.sh" | sed -e 's/["\\]/\\&/g'
}

# Debian's TF-A, built for the chip: fetch_firmware CHIP
fetch_firmware()
{
	local deb
	private_apt_start deb "$SUITE"
	(cd "$APT/work" && private_apt apt-get -q=2 download arm-trusted-firmware >&2) ||
		die "could not fetch arm-trusted-firmware" "apt's own message stands above"
	deb=$(find "$APT/work" -name 'arm-trusted-firmware_*.deb')
	dpkg-deb --fsys-tarfile "$deb" | tar -xO "./usr/lib/arm-trusted-firmware/$1/bl31.elf" >"$OUT/bl31.elf" ||
		die "Debian's arm-trusted-firmware has no BL31 for $1"
	printf 'arm-trusted-firmware %s %s\n' "$(dpkg-deb -f "$deb" Version)" "$(sha256sum "$deb" | cut -d' ' -f1)" >>"$OUT/packages.txt"
	private_apt_end
}

source_is_good()
{
	[ -e "$SOURCE/.complete" ] && dpkg --compare-versions "$(source_version u-boot "$SOURCE")" ge "$LEAST"
}

# One at a time, whatever the board.
fetch_source()
{
	exec 8>"$BUILD/loader/.lock"
	flock 8
	if ! source_is_good; then
		say "source of U-Boot from $SUITE (about 30 MB with the package lists)"
		rm -rf "$SOURCE"
		mkdir -p "$SOURCE"
		private_apt_start deb-src "$SUITE"
		private_apt_source_files u-boot "$SOURCE"
		private_apt_end
		: >"$SOURCE/.complete"
	fi
	exec 8>&-
}

start=$SECONDS
need_space "$OUT" 400 "building U-Boot"
rm -rf "$WORK" "$OUT/.complete" "$OUT/packages.txt" "$LOG"
mkdir "$WORK"
fetch_source
source_unpack u-boot "$SOURCE" "$WORK/u-boot" "$OUT/packages.txt" "$LOG"
# With the mends of CVE-2026-46728: what is signed is what the configuration names, not what the signature says.
version=$(cut -d' ' -f2 "$OUT/packages.txt")
dpkg --compare-versions "$version" ge "$LEAST" ||
	die "Debian's mirror has U-Boot $version, which takes forged signatures: $LEAST is needed" "add $SUITE-security to /etc/apt"
say "building U-Boot for $DEFCONFIG (about a minute)"
source=$WORK/u-boot
{
	cat "$source/configs/${DEFCONFIG}_defconfig" "${fragments[@]}"
	printf 'CONFIG_USE_BOOTCOMMAND=y\nCONFIG_BOOTCOMMAND="%s"\n' "$(boot_command)"
} >"$source/configs/bulkhead_defconfig"
# Of its host tools, a third of all there is to compile, only those that finish the image itself and an SPL's tree. No binman:
# scripts/imaging puts the parts together.
sed -i 's,^always := .*hostprogs-y.*,always := relocate-rela fdtgrep,' "$source/tools/Makefile"
sed -i '/^\tselect BINMAN/d' "$source/arch/arm/Kconfig"
sed -i '/^\tselect PYLIBFDT/d' "$source/dts/Kconfig"
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
# An SPL takes U-Boot from the flash that it came from itself, and from no disk that a cell may own.
sed -i 's/\(u-boot,spl-boot-order = \)"same-as-spl", &spi_flash.*;/\1\&spi_flash;/' "$source"/arch/arm/dts/*-u-boot.dtsi
# Else it warns of a control tree that didn't come from an earlier stage.
sed -i '/imply OF_HAS_PRIOR_STAGE/d' "$source/arch/arm/Kconfig"
logged make -C "$source" bulkhead_defconfig
targets=(u-boot-nodtb.bin)
if grep -qx CONFIG_SPL=y "$source/.config"; then
	targets+=(dts/dt.dtb spl/u-boot-spl.bin)
	! grep -qx CONFIG_TPL=y "$source/.config" || targets+=(tpl/u-boot-tpl.bin)
fi
logged make -C "$source" -j"$(nproc)" DTC=dtc "${targets[@]}"
# Kconfig drops what doesn't fit without a word, and a way around the signature would be open.
while read -r line; do
	case $line in
	"# CONFIG_"*" is not set") ! grep -q "^${line:2:-11}=" "$source/.config" ;;
	CONFIG_*) grep -qxF "$line" "$source/.config" ;;
	esac || die "U-Boot's configuration isn't what ${fragments[*]##*/} says: $line"
done < <(cat "${fragments[@]}")
for target in "${targets[@]}"; do
	case $target in
	dts/dt.dtb)
		! fdtget "$source/$target" /chosen u-boot,spl-boot-order | grep -q same-as-spl ||
			die "SPL for $DEFCONFIG takes U-Boot from other places, too: /chosen/u-boot,spl-boot-order of its tree"
		mv "$source/$target" "$OUT/u-boot.dtb"
		;;
	?pl/*) mv "$source/$target" "$OUT/${target%%/*}.bin" ;;
	*) mv "$source/$target" "$OUT/$target" ;;
	esac
done
sed -n 's/^CONFIG_TEXT_BASE=//p' "$source/.config" >"$OUT/text-base"
chip=$(sed -n 's/^CONFIG_SYS_SOC="\(rk[0-9]*\)"$/\1/p' "$source/.config")
[ -z "$chip" ] || fetch_firmware "$chip"
rm -rf "$WORK"
printf '%s\n' "$inputs" >"$OUT/.complete"
say "done: $OUT/u-boot-nodtb.bin, $((SECONDS - start)) s"

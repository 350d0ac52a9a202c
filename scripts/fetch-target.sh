#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# fetch-target.sh [full] - what runs in the cells and comes from Debian: two arm64 kernels, busybox, nvme-cli, libfdt,
# and of the newer kernel modules for PCI functions and the device trees of the boards that it knows; with `full` also
# the kernels that only `make check-full` boots: with 16 KiB pages, and the real-time one.
#
# Results: build/linux/6.1/Image, build/linux/6.12/Image, build/linux/6.12/modules/NAME.ko,
# build/linux/dtbs/VENDOR/BOARD.dtb (6.12's),
# build/linux/busybox, build/linux/nvme-cli/ (nvme and its libraries), build/linux/libfdt/, build/linux/6.12-16k/Image and build/linux/6.12-rt/Image of `full`,
# and build/linux/packages*.txt with each package's name, version and SHA-256.
#
# They come through the private apt of lib-apt.sh. The releases are fixed: what a cell runs doesn't depend on
# the host.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-apt.sh"

OUT=$BUILD/linux
SUITE=bookworm
FORMAT=6 # changes when a result's form does, so that older trees fetch again

case ${1:-} in
"") part="" ;;
full) part="-full" ;;
*) die "usage: fetch-target.sh [full]" ;;
esac

# Drivers of PCI functions and of memory that survives a restart, and what they need. pci-pf-stub switches the virtual
# functions of any device on (pci-inventory.sh).
MODULES="pci-pf-stub igb i2c-algo-bit igbvf nvme nvme-core nvme-auth nvme-keyring virtio_net net_failover failover
	virtio_blk uio uio_pci_generic ramoops reed_solomon"

# Everything there already: the answer to nearly every call.
is_complete()
{
	local module
	[ "$(cat "$OUT/.complete$part" 2>/dev/null)" = "$FORMAT" ] || return 1
	[ -z "$part" ] || return 0
	for module in $MODULES; do
		[ -e "$OUT/6.12/modules/$module.ko" ] || return 1
	done
}
if is_complete; then
	exit 0
fi

# The newest version of PACKAGE that starts with PREFIX.
version_of()
{
	private_apt apt-cache madison "$1" | awk -F'|' -v prefix="$2" '
		$3 !~ /Sources/ { gsub(/ /, "", $2); if (index($2, prefix) == 1) { print $2; exit } }'
}

# Downloads PACKAGE=VERSION, notes it, prints the file's path.
download()
{
	local package=$1 version=$2 file
	(cd "$APT/work" && private_apt apt-get -q=2 download "$package=$version" >&2) ||
		die "could not fetch $package $version" "apt's own message stands above"
	file=$(find "$APT/work" -name "${package}_*_arm64.deb")
	printf '%s %s %s\n' "$package" "$version" "$(sha256sum "$file" | cut -d' ' -f1)" >>"$OUT/packages$part.txt"
	printf '%s\n' "$file"
}

# fetch_kernel SERIES MB [NAME FOLDER]: linux-image-arm64 is a name that points to the kernel of the day; its
# Depends says which. The package stays, in $deb, until the next one.
fetch_kernel()
{
	local series=$1 name=${3:-linux-image-arm64} folder=${4:-$1} meta package version image
	say "$name $series (about $2 MB)"
	meta=$(version_of "$name" "$series.")
	[ -n "$meta" ] || die "Debian's mirror offers no $name $series"
	read -r package version < <(private_apt apt-cache show "$name=$meta" |
		sed -nE 's/^Depends:.*(linux-image-[0-9][^ ]*) \(= ([^)]*)\).*/\1 \2/p')
	deb=$(download "$package" "$version")
	mkdir -p "$OUT/$folder"
	# Only the kernel: its modules are a hundred times as many files, and few are used (fetch_modules).
	dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards './boot/vmlinuz-*' >"$OUT/$folder/Image.part"
	image=$OUT/$folder/Image
	if [ "$(head -c 2 "$image.part" | od -An -tx1 | tr -d ' ')" = 1f8b ]; then
		gzip -dc "$image.part" >"$image.plain"
		mv "$image.plain" "$image.part"
	fi
	# The arm64 Image header has its magic at offset 56 (Documentation/arch/arm64/booting.rst).
	[ "$(dd if="$image.part" bs=1 skip=56 count=4 2>/dev/null)" = ARMd ] ||
		die "the kernel in $package is not an arm64 Image"
	mv "$image.part" "$image"
}

# Of the kernel package last fetched.
fetch_modules()
{
	local folder=$OUT/$1/modules module file
	rm -rf "$folder"
	mkdir -p "$folder"
	# shellcheck disable=SC2046,SC2086 # one pattern a module
	dpkg-deb --fsys-tarfile "$deb" | tar -xC "$folder" --transform='s,.*/,,' --wildcards $(printf '*/%s.ko* ' $MODULES)
	for file in "$folder"/*.xz; do
		[ ! -e "$file" ] || xz -d "$file"
	done
	for module in $MODULES; do
		[ -e "$folder/$module.ko" ] || die "$deb has no module $module"
	done
}

# The boards' trees of the kernel package last fetched.
fetch_dtbs()
{
	rm -rf "$OUT/dtbs"
	mkdir -p "$OUT/dtbs"
	dpkg-deb --fsys-tarfile "$deb" | tar -xC "$OUT/dtbs" --strip-components=4 --wildcards './usr/lib/linux-image-*.dtb'
	[ -n "$(find "$OUT/dtbs" -name '*.dtb' -print -quit)" ] || die "$deb has no device trees"
}

fetch_busybox()
{
	local version deb
	say "busybox for arm64 (about 1 MB)"
	version=$(version_of busybox-static "")
	deb=$(download busybox-static "$version")
	dpkg-deb --fsys-tarfile "$deb" | tar -xO ./bin/busybox >"$OUT/busybox"
	chmod 755 "$OUT/busybox"
	rm "$deb"
}

# The program `nvme` and the libraries that it is linked with, of the packages that have them.
NVME_PACKAGES="nvme-cli libnvme1 libjson-c5 libssl3 zlib1g libdbus-1-3 libsystemd0 libcap2 libgcrypt20 libgpg-error0
	liblz4-1 liblzma5 libzstd1 libc6"
fetch_nvme()
{
	local package deb library file missing=yes folder=$OUT/nvme-cli root=$APT/work/nvme
	say "nvme-cli for arm64 and its libraries (about 6 MB)"
	rm -rf "$folder" "$root"
	mkdir -p "$folder" "$root"
	for package in $NVME_PACKAGES; do
		deb=$(download "$package" "$(version_of "$package" "")")
		dpkg-deb -x "$deb" "$root"
		rm "$deb"
	done
	cp "$root/usr/sbin/nvme" "$folder/"
	while [ -n "$missing" ]; do # what the libraries that came last need
		missing=
		for library in $(aarch64-linux-gnu-objdump -p "$folder"/* | awk '$1 == "NEEDED" { print $2 }' | sort -u); do
			[ ! -e "$folder/$library" ] || continue
			file=$(find "$root" -name "$library" -print -quit)
			[ -n "$file" ] || die "none of nvme-cli's packages has $library"
			cp -L "$file" "$folder/$library"
			missing=yes
		done
	done
}

# libfdt as Debian built it for arm64: archive and headers. Whoever links it without a C library supplies
# the string functions and __stack_chk_guard/__stack_chk_fail.
fetch_libfdt()
{
	local deb
	say "libfdt for arm64 (about 0.1 MB)"
	deb=$(download libfdt-dev "$(version_of libfdt-dev "")")
	mkdir -p "$OUT/libfdt"
	dpkg-deb --fsys-tarfile "$deb" | tar -xC "$OUT/libfdt" --wildcards --transform='s,.*/,,' \
		'./usr/include/*.h' './usr/lib/*/libfdt.a'
	rm "$deb"
}

mkdir -p "$OUT"
need_space "$OUT" 600 "fetching the cells' kernels"
rm -f "$OUT/.complete$part" "$OUT/packages$part.txt"

say "package lists of $SUITE and $SUITE-backports for arm64, into build/apt (about 10 MB)"
private_apt_start deb "$SUITE" "$SUITE-backports"
if [ "$part" = -full ]; then
	fetch_kernel 6.12 100 linux-image-arm64-16k 6.12-16k
	fetch_kernel 6.12 100 linux-image-rt-arm64 6.12-rt
else
	fetch_kernel 6.1 70
	fetch_kernel 6.12 100
	fetch_modules 6.12
	fetch_dtbs
	fetch_busybox
	fetch_nvme
	fetch_libfdt
fi
private_apt_end
printf '%s\n' "$FORMAT" >"$OUT/.complete$part"
say "done: $OUT ($(du -sh "$OUT" | cut -f1))"

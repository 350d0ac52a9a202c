#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# fetch-target.sh [full] - what runs in the cells and comes from Debian: two arm64 kernels, busybox, nvme-cli, libfdt,
# what a root file system has (RAUC, D-Bus, mke2fs), and of the newer kernel modules for PCI functions and for a root file
# system, and the device trees of the boards that it knows; with `full` also
# the kernels that only `make check-full` boots: with 16 KiB pages, and the real-time one.
#
# Results: build/linux/6.1/Image, build/linux/6.12/Image, build/linux/6.12/modules/NAME.ko, build/linux/6.12/modules-root/NAME.ko,
# build/linux/dtbs/VENDOR/BOARD.dtb (6.12's),
# build/linux/busybox, build/linux/nvme-cli/ (nvme and its libraries), build/linux/root/ (a root's programs, their libraries and
# files), build/linux/libfdt/, build/linux/6.12-16k/Image and build/linux/6.12-rt/Image of `full`,
# and build/linux/packages*.txt with each package's name, version and SHA-256.
#
# They come through the private apt of lib-apt.sh. The releases are fixed: what a cell runs doesn't depend on
# the host.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-apt.sh"

OUT=$BUILD/linux
SUITE=bookworm
FORMAT=7 # changes when a result's form does, so that older trees fetch again

case ${1:-} in
"") part="" ;;
full) part="-full" ;;
*) die "usage: fetch-target.sh [full]" ;;
esac

# Drivers of PCI functions and of memory that survives a restart, and what they need. pci-pf-stub switches the virtual
# functions of any device on (pci-inventory.sh).
MODULES="pci-pf-stub igb i2c-algo-bit igbvf nvme nvme-core nvme-auth nvme-keyring virtio_net net_failover failover
	virtio_blk uio uio_pci_generic ramoops reed_solomon"
# A root file system that is verified as it is read, a data partition, and a bundle's.
ROOT_MODULES="dm-mod dm-bufio dm-verity squashfs loop ext4 jbd2 mbcache crc16 libcrc32c crc32c_generic"

# Everything there already: the answer to nearly every call.
is_complete()
{
	local module
	[ "$(cat "$OUT/.complete$part" 2>/dev/null)" = "$FORMAT" ] || return 1
	[ -z "$part" ] || return 0
	for module in $MODULES; do
		[ -e "$OUT/6.12/modules/$module.ko" ] || return 1
	done
	for module in $ROOT_MODULES; do
		[ -e "$OUT/6.12/modules-root/$module.ko" ] || return 1
	done
}
if is_complete; then
	exit 0
fi

# version_of PACKAGE PREFIX [SUITE]: the newest version that starts with PREFIX.
version_of()
{
	private_apt apt-cache madison "$1" | awk -F'|' -v prefix="$2" -v suite=" ${3:-}" '
		$3 !~ /Sources/ && index($3, suite) { gsub(/ /, "", $2); if (index($2, prefix) == 1) { print $2; exit } }'
}

# Downloads PACKAGE=VERSION, notes it, prints the file's path.
download()
{
	local package=$1 version=$2 file
	(cd "$APT/work" && private_apt apt-get -q=2 download "$package=$version" >&2) ||
		die "could not fetch $package $version" "apt's own message stands above"
	file=$(find "$APT/work" -name "${package}_*.deb")
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

# fetch_modules FOLDER NAME...: of the kernel package last fetched.
fetch_modules()
{
	local folder=$OUT/$1 module file
	shift
	rm -rf "$folder"
	mkdir -p "$folder"
	# shellcheck disable=SC2046 # one pattern a module
	dpkg-deb --fsys-tarfile "$deb" | tar -xC "$folder" --transform='s,.*/,,' --wildcards $(printf '*/%s.ko* ' "$@")
	for file in "$folder"/*.xz; do
		[ ! -e "$file" ] || xz -d "$file"
	done
	for module in "$@"; do
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

# fetch_programs FOLDER PROGRAMS PACKAGES [FILES]: programs and, beside them, the libraries that they are linked with, of
# the packages that have them; FILES (patterns) keep their folders, below FOLDER/files.
fetch_programs()
{
	local package deb library file program missing=yes folder=$OUT/$1 root=$APT/work/$1
	rm -rf "$folder" "$root"
	mkdir -p "$folder" "$root"
	for package in $3; do
		deb=$(download "$package" "$(version_of "$package" "" "$SUITE/")")
		dpkg-deb -x "$deb" "$root"
		rm "$deb"
	done
	for program in $2; do
		cp -L "$root/$program" "$folder/"
	done
	while [ -n "$missing" ]; do # what the libraries that came last need
		missing=
		for library in $(aarch64-linux-gnu-objdump -p "$folder"/* | awk '$1 == "NEEDED" { print $2 }' | sort -u); do
			[ ! -e "$folder/$library" ] || continue
			file=$(find "$root" -name "$library" -print -quit)
			[ -n "$file" ] || die "none of the packages for $1 has $library"
			cp -L "$file" "$folder/$library"
			missing=yes
		done
	done
	for file in ${4:-}; do
		install -D -m 644 "$root/$file" "$folder/files/$file"
	done
}

NVME_PACKAGES="nvme-cli libnvme1 libjson-c5 libssl3 zlib1g libdbus-1-3 libsystemd0 libcap2 libgcrypt20 libgpg-error0
	liblz4-1 liblzma5 libzstd1 libc6"

# RAUC's service, the bus that it is asked by, and what makes the data partition's file system.
ROOT_PROGRAMS="usr/bin/rauc usr/bin/dbus-daemon sbin/mke2fs"
ROOT_FILES="usr/share/dbus-1/system.conf usr/share/dbus-1/system.d/de.pengutronix.rauc.conf etc/mke2fs.conf"
ROOT_PACKAGES="rauc rauc-service dbus-daemon dbus-system-bus-common e2fsprogs
	libcurl3-gnutls libfdisk1 libglib2.0-0 libjson-glib-1.0-0 libssl3 libc6
	libapparmor1 libaudit1 libcap-ng0 libdbus-1-3 libexpat1 libselinux1 libsystemd0
	libblkid1 libuuid1 libcom-err2 libext2fs2
	libnghttp2-14 libidn2-0 librtmp1 libssh2-1 libpsl5 libnettle8 libhogweed6 libgnutls30 libgssapi-krb5-2 libldap-2.5-0
	libzstd1 libbrotli1 zlib1g libffi8 libpcre2-8-0 libmount1 libunistring2 libgmp10 libp11-kit0 libtasn1-6 libkrb5-3
	libk5crypto3 libkrb5support0 libkeyutils1 libsasl2-2 liblz4-1 liblzma5 libgcrypt20 libgpg-error0 libcap2 libgcc-s1"

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
	# shellcheck disable=SC2086 # one word a module
	fetch_modules 6.12/modules $MODULES
	# shellcheck disable=SC2086
	fetch_modules 6.12/modules-root $ROOT_MODULES
	fetch_dtbs
	fetch_busybox
	say "nvme-cli for arm64 and its libraries (about 6 MB)"
	fetch_programs nvme-cli usr/sbin/nvme "$NVME_PACKAGES"
	say "RAUC, D-Bus and mke2fs for arm64 and their libraries (about 16 MB)"
	fetch_programs root "$ROOT_PROGRAMS" "$ROOT_PACKAGES" "$ROOT_FILES"
	fetch_libfdt
fi
private_apt_end
printf '%s\n' "$FORMAT" >"$OUT/.complete$part"
say "done: $OUT ($(du -sh "$OUT" | cut -f1))"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# setup.sh [demo|check|check-full|bench|evidence|--remove] - makes a Debian 12 or 13 ready: host packages, then what the cells run
# (fetch-target.sh, fetch-source.sh), the U-Boot that starts it (loader/build.sh) and what check and bench are built with
# (firmware.sh, fetch-plugin.sh).
#
# demo: what `make demo` needs; check (default): that and what `make check` adds, with a firmware that has an EL3
# (firmware.sh); check-full: that and a browser; bench: that of demo and what `make bench` adds; evidence: that of check and bench and
# what `make evidence` adds. What is missing is listed with its size and installed
# as root, with passwordless sudo, or with YES=1; else the one apt-get line is printed. Where nothing is missing it says
# nothing and does nothing. --remove takes away the apt suite that it added.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/lib-apt.sh
. "$(dirname "$0")/lib-apt.sh"

QEMU_LEAST=10.0
QEMU=${QEMU:-qemu-system-aarch64}

DEMO_PACKAGES=(
	gcc libc6-dev make			# the host tool
	device-tree-compiler libfdt-dev libssl-dev libjansson-dev
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross picolibc-aarch64-linux-gnu # hypervisor and cells
	cpio genimage bmap-tools u-boot-tools openssl python3 # the disk image
	squashfs-tools cryptsetup-bin rauc		# a Linux cell's root file system, and its updates
	bison flex					# U-Boot from its sources
	xz-utils					# the cells' kernel modules
	dpkg-dev					# sources: lwIP's, and U-Boot's
)
QEMU_PACKAGES=(qemu-system-arm)
CHECK_PACKAGES=(
	libcmocka-dev libsodium-dev python3-pytest python3-pytest-xdist git
	clang-19 lld-19 libclang-rt-19-dev llvm-19 clang-format-19 clang-tidy-19 cppcheck shellcheck reuse
	softhsm2 libengine-pkcs11-openssl		# keys in a PKCS#11 token
	swtpm mtools dosfstools				# a TPM for U-Boot, a disk that would lead it astray
	librsvg2-bin fonts-dejavu-core mandoc		# the drawn map, rendered; the man page
	prometheus prometheus-alertmanager python3-prometheus-client	# the metrics' readers, scripts/fleet
	util-linux mount e2fsprogs			# loop devices for the tests of scripts/flash
)
FULL_PACKAGES=(chromium rsyslog)		# looks at the health cell's page; reads its syslog
BENCH_PACKAGES=(cloc)
EVIDENCE_PACKAGES=(chromium diffoscope-minimal frama-c-base)	# the report as PDF, builds compared, absence of run-time errors
TRACE_PACKAGES=(pkg-config libglib2.0-dev)	# for the header of QEMU's plugins

# The version of the QEMU that $QEMU names, or PATH finds; nothing where there is none.
qemu_version()
{
	{ "$QEMU" --version 2>/dev/null || true; } | sed -nE '1s/.*version ([0-9]+(\.[0-9]+)*).*/\1/p'
}

qemu_is_new_enough()
{
	[ -n "$1" ] && dpkg --compare-versions "$1" ge "$QEMU_LEAST"
}

# Adds to `missing` what isn't installed of the packages named.
missing=()
find_missing()
{
	local installed package
	installed=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "$@" 2>/dev/null || true)"
	for package in "$@"; do
		[[ $installed == *" installed:$package "* ]] || missing+=("$package")
	done
}

# Sets how apt-get is run: directly, by sudo, or not at all.
find_rights()
{
	if [ "$(id -u)" = 0 ]; then
		rights=root
	elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ "${YES:-}" = 1 ]; }; then
		rights=sudo
	else
		rights=none
	fi
}

as_root()
{
	if [ "$rights" = sudo ]; then
		sudo "$@"
	else
		"$@"
	fi
}

backports_line()
{
	printf 'deb [signed-by=%s] %s %s-backports main\n' "$KEYRING" "$(host_mirror "$DISTRO_CODENAME")" "$DISTRO_CODENAME"
}

has_backports()
{
	host_sources | awk -v suite="$DISTRO_CODENAME-backports" '$2 == suite { found = 1 } END { exit !found }'
}

# MB that apt will download and that it will take on disk, as apt itself reckons; nothing where it can't say.
apt_sizes()
{
	apt-get -o Debug::NoLocking=1 --assume-no --no-install-recommends install "$@" 2>/dev/null |
		sed -nE 's/^Need to get ([^ ]+ [kMG]?B)(\/[^ ]+ [kMG]?B)? of archives.*/\1 to download/p;
			s/^After this operation, ([^ ]+ [kMG]?B) of additional.*/\1 on disk/p' | paste -sd, | sed "s/,/, /" || true
}

list_missing()
{
	local package size
	say "missing on this host:"
	for package in "${missing[@]}"; do
		size=$({ apt-cache show --no-all-versions "$package" 2>/dev/null || true; } |
			awk '/^Size:/ { s = $2 } /^Installed-Size:/ { i = $2 }
				END { if (s) printf "%.1f MB, %.1f MB on disk", s / 1e6, i / 1024 }')
		printf '  %-28s %s\n' "$package" "${size:-size unknown until apt-get update has run}" >&2
	done
	size=$(apt_sizes "${missing[@]}")
	if [ -n "$size" ]; then
		say "with all they depend on: $size"
	fi
}

# What a person without rights is told: one line to paste.
print_command()
{
	local install="apt-get install -y --no-install-recommends" line="apt-get update"
	[ ${#packages[@]} = 0 ] || line+=" && $install ${packages[*]}"
	[ ${#backported[@]} = 0 ] || line+=" && $install -t $DISTRO_CODENAME-backports ${backported[*]}"
	if $add_backports; then
		line="echo '$(backports_line)' >$BACKPORTS_FILE && $line"
	fi
	say "to install it, as root:"
	printf '  %s\n' "$line" >&2
	die "nothing was installed" "run that line, or this again as root, with passwordless sudo, or with YES=1"
}

# The suite that this script added goes; packages that came from it stay, as apt's user would expect.
remove_backports()
{
	[ -e "$BACKPORTS_FILE" ] || return 0
	find_rights
	as_root rm -f "$BACKPORTS_FILE" || die "$BACKPORTS_FILE can't be removed" "remove it as root"
	say "removed $BACKPORTS_FILE"
}

# Runs apt-get; where it fails, its last words, and the one cause that has a remedy of its own.
apt_run()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q=2 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 && return
	tail -n 20 "$log" >&2
	if grep -qiE "no space left|don't have enough free space" "$log"; then
		die "the disk is full: apt-get $1 could not finish" "free some space under /var and /usr and run it again"
	fi
	die "apt-get $1 failed" "its last words stand above, all of them in $log"
}

apt_install()
{
	apt_run install -y --no-install-recommends "$@"
}

# Refuses before apt starts where what it reckons doesn't fit; a disk that is full all the same, apt_install reports.
check_space()
{
	local need_mb
	need_mb=$(apt_sizes "${missing[@]}" | tr ',' '\n' | awk '
		{ mb += $1 * ($2 == "GB" ? 1000 : $2 == "MB" ? 1 : 0) } END { print int(mb * 1.1) }')
	need_space /var "$need_mb" "installing the packages"
	need_space /usr "$need_mb" "installing the packages"
}

install_missing()
{
	if $add_backports; then
		say "adding $DISTRO_CODENAME-backports for QEMU $QEMU_LEAST in $BACKPORTS_FILE (make distclean removes it)"
		{
			printf '# Added by Bulkhead, for QEMU %s; make distclean removes it.\n' "$QEMU_LEAST"
			backports_line
		} | as_root tee "$BACKPORTS_FILE" >/dev/null ||
			die "$BACKPORTS_FILE can't be written" "run this again as root, or where sudo can ask for a password"
	fi
	say "installing (${rights})"
	apt_run update
	$updated || list_sizes_after_update
	check_space
	[ ${#packages[@]} = 0 ] || apt_install "${packages[@]}"
	[ ${#backported[@]} = 0 ] || apt_install -t "$DISTRO_CODENAME-backports" "${backported[@]}"
}

# On a fresh system apt knows no package until its first update, so the sizes come here.
list_sizes_after_update()
{
	local size
	size=$(apt_sizes "${missing[@]}")
	if [ -n "$size" ]; then
		say "with all they depend on: $size"
	fi
}

# What doesn't come as a package of the host.
finish()
{
	"$ROOT/scripts/fetch-target.sh"
	"$ROOT/scripts/fetch-source.sh" lwip
	"$ROOT/scripts/fetch-source.sh" libsodium
	"$ROOT/scripts/loader/build.sh"
	[[ $group != check* && $group != evidence ]] || "$ROOT/scripts/firmware.sh"
	[ "$group" = demo ] || "$ROOT/scripts/fetch-plugin.sh"
	exit
}

group=${1:-check}
case $group in
demo) find_missing "${DEMO_PACKAGES[@]}" ;;
check) find_missing "${DEMO_PACKAGES[@]}" "${CHECK_PACKAGES[@]}" "${TRACE_PACKAGES[@]}" ;;
check-full) find_missing "${DEMO_PACKAGES[@]}" "${CHECK_PACKAGES[@]}" "${TRACE_PACKAGES[@]}" "${FULL_PACKAGES[@]}" ;;
bench) find_missing "${DEMO_PACKAGES[@]}" "${BENCH_PACKAGES[@]}" "${TRACE_PACKAGES[@]}" ;;
evidence) find_missing "${DEMO_PACKAGES[@]}" "${CHECK_PACKAGES[@]}" "${TRACE_PACKAGES[@]}" "${BENCH_PACKAGES[@]}" "${EVIDENCE_PACKAGES[@]}" ;;
--remove)
	remove_backports
	exit
	;;
*)
	echo "usage: setup.sh [demo|check|check-full|bench|evidence|--remove]" >&2
	exit 2
	;;
esac

qemu=$(qemu_version)
if [ ${#missing[@]} = 0 ] && qemu_is_new_enough "$qemu"; then
	finish
fi

host_release
case $DISTRO_ID-$DISTRO_VERSION in
debian-12 | debian-13) ;;
*)
	die "$DISTRO_NAME: this set-up knows Debian 12 and 13 only" \
		"on another system install what is missing by its own means: ${missing[*]:-nothing} and QEMU $QEMU_LEAST or newer" \
		"then run it again: with all of it there, it goes on on any system that has apt"
	;;
esac

mkdir -p "$BUILD"
log=$BUILD/setup.log
add_backports=false
if ! qemu_is_new_enough "$qemu"; then
	path=$(command -v "$QEMU" || true)
	if [ "$QEMU" != qemu-system-aarch64 ]; then
		die "QEMU=$QEMU is ${qemu:-no qemu-system-aarch64}: Bulkhead needs $QEMU_LEAST or newer (igb, SMMU stage 2, virt-10.0)" \
			"name another, or none: then PATH's is taken, or Debian's is installed"
	fi
	if [ -n "$path" ] && [ "$path" != "/usr/bin/$QEMU" ] && [ "$path" != "/bin/$QEMU" ]; then
		die "$QEMU $qemu ($path) is too old: Bulkhead needs $QEMU_LEAST or newer (igb, SMMU stage 2, virt-10.0)" \
			"it isn't Debian's, so it is left alone: remove it, or put a newer one before it in PATH"
	fi
	[ -n "$path" ] && say "$QEMU $qemu is too old: Bulkhead needs $QEMU_LEAST or newer (igb, SMMU stage 2, virt-10.0)"
	missing+=("${QEMU_PACKAGES[@]}")
fi

# QEMU, with what it depends on, comes from backports where Debian's own release has an older one; nothing else does.
packages=()
backported=()
for package in "${missing[@]}"; do
	if [ "$DISTRO_VERSION" = 12 ] && [[ $package == qemu-* ]]; then
		has_backports || add_backports=true
		backported+=("$package")
	else
		packages+=("$package")
	fi
done

find_rights
updated=false
apt-cache show --no-all-versions "${missing[0]}" >/dev/null 2>&1 && updated=true
list_missing
[ "$rights" = none ] && print_command
install_missing

qemu=$(qemu_version)
qemu_is_new_enough "$qemu" ||
	die "$QEMU is ${qemu:-still missing} after the installation: Bulkhead needs $QEMU_LEAST or newer" \
		"see what apt did in $log"
say "the host is ready"
finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# fetch-plugin.sh - the header for TCG plugins, build/qemu-plugin/qemu-plugin.h, from the source package of the QEMU
# that Debian offers for this release (Debian packages no header by itself). For `make bench`.
#
# Through an apt of its own below build/, so that the host's sources stay as they are; apt checks the signatures.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-apt.sh"

OUT=$BUILD/qemu-plugin
APT=$BUILD/qemu-plugin/apt

if [ -e "$OUT/qemu-plugin.h" ]; then
	exit 0
fi

[ -r "$KEYRING" ] || die "$KEYRING is missing" "install the package debian-archive-keyring"
host_release
suite=$DISTRO_CODENAME
[ "$DISTRO_VERSION" = 12 ] && suite=$DISTRO_CODENAME-backports
mirror=$(host_mirror "$DISTRO_CODENAME")
need_space "$BUILD" 200 "fetching QEMU's source package"

say "the header of QEMU's plugins, out of its source package (about 40 MB)"
mkdir -p "$APT"/{lists/partial,cache/archives/partial,state,work}
printf 'deb-src [signed-by=%s] %s %s main\n' "$KEYRING" "$mirror" "$suite" >"$APT/sources.list"
options=(
	-o "Dir::Etc::sourcelist=$APT/sources.list" -o Dir::Etc::sourceparts=/dev/null
	-o "Dir::State::lists=$APT/lists" -o "Dir::Cache=$APT/cache" -o APT::Sandbox::User=root -q=2
)
apt-get "${options[@]}" update || die "could not read the list of source packages" "apt's own message stands above"
(cd "$APT/work" && apt-get "${options[@]}" --download-only --tar-only source qemu >&2) ||
	die "could not fetch QEMU's source package" "apt's own message stands above"
# The archive is read up to that file alone, so tar's writer may end by SIGPIPE.
tar -xf "$APT"/work/qemu_*.orig.tar.* --wildcards --occurrence=1 -O '*/include/qemu/qemu-plugin.h' >"$OUT/header.part"
[ -s "$OUT/header.part" ] || die "there is no include/qemu/qemu-plugin.h in QEMU's source package"
mv "$OUT/header.part" "$OUT/qemu-plugin.h"
rm -rf "$APT"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# fetch-plugin.sh - the header for TCG plugins, build/qemu-plugin/qemu-plugin.h, from the source package of the QEMU
# that Debian offers for this release (Debian packages no header by itself). For `make bench` and the tests of test/bench.
#
# Through the private apt of lib-apt.sh.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-apt.sh"

OUT=$BUILD/qemu-plugin

if [ -e "$OUT/qemu-plugin.h" ]; then
	exit 0
fi

host_release
suite=$DISTRO_CODENAME
[ "$DISTRO_VERSION" = 12 ] && suite=$DISTRO_CODENAME-backports
mkdir -p "$OUT"
need_space "$BUILD" 200 "fetching QEMU's source package"

say "the header of QEMU's plugins, out of its source package (about 40 MB)"
private_apt_start deb-src "$suite"
(cd "$APT/work" && private_apt apt-get -q=2 --download-only --tar-only --only-source source qemu >&2) ||
	die "could not fetch QEMU's source package" "apt's own message stands above"
# The archive is read up to that file alone, so tar's writer may end by SIGPIPE.
tar -xf "$APT"/work/qemu_*.orig.tar.* --wildcards --occurrence=1 -O '*/include/qemu/qemu-plugin.h' >"$OUT/header.part"
[ -s "$OUT/header.part" ] || die "there is no include/qemu/qemu-plugin.h in QEMU's source package"
mv "$OUT/header.part" "$OUT/qemu-plugin.h"
private_apt_end

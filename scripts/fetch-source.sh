#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# fetch-source.sh PACKAGE - a library of the health cell, from Debian's source package, which is built with the cell
# (cells/build.mk): lwip, its TCP/IP stack; libsodium, its hashes and signatures.
#
# Results: build/PACKAGE/source and build/PACKAGE/packages.txt with the package's version and the SHA-256 of its .dsc. The
# release is fixed: what a cell runs doesn't depend on the host.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-apt.sh"

PACKAGE=${1:?usage: fetch-source.sh PACKAGE}
OUT=$BUILD/$PACKAGE
SUITE=bookworm
FORMAT=1 # changes when the result does, so that older trees fetch again

if [ "$(cat "$OUT/.complete" 2>/dev/null)" = "$FORMAT" ]; then
	exit 0
fi

rm -rf "$OUT"
mkdir -p "$OUT"
need_space "$OUT" 100 "fetching the source package of $PACKAGE"
say "source package of $PACKAGE from $SUITE (about 10 MB with the package lists)"
private_apt_start deb-src "$SUITE"
private_apt_source "$PACKAGE" "$OUT/source" "$OUT/packages.txt" "$OUT/unpack.log"
private_apt_end
printf '%s\n' "$FORMAT" >"$OUT/.complete"

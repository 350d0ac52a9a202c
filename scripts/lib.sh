# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # used by who sources it
#
# lib.sh - what every script here shares: where the tree is, how it speaks, how it fails.
# Sourced; sets ROOT, BUILD and PROGRAM.

set -euo pipefail
# Messages of apt, df and du are read by these scripts, so they must be the untranslated ones.
export LC_ALL=C.UTF-8

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$ROOT/build
PROGRAM=$(basename "$0" .sh)

say()
{
	printf '%s: %s\n' "$PROGRAM" "$*" >&2
}

# die MESSAGE [ADVICE]...: one line what is wrong, then what to do about it.
die()
{
	printf '%s: error: %s\n' "$PROGRAM" "$1" >&2
	shift
	local advice
	for advice in "$@"; do
		printf '%s: %s\n' "$PROGRAM" "$advice" >&2
	done
	exit 1
}

# need_space DIR MEGABYTES WHAT: refuses early, with both numbers, instead of half way.
need_space()
{
	local free
	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	if ((free < $2)); then
		die "$3 needs $2 MB on the file system of $1, which has $free MB left" \
			"free some space there, or move the tree to a larger disk, and run it again"
	fi
}

# logged COMMAND...: its words go to $LOG, whose end is shown where it fails.
logged()
{
	"$@" >>"$LOG" 2>&1 && return
	tail -n 20 "$LOG" >&2
	die "the build failed" "its last words stand above, all of them in $LOG"
}

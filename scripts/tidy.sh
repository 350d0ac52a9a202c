#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tidy.sh FLAG... -- FILE... - clang-tidy over some files of one kind; lint.sh runs it in parallel.
# What it found goes to stdout; "N warnings generated" of headers outside the tree does not.
# CLANG_TIDY: what is run in clang-tidy-19's place.

set -euo pipefail
flags=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	flags+=("$1")
	shift
done
shift
[ $# -gt 0 ] || exit 0
"${CLANG_TIDY:-clang-tidy-19}" --quiet --warnings-as-errors='*' "$@" -- "${flags[@]}" 2> >(grep -vE '^[0-9]+ warnings? |^\[[0-9]+/[0-9]+\] Processing' >&2)

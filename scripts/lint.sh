#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# lint.sh [TOOL]... - what can be said about the sources without running them. Without a TOOL, all of them.
# lint.sh --list names those of `make check`, --list-long those that only `make check-full` runs, too.
# Exit status 1: a tool has found something.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

TOOLS=(format tidy cppcheck shell licences headers)
LONG=(analyzer) # minutes: not in `make check`
JOBS=$(nproc)

# Sources as git knows them, new ones too, but none that a build made or that is gone.
sources()
{
	git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
		[ ! -f "$file" ] || printf '%s\n' "$file"
	done
}

lint_format()
{
	sources '*.c' '*.h' | xargs clang-format-19 --dry-run -Werror
}

# Each kind of code with the flags that matter for understanding it.
HOST_FLAGS=(-std=c11 -D_GNU_SOURCE= -Isrc/blueprint)
TARGET_FLAGS=(--target=aarch64-linux-gnu -std=gnu11 -ffreestanding)

# clang-tidy with the paths through each function followed to a depth that takes a third of the time.
lint_tidy()
{
	tidy -Xclang -analyzer-config -Xclang mode=shallow
}

# The same to clang's own depth.
lint_analyzer()
{
	tidy
}

tidy()
{
	local status=0
	sources 'src/compiler/*.c' 'src/auditor/*.c' 'src/log/*.c' 'src/evidence/*.c' |
		xargs -P "$JOBS" -n 4 scripts/tidy.sh "$@" "${HOST_FLAGS[@]}" -- || status=1
	sources 'src/core/*.c' 'src/arch/*.c' 'src/platform/*.c' |
		xargs -P "$JOBS" -n 4 scripts/tidy.sh "$@" "${TARGET_FLAGS[@]}" -mgeneral-regs-only -- || status=1
	sources 'cells/lib/*.c' 'cells/bench/*.c' 'cells/control/*.c' 'cells/dma/*.c' 'cells/exact/*.c' 'cells/health/*.c' 'cells/intruder/*.c' 'cells/probe/*.c' |
		xargs -P "$JOBS" -n 4 scripts/tidy.sh "$@" "${TARGET_FLAGS[@]}" -Icells/lib/include \
			-Icells/health \
			-isystem /usr/lib/picolibc/aarch64-linux-gnu/include -isystem build/linux/libfdt -isystem build/lwip/source/src/include -isystem build/libsodium/source/src/libsodium/include -- || status=1
	sources 'test/attack/*.c' | xargs -P "$JOBS" -n 4 scripts/tidy.sh "$@" "${TARGET_FLAGS[@]}" -mgeneral-regs-only -- || status=1
	sources 'scripts/*.c' | xargs scripts/tidy.sh "$@" "${HOST_FLAGS[@]}" -- || status=1
	sources 'cells/linux/*.c' | xargs scripts/tidy.sh "$@" --target=aarch64-linux-gnu -std=gnu11 -D_GNU_SOURCE= -Icells/lib/include \
		-isystem /usr/aarch64-linux-gnu/include -- || status=1
	return $status
}

lint_cppcheck()
{
	sources 'src/*.c' 'cells/*.c' 'test/attack/*.c' 'test/bench/*.c' |
		xargs cppcheck --quiet -j "$JOBS" --std=c11 --enable=warning,performance,portability --inline-suppr \
			--suppress=missingInclude --suppress=missingIncludeSystem --suppress=unknownMacro --suppress=readdirCalled \
			--suppress=normalCheckLevelMaxBranches --library=posix --library=scripts/cppcheck.cfg \
			--error-exitcode=1 -Isrc/blueprint -Icells/lib/include
}

lint_shell()
{
	{
		sources '*.sh' .ci/run
		# Scripts without the suffix: those that start with a shell's name.
		sources cells test scripts | grep -v '\.' | while read -r file; do
			head -n 1 "$file" | grep -aqE '^#!.*/(ba)?sh$' && printf '%s\n' "$file"
		done
	} | sort -u | xargs shellcheck
}

lint_licences()
{
	local output
	output=$(reuse lint 2>&1) || { printf '%s\n' "$output"; return 1; }
}

# The licence stands in every text file that can hold a comment, not only in the catalogue.
lint_headers()
{
	local missing file
	# REUSE-IgnoreStart
	missing=$(sources | grep -vE '^(LICENSES|\.reuse)/|^test/.*\.(bin|img|json)$|^scripts/fleet/grafana/.*\.json$|^\.gitignore$' |
		xargs -d '\n' grep -L 'SPDX-License-Identifier: Apache-2.0' |
		while read -r file; do
			[ ! -s "$file" ] || ! grep -qI . "$file" || printf '%s\n' "$file"
		done)
	[ -n "$missing" ] || return 0
	while read -r file; do
		printf '%s: error: no SPDX-License-Identifier\n' "$file"
	done <<<"$missing"
	# REUSE-IgnoreEnd
	return 1
}

case "${1:-}" in
--list)
	printf '%s\n' "${TOOLS[@]}"
	exit
	;;
--list-long)
	printf '%s\n' "${LONG[@]}"
	exit
	;;
esac
[ $# -gt 0 ] || set -- "${TOOLS[@]}" "${LONG[@]}"
failed=
for tool in "$@"; do
	[[ " ${TOOLS[*]} ${LONG[*]} " == *" $tool "* ]] || die "no such tool: $tool" "there are: ${TOOLS[*]} ${LONG[*]}"
	if "lint_$tool"; then
		say "$tool: clean"
	else
		failed="$failed $tool"
	fi
done
[ -z "$failed" ] || die "found something:$failed"

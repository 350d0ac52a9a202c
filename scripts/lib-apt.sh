# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # used by who sources it
#
# lib-apt.sh - what the machine's own apt knows: its Debian mirror and its keyring. Sourced after lib.sh.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
BACKPORTS_FILE=/etc/apt/sources.list.d/bulkhead-backports.list # ours; make distclean removes it

# The machine's package sources, one `URI SUITE COMPONENT...` a line, from both formats apt reads.
host_sources()
{
	local dir=${BULKHEAD_APT_DIR:-/etc/apt}
	local -a lists=() stanzas=()
	local file
	for file in "$dir"/sources.list "$dir"/sources.list.d/*.list; do
		[ -r "$file" ] && lists+=("$file")
	done
	for file in "$dir"/sources.list.d/*.sources; do
		[ -r "$file" ] && stanzas+=("$file")
	done
	if ((${#lists[@]})); then
		sed -nE 's/#.*//; s/^[[:space:]]*deb[[:space:]]+(\[[^]]*\][[:space:]]*)?(.*[^[:space:]])[[:space:]]*$/\2/p' \
			"${lists[@]}"
	fi
	if ((${#stanzas[@]})); then
		# A field may go on over lines that start with a blank; stanzas end at an empty line. Comment
		# lines may stand between, so they are dropped before paragraphs are formed.
		local stanza
		for stanza in "${stanzas[@]}"; do
			grep -v '^#' "$stanza" | awk '
				function flush(  u, s, i, j, n, m) {
					n = split(field["uris"], u, " ")
					m = split(field["suites"], s, " ")
					if (field["types"] ~ /(^| )deb( |$)/ && tolower(field["enabled"]) !~ /^ *(no|false|0)/)
						for (i = 1; i <= n; i++)
							for (j = 1; j <= m; j++)
								print u[i], s[j] field["components"]
					delete field
				}
				/^[[:space:]]*$/ { flush(); next }
				/^[[:space:]]/ { sub(/^[[:space:]]+/, " "); field[name] = field[name] $0; next }
				{
					colon = index($0, ":")
					name = tolower(substr($0, 1, colon - 1))
					value = substr($0, colon + 1)
					gsub(/[[:space:]]+/, " ", value)
					field[name] = value
				}
				END { flush() }' || true
		done
	fi
}

# The mirror this machine takes Debian from: the source that has its own release's main.
host_mirror()
{
	local codename=$1 uri
	uri=$(host_sources | awk -v suite="$codename" '
		$1 !~ /^cdrom:/ && $2 == suite { for (i = 3; i <= NF; i++) if ($i == "main") { print $1; exit } }')
	if [ -z "$uri" ]; then
		die "no source in /etc/apt offers Debian '$codename' main, so the mirror to use is unknown" \
			"add this machine's Debian mirror to /etc/apt/sources.list.d and run it again"
	fi
	printf '%s\n' "${uri%/}"
}

# Sets DISTRO_ID, DISTRO_CODENAME, DISTRO_VERSION.
host_release()
{
	local release=${BULKHEAD_OS_RELEASE:-/etc/os-release}
	[ -r "$release" ] || die "$release is missing: Bulkhead's set-up knows Debian 12 and 13"
	# shellcheck source=/dev/null
	{
		DISTRO_ID=$(. "$release" && printf '%s' "${ID:-unknown}")
		DISTRO_VERSION=$(. "$release" && printf '%s' "${VERSION_ID:-unknown}")
		DISTRO_CODENAME=$(. "$release" && printf '%s' "${VERSION_CODENAME:-unknown}")
		DISTRO_NAME=$(. "$release" && printf '%s' "${PRETTY_NAME:-this system}")
	}
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # used by who sources it
#
# lib-apt.sh - what the machine's own apt knows: its Debian mirror and its keyring; and a private apt that takes
# packages from there. Sourced after lib.sh.
#
# The private apt lives under build/apt (own sources, lists, cache; Debian's keyring), so that the host's
# architectures, package lists and packages stay as they are, no root is needed, and apt itself checks signatures.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
APT=$BUILD/apt
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

private_apt()
{
	local tool=$1
	shift
	APT_CONFIG=$APT/apt.conf "$tool" "$@"
}

# private_apt_start deb|deb-src SUITE...: reads their package lists. The host's network settings (proxies, retries)
# hold here too; nothing else of its configuration does.
private_apt_start()
{
	local type=$1 mirror suite
	shift
	[ -r "$KEYRING" ] || die "$KEYRING is missing" "install the package debian-archive-keyring"
	host_release
	mirror=$(host_mirror "$DISTRO_CODENAME")
	mkdir -p "$APT"/{lists/partial,cache/archives/partial,state,preferences.d,work}
	{
		apt-config dump | grep '^Acquire::' | grep -vE '^Acquire::(IndexTargets|Languages|GzipIndexes|Changelogs)' || true
		cat <<-END
			Dir::State "$APT/state";
			Dir::State::lists "$APT/lists";
			Dir::State::status "$APT/state/status";
			Dir::Cache "$APT/cache";
			Dir::Etc::sourcelist "$APT/sources.list";
			Dir::Etc::sourceparts "/dev/null";
			Dir::Etc::main "/dev/null";
			Dir::Etc::parts "/dev/null";
			Dir::Etc::preferences "/dev/null";
			Dir::Etc::preferencesparts "$APT/preferences.d";
			Dir::Etc::trusted "/dev/null";
			Dir::Etc::trustedparts "/dev/null";
			APT::Architecture "arm64";
			APT::Architectures { "arm64"; };
			APT::Install-Recommends "false";
			APT::Sandbox::User "root";
			Acquire::Languages "none";
		END
	} >"$APT/apt.conf"
	: >"$APT/state/status"
	for suite in "$@"; do
		printf '%s [signed-by=%s] %s %s main\n' "$type" "$KEYRING" "$mirror" "$suite"
	done >"$APT/sources.list"
	private_apt apt-get -q=2 update || die "could not read the package lists" "apt's own message stands above"
}

# private_apt_source PACKAGE FOLDER NOTES LOG: its source, unpacked and with Debian's patches, becomes FOLDER; its name,
# version and the SHA-256 of its .dsc go to NOTES.
private_apt_source()
{
	private_apt_source_files "$1" "$APT/work"
	source_unpack "$1" "$APT/work" "$2" "$3" "$4"
}

# private_apt_source_files PACKAGE FOLDER: the files of its source go there.
private_apt_source_files()
{
	(cd "$2" && private_apt apt-get -q=2 --download-only --only-source source "$1" >&2) ||
		die "could not fetch the source of $1" "apt's own message stands above"
}

source_version()
{
	sed -n 's/^Version: //p' "$2/$1"_*.dsc
}

# source_unpack PACKAGE FILES FOLDER NOTES LOG: as private_apt_source, of a source whose files are in FILES.
source_unpack()
{
	local package=$1 folder=$3 notes=$4 log=$5 dsc
	dsc=$(find "$2" -maxdepth 1 -name "${package}_*.dsc")
	printf '%s %s %s\n' "$package" "$(source_version "$package" "$2")" "$(sha256sum "$dsc" | cut -d' ' -f1)" >>"$notes"
	# apt has checked every file against the signed list, so the signature inside the .dsc adds nothing.
	dpkg-source --no-check -x "$dsc" "$folder" >>"$log" 2>&1 || die "could not unpack $package" "see $log"
}

# What private_apt_start and downloads left.
private_apt_end()
{
	rm -rf "$APT/lists" "$APT/cache" "$APT/work"
}

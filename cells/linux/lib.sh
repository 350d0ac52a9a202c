# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# lib.sh - what both of the Linux cell's inits have: that of the initramfs (init) and that of a root file system (root/init).
#
# Kernel command line: bulkhead.nobeat leaves the heartbeat off; bulkhead.exporter=[ADDRESS:]PORT is where the health cell's
# metrics are given on.

cell=$(tr -d '\0' </proc/device-tree/bulkhead/cell-name 2>/dev/null)

word()
{
	grep -qw -- "$1" /proc/cmdline
}

# setting NAME: what stands behind `NAME=` on the command line.
setting()
{
	tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p"
}

# live: heartbeat, metrics, then a shell on the console for ever. The first beat tells the health cell that Linux is up, so
# this is the last step of coming up.
live()
{
	echo "init: $(uname -a)"
	echo "init: $(nproc) cores online, $(free -m | awk '/^Mem:/ { print $2 }') MB"
	if [ -n "$cell" ] && ! word bulkhead.nobeat; then
		bulkhead-cell beat || echo "init: no heartbeat"
	fi
	bulkhead-cell info
	exporter=$(setting bulkhead.exporter)
	[ -z "$exporter" ] || bulkhead-exporter --http "$exporter" &

	# A shell on the console, again whenever it ends.
	while :; do
		cd /root || cd /
		setsid cttyhack sh
		sleep 1
	done
}

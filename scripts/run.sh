#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh IMAGE [MAP] - `make run`: the disk image on QEMU's virt machine, its UART on this terminal.
#
# MAP, which `bulkhead build` writes beside the image, is shown, and names the board: the PCI functions of one that has
# some (its qemu-options) are there, their drives files beside the image that keep what guests write.
#
# Where the health cell has a web server, it is at http://127.0.0.1:8080 on this host; HTTP_PORT= names another port.
#
# VIRTUAL_TIME=1: one instruction is one nanosecond, so that a busy host makes no cell late; idle time passes at once.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# -ge 1 ] || die "usage: run.sh IMAGE [MAP]"
image=$1
map=${2:-}
uboot=${UBOOT:-/usr/lib/u-boot/qemu_arm64/u-boot.bin}
[ -s "$image" ] || die "$image: no such disk image" "make image CONFIG=FILE builds one"

# The web server of the health cell, in the map: `NIC ADDRESS PORT`. By DHCP it has the first address of QEMU's server.
web_server()
{
	awk '
		/^cell / { nic = "" }
		$2 ~ /^....:..:..\..$/ && !/seen, not touched/ && $3 ~ /^(nic|net)(\.vf[0-9]+)?$/ { split($3, name, "."); nic = name[1] }
		/^  network: .* web server on TCP port/ {
			address = $3 == "by" ? "10.0.2.15" : $3
			sub(/[\/,].*/, "", address)
			port = $0
			sub(/.* web server on TCP port /, "", port)
			sub(/,.*/, "", port)
			print nic, address, port
		}' "$map"
}

functions=()
page=
if [ -n "$map" ]; then
	cat "$map"
	board=$(sed -nE '1s/.* on board ([^:]+):.*/\1/p' "$map")
	if [ -e "$ROOT/dts/$board/qemu-options" ]; then
		read -ra functions <<<"$(grep -v '^#' "$ROOT/dts/$board/qemu-options" | tr '\n' ' ')"
		read -r nic address port <<<"$(web_server)" || true
		for network in nic net; do
			backend=user,id=$network
			if [ "$network" = "$nic" ]; then
				page=http://127.0.0.1:${HTTP_PORT:=8080}
				backend+=,hostfwd=tcp:127.0.0.1:$HTTP_PORT-$address:$port
			fi
			functions+=(-netdev "$backend")
		done
		for drive in nvme disk; do
			file=$(dirname "$image")/drive-$drive.img
			[ -e "$file" ] || truncate -s 64M "$file"
			functions+=(-drive "if=none,id=$drive,format=raw,file=$file")
		done
	fi
fi
cat <<'END'

This terminal is the machine's UART. U-Boot starts the image by itself; then the UART belongs to the
health cell, where the partition file has one:
    attach CELL     the console of a cell; Ctrl-] leaves it
    help            what else the health cell can do
To leave the machine: Ctrl-A x.   To send Ctrl-A itself: Ctrl-A Ctrl-A.

END
[ -z "$page" ] || printf "The health cell's page, once it has a network: %s\n\n" "$page"
qemu=${QEMU:-qemu-system-aarch64}
machine=virt-10.0,virtualization=on,gic-version=3,iommu=smmuv3
board=(-cpu cortex-a72 -smp 4 -m 2G -nodefaults -display none)
clock=()
if [ "${VIRTUAL_TIME:-}" = 1 ]; then
	# U-Boot polls away its 2 seconds, which takes long when instructions are counted: its wait is switched
	# off by a node that it looks for in the machine's tree.
	tree=$(dirname "$image")/loader.dtb
	"$qemu" -machine "$machine,dumpdtb=$tree" "${board[@]}" 2>/dev/null
	fdtput -c "$tree" /config
	fdtput -t i "$tree" /config bootdelay 0
	clock=(-icount "shift=0,sleep=off" -dtb "$tree")
fi
# The disk is a snapshot: what a guest writes goes with the machine.
exec "$qemu" -machine "$machine" "${board[@]}" "${clock[@]}" -no-reboot -bios "$uboot" \
	"${functions[@]}" \
	-drive "if=none,id=boot,format=raw,snapshot=on,file=$image" -device virtio-blk-pci,drive=boot,romfile= \
	-serial mon:stdio

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh FOLDER - `make run`: what `make image` made there on QEMU's virt machine, its UART on this terminal.
#
# The map that `bulkhead build` wrote is shown, and names the board: the PCI functions of one that has some (its
# qemu-options) are there. Drives and the boot state are files in FOLDER (drive-*.img) that keep what the machine writes,
# until the image is built anew.
#
# Where the health cell has a web server, it is at http://127.0.0.1:8080 on this host; HTTP_PORT= names another port.
#
# VIRTUAL_TIME=1: one instruction is one nanosecond, so that a busy host makes no cell late; idle time passes at once.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# = 1 ] || die "usage: run.sh FOLDER"
folder=$1
map=$folder/map.txt
[ -s "$folder/disk.img" ] || die "$folder has no disk image" "make image CONFIG=FILE builds one"
BANK=64M # of QEMU's flash
EMMC=64M # of a whole eMMC, of which its boot partitions are the beginning
EMMC_BOOT=1048576

# drive NAME ORIGINAL SIZE: what the machine writes, begun anew when ORIGINAL is newer.
drive()
{
	local file=$folder/drive-$1.img
	[ "$file" -nt "$2" ] || cp --sparse=always "$2" "$file"
	[ -z "${3:-}" ] || truncate -s "$3" "$file"
}

# [impl->swr~run-emmc~1] An eMMC with the boot state at the beginning of boot partition $partition, in the same way.
emmc()
{
	local file=$folder/drive-emmc.img
	[ ! "$file" -nt "$folder/state.img" ] || return 0
	rm -f "$file"
	truncate -s "$EMMC" "$file"
	dd if="$folder/state.img" of="$file" bs="$EMMC_BOOT" seek="$partition" conv=notrunc status=none
}

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
cat "$map"
board=$(sed -nE '1s/.* on board ([^:]+):.*/\1/p' "$map")
drive boot "$folder/disk.img"
drive loader "$folder/loader.img" "$BANK"
flash=(-drive "if=pflash,unit=0,format=raw,readonly=on,file=$folder/drive-loader.img")
card=()
partition=$(sed -nE 's/^  boot state: partition boot([01]) of the eMMC .*/\1/p' "$map")
if [ -n "$partition" ]; then
	emmc
	card=(-plugin "$BUILD/qemu-emmc.so" -drive "if=none,id=emmc,format=raw,file=$folder/drive-emmc.img"
		-device "emmc,drive=emmc,boot-partition-size=$EMMC_BOOT")
elif [ -e "$folder/state.img" ]; then
	drive state "$folder/state.img" "$BANK"
	flash+=(-drive "if=pflash,unit=1,format=raw,file=$folder/drive-state.img")
fi
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
	[ -e "$folder/drive-disk.img" ] || truncate -s 64M "$folder/drive-disk.img"
	boot=nvme
	functions+=(-drive "if=none,id=disk,format=raw,file=$folder/drive-disk.img")
else
	boot=boot
	functions=(-device "virtio-blk-pci,drive=boot,romfile=")
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
[ "${VIRTUAL_TIME:-}" != 1 ] || clock=(-icount "shift=0,sleep=off")
exec "$qemu" -machine "$machine" "${board[@]}" "${clock[@]}" -no-reboot "${flash[@]}" "${functions[@]}" "${card[@]}" \
	-drive "if=none,id=$boot,format=raw,file=$folder/drive-boot.img" -serial mon:stdio

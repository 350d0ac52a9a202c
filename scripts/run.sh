#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh IMAGE [MAP] - `make run`: the disk image on QEMU's virt machine, its UART on this terminal.
#
# VIRTUAL_TIME=1: one instruction is one nanosecond, so that a busy host makes no cell late; idle time passes at once.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# -ge 1 ] || die "usage: run.sh IMAGE [MAP]"
image=$1
map=${2:-}
uboot=${UBOOT:-/usr/lib/u-boot/qemu_arm64/u-boot.bin}
[ -s "$image" ] || die "$image: no such disk image" "make image CONFIG=FILE builds one"

[ -z "$map" ] || cat "$map"
cat <<'END'

This terminal is the machine's UART. U-Boot starts the image after 2 seconds; then the UART belongs to the
health cell, where the partition file has one:
    attach CELL     the console of a cell; Ctrl-] leaves it
    help            what else the health cell can do
To leave the machine: Ctrl-A x.   To send Ctrl-A itself: Ctrl-A Ctrl-A.

END
clock=()
[ "${VIRTUAL_TIME:-}" != 1 ] || clock=(-icount "shift=0,sleep=off")
# The disk is a snapshot: what a guest writes goes with the machine.
exec "${QEMU:-qemu-system-aarch64}" -nodefaults -display none -no-reboot \
	-machine virt-10.0,virtualization=on,gic-version=3,iommu=smmuv3 -cpu cortex-a72 -smp 4 -m 2G \
	-bios "$uboot" \
	-drive "if=none,id=disk,format=raw,snapshot=on,file=$image" -device virtio-blk-pci,drive=disk,romfile= \
	-serial mon:stdio "${clock[@]}"

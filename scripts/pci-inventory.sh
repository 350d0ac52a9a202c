#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# pci-inventory.sh BOARD-FOLDER - takes the PCI inventory of one of QEMU's boards anew: BOARD-FOLDER/pci.dts.
#
# Debian's kernel runs natively in the machine that BOARD-FOLDER/qemu-options describes, with a busybox alone. Its
# pci-pf-stub takes each device with SR-IOV and switches all virtual functions on; then /sys/bus/pci/devices is copied
# out over the serial line, and `bulkhead import --pci` makes an inventory of it. The same machine gives the same file.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

if [ $# != 1 ] || [ ! -e "$1/qemu-options" ]; then
	die "usage: pci-inventory.sh BOARD-FOLDER" "dts/qemu-virt-pci is one"
fi
board=$1
linux=$BUILD/linux
[ -e "$linux/6.12/modules/pci-pf-stub.ko" ] || die "there is no kernel in $linux" "scripts/fetch-target.sh fetches it"
tool=$BUILD/bulkhead
[ -x "$tool" ] || die "there is no $tool" "make builds it"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/root"/{bin,proc,sys,dev}
cp "$linux/busybox" "$work/root/bin/"
cp "$linux/6.12/modules/pci-pf-stub.ko" "$work/root/"
cat >"$work/root/init" <<'END'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
insmod /pci-pf-stub.ko
cd /sys/bus/pci/devices
for function in *; do
	[ -e "$function/sriov_totalvfs" ] || continue
	echo 0 >"$function/sriov_drivers_autoprobe"
	echo pci-pf-stub >"$function/driver_override"
	echo "$function" >/sys/bus/pci/drivers_probe
	cat "$function/sriov_totalvfs" >"$function/sriov_numvfs"
done
for function in *; do
	mkdir -p "/out/$function"
	for link in "$function"/physfn "$function"/iommu_group; do
		[ ! -L "$link" ] || cp -a "$link" "/out/$function/"
	done
	for file in vendor device subsystem_vendor subsystem_device class revision resource config sriov_totalvfs \
		sriov_offset sriov_stride sriov_vf_device; do
		[ ! -r "$function/$file" ] || cat "$function/$file" >"/out/$function/$file"
	done
done
echo BEGIN
tar -C /out -cz . | base64
echo END
poweroff -f
END
chmod 755 "$work/root/init"
(cd "$work/root" && find . -print0 | cpio --quiet --null --create --format=newc) | gzip -1 >"$work/initramfs"

mapfile -t options < <(grep -v '^#' "$board/qemu-options")
truncate -s 64M "$work/nvme" "$work/disk"
say "Linux 6.12 in the machine of $board/qemu-options, to $board/pci.dts (half a minute)"
# shellcheck disable=SC2068 # each line holds an option and its value
timeout "${INVENTORY_SECONDS:-300}" "${QEMU:-qemu-system-aarch64}" \
	-machine virt-10.0,virtualization=on,gic-version=3,iommu=smmuv3 -cpu cortex-a72 -smp 4 -m 2G -nodefaults \
	-display none -no-reboot ${options[@]} -netdev user,id=nic -netdev user,id=net \
	-drive "if=none,id=nvme,format=raw,file=$work/nvme" -drive "if=none,id=disk,format=raw,file=$work/disk" \
	-kernel "$linux/6.12/Image" -initrd "$work/initramfs" -append "console=ttyAMA0 quiet" \
	-serial "file:$work/serial" || die "QEMU ended with an error" "it stands above"

mkdir "$work/devices"
tr -d '\r' <"$work/serial" | sed -n '/^BEGIN$/,/^END$/p' | sed '1d;$d' | base64 -d | tar -xzC "$work/devices" ||
	die "Linux gave no inventory:" "$(tail -5 "$work/serial")"
dtc -q -I dts -O dtb -o "$work/board.dtb" "$board/board.dts"
"$tool" import "$work/board.dtb" --pci "$work/devices" -o "$work/board" >/dev/null ||
	die "bulkhead import took no inventory of it" "its reason stands above"
{
	# REUSE-IgnoreStart
	echo '/* SPDX-License-Identifier: Apache-2.0 */'
	# REUSE-IgnoreEnd
	cat "$work/board/pci.dts"
} >"$board/pci.dts.part"
mv "$board/pci.dts.part" "$board/pci.dts"
say "$board/pci.dts: $(grep -c '^	function@' "$board/pci.dts") functions, $(grep -c physical-function "$board/pci.dts") of them virtual"

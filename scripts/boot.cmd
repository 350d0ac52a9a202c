# SPDX-License-Identifier: Apache-2.0
#
# What U-Boot runs from the disk: load the FIT where the loader stages (docs/boot.md), check its hashes, start it.
# distro_bootcmd has set devtype, devnum, distro_bootpart and prefix.
echo "Bulkhead: ${prefix}bulkhead.itb from ${devtype} ${devnum}:${distro_bootpart}"
setenv bootargs
if load ${devtype} ${devnum}:${distro_bootpart} ${kernel_addr_r} ${prefix}bulkhead.itb; then
	bootm ${kernel_addr_r}
fi
# Only reached on failure: U-Boot's own message says why. Stop here rather than try other media.
echo "Bulkhead: this image did not boot"
while true; do sleep 3600; done

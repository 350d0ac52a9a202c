# SPDX-License-Identifier: Apache-2.0
"""The machine of dts/qemu-virt-pci: its PCI functions, as options of QEMU."""

DEVICES = [
    *[f"pcie-root-port,id=rp{n},chassis={n + 1},bus=pcie.0,addr={n + 1}" for n in range(4)],
    "edu,addr=5,dma_mask=0xffffffffffffffff",
    "pci-testdev,addr=6",
    "i6300esb,addr=7",
    "sdhci-pci,addr=8",
    "igb,bus=rp0,romfile=",
    "nvme-subsys,id=ss0",
    "nvme,bus=rp1,subsys=ss0,serial=nvme0,sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4",
    "virtio-net-pci,bus=rp2,netdev=net,romfile=,disable-legacy=on,iommu_platform=on",
    "virtio-blk-pci,bus=rp3,drive=d0,disable-legacy=on,iommu_platform=on",
]
EXTRA = ["-netdev", "user,id=net", "-blockdev", "driver=null-co,node-name=d0,size=1048576", *[word for d in DEVICES for word in ("-device", d)]]

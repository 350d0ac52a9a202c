/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_fields.h - offsets and bits of configuration space that the back end writes and shows.
 *
 * PCI Express Base Specification 6.0: header 7.5.1, PCI Express capability 7.5.3, power management 7.5.2,
 * MSI and MSI-X 7.7, extended capabilities 7.6.3, ACS 7.7.11, SR-IOV 9.3.3.
 */
#ifndef BULKHEAD_PCI_FIELDS_H
#define BULKHEAD_PCI_FIELDS_H

#define PCI_ID		     0x00u
#define PCI_COMMAND	     0x04u
#define COMMAND_MEMORY	     0x0002u
#define COMMAND_MASTER	     0x0004u
#define COMMAND_NO_INTX	     0x0400u
#define STATUS_INTX	     0x00080000u /* of the word at PCI_COMMAND, as the following */
#define STATUS_LIST	     0x00100000u
#define STATUS_ERRORS	     0xf9000000u /* written as one to clear */
#define PCI_CLASS	     0x08u
#define PCI_CACHE_LINE	     0x0cu
#define PCI_HEADER_TYPE	     0x0eu
#define HEADER_MULTIFUNCTION 0x80u
#define PCI_BAR0	     0x10u
#define BAR_IO		     0x1u
#define BAR_64		     0x4u
#define BAR_PREFETCHABLE     0x8u
#define PCI_SUBSYSTEM	     0x2cu
#define PCI_ROM		     0x30u
#define PCI_LIST	     0x34u
#define LIST_FIRST	     0x40u
#define LIST_MOST	     48u /* 4 bytes each behind the header */

/* Header type 1. */
#define BRIDGE_BUSES	  0x18u /* primary, secondary, subordinate */
#define BRIDGE_IO	  0x1cu
#define BRIDGE_MEMORY	  0x20u
#define BRIDGE_WIDE	  0x24u
#define WINDOW_KIND	  0x0fu /* of BRIDGE_WIDE: 0: 32 bits, 1: 64 */
#define BRIDGE_WIDE_BASE  0x28u
#define BRIDGE_WIDE_LIMIT 0x2cu
#define BRIDGE_IO_UPPER	  0x30u
#define BRIDGE_ROM	  0x38u
#define BRIDGE_CONTROL	  0x3eu
#define CLOSED_IO	  0x00f0u /* base above limit */
#define CLOSED_IO_UPPER	  0x0000ffffu
#define CLOSED_MEMORY	  0x0000fff0u

/* From a capability's offset. */
#define EXPRESS_FLAGS	  0x02u
#define EXPRESS_VERSION	  0x0fu
#define EXPRESS_KIND	  0xf0u
#define KIND_INTEGRATED	  0x90u /* Root Complex Integrated Endpoint */
#define EXPRESS_ABLE	  0x04u
#define ABLE_PHANTOM	  0x00000018u
#define ABLE_RESET	  0x10000000u
#define EXPRESS_CONTROL	  0x08u
#define CONTROL_SETTINGS  0x7fffu
#define CONTROL_RELAXED	  0x0010u
#define CONTROL_NO_SNOOP  0x0800u
#define CONTROL_READ_SIZE 0x7000u
#define CONTROL_RESET	  0x8000u
#define CONTROL_ERRORS	  0x000f0000u /* Device Status, written as one to clear */
#define CONTROL_STATUS	  0x003f0000u
#define EXPRESS_ABLE2	  0x24u
#define ABLE2_TIMEOUT	  0x1fu
#define ABLE2_ARI	  0x20u
#define EXPRESS_CONTROL2  0x28u
#define CONTROL2_TIMEOUT  0x1fu
#define CONTROL2_ARI	  0x0020u

#define POWER_ABLE	  0x01ffu /* without D1, D2 and PME */
#define POWER_CONTROL	  0x04u
#define POWER_STATE	  0x3u
#define POWER_KEPT	  0x8u /* No_Soft_Reset */

#define MSI_ENABLE	  0x00710000u /* with how many messages; of the word at the capability's offset */
#define MSI_FIXED	  0x018e0000u
#define MSI_64		  0x00800000u
#define MSI_MASKS	  0x01000000u

#define MSIX_CONTROL	  0x02u
#define MSIX_SIZE	  0x07ffu
#define MSIX_ENABLE	  0xc0000000u /* with the mask of all; of the word at the capability's offset */
#define MSIX_TABLE	  0x04u
#define MSIX_PENDING	  0x08u

#define VENDOR_LENGTH	  0x02u
#define VENDOR_VIRTIO	  0x1af4u
#define VIRTIO_KIND	  0x03u
#define VIRTIO_ACCESS	  5u /* reads and writes BARs through configuration space */

#define EXTENDED_FIRST	  0x100u
#define EXTENDED_MOST	  960u /* 4 bytes each */
#define SERIAL_WORDS	  3u

#define ACS_ABLE	  0x04u
#define ACS_CONTROL	  0x06u
#define ACS_WANTED	  0x1fu /* source validation, no translated requests, all redirected upstream */

#define SRIOV_CONTROL	  0x08u
#define SRIOV_ENABLE	  0x0001u
#define SRIOV_MEMORY	  0x0008u
#define SRIOV_ARI	  0x0010u
#define SRIOV_INITIAL	  0x0cu
#define SRIOV_TOTAL	  0x0eu
#define SRIOV_NUMBER	  0x10u
#define SRIOV_OFFSET	  0x14u
#define SRIOV_STRIDE	  0x16u
#define SRIOV_DEVICE	  0x1au
#define SRIOV_PAGES	  0x1cu
#define SRIOV_PAGE	  0x20u
#define SRIOV_BAR0	  0x24u

#define PCI_CAP_VENDOR	  0x09u
#define PCI_EXT_SERIAL	  0x03u

#endif

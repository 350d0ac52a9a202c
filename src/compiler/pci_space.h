/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_space.h - a function's configuration space, as a running machine has shown it.
 *
 * Offsets and identifiers are those of PCI Express Base Specification 6.0, chapter 7. What lies beyond the
 * bytes that the inventory holds reads as zero; no offset is out of range.
 */
#ifndef BULKHEAD_PCI_SPACE_H
#define BULKHEAD_PCI_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCI_SPACE_SIZE	 4096u
#define PCI_SPACE_HEADER 64u

struct pci_space {
	const uint8_t *bytes;
	size_t size; /* PCI_SPACE_HEADER..PCI_SPACE_SIZE */
};

uint8_t pci_read8(const struct pci_space *space, uint32_t offset);
uint16_t pci_read16(const struct pci_space *space, uint32_t offset);
uint32_t pci_read32(const struct pci_space *space, uint32_t offset);

enum pci_capability { /* 7.5.3, 7.7 */
		      PCI_CAP_POWER = 0x01,
		      PCI_CAP_MSI = 0x05,
		      PCI_CAP_EXPRESS = 0x10,
		      PCI_CAP_MSIX = 0x11,
		      PCI_CAP_AF = 0x13,
};

enum pci_extended { /* 7.8, 7.9, 9.3.3, 10.5 */
		    PCI_EXT_ACS = 0x0d,
		    PCI_EXT_ARI = 0x0e,
		    PCI_EXT_ATS = 0x0f,
		    PCI_EXT_SRIOV = 0x10,
		    PCI_EXT_PRI = 0x13,
		    PCI_EXT_PASID = 0x1b,
};

/* Offset of a capability; 0: the function hasn't it. A list that goes in a circle ends. */
uint32_t pci_capability(const struct pci_space *space, enum pci_capability id);
uint32_t pci_extended(const struct pci_space *space, enum pci_extended id);

#endif

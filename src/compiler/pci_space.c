// SPDX-License-Identifier: Apache-2.0
/*
 * pci_space.c - reads a copy of a function's configuration space (pci_space.h). Called by pci_inventory.c.
 */
#include "pci_space.h"

#define STATUS		     0x06u
#define STATUS_CAPABILITIES  (1u << 4)
#define CAPABILITIES_POINTER 0x34u
#define CAPABILITIES_MOST    48u /* 4 bytes each between the header's end and 256 */
#define EXTENDED_START	     0x100u
#define EXTENDED_MOST	     960u /* 4 bytes each between 256 and 4096 */

uint8_t pci_read8(const struct pci_space *space, uint32_t offset)
{
	return offset < space->size ? space->bytes[offset] : 0;
}

uint16_t pci_read16(const struct pci_space *space, uint32_t offset)
{
	return (uint16_t)(pci_read8(space, offset) | pci_read8(space, offset + 1) << 8);
}

uint32_t pci_read32(const struct pci_space *space, uint32_t offset)
{
	return pci_read16(space, offset) | (uint32_t)pci_read16(space, offset + 2) << 16;
}

uint32_t pci_capability(const struct pci_space *space, enum pci_capability id)
{
	uint32_t at = pci_read8(space, CAPABILITIES_POINTER) & ~3u;

	if (!(pci_read16(space, STATUS) & STATUS_CAPABILITIES))
		return 0;
	for (unsigned int i = 0; i < CAPABILITIES_MOST && at >= PCI_SPACE_HEADER; i++) {
		if (pci_read8(space, at) == id)
			return at;
		at = pci_read8(space, at + 1) & ~3u;
	}
	return 0;
}

uint32_t pci_extended(const struct pci_space *space, enum pci_extended id)
{
	uint32_t at = EXTENDED_START;

	for (unsigned int i = 0; i < EXTENDED_MOST && at >= EXTENDED_START; i++) {
		const uint32_t header = pci_read32(space, at);

		if (header == 0 || header == UINT32_MAX)
			return 0;
		if ((header & 0xffff) == id)
			return at;
		at = header >> 20 & ~3u;
	}
	return 0;
}

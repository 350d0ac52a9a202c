/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci.h - the cell's PCI functions: one bus without bridges, BARs where the hypervisor has put them, messages
 * (MSI-X) that become interrupts of the cell.
 */
#ifndef CELLS_PCI_H
#define CELLS_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "gic.h"
#include "guest.h"

#define PCI_CAPABILITY_MSI     0x05u
#define PCI_CAPABILITY_VENDOR  0x09u
#define PCI_CAPABILITY_EXPRESS 0x10u
#define PCI_CAPABILITY_MSIX    0x11u
#define PCI_BARS	       6u

struct pci_function {
	const struct guest_pci *pci;
	uint64_t config; /* address of its configuration space; 0: none */
	uint16_t vendor, device;
	uint64_t table; /* MSI-X: of its vectors; 0: not started */
	uint32_t vectors;
};

/* The first function of the bus (`function->config` is 0), or the next one; false: there is none. A virtual
 * function of a physical one that the cell has is passed over where it is another cell's. */
bool pci_next(const struct guest *guest, struct pci_function *function);
/* The one of that number, device << 3 | function; false: there is none. */
bool pci_at(const struct guest *guest, uint32_t number, struct pci_function *function);
uint8_t pci_read8(const struct pci_function *function, uint32_t offset);
uint32_t pci_read32(const struct pci_function *function, uint32_t offset); /* aligned */
void pci_write32(const struct pci_function *function, uint32_t offset, uint32_t value);
void pci_write16(const struct pci_function *function, uint32_t offset, uint16_t value);
void pci_write8(const struct pci_function *function, uint32_t offset, uint8_t value);
/* Offset of the first capability of that kind (`from` 0), or of the next one behind `from`; 0: none. */
uint32_t pci_capability(const struct pci_function *function, uint8_t kind, uint32_t from);
/* Offset of the extended capability of that kind; 0: none. */
uint32_t pci_extended(const struct pci_function *function, uint16_t kind);
/* The CPU's address of a memory BAR, mapped for `size` bytes from there; 0: there is none, or no room for it.
 */
uint64_t pci_bar(const struct pci_function *function, uint32_t bar, uint64_t size);
/* It may answer and master the bus; it may answer alone. */
void pci_enable(const struct pci_function *function);
void pci_answer(const struct pci_function *function);
/* Where a message goes, and the interrupt that its data makes of it: `number` of those that the cell has for
 * messages; false: it has no more. */
bool pci_message(const struct pci_function *function, uint32_t number, uint64_t *address, uint32_t *intid);
/* Switches MSI-X on with all vectors masked; false: it has none. */
bool pci_msix_start(struct pci_function *function);
/* The vector's message is interrupt `number` of the cell's, taken by the handler; false: there is no such. */
bool pci_msix_take(const struct pci_function *function, uint32_t vector, uint32_t number,
		   irq_handler *handler);

#endif

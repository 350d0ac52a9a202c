// SPDX-License-Identifier: Apache-2.0
/*
 * pci.c - the cell's PCI bus (pci.h): docs/formats.md, "The guest tree". Accesses to configuration space are
 * emulated: no driver makes any once it runs, but for the health cell's look at its NIC once a second.
 */
#include "pci.h"

#include "dma.h"
#include "mmio.h"
#include "mmu.h"

#define FUNCTION_BYTES UINT64_C(4096)
#define FUNCTIONS      256u /* of one bus */

/* PCI Local Bus 3.0, 6.1: offsets, and bits of the command register. */
#define ID		 0x00u
#define COMMAND		 0x04u
#define BAR(n)		 (0x10u + (n) * 4)
#define LIST		 0x34u
#define COMMAND_MEMORY	 UINT32_C(2)
#define COMMAND_MASTER	 UINT32_C(4)
#define COMMAND_MASK	 UINT32_C(0xffff) /* the status beside it is cleared by ones */
#define BAR_IO		 UINT32_C(1)
#define BAR_64		 UINT32_C(4)
#define BAR_FLAGS	 UINT64_C(15)
#define NOBODY		 0xffffu
#define CAPABILITIES_MAX 48u /* as many as fit */
#define EXTENDED_FIRST	 0x100u
#define EXTENDED_MAX	 960u /* as many as fit */

/* 6.8.2: MSI-X. */
#define MSIX_CONTROL   0u
#define MSIX_TABLE     4u
#define MSIX_COUNT(c)  (((c) >> 16 & 0x7ff) + 1)
#define MSIX_ENABLE    (UINT32_C(1) << 31)
#define MSIX_MASK_ALL  (UINT32_C(1) << 30)
#define VECTOR_BYTES   UINT64_C(16)
#define VECTOR_LOW     0u
#define VECTOR_HIGH    4u
#define VECTOR_DATA    8u
#define VECTOR_CONTROL 12u
#define VECTOR_MASKED  UINT32_C(1)

#define DOORBELL       0x40u /* of a GICv2m frame: MSI_SETSPI_NS */

bool pci_next(const struct guest *guest, struct pci_function *function)
{
	const struct range *ecam = &guest->pci.ecam;
	uint64_t at = function->config ? function->config + FUNCTION_BYTES : ecam->base;

	if (!ecam->size || !mmu_map(ecam->base, FUNCTIONS * FUNCTION_BYTES, MMU_DEVICE))
		return false;
	for (; at < ecam->base + FUNCTIONS * FUNCTION_BYTES; at += FUNCTION_BYTES) {
		const uint32_t id = mmio_read32(at + ID);

		if ((id & 0xffff) == NOBODY)
			continue;
		*function = (struct pci_function){
			.pci = &guest->pci,
			.config = at,
			.vendor = (uint16_t)id,
			.device = (uint16_t)(id >> 16),
		};
		return true;
	}
	return false;
}

bool pci_at(const struct guest *guest, uint32_t number, struct pci_function *function)
{
	function->config =
		number && number < FUNCTIONS ? guest->pci.ecam.base + (number - 1) * FUNCTION_BYTES : 0;
	return number < FUNCTIONS && pci_next(guest, function) &&
	       function->config == guest->pci.ecam.base + number * FUNCTION_BYTES;
}

uint32_t pci_read32(const struct pci_function *function, uint32_t offset)
{
	return mmio_read32(function->config + offset);
}

uint8_t pci_read8(const struct pci_function *function, uint32_t offset)
{
	return (uint8_t)(pci_read32(function, offset & ~UINT32_C(3)) >> (offset & 3) * 8);
}

void pci_write32(const struct pci_function *function, uint32_t offset, uint32_t value)
{
	mmio_write32(function->config + offset, value);
}

void pci_write16(const struct pci_function *function, uint32_t offset, uint16_t value)
{
	mmio_write16(function->config + offset, value);
}

void pci_write8(const struct pci_function *function, uint32_t offset, uint8_t value)
{
	mmio_write8(function->config + offset, value);
}

uint32_t pci_capability(const struct pci_function *function, uint8_t kind, uint32_t from)
{
	uint32_t at = pci_read8(function, from ? from + 1 : LIST) & ~UINT32_C(3);

	for (unsigned i = 0; at && i < CAPABILITIES_MAX; i++) {
		if (pci_read8(function, at) == kind)
			return at;
		at = pci_read8(function, at + 1) & ~UINT32_C(3);
	}
	return 0;
}

uint32_t pci_extended(const struct pci_function *function, uint16_t kind)
{
	uint32_t at = EXTENDED_FIRST;

	for (unsigned i = 0; at >= EXTENDED_FIRST && i < EXTENDED_MAX; i++) {
		const uint32_t header = pci_read32(function, at);

		if ((header & 0xffff) == kind)
			return at;
		at = header >> 20 & ~UINT32_C(3);
	}
	return 0;
}

/* [impl->swr~cell-pci~1] */
uint64_t pci_bar(const struct pci_function *function, uint32_t bar, uint64_t size)
{
	const uint32_t low = bar < PCI_BARS ? pci_read32(function, BAR(bar)) : BAR_IO;
	const struct guest_pci *pci = function->pci;
	uint64_t bus = low & ~BAR_FLAGS;

	if (low & BAR_IO)
		return 0;
	if (low & BAR_64 && bar + 1 < PCI_BARS)
		bus |= (uint64_t)pci_read32(function, BAR(bar + 1)) << 32;
	for (uint32_t i = 0; bus && i < pci->window_count; i++) {
		const struct guest_window *window = &pci->windows[i];
		const uint64_t address = window->base + (bus - window->bus);

		if (bus >= window->bus && bus - window->bus < window->size &&
		    size <= window->size - (bus - window->bus))
			return mmu_map(address, size, MMU_DEVICE) ? address : 0;
	}
	return 0;
}

static void command_set(const struct pci_function *function, uint32_t bits)
{
	pci_write32(function, COMMAND, (pci_read32(function, COMMAND) & COMMAND_MASK) | bits);
}

void pci_enable(const struct pci_function *function)
{
	command_set(function, COMMAND_MEMORY | COMMAND_MASTER);
}

void pci_answer(const struct pci_function *function)
{
	command_set(function, COMMAND_MEMORY);
}

bool pci_message(const struct pci_function *function, uint32_t number, uint64_t *address, uint32_t *intid)
{
	const struct guest_pci *pci = function->pci;

	if (number >= pci->intid_count)
		return false;
	*address = pci->frame.base + DOORBELL;
	*intid = pci->intid_first + number;
	return true;
}

static uint64_t vector_at(const struct pci_function *function, uint32_t vector)
{
	return function->table + vector * VECTOR_BYTES;
}

bool pci_msix_start(struct pci_function *function)
{
	const uint32_t at = pci_capability(function, PCI_CAPABILITY_MSIX, 0);
	uint32_t control, where;
	uint64_t bar;

	if (!at)
		return false;
	control = pci_read32(function, at + MSIX_CONTROL);
	where = pci_read32(function, at + MSIX_TABLE);
	function->vectors = MSIX_COUNT(control);
	bar = pci_bar(function, where & 7, (where & ~UINT32_C(7)) + function->vectors * VECTOR_BYTES);
	if (!bar)
		return false;
	function->table = bar + (where & ~UINT32_C(7));
	pci_write32(function, at + MSIX_CONTROL, control | MSIX_ENABLE | MSIX_MASK_ALL);
	for (uint32_t i = 0; i < function->vectors; i++)
		mmio_write32(vector_at(function, i) + VECTOR_CONTROL, VECTOR_MASKED);
	pci_write32(function, at + MSIX_CONTROL, (control | MSIX_ENABLE) & ~MSIX_MASK_ALL);
	return true;
}

/* The vector is masked while its message is written: 6.8.3.5. */
bool pci_msix_take(const struct pci_function *function, uint32_t vector, uint32_t number,
		   irq_handler *handler)
{
	uint64_t address;
	uint32_t intid;

	if (vector >= function->vectors || !pci_message(function, number, &address, &intid))
		return false;
	gic_take(intid, true, handler);
	mmio_write32(vector_at(function, vector) + VECTOR_LOW, (uint32_t)address);
	mmio_write32(vector_at(function, vector) + VECTOR_HIGH, (uint32_t)(address >> 32));
	mmio_write32(vector_at(function, vector) + VECTOR_DATA, intid);
	dma_device_barrier();
	mmio_write32(vector_at(function, vector) + VECTOR_CONTROL, 0);
	return true;
}

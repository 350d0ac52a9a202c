// SPDX-License-Identifier: Apache-2.0
/*
 * pci_bars.c - memory BARs: how each is sized, and where the boot's steps leave it.
 */
#include "model.h"

uint32_t pci_bar_sized(const struct pci_bar *bars, unsigned int number)
{
	const struct pci_bar *bar = &bars[number];

	if (number && bars[number - 1].wide)
		return (uint32_t)(~(bars[number - 1].size - 1) >> 32);
	if (!bar->size)
		return 0;
	if (bar->io)
		return (uint32_t)~(bar->size - 1) | 1;
	return (uint32_t)~(bar->size - 1) | (bar->wide ? 4 : 0) | (bar->prefetchable ? 8 : 0);
}

/* Bus address that the steps leave in a memory BAR's words; false: none. */
static bool bar_left(const struct pci_function *function, uint32_t offset, const struct pci_bar *bar,
		     uint64_t *address)
{
	uint32_t low, high = 0;

	if (!bar->size || bar->io || !pci_left(function, offset, 4, &low) ||
	    (bar->wide && !pci_left(function, offset + 4, 4, &high)))
		return false;
	*address = (uint64_t)high << 32 | (low & ~UINT32_C(0xf));
	return *address != 0;
}

static bool to_cpu(const struct pci_host *host, uint64_t bus, uint64_t size, uint64_t *cpu)
{
	for (size_t i = 0; i < host->window_count; i++) {
		const struct pci_window *window = &host->windows[i];

		if (window->io || bus < window->bus || !within(bus - window->bus, size, window->size))
			continue;
		*cpu = window->cpu + (bus - window->bus);
		return true;
	}
	return false;
}

bool pci_bar_place(const struct pci *pci, const struct pci_function *function, unsigned int number,
		   uint64_t *bus, uint64_t *cpu)
{
	const bool virtual = function->physical != PCI_NONE;
	const struct pci_function *pf = virtual ? &pci->functions[function->physical] : function;
	const uint32_t offset = (virtual ? pf->sriov + PCI_VF_BARS : PCI_BAR0) + 4 * number;
	const struct pci_bar *bar = &function->bars[number];

	if (function->host == PCI_NONE || !bar_left(pf, offset, bar, bus))
		return false;
	if (virtual)
		*bus += function->vf * bar->size;
	return to_cpu(&pci->hosts[function->host], *bus, bar->size, cpu);
}

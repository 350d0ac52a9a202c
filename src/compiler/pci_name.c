// SPDX-License-Identifier: Apache-2.0
/*
 * pci_name.c - what a PCI function is called (pci.h). Called by pci_assign.c and the map.
 */
#include "pci.h"

#include "text.h"

const char *pci_call(const struct pci_inventory *inventory, size_t index)
{
	const struct pci_function *const function = &inventory->at[index];
	const bool virtual = function->physical != PCI_NONE;
	const struct pci_function *const whole = virtual ? &inventory->at[function->physical] : function;
	const char *const name = whole->name ? whole->name : whole->address;

	return virtual ? text_format("%s.vf%u", name, function->vf) : name;
}

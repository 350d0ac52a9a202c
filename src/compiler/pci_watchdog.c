// SPDX-License-Identifier: Apache-2.0
/*
 * pci_watchdog.c - watchdogs among PCI functions: each resets the whole machine, so none but the health cell
 * can have one. What a driver sets up of them lies in configuration space, behind no capability. Called by
 * pci_assign.c and emit_pci_config.c.
 */
#include "pci.h"

/* [impl->swr~config-pci-watchdog~1] */
const struct pci_watchdog *pci_watchdog_of(const struct pci_function *function)
{
	static const struct pci_watchdog known[] = {
		/* Intel 6300ESB datasheet (300641), watchdog timer: WDT Configuration without its reserved
		 * bits and the one that cuts the reset off (clock, kind of interrupt), WDT Lock (function,
		 * enable, lock). */
		{0x8086, 0x25ab, {{0x60, 0x07}, {0x68, 0x07}}},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].vendor == function->vendor && known[i].device == function->device)
			return &known[i];
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - configuration space of PCI functions that are there, in the host's ECAM.
 */
#ifndef BULKHEAD_PCI_CONFIG_H
#define BULKHEAD_PCI_CONFIG_H

#include "../../blueprint/pci.h"
#include "../../core/types.h"

#define PCI_COMMAND	     0x04
#define PCI_COMMAND_MEMORY   BIT(1)
#define PCI_COMMAND_MASTER   BIT(2)
#define PCI_COMMAND_INTX_OFF BIT(10)

/* The 4 bytes that hold the register at `va`; PCI_NO_ANSWER, as of a function that isn't there, if the host
 * faults. */
#define PCI_NO_ANSWER UINT32_C(0xffffffff)
u32 pci_read(va_t va);
/* `width` bytes: 1, 2, 4; false if the host faults: it may be lost. */
bool pci_write(va_t va, u32 value, u32 width);

/* Puts the BARs of one of this cell's functions where the blueprint has them; false: it doesn't take them. */
bool pci_bars_restore(const struct bp_pci_function *function);

/* Records where a device that other cells depend on begins to run, or no longer does. `was`, `is`: the
 * function's command. */
void pci_device_tell(const struct bp_pci_function *function, u32 was, u32 is);

#endif

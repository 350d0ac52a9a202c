/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps.h - the machine's PCI functions at boot.
 */
#ifndef BULKHEAD_PCI_STEPS_H
#define BULKHEAD_PCI_STEPS_H

#include "../../blueprint/pci.h"
#include "../../core/types.h"

/* Boot root. False: the machine differs; the UART was told where. */
bool pci_steps_play(const struct bp_pci_step *step, u32 count);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * its.h - the interrupt translation service, set up once at boot and never spoken to again (Arm IHI 0069).
 */
#ifndef BULKHEAD_ITS_H
#define BULKHEAD_ITS_H

#include "../../blueprint/pci.h"
#include "../../core/types.h"

#define GITS_TYPER 0x0008
#define GITS_BASER 0x0100

/* Boot root, the redistributors' LPIs on: its tables, then the blueprint's commands. False: it doesn't carry
 * them out. */
bool its_start(const struct bp_its *its);

#endif

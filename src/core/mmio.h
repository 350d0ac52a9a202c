/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mmio.h - one guest access to an emulated page, decoded and checked once.
 */
#ifndef BULKHEAD_MMIO_H
#define BULKHEAD_MMIO_H

#include "../blueprint/blueprint.h"
#include "types.h"

struct access {
	u64 offset; /* from the start of the device's range, aligned to size */
	u64 value;  /* write: what the guest wrote; read: the answer */
	u32 arg;    /* bp_mmio.arg */
	u8 size;    /* 1, 2, 4, 8 */
	bool write;
};

/* The emulated range that holds ipa; NULL: none of this cell's. */
const struct bp_mmio *mmio_find(ipa_t ipa);

/* Emulated devices. An access they don't know reads as zero, writes nothing. */
void gicd_access(struct access *access);
void gicr_access(struct access *access);
void vuart_access(struct access *access);
void pci_config_access(struct access *access); /* by a table of its own: src/platform/pci */
void ivshmem_access(struct access *access);

/* First core, the others at rest: the emulated UART as after reset, on a line of its own in the log. */
void vuart_restart(void);

#endif

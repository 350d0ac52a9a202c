/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cfi_flash.h - parallel NOR flash that answers the Common Flash Interface's query (JEDEC JESD68.01) and
 * takes Intel's command set (0001): two chips of 16 bits side by side on a bus of 32, as QEMU's `virt` has
 * them.
 */
#ifndef HEALTH_CFI_FLASH_H
#define HEALTH_CFI_FLASH_H

#include "flash.h"

struct cfi_geometry { /* what the board says of it */
	uint64_t base, size;
	uint32_t bank_width;  /* bytes; 4 */
	uint32_t erase_block; /* bytes, of both chips together */
	uint32_t used;	      /* bytes from the start that must be in blocks of that size */
};

/* NULL, or why it can't be used. `hz`: of the time that calls are given. */
const char *cfi_flash_open(const struct cfi_geometry *geometry, uint64_t hz);
extern const struct flash cfi_flash;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emmc.h - a boot partition of an eMMC (JEDEC JESD84-B51) as NOR flash: what of it the boot state needs is
 * read once, and each word that is programmed is the writing of its sector of 512 bytes, which is then read
 * back from the card.
 */
#ifndef HEALTH_EMMC_H
#define HEALTH_EMMC_H

#include "flash.h"

struct emmc_geometry {
	uint64_t registers; /* of the SD host controller */
	uint32_t partition; /* 1 boot0, 2 boot1 */
	uint32_t block;	    /* bytes from one place to the next: three, of two sectors each */
};

/* NULL, or why it can't be used. Waits for the card, for EMMC_OPEN_NS at most. */
#define EMMC_OPEN_NS UINT64_C(1000000000)
const char *emmc_open(const struct emmc_geometry *geometry, uint64_t hz);
/* `erase` sets the two sectors of a place alone; the third place is never written. What is read is what the
 * card had when it was read last. */
extern const struct flash emmc;

#endif

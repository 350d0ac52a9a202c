/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nor_flash.h - a model of NOR flash: programming only clears bits, an erasure is of a whole block and takes
 * several looks, during which the block is neither what it was nor erased; and its power is cut at any step.
 */
#ifndef TEST_CELLS_NOR_FLASH_H
#define TEST_CELLS_NOR_FLASH_H

#include "../../../src/blueprint/boot_state.h"
#include "flash.h"

#define NOR_BLOCK  4096u
#define NOR_BLOCKS 3u
#define NOR_STEPS  1000u /* more than a record takes */

struct nor {
	uint8_t bytes[NOR_BLOCKS * NOR_BLOCK];
	uint32_t steps;	 /* done so far */
	uint32_t power;	 /* steps that there is power for */
	uint32_t random; /* state */
	uint32_t erasures[NOR_BLOCKS], programmed[NOR_BLOCKS];
	uint32_t last;			   /* offset of the word programmed last */
	uint32_t stuck_offset, stuck_bits; /* a word's bits that can't be cleared; 0: none */
	uint32_t fails_at;		   /* step whose operation fails; 0: none */
};
extern struct nor nor;
extern const struct flash nor_flash;
extern const uint32_t nor_copies[BOOT_COPIES];

/* All erased, with power. */
void nor_start(uint32_t random);
void nor_put(uint32_t offset, const void *bytes, uint32_t size);
uint32_t nor_random(void);
/* A record with its CRC. */
void nor_record(uint32_t copy, struct boot_record record);
/* As the loader does: the next attempt of that copy. */
void nor_attempt(uint32_t copy, uint32_t number, uint32_t word);

#endif

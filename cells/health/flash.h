/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flash.h - NOR flash as the boot state needs it: words of 32 bits; programming clears bits, erasing sets
 * those of a block. An erasure or a word is begun, and then asked for until it isn't busy; there is one at a
 * time.
 */
#ifndef HEALTH_FLASH_H
#define HEALTH_FLASH_H

#include <stdint.h>

enum flash_status { FLASH_READY, FLASH_BUSY, FLASH_FAILED };

struct flash {					      /* offsets in bytes, of a multiple of 4 */
	uint32_t (*read)(uint32_t offset);	      /* while it isn't busy */
	void (*erase)(uint32_t offset, uint64_t now); /* the block that begins there */
	void (*program)(uint32_t offset, uint32_t word, uint64_t now);
	/* Of what was begun last; FAILED also when its time is over. Then, and when READY, it can be read
	 * again. */
	enum flash_status (*poll)(uint64_t now);
};

#endif

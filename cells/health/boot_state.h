/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot_state.h - the boot state (src/blueprint/boot_state.h) as the health cell reads and changes it.
 * Portable: tested on the host with a model of the flash whose power is cut.
 *
 * A change is a whole new record in the copy that doesn't count: its block is erased, its words are
 * programmed, the CRC last, and all of it is read back; only then does it count. At every moment one copy is
 * whole.
 */
#ifndef HEALTH_BOOT_STATE_H
#define HEALTH_BOOT_STATE_H

#include <stdbool.h>

#include "../../src/blueprint/boot_state.h"
#include "../../src/blueprint/update.h"
#include "flash.h"

#define BOOT_UNKNOWN UPDATE_SLOT_UNKNOWN /* in place of a slot */

struct boot_view {
	bool valid;		   /* there is a record that counts; else the state is lost */
	uint32_t copies;	   /* whole ones */
	uint32_t copy;		   /* the one that counts */
	struct boot_record record; /* zeroes: none */
	/* Of this boot, whatever has been written since. */
	uint32_t running;	       /* slot, or BOOT_UNKNOWN */
	uint32_t running_counter;      /* of its image, or BOOT_COUNTER_UNKNOWN */
	uint32_t attempts[BOOT_SLOTS]; /* with the record that the boot found */
	uint32_t reason[BOOT_SLOTS];   /* enum boot_reason, of the last of them; 0: none */
	uint32_t fell_back;	       /* slot that was to be started, and another runs; BOOT_UNKNOWN: none */
	uint32_t recorded;	       /* so many attempts stand behind the record that counts */
	uint32_t last;		       /* of these the last, as it stands there */
};

enum boot_write {
	BOOT_WRITE_NONE,
	BOOT_WRITE_ERASES,
	BOOT_WRITE_PROGRAMS,
	BOOT_WRITE_DONE,
	BOOT_WRITE_FAILED
};

struct boot {
	const struct flash *flash;
	uint32_t offsets[BOOT_COPIES];
	struct boot_view view;
	bool confirmed; /* what runs is, in this boot */
	/* The change that is under way, or how the last one ended. */
	enum boot_write write;
	struct boot_record next;
	uint32_t attempt; /* that stands behind it; BOOT_ERASED: none */
	uint32_t word;	  /* of these that is programmed */
	uint64_t writes, failures;
};

/* Reads all there is. */
void boot_open(struct boot *boot, const struct flash *flash, const uint32_t offsets[BOOT_COPIES]);
/* Behind it, in the health cell's first life of a boot: a record without an attempt is no confirmation then.
 */
void boot_begins(struct boot *boot);

/* What is to be written. False: nothing. */
bool boot_confirm(const struct boot_view *view, struct boot_record *next);
/* The same, or UPDATE_OK and `*change` false: it is so already. What runs is confirmed. */
enum update_result boot_drop(const struct boot_view *view, uint64_t slot, struct boot_record *next,
			     bool *change);
enum update_result boot_try(const struct boot_view *view, uint64_t slot, const uint8_t digest[BOOT_DIGEST],
			    struct boot_record *next, bool *change);

static inline bool boot_busy(const struct boot *boot)
{
	return boot->write == BOOT_WRITE_ERASES || boot->write == BOOT_WRITE_PROGRAMS;
}
/* While it isn't busy. Where nobody knows what runs the record says so, for this cell's next life. */
void boot_write(struct boot *boot, const struct boot_record *next, uint64_t now);
/* The same, and if it is worth it: where attempts may soon have no room, since no boot is confirmed, the
 * record is written again, and of the attempts behind it only that of this boot. True: begun. Once, as a boot
 * begins. */
bool boot_make_room(struct boot *boot, uint64_t now);
/* A step: at most one word is programmed. */
void boot_poll(struct boot *boot, uint64_t now);

/* Attempts that the loader makes of what is of that status. */
uint32_t boot_tries(uint32_t status);

#endif

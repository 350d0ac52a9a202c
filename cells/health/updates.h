/* SPDX-License-Identifier: Apache-2.0 */
/*
 * updates.h - the health cell's end of the update channel (src/blueprint/update.h). The other one is hostile:
 * each of its words is read once, and checked. Portable.
 */
#ifndef HEALTH_UPDATES_H
#define HEALTH_UPDATES_H

#include "boot_state.h"

struct updates {
	volatile struct update_channel *channel;
	uint64_t seen;	   /* sequence of the request that was taken last */
	bool pending;	   /* its record is being written */
	uint64_t changes;  /* that may be asked for */
	uint64_t gained;   /* when that last grew */
	uint64_t interval; /* ticks from one to the next */
	bool may_reset;	   /* the partition file allows its cell to have the machine reset for a trial */
	bool resetting;	   /* that was granted: no further request is taken */
	uint32_t told;	   /* refusals of it since the last change: a bit an enum update_result */
	uint64_t refused;  /* resets that were asked for in vain */
};

struct update_change {	     /* what a poll began, to be told */
	uint64_t kind, slot; /* kind 0: nothing */
	enum update_result
		result; /* of a reset; each refusal is to be told once, until something is changed */
};

/* False: there is no room. `hz`: ticks a second. */
bool updates_open(struct updates *updates, volatile void *memory, uint64_t size, bool may_reset, uint64_t now,
		  uint64_t hz);
/* At most one request. True: it was answered, whoever waits for that may be told. */
bool updates_poll(struct updates *updates, struct boot *boot, uint64_t now, struct update_change *change);

#endif

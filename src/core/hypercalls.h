/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercalls.h - the vendor hypercalls of src/blueprint/hypercall.h.
 */
#ifndef BULKHEAD_HYPERCALLS_H
#define BULKHEAD_HYPERCALLS_H

#include "../blueprint/hypercall.h"
#include "cell.h"
#include "outcome.h"
#include "rate.h"

struct doorbell { /* what to make pending */
	const struct bp_bell *bells;
	u32 count;
};

/*
 * DOORBELL of the cell's channel `index` at the time `now`. HYPERCALL_OK: the caller makes pending what
 * `rung` says, at least one; else why not, and `rung` is empty. Each costs its receivers an interrupt, so a
 * sender has a share of them only. In line, since it is hot. [impl->swr~doorbell-declared~1]
 * [impl->swr~doorbell-rate~1]
 */
static inline s64 hypercall_doorbell(u64 index, u64 now, struct doorbell *rung)
{
	const struct bp_cell *cell = this_cell;
	const struct bp_channel *channel;

	__asm__("" : "+r"(cell)); /* kept, not built anew for each use */
	*rung = (struct doorbell){NULL, 0};
	if (index >= cell->channels.count)
		return HYPERCALL_INVALID;
	channel = (const struct bp_channel *)((const u8 *)cell + cell->channels.offset) + index;
	if (channel->ring.count == 0)
		return HYPERCALL_INVALID;
	if (!rate_admits(&doorbell_rate, DOORBELLS_MAX, now))
		return HYPERCALL_BUSY;
	*rung = (struct doorbell){(const struct bp_bell *)((const u8 *)cell + channel->ring.offset),
				  channel->ring.count};
	return HYPERCALL_OK;
}

/* The same, and makes pending what there is to; its status. */
s64 hypercall_ring(u64 index);

/* The others. Function ID and arguments in exit->x[0..4]; results in x[0..3]. */
enum outcome hypercall(struct exit *exit);

#endif

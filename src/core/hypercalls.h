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

extern struct rate doorbell_rate;

/*
 * DOORBELL of the cell's channel `index` at the time `now`. HYPERCALL_OK: the caller makes pending what is in
 * the ring of `rung`, which has at least one; else why not, and `rung` is NULL. Each costs its receivers an
 * interrupt, so a sender has a share of them only. In line, since it is hot. [impl->swr~doorbell-declared~1]
 * [impl->swr~doorbell-rate~1]
 */
static inline s64 hypercall_doorbell(u64 index, u64 now, const struct bp_channel **rung)
{
	const struct bp_table channels = this_cell->channels;
	const struct bp_channel *channel = (const struct bp_channel *)cell_table(&channels) + index;

	*rung = NULL;
	if (index >= channels.count || channel->ring.count == 0)
		return HYPERCALL_INVALID;
	if (!rate_admits(&doorbell_rate, DOORBELLS_MAX, 1, now))
		return HYPERCALL_BUSY;
	*rung = channel;
	return HYPERCALL_OK;
}

/* The others. Function ID and arguments in exit->x[0..4]; results in x[0..3]. */
enum outcome hypercall(struct exit *exit);

#endif

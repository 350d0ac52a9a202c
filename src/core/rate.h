/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate.h - at most so many a period: what a guest can ask for at will, and others have to bear.
 */
#ifndef BULKHEAD_RATE_H
#define BULKHEAD_RATE_H

#include "arch.h"

struct rate {
	u64 since; /* start of the present period */
	u32 count; /* admitted in it */
};

#define RATE_UNIT_NS 1000000

extern u64 rate_unit; /* in ticks */

void rate_start(void); /* once, before any rate is asked */

/* At most `most` in `units` milliseconds. */
static inline bool rate_admits(struct rate *rate, u32 most, u32 units, u64 now)
{
	if (unlikely(now - rate->since >= units * rate_unit)) {
		rate->since = now;
		rate->count = 0;
	}
	if (unlikely(rate->count == most))
		return false;
	rate->count++;
	return true;
}

#endif

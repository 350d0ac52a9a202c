/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate.h - at most so many a period: what a guest can ask for at will, and others have to bear.
 */
#ifndef BULKHEAD_RATE_H
#define BULKHEAD_RATE_H

#include "arch.h"

struct rate {
	u64 until; /* end of the present period */
	u32 count; /* admitted in it */
};

#define RATE_PERIOD_NS 1000000

extern u64 rate_period; /* in ticks */

void rate_start(void); /* once, before any rate is asked */

static inline bool rate_admits(struct rate *rate, u32 most, u64 now)
{
	if (now >= rate->until) {
		rate->until = now + rate_period;
		rate->count = 0;
	}
	if (rate->count == most)
		return false;
	rate->count++;
	return true;
}

#endif

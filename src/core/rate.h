/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate.h - at most so many a period: what a guest can ask for at will, and others have to bear.
 */
#ifndef BULKHEAD_RATE_H
#define BULKHEAD_RATE_H

#include "arch.h"

struct rate {
	u64 since;  /* start of the present period */
	u64 period; /* in ticks */
	u32 left;   /* to be admitted in it */
};

#define RATE_UNIT_NS 1000000

extern struct rate doorbell_rate;

void rate_start(void); /* once, before any rate is asked */

/* At most `most` in a period. */
static inline bool rate_admits(struct rate *rate, u32 most, u64 now)
{
	if (unlikely(now - rate->since >= rate->period)) {
		rate->since = now;
		rate->left = most;
	}
	if (unlikely(rate->left == 0))
		return false;
	rate->left--;
	return true;
}

#endif

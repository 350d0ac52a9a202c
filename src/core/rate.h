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

#define RATE_PERIOD_NS 1000000

static inline bool rate_admits(struct rate *rate, u32 most)
{
	const u64 now = arch_time();

	if (now - rate->since >= arch_ns_to_ticks(RATE_PERIOD_NS)) {
		rate->since = now;
		rate->count = 0;
	}
	if (rate->count == most)
		return false;
	rate->count++;
	return true;
}

#endif

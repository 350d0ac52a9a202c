/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h - the arithmetic of a periodic task with absolute deadlines. Portable: tested on the host.
 */
#ifndef CELLS_LOOP_H
#define CELLS_LOOP_H

#include <stdint.h>

#define LOOP_BUCKETS	  16u
#define LOOP_BUCKET_FIRST 6u /* bucket 0: below 2^7 ns, then one a power of two, the last open */

struct loop {
	uint64_t period, deadline; /* timer ticks */
	uint64_t hz;
	uint64_t ticks, missed;	 /* periods served, periods passed over */
	uint64_t latency, worst; /* ns from deadline to handler: of this tick, of all */
	uint64_t histogram[LOOP_BUCKETS];
};

void loop_start(struct loop *loop, uint64_t period, uint64_t hz, uint64_t now);
/* The timer's interrupt came, `now` is the time at the handler. The next deadline is a whole number of
 * periods after the last, in the future. Returns the bucket that was counted. */
unsigned loop_tick(struct loop *loop, uint64_t now);

#endif

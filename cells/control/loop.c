// SPDX-License-Identifier: Apache-2.0
/*
 * loop.c - periods, misses and latencies (loop.h).
 */
#include "loop.h"

#define NS_PER_SECOND UINT64_C(1000000000)

void loop_start(struct loop *loop, uint64_t period, uint64_t hz, uint64_t now)
{
	*loop = (struct loop){.period = period, .deadline = now + period, .hz = hz};
}

static unsigned bucket_of(uint64_t ns)
{
	const unsigned log2 = ns ? 63 - (unsigned)__builtin_clzll(ns) : 0;

	if (log2 <= LOOP_BUCKET_FIRST)
		return 0;
	return log2 - LOOP_BUCKET_FIRST < LOOP_BUCKETS ? log2 - LOOP_BUCKET_FIRST : LOOP_BUCKETS - 1;
}

unsigned loop_tick(struct loop *loop, uint64_t now)
{
	const uint64_t late = now > loop->deadline ? now - loop->deadline : 0;
	const uint64_t passed = late / loop->period;
	const unsigned bucket = bucket_of(loop->latency = late * NS_PER_SECOND / loop->hz);

	loop->ticks++;
	loop->missed += passed;
	loop->deadline += (passed + 1) * loop->period;
	if (loop->latency > loop->worst)
		loop->worst = loop->latency;
	loop->histogram[bucket]++;
	return bucket;
}

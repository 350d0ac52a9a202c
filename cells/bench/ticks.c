// SPDX-License-Identifier: Apache-2.0
/*
 * ticks.c - a guest that computes and ticks: a fixed amount of work with a periodic timer beside it, timed in
 * the machine's virtual time. The same in a cell and on the bare machine.
 */
#include <inttypes.h>
#include <stdio.h>

#include "bench.h"
#include "counter.h"
#include "gic.h"
#include "hypercall_call.h"
#include "timer.h"

#define TICKS	UINT64_C(1000)
#define TICK_NS UINT64_C(100000)
/* Two instructions a round, so that the work is done some ticks before the last one. */
#define ROUNDS (TICKS * TICK_NS / 2 - TICKS * 2000)

static volatile uint64_t ticks;
static uint64_t next, period;

static void tick(uint32_t intid)
{
	(void)intid;
	ticks++;
	next += period;
	if (ticks < TICKS)
		timer_set(next);
	else
		timer_stop();
}

static void compute(void)
{
	uint64_t rounds = ROUNDS;

	__asm__ volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(rounds)::"cc");
}

void ticks_measure(const struct guest *guest)
{
	uint64_t start, computed;

	gic_take(guest->timer_intid, false, tick);
	period = timer_from_ns(TICK_NS, timer_frequency());
	counter_start(COUNT_ALL);
	if (guest->name[0])
		hypercall_ready();
	next = timer_now() + period;
	timer_set(next);
	irq_enable();
	start = counter();
	compute();
	computed = counter() - start;
	while (ticks < TICKS)
		wait_interrupt();
	irq_disable();
	printf("bench: ticks n=%" PRIu64 " work=%" PRIu64 "\n", ticks, computed);
}

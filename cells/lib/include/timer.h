/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer.h - the virtual timer (CNTV), never trapped. Its interrupt is the guest's timer_intid.
 */
#ifndef CELLS_TIMER_H
#define CELLS_TIMER_H

#include <stdint.h>

#include "core.h"

#include "sysreg.h"

#define NS_PER_SECOND UINT64_C(1000000000)

static inline uint64_t timer_now(void)
{
	barrier_isb(); /* the counter may be read ahead of time */
	return sysreg_read("cntvct_el0");
}

static inline uint64_t timer_frequency(void)
{
	return sysreg_read("cntfrq_el0");
}

/* Raises the interrupt (a level) while now >= deadline. */
static inline void timer_set(uint64_t deadline)
{
	sysreg_write("cntv_cval_el0", deadline);
	sysreg_write("cntv_ctl_el0", 1);
	barrier_isb();
}

static inline void timer_stop(void)
{
	sysreg_write("cntv_ctl_el0", 0);
	barrier_isb();
}

/* Exact for 500 years at 1 GHz: seconds and rest are converted apart. */
static inline uint64_t timer_to_ns(uint64_t ticks, uint64_t hz)
{
	return ticks / hz * NS_PER_SECOND + ticks % hz * NS_PER_SECOND / hz;
}

static inline uint64_t timer_from_ns(uint64_t ns, uint64_t hz)
{
	return ns / NS_PER_SECOND * hz + ns % NS_PER_SECOND * hz / NS_PER_SECOND;
}

/* The next second, or the one after it where that is nearer than 20 ms. */
static inline uint64_t timer_next_second(void)
{
	return (timer_now() + timer_frequency() / 50) / timer_frequency() + 1;
}

/* Until the counter is at that second, so that whoever looks on knows when what comes next began. The cell's
 * own interrupts, of which there must be some in 20 ms, wake it meanwhile. */
static inline void timer_await_second(uint64_t second)
{
	const uint64_t hz = timer_frequency(), end = second * hz;

	while (timer_now() < end - hz / 50)
		wait_interrupt();
	while (timer_now() < end)
		;
}

#endif

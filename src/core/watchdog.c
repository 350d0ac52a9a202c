/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watchdog.c - see watchdog.h. A restart of the health cell zeroes its heartbeat: that is a change, too.
 */
#include "watchdog.h"
#include "core.h"
#include "crash.h"
#include "proofs.h"

#define LOOKS 8u /* within watchdog_ns */

static u64 seen;
static u64 due;	  /* the next look */
static u32 still; /* looks without a change */

static void next(void)
{
	due = arch_time() + arch_ns_to_ticks(this_cell->watchdog_ns) / LOOKS;
	arch_alarm(due);
}

void watchdog_start(void)
{
	if (!core_is_first() || !this_cell->watchdog_ns)
		return;
	proof_try(PROOF_WATCHDOG);
	next();
}

/* The first one proves that they come. [impl->swr~el2-watchdog~1] [impl->swr~proof-watchdog~1] */
void watchdog_work(void)
{
	const u64 beat = *(volatile u64 *)this_cell->heartbeat_va;

	if (arch_time() < due) /* the line of the last one had not fallen yet */
		return;
	proof_done(PROOF_WATCHDOG, 0);
	still = beat == seen ? still + 1 : 0;
	seen = beat;
	if (still > LOOKS)
		crash_reset(CRASH_WATCHDOG, this_cell->index, BP_ERROR_HEARTBEAT_MISSED,
			    telemetry()->cell_state);
	next();
}

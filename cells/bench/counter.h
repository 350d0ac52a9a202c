/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counter.h - the cycle counter as a measure of EL2, and the marks that a tracer of the machine sees.
 *
 * Under QEMU's -icount shift=0 an instruction is a cycle (docs/bench.md). The counter has two settings: EL2's
 * instructions alone, so that nothing of the bench itself is in the figure, or those of all levels.
 */
#ifndef BENCH_COUNTER_H
#define BENCH_COUNTER_H

#include <stdint.h>

#include "sysreg.h"

/* PMCCFILTR_EL0 (Arm ARM D17.5.1): not EL1, not EL0, but EL2. */
#define COUNT_EL2 (UINT64_C(1) << 31 | UINT64_C(1) << 30 | UINT64_C(1) << 27)
#define COUNT_ALL (UINT64_C(1) << 27)

/* Starts this core's cycle counter from zero. */
static inline void counter_start(uint64_t filter)
{
	sysreg_write("pmccfiltr_el0", filter);
	sysreg_write("pmcntenset_el0", UINT64_C(1) << 31);
	sysreg_write("pmcr_el0", 0x45); /* E, C, LC: all 64 bits */
	barrier_isb();
}

static inline uint64_t counter(void)
{
	barrier_isb();
	return sysreg_read("pmccntr_el0");
}

/*
 * A window is what lies between these two; windows are numbered from 0 in the order in which they are opened,
 * by one core at a time. The instructions do nothing (moves to the zero register) and no compiler makes them.
 */
#define window_opens()	__asm__ volatile("movz xzr, #0xb0" ::: "memory")
#define window_closes() __asm__ volatile("movz xzr, #0xb1" ::: "memory")

/* Lets other cores run, where one thread runs all of them. */
#define core_yield() __asm__ volatile("yield" ::: "memory")

#endif

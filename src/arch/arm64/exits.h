/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.h - where vectors.S hands a guest's exit to C, and what every handler of one needs: the saved
 * registers, the way past an instruction, the accounting.
 *
 * The hot handlers end an exit by themselves and are jumped to, not called: nothing is saved for them on the
 * way.
 */
#ifndef BULKHEAD_EXITS_H
#define BULKHEAD_EXITS_H

#include "../../core/core.h"
#include "sysreg.h"

#define SPSR_AARCH32 BIT(4)
#define SPSR_BTYPE   (UINT64_C(3) << 10)
#define SPSR_IT	     (UINT64_C(0x3f) << 10 | UINT64_C(3) << 25) /* of AArch32 */

/* vectors.S. EXIT_AGAIN: nothing was done, the handler needs the whole frame. A word, since vectors.S tests
 * one. */
#define EXIT_DONE  0u
#define EXIT_AGAIN 1u
u32 exit_synchronous(struct exit *exit);
void exit_interrupt(struct exit *exit);
void exit_serror(struct exit *exit); /* has the whole frame */
void exit_fiq(struct exit *exit);

/* The ends of the hot paths. `start` is the time of the exit. */
u32 exit_gicd_word(struct exit *exit, u64 esr, u64 start, u32 offset);
u32 exit_sgi(u64 value, u64 start);

/* x0 to x9, x16, x17, x30 and the zero register are always at hand. */
#define EXIT_SAVED ((u32)(MASK(10) | BIT(16) | BIT(17) | BIT(30) | BIT(31)))

static inline bool exit_has(const struct exit *exit, u32 n)
{
	return exit->whole || (EXIT_SAVED & BIT(n));
}

static inline u64 exit_register(const struct exit *exit, u32 n)
{
	return n == 31 ? 0 : exit->x[n];
}

static inline void exit_register_set(struct exit *exit, u32 n, u64 value)
{
	if (n != 31)
		exit->x[n] = value;
}

/* What the hot paths take: registers that compilers take first, and none that needs a look at the frame. */
static inline bool exit_hot(u32 n)
{
	return n <= 9;
}

/* Past an instruction of AArch64 as if it had been executed: PSTATE.BTYPE is then 0. */
static inline void exit_skip_from(u64 spsr)
{
	sysreg_write(elr_el2, sysreg_read(elr_el2) + 4);
	if (spsr & SPSR_BTYPE)
		sysreg_write(spsr_el2, spsr & ~SPSR_BTYPE);
}

static inline void exit_skip(void)
{
	exit_skip_from(sysreg_read(spsr_el2));
}

/* The same of a load or a store, which may be AArch32's, at EL0. */
void exit_skip_aarch32(u64 esr, u64 spsr);
static inline void exit_skip_access(u64 esr)
{
	const u64 spsr = sysreg_read(spsr_el2);

	if (unlikely(spsr & SPSR_AARCH32))
		exit_skip_aarch32(esr, spsr);
	else
		exit_skip_from(spsr);
}

/* [impl->swr~exits-accounted~1] */
static inline void exit_count(enum exit_reason reason)
{
	telemetry()->exits[reason]++;
}

static inline void exit_time(u64 start)
{
	struct telemetry_core *t = telemetry();
	const u64 ticks = sysreg_read(cntvct_el0) - start;

	t->el2_ticks_sum += ticks;
	if (ticks > t->el2_ticks_max)
		t->el2_ticks_max = ticks;
	/* No exit takes 2^32 ticks; of one that did, the maximum tells. */
	t->el2_histogram[31 ^ (u32)__builtin_clz((u32)ticks | 1)]++;
}

/* The end of a hot path. */
static inline u32 exit_done(u64 start, enum exit_reason reason)
{
	exit_count(reason);
	exit_time(start);
	return EXIT_DONE;
}

/* The same for paths that needn't be short, out of line. */
u32 exit_done_rare(u64 start, enum exit_reason reason);

#endif

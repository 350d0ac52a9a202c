/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exact.h - what all cases share: registers, interrupts as they were taken, verdicts, the second core.
 */
#ifndef CELLS_EXACT_H
#define CELLS_EXACT_H

#include <stdbool.h>
#include <stdint.h>

#include "core.h"
#include "exception.h"
#include "gic.h"
#include "mmio.h"
#include "timer.h"

#define CTLR_GRP1     UINT32_C(2)
#define CTLR_ARE      UINT32_C(16)

#define ICC_DIR_EL1   "S3_0_C12_C11_1"
#define ICC_RPR_EL1   "S3_0_C12_C11_3"
#define IDLE_PRIORITY 0xff
#define DEFAULT	      0xa0
#define WORDS	      32u
#define FIRST_PPI     16u
#define SPIS_MAX      40u
#define AT_ONCE	      32u
#define CTLR_EOIMODE  2u
#define CTLR_CBPR     1u
#define CROWD	      7u /* more than there are list registers */
#define ORDER_MAX     64u
#define SPSR_I	      (UINT64_C(1) << 7)
#define QUIET_NS      UINT64_C(300000)	   /* long enough for what must not come */
#define PATIENCE_NS   UINT64_C(4000000000) /* for what must */
#define MOMENT_NS     UINT64_C(50000)
#define ROUNDS	      200u

/* INJECTED: of the virtual CPU interface, which a direct cell has not. PARKED: with EOImode 1 more are active
 * than there are list registers, which takes an ICC_DIR_EL1 that can be made to trap (ICH_VTR_EL2.TDS). */
struct exact_case {
	const char *name;
	void (*run)(void);
	bool needs_second; /* the second core runs */
	enum where { ANYWHERE, INJECTED, PARKED } where;
};

/* Each ends with a NULL name. */
extern const struct exact_case register_cases[], delivery_cases[], end_cases[], state_cases[],
	sibling_cases[];

extern const struct guest *exact_guest;
extern uint64_t frames[2], routes[2]; /* of both cores: redistributor, affinity */
extern uint32_t spis[SPIS_MAX], spi_count, owned[WORDS];

/* ---- what was taken ---- */

extern struct core_log {
	volatile uint32_t counts[GIC_INTIDS]; /* deliveries */
	volatile uint32_t order[ORDER_MAX], ends[ORDER_MAX];
	volatile uint32_t taken, spurious, ended;
} logs[2];

typedef void hook(uint32_t intid); /* in the handler, while the interrupt is active */

extern hook *volatile hooks[2];
extern volatile bool abandon; /* the next interrupt is left without an end */

void taken(struct frame *frame); /* all interrupts of both cores */

/* ---- verdicts ---- */

void check(const char *what, uint64_t got, uint64_t want);
void pause_ns(uint64_t ns);

#define WAIT_FOR(condition)                                                                                  \
	do {                                                                                                 \
		const uint64_t end_ = timer_now() + timer_from_ns(PATIENCE_NS, timer_frequency());           \
		while (!(condition) && timer_now() < end_)                                                   \
			;                                                                                    \
	} while (0)

/* ---- registers; of SGIs and PPIs those of `core` ---- */

uint64_t bank(unsigned core, uint32_t intid, uint32_t offset);
bool get(unsigned core, uint32_t offset, uint32_t intid);
void put(unsigned core, uint32_t offset, uint32_t intid);
unsigned state(unsigned core, uint32_t intid); /* pending as 1, active as 2 */
uint64_t priority_at(unsigned core, uint32_t intid);
uint8_t read8(uint64_t address);
uint32_t count_bits(uint32_t offset); /* of all SPIs */
void route(uint32_t intid, unsigned core);
void enable(unsigned core, uint32_t intid, uint8_t priority);
void pend(uint32_t intid);
void sgi_to(unsigned core, uint32_t intid);
/* An SGI and SPIs, more than there are list registers, pending. */
void crowd(void);

/* ---- the first core's interrupts ---- */

void open_ns(uint64_t ns);
/* Unmasked until so many have come, and for a moment longer, lest there are more. */
void take(uint32_t deliveries);
void take_none(void);
/* spis[0] pending and `depth` of them enabled, each of a higher priority than the one before it. */
extern uint32_t nest_depth;
void nest_start(uint32_t depth, hook *in_handler);
/* A hook, or the beginning of one: each handler makes the next higher priority pending, and must be
 * interrupted by it. */
void nest(uint32_t intid);
/* A hook: the timer's line goes down. */
void timer_ends(uint32_t intid);
/* As a kernel that starts on the ruins of another: every interrupt disabled, not pending, not active. */
void fresh(void);

/* ---- the second core ---- */

extern struct second {
	volatile uint64_t starts;
	volatile bool open, opened; /* interrupts unmasked */
	volatile bool hold, held;   /* stays in its handler */
	volatile bool leave;
} second;

bool second_start(void);
void second_open(bool open);
void second_takes(uint32_t deliveries);
/* It stays in the handler of what it takes next. */
void second_hold(void);
void second_is_held(void);
void second_release(uint32_t deliveries);

#endif

// SPDX-License-Identifier: Apache-2.0
/*
 * ends.c - exact: ends out of turn: the priority dropped and the interrupt deactivated apart (EOImode 1),
 * ends of what no longer runs, deactivations of nothing.
 */
#include "exact.h"

/* With the priority dropped at once, and deactivation apart, more stay active than there are list registers.
 */
static void case_ends_apart(void)
{
	sysreg_write(ICC_CTLR_EL1, CTLR_EOIMODE);
	barrier_isb();
	for (uint32_t i = 0; i < AT_ONCE; i++) {
		enable(0, spis[i], (uint8_t)(0x80 - i % 4 * 16));
		pend(spis[i]);
	}
	take(AT_ONCE);
	check("all active", count_bits(ISACTIVER), AT_ONCE);
	enable(0, 4, 0x40);
	sgi_to(0, 4);
	take(AT_ONCE + 1);
	for (uint32_t i = 0; i < AT_ONCE; i++) { /* in an order of its own */
		const uint32_t intid = spis[(i * 7 + 3) % AT_ONCE];

		check("active before", state(0, intid), 2);
		sysreg_write(ICC_DIR_EL1, intid);
		barrier_isb();
		check("deactivated", state(0, intid), 0);
		check("and no other", count_bits(ISACTIVER), AT_ONCE - 1 - i);
	}
	sysreg_write(ICC_DIR_EL1, 4);
	barrier_isb();
	check("the SGI's state", state(0, 4), 0);
	for (uint32_t i = 0; i < CROWD; i++)
		pend(spis[i]);
	take(AT_ONCE + 1 + CROWD);
	for (uint32_t i = CROWD; i-- > 0;) {
		sysreg_write(ICC_DIR_EL1, spis[i]);
		barrier_isb();
	}
	check("active afterwards", count_bits(ISACTIVER), 0);
	sysreg_write(ICC_CTLR_EL1, 0);
	barrier_isb();
}

/* A soft one is active without a list register, its priority dropped, and comes again. */
static void case_ends_apart_sgi(void)
{
	sysreg_write(ICC_CTLR_EL1, CTLR_EOIMODE);
	barrier_isb();
	enable(0, 2, 0xf0);
	sgi_to(0, 2);
	take(1);
	for (uint32_t i = 0; i < CROWD; i++) {
		enable(0, spis[i], 0x80);
		pend(spis[i]);
	}
	take(1 + CROWD);
	for (unsigned times = 0; times < 2; times++) {
		sgi_to(0, 2);
		take_none();
		check("pending and active", state(0, 2), 3);
		for (uint32_t i = 0; i < CROWD; i++) { /* all list registers are empty then */
			sysreg_write(ICC_DIR_EL1, spis[i]);
			barrier_isb();
		}
	}
	check("the SPIs' active", count_bits(ISACTIVER), 0);
	sysreg_write(ICC_DIR_EL1, 2);
	barrier_isb();
	take(2 + CROWD);
	check("active once more", state(0, 2), 2);
	sysreg_write(ICC_DIR_EL1, 2);
	barrier_isb();
	check("state afterwards", state(0, 2), 0);
	sysreg_write(ICC_CTLR_EL1, 0);
	barrier_isb();
}

/* Deactivated one by one, each when the guest has seen that it can be taken: the rest come, on any CPU. */
static void case_ends_apart_in_turn(void)
{
	sysreg_write(ICC_CTLR_EL1, CTLR_EOIMODE);
	barrier_isb();
	crowd();
	for (uint32_t ended = 0; ended <= CROWD && logs[0].taken >= ended; ended++) {
		irq_enable();
		WAIT_FOR(logs[0].taken > ended);
		irq_disable();
		check("taken", logs[0].taken > ended, 1);
		sysreg_write(ICC_DIR_EL1, logs[0].order[ended]);
		barrier_isb();
	}
	take(CROWD + 1);
	for (uint32_t i = 0; i < CROWD; i++)
		check("deliveries of one", logs[0].counts[spis[i]], 1);
	check("deliveries of the SGI", logs[0].counts[1], 1);
	check("active afterwards", count_bits(ISACTIVER), 0);
	sysreg_write(ICC_CTLR_EL1, 0);
	barrier_isb();
}

/* Parked ones are not deactivated by ICC_DIR_EL1 with EOImode 0, and with EOImode 1 what is no interrupt
 * (1023), or an LPI, deactivates nothing. */
static void deactivate_in_vain(uint32_t intid)
{
	nest(intid);
	if (intid != spis[nest_depth - 1])
		return;
	sysreg_write(ICC_DIR_EL1, spis[0]);
	sysreg_write(ICC_DIR_EL1, intid);
	barrier_isb();
	check("with EOImode 0", count_bits(ISACTIVER), nest_depth);
	sysreg_write(ICC_CTLR_EL1, CTLR_EOIMODE);
	barrier_isb();
	sysreg_write(ICC_DIR_EL1, 1023);
	sysreg_write(ICC_DIR_EL1, 8192 + spis[0]);
	barrier_isb();
	check("of nothing", count_bits(ISACTIVER), nest_depth);
	sysreg_write(ICC_CTLR_EL1, 0);
	barrier_isb();
}

static void case_deactivate_in_vain(void)
{
	nest_start(9, deactivate_in_vain);
	take(nest_depth);
	check("active afterwards", count_bits(ISACTIVER), 0);
}

/* Five handlers deep all priorities are dropped at once, as by a kernel that starts anew, and four are ended
 * by their register. The outermost stays, and another of its priority comes, whose handler ends it. */
static void end_of_another(uint32_t intid)
{
	const uint32_t late = spis[20];

	nest(intid);
	if (intid == late) {
		check("the outermost's state", state(0, spis[0]), 2);
		sysreg_write(ICC_EOIR1_EL1, spis[0]);
		barrier_isb();
		check("the outermost's state, ended", state(0, spis[0]), 0);
		check("own state", state(0, late), 2);
		put(0, ICACTIVER, late);
		check("own state, ended", state(0, late), 0);
	}
	if (intid != spis[nest_depth - 1])
		return;
	sysreg_write(ICC_AP1R0_EL1, 0);
	barrier_isb();
	for (uint32_t i = 1; i < nest_depth; i++)
		put(0, ICACTIVER, spis[i]);
	pend(late);
	irq_enable();
	WAIT_FOR(logs[0].counts[late] == 1);
	irq_disable();
}

static void case_end_of_another(void)
{
	enable(0, spis[20], 0xe0);
	nest_start(5, end_of_another);
	take(nest_depth + 1);
	check("active afterwards", count_bits(ISACTIVER), 0);
	hooks[0] = NULL;
	pend(spis[0]);
	pend(spis[20]);
	take(nest_depth + 3);
}

const struct exact_case end_cases[] = {
	{"ends-apart", case_ends_apart, false, PARKED},
	{"ends-apart-sgi", case_ends_apart_sgi, false, PARKED},
	{"ends-apart-in-turn", case_ends_apart_in_turn, false, INJECTED},
	{"deactivate-in-vain", case_deactivate_in_vain, false, INJECTED},
	{"end-of-another", case_end_of_another, false, ANYWHERE},
	{NULL, NULL, false, ANYWHERE},
};

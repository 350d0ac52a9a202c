// SPDX-License-Identifier: Apache-2.0
/*
 * delivery.c - exact: what is delivered, in which order, how often.
 */
#include "exact.h"

/* ---- many at once ---- */

static void all_states_in_handler(uint32_t intid)
{
	check("state in the handler", state(0, intid), 2);
}

static void each_once_in_order(uint32_t count)
{
	uint8_t last = 0;

	for (uint32_t i = 0; i < count; i++)
		check("deliveries of one", logs[0].counts[spis[i]], 1);
	for (uint32_t i = 0; i < logs[0].taken; i++) {
		const uint8_t priority = read8(priority_at(0, logs[0].order[i]));

		check("order of priority", priority >= last, 1);
		last = priority;
	}
	check("pending afterwards", count_bits(ISPENDR), 0);
	check("active afterwards", count_bits(ISACTIVER), 0);
}

/* 31 levels above the idle one, in no order. */
static uint8_t scattered(uint32_t i)
{
	return (uint8_t)(i * 7 % 31 * 8);
}

static void case_flood(void)
{
	uint32_t masks[WORDS] = {0};

	for (uint32_t i = 0; i < AT_ONCE; i++) {
		enable(0, spis[i], scattered(i));
		masks[spis[i] / 32] |= UINT32_C(1) << spis[i] % 32;
	}
	hooks[0] = all_states_in_handler;
	for (uint32_t word = 1; word < WORDS; word++)
		if (masks[word])
			mmio_write32(gic_distributor(ISPENDR) + 4 * word, masks[word]);
	check("pending at once", count_bits(ISPENDR), AT_ONCE);
	check("active before", count_bits(ISACTIVER), 0);
	take(AT_ONCE);
	each_once_in_order(AT_ONCE);
}

/* From the lowest priority to the highest, each taking another's list register; an SGI and a PPI among them.
 */
static void case_flood_upwards(void)
{
	for (uint32_t i = 0; i < AT_ONCE; i++)
		enable(0, spis[i], (uint8_t)(0xf0 - i / 2 * 8));
	enable(0, 3, 0xb0);
	enable(0, exact_guest->timer_intid, 0xc8);
	hooks[0] = timer_ends;
	for (uint32_t i = 0; i < AT_ONCE; i++) {
		pend(spis[i]);
		if (i == AT_ONCE / 2)
			sgi_to(0, 3);
		if (i == AT_ONCE / 2 + 1)
			timer_set(0);
	}
	check("pending at once", count_bits(ISPENDR), AT_ONCE);
	check("the SGI's state", state(0, 3), 1);
	check("the PPI's state", state(0, exact_guest->timer_intid), 1);
	take(AT_ONCE + 2);
	each_once_in_order(AT_ONCE);
	check("deliveries of the SGI", logs[0].counts[3], 1);
	check("deliveries of the PPI", logs[0].counts[exact_guest->timer_intid], 1);
}

/* Whoever comes last with the highest priority comes first. */
static void case_latecomer(void)
{
	for (uint32_t i = 0; i < CROWD; i++) {
		enable(0, spis[i], 0xb0);
		pend(spis[i]);
	}
	enable(0, spis[CROWD], 0x10);
	pend(spis[CROWD]);
	enable(0, 5, 0x08);
	sgi_to(0, 5);
	take(CROWD + 2);
	check("first", logs[0].order[0], 5);
	check("second", logs[0].order[1], spis[CROWD]);
	each_once_in_order(CROWD);
}

static void late_in_handler(uint32_t intid)
{
	if (intid == spis[0])
		pend(spis[CROWD]);
}

static void case_latecomer_in_handler(void)
{
	for (uint32_t i = 0; i < CROWD; i++) {
		enable(0, spis[i], i ? 0xb0 : 0x40);
		pend(spis[i]);
	}
	enable(0, spis[CROWD], 0x10);
	hooks[0] = late_in_handler;
	take(CROWD + 1);
	check("first", logs[0].order[0], spis[0]);
	check("second", logs[0].order[1], spis[CROWD]);
}

/* ---- nesting ---- */

uint32_t nest_depth;

static uint32_t index_of(uint32_t intid)
{
	uint32_t i;

	for (i = 0; i < spi_count && spis[i] != intid; i++)
		;
	return i;
}

void nest(uint32_t intid)
{
	const uint32_t i = index_of(intid);

	if (i + 1 >= nest_depth)
		return;
	pend(spis[i + 1]);
	irq_enable();
	WAIT_FOR(logs[0].counts[spis[i + 1]] == 1);
	irq_disable();
	check("interrupts its handler", logs[0].counts[spis[i + 1]], 1);
}

void nest_start(uint32_t depth, hook *in_handler)
{
	nest_depth = depth;
	for (uint32_t i = 0; i < depth; i++)
		enable(0, spis[i], (uint8_t)(0xe0 - i * 16));
	hooks[0] = in_handler;
	pend(spis[0]);
}

static void nested(uint32_t depth)
{
	nest_start(depth, nest);
	take(depth);
	for (uint32_t i = 0; i < depth; i++)
		check("order of ends", logs[0].ends[i], spis[depth - 1 - i]);
	check("active afterwards", count_bits(ISACTIVER), 0);
	take_none();
	pend(spis[0]); /* and again, without a hook: nothing was left behind */
	hooks[0] = NULL;
	take(depth + 1);
}

static void case_nested(void)
{
	nested(3);
}

static void case_nested_deeper(void)
{
	nested(12);
}

/* In the innermost handler one comes that is higher than the second one, but not than the first. */
static void nest_with_middle(uint32_t intid)
{
	nest(intid);
	if (intid != spis[nest_depth - 1])
		return;
	pend(spis[20]);
	open_ns(QUIET_NS);
	check("a lower one waits", logs[0].counts[spis[20]], 0);
	check("its state", state(0, spis[20]), 1);
}

static void nested_middle(uint32_t depth)
{
	enable(0, spis[20], (uint8_t)(0xe0 - (depth - 1) * 16 + 8));
	nest_start(depth, nest_with_middle);
	take(depth + 1);
	check("first end", logs[0].ends[0], spis[depth - 1]);
	check("second end", logs[0].ends[1], spis[20]);
	check("third end", logs[0].ends[2], spis[depth - 2]);
}

static void case_nested_middle(void)
{
	nested_middle(4);
	fresh();
	nested_middle(9);
}

/* Lower than all that are active: it gets a list register of theirs, and comes when they have ended. */
static void case_nested_lowest(void)
{
	enable(0, spis[20], 0xe8);
	nest_start(9, nest_with_middle);
	take(10);
	check("last end", logs[0].ends[9], spis[20]);
	check("the end before", logs[0].ends[8], spis[0]);
}

static void sgi_again(uint32_t intid)
{
	nest(intid);
	if (intid == spis[nest_depth - 1]) {
		check("the SGI's state", state(0, 2), 3);
		mmio_write32(bank(0, 0, ICPENDR), 4);
		check("the SGI's state, cleared", state(0, 2), 2);
		sgi_to(0, 2);
	}
}

/* An SGI that was interrupted by more than there are list registers, and comes again. */
static void sgi_below(uint32_t intid)
{
	if (intid != 2) {
		sgi_again(intid);
		return;
	}
	if (logs[0].counts[2] > 1)
		return;
	sgi_to(0, 2);
	pend(spis[0]);
	irq_enable();
	WAIT_FOR(logs[0].counts[spis[0]] == 1);
	irq_disable();
}

static void case_nested_sgi(void)
{
	nest_depth = 8;
	enable(0, 2, 0xe8);
	for (uint32_t i = 0; i < nest_depth; i++)
		enable(0, spis[i], (uint8_t)(0xe0 - i * 16));
	hooks[0] = sgi_below;
	sgi_to(0, 2);
	take(nest_depth + 2);
	check("deliveries of the SGI", logs[0].counts[2], 2);
	check("ends last", logs[0].ends[nest_depth + 1], 2);
	check("state afterwards", state(0, 2), 0);
}

/* The register ends the innermost one, then its handler's end comes: of nothing, with others parked. */
static void nest_ended_by_register(uint32_t intid)
{
	nest(intid);
	if (intid == spis[nest_depth - 1] || intid == spis[1])
		put(0, ICACTIVER, intid);
	for (uint32_t i = 0; i < index_of(intid); i++)
		check("those below are active", state(0, spis[i]), 2);
}

static void case_nested_ended(void)
{
	nest_start(9, nest_ended_by_register);
	take(nest_depth);
	check("active afterwards", count_bits(ISACTIVER), 0);
}

static void case_priority_mask(void)
{
	enable(0, spis[0], 0x90);
	enable(0, spis[1], 0x70);
	sysreg_write(ICC_PMR_EL1, 0x80);
	barrier_isb();
	pend(spis[0]);
	pend(spis[1]);
	take(1);
	check("first", logs[0].order[0], spis[1]);
	check("the other's state", state(0, spis[0]), 1);
	sysreg_write(ICC_PMR_EL1, 0xff);
	barrier_isb();
	take(2);
}

static void not_interrupted(uint32_t intid)
{
	if (intid != spis[0])
		return;
	pend(spis[1]);
	open_ns(QUIET_NS);
	check("no preemption in a group", logs[0].counts[spis[1]], 0);
}

static void case_binary_point(void)
{
	enable(0, spis[0], 0xa0);
	enable(0, spis[1], 0x90);
	sysreg_write(ICC_BPR1_EL1, 6); /* bit 7 alone is the group priority (ICC_BPR1_EL1) */
	barrier_isb();
	hooks[0] = not_interrupted;
	pend(spis[0]);
	take(2);
	check("order", logs[0].order[1], spis[1]);
}

/* ICC_BPR0_EL1 holds for Group 1, too, and says one bit more: bits 7 to 4 are the group priority, then 7
 * to 5. */
static void case_binary_point_common(void)
{
	sysreg_write(ICC_CTLR_EL1, CTLR_CBPR);
	sysreg_write("ICC_BPR1_EL1", 7);
	sysreg_write("ICC_BPR0_EL1", 3);
	barrier_isb();
	nested(9);
	fresh();
	sysreg_write("ICC_BPR0_EL1", 4);
	barrier_isb();
	enable(0, spis[0], 0xb0);
	enable(0, spis[1], 0xa0);
	hooks[0] = not_interrupted;
	pend(spis[0]);
	take(2);
	check("order", logs[0].order[1], spis[1]);
	sysreg_write("ICC_BPR0_EL1", 0);
	sysreg_write(ICC_CTLR_EL1, 0);
	barrier_isb();
}

/* ---- second arrivals ---- */

static void once_more(uint32_t intid)
{
	if (logs[0].counts[intid] > 1)
		return;
	if (intid < FIRST_PPI)
		sgi_to(0, intid);
	else
		pend(intid);
	check("pending and active", state(0, intid), 3);
	open_ns(QUIET_NS);
	check("not while it is active", logs[0].counts[intid], 1);
}

static void case_second_arrival(void)
{
	enable(0, 1, DEFAULT);
	enable(0, spis[0], DEFAULT);
	hooks[0] = once_more;
	sgi_to(0, 1);
	take(2);
	pend(spis[0]);
	take(4);
	check("deliveries of the SGI", logs[0].counts[1], 2);
	check("deliveries of the SPI", logs[0].counts[spis[0]], 2);
}

static void case_pended_twice(void)
{
	enable(0, 1, DEFAULT);
	for (uint32_t i = 0; i < CROWD; i++)
		enable(0, spis[i], DEFAULT);
	for (unsigned times = 0; times < 2; times++) {
		sgi_to(0, 1);
		for (uint32_t i = 0; i < CROWD; i++)
			pend(spis[i]);
	}
	take(CROWD + 1);
}

const struct exact_case delivery_cases[] = {
	{"flood", case_flood, false, ANYWHERE},
	{"flood-upwards", case_flood_upwards, false, ANYWHERE},
	{"latecomer", case_latecomer, false, ANYWHERE},
	{"latecomer-in-handler", case_latecomer_in_handler, false, ANYWHERE},
	{"nested", case_nested, false, ANYWHERE},
	{"nested-deeper", case_nested_deeper, false, ANYWHERE},
	{"nested-middle", case_nested_middle, false, ANYWHERE},
	{"nested-lowest", case_nested_lowest, false, ANYWHERE},
	{"nested-sgi", case_nested_sgi, false, ANYWHERE},
	{"nested-ended", case_nested_ended, false, ANYWHERE},
	{"priority-mask", case_priority_mask, false, INJECTED},
	{"binary-point", case_binary_point, false, INJECTED},
	{"binary-point-common", case_binary_point_common, false, INJECTED},
	{"second-arrival", case_second_arrival, false, ANYWHERE},
	{"pended-twice", case_pended_twice, false, ANYWHERE},
	{NULL, NULL, false, ANYWHERE},
};

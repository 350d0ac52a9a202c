// SPDX-License-Identifier: Apache-2.0
/*
 * state.c - exact: registers that change what is pending, active, enabled.
 */
#include "exact.h"

/* ---- registers that change state ---- */

static void case_clear_pending(void)
{
	crowd();
	for (uint32_t i = 0; i < CROWD; i += 2) {
		put(0, ICPENDR, spis[i]);
		check("state", state(0, spis[i]), 0);
	}
	check("others' state", state(0, spis[1]), 1);
	put(0, ICPENDR, 1);
	check("the SGI's state", state(0, 1), 0);
	take(CROWD / 2);
	for (uint32_t i = 0; i < CROWD; i++)
		check("deliveries of one", logs[0].counts[spis[i]], i % 2);
	for (uint32_t i = 0; i < CROWD; i++) /* all of them come again */
		pend(spis[i]);
	sgi_to(0, 1);
	take(CROWD / 2 + CROWD + 1);
}

static void case_disable(void)
{
	crowd();
	for (uint32_t i = 0; i < CROWD; i++) {
		put(0, ICENABLER, spis[i]);
		check("enabled", get(0, ISENABLER, spis[i]), 0);
		check("state", state(0, spis[i]), 1);
	}
	put(0, ICENABLER, 1);
	check("the SGI's state", state(0, 1), 1);
	take_none();
	for (uint32_t i = 0; i < CROWD; i++)
		put(0, ISENABLER, spis[i]);
	put(0, ISENABLER, 1);
	take(CROWD + 1);
	for (uint32_t i = 0; i < CROWD; i++)
		check("deliveries of one", logs[0].counts[spis[i]], 1);
}

/* A level that is disabled while it is pending stays so as long as its line is high, and no longer. */
static void case_disable_level(void)
{
	const uint32_t ppi = exact_guest->timer_intid;

	enable(0, ppi, DEFAULT);
	timer_set(0);
	check("state", state(0, ppi), 1);
	put(0, ICENABLER, ppi);
	check("state, disabled", state(0, ppi), 1);
	take_none();
	timer_stop();
	check("state, its line low", state(0, ppi), 0);
	put(0, ISENABLER, ppi);
	take_none();
	timer_set(0);
	check("state, its line high again", state(0, ppi), 1);
	put(0, ICENABLER, ppi);
	put(0, ISENABLER, ppi);
	hooks[0] = timer_ends;
	take(1);
	check("state afterwards", state(0, ppi), 0);
}

static void disable_itself(uint32_t intid)
{
	put(0, ICENABLER, intid);
	check("active still", state(0, intid), 2);
	if (intid < FIRST_PPI)
		sgi_to(0, intid);
	else
		pend(intid);
	check("and pending", state(0, intid), 3);
}

static void case_disable_active(void)
{
	enable(0, 1, DEFAULT);
	enable(0, spis[0], DEFAULT);
	hooks[0] = disable_itself;
	sgi_to(0, 1);
	pend(spis[0]);
	take(2);
	check("the SGI's state", state(0, 1), 1);
	check("the SPI's state", state(0, spis[0]), 1);
	hooks[0] = NULL;
	put(0, ISENABLER, 1);
	put(0, ISENABLER, spis[0]);
	take(4);
}

/* Active by ISACTIVER: not delivered until it is ended there, whether it was pending before or not. */
static void set_active(uint32_t intid, bool pending_first)
{
	const uint32_t before = logs[0].taken;

	if (pending_first)
		pend(intid);
	put(0, ISACTIVER, intid);
	check("state", state(0, intid), pending_first ? 3 : 2);
	if (!pending_first)
		pend(intid);
	check("state", state(0, intid), 3);
	take_none();
	put(0, ICACTIVER, intid);
	check("state, no more active", state(0, intid), 1);
	take(before + 1);
}

static void case_set_active(void)
{
	enable(0, 1, DEFAULT);
	enable(0, spis[0], DEFAULT);
	set_active(spis[0], false);
	set_active(spis[0], true);
	set_active(1, false);
	set_active(1, true);
}

static void active_already(uint32_t intid)
{
	put(0, ISACTIVER, intid);
	check("state", state(0, intid), 2);
}

static void case_set_active_again(void)
{
	enable(0, 1, DEFAULT);
	enable(0, spis[0], DEFAULT);
	hooks[0] = active_already;
	for (uint32_t times = 0; times < 2; times++) {
		sgi_to(0, 1);
		pend(spis[0]);
		take(2 * (times + 1));
		check("the SGI's state", state(0, 1), 0);
		check("the SPI's state", state(0, spis[0]), 0);
	}
}

static void end_by_register(uint32_t intid)
{
	put(0, ICACTIVER, intid);
	check("state", state(0, intid), 0);
	if (logs[0].counts[intid] > 1)
		return;
	if (intid < FIRST_PPI)
		sgi_to(0, intid);
	else
		pend(intid);
	check("pending again", state(0, intid), 1);
}

static void case_clear_active(void)
{
	enable(0, 1, DEFAULT);
	enable(0, spis[0], DEFAULT);
	hooks[0] = end_by_register;
	sgi_to(0, 1);
	take(2);
	pend(spis[0]);
	take(4);
}

/* An SGI that comes again in its handler: each of its states is taken from it alone, the other stays. */
static void sgi_by_halves(uint32_t intid)
{
	if (logs[0].counts[intid] > 1)
		return;
	sgi_to(0, intid);
	check("pending and active", state(0, intid), 3);
	put(0, ICPENDR, intid);
	check("pending cleared", state(0, intid), 2);
	sgi_to(0, intid);
	put(0, ICENABLER, intid);
	check("disabled", state(0, intid), 3);
	put(0, ISENABLER, intid);
	check("enabled again", state(0, intid), 3);
	put(0, ICACTIVER, intid);
	check("active cleared", state(0, intid), 1);
}

static void case_sgi_by_halves(void)
{
	enable(0, 1, DEFAULT);
	hooks[0] = sgi_by_halves;
	sgi_to(0, 1);
	take(2);
	check("state afterwards", state(0, 1), 0);
}

/* A panic in a handler: nothing is ended, and the next kernel starts with a sweep. */
static void ruin(uint32_t first)
{
	enable(0, first, 0x80);
	crowd();
	abandon = true;
	if (first < FIRST_PPI)
		sgi_to(0, first);
	else
		pend(first);
	irq_enable();
	WAIT_FOR(logs[0].taken);
	irq_disable();
	check("abandoned", logs[0].order[0], first);
	check("one alone", logs[0].taken, 1);
	check("its state", state(0, first), 2);
	fresh();
	check("pending afterwards", count_bits(ISPENDR), 0);
	check("active afterwards", count_bits(ISACTIVER), 0);
	check("SGIs pending afterwards", mmio_read32(bank(0, 0, ISPENDR)), 0);
	check("SGIs active afterwards", mmio_read32(bank(0, 0, ISACTIVER)), 0);
	take_none();
	crowd();
	enable(0, first, DEFAULT);
	if (first < FIRST_PPI)
		sgi_to(0, first);
	else
		pend(first);
	take(CROWD + 2);
}

static void case_kdump(void)
{
	ruin(spis[CROWD]);
	fresh();
	ruin(4);
}

static void case_group(void)
{
	const uint64_t ctlr = gic_distributor(GICD_CTLR);
	const uint32_t late = spis[CROWD];
	uint32_t want;

	crowd();
	enable(0, exact_guest->timer_intid, DEFAULT);
	hooks[0] = timer_ends;
	mmio_write32(ctlr, mmio_read32(ctlr) & ~CTLR_GRP1);
	check("CTLR", mmio_read32(ctlr) & (CTLR_ARE | CTLR_GRP1), CTLR_ARE);
	timer_set(0);
	enable(0, late, DEFAULT);
	pend(late);
	put(0, ICENABLER, spis[0]);
	enable(0, 6, DEFAULT);
	sgi_to(0, 6);
	check("enabled meanwhile", get(0, ISENABLER, late), 1);
	check("disabled meanwhile", get(0, ISENABLER, spis[0]), 0);
	check("enabled before", get(0, ISENABLER, spis[1]), 1);
	check("SGI enabled meanwhile", get(0, ISENABLER, 6), 1);
	check("state of one that waited", state(0, spis[CROWD - 1]), 1);
	check("the SGI's state", state(0, 1), 1);
	check("the new SGI's state", state(0, 6), 1);
	check("the PPI's state", state(0, exact_guest->timer_intid), 1);
	take_none();
	mmio_write32(ctlr, mmio_read32(ctlr) | CTLR_GRP1);
	check("CTLR", mmio_read32(ctlr) & (CTLR_ARE | CTLR_GRP1), CTLR_ARE | CTLR_GRP1);
	want = CROWD - 1 + 1 + 1 + 2; /* less one, the late one, the PPI, two SGIs */
	take(want);
	check("the disabled one's state", state(0, spis[0]), 1);
	put(0, ISENABLER, spis[0]);
	take(want + 1);
}

const struct exact_case state_cases[] = {
	{"clear-pending", case_clear_pending, false, ANYWHERE},
	{"disable", case_disable, false, ANYWHERE},
	{"disable-level", case_disable_level, false, ANYWHERE},
	{"disable-active", case_disable_active, false, ANYWHERE},
	{"set-active", case_set_active, false, ANYWHERE},
	{"set-active-again", case_set_active_again, false, ANYWHERE},
	{"clear-active", case_clear_active, false, ANYWHERE},
	{"sgi-by-halves", case_sgi_by_halves, false, ANYWHERE},
	{"kdump", case_kdump, false, ANYWHERE},
	{"group", case_group, false, ANYWHERE},
	{NULL, NULL, false, ANYWHERE},
};

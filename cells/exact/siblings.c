// SPDX-License-Identifier: Apache-2.0
/*
 * siblings.c - exact: interrupts of another core, routes, cores that come and go.
 */
#include "exact.h"

#include "psci.h"

static void case_sibling_pending(void)
{
	const uint32_t spi = spis[0];

	enable(1, spi, DEFAULT);
	pend(spi);
	check("state", state(0, spi), 1);
	pause_ns(QUIET_NS);
	check("state in its list register", state(0, spi), 1);
	put(0, ICPENDR, spi);
	check("state, cleared", state(0, spi), 0);
	second_takes(0);
	pend(spi);
	pause_ns(QUIET_NS);
	pend(spi);
	put(0, ICENABLER, spi);
	check("state, disabled", state(0, spi), 1);
	second_takes(0);
	put(0, ISENABLER, spi);
	second_takes(1);
	check("state afterwards", state(0, spi), 0);
	for (uint32_t i = 0; i < CROWD; i++) {
		enable(1, spis[i], DEFAULT);
		pend(spis[i]);
	}
	pause_ns(QUIET_NS);
	check("a crowd's pending", count_bits(ISPENDR), CROWD);
	check("a crowd's active", count_bits(ISACTIVER), 0);
	for (uint32_t i = 1; i < CROWD; i++)
		put(0, ICPENDR, spis[i]);
	check("pending, all but one cleared", count_bits(ISPENDR), 1);
	second_takes(2);
	check("on the first core", logs[0].taken, 0);
}

static void case_sibling_active(void)
{
	const uint32_t spi = spis[0];

	enable(1, spi, DEFAULT);
	second_hold();
	pend(spi);
	second_is_held();
	check("state", state(0, spi), 2);
	pend(spi);
	check("pended again", state(0, spi), 3);
	put(0, ICPENDR, spi);
	check("cleared again", state(0, spi), 2);
	pend(spi);
	second_release(2);
	check("state afterwards", state(0, spi), 0);
	second_hold();
	pend(spi);
	second_is_held();
	put(0, ICACTIVER, spi);
	check("ended from here", state(0, spi), 0);
	second_release(3);
	pend(spi);
	second_takes(4);
}

static void case_sibling_frame(void)
{
	const uint32_t ppi = exact_guest->timer_intid;

	enable(1, 2, DEFAULT);
	enable(1, ppi, DEFAULT);
	check("enabled", get(1, ISENABLER, 2), 1);
	check("on this core", get(0, ISENABLER, 2), 0);
	put(1, ISPENDR, 2);
	check("state", state(1, 2), 1);
	pause_ns(QUIET_NS);
	check("state in its list register", state(1, 2), 1);
	check("on this core", state(0, 2), 0);
	put(1, ICPENDR, 2);
	check("state, cleared", state(1, 2), 0);
	second_takes(0);
	sgi_to(1, 2);
	pause_ns(QUIET_NS);
	put(1, ICENABLER, 2);
	check("state, disabled", state(1, 2), 1);
	second_takes(0);
	put(1, ISENABLER, 2);
	second_takes(1);
	second_hold();
	sgi_to(1, 2);
	second_is_held();
	check("state in its handler", state(1, 2), 2);
	sgi_to(1, 2);
	pause_ns(QUIET_NS);
	check("sent again", state(1, 2), 3);
	second_release(3);
	second_hold();
	sgi_to(1, 2);
	second_is_held();
	put(1, ICACTIVER, 2);
	check("ended from here", state(1, 2), 0);
	second_release(4);
	sgi_to(1, 2);
	second_takes(5);
	put(1, ISPENDR, ppi);
	check("the PPI's state", state(1, ppi), 1);
	second_takes(6);
	check("the PPI's state afterwards", state(1, ppi), 0);
	check("on the first core", logs[0].taken, 0);
}

/* Both ask each other for their list registers at the same time. */
static void ask_on(uint32_t intid)
{
	if (intid != 2)
		return;
	for (uint32_t i = 0; i < ROUNDS; i++)
		check("asked by the other", state(1, spis[1]), 1);
	second.held = true;
}

static void case_siblings_ask(void)
{
	enable(0, spis[1], DEFAULT);
	enable(1, spis[0], DEFAULT);
	enable(1, 2, 0x20);
	pend(spis[1]);
	hooks[1] = ask_on;
	second.held = false;
	pend(spis[0]);
	pause_ns(QUIET_NS);
	sgi_to(1, 2);
	second.open = true;
	for (uint32_t i = 0; i < 20 * ROUNDS && !second.held; i++)
		check("asked", state(0, spis[1]), 1);
	WAIT_FOR(second.held);
	second.open = false;
	WAIT_FOR(!second.opened);
	second.held = false;
	take(1);
}

/* ---- routes ---- */

static void case_route(void)
{
	const uint32_t spi = spis[0];

	enable(1, spi, DEFAULT);
	pend(spi);
	pause_ns(QUIET_NS);
	route(spi, 0); /* while it is pending there */
	check("state", state(0, spi), 1);
	take(1);
	second_takes(0);
	route(spi, 1);
	second_hold();
	pend(spi);
	second_is_held();
	route(spi, 0); /* while it is active there */
	check("state", state(0, spi), 2);
	pend(spi);
	take_none(); /* active is active, wherever */
	second.hold = false;
	take(2);
	check("on the second core", logs[1].taken, 1);
	second_open(false);
}

static void case_route_in_flight(void)
{
	const uint32_t spi = spis[0];
	uint32_t rounds;

	enable(0, spi, DEFAULT);
	second_open(true);
	irq_enable();
	/* On a busy host the second core may be late for all of the first rounds. */
	for (rounds = 0; rounds < ROUNDS || (!logs[1].taken && rounds < 50 * ROUNDS); rounds++) {
		pend(spi);
		pause_ns((rounds + 1) % 4 * MOMENT_NS);
		route(spi, (rounds + 1) & 1);
		WAIT_FOR(logs[0].taken + logs[1].taken > rounds);
		WAIT_FOR(state(0, spi) == 0);
	}
	irq_disable();
	second_open(false);
	check("deliveries to both", logs[0].taken + logs[1].taken, rounds);
	check("some to the second core", logs[1].taken > 0, 1);
	/* One that is routed elsewhere between its signal and its acknowledgement leaves 1023 behind. */
	logs[0].spurious = logs[1].spurious = 0;
}

static uint32_t next_random(void)
{
	static uint32_t seed = 1;

	seed = seed * 1103515245 + 12345;
	return seed >> 16;
}

/* Whatever is done to interrupts that both cores take meanwhile, afterwards each works, once for once. */
static void case_random_in_flight(void)
{
	static const uint32_t registers[] = {ISPENDR,	ISPENDR,   ISPENDR,   ICPENDR, ISENABLER,
					     ISENABLER, ICENABLER, ICACTIVER, ISPENDR};
	const uint32_t kinds = sizeof(registers) / sizeof(registers[0]);

	for (uint32_t i = 0; i < CROWD; i++)
		enable(i & 1, spis[i], (uint8_t)(0x40 + 16 * i));
	for (unsigned core = 0; core < 2; core++)
		enable(core, 2, 0x60);
	second_open(true);
	irq_enable();
	for (uint32_t i = 0; i < 10 * ROUNDS || (logs[1].taken <= CROWD && i < 1000 * ROUNDS); i++) {
		const uint32_t spi = spis[next_random() % CROWD], kind = next_random() % (kinds + 3);

		if (kind < kinds)
			put(0, registers[kind], spi);
		else if (kind == kinds)
			sgi_to(next_random() & 1, 2);
		else
			route(spi, kind - kinds - 1);
	}
	for (uint32_t i = 0; i < CROWD; i++)
		put(0, ISENABLER, spis[i]);
	WAIT_FOR(count_bits(ISPENDR) + count_bits(ISACTIVER) == 0);
	irq_disable();
	second_open(false);
	check("pending afterwards", count_bits(ISPENDR), 0);
	check("active afterwards", count_bits(ISACTIVER), 0);
	check("first core's SGI", state(0, 2), 0);
	check("second core's SGI", state(1, 2), 0);
	check("many to the first core", logs[0].taken > CROWD, 1);
	check("many to the second core", logs[1].taken > CROWD, 1);
	for (unsigned core = 0; core < 2; core++) {
		logs[core].taken = logs[core].spurious = 0;
		for (uint32_t i = 0; i < CROWD; i++) {
			route(spis[i], core);
			pend(spis[i]);
		}
		sgi_to(core, 2);
		if (core == 0)
			take(CROWD + 1);
		else
			second_takes(CROWD + 1);
	}
}

/* ---- hotplug ---- */

static void off_in_handler(uint32_t intid)
{
	(void)intid;
	psci_cpu_off();
}

static void off_wait(void)
{
	WAIT_FOR(psci_affinity_info(routes[1]) == PSCI_AFFINITY_OFF);
	check("off", (uint64_t)psci_affinity_info(routes[1]), PSCI_AFFINITY_OFF);
}

/* What the first core asks of one that is about to be off. */
static void case_sibling_leaves(void)
{
	for (unsigned times = 0; times < 4; times++) {
		enable(1, 2, DEFAULT);
		second.leave = true;
		do
			check("state", state(1, 2), 0);
		while (psci_affinity_info(routes[1]) != PSCI_AFFINITY_OFF);
		check("state when off", state(1, 2), 0);
		if (!second_start())
			return;
	}
}

static void case_hotplug(void)
{
	const uint32_t active = spis[0], low = spis[CROWD];
	uint32_t came;

	for (uint32_t i = 1; i < CROWD; i++)
		enable(1, spis[i], DEFAULT);
	enable(1, active, 0x80);
	enable(1, 2, DEFAULT);
	enable(1, exact_guest->timer_intid, DEFAULT);
	hooks[1] = off_in_handler;
	for (uint32_t i = 0; i < CROWD; i++)
		pend(spis[i]);
	sgi_to(1, 2);
	pause_ns(QUIET_NS);
	second.open = true; /* takes the first, and is off; the others were pending there */
	off_wait();
	check("deliveries before", logs[1].taken, 1);
	put(0, ICACTIVER, active);
	for (uint32_t i = 1; i < CROWD; i++)
		check("state", state(0, spis[i]), 1);
	/* Those that come for a core that is off wait in the distributor. */
	enable(1, low, 0x18);
	enable(1, spis[CROWD + 1], 0);
	pend(low);
	pend(spis[CROWD + 1]);
	pause_ns(QUIET_NS);
	check("state of a high priority", state(0, low), 1);
	check("state of the highest", state(0, spis[CROWD + 1]), 1);
	for (uint32_t i = 0; i <= CROWD + 1; i++)
		route(spis[i], 0);
	came = CROWD - 1 + 2;
	take(came);
	for (uint32_t i = 0; i <= CROWD + 1; i++)
		check("deliveries of one", logs[0].counts[spis[i]], spis[i] != active);
	pend(active);
	take(came + 1);
	hooks[1] = NULL;
	if (!second_start())
		return;
	check("enabled when on again", mmio_read32(bank(1, 0, ISENABLER)), 0);
	check("pending when on again", mmio_read32(bank(1, 0, ISPENDR)), 0);
	check("active when on again", mmio_read32(bank(1, 0, ISACTIVER)), 0);
	second_takes(1);
	enable(1, 2, DEFAULT);
	sgi_to(1, 2);
	second_takes(2);
	enable(1, active, DEFAULT);
	pend(active);
	second_takes(3);
}

/* Interrupts for a core that comes and goes: what it misses waits for it. */
static void case_hotplug_in_flight(void)
{
	const uint32_t spi = spis[0];

	for (uint32_t i = 1; i <= 20; i++) {
		enable(1, spi, i & 1 ? DEFAULT : 0);
		second.leave = true;
		pend(spi); /* before, while or after it is off */
		off_wait();
		if (!second_start())
			return;
		second_open(true);
		WAIT_FOR(logs[1].taken >= i);
		second_open(false);
		check("deliveries to the second core", logs[1].taken, i);
	}
}

const struct exact_case sibling_cases[] = {
	{"sibling-pending", case_sibling_pending, true, ANYWHERE},
	{"sibling-active", case_sibling_active, true, ANYWHERE},
	{"sibling-frame", case_sibling_frame, true, ANYWHERE},
	{"siblings-ask", case_siblings_ask, true, ANYWHERE},
	{"route", case_route, true, ANYWHERE},
	{"route-in-flight", case_route_in_flight, true, ANYWHERE},
	{"random-in-flight", case_random_in_flight, true, ANYWHERE},
	{"sibling-leaves", case_sibling_leaves, true, ANYWHERE},
	{"hotplug", case_hotplug, true, ANYWHERE},
	{"hotplug-in-flight", case_hotplug_in_flight, true, ANYWHERE},
	{NULL, NULL, false, ANYWHERE},
};

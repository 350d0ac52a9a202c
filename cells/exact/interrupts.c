// SPDX-License-Identifier: Apache-2.0
/*
 * interrupts.c - exact: interrupts set up, taken and counted, on both cores.
 */
#include "exact.h"

#include <string.h>

#include "psci.h"

struct core_log logs[2];
hook *volatile hooks[2];
volatile bool abandon;
struct second second;
uint64_t frames[2], routes[2];
uint32_t spis[SPIS_MAX], spi_count, owned[WORDS];
const struct guest *exact_guest;

void pause_ns(uint64_t ns)
{
	const uint64_t end = timer_now() + timer_from_ns(ns, timer_frequency());

	while (timer_now() < end)
		;
}

/* ---- registers ---- */

uint64_t bank(unsigned core, uint32_t intid, uint32_t offset)
{
	return intid < GIC_FIRST_SPI ? frames[core] + SGI_FRAME + offset
				     : gic_distributor(offset) + intid / 32 * 4;
}

bool get(unsigned core, uint32_t offset, uint32_t intid)
{
	return mmio_read32(bank(core, intid, offset)) >> intid % 32 & 1;
}

void put(unsigned core, uint32_t offset, uint32_t intid)
{
	mmio_write32(bank(core, intid, offset), UINT32_C(1) << intid % 32);
}

/* Pending as 1, active as 2. */
unsigned state(unsigned core, uint32_t intid)
{
	return get(core, ISPENDR, intid) + 2u * get(core, ISACTIVER, intid);
}

uint64_t priority_at(unsigned core, uint32_t intid)
{
	return (intid < GIC_FIRST_SPI ? frames[core] + SGI_FRAME : gic_distributor(0)) + IPRIORITYR + intid;
}

uint8_t read8(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return (uint8_t)value;
}

void route(uint32_t intid, unsigned core)
{
	mmio_write64(gic_distributor(GICD_IROUTER) + 8 * intid, routes[core]);
}

void enable(unsigned core, uint32_t intid, uint8_t priority)
{
	mmio_write8(priority_at(core, intid), priority);
	if (intid >= GIC_FIRST_SPI)
		route(intid, core);
	put(core, ISENABLER, intid);
}

void pend(uint32_t intid)
{
	put(0, ISPENDR, intid);
}

void sgi_to(unsigned core, uint32_t intid)
{
	gic_send_sgi(intid, routes[core] & ~UINT64_C(0xff), (uint16_t)(1 << (routes[core] & 0xf)));
}

uint32_t count_bits(uint32_t offset)
{
	uint32_t count = 0;

	for (uint32_t word = 1; word < WORDS; word++)
		if (owned[word])
			count +=
				(uint32_t)__builtin_popcount(mmio_read32(gic_distributor(offset) + 4 * word));
	return count;
}

void timer_ends(uint32_t intid)
{
	if (intid == exact_guest->timer_intid)
		timer_stop();
	check("state in the handler", state(0, intid), 2);
}

void crowd(void)
{
	enable(0, 1, DEFAULT);
	for (uint32_t i = 0; i < CROWD; i++)
		enable(0, spis[i], DEFAULT);
	sgi_to(0, 1);
	for (uint32_t i = 0; i < CROWD; i++)
		pend(spis[i]);
}

/* ---- interrupts ---- */

void taken(struct frame *frame)
{
	const unsigned core = core_index();
	struct core_log *log = &logs[core];
	const uint32_t intid = (uint32_t)sysreg_read(ICC_IAR1_EL1) & 0xffffff;

	barrier_dsb();
	if (intid >= GIC_INTIDS) {
		log->spurious++;
		return;
	}
	log->order[log->taken % ORDER_MAX] = intid;
	log->counts[intid]++;
	log->taken++;
	if (hooks[core])
		hooks[core](intid);
	if (abandon) {
		abandon = false;
		frame->spsr |= SPSR_I;
		return;
	}
	log->ends[log->ended++ % ORDER_MAX] = intid;
	sysreg_write(ICC_EOIR1_EL1, intid);
	barrier_isb();
}

void open_ns(uint64_t ns)
{
	irq_enable();
	pause_ns(ns);
	irq_disable();
}

/* Unmasked until so many have come, and for a moment longer, lest there are more. */
void take(uint32_t deliveries)
{
	irq_enable();
	WAIT_FOR(logs[0].taken >= deliveries);
	pause_ns(QUIET_NS);
	irq_disable();
	check("deliveries", logs[0].taken, deliveries);
}

void take_none(void)
{
	const uint32_t before = logs[0].taken;

	open_ns(QUIET_NS);
	check("deliveries of what must not come", logs[0].taken, before);
}

void second_open(bool open)
{
	second.open = open;
	WAIT_FOR(second.opened == open);
	check("the second core obeys", second.opened, open);
}

void second_takes(uint32_t deliveries)
{
	second_open(true);
	WAIT_FOR(logs[1].taken >= deliveries);
	pause_ns(QUIET_NS);
	second_open(false);
	check("deliveries to the second core", logs[1].taken, deliveries);
}

/* As a kernel that starts on the ruins of another: every interrupt disabled, not pending, not active. */
static void sweep(unsigned core)
{
	static const uint32_t registers[] = {ICENABLER, ICPENDR, ICACTIVER};

	for (unsigned r = 0; r < sizeof(registers) / sizeof(registers[0]); r++) {
		mmio_write32(bank(core, 0, registers[r]), UINT32_MAX);
		for (uint32_t word = 1; word < WORDS; word++)
			mmio_write32(gic_distributor(registers[r]) + 4 * word, UINT32_MAX);
	}
}

void fresh(void)
{
	irq_disable();
	timer_stop();
	hooks[0] = hooks[1] = NULL;
	abandon = false;
	sweep(0);
	if (second.starts)
		sweep(1);
	sysreg_write(ICC_AP1R0_EL1, 0);
	sysreg_write(ICC_PMR_EL1, 0xff);
	sysreg_write(ICC_BPR1_EL1, 0);
	barrier_isb();
	for (uint32_t i = 0; i < spi_count; i++) {
		mmio_write8(priority_at(0, spis[i]), DEFAULT);
		route(spis[i], 0);
	}
	memset((void *)(uintptr_t)logs, 0, sizeof(logs));
}

/* ---- the second core ---- */

static void second_core(unsigned core)
{
	frames[core] = gic_redistributor(0);
	second.opened = false;
	barrier_dsb();
	second.starts++;
	while (!second.leave) {
		if (second.open && !second.opened) {
			second.opened = true; /* first: what comes at once may find it closed again */
			irq_enable();
		} else if (!second.open && second.opened) {
			irq_disable();
			barrier_isb();
			second.opened = false;
		}
	}
	irq_disable();
}

bool second_start(void)
{
	const uint64_t before = second.starts;
	int64_t result;

	second.leave = second.open = second.hold = second.held = false;
	result = core_on(exact_guest, 1, second_core);
	check("CPU_ON", (uint64_t)result, PSCI_SUCCESS);
	WAIT_FOR(second.starts > before);
	check("starts", second.starts, before + 1);
	return second.starts > before;
}

static void hold(uint32_t intid)
{
	(void)intid;
	if (!second.hold)
		return;
	second.held = true;
	WAIT_FOR(!second.hold);
	second.held = false;
}

/* The second core is in its handler of an interrupt. */
void second_hold(void)
{
	hooks[1] = hold;
	second.hold = true;
}

void second_is_held(void)
{
	second.open = true;
	WAIT_FOR(second.held);
	check("in its handler", second.held, 1);
}

void second_release(uint32_t deliveries)
{
	second.hold = false;
	WAIT_FOR(!second.held);
	second_takes(deliveries);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * gic_exact.c - probe: the cell's interrupt controller, case by case, against what a GICv3 does (Arm IHI
 * 0069).
 *
 * `exact` takes all interrupts of the cell for itself and doesn't give them back. Each case starts with every
 * interrupt disabled and idle, and ends in a line of its own; what was wrong is said before. The first core
 * runs the cases and prints; the second one does what `second` says.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core.h"
#include "gic.h"
#include "mmio.h"
#include "probe.h"
#include "psci.h"
#include "timer.h"

#define GICD_CTLR      0x0000
#define GICD_TYPER     0x0004
#define GICD_IIDR      0x0008
#define GICD_STATUSR   0x0010
#define GICD_SETSPI    0x0040
#define GICD_CLRSPI    0x0048
#define IGROUPR	       0x0080
#define ISENABLER      0x0100
#define ICENABLER      0x0180
#define ISPENDR	       0x0200
#define ICPENDR	       0x0280
#define ISACTIVER      0x0300
#define ICACTIVER      0x0380
#define IPRIORITYR     0x0400
#define ITARGETSR      0x0800
#define ICFGR	       0x0c00
#define IGRPMODR       0x0d00
#define NSACR	       0x0e00
#define GICD_SGIR      0x0f00
#define GICD_CPENDSGIR 0x0f10
#define GICD_SPENDSGIR 0x0f20
#define GICD_IROUTER   0x6000
#define PIDR2	       0xffe8
#define GICR_CTLR      0x0000
#define GICR_IIDR      0x0004
#define GICR_TYPER     0x0008
#define GICR_WAKER     0x0014
#define GICR_SETLPIR   0x0040
#define GICR_PROPBASER 0x0070
#define GICR_PENDBASER 0x0078
#define GICR_INVLPIR   0x00a0
#define SGI_FRAME      0x10000
#define CTLR_GRP1      UINT32_C(2)
#define CTLR_ARE       UINT32_C(16)
#define CTLR_DS	       UINT32_C(64)

#define ICC_RPR_EL1    "S3_0_C12_C11_3"
#define IDLE_PRIORITY  0xff
#define DEFAULT	       0xa0
#define WORDS	       32u
#define FIRST_SPI      32u
#define FIRST_PPI      16u
#define SPIS_MAX       40u
#define AT_ONCE	       32u
#define CROWD	       7u /* more than there are list registers */
#define ORDER_MAX      64u
#define SPSR_I	       (UINT64_C(1) << 7)
#define QUIET_NS       UINT64_C(300000)	    /* long enough for what must not come */
#define PATIENCE_NS    UINT64_C(4000000000) /* for what must */
#define MOMENT_NS      UINT64_C(50000)
#define ROUNDS	       200u

static struct core_log {
	volatile uint32_t counts[GIC_INTIDS]; /* deliveries */
	volatile uint32_t order[ORDER_MAX];
	volatile uint32_t taken, spurious, ended;
	volatile uint32_t ends[ORDER_MAX];
} logs[2];

typedef void hook(uint32_t intid); /* in the handler, while the interrupt is active */

static hook *volatile hooks[2];
static volatile bool abandon; /* the next interrupt is left without an end */

static struct {
	volatile uint64_t starts;
	volatile bool open, opened; /* interrupts unmasked */
	volatile bool hold, held;   /* stays in its handler */
	volatile bool leave;
} second;

static uint64_t frames[2], routes[2];
static uint32_t spis[SPIS_MAX], spi_count, owned[WORDS];
static const char *case_name;
static unsigned case_bad, bad_cases;

/* ---- verdicts ---- */

static void check(const char *what, uint64_t got, uint64_t want)
{
	if (got == want)
		return;
	if (case_bad++ < 4)
		printf("probe: exact %s BAD %s got 0x%" PRIx64 " want 0x%" PRIx64 "\n", case_name, what, got,
		       want);
}

static void pause_ns(uint64_t ns)
{
	const uint64_t end = timer_now() + timer_from_ns(ns, timer_frequency());

	while (timer_now() < end)
		;
}

#define WAIT_FOR(condition)                                                                                  \
	do {                                                                                                 \
		const uint64_t end_ = timer_now() + timer_from_ns(PATIENCE_NS, timer_frequency());           \
		while (!(condition) && timer_now() < end_)                                                   \
			;                                                                                    \
	} while (0)

/* ---- registers ---- */

static uint64_t bank(unsigned core, uint32_t intid, uint32_t offset)
{
	return intid < FIRST_SPI ? frames[core] + SGI_FRAME + offset
				 : gic_distributor(offset) + intid / 32 * 4;
}

static bool get(unsigned core, uint32_t offset, uint32_t intid)
{
	return mmio_read32(bank(core, intid, offset)) >> intid % 32 & 1;
}

static void put(unsigned core, uint32_t offset, uint32_t intid)
{
	mmio_write32(bank(core, intid, offset), UINT32_C(1) << intid % 32);
}

/* Pending as 1, active as 2. */
static unsigned state(unsigned core, uint32_t intid)
{
	return get(core, ISPENDR, intid) + 2u * get(core, ISACTIVER, intid);
}

static uint64_t priority_at(unsigned core, uint32_t intid)
{
	return (intid < FIRST_SPI ? frames[core] + SGI_FRAME : gic_distributor(0)) + IPRIORITYR + intid;
}

static uint8_t read8(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return (uint8_t)value;
}

static void route(uint32_t intid, unsigned core)
{
	mmio_write64(gic_distributor(GICD_IROUTER) + 8 * intid, routes[core]);
}

static void enable(unsigned core, uint32_t intid, uint8_t priority)
{
	mmio_write8(priority_at(core, intid), priority);
	if (intid >= FIRST_SPI)
		route(intid, core);
	put(core, ISENABLER, intid);
}

static void pend(uint32_t intid)
{
	put(0, ISPENDR, intid);
}

static void sgi_to(unsigned core, uint32_t intid)
{
	gic_send_sgi(intid, routes[core] & ~UINT64_C(0xff), (uint16_t)(1 << (routes[core] & 0xf)));
}

static uint32_t count_bits(uint32_t offset)
{
	uint32_t count = 0;

	for (uint32_t word = 1; word < WORDS; word++)
		if (owned[word])
			count +=
				(uint32_t)__builtin_popcount(mmio_read32(gic_distributor(offset) + 4 * word));
	return count;
}

/* ---- interrupts ---- */

static void taken(struct frame *frame)
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

static void open_ns(uint64_t ns)
{
	irq_enable();
	pause_ns(ns);
	irq_disable();
}

/* Unmasked until so many have come, and for a moment longer, lest there are more. */
static void take(uint32_t deliveries)
{
	irq_enable();
	WAIT_FOR(logs[0].taken >= deliveries);
	pause_ns(QUIET_NS);
	irq_disable();
	check("deliveries", logs[0].taken, deliveries);
}

static void take_none(void)
{
	const uint32_t before = logs[0].taken;

	open_ns(QUIET_NS);
	check("deliveries of what must not come", logs[0].taken, before);
}

static void second_open(bool open)
{
	second.open = open;
	WAIT_FOR(second.opened == open);
	check("the second core obeys", second.opened, open);
}

static void second_takes(uint32_t deliveries)
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

static void fresh(void)
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

static void timer_ends(uint32_t intid)
{
	if (intid == probe_guest->timer_intid)
		timer_stop();
	check("state in the handler", state(0, intid), 2);
}

/* From the lowest priority to the highest, each taking another's list register; an SGI and a PPI among them.
 */
static void case_flood_upwards(void)
{
	for (uint32_t i = 0; i < AT_ONCE; i++)
		enable(0, spis[i], (uint8_t)(0xf0 - i / 2 * 8));
	enable(0, 3, 0xb0);
	enable(0, probe_guest->timer_intid, 0xc8);
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
	check("the PPI's state", state(0, probe_guest->timer_intid), 1);
	take(AT_ONCE + 2);
	each_once_in_order(AT_ONCE);
	check("deliveries of the SGI", logs[0].counts[3], 1);
	check("deliveries of the PPI", logs[0].counts[probe_guest->timer_intid], 1);
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

static uint32_t nest_depth;

static uint32_t index_of(uint32_t intid)
{
	uint32_t i;

	for (i = 0; i < spi_count && spis[i] != intid; i++)
		;
	return i;
}

/* Each handler makes the next higher priority pending, and must be interrupted by it. */
static void nest(uint32_t intid)
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

static void nested(uint32_t depth)
{
	nest_depth = depth;
	for (uint32_t i = 0; i < depth; i++)
		enable(0, spis[i], (uint8_t)(0xe0 - i * 16));
	hooks[0] = nest;
	pend(spis[0]);
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
	nest_depth = depth;
	for (uint32_t i = 0; i < depth; i++)
		enable(0, spis[i], (uint8_t)(0xe0 - i * 16));
	enable(0, spis[20], (uint8_t)(0xe0 - (depth - 1) * 16 + 8));
	hooks[0] = nest_with_middle;
	pend(spis[0]);
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

static void sgi_again(uint32_t intid)
{
	nest(intid);
	if (intid == spis[nest_depth - 1]) {
		sgi_to(0, 2); /* active since long */
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
	sysreg_write(ICC_BPR1_EL1, 6); /* bit 7 alone is the group priority (GICv3 4.8.2) */
	barrier_isb();
	hooks[0] = not_interrupted;
	pend(spis[0]);
	take(2);
	check("order", logs[0].order[1], spis[1]);
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

/* ---- registers that change state ---- */

static void crowd(void)
{
	enable(0, 1, DEFAULT);
	for (uint32_t i = 0; i < CROWD; i++)
		enable(0, spis[i], DEFAULT);
	sgi_to(0, 1);
	for (uint32_t i = 0; i < CROWD; i++)
		pend(spis[i]);
}

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
	enable(0, probe_guest->timer_intid, DEFAULT);
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
	check("the PPI's state", state(0, probe_guest->timer_intid), 1);
	take_none();
	mmio_write32(ctlr, mmio_read32(ctlr) | CTLR_GRP1);
	check("CTLR", mmio_read32(ctlr) & (CTLR_ARE | CTLR_GRP1), CTLR_ARE | CTLR_GRP1);
	want = CROWD - 1 + 1 + 1 + 2; /* less one, the late one, the PPI, two SGIs */
	take(want);
	check("the disabled one's state", state(0, spis[0]), 1);
	put(0, ISENABLER, spis[0]);
	take(want + 1);
}

/* ---- the second core ---- */

static void second_core(unsigned core)
{
	frames[core] = gic_redistributor(0);
	second.opened = false;
	barrier_dsb();
	second.starts++;
	while (!second.leave) {
		if (second.open != second.opened) {
			if (second.open)
				irq_enable();
			else
				irq_disable();
			barrier_isb();
			second.opened = second.open;
		}
	}
	irq_disable();
}

static bool second_start(void)
{
	const uint64_t before = second.starts;
	int64_t result;

	second.leave = second.open = second.hold = second.held = false;
	result = core_on(probe_guest, 1, second_core);
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
static void second_hold(void)
{
	hooks[1] = hold;
	second.hold = true;
}

static void second_is_held(void)
{
	second.open = true;
	WAIT_FOR(second.held);
	check("in its handler", second.held, 1);
}

static void second_release(uint32_t deliveries)
{
	second.hold = false;
	WAIT_FOR(!second.held);
	second_takes(deliveries);
}

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
	const uint32_t ppi = probe_guest->timer_intid;

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

	enable(0, spi, DEFAULT);
	second_open(true);
	irq_enable();
	for (uint32_t i = 1; i <= ROUNDS; i++) {
		pend(spi);
		pause_ns(i % 4 * MOMENT_NS);
		route(spi, i & 1);
		WAIT_FOR(logs[0].taken + logs[1].taken >= i);
		WAIT_FOR(state(0, spi) == 0);
	}
	irq_disable();
	second_open(false);
	check("deliveries to both", logs[0].taken + logs[1].taken, ROUNDS);
	check("some to the second core", logs[1].taken > 0, 1);
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

static void case_hotplug(void)
{
	const uint32_t active = spis[0], low = spis[CROWD];
	uint32_t came;

	for (uint32_t i = 1; i < CROWD; i++)
		enable(1, spis[i], DEFAULT);
	enable(1, active, 0x80);
	enable(1, 2, DEFAULT);
	enable(1, probe_guest->timer_intid, DEFAULT);
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

/* ---- registers that never change ---- */

static void fixed(const char *what, uint64_t address, uint32_t want)
{
	check(what, mmio_read32(address), want);
	mmio_write32(address, UINT32_MAX);
	check(what, mmio_read32(address), want);
	mmio_write32(address, 0);
	check(what, mmio_read32(address), want);
}

static void fixed64(const char *what, uint64_t address, uint64_t want)
{
	mmio_write64(address, UINT64_MAX);
	check(what, mmio_read64(address), want);
	mmio_write64(address, 0);
	check(what, mmio_read64(address), want);
}

/* Two bits an interrupt, of those in `mask`: all are edges but PPIs. */
static uint32_t edges(uint32_t mask, unsigned half)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 16; i++)
		value |= (mask >> (16 * half + i) & 1) << (2 * i + 1);
	return value;
}

static void case_distributor(void)
{
	const uint64_t ctlr = gic_distributor(GICD_CTLR);
	const uint32_t ctlr_is = mmio_read32(ctlr), typer = mmio_read32(gic_distributor(GICD_TYPER));

	check("CTLR", ctlr_is & ~CTLR_DS, CTLR_ARE | CTLR_GRP1);
	mmio_write32(ctlr, UINT32_MAX);
	check("CTLR, all ones", mmio_read32(ctlr), ctlr_is);
	fixed("TYPER", gic_distributor(GICD_TYPER), typer);
	check("TYPER's number of bits", typer >> 19 & 31, 9);
	check("TYPER: no LPIs, messages, extended SPIs, NMIs, ranges",
	      typer & ~(0x01f8001fu | UINT32_C(1) << 25), 0);
	fixed("IIDR", gic_distributor(GICD_IIDR), mmio_read32(gic_distributor(GICD_IIDR)));
	fixed("STATUSR", gic_distributor(GICD_STATUSR), 0);
	check("PIDR2", mmio_read32(gic_distributor(PIDR2)) >> 4 & 15, 3);
	for (uint64_t at = GICD_SETSPI; at <= GICD_CLRSPI + 16; at += 8) {
		mmio_write32(gic_distributor(at), spis[0]);
		check("message-based", mmio_read32(gic_distributor(at)), 0);
	}
	check("message-based", state(0, spis[0]), 0);
	for (uint32_t word = 1; word < WORDS; word++) {
		fixed("IGROUPR", gic_distributor(IGROUPR) + 4 * word, owned[word]);
		fixed("IGRPMODR", gic_distributor(IGRPMODR) + 4 * word, 0);
		fixed("ICFGR", gic_distributor(ICFGR) + 8 * word, edges(owned[word], 0));
		fixed("ICFGR", gic_distributor(ICFGR) + 8 * word + 4, edges(owned[word], 1));
		fixed("NSACR", gic_distributor(NSACR) + 8 * word, 0);
	}
	fixed("ITARGETSR", gic_distributor(ITARGETSR) + spis[0] / 4 * 4, 0);
	mmio_write32(gic_distributor(GICD_SGIR), UINT32_C(0x02000001)); /* to itself, number 1 */
	fixed("CPENDSGIR", gic_distributor(GICD_CPENDSGIR), 0);
	fixed("SPENDSGIR", gic_distributor(GICD_SPENDSGIR), 0);
	check("SGIR", mmio_read32(bank(0, 0, ISPENDR)), 0);
	/* With affinity routing SGIs and PPIs have nothing here (12.9). */
	for (uint32_t offset = IGROUPR; offset <= ICACTIVER; offset += 0x80)
		fixed("word 0", gic_distributor(offset), 0);
	for (uint32_t n = 0; n < FIRST_SPI; n += 4)
		fixed("IPRIORITYR0-7", gic_distributor(IPRIORITYR + n), 0);
	fixed("ICFGR0", gic_distributor(ICFGR), 0);
	fixed("ICFGR1", gic_distributor(ICFGR + 4), 0);
	fixed64("IROUTER0", gic_distributor(GICD_IROUTER), 0);
}

static void case_state_registers(void)
{
	static const struct {
		uint32_t set, clear;
	} pairs[] = {{ISENABLER, ICENABLER}, {ISPENDR, ICPENDR}, {ISACTIVER, ICACTIVER}};

	for (unsigned p = 0; p < 3; p++) {
		for (uint32_t word = 1; word < WORDS; word++) {
			const uint64_t set = gic_distributor(pairs[p].set) + 4 * word;
			const uint64_t clear = gic_distributor(pairs[p].clear) + 4 * word;

			mmio_write32(set, UINT32_MAX);
			check("all set", mmio_read32(set), owned[word]);
			check("all set, by the other", mmio_read32(clear), owned[word]);
			mmio_write32(set, 0);
			mmio_write32(clear, 0);
			check("zeroes change nothing", mmio_read32(set), owned[word]);
			mmio_write32(clear, owned[word] & 0x55555555);
			check("some cleared", mmio_read32(set), owned[word] & 0xaaaaaaaa);
			mmio_write32(clear, UINT32_MAX);
			check("all cleared", mmio_read32(clear), 0);
		}
	}
}

static void case_priorities(void)
{
	const uint32_t spi = spis[0] & ~3u;
	const uint64_t at = gic_distributor(IPRIORITYR) + spi;
	uint32_t want = 0;

	for (uint32_t n = 0; n < 4; n++)
		if (owned[spi / 32] >> (spi + n) % 32 & 1)
			want |= (0x10u + 0x40u * n) << 8 * n;
	mmio_write32(at, UINT32_C(0xd0905010));
	check("word", mmio_read32(at), want);
	for (uint32_t n = 0; n < 4; n++)
		check("byte", read8(at + n), want >> 8 * n & 0xff);
	mmio_write8(gic_distributor(IPRIORITYR) + spis[0], 0x70);
	check("byte written", read8(gic_distributor(IPRIORITYR) + spis[0]), 0x70);
	mmio_write8(gic_distributor(IPRIORITYR) + spis[0], 0xff);
	check("upper bits at least", read8(gic_distributor(IPRIORITYR) + spis[0]) >> 4, 0xf);
	for (uint32_t n = FIRST_SPI; n < 1020; n += 4)
		if ((owned[n / 32] >> n % 32 & 0xf) == 0)
			fixed("not owned", gic_distributor(IPRIORITYR) + n, 0);
	mmio_write32(frames[0] + SGI_FRAME + IPRIORITYR + 4, UINT32_C(0xd0905010));
	check("SGIs, word", mmio_read32(frames[0] + SGI_FRAME + IPRIORITYR + 4), UINT32_C(0xd0905010));
	check("SGIs, byte", read8(frames[0] + SGI_FRAME + IPRIORITYR + 6), 0x90);
	mmio_write32(frames[0] + SGI_FRAME + IPRIORITYR + 4, UINT32_C(0xa0a0a0a0));
}

static void case_routes(void)
{
	const uint64_t at = gic_distributor(GICD_IROUTER) + 8 * spis[0];
	static const uint64_t foreign[] = {0, 3, UINT64_C(1) << 31, UINT64_C(1) << 32, 0x100, UINT64_MAX};

	route(spis[0], 1);
	check("double word", mmio_read64(at), routes[1]);
	check("lower half", mmio_read32(at), routes[1] & UINT32_MAX);
	check("upper half", mmio_read32(at + 4), routes[1] >> 32);
	mmio_write32(at, (uint32_t)routes[0]);
	check("lower half written", mmio_read64(at), routes[0]);
	mmio_write32(at + 4, 1);
	check("upper half elsewhere", mmio_read64(at), routes[0]);
	for (unsigned i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		mmio_write64(at, foreign[i]);
		check("elsewhere", mmio_read64(at), routes[0]);
	}
	for (uint32_t intid = FIRST_SPI; intid < 1020; intid++)
		if (!(owned[intid / 32] >> intid % 32 & 1))
			fixed64("not owned", gic_distributor(GICD_IROUTER) + 8 * intid, 0);
}

static void redistributor(unsigned core)
{
	const uint64_t rd = frames[core], sgi = rd + SGI_FRAME;
	const uint64_t typer = mmio_read64(rd + GICR_TYPER);
	const uint32_t private = mmio_read32(sgi + IGROUPR);

	fixed("CTLR", rd + GICR_CTLR, 0);
	fixed("IIDR", rd + GICR_IIDR, mmio_read32(rd + GICR_IIDR));
	fixed64("TYPER", rd + GICR_TYPER, typer);
	check("TYPER, lower half", mmio_read32(rd + GICR_TYPER), typer & UINT32_MAX);
	check("TYPER, upper half", mmio_read32(rd + GICR_TYPER + 4), typer >> 32);
	check("TYPER's affinity", typer >> 32, (routes[core] & 0xffffff) | (routes[core] >> 32) << 24);
	check("TYPER's processor number", typer >> 8 & 0xffff, core);
	check("TYPER: no LPIs", typer & 0xef, 0);
	fixed("WAKER", rd + GICR_WAKER, 0);
	fixed64("PROPBASER", rd + GICR_PROPBASER, 0);
	fixed64("PENDBASER", rd + GICR_PENDBASER, 0);
	fixed64("SETLPIR", rd + GICR_SETLPIR, 0);
	fixed64("INVLPIR", rd + GICR_INVLPIR, 0);
	check("PIDR2", mmio_read32(rd + PIDR2) >> 4 & 15, 3);
	check("SGIs and the timer's PPI are there",
	      private & (0xffff | UINT32_C(1) << probe_guest->timer_intid),
	      0xffff | UINT32_C(1) << probe_guest->timer_intid);
	fixed("IGROUPR0", sgi + IGROUPR, private);
	fixed("IGRPMODR0", sgi + IGRPMODR, 0);
	fixed("NSACR", sgi + NSACR, 0);
	fixed("ICFGR0", sgi + ICFGR, UINT32_C(0xaaaaaaaa));
	fixed("ICFGR1", sgi + ICFGR + 4, mmio_read32(sgi + ICFGR + 4) & edges(private, 1));
	for (uint32_t n = FIRST_SPI; n < 64; n += 4)
		fixed("no more priorities", sgi + IPRIORITYR + n, 0);
	fixed("no more words", sgi + ISENABLER + 4, 0);
	mmio_write32(sgi + ISENABLER, UINT32_MAX);
	check("enabled", mmio_read32(sgi + ISENABLER), private);
	mmio_write32(sgi + ICENABLER, 0x5555);
	check("some disabled", mmio_read32(sgi + ISENABLER), private & ~0x5555u);
	mmio_write32(sgi + ICENABLER, UINT32_MAX);
	check("none enabled", mmio_read32(sgi + ICENABLER), 0);
	mmio_write32(sgi + ISPENDR, 0xffff);
	check("SGIs pending", mmio_read32(sgi + ISPENDR) & 0xffff, 0xffff);
	mmio_write32(sgi + ICPENDR, 0xfffe);
	check("SGIs cleared", mmio_read32(sgi + ICPENDR) & 0xffff, 1);
	mmio_write32(sgi + ICPENDR, UINT32_MAX);
	mmio_write32(sgi + ISACTIVER, UINT32_MAX);
	check("active", mmio_read32(sgi + ISACTIVER), private);
	mmio_write32(sgi + ICACTIVER, UINT32_MAX);
	check("none active", mmio_read32(sgi + ICACTIVER), 0);
}

static void case_redistributor(void)
{
	redistributor(0);
}

static void case_redistributor_of_sibling(void)
{
	redistributor(1);
	second_takes(0);
}

/* ---- all of them ---- */

static const struct {
	const char *name;
	void (*run)(void);
	bool needs_second, injected; /* injected: of the virtual CPU interface, which a direct cell has not */
} cases[] = {
	{"distributor", case_distributor, false, false},
	{"state-registers", case_state_registers, false, false},
	{"priorities", case_priorities, false, false},
	{"redistributor", case_redistributor, false, false},
	{"flood", case_flood, false, false},
	{"flood-upwards", case_flood_upwards, false, false},
	{"latecomer", case_latecomer, false, false},
	{"latecomer-in-handler", case_latecomer_in_handler, false, false},
	{"nested", case_nested, false, false},
	{"nested-deeper", case_nested_deeper, false, false},
	{"nested-middle", case_nested_middle, false, false},
	{"nested-sgi", case_nested_sgi, false, false},
	{"priority-mask", case_priority_mask, false, true},
	{"binary-point", case_binary_point, false, true},
	{"second-arrival", case_second_arrival, false, false},
	{"pended-twice", case_pended_twice, false, false},
	{"clear-pending", case_clear_pending, false, false},
	{"disable", case_disable, false, false},
	{"disable-active", case_disable_active, false, false},
	{"set-active", case_set_active, false, false},
	{"set-active-again", case_set_active_again, false, false},
	{"clear-active", case_clear_active, false, false},
	{"kdump", case_kdump, false, false},
	{"group", case_group, false, false},
	{"sibling-pending", case_sibling_pending, true, false},
	{"sibling-active", case_sibling_active, true, false},
	{"sibling-frame", case_sibling_frame, true, false},
	{"siblings-ask", case_siblings_ask, true, false},
	{"redistributor-of-sibling", case_redistributor_of_sibling, true, false},
	{"routes", case_routes, true, false},
	{"route", case_route, true, false},
	{"route-in-flight", case_route_in_flight, true, false},
	{"hotplug", case_hotplug, true, false},
	{"hotplug-in-flight", case_hotplug_in_flight, true, false},
};

/* What the cell owns is what it can enable. The emulated UART's interrupt is left out: it comes by itself. */
static void find_spis(void)
{
	for (uint32_t word = 1; word < WORDS; word++) {
		mmio_write32(gic_distributor(ISENABLER) + 4 * word, UINT32_MAX);
		owned[word] = mmio_read32(gic_distributor(ISENABLER) + 4 * word);
		mmio_write32(gic_distributor(ICENABLER) + 4 * word, UINT32_MAX);
		for (uint32_t bit = 0; bit < 32; bit++)
			if ((owned[word] >> bit & 1) && 32 * word + bit != probe_guest->uart_intid &&
			    spi_count < SPIS_MAX)
				spis[spi_count++] = 32 * word + bit;
	}
}

static void run_one(unsigned n)
{
	case_name = cases[n].name;
	case_bad = 0;
	fresh();
	cases[n].run();
	check("spurious", logs[0].spurious + logs[1].spurious, 0);
	check("running priority", sysreg_read(ICC_RPR_EL1), IDLE_PRIORITY);
	bad_cases += case_bad != 0;
	if (!case_bad)
		printf("probe: exact %s ok\n", case_name);
}

/* DIRECT: without the cases of the virtual CPU interface. ONLY: the one of this number, counted from 1. */
static void run_exact(const uint64_t *args)
{
	unsigned done = 0;

	irq_disable();
	gic_interrupts_to(taken);
	timer_stop();
	find_spis();
	frames[0] = gic_redistributor(0);
	routes[0] = probe_guest->mpidr[0];
	routes[1] = probe_guest->mpidr[1];
	case_name = "start";
	check("SPIs, a crowd at least", spi_count > AT_ONCE, 1);
	check("cores", probe_guest->core_count, 2);
	for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]) && !case_bad; n++) {
		if ((args[0] && cases[n].injected) || (args[1] && args[1] != n + 1))
			continue;
		case_name = cases[n].name;
		if (cases[n].needs_second && !second.starts && !second_start())
			break;
		run_one(n);
		case_bad = 0;
		done++;
	}
	printf("probe: exact end cases=%u bad=%u\n", done, bad_cases);
	for (;;)
		wait_interrupt();
}

const struct probe_command probe_exact_commands[] = {
	{"exact", "[DIRECT [ONLY]]", 0, run_exact},
	{NULL, NULL, 0, NULL},
};

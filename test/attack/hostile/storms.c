// SPDX-License-Identifier: Apache-2.0
/*
 * storms.c - every owned interrupt made pending and active, again while it is active, with priorities, routes
 * and enables rewritten at random between; and after each burst the proof that nothing of it was lost or
 * is left: each owned interrupt is delivered once, alone and then all together.
 */
#include "hostile.h"

#define GICD_CTLR      0x0000
#define IGROUPR	       0x0080
#define ISENABLER      0x0100
#define ICENABLER      0x0180
#define ISPENDR	       0x0200
#define ICPENDR	       0x0280
#define ISACTIVER      0x0300
#define ICACTIVER      0x0380
#define IPRIORITYR     0x0400
#define ICFGR	       0x0c00
#define IROUTER	       0x6000
#define SGI_FRAME      0x10000
#define UART_DR	       0x0000
#define UART_IMSC      0x0038
#define UART_ICR       0x0044
#define CTLR_ENABLE    0x13
#define CTLR_RWP       (UINT32_C(1) << 31)
#define CTLR_EOIMODE   2 /* ICC_CTLR_EL1 */
#define SGIS	       0xffffu
#define PRIORITY       0xa0
#define INTIDS	       1020u
#define FIRST_SPI      32u
#define WORDS	       32u

#define ICC_IAR1       "S3_0_C12_C12_0"
#define ICC_EOIR1      "S3_0_C12_C12_1"
#define ICC_HPPIR1     "S3_0_C12_C12_2"
#define ICC_BPR1       "S3_0_C12_C12_3"
#define ICC_CTLR       "S3_0_C12_C12_4"
#define ICC_IGRPEN1    "S3_0_C12_C12_7"
#define ICC_PMR	       "S3_0_C4_C6_0"
#define ICC_AP1R0      "S3_0_C12_C9_0"
#define ICC_DIR	       "S3_0_C12_C11_1"
#define ICC_SGI1R      "S3_0_C12_C11_5"
#define SGI_ALL	       (UINT64_C(1) << 40)

#define BURST	       256u /* between two audits */
#define DEPTH_MAX      3u   /* of interrupts that interrupt */
#define IN_A_ROW       64u  /* interrupts, without an operation between: then it is turned off */
#define SETTLE_POLLS   10000u
#define PATIENCE_TICKS (sysreg_read("cntfrq_el0") / 4)

static volatile u32 taken[INTIDS];
static volatile u32 taken_count, in_a_row;
static volatile bool storming, again;
static u32 depth;

static bool owned(u32 intid)
{
	return plan.owned[intid / 32] >> intid % 32 & 1;
}

/* SGIs and PPIs have their registers in the redistributor. */
static u64 place(u32 intid, u64 offset)
{
	return (intid < FIRST_SPI ? plan.gicr + SGI_FRAME : plan.gicd) + offset;
}

static u64 word_place(u32 word, u64 offset)
{
	return place(word * 32, offset) + (u64)word * 4;
}

static void bit_write(u32 intid, u64 offset)
{
	write32(word_place(intid / 32, offset), UINT32_C(1) << intid % 32);
}

static bool bit_read(u32 intid, u64 offset)
{
	return read32(word_place(intid / 32, offset)) >> intid % 32 & 1;
}

static u32 random_owned(void)
{
	return random_below(4) ? random_interrupt(plan.owned) : (u32)random_below(16);
}

static void irqs(bool on)
{
	if (on)
		__asm__ volatile("msr daifclr, #2\n\tisb" ::: "memory");
	else
		__asm__ volatile("msr daifset, #2\n\tisb" ::: "memory");
}

static void timers_off(void)
{
	sysreg_write("cntv_ctl_el0", 0);
	sysreg_write("cntp_ctl_el0", 0);
}

static void route_random(void)
{
	const u32 intid = random_below(2) ? random_owned() : (u32)random_below(INTIDS);
	const u64 value = random_below(4) ? plan.mpidrs[random_below(plan.mpidr_count)] : random_value();

	if (random_below(2))
		write64(plan.gicd + IROUTER + 8 * (u64)intid, value);
	else
		write32(plan.gicd + IROUTER + 8 * (u64)intid + 4 * random_below(2), (u32)value);
}

/* Any word of the state registers, others' bits with one's own. */
static void word_random(void)
{
	static const u32 groups[] = {IGROUPR, ISENABLER, ICENABLER, ISPENDR,
				     ICPENDR, ISACTIVER, ICACTIVER, ICFGR};
	const u32 word = random_below(4) ? random_interrupt(plan.anyones) / 32 : (u32)random_below(WORDS);

	write32(word_place(word, groups[random_below(sizeof(groups) / sizeof(groups[0]))]),
		(u32)random_value());
}

static void priority_random(void)
{
	const u32 intid = random_owned();

	if (random_below(2))
		write8(place(intid, IPRIORITYR) + intid, (u8)random_next());
	else
		write32(place(intid, IPRIORITYR) + (intid & ~3u), (u32)random_value());
}

static void sgi_random(void)
{
	const u64 intid = random_below(16) << 24;

	switch (random_below(3)) {
	case 0:
		sysreg_write(ICC_SGI1R, SGI_ALL | intid);
		break;
	case 1:
		sysreg_write(ICC_SGI1R, random_next());
		break;
	default:
		sysreg_write(ICC_SGI1R,
			     (plan.mpidr >> 8 & 0xff) << 16 | intid | UINT64_C(1) << (plan.mpidr & 15));
		break;
	}
}

static void interface_random(void)
{
	switch (random_below(8)) {
	case 0:
		sysreg_write(ICC_PMR, random_value());
		break;
	case 1:
		sysreg_write(ICC_BPR1, random_below(8));
		break;
	case 2:
		sysreg_write(ICC_CTLR, random_value());
		break;
	case 3:
		sysreg_write(ICC_IGRPEN1, random_below(2));
		break;
	case 4:
		sysreg_write(ICC_AP1R0, random_value());
		break;
	case 5:
		sysreg_write(ICC_DIR, random_owned());
		break;
	case 6:
		sysreg_write(ICC_EOIR1, random_owned());
		break;
	default:
		(void)sysreg_read(ICC_HPPIR1);
		break;
	}
}

static void timer_random(void)
{
	const u64 when = now() + random_below(4096);

	sysreg_write("cntv_cval_el0", when);
	sysreg_write("cntp_cval_el0", when);
	sysreg_write("cntv_ctl_el0", random_below(4));
	sysreg_write("cntp_ctl_el0", random_below(4));
}

/* Its interrupt by its own means: a byte sent while the mask lets that through. */
static void uart_random(void)
{
	write32(plan.uart + UART_IMSC, (u32)random_value());
	write32(plan.uart + UART_DR, 0);
	write32(plan.uart + UART_ICR, (u32)random_value());
}

static void operation(void)
{
	switch (random_below(16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		bit_write(random_owned(), ISPENDR);
		break;
	case 4:
		bit_write(random_owned(), ICPENDR);
		break;
	case 5:
		bit_write(random_owned(), ISACTIVER);
		break;
	case 6:
		bit_write(random_owned(), ICACTIVER);
		break;
	case 7:
	case 8:
		bit_write(random_owned(), ISENABLER);
		break;
	case 9:
		bit_write(random_owned(), ICENABLER);
		break;
	case 10:
		priority_random();
		break;
	case 11:
		route_random();
		break;
	case 12:
		sgi_random();
		break;
	case 13:
		word_random();
		break;
	case 14:
		interface_random();
		break;
	default:
		if (random_below(2))
			timer_random();
		else
			uart_random();
		break;
	}
}

/* While it is active: pending again, no longer active, another priority, or others let in. */
static void reenter(u32 intid)
{
	switch (random_below(8)) {
	case 0:
	case 1:
		bit_write(intid, ISPENDR);
		break;
	case 2:
		bit_write(intid, ICACTIVER);
		break;
	case 3:
		operation();
		break;
	case 4:
		if (depth < DEPTH_MAX) {
			depth++;
			irqs(true);
			operation();
			irqs(false);
			depth--;
		}
		break;
	default:
		break;
	}
}

void storm_interrupt(void)
{
	const u32 intid = (u32)sysreg_read(ICC_IAR1) & 0xffffff;

	if (intid >= INTIDS)
		return;
	if (!owned(intid))
		wrong(WRONG_INTERRUPT, intid, 0, 0);
	taken[intid]++;
	taken_count++;
	report.taken++;
	if (intid >= 16 && intid < FIRST_SPI)
		timers_off();
	if (storming)
		reenter(intid);
	if (again && taken[intid] == 1)
		bit_write(intid, ISPENDR);
	if (storming && ++in_a_row > IN_A_ROW) {
		bit_write(intid, ICENABLER);
		bit_write(intid, ICPENDR);
	}
	if (!storming || random_below(16))
		sysreg_write(ICC_EOIR1, intid);
}

/* As after a start, and nothing waits. */
static void quiesce(void)
{
	irqs(false);
	timers_off();
	write32(plan.uart + UART_IMSC, 0);
	write32(plan.gicd + GICD_CTLR, CTLR_ENABLE);
	for (u32 i = 0; i < WORDS; i++)
		write32(word_place(i, ICENABLER), ~UINT32_C(0));
	for (u32 i = 0; i < SETTLE_POLLS && (read32(plan.gicd + GICD_CTLR) & CTLR_RWP); i++)
		;
	for (u32 i = 0; i < WORDS; i++) {
		write32(word_place(i, ICPENDR), ~UINT32_C(0));
		write32(word_place(i, ICACTIVER), ~UINT32_C(0));
	}
	for (u32 intid = 0; intid < INTIDS; intid++) {
		if (!owned(intid))
			continue;
		write8(place(intid, IPRIORITYR) + intid, PRIORITY);
		if (intid >= FIRST_SPI)
			write64(plan.gicd + IROUTER + 8 * (u64)intid, plan.mpidr);
	}
	sysreg_write(ICC_CTLR, 0);
	sysreg_write(ICC_AP1R0, 0);
	sysreg_write(ICC_BPR1, 0);
	sysreg_write(ICC_PMR, 0xff);
	sysreg_write(ICC_IGRPEN1, 1);
	for (u32 i = 0; i < INTIDS; i++)
		taken[i] = 0;
	taken_count = 0;
	in_a_row = 0;
}

static void wait_taken(u32 count)
{
	const u64 until = now() + PATIENCE_TICKS;

	irqs(true);
	while (taken_count < count && now() < until)
		;
	__asm__ volatile("isb" ::: "memory");
	irqs(false);
}

enum { ALONE, TOGETHER, AGAIN, KEPT };

static void expect(u32 intid, u32 times, u64 how)
{
	const u64 left = bit_read(intid, ISPENDR) | (u64)bit_read(intid, ISACTIVER) << 1;

	if (taken[intid] != times || left)
		wrong(WRONG_DELIVERY, intid | how << 32, taken[intid] | (u64)times << 32, left);
}

/* One after the other, as many times as it is made pending. */
static void audit_alone(u32 times, u32 how)
{
	u32 all = 0;

	quiesce();
	for (u32 intid = 0; intid < INTIDS; intid++) {
		if (!owned(intid))
			continue;
		bit_write(intid, ISENABLER);
		bit_write(intid, ISPENDR);
		all += times;
		wait_taken(all);
		expect(intid, times, how);
	}
	if (taken_count != all)
		wrong(WRONG_DELIVERY, INTIDS | (u64)how << 32, taken_count | (u64)all << 32, 0);
}

/* All at once, more than there are list registers. */
static void audit_together(void)
{
	u32 all = 0;

	quiesce();
	for (u32 intid = 0; intid < INTIDS; intid++) {
		if (!owned(intid))
			continue;
		write8(place(intid, IPRIORITYR) + intid, (u8)(random_below(16) << 4));
		bit_write(intid, ISENABLER);
		all++;
	}
	for (u32 i = 0; i < WORDS; i++)
		if (plan.owned[i])
			write32(word_place(i, ISPENDR), plan.owned[i]);
	wait_taken(all);
	for (u32 intid = 0; intid < INTIDS; intid++)
		if (owned(intid))
			expect(intid, 1, TOGETHER);
}

static u32 taken_all(void)
{
	const u64 pause = sysreg_read("cntfrq_el0") / 20000;
	u32 before;

	do {
		const u64 until = now() + pause;

		before = taken_count;
		irqs(true);
		while (now() < until)
			;
		irqs(false);
	} while (taken_count != before);
	return before;
}

/* SGIs that stay active (where EOImode can be 1), so that the list registers are full of them, and one of
 * these comes again while others wait. */
static void audit_kept(void)
{
	const u64 deadline = now() + PATIENCE_TICKS;
	u32 deactivated[16] = {0};

	quiesce();
	sysreg_write(ICC_CTLR, CTLR_EOIMODE);
	write32(word_place(0, ISENABLER), SGIS);
	write32(word_place(0, ISPENDR), SGIS);
	(void)taken_all();
	bit_write(0, ISPENDR);
	while (taken_all() < 17 && now() < deadline)
		for (u32 intid = 0; intid < 16; intid++)
			for (; deactivated[intid] < taken[intid]; deactivated[intid]++)
				sysreg_write(ICC_DIR, intid);
	for (u32 intid = 0; intid < 16; intid++)
		if (deactivated[intid] < taken[intid])
			sysreg_write(ICC_DIR, intid);
	for (u32 intid = 0; intid < 16; intid++)
		expect(intid, intid == 0 ? 2 : 1, KEPT);
}

static void audit(void)
{
	audit_alone(1, ALONE);
	again = true;
	audit_alone(2, AGAIN);
	again = false;
	audit_together();
	audit_kept();
	report.audits++;
}

void attack_storms(u64 count)
{
	audit();
	while (report.done < count) {
		storming = true;
		irqs(true);
		for (u32 i = 0; i < BURST && report.done < count; i++) {
			in_a_row = 0;
			operation();
			report.done++;
		}
		irqs(false);
		storming = false;
		audit();
	}
	quiesce();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vgic.c - delivery to the guest through list registers (GICv3 chapter 6; 12.4 for the registers).
 *
 * Interrupts with a physical one behind them (PPIs, SPIs) carry the HW bit: the guest's EOI deactivates the
 * physical interrupt and nothing exits. SGIs are software state: the physical SGI that carried them is
 * ended here, and a second arrival while the first is active makes its list register pending and active.
 * When all list registers are in use the lowest priority waits in `waiting`, with the underflow
 * interrupt armed.
 */
#include "vgic.h"
#include "../../core/core.h"
#include "../../core/events.h"
#include "gic.h"
#include "mmio_io.h"
#include "sysreg.h"

#define LR_PENDING	      BIT(62)
#define LR_ACTIVE	      BIT(63)
#define LR_STATE	      (LR_PENDING | LR_ACTIVE)
#define LR_HW		      BIT(61)
#define LR_GROUP1	      BIT(60)
#define LR_PRIORITY(priority) ((u64)(priority) << 48)
#define LR_PINTID(intid)      ((u64)(intid) << 32)

#define ICH_HCR_EN	      BIT(0)
#define ICH_HCR_UIE	      BIT(1)
#define ICH_HCR_NPIE	      BIT(3)

#define INTID_WORDS	      32u

static u32 lr_count;		 /* list registers of this core, at most 16 */
static u32 waiting[INTID_WORDS]; /* pending, without a list register */
static u32 waiting_count;

#ifdef BULKHEAD_HOST
u64 lr_read(u32 n);
void lr_write(u32 n, u64 value);
#else
#define LR_CASE_READ(n, reg)                                                                                 \
	case n:                                                                                              \
		return sysreg_read(reg);
#define LR_CASE_WRITE(n, reg)                                                                                \
	case n:                                                                                              \
		sysreg_write(reg, value);                                                                    \
		break;
#define LR_ALL(row)                                                                                          \
	row(0, S3_4_C12_C12_0) row(1, S3_4_C12_C12_1) row(2, S3_4_C12_C12_2) row(3, S3_4_C12_C12_3)          \
		row(4, S3_4_C12_C12_4) row(5, S3_4_C12_C12_5) row(6, S3_4_C12_C12_6) row(7, S3_4_C12_C12_7)  \
			row(8, S3_4_C12_C13_0) row(9, S3_4_C12_C13_1) row(10, S3_4_C12_C13_2)                \
				row(11, S3_4_C12_C13_3) row(12, S3_4_C12_C13_4) row(13, S3_4_C12_C13_5)      \
					row(14, S3_4_C12_C13_6) row(15, S3_4_C12_C13_7)

static u64 lr_read(u32 n)
{
	switch (n) {
		LR_ALL(LR_CASE_READ)
	default:
		return 0;
	}
}

static void lr_write(u32 n, u64 value)
{
	switch (n) {
		LR_ALL(LR_CASE_WRITE)
	default:
		break;
	}
}
#endif

static u32 lr_intid(u64 lr)
{
	return (u32)lr;
}

static u32 lr_priority(u64 lr)
{
	return (u32)field(lr, 48, 8);
}

/* An SPI taken for the guest goes back to the distributor, which may have another route for it by now: a
 * core that is turned off must not keep it active for good. */
static void spi_return(u32 intid, bool pending)
{
	const u32 word = intid / 32, bit = (u32)BIT(intid % 32);

	if (intid < INTID_FIRST_SPI)
		return;
	if (pending)
		mmio_write32(EL2_VA_GICD + GICD_ISPENDR + 4 * word, bit);
	mmio_write32(EL2_VA_GICD + GICD_ICACTIVER + 4 * word, bit);
}

/* Before the first vgic_clear there is nothing: lr_count is 0, whatever the registers hold. */
static void spis_return(void)
{
	for (u32 i = 0; i < lr_count; i++) {
		const u64 lr = lr_read(i);

		if (lr & LR_STATE)
			spi_return(lr_intid(lr), lr & LR_PENDING);
	}
	for (u32 word = 1; word < INTID_WORDS; word++)
		for (u32 left = waiting[word]; left; left &= left - 1)
			spi_return(32 * word + (u32)__builtin_ctz(left), true);
}

void vgic_clear(void)
{
	spis_return();
	lr_count = (u32)field(sysreg_read(ICH_VTR_EL2), 0, 5) + 1;
	if (lr_count > 16)
		lr_count = 16;
	for (u32 i = 0; i < lr_count; i++)
		lr_write(i, 0);
	for (u32 i = 0; i < INTID_WORDS; i++)
		waiting[i] = 0;
	waiting_count = 0;
	sysreg_write(ICH_HCR_EL2, 0);
	sysreg_write(ICH_VMCR_EL2, 0);
}

void vgic_guest_prepare(void)
{
	sysreg_write(ICH_HCR_EL2, ICH_HCR_EN);
}

static u8 priority_of(u32 intid)
{
	if (intid < INTID_FIRST_SPI)
		return mmio_read8(gicr_sgi_page(cell_core(this_core)) + GICD_IPRIORITYR + intid);
	return mmio_read8(EL2_VA_GICD + GICD_IPRIORITYR + intid);
}

static u64 lr_new(u32 intid)
{
	u64 lr = LR_PENDING | LR_GROUP1 | LR_PRIORITY(priority_of(intid)) | intid;

	if (intid >= 16)
		lr |= LR_HW | LR_PINTID(intid);
	return lr;
}

static bool lr_any_pending(void)
{
	for (u32 i = 0; i < lr_count; i++)
		if (lr_read(i) & LR_PENDING)
			return true;
	return false;
}

static void underflow_arm(void)
{
	u64 hcr = ICH_HCR_EN;

	/* Underflow alone would leave them waiting behind two interrupts that stay active. With none pending
	 * NPIE would fire for ever, since all registers are active then. */
	if (waiting_count)
		hcr |= ICH_HCR_UIE | (lr_any_pending() ? ICH_HCR_NPIE : 0);
	sysreg_write(ICH_HCR_EL2, hcr);
}

static void waiting_add(u32 intid)
{
	if (waiting[intid / 32] & BIT(intid % 32))
		return;
	waiting[intid / 32] |= (u32)BIT(intid % 32);
	waiting_count++;
	underflow_arm();
}

static void waiting_remove(u32 intid)
{
	waiting[intid / 32] &= (u32)~BIT(intid % 32);
	waiting_count--;
}

/*
 * One that has a list register already must not get a second. A soft one's pending joins active. A backed
 * one comes again only where its guest has deactivated the physical interrupt: what it has stands for both.
 */
static bool merge(u32 intid, u64 used)
{
	for (; used; used &= used - 1) {
		const u32 i = (u32)__builtin_ctzll(used);
		const u64 lr = lr_read(i);

		if (lr_intid(lr) != intid)
			continue;
		if (!(lr & LR_HW))
			lr_write(i, lr | LR_PENDING);
		return true;
	}
	return false;
}

/* All in use: the newcomer takes the place of the lowest pending priority, if it is higher than that. */
static void inject_crowded(u32 intid)
{
	const u64 newcomer = lr_new(intid);
	u32 lowest = lr_count;
	u64 victim = newcomer;

	for (u32 i = 0; i < lr_count; i++) {
		const u64 lr = lr_read(i);

		if ((lr & LR_STATE) == LR_PENDING && lr_priority(lr) > lr_priority(victim)) {
			lowest = i;
			victim = lr;
		}
	}
	if (lowest < lr_count)
		lr_write(lowest, newcomer);
	waiting_add(lr_intid(victim));
}

static u32 waiting_highest(void)
{
	u32 best = INTID_SPECIAL, best_priority = 256;

	for (u32 word = 0; word < INTID_WORDS; word++) {
		for (u32 left = waiting[word]; left; left &= left - 1) {
			const u32 intid = 32 * word + (u32)__builtin_ctz(left);
			const u32 priority = priority_of(intid);

			if (priority < best_priority) {
				best = intid;
				best_priority = priority;
			}
		}
	}
	return best;
}

static void refill(void)
{
	u64 empty = sysreg_read(ICH_ELRSR_EL2) & MASK(lr_count);

	while (waiting_count && empty) {
		const u32 intid = waiting_highest();

		lr_write((u32)__builtin_ctzll(empty), lr_new(intid));
		waiting_remove(intid);
		empty &= empty - 1;
	}
	underflow_arm();
}

/* Those that wait go first where their priority says so. [impl->swr~inject-through-list-registers~1] */
static void inject(u32 intid)
{
	const u64 empty = sysreg_read(ICH_ELRSR_EL2) & MASK(lr_count);

	telemetry()->injected++;
	if (merge(intid, ~empty & MASK(lr_count)))
		return;
	if (waiting[intid / 32] & BIT(intid % 32))
		waiting_remove(intid);
	if (empty == 0) {
		inject_crowded(intid);
	} else if (waiting_count == 0) {
		lr_write((u32)__builtin_ctzll(empty), lr_new(intid));
	} else {
		waiting_add(intid);
		refill();
	}
}

/* [impl->swr~irq-injected~1] */
void vgic_interrupt(void)
{
	const u32 intid = sysreg_read(ICC_IAR1_EL1) & 0xffffff;

	if (intid_none(intid))
		return;
	sysreg_write(ICC_EOIR1_EL1, intid); /* priority drop alone: EOImode is 1 */
	if (intid >= INTID_SPECIAL)
		return;
	if (intid == this_cell->maintenance_intid) {
		refill();
		sysreg_write(ICC_DIR_EL1, intid);
		return;
	}
	if (intid < 16)
		sysreg_write(ICC_DIR_EL1, intid);
	inject(intid);
}

static u32 lr_state(u32 word, u64 state)
{
	u32 bits = 0;

	for (u32 i = 0; i < lr_count; i++) {
		const u64 lr = lr_read(i);

		if ((lr & state) && lr_intid(lr) / 32 == word)
			bits |= (u32)BIT(lr_intid(lr) % 32);
	}
	return bits;
}

u32 vgic_pending(u32 word)
{
	return lr_state(word, LR_PENDING) | waiting[word];
}

u32 vgic_active(u32 word)
{
	return lr_state(word, LR_ACTIVE);
}

/* Takes `state` away from the interrupts in `mask`; with none left the physical one is ended, too. */
static void lr_state_clear(u32 word, u32 mask, u64 state)
{
	for (u32 i = 0; i < lr_count; i++) {
		const u64 lr = lr_read(i);

		if (!(lr & state) || lr_intid(lr) / 32 != word || !(mask & BIT(lr_intid(lr) % 32)))
			continue;
		lr_write(i, lr & LR_STATE & ~state ? lr & ~state : 0);
		if (!(lr & LR_STATE & ~state) && (lr & LR_HW))
			sysreg_write(ICC_DIR_EL1, lr_intid(lr));
	}
}

void vgic_pending_clear(u32 word, u32 mask)
{
	u32 dropped = waiting[word] & mask;

	lr_state_clear(word, mask, LR_PENDING);
	for (; dropped; dropped &= dropped - 1) {
		const u32 intid = 32 * word + (u32)__builtin_ctz(dropped);

		waiting_remove(intid);
		if (intid >= 16)
			sysreg_write(ICC_DIR_EL1, intid);
	}
}

void vgic_active_clear(u32 word, u32 mask)
{
	lr_state_clear(word, mask, LR_ACTIVE);
}

static bool sgi_wants(u64 value, const struct bp_core *core)
{
	const u64 cluster = field(value, 48, 8) << 32 | field(value, 32, 8) << 16 | field(value, 16, 8) << 8;

	if (value & BIT(40)) /* IRM: all but self */
		return core != cell_core(this_core);
	return (core->mpidr & ~UINT64_C(0xff)) == cluster &&
	       field(core->mpidr, 4, 4) == field(value, 44, 4) && (value & BIT(core->mpidr & 15));
}

/*
 * SGIs: a cell signals its own cores and no others. What falls outside is dropped and counted.
 * [impl->swr~sgi-own-cores-only~1]
 */
void vgic_send_sgi(u64 value)
{
	const u32 intid = (u32)field(value, 24, 4);
	u64 sent = 0;

	arch_publish(); /* what the guest wrote before the SGI is seen by whom it wakes */
	for (u32 i = 0; i < this_cell->cores.count; i++) {
		if (!sgi_wants(value, cell_core(i)))
			continue;
		sysreg_write(ICC_SGI1R_EL1, sgi_value(cell_core(i)->mpidr, intid));
		sent |= BIT(cell_core(i)->mpidr & 15);
	}
	isb();
	if (!(value & BIT(40)) && (value & 0xffff & ~sent)) {
		telemetry()->foreign_sgi++;
		event_record(EVENT_SGI_FOREIGN, value, 0, 0, 0);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vgic.c - delivery to the guest through list registers (Arm IHI 0069: ICH_LR<n>_EL2, ICH_HCR_EL2), and its
 * SGIs.
 *
 * Interrupts with a physical one behind them (PPIs, SPIs) carry the HW bit: the guest's EOI deactivates the
 * physical interrupt and nothing exits. SGIs are software state: the physical SGI that carried them is
 * ended here, and a second arrival while the first is active makes its list register pending and active.
 * When all list registers are in use the lowest priority waits in `waiting`, and the maintenance interrupt
 * comes when none is pending in them any more. When all are active, the lowest of those is `parked`: its end,
 * without a list register, is counted by the interface (ICH_HCR_EL2.EOIcount), or with EOImode 1 the guest's
 * ICC_DIR_EL1, which says whose it is, traps meanwhile.
 */
#include "vgic.h"
#include "../../core/dma.h"
#include "exits.h"
#include "gic.h"
#include "mmio_io.h"

#define LR_PENDING	      BIT(62)
#define LR_ACTIVE	      BIT(63)
#define LR_STATE	      (LR_PENDING | LR_ACTIVE)
#define LR_HW		      BIT(61)
#define LR_GROUP1	      BIT(60)
#define LR_PRIORITY(priority) ((u64)(priority) << 48)
#define LR_PINTID(intid)      ((u64)(intid) << 32)

#define ICH_HCR_EN	      BIT(0)
#define ICH_HCR_UIE	      BIT(1)
#define ICH_HCR_LRENPIE	      BIT(2)
#define ICH_HCR_NPIE	      BIT(3)
#define ICH_HCR_TDIR	      BIT(14)
#define ICH_VMCR_CBPR	      BIT(4)
#define ICH_VMCR_EOIMODE      BIT(9)
#define ICH_VTR_TDS	      BIT(19)

#define WATCHED		      (UINT32_C(1) << 31)
#define BEHIND_LPI	      4u /* interrupts, in its exit */

static u32 lr_count;	/* list registers of this core, at most 16 */
static u32 lr_all;	/* a bit each */
static u32 maintenance; /* INTID of the maintenance interrupt */
static u32 rpr_shift;	/* from the running priority to the distributor's scale */

/* Interrupts without a list register. */
static struct pool {
	u32 words[INTID_WORDS];
	u32 count;
} waiting /* pending */, parked /* active */;
static u32 without_lr;			     /* in both; WATCHED: and each interrupt is looked at */
static u8 parked_priority[32 * INTID_WORDS]; /* with which it was taken, for each bit of a pool */

#ifdef BULKHEAD_HOST
u64 lr_read(u32 n);
void lr_write(u32 n, u64 value);
static void lr_write_first(u64 value)
{
	lr_write(0, value);
}
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

static COLD u64 lr_read(u32 n)
{
	switch (n) {
		LR_ALL(LR_CASE_READ)
	default:
		return 0;
	}
}

static COLD void lr_write(u32 n, u64 value)
{
	switch (n) {
		LR_ALL(LR_CASE_WRITE)
	default:
		break;
	}
	isb(); /* which are in use is asked of the interface again */
}

static inline void lr_write_first(u64 value)
{
	sysreg_write(S3_4_C12_C12_0, value);
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

static u32 lr_used(void)
{
	return ~(u32)sysreg_read(ICH_ELRSR_EL2) & lr_all;
}

COLD void vgic_start(u32 priority_shift)
{
	rpr_shift = priority_shift;
	lr_count = (u32)field(sysreg_read(ICH_VTR_EL2), 0, 4) + 1; /* of ListRegs' 5 bits, whose most is 15 */
	lr_all = (u32)MASK(lr_count);
	for (u32 i = 0; i < lr_count; i++)
		lr_write(i, 0);
	maintenance = this_cell->maintenance_intid;
	vgic_sgi_start();
}

static bool is_edge(u32 intid)
{
	const u32 edges = intid < INTID_FIRST_SPI ? this_cell->ppi_edge : this_cell->spi_edge[intid / 32];

	return intid < INTID_FIRST_PPI || (edges & BIT(intid % 32));
}

/*
 * Takes an interrupt back from the guest. A soft one is nothing but its list register. A backed one is
 * deactivated at the distributor or redistributor; one that the guest has not seen yet is pending there
 * again: a level by itself, as long as its line is high, an edge by this write.
 */
static COLD void take_back(u32 intid, bool pending)
{
	const va_t bank = intid_bank(cell_core(this_core), intid) + 4 * (u64)(intid / 32);
	const u32 bit = (u32)BIT(intid % 32);

	if (pending && is_edge(intid))
		mmio_write32(bank + GICD_ISPENDR, bit);
	if (intid >= INTID_FIRST_PPI)
		mmio_write32(bank + GICD_ICACTIVER, bit);
}

static bool pool_has(const struct pool *pool, u32 intid)
{
	return pool->words[intid / 32] & BIT(intid % 32);
}

static void pool_remove(struct pool *pool, u32 intid)
{
	pool->words[intid / 32] &= (u32)~BIT(intid % 32);
	pool->count--;
	without_lr--;
}

/* One that isn't in it. */
static void pool_add(struct pool *pool, u32 intid)
{
	pool->words[intid / 32] |= (u32)BIT(intid % 32);
	pool->count++;
	without_lr++;
}

/* Takes those in `mask` back from the guest. */
static COLD void pool_end(struct pool *pool, u32 word, u32 mask, bool pending)
{
	for (u32 left = pool->words[word] & mask; left; left &= left - 1) {
		const u32 intid = 32 * word + (u32)__builtin_ctz(left);

		pool_remove(pool, intid);
		take_back(intid, pending);
	}
}

/* A core that is turned off must not keep an SPI active for good: it goes back to the distributor, which may
 * have another route for it by now. */
COLD void vgic_clear(void)
{
	for (u32 used = lr_used(); used; used &= used - 1) {
		const u32 i = (u32)__builtin_ctz(used);
		const u64 lr = lr_read(i);

		if (lr_intid(lr) >= INTID_FIRST_SPI)
			take_back(lr_intid(lr), lr & LR_PENDING);
		lr_write(i, 0);
	}
	for (u32 word = 0; word < INTID_WORDS && without_lr; word++) {
		pool_end(&waiting, word, ~UINT32_C(0),
			 word != 0); /* the redistributor's are cleared with it */
		pool_end(&parked, word, ~UINT32_C(0), false);
	}
	sysreg_write(ICH_HCR_EL2, 0);
	sysreg_write(ICH_VMCR_EL2, 0);
}

void vgic_guest_prepare(void)
{
	sysreg_write(ICH_HCR_EL2, ICH_HCR_EN);
}

static COLD u8 priority_of(u32 intid)
{
	return mmio_read8(intid_bank(cell_core(this_core), intid) + GICD_IPRIORITYR + intid);
}

static u64 lr_new(u32 intid, u64 priority)
{
	const u64 lr = LR_PENDING | LR_GROUP1 | LR_PRIORITY(priority) | intid;

	return intid < INTID_FIRST_PPI ? lr : lr | LR_HW | LR_PINTID(intid);
}

/*
 * One that has a list register already must not get a second. A soft one's pending joins active. A backed
 * one comes again only where its guest has deactivated the physical interrupt: what it has stands for both.
 */
static bool merge(u32 intid, u32 used)
{
	for (; used; used &= used - 1) {
		const u32 i = (u32)__builtin_ctz(used);
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
static COLD void inject_crowded(u64 newcomer)
{
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
	pool_add(&waiting, lr_intid(victim));
}

/* INTID_SPECIAL: none. What waits and is parked, too, is a second arrival, and its turn comes after the end
 * of the first. */
static COLD u32 pool_highest(const struct pool *pool)
{
	u32 best = INTID_SPECIAL, best_priority = 256;

	for (u32 word = 0; word < INTID_WORDS && pool->count; word++) {
		const u32 not_yet = pool == &waiting ? parked.words[word] : 0;

		for (u32 left = pool->words[word] & ~not_yet; left; left &= left - 1) {
			const u32 intid = 32 * word + (u32)__builtin_ctz(left);
			const u32 priority = pool == &waiting ? priority_of(intid) : parked_priority[intid];

			if (priority < best_priority) {
				best = intid;
				best_priority = priority;
			}
		}
	}
	return best;
}

/* Does the guest drop the priority and deactivate apart? */
static bool ends_apart(void)
{
	return sysreg_read(ICH_VMCR_EL2) & ICH_VMCR_EOIMODE;
}

static COLD u64 active_priorities(u32 n)
{
	switch (n) {
	case 0:
		return (u32)sysreg_read(ICH_AP1R0_EL2);
	case 1:
		return (u32)sysreg_read(S3_4_C12_C9_1);
	case 2:
		return (u32)sysreg_read(S3_4_C12_C9_2);
	default:
		return (u32)sysreg_read(S3_4_C12_C9_3);
	}
}

/*
 * Has the guest not dropped the priority of what it took at this one? Its group priority is set in
 * ICH_AP1R<n>_EL2 then, and not because of another that it has taken since, which has a list register.
 */
static COLD bool priority_runs(u32 priority)
{
	const u64 vmcr = sysreg_read(ICH_VMCR_EL2);
	const u32 unused = 7 - (u32)field(sysreg_read(ICH_VTR_EL2), 26, 3); /* preemption bits less one */
	const u64 point = vmcr & ICH_VMCR_CBPR ? field(vmcr, 21, 3) + 1 : field(vmcr, 18, 3);
	const u64 level = (priority & ~MASK(point)) >> unused;

	for (u32 used = lr_used(); used; used &= used - 1) {
		const u64 lr = lr_read((u32)__builtin_ctz(used));

		if ((lr & LR_ACTIVE) && (lr_priority(lr) & ~MASK(point)) >> unused == level)
			return false;
	}
	return active_priorities((u32)level / 32) >> level % 32 & 1;
}

/* Nested handlers end in the order of their priorities. One that ended by its register before has none to end
 * any more, but the guest's write is counted all the same. */
static COLD void parked_reap(void)
{
	const u64 hcr = sysreg_read(ICH_HCR_EL2);

	for (u64 ends = ends_apart() ? 0 : field(hcr, 27, 5); ends && parked.count; ends--) {
		const u32 intid = pool_highest(&parked);

		if (priority_runs(parked_priority[intid]))
			break;
		pool_remove(&parked, intid);
		take_back(intid, false);
	}
	sysreg_write(ICH_HCR_EL2, (u32)hcr & MASK(27));
}

/* The list register of the lowest active priority, free now; none, where one is pending, or where the guest
 * deactivates in whatever order it likes, and writing ICC_DIR_EL1 can't be made to trap. */
static COLD u32 park(void)
{
	u32 lowest = lr_count;
	u64 victim = 0;

	for (u32 i = 0; i < lr_count; i++) {
		const u64 lr = lr_read(i);

		if ((lr & LR_STATE) == LR_PENDING)
			return lr_count;
		if (lowest == lr_count || lr_priority(lr) > lr_priority(victim)) {
			lowest = i;
			victim = lr;
		}
	}
	if (ends_apart() && !(sysreg_read(ICH_VTR_EL2) & ICH_VTR_TDS))
		return lr_count;
	pool_add(&parked, lr_intid(victim));
	parked_priority[lr_intid(victim)] = (u8)lr_priority(victim);
	if (victim & LR_PENDING)
		pool_add(&waiting, lr_intid(victim));
	lr_write(lowest, 0);
	return lowest;
}

/* What waits is fetched when nothing is pending in list registers any more, so that the highest always is
 * there. Where all are active and stay so that would come for ever: then at the last but one's end. */
static COLD void maintenance_arm(void)
{
	const bool waits = pool_highest(&waiting) != INTID_SPECIAL;
	bool pending = false;
	u64 hcr = ICH_HCR_EN | (parked.count ? ICH_HCR_LRENPIE | ICH_HCR_TDIR : 0);

	for (u32 used = waits ? lr_used() : 0; used && !pending; used &= used - 1)
		pending = (lr_read((u32)__builtin_ctz(used)) & LR_STATE) == LR_PENDING;
	if (waits)
		hcr |= pending ? ICH_HCR_NPIE : ICH_HCR_UIE;
	sysreg_write(ICH_HCR_EL2, hcr);
}

static COLD void refill(void)
{
	if (parked.count)
		parked_reap();
	for (u32 intid; (intid = pool_highest(&waiting)) != INTID_SPECIAL;) {
		const u32 empty = ~lr_used() & lr_all, i = empty ? (u32)__builtin_ctz(empty) : park();

		if (i == lr_count)
			break;
		lr_write(i, lr_new(intid, priority_of(intid)));
		pool_remove(&waiting, intid);
	}
	maintenance_arm();
}

/* Those that wait go first where their priority says so. [impl->swr~inject-through-list-registers~1] */
static COLD void inject_among_others(u32 intid, u64 priority)
{
	const u32 used = lr_used();

	if (merge(intid, used))
		return;
	if (pool_has(&waiting, intid))
		pool_remove(&waiting, intid);
	if (used != lr_all && without_lr == 0) {
		lr_write((u32)__builtin_ctz(~used), lr_new(intid, priority));
		return;
	}
	if (used == lr_all && !pool_has(&parked, intid))
		inject_crowded(lr_new(intid, priority));
	else
		pool_add(&waiting, intid);
	refill();
}

/* An LPI stands for the SPI that its bell makes pending. [impl->swr~lpi-makes-spi~1] */
static inline void lpi_ring(u32 lpi)
{
	const u32 n = lpi - this_cell->lpi_first;

	if (n < this_cell->lpis.count)
		gic_bell_ring(((const struct bp_bell *)cell_table(&this_cell->lpis))[n]);
}

void arch_watch(bool on)
{
	without_lr = on ? without_lr | WATCHED : without_lr & ~WATCHED;
}

struct taken {
	u64 priority;
	u32 intid;
};

/* The running priority after the acknowledgement is the interrupt's own, group priority as it is compared: no
 * need to ask the redistributor (ICC_RPR_EL1). */
static inline struct taken interrupt_take(void)
{
	struct taken taken = {.intid = sysreg_read(ICC_IAR1_EL1) & 0xffffff};

	dsb(sy); /* the acknowledgement is seen in the running priority */
	taken.priority = sysreg_read(ICC_RPR_EL1) << rpr_shift & 0xff;
	return taken;
}

/*
 * Not the only one, or not one for the guest; and so many `more`, where there are. A device that sends one
 * message often sends another with it, and LPIs go before SPIs of a lower priority, so an exit for each of
 * them would be a second one for each message. [impl->swr~lpi-makes-spi~1]
 */
static COLD void interrupt_rare(u64 start, u32 intid, u64 priority, u32 more)
{
	struct taken next;

	for (;; more--, intid = next.intid, priority = next.priority) {
		const bool own =
			intid >= INTID_FIRST_PPI && priority == 0 && intid != maintenance && gic_own(intid);

		if (!intid_none(intid))
			sysreg_write(ICC_EOIR1_EL1, intid);
		if (intid == maintenance) {
			vgic_query_answer();
			refill();
		} else if (intid >= INTID_FIRST_LPI) {
			lpi_ring(intid);
		} else if (intid < INTID_SPECIAL && !own) {
			telemetry()->injected++;
			inject_among_others(intid, priority);
		}
		if (intid < INTID_FIRST_PPI || intid == maintenance || own)
			sysreg_write(ICC_DIR_EL1, intid);
		if (own)
			gic_own_work(intid);
		else if (without_lr & WATCHED)
			dma_work();
		if (!more || intid_none(intid))
			break;
		dsb(sy); /* what was rung pends */
		next = interrupt_take();
	}
	exit_done_rare(start, EXIT_IRQ);
}

/* Alone, and with a priority that none of EL2's has: theirs is 0. */
static inline bool interrupt_usual(struct taken taken)
{
	return taken.intid < INTID_SPECIAL && taken.priority != 0 && !lr_used() && !without_lr;
}

/* The end of it here is the priority drop alone: EOImode is 1. */
static inline void interrupt_inject(u64 start, struct taken taken)
{
	sysreg_write(ICC_EOIR1_EL1, taken.intid);
	if (taken.intid < INTID_FIRST_PPI)
		sysreg_write(ICC_DIR_EL1, taken.intid);
	lr_write_first(lr_new(taken.intid, taken.priority));
	telemetry()->injected++;
	exit_done(start, EXIT_IRQ);
}

/* Where the SPI is this core's it is taken in the same exit. */
static void interrupt_lpi(u64 start, u32 lpi)
{
	struct taken spi;

	lpi_ring(lpi);
	sysreg_write(ICC_EOIR1_EL1, lpi);
	dsb(sy); /* it pends */
	spi = interrupt_take();
	if (interrupt_usual(spi))
		interrupt_inject(start, spi);
	else
		interrupt_rare(start, spi.intid, spi.priority, BEHIND_LPI);
}

/* [impl->swr~irq-injected~1] */
void exit_interrupt(struct exit *exit)
{
	const u64 start = sysreg_read(cntvct_el0);
	const struct taken taken = interrupt_take();

	(void)exit;
	if (interrupt_usual(taken))
		interrupt_inject(start, taken);
	else if (taken.intid >= INTID_FIRST_LPI)
		interrupt_lpi(start, taken.intid);
	else
		interrupt_rare(start, taken.intid, taken.priority, 0);
}

/* ---- what registers say of this core's interrupts: vgic_state.c ---- */

COLD struct vgic_bits vgic_bits(u32 word)
{
	struct vgic_bits bits;

	if (parked.count)
		parked_reap();
	bits = (struct vgic_bits){.pending = waiting.words[word], .active = parked.words[word]};
	for (u32 used = lr_used(); used; used &= used - 1) {
		const u64 lr = lr_read((u32)__builtin_ctz(used));
		const u32 bit = (u32)BIT(lr_intid(lr) % 32);

		if (lr_intid(lr) / 32 != word)
			continue;
		bits.pending |= lr & LR_PENDING ? bit : 0;
		bits.active |= lr & LR_ACTIVE ? bit : 0;
	}
	return bits;
}

/* Takes `state` away from a list register; with none left the physical interrupt is ended, or pends again. */
static void lr_end(u32 i, u64 state, bool back)
{
	const u64 lr = lr_read(i), rest = lr & LR_STATE & ~state;

	if (!(lr & state))
		return;
	lr_write(i, rest ? lr & ~state : 0);
	if (rest && back)
		take_back(lr_intid(lr), true); /* soft: only its second arrival */
	if (!rest && (back || (lr & LR_HW)))
		take_back(lr_intid(lr), back);
}

COLD void vgic_bits_end(u32 word, u32 mask, enum vgic_end end)
{
	const u64 state = end == VGIC_END_ACTIVE ? LR_ACTIVE : LR_PENDING;

	for (u32 used = lr_used(); used; used &= used - 1) {
		const u32 i = (u32)__builtin_ctz(used), intid = lr_intid(lr_read(i));

		if (intid / 32 == word && (mask & BIT(intid % 32)))
			lr_end(i, state, end == VGIC_TAKE_BACK);
	}
	if (end == VGIC_END_ACTIVE)
		pool_end(&parked, word, mask, false);
	else
		pool_end(&waiting, word, mask, end == VGIC_TAKE_BACK);
	refill();
}

COLD void vgic_deactivate(u64 intid)
{
	if (ends_apart() && intid < INTID_SPECIAL)
		vgic_bits_end((u32)intid / 32, (u32)BIT(intid % 32), VGIC_END_ACTIVE);
}

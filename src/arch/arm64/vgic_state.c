/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vgic_state.c - enabled, pending and active state as a cell's registers show it (Arm IHI 0069, Interrupt
 * handling state machine): the physical GIC's, less what an interrupt in a list register means there. Such a
 * one is active for the physical GIC, whatever it is for the guest. A register is read or written under the
 * mask of what the cell owns, never by a loop over interrupts. [impl->swr~gic-state-merged~1]
 *
 * An SPI may lie in the list register of a sibling, which alone can look there. It is asked only where the
 * physical GIC has something active that this core doesn't know: by the maintenance interrupt, made pending
 * at the sibling's redistributor, since no guest has it. The wait is one inside the cell, and bounded.
 *
 * [impl->swr~gic-state-merged~1]
 */
#include "exits.h"
#include "gic.h"
#include "mmio_io.h"
#include "vgic.h"

#define ANSWER_NS  UINT64_C(1000000000)
#define QUERY_ONLY 0xffu
#define NOBODY	   0xffu

static bool one_core(void)
{
	return this_cell->cores.count == 1;
}

/* ---- siblings ---- */

static struct core_slot *slot(u32 core)
{
	return &cell_state()->cores[core];
}

void vgic_query_answer(void)
{
	const volatile struct gic_query *query = &cell_state()->gic_query;
	const u64 sequence = query->sequence;
	struct gic_query asked;
	struct vgic_bits bits;

	/* The interrupt may be one of this core's own list registers, and the query long past, or a
	 * sibling's. */
	if (sequence == slot(this_core)->gic_answered || query->core != this_core)
		return;
	arch_publish();
	asked = (struct gic_query){.word = query->word % INTID_WORDS, .mask = query->mask, .end = query->end};
	arch_publish();
	/* Odd while it is written: whoever asked gave up, and another asks. Its own interrupt follows. */
	if ((sequence & 1) || query->sequence != sequence)
		return;
	bits = vgic_bits(asked.word);
	if (asked.end != QUERY_ONLY)
		vgic_bits_end(asked.word, asked.mask, (enum vgic_end)asked.end);
	slot(this_core)->gic_pending = bits.pending;
	slot(this_core)->gic_active = bits.active;
	arch_publish();
	*(volatile u64 *)&slot(this_core)->gic_answered = sequence;
}

/* Who waits for the lock may be asked meanwhile. */
static void state_lock(void)
{
	const u32 ticket = lock_draw(&cell_state()->gic_lock);

	while (!lock_is_mine(&cell_state()->gic_lock, ticket))
		vgic_query_answer();
}

static void state_unlock(void)
{
	lock_release(&cell_state()->gic_lock);
}

/* Its telemetry is there: no guest starts before all cores of its cell have come to rest once (core/cell.c).
 */
static bool core_runs(u32 core)
{
	const volatile struct telemetry_core *t =
		(const volatile struct telemetry_core *)cell_core(core)->telemetry_va;

	return t->core_state == CORE_RUNNING;
}

static void query_write(u32 core, u32 word, u32 mask, u32 end)
{
	volatile struct gic_query *query = &cell_state()->gic_query;

	query->sequence = query->sequence + 1;
	arch_publish();
	query->word = word;
	query->mask = mask;
	query->end = end;
	query->core = core;
	arch_publish();
	query->sequence = query->sequence + 1;
	arch_publish();
}

/* One core's list registers, under the lock: as they were, and `end` done to those in `mask`. */
static struct vgic_bits core_bits(u32 core, u32 word, u32 mask, u32 end)
{
	const u64 *sequence = &cell_state()->gic_query.sequence;
	const volatile u64 *answered = &slot(core)->gic_answered;
	struct vgic_bits bits = {0, 0};
	u64 start;

	if (core == this_core) {
		bits = vgic_bits(word);
		if (end != QUERY_ONLY && mask)
			vgic_bits_end(word, mask, (enum vgic_end)end);
		return bits;
	}
	if (this_cell->mode != BP_MODE_INJECTED || !core_runs(core))
		return bits;
	query_write(core, word, mask, end);
	mmio_write32(gicr_sgi_page(cell_core(core)) + GICD_ISPENDR, (u32)BIT(this_cell->maintenance_intid));
	start = arch_time();
	while (*answered != *sequence) {
		/* It came to rest meanwhile, and its list registers are empty. */
		if (!core_runs(core) || arch_stage2_revoked() ||
		    arch_time() - start > arch_ns_to_ticks(ANSWER_NS)) {
			query_write(NOBODY, 0, 0, QUERY_ONLY);
			return bits;
		}
	}
	arch_publish();
	return (struct vgic_bits){slot(core)->gic_pending, slot(core)->gic_active};
}

/* The whole cell's list registers where the interrupts may be in any of them. */
static struct vgic_bits cell_bits(u32 core, u32 word, u32 mask, u32 end)
{
	struct vgic_bits bits = core_bits(core, word, mask, end);
	u32 active;

	if (word == 0 || one_core() || this_cell->mode != BP_MODE_INJECTED)
		return bits;
	active = mmio_read32(EL2_VA_GICD + GICD_ISACTIVER + 4 * word) & this_cell->spi_owned[word];
	for (u32 i = 0; i < this_cell->cores.count && (active & mask & ~bits.pending & ~bits.active); i++) {
		struct vgic_bits more = {0, 0};

		if (i != this_core)
			more = core_bits(i, word, mask, end);
		bits.pending |= more.pending;
		bits.active |= more.active;
	}
	return bits;
}

/* ---- registers ---- */

static va_t bank(u32 core, u32 word)
{
	return intid_bank(cell_core(core), 32 * word) + 4 * word;
}

/* While Group 1 is held back, what the guest has enabled is kept here, and all is disabled. */
static u32 *enabled_word(u32 core, u32 word)
{
	return word ? &cell_state()->spi_enabled[word] : &slot(core)->private_enabled;
}

u32 vgic_state_read(u32 core, u64 group, u32 word, u32 owned)
{
	const va_t at = bank(core, word);
	struct vgic_bits bits;
	u32 physical;

	if (owned == 0)
		return 0;
	if (group == GICD_IGROUPR)
		return owned; /* all of them Group 1 */
	if (group == GICD_ISENABLER || group == GICD_ICENABLER)
		return (vgic_group1_enabled() ? mmio_read32(at + GICD_ISENABLER)
					      : *enabled_word(core, word)) &
		       owned;
	/* In the order in which an interrupt goes its way, and nobody takes one back meanwhile: it is
	 * somewhere. */
	state_lock();
	physical = mmio_read32(at + group);
	bits = cell_bits(core, word, owned, QUERY_ONLY);
	state_unlock();
	if (group == GICD_ISPENDR || group == GICD_ICPENDR)
		return (physical | bits.pending) & owned;
	return ((physical & ~bits.pending) | bits.active) & owned;
}

static void enabled_write(u32 core, u64 group, u32 word, u32 value)
{
	u32 *const kept = enabled_word(core, word);

	if (!vgic_group1_enabled()) {
		*kept = group == GICD_ISENABLER ? *kept | value : *kept & ~value;
		return;
	}
	mmio_write32(bank(core, word) + group, value);
	if (group == GICD_ISENABLER)
		return;
	/* What the guest has not seen yet it must not see now. */
	gic_settle();
	cell_bits(core, word, value, VGIC_TAKE_BACK);
}

static void pending_write(u32 core, u64 group, u32 word, u32 value)
{
	const va_t at = bank(core, word);
	const u32 edges = word ? this_cell->spi_edge[word] : 0xffff | this_cell->ppi_edge;

	if (group == GICD_ISPENDR) {
		/* One that is pending, on its way or in a list register, is so already; a second would come
		 * after its end. */
		value &= ~(mmio_read32(at + GICD_ISPENDR) & edges);
		value &= ~cell_bits(core, word, value, QUERY_ONLY).pending;
		mmio_write32(at + GICD_ISPENDR, value);
		return;
	}
	mmio_write32(at + GICD_ICPENDR, value);
	cell_bits(core, word, value, VGIC_END_PENDING);
}

static void active_write(u32 core, u64 group, u32 word, u32 value)
{
	const va_t at = bank(core, word);

	if (group == GICD_ISACTIVER) {
		/* A soft one that is active in its list register must not be so for the physical GIC. */
		value &= ~cell_bits(core, word, value, VGIC_TAKE_BACK).active;
		mmio_write32(at + GICD_ISACTIVER, value);
		return;
	}
	/* One that is pending in a list register is active for the physical GIC alone. */
	value &= mmio_read32(at + GICD_ISACTIVER) | (word ? 0 : 0xffff);
	value &= ~cell_bits(core, word, value, VGIC_END_ACTIVE).pending;
	mmio_write32(at + GICD_ICACTIVER, value);
}

void vgic_state_write(u32 core, u64 group, u32 word, u32 value, u32 owned)
{
	value &= owned;
	if (value == 0)
		return;
	state_lock();
	switch (group) {
	case GICD_ISENABLER:
	case GICD_ICENABLER:
		enabled_write(core, group, word, value);
		break;
	case GICD_ISPENDR:
	case GICD_ICPENDR:
		pending_write(core, group, word, value);
		break;
	case GICD_ISACTIVER:
	case GICD_ICACTIVER:
		active_write(core, group, word, value);
		break;
	default: /* GICD_IGROUPR: fixed */
		break;
	}
	state_unlock();
}

void vgic_priority_access(struct access *access, va_t at, u32 owned)
{
	u64 value = 0;

	for (u32 i = 0; i < access->size; i++) {
		if (!(owned & BIT(i)))
			continue;
		if (access->write)
			mmio_write8(at + i, (u8)(access->value >> 8 * i));
		else
			value |= (u64)mmio_read8(at + i) << 8 * i;
	}
	access->value = value;
}

/* Where it is pending, in whose list register ever, it goes to the new core (GICD_IROUTER<n>). */
void vgic_route_set(u32 intid, u64 mpidr)
{
	state_lock();
	mmio_write64(EL2_VA_GICD + GICD_IROUTER + 8 * (u64)intid, mpidr);
	cell_bits(this_core, intid / 32, (u32)BIT(intid % 32), VGIC_TAKE_BACK);
	state_unlock();
}

/* ---- GICD_CTLR ---- */

static void word_set(u32 core, u32 word, u32 owned, bool enabled)
{
	const va_t at = bank(core, word);

	if (owned == 0)
		return;
	if (enabled) {
		mmio_write32(at + GICD_ISENABLER, *enabled_word(core, word) & owned);
		return;
	}
	*enabled_word(core, word) = mmio_read32(at + GICD_ISENABLER) & owned;
	mmio_write32(at + GICD_ICENABLER, owned);
	gic_settle();
	cell_bits(core, word, owned, VGIC_TAKE_BACK);
}

/* The physical Group 1 is everybody's, so a cell that disables its own has each of its interrupts disabled.
 * [impl->swr~gicd-group-disabled~1] */
void vgic_group1_set(bool enabled)
{
	state_lock();
	if (enabled != vgic_group1_enabled()) {
		for (u32 word = 1; word < INTID_WORDS; word++)
			word_set(this_core, word, this_cell->spi_owned[word], enabled);
		for (u32 core = 0; core < this_cell->cores.count; core++)
			word_set(core, 0, private_owned(), enabled);
		cell_state()->gicd_ctlr ^= (u32)GICD_CTLR_GRP1;
	}
	state_unlock();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vgicd.c - the distributor as a cell sees it (Arm IHI 0069, GICD_*): the physical one through the cell's
 * ownership words, by masks. A word of enables is one physical access; what concerns pending and active state
 * looks further (vgic_state.c). What the cell doesn't own reads as zero and ignores writes. Triggers and
 * groups are fixed.
 */
#include "exits.h"
#include "gic.h"
#include "mmio_io.h"
#include "vgic.h"

#define TYPER_KEPT	((u32)(BIT(24) | MASK(5))) /* A3V, ITLinesNumber */
#define TYPER_NO_1N	((u32)BIT(25))		   /* routes name one core */
#define TYPER_IDBITS_10 (9u << 19)

static u32 typer(void)
{
	/* All else reads as zero: LPIs, message-based and extended SPIs, NMIs, range selector (GICD_TYPER).
	 */
	return (mmio_read32(EL2_VA_GICD + GICD_TYPER) & TYPER_KEPT) | TYPER_NO_1N | TYPER_IDBITS_10;
}

/* DS is 1 whatever the physical GIC's is: the CPU interface compares priorities as the distributor shows
 * them, and a guest that saw DS 0 would write them for a Secure view, shifted. */
static COLD u32 ctlr_read(void)
{
	const u32 physical = mmio_read32(EL2_VA_GICD + GICD_CTLR);

	return cell_state()->gicd_ctlr | (physical & GICD_CTLR_RWP) | GICD_CTLR_DS | GICD_CTLR_ARE;
}

static u32 owned(u32 word)
{
	return this_cell->spi_owned[word];
}

static bool owns(u64 intid)
{
	return owned((u32)intid / 32) & BIT(intid % 32);
}

/* Sixteen interrupts of two bits each; fixed. */
static COLD u32 icfgr_read(u64 offset)
{
	const u32 index = (u32)(offset - GICD_ICFGR) / 4;
	const u32 bits = owned(index / 2) >> (index % 2 ? 16 : 0);

	return mmio_read32(EL2_VA_GICD + GICD_ICFGR + 4 * index) & icfgr_mask((u16)bits);
}

/* Within the cell's cores; a route to anywhere else is not taken. [impl->swr~irouter-own-cores~1] */
static COLD void irouter_write(u64 intid, u64 value)
{
	const u64 mpidr = value & UINT64_C(0xff00ffffff);

	if (value == mpidr && cell_core_find(mpidr) < this_cell->cores.count)
		vgic_route_set((u32)intid, mpidr);
}

static COLD void irouter_access(struct access *access)
{
	const u64 intid = (access->offset - GICD_IROUTER) / 8;
	const unsigned int shift = access->offset & 4 ? 32 : 0;
	u64 route;

	access->value &= access->size == 8 ? ~UINT64_C(0) : MASK(32);
	if (!owns(intid) || access->size < 4) {
		access->value = 0;
		return;
	}
	route = mmio_read64(EL2_VA_GICD + GICD_IROUTER + 8 * intid);
	if (!access->write)
		access->value = access->size == 8 ? route : field(route, shift, 32);
	else if (access->size == 8)
		irouter_write(intid, access->value);
	else
		irouter_write(intid, (route & ~(MASK(32) << shift)) | access->value << shift);
}

/* [impl->swr~gic-identified~1] */
static u32 word_read(u64 offset)
{
	switch (offset) {
	case GICD_CTLR:
		return ctlr_read();
	case GICD_TYPER:
		return typer();
	case GICD_IIDR:
		return mmio_read32(EL2_VA_GICD + offset);
	default:
		return offset >= GIC_ID_FIRST ? mmio_read32(EL2_VA_GICD + offset) : 0;
	}
}

static COLD void word_access(struct access *access)
{
	const u64 offset = access->offset;
	const u64 group = offset & ~UINT64_C(0x7f);
	const u32 word = (offset & 0x7f) / 4;

	if (group >= GICD_IGROUPR && group <= GICD_ICACTIVER) {
		if (access->write)
			vgic_state_write(this_core, group, word, (u32)access->value, owned(word));
		else
			access->value = vgic_state_read(this_core, group, word, owned(word));
	} else if (offset >= GICD_ICFGR && offset < GICD_ICFGR + 0x100) {
		access->value = icfgr_read(offset);
	} else if (!access->write) {
		access->value = word_read(offset);
	} else if (offset == GICD_CTLR) {
		vgic_group1_set(access->value & GICD_CTLR_GRP1);
	}
}

/* [impl->swr~gicd-filtered~1] */
COLD void gicd_access(struct access *access)
{
	if (access->offset >= GICD_IPRIORITYR && access->offset < GICD_IPRIORITYR + INTID_SPECIAL &&
	    access->size <= 4)
		vgic_priority_access(access, EL2_VA_GICD + access->offset,
				     owned((u32)(access->offset - GICD_IPRIORITYR) / 32) >>
					     access->offset % 32);
	else if (access->offset >= GICD_IROUTER && access->offset < GICD_IROUTER + 8 * INTID_SPECIAL)
		irouter_access(access);
	else if (access->size == 4)
		word_access(access);
	else
		access->value = 0;
}

static COLD u32 word_slow(struct exit *exit, u64 esr, u64 start, u32 offset)
{
	const u32 n = (u32)field(esr, 16, 5);
	struct access access = {.offset = offset, .size = 4, .write = esr & BIT(6)};

	access.value = (u32)exit_register(exit, n);
	gicd_access(&access);
	if (!access.write)
		exit_register_set(exit, n, access.value);
	exit_skip_access(esr);
	return exit_done_rare(start, EXIT_GICD);
}

/* Words, aligned: most accesses. Those of a running driver are first: what is enabled, and what is to be. */
u32 exit_gicd_word(struct exit *exit, u64 esr, u64 start, u32 offset)
{
	u64 *const x = &exit->x[field(esr, 16, 5)];
	const u32 bits = owned((offset & 0x7f) / 4);
	const va_t at = EL2_VA_GICD + offset;
	const bool write = esr & BIT(6);
	const u64 spsr = sysreg_read(spsr_el2);

	if (unlikely(spsr & SPSR_AARCH32))
		return word_slow(exit, esr, start, offset);
	if (write) {
		if (offset - GICD_ISENABLER >= 0x80 || !vgic_group1_enabled())
			return word_slow(exit, esr, start, offset);
		mmio_write32(at, (u32)*x & bits);
	} else if (offset - GICD_ISENABLER < 0x100 && vgic_group1_enabled()) {
		*x = mmio_read32(at) & bits;
	} else if (offset == GICD_TYPER) {
		*x = typer();
	} else {
		return word_slow(exit, esr, start, offset);
	}
	exit_skip_from(spsr);
	return exit_done(start, EXIT_GICD);
}

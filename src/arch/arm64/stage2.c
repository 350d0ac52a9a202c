/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage2.c - revocation: the few non-zero entries of a stage-2 root, switched between zero and the
 * blueprint's value, and the TLBs that must forget. No table is ever built here.
 *
 * The walker reads the tables as Normal write-back inner shareable (VTCR_EL2), as EL2 writes them, so a DSB
 * orders a write before the walks that follow it (Arm ARM D8.14).
 */
#include "../../core/core.h"
#include "../../core/service.h"
#include "gic.h"
#include "sysreg.h"

static volatile u64 *root_word(va_t root, u32 index)
{
	return (volatile u64 *)root + index;
}

static void root_clear(va_t root, const struct bp_root_entry *entry, u32 count)
{
	for (u32 i = 0; i < count; i++)
		*root_word(root, entry[i].index) = 0;
	dsb(ishst);
}

/* All of the current VMID's translations, in every core that shares them. */
static void forget(void)
{
	tlbi(vmalls12e1is);
	dsb(ish);
	isb();
}

/* [impl->swr~stage2-revocation~1] */
void arch_stage2_revoke(void)
{
	root_clear(this_cell->root_va, cell_table(&this_cell->root_entries), this_cell->root_entries.count);
	forget();
}

void arch_stage2_restore(void)
{
	const struct bp_root_entry *entry = cell_table(&this_cell->root_entries);

	for (u32 i = 0; i < this_cell->root_entries.count; i++)
		*root_word(this_cell->root_va, entry[i].index) = entry[i].value;
	dsb(ishst);
	forget();
}

bool arch_stage2_revoked(void)
{
	const struct bp_root_entry *entry = cell_table(&this_cell->root_entries);

	/* Any of them: another core may be in the middle of clearing, or have met a restore. */
	for (u32 i = 0; i < this_cell->root_entries.count; i++)
		if (*root_word(this_cell->root_va, entry[i].index) == 0)
			return true;
	return false;
}

/* The service core borrows the victim's VMID for the length of one TLBI; its own guest isn't running. */
void arch_revoke_other(u32 cell)
{
	const struct bp_service_cell *victim = service_cell(cell);
	const struct bp_root_entry *entry =
		(const struct bp_root_entry *)((const u8 *)service() + victim->root_entries.offset);
	const struct bp_service_core *core =
		(const struct bp_service_core *)((const u8 *)service() + victim->cores.offset);

	root_clear(victim->root_va, entry, victim->root_entries.count);
	sysreg_write(vttbr_el2, victim->vttbr);
	isb();
	forget();
	sysreg_write(vttbr_el2, this_cell->vttbr);
	isb();
	for (u32 i = 0; i < victim->cores.count; i++)
		gic_wake_other(&core[i]);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vgic.h - the virtual interrupts of this core's guest: delivery through list registers in injected mode
 * (vgic.c), what the registers of the distributor and the redistributors say of it (vgic_state.c), and the
 * SGIs that it sends (vgic_sgi.c).
 */
#ifndef BULKHEAD_VGIC_H
#define BULKHEAD_VGIC_H

#include "../../core/cell.h"
#include "../../core/mmio.h"
#include "gic.h"

/* Once a boot: list registers empty, the cell's cores known. `priority_shift` leads from the scale of
 * ICC_RPR_EL1 to that of the distributor's priorities. */
void vgic_start(u32 priority_shift);
/* Nothing pending, nothing active; what SPIs there were go back to the distributor. */
void vgic_clear(void);
/* As a guest finds it at entry. */
void vgic_guest_prepare(void);

/* ICC_DIR_EL1 as the guest wrote it, while it traps. */
void vgic_deactivate(u64 intid);

/* ---- vgic_sgi.c ---- */

/* Once a boot: the cell's cores, as SGIs name them. */
void vgic_sgi_start(void);
/* ICC_SGI1R_EL1 as the guest wrote it: to this cell's cores only. */
void vgic_send_sgi(u64 value);

/* ---- list registers and what waits for one, by the words of registers with a bit an interrupt ---- */

struct vgic_bits {
	u32 pending, active;
};

enum vgic_end {
	VGIC_END_PENDING, /* pending no more */
	VGIC_END_ACTIVE,  /* active no more */
	VGIC_TAKE_BACK	  /* pending at the physical GIC alone, which holds it back while it is disabled */
};

/* This core's, of INTIDs 32 * word and up. */
struct vgic_bits vgic_bits(u32 word);
void vgic_bits_end(u32 word, u32 mask, enum vgic_end end);

/* ---- vgic_state.c ---- */

/* SGIs and PPIs that are the guest's. */
static inline u32 private_owned(void)
{
	return 0xffff | this_cell->ppi_owned;
}

/* A register with a bit an interrupt of the cell (SGIs and PPIs: of the core `core`): `group`
 * is GICD_ISENABLER and so on, `owned` the bits that are the guest's. */
u32 vgic_state_read(u32 core, u64 group, u32 word, u32 owned);
void vgic_state_write(u32 core, u64 group, u32 word, u32 value, u32 owned);
static inline bool vgic_group1_enabled(void)
{
	return cell_state()->gicd_ctlr & GICD_CTLR_GRP1;
}

/* Priorities, a byte an interrupt, from `at` on: `owned` are the bits of those that are the guest's, the
 * first one's lowest. */
void vgic_priority_access(struct access *access, va_t at, u32 owned);

/* GICD_IROUTER of one of the cell's SPIs. */
void vgic_route_set(u32 intid, u64 mpidr);
/* GICD_CTLR: with Group 1 disabled nothing is delivered. */
void vgic_group1_set(bool enabled);

/* A sibling asked for this core's bits (maintenance interrupt). */
void vgic_query_answer(void);

#endif

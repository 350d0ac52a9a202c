/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cell.h - this core's cell: its record in the blueprint, its shared state, its life.
 *
 * `this_cell` and `this_core` are plain variables: each core has its own copy, in memory that no other
 * core maps.
 */
#ifndef BULKHEAD_CELL_H
#define BULKHEAD_CELL_H

#include "../blueprint/blueprint.h"
#include "../blueprint/telemetry.h"
#include "arch.h"
#include "lock.h"

#define this_cell ((const struct bp_cell *)EL2_VA_CELL)

/* PSCI's view of a core (PSCI 5.1.5: AFFINITY_INFO's values). */
enum power { POWER_ON = 0, POWER_OFF = 1, POWER_ON_PENDING = 2 };

struct core_slot {	/* one a core of the cell, in struct cell_state */
	u64 request;	/* by the core itself: REQUEST_* words, count in the upper bits */
	u64 rest_epoch; /* by the core itself: the last epoch it has come to rest in */
	u32 power;	/* enum power; under `power_lock` */
	u32 pad;
	ipa_t on_entry; /* under `power_lock` */
	u64 on_context;
	u64 gic_answered; /* by the core itself: the last gic_query it has answered, and what it said */
	u32 gic_pending, gic_active; /* by the core itself */
	u32 private_enabled; /* under `gic_lock`: SGIs and PPIs enabled while gicd_ctlr holds Group 1 back */
	u32 pad2;
};

struct gic_query {    /* by the holder of `gic_lock`: what a core asks of its siblings' list registers
			 (vgic_state.c) */
	u64 sequence; /* odd while the rest is written */
	u32 word, mask;
	u32 end;  /* how to end them; none of enum vgic_end: only tell */
	u32 core; /* who is asked; none of the cell's: nobody */
};

struct vuart { /* the emulated PL011's registers; under `console_lock` */
	u64 input_tail;
	u32 imsc, ris, cr, lcr_h, ibrd, fbrd, ifls, pad;
};

#define CELL_STATE_CORES BP_CELL_CORES_MAX /* what fits the page behind the shared words */

struct cell_state { /* one page, mapped by the cell's cores alone */
	u64 epoch;  /* by the first core: counts the times that all cores must rest */
	u64 generation;
	u32 gicd_ctlr; /* under `gic_lock` */
	u32 pad;
	struct lock power_lock, console_lock, gic_lock, pci_lock;
	struct gic_query gic_query;
	u32 spi_enabled[32]; /* under `gic_lock`: SPIs enabled while gicd_ctlr holds Group 1 back */
	struct vuart vuart;
	u64 restart_times[BP_RESTARTS_MAX]; /* by the first core */
	u64 restart_count;
	struct core_slot cores[CELL_STATE_CORES];
};
_Static_assert(sizeof(struct core_slot) == 64, "layout");
_Static_assert(sizeof(struct cell_state) <= BP_PAGE_SIZE, "one page");

static inline struct cell_state *cell_state(void)
{
	return (struct cell_state *)this_cell->state_va;
}

static inline const void *cell_table(const struct bp_table *table)
{
	return (const u8 *)this_cell + table->offset;
}

static inline const struct bp_core *cell_core(u32 core_in_cell)
{
	return (const struct bp_core *)cell_table(&this_cell->cores) + core_in_cell;
}

/* Index of the cell's core with these affinity fields; this_cell->cores.count if it has none. */
u32 cell_core_find(u64 mpidr);

/* Asks for an action on this cell from this core: the cell's memory is revoked, the request recorded.
 * The caller goes to rest next (core_rest). */
void cell_request(enum bp_action action, u32 cause);

/* First core: carries out what was requested; true: the cell starts (again) at its entry. */
bool cell_settle(bool first_start);

/* First core: zeroes and fills the cell's RAM from the image store, cleaned to PoC. */
void cell_fill(void);
/* First core: hashes the images in the store, and tells their digest. Are they what the compiler hashed? */
bool cell_images_good(void);

#endif

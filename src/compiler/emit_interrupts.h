/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit_interrupts.h - who owns which interrupt, and who rings whom.
 */
#ifndef BULKHEAD_EMIT_INTERRUPTS_H
#define BULKHEAD_EMIT_INTERRUPTS_H

#include "interrupts.h"
#include "layout.h"

/* BP_CELL_*, with those that follow from the plan. */
uint32_t cell_flags(const struct plan *plan, size_t cell);

/* BP_CHANNEL_*; 0: the cell has no part in the channel. */
uint32_t channel_role(const struct plan_channel *channel, size_t cell);
bool channel_written_by_one(const struct plan_channel *channel, size_t cell);

/* The doorbell's INTID that the cell receives; 0: none. */
uint32_t channel_doorbell(const struct plan_channel *channel, size_t cell);

/* The doorbells that the cell may ring, into `bells` if not NULL; returns how many. */
size_t channel_ring(const struct plan_channel *channel, size_t cell, struct bp_bell *bells);

/* The triggers of all cells' records together. */
void triggers_fill(const struct layout *layout, uint32_t spi_edge[32]);

/* Ownership words, triggers and intids of the record. */
void interrupts_fill(const struct plan *plan, size_t cell, struct bp_cell *record);

#endif

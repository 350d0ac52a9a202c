/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regions.h - nodes of /reserved-memory that devices name by `memory-region`: with a fixed place, or one
 * that the guest chooses.
 */
#ifndef BULKHEAD_REGIONS_H
#define BULKHEAD_REGIONS_H

#include "plan.h"

/* Finds board->uses, and of the regions that they name those with a place: board->lent. */
void regions_read(struct board *board);
/* A child of /reserved-memory. */
bool region_is_node(const void *tree, int node);
/* Its fixed place may be a cell's; count 0: it has none, or is reserved for somebody else, too. */
struct ranges region_lent(const struct board *board, int node);
/* The region's size where it has no fixed place, 0: it has one, or none at all. */
uint64_t region_size(const void *tree, int node);
/* A region without a fixed place: the parts of the cell's memory that it may lie in. */
struct ranges region_room(const struct plan *plan, size_t cell, int node);
/* The cell has the region's memory, or can have it. */
bool region_fits(const struct plan *plan, size_t cell, int node);
/* Everything that is nobody's RAM unless the file says otherwise. */
void regions_reserved(const struct board *board, struct ranges *taken);

#endif

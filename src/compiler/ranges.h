/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ranges.h - sets of address ranges: what is there, what is taken, where something fits.
 *
 * Called by the front end's placement (memory.c, windows.c) and the board's reader. A range never
 * wraps: whoever adds one has checked that base + size doesn't overflow.
 */
#ifndef BULKHEAD_RANGES_H
#define BULKHEAD_RANGES_H

#include "plan.h"

uint64_t align_up(uint64_t value, uint64_t alignment);
uint64_t align_down(uint64_t value, uint64_t alignment);

void ranges_add(struct ranges *set, uint64_t base, uint64_t size);
void ranges_add_all(struct ranges *set, const struct ranges *more);
/* Sorts `set`; of two that overlap the later one keeps what the earlier one lacks. */
void ranges_disjoin(struct ranges *set);
bool range_overlaps(struct range a, struct range b);
struct range range_common(struct range a, struct range b); /* size 0: nothing */

struct ranges ranges_common(const struct ranges *a, const struct ranges *b);

/* The first range of `set` that overlaps `range`, NULL: none. */
const struct range *ranges_overlap(const struct ranges *set, struct range range);

/* True where the ranges of `set` together hold all of `range`. */
bool ranges_cover(const struct ranges *set, struct range range);

/*
 * The lowest place within `room`, outside `taken`, for `size` bytes at `alignment`, at or above
 * `from` and ending at or below `limit` (0: none). UINT64_MAX: no such place.
 */
#define NO_PLACE UINT64_MAX
uint64_t ranges_find(const struct ranges *room, const struct ranges *taken, uint64_t size, uint64_t alignment,
		     uint64_t from, uint64_t limit);

/* Bytes of the largest block within `room` and outside `taken` that starts at `alignment`. */
uint64_t ranges_largest(const struct ranges *room, const struct ranges *taken, uint64_t alignment);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ranges.c - sets of address ranges: overlap, cover, first fit.
 *
 * The sets are small (banks, devices, cells): plain arrays searched from end to end.
 */
#include "ranges.h"

#include "text.h"

#include <stdlib.h>

uint64_t align_up(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

uint64_t align_down(uint64_t value, uint64_t alignment)
{
	return value & ~(alignment - 1);
}

void ranges_add(struct ranges *set, uint64_t base, uint64_t size)
{
	if (!size)
		return;
	set->at = memory_grow(set->at, set->count, sizeof(set->at[0]));
	set->at[set->count++] = (struct range){base, size};
}

void ranges_add_all(struct ranges *set, const struct ranges *more)
{
	for (size_t i = 0; i < more->count; i++)
		ranges_add(set, more->at[i].base, more->at[i].size);
}

static int by_base(const void *left, const void *right)
{
	const struct range *const a = left, *const b = right;

	return (a->base > b->base) - (a->base < b->base);
}

void ranges_disjoin(struct ranges *set)
{
	size_t kept = 0;
	uint64_t last = 0;

	if (set->count)
		qsort(set->at, set->count, sizeof(set->at[0]), by_base);
	for (size_t i = 0; i < set->count; i++) {
		struct range next = set->at[i];
		const uint64_t next_last = next.base + (next.size - 1);

		if (kept && next_last <= last)
			continue;
		if (kept && next.base <= last)
			next = (struct range){last + 1, next_last - last};
		last = next_last;
		set->at[kept++] = next;
	}
	set->count = kept;
}

bool range_overlaps(struct range a, struct range b)
{
	/* Last bytes, not ends: a range may reach the top of the address space. */
	return a.size && b.size && a.base <= b.base + (b.size - 1) && b.base <= a.base + (a.size - 1);
}

const struct range *ranges_overlap(const struct ranges *set, struct range range)
{
	for (size_t i = 0; i < set->count; i++)
		if (range_overlaps(set->at[i], range))
			return &set->at[i];
	return NULL;
}

bool ranges_cover(const struct ranges *set, struct range range)
{
	while (range.size) {
		const struct range *const holder = ranges_overlap(set, (struct range){range.base, 1});
		uint64_t held;

		if (!holder)
			return false;
		held = holder->size - (range.base - holder->base);
		if (held >= range.size)
			return true;
		range.base += held;
		range.size -= held;
	}
	return true;
}

struct range range_common(struct range a, struct range b)
{
	const uint64_t base = a.base > b.base ? a.base : b.base;
	const uint64_t last_a = a.base + (a.size - 1), last_b = b.base + (b.size - 1);

	if (!range_overlaps(a, b))
		return (struct range){0, 0};
	return (struct range){base, (last_a < last_b ? last_a : last_b) - base + 1};
}

struct ranges ranges_common(const struct ranges *a, const struct ranges *b)
{
	struct ranges both = {NULL, 0};

	for (size_t i = 0; i < a->count; i++)
		for (size_t j = 0; j < b->count; j++) {
			const struct range part = range_common(a->at[i], b->at[j]);

			ranges_add(&both, part.base, part.size);
		}
	return both;
}

/* The lowest place in one range of the room, NO_PLACE: none. */
static uint64_t find_in(struct range room, const struct ranges *taken, uint64_t size, uint64_t alignment,
			uint64_t from)
{
	uint64_t base = align_up(room.base > from ? room.base : from, alignment);

	while (base >= room.base && base - room.base < room.size && room.size - (base - room.base) >= size) {
		const struct range *const other = ranges_overlap(taken, (struct range){base, size});
		const uint64_t next = other ? align_up(other->base + other->size, alignment) : base;

		if (!other)
			return base;
		if (next <= base) /* it reaches the end of the address space */
			break;
		base = next;
	}
	return NO_PLACE;
}

uint64_t ranges_find(const struct ranges *room, const struct ranges *taken, uint64_t size, uint64_t alignment,
		     uint64_t from, uint64_t limit)
{
	uint64_t lowest = NO_PLACE;

	for (size_t i = 0; i < room->count; i++) {
		struct range part = room->at[i];
		uint64_t base;

		if (limit && part.base >= limit)
			continue;
		if (limit && part.size > limit - part.base)
			part.size = limit - part.base;
		base = find_in(part, taken, size, alignment, from);
		if (base < lowest)
			lowest = base;
	}
	return lowest;
}

uint64_t ranges_largest(const struct ranges *room, const struct ranges *taken, uint64_t alignment)
{
	uint64_t fits = 0, too_much = 0;

	for (size_t i = 0; i < room->count; i++)
		if (room->at[i].size >= too_much)
			too_much = room->at[i].size + alignment;
	while (too_much - fits > alignment) {
		const uint64_t middle = fits + align_down((too_much - fits) / 2 + alignment / 2, alignment);

		if (ranges_find(room, taken, middle, alignment, 0, 0) == NO_PLACE)
			too_much = middle;
		else
			fits = middle;
	}
	return fits;
}

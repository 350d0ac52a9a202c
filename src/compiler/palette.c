// SPDX-License-Identifier: Apache-2.0
/*
 * palette.c - arithmetic of cache colours: see palette.h.
 */
#include "palette.h"

#include "../blueprint/blueprint.h"
#include "ranges.h"

static bool in_palette(const struct palette *palette, uint64_t pa)
{
	return !palette || palette->has[pa / BP_PAGE_SIZE % palette->colors];
}

/* The piece of at most `limit` bytes that starts at the first page of the palette from `pa` on. */
static struct range piece(const struct palette *palette, uint64_t pa, uint64_t limit)
{
	struct range range = {pa, 0};

	if (!palette)
		return (struct range){pa, limit};
	while (limit && !in_palette(palette, range.base))
		range.base += BP_PAGE_SIZE;
	while (range.size < limit && in_palette(palette, range.base + range.size))
		range.size += BP_PAGE_SIZE;
	return range;
}

static struct run piece_of(const struct palette *palette, uint64_t offset, uint64_t pa, uint64_t size)
{
	const struct range range = piece(palette, pa, size);
	/* The last page of a whole need not be full. */
	const uint64_t own = range.size < size ? range.size : size;

	return (struct run){palette, offset, range.base, own, size - own};
}

struct run run_first(const struct palette *palette, uint64_t pa, uint64_t size)
{
	return piece_of(palette, 0, pa, size);
}

void run_next(struct run *run)
{
	*run = piece_of(run->palette, run->offset + run->size, run->pa + run->size, run->left);
}

uint64_t palette_at(const struct palette *palette, uint64_t pa, uint64_t offset)
{
	struct run run = run_first(palette, pa, offset + 1);

	while (run.left)
		run_next(&run);
	return run.pa + (offset - run.offset);
}

uint64_t palette_end(const struct palette *palette, uint64_t pa, uint64_t size)
{
	return size ? palette_at(palette, pa, size - 1) + 1 : pa;
}

uint64_t palette_period(const struct palette *palette)
{
	return palette ? palette->colors * BP_PAGE_SIZE : BP_PAGE_SIZE;
}

uint64_t palette_extent(const struct palette *palette, uint64_t size)
{
	const uint64_t pages = align_up(size, BP_PAGE_SIZE) / BP_PAGE_SIZE;

	return palette ? (pages + palette->count - 1) / palette->count * palette_period(palette) : size;
}

uint64_t lane_take(struct lane *lane, uint64_t size, uint64_t alignment)
{
	const uint64_t whole = align_up(size, BP_PAGE_SIZE), period = palette_period(lane->palette);
	uint64_t pa = align_up(lane->next, alignment);
	/* The pattern of colours, seen at this alignment, repeats. */
	const uint64_t limit = pa + (period > alignment ? period : alignment);

	while (pa < limit && (!in_palette(lane->palette, pa) || piece(lane->palette, pa, whole).size < whole))
		pa += alignment;
	if (pa >= limit)
		lane->short_of = whole;
	lane->next = pa + whole;
	lane->taken += whole;
	return pa;
}

uint64_t lane_scatter(struct lane *lane, uint64_t size)
{
	const struct run run = run_first(lane->palette, lane->next, size);

	lane->next = align_up(palette_end(lane->palette, lane->next, size), BP_PAGE_SIZE);
	lane->taken += align_up(size, BP_PAGE_SIZE);
	return run.pa;
}

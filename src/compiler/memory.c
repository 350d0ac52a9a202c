/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - where each cell's RAM lies.
 *
 * Regions with `@` are checked first; the others are placed largest first, each at the lowest
 * address that lets stage 2 use its largest blocks. Cells may lie where the loader stages the
 * image: they are filled after it has gone. Called by plan_read; colors_memory.c places regions with colours.
 */
#include "front.h"

#include "ranges.h"
#include "regions.h"
#include "text.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_2M UINT64_C(0x200000)
#define BLOCK_1G UINT64_C(0x40000000)

struct request {	     /* one region that a cell asks for */
	size_t cell, region; /* region: index into plan_cell.ram */
	bool fixed;	     /* `@` */
	const char *text;
};

struct requests {
	struct request *at;
	size_t count;
};

static struct ram_region *region_of(const struct front *front, const struct request *request)
{
	return &front->plan->cells[request->cell].ram[request->region];
}

static struct place place_of(const struct front *front, const struct request *request)
{
	return front_place(front, front->cell_nodes[request->cell], "memory");
}

static const char *text_of_range(uint64_t base, uint64_t size)
{
	return text_format("0x%" PRIx64 "-0x%" PRIx64, base, base + (size - 1));
}

/* ---- reading ---- */

static bool parse(const char *text, uint64_t *size, uint64_t *pa, bool *fixed)
{
	const char *const at = strchr(text, '@');

	*fixed = at != NULL;
	if (!at)
		return text_size(text, size);
	return text_size(text_copy(text, (size_t)(at - text)), size) && text_number(at + 1, pa);
}

static void add_request(struct front *front, struct requests *requests, size_t cell, const char *text,
			uint64_t size, bool fixed, uint64_t pa)
{
	struct plan_cell *const owner = &front->plan->cells[cell];
	const struct place at = front_place(front, front->cell_nodes[cell], "memory");

	if (!size) {
		diag_error(at, "memory of no size");
	} else if (size % BP_PAGE_SIZE) {
		diag_error(at, "memory \"%s\" is no multiple of 4K", text);
	} else if (fixed && size && pa + (size - 1) < pa) {
		diag_error(at, "memory \"%s\" wraps around the end of the address space", text);
	} else {
		requests->at = memory_grow(requests->at, requests->count, sizeof(requests->at[0]));
		requests->at[requests->count++] = (struct request){cell, owner->ram_count, fixed, text};
		owner->ram = memory_grow(owner->ram, owner->ram_count, sizeof(owner->ram[0]));
		owner->ram[owner->ram_count++] =
			(struct ram_region){.pa = fixed ? pa : NO_PLACE, .size = size};
		if (!__builtin_add_overflow(owner->memory_total, size, &owner->memory_total))
			return;
		diag_error(at, "memory \"%s\" and the cell's other regions are more than fits in 64 bits",
			   text);
	}
}

static void read_requests(struct front *front, struct requests *requests, size_t cell)
{
	const int node = front->cell_nodes[cell];
	const struct source_entry *const entry = source_find(&front->source, node, "memory");
	struct words words;

	if (!value_present(front, node, "memory")) {
		diag_error(entry->at, "cell '%s' has no memory: give it 'memory'",
			   front->plan->cells[cell].name);
		return;
	}
	if (entry->kind == VALUE_CELLS) {
		uint64_t size;

		if (value_size(front, node, "memory", &size))
			add_request(front, requests, cell, text_of_size(size), size, false, 0);
		return;
	}
	value_words(front, node, "memory", &words);
	for (size_t i = 0; i < words.count; i++) {
		uint64_t size, pa = 0;
		bool fixed;

		if (parse(words.at[i], &size, &pa, &fixed))
			add_request(front, requests, cell, words.at[i], size, fixed, pa);
		else
			diag_error(entry->at,
				   "'%s' is not a size with or without an address, such as \"512M\" or "
				   "\"64M@0x80000000\"",
				   words.at[i]);
	}
}

/* A region that its guest has elsewhere may lie anywhere: an IOMMU knows it by its guest-physical address. */
static const struct ranges *room_of(const struct front *front, const struct request *request)
{
	const bool moved = !request->region && !front->plan->cells[request->cell].unprotected &&
			   value_present(front, front->cell_nodes[request->cell], "ram-base");

	return moved ? &front->plan->board.ram : &front->rooms[request->cell];
}

static bool bound(const struct front *front, const struct request *request)
{
	return room_of(front, request)->at != front->plan->board.ram.at;
}

/* ---- regions with `@` ---- */

static const struct request *overlapping(const struct front *front, const struct requests *requests,
					 const struct request *mine)
{
	const struct ram_region *const region = region_of(front, mine);

	for (const struct request *other = requests->at; other < mine; other++) {
		const struct ram_region *const theirs = region_of(front, other);

		if (other->fixed && theirs->pa != NO_PLACE &&
		    range_overlaps((struct range){region->pa, region->size},
				   (struct range){theirs->pa, theirs->size}))
			return other;
	}
	return NULL;
}

static bool fixed_is_right(struct front *front, const struct requests *requests,
			   const struct request *request)
{
	const struct board *const board = &front->plan->board;
	const struct ram_region *const region = region_of(front, request);
	const struct range range = {region->pa, region->size};
	const struct place at = place_of(front, request);
	const char *const shown = text_of_range(region->pa, region->size);
	const uint64_t alignment = request->region ? BP_PAGE_SIZE : BLOCK_2M;
	const struct range *const reserved = ranges_overlap(&board->reserved, range);
	const struct request *const other = overlapping(front, requests, request);

	if (front->plan->palettes) {
		diag_error(at,
			   "memory \"%s\" can't have an address: cells have colors, so memory lies in pieces "
			   "(a guest-physical address is 'ram-base')",
			   request->text);
	} else if (region->pa % alignment) {
		diag_error(at, "memory \"%s\" is misaligned: %s starts at a multiple of %s", request->text,
			   request->region ? "a further region" : "a cell's first region",
			   text_of_size(alignment));
	} else if (!ranges_cover(&board->ram, range)) {
		diag_error(at, "memory %s lies outside the board's RAM", shown);
	} else if (!ranges_cover(room_of(front, request), range)) {
		diag_error(at,
			   "memory %s isn't reached by a bus master of cell '%s': see its bus's dma-ranges",
			   shown, front->plan->cells[request->cell].name);
	} else if (reserved) {
		diag_error(at, "memory %s lies over %s, which the board reserves for firmware or loader",
			   shown, text_of_range(reserved->base, reserved->size));
	} else if (!reserved_whole(front, at, request->text, range, !request->region)) {
		return false;
	} else if (other && other->cell == request->cell) {
		diag_error(at, "memory %s overlaps %s of the same cell", shown,
			   text_of_range(region_of(front, other)->pa, region_of(front, other)->size));
	} else if (other) {
		diag_error(at, "memory %s overlaps that of cell '%s'", shown,
			   front->plan->cells[other->cell].name);
		diag_note(place_of(front, other), "%s is given to '%s' here",
			  text_of_range(region_of(front, other)->pa, region_of(front, other)->size),
			  front->plan->cells[other->cell].name);
	} else {
		return true;
	}
	return false;
}

/* ---- placed regions ---- */

static bool place(struct front *front, const struct request *request)
{
	const struct ranges *const ram = room_of(front, request);
	struct ram_region *const region = region_of(front, request);

	if (front->plan->palettes)
		return colors_place(front, request->cell, request->region, request->text);
	if (region->size >= BLOCK_1G)
		region->pa = ranges_find(ram, &front->taken, region->size, BLOCK_1G, 0, 0);
	if (region->pa == NO_PLACE)
		region->pa = ranges_find(ram, &front->taken, region->size, BLOCK_2M, 0, 0);
	if (region->pa == NO_PLACE && request->region)
		region->pa = ranges_find(ram, &front->taken, region->size, BP_PAGE_SIZE, 0, 0);
	if (region->pa != NO_PLACE) {
		ranges_add(&front->taken, region->pa, region->size);
		return true;
	}
	diag_error(place_of(front, request),
		   "no room for memory \"%s\" of cell '%s': the largest free block %shas %s", request->text,
		   front->plan->cells[request->cell].name,
		   bound(front, request) ? "that its bus masters reach " : "",
		   text_of_size(ranges_largest(ram, &front->taken, BLOCK_2M)));
	return false;
}

/* Who can't lie everywhere chooses first, then who needs most. */
static bool goes_before(const struct front *front, const struct request *a, const struct request *b)
{
	if (bound(front, a) != bound(front, b))
		return bound(front, a);
	return region_of(front, a)->size > region_of(front, b)->size;
}

/* Fixed ones in the order of the file; then as goes_before says; then in the order of the file. */
static void place_all(struct front *front, const struct requests *requests)
{
	bool *const done = memory_new(requests->count, sizeof(bool));

	for (size_t i = 0; i < requests->count; i++) {
		struct ram_region *const region = region_of(front, &requests->at[i]);

		done[i] = requests->at[i].fixed;
		if (done[i] && fixed_is_right(front, requests, &requests->at[i]))
			ranges_add(&front->taken, region->pa, region->size);
		else if (done[i])
			region->pa = NO_PLACE;
	}
	for (;;) {
		size_t next = requests->count;

		for (size_t i = 0; i < requests->count; i++)
			if (!done[i] && (next == requests->count ||
					 goes_before(front, &requests->at[i], &requests->at[next])))
				next = i;
		if (next == requests->count)
			break;
		done[next] = true;
		place(front, &requests->at[next]);
	}
	free(done);
}

/* A region that couldn't be placed has had its diagnostic; the later steps see the others only. */
static void drop_unplaced(struct plan_cell *cell)
{
	size_t kept = 0;

	for (size_t i = 0; i < cell->ram_count; i++) {
		cell->ram[i].ipa = cell->ram[i].pa;
		if (cell->ram[i].pa != NO_PLACE)
			cell->ram[kept++] = cell->ram[i];
	}
	cell->ram_count = kept;
}

/* ---- ram-base ---- */

static const char *whose(const struct board *board, struct range range)
{
	for (size_t i = 0; i < board->device_count; i++)
		if (ranges_overlap(&board->devices[i].regs, range))
			return board->devices[i].path;
	return NULL;
}

static void check_base(struct front *front, size_t index, struct range moved)
{
	const struct board *const board = &front->plan->board;
	const struct plan_cell *const cell = &front->plan->cells[index];
	const struct place at = front_place(front, front->cell_nodes[index], "ram-base");
	const char *const device = whose(board, moved);

	if (!ranges_cover(&front->reaches[index], moved))
		diag_error(
			at,
			"ram-base puts memory at %s, which isn't reached by a bus master of cell '%s': see "
			"its bus's dma-ranges",
			text_of_range(moved.base, moved.size), cell->name);
	if (device)
		diag_error(at, "ram-base puts memory at %s, over device %s",
			   text_of_range(moved.base, moved.size), device);
	for (size_t i = 0; !device && i < board->occupied.count; i++)
		if (!ranges_overlap(&board->ram, board->occupied.at[i]) &&
		    range_overlaps(board->occupied.at[i], moved))
			diag_error(at, "ram-base puts memory at %s, over %s, a window of a bus",
				   text_of_range(moved.base, moved.size),
				   text_of_range(board->occupied.at[i].base, board->occupied.at[i].size));
	for (size_t i = 1; i < cell->ram_count; i++)
		if (range_overlaps((struct range){cell->ram[i].ipa, cell->ram[i].size}, moved))
			diag_error(at, "ram-base puts memory at %s, over the cell's other region %s",
				   text_of_range(moved.base, moved.size),
				   text_of_range(cell->ram[i].ipa, cell->ram[i].size));
}

static void read_base(struct front *front, size_t index)
{
	struct plan_cell *const cell = &front->plan->cells[index];
	const int node = front->cell_nodes[index];
	const struct place at = front_place(front, node, "ram-base");
	const uint64_t limit = UINT64_C(1) << front->plan->board.pa_bits;
	uint64_t base;

	if (!value_number(front, node, "ram-base", &base) || !cell->ram_count)
		return;
	if (base % BLOCK_2M) {
		diag_error(at, "ram-base 0x%" PRIx64 " is misaligned: it is a multiple of 2M", base);
	} else if (cell->unprotected && base != cell->ram[0].pa) {
		diag_error(at,
			   "ram-base 0x%" PRIx64 " isn't where the memory lies, 0x%" PRIx64
			   ": bus masters of dma = \"unprotected\" know physical addresses only",
			   base, cell->ram[0].pa);
	} else if (base >= limit || cell->ram[0].size > limit - base) {
		diag_error(at, "ram-base 0x%" PRIx64 " puts memory beyond the %u address bits of the board",
			   base, front->plan->board.pa_bits);
	} else {
		check_base(front, index, (struct range){base, cell->ram[0].size});
		cell->ram[0].ipa = base;
	}
}

/* ---- keep ---- */

static void read_keep(struct front *front, size_t index)
{
	struct plan_cell *const cell = &front->plan->cells[index];
	const int node = front->cell_nodes[index];
	const struct place at = front_place(front, node, "keep");
	struct ram_region kept = {.keep = true}, *last;

	if (!value_size(front, node, "keep", &kept.size) || !cell->ram_count)
		return;
	last = &cell->ram[cell->ram_count - 1];
	if (!kept.size || kept.size % BP_PAGE_SIZE) {
		diag_error(at, "keep is a multiple of 4K, and not none");
		return;
	}
	if (kept.size >= last->size) {
		diag_error(at, "keep is %s, and the cell's last region has %s only", text_of_size(kept.size),
			   text_of_size(last->size));
		return;
	}
	if (ranges_overlap(&front->plan->board.lent,
			   (struct range){last->pa + (last->size - kept.size), kept.size})) {
		diag_error(at, "keep takes the end of the cell's last region, which is reserved memory of a "
			       "device: put another region last");
		return;
	}
	last->size -= kept.size;
	kept.ipa = last->ipa + last->size;
	kept.pa = palette_at(cell_palette(front->plan, index), last->pa, last->size);
	cell->ram = memory_grow(cell->ram, cell->ram_count, sizeof(cell->ram[0]));
	cell->ram[cell->ram_count++] = kept;
}

/* memory_grow keeps arrays at powers of two; drop_unplaced may have left a larger one. */
static void regrow(struct plan_cell *cell)
{
	struct ram_region *ram = NULL;

	for (size_t i = 0; i < cell->ram_count; i++) {
		ram = memory_grow(ram, i, sizeof(ram[0]));
		ram[i] = cell->ram[i];
	}
	cell->ram = ram;
}

/* [impl->swr~config-memory~1] */
void memory_place(struct front *front)
{
	struct plan *const plan = front->plan;
	struct requests requests = {NULL, 0};

	regions_reserved(&plan->board, &front->taken);
	for (size_t i = 0; i < plan->cell_count; i++)
		read_requests(front, &requests, i);
	place_all(front, &requests);
	for (size_t i = 0; i < plan->cell_count; i++) {
		drop_unplaced(&plan->cells[i]);
		regrow(&plan->cells[i]);
		if (plan->palettes)
			colors_address(front, i);
		read_base(front, i);
		read_keep(front, i);
	}
	for (size_t i = 0; plan->palettes && i < plan->cell_count; i++)
		colors_take_between(front, i);
}

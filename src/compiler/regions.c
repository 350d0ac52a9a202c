/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regions.c - see regions.h. Called by board.c; reserved.c and tree_keep.c ask what a cell can have of it.
 */
#include "regions.h"

#include "front.h"
#include "ranges.h"
#include "text.h"

#include <libfdt.h>
#include <string.h>

#define CELLS_MAX 2

bool region_is_node(const void *tree, int node)
{
	const int parent = node_parent(tree, node);

	return parent > 0 && node_parent(tree, parent) == 0 &&
	       !strcmp(fdt_get_name(tree, parent, NULL), "reserved-memory");
}

static bool is_whole_pages(const struct ranges *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		if (parts->at[i].base % BP_PAGE_SIZE || parts->at[i].size % BP_PAGE_SIZE)
			return false;
	return parts->count > 0;
}

static void add_uses(struct board *board, int user)
{
	const void *const tree = board->tree.data;
	int length;
	const fdt32_t *const list = fdt_getprop(tree, user, "memory-region", &length);

	for (int at = 0; list && at < length / 4; at++) {
		const int target = node_by_phandle(tree, fdt32_ld(&list[at]));

		if (target < 0 || !region_is_node(tree, target) || node_disabled(tree, target))
			continue;
		board->uses = memory_grow(board->uses, board->use_count, sizeof(board->uses[0]));
		board->uses[board->use_count++] = (struct region_use){user, target};
	}
}

static bool is_used(const struct board *board, int region)
{
	for (size_t i = 0; i < board->use_count; i++)
		if (board->uses[i].region == region)
			return true;
	return false;
}

struct ranges region_lent(const struct board *board, int node)
{
	const struct ranges parts = registers_of(board->tree.data, node);

	return is_used(board, node) && is_whole_pages(&parts) ? parts : (struct ranges){NULL, 0};
}

void regions_read(struct board *board)
{
	const void *const tree = board->tree.data;
	const int reserved = node_by_path(tree, "/reserved-memory");
	int node;

	for (node = fdt_next_node(tree, -1, NULL); node >= 0; node = fdt_next_node(tree, node, NULL))
		if (node_enabled(tree, node))
			add_uses(board, node);
	if (reserved < 0)
		return;
	fdt_for_each_subnode(node, tree, reserved)
	{
		const struct ranges parts = region_lent(board, node);

		ranges_add_all(&board->lent, &parts);
	}
}

static uint64_t read_cells(const fdt32_t *cells, int count)
{
	uint64_t value = 0;

	for (int i = 0; i < count; i++)
		value = value << 32 | fdt32_ld(&cells[i]);
	return value;
}

/* A number in the size cells of /reserved-memory; 0: it isn't there. */
static uint64_t sized(const void *tree, int node, const char *property)
{
	const int cells = fdt_size_cells(tree, node_parent(tree, node));
	int length;
	const fdt32_t *const value = fdt_getprop(tree, node, property, &length);

	return value && cells > 0 && cells <= CELLS_MAX && length == 4 * cells ? read_cells(value, cells) : 0;
}

uint64_t region_size(const void *tree, int node)
{
	return fdt_getprop(tree, node, "reg", NULL) ? 0 : sized(tree, node, "size");
}

static struct ranges alloc_ranges(const void *tree, int node)
{
	const int parent = node_parent(tree, node);
	const int addresses = fdt_address_cells(tree, parent), sizes = fdt_size_cells(tree, parent);
	struct ranges found = {NULL, 0};
	int length;
	const fdt32_t *const list = fdt_getprop(tree, node, "alloc-ranges", &length);

	if (!list)
		ranges_add(&found, 0, UINT64_MAX);
	if (!list || addresses < 1 || addresses > CELLS_MAX || sizes < 1 || sizes > CELLS_MAX)
		return found;
	for (int at = 0; at + addresses + sizes <= length / 4; at += addresses + sizes) {
		const uint64_t base = read_cells(&list[at], addresses);
		const uint64_t size = read_cells(&list[at + addresses], sizes);

		ranges_add(&found, base, size && base + (size - 1) < base ? -base : size);
	}
	return found;
}

struct ranges region_room(const struct plan *plan, size_t index, int node)
{
	const struct plan_cell *const cell = &plan->cells[index];
	const struct ranges wanted = alloc_ranges(plan->board.tree.data, node);
	struct ranges found = {NULL, 0};

	for (size_t i = 0; i < cell->ram_count; i++)
		for (size_t at = 0; at < wanted.count && !cell->ram[i].keep; at++) {
			const struct range part = range_common(
				(struct range){cell->ram[i].ipa, cell->ram[i].size}, wanted.at[at]);

			ranges_add(&found, part.base, part.size);
		}
	return found;
}

static bool place_fits(const struct plan *plan, size_t index, const struct ranges *parts)
{
	const struct plan_cell *const cell = &plan->cells[index];
	struct ranges ram = {NULL, 0};

	for (size_t i = 0; i < cell->ram_count; i++)
		if (!cell->ram[i].keep && cell->ram[i].ipa == cell->ram[i].pa)
			ranges_add(&ram, cell->ram[i].pa, cell->ram[i].size);
	for (size_t i = 0; i < parts->count; i++)
		if (!ranges_cover(&ram, parts->at[i]))
			return false;
	return parts->count > 0;
}

bool region_fits(const struct plan *plan, size_t cell, int node)
{
	const void *const tree = plan->board.tree.data;
	const uint64_t alignment = sized(tree, node, "alignment"), size = region_size(tree, node);
	const struct ranges parts = region_lent(&plan->board, node), nothing = {NULL, 0};
	struct ranges room;

	/* Linux takes no other, and the guest's node has the root's cells. */
	if (fdt_address_cells(tree, node_parent(tree, node)) != fdt_address_cells(tree, 0) ||
	    fdt_size_cells(tree, node_parent(tree, node)) != fdt_size_cells(tree, 0) ||
	    node_disabled(tree, node))
		return false;
	if (!size)
		return place_fits(plan, cell, &parts);
	if (alignment & (alignment - 1))
		return false;
	room = region_room(plan, cell, node);
	return ranges_find(&room, &nothing, size, alignment ? alignment : BP_PAGE_SIZE, 0, 0) != NO_PLACE;
}

void regions_reserved(const struct board *board, struct ranges *taken)
{
	ranges_add_all(taken, &board->reserved);
	ranges_add_all(taken, &board->lent);
}

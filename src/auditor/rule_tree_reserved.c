// SPDX-License-Identifier: Apache-2.0
/*
 * rule_tree_reserved.c - /reserved-memory of guest trees: kept memory, and the regions that the cell's
 * devices name, as the board has them and inside the cell's memory; and that none is missing.
 */
#include <inttypes.h>
#include <string.h>

#include "rule.h"

static bool region_kept(const struct cell *cell, const struct node *node)
{
	for (uint32_t i = 0; i < cell->record->regions.count; i++)
		if ((cell->regions[i].flags & BP_REGION_KEEP) && node->reg_count == 1 &&
		    node->regs[0].base == cell->regions[i].ipa && node->regs[0].size == cell->regions[i].size)
			return true;
	return false;
}

/* Is there room for the region in memory of the cell, and of [from, end)? */
static bool room_in(const struct cell *cell, uint64_t from, uint64_t end, uint64_t size, uint64_t alignment)
{
	for (uint32_t i = 0; i < cell->record->regions.count; i++) {
		const struct bp_region *region = &cell->regions[i];
		uint64_t low = region->ipa > from ? region->ipa : from;
		const uint64_t high =
			end_of(region->ipa, region->size) < end ? end_of(region->ipa, region->size) : end;

		if (region->flags & BP_REGION_KEEP || low >= high)
			continue;
		low += -low & (alignment - 1);
		if (low < high && high - low >= size)
			return true;
	}
	return false;
}

/* Could the cell have the board's region? */
static bool region_due(const struct audit *audit, const struct cell *cell, const struct node *region)
{
	const struct tree *board = &audit->board.tree;
	const struct node *parent = &board->nodes[region->parent];
	uint64_t size, alignment;
	struct range range;

	if (!region->enabled || parent->address_cells != board->nodes[0].address_cells ||
	    parent->size_cells != board->nodes[0].size_cells)
		return false;
	if (region_wants(board, region, &size, &alignment)) {
		if (alignment & (alignment - 1))
			return false;
		if (!node_flag(board, region, "alloc-ranges"))
			return room_in(cell, 0, UINT64_MAX, size, alignment);
		for (unsigned int at = 0; region_range(board, region, at, &range); at++)
			if (room_in(cell, range.base, end_of(range.base, range.size), size, alignment))
				return true;
		return false;
	}
	if (!region_lent(board, region))
		return false;
	for (size_t i = 0; i < region->reg_count; i++) {
		bool held = false;

		for (uint32_t r = 0; r < cell->record->regions.count; r++)
			held |= cell->regions[r].ipa == cell->regions[r].pa &&
				!(cell->regions[r].flags & BP_REGION_KEEP) &&
				region->regs[i].base >= cell->regions[r].pa &&
				within(region->regs[i].base - cell->regions[r].pa, region->regs[i].size,
				       cell->regions[r].size);
		if (!held)
			return false;
	}
	return true;
}

/* Both have the property, with the same bytes, or neither. */
static bool same_property(const struct tree *guest, const struct node *told, const struct tree *board,
			  const struct node *due, const char *name)
{
	int have = 0, want = 0;
	const void *mine = node_property(guest, told, name, &have);
	const void *theirs = node_property(board, due, name, &want);

	return !mine == !theirs && have == want && (!mine || !memcmp(mine, theirs, (size_t)have));
}

static bool same_region(const struct tree *guest, const struct node *told, const struct tree *board,
			const struct node *due)
{
	static const char *const properties[] = {"compatible", "reg",	 "size",
						 "alignment",  "no-map", "reusable"};

	for (size_t i = 0; i < COUNT(properties); i++)
		if (!same_property(guest, told, board, due, properties[i]))
			return false;
	return true;
}

/* Where the guest may put a region: in the cell's memory, and where the board's tree admits it. */
static void room_check(struct audit *audit, const struct cell *cell, const struct node *node,
		       const struct node *due)
{
	const struct tree *board = &audit->board.tree;
	struct range range, outer;
	unsigned int at;

	for (at = 0; region_range(&cell->guest, node, at, &range); at++) {
		bool admitted = !node_flag(board, due, "alloc-ranges");

		for (unsigned int i = 0; !admitted && region_range(board, due, i, &outer); i++)
			admitted = range.base >= outer.base &&
				   within(range.base - outer.base, range.size, outer.size);
		if (!admitted || !range.size ||
		    !room_in(cell, range.base, end_of(range.base, range.size), range.size, 1))
			violation(&audit->report, RULE_TREE_BASICS,
				  "%s: its tree's %s may be put at 0x%" PRIx64
				  ", which is not the cell's, or not admitted by the board's tree",
				  cell->who, node->path, range.base);
	}
	if (!at)
		violation(&audit->report, RULE_TREE_BASICS,
			  "%s: its tree's %s may be put anywhere: it has no alloc-ranges", cell->who,
			  node->path);
}

static void region_check(struct audit *audit, const struct cell *cell, const struct node *node)
{
	const struct tree *board = &audit->board.tree;
	const struct node *due = tree_path(board, node->path);
	uint64_t size, alignment;

	if (region_kept(cell, node))
		return;
	if (!due || !region_node(board, due) || !same_region(&cell->guest, node, board, due) ||
	    !region_due(audit, cell, due))
		violation(
			&audit->report, RULE_TREE_BASICS,
			"%s: its tree reserves %s, which is neither kept memory nor a region of the board's "
			"tree that the cell has",
			cell->who, node->path);
	else if (region_wants(board, due, &size, &alignment))
		room_check(audit, cell, node, due);
}

/* The property of a guest's node names the regions that the board's names. */
static void user_check(struct audit *audit, const struct cell *cell, const struct node *user)
{
	const struct tree *board = &audit->board.tree;
	const struct node *told = tree_path(&cell->guest, user->path), *due, *have;
	bool all = true, any = false;

	for (unsigned int at = 0; (due = region_named(board, user, at)); at++) {
		any |= region_node(board, due);
		all &= region_node(board, due) && region_due(audit, cell, due);
	}
	if (!told || !any)
		return;
	if (all != node_flag(&cell->guest, told, "memory-region"))
		violation(&audit->report, RULE_TREE_BASICS, "%s: its tree's %s %s", cell->who, told->path,
			  all ? "lacks its reserved memory, which the cell has"
			      : "has reserved memory that the cell lacks");
	for (unsigned int at = 0; all && (due = region_named(board, user, at)); at++) {
		have = region_named(&cell->guest, told, at);
		if (!have || strcmp(have->path, due->path) != 0 || !have->enabled)
			violation(&audit->report, RULE_TREE_BASICS,
				  "%s: its tree's %s has other reserved memory than %s", cell->who,
				  told->path, due->path);
	}
}

/* [impl->swr~audit-tree-reserved~1] */
void guest_reserved_check(struct audit *audit, const struct cell *cell)
{
	const struct tree *board = &audit->board.tree;
	const int asked = partition_number(audit, cell->asked);

	for (size_t i = 0; i < cell->guest.count; i++)
		if (region_node(&cell->guest, &cell->guest.nodes[i]) && cell->guest.nodes[i].enabled)
			region_check(audit, cell, &cell->guest.nodes[i]);
	for (size_t i = 0; i < board->count && asked != CELL_NONE_ID; i++)
		if (node_flag(board, &board->nodes[i], "memory-region") && board->nodes[i].enabled &&
		    region_user_owner(&audit->board, &board->nodes[i]) == asked)
			user_check(audit, cell, &board->nodes[i]);
}

/* RAM over what the board reserves for devices: theirs, and all of it. */
void lent_check(struct audit *audit, const struct cell *cell, const struct spans *held)
{
	const struct tree *board = &audit->board.tree;
	const int asked = partition_number(audit, cell->asked);

	for (size_t i = 0; i < audit->board.lent.count; i++) {
		const struct span *lent = &audit->board.lent.list[i];
		const struct node *region = &board->nodes[lent->tag], *user = NULL;
		bool own = false;
		uint64_t gap;

		if (!spans_touch(held, lent->va, lent->size))
			continue;
		if (!spans_cover(held, lent->va, lent->size, &gap))
			violation(&audit->report, RULE_RAM,
				  "%s: it has RAM in a part of %s, but not at 0x%" PRIx64, cell->who,
				  region->path, gap);
		while ((user = region_user(board, region, user))) {
			const int owner = region_user_owner(&audit->board, user);

			own |= owner == asked;
			if (owner != asked && owner != CELL_NONE_ID)
				violation(&audit->report, RULE_RAM,
					  "%s: it has RAM in %s, which %s of cell '%s' uses", cell->who,
					  region->path, user->path, audit->partition.cells[owner].name);
		}
		if (!own)
			violation(&audit->report, RULE_RAM,
				  "%s: it has RAM in %s, but no device that uses it", cell->who,
				  region->path);
	}
}

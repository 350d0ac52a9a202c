/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reserved.c - whether each cell has the reserved memory that its devices name, and none of another's.
 *
 * A region with a fixed place is a cell's where `memory` says so, by its address; the guest chooses the
 * place of the others in the cell's own memory. Called by plan_read. [impl->swr~config-reserved~1]
 */
#include "front.h"

#include "ranges.h"
#include "regions.h"
#include "text.h"

#include <inttypes.h>
#include <libfdt.h>

static const char *text_of_parts(const struct ranges *parts)
{
	const char *text = "";

	for (size_t i = 0; i < parts->count; i++)
		text = text_format("%s%s\"%s@0x%" PRIx64 "\"", text, i ? ", " : "",
				   text_of_size(parts->at[i].size), parts->at[i].base);
	return text;
}

/* The device that a use is of; NULL: it is no cell's. */
static const struct device *user_of(const struct board *board, const struct region_use *use)
{
	const int index = board_device_of(board, use->user);

	return index >= 0 && board->devices[index].owner >= 0 ? &board->devices[index] : NULL;
}

static struct place place_of(const struct board *board, const struct device *device)
{
	return devices_place((size_t)(device - board->devices));
}

/* The cell that has memory of a region with a fixed place, -1: none. */
static int holder_of(const struct plan *plan, int region)
{
	const struct ranges parts = region_lent(&plan->board, region);

	for (size_t i = 0; i < plan->cell_count; i++)
		for (size_t at = 0; at < plan->cells[i].ram_count; at++)
			if (ranges_overlap(&parts, (struct range){plan->cells[i].ram[at].pa,
								  plan->cells[i].ram[at].size}))
				return (int)i;
	return -1;
}

/* A use by a device of the holder's; NULL: no device of it names the region. */
static const struct region_use *use_by(const struct plan *plan, int region, int cell)
{
	for (size_t i = 0; i < plan->board.use_count; i++) {
		const struct region_use *const use = &plan->board.uses[i];
		const struct device *const device = user_of(&plan->board, use);

		if (use->region == region && device && device->owner == cell)
			return use;
	}
	return NULL;
}

/* Memory that a cell took for a device that it doesn't have. */
static void check_holder(const struct front *front, const struct region_use *use)
{
	const struct plan *const plan = front->plan;
	const int holder = holder_of(plan, use->region);
	const void *const tree = plan->board.tree.data;

	if (holder < 0 || use_by(plan, use->region, holder))
		return;
	diag_error(
		front_place(front, front->cell_nodes[holder], "memory"),
		"memory of cell '%s' holds reserved memory %s, which is for %s: give the cell that device, "
		"too, or other memory",
		plan->cells[holder].name, node_path(tree, use->region), node_path(tree, use->user));
}

static void check_user(const struct front *front, const struct region_use *use)
{
	const struct plan *const plan = front->plan;
	const struct board *const board = &plan->board;
	const struct ranges parts = region_lent(board, use->region);
	const struct device *const device = user_of(board, use);
	const char *const region = node_path(board->tree.data, use->region);
	const int holder = holder_of(plan, use->region);
	const struct region_use *const other = holder >= 0 ? use_by(plan, use->region, holder) : NULL;

	if (!device || region_fits(plan, (size_t)device->owner, use->region))
		return;
	if (other && holder != device->owner) {
		diag_error(place_of(board, device),
			   "device '%s' of cell '%s' uses reserved memory %s, which is cell '%s''s for '%s': "
			   "give both devices to one cell",
			   device->path, plan->cells[device->owner].name, region, plan->cells[holder].name,
			   user_of(board, other)->path);
		diag_note(front_place(front, front->cell_nodes[holder], "memory"), "given to '%s' here",
			  plan->cells[holder].name);
	} else if (diag_errors()) {
		return; /* of memory, it may be: then this is no news */
	} else if (parts.count && !plan->palettes) {
		diag_warning(place_of(board, device),
			     "'%s' of cell '%s' goes without reserved memory %s, which isn't the cell's: a "
			     "further region of 'memory', %s, gives it",
			     device->path, plan->cells[device->owner].name, region, text_of_parts(&parts));
	} else if (region_size(board->tree.data, use->region)) {
		diag_warning(
			place_of(board, device),
			"'%s' of cell '%s' goes without reserved memory %s: the cell has no %s of memory "
			"where that may lie",
			device->path, plan->cells[device->owner].name, region,
			text_of_size(region_size(board->tree.data, use->region)));
	} else {
		diag_warning(place_of(board, device),
			     "'%s' of cell '%s' goes without reserved memory %s, which no cell can have",
			     device->path, plan->cells[device->owner].name, region);
	}
}

void reserved_check(const struct front *front)
{
	const struct board *const board = &front->plan->board;

	for (size_t i = 0; i < board->use_count; i++) {
		size_t first = 0;

		while (board->uses[first].region != board->uses[i].region)
			first++;
		if (first == i)
			check_holder(front, &board->uses[i]);
		check_user(front, &board->uses[i]);
	}
}

/* Whole regions, in memory that no image is put into.  False after a diagnostic. */
bool reserved_whole(const struct front *front, struct place at, const char *text, struct range range,
		    bool first)
{
	const struct board *const board = &front->plan->board;
	const struct range *const region = ranges_overlap(&board->lent, range);

	if (region && first) {
		diag_error(at,
			   "memory \"%s\" holds reserved memory of a device at 0x%" PRIx64
			   ": images are put into the cell's first region, so make it a further one",
			   text, region->base);
		return false;
	}
	for (size_t i = 0; i < board->lent.count; i++) {
		const struct range common = range_common(range, board->lent.at[i]);

		if (!common.size || common.size == board->lent.at[i].size)
			continue;
		diag_error(at,
			   "memory \"%s\" takes a part of %s at 0x%" PRIx64
			   ", which are reserved for a device: take all or nothing of it",
			   text, text_of_size(board->lent.at[i].size), board->lent.at[i].base);
		return false;
	}
	return true;
}

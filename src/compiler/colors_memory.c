// SPDX-License-Identifier: Apache-2.0
/*
 * colors_memory.c - where cells' RAM lies where memory has colours: see memory.c, which calls it, and
 * palette.h.
 */
#include "front.h"

#include "ranges.h"
#include "text.h"

#include <stdlib.h>

#define BLOCK_2M UINT64_C(0x200000)

/*
 * A region with colours lies within a stretch of memory that holds its pages and those of other
 * palettes' cells: what a stretch must be clear of is taken from all, or from cells of its own palette.
 * [impl->swr~colors-placed~1]
 */
bool colors_place(struct front *front, size_t cell, size_t index, const char *text)
{
	struct plan *const plan = front->plan;
	struct ram_region *const region = &plan->cells[cell].ram[index];
	const struct palette *const palette = cell_palette(plan, cell);
	const uint64_t extent = palette_extent(palette, region->size), period = palette_period(palette);
	struct ranges taken = {NULL, 0};
	uint64_t largest;

	ranges_add_all(&taken, &front->taken);
	for (size_t i = 0; i < plan->cell_count; i++)
		for (size_t at = 0;
		     plan->cells[i].palette == plan->cells[cell].palette && at < plan->cells[i].ram_count;
		     at++)
			if (plan->cells[i].ram[at].pa != NO_PLACE)
				ranges_add(&taken, align_down(plan->cells[i].ram[at].pa, period),
					   palette_extent(palette, plan->cells[i].ram[at].size));
	region->pa = ranges_find(&plan->board.ram, &taken, extent, period, 0, 0);
	if (region->pa != NO_PLACE) {
		region->pa = palette_at(palette, region->pa, 0);
	} else {
		largest = ranges_largest(&plan->board.ram, &taken, period);
		diag_error(
			front_place(front, front->cell_nodes[cell], "memory"),
			"no room for memory \"%s\" of cell '%s' in %u of %u colours: the largest free block "
			"has %s of them",
			text, plan->cells[cell].name, palette->count, palette->colors,
			text_of_size(largest / palette->colors * palette->count));
	}
	free(taken.at);
	return region->pa != NO_PLACE;
}

/* Memory in pieces is one block to the guest: the lowest place in the addresses of the board's RAM, of those
 * that its functions reach. */
void colors_address(struct front *front, size_t index)
{
	struct plan_cell *const cell = &front->plan->cells[index];
	struct ranges own = {NULL, 0};

	for (size_t i = 0; i < cell->ram_count; i++) {
		struct ram_region *const region = &cell->ram[i];

		region->ipa = ranges_find(&front->rooms[index], &own, region->size, BLOCK_2M, 0, 0);
		if (region->ipa == NO_PLACE) {
			diag_error(
				front_place(front, front->cell_nodes[index], "memory"),
				"%s of memory in one piece are more than the board's RAM has addresses for: "
				"divide it into several regions",
				text_of_size(region->size));
			region->ipa = region->pa;
		}
		ranges_add(&own, region->ipa, region->size);
	}
	free(own.at);
}

/* Memory in pieces takes what lies between them, too: images and the hypervisor lie in one. */
void colors_take_between(struct front *front, size_t index)
{
	const struct plan_cell *const cell = &front->plan->cells[index];

	for (size_t i = 0; i < cell->ram_count; i++)
		ranges_add(&front->taken, cell->ram[i].pa,
			   palette_end(cell_palette(front->plan, index), cell->ram[i].pa, cell->ram[i].size) -
				   cell->ram[i].pa);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.c - where the image store and the hypervisor lie.
 *
 * Both are written by the loader, so neither may lie where it stages the image or runs itself. Called
 * by images.c, and memory_place_hypervisor by the back end, which knows the hypervisor's size.
 */
#include "front.h"

#include "ranges.h"
#include "regions.h"
#include "text.h"

#include "../blueprint/image.h"

#include <stdlib.h>

/* Memory with colours is taken with what lies between its pieces. */
static void add_cells(struct ranges *set, const struct plan *plan)
{
	for (size_t i = 0; i < plan->cell_count; i++)
		for (size_t at = 0; at < plan->cells[i].ram_count; at++) {
			const struct ram_region *const region = &plan->cells[i].ram[at];

			ranges_add(set, region->pa,
				   palette_end(cell_palette(plan, i), region->pa, region->size) - region->pa);
		}
}

uint64_t memory_place_file(struct front *front, uint64_t size)
{
	struct ranges taken = {NULL, 0};
	uint64_t pa;

	size = align_up(size, BP_PAGE_SIZE);
	ranges_add_all(&taken, &front->taken);
	ranges_add_all(&taken, &front->plan->board.staging);
	pa = ranges_find(&front->plan->board.ram, &taken, size, BP_PAGE_SIZE, 0, 0);
	if (pa != NO_PLACE)
		ranges_add(&front->taken, pa, size);
	free(taken.at);
	return pa;
}

bool memory_place_hypervisor(struct plan *plan, uint64_t size)
{
	const uint64_t limit = UINT64_C(256) << 30; /* what the boot root's tables reach */
	struct ranges taken = {NULL, 0};
	uint64_t pa;

	regions_reserved(&plan->board, &taken);
	ranges_add_all(&taken, &plan->board.staging);
	add_cells(&taken, plan);
	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const cell = &plan->cells[i];

		for (size_t at = 0; at < cell->file_count; at++)
			ranges_add(&taken, cell->files[at].store_pa,
				   align_up(cell->files[at].file.size, BP_PAGE_SIZE));
	}
	ranges_add(&taken, limit, UINT64_MAX - limit);
	pa = ranges_find(&plan->board.ram, &taken, size, HV_LOAD_ALIGN, 0, 0);
	if (pa != NO_PLACE)
		plan->load_pa = pa;
	else
		diag_error((struct place){plan->file, 1, 1},
			   "no room for the hypervisor, which takes %s or more below %s, beside cells, "
			   "images and loader: the largest free block there has %s",
			   text_of_size(size), text_of_size(limit),
			   text_of_size(ranges_largest(&plan->board.ram, &taken, HV_LOAD_ALIGN)));
	free(taken.at);
	return pa != NO_PLACE;
}

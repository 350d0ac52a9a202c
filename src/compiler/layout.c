// SPDX-License-Identifier: Apache-2.0
/*
 * layout.c - gives everything its physical address and has the parts write their bytes: see layout.h.
 *
 *     load_pa                   bulkhead.bin
 *     + hv.file_size            the blueprint: header, cell records, service record, directory, guest
 *                               trees, stage-2 tables, EL2 tables
 *     writable_pa               per-core segments, telemetry, event rings; cells' state, log, heartbeat;
 *                               orders; channels
 *
 * Called by plan_emit() and plan_map().
 */
#include "layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../blueprint/telemetry.h"
#include "emit.h"
#include "tree.h"

#define PASSES_MOST 8

/* ---- writable memory: its sizes follow from counts, so it comes first ---- */

static uint64_t take(uint64_t *pa, uint64_t size)
{
	const uint64_t start = *pa;

	*pa += align_up(size, BP_PAGE_SIZE);
	return start;
}

static void cores_place(struct layout *layout, uint64_t *pa)
{
	for (size_t i = 0; i < layout->plan->board.core_count; i++) {
		struct core_layout *const core = &layout->cores[i];

		if (core->cell == NO_CELL)
			continue;
		for (size_t j = 0; j < HV_SEGMENTS && layout->hv.segments[j].size; j++)
			if (layout->hv.segments[j].flags & HV_SEG_PER_CORE)
				core->segment_pa[j] = take(pa, layout->hv.segments[j].size);
		core->telemetry_pa = take(pa, sizeof(struct telemetry_core));
		core->ring_pa = take(pa, sizeof(struct event_ring));
	}
}

static void writable_place(struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	uint64_t pa = layout->writable_pa;

	cores_place(layout, &pa);
	for (size_t i = 0; i < plan->cell_count; i++) {
		struct cell_layout *const cell = &layout->cells[i];

		cell->state_pa = take(&pa, BP_PAGE_SIZE);
		cell->heartbeat_pa = take(&pa, sizeof(struct heartbeat));
		cell->log_pa = plan->cells[i].uart_ipa ? take(&pa, sizeof(struct log_ring)) : 0;
	}
	layout->orders_size = align_up(plan->cell_count * sizeof(struct order), BP_PAGE_SIZE);
	layout->orders_pa = take(&pa, layout->orders_size);
	for (size_t i = 0; i < plan->channel_count; i++)
		layout->channel_pa[i] = take(&pa, plan->channels[i].size);
	layout->writable_size = pa - layout->writable_pa;
}

/* ---- one pass ---- */

static bool records_place(struct layout *layout)
{
	const struct plan *const plan = layout->plan;

	arena_take(&layout->file, header_size(layout), BP_PAGE_SIZE);
	for (size_t i = 0; i < plan->cell_count; i++) {
		struct cell_layout *const cell = &layout->cells[i];

		if (!stage2_list(layout, i))
			return false;
		cell->record_size = cell_record_size(layout, i);
		cell->record_pa = arena_take(&layout->file, cell->record_size, BP_PAGE_SIZE);
		if (cell->record_size > EL2_VA_GICD - EL2_VA_CELL) {
			diag_error(cell_place(plan, i),
				   "cell '%s' needs a record of %" PRIu64 " bytes, %" PRIu64 " are the most",
				   plan->cells[i].name, cell->record_size, EL2_VA_GICD - EL2_VA_CELL);
			return false;
		}
	}
	layout->service_size = service_record_size(layout);
	layout->service_pa = arena_take(&layout->file, layout->service_size, BP_PAGE_SIZE);
	return true;
}

static bool directory_place(struct layout *layout)
{
	layout->directory_size = directory_size(layout);
	if (!layout->directory_size)
		return true;
	layout->directory_pa = arena_take(&layout->file, layout->directory_size, BP_PAGE_SIZE);
	/* stage2_list() ran with last pass's address; only its place in the list matters there. */
	for (size_t i = 0; i < layout->plan->cell_count; i++)
		if (layout->plan->cells[i].flags & BP_CELL_HEALTH && !stage2_list(layout, i))
			return false;
	return true;
}

static void trees_place(struct layout *layout)
{
	for (size_t i = 0; i < layout->plan->cell_count; i++) {
		struct cell_layout *const cell = &layout->cells[i];

		cell->tree_pa = arena_take(&layout->file, cell->tree.size, BP_PAGE_SIZE);
		memcpy(arena_at(&layout->file, cell->tree_pa), cell->tree.data, cell->tree.size);
	}
}

/* Builds the whole blueprint for layout->load_pa and, as guessed, layout->blueprint_size. */
static bool build(struct layout *layout)
{
	const size_t cells = layout->plan->cell_count;

	arena_free(&layout->file);
	layout->file.pa = layout->load_pa + layout->hv.file_size;
	layout->writable_pa = layout->file.pa + layout->blueprint_size;
	writable_place(layout);
	if (!records_place(layout) || !directory_place(layout))
		return false;
	trees_place(layout);
	for (size_t i = 0; i < cells; i++)
		if (!stage2_build(layout, i))
			return false;
	for (size_t i = 0; i < cells; i++) {
		if (!cell_record_fill(layout, i))
			return false;
		cell_record_root_entries(layout, i);
	}
	service_record_fill(layout);
	directory_fill(layout);
	header_fill(layout);
	if (!el2_build(layout))
		return false;
	header_finish(layout);
	return true;
}

/* ---- until nothing moves ---- */

/* The cores' redistributor frames: they follow the order of /cpus within the regions. */
static bool frames_find(struct layout *layout)
{
	const struct board *const board = &layout->plan->board;
	const uint64_t stride = board->gicr_stride ? board->gicr_stride : GICR_SIZE;
	size_t region = 0;
	uint64_t at = 0;

	for (size_t i = 0; i < board->core_count; i++, at += stride) {
		while (region < board->gicr.count && at + GICR_SIZE > board->gicr.at[region].size) {
			region++;
			at = 0;
		}
		if (region == board->gicr.count) {
			diag_error(file_place(layout->plan->board.folder),
				   "the GIC's redistributor regions hold %zu frames, /cpus names %zu cores",
				   i, board->core_count);
			return false;
		}
		layout->cores[i].gicr_pa = board->gicr.at[region].base + at;
	}
	return true;
}

static bool layout_open(struct layout *layout, struct plan *plan)
{
	*layout = (struct layout){.plan = plan};
	layout->cores = memory_new(plan->board.core_count, sizeof(*layout->cores));
	layout->cells = memory_new(plan->cell_count, sizeof(*layout->cells));
	layout->channel_pa = memory_new(plan->channel_count, sizeof(*layout->channel_pa));
	if (!image_read(layout) || !frames_find(layout))
		return false;
	for (size_t i = 0; i < plan->board.core_count; i++)
		layout->cores[i].cell = NO_CELL;
	for (size_t i = 0; i < plan->cell_count; i++) {
		for (size_t j = 0; j < plan->cells[i].core_count; j++) {
			layout->cores[plan->cells[i].cores[j]].cell = (uint32_t)i;
			layout->cores[plan->cells[i].cores[j]].core_in_cell = (uint32_t)j;
		}
		if (!tree_build(layout, i))
			return false;
	}
	return true;
}

/* [impl->swr~compile-reproducible~1] */
bool layout_settle(struct layout *layout, struct plan *plan)
{
	uint64_t placed = 0; /* bytes that layout->load_pa was found for */

	if (!layout_open(layout, plan))
		return false;
	for (int pass = 0; pass < PASSES_MOST; pass++) {
		uint64_t total;

		if (!build(layout))
			return false;
		total = layout->hv.file_size + layout->file.size + layout->writable_size;
		if (total <= placed && layout->file.size == layout->blueprint_size) {
			for (size_t i = 0; i < plan->channel_count; i++)
				plan->channels[i].pa = layout->channel_pa[i];
			return true;
		}
		layout->blueprint_size = layout->file.size;
		if (total > placed) {
			if (!memory_place_hypervisor(plan, total))
				return false;
			layout->load_pa = plan->load_pa;
			placed = total;
		}
	}
	diag_error(file_place(plan->file), "internal error: the blueprint's size doesn't settle in %d passes",
		   PASSES_MOST);
	return false;
}

// SPDX-License-Identifier: Apache-2.0
/*
 * layout.c - gives everything its physical address and has the parts write their bytes: see layout.h.
 *
 *     load_pa                   bulkhead.bin
 *     + hv.file_size            the blueprint: header, cell records, service record, directory, guest
 *                               trees, stage-2 and DMA tables, stream tables, ITS commands, EL2 tables
 *     writable_pa               per-core segments, telemetry, event rings; cells' state, log, heartbeat;
 *                               orders; IOMMU queues; channels; tables of ITS and redistributors
 *
 * Where memory has colours, what serves a cell while it runs lies in pages of the cell's own, and gaps are
 * left between them: its record, stage-2 and EL2 tables, a copy of bulkhead.bin's text and read-only data,
 * its cores' private memory, telemetry, rings, state and log. The service record and the orders have
 * the service core's colours, the directory the health cell's. The rest lies in one piece, since no cache
 * holds it while cells run: what the boot alone reads, and what all map Non-cacheable (guest trees,
 * channels).
 *
 * Called by plan_emit() and plan_map().
 */
#include "layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../blueprint/telemetry.h"
#include "emit.h"
#include "emit_pci.h"
#include "tree.h"

#define PASSES_MOST 16

/* ---- colours ---- */

const struct palette *layout_palette(const struct layout *layout, size_t cell)
{
	return cell_palette(layout->plan, cell);
}

struct palette_layout *layout_colors(struct layout *layout, size_t cell)
{
	return layout->palettes ? &layout->palettes[layout->plan->cells[cell].palette] : NULL;
}

/* From here on pages of the file come from the cell's colours. */
static void color_file(struct layout *layout, size_t cell)
{
	struct palette_layout *const colors = layout_colors(layout, cell);

	layout->file.lane = colors ? &colors->file : NULL;
}

/* A cell's own copy of the segments that every core has: those of its palette share it.
 * [impl->swr~colors-text~1] */
static void segments_copy(struct layout *layout, struct palette_layout *colors)
{
	uint8_t *const image = memory_new(layout->hv.file_size, 1);

	image_patch(layout, image);
	layout->file.lane = &colors->file;
	for (size_t i = 0; i < HV_SEGMENTS && layout->hv.segments[i].size; i++) {
		const struct hv_segment *const segment = &layout->hv.segments[i];
		const uint8_t *const bytes = image + (segment->va - layout->hv.segments[0].va);
		struct run run;

		if (segment->flags & (HV_SEG_PER_CORE | HV_SEG_BOOT | HV_SEG_IDENTITY))
			continue;
		colors->segment_pa[i] = arena_scatter(&layout->file, segment->size);
		for (run = run_first(colors->file.palette, colors->segment_pa[i], segment->size); run.size;
		     run_next(&run))
			memcpy(arena_at(&layout->file, run.pa), bytes + run.offset, run.size);
	}
	free(image);
}

/* Lanes begin behind what is in the file by now. */
static void colors_open(struct layout *layout)
{
	for (size_t i = 0; layout->palettes && i < layout->plan->palette_count; i++)
		layout->palettes[i] =
			(struct palette_layout){.file = {.palette = &layout->plan->palettes[i],
							 .next = layout->file.pa + layout->file.size},
						.writable = layout->palettes[i].writable};
	for (size_t i = 0; layout->palettes && i < layout->plan->cell_count; i++)
		if (!layout_colors(layout, i)->segment_pa[0])
			segments_copy(layout, layout_colors(layout, i));
	layout->file.lane = NULL;
}

/* What must lie together, such as a table of more than a page, needs colours that do.
 * [impl->swr~colors-together~1] */
static bool colors_sufficed(const struct layout *layout)
{
	const struct plan *const plan = layout->plan;

	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct palette_layout *const colors = layout_colors((struct layout *)layout, i);
		const uint64_t missing = !colors ? 0 : colors->file.short_of | colors->writable.short_of;

		if (missing) {
			diag_error(
				cell_place(plan, i),
				"the hypervisor needs %s in one piece for cell '%s', and its colours have no "
				"pages for that in a row: give it adjacent ones",
				text_of_size(missing), plan->cells[i].name);
			return false;
		}
	}
	return true;
}

/* ---- writable memory: its sizes follow from counts, so it comes first ---- */

/* Where the next pages of writable memory come from. */
struct writable {
	struct layout *layout;
	uint64_t end; /* of all that is taken */
};

/* `size` bytes for a cell, together. */
static uint64_t take(struct writable *writable, size_t cell, uint64_t size)
{
	struct palette_layout *const colors = layout_colors(writable->layout, cell);
	uint64_t pa = writable->end, end;

	if (colors)
		pa = lane_take(&colors->writable, size, BP_PAGE_SIZE);
	end = pa + align_up(size, BP_PAGE_SIZE);
	if (end > writable->end)
		writable->end = end;
	return pa;
}

/* The same in pieces, where there are any. */
static uint64_t scatter(struct writable *writable, size_t cell, uint64_t size)
{
	struct palette_layout *const colors = layout_colors(writable->layout, cell);
	uint64_t pa;

	if (!colors)
		return take(writable, cell, size);
	pa = lane_scatter(&colors->writable, size);
	if (colors->writable.next > writable->end)
		writable->end = colors->writable.next;
	return pa;
}

static void cores_place(struct layout *layout, struct writable *writable)
{
	for (size_t i = 0; i < layout->plan->board.core_count; i++) {
		struct core_layout *const core = &layout->cores[i];

		if (core->cell == NO_CELL)
			continue;
		for (size_t j = 0; j < HV_SEGMENTS && layout->hv.segments[j].size; j++)
			if (layout->hv.segments[j].flags & HV_SEG_PER_CORE)
				core->segment_pa[j] =
					scatter(writable, core->cell, layout->hv.segments[j].size);
		core->telemetry_pa = take(writable, core->cell, sizeof(struct telemetry_core));
		core->ring_pa = take(writable, core->cell, sizeof(struct event_ring));
	}
}

static void writable_place(struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	const uint32_t service = layout->cores[plan->service_core].cell;
	struct writable writable = {layout, layout->writable_pa};

	for (size_t i = 0; layout->palettes && i < plan->palette_count; i++)
		layout->palettes[i].writable =
			(struct lane){.palette = &plan->palettes[i], .next = layout->writable_pa};
	cores_place(layout, &writable);
	for (size_t i = 0; i < plan->cell_count; i++) {
		struct cell_layout *const cell = &layout->cells[i];

		cell->state_pa = take(&writable, i, BP_PAGE_SIZE);
		cell->heartbeat_pa = take(&writable, i, sizeof(struct heartbeat));
		cell->log_pa = plan->cells[i].uart_ipa ? take(&writable, i, sizeof(struct log_ring)) : 0;
		if (plan->cells[i].function_count || plan->cells[i].shown_count)
			cell->pci_state_pa = take(&writable, i, BP_PAGE_SIZE);
	}
	layout->orders_size = align_up(plan->cell_count * sizeof(struct order), BP_PAGE_SIZE);
	layout->orders_pa = take(&writable, service, layout->orders_size);
	for (size_t i = 0; i < smmu_count(layout); i++) {
		if (!layout->smmus[i].used)
			continue;
		layout->smmus[i].command_pa = take(&writable, service, BP_PAGE_SIZE);
		layout->smmus[i].event_pa = take(&writable, service, BP_PAGE_SIZE);
	}
	for (size_t i = 0; i < plan->channel_count; i++) {
		layout->channel_pa[i] = writable.end;
		writable.end += align_up(plan->channels[i].size, BP_PAGE_SIZE);
	}
	if (layout->lpi_bits)
		its_place(layout, &writable.end);
	layout->writable_size = writable.end - layout->writable_pa;
}

/* ---- one pass ---- */

static bool records_place(struct layout *layout)
{
	const struct plan *const plan = layout->plan;

	for (size_t i = 0; i < plan->cell_count; i++) {
		struct cell_layout *const cell = &layout->cells[i];

		color_file(layout, i);
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
	color_file(layout, layout->cores[plan->service_core].cell);
	layout->service_size = service_record_size(layout);
	layout->service_pa = arena_take(&layout->file, layout->service_size, BP_PAGE_SIZE);
	return true;
}

static bool directory_place(struct layout *layout)
{
	layout->directory_size = directory_size(layout);
	if (!layout->directory_size)
		return true;
	for (size_t i = 0; i < layout->plan->cell_count; i++) {
		if (!(layout->plan->cells[i].flags & BP_CELL_HEALTH))
			continue;
		color_file(layout, i);
		layout->directory_pa = arena_take(&layout->file, layout->directory_size, BP_PAGE_SIZE);
		/* stage2_list() ran with last pass's address; only its place in the list matters there. */
		return stage2_list(layout, i);
	}
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
	arena_take(&layout->file, header_size(layout), BP_PAGE_SIZE);
	constants_place(layout);
	if (layout->palettes)
		trees_place(layout);
	if (layout->palettes && layout->pci)
		its_build(layout);
	colors_open(layout);
	if (!records_place(layout) || !directory_place(layout))
		return false;
	layout->file.lane = NULL;
	if (!layout->palettes)
		trees_place(layout);
	for (size_t i = 0; i < cells; i++) {
		color_file(layout, i);
		if (!stage2_build(layout, i) || !dma_build(layout, i))
			return false;
	}
	/* The service core alone writes to stream tables when all runs. */
	color_file(layout, layout->cores[layout->plan->service_core].cell);
	if (layout->pci)
		smmu_build(layout);
	layout->file.lane = NULL;
	if (layout->pci && !layout->palettes)
		its_build(layout);
	for (size_t i = 0; i < cells; i++) {
		if (!cell_record_fill(layout, i))
			return false;
		cell_record_root_entries(layout, i);
	}
	service_record_fill(layout);
	directory_fill(layout);
	header_fill(layout);
	/* What didn't fit lies over something else. */
	if (!colors_sufficed(layout) || !el2_build(layout))
		return false;
	header_finish(layout);
	return colors_sufficed(layout);
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

static void layout_begin(struct layout *layout, const struct plan *plan)
{
	*layout = (struct layout){.plan = plan};
	layout->cores = memory_new(plan->board.core_count, sizeof(*layout->cores));
	layout->cells = memory_new(plan->cell_count, sizeof(*layout->cells));
	if (plan->palettes)
		layout->palettes = memory_new(plan->palette_count, sizeof(*layout->palettes));
	layout->channel_pa = memory_new(plan->channel_count, sizeof(*layout->channel_pa));
}

static bool trees_build(struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	bool right = true;

	if (!frames_find(layout))
		return false;
	for (size_t i = 0; i < plan->board.core_count; i++)
		layout->cores[i].cell = NO_CELL;
	for (size_t i = 0; i < plan->cell_count; i++) {
		for (size_t j = 0; j < plan->cells[i].core_count; j++) {
			layout->cores[plan->cells[i].cores[j]].cell = (uint32_t)i;
			layout->cores[plan->cells[i].cores[j]].core_in_cell = (uint32_t)j;
		}
	}
	pci_begin(layout);
	if (layout->pci) {
		smmu_begin(layout);
		right &= its_begin(layout);
	}
	for (size_t i = 0; i < plan->cell_count; i++)
		right &= tree_build(layout, i);
	return right;
}

bool layout_check(const struct plan *plan)
{
	struct layout layout;

	layout_begin(&layout, plan);
	return trees_build(&layout);
}

/* [impl->swr~compile-reproducible~1] */
bool layout_settle(struct layout *layout, struct plan *plan)
{
	uint64_t placed = 0; /* bytes that layout->load_pa was found for */

	layout_begin(layout, plan);
	if (!image_read(layout) || !trees_build(layout))
		return false;
	for (int pass = 0; pass < PASSES_MOST; pass++) {
		enum constants_found constants;
		uint64_t total;

		if (!build(layout))
			return false;
		for (size_t i = 0; i < plan->channel_count; i++)
			plan->channels[i].pa = layout->channel_pa[i];
		constants = constants_find(layout);
		if (constants == CONSTANTS_NOWHERE)
			return false;
		total = layout->hv.file_size + layout->file.size + layout->writable_size;
		if (total <= placed && layout->file.size == layout->blueprint_size &&
		    constants == CONSTANTS_SAME) {
			constants_seal(layout);
			header_seal(layout);
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

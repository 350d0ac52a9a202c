// SPDX-License-Identifier: Apache-2.0
/*
 * emit_el2.c - the hypervisor's own address spaces: one root a core, and the boot root.
 *
 * Maps what src/blueprint/blueprint.h admits and nothing else: the segments of bulkhead.bin and the
 * windows whose *_va fields the records hold. Called by layout.c, when all records are filled.
 */
#include <inttypes.h>
#include <string.h>

#include "emit.h"
#include "emit_pci.h"
#include "layout.h"

#define READ_ONLY  (STAGE1_NORMAL | STAGE1_READ_ONLY | TABLE_XN)
#define READ_WRITE (STAGE1_NORMAL | TABLE_XN)
#define TEXT	   (STAGE1_NORMAL | STAGE1_READ_ONLY)
#define DEVICE	   (STAGE1_DEVICE | TABLE_XN)
#define SHARED	   (STAGE1_NONCACHE | TABLE_XN)

#define TEXT_SLOT  (EL2_VA_TEXT / TABLE_BLOCK_1G)

/* One root under construction. The first mapping that fails is remembered, the rest are skipped. */
struct space {
	struct layout *layout;
	struct pagetable table;
	bool failed;
	uint64_t failed_va;
};

static void map(struct space *space, uint64_t va, uint64_t pa, uint64_t size, uint64_t attributes)
{
	const uint64_t first = align_down(va, BP_PAGE_SIZE);
	const uint64_t end = align_up(va + size, BP_PAGE_SIZE);

	if (space->failed)
		return;
	if (!table_map(&space->table, first, align_down(pa, BP_PAGE_SIZE), end - first, attributes)) {
		space->failed = true;
		space->failed_va = va;
	}
}

/* Memory in pieces: `size` bytes of the palette from `pa` on. */
static void pieces_map(struct space *space, uint64_t va, const struct palette *palette, uint64_t pa,
		       uint64_t size, uint64_t attributes)
{
	for (struct run run = run_first(palette, pa, size); run.size; run_next(&run))
		map(space, va + run.offset, run.pa, run.size, attributes);
}

static struct space space_new(struct layout *layout)
{
	return (struct space){.layout = layout, .table = table_new(&layout->file, 1)};
}

/* Records chose the windows and checked their room, so a clash is this program's fault: say it as such. */
static bool space_done(const struct space *space, const char *whose, size_t number)
{
	if (space->failed)
		diag_error(file_place(space->layout->plan->file),
			   "internal error: EL2 address %#" PRIx64 " of %s %zu is mapped twice",
			   space->failed_va, whose, number);
	return !space->failed;
}

static uint64_t segment_attributes(const struct hv_segment *segment)
{
	if (segment->flags & HV_SEG_EXEC)
		return TEXT;
	return segment->flags & HV_SEG_WRITE ? READ_WRITE : READ_ONLY;
}

static uint64_t segment_pa(const struct layout *layout, const struct hv_segment *segment)
{
	return layout->load_pa + segment->va - layout->hv.segments[0].va;
}

/* The segments in the file whose HV_SEG_BOOT and HV_SEG_IDENTITY flags are just `flags`. */
static void segments_map(struct space *space, uint32_t flags)
{
	const struct layout *const layout = space->layout;

	for (size_t i = 0; i < HV_SEGMENTS && layout->hv.segments[i].size; i++) {
		const struct hv_segment *const segment = &layout->hv.segments[i];
		const uint64_t pa = segment_pa(layout, segment);

		if (!HV_SEG_IN_FILE(segment->flags))
			continue;
		if ((segment->flags & (HV_SEG_BOOT | HV_SEG_IDENTITY)) != flags)
			continue;
		map(space, flags & HV_SEG_IDENTITY ? pa : segment->va, pa, segment->size,
		    segment_attributes(segment));
	}
}

static void board_map(struct space *space)
{
	const struct board *const board = &space->layout->plan->board;

	map(space, EL2_VA_GICD, board->gicd.base, GICD_SIZE, DEVICE);
	if (board->uart.size)
		map(space, EL2_VA_UART, board->uart.base, PL011_SIZE, DEVICE);
}

/* ---- the boot root ---- */

/* What it compares and programs for PCI functions. */
static void boot_pci_map(struct space *space)
{
	const struct layout *const layout = space->layout;
	const struct board *const board = &layout->plan->board;
	const struct bp_header header = *(const struct bp_header *)layout->file.data;

	for (uint32_t i = 0; i < header.smmus.count; i++) {
		const struct bp_smmu smmu =
			((const struct bp_smmu *)(layout->file.data + header.smmus.offset))[i];

		map(space, smmu.va, smmu.pa, BP_PAGE_SIZE, DEVICE);
	}
	for (uint32_t i = 0; i < header.itss.count; i++) {
		const struct bp_its its =
			((const struct bp_its *)(layout->file.data + header.itss.offset))[i];

		map(space, its.va, its.pa, BP_PAGE_SIZE, DEVICE);
	}
	for (size_t i = 0; layout->pci && i < board->pci.count; i++)
		if (layout->config_va[i])
			map(space, layout->config_va[i], function_config_pa(board, &board->pci.at[i]),
			    BP_PAGE_SIZE, DEVICE);
}

static bool boot_build(struct layout *layout)
{
	const uint64_t before = arena_taken(&layout->file);
	struct space space = space_new(layout);
	const struct bp_header header = *(const struct bp_header *)layout->file.data;

	layout->boot_root_pa = space.table.root_pa;
	segments_map(&space, 0);
	segments_map(&space, HV_SEG_BOOT);
	segments_map(&space, HV_SEG_IDENTITY);
	segments_map(&space, HV_SEG_BOOT | HV_SEG_IDENTITY);
	map(&space, EL2_VA_TEXT + layout->hv.file_size, layout->file.pa, layout->blueprint_size, READ_ONLY);
	board_map(&space);
	map(&space, header.writable_va, header.writable_pa, header.writable_size, READ_WRITE);
	if (header.machine.smmu_pa)
		map(&space, header.machine.smmu_va, header.machine.smmu_pa, SMMU_PAGE_SIZE, DEVICE);
	for (uint32_t i = 0; i < header.machine.gicrs.count; i++) {
		const struct bp_gicr_region region =
			((const struct bp_gicr_region *)(layout->file.data + header.machine.gicrs.offset))[i];

		map(&space, region.va, region.pa, region.size, DEVICE);
	}
	for (uint32_t i = 0; i < header.machine.probes.count; i++) {
		const struct bp_probe probe =
			((const struct bp_probe *)(layout->file.data + header.machine.probes.offset))[i];

		map(&space, probe.first_va, probe.bank_pa, BP_PAGE_SIZE, SHARED);
		map(&space, probe.last_va, probe.bank_pa + probe.bank_size - BP_PAGE_SIZE, BP_PAGE_SIZE,
		    SHARED);
	}
	boot_pci_map(&space);
	if (header.crash_va)
		map(&space, header.crash_va, header.crash_pa, crash_size(&layout->plan->board), SHARED);
	layout->boot_table_bytes = arena_taken(&layout->file) - before;
	return space_done(&space, "the boot root,", 0);
}

/* ---- a core's root ---- */

/*
 * The record is read through its address each time: tables that the mapping adds may move the bytes.
 */
static const struct bp_cell *record_of(const struct layout *layout, size_t cell)
{
	return arena_at(&layout->file, layout->cells[cell].record_pa);
}

static struct bp_core core_of(const struct layout *layout, size_t cell, uint32_t core)
{
	const struct bp_cell *const record = record_of(layout, cell);

	return ((const struct bp_core *)((const uint8_t *)record + record->cores.offset))[core];
}

static void private_map(struct space *space, const struct core_layout *core)
{
	const struct layout *const layout = space->layout;

	for (size_t i = 0; i < HV_SEGMENTS && layout->hv.segments[i].size; i++)
		if (layout->hv.segments[i].flags & HV_SEG_PER_CORE)
			pieces_map(space, layout->hv.segments[i].va, layout_palette(layout, core->cell),
				   core->segment_pa[i], layout->hv.segments[i].size,
				   segment_attributes(&layout->hv.segments[i]));
}

/* Text and read-only data: those of the file, or the copy in the cell's colours. */
static void text_map(struct space *space, const struct palette_layout *colors)
{
	const struct hv_segment *const segments = space->layout->hv.segments;

	if (!colors)
		segments_map(space, 0);
	for (size_t i = 0; colors && i < HV_SEGMENTS && segments[i].size; i++)
		if (colors->segment_pa[i])
			pieces_map(space, segments[i].va, colors->file.palette, colors->segment_pa[i],
				   segments[i].size, segment_attributes(&segments[i]));
}

static void functions_map(struct space *space, uint32_t cell)
{
	const struct layout *const layout = space->layout;
	const struct bp_cell record = *record_of(layout, cell);

	if (record.pci_state_va)
		map(space, record.pci_state_va, layout->cells[cell].pci_state_pa, BP_PAGE_SIZE, READ_WRITE);
	for (uint32_t i = 0; i < record.pci.count; i++) {
		const struct bp_pci_function function =
			((const struct bp_pci_function *)((const uint8_t *)record_of(layout, cell) +
							  record.pci.offset))[i];

		if (function.config_va)
			map(space, function.config_va,
			    function_config_pa(&layout->plan->board, cell_function(layout->plan, cell, i)),
			    BP_PAGE_SIZE, DEVICE);
	}
}

/* What all cores of a cell see of each other and of their cell. */
static void cell_map(struct space *space, uint32_t number)
{
	const struct layout *const layout = space->layout;
	const uint32_t cell = layout->cores[number].cell;
	const struct cell_layout *const out = &layout->cells[cell];
	const struct bp_cell record = *record_of(layout, cell);

	map(space, EL2_VA_CELL, out->record_pa, out->record_size, READ_ONLY);
	for (uint32_t i = 0; i < record.cores.count; i++) {
		const struct bp_core core = core_of(layout, cell, i);
		const struct core_layout *const at = &layout->cores[core.machine_core];
		const bool self = core.machine_core == number;

		map(space, core.gicr_va, at->gicr_pa, BP_PAGE_SIZE, DEVICE);
		map(space, core.gicr_va + BP_PAGE_SIZE, at->gicr_pa + GICR_SGI_FRAME, BP_PAGE_SIZE, DEVICE);
		map(space, core.telemetry_va, at->telemetry_pa, BP_PAGE_SIZE, self ? READ_WRITE : READ_ONLY);
		if (self)
			map(space, core.ring_va, at->ring_pa, BP_PAGE_SIZE, READ_WRITE);
	}
	map(space, record.state_va, out->state_pa, BP_PAGE_SIZE, READ_WRITE);
	map(space, record.orders_va, layout->orders_pa, layout->orders_size,
	    number == layout->plan->service_core ? READ_WRITE : READ_ONLY);
	if (record.log_va)
		map(space, record.log_va, out->log_pa, BP_PAGE_SIZE, READ_WRITE);
	map(space, record.root_va, out->stage2.root_pa, out->root_pages * BP_PAGE_SIZE, READ_WRITE);
	if (record.crash_va)
		map(space, record.crash_va, layout->plan->board.crash.base + (number + 1) * BP_PAGE_SIZE,
		    BP_PAGE_SIZE, SHARED);
	functions_map(space, cell);
}

/* A file holds several images (the segments of an ELF): its pages are mapped once. */
static void files_map(struct space *space, uint32_t cell)
{
	const struct layout *const layout = space->layout;
	const struct plan_cell *const own = &layout->plan->cells[cell];
	const struct bp_cell *record = record_of(layout, cell);
	const uint32_t images = record->images.offset;
	/* The images lie in all colours: no cache may hold them. */
	const uint64_t attributes = layout->palettes ? SHARED | STAGE1_READ_ONLY : READ_ONLY;

	for (size_t i = 0; i < own->file_count; i++) {
		for (size_t j = 0; j < own->segment_count; j++) {
			const struct segment_image *const segment = &own->segments[j];
			struct bp_image image;

			if (segment->file != i)
				continue;
			record = record_of(layout, cell);
			image = ((const struct bp_image *)((const uint8_t *)record + images))[j];
			map(space, image.va - segment->file_offset, own->files[i].store_pa,
			    own->files[i].file.size, attributes);
			break;
		}
	}
	record = record_of(layout, cell);
	map(space, ((const struct bp_image *)((const uint8_t *)record + images))[own->segment_count].va,
	    layout->cells[cell].tree_pa, layout->cells[cell].tree.size, attributes);
}

/* What the cell's first core fills and zeroes at every start. */
static void first_core_map(struct space *space, uint32_t cell)
{
	const struct layout *const layout = space->layout;
	const struct bp_cell record = *record_of(layout, cell);

	for (uint32_t i = 0; i < record.regions.count; i++) {
		const struct bp_region region =
			((const struct bp_region *)((const uint8_t *)record_of(layout, cell) +
						    record.regions.offset))[i];

		pieces_map(space, region.va, layout_palette(layout, cell), region.pa, region.size,
			   READ_WRITE);
	}
	files_map(space, cell);
	for (uint32_t i = 0; i < record.channels.count; i++) {
		const struct bp_channel channel =
			((const struct bp_channel *)((const uint8_t *)record_of(layout, cell) +
						     record.channels.offset))[i];

		if (channel.va)
			map(space, channel.va, channel.pa, channel.size, SHARED);
	}
	map(space, record.heartbeat_va, layout->cells[cell].heartbeat_pa, BP_PAGE_SIZE, SHARED);
}

static void service_smmus_map(struct space *space)
{
	const struct layout *const layout = space->layout;
	const struct bp_service service =
		*(const struct bp_service *)arena_at(&layout->file, layout->service_pa);
	uint64_t page = 0;

	for (uint32_t i = 0; i < service.smmus.count; i++) {
		const uint8_t *const base = arena_at(&layout->file, layout->service_pa);
		const struct bp_service_smmu own =
			((const struct bp_service_smmu *)(base + service.smmus.offset))[i];
		const uint64_t pa = layout->plan->board.smmus[i].regs.base;

		if (!layout->smmus[i].used)
			continue;
		map(space, own.page0_va, pa, BP_PAGE_SIZE, DEVICE);
		map(space, own.page1_va, pa + SMMU_PAGE_SIZE, BP_PAGE_SIZE, DEVICE);
		map(space, own.cmdq_va, layout->smmus[i].command_pa, BP_PAGE_SIZE, READ_WRITE);
		map(space, own.eventq_va, layout->smmus[i].event_pa, BP_PAGE_SIZE, READ_WRITE);
	}
	for (uint32_t i = 0; i < service.streams.count; i++) {
		const uint8_t *const base = arena_at(&layout->file, layout->service_pa);
		const struct bp_stream stream =
			((const struct bp_stream *)(base + service.streams.offset))[i];

		/* Several streams' entries lie in one page. */
		if (align_down(stream.ste_va, BP_PAGE_SIZE) == page)
			continue;
		page = align_down(stream.ste_va, BP_PAGE_SIZE);
		map(space, page, align_down(smmu_ste_pa(layout, stream.smmu, stream.sid), BP_PAGE_SIZE),
		    BP_PAGE_SIZE, READ_WRITE);
	}
	for (uint32_t i = 0; i < service.dma.count; i++) {
		const uint8_t *const base = arena_at(&layout->file, layout->service_pa);
		const struct bp_service_dma own =
			((const struct bp_service_dma *)(base + service.dma.offset))[i];

		map(space, own.telemetry_va,
		    layout->cores[layout->plan->cells[own.cell].cores[0]].telemetry_pa, BP_PAGE_SIZE,
		    READ_ONLY);
	}
}

static void service_map(struct space *space)
{
	const struct layout *const layout = space->layout;
	const struct plan *const plan = layout->plan;

	map(space, EL2_VA_SERVICE, layout->service_pa, layout->service_size, READ_ONLY);
	for (size_t i = 0; i < plan->cell_count; i++) {
		const uint8_t *base = arena_at(&layout->file, layout->service_pa);
		const struct bp_service_cell cell = ((
			const struct bp_service_cell *)(base +
							((const struct bp_service *)base)->cells.offset))[i];

		map(space, cell.root_va, layout->cells[i].stage2.root_pa,
		    layout->cells[i].root_pages * BP_PAGE_SIZE, READ_WRITE);
		for (uint32_t j = 0; j < cell.cores.count; j++) {
			const uint32_t number = plan->cells[i].cores[j];
			struct bp_service_core core;

			base = arena_at(&layout->file, layout->service_pa);
			core = ((const struct bp_service_core *)(base + cell.cores.offset))[j];
			map(space, core.sgi_va, layout->cores[number].gicr_pa + GICR_SGI_FRAME, BP_PAGE_SIZE,
			    DEVICE);
		}
	}
	service_smmus_map(space);
}

/* Not where each core has counters among it. */
static bool text_is_shared(const struct layout *layout)
{
	for (size_t i = 0; i < HV_SEGMENTS && layout->hv.segments[i].size; i++)
		if ((layout->hv.segments[i].flags & HV_SEG_PER_CORE) &&
		    HV_SEG_IN_FILE(layout->hv.segments[i].flags))
			return false;
	return true;
}

/* `shared_text`: the root entry of text and read-only data, built with the first core that has it. */
static bool core_build(struct layout *layout, uint32_t number, uint64_t *shared_text)
{
	struct core_layout *const core = &layout->cores[number];
	const struct palette_layout *const colors = layout_colors(layout, core->cell);
	const uint64_t before = arena_taken(&layout->file);
	struct space space = space_new(layout);

	core->root_pa = space.table.root_pa;
	if (!*shared_text || !text_is_shared(layout)) {
		const uint64_t own = arena_taken(&layout->file);

		text_map(&space, colors);
		*shared_text = table_root_entry(&space.table, TEXT_SLOT);
		layout->shared_table_bytes = arena_taken(&layout->file) - own;
	} else {
		table_set_root_entry(&space.table, TEXT_SLOT, *shared_text);
	}
	private_map(&space, core);
	board_map(&space);
	cell_map(&space, number);
	if (core->core_in_cell == 0)
		first_core_map(&space, core->cell);
	if (number == layout->plan->service_core)
		service_map(&space);
	core->table_bytes = arena_taken(&layout->file) - before;
	return space_done(&space, "core", number);
}

/* [impl->swr~compile-el2~1] */
bool el2_build(struct layout *layout)
{
	uint64_t shared_text = 0;

	for (uint32_t i = 0; i < layout->plan->board.core_count; i++) {
		struct palette_layout *colors;

		if (layout->cores[i].cell == NO_CELL)
			continue;
		colors = layout_colors(layout, layout->cores[i].cell);
		layout->file.lane = colors ? &colors->file : NULL;
		if (!core_build(layout, i, colors ? &colors->shared_text : &shared_text))
			return false;
	}
	layout->file.lane = NULL;
	return boot_build(layout);
}

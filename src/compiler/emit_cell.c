// SPDX-License-Identifier: Apache-2.0
/*
 * emit_cell.c - one struct bp_cell a cell: all that the cell's own cores know of their configuration.
 *
 * The record is also the plan of the cell's EL2 windows: the *_va fields chosen here are what
 * emit_el2.c maps. Interrupt ownership is in emit_interrupts.c. Called by layout.c.
 */
#include <stdlib.h>
#include <string.h>

#include "../blueprint/telemetry.h"
#include "digest.h"
#include "emit.h"
#include "emit_interrupts.h"
#include "emit_pci.h"
#include "layout.h"

static uint32_t party_count(const struct plan *plan, size_t cell)
{
	uint32_t count = 0;

	for (size_t i = 0; i < plan->channel_count; i++)
		count += channel_role(&plan->channels[i], cell) != 0;
	return count;
}

uint32_t channel_role(const struct plan_channel *channel, size_t cell)
{
	return (cell_position(channel->writers, channel->writer_count, cell) >= 0 ? BP_CHANNEL_WRITES : 0) |
	       (cell_position(channel->readers, channel->reader_count, cell) >= 0 ? BP_CHANNEL_READS : 0);
}

static struct bp_table table_at(uint64_t *cursor, size_t count, size_t size)
{
	const struct bp_table table = {(uint32_t)*cursor, (uint32_t)count};

	*cursor += count * size;
	return table;
}

/* Offsets and counts of the record's tables, but for the rings, which follow `firmware`; returns its size. */
static uint64_t tables_place(const struct layout *layout, size_t cell, struct bp_cell *record)
{
	const struct plan_cell *const own = &layout->plan->cells[cell];
	uint64_t cursor = sizeof(*record);

	record->cores = table_at(&cursor, own->core_count, sizeof(struct bp_core));
	record->regions = table_at(&cursor, own->ram_count, sizeof(struct bp_region));
	record->images = table_at(&cursor, own->segment_count + 1, sizeof(struct bp_image));
	record->mmio = table_at(&cursor,
				1 + own->core_count + (own->uart_ipa != 0) + (own->function_count != 0) +
					(cell_message_page(layout->plan, cell).size != 0) +
					(own->shown_count ? own->shown_count + 1 : 0),
				sizeof(struct bp_mmio));
	record->root_entries =
		table_at(&cursor, stage2_root_entries(&layout->cells[cell]), sizeof(struct bp_root_entry));
	record->channels = table_at(&cursor, party_count(layout->plan, cell), sizeof(struct bp_channel));
	record->firmware = table_at(&cursor, own->firmware_count, sizeof(uint32_t));
	for (size_t i = 0; i < layout->plan->channel_count; i++)
		cursor += channel_ring(&layout->plan->channels[i], cell, NULL) * sizeof(struct bp_bell);
	return pci_tables_place(layout, cell, record, cursor);
}

uint64_t cell_record_size(const struct layout *layout, size_t cell)
{
	struct bp_cell record;

	return align_up(tables_place(layout, cell, &record), sizeof(uint64_t));
}

/* ---- windows ---- */

/* The next VA for `size` bytes of `pa`, congruent so that blocks can be used; moves the cursor. */
static uint64_t window_for(uint64_t *cursor, uint64_t pa, uint64_t size)
{
	const uint64_t block = size >= TABLE_BLOCK_1G	? TABLE_BLOCK_1G
			       : size >= TABLE_BLOCK_2M ? TABLE_BLOCK_2M
							: BP_PAGE_SIZE;
	uint64_t va = align_down(*cursor, block) + pa % block;

	if (va < *cursor)
		va += block;
	*cursor = va + align_up(size, BP_PAGE_SIZE);
	return va;
}

uint64_t el2_window(uint64_t *cursor, uint64_t pa, uint64_t size)
{
	const uint64_t first = align_down(pa, BP_PAGE_SIZE);

	return window_for(cursor, first, pa + size - first) + (pa - first);
}

static uint64_t pages_at(uint64_t *cursor, uint64_t size)
{
	const uint64_t va = *cursor;

	*cursor += align_up(size, BP_PAGE_SIZE);
	return va;
}

/* Is this core's frame the last of a run that is contiguous among the cell's own? */
bool gicr_run_ends(const struct layout *layout, size_t cell, size_t core)
{
	const struct plan_cell *const own = &layout->plan->cells[cell];
	const uint64_t next = layout->cores[own->cores[core]].gicr_pa + GICR_SIZE;

	for (size_t i = 0; i < own->core_count; i++)
		if (layout->cores[own->cores[i]].gicr_pa == next)
			return false;
	return true;
}

/* Windows that all cores of the cell have at the same addresses, if they have them. */
static void core_windows(const struct layout *layout, size_t cell, struct bp_cell *record)
{
	const struct plan_cell *const own = &layout->plan->cells[cell];
	struct bp_core *const cores = (struct bp_core *)((uint8_t *)record + record->cores.offset);
	uint64_t cursor = EL2_VA_WINDOWS;

	for (size_t i = 0; i < own->core_count; i++) {
		cores[i] = (struct bp_core){.mpidr = layout->plan->board.mpidrs[own->cores[i]],
					    .gicr_va = pages_at(&cursor, 2 * BP_PAGE_SIZE),
					    .telemetry_va = pages_at(&cursor, BP_PAGE_SIZE),
					    .ring_va = pages_at(&cursor, BP_PAGE_SIZE),
					    .machine_core = own->cores[i],
					    .gicr_last = gicr_run_ends(layout, cell, i)};
	}
	record->state_va = pages_at(&cursor, BP_PAGE_SIZE);
	record->orders_va = pages_at(&cursor, layout->orders_size);
	if (layout->cells[cell].log_pa)
		record->log_va = pages_at(&cursor, BP_PAGE_SIZE);
	record->root_va = pages_at(&cursor, layout->cells[cell].root_pages * BP_PAGE_SIZE);
	pci_fill(layout, cell, record, &cursor);
	if (layout->plan->board.crash.size)
		record->crash_va = pages_at(&cursor, BP_PAGE_SIZE);
}

/* ---- tables ---- */

static void regions_fill(const struct plan_cell *own, struct bp_cell *record, uint64_t *cursor)
{
	struct bp_region *const regions = (struct bp_region *)((uint8_t *)record + record->regions.offset);

	for (size_t i = 0; i < own->ram_count; i++) {
		const struct ram_region *const ram = &own->ram[i];

		regions[i] = (struct bp_region){.ipa = ram->ipa,
						.pa = ram->pa,
						.va = el2_window(cursor, ram->pa, ram->size),
						.size = ram->size,
						.flags = ram->keep ? BP_REGION_KEEP : 0};
	}
}

static void image_name(struct bp_image *image, const char *name)
{
	strncpy(image->name, name, sizeof(image->name) - 1);
}

/* The guest tree comes last: a linker's careless segment can't overwrite it. */
static void images_fill(const struct layout *layout, size_t cell, struct bp_cell *record, uint64_t *cursor)
{
	const struct plan_cell *const own = &layout->plan->cells[cell];
	const struct cell_layout *const out = &layout->cells[cell];
	struct bp_image *const images = (struct bp_image *)((uint8_t *)record + record->images.offset);
	uint64_t *const file_va = memory_new(own->file_count, sizeof(*file_va));

	for (size_t i = 0; i < own->file_count; i++)
		file_va[i] = el2_window(cursor, own->files[i].store_pa, own->files[i].file.size);
	for (size_t i = 0; i < own->segment_count; i++) {
		const struct segment_image *const segment = &own->segments[i];
		const struct file_image *const file = &own->files[segment->file];

		images[i] = (struct bp_image){.pa = file->store_pa + segment->file_offset,
					      .va = file_va[segment->file] + segment->file_offset,
					      .size = segment->size,
					      .dest_ipa = segment->dest_ipa};
		digest_of(file->file.data + segment->file_offset, segment->size, images[i].digest);
		image_name(&images[i], file->property);
	}
	free(file_va);

	images[own->segment_count] = (struct bp_image){.pa = out->tree_pa,
						       .va = el2_window(cursor, out->tree_pa, out->tree.size),
						       .size = out->tree.size,
						       .dest_ipa = out->tree_ipa};
	digest_of(out->tree.data, out->tree.size, images[own->segment_count].digest);
	image_name(&images[own->segment_count], "guest tree");
}

static int mmio_by_ipa(const void *a, const void *b)
{
	const uint64_t left = ((const struct bp_mmio *)a)->ipa;
	const uint64_t right = ((const struct bp_mmio *)b)->ipa;

	return (left > right) - (left < right);
}

static void mmio_fill(const struct layout *layout, size_t cell, struct bp_cell *record)
{
	const struct plan_cell *const own = &layout->plan->cells[cell];
	const struct pci_host *const host = cell_host(layout->plan, cell);
	const struct range messages = cell_message_page(layout->plan, cell);
	struct bp_mmio *const mmio = (struct bp_mmio *)((uint8_t *)record + record->mmio.offset);
	size_t count = 0;

	mmio[count++] = (struct bp_mmio){layout->plan->board.gicd.base, GICD_SIZE, BP_MMIO_GICD, 0};
	for (size_t i = 0; i < own->core_count; i++)
		mmio[count++] = (struct bp_mmio){layout->cores[own->cores[i]].gicr_pa, GICR_SIZE,
						 BP_MMIO_GICR, (uint32_t)i};
	if (own->uart_ipa)
		mmio[count++] = (struct bp_mmio){own->uart_ipa, PL011_SIZE, BP_MMIO_PL011, 0};
	if (host)
		mmio[count++] = (struct bp_mmio){host->ecam, PCI_BUS_SIZE, BP_MMIO_PCI, 0};
	if (messages.size)
		mmio[count++] = (struct bp_mmio){messages.base, messages.size, BP_MMIO_V2M, 0};
	count += shown_pages(layout->plan, cell, mmio + count);
	qsort(mmio, count, sizeof(*mmio), mmio_by_ipa);
}

static void channels_fill(const struct layout *layout, size_t cell, struct bp_cell *record, uint64_t *cursor)
{
	const struct plan *const plan = layout->plan;
	uint8_t *const base = (uint8_t *)record;
	struct bp_channel *out = (struct bp_channel *)(base + record->channels.offset);
	uint64_t rings = record->firmware.offset + record->firmware.count * sizeof(uint32_t);

	for (size_t i = 0; i < plan->channel_count; i++) {
		const struct plan_channel *const channel = &plan->channels[i];
		const uint32_t flags = channel_role(channel, cell);

		if (!flags)
			continue;
		*out = (struct bp_channel){.ipa = channel->ipa,
					   .pa = layout->channel_pa[i],
					   .size = align_up(channel->size, BP_PAGE_SIZE),
					   .flags = flags,
					   .receive_intid = channel_doorbell(channel, cell)};
		if (channel_written_by_one(channel, cell))
			out->va = el2_window(cursor, out->pa, out->size);
		out->ring = table_at(&rings, channel_ring(channel, cell, (struct bp_bell *)(base + rings)),
				     sizeof(struct bp_bell));
		out++;
	}
}

bool cell_record_fill(struct layout *layout, size_t cell)
{
	const struct plan_cell *const own = &layout->plan->cells[cell];
	const struct cell_layout *const out = &layout->cells[cell];
	struct bp_cell *const record = arena_at(&layout->file, out->record_pa);
	uint64_t cursor = EL2_VA_CELL_RAM;

	*record = (struct bp_cell){
		.magic = BLUEPRINT_MAGIC,
		.size = (uint32_t)out->record_size,
		.index = (uint32_t)cell,
		.mode = own->mode,
		.flags = cell_flags(layout->plan, cell),
		.vtcr = stage2_vtcr(layout, cell),
		.entry_ipa = own->entry_ipa,
		.tree_ipa = out->tree_ipa,
		.heartbeat_ns = own->heartbeat_ns,
		.boot_timeout_ns = own->boot_timeout_ns,
		.watchdog_ns = own->watchdog_ns,
		.restart_window_ns = own->restart_window_ns,
		.restart_max = own->restart_max,
	};
	strncpy(record->name, own->name, sizeof(record->name) - 1);
	memcpy(record->actions, own->actions, sizeof(own->actions));
	tables_place(layout, cell, record);
	memcpy((uint8_t *)record + record->firmware.offset, own->firmware,
	       own->firmware_count * sizeof(uint32_t));
	core_windows(layout, cell, record);
	regions_fill(own, record, &cursor);
	images_fill(layout, cell, record, &cursor);
	channels_fill(layout, cell, record, &cursor);
	record->heartbeat_va = el2_window(&cursor, out->heartbeat_pa, BP_PAGE_SIZE);
	mmio_fill(layout, cell, record);
	interrupts_fill(layout->plan, cell, record);
	if (cursor >= UINT64_C(1) << EL2_VA_BITS) {
		diag_error(
			cell_place(layout->plan, cell),
			"cell '%s' has more memory than the hypervisor's address space holds (about 250 GiB)",
			own->name);
		return false;
	}
	return true;
}

/* The stage-2 tables are built after the records are placed; this completes both from them. */
void cell_record_root_entries(struct layout *layout, size_t cell)
{
	const struct cell_layout *const out = &layout->cells[cell];
	struct bp_cell *const record = arena_at(&layout->file, out->record_pa);
	struct bp_root_entry *entry =
		(struct bp_root_entry *)((uint8_t *)record + record->root_entries.offset);

	record->vttbr = stage2_vttbr(layout, cell);
	for (uint32_t i = 0; i < out->root_pages * BP_PAGE_SIZE / sizeof(uint64_t); i++) {
		const uint64_t value = table_root_entry(&out->stage2, i);

		if (value)
			*entry++ = (struct bp_root_entry){.index = i, .value = value};
	}
}

void cell_images_digest(const struct layout *layout, size_t cell, uint8_t digest[DIGEST_SIZE])
{
	const struct bp_cell *const record = arena_at(&layout->file, layout->cells[cell].record_pa);
	const struct bp_image *const images =
		(const struct bp_image *)((const uint8_t *)record + record->images.offset);
	uint8_t *const all = memory_new(record->images.count, DIGEST_SIZE);

	for (uint32_t i = 0; i < record->images.count; i++)
		memcpy(all + (size_t)i * DIGEST_SIZE, images[i].digest, DIGEST_SIZE);
	digest_of(all, (size_t)record->images.count * DIGEST_SIZE, digest);
	free(all);
}

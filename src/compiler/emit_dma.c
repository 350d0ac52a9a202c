// SPDX-License-Identifier: Apache-2.0
/*
 * emit_dma.c - what the functions of a cell see of the machine: the stage-2 table that the IOMMU walks.
 *
 * The cell's RAM, its channels with the cell's own rights, and the page that its messages are written to. No
 * device, no window of the hypervisor's. Called by layout.c.
 */
#include <inttypes.h>

#include "emit.h"
#include "emit_interrupts.h"
#include "emit_pci.h"

#define DMA_RAM	    (STAGE2_NORMAL | STAGE2_READ | STAGE2_WRITE | TABLE_XN)
#define DMA_CHANNEL (STAGE2_NONCACHE | STAGE2_READ | TABLE_XN)
#define DMA_MESSAGE (STAGE2_DEVICE | STAGE2_WRITE | TABLE_XN)

bool cell_has_streams(const struct plan *plan, size_t cell)
{
	for (size_t i = 0; i < plan->cells[cell].function_count; i++)
		if (!plan->cells[cell].functions[i].ghost && cell_function(plan, cell, i)->smmu != PCI_NONE)
			return true;
	return false;
}

static bool ram_map(const struct layout *layout, size_t cell, const struct pagetable *table)
{
	const struct plan_cell *const own = &layout->plan->cells[cell];
	bool done = true;

	for (size_t i = 0; i < own->ram_count; i++)
		for (struct run run =
			     run_first(layout_palette(layout, cell), own->ram[i].pa, own->ram[i].size);
		     run.size && done; run_next(&run))
			done = table_map(table, own->ram[i].ipa + run.offset, run.pa, run.size, DMA_RAM);
	return done;
}

static bool channels_map(const struct layout *layout, size_t cell, const struct pagetable *table)
{
	const struct plan *const plan = layout->plan;
	bool done = true;

	for (size_t i = 0; i < plan->channel_count && done; i++) {
		const struct plan_channel *const channel = &plan->channels[i];
		const uint32_t role = channel_role(channel, cell);

		if (role)
			done = table_map(table, channel->ipa, layout->channel_pa[i],
					 align_up(channel->size, BP_PAGE_SIZE),
					 DMA_CHANNEL | (role & BP_CHANNEL_WRITES ? STAGE2_WRITE : 0));
	}
	return done;
}

/* [impl->swr~compile-dma~1] */
bool dma_build(struct layout *layout, size_t cell)
{
	struct cell_layout *const out = &layout->cells[cell];
	const struct range messages = cell_message_page(layout->plan, cell);
	const uint64_t before = arena_taken(&layout->file);

	out->dma = (struct pagetable){0};
	if (!cell_has_streams(layout->plan, cell))
		return true;
	out->dma = table_new(&layout->file, out->root_pages);
	if (!ram_map(layout, cell, &out->dma) || !channels_map(layout, cell, &out->dma) ||
	    (messages.size &&
	     !table_map(&out->dma, messages.base, messages.base, messages.size, DMA_MESSAGE))) {
		diag_error(cell_place(layout->plan, cell),
			   "internal error: two things are at one address of what the functions of cell '%s' "
			   "see",
			   layout->plan->cells[cell].name);
		return false;
	}
	out->dma_bytes = arena_taken(&layout->file) - before;
	return true;
}

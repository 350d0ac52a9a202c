// SPDX-License-Identifier: Apache-2.0
/*
 * emit_service.c - struct bp_service: what the service core needs to stop and restart any cell.
 *
 * Names every cell's stage-2 root, its entries and the SGI pages of its cores, the IOMMUs and their streams,
 * with the windows that emit_el2.c maps on the service core alone. Called by layout.c.
 */
#include <string.h>

#include "emit_interrupts.h"
#include "emit_pci.h"
#include "layout.h"

static uint64_t tables_size(const struct layout *layout, size_t cell)
{
	return stage2_root_entries(&layout->cells[cell]) * sizeof(struct bp_root_entry) +
	       layout->plan->cells[cell].core_count * sizeof(struct bp_service_core);
}

uint64_t service_record_size(const struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	uint64_t size = sizeof(struct bp_service) + plan->cell_count * sizeof(struct bp_service_cell);

	for (size_t i = 0; i < plan->cell_count; i++)
		size += tables_size(layout, i);
	return size + smmu_service_size(layout);
}

static struct bp_table take(uint64_t *at, size_t count, size_t size)
{
	const struct bp_table table = {(uint32_t)*at, (uint32_t)count};

	*at += count * size;
	return table;
}

static void root_entries_fill(const struct cell_layout *cell, struct bp_root_entry *entry)
{
	for (uint32_t i = 0; i < cell->root_pages * BP_PAGE_SIZE / sizeof(uint64_t); i++) {
		const uint64_t value = table_root_entry(&cell->stage2, i);

		if (value)
			*entry++ = (struct bp_root_entry){.index = i, .value = value};
	}
}

void service_record_fill(struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	uint8_t *const base = arena_at(&layout->file, layout->service_pa);
	struct bp_service *const service = (struct bp_service *)base;
	uint64_t at = sizeof(*service);
	uint64_t va = EL2_VA_SERVICE + align_up(layout->service_size, BP_PAGE_SIZE);
	struct bp_service_cell *cells;

	*service = (struct bp_service){.magic = BLUEPRINT_MAGIC, .size = (uint32_t)layout->service_size};
	service->cells = take(&at, plan->cell_count, sizeof(*cells));
	cells = (struct bp_service_cell *)(base + service->cells.offset);
	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const own = &plan->cells[i];
		const struct cell_layout *const out = &layout->cells[i];
		struct bp_service_core *cores;

		cells[i] = (struct bp_service_cell){.vttbr = stage2_vttbr(layout, i),
						    .vtcr = stage2_vtcr(layout, i),
						    .root_va = va,
						    .uart_intid = own->uart_ipa ? own->uart_intid : 0,
						    .flags = cell_flags(plan, i)};
		va += out->root_pages * BP_PAGE_SIZE;
		cells[i].root_entries = take(&at, stage2_root_entries(out), sizeof(struct bp_root_entry));
		root_entries_fill(out, (struct bp_root_entry *)(base + cells[i].root_entries.offset));
		cells[i].cores = take(&at, own->core_count, sizeof(*cores));
		cores = (struct bp_service_core *)(base + cells[i].cores.offset);
		for (size_t j = 0; j < own->core_count; j++) {
			cores[j] = (struct bp_service_core){plan->board.mpidrs[own->cores[j]], va};
			va += BP_PAGE_SIZE;
		}
	}
	smmu_service_fill(layout, service, at, va);
}

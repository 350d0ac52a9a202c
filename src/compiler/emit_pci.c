// SPDX-License-Identifier: Apache-2.0
/*
 * emit_pci.c - PCI functions in the records: those of a cell, and the boot core's steps.
 *
 * What a function looks like is in emit_pci_config.c, what a channel does as one in emit_ivshmem.c, what is
 * programmed in emit_pci_steps.c. The windows chosen here are mapped by emit_el2.c. Called by layout.c,
 * emit_cell.c, emit_header.c.
 */
#include "emit_pci.h"

#include <string.h>

/* [impl->swr~compile-pci-inert~1] */
void pci_begin(struct layout *layout)
{
	const struct plan *const plan = layout->plan;

	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const own = &plan->cells[i];

		if (!own->function_count)
			continue;
		layout->pci = true;
		layout->cells[i].functions = memory_new(own->function_count, sizeof(struct function_layout));
		for (size_t j = 0; j < own->function_count; j++)
			function_describe(plan, i, &own->functions[j], &layout->cells[i].functions[j]);
	}
	if (!layout->pci)
		return;
	layout->config_va = memory_new(plan->board.pci.count, sizeof(*layout->config_va));
	steps_list(layout);
}

const struct pci_function *cell_function(const struct plan *plan, size_t cell, size_t number)
{
	return &plan->board.pci.at[plan->cells[cell].functions[number].function];
}

const struct pci_host *cell_host(const struct plan *plan, size_t cell)
{
	return plan->cells[cell].function_count ? &plan->board.pci_hosts[cell_function(plan, cell, 0)->host]
						: NULL;
}

/* ---- a cell's record ---- */

uint64_t pci_tables_place(const struct layout *layout, size_t cell, struct bp_cell *record, uint64_t at)
{
	const size_t count = layout->plan->cells[cell].function_count;
	const size_t all = count + layout->plan->cells[cell].shown_count;
	const struct function_layout *const functions = layout->cells[cell].functions;

	if (!all)
		return at;
	at = align_up(at, sizeof(uint64_t));
	record->pci = (struct bp_table){(uint32_t)at, (uint32_t)all};
	at += all * sizeof(struct bp_pci_function);
	record->lpis = (struct bp_table){(uint32_t)at, layout->cells[cell].lpis};
	at += record->lpis.count * sizeof(struct bp_bell);
	for (size_t i = 0; i < count; i++)
		at += functions[i].register_count * sizeof(struct bp_pci_register) +
		      functions[i].bar_count * sizeof(struct bp_pci_bar);
	return at + shown_size(layout->plan, cell);
}

static struct bp_table copy(uint8_t *base, uint64_t *at, const void *elements, size_t count, size_t size)
{
	const struct bp_table table = {(uint32_t)*at, (uint32_t)count};

	if (count)
		memcpy(base + *at, elements, count * size);
	*at += count * size;
	return table;
}

static void lpis_fill(const struct layout *layout, size_t cell, struct bp_cell *record)
{
	const struct plan_cell *const own = &layout->plan->cells[cell];
	struct bp_bell *const bells = (struct bp_bell *)((uint8_t *)record + record->lpis.offset);

	record->lpi_first = layout->cells[cell].lpi_first;
	record->dma_intid = dma_intid(layout, cell);
	for (uint32_t i = 0; i < record->lpis.count; i++) {
		const uint32_t intid = own->msi_first + i % own->msi_count;

		bells[i] = (struct bp_bell){GICD_ISPENDR + intid / 32 * 4, UINT32_C(1) << intid % 32};
	}
}

void pci_fill(const struct layout *layout, size_t cell, struct bp_cell *record, uint64_t *cursor)
{
	const struct plan_cell *const own = &layout->plan->cells[cell];
	uint8_t *const base = (uint8_t *)record;
	struct bp_pci_function *const functions = (struct bp_pci_function *)(base + record->pci.offset);
	uint64_t at = record->lpis.offset + record->lpis.count * sizeof(struct bp_bell);

	if (!record->pci.count)
		return;
	record->pci_state_va = el2_window(cursor, layout->cells[cell].pci_state_pa, BP_PAGE_SIZE);
	for (uint32_t i = 0; i < own->function_count; i++) {
		const struct function_layout *const out = &layout->cells[cell].functions[i];
		const uint64_t config_pa =
			function_config_pa(&layout->plan->board, cell_function(layout->plan, cell, i));

		functions[i] = (struct bp_pci_function){
			.config_va =
				out->flags & BP_PCI_GHOST ? 0 : el2_window(cursor, config_pa, BP_PAGE_SIZE),
			.rid = own->functions[i].rid,
			.flags = out->flags,
			.reset = out->reset,
			.state = i,
		};
		functions[i].registers =
			copy(base, &at, out->registers, out->register_count, sizeof(struct bp_pci_register));
		functions[i].bars = copy(base, &at, out->bars, out->bar_count, sizeof(struct bp_pci_bar));
	}
	shown_fill(layout->plan, cell, record, at);
	if (own->function_count)
		lpis_fill(layout, cell, record);
}

/* ---- the header ---- */

/* A window for each function that is compared or programmed. */
void steps_fill(struct layout *layout, struct bp_pci_step *steps, uint64_t *cursor)
{
	const struct board *const board = &layout->plan->board;

	memset(layout->config_va, 0, board->pci.count * sizeof(*layout->config_va));
	for (size_t i = 0; i < layout->step_count; i++) {
		const struct step_layout *const own = &layout->steps[i];
		uint64_t *const va = &layout->config_va[own->function];

		steps[i] = own->step;
		if (steps[i].kind == BP_PCI_WAIT)
			continue;
		if (!*va)
			*va = el2_window(cursor, function_config_pa(board, &board->pci.at[own->function]),
					 BP_PAGE_SIZE);
		steps[i].va += *va;
	}
}

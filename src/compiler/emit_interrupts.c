// SPDX-License-Identifier: Apache-2.0
/*
 * emit_interrupts.c - interrupt ownership of a cell: its devices' SPIs, its doorbells and emulated
 * console, and the few PPIs of interrupts.c. Called by emit_cell.c, tree*.c, map.c.
 */
#include "emit_interrupts.h"

#include <libfdt.h>
#include <string.h>

#include "emit_pci.h"

#define SPI_FIRST  32u
#define INTID_LAST 1019u

uint32_t cell_flags(const struct plan *plan, size_t cell)
{
	const struct plan_cell *const own = &plan->cells[cell];
	uint32_t flags = own->flags & ~(BP_CELL_SERVICE | BP_CELL_LOG_CONSOLE);

	if (own->cores[0] == plan->service_core)
		flags |= BP_CELL_SERVICE;
	if (own->uart_ipa)
		flags |= BP_CELL_LOG_CONSOLE;
	return flags;
}

bool channel_written_by_one(const struct plan_channel *channel, size_t cell)
{
	return channel->writer_count == 1 && channel->writers[0] == (int)cell;
}

uint32_t channel_doorbell(const struct plan_channel *channel, size_t cell)
{
	const int position = cell_position(channel->readers, channel->reader_count, cell);

	return position >= 0 && channel->doorbell && channel->doorbell_spis ? channel->doorbell_spis[position]
									    : 0;
}

size_t channel_ring(const struct plan_channel *channel, size_t cell, struct bp_bell *bells)
{
	size_t count = 0;

	if (!(channel_role(channel, cell) & BP_CHANNEL_WRITES))
		return 0;
	for (size_t i = 0; i < channel->reader_count; i++) {
		const uint32_t intid = channel_doorbell(channel, (size_t)channel->readers[i]);

		if (channel->readers[i] == (int)cell || !intid)
			continue;
		if (bells)
			bells[count] =
				(struct bp_bell){GICD_ISPENDR + intid / 32 * 4, UINT32_C(1) << intid % 32};
		count++;
	}
	return count;
}

static void own_spi(struct bp_cell *record, uint32_t intid, bool edge)
{
	if (intid < SPI_FIRST || intid > INTID_LAST)
		return;
	record->spi_owned[intid / 32] |= UINT32_C(1) << intid % 32;
	if (edge)
		record->spi_edge[intid / 32] |= UINT32_C(1) << intid % 32;
}

/* An interrupt of the hypervisor's own. */
static void edge_fill(const struct interrupt *interrupt, uint32_t spi_edge[32])
{
	if (interrupt->intid && interrupt->edge)
		spi_edge[interrupt->intid / 32] |= UINT32_C(1) << interrupt->intid % 32;
}

void triggers_fill(const struct layout *layout, uint32_t spi_edge[32])
{
	for (size_t i = 0; i < layout->plan->cell_count; i++) {
		const struct bp_cell *const record = arena_at(&layout->file, layout->cells[i].record_pa);

		for (size_t word = 0; word < 32; word++)
			spi_edge[word] |= record->spi_edge[word];
	}
	for (size_t i = 0; i < smmu_count(layout); i++) {
		const struct smmu *const smmu = &layout->plan->board.smmus[i];

		edge_fill(&smmu->event, spi_edge);
		edge_fill(&smmu->error, spi_edge);
	}
}

void interrupts_fill(const struct plan *plan, size_t cell, struct bp_cell *record)
{
	const struct board *const board = &plan->board;

	for (size_t i = 0; i < board->device_count; i++) {
		const struct device *const device = &board->devices[i];

		for (size_t j = 0; device->owner == (int)cell && j < device->interrupts.count; j++)
			own_spi(record, device->interrupts.at[j].intid, device->interrupts.at[j].edge);
	}
	/* Doorbells, the functions' messages and the emulated console are made pending by software: edges. */
	for (size_t i = 0; i < plan->channel_count; i++)
		own_spi(record, channel_doorbell(&plan->channels[i], cell), true);
	for (uint32_t i = 0; i < plan->cells[cell].msi_count; i++)
		own_spi(record, plan->cells[cell].msi_first + i, true);
	record->uart_intid = plan->cells[cell].uart_ipa ? plan->cells[cell].uart_intid : 0;
	own_spi(record, record->uart_intid, true);

	record->ppi_owned = timer_ppis(board);
	if (record->flags & BP_CELL_PMU)
		record->ppi_owned |= pmu_ppis(board);
	record->ppi_edge = board->ppi_edge & record->ppi_owned;
	record->maintenance_intid = maintenance_ppi(board);
	record->watchdog_ppi = record->watchdog_ns ? hypervisor_timer_ppi(board) : 0;
	record->ppi_owned &= ~(record->maintenance_intid ? UINT32_C(1) << record->maintenance_intid : 0);
}

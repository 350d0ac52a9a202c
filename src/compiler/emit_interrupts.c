// SPDX-License-Identifier: Apache-2.0
/*
 * emit_interrupts.c - interrupt ownership of a cell: its devices' SPIs, its doorbells and emulated
 * console, and the few PPIs that the board's tree gives a guest. Called by emit_cell.c, tree*.c, map.c.
 */
#include "emit_interrupts.h"

#include <libfdt.h>
#include <string.h>

#include "layout.h"

#define PPI_FIRST  16u
#define SPI_FIRST  32u
#define INTID_LAST 1019u

/* Specifiers of `interrupts` in a GIC node's domain (Linux, arm,gic-v3.yaml): type, number, flags... */
#define GIC_TYPE_PPI 1u

/* Places in the timer node's list (Linux, arm,arch_timer.yaml), which has no names on most boards. */
#define TIMER_PHYSICAL 1u
#define TIMER_VIRTUAL  2u

static uint32_t gic_cells(const struct board *board)
{
	int size = 0;
	const fdt32_t *const cells =
		fdt_getprop(board->tree.data, board->gic_node, "#interrupt-cells", &size);

	return cells && size == sizeof(*cells) ? fdt32_to_cpu(*cells) : 3;
}

/* The PPI at `index` of a node's `interrupts`, as INTID; 0: there is none, or it isn't a PPI. */
static uint32_t ppi_at(const struct board *board, int node, uint32_t index)
{
	const uint32_t cells = gic_cells(board);
	int size = 0;
	const fdt32_t *const list = fdt_getprop(board->tree.data, node, "interrupts", &size);
	uint32_t number;

	if (!list || (uint32_t)size < (index + 1) * cells * sizeof(*list) ||
	    fdt32_to_cpu(list[index * cells]) != GIC_TYPE_PPI)
		return 0;
	number = fdt32_to_cpu(list[index * cells + 1]);
	return number < SPI_FIRST - PPI_FIRST ? PPI_FIRST + number : 0;
}

static uint32_t timer_at(const struct board *board, int node, const char *name, uint32_t index)
{
	const int named = fdt_stringlist_search(board->tree.data, node, "interrupt-names", name);

	return ppi_at(board, node, named >= 0 ? (uint32_t)named : index);
}

uint32_t timer_ppis(const struct board *board)
{
	const int node = board->timer_node;
	uint32_t bits = 0;

	if (node >= 0) {
		bits |= UINT32_C(1) << timer_at(board, node, "phys", TIMER_PHYSICAL);
		bits |= UINT32_C(1) << timer_at(board, node, "virt", TIMER_VIRTUAL);
	}
	return bits & ~UINT32_C(0xffff); /* bit 0: the node lacks it */
}

bool node_is_pmu(const void *tree, int node)
{
	int count = fdt_stringlist_count(tree, node, "compatible");

	while (count > 0) {
		const char *const name = fdt_stringlist_get(tree, node, "compatible", --count, NULL);
		const size_t length = strlen(name);

		if (!strcmp(name, "arm,armv8-pmuv3") ||
		    (length > 4 && !strncmp(name, "arm,cortex-", 11) && !strcmp(name + length - 4, "-pmu")))
			return true;
	}
	return false;
}

uint32_t pmu_ppis(const struct board *board)
{
	uint32_t bits = 0;

	for (int node = fdt_next_node(board->tree.data, -1, NULL); node >= 0;
	     node = fdt_next_node(board->tree.data, node, NULL))
		if (node_is_pmu(board->tree.data, node))
			bits |= UINT32_C(1) << ppi_at(board, node, 0);
	return bits & ~UINT32_C(0xffff);
}

uint32_t maintenance_ppi(const struct board *board)
{
	return ppi_at(board, board->gic_node, 0);
}

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

void triggers_fill(const struct layout *layout, uint32_t spi_edge[32])
{
	for (size_t i = 0; i < layout->plan->cell_count; i++) {
		const struct bp_cell *const record = arena_at(&layout->file, layout->cells[i].record_pa);

		for (size_t word = 0; word < 32; word++)
			spi_edge[word] |= record->spi_edge[word];
	}
}

void interrupts_fill(const struct plan *plan, size_t cell, struct bp_cell *record)
{
	const struct board *const board = &plan->board;

	for (size_t i = 0; i < board->device_count; i++) {
		const struct device *const device = &board->devices[i];

		for (size_t j = 0; device->owner == (int)cell && j < device->interrupt_count; j++)
			own_spi(record, device->interrupts[j].intid, device->interrupts[j].edge);
	}
	/* Doorbells and the emulated console are made pending by software: edges. */
	for (size_t i = 0; i < plan->channel_count; i++)
		own_spi(record, channel_doorbell(&plan->channels[i], cell), true);
	record->uart_intid = plan->cells[cell].uart_ipa ? plan->cells[cell].uart_intid : 0;
	own_spi(record, record->uart_intid, true);

	record->ppi_owned = timer_ppis(board);
	if (record->flags & BP_CELL_PMU)
		record->ppi_owned |= pmu_ppis(board);
	record->ppi_edge = board->ppi_edge & record->ppi_owned;
	record->maintenance_intid = maintenance_ppi(board);
	record->ppi_owned &= ~(record->maintenance_intid ? UINT32_C(1) << record->maintenance_intid : 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.c - the service core: the one core whose EL2 may stop other cells. It writes an order, which
 * the cell's first core obeys (cell.c), and revokes the cell's stage 2, which the cell cannot resist.
 */
#include "service.h"
#include "core.h"
#include "events.h"
#include "platform.h"

bool service_core(void)
{
	return core_is_first() && (this_cell->flags & BP_CELL_SERVICE);
}

u32 service_cells(void)
{
	return service()->cells.count;
}

volatile struct order *service_order_of(u32 cell)
{
	return (volatile struct order *)this_cell->orders_va + cell;
}

/* [impl->swr~order-revokes~1] */
void service_order(u32 cell, enum bp_action action, u32 cause)
{
	volatile struct order *order = service_order_of(cell);

	order->action = action;
	order->cause = cause;
	arch_publish();
	order->sequence = order->sequence + 1;
	arch_publish();
	event_record(EVENT_ORDER, cell, action, cause, 0);
	if (service()->dma.count)
		iommu_streams_set(cell, false);
	arch_revoke_other(cell);
}

/* Only essential cells run on. */
void service_safe(void)
{
	for (u32 i = 0; i < service_cells(); i++)
		if (i != this_cell->index && !(service_cell(i)->flags & BP_CELL_ESSENTIAL))
			service_order(i, BP_ACTION_STOP, BP_ERROR_COUNT);
}

void service_console_input(u32 cell, u8 byte)
{
	volatile struct order *order = service_order_of(cell);
	const u64 head = order->input_head;

	order->input[head % ORDER_INPUT_BYTES] = byte;
	arch_publish();
	order->input_head = head + 1;
	arch_publish();
	if (service_cell(cell)->uart_intid)
		arch_spi_raise(service_cell(cell)->uart_intid);
}

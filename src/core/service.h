/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.h - what the service core's EL2 does for the health cell: orders to cells, console input.
 */
#ifndef BULKHEAD_SERVICE_H
#define BULKHEAD_SERVICE_H

#include "../blueprint/telemetry.h"
#include "types.h"

/* Is this core the service core? Only it maps what the calls below touch. */
bool service_core(void);
u32 service_cells(void);

static inline const struct bp_service *service(void)
{
	return (const struct bp_service *)EL2_VA_SERVICE;
}

static inline const struct bp_service_cell *service_cell(u32 cell)
{
	return (const struct bp_service_cell *)((const u8 *)service() + service()->cells.offset) + cell;
}

/* A table of the service core's record. */
static inline const void *service_table(const struct bp_table *table)
{
	return (const u8 *)service() + table->offset;
}

volatile struct order *service_order_of(u32 cell);
/* Orders `cell` (checked) to stop or restart: recorded, its DMA cut, revoked, woken. Returns at once. */
void service_order(u32 cell, enum bp_action action, u32 cause);
/* The safe state, where the health cell can't bring it about. */
void service_safe(void);
void service_console_input(u32 cell, u8 byte);

#endif

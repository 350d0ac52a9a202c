/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dma.h - a cell's DMA: cut while the cell is at rest, and what it costs the cell where the IOMMU refuses it.
 * The IOMMUs are the service core's; what a cell's first core wants of them it asks of that, by a word of its
 * own.
 */
#ifndef BULKHEAD_DMA_H
#define BULKHEAD_DMA_H

#include "../blueprint/telemetry.h"
#include "cell.h"

bool dma_streams_ask(enum dma_ask ask);

/* First core: this cell's streams are cut, or live; false: they are not, in a second. */
static inline bool dma_streams_set(enum dma_ask ask)
{
	return this_cell->dma_intid == 0 || dma_streams_ask(ask);
}

/* Service core, once a boot. */
void dma_start(void);
/* What other cells ask, and IOMMUs tell. On cores that aren't the service core it does nothing. Never waits
 * for a cell. Called when an interrupt of EL2's own came, and in between where the service core is long at
 * work. */
void dma_work(void);

/* Called by the IOMMU's driver. `reason`: as EVENT_DMA_FAULT has it. */
void dma_fault(u32 iommu, u32 stream, u64 address, u64 reason);
void dma_error(u32 iommu, u32 errors);
void dma_lost(void);

#endif

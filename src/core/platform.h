/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform.h - what the hypervisor (src/core) asks of the devices that it drives itself (src/platform).
 */
#ifndef BULKHEAD_PLATFORM_H
#define BULKHEAD_PLATFORM_H

#include "types.h"

/* First core, the others at rest: this cell's PCI functions send nothing any more, neither DMA nor MSI. */
void pci_functions_stop(void);
/* They are as after a reset, where they may have one, with their BARs in place. Takes 100 ms. */
void pci_functions_reset(void);

/*
 * Service core: the IOMMUs' queues are its own. It waits for the hardware alone, a bounded time.
 */
void iommu_start(void);
/* A cell's streams abort, or do what the blueprint says; false: an IOMMU didn't obey. */
bool iommu_streams_set(u32 cell, bool live);
/* Are the faults of stream `stream`, an index into bp_service.streams, told? It aborts them either way. */
void iommu_stream_tell(u32 stream, bool tell);
/* Takes what the IOMMUs have to tell: calls dma_fault and dma_error (dma.h). */
void iommu_work(void);

#endif

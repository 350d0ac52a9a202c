/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dma.c - between a cell, which may have its DMA cut or given back, and the service core, whose IOMMUs do it
 * (dma.h); and the faults that these tell of. One word asks, one answers, each with one writer.
 */
#include "dma.h"
#include "../blueprint/pci.h"
#include "core.h"
#include "events.h"
#include "platform.h"
#include "proofs.h"
#include "service.h"

/* The service core's longest work is sliced; an emulator's cores may be starved by its host. */
#define ANSWER_NS   UINT64_C(1000000000)
#define SECOND_NS   UINT64_C(1000000000)
#define COUNTED_MAX 256u

/* Faults of streams in this second; streams beyond COUNTED_MAX share. */
static u8 fault_count[COUNTED_MAX];
static u64 second; /* its start */

/* ---- the cell ---- */

static bool answered(u64 request, u64 *answer)
{
	*answer = ((const volatile struct order *)this_cell->orders_va)[this_cell->index].dma_done;
	return (*answer & ~(u64)DMA_FAILED) == request;
}

/* [impl->swr~dma-by-service-core~1] */
bool dma_streams_ask(enum dma_ask ask)
{
	volatile u64 *const request = &telemetry()->dma_request;
	u64 start, patience, answer;

	if (service_core())
		return iommu_streams_set(this_cell->index, ask == DMA_LIVE);
	*request = ((*request >> 2) + 1) << 2 | ask;
	arch_publish();
	arch_spi_raise(this_cell->dma_intid);
	start = arch_time();
	patience = arch_ns_to_ticks(ANSWER_NS);
	while (!answered(*request, &answer))
		if (arch_time() - start > patience)
			return false;
	return !(answer & DMA_FAILED);
}

/* ---- the service core ---- */

static const struct bp_service_dma *cells(void)
{
	return service_table(&service()->dma);
}

static const struct bp_stream *streams(void)
{
	return service_table(&service()->streams);
}

static bool iommus(void)
{
	return service_core() && service()->smmus.count;
}

void dma_start(void)
{
	if (iommus())
		iommu_start();
}

/* One that has an order waiting for it stays cut: it will ask again. */
static void request_serve(const struct bp_service_dma *cell)
{
	const volatile struct telemetry_core *const t =
		(const volatile struct telemetry_core *)cell->telemetry_va;
	volatile struct order *const order = service_order_of(cell->cell);
	const u64 request = t->dma_request;
	const bool live = (request & DMA_LIVE) && order->sequence == t->order_seen;
	bool good;

	if (request == (order->dma_done & ~(u64)DMA_FAILED))
		return;
	good = iommu_streams_set(cell->cell, live);
	arch_publish();
	order->dma_done = request | (good ? 0 : DMA_FAILED);
	arch_publish();
}

/* A second with faults is over: whoever made too many is heard again. */
static void second_end(u64 now)
{
	if (now - second < arch_ns_to_ticks(SECOND_NS))
		return;
	second = now;
	for (u32 i = 0; i < service()->streams.count; i++)
		if (fault_count[i % COUNTED_MAX] > DMA_FAULTS_MAX)
			iommu_stream_tell(i, true);
	for (u32 i = 0; i < COUNTED_MAX; i++)
		fault_count[i] = 0;
	arch_watch(false);
}

void dma_work(void)
{
	if (!iommus())
		return;
	second_end(arch_time());
	iommu_work();
	for (u32 i = 0; i < service()->dma.count; i++)
		if (cells()[i].cell != this_cell->index)
			request_serve(&cells()[i]);
}

void dma_lost(void)
{
	telemetry()->dma_lost++;
}

void dma_error(u32 iommu, u32 errors)
{
	dma_lost();
	event_record(EVENT_IOMMU, iommu, errors, 0, 0);
}

/* The order cuts the streams, so it is given once. */
static void fault_cost(u32 cell)
{
	u32 i;

	for (i = 0; i < service()->dma.count && cells()[i].cell != cell; i++)
		;
	if (i == service()->dma.count)
		return;
	switch ((enum bp_action)cells()[i].action) {
	case BP_ACTION_IGNORE:
	case BP_ACTION_LOG:
		return;
	case BP_ACTION_RESTART:
		service_order(cell, BP_ACTION_RESTART, BP_ERROR_DMA_VIOLATION);
		return;
	default: /* the cell stops; whoever sees why does the rest */
		service_order(cell, BP_ACTION_STOP, BP_ERROR_DMA_VIOLATION);
		break;
	}
}

/* [impl->swr~dma-fault-costs-its-cell~1] */
void dma_fault(u32 iommu, u32 sid, u64 address, u64 reason)
{
	const struct bp_stream *const stream = streams();
	u8 *count;
	u32 i;

	for (i = 0; i < service()->streams.count && (stream[i].smmu != iommu || stream[i].sid != sid); i++)
		;
	if (i == service()->streams.count) {
		dma_lost();
		return;
	}
	second_end(arch_time());
	count = &fault_count[i % COUNTED_MAX];
	if (*count >= DMA_FAULTS_MAX)
		telemetry()->dma_untold++;
	if (*count > DMA_FAULTS_MAX)
		return;
	if (++*count > DMA_FAULTS_MAX) {
		telemetry()->dma_silences++;
		iommu_stream_tell(i, false);
		arch_watch(true);
		return;
	}
	if (proof_dma(stream[i].cell, address, reason))
		return;
	telemetry()->dma_faults[stream[i].cell]++;
	event_record(EVENT_DMA_FAULT, stream[i].cell, (u64)iommu << 32 | sid, address, reason);
	if (*(volatile u64 *)stream[i].ste_va != BP_STE_ABORT)
		fault_cost(stream[i].cell);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * emit_smmu.c - stream tables, and what boot core and service core know of the IOMMUs.
 *
 * A stream that no cell owns has an entry that aborts: where the table has two levels, those of all
 * first-level entries without an owned stream lie in one second-level table. Bits: Arm IHI 0070, 5.1
 * (L1STD), 5.2 (STE), 6.3 (registers). Called by layout.c, emit_header.c, emit_service.c.
 */
#include <stdlib.h>

#include "emit_pci.h"

#define SPLIT		  8u /* StreamID bits of a second-level table */
#define STE_SIZE	  UINT64_C(64)
#define STE_WORDS	  8u
#define LEAF_STES	  (UINT64_C(1) << SPLIT)
#define LEAF_SIZE	  (LEAF_STES * STE_SIZE)
#define L1_SPAN		  (SPLIT + 1) /* log2 of the entries, + 1 */
#define L1_SIZE		  UINT64_C(8)
#define SEGMENT_BITS	  16u /* RIDs of one PCI segment */

#define STE_LIVE	  (UINT64_C(1) | UINT64_C(6) << 1) /* V; Config: stage 2 alone */
#define STE_SHARE_AS_SENT (UINT64_C(1) << 44)
#define STE_T0SZ(bits)	  ((UINT64_C(64) - (bits)) << 32)
#define STE_SL0_LEVEL1	  (UINT64_C(1) << 38)
#define STE_IRGN0_WBWA	  (UINT64_C(1) << 40)
#define STE_ORGN0_WBWA	  (UINT64_C(1) << 42)
#define STE_SH0_INNER	  (UINT64_C(3) << 44)
#define STE_PS_AT	  48
#define STE_AA64	  (UINT64_C(1) << 51)
#define STE_AFFD	  (UINT64_C(1) << 53)
#define STE_RECORD	  (UINT64_C(1) << 58) /* S2R: a fault is an event; S2S 0: it doesn't stall */

#define IDR0_TWO_LEVEL	  (UINT32_C(1) << 27)
#define IDR1_SID_BITS	  0x3fu
#define BASE_ALLOCATE	  (UINT64_C(1) << 62) /* RA, WA */
#define CFG_TWO_LEVEL	  (UINT32_C(1) << 16)
#define CFG_SPLIT_AT	  6

#define COMMAND_LOG2	  8u /* entries of 16 bytes: a page */
#define EVENT_LOG2	  7u /* entries of 32 bytes: a page */

/* ---- streams ---- */

static int by_stream(const void *a, const void *b)
{
	const struct bp_stream *const left = a, *const right = b;

	if (left->smmu != right->smmu)
		return left->smmu < right->smmu ? -1 : 1;
	return (left->sid > right->sid) - (left->sid < right->sid);
}

size_t streams_list(const struct plan *plan, struct bp_stream *streams)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->cell_count; i++)
		for (size_t j = 0; j < plan->cells[i].function_count; j++) {
			const struct pci_function *const function = cell_function(plan, i, j);

			if (plan->cells[i].functions[j].ghost || function->smmu == PCI_NONE)
				continue;
			if (streams)
				streams[count] = (struct bp_stream){.live = STE_LIVE,
								    .smmu = (uint32_t)function->smmu,
								    .sid = function->stream,
								    .cell = (uint32_t)i};
			count++;
		}
	if (streams)
		qsort(streams, count, sizeof(*streams), by_stream);
	return count;
}

static uint32_t bits_of(uint32_t value)
{
	uint32_t bits = 0;

	while (bits < 32 && value >> bits)
		bits++;
	return bits;
}

/* ---- the tables ---- */

/* The StreamIDs that the table covers: those of a segment at least, or as far as the IOMMU has any. */
static void smmu_size(const struct layout *layout, size_t number)
{
	const struct board *const board = &layout->plan->board;
	struct smmu_layout *const smmu = &layout->smmus[number];
	const uint32_t most = (uint32_t)board->smmu_idr1.value & IDR1_SID_BITS;
	uint32_t highest = 0;

	for (size_t i = 0; i < board->pci.count; i++)
		if (board->pci.at[i].smmu == number && board->pci.at[i].stream > highest)
			highest = board->pci.at[i].stream;
	smmu->bits = bits_of(highest) > SEGMENT_BITS ? bits_of(highest) : SEGMENT_BITS;
	if (smmu->bits > most)
		smmu->bits = most;
	smmu->two_level = smmu->bits > SPLIT && (board->smmu_idr0 & board->smmu_idr0_mask & IDR0_TWO_LEVEL);
	if (!smmu->two_level) /* what lies beyond is no stream, and aborts as well */
		smmu->bits = bits_of(highest);
}

static void aborts_fill(const struct layout *layout, uint64_t pa, uint64_t count)
{
	uint64_t *const entries = arena_at(&layout->file, pa);

	for (uint64_t i = 0; i < count; i++)
		entries[i * STE_WORDS] = BP_STE_ABORT;
}

static uint64_t aborts_take(struct layout *layout, uint64_t count)
{
	const uint64_t size = count * STE_SIZE;
	const uint64_t pa = arena_take(&layout->file, size, size > BP_PAGE_SIZE ? size : BP_PAGE_SIZE);

	aborts_fill(layout, pa, count);
	return pa;
}

static void two_levels_take(struct layout *layout, struct smmu_layout *smmu, size_t number,
			    const struct bp_stream *streams, size_t count)
{
	const uint64_t entries = UINT64_C(1) << (smmu->bits - SPLIT);
	const uint64_t size = entries * L1_SIZE;
	const uint64_t rest = aborts_take(layout, LEAF_STES);
	uint64_t *words;

	free(smmu->leaves);
	smmu->leaves = memory_new(entries, sizeof(*smmu->leaves));
	smmu->table_pa = arena_take(&layout->file, size, size > BP_PAGE_SIZE ? size : BP_PAGE_SIZE);
	for (uint64_t i = 0; i < entries; i++)
		smmu->leaves[i] = rest;
	for (size_t i = 0; i < count; i++) {
		uint64_t *const leaf = &smmu->leaves[streams[i].sid >> SPLIT];

		if (streams[i].smmu == number && *leaf == rest)
			*leaf = aborts_take(layout, LEAF_STES);
	}
	words = arena_at(&layout->file, smmu->table_pa);
	for (uint64_t i = 0; i < entries; i++)
		words[i] = smmu->leaves[i] | L1_SPAN;
}

uint64_t smmu_ste_pa(const struct layout *layout, size_t number, uint32_t sid)
{
	const struct smmu_layout *const smmu = &layout->smmus[number];

	return smmu->two_level ? smmu->leaves[sid >> SPLIT] + sid % LEAF_STES * STE_SIZE
			       : smmu->table_pa + sid * STE_SIZE;
}

/* [impl->swr~compile-streams~1] */
static void ste_fill(const struct layout *layout, const struct bp_stream *stream)
{
	const struct cell_layout *const cell = &layout->cells[stream->cell];
	uint64_t *const words = arena_at(&layout->file, smmu_ste_pa(layout, stream->smmu, stream->sid));

	words[0] = stream->live;
	words[1] = STE_SHARE_AS_SENT;
	words[2] = (stream->cell + 1) | STE_T0SZ(cell->ipa_bits) | STE_SL0_LEVEL1 | STE_IRGN0_WBWA |
		   STE_ORGN0_WBWA | STE_SH0_INNER |
		   (uint64_t)pa_range(layout->plan->board.pa_bits) << STE_PS_AT | STE_AA64 | STE_AFFD |
		   STE_RECORD;
	words[3] = cell->dma.root_pa;
}

void smmu_build(struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	const size_t count = streams_list(plan, NULL);
	struct bp_stream *const streams = memory_new(count, sizeof(*streams));

	streams_list(plan, streams);
	for (size_t i = 0; i < plan->board.smmu_count; i++) {
		struct smmu_layout *const smmu = &layout->smmus[i];

		if (!smmu->used)
			continue;
		smmu_size(layout, i);
		if (smmu->two_level)
			two_levels_take(layout, smmu, i, streams, count);
		else
			smmu->table_pa = aborts_take(layout, UINT64_C(1) << smmu->bits);
	}
	for (size_t i = 0; i < count; i++)
		ste_fill(layout, &streams[i]);
	free(streams);
}

void smmu_begin(struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	const size_t count = streams_list(plan, NULL);
	struct bp_stream *const streams = memory_new(count, sizeof(*streams));

	layout->smmus = memory_new(plan->board.smmu_count, sizeof(*layout->smmus));
	streams_list(plan, streams);
	for (size_t i = 0; i < count; i++)
		layout->smmus[streams[i].smmu].used = true;
	free(streams);
}

/* ---- records ---- */

size_t smmu_count(const struct layout *layout)
{
	return layout->pci ? layout->plan->board.smmu_count : 0;
}

void smmus_fill(const struct layout *layout, struct bp_smmu *records, uint64_t *cursor)
{
	const struct board *const board = &layout->plan->board;

	for (size_t i = 0; i < smmu_count(layout); i++) {
		const struct smmu_layout *const smmu = &layout->smmus[i];

		records[i] = (struct bp_smmu){
			.pa = board->smmus[i].regs.base,
			.va = el2_window(cursor, board->smmus[i].regs.base, SMMU_PAGE_SIZE),
			.idr0 = board->smmu_idr0,
			.idr0_mask = board->smmu_idr0_mask,
			.idr1 = (uint32_t)board->smmu_idr1.value,
			.idr1_mask = (uint32_t)board->smmu_idr1.mask,
			.idr5 = (uint32_t)board->smmu_idr5.value,
			.idr5_mask = (uint32_t)board->smmu_idr5.mask,
		};
		if (!smmu->used)
			continue;
		records[i].strtab_base = smmu->table_pa | BASE_ALLOCATE;
		records[i].strtab_base_cfg =
			smmu->bits | (smmu->two_level ? CFG_TWO_LEVEL | SPLIT << CFG_SPLIT_AT : 0);
		records[i].cmdq_base = smmu->command_pa | BASE_ALLOCATE | COMMAND_LOG2;
		records[i].eventq_base = smmu->event_pa | BASE_ALLOCATE | EVENT_LOG2;
	}
}

/* Those with streams, into `cells` if not NULL, without windows. */
static size_t dma_cells(const struct plan *plan, struct bp_service_dma *cells)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->cell_count; i++) {
		if (!cell_has_streams(plan, i))
			continue;
		if (cells)
			cells[count] = (struct bp_service_dma){
				.cell = (uint32_t)i,
				.action = plan->cells[i].actions[BP_ERROR_DMA_VIOLATION]};
		count++;
	}
	return count;
}

uint64_t smmu_service_size(const struct layout *layout)
{
	if (!layout->pci)
		return 0;
	return smmu_count(layout) * sizeof(struct bp_service_smmu) +
	       streams_list(layout->plan, NULL) * sizeof(struct bp_stream) +
	       dma_cells(layout->plan, NULL) * sizeof(struct bp_service_dma);
}

uint32_t dma_intid(const struct layout *layout, size_t cell)
{
	size_t number = 0;

	if (!cell_has_streams(layout->plan, cell))
		return 0;
	while (!layout->smmus[number].used)
		number++;
	return layout->plan->board.smmus[number].event.intid;
}

/* Registers keep their distance; only the pages that hold those in use are mapped. */
static void service_smmus_fill(const struct layout *layout, struct bp_service_smmu *smmus, uint32_t count,
			       uint64_t *va)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct smmu *const smmu = &layout->plan->board.smmus[i];

		if (!layout->smmus[i].used)
			continue;
		smmus[i] = (struct bp_service_smmu){
			.page0_va = *va,
			.page1_va = *va + SMMU_PAGE_SIZE,
			.cmdq_va = *va + 2 * SMMU_PAGE_SIZE,
			.eventq_va = *va + 2 * SMMU_PAGE_SIZE + BP_PAGE_SIZE,
			.cmdq_log2 = COMMAND_LOG2,
			.eventq_log2 = EVENT_LOG2,
			.event_intid = smmu->event.intid,
			.error_intid = smmu->error.intid,
		};
		*va += 2 * SMMU_PAGE_SIZE + 2 * BP_PAGE_SIZE;
	}
}

static void streams_fill(const struct layout *layout, struct bp_stream *streams, uint32_t count, uint64_t *va)
{
	uint64_t page = 0;

	streams_list(layout->plan, streams);
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t pa = smmu_ste_pa(layout, streams[i].smmu, streams[i].sid);

		if (align_down(pa, BP_PAGE_SIZE) != page) {
			page = align_down(pa, BP_PAGE_SIZE);
			*va += BP_PAGE_SIZE;
		}
		streams[i].ste_va = *va - BP_PAGE_SIZE + pa % BP_PAGE_SIZE;
	}
}

/* IOMMUs without streams have rows of zeros; `at` and `va` are free from there on.
 * [impl->swr~compile-service-dma~1] */
void smmu_service_fill(const struct layout *layout, struct bp_service *service, uint64_t at, uint64_t va)
{
	uint8_t *const base = (uint8_t *)service;

	if (!layout->pci)
		return;
	service->smmus = (struct bp_table){(uint32_t)at, (uint32_t)smmu_count(layout)};
	service_smmus_fill(layout, (struct bp_service_smmu *)(base + at), service->smmus.count, &va);
	at += service->smmus.count * sizeof(struct bp_service_smmu);
	service->streams = (struct bp_table){(uint32_t)at, (uint32_t)streams_list(layout->plan, NULL)};
	streams_fill(layout, (struct bp_stream *)(base + at), service->streams.count, &va);
	at += service->streams.count * sizeof(struct bp_stream);
	service->dma = (struct bp_table){
		(uint32_t)at, (uint32_t)dma_cells(layout->plan, (struct bp_service_dma *)(base + at))};
	for (uint32_t i = 0; i < service->dma.count; i++)
		((struct bp_service_dma *)(base + at))[i].telemetry_va = va + i * BP_PAGE_SIZE;
}

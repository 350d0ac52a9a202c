// SPDX-License-Identifier: Apache-2.0
/*
 * rule_pages.c - who reaches which physical page: a sweep over all cells' stage-2 spans in order of
 * physical address. This rests on the tables alone, not on what records claim.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

#define PAIRS_MAX (UINT64_C(1) << 26) /* of overlapping spans; no honest image comes near */

/* All cells' spans, tag = cell. */
static struct spans all_spans(const struct audit *audit)
{
	struct spans all = {0};

	for (size_t c = 0; c < audit->cell_count; c++) {
		for (size_t i = 0; i < audit->cells[c].stage2.count; i++) {
			struct span span = audit->cells[c].stage2.list[i];

			span.tag = (int)c;
			spans_add(&all, span);
		}
	}
	spans_sort_by_pa(&all);
	return all;
}

/* Two cells reach [from, to): every part of it must be a place that admits both. */
static void shared_check(struct audit *audit, const struct span *a, const struct span *b, uint64_t from,
			 uint64_t to)
{
	char what[128];

	while (from < to) {
		uint64_t a_end, b_end;

		if (!page_admits(audit, from, a->tag, &a_end) || !page_admits(audit, from, b->tag, &b_end)) {
			violation(&audit->report, RULE_PAGE_OWNER,
				  "page 0x%" PRIx64 " (0x%" PRIx64 " bytes), %s: in %s at IPA 0x%" PRIx64
				  " and in %s at IPA 0x%" PRIx64,
				  from, to - from, place_describe(audit, from, what, sizeof(what)),
				  audit->cells[a->tag].who, a->va + (from - a->pa), audit->cells[b->tag].who,
				  b->va + (from - b->pa));
			return;
		}
		from = a_end < b_end ? a_end : b_end;
	}
}

/* [impl->swr~audit-one-owner~1] */
void rule_page_owners(struct audit *audit)
{
	struct spans all = all_spans(audit);
	/* Spans that reach beyond the address of the sweep: at most all of them. */
	const struct span **active = memory_zeroed(all.count, sizeof(*active));
	size_t active_count = 0;
	uint64_t pairs = 0;

	for (size_t i = 0; i < all.count && pairs < PAIRS_MAX; i++) {
		const struct span *span = &all.list[i];
		const uint64_t end = span->pa + span->size;
		size_t kept = 0;

		for (size_t j = 0; j < active_count; j++) {
			const uint64_t other_end = active[j]->pa + active[j]->size;

			if (other_end <= span->pa)
				continue;
			pairs++;
			if (active[j]->tag != span->tag)
				shared_check(audit, active[j], span, span->pa,
					     other_end < end ? other_end : end);
			active[kept++] = active[j];
		}
		active[kept++] = span;
		active_count = kept;
	}
	if (pairs >= PAIRS_MAX)
		violation(&audit->report, RULE_PAGE_OWNER,
			  "more overlapping mappings than any machine needs");
	free((void *)active);
	spans_free(&all);
}

/* One span of a cell against one range of the hypervisor's. */
static void hypervisor_check(struct audit *audit, const struct cell *cell, const struct span *span,
			     uint64_t base, uint64_t size)
{
	const uint64_t span_end = span->pa + span->size, range_end = end_of(base, size);
	const uint64_t to = span_end < range_end ? span_end : range_end;
	uint64_t from = span->pa > base ? span->pa : base;
	char what[128];

	while (from < to) {
		uint64_t end;
		const uint32_t admitted = page_admits(audit, from, cell_number(audit, cell), &end);

		if (!admitted || (span->attrs & ATTR_ACCESS & ~admitted)) {
			violation(&audit->report, RULE_HV_MEMORY,
				  "%s: IPA 0x%" PRIx64 " reaches 0x%" PRIx64 " with %s%s%s%s: %s", cell->who,
				  span->va + (from - span->pa), from,
				  admitted ? "more than is declared: " : "",
				  span->attrs & ATTR_READ ? "r" : "", span->attrs & ATTR_WRITE ? "w" : "",
				  span->attrs & ATTR_EXEC ? "x" : "",
				  place_describe(audit, from, what, sizeof(what)));
			return;
		}
		from = end;
	}
}

/* [impl->swr~audit-hypervisor-unreachable~1] */
void rule_hypervisor_memory(struct audit *audit)
{
	const struct bp_header *header = audit->header;

	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];

		for (size_t i = 0; i < cell->stage2.count; i++) {
			const struct span *span = &cell->stage2.list[i];

			hypervisor_check(audit, cell, span, audit->hv.load_pa, audit->kernel_size);
			hypervisor_check(audit, cell, span, header->writable_pa, header->writable_size);
			hypervisor_check(audit, cell, span, audit->board.crash.base, audit->board.crash.size);
			for (size_t f = 0; f < audit->fit.file_count; f++) {
				const struct fit_file *file = &audit->fit.files[f];
				const uint64_t from = page_down(file->load);

				hypervisor_check(audit, cell, span, from,
						 page_up(end_of(file->load, file->bytes.size)) - from);
			}
		}
	}
}

void registers_in(struct audit *audit, uint64_t pa, uint64_t size, register_fn *found, void *context)
{
	const struct spans *registers = &audit->board.registers;
	const uint64_t end = end_of(pa, size);
	size_t low = 0, high = registers->count;

	while (low < high) { /* the first range that starts behind the span */
		const size_t middle = low + (high - low) / 2;

		if (registers->list[middle].va < end)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low > 0 && audit->board.registers_end[low - 1] > pa; low--) {
		const struct span *range = &registers->list[low - 1];

		if (range->va + range->size > pa)
			found(audit, &audit->board.tree.nodes[range->tag], range->va, context);
	}
}

struct reach {
	const struct cell *cell;
	const struct span *span;
	struct spans bars; /* of the cell's functions, which lie in their hosts' windows */
};

static void register_reached(struct audit *audit, const struct node *node, uint64_t base, void *context)
{
	const struct reach *reach = context;
	const struct cell *cell = reach->cell;
	const char *type = node_string(&audit->board.tree, node, "device_type");
	uint64_t gap = 0;
	const size_t number = (size_t)(node - audit->board.tree.nodes);
	const int asked = partition_number(audit, cell->asked);

	if (type && !strcmp(type, "pci") &&
	    spans_cover(&reach->bars, reach->span->pa, reach->span->size, &gap))
		return;
	if (boot_state_of(audit, cell) && node == audit->boot_state.flash &&
	    base == audit->boot_state.range.base)
		return;
	if (audit->board.classes[number] == DEVICE_FORBIDDEN)
		violation(&audit->report, RULE_FORBIDDEN, "%s: its stage 2 reaches %s at 0x%" PRIx64,
			  cell->who, node->path, base);
	else if (asked == CELL_NONE_ID || audit->board.owner[number] != asked)
		violation(&audit->report, RULE_SHARED_PAGE,
			  "%s: its stage 2 reaches %s at 0x%" PRIx64 ", which is %s%s", cell->who, node->path,
			  base, audit->board.owner[number] == CELL_NONE_ID ? "nobody's" : "of cell ",
			  audit->board.owner[number] == CELL_NONE_ID
				  ? ""
				  : audit->partition.cells[audit->board.owner[number]].name);
}

static void named_devices_check(struct audit *audit)
{
	const struct board *board = &audit->board;

	for (size_t i = 0; i < board->tree.count; i++) {
		const char *path = board->tree.nodes[i].path;

		if (board->owner[i] == CELL_NONE_ID)
			continue;
		const struct partition_cell *cell = &audit->partition.cells[board->owner[i]];

		if (board->classes[i] == DEVICE_FORBIDDEN)
			violation(&audit->report, RULE_FORBIDDEN, "cell '%s': the file gives it %s",
				  cell->name, path);
		if (board->classes[i] == DEVICE_MASTER && cell->unprotected)
			unisolated(&audit->report, UNISOLATED_DMA,
				   "cell '%s': %s may master the bus and reaches all memory, on the file's "
				   "word: dma = "
				   "\"unprotected\"",
				   cell->name, path);
		else if (board->classes[i] == DEVICE_MASTER)
			violation(&audit->report, RULE_BUS_MASTER,
				  "cell '%s': %s may master the bus and has no IOMMU in front", cell->name,
				  path);
	}
}

/* [impl->swr~audit-forbidden-devices~1]
 * [impl->swr~audit-bus-masters~1]
 * [impl->swr~audit-shared-pages~1] */
void rule_devices(struct audit *audit)
{
	for (size_t c = 0; c < audit->cell_count; c++) {
		struct cell *cell = &audit->cells[c];
		struct reach reach = {.cell = cell};

		cell_bars(audit, cell, (struct span){0}, &reach.bars);
		spans_normalize(&reach.bars, NULL, NULL);
		for (size_t i = 0; cell->known && i < cell->stage2.count; i++) {
			reach.span = &cell->stage2.list[i];
			registers_in(audit, reach.span->pa, reach.span->size, register_reached, &reach);
		}
		spans_free(&reach.bars);
	}
	named_devices_check(audit);
}

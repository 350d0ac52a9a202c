// SPDX-License-Identifier: Apache-2.0
/*
 * rule_memory.c - RAM: how much, where, and from where. What the tables map is rule_stage2's.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "rule.h"

static void amounts_check(struct audit *audit, const struct cell *cell)
{
	uint64_t total = 0, kept = 0, mapped = 0;

	for (uint32_t i = 0; i < cell->record->regions.count; i++) {
		const struct bp_region *region = &cell->regions[i];

		total = end_of(total, region->size);
		if (region->flags & BP_REGION_KEEP)
			kept = end_of(kept, region->size);
		if ((region->ipa | region->pa | region->size) % BP_PAGE_SIZE || !region->size)
			violation(&audit->report, RULE_MEMORY,
				  "%s: region at IPA 0x%" PRIx64 " isn't whole pages", cell->who,
				  region->ipa);
		if (region->flags & ~BP_REGION_KEEP)
			violation(&audit->report, RULE_MEMORY,
				  "%s: region at IPA 0x%" PRIx64 " has unknown flags 0x%x", cell->who,
				  region->ipa, region->flags);
		for (uint32_t j = 0; j < i; j++) {
			const struct bp_region *other = &cell->regions[j];

			if (region->pa < end_of(other->pa, other->size) &&
			    other->pa < end_of(region->pa, region->size))
				violation(&audit->report, RULE_MEMORY,
					  "%s: regions at IPA 0x%" PRIx64 " and 0x%" PRIx64
					  " share memory at 0x%" PRIx64,
					  cell->who, other->ipa, region->ipa, region->pa);
		}
	}
	for (size_t i = 0; i < cell->stage2.count; i++) {
		if (cell->stage2.list[i].attrs & ATTR_EXEC)
			mapped = end_of(mapped, cell->stage2.list[i].size);
	}
	if (total != cell->asked->memory_total || mapped != total)
		violation(&audit->report, RULE_MEMORY,
			  "%s: regions of 0x%" PRIx64 " bytes, 0x%" PRIx64
			  " mapped as RAM, the file says 0x%" PRIx64,
			  cell->who, total, mapped, cell->asked->memory_total);
	if (kept != cell->asked->keep)
		violation(&audit->report, RULE_MEMORY,
			  "%s: keeps 0x%" PRIx64 " bytes, the file says 0x%" PRIx64, cell->who, kept,
			  cell->asked->keep);
}

/* The cell's regions in physical order: explicit addresses must be covered by them. */
static struct spans regions_by_pa(const struct audit *audit, const struct cell *cell)
{
	struct spans spans = {0};

	for (uint32_t i = 0; i < cell->record->regions.count; i++)
		region_spans(audit, cell, &cell->regions[i], (struct span){0}, &spans);
	for (size_t i = 0; i < spans.count; i++) {
		struct span *span = &spans.list[i];

		span->va = span->pa;
		span->size = end_of(span->pa, span->size) - span->pa;
	}
	spans_sort_by_va(&spans);
	return spans;
}

static void places_check(struct audit *audit, const struct cell *cell)
{
	struct spans held = regions_by_pa(audit, cell);
	uint64_t gap = 0;

	for (size_t i = 0; i < cell->asked->memory_count; i++) {
		const struct partition_memory *memory = &cell->asked->memory[i];

		if (memory->placed && !spans_cover(&held, memory->at, memory->size, &gap))
			violation(&audit->report, RULE_PLACEMENT,
				  "%s: the file places memory at 0x%" PRIx64 ", but 0x%" PRIx64
				  " isn't the cell's",
				  cell->who, memory->at, gap);
	}
	for (size_t i = 0; i < held.count; i++) {
		const struct span *span = &held.list[i];

		if (audit->colors && i && span->va < held.list[i - 1].va + held.list[i - 1].size)
			violation(&audit->report, RULE_MEMORY, "%s: two regions share memory at 0x%" PRIx64,
				  cell->who, span->va);
		if (!spans_cover(&audit->board.ram, span->va, span->size, &gap))
			violation(&audit->report, RULE_RAM, "%s: 0x%" PRIx64 " isn't RAM of the board",
				  cell->who, gap);
		if (spans_touch(&audit->board.reserved, span->va, span->size))
			violation(&audit->report, RULE_RAM,
				  "%s: RAM at 0x%" PRIx64 " touches a reserved or forbidden range", cell->who,
				  span->va);
	}
	lent_check(audit, cell, &held);
	spans_free(&held);
}

static void ipas_check(struct audit *audit, const struct cell *cell)
{
	if (!cell->record->regions.count)
		return;
	if (cell->asked->has_ram_base && cell->regions[0].ipa != cell->asked->ram_base)
		violation(&audit->report, RULE_PLACEMENT,
			  "%s: RAM starts at IPA 0x%" PRIx64 ", the file says 0x%" PRIx64, cell->who,
			  cell->regions[0].ipa, cell->asked->ram_base);
	for (uint32_t i = 0; !cell->asked->has_ram_base && i < cell->record->regions.count; i++) {
		uint64_t gap = 0;

		/* Memory in pieces is one block where the board has RAM. */
		if (audit->colors &&
		    spans_cover(&audit->board.ram, cell->regions[i].ipa, cell->regions[i].size, &gap))
			continue;
		if (cell->regions[i].ipa != cell->regions[i].pa)
			violation(&audit->report, RULE_PLACEMENT,
				  "%s: RAM at IPA 0x%" PRIx64 " is at PA 0x%" PRIx64 " without a ram-base",
				  cell->who, cell->regions[i].ipa, cell->regions[i].pa);
	}
}

/* A bus master with no IOMMU in front uses physical addresses, and those alone that its buses pass on.
 * [impl->swr~audit-dma-reach~1] */
static void master_check(struct audit *audit, const struct cell *cell, const struct node *bus,
			 const char *master)
{
	for (uint32_t i = 0; i < cell->record->regions.count; i++) {
		const struct bp_region *region = &cell->regions[i];
		const uint64_t at = bus_unreached(&audit->board.tree, bus,
						  (struct range){region->pa, region->size}, NULL);

		if (at < end_of(region->pa, region->size))
			violation(&audit->report, RULE_PLACEMENT,
				  "%s: its RAM at 0x%" PRIx64 " isn't reached by %s, by its bus's dma-ranges",
				  cell->who, at, master);
		if (audit->colors || region->ipa != region->pa)
			violation(&audit->report, RULE_PLACEMENT,
				  "%s: RAM at IPA 0x%" PRIx64 " is elsewhere, or in pieces, for %s, which "
				  "knows physical addresses only",
				  cell->who, region->ipa, master);
	}
}

static void masters_check(struct audit *audit, const struct cell *cell)
{
	const struct board *board = &audit->board;
	const int number = partition_number(audit, cell->asked);

	for (size_t i = 0; cell->asked->unprotected && i < board->tree.count; i++)
		if (board->owner[i] == number && board->classes[i] == DEVICE_MASTER)
			master_check(audit, cell, &board->tree.nodes[board->tree.nodes[i].parent],
				     board->tree.nodes[i].path);
	for (size_t i = 0; cell->asked->unprotected && i < audit->pci.count; i++) {
		const struct pci_function *function = &audit->pci.functions[i];

		if (function->owner == number && !function->smmu && function->host != PCI_NONE)
			master_check(audit, cell, audit->pci.hosts[function->host].node, function->name);
	}
}

/* [impl->swr~audit-memory~1]
 * [impl->swr~audit-placement~1]
 * [impl->swr~audit-board-ram~1] */
void rule_memory(struct audit *audit)
{
	for (size_t i = 0; i < audit->cell_count; i++) {
		const struct cell *cell = &audit->cells[i];

		if (!cell->known || !cell->asked)
			continue;
		amounts_check(audit, cell);
		places_check(audit, cell);
		ipas_check(audit, cell);
		masters_check(audit, cell);
	}
}

// SPDX-License-Identifier: Apache-2.0
/*
 * rule_colors.c - what a cell or its EL2 caches while it runs has the cell's colours, page by page.
 *
 * Judged are all write-back mappings of stage 2 and of the cores' roots, and the tables themselves, which
 * the walker caches; not the boot root, which is left before any cell starts, nor what no cache holds:
 * devices and Non-cacheable memory.
 */
#include <inttypes.h>
#include <string.h>

#include "rule.h"

/* Whose colours a page must have that `cell` reaches: its owner's. */
static int page_owner(const struct audit *audit, uint64_t pa, int cell)
{
	const struct place *place = place_at(audit, pa);
	const uint32_t service = audit->header->service_core;

	/* A copy of the text has the colours of who runs it: another cell's copy would tell of that cell. */
	if (!place || place->kind == PLACE_TEXT)
		return cell;
	switch (place->kind) {
	case PLACE_PRIVATE:
	case PLACE_TELEMETRY:
	case PLACE_RING:
		return audit->cores[place->owner].cell;
	case PLACE_STATE:
	case PLACE_PCI_STATE:
	case PLACE_LOG:
	case PLACE_HEARTBEAT:
	case PLACE_RECORD:
	case PLACE_ROOT:
	case PLACE_TREE:
		return place->owner;
	case PLACE_ORDERS:
	case PLACE_SERVICE:
	case PLACE_STREAMS:
	case PLACE_QUEUE:
		return service < audit->core_count ? audit->cores[service].cell : CELL_NONE_ID;
	case PLACE_DIRECTORY:
		return audit->health;
	default:
		return CELL_NONE_ID; /* nobody's to cache */
	}
}

static void pages_check(struct audit *audit, const char *who, const char *how, int cell, uint64_t from,
			uint64_t size)
{
	char what[128];

	for (uint64_t pa = from; pa - from < size; pa += BP_PAGE_SIZE) {
		const int owner = page_owner(audit, pa, cell);

		if (color_admits(audit, owner, pa))
			continue;
		violation(&audit->report, RULE_COLORS,
			  "%s: %s page 0x%" PRIx64 " of colour %u, which isn't %s's: %s", who, how, pa,
			  (unsigned int)(pa / BP_PAGE_SIZE % audit->colors),
			  owner == CELL_NONE_ID ? "anybody" : audit->cells[owner].who,
			  place_describe(audit, pa, what, sizeof(what)));
		return;
	}
}

static void mappings_check(struct audit *audit, const char *who, int cell, const struct spans *map,
			   const struct spans *tables)
{
	for (size_t i = 0; i < map->count; i++) {
		if ((map->list[i].attrs & ATTR_TYPE) == ATTR_NORMAL)
			pages_check(audit, who, "caches", cell, map->list[i].pa, map->list[i].size);
	}
	for (size_t i = 0; i < tables->count; i++)
		pages_check(audit, who, "is walked through", cell, tables->list[i].pa, tables->list[i].size);
}

/* [impl->swr~audit-colors~1] */
void rule_colors(struct audit *audit)
{
	if (!audit->colors)
		return;
	for (size_t i = 0; i < audit->cell_count; i++) {
		const struct cell *cell = &audit->cells[i];

		mappings_check(audit, cell->who, (int)i, &cell->stage2, &cell->tables);
	}
	for (size_t i = 0; i < audit->core_count; i++) {
		const struct core *core = &audit->cores[i];

		if (core->cell != CELL_NONE_ID)
			mappings_check(audit, core->who, core->cell, &core->map, &core->tables);
	}
}

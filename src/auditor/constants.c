// SPDX-License-Identifier: Apache-2.0
/*
 * constants.c - what no EL2 writes once cells run, found from bulkhead.bin's segments and the cores' roots;
 * and the table by which the health cell checks it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "model.h"

#define TABLE_HEAD sizeof(struct integrity_table)

struct cut {
	uint64_t pa, end;
};

struct cuts {
	struct cut *list;
	size_t count;
};

static void cut_add(struct cuts *cuts, uint64_t pa, uint64_t size)
{
	cuts->list = memory_grow(cuts->list, cuts->count, sizeof(*cuts->list));
	cuts->list[cuts->count++] = (struct cut){page_down(pa), page_up(end_of(pa, size))};
}

static bool is_cut(const struct cuts *cuts, uint64_t pa)
{
	for (size_t i = 0; i < cuts->count; i++)
		if (pa >= cuts->list[i].pa && pa < cuts->list[i].end)
			return true;
	return false;
}

/* Of the image: what the boot writes, what a core's root may write, and the directory's pages. */
static struct cuts image_cuts(const struct audit *audit)
{
	const struct hv_segment *segments = audit->hv.segments;
	struct cuts cuts = {0};

	for (unsigned int s = 0; s < HV_SEGMENTS && segments[s].size; s++) {
		if ((segments[s].flags & HV_SEG_WRITE) && HV_SEG_IN_FILE(segments[s].flags))
			cut_add(&cuts, audit->hv.load_pa + (segments[s].va - segments[0].va),
				segments[s].size);
	}
	for (size_t c = 0; c < audit->core_count; c++) {
		const struct spans *map = &audit->cores[c].map;

		for (size_t i = 0; i < map->count; i++) {
			const struct span *span = &map->list[i];

			if ((span->attrs & ATTR_WRITE) && span->pa < audit->hv.load_pa + audit->kernel_size &&
			    end_of(span->pa, span->size) > audit->hv.load_pa)
				cut_add(&cuts, span->pa, span->size);
		}
	}
	cut_add(&cuts, audit->directory_pa, audit->directory->size);
	return cuts;
}

static const struct integrity_table *table_open(struct audit *audit)
{
	const struct directory_bytes *where = &audit->directory->integrity;
	const struct integrity_table *table = NULL;

	if (where->size >= TABLE_HEAD && spans_translate(&audit->cells[audit->health].stage2, where->ipa,
							 where->size, &audit->integrity_pa))
		table = blueprint_at(audit, audit->integrity_pa, where->size);
	if (!table || audit->integrity_pa % BP_PAGE_SIZE || where->size % BP_PAGE_SIZE ||
	    table->magic != INTEGRITY_MAGIC || table->size != where->size - TABLE_HEAD ||
	    table->count > table->size / sizeof(table->ranges[0])) {
		violation(&audit->report, RULE_CONSTANTS,
			  "directory: the table of constant ranges at IPA 0x%" PRIx64 " isn't sound",
			  where->ipa);
		return NULL;
	}
	return table;
}

/* [impl->swr~audit-constants~1] */
void constants_open(struct audit *audit)
{
	struct cuts cuts;

	if (!audit->directory)
		return;
	cuts = image_cuts(audit);
	for (uint64_t at = 0; at < audit->kernel_size; at += BP_PAGE_SIZE) {
		const uint64_t pa = audit->hv.load_pa + at;

		if (!is_cut(&cuts, pa))
			spans_append(&audit->constants, (struct span){pa, pa, BP_PAGE_SIZE, 0, 0});
	}
	free(cuts.list);
	for (size_t i = 0; i < audit->fit.file_count; i++) {
		const uint64_t pa = page_down(audit->fit.files[i].load);

		spans_add(&audit->constants, (struct span){pa, pa,
							   page_up(end_of(audit->fit.files[i].load,
									  audit->fit.files[i].bytes.size)) -
								   pa,
							   0, 0});
	}
	spans_sort_by_va(&audit->constants);
	audit->integrity = table_open(audit);
}

/* Read by the health cell, as EL2 has it; where memory has colours no cache may hold it. */
uint32_t page_admits(const struct audit *audit, uint64_t pa, int cell, uint64_t *end)
{
	const struct place *place = place_at(audit, pa);
	const uint32_t admitted = place ? place_admits(audit, place, cell) : 0;
	size_t i;

	*end = place ? end_of(place->pa, place->size) : pa;
	if (admitted || cell != audit->health)
		return admitted;
	i = spans_find(&audit->constants, pa);
	if (i == audit->constants.count || audit->constants.list[i].va > pa)
		return 0;
	*end = end_of(audit->constants.list[i].va, audit->constants.list[i].size);
	return ATTR_READ | (audit->colors ? ATTR_NONCACHE : ATTR_NORMAL);
}

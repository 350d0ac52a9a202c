// SPDX-License-Identifier: Apache-2.0
/*
 * rule_el2.c - EL2 stage 1: every core's root and the boot root map what blueprint.h admits, exactly.
 */
#include <inttypes.h>

#include "rule.h"

struct comparison {
	struct audit *audit;
	const char *who;
	bool boot;
};

static void window_clash(void *context, const struct span *first, const struct span *second)
{
	const struct comparison *comparison = context;

	violation(&comparison->audit->report, RULE_EL2_WINDOW,
		  "%s: windows overlap at 0x%" PRIx64 ": %s and %s", comparison->who, second->va,
		  window_name(first->tag), window_name(second->tag));
}

static void root_differs(void *context, enum span_difference kind, const struct span *expected,
			 const struct span *actual)
{
	static const char *const words[] = {[SPAN_MISSING] = "isn't mapped",
					    [SPAN_ADDRESS] = "leads elsewhere",
					    [SPAN_PERMISSION] = "has other permissions",
					    [SPAN_MEMORY_TYPE] = "has another memory type"};
	const struct comparison *comparison = context;
	struct audit *audit = comparison->audit;
	char what[128];

	if (kind == SPAN_EXTRA) {
		violation(&audit->report, comparison->boot ? RULE_BOOT_ROOT : RULE_EL2_EXTRA,
			  "%s: 0x%" PRIx64 " maps 0x%" PRIx64 " (0x%" PRIx64 " bytes): %s", comparison->who,
			  actual->va, actual->pa, actual->size,
			  place_describe(audit, actual->pa, what, sizeof(what)));
		return;
	}
	const enum rule rule = comparison->boot		  ? RULE_BOOT_ROOT
			       : kind == SPAN_MEMORY_TYPE ? RULE_MEMORY_TYPE
							  : RULE_EL2_WINDOW;
	violation(&audit->report, rule,
		  "%s: %s window at 0x%" PRIx64 " (0x%" PRIx64 " bytes) for 0x%" PRIx64 " %s: %s",
		  comparison->who, window_name(expected->tag), expected->va, expected->size, expected->pa,
		  words[kind],
		  actual ? place_describe(audit, actual->pa, what, sizeof(what)) : "nothing there");
}

static void root_compare(struct audit *audit, const char *who, bool boot, struct spans *expected,
			 const struct spans *actual)
{
	struct comparison comparison = {audit, who, boot};

	spans_normalize(expected, window_clash, &comparison);
	spans_compare(expected, actual, root_differs, &comparison);
	spans_free(expected);
}

/* [impl->swr~audit-el2-own-only~1]
 * [impl->swr~audit-el2-windows~1] */
void rule_core_roots(struct audit *audit)
{
	for (size_t i = 0; i < audit->core_count; i++) {
		struct core *core = &audit->cores[i];
		struct spans expected = {0};

		if (core->cell == CELL_NONE_ID || !audit->cells[core->cell].known)
			continue;
		core_root_expected(audit, i, &expected);
		root_compare(audit, core->who, false, &expected, &core->map);
	}
}

/* [impl->swr~audit-boot-root~1] */
void rule_boot_root(struct audit *audit)
{
	struct spans expected = {0};

	boot_root_expected(audit, &expected);
	root_compare(audit, "the boot root", true, &expected, &audit->boot_map);
}

/* The file's segments with these flags, as physical spans, against one root. */
static void wx_check(struct audit *audit, const char *who, const struct spans *map, bool boot)
{
	const struct hv_header *hv = &audit->hv;

	for (size_t i = 0; i < map->count; i++) {
		const struct span *span = &map->list[i];

		if ((span->attrs & ATTR_WRITE) && (span->attrs & ATTR_EXEC))
			violation(&audit->report, RULE_WX,
				  "%s: 0x%" PRIx64 " (0x%" PRIx64 " bytes) is writable and executable", who,
				  span->va, span->size);
		for (unsigned int s = 0; s < HV_SEGMENTS && hv->segments[s].size; s++) {
			const struct hv_segment *segment = &hv->segments[s];
			const uint64_t pa = hv->load_pa + (segment->va - hv->segments[0].va);

			if (!HV_SEG_IN_FILE(segment->flags) || span->pa >= pa + segment->size ||
			    end_of(span->pa, span->size) <= pa)
				continue;
			if ((segment->flags & HV_SEG_EXEC) && (span->attrs & ATTR_WRITE))
				violation(&audit->report, RULE_WX,
					  "%s: 0x%" PRIx64 " writes the code of segment %u", who, span->va,
					  s);
			if (!boot && (segment->flags & (HV_SEG_BOOT | HV_SEG_IDENTITY)))
				violation(&audit->report, RULE_BOOT_SEGMENT,
					  "%s: 0x%" PRIx64 " maps boot segment %u at 0x%" PRIx64, who,
					  span->va, s, pa);
		}
	}
}

/* [impl->swr~audit-wx~1]
 * [impl->swr~audit-boot-segments~1] */
void rule_write_xor_execute(struct audit *audit)
{
	for (size_t i = 0; i < audit->core_count; i++)
		wx_check(audit, audit->cores[i].who, &audit->cores[i].map, false);
	wx_check(audit, "the boot root", &audit->boot_map, true);
}

static void written_tables(struct audit *audit, const char *who, const struct spans *map)
{
	const struct table_memory *tables = &audit->tables;

	for (size_t i = 0; i < map->count; i++) {
		const struct span *span = &map->list[i];
		const uint64_t end = end_of(span->pa, span->size), limit = tables->pa + tables->size;
		uint64_t pa = span->pa > tables->pa ? span->pa : tables->pa;

		for (; (span->attrs & ATTR_WRITE) && pa < end && pa < limit; pa += BP_PAGE_SIZE) {
			const struct place *place = place_at(audit, pa);

			if (tables->use[(pa - tables->pa) / BP_PAGE_SIZE] &&
			    (!place || place->kind != PLACE_ROOT))
				violation(&audit->report, RULE_TABLE_PAGE,
					  "%s: table 0x%" PRIx64 " is mapped writable", who, pa);
		}
	}
}

/* A table is nothing else: bytes that somebody reads as a record or a tree aren't read as descriptors. */
static void tables_used(struct audit *audit)
{
	const struct table_memory *tables = &audit->tables;
	char what[128];

	for (uint64_t page = 0; page < tables->size / BP_PAGE_SIZE; page++) {
		const uint64_t pa = tables->pa + page * BP_PAGE_SIZE;
		const struct place *place = tables->use[page] ? place_at(audit, pa) : NULL;

		if (place && place->kind != PLACE_ROOT)
			violation(&audit->report, RULE_TABLE_PAGE, "table 0x%" PRIx64 " is also %s", pa,
				  place_describe(audit, pa, what, sizeof(what)));
	}
}

/* Which cells' stage 2 see tables is rule_hypervisor_memory's: they lie in the blueprint.
 * [impl->swr~audit-table-pages~1] */
void rule_table_pages(struct audit *audit)
{
	for (size_t i = 0; i < audit->core_count; i++)
		written_tables(audit, audit->cores[i].who, &audit->cores[i].map);
	written_tables(audit, "the boot root", &audit->boot_map);
	tables_used(audit);
}

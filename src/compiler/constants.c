// SPDX-License-Identifier: Apache-2.0
/*
 * constants.c - what nobody writes once cells run: see constants.h. Called by layout.c and the emitters.
 *
 * The digests' order: the ranges' go into the table, which is in no range but has a digest of its own; last
 * comes the blueprint's, whose bytes are in no range either.
 */
#include "constants.h"

#include <stdlib.h>
#include <string.h>

#include "../blueprint/telemetry.h"
#include "digest.h"
#include "emit.h"
#include "emit_pci.h"
#include "layout.h"
#include "map.h"

static const struct plan_cell *health_cell(const struct layout *layout)
{
	for (size_t i = 0; i < layout->plan->cell_count; i++)
		if (layout->plan->cells[i].flags & BP_CELL_HEALTH)
			return &layout->plan->cells[i];
	return NULL;
}

/* ---- what it is ---- */

struct constant_list {
	struct constant *at;
	size_t count;
};

static void list_add(struct constant_list *list, uint64_t pa, uint64_t size, const char *name)
{
	list->at = memory_grow(list->at, list->count, sizeof(*list->at));
	list->at[list->count++] = (struct constant){pa, size, 0, name};
}

/* What is left of [pa, pa + size) without `cut`, which is sorted. */
static void list_add_rest(struct constant_list *list, uint64_t pa, uint64_t size, const struct ranges *cut,
			  const char *name)
{
	const uint64_t end = pa + size;

	for (size_t i = 0; i < cut->count; i++) {
		const uint64_t from = cut->at[i].base, to = from + cut->at[i].size;

		if (to <= pa || from >= end)
			continue;
		if (from > pa)
			list_add(list, pa, from - pa, name);
		pa = to;
	}
	if (pa < end)
		list_add(list, pa, end - pa, name);
}

/* Of the hypervisor's image: what is written, and the directory, which has a window of its own. */
static struct ranges written(const struct layout *layout)
{
	const size_t stream_count = streams_list(layout->plan, NULL);
	struct bp_stream *const streams = memory_new(stream_count, sizeof(*streams));
	struct ranges found = {NULL, 0};

	for (size_t i = 0; i < HV_SEGMENTS && layout->hv.segments[i].size; i++) {
		const struct hv_segment *const segment = &layout->hv.segments[i];

		if ((segment->flags & HV_SEG_WRITE) && HV_SEG_IN_FILE(segment->flags))
			ranges_add(&found, layout->load_pa + (segment->va - layout->hv.segments[0].va),
				   segment->size);
	}
	for (size_t i = 0; i < layout->plan->cell_count; i++)
		ranges_add(&found, layout->cells[i].stage2.root_pa,
			   layout->cells[i].root_pages * BP_PAGE_SIZE);
	streams_list(layout->plan, streams);
	for (size_t i = 0; i < stream_count; i++)
		ranges_add(&found,
			   align_down(smmu_ste_pa(layout, streams[i].smmu, streams[i].sid), BP_PAGE_SIZE),
			   BP_PAGE_SIZE);
	free(streams);
	ranges_add(&found, layout->directory_pa, layout->directory_size);
	ranges_disjoin(&found);
	return found;
}

static int by_pa(const void *left, const void *right)
{
	const struct constant *const a = left, *const b = right;

	return (a->pa > b->pa) - (a->pa < b->pa);
}

static struct constant_list list_make(const struct layout *layout)
{
	struct constant_list list = {NULL, 0};
	struct ranges cut = written(layout);
	size_t files;

	list_add_rest(&list, layout->load_pa, layout->hv.file_size, &cut, "bulkhead.bin");
	list_add_rest(&list, layout->file.pa, layout->file.size, &cut, "blueprint");
	free(cut.at);
	files = list.count;
	for (size_t i = 0; i < layout->plan->cell_count; i++) {
		const struct plan_cell *const cell = &layout->plan->cells[i];

		for (size_t at = 0; at < cell->file_count; at++)
			list_add(&list, cell->files[at].store_pa, cell->files[at].file.size,
				 text_format("%s:%s", cell->name, cell->files[at].property));
	}
	if (list.count > files)
		qsort(list.at + files, list.count - files, sizeof(*list.at), by_pa);
	return list;
}

/* Neighbours in physical memory are neighbours in the window, at the same offset in 2 MiB: blocks map them,
 * and the health cell has nothing else in their 64 KiB. [impl->swr~compile-constants~1] */
static bool list_place(const struct layout *layout, struct constant_list *list)
{
	uint64_t next = 0, end = 0, base;

	for (size_t i = 0; i < list->count; i++) {
		struct constant *const constant = &list->at[i];

		if (!i || constant->pa < end || constant->pa - end >= TABLE_BLOCK_2M)
			next = align_up(next, TABLE_BLOCK_2M) + constant->pa % TABLE_BLOCK_2M;
		else
			next += constant->pa - end;
		constant->ipa = next;
		end = align_up(constant->pa + constant->size, BP_PAGE_SIZE);
		next += end - constant->pa;
	}
	base = windows_find(layout->plan, next);
	for (size_t i = 0; i < list->count; i++)
		list->at[i].ipa += base;
	return base != NO_PLACE;
}

static bool list_same(const struct constant_list *list, const struct constants *known)
{
	if (list->count != known->count)
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].pa != known->list[i].pa || list->at[i].size != known->list[i].size ||
		    list->at[i].ipa != known->list[i].ipa)
			return false;
	return true;
}

/* ---- the table ---- */

/* In steps that have a digest each. */
static void range_add(struct integrity_range *ranges, size_t *count, struct constant part)
{
	while (part.size) {
		const uint64_t size = part.size < INTEGRITY_RANGE_MAX ? part.size : INTEGRITY_RANGE_MAX;

		if (ranges) {
			ranges[*count] =
				(struct integrity_range){.ipa = part.ipa, .pa = part.pa, .size = size};
			strncpy(ranges[*count].name, part.name, sizeof(ranges[*count].name) - 1);
		}
		(*count)++;
		part.pa += size;
		part.ipa += size;
		part.size -= size;
	}
}

/* All bytes but the table's and those of the blueprint's digest. Into `ranges` if not NULL; returns how many.
 */
static size_t ranges_make(const struct layout *layout, struct integrity_range *ranges)
{
	const struct constants *const constants = &layout->constants;
	struct ranges cut = {NULL, 0};
	size_t count = 0;

	ranges_add(&cut, layout->file.pa + offsetof(struct bp_header, digest), DIGEST_SIZE);
	ranges_add(&cut, constants->table_pa, constants->table_size);
	ranges_disjoin(&cut);
	for (size_t i = 0; i < constants->count; i++) {
		const struct constant *const whole = &constants->list[i];
		struct constant_list parts = {NULL, 0};

		list_add_rest(&parts, whole->pa, whole->size, &cut, whole->name);
		for (size_t at = 0; at < parts.count; at++) {
			parts.at[at].ipa = whole->ipa + (parts.at[at].pa - whole->pa);
			range_add(ranges, &count, parts.at[at]);
		}
		free(parts.at);
	}
	free(cut.at);
	range_add(ranges, &count,
		  (struct constant){layout->directory_pa, layout->directory_size,
				    health_cell(layout)->directory_ipa, "directory"});
	return count;
}

static uint64_t table_size(size_t ranges)
{
	return align_up(sizeof(struct integrity_table) + ranges * sizeof(struct integrity_range),
			BP_PAGE_SIZE);
}

static const uint8_t *store_bytes(const struct plan *plan, uint64_t pa)
{
	for (size_t i = 0; i < plan->cell_count; i++)
		for (size_t at = 0; at < plan->cells[i].file_count; at++) {
			const struct file_image *const file = &plan->cells[i].files[at];

			if (pa - file->store_pa < file->file.size)
				return file->file.data + (pa - file->store_pa);
		}
	return NULL;
}

/* [impl->swr~compile-constants~1] */
void constants_seal(struct layout *layout)
{
	const struct constants *const constants = &layout->constants;
	struct integrity_table *table;
	struct bytes image;

	if (!constants->count)
		return;
	table = arena_at(&layout->file, constants->table_pa);
	table->magic = INTEGRITY_MAGIC;
	table->size = (uint32_t)(constants->table_size - sizeof(*table));
	table->count = (uint32_t)ranges_make(layout, table->ranges);
	image = image_write(layout);
	for (uint32_t i = 0; i < table->count; i++) {
		struct integrity_range *const range = &table->ranges[i];
		const bool stored = range->pa - layout->load_pa >= image.size;

		digest_of(stored ? store_bytes(layout->plan, range->pa)
				 : image.data + (range->pa - layout->load_pa),
			  range->size, range->digest);
	}
	free(image.data);
	digest_of(table->ranges, table->size, table->digest);
}

/* ---- between the passes ---- */

static char *map_bytes(const struct layout *layout, void (*print)(const struct layout *, FILE *),
		       size_t *size)
{
	char *text = NULL;
	FILE *const stream = open_memstream(&text, size);

	if (!stream)
		return text_format("%s", "");
	print(layout, stream);
	fclose(stream);
	return text;
}

static bool bytes_same(const char *a, size_t a_size, const char *b, size_t b_size)
{
	return a && b && a_size == b_size && memcmp(a, b, a_size) == 0;
}

enum constants_found constants_find(struct layout *layout)
{
	struct constants *const known = &layout->constants;
	struct constants found = *known;
	struct constant_list list;
	bool same;

	if (!health_cell(layout))
		return CONSTANTS_SAME;
	list = list_make(layout);
	if (!list_place(layout, &list))
		return CONSTANTS_NOWHERE;
	found.json = map_bytes(layout, map_print_json, &found.json_size);
	found.svg = map_bytes(layout, map_print_svg, &found.svg_size);
	found.table_size = table_size(known->count ? ranges_make(layout, NULL) : 0);
	same = list_same(&list, known) && found.table_size == known->table_size &&
	       bytes_same(found.json, found.json_size, known->json, known->json_size) &&
	       bytes_same(found.svg, found.svg_size, known->svg, known->svg_size);
	free(known->list);
	free(known->json);
	free(known->svg);
	found.list = list.at;
	found.count = list.count;
	*known = found;
	return same ? CONSTANTS_SAME : CONSTANTS_OTHER;
}

static uint64_t bytes_place(struct layout *layout, const char *bytes, size_t size)
{
	const uint64_t pa = arena_take(&layout->file, size ? size : 1, BP_PAGE_SIZE);

	if (size)
		memcpy(arena_at(&layout->file, pa), bytes, size);
	return pa;
}

void constants_place(struct layout *layout)
{
	struct constants *const constants = &layout->constants;

	if (!constants->count)
		return;
	constants->table_pa = arena_take(&layout->file, constants->table_size, BP_PAGE_SIZE);
	constants->json_pa = bytes_place(layout, constants->json, constants->json_size);
	constants->svg_pa = bytes_place(layout, constants->svg, constants->svg_size);
}

/* Where memory has colours no cache may hold them: they lie in all colours. */
void constants_list(const struct layout *layout, struct cell_layout *health)
{
	const struct constants *const constants = &layout->constants;

	for (size_t i = 0; i < constants->count; i++)
		stage2_add(health, constants->list[i].ipa, constants->list[i].pa,
			   align_up(constants->list[i].size, BP_PAGE_SIZE),
			   layout->palettes ? MAP_SHARED_READ : MAP_WATCH, constants->list[i].name);
}

uint64_t constants_ipa(const struct layout *layout, uint64_t pa)
{
	for (size_t i = 0; i < layout->constants.count; i++)
		if (pa - layout->constants.list[i].pa < layout->constants.list[i].size)
			return layout->constants.list[i].ipa + (pa - layout->constants.list[i].pa);
	return 0;
}

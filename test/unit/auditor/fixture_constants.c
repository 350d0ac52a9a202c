// SPDX-License-Identifier: Apache-2.0
/*
 * fixture_constants.c - the fixture's table of what nobody writes, and the health cell's windows on it.
 */
#include <string.h>

#include "fixture.h"

#define TABLE_PAGES 2u
#define STORE_IPA   (CONSTANTS_IPA + UINT64_C(0x1000000))

static bool in_pages(uint64_t pa, uint64_t base, uint64_t pages)
{
	return pa >= base && pa - base < pages * 4096;
}

static void range_add(struct fixture *fixture, uint64_t ipa, uint64_t pa, uint64_t size, const char *name)
{
	struct integrity_range *range = &fixture->integrity->ranges[fixture->integrity->count++];

	*range = (struct integrity_range){.ipa = ipa, .pa = pa, .size = size};
	memcpy(range->name, name, strlen(name));
}

/* Cuts [pa, pa + size) out of the range that it lies in. */
static void range_cut(struct fixture *fixture, uint64_t pa, uint64_t size)
{
	for (uint32_t i = 0; i < fixture->integrity->count; i++) {
		struct integrity_range *range = &fixture->integrity->ranges[i];
		const uint64_t before = pa - range->pa, behind = before + size;

		if (pa < range->pa || before >= range->size)
			continue;
		if (behind < range->size)
			range_add(fixture, range->ipa + behind, range->pa + behind, range->size - behind,
				  range->name);
		range->size = before;
		if (!before)
			*range = fixture->integrity->ranges[--fixture->integrity->count];
		return;
	}
}

void fixture_written(struct fixture *fixture, uint64_t pa)
{
	*fixture_leaf(fixture, fixture->stage2_root[HEALTH], CONSTANTS_IPA + (pa - LOAD_PA)) = 0;
	range_cut(fixture, pa, 4096);
}

void fixture_unwritten(struct fixture *fixture, uint64_t pa)
{
	fixture_map(fixture, fixture->stage2_root[HEALTH], CONSTANTS_IPA + (pa - LOAD_PA), pa, 4096,
		    STAGE2_READ);
	range_add(fixture, CONSTANTS_IPA + (pa - LOAD_PA), pa, 4096, "image");
}

void fixture_constants(struct fixture *fixture)
{
	const uint64_t root = fixture->stage2_root[HEALTH];
	const uint64_t digest = LOAD_PA + HV_SIZE + offsetof(struct bp_header, digest);
	uint64_t table_pa, map_pa;

	fixture->integrity = fixture_alloc(fixture, TABLE_PAGES, 1, &table_pa);
	(void)fixture_alloc(fixture, 2, 1, &map_pa);
	fixture->integrity->magic = INTEGRITY_MAGIC;
	fixture->integrity->size = TABLE_PAGES * 4096 - sizeof(*fixture->integrity);
	fixture->directory->integrity =
		(struct directory_bytes){CONSTANTS_IPA + (table_pa - LOAD_PA), TABLE_PAGES * 4096};
	fixture->directory->json = (struct directory_bytes){CONSTANTS_IPA + (map_pa - LOAD_PA), 100};
	fixture->directory->svg = (struct directory_bytes){fixture->directory->json.ipa + 4096, 4000};
	range_add(fixture, CONSTANTS_IPA, LOAD_PA, HV_SIZE + BLUEPRINT_MAX, "image");
	range_cut(fixture, digest, 32);
	range_cut(fixture, table_pa, TABLE_PAGES * UINT64_C(4096));
	for (uint64_t pa = LOAD_PA; pa < LOAD_PA + HV_SIZE + BLUEPRINT_MAX; pa += 4096) {
		bool is = pa != fixture->directory_pa;

		for (int i = 0; i < CELLS; i++)
			is &= !in_pages(pa, fixture->stage2_root[i], 2);
		if (is)
			fixture_map(fixture, root, CONSTANTS_IPA + (pa - LOAD_PA), pa, 4096, STAGE2_READ);
		else
			range_cut(fixture, pa, 4096);
	}
	range_add(fixture, WINDOWS_IPA + 0x10000, fixture->directory_pa, 4096, "directory");
	for (size_t i = 0; i < fixture->file_count; i++) {
		const struct fixture_file *file = &fixture->files[i];
		const uint64_t ipa = STORE_IPA + (file->pa - STORE_PA);

		range_add(fixture, ipa, file->pa, file->size, "file");
		fixture_map(fixture, root, ipa, file->pa, page_up(file->size), STAGE2_READ);
	}
}

/* Of what is in the image: a mutation may have put anything into the table. */
void fixture_constants_seal(struct fixture *fixture)
{
	struct integrity_table *table = fixture->integrity;

	for (uint32_t i = 0; i < table->count && i < TABLE_PAGES * 4096 / sizeof(table->ranges[0]) - 1; i++) {
		struct integrity_range *range = &table->ranges[i];
		const uint8_t *bytes = NULL;

		if (range->pa >= LOAD_PA && within(range->pa - LOAD_PA, range->size, HV_SIZE + BLUEPRINT_MAX))
			bytes = fixture->kernel + (range->pa - LOAD_PA);
		for (size_t f = 0; f < fixture->file_count; f++)
			if (range->pa == fixture->files[f].pa && range->size <= fixture->files[f].size)
				bytes = fixture->files[f].bytes;
		if (bytes)
			digest_of((struct blob){bytes, range->size}, range->digest);
	}
	digest_of((struct blob){(const uint8_t *)table->ranges, TABLE_PAGES * 4096 - sizeof(*table)},
		  table->digest);
}

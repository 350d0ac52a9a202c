// SPDX-License-Identifier: Apache-2.0
/*
 * pagetable.c - builds VMSAv8-64 tables: see pagetable.h. Called by emit_stage2.c and emit_el2.c.
 */
#include "pagetable.h"

#include "../blueprint/blueprint.h"

#define ENTRIES	      512u
#define LEVEL_FIRST   1u
#define LEVEL_LAST    3u
#define KIND_BLOCK    UINT64_C(1) /* levels 1 and 2 */
#define KIND_TABLE    UINT64_C(3) /* levels 1 and 2 */
#define KIND_PAGE     UINT64_C(3) /* level 3 */
#define ADDRESS_FIELD UINT64_C(0x0000fffffffff000)

static uint64_t level_size(unsigned int level)
{
	return BP_PAGE_SIZE << (9 * (LEVEL_LAST - level));
}

struct pagetable table_new(struct arena *arena, unsigned int root_pages)
{
	const uint64_t size = root_pages * BP_PAGE_SIZE;

	return (struct pagetable){arena, arena_take(arena, size, size), root_pages};
}

static uint64_t *entry_at(const struct pagetable *table, uint64_t table_pa, uint64_t index)
{
	return (uint64_t *)arena_at(table->arena, table_pa) + index;
}

uint64_t table_root_entry(const struct pagetable *table, uint64_t index)
{
	return *entry_at(table, table->root_pa, index);
}

void table_set_root_entry(const struct pagetable *table, uint64_t index, uint64_t entry)
{
	*entry_at(table, table->root_pa, index) = entry;
}

/* The next level's table that entry `index` points to, made where there is none; 0: a block is there. */
static uint64_t next_table(const struct pagetable *table, uint64_t table_pa, uint64_t index)
{
	uint64_t entry = *entry_at(table, table_pa, index);

	if (!entry) {
		entry = arena_take(table->arena, BP_PAGE_SIZE, BP_PAGE_SIZE) | KIND_TABLE;
		*entry_at(table, table_pa, index) = entry;
	}
	return (entry & 3) == KIND_TABLE ? entry & ADDRESS_FIELD : 0;
}

/* Maps one block or page at `input`, no larger than `size`. Returns its size; 0: occupied. */
static uint64_t map_one(const struct pagetable *table, uint64_t input, uint64_t output, uint64_t size,
			uint64_t attributes)
{
	uint64_t table_pa = table->root_pa;

	for (unsigned int level = LEVEL_FIRST;; level++) {
		const uint64_t step = level_size(level);
		const uint64_t index =
			(input / step) % (level == LEVEL_FIRST ? ENTRIES * table->root_pages : ENTRIES);
		uint64_t *const entry = entry_at(table, table_pa, index);
		const bool fits = size >= step && !((input | output) % step);

		if (level == LEVEL_LAST || (fits && !*entry)) {
			if (*entry)
				return 0;
			*entry = output | attributes | (level == LEVEL_LAST ? KIND_PAGE : KIND_BLOCK);
			return step;
		}
		table_pa = next_table(table, table_pa, index);
		if (!table_pa)
			return 0;
	}
}

bool table_map(const struct pagetable *table, uint64_t input, uint64_t output, uint64_t size,
	       uint64_t attributes)
{
	const uint64_t limit = table->root_pages * ENTRIES * level_size(LEVEL_FIRST);

	if (((input | output | size) % BP_PAGE_SIZE) || input > limit || size > limit - input)
		return false;
	while (size) {
		const uint64_t done = map_one(table, input, output, size, attributes);

		if (!done)
			return false;
		input += done;
		output += done;
		size -= done;
	}
	return true;
}

// SPDX-License-Identifier: Apache-2.0
/*
 * fixture_tables.c - writes and finds descriptors in the fixture's translation tables.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define ADDRESS	 UINT64_C(0x0000fffffffff000)
#define BLOCK_2M UINT64_C(0x200000)

void *fixture_at(struct fixture *fixture, uint64_t pa)
{
	const uint64_t offset = pa - LOAD_PA - HV_SIZE;

	if (offset >= BLUEPRINT_MAX)
		abort();
	return fixture->blueprint + offset;
}

static uint64_t *entry_of(struct fixture *fixture, uint64_t root_pa, uint64_t va, unsigned int level,
			  bool make)
{
	uint64_t table = root_pa;

	for (unsigned int at = 1;; at++) {
		const unsigned int shift = 12 + 9 * (3 - at);
		/* Level 1 may be concatenated: its index isn't cut to nine bits. */
		const uint64_t index = at == 1 ? va >> shift : va >> shift & 511;
		uint64_t *entry = (uint64_t *)fixture_at(fixture, table) + index;

		if (at == level)
			return entry;
		if (!(*entry & 1) && make) {
			fixture->used = (fixture->used + 4095) & ~UINT64_C(4095);
			*entry = (LOAD_PA + HV_SIZE + fixture->used) | 3;
			fixture->used += 4096;
		}
		if ((*entry & 3) != 3)
			return entry; /* a block above */
		table = *entry & ADDRESS;
	}
}

uint64_t *fixture_entry(struct fixture *fixture, uint64_t root_pa, uint64_t va, unsigned int level)
{
	return entry_of(fixture, root_pa, va, level, false);
}

uint64_t *fixture_leaf(struct fixture *fixture, uint64_t root_pa, uint64_t va)
{
	return entry_of(fixture, root_pa, va, 3, false);
}

void fixture_map(struct fixture *fixture, uint64_t root_pa, uint64_t va, uint64_t pa, uint64_t size,
		 uint64_t bits)
{
	while (size) {
		const bool block = !((va | pa) & (BLOCK_2M - 1)) && size >= BLOCK_2M;
		const uint64_t step = block ? BLOCK_2M : 4096;

		*entry_of(fixture, root_pa, va, block ? 2 : 3, true) = pa | bits | (block ? 1 : 3);
		va += step;
		pa += step;
		size -= size < step ? size : step;
	}
}

/* Copies a root's nonzero words into a list with room for them. */
static uint32_t list_root(struct fixture *fixture, uint64_t root_pa, struct bp_root_entry *list)
{
	const uint64_t *root = fixture_at(fixture, root_pa);
	uint32_t count = 0;

	for (uint32_t i = 0; i < 1024; i++) {
		if (root[i] && count < 8)
			list[count++] = (struct bp_root_entry){.index = i, .value = root[i]};
	}
	return count;
}

void fixture_list_roots(struct fixture *fixture)
{
	struct bp_service_cell *cells =
		(void *)((uint8_t *)fixture->service + fixture->service->cells.offset);

	for (int i = 0; i < CELLS; i++) {
		struct bp_cell *cell = fixture->cell[i];

		cell->root_entries.count =
			list_root(fixture, fixture->stage2_root[i], fixture_table(cell, cell->root_entries));
		cells[i].root_entries.count =
			list_root(fixture, fixture->stage2_root[i],
				  (void *)((uint8_t *)fixture->service + cells[i].root_entries.offset));
	}
}

void *fixture_table(struct bp_cell *cell, struct bp_table table)
{
	return (uint8_t *)cell + table.offset;
}

// SPDX-License-Identifier: Apache-2.0
/*
 * test_pagetable.c - tables built by pagetable.c, walked back by the fixture's own walker.
 *
 * Robustness: refuses_overlap, refuses_what_has_no_place, random_maps_walk_back
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define ARENA_PA UINT64_C(0xa0000000)
#define ATTR	 (STAGE2_NORMAL | STAGE2_READ | STAGE2_WRITE)

/* [utest->swr~compile-stage2~1] */
static void largest_blocks(void **state)
{
	struct arena arena = {.pa = ARENA_PA};
	const struct pagetable table = table_new(&arena, 1);
	const uint64_t input = UINT64_C(0x3ffff000), output = UINT64_C(0x7ffff000);

	(void)state;
	/* A page, then a gigabyte, then two megabytes, then a page. */
	assert_true(
		table_map(&table, input, output, 0x1000 + TABLE_BLOCK_1G + TABLE_BLOCK_2M + 0x1000, ATTR));
	assert_int_equal(fixture_walk(&arena, table.root_pa, 1, 0x3ffff123).block, 0x1000);
	assert_int_equal(fixture_walk(&arena, table.root_pa, 1, 0x40000000).block, TABLE_BLOCK_1G);
	assert_int_equal(fixture_walk(&arena, table.root_pa, 1, 0x80000000).block, TABLE_BLOCK_2M);
	assert_int_equal(fixture_walk(&arena, table.root_pa, 1, 0x80200000).block, 0x1000);
	assert_false(fixture_walk(&arena, table.root_pa, 1, 0x80201000).mapped);
	assert_false(fixture_walk(&arena, table.root_pa, 1, 0x3fffe000).mapped);
	arena_free(&arena);
}

/* A block is no larger than both addresses are aligned to. [utest->swr~compile-stage2~1] */
static void both_must_be_aligned(void **state)
{
	struct arena arena = {.pa = ARENA_PA};
	const struct pagetable table = table_new(&arena, 1);

	(void)state;
	assert_true(table_map(&table, 0x40000000, 0x80001000, TABLE_BLOCK_2M, ATTR));
	assert_int_equal(fixture_walk(&arena, table.root_pa, 1, 0x40000000).block, 0x1000);
	assert_true(table_map(&table, 0x80000000, 0x80200000, TABLE_BLOCK_1G, ATTR));
	assert_int_equal(fixture_walk(&arena, table.root_pa, 1, 0x80000000).block, TABLE_BLOCK_2M);
	arena_free(&arena);
}

/* [utest->swr~compile-stage2~1] */
static void refuses_overlap(void **state)
{
	struct arena arena = {.pa = ARENA_PA};
	const struct pagetable table = table_new(&arena, 1);

	(void)state;
	assert_true(table_map(&table, 0x40000000, 0x40000000, TABLE_BLOCK_2M, ATTR));
	assert_false(table_map(&table, 0x40000000, 0x40000000, TABLE_BLOCK_2M, ATTR));
	assert_false(table_map(&table, 0x40001000, 0x50001000, 0x1000, ATTR));
	assert_false(table_map(&table, 0x40000000, 0x40000000, TABLE_BLOCK_1G, ATTR));
	assert_true(table_map(&table, 0x40200000, 0x40200000, 0x1000, ATTR));
	assert_false(table_map(&table, 0x40200000, 0x60000000, TABLE_BLOCK_2M, ATTR));
	arena_free(&arena);
}

/* [utest->swr~compile-stage2~1] */
static void refuses_what_has_no_place(void **state)
{
	struct arena arena = {.pa = ARENA_PA};
	const struct pagetable table = table_new(&arena, 2);

	(void)state;
	assert_int_equal(table.root_pa % 0x2000, 0);
	assert_true(table_map(&table, (UINT64_C(1) << 40) - 0x1000, 0, 0x1000, ATTR));
	assert_false(table_map(&table, UINT64_C(1) << 40, 0, 0x1000, ATTR));
	assert_false(table_map(&table, (UINT64_C(1) << 40) - 0x1000, 0, 0x2000, ATTR));
	assert_false(table_map(&table, UINT64_MAX - 0xfff, 0, 0x2000, ATTR));
	assert_false(table_map(&table, 0x1234, 0, 0x1000, ATTR));
	assert_false(table_map(&table, 0x1000, 0x10, 0x1000, ATTR));
	assert_false(table_map(&table, 0x1000, 0, 0x10, ATTR));
	arena_free(&arena);
}

/* Anything mapped is found where it was put, anything else isn't. Fixed seed: same test every time. */
/* [utest->swr~compile-stage2~1] */
static void random_maps_walk_back(void **state)
{
	struct arena arena = {.pa = ARENA_PA};
	const struct pagetable table = table_new(&arena, 1);
	const uint64_t offset = UINT64_C(0x1000000000);
	uint64_t at = 0;
	unsigned int seed = 2;

	(void)state;
	for (int i = 0; i < 200; i++) {
		const uint64_t unit = (const uint64_t[]){0x1000, 0x200000, 0x40000000}[rand_r(&seed) % 3];
		const uint64_t hole = 0x1000 * (uint64_t)(1 + rand_r(&seed) % 600);
		const uint64_t size =
			unit == TABLE_BLOCK_1G ? unit : unit * (uint64_t)(1 + rand_r(&seed) % 9);
		const uint64_t start = (at + hole + unit - 1) / unit * unit;

		if (start + size > offset)
			break;
		assert_true(table_map(&table, start, start + offset, size, ATTR));
		assert_false(fixture_walk(&arena, table.root_pa, 1, start - 1).mapped);
		assert_int_equal(fixture_walk(&arena, table.root_pa, 1, start).pa, start + offset);
		assert_int_equal(fixture_walk(&arena, table.root_pa, 1, start + size - 1).pa,
				 start + offset + size - 1);
		assert_int_equal(fixture_walk(&arena, table.root_pa, 1, start).attributes, ATTR);
		assert_int_equal(fixture_walk(&arena, table.root_pa, 1, start).block, unit);
		at = start + size;
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(largest_blocks),	 cmocka_unit_test(both_must_be_aligned),
		cmocka_unit_test(refuses_overlap),	 cmocka_unit_test(refuses_what_has_no_place),
		cmocka_unit_test(random_maps_walk_back),
	};

	return cmocka_run_group_tests_name("emit.pagetable", tests, NULL, NULL);
}

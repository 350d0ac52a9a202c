// SPDX-License-Identifier: Apache-2.0
/*
 * test_stage2.c - what each cell of the fixture sees of the machine, read from the blueprint's bytes.
 *
 * Robustness: two_devices_in_one_page, too_wide_is_refused, overlap_is_refused
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static struct layout layout;
static struct plan *plan;

static int settle(void **state)
{
	(void)state;
	plan = fixture_plan();
	return layout_settle(&layout, plan) ? 0 : -1;
}

static struct walk see(size_t cell, uint64_t ipa)
{
	return fixture_walk(&layout.file, layout.cells[cell].stage2.root_pa, layout.cells[cell].root_pages,
			    ipa);
}

static void check(size_t cell, uint64_t ipa, uint64_t pa, uint64_t memory, uint64_t access, bool executable)
{
	const struct walk walk = see(cell, ipa);

	assert_true(walk.mapped);
	assert_int_equal(walk.pa, pa);
	assert_int_equal(STAGE2_ATTR(walk.attributes), memory);
	assert_int_equal(STAGE2_ACCESS(walk.attributes), access);
	assert_int_equal(!(walk.attributes & BIT_XN), executable);
	assert_true(walk.attributes & BIT_AF);
	assert_false(walk.attributes & (BIT_DBM | BIT_CONTIGUOUS));
}

/* [utest->swr~compile-stage2~1] */
static void ram_is_ordinary_memory(void **state)
{
	(void)state;
	check(FIXTURE_LINUX, 0x40000000, 0x40000000, 15, 3, true);
	check(FIXTURE_LINUX, 0x47ffffff, 0x47ffffff, 15, 3, true);
	check(FIXTURE_LINUX, 0x60000000, 0x4a000000, 15, 3, true);
	assert_int_equal(see(FIXTURE_LINUX, 0x40000000).block, TABLE_BLOCK_2M);
	assert_int_equal(SHAREABLE(see(FIXTURE_LINUX, 0x40000000).attributes), 3);
	assert_false(see(FIXTURE_LINUX, 0x48000000).mapped);
	assert_false(see(FIXTURE_CONTROL, 0x40000000).mapped);
}

/* [utest->swr~compile-stage2~1] */
static void devices_are_their_owners(void **state)
{
	(void)state;
	check(FIXTURE_LINUX, 0x9010000, 0x9010000, 1, 3, false);
	check(FIXTURE_HEALTH, 0x9000000, 0x9000000, 1, 3, false);
	assert_false(see(FIXTURE_LINUX, 0x9000000).mapped);
	assert_false(see(FIXTURE_HEALTH, 0x9010000).mapped);
	assert_false(see(FIXTURE_LINUX, 0x9050000).mapped); /* SMMU */
}

/* [utest->swr~compile-stage2~1] */
static void two_devices_in_one_page(void **state)
{
	(void)state;
	check(FIXTURE_LINUX, 0xa000000, 0xa000000, 1, 3, false);
	check(FIXTURE_LINUX, 0xa000200, 0xa000200, 1, 3, false);
	assert_false(see(FIXTURE_LINUX, 0xa001000).mapped);
}

/* [utest->swr~compile-stage2~1] */
static void emulated_pages_trap(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIXTURE_CELLS; i++) {
		for (uint64_t ipa = 0x8000000; ipa < 0x9000000; ipa += 0x1000)
			assert_false(see(i, ipa).mapped);
		assert_false(see(i, 0x20020000).mapped);
	}
}

/* [utest->swr~compile-stage2~1] */
static void channels_by_role(void **state)
{
	const uint64_t pa = layout.channel_pa[0];

	(void)state;
	check(FIXTURE_LINUX, 0x20030000, pa, 5, 3, false);
	check(FIXTURE_CONTROL, 0x20030000, pa, 5, 1, false);
	check(FIXTURE_CONTROL, 0x2003ffff, pa + 0xffff, 5, 1, false);
	assert_false(see(FIXTURE_HEALTH, 0x20030000).mapped);
	assert_false(see(FIXTURE_CONTROL, 0x20040000).mapped);
}

/* [utest->swr~compile-stage2~1] */
static void health_watches_read_only(void **state)
{
	(void)state;
	check(FIXTURE_CONTROL, 0x20000000, layout.cells[FIXTURE_CONTROL].heartbeat_pa, 5, 3, false);
	check(FIXTURE_HEALTH, 0x22040000, layout.cells[FIXTURE_CONTROL].heartbeat_pa, 5, 1, false);
	check(FIXTURE_HEALTH, 0x22050000, layout.cells[FIXTURE_CONTROL].log_pa, 15, 1, false);
	check(FIXTURE_HEALTH, 0x21060000, layout.cores[3].telemetry_pa, 15, 1, false);
	check(FIXTURE_HEALTH, 0x21070000, layout.cores[3].ring_pa, 15, 1, false);
	check(FIXTURE_HEALTH, 0x20010000, layout.directory_pa, 15, 1, false);
	assert_false(see(FIXTURE_LINUX, 0x21060000).mapped);
}

/* No page of one cell's tables is in another's, but channels and what health watches, read-only. */
/* [utest->swr~compile-stage2~1] */
static void cells_are_separate(void **state)
{
	struct leaf *leaves[FIXTURE_CELLS];
	size_t counts[FIXTURE_CELLS];

	(void)state;
	for (size_t i = 0; i < FIXTURE_CELLS; i++)
		counts[i] = fixture_leaves(&layout.file, layout.cells[i].stage2.root_pa,
					   layout.cells[i].root_pages, &leaves[i]);
	for (size_t a = 0; a < FIXTURE_CELLS; a++)
		for (size_t b = 0; b < FIXTURE_CELLS; b++)
			for (size_t i = 0; a != b && i < counts[a]; i++)
				for (size_t j = 0; j < counts[b]; j++) {
					const struct leaf *const left = &leaves[a][i], *const right =
											       &leaves[b][j];

					if (left->pa >= right->pa + right->size ||
					    right->pa >= left->pa + left->size)
						continue;
					assert_true(STAGE2_ACCESS(left->attributes) == 1 ||
						    STAGE2_ACCESS(right->attributes) == 1);
					assert_int_equal(STAGE2_ATTR(left->attributes),
							 STAGE2_ATTR(right->attributes));
				}
	/* And none has the hypervisor's memory writable, but heartbeats and channels. */
	for (size_t a = 0; a < FIXTURE_CELLS; a++) {
		for (size_t i = 0; i < counts[a]; i++)
			if (leaves[a][i].pa >= layout.load_pa &&
			    leaves[a][i].pa < layout.load_pa + 0x10000000 &&
			    STAGE2_ACCESS(leaves[a][i].attributes) == 3)
				assert_int_equal(STAGE2_ATTR(leaves[a][i].attributes), 5);
		free(leaves[a]);
	}
}

static void registers_follow_the_architecture(void **state)
{
	(void)state;
	/* T0SZ 25, SL0 1, WB WA, inner shareable, PS 40 bits, RES1. */
	assert_int_equal(stage2_vtcr(&layout, 0),
			 25 | 1 << 6 | 1 << 8 | 1 << 10 | 3 << 12 | 2 << 16 | UINT64_C(1) << 31);
	assert_int_equal(stage2_vttbr(&layout, 1) >> 48, 2);
	assert_int_equal(stage2_vttbr(&layout, 1) & 1, 0);
	assert_int_equal(pa_range(32), 0);
	assert_int_equal(pa_range(36), 1);
	assert_int_equal(pa_range(39), 1);
	assert_int_equal(pa_range(40), 2);
	assert_int_equal(pa_range(44), 4);
	assert_int_equal(pa_range(48), 5);
	assert_int_equal(pa_range(52), 5);
}

/* [utest->swr~compile-stage2~1] */
static void root_entries_are_all_listed(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIXTURE_CELLS; i++) {
		const uint8_t *const base = arena_at(&layout.file, layout.cells[i].record_pa);
		const struct bp_cell *const record = (const struct bp_cell *)base;
		const struct bp_root_entry *entry =
			(const struct bp_root_entry *)(base + record->root_entries.offset);
		const uint64_t *const root = arena_at(&layout.file, record->vttbr & 0xffffffffffff);
		uint32_t count = 0;

		for (uint32_t word = 0; word < 512 * layout.cells[i].root_pages; word++) {
			if (!root[word])
				continue;
			assert_true(count++ < record->root_entries.count);
			assert_int_equal(entry->index, word);
			assert_int_equal(entry->value, root[word]);
			entry++;
		}
		assert_int_equal(count, record->root_entries.count);
	}
}

/* A guest-physical address of 42 bits is mapped by eight root pages side by side; other cells keep one.
 * [utest->swr~compile-stage2~1] */
static void wide_addresses_take_concatenated_roots(void **state)
{
	struct plan *const wide = fixture_plan();
	struct layout out;

	(void)state;
	wide->board.pa_bits = 44;
	wide->cells[FIXTURE_LINUX].ram[1].ipa = UINT64_C(5) << 39;
	assert_true(layout_settle(&out, wide));
	assert_int_equal(out.cells[FIXTURE_LINUX].root_pages, 8);
	assert_int_equal(out.cells[FIXTURE_LINUX].ipa_bits, 42);
	assert_int_equal(stage2_vtcr(&out, FIXTURE_LINUX) & 63, 22);
	assert_int_equal(out.cells[FIXTURE_LINUX].stage2.root_pa % 0x8000, 0);
	assert_true(fixture_walk(&out.file, out.cells[FIXTURE_LINUX].stage2.root_pa, 8, UINT64_C(5) << 39)
			    .mapped);
	assert_int_equal(out.cells[FIXTURE_CONTROL].root_pages, 1);
}

static void small_machines_have_small_spaces(void **state)
{
	struct plan *const small = fixture_plan();
	struct layout out;

	(void)state;
	small->board.pa_bits = 36;
	assert_true(layout_settle(&out, small));
	assert_int_equal(stage2_vtcr(&out, 0) & 63, 28);
	assert_int_equal(stage2_vtcr(&out, 0) >> 16 & 7, 1);
}

/* [utest->swr~compile-stage2~1] */
static void too_wide_is_refused(void **state)
{
	struct plan *const wide = fixture_plan();
	struct layout out;

	(void)state;
	wide->cells[FIXTURE_LINUX].ram[1].ipa = UINT64_C(1) << 40;
	assert_false(layout_settle(&out, wide));
	wide->board.pa_bits = 48;
	wide->cells[FIXTURE_LINUX].ram[1].ipa = UINT64_C(1) << 43;
	assert_false(layout_settle(&out, wide));
}

/* [utest->swr~compile-stage2~1] */
static void overlap_is_refused(void **state)
{
	struct plan *const twice = fixture_plan();
	struct layout out;

	(void)state;
	twice->cells[FIXTURE_LINUX].ram[1].ipa = 0x20000000;
	assert_false(layout_settle(&out, twice));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ram_is_ordinary_memory),
		cmocka_unit_test(devices_are_their_owners),
		cmocka_unit_test(two_devices_in_one_page),
		cmocka_unit_test(emulated_pages_trap),
		cmocka_unit_test(channels_by_role),
		cmocka_unit_test(health_watches_read_only),
		cmocka_unit_test(cells_are_separate),
		cmocka_unit_test(registers_follow_the_architecture),
		cmocka_unit_test(root_entries_are_all_listed),
		cmocka_unit_test(wide_addresses_take_concatenated_roots),
		cmocka_unit_test(small_machines_have_small_spaces),
		cmocka_unit_test(too_wide_is_refused),
		cmocka_unit_test(overlap_is_refused),
	};

	return cmocka_run_group_tests_name("emit.stage2", tests, settle, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_crash.c - dumps of a core, and the record that the next boot makes of them (src/blueprint/crash.h).
 *
 * Robustness: garbage_is_no_record, a_board_without_an_area, more_than_are_kept, damage_is_found
 */
#include "arch.h"
#include "../../../src/core/core.h"
#include "../../../src/core/crash.h"

#define CORES 6u

static struct {
	union {
		struct crash_record record;
		u8 page[BP_PAGE_SIZE];
	} first;
	union {
		struct crash_dump dump;
		u8 page[BP_PAGE_SIZE];
	} cores[CORES];
} area;

static struct crash_record *const record = &area.first.record;

/* As after a power-on: anything. */
static int boot(void **state)
{
	host_cell_make(1, BP_MODE_INJECTED, 0);
	host_telemetry(0)->core = 3;
	core_identify(0);
	calls_reset();
	memset(&area, 0xa5, sizeof(area));
	return 0;
}

/* The next life begins; nobody has written since. */
static void boot_again(void)
{
	calls_reset();
	crash_gather((va_t)&area, CORES);
}

static void leave_dump(u32 core)
{
	host_telemetry(0)->core = core;
	host_cell()->crash_va = (va_t)&area.cores[core].dump;
	crash_reset(CRASH_RESET, 1, BP_ERROR_APPLICATION, core);
}

static bool sealed(void)
{
	return record->crc == arch_crc32(record, offsetof(struct crash_record, crc));
}

/* [utest->swr~crash-gathered~1] */
static void garbage_is_no_record(void **state)
{
	boot_again();
	assert_true(sealed());
	assert_int_equal(record->boot_count, 1);
	assert_int_equal(record->generation, 0);
	assert_int_equal(record->left, 0);
	assert_int_equal(record->count, 0);
	boot_again();
	assert_int_equal(record->boot_count, 2);
}

/* [utest->swr~crash-dump~1] */
static void a_dump_is_sealed_before_the_reset(void **state)
{
	const struct crash_dump *dump = &area.cores[3].dump;

	boot_again();
	leave_dump(3);
	assert_int_equal(dump->magic, CRASH_MAGIC);
	assert_int_equal(dump->kind, CRASH_RESET);
	assert_int_equal(dump->core, 3);
	assert_int_equal(dump->cell, 1);
	assert_int_equal(dump->error, BP_ERROR_APPLICATION);
	assert_int_equal(dump->detail, 3);
	assert_true(dump->time);
	assert_true(called_before("clean(", "machine-reset"));
}

/* On a board without an area there is no dump, and the machine is reset all the same.
 * [utest->swr~crash-dump~1] */
static void a_board_without_an_area(void **state)
{
	host_cell()->crash_va = 0;
	crash_reset(CRASH_RESET, 1, BP_ERROR_APPLICATION, 0);
	assert_string_equal(calls(), "machine-reset ");
}

/* [utest->swr~crash-gathered~1] */
static void the_next_boot_has_it_once(void **state)
{
	boot_again();
	leave_dump(3);
	boot_again();
	assert_true(sealed());
	assert_int_equal(record->boot_count, 2);
	assert_int_equal(record->generation, 1);
	assert_int_equal(record->left, 1);
	assert_int_equal(record->count, 1);
	assert_int_equal(record->dumps[0].core, 3);
	boot_again();
	assert_int_equal(record->boot_count, 3);
	assert_int_equal(record->generation, 1);
	assert_int_equal(record->left, 0);
	assert_int_equal(record->dumps[0].magic, 0);
}

/* All dumps are counted and the first four are kept; the boot after has none.
 * [utest->swr~crash-gathered~1] */
static void more_than_are_kept(void **state)
{
	boot_again();
	for (u32 i = 0; i < CORES; i++)
		leave_dump(i);
	boot_again();
	assert_int_equal(record->left, CORES);
	assert_int_equal(record->count, CRASH_DUMPS);
	assert_int_equal(record->dumps[CRASH_DUMPS - 1].core, CRASH_DUMPS - 1);
	boot_again();
	assert_int_equal(record->left, 0);
}

/* Any bit of a dump: it isn't taken. Any of the record: it begins anew. [utest->swr~crash-gathered~1] */
static void damage_is_found(void **state)
{
	for (u32 bit = 0; bit < 8 * sizeof(struct crash_dump); bit += 7) {
		boot_again();
		leave_dump(1);
		((u8 *)&area.cores[1])[bit / 8] ^= (u8)(1 << bit % 8);
		boot_again();
		assert_int_equal(record->left, 0);
	}
	for (u32 bit = 0; bit < 8 * sizeof(struct crash_record); bit += 7) {
		boot_again();
		((u8 *)record)[bit / 8] ^= (u8)(1 << bit % 8);
		boot_again();
		assert_int_equal(record->boot_count, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(garbage_is_no_record, boot),
		cmocka_unit_test_setup(a_dump_is_sealed_before_the_reset, boot),
		cmocka_unit_test_setup(a_board_without_an_area, boot),
		cmocka_unit_test_setup(the_next_boot_has_it_once, boot),
		cmocka_unit_test_setup(more_than_are_kept, boot),
		cmocka_unit_test_setup(damage_is_found, boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

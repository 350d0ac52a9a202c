/* SPDX-License-Identifier: Apache-2.0 */
/* test_text.c - numbers with units, ranges, and the nearest known word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "diag.h"
#include "ranges.h"
#include "text.h"

static void sizes(void **state)
{
	uint64_t value;

	(void)state;
	assert_true(text_size("512M", &value));
	assert_int_equal(value, 512 << 20);
	assert_true(text_size("0x10K", &value));
	assert_int_equal(value, 16 << 10);
	assert_true(text_size("18446744073709551615", &value));
	assert_int_equal(value, UINT64_MAX);
	assert_false(text_size("17179869184G", &value));
	assert_false(text_size("18446744073709551616", &value));
	assert_false(text_size("", &value));
	assert_false(text_size("M", &value));
	assert_false(text_size("-1M", &value));
	assert_false(text_size(" 1M", &value));
	assert_false(text_size("1 M", &value));
	assert_false(text_size("1MB", &value));
	assert_false(text_size("0x", &value));
	assert_false(text_size("1m", &value));
}

static void durations(void **state)
{
	uint64_t value;

	(void)state;
	assert_true(text_duration("10ms", &value));
	assert_int_equal(value, 10000000);
	assert_true(text_duration("500us", &value));
	assert_int_equal(value, 500000);
	assert_true(text_duration("60s", &value));
	assert_int_equal(value, UINT64_C(60000000000));
	assert_false(text_duration("60", &value));
	assert_false(text_duration("1min", &value));
	assert_false(text_duration("99999999999999999s", &value));
}

static void folders(void **state)
{
	(void)state;
	assert_string_equal(text_folder("a.dts"), ".");
	assert_string_equal(text_folder("/a.dts"), "/");
	assert_string_equal(text_folder("x/y/a.dts"), "x/y");
	assert_string_equal(text_of_size(UINT64_C(3) << 30), "3G");
	assert_string_equal(text_of_size(4097), "4097 bytes");
}

/* The nearest known word is named where one is near, and none where none is. [utest->swr~config-names~1] */
static void suggestions(void **state)
{
	static const char *const known[] = {"memory", "cpus", "kernel", "keep"};

	(void)state;
	assert_string_equal(diag_did_you_mean("memroy", known, 4), ": did you mean 'memory'?");
	assert_string_equal(diag_did_you_mean("cpu", known, 4), ": did you mean 'cpus'?");
	assert_string_equal(diag_did_you_mean("zebra", known, 4), "");
	assert_string_equal(diag_did_you_mean("", known, 4), "");
	assert_string_equal(diag_did_you_mean("x", known, 0), "");
}

/* Ranges overlap where they have a byte in common, and cover what lies in them whole, up to the end of the
 * address space. [utest->swr~config-memory~1] */
static void overlaps(void **state)
{
	struct ranges set = {NULL, 0};

	(void)state;
	ranges_add(&set, 0x1000, 0x1000);
	ranges_add(&set, 0x2000, 0x1000);
	ranges_add(&set, 0x9000, 0);
	assert_int_equal(set.count, 2);
	assert_null(ranges_overlap(&set, (struct range){0, 0x1000}));
	assert_null(ranges_overlap(&set, (struct range){0x3000, 0x1000}));
	assert_non_null(ranges_overlap(&set, (struct range){0xfff, 2}));
	assert_true(ranges_cover(&set, (struct range){0x1000, 0x2000}));
	assert_false(ranges_cover(&set, (struct range){0x1000, 0x2001}));
	assert_false(ranges_cover(&set, (struct range){0xfff, 2}));
	assert_true(range_overlaps((struct range){UINT64_MAX, 1}, (struct range){UINT64_MAX - 1, 2}));
}

/* A place is the first in the room that is free, aligned and within the bounds; where there is none that is
 * said. [utest->swr~config-memory~1] */
static void places(void **state)
{
	struct ranges room = {NULL, 0}, taken = {NULL, 0};

	(void)state;
	ranges_add(&room, 0x100000, 0x100000);
	ranges_add(&room, 0x400000, 0x400000);
	ranges_add(&taken, 0x100000, 0x1000);
	ranges_add(&taken, 0x600000, 0x1000);
	assert_int_equal(ranges_find(&room, &taken, 0x1000, 0x1000, 0, 0), 0x101000);
	assert_int_equal(ranges_find(&room, &taken, 0x1000, 0x200000, 0, 0), 0x400000);
	assert_int_equal(ranges_find(&room, &taken, 0x1000, 0x1000, 0x600000, 0), 0x601000);
	assert_int_equal(ranges_find(&room, &taken, 0x200001, 0x1000, 0, 0), NO_PLACE);
	assert_int_equal(ranges_find(&room, &taken, 0x200000, 0x1000, 0, 0x600000), 0x400000);
	assert_int_equal(ranges_find(&room, &taken, 0x200000, 0x1000, 0, 0x5fffff), NO_PLACE);
	assert_int_equal(ranges_find(&room, &taken, UINT64_MAX, 0x1000, 0, 0), NO_PLACE);
	assert_int_equal(ranges_largest(&room, &taken, 0x1000), 0x200000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),       cmocka_unit_test(durations), cmocka_unit_test(folders),
		cmocka_unit_test(suggestions), cmocka_unit_test(overlaps),  cmocka_unit_test(places),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}

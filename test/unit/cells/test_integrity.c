// SPDX-License-Identifier: Apache-2.0
/*
 * test_integrity.c - every bit that changes is found, and no later than is said.
 * [utest->swr~health-integrity~1]
 *
 * Robustness: flips, table_flips, refused
 */
#include "test.h"

#include "integrity.h"

#include <stdio.h>

#define RANGES 3u

static struct {
	struct integrity_table head;
	struct integrity_range ranges[RANGES + 2];
} table;
static uint8_t bytes[RANGES][5000];
static const uint64_t sizes[RANGES] = {40, 5000, 777};
static struct integrity integrity;

static void seal(void)
{
	for (unsigned i = 0; i < RANGES; i++)
		crypto_hash_sha256(table.ranges[i].digest, bytes[i], sizes[i]);
	crypto_hash_sha256(table.head.digest, (uint8_t *)table.ranges, sizeof(table.ranges));
}

static int start(void **state)
{
	memset(&table, 0, sizeof(table));
	table.head.magic = INTEGRITY_MAGIC;
	table.head.count = RANGES;
	table.head.size = sizeof(table.ranges);
	for (unsigned i = 0; i < RANGES; i++) {
		memset(bytes[i], 0x5a + (int)i, sizeof(bytes[i]));
		table.ranges[i] = (struct integrity_range){
			.ipa = (uintptr_t)bytes[i], .pa = 0x1000 * (i + 1), .size = sizes[i]};
		snprintf(table.ranges[i].name, sizeof(table.ranges[i].name), "range %u", i);
	}
	seal();
	return integrity_open(&integrity, &table, sizeof(table)) ? -1 : 0;
}

/* Steps until a change is found, at most `most`; how many bytes were read until then. */
static uint64_t found_after(uint64_t step, uint64_t most, struct integrity_fault *fault)
{
	for (uint64_t read = 0; read < most; read += step)
		if (integrity_step(&integrity, step, fault) == INTEGRITY_CHANGED)
			return read + step;
	return UINT64_MAX;
}

static void quiet(void **state)
{
	struct integrity_fault fault;

	assert_int_equal(integrity.bytes, sizeof(table.ranges) + 40 + 5000 + 777);
	assert_int_equal(integrity.longest, 5000);
	assert_int_equal(found_after(512, 10 * integrity.bytes, &fault), UINT64_MAX);
	assert_true(integrity.passes >= 9);
	assert_int_equal(integrity.errors, 0);
}

/* At every phase of a pass, each bit of each range, and of the table. */
static void flips(void **state)
{
	const uint64_t step = 512, bound = integrity.bytes + integrity.longest + step;
	uint64_t latest = 0;

	for (unsigned i = 0; i < RANGES; i++) {
		for (uint64_t bit = 0; bit < 8 * sizes[i]; bit += 97) {
			struct integrity_fault fault;
			uint64_t after;

			start(state);
			assert_int_equal(found_after(step, bit % integrity.bytes / step * step, &fault),
					 UINT64_MAX);
			bytes[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
			after = found_after(step, 3 * bound, &fault);
			assert_true(after <= bound);
			latest = after > latest ? after : latest;
			assert_string_equal(fault.name, table.ranges[i].name);
			assert_int_equal(fault.pa, table.ranges[i].pa);
			assert_int_equal(fault.size, sizes[i]);
			assert_int_equal(integrity.errors, 1);
		}
	}
	assert_true(latest > integrity.bytes / 2);
}

/* The digest in a range's row counts as the row's, which is found first. */
static void table_flips(void **state)
{
	for (uint64_t bit = 0; bit < 8 * sizeof(table); bit += 13) {
		const uint64_t digest = 8 * offsetof(struct integrity_table, digest);
		struct integrity_fault fault;

		start(state);
		assert_int_equal(found_after(512, 2 * integrity.bytes, &fault), UINT64_MAX);
		((uint8_t *)&table)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* What a row says may be followed once, where the bit fell while ranges were read; not its
		 * address. */
		if (bit >= digest + 256 && (bit - digest - 256) / 8 % sizeof(struct integrity_range) < 24)
			integrity.range = integrity.done = 0, crypto_hash_sha256_init(&integrity.hash);
		assert_true(found_after(512, 2 * integrity.bytes + 1024, &fault) != UINT64_MAX);
	}
}

static void goes_on(void **state)
{
	struct integrity_fault fault;
	unsigned found = 0;

	bytes[0][0] ^= 1;
	bytes[2][0] ^= 1;
	for (unsigned i = 0; i < 100 && integrity.passes < 2; i++)
		found += integrity_step(&integrity, 256, &fault) == INTEGRITY_CHANGED;
	assert_int_equal(found, 4);
	assert_int_equal(integrity.errors, 4);
}

static void refused(void **state)
{
	assert_non_null(integrity_open(&integrity, &table, sizeof(table.head) - 1));
	assert_non_null(integrity_open(&integrity, &table, sizeof(table) - 8));
	table.head.count = RANGES + 3;
	assert_non_null(integrity_open(&integrity, &table, sizeof(table)));
	table.head.count = RANGES;
	table.ranges[1].size = INTEGRITY_RANGE_MAX + 1;
	assert_non_null(integrity_open(&integrity, &table, sizeof(table)));
	table.ranges[1].size = sizes[1];
	table.head.magic ^= 1;
	assert_non_null(integrity_open(&integrity, &table, sizeof(table)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(quiet, start),	    cmocka_unit_test_setup(flips, start),
		cmocka_unit_test_setup(table_flips, start), cmocka_unit_test_setup(goes_on, start),
		cmocka_unit_test_setup(refused, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_mmio.c - which emulated range holds an address.
 *
 * Robustness: empty_table, edges_of_every_range
 */
#include "host.h"
#include "../../../src/core/mmio.h"

static int boot(void **state)
{
	host_cell_make(1, BP_MODE_INJECTED, 0);
	return 0;
}

/* [utest->swr~emulated-pages~1] */
static void empty_table(void **state)
{
	assert_null(mmio_find(0));
	assert_null(mmio_find(0x8000000));
	assert_null(mmio_find(UINT64_MAX));
}

/* An address is in a range from its first byte to its last, and not beside it.
 * [utest->swr~emulated-pages~1] */
static void one_range(void **state)
{
	static const struct bp_mmio row = {0x8000000, 0x10000, BP_MMIO_GICD, 0};
	const struct bp_mmio *table = host_table(&host_cell()->mmio, &row, 1, sizeof(row));

	assert_null(mmio_find(0x7ffffff));
	assert_ptr_equal(mmio_find(0x8000000), table);
	assert_ptr_equal(mmio_find(0x800ffff), table);
	assert_null(mmio_find(0x8010000));
	assert_null(mmio_find(0));
	assert_null(mmio_find(UINT64_MAX));
}

/* Tables of every length, with holes, neighbours, and ranges at both ends of the address space.
 * [utest->swr~emulated-pages~1] */
static void edges_of_every_range(void **state)
{
	for (u32 count = 1; count <= 17; count++) {
		struct bp_mmio rows[17];
		const struct bp_mmio *table;

		host_cell_make(1, BP_MODE_INJECTED, 0);
		for (u32 i = 0; i < count; i++)
			rows[i] = (struct bp_mmio){i ? rows[i - 1].ipa + rows[i - 1].size + (i % 3) * 0x1000
						     : 0,
						   0x1000 << i % 4, BP_MMIO_GICR, i};
		rows[count - 1].ipa = UINT64_MAX - rows[count - 1].size + 1;
		table = host_table(&host_cell()->mmio, rows, count, sizeof(rows[0]));
		for (u32 i = 0; i < count; i++) {
			const ipa_t last = rows[i].ipa + rows[i].size - 1;

			assert_ptr_equal(mmio_find(rows[i].ipa), &table[i]);
			assert_ptr_equal(mmio_find(rows[i].ipa + 1), &table[i]);
			assert_ptr_equal(mmio_find(last), &table[i]);
			if (i + 1 < count && last + 1 == rows[i + 1].ipa)
				assert_ptr_equal(mmio_find(last + 1), &table[i + 1]);
			else if (i + 1 < count)
				assert_null(mmio_find(last + 1));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(empty_table, boot),
		cmocka_unit_test_setup(one_range, boot),
		cmocka_unit_test_setup(edges_of_every_range, boot),
	};

	return cmocka_run_group_tests_name("mmio", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_crc32.c - the CRC-32 of event records, by instruction and by table.
 */
#include "machine.h"
#include "../../../src/core/arch.h"

/* Bit by bit, as IEEE 802.3 defines it. */
static u32 crc32_reference(const u8 *data, size_t size)
{
	u32 crc = 0xffffffff;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

static int boot(void **state)
{
	host_cell_make(1, BP_MODE_INJECTED, 0);
	machine_reset(4);
	return 0;
}

static void vectors_hold(void)
{
	u64 words[9] = {0};
	u8 *const bytes = (u8 *)words;

	assert_int_equal(arch_crc32(words, 0), 0);
	memcpy(bytes, "123456789", 9);
	assert_int_equal(arch_crc32(words, 9), 0xcbf43926);
	for (size_t i = 0; i < sizeof(words); i++)
		bytes[i] = (u8)(i * 37 + 11);
	for (size_t size = 0; size <= sizeof(words); size++)
		assert_int_equal(arch_crc32(words, size), crc32_reference(bytes, size));
}

/* [utest->swr~events-recorded~1] */
static void by_table(void **state)
{
	vectors_hold();
}

/* With the CPU's instructions for it the CRC is the same. [utest->swr~events-recorded~1] */
static void by_instruction(void **state)
{
	reg_set("id_aa64isar0_el1", 1 << 16);
	vectors_hold();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(by_table, boot),
		cmocka_unit_test_setup(by_instruction, boot),
	};

	return cmocka_run_group_tests_name("crc32", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ivshmem.c - registers of a channel that is shown as a PCI function: constant but for the doorbell.
 *
 * Robustness: nothing_else_does_anything, doorbell_is_rated
 */
#include "arch.h"
#include "../../../src/blueprint/pci.h"
#include "../../../src/core/hypercalls.h"
#include "../../../src/core/mmio.h"

#define PAGE 0x1000u

static const struct bp_bell bells[] = {{0x224, 0x1000}, {0x224, 0x2000}, {0x228, 0x4}};

/* Channel 0 rings nobody, channel 1 two, channel 2 another one. */
static int boot(void **state)
{
	struct bp_channel channels[3] = {{.flags = BP_CHANNEL_READS},
					 {.flags = BP_CHANNEL_WRITES | BP_CHANNEL_READS},
					 {.flags = BP_CHANNEL_WRITES}};
	struct bp_channel *rows;

	host_cell_make(2, BP_MODE_DIRECT, 0);
	rows = host_table(&host_cell()->channels, channels, 3, sizeof(channels[0]));
	host_table(&rows[1].ring, bells, 2, sizeof(bells[0]));
	host_table(&rows[2].ring, bells + 2, 1, sizeof(bells[0]));
	arch_now += RATE_UNIT_NS;
	calls_reset();
	return 0;
}

static u64 get(u32 channel, u64 offset, u8 size)
{
	struct access access = {.offset = offset, .size = size, .arg = channel, .value = 0x5a5a5a5a5a5a5a5a};

	ivshmem_access(&access);
	return access.value;
}

static void put(u32 channel, u64 offset, u8 size, u64 value)
{
	struct access access = {
		.offset = offset, .size = size, .arg = channel, .write = true, .value = value};

	ivshmem_access(&access);
}

/* [utest->swr~ivshmem-registers~1] */
static void reads_say_who_it_is(void **state)
{
	static const u8 sizes[] = {1, 2, 4, 8};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (u64 offset = 0; offset < PAGE; offset += sizes[i])
			assert_int_equal(get(1, offset, sizes[i]),
					 offset == BP_IVSHMEM_POSITION ? host_cell()->index : 0);
	assert_int_not_equal(host_cell()->index, 0);
	assert_string_equal(calls(), "");
}

/* Whatever is written: a peer's number and a vector are for machines that have more than one. */
/* [utest->swr~ivshmem-registers~1] */
static void doorbell_rings_its_channel(void **state)
{
	static const u32 values[] = {0, 1, 0x00010000, 0xffff0000, 0x0000ffff, ~0u};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		calls_reset();
		put(1, BP_IVSHMEM_DOORBELL, 4, values[i]);
		assert_string_equal(calls(), "bell(224,1000) bell(224,2000) ");
	}
	calls_reset();
	put(2, BP_IVSHMEM_DOORBELL, 4, 0);
	assert_string_equal(calls(), "bell(228,4) ");
}

/* [utest->swr~ivshmem-registers~1] */
static void nothing_else_does_anything(void **state)
{
	static const u8 sizes[] = {1, 2, 4, 8};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (u64 offset = 0; offset < PAGE; offset += sizes[i])
			if (offset != BP_IVSHMEM_DOORBELL || sizes[i] != 4)
				put(1, offset, sizes[i], ~UINT64_C(0));
	/* A channel that rings nobody; none of the cell's. */
	put(0, BP_IVSHMEM_DOORBELL, 4, 1);
	put(3, BP_IVSHMEM_DOORBELL, 4, 1);
	put(~0u, BP_IVSHMEM_DOORBELL, 4, 1);
	assert_string_equal(calls(), "");
}

/* Its share is that of the hypercall: one for both ways. */
/* [utest->swr~ivshmem-registers~1] [utest->swr~doorbell-rate~1] */
static void doorbell_is_rated(void **state)
{
	struct doorbell rung;

	for (u32 i = 0; i < DOORBELLS_MAX; i++)
		put(2, BP_IVSHMEM_DOORBELL, 4, i);
	calls_reset();
	put(2, BP_IVSHMEM_DOORBELL, 4, 0);
	assert_string_equal(calls(), "");
	assert_int_equal(hypercall_doorbell(2, arch_now, &rung), HYPERCALL_BUSY);
	arch_now += RATE_UNIT_NS;
	put(2, BP_IVSHMEM_DOORBELL, 4, 0);
	assert_string_equal(calls(), "bell(228,4) ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_say_who_it_is, boot),
		cmocka_unit_test_setup(doorbell_rings_its_channel, boot),
		cmocka_unit_test_setup(nothing_else_does_anything, boot),
		cmocka_unit_test_setup(doorbell_is_rated, boot),
	};

	return cmocka_run_group_tests_name("ivshmem", tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * test_nic_errors.c - Device Status of a function that the test plays. [utest->swr~health-nic-errors~1]
 *
 * Robustness: none
 */
#include "test.h"

#include "names.h"
#include "nic_errors.h"

#define HZ	UINT64_C(1000)
#define EXPRESS 0x60u
#define CONTROL 0x68u /* Device Control, with Device Status above it */

static const struct pci_function function = {.config = 1};
static struct net_counters counters;
static uint32_t word, capability;
static unsigned reads, writes;
static uint64_t now = 1000;

uint32_t pci_capability(const struct pci_function *of, uint8_t kind, uint32_t from)
{
	assert_ptr_equal(of, &function);
	assert_true(kind == 0x10 && !from);
	return capability;
}

uint32_t pci_read32(const struct pci_function *of, uint32_t offset)
{
	assert_ptr_equal(of, &function);
	assert_int_equal(offset, CONTROL);
	reads++;
	return word;
}

/* The upper half is cleared by ones. */
void pci_write32(const struct pci_function *of, uint32_t offset, uint32_t value)
{
	assert_ptr_equal(of, &function);
	assert_int_equal(offset, CONTROL);
	word = (word & ~(value & 0xf0000) & 0xffff0000) | (value & 0xffff);
	writes++;
}

static int start(void **state)
{
	counters = (struct net_counters){0};
	capability = EXPRESS;
	reads = writes = 0;
	nic_errors_start(&function, &counters);
	return 0;
}

static void look(uint32_t shown)
{
	word = shown;
	nic_errors_look(now += HZ, HZ);
}

/* Each kind by itself, and what else is in the register stays. */
/* [utest->swr~health-nic-errors~1] */
static void counted(void **state)
{
	assert_true(counters.express);
	for (uint32_t kind = 0; kind < NIC_ERRORS; kind++) {
		look(0x2810 | 0x10000u << kind);
		assert_int_equal(word, 0x2810);
		for (uint32_t other = 0; other < NIC_ERRORS; other++)
			assert_int_equal(counters.errors[other], other <= kind);
	}
	look(0x2810 | 0x90000);
	assert_true(counters.errors[0] == 2 && counters.errors[3] == 2 && counters.errors[1] == 1);
	assert_int_equal(writes, NIC_ERRORS + 1);
	assert_string_equal(name_nic_error(1), "nonfatal");
	assert_string_equal(name_nic_error(NIC_ERRORS), "?");
}

/* Transactions that are pending, and auxiliary power, are no errors; nor is a function that isn't there. */
/* [utest->swr~health-nic-errors~1] */
static void none(void **state)
{
	look(0x302810);
	look(UINT32_MAX);
	look(0x3f7fff); /* as EL2 shows it */
	assert_true(reads == 3 && !writes);
	for (uint32_t kind = 0; kind < NIC_ERRORS; kind++)
		assert_int_equal(counters.errors[kind], 0);
}

static void seldom(void **state)
{
	look(0);
	nic_errors_look(now + HZ - 1, HZ);
	assert_int_equal(reads, 1);
	capability = 0;
	nic_errors_start(&function, &counters);
	look(0xf0000);
	assert_true(reads == 1 && !counters.express);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(counted, start),
		cmocka_unit_test_setup(none, start),
		cmocka_unit_test_setup(seldom, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

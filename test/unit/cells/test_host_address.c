// SPDX-License-Identifier: Apache-2.0
/*
 * test_host_address.c - addresses that hosts may have, and others. [utest->swr~health-net-address~1]
 *
 * Robustness: others
 */
#include "test.h"

#include "host_address.h"

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define PREFIX(n)      ((uint32_t)(UINT64_C(0xffffffff) << (32 - (n))))

static void hosts(void **state)
{
	assert_true(host_address_can_be(IP(10, 0, 2, 15), PREFIX(24)));
	assert_true(host_address_can_be(IP(10, 0, 2, 255), PREFIX(16)));
	assert_true(host_address_can_be(IP(1, 0, 0, 1), PREFIX(8)));
	assert_true(host_address_can_be(IP(126, 255, 255, 254), PREFIX(1)));
	assert_true(host_address_can_be(IP(223, 255, 255, 254), PREFIX(24)));
	assert_true(host_address_can_be(IP(10, 0, 2, 0), PREFIX(31)));
	assert_true(host_address_can_be(IP(10, 0, 2, 1), PREFIX(31)));
	assert_true(host_address_can_be(IP(10, 0, 2, 0), PREFIX(32)));
}

static void others(void **state)
{
	static const uint32_t masks[] = {0, 1, IP(255, 0, 255, 0), IP(0, 255, 255, 255),
					 IP(255, 255, 255, 1)};

	assert_false(host_address_can_be(0, PREFIX(24)));
	assert_false(host_address_can_be(IP(0, 0, 2, 15), PREFIX(24)));
	assert_false(host_address_can_be(IP(127, 0, 0, 1), PREFIX(8)));
	assert_false(host_address_can_be(IP(224, 0, 0, 1), PREFIX(24)));
	assert_false(host_address_can_be(IP(240, 0, 0, 1), PREFIX(24)));
	assert_false(host_address_can_be(IP(255, 255, 255, 255), PREFIX(24)));
	assert_false(host_address_can_be(IP(255, 255, 255, 255), PREFIX(32)));
	assert_false(host_address_can_be(IP(10, 0, 2, 0), PREFIX(24)));
	assert_false(host_address_can_be(IP(10, 0, 2, 255), PREFIX(24)));
	assert_false(host_address_can_be(IP(10, 0, 2, 15), PREFIX(28)));
	for (unsigned i = 0; i < LENGTH(masks); i++)
		assert_false(host_address_can_be(IP(10, 0, 2, 15), masks[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(hosts), cmocka_unit_test(others)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * test_neighbours.c - by whom clients are reached. [utest->swr~net-neighbours~1]
 */
#include "test.h"

#include "neighbours.h"

static struct neighbours neighbours;
static const uint8_t one[] = {2, 0, 0, 0, 0, 1}, other[] = {2, 0, 0, 0, 0, 2};

static int forget(void **state)
{
	neighbours = (struct neighbours){0};
	return 0;
}

static void noted(void **state)
{
	assert_null(neighbours_find(&neighbours, 7, 0));
	assert_null(neighbours_find(&neighbours, 0, 0));
	neighbours_note(&neighbours, 7, one, 100);
	neighbours_note(&neighbours, 8, other, 101);
	assert_memory_equal(neighbours_find(&neighbours, 7, 100), one, sizeof(one));
	assert_memory_equal(neighbours_find(&neighbours, 8, 100), other, sizeof(other));
	assert_null(neighbours_find(&neighbours, 7, 101)); /* too long ago */
	neighbours_note(&neighbours, 7, other, 200);
	assert_memory_equal(neighbours_find(&neighbours, 7, 101), other, sizeof(other));
	neighbours_note(&neighbours, 0, other, 200);
	assert_null(neighbours_find(&neighbours, 0, 0));
}

static void many(void **state)
{
	for (uint32_t client = 1; client <= 100; client++)
		neighbours_note(&neighbours, client, one, client);
	for (uint32_t client = 1; client <= 100; client++)
		assert_true(!neighbours_find(&neighbours, client, 0) == (client <= 100 - HTTP_PLACES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(noted, forget),
		cmocka_unit_test_setup(many, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * test_neighbours.c - by whom clients are reached.
 *
 * Robustness: many
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

/* [utest->swr~net-neighbours~1] */
static void noted(void **state)
{
	assert_null(neighbours_find(&neighbours, 7, 1, 0));
	assert_null(neighbours_find(&neighbours, 0, 0, 0));
	neighbours_note(&neighbours, 7, 1, one, 100);
	neighbours_note(&neighbours, 8, 1, other, 101);
	assert_memory_equal(neighbours_find(&neighbours, 7, 1, 100), one, sizeof(one));
	assert_memory_equal(neighbours_find(&neighbours, 8, 1, 100), other, sizeof(other));
	assert_null(neighbours_find(&neighbours, 7, 1, 101)); /* too long ago */
	neighbours_note(&neighbours, 7, 1, other, 200);
	assert_memory_equal(neighbours_find(&neighbours, 7, 1, 101), other, sizeof(other));
	neighbours_note(&neighbours, 0, 0, other, 200);
	assert_null(neighbours_find(&neighbours, 0, 0, 0));
}

/* Who says that it is the client, by another connection, is answered itself, and the client as before. */
/* [utest->swr~net-neighbours~1] */
static void by_connection(void **state)
{
	neighbours_note(&neighbours, 7, 1, one, 100);
	neighbours_note(&neighbours, 7, 2, other, 101);
	assert_memory_equal(neighbours_find(&neighbours, 7, 1, 0), one, sizeof(one));
	assert_memory_equal(neighbours_find(&neighbours, 7, 2, 0), other, sizeof(other));
	assert_null(neighbours_find(&neighbours, 7, 3, 0));
}

/* The one that was heard longest ago makes room. */
/* [utest->swr~net-neighbours~1] */
static void many(void **state)
{
	neighbours_note(&neighbours, 1000, 1, other, 1);
	for (uint32_t client = 1; client <= 100; client++) {
		neighbours_note(&neighbours, client, 1, one, 2 * client);
		neighbours_note(&neighbours, 1000, 1, other, 2 * client + 1);
	}
	assert_non_null(neighbours_find(&neighbours, 1000, 1, 0));
	for (uint32_t client = 1; client <= 100; client++)
		assert_true(!neighbours_find(&neighbours, client, 1, 0) ==
			    (client <= 100 - (HTTP_PLACES - 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(noted, forget),
		cmocka_unit_test_setup(by_connection, forget),
		cmocka_unit_test_setup(many, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

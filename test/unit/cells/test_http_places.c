// SPDX-License-Identifier: Apache-2.0
/*
 * test_http_places.c - who makes room for whom. [utest->swr~http-places~1]
 *
 * Robustness: all
 */
#include "test.h"

#include "http_places.h"

#define ONE   1u
#define OTHER 2u
#define NEW   3u

static struct http_place places[HTTP_PLACES];

/* All are answered, each to its own address, the first longest. */
static int fill(void **state)
{
	for (uint32_t i = 0; i < HTTP_PLACES; i++)
		places[i] = (struct http_place){HTTP_PLACE_ANSWERED, 100 + i, 1000 + i};
	return 0;
}

/* [utest->swr~http-places~1] */
static void least_loss(void **state)
{
	assert_int_equal(http_place_for(places, NEW), 0);
	places[4].client = places[5].client = ONE; /* who has more */
	assert_int_equal(http_place_for(places, NEW), 4);
	places[2].use = HTTP_PLACE_ASKING;
	assert_int_equal(http_place_for(places, NEW), 2);
	places[1].use = HTTP_PLACE_ASKING; /* longer */
	assert_int_equal(http_place_for(places, NEW), 1);
	places[7].use = HTTP_PLACE_OVER;
	assert_int_equal(http_place_for(places, NEW), 7);
	places[6].use = HTTP_PLACE_FREE;
	assert_int_equal(http_place_for(places, NEW), 6);
}

/* One address makes room among its own, whatever it has there. */
/* [utest->swr~http-places~1] */
static void not_all(void **state)
{
	for (uint32_t i = 0; i < HTTP_PLACES; i++)
		places[i].use = HTTP_PLACE_FREE;
	for (uint32_t n = 0; n < HTTP_PLACES_OF_ONE; n++) {
		const uint32_t place = http_place_for(places, ONE);

		assert_int_equal(places[place].use, HTTP_PLACE_FREE);
		places[place] = (struct http_place){HTTP_PLACE_ANSWERED, ONE, n};
	}
	for (uint32_t n = 0; n < 100; n++) {
		const uint32_t place = http_place_for(places, ONE);

		assert_int_equal(places[place].client, ONE);
		assert_int_equal(places[place].began, n); /* the one that is there longest */
		places[place].began = n + HTTP_PLACES_OF_ONE;
	}
	for (uint32_t n = 0; n < HTTP_PLACES - HTTP_PLACES_OF_ONE; n++) {
		const uint32_t place = http_place_for(places, OTHER);

		assert_int_equal(places[place].use, HTTP_PLACE_FREE);
		places[place] = (struct http_place){HTTP_PLACE_ANSWERED, OTHER, 0};
	}
	assert_int_equal(places[http_place_for(places, NEW)].client, ONE);
	assert_int_equal(places[http_place_for(places, OTHER)].client, ONE);
	places[http_place_for(places, ONE)].use = HTTP_PLACE_ASKING;
	assert_int_equal(places[http_place_for(places, ONE)].use, HTTP_PLACE_ASKING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(least_loss, fill),
		cmocka_unit_test_setup(not_all, fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * test_tcp_numbers.c - numbers that nobody foresees, and SYN cookies.
 *
 * Robustness: others_cookies
 */
#include "test.h"

#include "tcp_numbers.h"

#define NOW	 UINT64_C(1000000000000) /* ns: in the 17th minute */
#define MINUTE	 UINT64_C(60000000000)
#define SEQUENCE UINT32_C(0xffffffff)
#define TRIES	 100000u

static struct secret secret;
static const struct tcp_route route = {0x0a000202, 0x0a00020f, 40000, 80};

static struct secret started_with(const char *text)
{
	crypto_hash_sha256_state gathered;
	struct secret made;

	crypto_hash_sha256_init(&gathered);
	crypto_hash_sha256_update(&gathered, (const uint8_t *)text, strlen(text));
	secret_start(&made, &gathered);
	return made;
}

static int start(void **state)
{
	secret = started_with("one");
	return 0;
}

/* [utest->swr~net-secret~1] */
static void secrets(void **state)
{
	struct secret other = started_with("two"), same = started_with("one");
	const uint64_t words[SECRET_WORDS] = {1, 2, 3, 4}, others[SECRET_WORDS] = {1, 2, 3, 5};
	uint64_t drawn = 0, more;

	assert_true(secret_hash(&secret, SECRET_COOKIE, words) == secret_hash(&same, SECRET_COOKIE, words));
	assert_true(secret_hash(&secret, SECRET_COOKIE, words) != secret_hash(&other, SECRET_COOKIE, words));
	assert_true(secret_hash(&secret, SECRET_COOKIE, words) !=
		    secret_hash(&secret, SECRET_COOKIE, others));
	assert_true(secret_hash(&secret, SECRET_COOKIE, words) !=
		    secret_hash(&secret, SECRET_SEQUENCE, words));
	for (unsigned i = 0; i < 1000; i++, drawn = more) {
		more = secret_draw(&secret);
		assert_true(more != drawn && more != secret_draw(&other));
	}
}

/* Of one route they go on with the time, of another from elsewhere. [utest->swr~net-numbers~1] */
static void numbers(void **state)
{
	struct tcp_route next = route;
	const uint32_t number = tcp_number(&secret, &route, NOW);
	const struct secret other = started_with("two");

	next.to_port++;
	assert_int_equal(tcp_number(&secret, &route, NOW + 4000) - number, 1);
	assert_int_equal(tcp_number(&secret, &route, NOW + 1000000000) - number, 250000);
	assert_true(tcp_number(&secret, &next, NOW) - number > 1000000);
	assert_true(tcp_number(&other, &route, NOW) - number > 1000000);
}

/* [utest->swr~net-half-open~1] */
static void cookies(void **state)
{
	static const struct {
		uint32_t said, used;
	} sizes[] = {{0, 536},	   {1, 536},	 {536, 536},   {1219, 536},
		     {1220, 1220}, {1400, 1380}, {1460, 1460}, {65535, 1460}};

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const uint32_t made = cookie_make(&secret, &route, SEQUENCE, sizes[i].said, NOW);

		assert_int_equal(cookie_mss(&secret, &route, SEQUENCE, made, NOW), sizes[i].used);
		assert_int_equal(cookie_mss(&secret, &route, SEQUENCE, made, NOW + MINUTE), sizes[i].used);
		for (unsigned later = 2; later < 10; later++)
			assert_int_equal(cookie_mss(&secret, &route, SEQUENCE, made, NOW + later * MINUTE),
					 0);
	}
}

/* A number of another route, segment, secret, or with a bit changed, and one that was guessed, begins no
 * connection. [utest->swr~net-half-open~1] */
static void others_cookies(void **state)
{
	const uint32_t made = cookie_make(&secret, &route, SEQUENCE, 1460, NOW);
	const struct secret other = started_with("two");
	struct tcp_route routes[] = {route, route, route, route};
	uint32_t taken = 0;

	routes[0].from++;
	routes[1].to++;
	routes[2].from_port++;
	routes[3].to_port++;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(cookie_mss(&secret, &routes[i], SEQUENCE, made, NOW), 0);
	assert_int_equal(cookie_mss(&secret, &route, SEQUENCE + 1, made, NOW), 0);
	assert_int_equal(cookie_mss(&other, &route, SEQUENCE, made, NOW), 0);
	for (unsigned bit = 0; bit < 32; bit++)
		assert_int_equal(cookie_mss(&secret, &route, SEQUENCE, made ^ UINT32_C(1) << bit, NOW), 0);
	for (uint32_t guess = 0; guess < TRIES; guess++) /* one in 2^29 is right */
		taken += cookie_mss(&secret, &route, SEQUENCE, guess * 40503u, NOW) != 0;
	assert_int_equal(taken, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(secrets, start),
		cmocka_unit_test_setup(numbers, start),
		cmocka_unit_test_setup(cookies, start),
		cmocka_unit_test_setup(others_cookies, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

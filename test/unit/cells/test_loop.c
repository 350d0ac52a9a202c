// SPDX-License-Identifier: Apache-2.0
/*
 * test_loop.c - deadlines, misses and latencies of the control cell's tick.
 *
 * Robustness: late, early
 */
#include "test.h"

#include "loop.h"

static struct loop loop;

static int start(void **state)
{
	loop_start(&loop, 1000, 1000000, 5000); /* 1 MHz: a timer tick is 1000 ns */
	return 0;
}

/* [utest->swr~control-tick~1] */
static void on_time(void **state)
{
	for (uint64_t n = 1; n <= 100; n++) {
		assert_int_equal(loop.deadline, 5000 + n * 1000);
		loop_tick(&loop, loop.deadline + n % 3);
	}
	assert_int_equal(loop.ticks, 100);
	assert_int_equal(loop.missed, 0);
	assert_int_equal(loop.worst, 2000);
}

/* Each deadline that had passed by the tick, but its own, is counted as missed.
 * [utest->swr~control-tick~1] */
static void late(void **state)
{
	loop_tick(&loop, 6000 + 999);
	assert_int_equal(loop.missed, 0);
	assert_int_equal(loop.deadline, 7000);
	loop_tick(&loop, 7000 + 1000); /* the next deadline itself is passed over */
	assert_int_equal(loop.missed, 1);
	assert_int_equal(loop.deadline, 9000);
	loop_tick(&loop, 9000 + 3500);
	assert_int_equal(loop.missed, 4);
	assert_int_equal(loop.deadline, 13000);
	assert_int_equal(loop.ticks, 3);
	/* Served and missed periods make up all that have passed. */
	assert_int_equal((loop.deadline - 5000) / 1000 - 1, loop.ticks + loop.missed);
}

/* A tick before its deadline has no latency, and misses none. [utest->swr~control-tick~1] */
static void early(void **state)
{
	loop_tick(&loop, 5999);
	assert_int_equal(loop.latency, 0);
	assert_int_equal(loop.deadline, 7000);
}

static void buckets(void **state)
{
	static const struct {
		uint64_t ns;
		unsigned bucket;
	} all[] = {{0, 0},
		   {63, 0},
		   {64, 0},
		   {127, 0},
		   {128, 1},
		   {255, 1},
		   {256, 2},
		   {UINT64_C(1) << 21, 15},
		   {UINT64_C(1) << 30, 15}};

	for (unsigned i = 0; i < LENGTH(all); i++) {
		loop_start(&loop, UINT64_C(1) << 40, 1000000000, 0);
		assert_int_equal(loop_tick(&loop, loop.deadline + all[i].ns), all[i].bucket);
		assert_int_equal(loop.histogram[all[i].bucket], 1);
		assert_int_equal(loop.latency, all[i].ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(on_time, start),
		cmocka_unit_test_setup(late, start),
		cmocka_unit_test_setup(early, start),
		cmocka_unit_test_setup(buckets, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

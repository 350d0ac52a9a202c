// SPDX-License-Identifier: Apache-2.0
/*
 * test_watch.c - when the health cell speaks of a missed heartbeat or a boot timeout, and when not.
 *
 * Both ranges: orders
 * Robustness: heartbeat_missed, boot_timeout, not_running
 */
#include "test.h"

#include "telemetry.h"
#include "watch.h"

static const struct watch_limits limits = {.heartbeat = 100, .boot_timeout = 1000, .grace = 4};
static struct watch watch;
static struct watch_input input;

static int start(void **state)
{
	watch = (struct watch){0};
	input = (struct watch_input){.now = 10, .state = CELL_RUNNING, .generation = 1, .start_time = 10};
	return 0;
}

static enum watch_verdict at(uint64_t now)
{
	input.now = now;
	return watch_cell(&watch, &limits, &input);
}

/* [utest->swr~health-heartbeat~1] */
static void heartbeat_missed(void **state)
{
	input.ready_time = 15;
	input.state = CELL_READY;
	assert_int_equal(at(20), WATCH_QUIET);
	assert_int_equal(at(124), WATCH_QUIET);
	assert_int_equal(at(125), WATCH_HEARTBEAT_MISSED);
	assert_int_equal(watch.delay, 105);
	assert_int_equal(at(126), WATCH_QUIET); /* once an incident */
	assert_int_equal(at(9999), WATCH_QUIET);
	input.beat = 1;
	assert_int_equal(at(10000), WATCH_RECOVERED);
	assert_int_equal(at(10104), WATCH_QUIET);
	assert_int_equal(at(10105), WATCH_HEARTBEAT_MISSED);
}

/* [utest->swr~health-heartbeat~1] */
static void heartbeat_regular(void **state)
{
	for (uint64_t now = 20; now < 5000; now += 2) {
		input.beat = now / 100; /* exactly at the limit, seen up to a poll late */
		assert_int_equal(at(now), WATCH_QUIET);
	}
}

/* Before ready or the first beat only the boot timeout counts. */
/* [utest->swr~health-boot-timeout~1] */
static void boot_quiet(void **state)
{
	assert_int_equal(at(20), WATCH_QUIET);
	assert_int_equal(at(900), WATCH_QUIET);
	input.beat = 1;
	assert_int_equal(at(901), WATCH_QUIET);
	assert_int_equal(at(1005), WATCH_QUIET);
	assert_int_equal(at(1006), WATCH_HEARTBEAT_MISSED);
}

/* [utest->swr~health-boot-timeout~1] */
static void boot_timeout(void **state)
{
	assert_int_equal(at(1010), WATCH_QUIET);
	assert_int_equal(at(1011), WATCH_BOOT_TIMEOUT);
	assert_int_equal(watch.delay, 1001);
	assert_int_equal(at(1012), WATCH_QUIET);
	input.beat = 1; /* late, but there */
	assert_int_equal(at(1013), WATCH_RECOVERED);
}

/* [utest->swr~health-heartbeat~1] */
static void new_generation(void **state)
{
	input.beat = 50;
	assert_int_equal(at(20), WATCH_QUIET);
	assert_int_equal(at(200), WATCH_HEARTBEAT_MISSED);
	input.state = CELL_STARTING;
	input.beat = 0;
	assert_int_equal(at(300), WATCH_QUIET);
	input.state = CELL_RUNNING;
	input.generation = 2;
	input.start_time = 400;
	assert_int_equal(at(401), WATCH_QUIET);
	assert_int_equal(at(1400), WATCH_QUIET); /* not beaten yet: no heartbeat to miss */
	assert_int_equal(at(1401), WATCH_BOOT_TIMEOUT);
}

/* [utest->swr~health-heartbeat~1] */
static void not_running(void **state)
{
	static const uint64_t states[] = {CELL_NONE, CELL_STARTING, CELL_STOPPED, CELL_LOST, 99};

	input.ready_time = 15;
	for (unsigned i = 0; i < LENGTH(states); i++) {
		input.state = states[i];
		assert_int_equal(at(20), WATCH_QUIET);
		assert_int_equal(at(99999), WATCH_QUIET);
	}
}

/* A cell without a period and a boot timeout is never overdue. [utest->swr~health-heartbeat~1]
 * [utest->swr~health-boot-timeout~1] */
static void not_watched(void **state)
{
	const struct watch_limits none = {.grace = 4};

	input.now = 99999;
	assert_int_equal(watch_cell(&watch, &none, &input), WATCH_QUIET);
	input.ready_time = 15;
	input.now = 999999;
	assert_int_equal(watch_cell(&watch, &none, &input), WATCH_QUIET);
}

/* [utest->swr~health-lost-cell~1] */
static void orders(void **state)
{
	struct order_watch order = {0};

	assert_int_equal(order_check(&order, 5, CELL_READY, 9999, 100), ORDER_QUIET);
	order_given(&order, 5, 1000);
	assert_int_equal(order_check(&order, 5, CELL_READY, 1100, 100), ORDER_QUIET);
	assert_int_equal(order_check(&order, 6, CELL_READY, 1101, 100), ORDER_QUIET);
	assert_false(order.open);
	order_given(&order, 6, 2000);
	assert_int_equal(order_check(&order, 6, CELL_STARTING, 5000, 100), ORDER_QUIET); /* being filled */
	assert_int_equal(order_check(&order, 6, CELL_READY, 5100, 100), ORDER_QUIET);
	order_given(&order, 6, 5100); /* a second one does not begin the wait anew */
	assert_int_equal(order_check(&order, 6, CELL_READY, 5101, 100), ORDER_LOST);
	assert_true(order.lost);
	assert_int_equal(order_check(&order, 6, CELL_READY, 9000, 100), ORDER_QUIET);
	assert_int_equal(order_check(&order, 7, CELL_READY, 9001, 100), ORDER_OBEYED_LATE);
	assert_false(order.lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(heartbeat_missed, start),
		cmocka_unit_test_setup(heartbeat_regular, start),
		cmocka_unit_test_setup(boot_quiet, start),
		cmocka_unit_test_setup(boot_timeout, start),
		cmocka_unit_test_setup(new_generation, start),
		cmocka_unit_test_setup(not_running, start),
		cmocka_unit_test_setup(not_watched, start),
		cmocka_unit_test(orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * test_confirm.c - when what runs is confirmed. [utest->swr~boot-confirm-time~1]
 *
 * Robustness: silent, stopped, restart, incident, no_time
 */
#include "test.h"

#include "confirm.h"
#include "small_machine.h"

#define AFTER  3000u
#define WITHIN 9000u

static struct small_machine *small;
static struct confirm confirm;
static uint64_t now;

/* `gateway` is essential, and up. */
static int start(void **state)
{
	small = small_machine();
	small->counters.cells[SMALL_GATEWAY].beats = true;
	now = 100000; /* the counter may have begun before the boot */
	confirm_start(&confirm, AFTER, WITHIN, now);
	return 0;
}

static enum confirm_verdict at(uint64_t since_boot)
{
	now = 100000 + since_boot;
	return confirm_poll(&confirm, &small->machine, &small->counters, now, since_boot);
}

/* [utest->swr~boot-confirm-time~1] */
static void well(void **state)
{
	assert_int_equal(at(0), CONFIRM_WAIT);
	assert_int_equal(at(AFTER - 1), CONFIRM_WAIT);
	assert_int_equal(at(AFTER), CONFIRM_DUE);
}

static void starting(void **state)
{
	small->telemetry[1].cell_state = CELL_STARTING;
	assert_int_equal(at(0), CONFIRM_WAIT);
	assert_int_equal(at(AFTER + 5), CONFIRM_WAIT);
	small->telemetry[1].cell_state = CELL_READY;
	assert_int_equal(at(AFTER + 6), CONFIRM_WAIT);
	assert_int_equal(at(2 * AFTER + 4), CONFIRM_WAIT); /* from when it was last seen not to be up */
	assert_int_equal(at(2 * AFTER + 5), CONFIRM_DUE);
}

/* It runs, and has neither beaten nor said that it is ready. */
/* [utest->swr~boot-confirm-time~1] */
static void silent(void **state)
{
	small->counters.cells[SMALL_GATEWAY].beats = false;
	assert_int_equal(at(0), CONFIRM_WAIT);
	assert_int_equal(at(WITHIN), CONFIRM_WAIT);
	assert_int_equal(at(WITHIN + 1), CONFIRM_LATE);
}

static void stopped(void **state)
{
	static const uint64_t states[] = {CELL_NONE, CELL_STARTING, CELL_STOPPED, CELL_LOST};

	for (unsigned i = 0; i < LENGTH(states); i++) {
		start(state);
		small->telemetry[1].cell_state = states[i];
		assert_int_equal(at(0), CONFIRM_WAIT);
		assert_int_equal(at(WITHIN), CONFIRM_WAIT);
	}
	start(state);
	small->machine.lost[SMALL_GATEWAY] = true;
	assert_int_equal(at(WITHIN + 1), CONFIRM_LATE);
}

/* A restart between two looks, after which it is up again. */
/* [utest->swr~boot-confirm-time~1] */
static void restart(void **state)
{
	at(0);
	assert_int_equal(at(AFTER - 1), CONFIRM_WAIT);
	small->telemetry[1].generation++;
	assert_int_equal(at(AFTER), CONFIRM_WAIT);
	assert_int_equal(at(2 * AFTER - 1), CONFIRM_WAIT);
	assert_int_equal(at(2 * AFTER), CONFIRM_DUE);
}

/* A heartbeat that was missed between two looks, and is back; one that is missing. */
static void incident(void **state)
{
	at(0);
	small->counters.cells[SMALL_GATEWAY].incidents++;
	assert_int_equal(at(AFTER), CONFIRM_WAIT);
	assert_int_equal(at(2 * AFTER), CONFIRM_DUE);
	small->counters.cells[SMALL_GATEWAY].incident = true;
	assert_int_equal(at(2 * AFTER), CONFIRM_WAIT);
}

/* A cell that isn't essential may do what it likes. */
static void others(void **state)
{
	((struct directory_cell *)small->machine.cells)[SMALL_GATEWAY].flags = 0;
	small->telemetry[1].cell_state = CELL_STOPPED;
	small->counters.cells[SMALL_GATEWAY].incident = true;
	assert_int_equal(at(0), CONFIRM_WAIT);
	small->telemetry[1].generation++;
	assert_int_equal(at(AFTER), CONFIRM_DUE);
}

/* At once, once all are up. */
static void no_time(void **state)
{
	confirm_start(&confirm, 0, WITHIN, now);
	small->telemetry[1].cell_state = CELL_STARTING;
	assert_int_equal(at(0), CONFIRM_WAIT);
	small->telemetry[1].cell_state = CELL_READY;
	assert_int_equal(at(1), CONFIRM_DUE);
}

/* What is well in the end counts, however late. */
static void late_and_well(void **state)
{
	at(0);
	small->telemetry[1].generation++;
	at(WITHIN - AFTER + 1);
	assert_int_equal(at(WITHIN), CONFIRM_WAIT);
	assert_int_equal(at(WITHIN + 1), CONFIRM_DUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(well, start),	cmocka_unit_test_setup(starting, start),
		cmocka_unit_test_setup(silent, start),	cmocka_unit_test_setup(stopped, start),
		cmocka_unit_test_setup(restart, start), cmocka_unit_test_setup(incident, start),
		cmocka_unit_test_setup(others, start),	cmocka_unit_test_setup(late_and_well, start),
		cmocka_unit_test_setup(no_time, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

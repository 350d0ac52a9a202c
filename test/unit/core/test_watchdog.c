/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_watchdog.c - EL2's watch over the health cell's heartbeat.
 *
 * Robustness: a_heart_that_stands_still, an_interrupt_too_early_is_no_look, nobody_else_has_one
 */
#include "arch.h"
#include "../../../src/core/core.h"
#include "../../../src/core/crash.h"
#include "../../../src/core/watchdog.h"

#define WATCHDOG_NS 8000u /* 8 looks */

static struct heartbeat *heartbeat(void)
{
	return (struct heartbeat *)host_cell()->heartbeat_va;
}

static void look(void)
{
	arch_now += WATCHDOG_NS / 8;
	watchdog_work();
}

/* Its heartbeat begins to move, whatever the last test has left. */
static int boot(void **state)
{
	host_cell_make(2, BP_MODE_INJECTED, BP_CELL_HEALTH | BP_CELL_SERVICE);
	core_identify(0);
	host_cell()->watchdog_ns = WATCHDOG_NS;
	calls_reset();
	watchdog_start();
	heartbeat()->beat = 77;
	look();
	heartbeat()->beat = 78;
	look();
	return 0;
}

/* [utest->swr~el2-watchdog~1] */
static void a_heart_that_beats(void **state)
{
	for (u32 i = 0; i < 1000; i++) {
		heartbeat()->beat += i % 8 == 0;
		look();
	}
	assert_int_equal(call_count("machine-reset"), 0);
	assert_int_equal(call_count("alarm(1000)"), 3 + 1000);
}

/* [utest->swr~proof-watchdog~1] */
static void the_first_look_is_a_proof(void **state)
{
	host_cell_make(2, BP_MODE_INJECTED, BP_CELL_HEALTH | BP_CELL_SERVICE);
	core_identify(0);
	host_cell()->watchdog_ns = WATCHDOG_NS;
	watchdog_start();
	assert_int_equal(host_telemetry(0)->proofs, PROOF_TRIED(PROOF_WATCHDOG));
	watchdog_work(); /* too early */
	assert_int_equal(host_telemetry(0)->proofs, PROOF_TRIED(PROOF_WATCHDOG));
	look();
	look();
	assert_int_equal(host_telemetry(0)->proofs,
			 PROOF_TRIED(PROOF_WATCHDOG) | PROOF_PROVEN(PROOF_WATCHDOG));
	assert_int_equal(host_events(EVENT_PROOF), 1);
}

/* A heartbeat that a restart has zeroed has moved: the time begins anew. [utest->swr~el2-watchdog~1] */
static void a_restart_is_a_change(void **state)
{
	for (u32 i = 0; i < 8; i++)
		look();
	heartbeat()->beat = 0;
	for (u32 i = 0; i < 8; i++)
		look();
	heartbeat()->beat = 1;
	look();
	assert_int_equal(call_count("machine-reset"), 0);
}

/* Not before all of the time has gone, and a look later at the latest. [utest->swr~el2-watchdog~1] */
static void a_heart_that_stands_still(void **state)
{
	host_telemetry(0)->cell_state = CELL_READY;
	for (u32 i = 0; i < 8; i++)
		look();
	assert_int_equal(call_count("machine-reset"), 0);
	look();
	assert_int_equal(call_count("machine-reset"), 1);
	assert_int_equal(crash_dump.kind, CRASH_WATCHDOG);
	assert_int_equal(crash_dump.cell, this_cell->index);
	assert_int_equal(crash_dump.error, BP_ERROR_HEARTBEAT_MISSED);
	assert_int_equal(crash_dump.detail, CELL_READY);
}

/* The timer's line may fall late: the interrupt comes once more, at once. [utest->swr~el2-watchdog~1] */
static void an_interrupt_too_early_is_no_look(void **state)
{
	look();
	for (u32 i = 0; i < 100; i++)
		watchdog_work();
	assert_int_equal(call_count("alarm(1000)"), 3 + 1);
	for (u32 i = 0; i < 7; i++)
		look();
	assert_int_equal(call_count("machine-reset"), 0);
	look();
	assert_int_equal(call_count("machine-reset"), 1);
}

/* A core that isn't the service core, and a cell without a time, set no timer. [utest->swr~el2-watchdog~1] */
static void nobody_else_has_one(void **state)
{
	calls_reset();
	core_identify(1);
	watchdog_start();
	core_identify(0);
	host_cell()->watchdog_ns = 0;
	watchdog_start();
	assert_string_equal(calls(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_heart_that_beats, boot),
		cmocka_unit_test_setup(the_first_look_is_a_proof, boot),
		cmocka_unit_test_setup(a_restart_is_a_change, boot),
		cmocka_unit_test_setup(a_heart_that_stands_still, boot),
		cmocka_unit_test_setup(an_interrupt_too_early_is_no_look, boot),
		cmocka_unit_test_setup(nobody_else_has_one, boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

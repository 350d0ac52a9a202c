/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_hypercalls.c - what a cell may ask for, and what it is refused (hypercall.h).
 *
 * Robustness: unknown_functions, upper_half_of_function_is_ignored, doorbells_are_rated,
 * control_is_the_health_cells, control_checks_its_arguments, faults_end_their_cell
 */
#include "arch.h"
#include "../../../src/core/crash.h"
#include "../../../src/core/rate.h"
#include "../../../src/core/hypercalls.h"
#include "../../../src/core/service.h"

static struct exit frame;

static int boot_as(u32 flags)
{
	host_cell_make(2, BP_MODE_DIRECT, flags);
	host_cell()->heartbeat_ns = 5000000;
	memset(host_cell()->actions, BP_ACTION_LOG, sizeof(host_cell()->actions));
	host_service_make(3);
	calls_reset();
	return 0;
}

static int boot(void **state)
{
	return boot_as(0);
}

static int boot_health(void **state)
{
	return boot_as(BP_CELL_HEALTH | BP_CELL_SERVICE);
}

static s64 call(u64 function, u64 x1, u64 x2, u64 x3)
{
	memset(&frame, 0xa5, sizeof(frame));
	frame.x[0] = function;
	frame.x[1] = x1;
	frame.x[2] = x2;
	frame.x[3] = x3;
	frame.x[4] = 44;
	assert_int_equal(hypercall(&frame), OUTCOME_SAME);
	for (u32 i = 4; i < 31; i++)
		assert_int_equal(frame.x[i], i == 4 ? 44 : 0xa5a5a5a5a5a5a5a5); /* preserved */
	return (s64)frame.x[0];
}

/* [utest->swr~hypercalls-bounded~1] */
static void identification(void **state)
{
	/* UUID 6d0fd9ab-77a4-4e0e-9e3b-b1a2c8a7f0e5, byte 0 in the lowest bits of w0 (SMCCC 5.2). */
	static const u8 uuid[16] = {0x6d, 0x0f, 0xd9, 0xab, 0x77, 0xa4, 0x4e, 0x0e,
				    0x9e, 0x3b, 0xb1, 0xa2, 0xc8, 0xa7, 0xf0, 0xe5};

	call(HYPERCALL_UID, 0, 0, 0);
	for (u32 i = 0; i < 16; i++)
		assert_int_equal(frame.x[i / 4] >> 8 * (i % 4) & 0xff, uuid[i]);
	assert_int_equal(call(HYPERCALL_REVISION, 9, 0, 0), 1);
	assert_int_equal(frame.x[1], HYPERCALL_ABI & 0xffff);
}

/* [utest->swr~hypercalls-bounded~1] */
static void unknown_functions(void **state)
{
	static const u32 functions[] = {0xc6000006, 0xc600ffff, 0x86000000,
					0x8600ff00, 0x06000001, HYPERCALL_BOOT_CONFIRM};

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		assert_int_equal(call(functions[i], 0, 0, 0), HYPERCALL_NOT_SUPPORTED);
}

static void upper_half_of_function_is_ignored(void **state)
{
	assert_int_equal(call(UINT64_C(0xffffffff00000000) | HYPERCALL_REVISION, 0, 0, 0), 1);
}

/* [utest->swr~hypercalls-bounded~1] */
static void cell_info(void **state)
{
	static const u64 wanted[] = {1, 2, 7, BP_MODE_DIRECT, 5000000, 2000000000};

	cell_state()->generation = 7;
	host_cell()->watchdog_ns = 2000000000;
	for (u64 i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_int_equal(call(HYPERCALL_CELL_INFO, i, 0, 0), HYPERCALL_OK);
		assert_int_equal(frame.x[1], wanted[i]);
	}
	assert_int_equal(call(HYPERCALL_CELL_INFO, ARRAY_SIZE(wanted), 0, 0), HYPERCALL_INVALID);
	assert_int_equal(call(HYPERCALL_CELL_INFO, UINT64_MAX, 0, 0), HYPERCALL_INVALID);
	assert_int_equal(call(HYPERCALL_CELL_INFO, UINT64_C(1) << 32, 0, 0), HYPERCALL_INVALID);
}

static void ready_begins_the_steady_state(void **state)
{
	cell_state()->generation = 4;
	host_telemetry(0)->generation = 4;
	host_telemetry(0)->exits[EXIT_IRQ] = 99;
	assert_int_equal(call(HYPERCALL_READY, 0, 0, 0), HYPERCALL_OK);
	assert_int_equal(host_telemetry(0)->cell_state, CELL_READY);
	assert_int_equal(host_telemetry(0)->exits_at_ready, 100);
	assert_int_not_equal(host_telemetry(0)->ready_time, 0);
	assert_int_equal(host_event(EVENT_CELL_READY)->args[0], 4);
	/* Said again in the same life it changes nothing. */
	host_telemetry(0)->exits[EXIT_IRQ] = 150;
	assert_int_equal(call(HYPERCALL_READY, 0, 0, 0), HYPERCALL_OK);
	assert_int_equal(host_telemetry(0)->exits_at_ready, 100);
	cell_state()->generation = 5;
	core_identify(1);
	host_telemetry(1)->exits[EXIT_IRQ] = 5;
	assert_int_equal(call(HYPERCALL_READY, 0, 0, 0), HYPERCALL_OK);
	assert_int_equal(host_telemetry(1)->exits_at_ready, 6);
	assert_int_equal(host_telemetry(1)->cell_state, CELL_NONE);
}

static void events_carry_arguments(void **state)
{
	const struct event *event;

	assert_int_equal(call(HYPERCALL_EVENT, 11, 22, 33), HYPERCALL_OK);
	event = host_event(EVENT_APPLICATION);
	assert_int_equal(event->args[0], 11);
	assert_int_equal(event->args[1], 22);
	assert_int_equal(event->args[2], 33);
	assert_int_equal(event->args[3], 44);
}

static struct doorbell rung;

static s64 doorbell(u64 index)
{
	return hypercall_doorbell(index, arch_now, &rung);
}

/* [utest->swr~doorbell-declared~1] */
/* [utest->swr~doorbell-rate~1] */
static void doorbells(void **state)
{
	static const struct bp_bell bells[] = {{0x224, 0x1000}, {0x224, 0x2000}};
	struct bp_channel channels[3] = {{.flags = BP_CHANNEL_READS}, {.flags = BP_CHANNEL_WRITES}};
	struct bp_channel *rows = host_table(&host_cell()->channels, channels, 3, sizeof(channels[0]));

	host_table(&rows[1].ring, bells, 2, sizeof(bells[0]));
	assert_int_equal(doorbell(0), HYPERCALL_INVALID); /* rings nobody */
	assert_int_equal(doorbell(3), HYPERCALL_INVALID);
	assert_int_equal(doorbell(UINT64_C(1) << 32 | 1), HYPERCALL_INVALID);
	assert_int_equal(doorbell(UINT64_MAX), HYPERCALL_INVALID);
	assert_int_equal(rung.count, 0);
	assert_int_equal(doorbell(1), HYPERCALL_OK);
	assert_int_equal(rung.count, 2);
	assert_memory_equal(rung.bells, bells, sizeof(bells));
}

/* [utest->swr~doorbell-rate~1] */
static void doorbells_are_rated(void **state)
{
	static const struct bp_bell bells[] = {{0x224, 0x1000}};
	struct bp_channel channels[1] = {{.flags = BP_CHANNEL_WRITES}};
	struct bp_channel *rows = host_table(&host_cell()->channels, channels, 1, sizeof(channels[0]));

	host_table(&rows[0].ring, bells, 1, sizeof(bells[0]));
	arch_now += RATE_UNIT_NS;
	for (u32 i = 0; i < DOORBELLS_MAX; i++)
		assert_int_equal(doorbell(0), HYPERCALL_OK);
	assert_int_equal(doorbell(0), HYPERCALL_BUSY);
	assert_int_equal(rung.count, 0);
	arch_now += RATE_UNIT_NS;
	assert_int_equal(doorbell(0), HYPERCALL_OK);
	assert_int_equal(rung.count, 1);
}

/* [utest->swr~hypercalls-bounded~1] */
static void control_is_the_health_cells(void **state)
{
	assert_int_equal(call(HYPERCALL_CELL_CONTROL, 0, CELL_STOP, BP_ERROR_COUNT), HYPERCALL_DENIED);
	assert_int_equal(call(HYPERCALL_CONSOLE_INPUT, 0, 'x', 0), HYPERCALL_DENIED);
	assert_int_equal(call(HYPERCALL_MACHINE_RESET, 0, 0, 0), HYPERCALL_DENIED);
	assert_int_equal(host_telemetry(0)->denied, 3);
	assert_int_equal(host_events(EVENT_DENIED), 3);
	assert_int_equal(host_event(EVENT_DENIED)->args[0], HYPERCALL_MACHINE_RESET);
	assert_int_equal(host_order(0)->sequence, 0);
	assert_int_equal(host_order(0)->input_head, 0);
	assert_string_equal(calls(), "");
}

/* [utest->swr~order-revokes~1] */
static void control_orders_and_revokes(void **state)
{
	assert_int_equal(call(HYPERCALL_CELL_CONTROL, 2, CELL_RESTART, BP_ERROR_HEARTBEAT_MISSED), 0);
	assert_int_equal(host_order(2)->sequence, 1);
	assert_int_equal(host_order(2)->action, BP_ACTION_RESTART);
	assert_int_equal(host_order(2)->cause, BP_ERROR_HEARTBEAT_MISSED);
	assert_string_equal(calls(), "revoke-other(2) ");
	assert_int_equal(call(HYPERCALL_CELL_CONTROL, 2, CELL_STOP, BP_ERROR_COUNT), 0);
	assert_int_equal(host_order(2)->sequence, 2);
	assert_int_equal(host_order(2)->action, BP_ACTION_STOP);
	assert_int_equal(host_order(2)->cause, BP_ERROR_COUNT);
	assert_int_equal(host_events(EVENT_ORDER), 2);
	assert_int_equal(host_event(EVENT_ORDER)->args[0], 2);
	assert_int_equal(host_event(EVENT_ORDER)->args[1], BP_ACTION_STOP);
	assert_int_equal(host_order(0)->sequence + host_order(1)->sequence, 0);
}

/* Only where firmware can't does it come back. [utest->swr~machine-reset~2] */
static void health_cell_resets_the_machine(void **state)
{
	assert_int_equal(call(HYPERCALL_MACHINE_RESET, 1, 7, BP_ERROR_SERROR), HYPERCALL_NOT_SUPPORTED);
	assert_string_equal(calls(), "machine-reset ");
	assert_int_equal(crash_dump.kind, CRASH_RESET);
	assert_int_equal(crash_dump.cell, 1);
	assert_int_equal(crash_dump.detail, 7);
	assert_int_equal(crash_dump.error, BP_ERROR_SERROR);
	call(HYPERCALL_MACHINE_RESET, MACHINE_RESET_NOBODY, 0, BP_ERROR_COUNT);
	assert_int_equal(crash_dump.cell, CRASH_NO_CELL);
	calls_reset();
	assert_int_equal(call(HYPERCALL_MACHINE_RESET, BP_CELLS_MAX, 0, 0), HYPERCALL_INVALID);
	assert_int_equal(call(HYPERCALL_MACHINE_RESET, UINT64_MAX, 0, 0), HYPERCALL_INVALID);
	assert_int_equal(call(HYPERCALL_MACHINE_RESET, 0, 0, BP_ERROR_COUNT + 1), HYPERCALL_INVALID);
	assert_string_equal(calls(), "");
}

/* [utest->swr~hypercalls-bounded~1] */
static void control_checks_its_arguments(void **state)
{
	static const u64 bad[][3] = {{3, CELL_STOP, 0},
				     {UINT64_MAX, CELL_STOP, 0},
				     {UINT64_C(1) << 32, CELL_STOP, 0},
				     {0, CELL_RESTART + 1, 0},
				     {0, UINT64_C(1) << 32, 0},
				     {0, CELL_STOP, BP_ERROR_COUNT + 1},
				     {0, CELL_STOP, UINT64_C(1) << 32}};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(call(HYPERCALL_CELL_CONTROL, bad[i][0], bad[i][1], bad[i][2]),
				 HYPERCALL_INVALID);
	assert_int_equal(call(HYPERCALL_CONSOLE_INPUT, 3, 'x', 0), HYPERCALL_INVALID);
	assert_int_equal(call(HYPERCALL_CONSOLE_INPUT, UINT64_C(1) << 32, 'x', 0), HYPERCALL_INVALID);
	core_identify(1); /* not the service core: nothing of other cells is mapped here */
	assert_int_equal(call(HYPERCALL_CELL_CONTROL, 0, CELL_STOP, 0), HYPERCALL_INVALID);
	assert_int_equal(call(HYPERCALL_CONSOLE_INPUT, 0, 'x', 0), HYPERCALL_INVALID);
	assert_string_equal(calls(), "");
}

static void console_input_reaches_the_cell(void **state)
{
	struct bp_service_cell *cell = (struct bp_service_cell *)service_cell(1);

	assert_int_equal(call(HYPERCALL_CONSOLE_INPUT, 1, 0x141, 0), 0); /* no UART: no interrupt */
	assert_string_equal(calls(), "");
	cell->uart_intid = 201;
	for (u32 i = 1; i < ORDER_INPUT_BYTES + 1; i++)
		assert_int_equal(call(HYPERCALL_CONSOLE_INPUT, 1, i, 0), 0);
	assert_int_equal(host_order(1)->input_head, ORDER_INPUT_BYTES + 1);
	assert_int_equal(host_order(1)->input[1], 1);
	assert_int_equal(host_order(1)->input[0], (u8)ORDER_INPUT_BYTES); /* in place of the first */
	assert_int_equal(call_count("raise(201)"), ORDER_INPUT_BYTES);
}

/* ---- faults.c, by way of the application's own error ---- */

/* [utest->swr~fault-costs-its-cell~1] */
static void application_error_takes_its_action(void **state)
{
	assert_int_equal(call(HYPERCALL_APPLICATION_ERROR, 0x77, 0, 0), HYPERCALL_OK); /* log */
	assert_int_equal(host_telemetry(0)->faults[BP_ERROR_APPLICATION], 1);
	assert_int_equal(host_telemetry(0)->fault.error, BP_ERROR_APPLICATION);
	assert_int_equal(host_telemetry(0)->fault.action, BP_ACTION_LOG);
	assert_int_equal(host_telemetry(0)->fault.far, 0x77);
	assert_int_equal(host_telemetry(0)->fault.count, 1);
	assert_int_equal(host_event(EVENT_FAULT)->args[0], BP_ERROR_APPLICATION);
	assert_int_equal(host_event(EVENT_FAULT)->args[1], BP_ACTION_LOG);
	host_cell()->actions[BP_ERROR_APPLICATION] = BP_ACTION_IGNORE;
	assert_int_equal(call(HYPERCALL_APPLICATION_ERROR, 0x77, 0, 0), HYPERCALL_OK);
	assert_string_equal(calls(), "");
}

static void faults_end_their_cell(void **state)
{
	static const struct {
		enum bp_action action, request;
	} rows[] = {{BP_ACTION_RESTART, BP_ACTION_RESTART},
		    {BP_ACTION_STOP, BP_ACTION_STOP},
		    {BP_ACTION_SAFE, BP_ACTION_STOP},
		    {BP_ACTION_RESET, BP_ACTION_STOP},
		    {BP_ACTION_COUNT, BP_ACTION_STOP}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		boot(NULL);
		host_cell()->actions[BP_ERROR_APPLICATION] = (u8)rows[i].action;
		frame.x[0] = HYPERCALL_APPLICATION_ERROR;
		assert_int_equal(hypercall(&frame), OUTCOME_REST);
		assert_string_equal(calls(), "revoke wake(1) ");
		assert_int_equal(cell_state()->cores[0].request & 0xff, rows[i].request);
		assert_int_equal(cell_state()->cores[0].request >> 8 & 0xff, BP_ERROR_APPLICATION);
		assert_int_equal(cell_state()->cores[1].request, 0);
		for (u32 cell = 0; cell < 3; cell++)
			assert_int_equal(host_order(cell)->sequence, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(identification, boot),
		cmocka_unit_test_setup(unknown_functions, boot),
		cmocka_unit_test_setup(upper_half_of_function_is_ignored, boot),
		cmocka_unit_test_setup(cell_info, boot),
		cmocka_unit_test_setup(ready_begins_the_steady_state, boot),
		cmocka_unit_test_setup(events_carry_arguments, boot),
		cmocka_unit_test_setup(doorbells, boot),
		cmocka_unit_test_setup(doorbells_are_rated, boot),
		cmocka_unit_test_setup(control_is_the_health_cells, boot),
		cmocka_unit_test_setup(control_orders_and_revokes, boot_health),
		cmocka_unit_test_setup(health_cell_resets_the_machine, boot_health),
		cmocka_unit_test_setup(control_checks_its_arguments, boot_health),
		cmocka_unit_test_setup(console_input_reaches_the_cell, boot_health),
		cmocka_unit_test_setup(application_error_takes_its_action, boot),
		cmocka_unit_test_setup(faults_end_their_cell, boot),
	};

	return cmocka_run_group_tests_name("hypercalls", tests, NULL, NULL);
}

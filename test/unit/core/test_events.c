/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_events.c - event records and their CRC-32 (telemetry.h).
 *
 * Robustness: oldest_is_overwritten, flood_leaves_room
 */
#include "arch.h"
#include "../../../src/core/events.h"

static int boot(void **state)
{
	host_cell_make(2, BP_MODE_INJECTED, 0);
	calls_reset();
	return 0;
}

/* [utest->swr~events-recorded~1] */
static void assert_good(const struct event *event, u64 sequence)
{
	assert_int_equal(event->sequence, sequence);
	assert_int_equal(event->crc, arch_crc32(event, offsetof(struct event, crc)));
}

static void record_is_whole(void **state)
{
	const struct event *event = &host_ring(0)->slots[0];

	events_start();
	host_telemetry(0)->core = 4;
	assert_int_equal(host_ring(0)->magic, EVENT_RING_MAGIC);
	assert_int_equal(host_ring(0)->head, 0);
	event_record(EVENT_FAULT, 1, 2, 3, UINT64_MAX);
	assert_int_equal(host_ring(0)->head, 1);
	assert_int_equal(host_telemetry(0)->event_sequence, 1);
	assert_good(event, 1);
	assert_int_equal(event->code, EVENT_FAULT);
	assert_int_equal(event->core, 4);
	assert_int_equal(event->cell, 1);
	assert_int_equal(event->time, arch_now);
	assert_int_equal(event->args[0], 1);
	assert_int_equal(event->args[1], 2);
	assert_int_equal(event->args[2], 3);
	assert_true(event->args[3] == UINT64_MAX);
}

/* [utest->swr~events-recorded~1] */
static void oldest_is_overwritten(void **state)
{
	events_start();
	for (u64 n = 1; n <= 3 * EVENT_RING_SLOTS + 5; n++) {
		event_record(EVENT_CELL_RESTART, n, 0, 0, 0);
		assert_int_equal(host_ring(0)->head, n);
		assert_good(&host_ring(0)->slots[(n - 1) % EVENT_RING_SLOTS], n);
	}
	/* The last 63 are there, each in its slot. */
	for (u64 n = 2 * EVENT_RING_SLOTS + 6; n <= 3 * EVENT_RING_SLOTS + 5; n++) {
		const struct event *event = &host_ring(0)->slots[(n - 1) % EVENT_RING_SLOTS];

		assert_good(event, n);
		assert_int_equal(event->args[0], n);
	}
}

/* [utest->swr~events-recorded~1] */
static void each_core_has_its_own(void **state)
{
	core_identify(1);
	events_start();
	event_record(EVENT_CORE_ON, 1, 0, 0, 0);
	assert_int_equal(host_ring(0)->head, 0);
	assert_int_equal(host_ring(1)->head, 1);
}

/* The ring outlives a restart of the core's guest: sequences go on. */
static void start_keeps_the_sequence(void **state)
{
	event_record(EVENT_CORE_ON, 1, 0, 0, 0);
	events_start();
	event_record(EVENT_CORE_ON, 1, 0, 0, 0);
	assert_int_equal(host_ring(0)->head, 2);
}

/* A guest's flood leaves room for the records of what becomes of it. [utest->swr~events-flood~2] */
static void flood_leaves_room(void **state)
{
	static const enum event_code at_will[] = {EVENT_APPLICATION, EVENT_DENIED,  EVENT_SGI_FOREIGN,
						  EVENT_CELL_READY,  EVENT_CORE_ON, EVENT_CORE_OFF};
	const u64 period = arch_ns_to_ticks(EVENTS_GUEST_PERIOD_MS * UINT64_C(1000000));

	events_start();
	arch_now += 10 * period; /* past what other tests have used up */
	arch_step = 0;
	for (u64 n = 0; n < 1000; n++)
		event_record(at_will[n % ARRAY_SIZE(at_will)], n, 0, 0, 0);
	event_record(EVENT_FAULT, 1, BP_ACTION_LOG, 3, 4);
	assert_int_equal(host_ring(0)->head, EVENTS_GUEST_MAX);
	assert_int_equal(host_telemetry(0)->events_dropped, 1001 - EVENTS_GUEST_MAX);
	event_record(EVENT_FAULT, 1, BP_ACTION_RESTART, 3, 4);
	event_record(EVENT_CELL_RESTART, 1, 1, 0, 0);
	assert_int_equal(host_ring(0)->head, EVENTS_GUEST_MAX + 2);
	arch_now += period;
	event_record(EVENT_APPLICATION, 1, 0, 0, 0);
	assert_int_equal(host_ring(0)->head, EVENTS_GUEST_MAX + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(record_is_whole, boot),
		cmocka_unit_test_setup(oldest_is_overwritten, boot),
		cmocka_unit_test_setup(each_core_has_its_own, boot),
		cmocka_unit_test_setup(start_keeps_the_sequence, boot),
		cmocka_unit_test_setup(flood_leaves_room, boot),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}

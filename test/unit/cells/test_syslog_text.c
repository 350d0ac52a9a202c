// SPDX-License-Identifier: Apache-2.0
/*
 * test_syslog_text.c - events as syslog messages.
 *
 * Robustness: longest
 */
#include "test.h"

#include "small_machine.h"
#include "syslog_text.h"

static char text[SYSLOG_MAX];

static struct event event_of(uint32_t code, uint64_t first, uint64_t second)
{
	return (struct event){
		.code = code,
		.core = 1,
		.cell = SMALL_GATEWAY,
		.time = 12345678901,
		.args = {first, second, 0x20, 0x40},
	};
}

static const char *message(const struct event *event, uint64_t unix_ns, uint64_t number)
{
	const struct syslog_origin origin = {.host = "10.0.2.15", .unix_ns = unix_ns, .number = number};
	const uint32_t length = syslog_text(&small_machine()->machine, event, &origin, text);

	assert_int_equal(length, strlen(text));
	return text;
}

/* [utest->swr~syslog-text~1] */
static void messages(void **state)
{
	struct event event = event_of(EVENT_FAULT, BP_ERROR_MEMORY_VIOLATION, BP_ACTION_RESTART);

	assert_string_equal(
		message(&event, 0, 7),
		"<131>1 - 10.0.2.15 bulkhead gateway fault [meta sequenceId=\"7\" sysUpTime=\"1234\"] "
		"core=1 fault error=memory-violation action=restart esr=0x20 address=0x40");
	event.cell = 0xffff;
	assert_string_equal(message(&event, UINT64_C(1764361234567890123), UINT64_C(2147483648)),
			    "<131>1 2025-11-28T20:20:34.567890Z 10.0.2.15 bulkhead - fault "
			    "[meta sequenceId=\"1\" sysUpTime=\"1234\"] "
			    "core=1 fault error=memory-violation action=restart esr=0x20 address=0x40");
}

/* [utest->swr~syslog-text~1] */
static void uptime(void **state)
{
	struct small_machine *small = small_machine();
	struct event event = event_of(EVENT_CELL_READY, 1, 0);
	const struct syslog_origin origin = {.host = "a", .number = 1};

	small->telemetry[0].boot_time = 2345678901; /* a reset left the counter as it was */
	syslog_text(&small->machine, &event, &origin, text);
	assert_non_null(strstr(text, " sysUpTime=\"1000\"]"));
	event.time =
		small->telemetry[0].boot_time + ((UINT64_C(1) << 32) + 5) * 10000000; /* 497 days later */
	syslog_text(&small->machine, &event, &origin, text);
	assert_non_null(strstr(text, " sysUpTime=\"5\"]"));
}

/* [utest->swr~syslog-text~1] */
static void severities(void **state)
{
	static const struct {
		uint32_t code;
		uint64_t first, second;
		const char *priority;
	} all[] = {
		{EVENT_CELL_START, 1, 0, "<134>"},
		{EVENT_CELL_READY, 1, 0, "<134>"},
		{EVENT_CELL_LOST, 1, 0, "<130>"},
		{EVENT_CELL_STOP, BP_ERROR_COUNT, 0, "<133>"},
		{EVENT_CELL_STOP, BP_ERROR_SERROR, 0, "<131>"},
		{EVENT_CELL_RESTART, BP_ERROR_HEARTBEAT_MISSED, 0, "<131>"},
		{EVENT_FAULT, BP_ERROR_SERROR, BP_ACTION_LOG, "<132>"},
		{EVENT_DENIED, 0, 0, "<132>"},
		{EVENT_DMA_FAULT, 0, 0, "<132>"},
		{EVENT_ORDER, 0, 0, "<133>"},
		{EVENT_IOMMU, 0, 0, "<131>"},
		{EVENT_PROOF, PROOF_STAGE2, 1, "<134>"},
		{EVENT_PROOF, PROOF_STAGE2, 0, "<130>"},
		{EVENT_SLOT, SLOT_RUNS, 0, "<134>"},
		{EVENT_SLOT, SLOT_REFUSED, 0, "<131>"},
		{EVENT_SLOT, SLOT_LOST, 2, "<130>"},
		{EVENT_SLOT, SLOT_UNCONFIRMED, 0, "<131>"},
		{EVENT_SLOT, SLOT_WRITE_FAILED, 0, "<131>"},
		{EVENT_SLOT, SLOT_TRY, 1, "<133>"},
		{EVENT_SLOT, SLOT_RESET, 1, "<133>"},
		{EVENT_SLOT, SLOT_NO_RESET, 2, "<132>"},
		{EVENT_DEVICE + 100, 0, 0, "<134>"},
	};

	for (unsigned i = 0; i < LENGTH(all); i++) {
		const struct event event = event_of(all[i].code, all[i].first, all[i].second);

		message(&event, 0, 1);
		assert_memory_equal(text, all[i].priority, 5);
	}
}

/* [utest->swr~syslog-text~1] */
static void longest(void **state)
{
	struct event event = event_of(EVENT_APPLICATION, UINT64_MAX, UINT64_MAX);
	struct directory_cell *cell = (struct directory_cell *)&small_machine()->machine.cells[SMALL_GATEWAY];
	const struct syslog_origin origin = {
		.host = "255.255.255.255", .unix_ns = UINT64_MAX, .number = UINT64_MAX};

	memset(cell->name, 'n', sizeof(cell->name) - 1);
	event.time = UINT64_MAX;
	event.args[2] = event.args[3] = UINT64_MAX;
	assert_true(syslog_text(&small_machine()->machine, &event, &origin, text) < SYSLOG_MAX - 1);
}

/* [utest->swr~syslog-text~1] */
static void dates(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} all[] = {
		{0, "1970-01-01T00:00:00.000000Z"},	     {951782399, "2000-02-28T23:59:59.000000Z"},
		{951782400, "2000-02-29T00:00:00.000000Z"},  {951868800, "2000-03-01T00:00:00.000000Z"},
		{978307199, "2000-12-31T23:59:59.000000Z"},  {1709210096, "2024-02-29T12:34:56.000000Z"},
		{4107542400, "2100-03-01T00:00:00.000000Z"}, {17179869183, "2514-05-30T01:53:03.000000Z"},
	};

	for (unsigned i = 0; i < LENGTH(all); i++) {
		timestamp_text(all[i].seconds * 1000000000, text);
		assert_string_equal(text, all[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages), cmocka_unit_test(uptime), cmocka_unit_test(severities),
		cmocka_unit_test(longest),  cmocka_unit_test(dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

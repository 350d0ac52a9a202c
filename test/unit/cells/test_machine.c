// SPDX-License-Identifier: Apache-2.0
/*
 * test_machine.c - the directory, one look at a cell, and the command line.
 *
 * Robustness: refused, largest
 */
#include "test.h"

#include "command.h"
#include "crc32.h"
#include "lastboot.h"
#include "machine.h"

static struct {
	struct directory head;
	struct directory_core cores[4];
	struct directory_cell cells[2];
} directory;
static struct telemetry_core telemetry[4];
static struct heartbeat heartbeat;
static struct machine machine;

/* Core 0: health. Cores 1 and 2: gateway. Core 3: nobody's. */
static int start(void **state)
{
	memset(&directory, 0, sizeof(directory));
	memset(telemetry, 0, sizeof(telemetry));
	memset(&heartbeat, 0, sizeof(heartbeat));
	directory.head = (struct directory){
		.magic = DIRECTORY_MAGIC,
		.abi = TELEMETRY_ABI,
		.size = sizeof(directory),
		.cores = {sizeof(struct directory), 4},
		.cells = {sizeof(struct directory) + sizeof(directory.cores), 2},
	};
	for (unsigned i = 0; i < 4; i++) {
		directory.cores[i].cell = i == 0 ? 0 : i == 3 ? CELL_UNASSIGNED : 1;
		directory.cores[i].telemetry_ipa = (uintptr_t)&telemetry[i];
		directory.cores[i].ring_ipa = 0x1000;
	}
	strcpy(directory.cells[0].name, "health");
	strcpy(directory.cells[1].name, "gateway");
	directory.cells[1].first_core = 1;
	directory.cells[1].heartbeat_ipa = (uintptr_t)&heartbeat;
	return machine_open(&machine, &directory, sizeof(directory), 1000) ? -1 : 0;
}

/* [utest->swr~health-scale~1] */
static void refused(void **state)
{
	directory.head.cells.count = 3;
	assert_non_null(machine_open(&machine, &directory, sizeof(directory), 1000));
	directory.head.cells.count = 2;
	directory.head.cores.offset = UINT32_MAX - 7;
	assert_non_null(machine_open(&machine, &directory, sizeof(directory), 1000));
	directory.head.cores.offset = sizeof(struct directory);
	directory.head.abi++;
	assert_non_null(machine_open(&machine, &directory, sizeof(directory), 1000));
	directory.head.abi--;
	directory.head.magic++;
	assert_non_null(machine_open(&machine, &directory, sizeof(directory), 1000));
	directory.head.magic--;
	assert_non_null(machine_open(&machine, &directory, 32, 1000));
	assert_null(machine_open(&machine, &directory, sizeof(directory), 1000));
}

/* [utest->swr~health-scale~1] */
static void largest(void **state)
{
	static struct {
		struct directory head;
		struct directory_core cores[BP_CORES_MAX + 1];
		struct directory_cell cells[BP_CELLS_MAX + 1];
	} many;
	static struct telemetry_core last;
	struct cell_view v;

	many.head = (struct directory){
		.magic = DIRECTORY_MAGIC,
		.abi = TELEMETRY_ABI,
		.size = sizeof(many),
		.cores = {offsetof(typeof(many), cores), BP_CORES_MAX},
		.cells = {offsetof(typeof(many), cells), BP_CELLS_MAX},
	};
	for (unsigned i = 0; i < BP_CORES_MAX; i++)
		many.cores[i].cell = CELL_UNASSIGNED;
	many.cores[BP_CORES_MAX - 1] = (struct directory_core){
		.cell = BP_CELLS_MAX - 1,
		.telemetry_ipa = (uintptr_t)&last,
	};
	last.cell_state = CELL_READY;
	last.exits[EXIT_IRQ] = 5;
	strcpy(many.cells[BP_CELLS_MAX - 1].name, "last");
	many.cells[BP_CELLS_MAX - 1].first_core = BP_CORES_MAX - 1;
	assert_null(machine_open(&machine, &many, sizeof(many), 1000));
	assert_int_equal(machine_find(&machine, "last", 4), BP_CELLS_MAX - 1);
	machine_view(&machine, BP_CELLS_MAX - 1, &v);
	assert_int_equal(v.state, CELL_READY);
	assert_int_equal(machine_exits(&machine, BP_CELLS_MAX - 1), 5);
	machine.lost[BP_CELLS_MAX - 1] = true;
	machine_view(&machine, BP_CELLS_MAX - 1, &v);
	assert_int_equal(v.state, CELL_LOST);
	many.head.cells.count++;
	assert_non_null(machine_open(&machine, &many, sizeof(many), 1000));
	many.head.cells.count--;
	many.head.cores.count++;
	assert_non_null(machine_open(&machine, &many, sizeof(many), 1000));
}

/* [utest->swr~health-scale~1] */
static void view(void **state)
{
	struct cell_view v;

	telemetry[1].cell_state = CELL_READY;
	telemetry[1].generation = 4;
	telemetry[1].ready_time = 7;
	telemetry[1].restarts = 3;
	telemetry[1].exits[EXIT_IRQ] = 100;
	telemetry[1].exits_at_ready = 90;
	telemetry[2].exits[EXIT_IRQ] = 7;
	telemetry[3].exits[EXIT_IRQ] = 1000;
	heartbeat.beat = 12;
	heartbeat.values[HEARTBEAT_TICKS] = 13;
	heartbeat.values[HEARTBEAT_MISSED] = 14;
	heartbeat.values[HEARTBEAT_LATENCY_WORST] = 15;
	heartbeat.values[HEARTBEAT_SETPOINT] = 16;
	machine_view(&machine, 1, &v);
	assert_int_equal(v.state, CELL_READY);
	assert_int_equal(v.generation, 4);
	assert_int_equal(v.restarts, 3);
	assert_int_equal(machine_exits(&machine, 1), 17);
	assert_int_equal(v.beat, 12);
	assert_int_equal(v.ticks, 13);
	assert_int_equal(v.missed, 14);
	assert_int_equal(v.worst_ns, 15);
	assert_int_equal(v.setpoint, 16);
	telemetry[1].ready_time = 0;
	machine_view(&machine, 1, &v);
	assert_int_equal(machine_exits(&machine, 1), 107);
	assert_null(machine_telemetry(&machine, 3));
	assert_null(machine_ring(&machine, 3));
	machine_view(&machine, 0, &v); /* without heartbeat page */
	assert_int_equal(v.beat, 0);
}

static void commands(void **state)
{
	static const struct {
		const char *line;
		enum command_verb verb;
		uint32_t cell;
		const char *text;
	} all[] = {
		{"", COMMAND_NONE, 0, ""},
		{" \t", COMMAND_NONE, 0, ""},
		{"status", COMMAND_STATUS, 0, NULL},
		{" table ", COMMAND_TABLE, 0, NULL},
		{"map", COMMAND_MAP, 0, NULL},
		{"help", COMMAND_HELP, 0, NULL},
		{"events", COMMAND_EVENTS, 0, NULL},
		{"restart gateway", COMMAND_RESTART, 1, ""},
		{"stop  health", COMMAND_STOP, 0, ""},
		{"stop", COMMAND_NO_CELL, 2, ""},
		{"stop gate", COMMAND_NO_CELL, 2, "gate"},
		{"stop gateways", COMMAND_NO_CELL, 2, "gateways"},
		{"send gateway  ls -l /", COMMAND_SEND, 1, "ls -l /"},
		{"attach gateway", COMMAND_ATTACH, 1, ""},
		{"latency gateway", COMMAND_LATENCY, 1, ""},
		{"rest gateway", COMMAND_UNKNOWN, 0, "rest gateway"},
	};
	struct command command;

	for (unsigned i = 0; i < LENGTH(all); i++) {
		command_parse(all[i].line, &machine, &command);
		assert_int_equal(command.verb, all[i].verb);
		assert_int_equal(command.cell, all[i].cell);
		if (all[i].text)
			assert_string_equal(command.text, all[i].text);
	}
}

/* [utest->swr~health-last-boot~1] */
static void last_boot(void **state)
{
	static struct crash_record record;
	char text[200];

	assert_null(lastboot_open(&machine));
	record =
		(struct crash_record){.magic = CRASH_MAGIC, .boot_count = 2, .left = 5, .count = CRASH_DUMPS};
	directory.head.crash_ipa = (uintptr_t)&record;
	assert_null(lastboot_open(&machine));
	record.crc = crc32_add(0, &record, offsetof(struct crash_record, crc));
	assert_ptr_equal(lastboot_open(&machine), &record);
	record.count++;
	record.crc = crc32_add(0, &record, offsetof(struct crash_record, crc));
	assert_null(lastboot_open(&machine));
	record.dumps[0] = (struct crash_dump){.kind = CRASH_EXCEPTION,
					      .core = 1,
					      .cell = 1,
					      .error = BP_ERROR_EXCEPTION_AT_EL2,
					      .time = 61005,
					      .vector = 4,
					      .esr = 0xf2000000,
					      .elr = 0x10,
					      .far = 0x20,
					      .sp = 0x30};
	lastboot_text(&machine, &record.dumps[0], text, sizeof(text));
	assert_string_equal(text,
			    "61.005 core=1 cell=gateway exception-at-el2 vector=4 esr=0xf2000000 elr=0x10 "
			    "far=0x20 sp=0x30");
	record.dumps[1] = (struct crash_dump){
		.kind = CRASH_RESET, .cell = CRASH_NO_CELL, .error = BP_ERROR_COUNT, .detail = 7};
	lastboot_text(&machine, &record.dumps[1], text, sizeof(text));
	assert_string_equal(text, "0.000 core=0 cell=- request detail=0x7");
	lastboot_text(&machine, &record.dumps[1], text, 8);
	assert_string_equal(text, "0.000 c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(refused, start),	  cmocka_unit_test_setup(largest, start),
		cmocka_unit_test_setup(view, start),	  cmocka_unit_test_setup(commands, start),
		cmocka_unit_test_setup(last_boot, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * test_metrics.c - both text forms of the metrics.
 *
 * Robustness: counter_older_than_the_boot, longest
 */
#include "test.h"

#include <stdio.h>

#include "families.h"
#include "metrics.h"
#include "slots.h"
#include "small_machine.h"

#define NOW 5000000000

static struct small_machine *small;
static char text[400000];

static int start(void **state)
{
	small = small_machine();
	return 0;
}

/* All of it, `room` bytes at a time. */
static void write_all(enum body_kind kind, uint32_t room)
{
	struct body body;
	uint32_t length = 0, more;

	body_start(&body, &small->source, kind, NOW);
	while ((more = body_next(&body, text + length, room))) {
		assert_true(more <= room && length + more < sizeof(text) - BODY_PIECE_MAX);
		length += more;
	}
	text[length] = 0;
}

static uint64_t samples(void)
{
	uint64_t count = 0;

	for (const char *at = text; *at; at = strchr(at, '\n') + 1)
		count += *at != '#';
	return count;
}

static bool has(const char *line)
{
	const char *at = strstr(text, line);

	return at && (at == text || at[-1] == '\n');
}

/* [utest->swr~metrics-table~1] [utest->swr~metrics~1] */
static void values(void **state)
{
	struct telemetry_core *t = &small->telemetry[1];

	t->exits[EXIT_IRQ] = 12;
	t->faults[BP_ERROR_SERROR] = 3;
	t->el2_ticks_sum = 1234567890123;
	t->start_time = 1000000000;
	t->ready_time = 1250000000;
	small->heartbeats[1].beat = 77;
	small->heartbeats[1].values[HEARTBEAT_LATENCY_WORST] = 1500;
	small->log.head = 99;
	small->counters.cells[1] = (struct cell_counters){.beats = true, .beat_seen = NOW - 2000000};
	small->telemetry[0].dma_faults[1] = 4;
	small->counters.net.sent = 9;
	write_all(BODY_METRICS, BODY_PIECE_MAX);
	assert_false(has("bulkhead_nic_"));
	small->counters.net.there = true;
	write_all(BODY_METRICS, 1392);
	assert_true(has("bulkhead_core_exits_total{core=\"1\",cell=\"gateway\",reason=\"irq\"} 12\n"));
	assert_true(has("bulkhead_core_exits_total{core=\"2\",cell=\"gateway\",reason=\"irq\"} 0\n"));
	assert_true(has("bulkhead_core_faults_total{core=\"1\",cell=\"gateway\",error=\"serror\"} 3\n"));
	assert_true(has("bulkhead_core_el2_seconds_total{core=\"1\",cell=\"gateway\"} 1234.567890123\n"));
	assert_true(has("bulkhead_cell_state{cell=\"gateway\",bulkhead_cell_state=\"running\"} 1\n"));
	assert_true(has("bulkhead_cell_state{cell=\"gateway\",bulkhead_cell_state=\"ready\"} 0\n"));
	assert_true(has("bulkhead_cell_start_seconds{cell=\"gateway\"} 1.000000000\n"));
	assert_true(has("bulkhead_cell_boot_seconds{cell=\"gateway\"} 0.250000000\n"));
	assert_true(has("bulkhead_cell_boot_seconds{cell=\"health\"} NaN\n"));
	assert_true(has("bulkhead_cell_heartbeat_age_seconds{cell=\"gateway\"} 0.002000000\n"));
	assert_true(has("bulkhead_cell_heartbeat_age_seconds{cell=\"health\"} NaN\n"));
	assert_true(has("bulkhead_cell_heartbeat_limit_seconds{cell=\"gateway\"} 0.010000000\n"));
	assert_false(has("bulkhead_cell_heartbeat_limit_seconds{cell=\"health\"}")); /* not watched */
	assert_true(has("bulkhead_cell_beats_total{cell=\"gateway\"} 77\n"));
	assert_true(has("bulkhead_cell_tick_latency_max_seconds{cell=\"gateway\"} 0.000001500\n"));
	assert_true(has("bulkhead_cell_log_bytes_total{cell=\"gateway\"} 99\n"));
	assert_false(has("bulkhead_cell_log_bytes_total{cell=\"health\"}"));
	assert_true(has("bulkhead_cell_dma_faults_total{cell=\"gateway\"} 4\n"));
	assert_true(has("bulkhead_uptime_seconds 5.000000000\n"));
	assert_true(has("bulkhead_build_timestamp_seconds 1700000000\n"));
	assert_true(has("bulkhead_nic_frames_total{direction=\"sent\"} 9\n"));
	assert_false(has("bulkhead_nic_pcie_errors_total")); /* its function has no such registers */
	small->counters.net.express = true;
	small->counters.net.errors[2] = 7;
	write_all(BODY_METRICS, 1392);
	assert_true(has("bulkhead_nic_pcie_errors_total{kind=\"fatal\"} 7\n"));
	assert_false(has("bulkhead_core_exits_total{core=\"3\"")); /* nobody's */
}

/* As it was before, now: boots, crashed lives and dumps by error. [utest->swr~metrics-last-life~1] */
static void last_life(void **state)
{
	const struct crash_record record = {
		.boot_count = 5,
		.generation = 2,
		.left = 6,
		.count = 3,
		.dumps = {{.error = BP_ERROR_TABLE_INTEGRITY},
			  {.error = BP_ERROR_COUNT},
			  {.kind = CRASH_WATCHDOG, .error = BP_ERROR_HEARTBEAT_MISSED},
			  {.error = BP_ERROR_SERROR}},
	};

	write_all(BODY_METRICS, 1000);
	assert_false(has("bulkhead_boots_total")); /* the board has no such memory */
	((struct directory *)small->machine.directory)->crash_ipa = 0x1000;
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_boots_total 0\n") && has("bulkhead_crashed_lives_total 0\n"));
	assert_true(has("bulkhead_last_life_dumps{cause=\"request\"} NaN\n"));
	small->source.record = &record;
	write_all(BODY_OPENMETRICS, 1000);
	assert_true(has("bulkhead_boots_total 5\n") && has("bulkhead_crashed_lives_total 2\n"));
	assert_true(has("bulkhead_last_life_dumps{cause=\"table-integrity\"} 1\n"));
	assert_true(has("bulkhead_last_life_dumps{cause=\"request\"} 1\n"));
	assert_true(has("bulkhead_last_life_dumps{cause=\"watchdog\"} 1\n"));
	assert_true(has("bulkhead_last_life_dumps{cause=\"heartbeat-missed\"} 0\n"));
	assert_true(has("bulkhead_last_life_dumps{cause=\"serror\"} 0\n")); /* beyond those kept */
}

static void fault_of(uint64_t iommu, uint64_t sid, uint32_t code)
{
	counters_event(&small->counters, &small->machine,
		       &(struct event){.code = code, .args = {SMALL_GATEWAY, iommu << 32 | sid}});
}

/* [utest->swr~metrics-streams~1] */
static void streams(void **state)
{
	fault_of(0, 0x8, EVENT_DMA_FAULT);
	fault_of(1, 0x8, EVENT_DMA_FAULT);
	fault_of(1, 0x8, EVENT_DMA_FAULT);
	fault_of(0, 0x108, EVENT_FAULT);
	/* Of no stream that there is. */
	fault_of(0, 0x9, EVENT_DMA_FAULT);
	fault_of(0, 0, EVENT_DMA_FAULT);
	fault_of(2, 0x8, EVENT_DMA_FAULT);
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_stream_dma_faults_total{cell=\"gateway\",iommu=\"0\",stream=\"0x8\"} 1\n"
			"bulkhead_stream_dma_faults_total{cell=\"health\",iommu=\"0\",stream=\"0x108\"} 0\n"
			"bulkhead_stream_dma_faults_total{cell=\"gateway\",iommu=\"1\",stream=\"0x8\"} 2\n"));
}

/* [utest->swr~metrics-pmu~1] */
static void pmu(void **state)
{
	uint64_t *values = small->heartbeats[SMALL_GATEWAY].values;

	values[HEARTBEAT_PMU_CYCLES] = 1; /* whatever a cell without `pmu` says */
	write_all(BODY_METRICS, 1000);
	assert_false(has("bulkhead_cell_pmu_"));
	((struct directory_cell *)small->machine.cells)[SMALL_GATEWAY].flags |= BP_CELL_PMU;
	values[HEARTBEAT_PMU_CYCLES] = 0;
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_cell_pmu_cycles_total{cell=\"gateway\"} 0\n"));
	assert_true(has("bulkhead_cell_pmu_instructions_total{cell=\"gateway\"} 0\n"));
	assert_true(has("bulkhead_cell_pmu_age_seconds{cell=\"gateway\"} NaN\n"));
	values[HEARTBEAT_PMU_CYCLES] = 123;
	values[HEARTBEAT_PMU_INSTRUCTIONS] = 45;
	values[HEARTBEAT_PMU_TIME] = NOW - 7000000;
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_cell_pmu_cycles_total{cell=\"gateway\"} 123\n"));
	assert_true(has("bulkhead_cell_pmu_instructions_total{cell=\"gateway\"} 45\n"));
	assert_true(has("bulkhead_cell_pmu_age_seconds{cell=\"gateway\"} 0.007000000\n"));
	values[HEARTBEAT_PMU_TIME] = NOW + 1; /* read since the body was begun */
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_cell_pmu_age_seconds{cell=\"gateway\"} 0.000000000\n"));
}

/* [utest->swr~metrics-watchdog~1] */
static void watchdogs(void **state)
{
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_watchdog_timeout_seconds{watchdog=\"el2\"} NaN\n"
			"bulkhead_watchdog_timeout_seconds{watchdog=\"hardware\"} NaN\n"));
	assert_true(has("bulkhead_watchdog_fired NaN\n"));
	small->counters.watchdog = (struct watchdog_counters){.el2_ns = 250000000, .hardware_ns = 500000000};
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_watchdog_timeout_seconds{watchdog=\"el2\"} 0.250000000\n"
			"bulkhead_watchdog_timeout_seconds{watchdog=\"hardware\"} 0.500000000\n"));
	assert_true(has("bulkhead_watchdog_fired 0\n"));
	small->counters.watchdog.fired = true;
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_watchdog_fired 1\n"));
}

/* [utest->swr~metrics-proofs~1] */
static void proofs(void **state)
{
	small->telemetry[0].proofs =
		PROOF_TRIED(PROOF_STAGE2) | PROOF_PROVEN(PROOF_STAGE2) | PROOF_TRIED(PROOF_WATCHDOG);
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_protection_proven{mechanism=\"stage2\"} 1\n"
			"bulkhead_protection_proven{mechanism=\"smmu\"} NaN\n"
			"bulkhead_protection_proven{mechanism=\"watchdog\"} 0\n"));
	small->telemetry[0].proofs |= PROOF_FAILED(PROOF_WATCHDOG);
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_protection_proven{mechanism=\"watchdog\"} 0\n"));
}

/* [utest->swr~metrics-integrity~1] */
static void integrity(void **state)
{
	small->counters.integrity = (struct integrity_counters){
		.size = 9000, .position = 2048, .errors = 1, .bound_ns = 1500000000};
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_integrity_size_bytes 9000\n"));
	assert_true(has("bulkhead_integrity_position_bytes 2048\n"));
	assert_true(has("bulkhead_integrity_passes_total 0\n") && has("bulkhead_integrity_errors_total 1\n"));
	assert_true(has("bulkhead_integrity_bound_seconds 1.500000000\n"));
	assert_true(has("bulkhead_integrity_pass_seconds NaN\n"));
	small->counters.integrity.passes = 3;
	small->counters.integrity.pass_ns = 12000000;
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_integrity_pass_seconds 0.012000000\n"));
}

/* [utest->swr~metrics-forms~1] */
static void forms(void **state)
{
	write_all(BODY_METRICS, 2000);
	assert_true(has("# TYPE bulkhead_core_exits_total counter\n"));
	assert_true(has("# TYPE bulkhead_cell_state gauge\n"));
	assert_true(has("# TYPE bulkhead_build_info gauge\n"));
	assert_false(has("# UNIT") || has("# EOF"));
	write_all(BODY_OPENMETRICS, 2000);
	assert_true(has("# TYPE bulkhead_core_exits counter\n"));
	assert_true(
		has("# TYPE bulkhead_core_el2_seconds counter\n# UNIT bulkhead_core_el2_seconds seconds\n"));
	assert_true(has("# TYPE bulkhead_cell_state stateset\n"));
	assert_true(has("# TYPE bulkhead_build info\n"));
	assert_true(has("bulkhead_build_info{version=\"1.2-34-g56\",telemetry_abi=\""));
	assert_true(strstr(text, ",configuration_sha256=\"abcd0000"));
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
}

/* A reset may leave the counter as it was: times are those since the boot. [utest->swr~metrics-table~1] */
static void counter_older_than_the_boot(void **state)
{
	small->telemetry[0].boot_time = 600000000;
	small->telemetry[1].start_time = 1000000000;
	small->telemetry[1].ready_time = 1250000000;
	write_all(BODY_OPENMETRICS, 1000);
	assert_true(has("bulkhead_uptime_seconds 4.400000000\n"));
	assert_true(has("bulkhead_cell_start_seconds{cell=\"gateway\"} 0.400000000\n"));
	assert_true(has("bulkhead_cell_boot_seconds{cell=\"gateway\"} 0.250000000\n"));
}

/* [utest->swr~metrics-histograms~1] */
static void histograms(void **state)
{
	struct telemetry_core *t = &small->telemetry[2];

	t->el2_histogram[0] = 1; /* 1 tick: 1 ns */
	t->el2_histogram[5] = 10;
	t->el2_histogram[31] = 100;
	t->el2_ticks_sum = 7;
	small->heartbeats[1].values[HEARTBEAT_HISTOGRAM] = 5;
	small->heartbeats[1].values[HEARTBEAT_HISTOGRAM + 15] = 6;
	write_all(BODY_OPENMETRICS, 700);
	assert_true(has(
		"bulkhead_core_el2_visit_seconds_bucket{core=\"2\",cell=\"gateway\",le=\"0.000000002\"} 1\n"
		"bulkhead_core_el2_visit_seconds_bucket{core=\"2\",cell=\"gateway\",le=\"0.000000004\"} "
		"1\n"));
	assert_true(has(
		"bulkhead_core_el2_visit_seconds_bucket{core=\"2\",cell=\"gateway\",le=\"0.000000032\"} 1\n"
		"bulkhead_core_el2_visit_seconds_bucket{core=\"2\",cell=\"gateway\",le=\"0.000000064\"} "
		"11\n"));
	assert_true(has(
		"bulkhead_core_el2_visit_seconds_bucket{core=\"2\",cell=\"gateway\",le=\"0.008388608\"} 11\n"
		"bulkhead_core_el2_visit_seconds_bucket{core=\"2\",cell=\"gateway\",le=\"+Inf\"} 111\n"
		"bulkhead_core_el2_visit_seconds_sum{core=\"2\",cell=\"gateway\"} 0.000000007\n"
		"bulkhead_core_el2_visit_seconds_count{core=\"2\",cell=\"gateway\"} 111\n"));
	assert_true(
		has("bulkhead_cell_tick_latency_seconds_bucket{cell=\"gateway\",le=\"0.000000128\"} 5\n"));
	assert_true(has("bulkhead_cell_tick_latency_seconds_bucket{cell=\"gateway\",le=\"0.002097152\"} 5\n"
			"bulkhead_cell_tick_latency_seconds_bucket{cell=\"gateway\",le=\"+Inf\"} 11\n"));
	assert_false(strstr(text, "cell_tick_latency_seconds_sum")); /* nobody publishes it */
}

/* A histogram is of one look, however slow its reader. [utest->swr~metrics-histograms~1] */
static void one_look(void **state)
{
	struct body body;
	const char *last;

	body_start(&body, &small->source, BODY_METRICS, NOW);
	do {
		text[body_next(&body, text, BODY_PIECE_MAX)] = 0;
	} while (!strstr(text, "visit_seconds_bucket{core=\"0\""));
	small->telemetry[0].el2_histogram[3] = 50;
	do {
		text[body_next(&body, text, BODY_PIECE_MAX)] = 0;
		last = strstr(text, "visit_seconds_count{core=\"0\",cell=\"health\"} ");
	} while (!last);
	assert_memory_equal(strchr(last, '}'), "} 0\n", 4);
}

/* As the build counts them, for every machine of these kinds. [utest->swr~metrics-series~1] */
static void series_of_kinds(void **state)
{
	struct directory *directory = (struct directory *)small->machine.directory;
	struct directory_cell *gateway = (struct directory_cell *)&small->machine.cells[SMALL_GATEWAY];
	static const struct boot boot;
	const struct slots slots = {.boot = &boot};

	for (uint32_t kind = 0; kind < 1 << 9; kind++) {
		const struct series_subjects of = {.cores = 3,
						   .cells = 2,
						   .streams = kind & 1 ? 3 : 1,
						   .watched = kind >> 1 & 1,
						   .logs = kind >> 2 & 1,
						   .crash = kind >> 3 & 1,
						   .net = kind >> 4 & 1,
						   .express = kind >> 5 & kind >> 4 & 1,
						   .syslog = kind >> 6 & kind >> 4 & 1,
						   .pmu = kind >> 7 & 1,
						   .boot = kind >> 8};

		small->machine.stream_count = (uint32_t)of.streams;
		gateway->heartbeat_ns = of.watched;
		gateway->log_ipa = of.logs ? (uintptr_t)&small->log : 0;
		gateway->flags = of.pmu ? BP_CELL_PMU : 0;
		directory->crash_ipa = of.crash;
		small->counters.net.there = of.net;
		small->counters.net.express = kind >> 5 & 1;
		small->counters.syslog.there = kind >> 6 & 1;
		small->source.slots = of.boot ? &slots : NULL;
		assert_int_equal(metrics_series(&small->source), series_count(&of));
	}
}

/* Said at the start, and true, whatever becomes of the machine. [utest->swr~metrics-series~1] */
static void series(void **state)
{
	uint64_t count;

	small->counters.net.there = true;
	count = metrics_series(&small->source);
	write_all(BODY_METRICS, 1000);
	assert_int_equal(samples(), count);
	small->telemetry[1].ready_time = 8;
	small->telemetry[1].cell_state = CELL_LOST;
	small->counters.cells[1].beats = true;
	write_all(BODY_OPENMETRICS, 1000);
	assert_int_equal(samples(), count);
}

/* What a piece may take at most is enough with the longest names and the largest numbers.
 * [utest->swr~metrics~1] [utest->swr~metrics-series~1] */
static void longest(void **state)
{
	struct directory_cell *cell = (struct directory_cell *)&small->machine.cells[1];

	memset(cell->name, 'n', sizeof(cell->name) - 1);
	memset(small->telemetry, 0xff, sizeof(small->telemetry));
	memset(&small->counters.cells, 0xff, sizeof(small->counters.cells));
	for (uint32_t n = 0; n < sizeof(small->counters.cells) / sizeof(small->counters.cells[0]); n++)
		small->counters.cells[n].incident = small->counters.cells[n].beats = true;
	small->counters.net.there = true;
	write_all(BODY_OPENMETRICS, BODY_PIECE_MAX);
	for (const char *at = text; *at; at = strchr(at, '\n') + 1)
		assert_true(strchr(at, '\n') - at < 320);
	assert_int_equal(samples(), metrics_series(&small->source));
	write_all(BODY_HEALTH, BODY_PIECE_MAX);
	assert_true(strstr(text, "nnn") && text[strlen(text) - 2] == '}');
}

/* [utest->swr~http-boot~1] */
static void boot_slots(void **state)
{
	struct boot boot = {
		.confirmed = true,
		.view = {.valid = true,
			 .record = {.sequence = 7,
				    .floor = 3,
				    .status = {BOOT_GOOD, BOOT_TRIAL},
				    .counter = {3, 4}},
			 .attempts = {1, 1},
			 .reason = {BOOT_STARTED, BOOT_SIGNATURE},
			 .fell_back = 1},
	};
	struct identity identity = {.there = true, .serial = "BH-1"};
	struct slots slots = {.boot = &boot, .identity = &identity};

	boot.view.record.primary = 1;
	write_all(BODY_HEALTH, BODY_PIECE_MAX);
	assert_null(strstr(text, "boot"));
	small->source.slots = &slots;
	write_all(BODY_HEALTH, BODY_PIECE_MAX);
	assert_non_null(strstr(
		text, "null}},\n\"boot\": {\"serial\": \"BH-1\", \"slot\": \"a\", \"confirmed\": true, "
		      "\"primary\": \"b\", \"floor\": 3, \"record\": 7, \"state_lost\": false, "
		      "\"fell_back_from\": \"b\", \"slots\": [\n"));
	assert_non_null(
		strstr(text, "{\"slot\": \"a\", \"status\": \"good\", \"attempts\": 1, \"counter\": 3, "
			     "\"refused\": null},\n{\"slot\": \"b\", \"status\": \"trial\", \"attempts\": 1, "
			     "\"counter\": 4, \"refused\": \"signature\"}]}\n}\n"));
	memset(identity.serial, 'S', IDENTITY_SERIAL); /* the longest there is */
	boot.view = (struct boot_view){.running = BOOT_UNKNOWN, .fell_back = BOOT_UNKNOWN};
	slots.lost = true;
	write_all(BODY_HEALTH, BODY_PIECE_MAX);
	assert_non_null(strstr(text, "SSSS\", \"slot\": null, \"confirmed\": true, \"primary\": null, "));
	assert_non_null(strstr(text, "\"state_lost\": true, \"fell_back_from\": null"));
	assert_non_null(strstr(text, "{\"slot\": \"b\", \"status\": null, "));
}

/* What isn't known is NaN, or of no slot. [utest->swr~metrics-slots~1] */
static void slots_told(void **state)
{
	struct boot boot = {
		.writes = 2,
		.view = {.valid = true,
			 .copies = 2,
			 .running = 0,
			 .fell_back = 1,
			 .record = {.floor = 3,
				    .primary = 1,
				    .status = {BOOT_GOOD, BOOT_TRIAL},
				    .counter = {4, BOOT_COUNTER_UNKNOWN}},
			 .attempts = {1, 2}},
	};
	struct slots slots = {.boot = &boot};

	write_all(BODY_METRICS, 1000);
	assert_null(strstr(text, "bulkhead_slot_"));
	assert_null(strstr(text, "bulkhead_boot_"));
	small->source.slots = &slots;
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_boot_confirmed 0\n"));
	assert_true(has("bulkhead_boot_state_lost 0\n"));
	assert_true(has("bulkhead_boot_state_copies 2\n"));
	assert_true(has("bulkhead_boot_floor 3\n"));
	assert_true(has("bulkhead_boot_state_writes_total 2\n"));
	assert_true(has("bulkhead_slot_runs{slot=\"a\"} 1\n"));
	assert_true(has("bulkhead_slot_runs{slot=\"b\"} 0\n"));
	assert_true(has("bulkhead_slot_primary{slot=\"b\"} 1\n"));
	assert_true(has("bulkhead_slot_fell_back{slot=\"a\"} 0\n"));
	assert_true(has("bulkhead_slot_fell_back{slot=\"b\"} 1\n"));
	assert_true(has("bulkhead_slot_status{slot=\"a\",bulkhead_slot_status=\"good\"} 1\n"));
	assert_true(has("bulkhead_slot_status{slot=\"b\",bulkhead_slot_status=\"good\"} 0\n"));
	assert_true(has("bulkhead_slot_status{slot=\"b\",bulkhead_slot_status=\"trial\"} 1\n"));
	assert_true(has("bulkhead_slot_attempts{slot=\"b\"} 2\n"));
	assert_true(has("bulkhead_slot_counter{slot=\"a\"} 4\n"));
	assert_true(has("bulkhead_slot_counter{slot=\"b\"} NaN\n"));
	boot = (struct boot){.failures = 1,
			     .confirmed = true,
			     .view = {.running = BOOT_UNKNOWN, .fell_back = BOOT_UNKNOWN}};
	slots.lost = true;
	slots.resets_refused = 5;
	write_all(BODY_METRICS, 1000);
	assert_true(has("bulkhead_boot_resets_refused_total 5\n"));
	assert_true(has("bulkhead_boot_confirmed 1\n"));
	assert_true(has("bulkhead_boot_state_lost 1\n"));
	assert_true(has("bulkhead_boot_floor NaN\n"));
	assert_true(has("bulkhead_boot_state_write_failures_total 1\n"));
	assert_true(has("bulkhead_slot_attempts{slot=\"a\"} NaN\n"));
	for (unsigned i = 0; i < BOOT_SLOTS; i++) {
		char line[80];

		snprintf(line, sizeof(line), "bulkhead_slot_runs{slot=\"%c\"} 0\n", "ab"[i]);
		assert_true(has(line));
		snprintf(line, sizeof(line), "bulkhead_slot_primary{slot=\"%c\"} 0\n", "ab"[i]);
		assert_true(has(line));
		snprintf(line, sizeof(line),
			 "bulkhead_slot_status{slot=\"%c\",bulkhead_slot_status=\"empty\"} 0\n", "ab"[i]);
		assert_true(has(line));
	}
}

/* [utest->swr~metrics-restarts~1] */
static void restarts(void **state)
{
	struct cell_counters cell = {0};

	counters_restarts(&cell, 0, BP_ERROR_COUNT);
	counters_restarts(&cell, 1, BP_ERROR_COUNT); /* its cause isn't there yet */
	assert_int_equal(cell.restarts[BP_ERROR_COUNT], 0);
	counters_restarts(&cell, 1, BP_ERROR_HEARTBEAT_MISSED);
	counters_restarts(&cell, 1, BP_ERROR_HEARTBEAT_MISSED);
	assert_int_equal(cell.restarts[BP_ERROR_HEARTBEAT_MISSED], 1);
	counters_restarts(&cell, 3, BP_ERROR_COUNT);
	counters_restarts(&cell, 3, UINT64_MAX);
	assert_int_equal(cell.restarts[BP_ERROR_COUNT], 2);
	assert_int_equal(cell.restarts[BP_ERROR_HEARTBEAT_MISSED], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(values, start),
		cmocka_unit_test_setup(forms, start),
		cmocka_unit_test_setup(counter_older_than_the_boot, start),
		cmocka_unit_test_setup(histograms, start),
		cmocka_unit_test_setup(one_look, start),
		cmocka_unit_test_setup(series, start),
		cmocka_unit_test_setup(series_of_kinds, start),
		cmocka_unit_test_setup(pmu, start),
		cmocka_unit_test_setup(longest, start),
		cmocka_unit_test_setup(restarts, start),
		cmocka_unit_test_setup(last_life, start),
		cmocka_unit_test_setup(streams, start),
		cmocka_unit_test_setup(integrity, start),
		cmocka_unit_test_setup(watchdogs, start),
		cmocka_unit_test_setup(proofs, start),
		cmocka_unit_test_setup(boot_slots, start),
		cmocka_unit_test_setup(slots_told, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

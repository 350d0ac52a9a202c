// SPDX-License-Identifier: Apache-2.0
/*
 * families.c - where each metric comes from (families.h).
 */
#include "families.h"

#include <inttypes.h>
#include <stdio.h>

#include "http.h"
#include "lastboot.h"
#include "names.h"
#include "slots.h"

#define CORE_BUCKETS  24u /* 32 ns to a quarter of a second at 62.5 MHz */
#define TICK_BUCKETS  16u /* telemetry.h: HEARTBEAT_HISTOGRAM */
#define TICK_FIRST_NS 128u
#define DIGEST_BYTES  32u

/* --- cores --- */

/* A word of a core's telemetry page. */
#define CORE_WORD(name, member)                                                                              \
	static bool name(const struct body_source *source, uint64_t now, uint32_t core, uint32_t inner,      \
			 uint64_t *value)                                                                    \
	{                                                                                                    \
		(void)now, (void)inner;                                                                      \
		*value = machine_telemetry(source->machine, core)->member;                                   \
		return true;                                                                                 \
	}
/* A number that the health cell keeps. */
#define OWN_WORD(name, member)                                                                               \
	static bool name(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,     \
			 uint64_t *value)                                                                    \
	{                                                                                                    \
		(void)now, (void)outer, (void)inner;                                                         \
		*value = source->counters->member;                                                           \
		return true;                                                                                 \
	}

CORE_WORD(core_exits, exits[inner])
CORE_WORD(core_el2, el2_ticks_sum)
CORE_WORD(core_el2_max, el2_ticks_max)
CORE_WORD(core_injected, injected)
CORE_WORD(core_foreign, foreign_sgi)
CORE_WORD(core_denied, denied)
CORE_WORD(core_faults, faults[inner])
CORE_WORD(core_events, event_sequence)
CORE_WORD(core_events_dropped, events_dropped)
CORE_WORD(core_state, core_state == inner)
OWN_WORD(core_events_lost, cores[outer].events_lost)
OWN_WORD(core_events_bad, cores[outer].events_bad)

static void core_histogram(const struct body_source *source, uint32_t core, uint64_t *buckets, uint64_t *sum)
{
	const volatile struct telemetry_core *t = machine_telemetry(source->machine, core);

	for (uint32_t i = 0; i < BODY_BUCKETS; i++)
		buckets[i] = t->el2_histogram[i];
	*sum = t->el2_ticks_sum;
}

/* --- cells --- */

static bool cell_first(const struct body_source *source, uint32_t cell)
{
	return machine_telemetry(source->machine, source->machine->cells[cell].first_core);
}

/* A member of one look at a cell. */
#define CELL_WORD(name, member)                                                                              \
	static bool name(const struct body_source *source, uint64_t now, uint32_t cell, uint32_t inner,      \
			 uint64_t *value)                                                                    \
	{                                                                                                    \
		struct cell_view view;                                                                       \
                                                                                                             \
		(void)now, (void)inner;                                                                      \
		machine_view(source->machine, cell, &view);                                                  \
		*value = view.member;                                                                        \
		return true;                                                                                 \
	}

CELL_WORD(cell_state, state == inner)
CELL_WORD(cell_generation, generation)
CELL_WORD(cell_beats, beat)
CELL_WORD(cell_ticks, ticks)
CELL_WORD(cell_missed, missed)
CELL_WORD(cell_worst, worst_ns)
OWN_WORD(cell_restarts, cells[outer].restarts[inner])
OWN_WORD(cell_log_lost, cells[outer].log_lost)
OWN_WORD(cell_overdue, cells[outer].incident)

static bool cell_start(const struct body_source *source, uint64_t now, uint32_t cell, uint32_t inner,
		       uint64_t *value)
{
	struct cell_view view;

	(void)now, (void)inner;
	machine_view(source->machine, cell, &view);
	*value = machine_since_boot(source->machine, view.start_time);
	return true;
}

static bool cell_boot(const struct body_source *source, uint64_t now, uint32_t cell, uint32_t inner,
		      uint64_t *value)
{
	struct cell_view view;

	(void)now, (void)inner;
	machine_view(source->machine, cell, &view);
	*value = view.ready_time - view.start_time;
	return view.ready_time >= view.start_time && view.ready_time;
}

static bool cell_age(const struct body_source *source, uint64_t now, uint32_t cell, uint32_t inner,
		     uint64_t *value)
{
	const struct cell_counters *of = &source->counters->cells[cell];

	(void)inner;
	*value = now > of->beat_seen ? now - of->beat_seen : 0;
	return of->beats;
}

static bool cell_watched(const struct body_source *source, uint32_t cell)
{
	return source->machine->cells[cell].heartbeat_ns;
}

static bool cell_limit(const struct body_source *source, uint64_t now, uint32_t cell, uint32_t inner,
		       uint64_t *value)
{
	(void)now, (void)inner;
	*value = source->machine->cells[cell].heartbeat_ns;
	return true;
}

static bool cell_has_heartbeat(const struct body_source *source, uint32_t cell)
{
	return machine_heartbeat(source->machine, cell);
}

static bool cell_has_log(const struct body_source *source, uint32_t cell)
{
	return machine_log(source->machine, cell);
}

static bool cell_memory(const struct body_source *source, uint64_t now, uint32_t cell, uint32_t inner,
			uint64_t *value)
{
	(void)now, (void)inner;
	*value = source->machine->cells[cell].memory_bytes;
	return true;
}

static bool cell_log(const struct body_source *source, uint64_t now, uint32_t cell, uint32_t inner,
		     uint64_t *value)
{
	(void)now, (void)inner;
	*value = machine_log(source->machine, cell)->head;
	return true;
}

/* The last bucket of those that a cell publishes holds all that is beyond. */
static void cell_histogram(const struct body_source *source, uint32_t cell, uint64_t *buckets, uint64_t *sum)
{
	const volatile struct heartbeat *heartbeat = machine_heartbeat(source->machine, cell);

	(void)sum;
	for (uint32_t i = 0; i < TICK_BUCKETS; i++)
		buckets[i] = heartbeat->values[HEARTBEAT_HISTOGRAM + i];
}

/* What a cell with performance monitors publishes of them: 0 is not known. */
static bool cell_pmu(const struct body_source *source, uint32_t cell, uint32_t index, uint64_t *value)
{
	*value = machine_heartbeat(source->machine, cell)->values[index];
	return *value;
}

static bool cell_cycles(const struct body_source *source, uint64_t now, uint32_t cell, uint32_t inner,
			uint64_t *value)
{
	(void)now, (void)inner;
	return cell_pmu(source, cell, HEARTBEAT_PMU_CYCLES, value);
}

static bool cell_instructions(const struct body_source *source, uint64_t now, uint32_t cell, uint32_t inner,
			      uint64_t *value)
{
	(void)now, (void)inner;
	return cell_pmu(source, cell, HEARTBEAT_PMU_INSTRUCTIONS, value);
}

/* [impl->swr~metrics-pmu~1] */
static bool cell_pmu_age(const struct body_source *source, uint64_t now, uint32_t cell, uint32_t inner,
			 uint64_t *value)
{
	const bool known = cell_pmu(source, cell, HEARTBEAT_PMU_TIME, value);

	(void)inner;
	*value = now > *value ? now - *value : 0;
	return known;
}

static bool cell_has_pmu(const struct body_source *source, uint32_t cell)
{
	return source->machine->cells[cell].flags & BP_CELL_PMU;
}

static void cell_info(const struct body_source *source, uint32_t cell, char *text, uint32_t room)
{
	const struct directory_cell *of = &source->machine->cells[cell];

	snprintf(text, room, ",interrupts=\"%s\",role=\"%s\",essential=\"%s\"",
		 of->mode == BP_MODE_DIRECT ? "direct" : "injected",
		 of->flags & BP_CELL_HEALTH ? "health" : "",
		 of->flags & BP_CELL_ESSENTIAL ? "true" : "false");
}

/* --- the machine --- */

static const volatile struct telemetry_core *service(const struct body_source *source)
{
	return machine_service(source->machine);
}

static bool has_service(const struct body_source *source, uint32_t outer)
{
	(void)outer;
	return service(source);
}

#define SERVICE_WORD(name, member)                                                                           \
	static bool name(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,     \
			 uint64_t *value)                                                                    \
	{                                                                                                    \
		(void)now, (void)outer, (void)inner;                                                         \
		*value = service(source)->member;                                                            \
		return true;                                                                                 \
	}

SERVICE_WORD(cell_dma_faults, dma_faults[outer])
SERVICE_WORD(dma_lost, dma_lost)
SERVICE_WORD(dma_untold, dma_untold)
SERVICE_WORD(dma_silences, dma_silences)

static bool uptime(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
		   uint64_t *value)
{
	(void)outer, (void)inner;
	*value = machine_since_boot(source->machine, now);
	return true;
}

static bool one(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
		uint64_t *value)
{
	(void)source, (void)now, (void)outer, (void)inner;
	*value = 1;
	return true;
}

/* A word of the directory's own. */
#define DIRECTORY_WORD(name, member)                                                                         \
	static bool name(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,     \
			 uint64_t *value)                                                                    \
	{                                                                                                    \
		(void)now, (void)outer, (void)inner;                                                         \
		*value = source->machine->directory->member;                                                 \
		return true;                                                                                 \
	}

OWN_WORD(stream_faults, stream_faults[outer])

/* --- the last life --- [impl->swr~metrics-last-life~1] */

static bool has_record(const struct body_source *source, uint32_t outer)
{
	(void)outer;
	return source->machine->directory->crash_ipa;
}

/* A word of the crash-audit record, as far as it can be read. */
#define RECORD_WORD(name, member)                                                                            \
	static bool name(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,     \
			 uint64_t *value)                                                                    \
	{                                                                                                    \
		(void)now, (void)outer, (void)inner;                                                         \
		if (source->record)                                                                          \
			*value = source->record->member;                                                     \
		return source->record;                                                                       \
	}

RECORD_WORD(boots, boot_count)
RECORD_WORD(crashed_lives, generation)

static bool last_dumps(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
		       uint64_t *value)
{
	(void)now, (void)outer;
	*value = 0;
	for (uint32_t i = 0; source->record && i < source->record->count; i++)
		*value += lastboot_cause(&source->record->dumps[i]) == inner;
	return source->record;
}

DIRECTORY_WORD(memory_all, ram_bytes)
DIRECTORY_WORD(memory_hypervisor, hypervisor_bytes)
DIRECTORY_WORD(memory_unassigned, unassigned_bytes)

static bool build_time(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
		       uint64_t *value)
{
	(void)now, (void)outer, (void)inner;
	*value = source->machine->directory->build_time;
	return *value;
}

static uint32_t write_digest(const char *label, const uint8_t *digest, char *text, uint32_t room)
{
	uint32_t length = (uint32_t)snprintf(text, room, ",%s=\"", label);

	for (uint32_t i = 0; i < DIGEST_BYTES; i++)
		length += (uint32_t)snprintf(text + length, room - length, "%02x", digest[i]);
	return length + (uint32_t)snprintf(text + length, room - length, "\"");
}

static void build_info(const struct body_source *source, uint32_t outer, char *text, uint32_t room)
{
	const struct directory *directory = source->machine->directory;
	uint32_t length = (uint32_t)snprintf(text, room, ",version=\"%.*s\",telemetry_abi=\"%" PRIu32 "\"",
					     BP_NAME_MAX, directory->version, directory->abi);

	(void)outer;
	length += write_digest("binary_sha256", directory->binary_digest, text + length, room - length);
	write_digest("configuration_sha256", directory->config_digest, text + length, room - length);
}

/* --- the health cell --- */

OWN_WORD(polls, polls)
OWN_WORD(polls_missed, polls_missed)
OWN_WORD(poll_delay, poll_delay_max)
/* [impl->swr~metrics-integrity~1] */
OWN_WORD(integrity_size, integrity.size)
OWN_WORD(integrity_position, integrity.position)
OWN_WORD(integrity_passes, integrity.passes)
OWN_WORD(integrity_errors, integrity.errors)
OWN_WORD(integrity_bound, integrity.bound_ns)

static bool integrity_pass(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
			   uint64_t *value)
{
	(void)now, (void)outer, (void)inner;
	*value = source->counters->integrity.pass_ns;
	return source->counters->integrity.passes;
}

/* [impl->swr~metrics-watchdog~1] */
enum { WATCHDOG_EL2, WATCHDOG_HARDWARE, WATCHDOGS };

static bool watchdog_timeout(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
			     uint64_t *value)
{
	const struct watchdog_counters *of = &source->counters->watchdog;

	(void)now, (void)outer;
	*value = inner == WATCHDOG_EL2 ? of->el2_ns : of->hardware_ns;
	return *value;
}

static bool watchdog_fired(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
			   uint64_t *value)
{
	(void)now, (void)outer, (void)inner;
	*value = source->counters->watchdog.fired;
	return source->counters->watchdog.hardware_ns;
}

static const char *name_watchdog(uint64_t inner)
{
	return inner == WATCHDOG_EL2 ? "el2" : "hardware";
}

/* [impl->swr~metrics-proofs~1] */
static bool proven(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
		   uint64_t *value)
{
	const uint64_t proofs = service(source)->proofs;

	(void)now, (void)outer;
	*value = (proofs & PROOF_PROVEN(inner)) != 0;
	return proofs & PROOF_TRIED(inner);
}

OWN_WORD(http_requests, http.requests[inner])
OWN_WORD(http_abandoned, http.abandoned)
OWN_WORD(syslog_sent, syslog.sent)
OWN_WORD(syslog_dropped, syslog.dropped)

static bool has_syslog(const struct body_source *source, uint32_t outer)
{
	(void)outer;
	return source->counters->syslog.there;
}

static bool clock_time(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
		       uint64_t *value)
{
	(void)outer, (void)inner;
	*value = sntp_unix_ns(&source->counters->clock, now, source->machine->hz);
	return *value;
}

static bool clock_age(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
		      uint64_t *value)
{
	const struct sntp_clock *clock = &source->counters->clock;

	(void)outer, (void)inner;
	*value = now > clock->ticks ? now - clock->ticks : 0;
	return clock->known;
}

OWN_WORD(net_up, net.up)
OWN_WORD(net_dropped, net.dropped)
OWN_WORD(net_heap, net.heap_bytes)
OWN_WORD(net_heap_max, net.heap_bytes_max)
OWN_WORD(net_buffers, net.buffers)
OWN_WORD(net_connections, net.connections)

OWN_WORD(nic_errors, net.errors[inner])

static bool has_express(const struct body_source *source, uint32_t outer)
{
	(void)outer;
	return source->counters->net.express;
}

static bool net_frames(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
		       uint64_t *value)
{
	(void)now, (void)outer;
	*value = inner ? source->counters->net.sent : source->counters->net.received;
	return true;
}

static const char *name_direction(uint64_t inner)
{
	return inner ? "sent" : "received";
}

/* --- the boot slots --- [impl->swr~metrics-slots~1] */

/* As far as there is a record that counts, or a flash to read it from. */
#define BOOT_WORD(name, known, member)                                                                       \
	static bool name(const struct body_source *source, uint64_t now, uint32_t slot, uint32_t inner,      \
			 uint64_t *value)                                                                    \
	{                                                                                                    \
		const struct boot *const boot = source->slots->boot;                                         \
                                                                                                             \
		(void)now, (void)slot, (void)inner;                                                          \
		*value = boot->member;                                                                       \
		return known;                                                                                \
	}

BOOT_WORD(boot_confirmed, true, confirmed)
BOOT_WORD(boot_copies, true, view.copies)
BOOT_WORD(boot_floor, boot->view.valid, view.record.floor)
BOOT_WORD(boot_writes, true, writes)
BOOT_WORD(boot_failures, true, failures)
BOOT_WORD(slot_runs, true, view.running == slot)
BOOT_WORD(slot_primary, true, view.valid && boot->view.record.primary == slot)
BOOT_WORD(slot_fell_back, true, view.fell_back == slot)
BOOT_WORD(slot_status, true, view.valid && boot->view.record.status[slot] == inner)
BOOT_WORD(slot_attempts, boot->view.valid, view.attempts[slot])
BOOT_WORD(slot_counter, boot->view.valid && *value != BOOT_COUNTER_UNKNOWN, view.record.counter[slot])

static bool boot_lost(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
		      uint64_t *value)
{
	(void)now, (void)outer, (void)inner;
	*value = source->slots->lost;
	return true;
}

static bool resets_refused(const struct body_source *source, uint64_t now, uint32_t outer, uint32_t inner,
			   uint64_t *value)
{
	(void)now, (void)outer, (void)inner;
	*value = source->slots->resets_refused;
	return true;
}

#define LABELS(word, most, words) {.label = word, .count = most, .name = words}
#define REASONS			  LABELS("reason", EXIT_PCI + 1, name_exit)
#define ERRORS			  LABELS("error", BP_ERROR_COUNT, name_error)

/* [impl->swr~metrics-table~1] */
const struct family families[] = {
	{"core_exits", NULL, "Entries into the hypervisor, by reason.", FAMILY_COUNTER, FORM_NUMBER,
	 OUTER_CORES, .labels = REASONS, .value = core_exits},
	{"core_el2_seconds", "seconds", "Time that the hypervisor had the core.", FAMILY_COUNTER, FORM_TICKS,
	 OUTER_CORES, .value = core_el2},
	{"core_el2_max_seconds", "seconds", "The longest of its visits to the hypervisor.", FAMILY_GAUGE,
	 FORM_TICKS, OUTER_CORES, .value = core_el2_max},
	{"core_el2_visit_seconds", "seconds", "Visits to the hypervisor, by their length.", FAMILY_HISTOGRAM,
	 FORM_TICKS, OUTER_CORES, .histogram = core_histogram, .first = 2, .bucket_count = CORE_BUCKETS,
	 .sum = true},
	{"core_state", NULL, "What the core does.", FAMILY_STATES, FORM_NUMBER, OUTER_CORES,
	 .labels = LABELS("bulkhead_core_state", CORE_PARKED + 1, name_core_state), .value = core_state},
	{"core_injected_interrupts", NULL, "Interrupts that the hypervisor handed to the cell on this core.",
	 FAMILY_COUNTER, FORM_NUMBER, OUTER_CORES, .value = core_injected},
	{"core_foreign_sgis", NULL, "SGIs to cores of other cells, dropped.", FAMILY_COUNTER, FORM_NUMBER,
	 OUTER_CORES, .value = core_foreign},
	{"core_denied", NULL, "Hypercalls and accesses refused without a fault.", FAMILY_COUNTER, FORM_NUMBER,
	 OUTER_CORES, .value = core_denied},
	{"core_faults", NULL, "Faults of the cell on this core, by error.", FAMILY_COUNTER, FORM_NUMBER,
	 OUTER_CORES, .labels = ERRORS, .value = core_faults},
	{"core_events", NULL, "Events that the core's hypervisor recorded.", FAMILY_COUNTER, FORM_NUMBER,
	 OUTER_CORES, .value = core_events},
	{"core_events_dropped", NULL,
	 "Events at a guest's pace beyond their share of the ring, not recorded.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_CORES, .value = core_events_dropped},
	{"core_events_lost", NULL, "Events overwritten before the health cell read them.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_CORES, .value = core_events_lost},
	{"core_events_bad", NULL, "Events whose checksum or sequence number was wrong.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_CORES, .value = core_events_bad},

	{"cell", NULL, "What the partition file says of the cell.", FAMILY_INFO, FORM_NUMBER, OUTER_CELLS,
	 .value = one, .info = cell_info},
	{"cell_state", NULL, "The cell's state.", FAMILY_STATES, FORM_NUMBER, OUTER_CELLS,
	 .labels = LABELS("bulkhead_cell_state", CELL_LOST + 1, name_state), .value = cell_state},
	{"cell_generation", NULL, "The cell's lives, this one included.", FAMILY_GAUGE, FORM_NUMBER,
	 OUTER_CELLS, .there = cell_first, .value = cell_generation},
	{"cell_start_seconds", "seconds", "Uptime of the machine when the cell's life began.", FAMILY_GAUGE,
	 FORM_TICKS, OUTER_CELLS, .there = cell_first, .value = cell_start},
	{"cell_boot_seconds", "seconds", "From there until it said that it is ready; NaN: it has not.",
	 FAMILY_GAUGE, FORM_TICKS, OUTER_CELLS, .there = cell_first, .value = cell_boot},
	{"cell_restarts", NULL, "Restarts of the cell, by cause.", FAMILY_COUNTER, FORM_NUMBER, OUTER_CELLS,
	 .labels = LABELS("cause", BP_ERROR_COUNT + 1, name_error), .there = cell_first,
	 .value = cell_restarts},
	{"cell_overdue", NULL, "1: its heartbeat or its boot is overdue.", FAMILY_GAUGE, FORM_NUMBER,
	 OUTER_CELLS, .value = cell_overdue},
	{"cell_heartbeat_limit_seconds", "seconds", "Within what the cell has to beat.", FAMILY_GAUGE,
	 FORM_NS, OUTER_CELLS, .there = cell_watched, .value = cell_limit},
	{"cell_heartbeat_age_seconds", "seconds",
	 "Time since its last beat was seen; NaN: none in this life.", FAMILY_GAUGE, FORM_TICKS, OUTER_CELLS,
	 .there = cell_has_heartbeat, .value = cell_age},
	{"cell_beats", NULL, "Beats of this life.", FAMILY_COUNTER, FORM_NUMBER, OUTER_CELLS,
	 .there = cell_has_heartbeat, .value = cell_beats},
	{"cell_ticks", NULL, "Periodic ticks done in this life, as the cell says.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_CELLS, .there = cell_has_heartbeat, .value = cell_ticks},
	{"cell_ticks_missed", NULL, "Periodic ticks missed in this life, as the cell says.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_CELLS, .there = cell_has_heartbeat, .value = cell_missed},
	{"cell_tick_latency_max_seconds", "seconds",
	 "The worst from a tick's time to its handler, as the cell says.", FAMILY_GAUGE, FORM_NS, OUTER_CELLS,
	 .there = cell_has_heartbeat, .value = cell_worst},
	{"cell_tick_latency_seconds", "seconds", "From ticks' times to their handler, as the cell says.",
	 FAMILY_HISTOGRAM, FORM_NS, OUTER_CELLS, .there = cell_has_heartbeat, .histogram = cell_histogram,
	 .first = TICK_FIRST_NS, .bucket_count = TICK_BUCKETS},
	{"cell_pmu_cycles", NULL, "Cycles of its first core in this life, as the cell counts them.",
	 FAMILY_COUNTER, FORM_NUMBER, OUTER_CELLS, .there = cell_has_pmu, .value = cell_cycles},
	{"cell_pmu_instructions", NULL,
	 "Instructions that its first core retired in this life, as the cell counts them.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_CELLS, .there = cell_has_pmu, .value = cell_instructions},
	{"cell_pmu_age_seconds", "seconds", "Time since the cell read them; NaN: it has not.", FAMILY_GAUGE,
	 FORM_TICKS, OUTER_CELLS, .there = cell_has_pmu, .value = cell_pmu_age},
	{"cell_memory_bytes", "bytes", "RAM that the cell has.", FAMILY_GAUGE, FORM_NUMBER, OUTER_CELLS,
	 .value = cell_memory},
	{"cell_log_bytes", "bytes", "Bytes that the cell wrote to its log console.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_CELLS, .there = cell_has_log, .value = cell_log},
	{"cell_log_lost_bytes", "bytes", "Those that were overwritten before the health cell read them.",
	 FAMILY_COUNTER, FORM_NUMBER, OUTER_CELLS, .there = cell_has_log, .value = cell_log_lost},
	{"cell_dma_faults", NULL, "DMA of the cell's devices that an IOMMU refused.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_CELLS, .there = has_service, .value = cell_dma_faults},

	{"memory_bytes", "bytes", "RAM of the board.", FAMILY_GAUGE, FORM_NUMBER, OUTER_MACHINE,
	 .value = memory_all},
	{"memory_hypervisor_bytes", "bytes", "RAM of the hypervisor, its tables and the cells' images.",
	 FAMILY_GAUGE, FORM_NUMBER, OUTER_MACHINE, .value = memory_hypervisor},
	{"memory_unassigned_bytes", "bytes", "RAM that is nobody's.", FAMILY_GAUGE, FORM_NUMBER,
	 OUTER_MACHINE, .value = memory_unassigned},
	{"dma_lost", NULL, "Overflows of an IOMMU's queue, and faults of streams that no cell has.",
	 FAMILY_COUNTER, FORM_NUMBER, OUTER_MACHINE, .there = has_service, .value = dma_lost},
	{"dma_untold", NULL, "DMA faults beyond a stream's share, not told as events.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_MACHINE, .there = has_service, .value = dma_untold},
	{"dma_silences", NULL, "Times that a stream's faults were not recorded for the rest of a second.",
	 FAMILY_COUNTER, FORM_NUMBER, OUTER_MACHINE, .there = has_service, .value = dma_silences},
	{"stream_dma_faults", NULL, "DMA of the stream that an IOMMU refused.", FAMILY_COUNTER, FORM_NUMBER,
	 OUTER_STREAMS, .value = stream_faults},
	{"boots", NULL, "Times that the machine was started since its crash-audit memory was empty.",
	 FAMILY_COUNTER, FORM_NUMBER, OUTER_MACHINE, .there = has_record, .value = boots},
	{"crashed_lives", NULL, "Lives of the machine among these that left dumps.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_MACHINE, .there = has_record, .value = crashed_lives},
	{"last_life_dumps", NULL, "Dumps that the life before this one left, of those kept, by cause.",
	 FAMILY_GAUGE, FORM_NUMBER, OUTER_MACHINE, .labels = LABELS("cause", NAME_WATCHDOG + 1, name_cause),
	 .there = has_record, .value = last_dumps},
	{"uptime_seconds", "seconds", "Time since the machine's boot.", FAMILY_GAUGE, FORM_TICKS,
	 OUTER_MACHINE, .value = uptime},
	{"build_timestamp_seconds", "seconds",
	 "When it was built, in seconds since 1970; NaN: the build didn't say.", FAMILY_GAUGE, FORM_NUMBER,
	 OUTER_MACHINE, .value = build_time},
	{"build", NULL, "What this machine was built from.", FAMILY_INFO, FORM_NUMBER, OUTER_MACHINE,
	 .value = one, .info = build_info},

	{"health_polls", NULL, "Rounds of the health cell.", FAMILY_COUNTER, FORM_NUMBER, OUTER_MACHINE,
	 .value = polls},
	{"health_polls_missed", NULL, "Rounds left out because one before took too long.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_MACHINE, .value = polls_missed},
	{"health_poll_delay_max_seconds", "seconds", "The latest that a round began.", FAMILY_GAUGE,
	 FORM_TICKS, OUTER_MACHINE, .value = poll_delay},
	{"integrity_size_bytes", "bytes", "What is hashed again and again since nobody writes it.",
	 FAMILY_GAUGE, FORM_NUMBER, OUTER_MACHINE, .value = integrity_size},
	{"integrity_position_bytes", "bytes", "How much of it this pass has hashed.", FAMILY_GAUGE,
	 FORM_NUMBER, OUTER_MACHINE, .value = integrity_position},
	{"integrity_passes", NULL, "Passes that are through.", FAMILY_COUNTER, FORM_NUMBER, OUTER_MACHINE,
	 .value = integrity_passes},
	{"integrity_errors", NULL, "Ranges that weren't what they were.", FAMILY_COUNTER, FORM_NUMBER,
	 OUTER_MACHINE, .value = integrity_errors},
	{"integrity_pass_seconds", "seconds", "The last whole pass took; NaN: there was none yet.",
	 FAMILY_GAUGE, FORM_NS, OUTER_MACHINE, .value = integrity_pass},
	{"integrity_bound_seconds", "seconds", "Within what a change is found.", FAMILY_GAUGE, FORM_NS,
	 OUTER_MACHINE, .value = integrity_bound},
	{"protection_proven", NULL,
	 "1: the mechanism was provoked in this boot, and protected; 0: it didn't, or hasn't yet; NaN: it "
	 "was not.",
	 FAMILY_GAUGE, FORM_NUMBER, OUTER_MACHINE, .labels = LABELS("mechanism", PROOF_COUNT, name_proof),
	 .there = has_service, .value = proven},
	{"watchdog_timeout_seconds", "seconds",
	 "Who watches the health cell: without a sign of life for as long, the machine is reset; NaN: it "
	 "doesn't.",
	 FAMILY_GAUGE, FORM_NS, OUTER_MACHINE, .labels = LABELS("watchdog", WATCHDOGS, name_watchdog),
	 .value = watchdog_timeout},
	{"watchdog_fired", NULL,
	 "1: the machine's watchdog ended the life before this one, as the health cell's first life of a "
	 "boot sees; "
	 "NaN: there is none.",
	 FAMILY_GAUGE, FORM_NUMBER, OUTER_MACHINE, .value = watchdog_fired},
	{"boot_confirmed", NULL, "1: what runs is confirmed, and what the next boot starts.", FAMILY_GAUGE,
	 FORM_NUMBER, OUTER_BOOT, .value = boot_confirmed},
	{"boot_state_lost", NULL,
	 "1: this boot found no boot state that counts, so that any signed image was good.", FAMILY_GAUGE,
	 FORM_NUMBER, OUTER_BOOT, .value = boot_lost},
	{"boot_state_copies", NULL, "Copies of the boot state that are whole.", FAMILY_GAUGE, FORM_NUMBER,
	 OUTER_BOOT, .value = boot_copies},
	{"boot_floor", NULL, "Images of a lower counter don't start; NaN: there is no boot state.",
	 FAMILY_GAUGE, FORM_NUMBER, OUTER_BOOT, .value = boot_floor},
	{"boot_state_writes", NULL, "Boot states written since the health cell's start.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_BOOT, .value = boot_writes},
	{"boot_state_write_failures", NULL, "Those that the flash did not take.", FAMILY_COUNTER, FORM_NUMBER,
	 OUTER_BOOT, .value = boot_failures},
	{"boot_resets_refused", NULL,
	 "Resets of the machine that a Linux cell asked for in vain since the health cell's start.",
	 FAMILY_COUNTER, FORM_NUMBER, OUTER_BOOT, .value = resets_refused},
	{"slot_runs", NULL, "1: what runs was started from the slot.", FAMILY_GAUGE, FORM_NUMBER, OUTER_SLOTS,
	 .value = slot_runs},
	{"slot_primary", NULL, "1: the next boot tries it first.", FAMILY_GAUGE, FORM_NUMBER, OUTER_SLOTS,
	 .value = slot_primary},
	{"slot_fell_back", NULL, "1: it was to be started at this boot, and the other one runs.",
	 FAMILY_GAUGE, FORM_NUMBER, OUTER_SLOTS, .value = slot_fell_back},
	{"slot_status", NULL, "What the next boot makes of it.", FAMILY_STATES, FORM_NUMBER, OUTER_SLOTS,
	 .labels = LABELS("bulkhead_slot_status", BOOT_STATUS_COUNT, name_slot_status), .value = slot_status},
	{"slot_attempts", NULL, "Times that it was tried, up to this boot, since a boot was confirmed.",
	 FAMILY_GAUGE, FORM_NUMBER, OUTER_SLOTS, .value = slot_attempts},
	{"slot_counter", NULL, "Counter of its image; NaN: not known.", FAMILY_GAUGE, FORM_NUMBER,
	 OUTER_SLOTS, .value = slot_counter},
	{"http_requests", NULL, "Requests that the web server answered, by code.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_NIC, .labels = LABELS("code", HTTP_CODES, http_code_text),
	 .value = http_requests},
	{"http_abandoned", NULL, "Connections that ended without a whole answer.", FAMILY_COUNTER,
	 FORM_NUMBER, OUTER_NIC, .value = http_abandoned},
	{"syslog_messages", NULL, "Messages that went to the syslog server.", FAMILY_COUNTER, FORM_NUMBER,
	 OUTER_NIC, .there = has_syslog, .value = syslog_sent},
	{"syslog_dropped", NULL, "Events that there was no room for.", FAMILY_COUNTER, FORM_NUMBER, OUTER_NIC,
	 .there = has_syslog, .value = syslog_dropped},
	{"clock_seconds", "seconds", "The time of day, in seconds since 1970; NaN: not known.", FAMILY_GAUGE,
	 FORM_NS, OUTER_NIC, .value = clock_time},
	{"clock_age_seconds", "seconds", "Time since a server told it; NaN: none has.", FAMILY_GAUGE,
	 FORM_TICKS, OUTER_NIC, .value = clock_age},
	{"nic_link_up", NULL, "1: the health cell's NIC has a link.", FAMILY_GAUGE, FORM_NUMBER, OUTER_NIC,
	 .value = net_up},
	{"nic_frames", NULL, "Frames of the health cell's NIC.", FAMILY_COUNTER, FORM_NUMBER, OUTER_NIC,
	 .labels = LABELS("direction", 2, name_direction), .value = net_frames},
	{"nic_dropped", NULL, "Frames that there was no room for, either way.", FAMILY_COUNTER, FORM_NUMBER,
	 OUTER_NIC, .value = net_dropped},
	{"nic_pcie_errors", NULL, "Looks, one a second, that found such an error at the NIC's function.",
	 FAMILY_COUNTER, FORM_NUMBER, OUTER_NIC, .labels = LABELS("kind", NIC_ERRORS, name_nic_error),
	 .there = has_express, .value = nic_errors},
	{"net_heap_bytes", "bytes", "Memory that the network has in use.", FAMILY_GAUGE, FORM_NUMBER,
	 OUTER_NIC, .value = net_heap},
	{"net_heap_max_bytes", "bytes", "The most that it had.", FAMILY_GAUGE, FORM_NUMBER, OUTER_NIC,
	 .value = net_heap_max},
	{"net_buffers", NULL, "Frames' buffers in use.", FAMILY_GAUGE, FORM_NUMBER, OUTER_NIC,
	 .value = net_buffers},
	{"net_connections", NULL, "TCP connections that are remembered, ended ones too.", FAMILY_GAUGE,
	 FORM_NUMBER, OUTER_NIC, .value = net_connections},
	{.name = NULL},
};

// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - the health cell: reads what the others and the hypervisor publish, shows it, watches
 * heartbeats and boot timeouts, obeys its command line.
 *
 * All in one loop, woken by a timer and by the NIC: nothing is done in interrupts but taking bytes from the
 * UART.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium/utils.h>

#include "command.h"
#include "console.h"
#include "core.h"
#include "events.h"
#include "gic.h"
#include "guard.h"
#include "heartbeat.h"
#include "hypercall_call.h"
#include "lastboot.h"
#include "lines.h"
#include "mmu.h"
#include "network.h"
#include "page.h"
#include "proofs.h"
#include "publish.h"
#include "recorder.h"
#include "report.h"
#include "scan.h"
#include "slots.h"
#include "syslog_client.h"
#include "timer.h"
#include "uart.h"
#include "watchdog.h"

#define POLL_NS	       UINT64_C(2000000) /* a log ring holds what a cell can print in that time */
#define STATUS_NS      UINT64_C(1000000000)
#define WATCHES_A_POLL 4u
#define QUIET_NS       UINT64_C(500000000) /* then the beginning of a line is shown */
#define EVENTS_SHOWN   32u
#define CHUNK	       256u
/* As often as a guest may make so many events (EVENTS_GUEST_PERIOD_MS), so that records of losses push out
 * few others. */
#define LOSS_POLLS (EVENTS_GUEST_PERIOD_MS * UINT64_C(1000000) / POLL_NS)
/* Nobody's output may keep the watch from its work, also where the UART is slow. */
#define OUTPUT_NS      UINT64_C(5000000) /* a cell's log, a poll */
#define EVENT_BURST    40u		 /* event lines a core may have at once ... */
#define EVENT_INTERVAL 25u		 /* ... and polls until it has one more */

struct log_view {
	struct log_reader reader;
	struct line line;
	uint64_t last; /* time of the last byte */
};

struct event_view {
	struct event_reader reader;
	uint32_t shown;	    /* lines of the burst used up */
	uint64_t kept_back; /* events not shown, since that was last said */
	uint64_t told;	    /* lost and bad ones said so far */
};

static struct machine machine;
static struct log_view logs[MACHINE_CELLS_MAX];
static struct event_view rings[MACHINE_CORES_MAX];
static struct counters counters;
static struct body_source source;
static uint64_t poll_ticks, next_poll, watched;

static bool map_machine(void)
{
	bool mapped = true;

	for (uint32_t i = 0; i < machine.core_count; i++) {
		const struct directory_core *core = &machine.cores[i];

		if (core->cell == CELL_UNASSIGNED)
			continue;
		mapped &= mmu_map(core->telemetry_ipa, sizeof(struct telemetry_core), MMU_CONSTANTS) &&
			  mmu_map(core->ring_ipa, sizeof(struct event_ring), MMU_CONSTANTS);
	}
	for (uint32_t i = 0; i < machine.cell_count; i++) {
		const struct directory_cell *cell = &machine.cells[i];

		mapped &= mmu_map(cell->heartbeat_ipa, sizeof(struct heartbeat), MMU_SHARED);
		if (cell->log_ipa)
			mapped &= mmu_map(cell->log_ipa, sizeof(struct log_ring), MMU_CONSTANTS);
	}
	if (machine.directory->crash_ipa)
		mapped &= mmu_map(machine.directory->crash_ipa, sizeof(struct crash_record), MMU_SHARED);
	return mapped;
}

static void log_line(uint32_t cell, const struct line *line)
{
	say("[%s] %s", machine.cells[cell].name, line->text);
}

static void log_poll(uint32_t cell, uint64_t now)
{
	const volatile struct log_ring *ring = machine_log(&machine, cell);
	struct log_view *log = &logs[cell];
	uint8_t bytes[CHUNK];
	uint32_t count;

	if (!ring)
		return;
	for (uint32_t taken = 0; taken < LOG_RING_BYTES; taken += count) {
		if (timer_now() - now > timer_from_ns(OUTPUT_NS, machine.hz))
			break;
		count = log_take(&log->reader, ring, bytes, CHUNK);
		if (!count)
			break;
		log->last = now;
		for (uint32_t i = 0; i < count; i++) {
			if (console_attached() == cell)
				console_raw(bytes[i]);
			else if (line_add(&log->line, bytes[i]))
				log_line(cell, &log->line);
		}
	}
	if (log->reader.lost) {
		counters.cells[cell].log_lost += log->reader.lost;
		say("health: cell %s: %" PRIu64 " bytes of its log lost", machine.cells[cell].name,
		    log->reader.lost);
		log->reader.lost = 0;
	}
	if (now - log->last > timer_from_ns(QUIET_NS, machine.hz) && line_flush(&log->line))
		log_line(cell, &log->line);
}

static void events_poll(uint32_t core)
{
	const volatile struct event_ring *ring = machine_ring(&machine, core);
	struct event_view *view = &rings[core];
	struct event event;

	if (!ring)
		return;
	for (unsigned i = 0; i < EVENT_RING_SLOTS; i++) {
		if (event_take(&view->reader, ring, &event) != EVENT_TAKEN)
			break;
		recorder_add(&event);
		counters_event(&counters, &machine, &event);
		syslog_client_offer(&event);
		if (event_is_rare(&event) || view->shown < EVENT_BURST) {
			view->shown += !event_is_rare(&event);
			report_event(&machine, "event:", &event);
		} else {
			view->kept_back++;
		}
	}
	counters.cores[core].events_lost = view->reader.lost;
	counters.cores[core].events_bad = view->reader.bad;
	recorder_losses(core, view->reader.lost + view->reader.bad, counters.polls % LOSS_POLLS == 0);
	if (counters.polls % EVENT_INTERVAL == 0 && view->shown)
		view->shown--;
}

/* Once a second: what was not told of events. */
static void events_summary(uint32_t core)
{
	struct event_view *view = &rings[core];
	const uint64_t gone = view->reader.lost + view->reader.bad;

	if (view->kept_back || gone != view->told)
		say("health: core %" PRIu32 ": %" PRIu64 " events not shown; in all %" PRIu64
		    " lost, %" PRIu64 " bad",
		    core, view->kept_back, view->reader.lost, view->reader.bad);
	view->kept_back = 0;
	view->told = gone;
}

static void send(uint32_t cell, const char *text)
{
	if (!(machine.cells[cell].flags & BP_CELL_LOG_CONSOLE))
		say("health: cell %s has a console of its own", machine.cells[cell].name);
	else if (!console_send(cell, text))
		say("health: too much input is waiting: nothing was sent");
}

static void attach(uint32_t cell)
{
	if (!(machine.cells[cell].flags & BP_CELL_LOG_CONSOLE)) {
		say("health: cell %s has a console of its own", machine.cells[cell].name);
		return;
	}
	say("health: attached to %s, Ctrl-] ends", machine.cells[cell].name);
	console_attach(cell);
}

static void obey(const char *line)
{
	struct command command;

	command_parse(line, &machine, &command);
	switch (command.verb) {
	case COMMAND_NONE:
		break;
	case COMMAND_UNKNOWN:
		say("health: unknown command '%s': try help", command.text);
		break;
	case COMMAND_NO_CELL:
		say("health: no cell '%s': try map", command.text);
		break;
	case COMMAND_HELP:
		for (const struct command_help *help = command_help; help->usage; help++)
			say("help: %-16s %s", help->usage, help->what);
		break;
	case COMMAND_STATUS:
		report_status(&machine, timer_now());
		break;
	case COMMAND_MAP:
		report_map(&machine);
		break;
	case COMMAND_TABLE:
		report_table(&machine);
		break;
	case COMMAND_EVENTS:
		recorder_show(EVENTS_SHOWN);
		break;
	case COMMAND_LOG:
		recorder_ask(command.text);
		break;
	case COMMAND_INTEGRITY:
		scan_report();
		break;
	case COMMAND_NET:
		network_report();
		break;
	case COMMAND_SLOTS:
		slots_report();
		break;
	case COMMAND_DIGESTS:
		report_digests(&machine);
		break;
	case COMMAND_LATENCY:
		report_latency(&machine, command.cell);
		break;
	case COMMAND_RESTART:
		guard_order(&machine, command.cell, CELL_RESTART, BP_ERROR_COUNT);
		break;
	case COMMAND_STOP:
		guard_order(&machine, command.cell, CELL_STOP, BP_ERROR_COUNT);
		break;
	case COMMAND_SEND:
		send(command.cell, command.text);
		break;
	case COMMAND_ATTACH:
		attach(command.cell);
		break;
	}
}

static void second(uint64_t now)
{
	for (uint32_t i = 0; i < machine.core_count; i++)
		events_summary(i);
	if (console_attached() == CONSOLE_NOBODY)
		report_status(&machine, now);
}

/* Between cells' output, though not for each of many cells that have none. */
static void watch_all(void)
{
	const uint64_t now = timer_now();

	if (now - watched < poll_ticks / WATCHES_A_POLL)
		return;
	watched = now;
	guard_poll(&machine, now);
}

static void poll(void)
{
	for (uint32_t i = 0; i < machine.cell_count; i++) {
		watch_all();
		log_poll(i, timer_now());
	}
	for (uint32_t i = 0; i < machine.core_count; i++)
		events_poll(i);
	scan_poll(&machine, timer_now());
	proofs_poll(&machine, timer_now());
	console_poll(obey);
	recorder_poll();
	publish_poll(timer_now());
	slots_poll(timer_now());
	if (++counters.polls % (STATUS_NS / POLL_NS) == 0)
		second(timer_now());
	heartbeat_publish(HEARTBEAT_TICKS, counters.polls);
	heartbeat_publish(HEARTBEAT_LATENCY_WORST, timer_to_ns(counters.poll_delay_max, machine.hz));
	heartbeat_beat();
	watchdog_feed();
}

/* The next poll is armed by the loop; until then the level must not come again. */
static void tick(uint32_t intid)
{
	(void)intid;
	timer_stop();
}

static void run(void)
{
	next_poll = timer_now() + poll_ticks;
	for (;;) {
		const uint64_t now = timer_now();

		if (now >= next_poll) {
			if (now - next_poll > counters.poll_delay_max)
				counters.poll_delay_max = now - next_poll;
			counters.polls_missed += (now - next_poll) / poll_ticks;
			poll();
			/* A poll that took longer (a slow UART) is not made up for. */
			next_poll = now - next_poll < poll_ticks ? next_poll + poll_ticks : now + poll_ticks;
		}
		network_serve(timer_now());
		irq_disable(); /* an interrupt between here and WFI still ends WFI */
		timer_set(next_poll);
		if (!network_is_busy())
			wait_interrupt();
		irq_enable();
	}
}

static void open(const struct guest *guest)
{
	const char *wrong = "the guest tree has no directory: is this cell's role \"health\"?";

	if (guest->directory.size)
		wrong = machine_open(&machine, (const void *)guest->directory.base, guest->directory.size,
				     timer_frequency());
	if (!wrong && !map_machine())
		wrong = "its translation tables have no room for the windows of all cores and cells";
	if (!wrong)
		wrong = scan_start(&machine, guest->index, &counters.integrity);
	if (!wrong)
		return;
	say("health: %s", wrong);
	hypercall_application_error(0);
	for (;;)
		wait_interrupt();
}

/* The machine's own key, which lies in no image, comes before the image's. [impl->swr~log-own-key~1] */
static void log_open(const struct guest *guest)
{
	uint8_t seed[IDENTITY_SEED];
	const bool own = slots_open(guest, machine.hz, seed);

	recorder_start(guest, &machine, own ? seed : guest->log_key);
	sodium_memzero(seed, sizeof(seed));
}

void cell_main(const struct guest *guest)
{
	open(guest);
	poll_ticks = timer_from_ns(POLL_NS, machine.hz);
	guard_start(&machine, guest->index, poll_ticks, &counters);
	say("health: up, %" PRIu32 " cells, %" PRIu32 " cores, timer %" PRIu64 " Hz", machine.cell_count,
	    machine.core_count, machine.hz);
	watchdog_start(guest, &counters.watchdog);
	proofs_start(&machine, &counters.watchdog);
	log_open(guest);
	report_boot(&machine);
	gic_take(guest->timer_intid, false, tick);
	uart_input_enable(guest);
	source = (struct body_source){
		.machine = &machine,
		.counters = &counters,
		.record = lastboot_open(&machine),
		.slots = slots_state(),
		.page = page_text,
		.page_size = page_size,
		.log_text = recorder_text,
		.log_key = recorder_key(),
	};
	network_start(guest, machine.hz, &source, &counters);
	publish_start(guest, &source);
	slots_start(guest, &machine, &counters);
	irq_enable();
	hypercall_ready();
	run();
}

// SPDX-License-Identifier: Apache-2.0
/*
 * report.c - the lines that people and tests read. Their forms are an interface: docs/guest-abi.md.
 */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>

#include "console.h"
#include "event_text.h"
#include "hex.h"
#include "lastboot.h"
#include "names.h"
#include "timer.h"

#define CELL_TEXT	200u
#define BUCKETS		16u
#define BUCKET_FIRST_NS 64u /* telemetry.h: HEARTBEAT_HISTOGRAM */

/* One line for all cells: longer than a `say`, so it is put together in one buffer. */
void report_status(const struct machine *machine, uint64_t now)
{
	static char text[CELL_TEXT * MACHINE_CELLS_MAX];
	const uint64_t ms = timer_to_ns(now, machine->hz) / 1000000;
	uint64_t length = 0;

	text[0] = 0;
	for (uint32_t i = 0; i < machine->cell_count; i++) {
		struct cell_view view;
		int written;

		machine_view(machine, i, &view);
		written = snprintf(
			text + length, sizeof(text) - length,
			" %s:state=%s,gen=%" PRIu64 ",restarts=%" PRIu64 ",exits=%" PRIu64 ",ticks=%" PRIu64
			",missed=%" PRIu64 ",worst_ns=%" PRIu64 ",setpoint=%" PRIu64,
			machine->cells[i].name, name_state(view.state), view.generation, view.restarts,
			machine_exits(machine, i), view.ticks, view.missed, view.worst_ns, view.setpoint);
		if (written < 0 || (uint64_t)written >= sizeof(text) - length)
			break;
		length += (uint64_t)written;
	}
	say("status: %" PRIu64 ".%03" PRIu64 "%s", ms / 1000, ms % 1000, text);
}

void report_table(const struct machine *machine)
{
	say("table: %-12s %-9s %8s %10s %10s %8s %14s", "cell", "state", "restarts", "exits", "ticks",
	    "missed", "worst latency");
	for (uint32_t i = 0; i < machine->cell_count; i++) {
		struct cell_view view;

		machine_view(machine, i, &view);
		say("table: %-12s %-9s %8" PRIu64 " %10" PRIu64 " %10" PRIu64 " %8" PRIu64 " %11" PRIu64
		    " ns",
		    machine->cells[i].name, name_state(view.state), view.restarts, machine_exits(machine, i),
		    view.ticks, view.missed, view.worst_ns);
	}
}

static void map_cell(const struct machine *machine, uint32_t cell)
{
	const struct directory_cell *of = &machine->cells[cell];

	say("map: cell %s mode=%s cores=%" PRIu32 " heartbeat_ns=%" PRIu64 " boot_timeout_ns=%" PRIu64
	    " restarts=%" PRIu32 "/%" PRIu64 "ns memory=%" PRIu64 "%s%s",
	    of->name, of->mode == BP_MODE_DIRECT ? "direct" : "injected", of->core_count, of->heartbeat_ns,
	    of->boot_timeout_ns, of->restart_max, of->restart_window_ns, of->memory_bytes,
	    of->flags & BP_CELL_HEALTH ? " health" : "", of->flags & BP_CELL_ESSENTIAL ? " essential" : "");
}

static void map_digest(const char *what, const uint8_t *digest)
{
	char text[HEX_TEXT(MACHINE_DIGEST)];

	say("map: sha256 %s %s", hex(digest, MACHINE_DIGEST, text), what);
}

/* What was built, and of what. */
static void map_image(const struct directory *directory)
{
	say("map: version %.32s build_time=%" PRIu64, directory->version, directory->build_time);
	map_digest("bulkhead.bin", directory->binary_digest);
	map_digest("configuration", directory->config_digest);
	say("map: memory ram=%" PRIu64 " hypervisor=%" PRIu64 " unassigned=%" PRIu64, directory->ram_bytes,
	    directory->hypervisor_bytes, directory->unassigned_bytes);
}

void report_map(const struct machine *machine)
{
	for (uint32_t i = 0; i < machine->core_count; i++) {
		const struct directory_core *core = &machine->cores[i];

		say("map: core %" PRIu32 " mpidr=0x%" PRIx64 " cell=%s", i, core->mpidr,
		    core->cell < machine->cell_count ? machine->cells[core->cell].name : "-");
	}
	for (uint32_t i = 0; i < machine->cell_count; i++)
		map_cell(machine, i);
	for (uint32_t i = 0; i < machine->stream_count; i++)
		say("map: stream 0x%" PRIx32 " of IOMMU %" PRIu32 " cell=%s", machine->streams[i].sid,
		    machine->streams[i].smmu, machine->cells[machine->streams[i].cell].name);
	map_image(machine->directory);
}

/* [impl->swr~digests-told~1] */
void report_digests(const struct machine *machine)
{
	uint8_t digest[MACHINE_DIGEST];
	char text[HEX_TEXT(MACHINE_DIGEST)];

	if (machine_blueprint_digest(machine, digest))
		say("digest: %s blueprint", hex(digest, MACHINE_DIGEST, text));
	for (uint32_t i = 0; i < machine->cell_count; i++)
		say("digest: %s cell %s",
		    machine_images_digest(machine, i, digest) ? hex(digest, MACHINE_DIGEST, text)
							      : "not known yet:",
		    machine->cells[i].name);
}

void report_latency(const struct machine *machine, uint32_t cell)
{
	const volatile struct heartbeat *heartbeat = machine_heartbeat(machine, cell);

	if (!heartbeat)
		return;
	for (uint32_t i = 0; i < BUCKETS; i++) {
		const uint64_t count = heartbeat->values[HEARTBEAT_HISTOGRAM + i];

		if (count)
			say("latency: %s from_ns=%" PRIu64 " count=%" PRIu64, machine->cells[cell].name,
			    i ? (uint64_t)BUCKET_FIRST_NS << i : 0, count);
	}
}

void report_boot(const struct machine *machine)
{
	const struct crash_record *const record = lastboot_open(machine);
	char text[200];

	if (!record)
		return;
	say("health: boot %" PRIu64 " since power-on, %" PRIu64 " ended with a dump", record->boot_count,
	    record->generation);
	if (record->boot_count > 1 && !record->left)
		say("health: last boot: ended without a dump");
	for (uint32_t i = 0; i < record->count; i++) {
		lastboot_text(machine, &record->dumps[i], text, sizeof(text));
		say("health: last boot: %s", text);
	}
	if (record->left > record->count)
		say("health: last boot: %" PRIu32 " dumps more", record->left - record->count);
}

void report_event(const struct machine *machine, const char *prefix, const struct event *event)
{
	const uint64_t us = timer_to_ns(event->time, machine->hz) / 1000;
	char text[160];

	event_text(event, text, sizeof(text));
	say("%s %" PRIu64 ".%06" PRIu64 " core=%u cell=%s %s", prefix, us / 1000000, us % 1000000,
	    (unsigned)event->core, event->cell < machine->cell_count ? machine->cells[event->cell].name : "-",
	    text);
}

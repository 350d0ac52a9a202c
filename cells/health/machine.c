// SPDX-License-Identifier: Apache-2.0
/*
 * machine.c - finds and reads what the directory names (machine.h).
 */
#include "machine.h"

#include <stdatomic.h>
#include <string.h>

static bool table_fits(const struct bp_table *table, uint64_t element, uint64_t size)
{
	return table->offset % 8 == 0 && table->offset <= size &&
	       table->count <= (size - table->offset) / element;
}

const char *machine_open(struct machine *machine, const void *window, uint64_t size, uint64_t hz)
{
	const struct directory *directory = window;

	if (size < sizeof(*directory) || directory->magic != DIRECTORY_MAGIC)
		return "the directory's magic is wrong";
	if (directory->abi != TELEMETRY_ABI)
		return "the directory is of another telemetry ABI";
	if (!table_fits(&directory->cores, sizeof(struct directory_core), size) ||
	    !table_fits(&directory->cells, sizeof(struct directory_cell), size) ||
	    !table_fits(&directory->streams, sizeof(struct directory_stream), size))
		return "the directory's tables reach beyond its window";
	if (directory->cores.count > MACHINE_CORES_MAX || directory->cells.count > MACHINE_CELLS_MAX)
		return "more cores or cells than a blueprint can have";
	*machine = (struct machine){
		.directory = directory,
		.cores = (const void *)((const char *)window + directory->cores.offset),
		.cells = (const void *)((const char *)window + directory->cells.offset),
		.streams = (const void *)((const char *)window + directory->streams.offset),
		.core_count = directory->cores.count,
		.cell_count = directory->cells.count,
		.stream_count = directory->streams.count,
		.hz = hz,
	};
	return NULL;
}

const volatile struct telemetry_core *machine_telemetry(const struct machine *machine, uint32_t core)
{
	const struct directory_core *of = &machine->cores[core];

	return of->cell == CELL_UNASSIGNED ? NULL : (const void *)(uintptr_t)of->telemetry_ipa;
}

const volatile struct telemetry_core *machine_service(const struct machine *machine)
{
	for (uint32_t i = 0; i < machine->cell_count; i++)
		if (machine->cells[i].flags & BP_CELL_HEALTH)
			return machine_telemetry(machine, machine->cells[i].first_core);
	return NULL;
}

static void digest_read(const volatile uint8_t *from, uint8_t *digest)
{
	atomic_thread_fence(memory_order_acquire); /* the word that says it is there was read before */
	for (uint32_t i = 0; i < MACHINE_DIGEST; i++)
		digest[i] = from[i];
}

/* [impl->swr~digests-told~1] */
bool machine_blueprint_digest(const struct machine *machine, uint8_t *digest)
{
	const volatile struct telemetry_core *t = machine_service(machine);

	if (!t || t->magic != TELEMETRY_MAGIC)
		return false;
	digest_read(t->blueprint_digest, digest);
	return true;
}

/* [impl->swr~digests-told~1] */
bool machine_images_digest(const struct machine *machine, uint32_t cell, uint8_t *digest)
{
	const volatile struct telemetry_core *t = machine_telemetry(machine, machine->cells[cell].first_core);

	if (!t || !t->images_hashed)
		return false;
	digest_read(t->images_digest, digest);
	return true;
}

uint64_t machine_since_boot(const struct machine *machine, uint64_t time)
{
	const volatile struct telemetry_core *t = machine_service(machine);
	const uint64_t boot = t ? t->boot_time : 0;

	return time > boot ? time - boot : 0;
}

const volatile struct event_ring *machine_ring(const struct machine *machine, uint32_t core)
{
	const struct directory_core *of = &machine->cores[core];

	return of->cell == CELL_UNASSIGNED ? NULL : (const void *)(uintptr_t)of->ring_ipa;
}

const volatile struct heartbeat *machine_heartbeat(const struct machine *machine, uint32_t cell)
{
	return (const void *)(uintptr_t)machine->cells[cell].heartbeat_ipa;
}

const volatile struct log_ring *machine_log(const struct machine *machine, uint32_t cell)
{
	return (const void *)(uintptr_t)machine->cells[cell].log_ipa;
}

/* exits_at_ready is kept by each core for itself; 0 where it never said so. */
uint64_t machine_exits(const struct machine *machine, uint32_t cell)
{
	const volatile struct telemetry_core *first =
		machine_telemetry(machine, machine->cells[cell].first_core);
	const bool since_ready = first && first->ready_time;
	uint64_t exits = 0;

	for (uint32_t i = 0; i < machine->core_count; i++) {
		const volatile struct telemetry_core *t = machine_telemetry(machine, i);

		if (!t || machine->cores[i].cell != cell)
			continue;
		for (uint32_t n = 0; n < EXIT_REASON_COUNT; n++)
			exits += t->exits[n];
		exits -= since_ready ? t->exits_at_ready : 0;
	}
	return exits;
}

void machine_view(const struct machine *machine, uint32_t cell, struct cell_view *view)
{
	const volatile struct telemetry_core *t = machine_telemetry(machine, machine->cells[cell].first_core);
	const volatile struct heartbeat *heartbeat = machine_heartbeat(machine, cell);

	*view = (struct cell_view){0};
	if (t) {
		view->state = machine->lost[cell] ? CELL_LOST : t->cell_state;
		view->order_seen = t->order_seen;
		view->generation = t->generation;
		view->restarts = t->restarts;
		view->cause = t->restart_cause;
		view->start_time = t->start_time;
		view->ready_time = t->ready_time;
	}
	if (heartbeat) {
		view->beat = heartbeat->beat;
		view->ticks = heartbeat->values[HEARTBEAT_TICKS];
		view->missed = heartbeat->values[HEARTBEAT_MISSED];
		view->worst_ns = heartbeat->values[HEARTBEAT_LATENCY_WORST];
		view->setpoint = heartbeat->values[HEARTBEAT_SETPOINT];
	}
}

uint32_t machine_find(const struct machine *machine, const char *name, uint64_t length)
{
	uint32_t i;

	for (i = 0; i < machine->cell_count; i++)
		if (length < BP_NAME_MAX && strncmp(machine->cells[i].name, name, length) == 0 &&
		    machine->cells[i].name[length] == 0)
			break;
	return i;
}

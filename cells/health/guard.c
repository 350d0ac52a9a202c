// SPDX-License-Identifier: Apache-2.0
/*
 * guard.c - from a missed heartbeat to the action (guard.h). How often a cell may restart is not decided
 * here: EL2 keeps the restart window, and stops the cell when it is used up.
 */
#include "guard.h"

#include <inttypes.h>

#include "console.h"
#include "hypercall_call.h"
#include "names.h"
#include "timer.h"
#include "watch.h"

#define ORDER_NS                                                                                             \
	UINT64_C(3000000000) /* EL2 gathers a cell's cores for 1 s at most, once its first core comes */

static struct watch watches[MACHINE_CELLS_MAX];
static struct order_watch orders[MACHINE_CELLS_MAX];
static struct watch_limits limits[MACHINE_CELLS_MAX];
/* 1 + the generation whose error has cost the machine its action */
static uint64_t applied[MACHINE_CELLS_MAX];
static uint64_t lives[MACHINE_CELLS_MAX]; /* generations seen */
static struct counters *counters;
static uint32_t self;

void guard_start(const struct machine *machine, uint32_t own, uint64_t poll, struct counters *count)
{
	self = own;
	counters = count;
	for (uint32_t i = 0; i < machine->cell_count; i++)
		limits[i] = (struct watch_limits){
			.heartbeat = timer_from_ns(machine->cells[i].heartbeat_ns, machine->hz),
			.boot_timeout = timer_from_ns(machine->cells[i].boot_timeout_ns, machine->hz),
			.grace = 2 * poll,
		};
}

void guard_order(const struct machine *machine, uint32_t cell, uint64_t action, uint64_t cause)
{
	struct cell_view view;
	int64_t result;

	machine_view(machine, cell, &view);
	result = hypercall_cell_control(cell, action, cause);
	if (result == HYPERCALL_OK)
		console_forget(cell);
	if (result == HYPERCALL_OK)
		order_given(&orders[cell], view.order_seen, timer_now());
	else
		say("health: cell %s: %s was refused (%" PRId64 ")", machine->cells[cell].name,
		    action == CELL_STOP ? "stop" : "restart", result);
}

/* Only essential cells run on, and this one, which reports. [impl->swr~health-safe~1] */
static void enter_safe(const struct machine *machine, uint32_t cell, uint64_t error)
{
	say("health: safe state: cell %s: %s", machine->cells[cell].name, name_error(error));
	for (uint32_t i = 0; i < machine->cell_count; i++) {
		struct cell_view view;

		machine_view(machine, i, &view);
		if (i != self && i != cell && !(machine->cells[i].flags & BP_CELL_ESSENTIAL) &&
		    view.state != CELL_STOPPED)
			guard_order(machine, i, CELL_STOP, BP_ERROR_COUNT);
	}
}

/* [impl->swr~health-reset~1] */
void guard_reset(const struct machine *machine, uint32_t cell, uint64_t error)
{
	say("health: cell %s: %s: the machine is reset", machine->cells[cell].name, name_error(error));
	say("health: the reset was refused (%" PRId64 ")", hypercall_machine_reset(cell, 0, error));
}

/* What a cell's error costs the machine, once a life of the cell. */
static void apply_to_machine(const struct machine *machine, uint32_t cell, uint64_t error)
{
	const uint8_t action = machine->cells[cell].actions[error];
	struct cell_view view;

	machine_view(machine, cell, &view);
	if (applied[cell] == view.generation + 1)
		return;
	if (action == BP_ACTION_SAFE || action == BP_ACTION_RESET)
		applied[cell] = view.generation + 1;
	if (action == BP_ACTION_SAFE)
		enter_safe(machine, cell, error);
	if (action == BP_ACTION_RESET)
		guard_reset(machine, cell, error);
}

/* [impl->swr~health-actions~1] */
static void apply(const struct machine *machine, uint32_t cell, enum bp_error error)
{
	switch (machine->cells[cell].actions[error]) {
	case BP_ACTION_STOP:
		guard_order(machine, cell, CELL_STOP, error);
		break;
	case BP_ACTION_RESTART:
		guard_order(machine, cell, CELL_RESTART, error);
		break;
	case BP_ACTION_SAFE:
	case BP_ACTION_RESET:
		guard_order(machine, cell, CELL_STOP, error);
		apply_to_machine(machine, cell, error);
		break;
	default: /* ignore and log: said already */
		break;
	}
}

static void incident(const struct machine *machine, uint32_t cell, enum bp_error error, const char *what)
{
	const uint64_t ms = timer_to_ns(watches[cell].delay, machine->hz) / 1000000;
	const uint64_t action = machine->cells[cell].actions[error];

	if (action != BP_ACTION_IGNORE)
		say("health: cell %s: %s (%" PRIu64 " ms) -> %s", machine->cells[cell].name, what, ms,
		    name_action(action));
	apply(machine, cell, error);
}

static void guard_cell(const struct machine *machine, uint32_t cell, uint64_t now)
{
	struct cell_view view;
	struct watch_input input;

	machine_view(machine, cell, &view);
	if (lives[cell] != view.generation)
		console_forget(cell);
	lives[cell] = view.generation;
	/* What EL2 has stopped it for may cost more than the cell. */
	if ((view.state == CELL_STOPPED || view.state == CELL_LOST) && view.cause < BP_ERROR_COUNT)
		apply_to_machine(machine, cell, view.cause);
	input = (struct watch_input){
		.now = now,
		.state = view.state,
		.generation = view.generation,
		.start_time = view.start_time,
		.ready_time = view.ready_time,
		.beat = view.beat,
	};
	switch (watch_cell(&watches[cell], &limits[cell], &input)) {
	case WATCH_HEARTBEAT_MISSED:
		incident(machine, cell, BP_ERROR_HEARTBEAT_MISSED, "heartbeat missed");
		break;
	case WATCH_BOOT_TIMEOUT:
		incident(machine, cell, BP_ERROR_BOOT_TIMEOUT, "boot timeout");
		break;
	case WATCH_RECOVERED:
		say("health: cell %s: heartbeat is back", machine->cells[cell].name);
		break;
	case WATCH_QUIET:
		break;
	}
}

static void guard_orders(struct machine *machine, uint32_t cell, uint64_t now)
{
	struct cell_view view;

	machine->lost[cell] = false; /* what EL2 says of it */
	machine_view(machine, cell, &view);
	switch (order_check(&orders[cell], view.order_seen, view.state, now,
			    timer_from_ns(ORDER_NS, machine->hz))) {
	case ORDER_LOST:
		say("health: cell %s: lost, no answer to an order", machine->cells[cell].name);
		break;
	case ORDER_OBEYED_LATE:
		say("health: cell %s: back, the order was obeyed", machine->cells[cell].name);
		break;
	case ORDER_QUIET:
		break;
	}
	machine->lost[cell] = orders[cell].lost;
}

static void note(const struct machine *machine, uint32_t cell, uint64_t now)
{
	struct cell_counters *of = &counters->cells[cell];
	struct cell_view view;

	machine_view(machine, cell, &view);
	counters_restarts(of, view.restarts, view.cause);
	of->beats = cell == self || watches[cell].armed;
	of->beat_seen = cell == self ? now : watches[cell].seen;
	of->incidents += watches[cell].told && !of->incident;
	of->incident = watches[cell].told;
}

void guard_poll(struct machine *machine, uint64_t now)
{
	for (uint32_t i = 0; i < machine->cell_count; i++) {
		if (i != self) {
			guard_orders(machine, i, now);
			guard_cell(machine, i, now);
		}
		note(machine, i, now);
	}
}

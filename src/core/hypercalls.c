/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercalls.c - what a cell may ask for (src/blueprint/hypercall.h). Bounded, none blocks; every argument
 * is checked here, once, against the cell's own tables.
 */
#include "hypercalls.h"
#include "../blueprint/hypercall.h"
#include "core.h"
#include "crash.h"
#include "events.h"
#include "faults.h"
#include "proofs.h"
#include "service.h"

static u64 ready_generation; /* the cell's life in which this core was ready last */

static enum outcome answer(struct exit *exit, s64 status)
{
	exit->x[0] = (u64)status;
	return OUTCOME_SAME; /* HVC: the return address is past the instruction already */
}

static enum outcome deny(struct exit *exit)
{
	telemetry()->denied++;
	event_record(EVENT_DENIED, exit->x[0], exit->x[1], 0, 0);
	return answer(exit, HYPERCALL_DENIED);
}

static enum outcome uid(struct exit *exit)
{
	exit->x[0] = 0xabd90f6d;
	exit->x[1] = 0x0e4ea477;
	exit->x[2] = 0xa2b13b9e;
	exit->x[3] = 0xe5f0a7c8;
	return OUTCOME_SAME;
}

static enum outcome revision(struct exit *exit)
{
	exit->x[1] = HYPERCALL_ABI & 0xffff;
	return answer(exit, HYPERCALL_ABI >> 16);
}

static enum outcome cell_info(struct exit *exit)
{
	const u64 values[] = {
		[CELL_INFO_INDEX] = this_cell->index,
		[CELL_INFO_CORES] = this_cell->cores.count,
		[CELL_INFO_GENERATION] = cell_state()->generation,
		[CELL_INFO_MODE] = this_cell->mode,
		[CELL_INFO_HEARTBEAT_NS] = this_cell->heartbeat_ns,
		[CELL_INFO_WATCHDOG_NS] = this_cell->watchdog_ns,
	};

	if (exit->x[1] >= ARRAY_SIZE(values))
		return answer(exit, HYPERCALL_INVALID);
	exit->x[1] = values[exit->x[1]];
	return answer(exit, HYPERCALL_OK);
}

/* Each core's steady state begins when it says so; the cell's, when its first core does. */
static enum outcome ready(struct exit *exit)
{
	struct telemetry_core *t = telemetry();

	/* Once a life: what came after it can't be hidden by saying it again. */
	if (ready_generation == cell_state()->generation)
		return answer(exit, HYPERCALL_OK);
	ready_generation = cell_state()->generation;
	t->exits_at_ready = 1; /* this one, which is counted at its end */
	for (u32 i = 0; i < EXIT_REASON_COUNT; i++)
		t->exits_at_ready += t->exits[i];
	if (core_is_first()) {
		event_record(EVENT_CELL_READY, t->generation, 0, 0, 0);
		t->ready_time = arch_time();
		t->cell_state = CELL_READY;
	}
	return answer(exit, HYPERCALL_OK);
}

static enum outcome event(struct exit *exit)
{
	event_record(EVENT_APPLICATION, exit->x[1], exit->x[2], exit->x[3], exit->x[4]);
	return answer(exit, HYPERCALL_OK);
}

/* For all ways but HVC, which has a path of its own. */
s64 hypercall_ring(u64 index)
{
	struct doorbell rung;
	const s64 status = hypercall_doorbell(index, arch_time(), &rung);

	for (u32 i = 0; i < rung.count; i++)
		arch_doorbell_raise(&rung.bells[i]);
	return status;
}

static enum outcome application_error(struct exit *exit)
{
	const struct fault fault = {.far = exit->x[1]};
	const enum outcome outcome = fault_raise(exit, BP_ERROR_APPLICATION, &fault);

	if (outcome == OUTCOME_WHOLE || outcome == OUTCOME_REST)
		return outcome;
	return answer(exit, HYPERCALL_OK);
}

static enum outcome cell_control(struct exit *exit)
{
	const u64 cell = exit->x[1], action = exit->x[2], cause = exit->x[3];

	if (!service_core() || cell >= service_cells() || action > CELL_RESTART || cause > BP_ERROR_COUNT)
		return answer(exit, HYPERCALL_INVALID);
	service_order((u32)cell, action == CELL_STOP ? BP_ACTION_STOP : BP_ACTION_RESTART, (u32)cause);
	return answer(exit, HYPERCALL_OK);
}

static enum outcome console_input(struct exit *exit)
{
	if (!service_core() || exit->x[1] >= service_cells())
		return answer(exit, HYPERCALL_INVALID);
	service_console_input((u32)exit->x[1], (u8)exit->x[2]);
	return answer(exit, HYPERCALL_OK);
}

/* [impl->swr~machine-reset~2] */
static enum outcome machine_reset(struct exit *exit)
{
	const u64 cell = exit->x[1], error = exit->x[3];

	if ((cell >= BP_CELLS_MAX && cell != MACHINE_RESET_NOBODY) || error > BP_ERROR_COUNT)
		return answer(exit, HYPERCALL_INVALID);
	crash_reset(CRASH_RESET, (u32)cell, (u32)error, exit->x[2]);
	return answer(exit, HYPERCALL_NOT_SUPPORTED);
}

static enum outcome health_call(struct exit *exit)
{
	if (!(this_cell->flags & BP_CELL_HEALTH))
		return deny(exit);
	if ((u32)exit->x[0] == HYPERCALL_CELL_CONTROL)
		return cell_control(exit);
	if ((u32)exit->x[0] == HYPERCALL_CONSOLE_INPUT)
		return console_input(exit);
	if ((u32)exit->x[0] == HYPERCALL_PROVE)
		return answer(exit, proof_ask(exit->x[1], exit->x[2], exit->x[3]));
	return machine_reset(exit);
}

/* [impl->swr~hypercalls-bounded~1] */
enum outcome hypercall(struct exit *exit)
{
	switch ((u32)exit->x[0]) {
	case HYPERCALL_UID:
		return uid(exit);
	case HYPERCALL_REVISION:
		return revision(exit);
	case HYPERCALL_CELL_INFO:
		return cell_info(exit);
	case HYPERCALL_READY:
		return ready(exit);
	case HYPERCALL_EVENT:
		return event(exit);
	case HYPERCALL_DOORBELL:
		return answer(exit, hypercall_ring(exit->x[1]));
	case HYPERCALL_APPLICATION_ERROR:
		return application_error(exit);
	case HYPERCALL_CELL_CONTROL:
	case HYPERCALL_CONSOLE_INPUT:
	case HYPERCALL_MACHINE_RESET:
	case HYPERCALL_PROVE:
		return health_call(exit);
	default:
		return answer(exit, HYPERCALL_NOT_SUPPORTED);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cell.c - the life of a cell: start, stop, restart.
 *
 * Whoever wants a cell stopped or restarted - a fault, PSCI, the health cell - leaves a request with one
 * writer and revokes the cell's stage 2. The cell's cores then fall into EL2 at their next access and come
 * to rest (core.c). The first core alone, itself at rest, folds all requests into one action and
 * carries it out here. No other cell takes part, none waits.
 */
#include "cell.h"
#include "core.h"
#include "crash.h"
#include "dma.h"
#include "events.h"
#include "mmio.h"
#include "platform.h"
#include "proofs.h"
#include "service.h"
#include "sha256.h"

/* How long siblings may take to come to rest: a core in EL2 needs microseconds, one asleep in WFI
 * with its interrupts off never comes. A second, since an emulator's cores may be starved by its host. */
#define GATHER_NS UINT64_C(1000000000)
/* A wake-up may have been undone by what the sibling's guest was in the middle of: it is sent again. */
#define WAKE_AGAIN_NS UINT64_C(1000000)

static u64 requests_done[CELL_STATE_CORES]; /* first core: the requests already acted upon */
static bool images_good;		    /* first core: the boot's hash */

static u64 request_word(u64 count, enum bp_action action, u32 cause)
{
	return count << 16 | (u64)cause << 8 | action;
}

static enum bp_action request_action(u64 word)
{
	return (enum bp_action)(word & 0xff);
}

static u32 request_cause(u64 word)
{
	return word >> 8 & 0xff;
}

u32 cell_core_find(u64 mpidr)
{
	u32 i;

	for (i = 0; i < this_cell->cores.count; i++)
		if (cell_core(i)->mpidr == mpidr)
			break;
	return i;
}

void cell_request(enum bp_action action, u32 cause)
{
	volatile u64 *request = &cell_state()->cores[this_core].request;

	*request = request_word((*request >> 16) + 1, action, cause);
	arch_publish();
	arch_stage2_revoke();
	for (u32 i = 0; i < this_cell->cores.count; i++)
		if (i != this_core)
			arch_wake(i);
}

static const volatile struct order *order(void)
{
	return (const volatile struct order *)this_cell->orders_va + this_cell->index;
}

struct wanted { /* all that is asked of the cell, folded into one */
	bool any;
	enum bp_action action;
	u32 cause;
};

/* A stop outweighs a restart; the first cause found is the one recorded. */
static void wanted_add(struct wanted *wanted, enum bp_action action, u32 cause)
{
	if (!wanted->any)
		*wanted = (struct wanted){true, action, cause};
	else if (action != BP_ACTION_RESTART)
		wanted->action = action;
}

/* [impl->swr~requests-folded~1] */
static struct wanted requests_fold(void)
{
	struct wanted wanted = {false, BP_ACTION_RESTART, BP_ERROR_COUNT};
	const u64 sequence = order()->sequence;

	for (u32 i = 0; i < this_cell->cores.count; i++) {
		const u64 word = *(volatile u64 *)&cell_state()->cores[i].request;

		if (word == requests_done[i])
			continue;
		requests_done[i] = word;
		wanted_add(&wanted, request_action(word), request_cause(word));
	}
	if (sequence != telemetry()->order_seen) {
		arch_publish();
		wanted_add(&wanted, (enum bp_action)order()->action, order()->cause);
		telemetry()->order_seen = sequence;
	}
	return wanted;
}

/* The service core revokes after it has published its order. Where it was slow, the order was obeyed in
 * between and the cell, begun anew, has lost its memory a second time. */
static bool revoked_late(void)
{
	const u64 run_state = telemetry()->cell_state;

	return (run_state == CELL_RUNNING || run_state == CELL_READY) && arch_stage2_revoked();
}

static bool requests_waiting(void)
{
	if (order()->sequence != telemetry()->order_seen)
		return true;
	for (u32 i = 0; i < this_cell->cores.count; i++)
		if (*(volatile u64 *)&cell_state()->cores[i].request != requests_done[i])
			return true;
	return revoked_late();
}

static u64 siblings_restless(u64 epoch)
{
	u64 missing = 0;

	for (u32 i = 1; i < this_cell->cores.count; i++)
		if (*(volatile u64 *)&cell_state()->cores[i].rest_epoch != epoch)
			missing |= BIT(i);
	return missing;
}

/* A core that has not come up yet reads the epoch when it does, and its redistributor may still sleep. */
static bool sibling_up(u32 core_in_cell)
{
	const volatile struct telemetry_core *t =
		(const volatile struct telemetry_core *)cell_core(core_in_cell)->telemetry_va;

	return t->magic == TELEMETRY_MAGIC;
}

static void siblings_wake(u64 which)
{
	for (u32 i = 1; i < this_cell->cores.count; i++)
		if ((which & BIT(i)) && sibling_up(i))
			arch_wake(i);
}

/* Brings the other cores of the cell to rest; the cores that did not come, 0 if all did. */
static u64 siblings_gather(void)
{
	volatile u64 *epoch = &cell_state()->epoch;
	const u64 start = arch_time(), patience = arch_ns_to_ticks(GATHER_NS);
	u64 wake_time = start, missing;

	*epoch = *epoch + 1;
	arch_publish();
	siblings_wake(~UINT64_C(0));
	while ((missing = siblings_restless(*epoch)) != 0 && arch_time() - start < patience) {
		dma_work();
		if (arch_time() - wake_time < arch_ns_to_ticks(WAKE_AGAIN_NS))
			continue;
		siblings_wake(missing);
		wake_time = arch_time();
	}
	return missing;
}

static void state_set(enum cell_run_state run_state)
{
	telemetry()->cell_state = run_state;
}

/* Is one more restart within the cell's restart-window? [impl->swr~restart-window~1] */
static bool restart_admitted(void)
{
	struct cell_state *state = cell_state();
	const u64 now = arch_time();
	const u64 window = arch_ns_to_ticks(this_cell->restart_window_ns);
	const u64 count = state->restart_count;
	const u32 max = this_cell->restart_max;

	if (count >= max && now - state->restart_times[(count - max) % BP_RESTARTS_MAX] < window)
		return false;
	state->restart_times[count % BP_RESTARTS_MAX] = now;
	state->restart_count = count + 1;
	return true;
}

/* The health cell carries out what others' errors cost the machine. Its own first core, which is the service
 * core, does it for its own. [impl->swr~health-own-actions~1] */
static void health_stopped(u32 cause)
{
	if (!(this_cell->flags & BP_CELL_HEALTH) || cause >= BP_ERROR_COUNT)
		return;
	if (this_cell->actions[cause] == BP_ACTION_SAFE)
		service_safe();
	if (this_cell->actions[cause] == BP_ACTION_RESET)
		crash_reset(CRASH_RESET, this_cell->index, cause, 0);
}

static bool cell_stop(u32 cause)
{
	telemetry()->restart_cause = cause;
	event_record(EVENT_CELL_STOP, cause, 0, 0, 0);
	pci_functions_stop();
	arch_cell_interrupts_reset(); /* nothing of it wakes the cores that rest from now on */
	state_set(CELL_STOPPED);
	health_stopped(cause);
	return false;
}

/* The channels that this cell alone writes, and its heartbeat, begin anew with it. */
static void shared_memory_reset(void)
{
	const struct bp_channel *channel = cell_table(&this_cell->channels);

	for (u32 i = 0; i < this_cell->channels.count; i++, channel++) {
		if (channel->va == 0)
			continue;
		arch_zero(channel->va, channel->size);
		arch_publish();
		*(volatile u64 *)channel->va = cell_state()->generation;
		/* The boot zeroed it through a cacheable mapping; no line of that may outlive this. */
		arch_cache_clean_invalidate(channel->va, channel->size);
	}
	arch_zero(this_cell->heartbeat_va, BP_PAGE_SIZE);
	arch_cache_clean_invalidate(this_cell->heartbeat_va, BP_PAGE_SIZE);
}

static void siblings_power_off(void)
{
	struct cell_state *state = cell_state();

	lock_take(&state->power_lock);
	for (u32 i = 1; i < this_cell->cores.count; i++)
		state->cores[i].power = POWER_OFF;
	lock_release(&state->power_lock);
}

/* All cores at rest, stage 2 revoked or never used: make the cell as new. */
static void cell_renew(void)
{
	struct cell_state *state = cell_state();
	struct telemetry_core *t = telemetry();

	state_set(CELL_STARTING);
	state->generation++;
	t->generation = state->generation;
	t->ready_time = 0;
	state->gicd_ctlr = 0;
	vuart_restart();
	siblings_power_off();
	pci_functions_stop();
	arch_cell_interrupts_reset();
	pci_functions_reset();
	shared_memory_reset();
	proof_renew();
	cell_fill();
	t->start_time = arch_time();
	event_record(EVENT_CELL_START, state->generation, 0, 0, 0);
	state_set(CELL_RUNNING);
}

/* A cell is only ever started from images that were good at boot. */
static bool images_admitted(void)
{
	if (images_good)
		return true;
	telemetry()->faults[BP_ERROR_IMAGE_MISMATCH]++;
	return cell_stop(BP_ERROR_IMAGE_MISMATCH);
}

/* A restart in the documented order up to the point where the cell is as new (architecture, section 4).
 * [impl->swr~restart-order~1] */
static bool cell_restart(u32 cause)
{
	if (!images_admitted())
		return false;
	if (!restart_admitted()) {
		telemetry()->faults[BP_ERROR_RESTART_LIMIT]++;
		return cell_stop(BP_ERROR_RESTART_LIMIT);
	}
	telemetry()->restarts++;
	telemetry()->restart_cause = cause;
	event_record(EVENT_CELL_RESTART, cause, cell_state()->generation, 0, 0);
	cell_renew();
	return true;
}

static void cell_lost(u64 cores)
{
	state_set(CELL_LOST);
	event_record(EVENT_CELL_LOST, cores, 0, 0, 0);
}

/* All of the cell's cores at rest, or the cell is lost: nothing is refilled under a core that may run. */
static bool gathered(void)
{
	u64 lost = siblings_gather();

	/* What a sibling did last to this core's interrupts came after this core was made quiet. Now none
	 * does. */
	if (lost == 0 && this_cell->cores.count > 1) {
		arch_interrupts_quiesce();
		lost = siblings_gather();
	}

	if (lost == 0)
		return true;
	cell_lost(lost);
	return false;
}

/* Nor does its DMA go on. */
static bool quiet(void)
{
	if (dma_streams_set(DMA_CUT))
		return gathered();
	cell_lost(0);
	return false;
}

static bool first_start_done(void)
{
	if (!gathered())
		return false;
	images_good = cell_images_good();
	if (!images_admitted())
		return false;
	cell_renew();
	return true;
}

bool cell_settle(bool first_start)
{
	struct wanted wanted;

	if (first_start) {
		if (!first_start_done())
			return false;
		if (!requests_waiting())
			return true;
	}
	while (telemetry()->cell_state != CELL_LOST && requests_waiting()) {
		arch_stage2_revoke();
		if (!quiet()) {
			telemetry()->restart_cause = requests_fold().cause;
			return false;
		}
		wanted = requests_fold();
		if (wanted.any && wanted.action != BP_ACTION_RESTART) {
			cell_stop(wanted.cause);
			continue;
		}
		if (!wanted.any)
			cell_renew();
		else if (!cell_restart(wanted.cause))
			continue;
		if (!dma_streams_set(DMA_LIVE)) {
			cell_lost(0);
			return false;
		}
		/* An order that came meanwhile has revoked before this restore, or is seen here. */
		arch_stage2_restore();
		if (!requests_waiting())
			return true;
	}
	return false;
}

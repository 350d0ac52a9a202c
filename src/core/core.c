/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core.c - the life of a core: rest, run, rest again.
 *
 * A core leaves rest in two ways: the cell's first core when the cell starts (core_rest -> cell_settle),
 * any other when a sibling powers it on (PSCI CPU_ON). It comes back to rest when its guest turns it
 * off, when its cell's memory is revoked, or when it made a fault. A core at rest waits in EL2, never in
 * firmware: firmware's locks would be a channel between cells.
 */
#include "core.h"
#include "dma.h"
#include "events.h"
#include "rate.h"
#include "service.h"
#include "sha256.h"
#include "watchdog.h"

u32 this_core;
struct telemetry_core *this_telemetry;

static bool start_pending; /* first core: the boot's start has not happened yet */

void core_identify(u32 core_in_cell)
{
	this_core = core_in_cell;
	this_telemetry = (struct telemetry_core *)cell_core(core_in_cell)->telemetry_va;
}

/* Bytes 8 * i to 8 * i + 7 are x[i], as it was loaded. [impl->swr~digests-told~1] */
static void blueprint_digest(const struct exit *exit, u8 digest[SHA256_BYTES])
{
	for (u32 i = 0; i < SHA256_BYTES; i++)
		digest[i] = (u8)(exit->x[i / 8] >> i % 8 * 8);
}

static void telemetry_start(const struct exit *exit)
{
	struct telemetry_core *t = telemetry();

	t->core = cell_core(this_core)->machine_core;
	t->cell = this_cell->index;
	t->core_state = CORE_OFF;
	t->restart_cause = BP_ERROR_COUNT;
	t->abi = TELEMETRY_ABI;
	t->boot_time = arch_time();
	blueprint_digest(exit, t->blueprint_digest);
	arch_publish();
	t->magic = TELEMETRY_MAGIC;
}

void core_main(struct exit *exit)
{
	rate_start();
	telemetry_start(exit);
	events_start();
	if (service_core())
		event_digest(EVENT_BLUEPRINT, telemetry()->blueprint_digest);
	dma_start();
	watchdog_start();
	cell_state()->cores[this_core].power = POWER_OFF;
	start_pending = core_is_first();
	core_rest(exit);
}

static struct core_slot *own_slot(void)
{
	return &cell_state()->cores[this_core];
}

/*
 * A sibling's CPU_ON for this core, if there is one. Not while the cell is revoked: this core may have told
 * the first one that it rests, and would come back to life in the middle of a restart, which ends the
 * CPU_ON anyway. [impl->swr~psci-cpu-on~1]
 */
static bool power_on_accept(struct exit *exit)
{
	struct cell_state *state = cell_state();
	struct core_slot *slot = own_slot();
	bool accepted;

	lock_take(&state->power_lock);
	accepted = slot->power == POWER_ON_PENDING && !arch_stage2_revoked();
	if (accepted) {
		arch_guest_prepare(exit, slot->on_entry, slot->on_context);
		slot->power = POWER_ON;
	}
	lock_release(&state->power_lock);
	return accepted;
}

static bool cell_start_accept(struct exit *exit)
{
	const bool first_start = start_pending;

	/* Tried once: a cell that an order stopped before it ran stays stopped. */
	start_pending = false;
	if (!core_is_first() || !cell_settle(first_start))
		return false;
	own_slot()->power = POWER_ON;
	arch_guest_prepare(exit, this_cell->entry_ipa, this_cell->tree_ipa);
	return true;
}

static u64 epoch_now(void)
{
	return *(volatile u64 *)&cell_state()->epoch;
}

/* Interrupts were made quiet in `epoch`: a wake-up that came since must not be cleared. */
static void rest(struct exit *exit, u64 epoch)
{
	struct core_slot *slot = own_slot();
	bool woken = false;

	telemetry()->core_state = CORE_PARKED;
	for (;;) {
		/* A new life of the cell: what siblings of the old one did to this core's interrupts goes. */
		for (u64 now = epoch_now(); now != epoch; now = epoch_now()) {
			arch_interrupts_quiesce();
			epoch = now;
		}
		slot->rest_epoch = epoch;
		arch_publish();
		if (cell_start_accept(exit) || (woken && power_on_accept(exit)))
			break;
		woken = arch_wait();
	}
	arch_icache_invalidate();
	telemetry()->core_state = CORE_RUNNING;
}

void core_rest(struct exit *exit)
{
	const u64 epoch = epoch_now();

	arch_interrupts_quiesce();
	rest(exit, epoch);
}

/* [impl->swr~psci-cpu-off~1] */
void core_off(struct exit *exit)
{
	struct cell_state *state = cell_state();
	const u64 epoch = epoch_now();

	event_record(EVENT_CORE_OFF, this_core, 0, 0, 0);
	/* Quiet first, off second: whoever sees POWER_OFF may send the wake-up, which must not be lost. */
	arch_interrupts_quiesce();
	lock_take(&state->power_lock);
	own_slot()->power = POWER_OFF;
	lock_release(&state->power_lock);
	rest(exit, epoch);
}

#define PSCI_INVALID_PARAMETERS -2
#define PSCI_ALREADY_ON		-4
#define PSCI_ON_PENDING		-5

static s64 power_on_post(struct core_slot *slot, ipa_t entry, u64 context)
{
	if (slot->power == POWER_ON)
		return PSCI_ALREADY_ON;
	if (slot->power == POWER_ON_PENDING)
		return PSCI_ON_PENDING;
	slot->on_entry = entry;
	slot->on_context = context;
	slot->power = POWER_ON_PENDING;
	return 0;
}

/* [impl->swr~psci-cpu-on~1] */
s64 core_on(u64 mpidr, ipa_t entry, u64 context)
{
	struct cell_state *state = cell_state();
	const u32 target = cell_core_find(mpidr);
	s64 result;

	if (target == this_cell->cores.count)
		return PSCI_INVALID_PARAMETERS;
	lock_take(&state->power_lock);
	result = power_on_post(&state->cores[target], entry, context);
	lock_release(&state->power_lock);
	if (result == 0) {
		event_record(EVENT_CORE_ON, target, 0, 0, 0);
		arch_wake(target);
	}
	return result;
}

/* [impl->swr~psci-affinity-info~1] */
s64 core_affinity_info(u64 mpidr, u64 level)
{
	const u32 target = cell_core_find(mpidr);

	if (target == this_cell->cores.count || level != 0)
		return PSCI_INVALID_PARAMETERS;
	return *(volatile u32 *)&cell_state()->cores[target].power;
}

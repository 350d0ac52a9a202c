// SPDX-License-Identifier: Apache-2.0
/*
 * revoke.c - the service core stops the peer while that runs. What the peer's EL2 does until it is parked
 * can't be read by the peer: a trace counts it (the window stays open until then).
 */
#include <stdio.h>

#include "../../src/blueprint/telemetry.h"
#include "bench.h"
#include "counter.h"
#include "hypercall_call.h"
#include "mmu.h"
#include "timer.h"

#define STOPS	4u /* within the restart-window of the peer */
#define PARK_NS UINT64_C(20000000)

/* The first core of a cell, as the directory names it. */
static const volatile struct telemetry_core *telemetry_of(const struct guest *guest, uint64_t cell)
{
	const struct directory *directory = (const void *)(uintptr_t)guest->directory.base;
	const char *base = (const void *)directory;
	const struct directory_core *cores;

	if (!guest->directory.size)
		return NULL;
	cores = (const void *)(base + directory->cores.offset);
	for (uint32_t i = 0; i < directory->cores.count; i++) {
		if (cores[i].cell != cell || cores[i].core_in_cell)
			continue;
		mmu_map(cores[i].telemetry_ipa, sizeof(struct telemetry_core), MMU_CONSTANTS);
		return (const void *)(uintptr_t)cores[i].telemetry_ipa;
	}
	return NULL;
}

/* One stop of the peer while it runs; 0: it worked. */
static const char *stop(const struct guest *guest, const volatile struct telemetry_core *telemetry)
{
	volatile struct peer_replies *replies = peer_replies(guest);
	uint64_t stopped;
	int64_t status;

	peer_orders(guest)->run = 1;
	hypercall_doorbell(guest_channel_find(guest, "bell")->index);
	while (!replies->running)
		core_yield();
	window_open();
	status = hypercall_cell_control(replies->cell, CELL_STOP, BP_ERROR_COUNT);
	if (status != HYPERCALL_OK)
		return "the peer can't be stopped";
	while (telemetry->cell_state != CELL_STOPPED)
		core_yield();
	/* A few instructions are left to it from there to its sleep. */
	stopped = timer_now();
	while (timer_now() - stopped < timer_from_ns(PARK_NS, timer_frequency()))
		core_yield();
	window_close();
	return telemetry->core_state == CORE_PARKED ? NULL : "the peer is not parked";
}

static void start_again(const struct guest *guest)
{
	volatile struct peer_replies *replies = peer_replies(guest);
	const uint64_t generation = replies->generation;

	peer_orders(guest)->run = 0;
	hypercall_cell_control(replies->cell, CELL_RESTART, BP_ERROR_COUNT);
	/* It is 0 while the channel is zeroed, and what stands behind it is still the old life's then. */
	while (replies->generation <= generation || !replies->ready)
		core_yield();
}

void revoke_measure(const struct guest *guest)
{
	volatile struct peer_replies *replies = peer_replies(guest);
	const volatile struct telemetry_core *telemetry = replies ? telemetry_of(guest, replies->cell) : NULL;
	const char *wrong = telemetry ? NULL : "this cell has no peer that it may stop";

	for (unsigned i = 0; i < STOPS && !wrong; i++) {
		if (i)
			start_again(guest);
		wrong = stop(guest, telemetry);
	}
	if (wrong)
		printf("bench: wrong %s\n", wrong);
	windows_tell("revoke");
}

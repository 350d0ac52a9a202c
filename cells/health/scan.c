// SPDX-License-Identifier: Apache-2.0
/*
 * scan.c - a slice a poll, and what is done when one isn't what it was (scan.h).
 *
 * The pace is one of time, so that what is printed as the longest time holds where polls are late: then a
 * poll does up to SLICES_MOST slices.
 */
#include "scan.h"

#include <inttypes.h>

#include "console.h"
#include "guard.h"
#include "hypercall_call.h"
#include "integrity.h"
#include "mmu.h"
#include "timer.h"

#define SLICE	    UINT64_C(2048)
#define SLICE_NS    UINT64_C(2000000)
#define SLICES_MOST 2u
/* What the boot has just hashed can wait until the cells have started. */
#define BEGIN_NS UINT64_C(1000000000)
#define GAP	 BP_WINDOW_ALIGN /* ranges that are no further apart are mapped as one */

static struct integrity integrity;
static uint32_t self;
static bool due;	    /* a change was found, and hasn't cost the machine what it costs */
static uint64_t next;	    /* when the next slice is due */
static uint64_t pass_begun; /* by the machine's counter */
static struct integrity_counters *counters;

/* The ranges are in order; what lies between two is mapped, but never read. */
static bool map_ranges(const struct integrity_table *table)
{
	uint64_t from = 0, end = 0;
	bool mapped = true;

	for (uint32_t i = 0; i < table->count; i++) {
		const struct integrity_range *range = &table->ranges[i];

		if (range->ipa < end || range->ipa - end >= GAP) {
			mapped &= mmu_map(from, end - from, MMU_CONSTANTS);
			from = range->ipa;
		}
		end = range->ipa + range->size;
	}
	return mapped && mmu_map(from, end - from, MMU_CONSTANTS);
}

const char *scan_start(const struct machine *machine, uint32_t own, struct integrity_counters *count)
{
	const struct directory_bytes *where = &machine->directory->integrity;
	const void *const table = (const void *)(uintptr_t)where->ipa;
	const char *wrong;

	if (!mmu_map(where->ipa, where->size, MMU_CONSTANTS))
		return "no room to map the table of constant ranges";
	wrong = integrity_open(&integrity, table, where->size);
	if (!wrong && !map_ranges(table))
		wrong = "no room to map the constant ranges";
	if (wrong)
		return wrong;
	self = own;
	counters = count;
	counters->size = integrity.bytes;
	counters->bound_ns = ((integrity.bytes + integrity.longest) / SLICE + 1 + SLICES_MOST) * SLICE_NS;
	next = pass_begun = timer_now() + timer_from_ns(BEGIN_NS, machine->hz);
	say("health: integrity: %" PRIu32 " ranges, %" PRIu64 " bytes, a change is found within %" PRIu64
	    " ms",
	    integrity.count, integrity.bytes, counters->bound_ns / 1000000);
	return NULL;
}

static void changed(const struct integrity_fault *fault)
{
	say("health: integrity: %.32s at 0x%" PRIx64 ", %" PRIu64 " bytes: they aren't what they were",
	    fault->name, fault->pa, fault->size);
	hypercall_event(BP_ERROR_TABLE_INTEGRITY, fault->pa, fault->size, integrity.passes);
	due = true;
}

/* A poll later, so that the event has been read and kept. */
static void act(const struct machine *machine)
{
	due = false;
	if (machine->cells[self].actions[BP_ERROR_TABLE_INTEGRITY] == BP_ACTION_RESET)
		guard_reset(machine, self, BP_ERROR_TABLE_INTEGRITY);
}

/* [impl->swr~health-integrity~1] */
void scan_poll(const struct machine *machine, uint64_t now)
{
	const uint64_t step = timer_from_ns(SLICE_NS, machine->hz), passes = integrity.passes;
	struct integrity_fault fault;

	if (due)
		act(machine);
	for (unsigned i = 0; i < SLICES_MOST && next <= now; i++, next += step)
		if (integrity_step(&integrity, SLICE, &fault) == INTEGRITY_CHANGED)
			changed(&fault);
	if (next + SLICES_MOST * step < now) /* what is more than that late isn't made up for */
		next = now;
	if (integrity.passes != passes) {
		counters->pass_ns = timer_to_ns(now - pass_begun, machine->hz);
		pass_begun = now;
	}
	counters->position = integrity.position;
	counters->passes = integrity.passes;
	counters->errors = integrity.errors;
}

void scan_report(void)
{
	say("integrity: passes=%" PRIu64 " errors=%" PRIu64 " position=%" PRIu64 "/%" PRIu64
	    " last_pass_ms=%" PRIu64,
	    integrity.passes, integrity.errors, integrity.position, integrity.bytes,
	    counters->pass_ns / 1000000);
}

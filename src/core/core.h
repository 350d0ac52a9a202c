/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core.h - the life of a core: at rest in EL2 until told to run, running its guest until something ends
 * that. Cores start, park (CPU_OFF), stop and restart through this one door.
 */
#ifndef BULKHEAD_CORE_H
#define BULKHEAD_CORE_H

#include "cell.h"

extern u32 this_core; /* index among the cell's cores */
extern struct telemetry_core *this_telemetry;

/* Makes this the core `core_in_cell` of the cell: once, when it comes to its own tables. */
void core_identify(u32 core_in_cell);

static inline struct telemetry_core *telemetry(void)
{
	return this_telemetry;
}

static inline bool core_is_first(void)
{
	return this_core == 0;
}

/* Entered once a boot, identified, on the core's own tables and stack; of `exit` only x0 to x3 are set: the
 * blueprint's digest, which the boot core has found to be right. */
void core_main(struct exit *exit);

/* Comes back with `exit` and EL1 ready for a fresh start of the guest. */
void core_rest(struct exit *exit);

/* PSCI for this cell's cores. Returns PSCI's codes. */
s64 core_on(u64 mpidr, ipa_t entry, u64 context);
s64 core_affinity_info(u64 mpidr, u64 level);
void core_off(struct exit *exit);

#endif

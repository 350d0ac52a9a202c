/* SPDX-License-Identifier: Apache-2.0 */
/*
 * losses.h - events that no record of the log speaks of, core by core: the log's sums, and records that say
 * which core's they were, and about when. Portable: tested on the host.
 */
#ifndef HEALTH_LOSSES_H
#define HEALTH_LOSSES_H

#include "journal.h"
#include "machine.h"

struct core_losses {	  /* since the machine's boot */
	uint64_t lost;	  /* overwritten in the core's ring before they were taken, or damaged there */
	uint64_t dropped; /* telemetry_core.events_dropped */
};

struct losses {
	struct core_losses known[MACHINE_CORES_MAX], recorded[MACHINE_CORES_MAX];
};

/* What is known of a core by now; the log's sums are so at once. */
void losses_note(struct losses *losses, struct journal *journal, uint32_t core,
		 const struct core_losses *now);
/* A record (EVENT_LOSS), if there is anything new. Call seldom: each takes the place of another. */
void losses_record(struct losses *losses, struct journal *journal, uint32_t core, uint32_t cell,
		   uint64_t time);

#endif

// SPDX-License-Identifier: Apache-2.0
/*
 * losses.c - what is missing in the log, counted (losses.h).
 */
#include "losses.h"

/* [impl->swr~health-journal-losses~1] */
void losses_note(struct losses *losses, struct journal *journal, uint32_t core, const struct core_losses *now)
{
	struct core_losses *const known = &losses->known[core];

	journal->lost += now->lost - known->lost;
	journal->dropped += now->dropped - known->dropped;
	*known = *now;
}

void losses_record(struct losses *losses, struct journal *journal, uint32_t core, uint32_t cell,
		   uint64_t time)
{
	const struct core_losses *const known = &losses->known[core];
	struct core_losses *const recorded = &losses->recorded[core];

	if (known->lost == recorded->lost && known->dropped == recorded->dropped)
		return;
	*recorded = *known;
	journal_add(journal, &(struct event){.time = time,
					     .code = EVENT_LOSS,
					     .core = (uint16_t)core,
					     .cell = (uint16_t)cell,
					     .args = {known->lost, known->dropped}});
}

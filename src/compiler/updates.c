/* SPDX-License-Identifier: Apache-2.0 */
/*
 * updates.c - `update-reset`: the cell that asks the health cell for updates may have the machine reset for
 * the trial of one. Called by plan_read, behind channels.c, whose channel `update` takes it to the health
 * cell's tree.
 */
#include "front.h"

#include "../blueprint/update.h"

#include <string.h>

#define PROPERTY "update-reset"

static struct plan_channel *update_channel(struct plan *plan)
{
	for (size_t i = 0; i < plan->channel_count; i++)
		if (strcmp(plan->channels[i].name, UPDATE_CHANNEL) == 0)
			return &plan->channels[i];
	return NULL;
}

/* `between` the two and nobody else: who else writes there would have the machine reset, too. */
static bool is_between(const struct plan_channel *channel, size_t one, size_t other)
{
	size_t found = 0;

	if (channel->writers != channel->readers || channel->writer_count != 2)
		return false;
	for (size_t i = 0; i < 2; i++)
		found += (size_t)channel->writers[i] == one || (size_t)channel->writers[i] == other;
	return found == 2;
}

/* [impl->swr~config-update-reset~1] */
void updates_read(struct front *front)
{
	struct plan *const plan = front->plan;
	struct plan_channel *const channel = update_channel(plan);

	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct place at = front_place(front, front->cell_nodes[i], PROPERTY);

		if (!value_flag(front, front->cell_nodes[i], PROPERTY))
			continue;
		if (plan->cells[i].flags & BP_CELL_HEALTH) {
			diag_error(at, "'" PROPERTY "' is for the cell that asks the health cell for "
				       "updates, not for the health cell");
		} else if (!plan->boot_state.wanted) {
			diag_error(at,
				   "cell '%s' can't have '" PROPERTY "': there are no updates without a "
				   "'boot-state' of the health cell",
				   plan->cells[i].name);
		} else if (!channel || !is_between(channel, i, plan->boot_state.cell)) {
			diag_error(at,
				   "cell '%s' can't have '" PROPERTY "': there is no channel '" UPDATE_CHANNEL
				   "' between it and the health cell alone",
				   plan->cells[i].name);
		} else {
			channel->resets = true;
			channel->resetter = i;
		}
	}
}

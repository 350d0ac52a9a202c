// SPDX-License-Identifier: Apache-2.0
/*
 * confirm.c - when what runs is confirmed (confirm.h). [impl->swr~boot-confirm-time~1]
 */
#include "confirm.h"

void confirm_start(struct confirm *confirm, uint64_t after, uint64_t within, uint64_t now)
{
	*confirm = (struct confirm){.after = after, .within = within, .since = now};
}

/* A cell that neither beats nor says `ready` is never up. */
static bool is_up(const struct cell_view *view, const struct cell_counters *of)
{
	return (view->state == CELL_RUNNING || view->state == CELL_READY) && of->beats && !of->incident;
}

enum confirm_verdict confirm_poll(struct confirm *confirm, const struct machine *machine,
				  const struct counters *counters, uint64_t now, uint64_t since_boot)
{
	uint64_t lives = 0;
	bool up = true;

	for (uint32_t i = 0; i < machine->cell_count; i++) {
		struct cell_view view;

		if (!(machine->cells[i].flags & BP_CELL_ESSENTIAL))
			continue;
		machine_view(machine, i, &view);
		lives += view.generation + counters->cells[i].incidents;
		up &= is_up(&view, &counters->cells[i]);
	}
	if (!up || lives != confirm->lives) {
		confirm->lives = lives;
		confirm->since = now;
	}
	if (up && now - confirm->since >= confirm->after)
		return CONFIRM_DUE;
	return since_boot > confirm->within ? CONFIRM_LATE : CONFIRM_WAIT;
}

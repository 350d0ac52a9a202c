// SPDX-License-Identifier: Apache-2.0
/*
 * rule_faults.c - what each error costs each cell: the cell's `faults`, else the board-wide ones, else
 * what the language says.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"
#include "value.h"

#define A(action) (1u << BP_ACTION_##action)
#define COMMON	  (A(LOG) | A(STOP) | A(RESTART) | A(SAFE) | A(RESET))

/* Config language, "Faults": what each admits, and costs where the file doesn't say. */
static const struct {
	const char *name;
	unsigned int admitted, action;
} errors[BP_ERROR_COUNT] = {
	[BP_ERROR_MEMORY_VIOLATION] = {"memory-violation", COMMON, BP_ACTION_RESTART},
	[BP_ERROR_DMA_VIOLATION] = {"dma-violation", COMMON, BP_ACTION_RESTART},
	[BP_ERROR_FORBIDDEN_ACCESS] = {"forbidden-access", COMMON | A(IGNORE), BP_ACTION_RESTART},
	[BP_ERROR_SERROR] = {"serror", COMMON | A(IGNORE), BP_ACTION_LOG},
	[BP_ERROR_HEARTBEAT_MISSED] = {"heartbeat-missed", COMMON | A(IGNORE), BP_ACTION_RESTART},
	[BP_ERROR_BOOT_TIMEOUT] = {"boot-timeout", COMMON | A(IGNORE), BP_ACTION_RESTART},
	[BP_ERROR_IMAGE_MISMATCH] = {"image-mismatch", A(STOP) | A(SAFE) | A(RESET), BP_ACTION_STOP},
	[BP_ERROR_RESTART_LIMIT] = {"restart-limit", A(STOP) | A(SAFE) | A(RESET), BP_ACTION_STOP},
	[BP_ERROR_TABLE_INTEGRITY] = {"table-integrity", A(RESET), BP_ACTION_RESET},
	[BP_ERROR_APPLICATION] = {"application-error", COMMON | A(IGNORE), BP_ACTION_RESTART},
	[BP_ERROR_EXCEPTION_AT_EL2] = {"exception-at-el2", A(RESET), BP_ACTION_RESET},
};
#define WINDOW_UNSAID "5/300s"

static const char *const actions[BP_ACTION_COUNT] = {
	[BP_ACTION_IGNORE] = "ignore",	 [BP_ACTION_LOG] = "log",   [BP_ACTION_STOP] = "stop",
	[BP_ACTION_RESTART] = "restart", [BP_ACTION_SAFE] = "safe", [BP_ACTION_RESET] = "reset"};

const char *fault_error_name(unsigned int error)
{
	return error < BP_ERROR_COUNT ? errors[error].name : "?";
}

const char *fault_action_name(unsigned int action)
{
	return action < BP_ACTION_COUNT ? actions[action] : "?";
}

static const struct node *cell_faults(const struct audit *audit, const struct partition_cell *asked)
{
	const struct tree *tree = &audit->partition.tree;

	for (size_t i = 0; i < tree->count; i++) {
		if (tree->nodes[i].parent == (int)(asked->node - tree->nodes) &&
		    !strcmp(tree->nodes[i].name, "faults"))
			return &tree->nodes[i];
	}
	return NULL;
}

/* The action that a faults node names for an error, by itself or by its `default`; -1: none. */
static int action_in(const struct audit *audit, const struct node *faults, unsigned int error)
{
	const char *text = faults ? node_string(&audit->partition.tree, faults, errors[error].name) : NULL;
	bool by_default = false;

	if (faults && !text) {
		text = node_string(&audit->partition.tree, faults, "default");
		by_default = true;
	}
	for (int i = 0; text && i < BP_ACTION_COUNT; i++) {
		if (!strcmp(text, actions[i]))
			return by_default && !(errors[error].admitted >> i & 1) ? -1 : i;
	}
	return -1;
}

static void action_check(struct audit *audit, const struct cell *cell, unsigned int error)
{
	const unsigned int action = cell->record->actions[error];
	int due = action_in(audit, cell_faults(audit, cell->asked), error);

	if (due < 0)
		due = action_in(audit, audit->partition.faults, error);
	if (due < 0)
		due = (int)errors[error].action;
	if (action >= BP_ACTION_COUNT || !(errors[error].admitted >> action & 1))
		violation(&audit->report, RULE_FAULTS, "%s: %s: action %u (%s) isn't admitted", cell->who,
			  errors[error].name, action, action < BP_ACTION_COUNT ? actions[action] : "unknown");
	else if ((unsigned int)due != action)
		violation(&audit->report, RULE_FAULTS, "%s: %s costs %s, by the file it is %s", cell->who,
			  errors[error].name, actions[action], actions[due]);
}

/* "N/duration" */
static bool window_parse(const char *text, uint64_t *max, uint64_t *window_ns)
{
	char count[16];
	const char *slash = strchr(text, '/');

	if (!slash || (size_t)(slash - text) >= sizeof(count))
		return false;
	memcpy(count, text, (size_t)(slash - text));
	count[slash - text] = '\0';
	return value_size(count, max) && value_duration(slash + 1, window_ns);
}

static void window_check(struct audit *audit, const struct cell *cell)
{
	const struct tree *tree = &audit->partition.tree;
	const struct node *own = cell_faults(audit, cell->asked);
	const char *text = own ? node_string(tree, own, "restart-window") : NULL;
	uint64_t max, window_ns;

	if (!text && audit->partition.faults)
		text = node_string(tree, audit->partition.faults, "restart-window");
	if (!text)
		text = WINDOW_UNSAID;
	if (cell->record->restart_max < 1 || cell->record->restart_max > BP_RESTARTS_MAX)
		violation(&audit->report, RULE_TIMES, "%s: restart window of %u restarts", cell->who,
			  cell->record->restart_max);
	if (!window_parse(text, &max, &window_ns) || max != cell->record->restart_max ||
	    window_ns != cell->record->restart_window_ns)
		violation(&audit->report, RULE_TIMES,
			  "%s: restart window %u in %" PRIu64 " ns, by the file it is %s", cell->who,
			  cell->record->restart_max, cell->record->restart_window_ns, text);
}

/* [impl->swr~audit-faults~1]
 * [impl->swr~audit-times~1] */
void rule_faults(struct audit *audit)
{
	for (size_t i = 0; i < audit->cell_count; i++) {
		const struct cell *cell = &audit->cells[i];

		if (!cell->known || !cell->asked)
			continue;
		for (unsigned int error = 0; error < BP_ERROR_COUNT; error++)
			action_check(audit, cell, error);
		window_check(audit, cell);
	}
}

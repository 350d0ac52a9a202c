/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faults.c - the fault table: what each error costs a cell.
 *
 * Built-in actions, over these the board-wide `faults` of the root, over these the cell's own. What
 * each error admits is docs' table (config language, "Faults"). Called by plan_read.
 */
#include "front.h"

#include "text.h"

#include <libfdt.h>
#include <string.h>

#define BIT(action) (1u << (action))
#define ALWAYS                                                                                               \
	(BIT(BP_ACTION_LOG) | BIT(BP_ACTION_STOP) | BIT(BP_ACTION_RESTART) | BIT(BP_ACTION_SAFE) |           \
	 BIT(BP_ACTION_RESET))
#define FINAL (BIT(BP_ACTION_STOP) | BIT(BP_ACTION_SAFE) | BIT(BP_ACTION_RESET))

struct error_rule {
	const char *name;
	unsigned int admitted; /* BIT(action) */
	enum bp_action action; /* where nobody says otherwise */
};

static const struct error_rule rules[BP_ERROR_COUNT] = {
	[BP_ERROR_MEMORY_VIOLATION] = {"memory-violation", ALWAYS, BP_ACTION_RESTART},
	[BP_ERROR_DMA_VIOLATION] = {"dma-violation", ALWAYS, BP_ACTION_RESTART},
	[BP_ERROR_FORBIDDEN_ACCESS] = {"forbidden-access", ALWAYS | BIT(BP_ACTION_IGNORE), BP_ACTION_RESTART},
	[BP_ERROR_SERROR] = {"serror", ALWAYS | BIT(BP_ACTION_IGNORE), BP_ACTION_LOG},
	[BP_ERROR_HEARTBEAT_MISSED] = {"heartbeat-missed", ALWAYS | BIT(BP_ACTION_IGNORE), BP_ACTION_RESTART},
	[BP_ERROR_BOOT_TIMEOUT] = {"boot-timeout", ALWAYS | BIT(BP_ACTION_IGNORE), BP_ACTION_RESTART},
	[BP_ERROR_IMAGE_MISMATCH] = {"image-mismatch", FINAL, BP_ACTION_STOP},
	[BP_ERROR_RESTART_LIMIT] = {"restart-limit", FINAL, BP_ACTION_STOP},
	[BP_ERROR_TABLE_INTEGRITY] = {"table-integrity", BIT(BP_ACTION_RESET), BP_ACTION_RESET},
	[BP_ERROR_APPLICATION] = {"application-error", ALWAYS | BIT(BP_ACTION_IGNORE), BP_ACTION_RESTART},
	[BP_ERROR_EXCEPTION_AT_EL2] = {"exception-at-el2", BIT(BP_ACTION_RESET), BP_ACTION_RESET},
};

static const char *const actions[BP_ACTION_COUNT] = {
	[BP_ACTION_IGNORE] = "ignore",	 [BP_ACTION_LOG] = "log",   [BP_ACTION_STOP] = "stop",
	[BP_ACTION_RESTART] = "restart", [BP_ACTION_SAFE] = "safe", [BP_ACTION_RESET] = "reset",
};

#define DEFAULT_RESTARTS 5u
#define DEFAULT_WINDOW	 UINT64_C(300000000000) /* ns */

/* "log, stop or restart" */
static const char *admitted_text(unsigned int admitted)
{
	const char *text = "";
	unsigned int left = admitted;

	for (int i = 0; i < BP_ACTION_COUNT; i++) {
		if (!(left & BIT(i)))
			continue;
		left &= ~BIT(i);
		text = text_format("%s%s%s", text, !text[0] ? "" : left ? ", " : " or ", actions[i]);
	}
	return text;
}

/* What an error costs the machine is the health cell's to see to. */
static void need_health(const struct front *front, struct place at, const char *action)
{
	for (size_t i = 0; i < front->plan->cell_count; i++)
		if (front->plan->cells[i].flags & BP_CELL_HEALTH)
			return;
	diag_error(at, "action '%s' needs a health cell, which carries it out", action);
}

/* An action's number; -1 after a diagnostic. */
static int read_action(const struct front *front, int node, const char *property)
{
	const struct place at = front_place(front, node, property);
	const char *text;

	if (!value_text(front, node, property, &text))
		return -1;
	for (int i = 0; i < BP_ACTION_COUNT; i++) {
		if (strcmp(actions[i], text) != 0)
			continue;
		if (i == BP_ACTION_SAFE || i == BP_ACTION_RESET)
			need_health(front, at, text);
		return i;
	}
	diag_error(at, "unknown action '%s'%s", text, diag_did_you_mean(text, actions, BP_ACTION_COUNT));
	return -1;
}

static void read_window(const struct front *front, int node, struct plan_cell *cell)
{
	const struct place at = front_place(front, node, "restart-window");
	const char *text, *slash;
	uint64_t count;

	if (!value_text(front, node, "restart-window", &text))
		return;
	slash = strchr(text, '/');
	if (!slash || !text_number(text_copy(text, (size_t)(slash - text)), &count) ||
	    !text_duration(slash + 1, &cell->restart_window_ns) || !cell->restart_window_ns) {
		diag_error(at, "'%s' is not a number of restarts in a time, such as \"5/300s\"", text);
		return;
	}
	if (count < 1 || count > BP_RESTARTS_MAX)
		diag_error(at, "restart-window admits 1 to %u restarts", BP_RESTARTS_MAX);
	else
		cell->restart_max = (uint32_t)count;
}

static int error_of(const char *name)
{
	for (int i = 0; i < BP_ERROR_COUNT; i++)
		if (strcmp(rules[i].name, name) == 0)
			return i;
	return -1;
}

static void report_unknown(const struct front *front, int node, const char *name)
{
	const char *known[BP_ERROR_COUNT + 2];

	for (int i = 0; i < BP_ERROR_COUNT; i++)
		known[i] = rules[i].name;
	known[BP_ERROR_COUNT] = "default";
	known[BP_ERROR_COUNT + 1] = "restart-window";
	diag_error(front_place(front, node, name), "unknown fault '%s'%s", name,
		   diag_did_you_mean(name, known, BP_ERROR_COUNT + 2));
}

static void read_fault(const struct front *front, int node, const char *name, struct plan_cell *cell)
{
	const int error = error_of(name), action = error < 0 ? -1 : read_action(front, node, name);

	if (error < 0)
		report_unknown(front, node, name);
	else if (action >= 0 && rules[error].admitted & BIT(action))
		cell->actions[error] = (uint8_t)action;
	else if (action >= 0 && rules[error].admitted != BIT(BP_ACTION_RESET))
		diag_error(front_place(front, node, name), "'%s' admits %s, not '%s'", name,
			   admitted_text(rules[error].admitted), actions[action]);
	else if (action >= 0)
		diag_error(front_place(front, node, name),
			   "'%s' always resets the board: no action can be given", name);
}

static void read_table(const struct front *front, int node, struct plan_cell *cell)
{
	const void *const tree = front->source.tree.data;
	const int action = read_action(front, node, "default");
	int property, child;

	for (int i = 0; i < BP_ERROR_COUNT; i++)
		if (action >= 0 && rules[i].admitted & BIT(action))
			cell->actions[i] = (uint8_t)action;
	read_window(front, node, cell);
	fdt_for_each_property_offset(property, tree, node)
	{
		const char *name = "";

		fdt_getprop_by_offset(tree, property, &name, NULL);
		if (strcmp(name, "default") != 0 && strcmp(name, "restart-window") != 0 &&
		    strcmp(name, "phandle") != 0)
			read_fault(front, node, name, cell);
	}
	fdt_for_each_subnode(child, tree, node) diag_error(
		front_place(front, child, NULL), "unknown node '%s' in 'faults', which holds properties only",
		fdt_get_name(tree, child, NULL));
}

/* A cell that never comes up is found so only after its boot-timeout: as many of these as the window admits
 * have to fit into it, or the limit that the file asks for is never reached.
 * [impl->swr~config-restart-limit~1] */
static void warn_of_no_limit(const struct front *front, int node, const struct plan_cell *cell)
{
	if (!cell->boot_timeout_ns || cell->restart_window_ns / cell->restart_max > cell->boot_timeout_ns)
		return;
	diag_warning(
		front_place(front, node, "restart-limit"),
		"restart-limit is never reached by cell '%s' if it doesn't come up: %u restarts, each after "
		"its boot-timeout, take longer than restart-window",
		cell->name, cell->restart_max);
}

/* [impl->swr~config-faults~1] */
void faults_read(struct front *front)
{
	const void *const tree = front->source.tree.data;
	const int shared = fdt_subnode_offset(tree, 0, "faults");
	struct plan_cell defaults = {.restart_max = DEFAULT_RESTARTS, .restart_window_ns = DEFAULT_WINDOW};

	for (int i = 0; i < BP_ERROR_COUNT; i++)
		defaults.actions[i] = (uint8_t)rules[i].action;
	if (shared >= 0)
		read_table(front, shared, &defaults);
	for (size_t i = 0; i < front->plan->cell_count; i++) {
		struct plan_cell *const cell = &front->plan->cells[i];
		const int own = fdt_subnode_offset(tree, front->cell_nodes[i], "faults");

		cell->restart_max = defaults.restart_max;
		cell->restart_window_ns = defaults.restart_window_ns;
		memcpy(cell->actions, defaults.actions, sizeof(cell->actions));
		if (own >= 0)
			read_table(front, own, cell);
		if (own >= 0 && value_present(front, own, "restart-limit"))
			warn_of_no_limit(front, own, cell);
		else if (shared >= 0 && value_present(front, shared, "restart-limit"))
			warn_of_no_limit(front, shared, cell);
	}
}

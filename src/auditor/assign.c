// SPDX-License-Identifier: Apache-2.0
/*
 * assign.c - which board device is whose: by the partition file's `devices`, fail closed
 * (architecture section 2). Rules compare the tables with this.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

static void claim(struct audit *audit, size_t cell, const struct node *device)
{
	int *owner = &audit->board.owner[device - audit->board.tree.nodes];

	if (*owner != CELL_NONE_ID && *owner != (int)cell)
		violation(&audit->report, RULE_DEVICES, "%s: the file gives it to '%s' and to '%s'",
			  device->path, audit->partition.cells[*owner].name,
			  audit->partition.cells[cell].name);
	*owner = (int)cell;
}

static const char *device_list(const struct audit *audit, size_t cell, int *length)
{
	const char *list =
		node_property(&audit->partition.tree, audit->partition.cells[cell].node, "devices", length);

	return list && string_list(list, *length) ? list : NULL;
}

static void claims_by_name(struct audit *audit, size_t cell)
{
	int length = 0;
	const char *list = device_list(audit, cell, &length);

	for (const char *text = NULL; list && (text = string_next(list, length, text));) {
		const struct node *device;

		if (!strcmp(text, "rest") || text[0] == '-')
			continue;
		device = device_named(&audit->board, text, NULL);
		if (device && !device_named(&audit->board, text, device))
			claim(audit, cell, device);
		else
			violation(&audit->report, RULE_DEVICES,
				  "cell '%s': device '%s' is %s in the board's tree",
				  audit->partition.cells[cell].name, text, device ? "ambiguous" : "unknown");
	}
}

static bool left_out(struct audit *audit, size_t cell, const struct node *node)
{
	int length = 0;
	const char *list = device_list(audit, cell, &length);

	for (const char *text = NULL; list && (text = string_next(list, length, text));) {
		const struct node *device = NULL;

		while (text[0] == '-' && (device = device_named(&audit->board, text + 1, device)))
			if (device == node)
				return true;
	}
	return false;
}

static bool claims_rest(const struct audit *audit, size_t cell)
{
	int length = 0;
	const char *list = device_list(audit, cell, &length);

	for (const char *text = NULL; list && (text = string_next(list, length, text));) {
		if (!strcmp(text, "rest"))
			return true;
	}
	return false;
}

static void rest_assign(struct audit *audit, size_t cell, bool health_exists, bool *rest)
{
	struct board *board = &audit->board;

	for (size_t i = 0; i < board->tree.count; i++) {
		const struct node *node = &board->tree.nodes[i];

		if (board->owner[i] != CELL_NONE_ID || board->classes[i] != DEVICE_PLAIN ||
		    shared_provider(audit, node) || (health_exists && node == board->stdout_uart) ||
		    left_out(audit, cell, node))
			continue;
		board->owner[i] = (int)cell;
		rest[i] = true;
	}
}

struct drawn {
	struct audit *audit;
	int cell;
	bool changed;
};

/* A provider that nobody has comes along with a device that was named. */
static void provider_draw_in(const struct node *provider, bool served, void *context)
{
	struct drawn *drawn = context;
	struct board *board = &drawn->audit->board;
	const size_t number = (size_t)(provider - board->tree.nodes);

	(void)served;
	if (board->owner[number] != CELL_NONE_ID || board->classes[number] != DEVICE_PLAIN ||
	    shared_provider(drawn->audit, provider))
		return;
	board->owner[number] = drawn->cell;
	drawn->changed = true;
}

static void providers_draw_in(struct audit *audit)
{
	struct board *board = &audit->board;
	struct drawn drawn = {audit, CELL_NONE_ID, true};

	while (drawn.changed) { /* each round gives at least one node an owner, for good */
		drawn.changed = false;
		for (size_t i = 0; i < board->tree.count; i++) {
			drawn.cell = board->owner[i];
			if (board->owner[i] != CELL_NONE_ID)
				needs_each(audit, &board->tree.nodes[i], provider_draw_in, &drawn);
		}
	}
}

/* What the file names, and what that needs. */
static void claims_named(struct audit *audit)
{
	for (size_t cell = 0; cell < audit->partition.cell_count; cell++)
		claims_by_name(audit, cell);
	providers_draw_in(audit);
}

/* Is what the console is, or what came along with it, not apart? `without`: owners without the console. */
static bool console_lacks(struct audit *audit, const int *without)
{
	const struct board *board = &audit->board;
	struct conflicts *conflicts = conflicts_open(audit);
	bool lacks = false;

	for (size_t i = 0; i < board->tree.count; i++)
		if (board->owner[i] != CELL_NONE_ID && without[i] == CELL_NONE_ID)
			lacks |= conflicts_of(conflicts, &board->tree.nodes[i]);
	conflicts_close(conflicts);
	return lacks;
}

/* The stdout UART is the health cell's unless it is named elsewhere, or what it needs, its pages or its
 * interrupts are another's. */
static void claims_settle(struct audit *audit, size_t health)
{
	struct board *board = &audit->board;
	const size_t size = board->tree.count * sizeof(*board->owner);
	const struct node *uart = board->stdout_uart;
	int *without;

	claims_named(audit);
	if (health >= audit->partition.cell_count || !uart ||
	    board->owner[uart - board->tree.nodes] != CELL_NONE_ID ||
	    board->classes[uart - board->tree.nodes] != DEVICE_PLAIN)
		return;
	without = memory_zeroed(board->tree.count, sizeof(*without));
	memcpy(without, board->owner, size);
	claim(audit, health, uart);
	providers_draw_in(audit);
	if (console_lacks(audit, without))
		memcpy(board->owner, without, size);
	free(without);
}

/* "rest" leaves out what can't be parted from what isn't the cell's; that may leave others without theirs. */
static void rest_reduce(struct audit *audit, bool *rest)
{
	struct board *board = &audit->board;
	struct conflicts *conflicts = conflicts_open(audit);
	bool changed = true;

	while (changed) { /* each round takes at least one away, for good */
		changed = false;
		for (size_t i = 0; i < board->tree.count; i++) {
			if (!rest[i] || !conflicts_of(conflicts, &board->tree.nodes[i]))
				continue;
			board->owner[i] = CELL_NONE_ID;
			rest[i] = false;
			changed = true;
		}
	}
	conflicts_close(conflicts);
}

static bool is_uart(const struct tree *tree, const struct node *node)
{
	int length = 0;
	const char *list = node_property(tree, node, "compatible", &length);

	if (!strncmp(node->name, "serial@", 7))
		return true;
	if (!list || !string_list(list, length))
		return false;
	for (const char *text = NULL; (text = string_next(list, length, text));) {
		if (strstr(text, "pl011") || strstr(text, "uart") || strstr(text, "16550"))
			return true;
	}
	return false;
}

/* `console` is "log" unless the cell says otherwise or owns a UART. */
static void consoles_decide(struct audit *audit, size_t cell)
{
	struct partition_cell *asked = &audit->partition.cells[cell];
	const struct board *board = &audit->board;
	bool owns_uart = false;

	if (node_flag(&audit->partition.tree, asked->node, "console"))
		return;
	for (size_t i = 0; i < board->tree.count; i++)
		owns_uart |= board->owner[i] == (int)cell && is_uart(&board->tree, &board->tree.nodes[i]);
	asked->log_console = !owns_uart;
}

/* [impl->swr~audit-devices~1] */
void devices_assign(struct audit *audit)
{
	struct board *board = &audit->board;
	const size_t cells = audit->partition.cell_count;
	size_t health = cells;
	bool *rest;

	board->owner = memory_zeroed(board->tree.count, sizeof(*board->owner));
	rest = memory_zeroed(board->tree.count, sizeof(*rest));
	for (size_t i = 0; i < board->tree.count; i++)
		board->owner[i] = CELL_NONE_ID;
	devices_classify(board);
	for (size_t cell = 0; cell < cells; cell++)
		if (audit->partition.cells[cell].health)
			health = cell;
	claims_settle(audit, health);
	for (size_t cell = 0; cell < cells; cell++) {
		if (claims_rest(audit, cell))
			rest_assign(audit, cell, health < cells, rest);
	}
	rest_reduce(audit, rest);
	free(rest);
	for (size_t cell = 0; cell < cells; cell++)
		consoles_decide(audit, cell);
}

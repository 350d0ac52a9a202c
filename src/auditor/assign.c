// SPDX-License-Identifier: Apache-2.0
/*
 * assign.c - which board device is whose: by the partition file's `devices`, fail closed
 * (architecture section 2). Rules compare the tables with this.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* A compatible that starts with one of these is never a cell's. */
static const char *const forbidden_compatibles[] = {
	"arm,gic",	   "arm,smmu",	      "arm,mmu-",	  "cfi-flash",		"jedec-flash",
	"qemu,fw-cfg",	   "arm,sbsa-gwdt",   "arm,sp805",	  "syscon-reboot",	"syscon-poweroff",
	"arm,psci",	   "arm,scmi",	      "pci-host-",	  "gpio-restart",	"gpio-poweroff",
	"arm,scpi",	   "linaro,optee-tz", "jedec,spi-nor",	  "arm,cortex-a15-gic", "arm,armv8-timer",
	"arm,armv7-timer", "arm,armv8-pmuv3", "operating-points-"};
/* One that contains one of these neither. */
static const char *const forbidden_words[] = {"watchdog", "-wdt", "wdt-", ",wdt", "-rstc", "-pmucru"};
/* Properties that only reset and power controllers have, and what reaches other processors. */
static const char *const forbidden_properties[] = {"#reset-cells",   "#power-domain-cells", "#iommu-cells",
						   "msi-controller", "#hwlock-cells",	    "#mbox-cells"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool compatible_forbidden(const char *compatible)
{
	for (size_t i = 0; i < COUNT(forbidden_compatibles); i++) {
		if (!strncmp(compatible, forbidden_compatibles[i], strlen(forbidden_compatibles[i])))
			return true;
	}
	for (size_t i = 0; i < COUNT(forbidden_words); i++) {
		if (strstr(compatible, forbidden_words[i]))
			return true;
	}
	return false;
}

static bool node_forbidden(const struct tree *tree, const struct node *node)
{
	const char *type = node_string(tree, node, "device_type");
	int length = 0;
	const char *list = node_property(tree, node, "compatible", &length);

	if ((type && !strcmp(type, "pci")) || !strncmp(node->name, "watchdog", 8))
		return true;
	for (size_t i = 0; i < COUNT(forbidden_properties); i++) {
		if (node_flag(tree, node, forbidden_properties[i]))
			return true;
	}
	if (!list || !string_list(list, length))
		return false;
	for (const char *text = NULL; (text = string_next(list, length, text));) {
		if (compatible_forbidden(text))
			return true;
	}
	return false;
}

/* By its first, most specific compatible: "arm,primecell" and the like say nothing about mastering. */
static bool node_slave(const struct board *board, const struct node *node)
{
	int length = 0;
	const char *first = node_property(&board->tree, node, "compatible", &length);

	for (const char *text = NULL; first && string_list(first, length) &&
				      (text = string_next(board->slaves, board->slaves_size, text));) {
		if (!strcmp(first, text))
			return true;
	}
	return false;
}

static bool below(const struct tree *tree, const struct node *node, const char *path)
{
	const struct node *ancestor = tree_path(tree, path);

	return ancestor && node_within(tree, node, ancestor);
}

static enum device_class classify(const struct board *board, const struct node *node)
{
	const struct tree *tree = &board->tree;
	const char *type = node_string(tree, node, "device_type");

	if (!node->reg_count || (type && !strcmp(type, "memory")) || below(tree, node, "/cpus") ||
	    below(tree, node, "/reserved-memory"))
		return DEVICE_NONE;
	if (node_regs_lost(tree, node)) /* nobody knows all that it has */
		return DEVICE_FORBIDDEN;
	for (const struct node *up = node; up->parent >= 0; up = &tree->nodes[up->parent]) {
		if (node_forbidden(tree, up))
			return DEVICE_FORBIDDEN;
	}
	/* `iommus` doesn't help: no stream has tables yet, so none could be walked. */
	return node_slave(board, node) ? DEVICE_PLAIN : DEVICE_MASTER;
}

static void provider_forbid(const struct node *provider, bool fixable, void *context)
{
	const struct board *board = context;

	(void)fixable;
	board->classes[provider - board->tree.nodes] = DEVICE_FORBIDDEN;
}

/* What switches the board off or resets it acts through another device: a GPIO, a system controller. */
static void switches_forbid(struct board *board)
{
	static const char *const switches[] = {"gpio-poweroff", "gpio-restart", "syscon-reboot",
					       "syscon-poweroff"};
	const struct tree *tree = &board->tree;

	for (size_t i = 1; i < tree->count; i++) {
		for (size_t s = 0; s < COUNT(switches); s++) {
			if (!node_compatible(tree, &tree->nodes[i], switches[s]))
				continue;
			providers_each(tree, &tree->nodes[i], provider_forbid, board);
			/* Without a regmap a syscon's child acts on its parent. */
			if (!strncmp(switches[s], "syscon", 6) && !node_flag(tree, &tree->nodes[i], "regmap"))
				board->classes[tree->nodes[i].parent] = DEVICE_FORBIDDEN;
		}
	}
}

static void claim(struct audit *audit, size_t cell, const struct node *device)
{
	struct board *board = &audit->board;

	for (size_t i = 0; i < board->tree.count; i++) {
		const struct node *node = &board->tree.nodes[i];

		if (!node_within(&board->tree, node, device) || (node != device && !node->reg_count))
			continue;
		if (node == device && board->owner[i] != CELL_NONE_ID && board->owner[i] != (int)cell)
			violation(&audit->report, RULE_DEVICES, "%s: the file gives it to '%s' and to '%s'",
				  node->path, audit->partition.cells[board->owner[i]].name,
				  audit->partition.cells[cell].name);
		if (node == device || board->owner[i] == CELL_NONE_ID)
			board->owner[i] = (int)cell;
	}
}

static const struct node *device_named(struct audit *audit, size_t cell, const char *name)
{
	bool many;
	const struct node *device = tree_name(&audit->board.tree, name, &many);

	if (!device || many)
		violation(&audit->report, RULE_DEVICES, "cell '%s': device '%s' is %s in the board's tree",
			  audit->partition.cells[cell].name, name, device ? "ambiguous" : "unknown");
	return many ? NULL : device;
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
		device = device_named(audit, cell, text);
		if (device)
			claim(audit, cell, device);
	}
}

static bool left_out(struct audit *audit, size_t cell, const struct node *node)
{
	int length = 0;
	const char *list = device_list(audit, cell, &length);

	for (const char *text = NULL; list && (text = string_next(list, length, text));) {
		const struct node *device;
		bool many;

		device = text[0] == '-' ? tree_name(&audit->board.tree, text + 1, &many) : NULL;
		if (device && node_within(&audit->board.tree, node, device))
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

		if (board->owner[i] != CELL_NONE_ID || board->classes[i] != DEVICE_PLAIN || !node->enabled ||
		    shared_provider(audit, node) || (health_exists && node == board->stdout_uart) ||
		    left_out(audit, cell, node))
			continue;
		board->owner[i] = (int)cell;
		rest[i] = true;
	}
}

#define DEPENDENCY_ROUNDS 64u /* of chains of providers: a handful on any board */

struct dependency {
	struct audit *audit;
	int cell;
	bool foreign, changed;
};

/* What is shared serves everybody who does without driving it. */
static void provider_check(const struct node *provider, bool fixable, void *context)
{
	struct dependency *dependency = context;
	const struct audit *audit = dependency->audit;

	if (shared_provider(audit, provider)
		    ? !fixable
		    : audit->board.owner[provider - audit->board.tree.nodes] != dependency->cell)
		dependency->foreign = true;
}

/* A provider that nobody has comes along with a device that was named. */
static void provider_draw_in(const struct node *provider, bool fixable, void *context)
{
	struct dependency *dependency = context;
	struct board *board = &dependency->audit->board;
	const size_t number = (size_t)(provider - board->tree.nodes);

	(void)fixable;
	if (board->owner[number] != CELL_NONE_ID || board->classes[number] != DEVICE_PLAIN ||
	    board->never[number] || shared_provider(dependency->audit, provider))
		return;
	board->owner[number] = dependency->cell;
	dependency->changed = true;
}

static void providers_draw_in(struct audit *audit)
{
	struct board *board = &audit->board;
	struct dependency dependency = {audit, CELL_NONE_ID, false, true};

	while (dependency.changed) { /* each round gives at least one node an owner, for good */
		dependency.changed = false;
		for (size_t i = 0; i < board->tree.count; i++) {
			dependency.cell = board->owner[i];
			if (board->owner[i] != CELL_NONE_ID)
				needs_each(audit, &board->tree.nodes[i], provider_draw_in, &dependency);
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

/* Does one that is the console's, or came along with it, lack a provider? `without`: owners without the
 * console. */
static bool console_lacks(struct audit *audit, const int *without)
{
	struct board *board = &audit->board;
	struct dependency dependency = {audit, CELL_NONE_ID, false, false};

	for (size_t i = 0; i < board->tree.count; i++) {
		dependency.cell = board->owner[i];
		if (board->owner[i] != CELL_NONE_ID && without[i] == CELL_NONE_ID)
			needs_each(audit, &board->tree.nodes[i], provider_check, &dependency);
	}
	return dependency.foreign;
}

/* The stdout UART is the health cell's unless it is named elsewhere, or needs what the health cell can't
 * have. */
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

/* "rest" leaves out what needs a provider that isn't the cell's; that may make others' providers missing. */
static void rest_depend(struct audit *audit, const bool *rest)
{
	struct board *board = &audit->board;
	bool changed = true;
	unsigned int rounds;

	for (rounds = 0; changed && rounds < DEPENDENCY_ROUNDS; rounds++) {
		changed = false;
		for (size_t i = 0; i < board->tree.count; i++) {
			struct dependency dependency = {audit, board->owner[i], false, false};

			if (!rest[i] || board->owner[i] == CELL_NONE_ID)
				continue;
			needs_each(audit, &board->tree.nodes[i], provider_check, &dependency);
			if (dependency.foreign) {
				board->owner[i] = CELL_NONE_ID;
				changed = true;
			}
		}
	}
	if (changed)
		violation(&audit->report, RULE_INPUT,
			  "board tree: devices depend on each other more than %u deep", DEPENDENCY_ROUNDS);
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

	board->classes = memory_zeroed(board->tree.count, sizeof(*board->classes));
	board->owner = memory_zeroed(board->tree.count, sizeof(*board->owner));
	rest = memory_zeroed(board->tree.count, sizeof(*rest));
	board->never = memory_zeroed(board->tree.count, sizeof(*board->never));
	for (size_t i = 0; i < board->tree.count; i++) {
		board->never[i] =
			!board->tree.nodes[i].enabled || node_forbidden(&board->tree, &board->tree.nodes[i]);
		board->classes[i] = classify(board, &board->tree.nodes[i]);
		board->owner[i] = CELL_NONE_ID;
	}
	switches_forbid(board);
	for (size_t cell = 0; cell < cells; cell++)
		if (audit->partition.cells[cell].health)
			health = cell;
	claims_settle(audit, health);
	for (size_t cell = 0; cell < cells; cell++) {
		if (claims_rest(audit, cell))
			rest_assign(audit, cell, health < cells, rest);
	}
	rest_depend(audit, rest);
	free(rest);
	for (size_t cell = 0; cell < cells; cell++)
		consoles_decide(audit, cell);
}

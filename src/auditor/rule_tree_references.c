// SPDX-License-Identifier: Apache-2.0
/*
 * rule_tree_references.c - what the nodes of a guest's tree refer to is in it, and shared providers are
 * there as fixed clocks alone.
 */
#include <inttypes.h>
#include <string.h>

#include "rule.h"

#define ARGUMENTS_MAX 16u

/* Every property that the bindings make a list of phandles; a '*' in front: any beginning. */
static const struct {
	const char *property, *cells; /* cells NULL: plain phandles */
} references[] = {{"interrupt-parent", NULL},
		  {"interrupts-extended", "#interrupt-cells"},
		  {"clocks", "#clock-cells"},
		  {"assigned-clocks", "#clock-cells"},
		  {"assigned-clock-parents", "#clock-cells"},
		  {"resets", "#reset-cells"},
		  {"power-domains", "#power-domain-cells"},
		  {"*-supply", NULL},
		  {"phys", "#phy-cells"},
		  {"phy-handle", NULL},
		  {"gpios", "#gpio-cells"},
		  {"gpio", "#gpio-cells"},
		  {"*-gpios", "#gpio-cells"},
		  {"*-gpio", "#gpio-cells"},
		  {"pwms", "#pwm-cells"},
		  {"io-channels", "#io-channel-cells"},
		  {"regmap", NULL},
		  {"dmas", "#dma-cells"},
		  {"mboxes", "#mbox-cells"},
		  {"hwlocks", "#hwlock-cells"},
		  {"interconnects", "#interconnect-cells"},
		  {"sound-dai", "#sound-dai-cells"},
		  {"thermal-sensors", "#thermal-sensor-cells"},
		  {"iommus", "#iommu-cells"},
		  {"msi-parent", "#msi-cells"},
		  {"nvmem-cells", NULL},
		  {"memory-region", NULL},
		  {"next-level-cache", NULL},
		  {"cpu", NULL},
		  {"operating-points-v2", NULL},
		  {"required-opps", NULL},
		  {"remote-endpoint", NULL},
		  {"cpu-idle-states", NULL}};

static const char *property_cells(const char *name, bool *listed)
{
	const size_t length = strlen(name);

	*listed = true;
	/* pinctrl-0, pinctrl-1...; pinctrl-names is none. */
	if (!strncmp(name, "pinctrl-", 8) && name[8] >= '0' && name[8] <= '9')
		return NULL;
	for (size_t i = 0; i < COUNT(references); i++) {
		const char *pattern = references[i].property;
		const size_t tail = strlen(pattern) - 1;

		if (pattern[0] == '*' ? length > tail && !strcmp(name + length - tail, pattern + 1)
				      : !strcmp(name, pattern))
			return references[i].cells;
	}
	*listed = false;
	return NULL;
}

static void list_check(struct audit *audit, const struct cell *cell, const struct node *node,
		       const char *name, const char *cells)
{
	const struct tree *tree = &cell->guest;
	uint32_t phandle, width;

	for (unsigned int at = 0; node_u32(tree, node, name, at, &phandle); at += 1 + width) {
		const struct node *target = tree_phandle(tree, phandle);

		width = 0;
		if (!phandle) /* an empty place */
			continue;
		if (!target) {
			violation(&audit->report, RULE_TREE_REFERENCES,
				  "%s: its tree's %s refers by %s to phandle 0x%" PRIx32
				  ", which no node of it has",
				  cell->who, node->path, name, phandle);
			return;
		}
		/* Of a frame for messages there may be nothing to say: it has no #msi-cells then. */
		if (cells && !strcmp(cells, "#msi-cells") && !node_flag(tree, target, cells))
			continue;
		if (cells && (!node_u32(tree, target, cells, 0, &width) || width > ARGUMENTS_MAX)) {
			violation(&audit->report, RULE_TREE_REFERENCES,
				  "%s: its tree's %s refers by %s to %s, which has no %s", cell->who,
				  node->path, name, target->path, cells);
			return;
		}
	}
}

static void references_check(struct audit *audit, const struct cell *cell)
{
	for (size_t i = 0; i < cell->guest.count; i++) {
		const struct node *node = &cell->guest.nodes[i];
		const char *name;

		for (unsigned int at = 0; (name = node_property_name(&cell->guest, node, at)); at++) {
			bool listed;
			const char *cells = property_cells(name, &listed);

			if (listed)
				list_check(audit, cell, node, name, cells);
		}
	}
}

/* The guest's place in a list of clocks where the board's has one of a shared provider. */
static void clock_check(struct audit *audit, const struct cell *cell, const struct node *node,
			unsigned int place, const struct partition_shared *shared, const struct node *user,
			unsigned int at, uint32_t width)
{
	const struct tree *tree = &cell->guest;
	const struct node *clock = NULL;
	uint32_t phandle, hz = 0, cells = 1;
	uint64_t due = 0;

	if (node_u32(tree, node, "clocks", place, &phandle))
		clock = tree_phandle(tree, phandle);
	if (!shared_rate(shared, &audit->board.tree, user, at, width, &due) || !clock ||
	    !node_compatible(tree, clock, "fixed-clock") || node_flag(tree, clock, "reg") ||
	    !node_u32(tree, clock, "#clock-cells", 0, &cells) || cells ||
	    !node_u32(tree, clock, "clock-frequency", 0, &hz) || hz != due)
		violation(&audit->report, RULE_TREE_SHARED,
			  "%s: its tree's %s has for a clock of %s none that is fixed at the %" PRIu64
			  " Hz that the file states",
			  cell->who, node->path, shared->provider->path, due);
}

static const struct partition_shared *shared_above(const struct audit *audit, const struct node *node)
{
	const struct partition_shared *shared = NULL;

	for (; !shared && node->parent >= 0; node = &audit->board.tree.nodes[node->parent])
		shared = shared_provider(audit, node);
	return shared;
}

static void clocks_check(struct audit *audit, const struct cell *cell, const struct node *node,
			 const struct node *user)
{
	const struct tree *board = &audit->board.tree, *guest = &cell->guest;
	unsigned int at = 0, place = 0;
	uint32_t phandle;

	if (!node_flag(guest, node, "clocks"))
		return;
	while (node_u32(board, user, "clocks", at, &phandle)) {
		const struct node *provider = tree_phandle(board, phandle);
		const struct partition_shared *shared = provider ? shared_above(audit, provider) : NULL;
		uint32_t width = 0;

		if (provider &&
		    (!node_u32(board, provider, "#clock-cells", 0, &width) || width > ARGUMENTS_MAX))
			return;
		if (shared)
			clock_check(audit, cell, node, place, shared, user, at + 1, width);
		at += 1 + width;
		place += 1 + (shared ? 0 : width);
	}
}

static void shared_check(struct audit *audit, const struct cell *cell)
{
	for (size_t i = 1; audit->partition.shared_count && i < cell->guest.count; i++) {
		const struct node *node = &cell->guest.nodes[i];
		const struct node *on_board = tree_path(&audit->board.tree, node->path);

		/* Each guest has a /psci of its own. */
		if (on_board && shared_above(audit, on_board) && strcmp(node->path, "/psci") != 0)
			violation(&audit->report, RULE_TREE_SHARED,
				  "%s: its tree has %s, of a provider that is shared read-only", cell->who,
				  node->path);
		else if (on_board)
			clocks_check(audit, cell, node, on_board);
	}
}

/* [impl->swr~audit-tree-references~1]
 * [impl->swr~audit-tree-shared~1] */
void rule_tree_references(struct audit *audit)
{
	for (size_t i = 0; i < audit->partition.shared_count; i++) {
		const struct node *provider = audit->partition.shared[i].provider;
		const int owner = audit->board.owner[provider - audit->board.tree.nodes];

		if (owner != CELL_NONE_ID)
			violation(&audit->report, RULE_TREE_SHARED,
				  "%s is shared read-only, and given to cell '%s'", provider->path,
				  audit->partition.cells[owner].name);
	}
	for (size_t i = 0; i < audit->cell_count; i++) {
		const struct cell *cell = &audit->cells[i];

		if (!cell->known || !cell->guest.fdt)
			continue;
		references_check(audit, cell);
		shared_check(audit, cell);
	}
}

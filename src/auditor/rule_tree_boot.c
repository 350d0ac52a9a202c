// SPDX-License-Identifier: Apache-2.0
/*
 * rule_tree_boot.c - how a guest's tree has it boot: cores by PSCI, a GIC whose frames can be counted, a
 * /chosen of its own, and paths that lead somewhere.
 */
#include <libfdt.h>
#include <string.h>

#include "rule.h"

#define PATH_SIZE 256

/* A core is switched on by PSCI, whatever the board's firmware has.  [impl->swr~audit-tree-basics~1] */
static void methods_check(struct audit *audit, const struct cell *cell)
{
	for (size_t i = 0; i < cell->guest.count; i++) {
		const struct node *node = &cell->guest.nodes[i];
		const char *type = node_string(&cell->guest, node, "device_type");
		const char *method = node_string(&cell->guest, node, "enable-method");

		if (type && !strcmp(type, "cpu") && (!method || strcmp(method, "psci") != 0))
			violation(&audit->report, RULE_TREE_BASICS,
				  "%s: its tree's %s isn't switched on by PSCI", cell->who, node->path);
	}
}

/* Nothing else is for the guest: no seed, which two cells might share, no address of another boot's.
 * [impl->swr~audit-tree-basics~1] */
static void chosen_check(struct audit *audit, const struct cell *cell)
{
	static const char *const admitted[] = {"bootargs", "stdout-path", "linux,initrd-start",
					       "linux,initrd-end", "linux,pci-probe-only"};
	const struct node *chosen = tree_path(&cell->guest, "/chosen");
	const char *name;

	for (unsigned int at = 0; chosen && (name = node_property_name(&cell->guest, chosen, at)); at++) {
		bool known = false;

		for (size_t i = 0; i < COUNT(admitted); i++)
			known |= !strcmp(name, admitted[i]);
		if (!known)
			violation(&audit->report, RULE_TREE_BASICS, "%s: its tree's /chosen has %s",
				  cell->who, name);
	}
}

/* "/path" or an alias, with or without options behind a colon. */
static bool leads_to_node(const struct tree *tree, const char *text)
{
	const size_t length = strcspn(text, ":");
	const struct node *aliases = tree_path(tree, "/aliases");
	char name[PATH_SIZE];
	const char *path = name;

	if (length >= sizeof(name))
		return false;
	memcpy(name, text, length);
	name[length] = '\0';
	if (name[0] != '/')
		path = aliases ? node_string(tree, aliases, name) : NULL;
	return path && tree_path(tree, path);
}

/* [impl->swr~audit-tree-references~1] */
static void paths_check(struct audit *audit, const struct cell *cell)
{
	const struct tree *tree = &cell->guest;
	const struct node *chosen = tree_path(tree, "/chosen"), *aliases = tree_path(tree, "/aliases");
	const char *console = chosen ? node_string(tree, chosen, "stdout-path") : NULL, *name;

	if (console && !leads_to_node(tree, console))
		violation(&audit->report, RULE_TREE_REFERENCES,
			  "%s: its tree's stdout-path, '%s', leads to no node of it", cell->who, console);
	for (unsigned int at = 0; aliases && (name = node_property_name(tree, aliases, at)); at++) {
		const char *path = node_string(tree, aliases, name);

		if (path && path[0] == '/' && !tree_path(tree, path))
			violation(&audit->report, RULE_TREE_REFERENCES,
				  "%s: its tree's alias %s, '%s', leads to no node of it", cell->who, name,
				  path);
	}
}

/* The guest counts regions by this, and frames by its own stride.  [impl->swr~audit-tree-basics~1] */
static void gic_check(struct audit *audit, const struct cell *cell)
{
	for (size_t i = 0; i < cell->guest.count; i++) {
		const struct node *node = &cell->guest.nodes[i];
		uint32_t regions = 1;

		if (!node_is_gic(&cell->guest, node))
			continue;
		(void)node_u32(&cell->guest, node, "#redistributor-regions", 0, &regions);
		if (node->reg_count != regions + UINT64_C(1) ||
		    node_flag(&cell->guest, node, "redistributor-stride"))
			violation(
				&audit->report, RULE_TREE_BASICS,
				"%s: its tree's %s has %zu ranges for %u redistributor regions, or a stride",
				cell->who, node->path, node->reg_count, regions);
	}
	if (fdt_num_mem_rsv(cell->guest.fdt))
		violation(&audit->report, RULE_TREE_BASICS, "%s: its tree reserves memory by /memreserve/",
			  cell->who);
}

void rule_tree_boot(struct audit *audit)
{
	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];

		if (!cell->known || !cell->guest.fdt)
			continue;
		methods_check(audit, cell);
		gic_check(audit, cell);
		chosen_check(audit, cell);
		paths_check(audit, cell);
	}
}

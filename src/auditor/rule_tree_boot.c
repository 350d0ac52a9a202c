// SPDX-License-Identifier: Apache-2.0
/*
 * rule_tree_boot.c - how a guest's tree has it boot: cores by PSCI, a GIC whose frames can be counted, a
 * /chosen of its own with the file's command line, and paths that lead somewhere.
 */
#include <libfdt.h>
#include <string.h>

#include "rule.h"

#define PATH_SIZE   256
#define ROOT_DIGITS 64 /* of a SHA-256, and of its salt */

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

/* `bulkhead.verity=BLOCKS:SALT:HASH`, to the end: what dm-verity verifies the root file system by. */
static bool names_root(const char *text)
{
	static const char argument[] = "bulkhead.verity=", decimal[] = "0123456789",
			  hexadecimal[] = "0123456789abcdef";
	size_t digits;

	if (strncmp(text, argument, sizeof(argument) - 1) != 0)
		return false;
	text += sizeof(argument) - 1;
	digits = strspn(text, decimal);
	if (!digits || text[0] == '0')
		return false;
	text += digits;
	for (unsigned int i = 0; i < 2; i++) {
		if (text[0] != ':' || strspn(text + 1, hexadecimal) != ROOT_DIGITS)
			return false;
		text += 1 + ROOT_DIGITS;
	}
	return !text[0];
}

/* The file's; where it names a root file system, with that root's hash behind, and else with none.
 * [impl->swr~audit-tree-basics~1] [impl->swr~audit-root~1] */
static void bootargs_check(struct audit *audit, const struct cell *cell)
{
	const struct tree *file = &audit->partition.tree;
	const struct node *chosen = tree_path(&cell->guest, "/chosen"),
			  *asked = cell->asked ? cell->asked->node : NULL;
	const char *have = chosen ? node_string(&cell->guest, chosen, "bootargs") : NULL;
	const char *due = asked ? node_string(file, asked, "bootargs") : NULL;

	have = have ? have : "";
	due = due ? due : "";
	if (!asked || !node_string(file, asked, "root")) {
		if (strcmp(have, due) != 0)
			violation(&audit->report, RULE_TREE_BASICS,
				  "%s: its tree's bootargs aren't the file's", cell->who);
		return;
	}
	if (strncmp(have, due, strlen(due)) != 0 || (due[0] && have[strlen(due)] != ' ') ||
	    strstr(due, "bulkhead.verity="))
		violation(&audit->report, RULE_TREE_BASICS, "%s: its tree's bootargs aren't the file's",
			  cell->who);
	else if (!names_root(have + strlen(due) + (due[0] ? 1 : 0)))
		violation(&audit->report, RULE_TREE_BASICS,
			  "%s: its tree's bootargs don't end in the hash of its root file system", cell->who);
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
		bootargs_check(audit, cell);
		paths_check(audit, cell);
	}
}

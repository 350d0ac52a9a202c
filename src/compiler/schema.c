/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c - every property and node of a partition file is a known one, in a known place.
 *
 * A typo is an error with the nearest known name, never ignored. What the language has but this
 * version of the tool has not is refused by name. Called by plan_read before all other steps.
 */
#include "front.h"
#include "text.h"

#include <libfdt.h>
#include <string.h>

enum word_kind { PROPERTY, NODE };

struct word {
	const char *name;
	enum word_kind kind;
};

static const struct word root_words[] = {
	{"compatible", PROPERTY}, {"board", PROPERTY}, {"cells", NODE},
	{"channels", NODE},	  {"faults", NODE},    {"shared-read-only", PROPERTY},
};

static const struct word cell_words[] = {
	{"cpus", PROPERTY},
	{"memory", PROPERTY},
	{"ram-base", PROPERTY},
	{"kernel", PROPERTY},
	{"initrd", PROPERTY},
	{"bootargs", PROPERTY},
	{"root", PROPERTY},
	{"image", PROPERTY},
	{"load", PROPERTY},
	{"entry", PROPERTY},
	{"devices", PROPERTY},
	{"interrupts", PROPERTY},
	{"console", PROPERTY},
	{"heartbeat", PROPERTY},
	{"boot-timeout", PROPERTY},
	{"watchdog", PROPERTY},
	{"boot-state", PROPERTY},
	{"boot-state-firmware", PROPERTY},
	{"confirm-after", PROPERTY},
	{"confirm-within", PROPERTY},
	{"essential", PROPERTY},
	{"update-reset", PROPERTY},
	{"keep", PROPERTY},
	{"pmu", PROPERTY},
	{"faults", NODE},
	{"role", PROPERTY},
	{"dma", PROPERTY},
	{"pci", PROPERTY},
	{"net", NODE},
	{"log-key", PROPERTY},
	{"allow-peer-dma", PROPERTY},
	{"firmware-calls", PROPERTY},
	{"colors", PROPERTY},
	{"dtb-overlay", PROPERTY},
	{"msis", PROPERTY},
};

static const struct word net_words[] = {
	{"address", PROPERTY}, {"gateway", PROPERTY}, {"dhcp", PROPERTY},   {"echo", PROPERTY},
	{"http", PROPERTY},    {"ntp", PROPERTY},     {"syslog", PROPERTY},
};

static const struct word channel_words[] = {
	{"from", PROPERTY}, {"to", PROPERTY},	    {"between", PROPERTY},
	{"size", PROPERTY}, {"doorbell", PROPERTY}, {"presentation", PROPERTY},
};

#define WORDS_MAX 40

static const struct word *find(const struct word *words, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i].name, name) == 0)
			return &words[i];
	return NULL;
}

static void unknown(struct place at, const char *what, const char *name, const char *where,
		    const struct word *words, size_t count)
{
	const char *known[WORDS_MAX];

	for (size_t i = 0; i < count; i++)
		known[i] = words[i].name;
	diag_error(at, "unknown %s '%s' in %s%s", what, name, where, diag_did_you_mean(name, known, count));
}

static void check_word(const struct front *front, int node, const char *name, bool is_node, const char *where,
		       const struct word *words, size_t count)
{
	const struct word *const word = find(words, count, name);
	const void *const tree = front->source.tree.data;
	const struct place at = is_node ? front_place(front, fdt_subnode_offset(tree, node, name), NULL)
					: front_place(front, node, name);

	if (!word)
		unknown(at, is_node ? "node" : "property", name, where, words, count);
	else if (is_node != (word->kind == NODE))
		diag_error(at, "'%s' is a %s, not a %s", name, is_node ? "property" : "node",
			   is_node ? "node" : "property");
}

/* `phandle` comes from dtc where a label is referred to. */
static bool is_tools(const char *name)
{
	return strcmp(name, "phandle") == 0 || strcmp(name, "linux,phandle") == 0;
}

static void check_words(const struct front *front, int node, const char *where, const struct word *words,
			size_t count)
{
	const void *const tree = front->source.tree.data;
	int property, child;

	fdt_for_each_property_offset(property, tree, node)
	{
		const char *name;

		if (fdt_getprop_by_offset(tree, property, &name, NULL) && !is_tools(name))
			check_word(front, node, name, false, where, words, count);
	}
	fdt_for_each_subnode(child, tree, node)
		check_word(front, node, fdt_get_name(tree, child, NULL), true, where, words, count);
}

/* A folder of named things: no properties, one node each. */
static void check_children(const struct front *front, const char *name, const char *what,
			   const struct word *words, size_t count)
{
	const void *const tree = front->source.tree.data;
	const int parent = fdt_subnode_offset(tree, 0, name);
	int property, child;

	if (parent < 0)
		return;
	fdt_for_each_property_offset(property, tree, parent)
	{
		const char *property_name;

		if (fdt_getprop_by_offset(tree, property, &property_name, NULL) && !is_tools(property_name))
			diag_error(front_place(front, parent, property_name),
				   "unknown property '%s' in '%s', which holds a node for each %s",
				   property_name, name, what);
	}
	fdt_for_each_subnode(child, tree, parent)
	{
		const char *const own = fdt_get_name(tree, child, NULL);

		if (strlen(own) >= BP_NAME_MAX || strchr(own, '@')) {
			diag_error(front_place(front, child, NULL),
				   "the name '%s' has more than %u letters or a '@'", own, BP_NAME_MAX - 1);
			continue;
		}
		check_words(front, child, text_format("%s '%s'", what, own), words, count);
	}
}

static void check_nets(const struct front *front)
{
	const void *const tree = front->source.tree.data;
	const int cells = fdt_subnode_offset(tree, 0, "cells");
	int cell;

	fdt_for_each_subnode(cell, tree, cells)
	{
		const int net = fdt_subnode_offset(tree, cell, "net");

		if (net >= 0)
			check_words(front, net, "'net'", net_words, sizeof(net_words) / sizeof(net_words[0]));
	}
}

/* [impl->swr~config-names~1] [impl->swr~config-reference~1] */
bool schema_check(struct front *front)
{
	const void *const tree = front->source.tree.data;

	if (fdt_node_check_compatible(tree, 0, "bulkhead,partitions-v1") != 0)
		diag_error(front_place(front, 0, "compatible"),
			   "the file is no partition file: compatible is not \"bulkhead,partitions-v1\"%s",
			   fdt_subnode_offset(tree, 0, "cpus") >= 0
				   ? ": it is a board's tree, name its folder by 'board'"
				   : "");
	if (fdt_subnode_offset(tree, 0, "cells") < 0) {
		diag_error(front_place(front, 0, NULL), "'cells' is missing: a node that holds the cells");
		return false;
	}
	check_words(front, 0, "the root", root_words, sizeof(root_words) / sizeof(root_words[0]));
	check_children(front, "cells", "cell", cell_words, sizeof(cell_words) / sizeof(cell_words[0]));
	check_nets(front);
	check_children(front, "channels", "channel", channel_words,
		       sizeof(channel_words) / sizeof(channel_words[0]));
	return true;
}

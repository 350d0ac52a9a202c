// SPDX-License-Identifier: Apache-2.0
/*
 * tree_keep.c - which nodes of the board's tree a guest keeps: its cores, timer, GIC, devices, and
 * what those depend on.
 *
 * A dependency with registers of its own (a clock or reset controller) must belong to the same cell;
 * one without (a fixed clock) is copied into every tree that needs it. Called by tree.c.
 */
#include <libfdt.h>
#include <string.h>

#include "emit.h"
#include "emit_interrupts.h"
#include "tree.h"

enum rule {
	RULE_DROP,   /* not in a guest's tree */
	RULE_NEED,   /* the device doesn't work without: refuse the build */
	RULE_OPTION, /* the device works without: dropped where the target is not kept */
};

struct reference {
	const char *name;  /* of the property; a leading '*' stands for any beginning */
	const char *cells; /* property of the target that counts the arguments; NULL: none */
	enum rule rule;
};

static const struct reference references[] = {
	{"interrupt-parent", NULL, RULE_NEED},
	{"interrupts-extended", "#interrupt-cells", RULE_NEED},
	{"clocks", "#clock-cells", RULE_NEED},
	{"assigned-clocks", "#clock-cells", RULE_NEED},
	{"assigned-clock-parents", "#clock-cells", RULE_NEED},
	{"resets", "#reset-cells", RULE_NEED},
	{"power-domains", "#power-domain-cells", RULE_NEED},
	{"phys", "#phy-cells", RULE_NEED},
	{"phy-handle", NULL, RULE_NEED},
	{"pinctrl-0", NULL, RULE_NEED},
	{"pinctrl-1", NULL, RULE_OPTION},
	{"*-supply", NULL, RULE_NEED},
	{"gpios", "#gpio-cells", RULE_NEED},
	{"*-gpios", "#gpio-cells", RULE_NEED},
	{"*-gpio", "#gpio-cells", RULE_NEED},
	{"next-level-cache", NULL, RULE_OPTION},
	{"dmas", "#dma-cells", RULE_OPTION},
	{"mboxes", "#mbox-cells", RULE_OPTION},
	{"interconnects", "#interconnect-cells", RULE_DROP},
	{"nvmem-cells", NULL, RULE_DROP},
	{"memory-region", NULL, RULE_DROP},
	{"iommus", NULL, RULE_DROP},
	{"iommu-map", NULL, RULE_DROP},
	{"iommu-map-mask", NULL, RULE_DROP},
	{"msi-parent", NULL, RULE_DROP},
	{"msi-map", NULL, RULE_DROP},
	{"msi-map-mask", NULL, RULE_DROP},
	{"cpu-idle-states", NULL, RULE_DROP},
	{"interrupt-affinity", NULL, RULE_DROP},
	{"rng-seed", NULL, RULE_DROP},
	{"kaslr-seed", NULL, RULE_DROP},
	{"mac-address", NULL, RULE_DROP},
	{"local-mac-address", NULL, RULE_DROP},
};

/* What a guest may know of a core: no clocks, supplies or idle states, which belong to nobody. */
static const char *const cpu_properties[] = {
	"device_type",	    "compatible",	  "reg",	  "phandle",	       "linux,phandle",
	"next-level-cache", "capacity-dmips-mhz", "i-cache-size", "i-cache-line-size", "i-cache-sets",
	"d-cache-size",	    "d-cache-line-size",  "d-cache-sets",
};

static bool name_matches(const char *pattern, const char *name)
{
	const size_t length = strlen(name);
	size_t tail;

	if (pattern[0] != '*')
		return !strcmp(pattern, name);
	tail = strlen(pattern + 1);
	return length > tail && !strcmp(pattern + 1, name + length - tail);
}

static const struct reference *reference_named(const char *name)
{
	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++)
		if (name_matches(references[i].name, name))
			return &references[i];
	return NULL;
}

bool node_is_cpu(const void *tree, int node)
{
	const char *const type = fdt_getprop(tree, node, "device_type", NULL);

	return type && !strcmp(type, "cpu");
}

bool kept_node(const struct kept *kept, int node)
{
	return kept->marks[node] != 0;
}

/* The device that a node is or is part of; NULL: a part of no device. */
static const struct device *device_around(const struct board *board, int node)
{
	while (node >= 0) {
		for (size_t i = 0; i < board->device_count; i++)
			if (board->devices[i].node == node)
				return &board->devices[i];
		node = node_parent(board->tree.data, node);
	}
	return NULL;
}

static bool target_allowed(const struct kept *kept, int target)
{
	const struct board *const board = &kept->plan->board;
	const struct device *const device = device_around(board, target);

	return target == board->gic_node || !device || device->owner == (int)kept->cell ||
	       !device->regs.count;
}

static void keep(struct kept *kept, int node);

static const char *path_of(const struct kept *kept, int node)
{
	const char *const path = node_path(kept->plan->board.tree.data, node);

	return path ? path : "(a node)";
}

static void refuse(struct kept *kept, int node, const char *property, int target)
{
	const struct plan *const plan = kept->plan;
	const struct device *const device = device_around(&plan->board, target);
	const char *const owner = device && device->owner >= 0 ? plan->cells[device->owner].name : NULL;

	kept->refused = true;
	if (owner)
		diag_error(cell_place(plan, kept->cell),
			   "cell '%s': device %s needs %s (%s), which belongs to cell '%s'",
			   plan->cells[kept->cell].name, path_of(kept, node), path_of(kept, target), property,
			   owner);
	else
		diag_error(cell_place(plan, kept->cell),
			   "cell '%s': device %s needs %s (%s), which no cell owns",
			   plan->cells[kept->cell].name, path_of(kept, node), path_of(kept, target),
			   property);
}

static int target_of(const void *tree, fdt32_t phandle)
{
	return node_by_phandle(tree, fdt32_to_cpu(phandle));
}

static uint32_t argument_count(const void *tree, int target, const char *cells)
{
	int size = 0;
	const fdt32_t *const value = cells ? fdt_getprop(tree, target, cells, &size) : NULL;

	return value && size == sizeof(*value) ? fdt32_to_cpu(*value) : 0;
}

/* Are all targets of a reference allowed? */
static bool targets_allowed(const struct kept *kept, const struct reference *reference, const fdt32_t *list,
			    size_t count)
{
	const void *const tree = kept->plan->board.tree.data;

	for (size_t i = 0; i < count;) {
		const int target = target_of(tree, list[i]);

		if (target < 0) /* phandle 0: an empty place in the list */
			i++;
		else if (!target_allowed(kept, target))
			return false;
		else
			i += 1 + argument_count(tree, target, reference->cells);
	}
	return true;
}

static void follow(struct kept *kept, int node, const struct reference *reference, const fdt32_t *list,
		   size_t count)
{
	const void *const tree = kept->plan->board.tree.data;

	for (size_t i = 0; i < count;) {
		const int target = target_of(tree, list[i]);

		if (target < 0) {
			i++;
			continue;
		}
		if (target_allowed(kept, target))
			keep(kept, target);
		else
			refuse(kept, node, reference->name, target);
		i += 1 + argument_count(tree, target, reference->cells);
	}
}

static bool cpu_property(const char *name)
{
	for (size_t i = 0; i < sizeof(cpu_properties) / sizeof(cpu_properties[0]); i++)
		if (!strcmp(cpu_properties[i], name))
			return true;
	return false;
}

bool kept_property(const struct kept *kept, int node, const char *name)
{
	const void *const tree = kept->plan->board.tree.data;
	const struct reference *const reference = reference_named(name);
	int size = 0;
	const fdt32_t *list;

	if (node_is_cpu(tree, node) && !cpu_property(name))
		return false;
	if (!reference)
		return true;
	if (reference->rule == RULE_DROP)
		return false;
	list = fdt_getprop(tree, node, name, &size);
	return reference->rule == RULE_NEED ||
	       targets_allowed(kept, reference, list, (size_t)size / sizeof(*list));
}

static void follow_all(struct kept *kept, int node)
{
	const void *const tree = kept->plan->board.tree.data;
	int property;

	fdt_for_each_property_offset(property, tree, node)
	{
		const char *name;
		int size;
		const fdt32_t *const list = fdt_getprop_by_offset(tree, property, &name, &size);
		const struct reference *const reference = list ? reference_named(name) : NULL;

		if (reference && kept_property(kept, node, name))
			follow(kept, node, reference, list, (size_t)size / sizeof(*list));
	}
}

/* A node, the nodes that it lies in, and what all of them refer to. */
static void keep(struct kept *kept, int node)
{
	while (node >= 0 && !kept->marks[node]) {
		kept->marks[node] = 1;
		/* The GIC's own references (its ITS, a parent of its maintenance interrupt) stay behind. */
		if (node != kept->plan->board.gic_node)
			follow_all(kept, node);
		node = node_parent(kept->plan->board.tree.data, node);
	}
}

/* A device with its parts, except those that are devices of their own. */
static void keep_device(struct kept *kept, int node)
{
	const struct board *const board = &kept->plan->board;
	int child;

	keep(kept, node);
	fdt_for_each_subnode(child, board->tree.data, node)
	{
		const struct device *const device = device_around(board, child);

		if (device && device->node == child && device->owner != (int)kept->cell)
			continue;
		keep_device(kept, child);
	}
}

static void keep_system(struct kept *kept)
{
	const struct board *const board = &kept->plan->board;
	const struct plan_cell *const cell = &kept->plan->cells[kept->cell];
	const void *const tree = board->tree.data;

	keep(kept, board->gic_node);
	for (size_t i = 0; i < cell->core_count; i++)
		keep(kept, board->cpu_nodes[cell->cores[i]]);
	if ((cell->flags & BP_CELL_PMU) && !pmu_ppis(board)) {
		kept->refused = true;
		diag_error(cell_place(kept->plan, kept->cell),
			   "cell '%s': 'pmu' is given, but the board's tree has no PMU with a PPI",
			   cell->name);
	}
	for (int node = fdt_next_node(tree, -1, NULL); node >= 0; node = fdt_next_node(tree, node, NULL))
		if (!fdt_node_check_compatible(tree, node, "arm,armv8-timer") ||
		    ((cell->flags & BP_CELL_PMU) && node_is_pmu(tree, node)))
			keep(kept, node);
}

bool kept_find(struct kept *kept, const struct plan *plan, size_t cell)
{
	const struct board *const board = &plan->board;

	*kept = (struct kept){.plan = plan, .cell = cell};
	kept->marks = memory_new(board->tree.size, 1);
	keep_system(kept);
	for (size_t i = 0; i < board->device_count; i++)
		if (board->devices[i].owner == (int)cell)
			keep_device(kept, board->devices[i].node);
	return !kept->refused;
}

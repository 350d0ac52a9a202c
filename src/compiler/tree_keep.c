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
#include "regions.h"
#include "tree.h"

/* What a guest may know of a core: no clocks, supplies or idle states, which belong to nobody. */
static const char *const cpu_properties[] = {
	"device_type",	    "compatible",	  "reg",	  "phandle",	       "linux,phandle",
	"next-level-cache", "capacity-dmips-mhz", "i-cache-size", "i-cache-line-size", "i-cache-sets",
	"d-cache-size",	    "d-cache-line-size",  "d-cache-sets",
};

bool node_is_cpu(const void *tree, int node)
{
	const char *const type = fdt_getprop(tree, node, "device_type", NULL);

	return type && !strcmp(type, "cpu");
}

bool kept_node(const struct kept *kept, int node)
{
	return kept->marks[node] == MARK_KEPT;
}

bool kept_moved(const struct kept *kept, int node)
{
	return kept->marks[node] == MARK_MOVED;
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

/* The shared provider that an entry leads to; NULL: it leads to none. */
const struct device *shared_target(const struct board *board, const struct reference *reference,
				   const struct reference_entry *entry)
{
	const int index = reference->shareable && entry->target >= 0 ? provider_of(board, entry->target) : -1;

	return index >= 0 && board->devices[index].shared ? &board->devices[index] : NULL;
}

static bool target_allowed(const struct kept *kept, const struct reference *reference, int target)
{
	const struct board *const board = &kept->plan->board;
	const int provider = provider_of(board, target);

	if (reference->rule == REFERENCE_PEER)
		return kept->marks[target];
	if (region_is_node(board->tree.data, target))
		return region_fits(kept->plan, kept->cell, target);
	return target == board->gic_node || provider < 0 || board->devices[provider].owner == (int)kept->cell;
}

static bool is_own_core(const struct kept *kept, int node)
{
	const struct plan_cell *const cell = &kept->plan->cells[kept->cell];

	for (size_t i = 0; i < cell->core_count; i++)
		if (kept->plan->board.cpu_nodes[cell->cores[i]] == node)
			return true;
	return false;
}

/* A cache that cores share may lie in the node of one of them, which another cell has. */
static bool in_foreign_core(const struct kept *kept, int node)
{
	const void *const tree = kept->plan->board.tree.data;

	for (; node > 0; node = node_parent(tree, node))
		if (node_is_cpu(tree, node))
			return !is_own_core(kept, node);
	return false;
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

/* Does the cell's tree hold what the property refers to? `shared`: a shared provider counts as held. */
static bool targets_allowed(const struct kept *kept, int node, const struct reference *reference,
			    const char *name, bool shared)
{
	const struct board *const board = &kept->plan->board;
	int size = 0;
	const fdt32_t *const list = fdt_getprop(board->tree.data, node, name, &size);
	struct reference_entry entry;

	for (size_t at = 0; list && reference_next(board->tree.data, reference, list,
						   (size_t)size / sizeof(*list), &at, &entry);) {
		if (entry.target < 0) /* phandle 0: an empty place in the list */
			continue;
		if (shared_target(board, reference, &entry) ? !shared
							    : !target_allowed(kept, reference, entry.target))
			return false;
	}
	return true;
}

static void follow(struct kept *kept, int node, const struct reference *reference, const fdt32_t *list,
		   size_t count)
{
	const struct board *const board = &kept->plan->board;
	struct reference_entry entry;

	for (size_t at = 0; reference_next(board->tree.data, reference, list, count, &at, &entry);) {
		if (entry.target < 0 || shared_target(board, reference, &entry))
			continue;
		if (target_allowed(kept, reference, entry.target))
			keep(kept, entry.target);
		else
			refuse(kept, node, reference->name, entry.target);
	}
}

static bool cpu_property(const char *name)
{
	for (size_t i = 0; i < sizeof(cpu_properties) / sizeof(cpu_properties[0]); i++)
		if (!strcmp(cpu_properties[i], name))
			return true;
	return false;
}

/* Clocks can't be set in part: all that these two name is the cell's, or both are left out. */
static bool assigned_allowed(const struct kept *kept, int node)
{
	static const char *const lists[] = {"assigned-clocks", "assigned-clock-parents"};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!targets_allowed(kept, node, reference_named(lists[i]), lists[i], false))
			return false;
	return true;
}

static bool reference_kept(const struct kept *kept, int node, const struct reference *reference,
			   const char *name)
{
	if (reference->rule == REFERENCE_DROP)
		return false;
	/* Of shared providers' lists only that of the clocks is written, with others in their places. */
	if (reference->shareable && strcmp(name, "clocks") != 0 &&
	    targets_allowed(kept, node, reference, name, true) &&
	    !targets_allowed(kept, node, reference, name, false))
		return false;
	if (!strcmp(name, "interrupt-parent") && !interrupt_parent_used(kept->plan->board.tree.data, node))
		return targets_allowed(kept, node, reference, name, true);
	return reference->rule == REFERENCE_NEED || targets_allowed(kept, node, reference, name, true);
}

/* The devices on a bus are given one by one; its own registers are nobody's. */
static bool is_foreign_bus(const struct kept *kept, int node)
{
	const struct device *const device = device_around(&kept->plan->board, node);

	return device && device->node == node && device->regs.count &&
	       !fdt_node_check_compatible(kept->plan->board.tree.data, node, "simple-bus");
}

bool kept_property(const struct kept *kept, int node, const char *name)
{
	const void *const tree = kept->plan->board.tree.data;
	const struct reference *const named = reference_of_names(name);
	const struct reference *const reference = reference_named(name);

	if (is_flash(kept->plan, kept->cell, node))
		return flash_property(name);
	if (node_is_cpu(tree, node) && !cpu_property(name))
		return false;
	if (!strcmp(name, "reg") && is_foreign_bus(kept, node))
		return false;
	if (!strncmp(name, "assigned-clock", strlen("assigned-clock")))
		return assigned_allowed(kept, node);
	if (named && fdt_getprop(tree, node, named->name, NULL))
		return kept_property(kept, node, named->name);
	return !reference || reference_kept(kept, node, reference, name);
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

		if (reference && reference->rule != REFERENCE_PEER && kept_property(kept, node, name))
			follow(kept, node, reference, list, (size_t)size / sizeof(*list));
	}
}

/* A node, the nodes that it lies in, and what all of them refer to. */
static void keep(struct kept *kept, int node)
{
	while (node >= 0 && !kept->marks[node]) {
		if (in_foreign_core(kept, node)) {
			kept->marks[node] = MARK_MOVED;
			follow_all(kept, node);
			return;
		}
		kept->marks[node] = MARK_KEPT;
		/* The GIC's own references (its ITS, a parent of its maintenance interrupt) stay behind. */
		if (node != kept->plan->board.gic_node)
			follow_all(kept, node);
		node = node_parent(kept->plan->board.tree.data, node);
	}
}

/* A device with its parts, except those that are disabled, and devices of their own. */
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
		if (node_disabled(board->tree.data, child))
			continue;
		keep_device(kept, child);
	}
}

/* Of the board's cpu-map the places of the cell's cores. */
static void keep_cpu_map(struct kept *kept)
{
	const void *const tree = kept->plan->board.tree.data;
	int depth = 0;

	for (int node = node_by_path(tree, "/cpus/cpu-map"); node >= 0 && depth >= 0;
	     node = fdt_next_node(tree, node, &depth)) {
		int size = 0;
		const fdt32_t *const cpu = fdt_getprop(tree, node, "cpu", &size);
		const int core = cpu && size == sizeof(*cpu) ? node_by_phandle(tree, fdt32_ld(cpu)) : -1;

		if (core >= 0 && is_own_core(kept, core))
			keep(kept, node);
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
	keep_cpu_map(kept);
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
	if (flash_node(plan, cell) >= 0) /* without its parts: they tell of all banks */
		keep(kept, flash_node(plan, cell));
	return !kept->refused;
}

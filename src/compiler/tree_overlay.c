/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree_overlay.c - `dtb-overlay`: what a user adds to a cell's derived tree.
 *
 * An overlay describes, it doesn't give: where it would promise memory, registers or interrupts that the
 * cell doesn't have, or hide what it has, it is refused by the node's path. Its labels are the tree's
 * aliases and the board's own symbols. Called by tree.c, when the derived tree is written.
 */
#include "tree.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "emit.h"
#include "front.h"
#include "interrupts.h"
#include "ranges.h"
#include "references.h"

#define SYMBOLS "__symbols__"

struct overlay {
	const struct plan_cell *cell;
	struct place at;
	const void *base; /* the derived tree */
	void *result;
	bool right;
};

static void refuse(struct overlay *overlay, const char *why)
{
	diag_error(overlay->at, "'%s' can't be applied to the tree of cell '%s': %s",
		   overlay->cell->overlay.path, overlay->cell->name, why);
	overlay->right = false;
}

/* ---- labels ---- */

/* From a node of names and paths: those that lead to a node of the tree. */
static int copy_symbols(void *tree, int symbols, const void *from, int node)
{
	int property, error = 0;

	for (property = node < 0 ? node : fdt_first_property_offset(from, node); property >= 0 && !error;
	     property = fdt_next_property_offset(from, property)) {
		const char *name;
		int size;
		const char *const path = fdt_getprop_by_offset(from, property, &name, &size);

		if (path && size > 0 && path[0] == '/' && !path[size - 1] &&
		    !fdt_getprop(tree, symbols, name, NULL) && fdt_path_offset(tree, path) >= 0)
			error = fdt_setprop(tree, symbols, name, path, size);
	}
	return error;
}

static int add_symbols(struct overlay *overlay, const struct board *board)
{
	const int symbols = fdt_add_subnode(overlay->result, 0, SYMBOLS);
	int error;

	if (symbols < 0)
		return symbols;
	error = copy_symbols(overlay->result, symbols, overlay->base,
			     fdt_path_offset(overlay->base, "/aliases"));
	if (error)
		return error;
	return copy_symbols(overlay->result, fdt_path_offset(overlay->result, "/" SYMBOLS), board->tree.data,
			    fdt_path_offset(board->tree.data, "/" SYMBOLS));
}

/* libfdt refers to nodes by their phandles, and gives out none. */
static int give_phandle(void *tree, const char *path)
{
	const int node = fdt_path_offset(tree, path);
	uint32_t phandle;
	int error;

	if (fdt_get_phandle(tree, node))
		return 0;
	error = fdt_generate_phandle(tree, &phandle);
	return error ? error : fdt_setprop_u32(tree, node, "phandle", phandle);
}

/* What it refers to: what the tree doesn't have is told by name. */
static int resolve_labels(struct overlay *overlay)
{
	const void *const file = overlay->cell->overlay_tree.data;
	const int fixups = fdt_path_offset(file, "/__fixups__");
	int property, error = 0;

	for (property = fixups < 0 ? fixups : fdt_first_property_offset(file, fixups);
	     property >= 0 && !error; property = fdt_next_property_offset(file, property)) {
		const int symbols = fdt_path_offset(overlay->result, "/" SYMBOLS);
		const char *name = "", *path;

		fdt_getprop_by_offset(file, property, &name, NULL);
		path = fdt_getprop(overlay->result, symbols, name, NULL);
		if (path)
			error = give_phandle(overlay->result, text_format("%s", path));
		else
			refuse(overlay,
			       text_format("it refers to '&%s', which is no alias and no symbol of a node "
					   "that the cell has",
					   name));
	}
	return error;
}

static void check_fragments(struct overlay *overlay)
{
	const void *const file = overlay->cell->overlay_tree.data;
	int fragment;

	fdt_for_each_subnode(fragment, file, 0)
	{
		const char *const name = fdt_get_name(file, fragment, NULL);
		int size;
		const char *const path = fdt_getprop(file, fragment, "target-path", &size);

		/* libfdt passes over what is none of an overlay. */
		if (fdt_subnode_offset(file, fragment, "__overlay__") < 0 && strncmp(name, "__", 2) != 0)
			refuse(overlay,
			       text_format("its node '/%s' is no part of an overlay: does its source say "
					   "/plugin/?",
					   name));
		if (path && size > 0 && !path[size - 1] && fdt_path_offset(overlay->result, path) < 0)
			refuse(overlay, text_format("the cell's tree has no node '%s'", path));
	}
}

/* ---- what it may say ---- */

/* Properties that say what a node has, and how it is found. */
static bool decides(const char *name)
{
	static const char *const names[] = {"reg",
					    "ranges",
					    "dma-ranges",
					    "interrupts",
					    "phandle",
					    "interrupts-extended",
					    "interrupt-parent",
					    "interrupt-map",
					    "device_type",
					    "status",
					    "linux,phandle",
					    "interrupt-controller"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return true;
	return name[0] == '#';
}

/* Nodes that are the hypervisor's word to the guest: nothing in them changes. */
static bool is_ours(const void *tree, int node, const char *path)
{
	static const char *const paths[] = {"/cpus", "/psci", "/bulkhead", "/chosen"};
	const char *const type = fdt_getprop(tree, node, "device_type", NULL);

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const size_t length = strlen(paths[i]);

		if (!strncmp(path, paths[i], length) && (!path[length] || path[length] == '/'))
			return true;
	}
	return (type && !strcmp(type, "memory")) || fdt_getprop(tree, node, "bulkhead,boot-state", NULL) ||
	       fdt_node_check_compatible(tree, node, "arm,gic-v3") == 0 ||
	       fdt_node_check_compatible(tree, node, "arm,armv8-timer") == 0;
}

static bool same_property(const void *a, int in_a, const void *b, int in_b, const char *name)
{
	int size_a, size_b;
	const void *const left = fdt_getprop(a, in_a, name, &size_a), *const right = fdt_getprop(
									      b, in_b, name, &size_b);

	return left && right ? size_a == size_b && !memcmp(left, right, (size_t)size_a) : left == right;
}

/* A node that the derived tree has: which of its properties are other ones now? */
static void check_known(struct overlay *overlay, int in_base, int in_result, const char *path)
{
	const bool ours = is_ours(overlay->base, in_base, path);
	int property;

	fdt_for_each_property_offset(property, overlay->base, in_base)
	{
		const char *name = NULL;

		fdt_getprop_by_offset(overlay->base, property, &name, NULL);
		if (name && (ours || decides(name)) &&
		    !same_property(overlay->base, in_base, overlay->result, in_result, name))
			refuse(overlay, text_format("it changes '%s' of '%s', which says what the cell has",
						    name, path));
	}
}

/* What it adds to such a node: libfdt's own phandles are no harm. */
static void check_added(struct overlay *overlay, int in_base, int in_result, const char *path)
{
	const bool ours = is_ours(overlay->base, in_base, path);
	int property;

	fdt_for_each_property_offset(property, overlay->result, in_result)
	{
		const char *name = NULL;

		fdt_getprop_by_offset(overlay->result, property, &name, NULL);
		if (name && strcmp(name, "phandle") != 0 && (ours || decides(name)) &&
		    !fdt_getprop(overlay->base, in_base, name, NULL))
			refuse(overlay,
			       text_format("it gives '%s' a '%s', which says what the cell has", path, name));
	}
}

/* All that enabled nodes of the derived tree describe, in whole pages. */
static struct ranges described(const void *tree)
{
	struct ranges all = {NULL, 0};

	for (int node = fdt_next_node(tree, -1, NULL); node >= 0; node = fdt_next_node(tree, node, NULL)) {
		const struct ranges regs = registers_of(tree, node);

		for (size_t i = 0; i < regs.count; i++) {
			const uint64_t base = align_down(regs.at[i].base, BP_PAGE_SIZE);

			ranges_add(&all, base,
				   align_up(regs.at[i].base + regs.at[i].size, BP_PAGE_SIZE) - base);
		}
	}
	return all;
}

static bool is_gic(const void *tree, int node)
{
	return node >= 0 && fdt_node_check_compatible(tree, node, "arm,gic-v3") == 0;
}

/* The node's interrupts at the GIC by `interrupts`: specifiers of `cells` each; count 0: none. */
static const fdt32_t *specifiers(const void *tree, int node, int *cells, int *count)
{
	int size;
	const fdt32_t *const list = fdt_getprop(tree, node, "interrupts", &size), *number;
	const int parent = list ? interrupt_parent(tree, node) : -1;

	*count = 0;
	number = is_gic(tree, parent) ? fdt_getprop(tree, parent, "#interrupt-cells", NULL) : NULL;
	if (!number || fdt32_ld(number) < 3 || fdt32_ld(number) > 4)
		return NULL;
	*cells = (int)fdt32_ld(number);
	*count = size / 4 / *cells;
	return list;
}

static bool base_has(const void *base, const fdt32_t *specifier)
{
	for (int node = fdt_next_node(base, -1, NULL); node >= 0; node = fdt_next_node(base, node, NULL)) {
		int cells, count;
		const fdt32_t *const list = specifiers(base, node, &cells, &count);

		for (int i = 0; i < count; i++)
			if (!memcmp(list + (ptrdiff_t)i * cells, specifier, 3 * sizeof(*specifier)))
				return true;
	}
	return false;
}

static void check_interrupts(struct overlay *overlay, int node, const char *path)
{
	int cells, count;
	const fdt32_t *const list = specifiers(overlay->result, node, &cells, &count);

	for (int i = 0; i < count; i++) {
		const fdt32_t *const specifier = list + (ptrdiff_t)i * cells;

		if (!base_has(overlay->base, specifier))
			refuse(overlay, text_format("its node '%s' has interrupt <%u %u %u>, which no node "
						    "of the cell has: give the "
						    "cell the device, by 'devices'",
						    path, fdt32_ld(&specifier[0]), fdt32_ld(&specifier[1]),
						    fdt32_ld(&specifier[2])));
	}
	if (fdt_getprop(overlay->result, node, "interrupts-extended", NULL) ||
	    fdt_getprop(overlay->result, node, "interrupt-map", NULL))
		refuse(overlay,
		       text_format(
			       "its node '%s' has interrupts-extended or an interrupt-map: say 'interrupts'",
			       path));
}

/* libfdt resolves labels; a phandle that is written as a number may lead nowhere. */
static void check_references(struct overlay *overlay, int in_base, int in_result, const char *path)
{
	int property;

	fdt_for_each_property_offset(property, overlay->result, in_result)
	{
		int length;
		const char *name;
		const fdt32_t *const list = fdt_getprop_by_offset(overlay->result, property, &name, &length);
		const struct reference *const reference = list ? reference_named(name) : NULL;
		struct reference_entry entry;

		if (!reference || (reference->cells && !strcmp(reference->cells, "*")) ||
		    (in_base >= 0 && same_property(overlay->base, in_base, overlay->result, in_result, name)))
			continue;
		for (size_t at = 0, last = 0;
		     reference_next(overlay->result, reference, list, (size_t)length / 4, &at, &entry);
		     last = at) {
			if (entry.target >= 0 || !fdt32_ld(&list[last])) /* 0: an empty place */
				continue;
			refuse(overlay, text_format("'%s' of '%s' refers to phandle %#x, which no node "
						    "of the cell has: refer to a node by its label",
						    name, path, fdt32_ld(&list[last])));
			break;
		}
	}
}

/* A node of the overlay's own. */
static void check_new(struct overlay *overlay, const struct ranges *known, int node, const char *path)
{
	const char *const type = fdt_getprop(overlay->result, node, "device_type", NULL);
	const struct ranges regs = registers_of(overlay->result, node);

	if ((type && (!strcmp(type, "memory") || !strcmp(type, "cpu"))) ||
	    is_ours(overlay->result, node, path))
		refuse(overlay,
		       text_format("its node '%s' would be memory, a core, or the hypervisor's word", path));
	for (size_t i = 0; i < regs.count; i++)
		if (!ranges_cover(known, regs.at[i]))
			refuse(overlay,
			       text_format("its node '%s' promises %#" PRIx64 "-%#" PRIx64
					   ", which the cell doesn't have: "
					   "give it the device, "
					   "by 'devices'",
					   path, regs.at[i].base, regs.at[i].base + (regs.at[i].size - 1)));
	check_interrupts(overlay, node, path);
}

static void check_result(struct overlay *overlay)
{
	const struct ranges known = described(overlay->base);

	for (int node = 0; node >= 0; node = fdt_next_node(overlay->result, node, NULL)) {
		char path[1024];
		int in_base;

		if (fdt_get_path(overlay->result, node, path, sizeof(path)) != 0) {
			refuse(overlay, "a node's path is too long");
			return;
		}
		in_base = fdt_path_offset(overlay->base, path);
		check_references(overlay, in_base, node, path);
		if (in_base < 0) {
			check_new(overlay, &known, node, path);
			continue;
		}
		check_known(overlay, in_base, node, path);
		check_added(overlay, in_base, node, path);
	}
}

/* ---- applying it ---- */

static const char *why_not(int error)
{
	return error == -FDT_ERR_NOTFOUND     ? "it refers to a node that isn't there"
	       : error == -FDT_ERR_BADOVERLAY ? "it is no overlay: does its source say /plugin/?"
	       : error == -FDT_ERR_BADPHANDLE ? "a phandle of it leads nowhere"
					      : fdt_strerror(error);
}

/* [impl->swr~config-overlay~1] */
bool tree_overlay(const struct plan *plan, size_t cell, struct bytes *tree)
{
	const struct plan_cell *const own = &plan->cells[cell];
	const size_t size = tree->size + 2 * own->overlay_tree.size + plan->board.tree.size + 4096;
	struct overlay overlay = {
		own, {plan->file, own->overlay_line, own->overlay_column}, tree->data, NULL, true};
	uint8_t *const copy = memory_new(own->overlay_tree.size, 1);
	int error;

	overlay.result = memory_new(size, 1);
	memcpy(copy, own->overlay_tree.data, own->overlay_tree.size); /* it is spoiled */
	error = fdt_open_into(tree->data, overlay.result, (int)size);
	if (!error)
		error = add_symbols(&overlay, &plan->board);
	if (!error)
		error = resolve_labels(&overlay);
	check_fragments(&overlay);
	if (!error && overlay.right)
		error = fdt_overlay_apply(overlay.result, copy);
	if (error)
		refuse(&overlay, why_not(error));
	if (!overlay.right)
		return false;
	fdt_del_node(overlay.result, fdt_path_offset(overlay.result, "/" SYMBOLS));
	fdt_pack(overlay.result);
	check_result(&overlay);
	tree->data = overlay.result;
	tree->size = fdt_totalsize(overlay.result);
	return overlay.right;
}

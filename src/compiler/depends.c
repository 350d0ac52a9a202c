/* SPDX-License-Identifier: Apache-2.0 */
/*
 * depends.c - what a device can't work without: clocks, resets, power domains, GPIOs, pins...
 *
 * Devicetree bindings name a provider by its phandle, followed by as many cells as the provider's
 * `#…-cells` says. Called by devices.c: a device and its providers are in one cell's hands.
 */
#include "front.h"

#include "text.h"

#include <libfdt.h>
#include <string.h>

struct binding {
	const char *property; /* `*` first: any property that ends so; last: any that starts so */
	const char *cells;    /* NULL: phandles alone */
};

static const struct binding bindings[] = {
	{"clocks", "#clock-cells"}, {"resets", "#reset-cells"}, {"power-domains", "#power-domain-cells"},
	{"gpios", "#gpio-cells"},   {"gpio", "#gpio-cells"},	{"*-gpios", "#gpio-cells"},
	{"*-gpio", "#gpio-cells"},  {"dmas", "#dma-cells"},	{"phys", "#phy-cells"},
	{"*-supply", NULL},	    {"pinctrl-*", NULL},
};

static bool is_binding(const struct binding *binding, const char *property)
{
	const char *const pattern = binding->property;
	const size_t length = strlen(pattern), property_length = strlen(property);

	if (pattern[0] == '*')
		return property_length >= length &&
		       strcmp(property + property_length - (length - 1), pattern + 1) == 0;
	if (pattern[length - 1] == '*')
		return strncmp(property, pattern, length - 1) == 0 && property[length - 1] >= '0' &&
		       property[length - 1] <= '9';
	return strcmp(property, pattern) == 0;
}

static void add(const struct board *board, struct indices *found, size_t self, int node)
{
	const int index = board_device_of(board, node);

	if (index < 0 || (size_t)index == self)
		return;
	for (size_t i = 0; i < found->count; i++)
		if (found->at[i] == (size_t)index)
			return;
	found->at = memory_grow(found->at, found->count, sizeof(found->at[0]));
	found->at[found->count++] = (size_t)index;
}

static void follow(const struct board *board, struct indices *found, size_t self,
		   const struct binding *binding, const fdt32_t *cells, int count)
{
	const void *const tree = board->tree.data;

	for (int at = 0; at < count; at++) {
		const int provider = node_by_phandle(tree, fdt32_ld(&cells[at]));
		const fdt32_t *skip;

		if (provider < 0)
			continue;
		add(board, found, self, provider);
		skip = binding->cells ? fdt_getprop(tree, provider, binding->cells, NULL) : NULL;
		if (skip && fdt32_ld(skip) < (uint32_t)count)
			at += (int)fdt32_ld(skip);
	}
}

static void follow_node(const struct board *board, struct indices *found, size_t self, int node)
{
	const void *const tree = board->tree.data;
	const fdt32_t *const parent = fdt_getprop(tree, node, "interrupt-parent", NULL);
	int property, child;

	if (parent && node_by_phandle(tree, fdt32_ld(parent)) != board->gic_node)
		add(board, found, self, node_by_phandle(tree, fdt32_ld(parent)));
	fdt_for_each_property_offset(property, tree, node)
	{
		int length;
		const char *name;
		const fdt32_t *const cells = fdt_getprop_by_offset(tree, property, &name, &length);

		for (size_t i = 0; cells && i < sizeof(bindings) / sizeof(bindings[0]); i++)
			if (is_binding(&bindings[i], name))
				follow(board, found, self, &bindings[i], cells, length / 4);
	}
	/* Parts of the device (a key of gpio-keys), not devices on a bus. */
	fdt_for_each_subnode(child, tree, node)
	{
		if (board_device_of(board, child) == (int)self)
			follow_node(board, found, self, child);
	}
}

struct indices dependencies_of(const struct board *board, size_t device)
{
	struct indices found = {NULL, 0};

	follow_node(board, &found, device, board->devices[device].node);
	return found;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nexus.c - see nexus.h. Called by interrupts.c, depends.c and tree_nexus.c. [impl->swr~compile-nexus~1]
 */
#include "nexus.h"

#include "nodes.h"

#include <string.h>

#define CELLS_MAX 16 /* of one number in a map */
#define DEPTH_MAX 8  /* of nexuses behind each other */

bool node_is_nexus(const void *tree, int node)
{
	return fdt_getprop(tree, node, "interrupt-map", NULL) &&
	       !fdt_getprop(tree, node, "interrupt-controller", NULL);
}

/* A number of cells; absent: `otherwise`. */
static size_t cells_of(const void *tree, int node, const char *property, size_t otherwise)
{
	int length;
	const fdt32_t *const cells = fdt_getprop(tree, node, property, &length);

	return cells && length == sizeof(*cells) ? fdt32_ld(cells) : otherwise;
}

bool nexus_next(const void *tree, int nexus, const fdt32_t *map, size_t count, size_t *at,
		struct nexus_entry *entry)
{
	const size_t from = cells_of(tree, nexus, "#address-cells", 2) +
			    cells_of(tree, nexus, "#interrupt-cells", CELLS_MAX + 1);
	size_t address, end;

	if (from > 2 * (size_t)CELLS_MAX || *at + from >= count)
		return false;
	*entry = (struct nexus_entry){.from = map + *at,
				      .from_width = from,
				      .parent = node_by_phandle(tree, fdt32_ld(&map[*at + from]))};
	if (entry->parent < 0)
		return false;
	address = cells_of(tree, entry->parent, "#address-cells", 0);
	entry->width = cells_of(tree, entry->parent, "#interrupt-cells", CELLS_MAX + 1);
	if (address > CELLS_MAX || !entry->width || entry->width > CELLS_MAX)
		return false;
	end = *at + from + 1 + address + entry->width;
	if (end > count)
		return false;
	entry->to = map + end - entry->width;
	entry->end = map + end;
	*at = end;
	return true;
}

/* What the user asks for, as far as the mask lets through, is the entry's. */
static bool is_asked(const void *tree, int nexus, int user, const fdt32_t *specifier,
		     const struct nexus_entry *entry)
{
	const size_t addresses = cells_of(tree, nexus, "#address-cells", 2);
	const size_t total = addresses + cells_of(tree, nexus, "#interrupt-cells", 0);
	int mask_length, reg_length;
	const fdt32_t *const mask = fdt_getprop(tree, nexus, "interrupt-map-mask", &mask_length);
	const fdt32_t *const reg = fdt_getprop(tree, user, "reg", &reg_length);

	if (mask && (size_t)mask_length < total * sizeof(*mask))
		return false;
	for (size_t i = 0; i < total; i++) {
		uint32_t value = 0; /* where the user has no such address */

		if (i >= addresses)
			value = fdt32_ld(&specifier[i - addresses]);
		else if (reg && (size_t)reg_length > i * sizeof(*reg))
			value = fdt32_ld(&reg[i]);
		if ((value ^ fdt32_ld(&entry->from[i])) & (mask ? fdt32_ld(&mask[i]) : UINT32_MAX))
			return false;
	}
	return true;
}

const fdt32_t *nexus_resolve(const void *tree, int user, int *parent, const fdt32_t *specifier)
{
	for (int depth = 0; *parent >= 0 && node_is_nexus(tree, *parent); depth++) {
		int length;
		const fdt32_t *const map = fdt_getprop(tree, *parent, "interrupt-map", &length);
		const fdt32_t *found = NULL;
		struct nexus_entry entry;

		for (size_t at = 0;
		     !found && nexus_next(tree, *parent, map, (size_t)length / sizeof(*map), &at, &entry);)
			if (is_asked(tree, *parent, user, specifier, &entry))
				found = entry.to;
		if (!found || depth == DEPTH_MAX)
			return NULL;
		specifier = found;
		user = *parent;
		*parent = entry.parent;
	}
	return *parent < 0 ? NULL : specifier;
}

// SPDX-License-Identifier: Apache-2.0
/*
 * tree_nexus.c - `interrupt-map` of a guest's tree: the board's entries that end at an interrupt of the
 * cell's, or at a node that its tree has. Called by tree.c.
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "interrupts.h"
#include "nexus.h"
#include "tree.h"

/* Does one of the cell's devices have the SPI? */
static bool cell_has(const struct tree_writer *writer, const fdt32_t *specifier)
{
	const struct board *const board = &writer->layout->plan->board;
	const uint32_t intid = 32 + fdt32_ld(&specifier[1]);

	if (fdt32_ld(&specifier[0]) || fdt32_ld(&specifier[1]) >= GIC_SPIS_MOST)
		return false;
	for (size_t i = 0; i < board->device_count; i++)
		for (size_t at = 0;
		     board->devices[i].owner == (int)writer->cell && at < board->devices[i].interrupts.count;
		     at++)
			if (board->devices[i].interrupts.at[at].intid == intid)
				return true;
	return false;
}

static size_t copy(fdt32_t *to, const fdt32_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = from[i];
	return count;
}

/* Cells of the map as the guest has it; `out` has room for all of the board's. */
static size_t map_write(const struct tree_writer *writer, int node, fdt32_t *out, const fdt32_t *map,
			size_t count)
{
	const struct board *const board = &writer->layout->plan->board;
	struct nexus_entry entry;
	size_t length = 0;

	for (size_t at = 0; nexus_next(board->tree.data, node, map, count, &at, &entry);) {
		if (entry.parent != board->gic_node) {
			if (kept_node(writer->kept, entry.parent))
				length += copy(out + length, entry.from, (size_t)(entry.end - entry.from));
			continue;
		}
		if (entry.width < 3 || !cell_has(writer, entry.to))
			continue;
		length += copy(out + length, entry.from, entry.from_width);
		out[length++] = cpu_to_fdt32(writer->gic_phandle);
		for (int i = 0; i < gic_address_cells(writer); i++)
			out[length++] = 0;
		length += copy(out + length, entry.to, entry.width);
	}
	return length;
}

bool put_interrupt_map(struct tree_writer *writer, int node, const char *name)
{
	const void *const tree = writer->layout->plan->board.tree.data;
	const bool mask = !strcmp(name, "interrupt-map-mask");
	int length = 0;
	const fdt32_t *const map = fdt_getprop(tree, node, "interrupt-map", &length);
	const size_t count = map ? (size_t)length / sizeof(*map) : 0;
	fdt32_t *out;
	size_t written;

	if (!mask && strcmp(name, "interrupt-map") != 0)
		return false;
	/* A row has two cells or more, and may grow by the guest's GIC's address cells. */
	out = memory_new(count * (1 + (size_t)gic_address_cells(writer)) + 1, sizeof(*out));
	written = map ? map_write(writer, node, out, map, count) : 0;
	if (written && mask) {
		const void *const value = fdt_getprop(tree, node, name, &length);

		put_bytes(writer, name, value, (size_t)length);
	} else if (written) {
		put_bytes(writer, name, out, written * sizeof(*out));
	}
	free(out);
	return true;
}

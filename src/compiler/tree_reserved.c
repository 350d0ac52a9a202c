// SPDX-License-Identifier: Apache-2.0
/*
 * tree_reserved.c - /reserved-memory of a guest's tree: what survives a restart, and the regions of the
 * board's that the cell's devices name. Called by tree_own.c.
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "ranges.h"
#include "regions.h"
#include "tree.h"

static const struct plan_cell *own_cell(const struct tree_writer *writer)
{
	return &writer->layout->plan->cells[writer->cell];
}

/* RAM that survives a restart: kept out of the guest's allocator; for Linux, a ramoops buffer. */
static void put_kept(struct tree_writer *writer, const struct ram_region *region)
{
	const struct range ram = {region->ipa, region->size};
	uint32_t part = 4096; /* a quarter, as a power of two: what ramoops wants */

	while (part * UINT64_C(8) <= ram.size && part < 0x40000000)
		part *= 2;
	put_begin_at(writer, own_cell(writer)->is_linux ? "ramoops" : "keep", ram.base);
	if (own_cell(writer)->is_linux) {
		put_string(writer, "compatible", "ramoops");
		put_u32(writer, "record-size", part);
		put_u32(writer, "console-size", part);
	}
	put_reg(writer, &ram, 1, writer->address_cells, writer->size_cells);
	put_flag(writer, "no-map");
	put_end(writer);
}

/* Where the guest may put it: its own memory alone. */
static void put_alloc_ranges(struct tree_writer *writer, int node)
{
	const struct ranges room = region_room(writer->layout->plan, writer->cell, node);

	put_pairs(writer, "alloc-ranges", room.at, room.count, writer->address_cells, writer->size_cells);
}

static void put_region(struct tree_writer *writer, int node)
{
	const void *const tree = writer->layout->plan->board.tree.data;
	int property;

	put_begin(writer, fdt_get_name(tree, node, NULL));
	fdt_for_each_property_offset(property, tree, node)
	{
		const char *name;
		int size;
		const void *const value = fdt_getprop_by_offset(tree, property, &name, &size);

		if (value && strcmp(name, "alloc-ranges") != 0 && kept_property(writer->kept, node, name))
			put_bytes(writer, name, value, (size_t)size);
	}
	if (region_size(tree, node))
		put_alloc_ranges(writer, node);
	put_end(writer);
}

void put_reserved(struct tree_writer *writer)
{
	const void *const tree = writer->layout->plan->board.tree.data;
	const struct plan_cell *const cell = own_cell(writer);
	const int board = node_by_path(tree, "/reserved-memory");
	bool any = board >= 0 && kept_node(writer->kept, board);
	int node;

	for (size_t i = 0; i < cell->ram_count; i++)
		any |= cell->ram[i].keep;
	if (!any)
		return;
	put_begin(writer, "reserved-memory");
	put_u32(writer, "#address-cells", (uint32_t)writer->address_cells);
	put_u32(writer, "#size-cells", (uint32_t)writer->size_cells);
	put_flag(writer, "ranges");
	for (size_t i = 0; i < cell->ram_count; i++)
		if (cell->ram[i].keep)
			put_kept(writer, &cell->ram[i]);
	if (board >= 0)
		fdt_for_each_subnode(node, tree, board) if (kept_node(writer->kept, node))
			put_region(writer, node);
	put_end(writer);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * tree_reg.c - `reg` in CPU addresses: through the `ranges` of every bus above (devicetree
 * spec 2.3.6, 2.3.8); and what a device reaches of them, through `dma-ranges` (2.3.9).
 */
#include <libfdt.h>

#include "tree.h"

#define PCI_CELLS 3
#define CELLS_MAX 2 /* wider addresses (PCI) don't translate to CPU addresses here */

static uint64_t read_cells(const uint8_t *at, int cells)
{
	uint64_t value = 0;

	for (int i = 0; i < cells; i++)
		value = value << 32 | fdt32_ld((const fdt32_t *)(at + i * 4));
	return value;
}

static bool cells_sane(int cells)
{
	return cells >= 0 && cells <= CELLS_MAX;
}

/* One bus upwards: an address on `bus` to an address on the bus that `bus` sits on. */
static bool translate_up(const struct tree *tree, const struct node *bus, struct range *range)
{
	const struct node *above = &tree->nodes[bus->parent];
	const int child = bus->address_cells, parent = above->address_cells, sizes = bus->size_cells;
	const int row = (child + parent + sizes) * 4;
	int length;
	const uint8_t *ranges = node_property(tree, bus, "ranges", &length);

	if (!ranges)
		return false;
	if (!length)
		return true;
	if (!cells_sane(child) || !cells_sane(parent) || !cells_sane(sizes) || !row)
		return false;
	for (int at = 0; at + row <= length; at += row) {
		const uint64_t from = read_cells(ranges + at, child);
		const uint64_t to = read_cells(ranges + at + child * 4, parent);
		const uint64_t size = read_cells(ranges + at + (child + parent) * 4, sizes);

		if (range->base >= from && within(range->base - from, range->size, size)) {
			range->base = to + (range->base - from);
			return true;
		}
	}
	return false;
}

static bool to_cpu(const struct tree *tree, const struct node *bus, struct range *range)
{
	while (bus->parent >= 0 && translate_up(tree, bus, range))
		bus = &tree->nodes[bus->parent];
	return bus->parent < 0 && range->size;
}

/* A row of `ranges` passes all of the range on. */
static bool passed_on(const struct tree *tree, const struct node *bus, const struct range *reg)
{
	const struct node *above = &tree->nodes[bus->parent];
	const int child = bus->address_cells, parent = above->address_cells, sizes = bus->size_cells;
	const int row = (child + parent + sizes) * 4;
	int length;
	const uint8_t *ranges = node_property(tree, bus, "ranges", &length);

	if (!ranges || !length || !row || !cells_sane(child) || !cells_sane(parent) || !cells_sane(sizes))
		return ranges && !length;
	for (int at = 0; at + row <= length; at += row) {
		struct range window = {read_cells(ranges + at + child * 4, parent),
				       read_cells(ranges + at + (child + parent) * 4, sizes)};

		if (to_cpu(tree, above, &window) && reg->base >= window.base &&
		    within(reg->base - window.base, reg->size, window.size))
			return true;
	}
	return false;
}

/* A bus whose registers are those of the devices on it has none of its own. */
static bool regs_are_others(const struct tree *tree, const struct node *node)
{
	bool all = node_compatible(tree, node, "simple-bus");

	for (size_t i = 0; all && i < node->reg_count; i++)
		all = passed_on(tree, node, &node->regs[i]);
	return all;
}

void node_read_regs(const struct tree *tree, struct node *node)
{
	const struct node *parent = node->parent >= 0 ? &tree->nodes[node->parent] : NULL;
	int length, row;
	const uint8_t *reg = node_property(tree, node, "reg", &length);

	if (!parent || !reg || !cells_sane(parent->address_cells) || !cells_sane(parent->size_cells) ||
	    !parent->address_cells || !parent->size_cells)
		return;
	row = (parent->address_cells + parent->size_cells) * 4;
	for (int at = 0; at + row <= length; at += row) {
		struct range range = {read_cells(reg + at, parent->address_cells),
				      read_cells(reg + at + parent->address_cells * 4, parent->size_cells)};

		if (!to_cpu(tree, parent, &range))
			continue;
		node->regs = memory_grow(node->regs, node->reg_count, sizeof(range));
		node->regs[node->reg_count++] = range;
	}
	if (regs_are_others(tree, node))
		node->reg_count = 0;
}

/* What node_read_regs() couldn't read is as much the node's as the rest. */
bool node_regs_lost(const struct tree *tree, const struct node *node)
{
	const struct node *parent = node->parent >= 0 ? &tree->nodes[node->parent] : NULL;
	size_t rows = 0;
	int length, row;
	const uint8_t *reg = node_property(tree, node, "reg", &length);

	if (!parent || !reg)
		return false;
	row = (parent->address_cells + parent->size_cells) * 4;
	if (!cells_sane(parent->address_cells) || !cells_sane(parent->size_cells) || !parent->address_cells ||
	    !parent->size_cells || length % row)
		return true;
	for (int at = 0; at < length; at += row)
		rows += read_cells(reg + at + parent->address_cells * 4, parent->size_cells) != 0;
	for (size_t i = 0; i < node->reg_count; i++)
		if (node->regs[i].size - 1 > UINT64_MAX - node->regs[i].base)
			return true;
	return rows != node->reg_count;
}

bool node_bus_window(const struct tree *tree, const struct node *node, unsigned int index,
		     struct range *window, uint32_t *space, uint64_t *bus)
{
	const struct node *parent = node->parent >= 0 ? &tree->nodes[node->parent] : NULL;
	const int child = node->address_cells, sizes = node->size_cells;
	int above, row, length;
	const uint8_t *ranges = node_property(tree, node, "ranges", &length);

	if (!parent || !ranges || child != PCI_CELLS || !cells_sane(sizes) || !sizes ||
	    !cells_sane(parent->address_cells) || !parent->address_cells)
		return false;
	above = parent->address_cells;
	row = (child + above + sizes) * 4;
	for (int at = 0; at + row <= length; at += row) {
		*window = (struct range){read_cells(ranges + at + child * 4, above),
					 read_cells(ranges + at + (child + above) * 4, sizes)};
		*space = (uint32_t)read_cells(ranges + at, 1);
		*bus = read_cells(ranges + at + 4, PCI_CELLS - 1);
		if (to_cpu(tree, parent, window) && !index--)
			return true;
	}
	return false;
}

bool node_window(const struct tree *tree, const struct node *node, unsigned int index, struct range *window)
{
	uint32_t space;
	uint64_t bus;

	return node_bus_window(tree, node, index, window, &space, &bus);
}

/* Cells of the space before an address of PCI. */
static int space_cells(const struct node *bus)
{
	return bus->address_cells == PCI_CELLS ? 1 : 0;
}

/* Rows of `dma-ranges` can be told apart. */
static bool dma_rows_sane(const struct tree *tree, const struct node *bus)
{
	return cells_sane(bus->address_cells - space_cells(bus)) &&
	       cells_sane(tree->nodes[bus->parent].address_cells) && cells_sane(bus->size_cells) &&
	       bus->size_cells;
}

/* Bytes from *address on, of the bus above, that `bus` lets its devices reach; *address becomes the bus's. */
static uint64_t reach_down(const struct tree *tree, const struct node *bus, uint64_t *address, uint64_t size)
{
	const int child = bus->address_cells, parent = tree->nodes[bus->parent].address_cells;
	const int sizes = bus->size_cells, row = (child + parent + sizes) * 4, space = space_cells(bus);
	int length = 0;
	const uint8_t *ranges = node_property(tree, bus, "dma-ranges", &length);

	if (!ranges || !length)
		return size;
	if (!dma_rows_sane(tree, bus))
		return 0;
	for (int at = 0; at + row <= length; at += row) {
		const uint64_t from = read_cells(ranges + at + child * 4, parent);
		const uint64_t span = read_cells(ranges + at + (child + parent) * 4, sizes);

		/* Of PCI's spaces memory alone. */
		if (*address < from || *address - from >= span ||
		    (space && (read_cells(ranges + at, space) >> 24 & 3) < 2))
			continue;
		if (size > span - (*address - from))
			size = span - (*address - from);
		*address = read_cells(ranges + at + space * 4, child - space) + (*address - from);
		return size;
	}
	return 0;
}

static uint64_t bus_reach(const struct tree *tree, const struct node *bus, uint64_t *address, uint64_t size)
{
	const struct node *buses[TREE_DEPTH];
	size_t depth = 0;

	for (; bus->parent >= 0 && depth < TREE_DEPTH; bus = &tree->nodes[bus->parent])
		buses[depth++] = bus;
	while (depth > 0 && size)
		size = reach_down(tree, buses[--depth], address, size);
	return size;
}

uint64_t bus_unreached(const struct tree *tree, const struct node *bus, struct range range,
		       const uint64_t *bus_base)
{
	const uint64_t end = range.base + range.size;
	uint64_t at = range.base;

	while (at < end) {
		uint64_t there = at;
		const uint64_t reached = bus_reach(tree, bus, &there, end - at);

		if (!reached || (bus_base && there - *bus_base != at - range.base))
			break;
		at += reached;
	}
	return at;
}

bool bus_limits(const struct tree *tree, const struct node *bus)
{
	int length = 0;

	for (; bus->parent >= 0; bus = &tree->nodes[bus->parent])
		if (node_property(tree, bus, "dma-ranges", &length) && length)
			return true;
	return false;
}

bool bus_dma_row(const struct tree *tree, const struct node *bus, unsigned int index, struct range *range,
		 uint64_t *bus_base)
{
	const int child = bus->address_cells, space = space_cells(bus);
	int parent, row, length = 0;
	const uint8_t *ranges = node_property(tree, bus, "dma-ranges", &length);

	if (bus->parent < 0 || !ranges || !dma_rows_sane(tree, bus))
		return false;
	parent = tree->nodes[bus->parent].address_cells;
	row = (child + parent + bus->size_cells) * 4;
	if (index >= (unsigned int)(length / row))
		return false;
	ranges += index * (unsigned int)row;
	*bus_base = read_cells(ranges + space * 4, child - space);
	range->base = read_cells(ranges + child * 4, parent);
	range->size = read_cells(ranges + (child + parent) * 4, bus->size_cells);
	return true;
}

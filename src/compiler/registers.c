/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registers.c - `reg`, `ranges` and `dma-ranges` of the board's tree, translated to addresses of the CPUs.
 *
 * Devicetree Specification 2.3.6, 2.3.8, 2.3.9. Called by board.c and inventory.c. Whatever can't be
 * translated (a bus without `ranges`: I2C, cpus) has no addresses of the CPUs.
 */
#include "front.h"

#include "ranges.h"
#include "text.h"

#include <libfdt.h>

#define CELLS_MAX	  4
#define PCI_ADDRESS_CELLS 3 /* space, high, low */
#define PCI_SIZE_CELLS	  2

static uint64_t read_cells(const fdt32_t *cells, int count)
{
	uint64_t value = 0;

	for (int i = 0; i < count; i++)
		value = value << 32 | fdt32_ld(&cells[i]);
	return value;
}

/* A range of `bus`, as the bus above sees it: one row of `ranges` holds all of it. */
static bool one_up(const void *tree, int bus, struct range *range)
{
	const int above = node_parent(tree, bus);
	const int child = fdt_address_cells(tree, bus), parent = fdt_address_cells(tree, above);
	const int sizes = fdt_size_cells(tree, bus), row = child + parent + sizes;
	int length;
	const fdt32_t *const map = fdt_getprop(tree, bus, "ranges", &length);

	if (!map || child < 1 || child > 2 || parent < 1 || parent > 2 || sizes < 1 || sizes > 2)
		return map && length == 0;
	for (int at = 0; at + row <= length / 4; at += row) {
		const uint64_t base = read_cells(&map[at], child);
		const uint64_t size = read_cells(&map[at + child + parent], sizes);

		if (range->base >= base && range->base - base < size &&
		    range->size <= size - (range->base - base)) {
			range->base = range->base - base + read_cells(&map[at + child], parent);
			return true;
		}
	}
	return length == 0;
}

/* A range in the space of `bus`, as the CPUs see it; false: they don't, or it wraps. */
static bool translate(const void *tree, int bus, struct range *range)
{
	while (bus > 0) {
		if (!one_up(tree, bus, range))
			return false;
		bus = node_parent(tree, bus);
	}
	return bus == 0 && range->size && range->base + (range->size - 1) >= range->base;
}

/* A bus whose registers are those of the devices on it has none of its own. */
static bool passes_on(const void *tree, int node, const struct ranges *regs)
{
	int length;

	if (fdt_node_check_compatible(tree, node, "simple-bus") != 0 ||
	    !fdt_getprop(tree, node, "ranges", &length))
		return false;
	for (size_t i = 0; length && i < regs->count; i++) {
		const struct ranges windows = windows_of(tree, node);
		bool inside = false;

		for (size_t at = 0; at < windows.count; at++)
			inside |= regs->at[i].base >= windows.at[at].base &&
				  regs->at[i].base + (regs->at[i].size - 1) <=
					  windows.at[at].base + (windows.at[at].size - 1);
		if (!inside)
			return false;
	}
	return true;
}

struct ranges registers_of(const void *tree, int node)
{
	const int bus = node_parent(tree, node);
	const int addresses = bus >= 0 ? fdt_address_cells(tree, bus) : 0;
	const int sizes = bus >= 0 ? fdt_size_cells(tree, bus) : 0;
	struct ranges found = {NULL, 0};
	int length;
	const fdt32_t *const reg = fdt_getprop(tree, node, "reg", &length);

	if (!reg || addresses < 1 || addresses > 2 || sizes < 1 || sizes > 2)
		return found;
	for (int at = 0; at + addresses + sizes <= length / 4; at += addresses + sizes) {
		struct range range = {read_cells(&reg[at], addresses),
				      read_cells(&reg[at + addresses], sizes)};

		if (translate(tree, bus, &range))
			ranges_add(&found, range.base, range.size);
	}
	return passes_on(tree, node, &found) ? (struct ranges){NULL, 0} : found;
}

bool registers_whole(const void *tree, int node)
{
	const int bus = node_parent(tree, node);
	const int addresses = bus >= 0 ? fdt_address_cells(tree, bus) : 0;
	const int sizes = bus >= 0 ? fdt_size_cells(tree, bus) : 0, row = addresses + sizes;
	size_t told = 0;
	int length;
	const fdt32_t *const reg = fdt_getprop(tree, node, "reg", &length);

	if (!reg)
		return true;
	if (addresses < 1 || addresses > 2 || sizes < 1 || sizes > 2 || length % (4 * row))
		return false;
	for (int at = 0; at < length / 4; at += row)
		told += read_cells(&reg[at + addresses], sizes) != 0;
	return registers_of(tree, node).count == told;
}

struct ranges windows_of(const void *tree, int node)
{
	const int above = node_parent(tree, node);
	const int child = fdt_address_cells(tree, node), sizes = fdt_size_cells(tree, node);
	const int parent = above >= 0 ? fdt_address_cells(tree, above) : 0;
	struct ranges found = {NULL, 0};
	int length;
	const fdt32_t *const map = fdt_getprop(tree, node, "ranges", &length);

	if (!map || child < 1 || child > CELLS_MAX || parent < 1 || parent > 2 || sizes < 1 || sizes > 2)
		return found;
	for (int at = 0; at + child + parent + sizes <= length / 4; at += child + parent + sizes) {
		struct range range = {read_cells(&map[at + child], parent),
				      read_cells(&map[at + child + parent], sizes)};

		if (translate(tree, above, &range))
			ranges_add(&found, range.base, range.size);
	}
	return found;
}

size_t bus_windows_of(const void *tree, int node, struct bus_window *windows, size_t most)
{
	const int above = node_parent(tree, node);
	const int parent = above >= 0 ? fdt_address_cells(tree, above) : 0;
	const int row = PCI_ADDRESS_CELLS + parent + PCI_SIZE_CELLS;
	size_t count = 0;
	int length;
	const fdt32_t *const map = fdt_getprop(tree, node, "ranges", &length);

	if (!map || fdt_address_cells(tree, node) != PCI_ADDRESS_CELLS ||
	    fdt_size_cells(tree, node) != PCI_SIZE_CELLS || parent < 1 || parent > 2)
		return 0;
	for (int at = 0; at + row <= length / 4 && count < most; at += row) {
		struct range range = {read_cells(&map[at + PCI_ADDRESS_CELLS], parent),
				      read_cells(&map[at + PCI_ADDRESS_CELLS + parent], PCI_SIZE_CELLS)};

		if (translate(tree, above, &range))
			windows[count++] = (struct bus_window){.range = range,
							       .space = fdt32_ld(&map[at]),
							       .bus = read_cells(&map[at + 1], 2)};
	}
	return count;
}

static bool wraps(uint64_t base, uint64_t size)
{
	return base + (size - 1) < base;
}

static void add_window(struct bus_windows *windows, struct bus_window window)
{
	if (!window.range.size)
		return;
	windows->at = memory_grow(windows->at, windows->count, sizeof(windows->at[0]));
	windows->at[windows->count++] = window;
}

/* What is reached on `bus`, as the bus above has it; what no row of `dma-ranges` holds goes nowhere. */
static struct bus_windows reached_one_up(const void *tree, int bus, const struct bus_windows *below)
{
	const int above = node_parent(tree, bus);
	const int child = fdt_address_cells(tree, bus), parent = fdt_address_cells(tree, above);
	const int sizes = fdt_size_cells(tree, bus), row = child + parent + sizes;
	const int kind = child == PCI_ADDRESS_CELLS ? 1 : 0; /* a cell that says of what space a row is */
	struct bus_windows found = {NULL, 0};
	int length;
	const fdt32_t *const map = fdt_getprop(tree, bus, "dma-ranges", &length);

	if (!map || length == 0)
		return *below;
	if (child < 1 || child > PCI_ADDRESS_CELLS || parent < 1 || parent > 2 || sizes < 1 || sizes > 2)
		return found;
	for (int at = 0; at + row <= length / 4; at += row) {
		const struct range window = {read_cells(&map[at + kind], child - kind),
					     read_cells(&map[at + child + parent], sizes)};
		const uint64_t to = read_cells(&map[at + child], parent);
		const uint32_t space = kind ? fdt32_ld(&map[at]) : 0;

		if (wraps(window.base, window.size) || wraps(to, window.size) ||
		    (kind && !BUS_SPACE_IS_MEMORY(space)))
			continue;
		for (size_t i = 0; i < below->count; i++) {
			const struct range from = below->at[i].range;
			const struct range part = range_common(from, window);

			add_window(&found,
				   (struct bus_window){.range = {to + (part.base - window.base), part.size},
						       .space = below->at[i].space | space,
						       .bus = below->at[i].bus + (part.base - from.base)});
		}
	}
	return found;
}

struct bus_windows reached_on(const void *tree, int bus)
{
	struct bus_windows found = {NULL, 0};

	add_window(&found, (struct bus_window){.range = {0, UINT64_MAX}});
	for (; bus > 0; bus = node_parent(tree, bus))
		found = reached_one_up(tree, bus, &found);
	return found;
}

bool reach_limited(const void *tree, int bus)
{
	int length = 0;

	for (; bus > 0; bus = node_parent(tree, bus))
		if (fdt_getprop(tree, bus, "dma-ranges", &length) && length)
			return true;
	return false;
}

struct ranges reached_by(const void *tree, int node)
{
	const struct bus_windows windows = reached_on(tree, node_parent(tree, node));
	struct ranges found = {NULL, 0};

	for (size_t i = 0; i < windows.count; i++)
		ranges_add(&found, windows.at[i].range.base, windows.at[i].range.size);
	return found;
}

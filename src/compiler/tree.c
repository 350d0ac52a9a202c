// SPDX-License-Identifier: Apache-2.0
/*
 * tree.c - writes a cell's device tree: the kept nodes of the board's, in its order, then our own.
 *
 * What is kept is tree_keep.c's, the GIC node tree_gic.c's, the rest tree_own.c's. Called by layout.c
 * before any address of the hypervisor is known: a guest's tree holds none.
 */
#include "tree.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "emit_pci.h"
#include "nodes.h"

#define TREE_ALIGN TABLE_BLOCK_2M /* Linux booting.rst: the tree may not cross a 2 MiB boundary */
#define TREE_MOST  TABLE_BLOCK_2M

/* ---- the writer ---- */

static void note(struct tree_writer *writer, int error)
{
	if (!writer->error)
		writer->error = error;
}

void put_begin(struct tree_writer *writer, const char *name)
{
	note(writer, fdt_begin_node(writer->fdt, name));
}

void put_begin_at(struct tree_writer *writer, const char *name, uint64_t address)
{
	put_begin(writer, text_format("%s@%" PRIx64, name, address));
}

void put_end(struct tree_writer *writer)
{
	note(writer, fdt_end_node(writer->fdt));
}

void put_bytes(struct tree_writer *writer, const char *name, const void *value, size_t size)
{
	note(writer, fdt_property(writer->fdt, name, value, (int)size));
}

void put_string(struct tree_writer *writer, const char *name, const char *value)
{
	put_bytes(writer, name, value, strlen(value) + 1);
}

void put_u32(struct tree_writer *writer, const char *name, uint32_t value)
{
	note(writer, fdt_property_u32(writer->fdt, name, value));
}

void put_u64(struct tree_writer *writer, const char *name, uint64_t value)
{
	note(writer, fdt_property_u64(writer->fdt, name, value));
}

void put_flag(struct tree_writer *writer, const char *name)
{
	put_bytes(writer, name, NULL, 0);
}

size_t spi_cells(const struct tree_writer *writer, fdt32_t *cells, uint32_t intid)
{
	const uint32_t specifier[SPI_CELLS_MOST] = {0, intid - 32, 1};

	for (uint32_t i = 0; i < writer->interrupt_cells; i++)
		cells[i] = cpu_to_fdt32(specifier[i]);
	return writer->interrupt_cells;
}

void put_spi(struct tree_writer *writer, uint32_t intid)
{
	fdt32_t specifier[SPI_CELLS_MOST];

	put_bytes(writer, "interrupts", specifier,
		  spi_cells(writer, specifier, intid) * sizeof(specifier[0]));
}

void put_pairs(struct tree_writer *writer, const char *name, const struct range *pairs, size_t count,
	       int address_cells, int size_cells)
{
	fdt32_t *const reg = memory_new(count * (size_t)(address_cells + size_cells), sizeof(*reg));
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		for (int cell = address_cells; cell > 0; cell--)
			reg[at++] = cpu_to_fdt32(cell > 2 ? 0 : (uint32_t)(pairs[i].base >> 32 * (cell - 1)));
		for (int cell = size_cells; cell > 0; cell--)
			reg[at++] = cpu_to_fdt32(cell > 2 ? 0 : (uint32_t)(pairs[i].size >> 32 * (cell - 1)));
		/* One cell holds 32 bits. */
		if ((address_cells < 2 && pairs[i].base >> 32) || (size_cells < 2 && pairs[i].size >> 32))
			note(writer, -FDT_ERR_BADNCELLS);
	}
	put_bytes(writer, name, reg, at * sizeof(*reg));
	free(reg);
}

void put_reg(struct tree_writer *writer, const struct range *pairs, size_t count, int address_cells,
	     int size_cells)
{
	put_pairs(writer, "reg", pairs, count, address_cells, size_cells);
}

/* ---- the board's nodes ---- */

static void put_properties(struct tree_writer *writer, int node)
{
	const void *const tree = writer->layout->plan->board.tree.data;
	int property;

	fdt_for_each_property_offset(property, tree, node)
	{
		const char *name;
		int size;
		const void *const value = fdt_getprop_by_offset(tree, property, &name, &size);

		if (!value || !kept_property(writer->kept, node, name))
			continue;
		if (put_interrupt_map(writer, node, name) || put_flash_reg(writer, node, name))
			continue;
		if (!strcmp(name, "clocks"))
			put_clocks(writer, value, (size_t)size / sizeof(fdt32_t));
		else
			put_bytes(writer, name, value, (size_t)size);
	}
	if (node_is_cpu(tree, node))
		put_string(writer, "enable-method", "psci");
	if (node == flash_node(writer->layout->plan, writer->cell))
		put_boot_state(writer);
}

/* Caches that lie inside other cells' cores. */
static void put_moved(struct tree_writer *writer)
{
	const void *const tree = writer->layout->plan->board.tree.data;
	int depth = 0;

	for (int node = node_by_path(tree, "/cpus"); node >= 0 && depth >= 0;
	     node = fdt_next_node(tree, node, &depth)) {
		if (!kept_moved(writer->kept, node))
			continue;
		put_begin(writer, text_format("bulkhead-cache-%" PRIu32, fdt_get_phandle(tree, node)));
		put_properties(writer, node);
		put_end(writer);
	}
}

static bool in_cpu_map(const void *tree, int node)
{
	const int map = node_by_path(tree, "/cpus/cpu-map");

	while (map > 0 && node > map)
		node = node_parent(tree, node);
	return map > 0 && node == map;
}

/* Linux reads cluster0, core0, thread0 and on, until one isn't there. */
static const char *renumbered(const char *name, uint32_t number)
{
	return text_format("%.*s%" PRIu32, (int)strcspn(name, "0123456789"), name, number);
}

static void put_children(struct tree_writer *writer, int node);

static void put_node(struct tree_writer *writer, int node, const char *name)
{
	const struct board *const board = &writer->layout->plan->board;

	put_begin(writer, name);
	if (node == board->gic_node) {
		put_gic(writer, node);
	} else {
		put_properties(writer, node);
		put_children(writer, node);
	}
	put_end(writer);
}

static void put_children(struct tree_writer *writer, int node)
{
	const void *const tree = writer->layout->plan->board.tree.data;
	const int reserved = node ? -1 : node_by_path(tree, "/reserved-memory"); /* tree_reserved.c's */
	const bool map = in_cpu_map(tree, node);
	uint32_t number = 0;
	int child;

	fdt_for_each_subnode(child, tree, node)
	{
		const char *const name = fdt_get_name(tree, child, NULL);

		if (kept_node(writer->kept, child) && child != reserved)
			put_node(writer, child, map ? renumbered(name, number++) : name);
	}
	if (node == node_by_path(tree, "/cpus"))
		put_moved(writer);
}

/* The GIC's phandle, those of the frame and of the console's clock: unused ones where the board's tree has
 * none. */
static void phandles_find(struct tree_writer *writer)
{
	const struct board *const board = &writer->layout->plan->board;
	uint32_t highest = node_highest_phandle(board->tree.data);

	writer->gic_phandle = fdt_get_phandle(board->tree.data, board->gic_node);
	if (!writer->gic_phandle)
		writer->gic_phandle = ++highest;
	if (cell_message_page(writer->layout->plan, writer->cell).size)
		writer->frame_phandle = ++highest;
	writer->clock_phandle = highest + 1;
}

static void specifiers_find(struct tree_writer *writer)
{
	const struct board *const board = &writer->layout->plan->board;
	int size = 0;
	const fdt32_t *const cells =
		fdt_getprop(board->tree.data, board->gic_node, "#interrupt-cells", &size);

	writer->interrupt_cells = cells && size == sizeof(*cells) ? fdt32_to_cpu(*cells) : 3;
	if (writer->interrupt_cells < 3 || writer->interrupt_cells > SPI_CELLS_MOST)
		note(writer, -FDT_ERR_BADNCELLS);
	writer->address_cells = fdt_address_cells(board->tree.data, 0);
	writer->size_cells = fdt_size_cells(board->tree.data, 0);
}

/* Writes the whole tree into `size` bytes. */
static int write_tree(struct tree_writer *writer, void *fdt, size_t size)
{
	writer->fdt = fdt;
	writer->error = 0;
	writer->shared_count = 0;
	writer->shared_rates = NULL;
	note(writer, fdt_create(fdt, (int)size));
	note(writer, fdt_finish_reservemap(fdt));
	phandles_find(writer);
	specifiers_find(writer);
	put_begin(writer, "");
	put_properties(writer, 0);
	put_children(writer, 0);
	put_own_nodes(writer);
	put_shared_clocks(writer);
	put_end(writer);
	note(writer, fdt_finish(fdt));
	return writer->error;
}

/* As near the end of the first region as 2 MiB alignment allows. */
static bool tree_place(struct layout *layout, size_t cell)
{
	const struct plan_cell *const own = &layout->plan->cells[cell];
	struct cell_layout *const out = &layout->cells[cell];

	out->tree_ipa = own->tree_limit_ipa < out->tree.size
				? 0
				: align_down(own->tree_limit_ipa - out->tree.size, TREE_ALIGN);
	if (out->tree.size <= TREE_MOST && out->tree_ipa >= own->tree_floor_ipa &&
	    own->tree_limit_ipa >= out->tree.size)
		return true;
	diag_error(cell_place(layout->plan, cell),
		   "cell '%s' has no room for its device tree of %zu bytes, 2 MiB aligned, between %#" PRIx64
		   " and %#" PRIx64 ": give it more memory",
		   own->name, out->tree.size, own->tree_floor_ipa, own->tree_limit_ipa);
	return false;
}

/* [impl->swr~compile-tree~1] */
bool tree_build(struct layout *layout, size_t cell)
{
	struct cell_layout *const out = &layout->cells[cell];
	struct kept kept;
	struct tree_writer writer = {.layout = layout, .kept = &kept, .cell = cell};
	size_t size = layout->plan->board.tree.size + 4096;
	void *fdt = NULL;
	int error;

	if (!kept_find(&kept, layout->plan, cell))
		return false;
	do {
		free(fdt);
		size *= 2;
		fdt = memory_new(size, 1);
		error = write_tree(&writer, fdt, size);
	} while (error == -FDT_ERR_NOSPACE && size < UINT64_C(1) << 30);
	free(kept.marks);
	if (error) {
		diag_error(cell_place(layout->plan, cell), "cell '%s': its device tree can't be written: %s",
			   layout->plan->cells[cell].name, fdt_strerror(error));
		return false;
	}
	out->tree = (struct bytes){text_format("%s.dtb", layout->plan->cells[cell].name), fdt,
				   fdt_totalsize(fdt)};
	if (layout->plan->cells[cell].overlay_tree.data && !tree_overlay(layout->plan, cell, &out->tree))
		return false;
	return tree_place(layout, cell);
}

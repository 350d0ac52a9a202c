// SPDX-License-Identifier: Apache-2.0
/*
 * tree_gic.c - the GIC node of a guest's tree: the board's, less the redistributors of others, the ITS
 * and everything that needs LPIs or the virtual CPU interface. Called by tree.c.
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "emit_pci.h"
#include "tree.h"

/* Rewritten, or of nodes and features that the guest's GIC doesn't have. */
static const char *const dropped[] = {
	"reg",
	"#redistributor-regions",
	"redistributor-stride",
	"interrupts",
	"interrupts-extended",
	"interrupt-parent",
	"msi-controller",
	"mbi-ranges",
	"mbi-alias",
	"ranges",
	"#address-cells",
	"#size-cells",
	"dma-noncoherent",
	"clocks",
	"power-domains",
	"resets",
};

static int by_address(const void *a, const void *b)
{
	const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static uint64_t read_cells(const fdt32_t *cells, int count)
{
	uint64_t value = 0;

	for (int i = 0; i < count; i++)
		value = value << 32 | fdt32_to_cpu(cells[i]);
	return value;
}

/*
 * A physical address inside redistributor region `index`, as the GIC's parent bus numbers it: the
 * board's `reg` is untranslated, board.gicr is what it translates to.
 */
static uint64_t bus_address(const struct tree_writer *writer, int node, uint64_t pa, int address_cells,
			    int size_cells)
{
	const struct board *const board = &writer->layout->plan->board;
	int size = 0;
	const fdt32_t *const reg = fdt_getprop(board->tree.data, node, "reg", &size);

	for (size_t i = 0; i < board->gicr.count; i++) {
		const size_t at = (i + 1) * (size_t)(address_cells + size_cells);

		if (pa - board->gicr.at[i].base < board->gicr.at[i].size &&
		    (size_t)size >= (at + (size_t)address_cells) * sizeof(*reg))
			return read_cells(reg + at, address_cells) + (pa - board->gicr.at[i].base);
	}
	return pa;
}

/* GICD, then one region a contiguous run of the cell's redistributors. Returns how many runs. */
static uint32_t regions_find(const struct tree_writer *writer, int node, int address_cells, int size_cells,
			     struct range *regions)
{
	const struct layout *const layout = writer->layout;
	const struct plan_cell *const cell = &layout->plan->cells[writer->cell];
	const void *const tree = layout->plan->board.tree.data;
	uint64_t *const frames = memory_new(cell->core_count, sizeof(*frames));
	int size = 0;
	const fdt32_t *const reg = fdt_getprop(tree, node, "reg", &size);
	uint32_t count = 0;

	regions[count++] = (struct range){read_cells(reg, address_cells), GICD_SIZE};
	for (size_t i = 0; i < cell->core_count; i++)
		frames[i] = layout->cores[cell->cores[i]].gicr_pa;
	qsort(frames, cell->core_count, sizeof(*frames), by_address);
	for (size_t i = 0; i < cell->core_count; i++) {
		if (i && frames[i] == frames[i - 1] + GICR_SIZE)
			regions[count - 1].size += GICR_SIZE;
		else
			regions[count++] = (struct range){
				bus_address(writer, node, frames[i], address_cells, size_cells), GICR_SIZE};
	}
	free(frames);
	return count - 1;
}

static bool is_dropped(const char *name)
{
	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
		if (!strcmp(dropped[i], name))
			return true;
	return false;
}

/* For its child, the frame; else of interrupt maps alone, which have no use for them. */
int gic_address_cells(const struct tree_writer *writer)
{
	const struct board *const board = &writer->layout->plan->board;

	return writer->frame_phandle
		       ? fdt_address_cells(board->tree.data, node_parent(board->tree.data, board->gic_node))
		       : 0;
}

/* Its page is as far from the distributor on the GIC's bus as it is for the cores. */
static void put_message_frame(struct tree_writer *writer, uint64_t distributor, int address_cells,
			      int size_cells)
{
	const struct plan *const plan = writer->layout->plan;
	const struct range page = cell_message_page(plan, writer->cell);

	if (!page.size)
		return;
	put_u32(writer, "#size-cells", (uint32_t)size_cells);
	put_flag(writer, "ranges");
	put_frame(writer, distributor + (page.base - plan->board.gicd.base), address_cells, size_cells);
}

void put_gic(struct tree_writer *writer, int node)
{
	const struct plan *const plan = writer->layout->plan;
	const void *const tree = plan->board.tree.data;
	const int parent = node_parent(tree, node);
	const int address_cells = fdt_address_cells(tree, parent);
	const int size_cells = fdt_size_cells(tree, parent);
	struct range *const regions = memory_new(plan->cells[writer->cell].core_count + 1, sizeof(*regions));
	uint32_t runs;
	int property;

	fdt_for_each_property_offset(property, tree, node)
	{
		const char *name;
		int size;
		const void *const value = fdt_getprop_by_offset(tree, property, &name, &size);

		if (value && !is_dropped(name) && strcmp(name, "phandle") != 0)
			put_bytes(writer, name, value, (size_t)size);
	}
	put_u32(writer, "phandle", writer->gic_phandle);
	put_u32(writer, "#address-cells", (uint32_t)gic_address_cells(writer));
	runs = regions_find(writer, node, address_cells, size_cells, regions);
	put_u32(writer, "#redistributor-regions", runs);
	put_reg(writer, regions, runs + 1, address_cells, size_cells);
	put_message_frame(writer, regions[0].base, address_cells, size_cells);
	free(regions);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * tree_flash.c - the boot state's storage in the health cell's tree: of the board's node the bank of flash
 * that is the cell's, an SPI flash with the registers of its controller, or a node of our own for an eMMC;
 * and what lies where in it (docs/formats.md). Called by tree.c, tree_keep.c, tree_own.c.
 */
#include <libfdt.h>
#include <string.h>

#include "nodes.h"
#include "tree.h"

int flash_node(const struct plan *plan, size_t cell)
{
	const struct boot_state *const state = &plan->boot_state;

	return state->wanted && state->cell == cell && !boot_state_in_emmc(state) ? state->node : -1;
}

static int controller_node(const struct plan *plan, size_t cell)
{
	const struct boot_state *const state = &plan->boot_state;

	return flash_node(plan, cell) >= 0 && state->medium == BOOT_MEDIUM_SPI_NOR
		       ? plan->board.devices[state->device].node
		       : -1;
}

bool is_flash(const struct plan *plan, size_t cell, int node)
{
	return node == flash_node(plan, cell) || node == controller_node(plan, cell);
}

/* What else the node says is of the banks that the cell doesn't have, or of the controller's interrupt, DMA,
 * clock and pins. */
bool flash_property(const char *name)
{
	static const char *const names[] = {"compatible", "reg", "bank-width", "#address-cells",
					    "#size-cells"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* The bank's row, as the board's bus has it. */
bool put_flash_reg(struct tree_writer *writer, int node, const char *name)
{
	const struct plan *const plan = writer->layout->plan;
	const void *const tree = plan->board.tree.data;
	const int bus = node_parent(tree, node);
	const size_t cells = (size_t)fdt_address_cells(tree, bus) + (size_t)fdt_size_cells(tree, bus);
	const fdt32_t *reg;

	if (node != flash_node(plan, writer->cell) || plan->boot_state.medium != BOOT_MEDIUM_CFI ||
	    strcmp(name, "reg") != 0)
		return false;
	reg = fdt_getprop(tree, node, name, NULL);
	put_bytes(writer, name, reg + plan->boot_state.bank * cells, cells * sizeof(*reg));
	return true;
}

/* [impl->swr~compile-boot-state~1] */
void put_boot_state(struct tree_writer *writer)
{
	const struct boot_state *const state = &writer->layout->plan->boot_state;
	const uint32_t block = boot_state_block(&writer->layout->plan->board, state);
	const uint32_t start = (uint32_t)state->start; /* of memory-mapped flash the bank's own */
	const fdt32_t copies[] = {cpu_to_fdt32(start + (uint32_t)boot_state_offset(block, 0)),
				  cpu_to_fdt32(start + (uint32_t)boot_state_offset(block, 1))};

	put_bytes(writer, "bulkhead,boot-state", copies, sizeof(copies));
	put_u32(writer, "bulkhead,identity", start + (uint32_t)boot_state_offset(block, 2));
	put_u32(writer, "bulkhead,erase-block", block);
	put_u64(writer, "bulkhead,confirm-after-ns", state->confirm_after_ns);
	put_u64(writer, "bulkhead,confirm-within-ns", state->confirm_within_ns);
}

/* The function by its number on the cell's bus. [impl->swr~compile-boot-state-emmc~1] */
void put_emmc(struct tree_writer *writer)
{
	const struct plan *const plan = writer->layout->plan;
	const struct plan_cell *const cell = &plan->cells[writer->cell];
	const struct boot_state *const state = &plan->boot_state;

	if (!boot_state_in_emmc(state) || state->cell != writer->cell)
		return;
	put_begin(writer, "boot-state");
	put_string(writer, "compatible", "bulkhead,emmc-boot-state");
	for (size_t i = 0; i < cell->function_count; i++)
		if (cell->functions[i].function == state->function)
			put_u32(writer, "function", cell->functions[i].rid);
	put_u32(writer, "partition", state->bank);
	put_boot_state(writer);
	put_end(writer);
}

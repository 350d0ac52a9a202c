// SPDX-License-Identifier: Apache-2.0
/*
 * rule_tree_board.c - what a guest's tree says of the board is what the board's tree says: the same registers
 * and interrupts at the same node, in the same order. That they are the cell's is for rule_tree.c.
 */
#include <inttypes.h>
#include <string.h>

#include "rule.h"

static bool same_regs(const struct node *told, const struct node *due)
{
	bool same = told->reg_count == due->reg_count;

	for (size_t i = 0; same && i < due->reg_count; i++)
		same = told->regs[i].base == due->regs[i].base && told->regs[i].size == due->regs[i].size;
	return same;
}

/* A timer's interrupts are told apart by their order. */
static bool same_irqs(const struct node *told, const struct node *due)
{
	bool same = told->irq_count == due->irq_count;

	for (size_t i = 0; same && i < due->irq_count; i++)
		same = told->irqs[i].intid == due->irqs[i].intid && told->irqs[i].flags == due->irqs[i].flags;
	return same;
}

static bool same_bytes(const struct tree *guest, const struct node *told, const struct tree *board,
		       const struct node *due, const char *name)
{
	int have = 0, want = 0;
	const void *left = node_property(guest, told, name, &have),
		   *right = node_property(board, due, name, &want);

	return !left == !right && (!left || (have == want && !memcmp(left, right, (size_t)want)));
}

/* What has registers or interrupts; but the GIC, memory, cores and PCI hosts are as the cell has them. */
static bool is_board_device(const struct audit *audit, const struct node *due)
{
	const char *type = node_string(&audit->board.tree, due, "device_type");

	return (due->reg_count || due->irq_count) && due != audit->board.gic &&
	       (!type || (strcmp(type, "memory") != 0 && strcmp(type, "pci") != 0)) &&
	       strncmp(due->path, "/reserved-memory/", 17) != 0 && strncmp(due->path, "/cpus/", 6) != 0;
}

/* An overlay may say which driver it takes, and nothing of what the device has. */
static void device_check(struct audit *audit, const struct cell *cell, const struct node *told,
			 const struct node *due)
{
	const bool overlaid =
		cell->asked && node_flag(&audit->partition.tree, cell->asked->node, "dtb-overlay");

	/* A plain bus is nobody's: its own registers are in no guest's tree. */
	if (!same_regs(told, due) &&
	    (told->reg_count || !node_compatible(&audit->board.tree, due, "simple-bus")))
		violation(&audit->report, RULE_TREE_BOARD,
			  "%s: its tree's %s has other registers than the board's", cell->who, told->path);
	if (!same_irqs(told, due))
		violation(&audit->report, RULE_TREE_BOARD,
			  "%s: its tree's %s has other interrupts than the board's, or in another order",
			  cell->who, told->path);
	if (!overlaid && !same_bytes(&cell->guest, told, &audit->board.tree, due, "compatible"))
		violation(&audit->report, RULE_TREE_BOARD,
			  "%s: its tree's %s is of another kind than the board's", cell->who, told->path);
}

/* [impl->swr~audit-tree-board~1] */
void rule_tree_board(struct audit *audit)
{
	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];

		if (!cell->known || !cell->guest.fdt)
			continue;
		for (size_t i = 1; i < cell->guest.count; i++) {
			const struct node *told = &cell->guest.nodes[i];
			const struct node *due = tree_path(&audit->board.tree, told->path);

			/* Of the flash with the boot state the cell has one bank: rule_boot_state.c. */
			if (due && is_board_device(audit, due) &&
			    (!boot_state_of(audit, cell) || due != audit->boot_state.flash))
				device_check(audit, cell, told, due);
		}
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_messages.c - `msis`: how many SPIs a cell has that messages of its PCI functions make pending.
 *
 * They are of the board's free ones, and follow each other: the guest's GICv2m frame names the first and how
 * many. Called by plan_read when emulated UARTs and doorbells have theirs.
 */
#include "front.h"

#define OF_A_CORE 2u /* a queue in either direction */
#define OF_ALL	  2u /* what a driver has beside its queues */

static uint32_t wanted(const struct board *board, const struct plan_cell *cell)
{
	const uint32_t most = OF_A_CORE * (uint32_t)cell->core_count + OF_ALL;
	uint32_t count = 0;

	for (size_t i = 0; i < cell->function_count; i++) {
		const uint32_t messages = pci_messages(&board->pci.at[cell->functions[i].function]);

		if (!cell->functions[i].ghost)
			count += messages < most ? messages : most;
	}
	return count;
}

static void take(struct front *front, size_t index)
{
	const struct board *const board = &front->plan->board;
	struct plan_cell *const cell = &front->plan->cells[index];
	const int node = front->cell_nodes[index];
	const bool said = value_present(front, node, "msis");
	const struct place at = front_place(front, node, said ? "msis" : "pci");
	const uint32_t left = board->free_spis.count - front->spis_taken;
	const uint32_t can = wanted(board, cell);
	uint64_t count = can;

	if (said && !value_number(front, node, "msis", &count))
		return;
	if (said && !can) {
		diag_error(at,
			   "'msis' is for PCI functions that interrupt by messages, and cell '%s' has none",
			   cell->name);
		return;
	}
	if (said && !count) {
		diag_error(at, "'msis' is at least 1: the functions of cell '%s' interrupt by messages",
			   cell->name);
		return;
	}
	if (count > left) {
		diag_error(at,
			   "cell '%s' wants %llu interrupts for messages, and of the %u free ones of board "
			   "'%s' %u are left: give its functions fewer by 'msis'",
			   cell->name, (unsigned long long)count, board->free_spis.count, board->name, left);
		return;
	}
	cell->msi_count = (uint32_t)count;
	for (uint32_t i = 0; i < cell->msi_count; i++) {
		const uint32_t intid = spi_take(front, at, "messages");

		cell->msi_first = i ? cell->msi_first : intid;
	}
}

/* [impl->swr~config-msis~1] */
void pci_messages_assign(struct front *front)
{
	for (size_t i = 0; i < front->plan->cell_count; i++)
		take(front, i);
}

// SPDX-License-Identifier: Apache-2.0
/*
 * pci_bus.c - the PCI bus that a cell sees: where on it each of its functions is.
 *
 * It is flat: the cell's functions in the order of the file from device 1 on; behind them, from device 16 on,
 * the virtual functions of each physical one that it has, its own and ghosts of others'. Called by
 * pci_assign.
 */
#include "front.h"

#include "text.h"

#include <stdlib.h>

#define FIRST_DEVICE 1u
#define VF_DEVICE    16u
#define DEVICES	     32u
#define FUNCTIONS    8u /* a device */

static int by_rid(const void *left, const void *right)
{
	const struct cell_function *const a = left, *const b = right;

	return (a->rid > b->rid) - (a->rid < b->rid);
}

static bool is_behind_own(const struct board *board, const struct pci_function *function)
{
	return function->physical != PCI_NONE && board->pci.at[function->physical].owner == function->owner;
}

/* The virtual functions of one that the cell has: those that exist, from `rid` on. */
static uint32_t add_virtual(const struct board *board, struct plan_cell *cell, size_t physical, uint32_t rid)
{
	const uint32_t enabled = board->pci.at[physical].sriov.enabled;

	for (size_t i = physical; i < board->pci.count && enabled; i++) {
		const struct pci_function *const function = &board->pci.at[i];
		size_t at = 0;

		if (function->physical != physical || function->vf >= enabled)
			continue;
		while (at < cell->function_count && cell->functions[at].function != i)
			at++;
		if (at == cell->function_count) {
			cell->functions = memory_grow(cell->functions, cell->function_count,
						      sizeof(cell->functions[0]));
			cell->functions[cell->function_count++] = (struct cell_function){i, 0, true};
		}
		cell->functions[at].rid = rid + function->vf;
	}
	return rid + enabled;
}

/* One bus and one frame for messages lead to one host and one ITS. */
static void check_one_way(const struct front *front, const struct plan_cell *cell, struct place at)
{
	const struct board *const board = &front->plan->board;
	size_t host = PCI_NONE, its = PCI_NONE;

	for (size_t i = 0; i < cell->function_count; i++) {
		const struct pci_function *const function = &board->pci.at[cell->functions[i].function];
		const char *const name = pci_call(&board->pci, cell->functions[i].function);

		if (host != PCI_NONE && function->host != host) {
			diag_error(at,
				   "cell '%s' has one PCI bus, and '%s' is behind %s, other functions of it "
				   "behind %s: give it functions of one host",
				   cell->name, name, board->pci_hosts[function->host].path,
				   board->pci_hosts[host].path);
			return;
		}
		if (pci_messages(function) && its != PCI_NONE && function->its != its) {
			diag_error(at,
				   "cell '%s' has one frame for messages, and those of '%s' go to %s, of "
				   "other functions of it to %s: give it functions of one ITS",
				   cell->name, name, board->itss[function->its].path, board->itss[its].path);
			return;
		}
		host = function->host;
		if (pci_messages(function))
			its = function->its;
	}
}

/* [impl->swr~config-pci~1] */
void pci_bus_lay_out(struct front *front, size_t index)
{
	const struct board *const board = &front->plan->board;
	struct plan_cell *const cell = &front->plan->cells[index];
	const size_t named_count = cell->function_count;
	const struct place at = front_place(front, front->cell_nodes[index], "pci");
	uint32_t device = FIRST_DEVICE, rid = VF_DEVICE * FUNCTIONS;

	check_one_way(front, cell, at);
	for (size_t i = 0; i < named_count; i++)
		if (!is_behind_own(board, &board->pci.at[cell->functions[i].function]))
			cell->functions[i].rid = device++ * FUNCTIONS;
	for (size_t i = 0; i < named_count; i++)
		rid = add_virtual(board, cell, cell->functions[i].function, rid);
	if (device > VF_DEVICE)
		diag_error(at, "cell '%s' has %u functions of its own on its bus: %u fit", cell->name,
			   device - FIRST_DEVICE, VF_DEVICE - FIRST_DEVICE);
	if (rid > DEVICES * FUNCTIONS)
		diag_error(at,
			   "cell '%s' has %u virtual functions behind those of its own on its bus: %u fit",
			   cell->name, rid - VF_DEVICE * FUNCTIONS, (DEVICES - VF_DEVICE) * FUNCTIONS);
	if (cell->function_count)
		qsort(cell->functions, cell->function_count, sizeof(cell->functions[0]), by_rid);
}

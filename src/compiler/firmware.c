/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firmware.c - `firmware-calls`: the SMC functions that a cell's calls pass to firmware.
 *
 * What firmware does then is outside the division, so `map` and the auditor's report call it unisolated.
 * Functions that certainly undo it are refused here, and those that the hypervisor answers itself. Called
 * by plan_read.
 */
#include "front.h"

#include "deny.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define FAST_CALL	(UINT32_C(1) << 31)
#define SMC64		(UINT32_C(1) << 30)
#define OWNER(function) ((function) >> 24 & 0x3f)
#define RESERVED                                                                                             \
	UINT32_C(0x00ff0000) /* of fast calls: zero, but for a hint that is no function's (DEN0028 2.5) */

/* By what they are without the bit that says whether arguments have 32 or 64 bits. */
static const struct refused {
	uint32_t first, last;
	const char *why;
} refused[] = {
	{0x80000000, 0x80ffffff, "the hypervisor answers Arm's architecture calls itself"},
	{0x84000000, 0x8400001f, "the hypervisor serves PSCI to each cell"},
	{0x84000020, 0x8400003f, "SDEI's events belong to the whole machine"},
	{0x84000050, 0x8400005f, "the hypervisor serves random numbers to each cell"},
	/* The last row of the owner: what is left of it but for the questions at its end. */
	{0x84000000, 0x8400feff,
	 "standard services name physical memory, PCI functions or events that a cell doesn't own"},
	{0x85000000, 0x86ffffff, "it is the hypervisor's own to answer"},
};

static const char *why_refused(uint32_t function)
{
	const uint32_t any_width = function & ~SMC64;

	if (!(function & FAST_CALL))
		return "it is a yielding call, which may be left half done";
	if (function & RESERVED)
		return "bits 23 to 16 of a fast call are zero";
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (any_width >= refused[i].first && any_width <= refused[i].last)
			return refused[i].why;
	return NULL;
}

/* By what firmware is called on this board: the method of its PSCI node. */
static bool smc_conduit(const struct board *board)
{
	const void *const tree = board->tree.data;

	for (int node = fdt_next_node(tree, -1, NULL); node >= 0; node = fdt_next_node(tree, node, NULL)) {
		const char *const method = fdt_getprop(tree, node, "method", NULL);

		if (method && strncmp(fdt_get_name(tree, node, NULL), "psci", 4) == 0)
			return strcmp(method, "smc") == 0;
	}
	return false;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static bool listed(const struct plan_cell *cell, uint32_t function)
{
	for (size_t i = 0; i < cell->firmware_count; i++)
		if (cell->firmware[i] == function)
			return true;
	return false;
}

static void add(struct plan_cell *cell, struct place at, uint32_t function)
{
	const char *const why = why_refused(function);

	if (why)
		diag_error(at, "function 0x%08" PRIx32 " can't be passed to firmware: %s", function, why);
	else if (listed(cell, function))
		diag_error(at, "function 0x%08" PRIx32 " stands there twice", function);
	else
		cell->firmware[cell->firmware_count++] = function;
}

static void read_cell(const struct front *front, struct plan_cell *cell, int node)
{
	static const char name[] = "firmware-calls";
	const struct place at = front_place(front, node, name);
	uint32_t *functions;
	size_t count;

	if (!value_cells(front, node, name, &functions, &count))
		return;
	if (denied(DENY_FIRMWARE_CALLS))
		diag_error(at, "firmware calls can't be isolated: --deny firmware-calls");
	if (!smc_conduit(&front->plan->board))
		diag_error(at,
			   "the firmware of board '%s' isn't called by SMC: its PSCI node doesn't say method "
			   "= \"smc\"",
			   front->plan->board.name);
	if (count > BP_FIRMWARE_MAX) {
		diag_error(at, "%zu functions, and at most %u fit", count, BP_FIRMWARE_MAX);
		return;
	}
	for (size_t i = 0; i < count; i++)
		add(cell, at, functions[i]);
	qsort(cell->firmware, cell->firmware_count, sizeof(cell->firmware[0]), by_number);
}

/* [impl->swr~config-firmware~1] */
void firmware_read(struct front *front)
{
	for (size_t i = 0; i < front->plan->cell_count; i++)
		read_cell(front, &front->plan->cells[i], front->cell_nodes[i]);
}

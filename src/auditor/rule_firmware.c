// SPDX-License-Identifier: Apache-2.0
/*
 * rule_firmware.c - the SMC functions that cells pass to firmware: as the file says, and never one that
 * could undo the division. Those that remain are listed: no table isolates what firmware does.
 */
#include "rule.h"

#define OWNER_ARCHITECTURE 0u
#define OWNER_STANDARD	   4u
#define OWNER_HYPERVISOR   5u /* standard hypervisor services, then the vendor's */
#define OWNER_VENDOR_HYP   6u
#define QUERIES		   0xff00u /* call count, UID and revision of the owner's services (DEN0028 6.2) */

/* Fast, of no reserved bits, and of an owner whose services are a platform's or a Trusted OS's own; of the
 * standard services only what asks which there are. */
static bool admitted(uint32_t function)
{
	const uint32_t owner = function >> 24 & 0x3f;

	if (!(function >> 31) || (function >> 16 & 0xff))
		return false;
	if (owner == OWNER_STANDARD)
		return (function & 0xffff) >= QUERIES;
	return owner != OWNER_ARCHITECTURE && owner != OWNER_HYPERVISOR && owner != OWNER_VENDOR_HYP;
}

static bool asked_for(const struct tree *tree, const struct node *node, uint32_t function)
{
	uint32_t asked;

	for (unsigned int i = 0; node_u32(tree, node, "firmware-calls", i, &asked); i++) {
		if (asked == function)
			return true;
	}
	return false;
}

static bool passed(const struct cell *cell, uint32_t function)
{
	for (uint32_t i = 0; i < cell->record->firmware.count; i++) {
		if (cell->firmware[i] == function)
			return true;
	}
	return false;
}

static void cell_check(struct audit *audit, const struct cell *cell)
{
	const struct tree *tree = &audit->partition.tree;
	uint32_t asked;

	if (cell->record->firmware.count > BP_FIRMWARE_MAX)
		violation(&audit->report, RULE_FIRMWARE,
			  "%s: %u functions passed to firmware, %u are the most", cell->who,
			  cell->record->firmware.count, BP_FIRMWARE_MAX);
	for (uint32_t i = 0; i < cell->record->firmware.count; i++) {
		const uint32_t function = cell->firmware[i];

		if (!admitted(function))
			violation(&audit->report, RULE_FIRMWARE,
				  "%s: function 0x%08x is passed to firmware, which no cell's may be",
				  cell->who, function);
		if (!asked_for(tree, cell->asked->node, function))
			violation(&audit->report, RULE_FIRMWARE,
				  "%s: function 0x%08x is passed to firmware, and the file doesn't say so",
				  cell->who, function);
		unisolated(&audit->report, UNISOLATED_FIRMWARE, "%s: calls to function 0x%08x go to firmware",
			   cell->who, function);
	}
	for (unsigned int i = 0; node_u32(tree, cell->asked->node, "firmware-calls", i, &asked); i++) {
		if (!passed(cell, asked))
			violation(&audit->report, RULE_FIRMWARE,
				  "%s: function 0x%08x isn't passed to firmware, and the file says so",
				  cell->who, asked);
	}
}

/* [impl->swr~audit-firmware~1] [impl->swr~audit-unisolated~1] */
void rule_firmware(struct audit *audit)
{
	for (size_t i = 0; i < audit->cell_count; i++) {
		if (audit->cells[i].known && audit->cells[i].asked)
			cell_check(audit, &audit->cells[i]);
	}
}

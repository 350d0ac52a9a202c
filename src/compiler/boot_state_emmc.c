// SPDX-License-Identifier: Apache-2.0
/*
 * boot_state_emmc.c - `boot-state = "NAME:boot0"`: a boot partition of the eMMC behind the SD host controller
 * that PCI function NAME is. Called by boot_state.c.
 *
 * Who has the controller has all of the card, its user area too: so the function is the health cell's, by its
 * `pci`, and nobody else's. It is never let master the bus (emit_pci_config.c): the driver needs no DMA.
 */
#include "front.h"

#include "pci_fields.h"
#include "text.h"

#include <string.h>

#define CLASS_SDHCI	0x0805u /* PCI Code and ID Assignment 1.11: base class 08h, 05h: SD host controller */
#define REGISTERS_BAR	0u
#define REGISTERS_BYTES 0x100u /* of a slot: SD Host Controller Simplified Specification 3.00, 2.1 */
#define SLOTS		0x40u  /* in configuration space: SD Host Controller, C.3.2 */
#define SLOTS_MASK	0x77u

static const char *const partitions[] = {":boot0", ":boot1"};
#define PARTITIONS (sizeof(partitions) / sizeof(partitions[0]))

/* Its number among `partitions`; PARTITIONS: it ends in none. */
static size_t partition_of(const char *text, size_t *name_length)
{
	const size_t length = strlen(text);

	for (size_t i = 0; i < PARTITIONS; i++) {
		const size_t end = strlen(partitions[i]);

		if (length > end && strcmp(text + length - end, partitions[i]) == 0) {
			*name_length = length - end;
			return i;
		}
	}
	return PARTITIONS;
}

bool boot_state_emmc_named(const char *text)
{
	size_t length;

	return partition_of(text, &length) < PARTITIONS;
}

static bool check_function(const struct front *front, size_t cell, struct place at, const char *name,
			   const struct pci_function *function)
{
	const struct pci_bar *const bar = &function->bars[REGISTERS_BAR];

	if (function->class >> 8 != CLASS_SDHCI)
		diag_error(at,
			   "'%s' can't hold the boot state: it is no SD host controller (class 0x%04x, not "
			   "0x%04x)",
			   name, function->class >> 8, CLASS_SDHCI);
	else if (function->owner != (int)cell)
		diag_error(at,
			   "'%s' can't hold the boot state: it isn't this cell's, which would be pci = "
			   "\"%s\" in "
			   "cell '%s'",
			   name, name, front->plan->cells[cell].name);
	else if (function->physical != PCI_NONE || bar->kind == PCI_BAR_NONE || bar->kind == PCI_BAR_IO ||
		 bar->size < REGISTERS_BYTES)
		diag_error(at,
			   "'%s' can't hold the boot state: its BAR 0 isn't the registers of an SD host "
			   "controller",
			   name);
	else if (pci_read8(&function->space, SLOTS) & SLOTS_MASK)
		diag_error(at, "'%s' can't hold the boot state: it has more than one slot, or none in BAR 0",
			   name);
	else
		return true;
	return false;
}

/* [impl->swr~config-boot-state-emmc~1] */
void boot_state_emmc_read(struct front *front, size_t cell, struct place at, const char *text)
{
	struct boot_state *const state = &front->plan->boot_state;
	const struct board *const board = &front->plan->board;
	size_t length = 0;
	const size_t partition = partition_of(text, &length);
	const char *const name = text_copy(text, length);
	const size_t function = pci_named(board, at, name);

	if (function == PCI_NONE || !check_function(front, cell, at, name, &board->pci.at[function]))
		return;
	*state = (struct boot_state){
		.wanted = true,
		.medium = BOOT_MEDIUM_EMMC,
		.cell = cell,
		.function = function,
		.bank = (uint32_t)partition + 1,
		.flash = {0, boot_state_offset(BOOT_EMMC_BLOCK, BOOT_STATE_BLOCKS)},
	};
}

// SPDX-License-Identifier: Apache-2.0
/*
 * boot_state_emmc.c - the boot state in a boot partition of an eMMC, `boot-state = "FUNCTION:boot0"`: which
 * PCI function its controller is, and what makes it none. What nobody else reaches, since the function is the
 * health cell's alone, is judged as of any function.
 */
#include <string.h>

#include "../blueprint/boot_state.h"
#include "pci.h"
#include "rule.h"

#define SUFFIX_LENGTH	6u /* ":boot0", ":boot1" */
#define NAME_MAX_LENGTH 64u
#define SD_HOST		0x0805u /* base class and subclass */
#define SD_REGISTERS	0x100u	/* bytes, of one slot */
#define SD_SLOTS	0x40u	/* in configuration space */
#define SD_SLOTS_OTHER	0x77u	/* more slots than one, a first BAR that isn't 0 */

/* What is wrong with it; NULL: nothing is. */
static const char *why_not(const struct audit *audit, const struct partition_cell *cell,
			   const struct pci_function *function)
{
	const struct pci_bar *registers = &function->bars[0];

	if (function->class >> 16 != SD_HOST)
		return "is in what is no SD host controller";
	if (function->owner != partition_number(audit, cell))
		return "is behind a function that isn't the cell's";
	if (function->physical != PCI_NONE || registers->io || registers->size < SD_REGISTERS ||
	    pci_read(function, SD_SLOTS, 1) & SD_SLOTS_OTHER)
		return "is behind a controller whose registers aren't those of one slot";
	return NULL;
}

/* [impl->swr~audit-boot-state-emmc~1] */
bool boot_state_emmc(struct audit *audit, const struct partition_cell *cell, const char *text)
{
	const size_t length = strlen(text);
	const char *suffix = length > SUFFIX_LENGTH ? text + length - SUFFIX_LENGTH : "";
	const bool second = !strcmp(suffix, ":boot1");
	char name[NAME_MAX_LENGTH];
	const char *why;
	int function;

	if ((!second && strcmp(suffix, ":boot0") != 0) || length - SUFFIX_LENGTH >= sizeof(name))
		return false;
	memcpy(name, text, length - SUFFIX_LENGTH);
	name[length - SUFFIX_LENGTH] = '\0';
	function = pci_named(audit, name);
	why = function == PCI_NONE ? "names no PCI function of the board"
				   : why_not(audit, cell, &audit->pci.functions[function]);
	if (why)
		violation(&audit->report, RULE_BOOT_STATE, "cell '%s': its boot-state %s", cell->name, why);
	else
		audit->boot_state = (struct boot_state){.asked = cell,
							.emmc = &audit->pci.functions[function],
							.bank = second ? 2 : 1,
							.block = BOOT_EMMC_BLOCK};
	return true;
}

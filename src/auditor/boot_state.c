// SPDX-License-Identifier: Apache-2.0
/*
 * boot_state.c - which flash, and which bank of it, holds the boot state, by the partition file's
 * `boot-state`, the board's tree and the machine's facts; and what makes it none. Rules compare tables and
 * trees with this. boot_state_spi.c has what is of SPI flash alone, boot_state_emmc.c what is of no flash.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "value.h"

#define AFTER_NS	UINT64_C(30000000000)
#define WITHIN_NS	UINT64_C(300000000000)
#define BLOCK_MOST	0x1000000u
#define NAME_MAX_LENGTH 256u

static void wrong(struct audit *audit, const struct partition_cell *cell, const char *why)
{
	violation(&audit->report, RULE_BOOT_STATE, "cell '%s': its boot-state %s", cell->name, why);
}

/* Decimal or hexadecimal digits to the end. */
static bool bank_number(const char *text, uint32_t *bank)
{
	char *end;
	const unsigned long number = strtoul(text, &end, 0);

	*bank = (uint32_t)number;
	return *text >= '0' && *text <= '9' && !*end && number < UINT32_MAX;
}

/* "DEVICE:BANK", "DEVICE". */
static const struct node *flash_named(const struct audit *audit, const char *text, bool *has_bank,
				      uint32_t *bank)
{
	const char *colon = strrchr(text, ':');
	const size_t length = colon ? (size_t)(colon - text) : strlen(text);
	const struct node *device;
	char name[NAME_MAX_LENGTH];

	*has_bank = colon != NULL;
	if (!length || length >= sizeof(name) || (colon && !bank_number(colon + 1, bank)))
		return NULL;
	memcpy(name, text, length);
	name[length] = '\0';
	device = device_named(&audit->board, name, NULL);
	return device && !device_named(&audit->board, name, device) ? device : NULL;
}

/* Each row of its `reg` is one of node->regs. */
static bool banks_known(const struct tree *tree, const struct node *node)
{
	const struct node *bus = &tree->nodes[node->parent];
	int length = 0;

	return node_property(tree, node, "reg", &length) && !node_regs_lost(tree, node) && node->reg_count &&
	       (size_t)length == node->reg_count * 4u * (unsigned int)(bus->address_cells + bus->size_cells);
}

struct neighbours {
	const struct boot_state *state;
	bool any;
};

static void neighbour_found(struct audit *audit, const struct node *node, uint64_t base, void *context)
{
	struct neighbours *neighbours = context;

	(void)audit;
	neighbours->any |= node != neighbours->state->flash || base != neighbours->state->range.base;
}

/* Why no cell could have the bank; NULL: one can. */
static const char *why_not(struct audit *audit, const struct boot_state *state)
{
	const struct board *board = &audit->board;
	const struct range *range = &state->range;
	struct neighbours neighbours = {.state = state};

	if (!board->firmware.count)
		return "is on a board that doesn't say where firmware is";
	if (!board->erase_block || board->erase_block % BP_PAGE_SIZE || board->erase_block > BLOCK_MOST)
		return "is on a board that doesn't say what its flash erases at once";
	if ((range->base | range->size) % BP_PAGE_SIZE || range->size < UINT64_C(3) * board->erase_block)
		return "isn't in whole pages, or in fewer than three erase blocks";
	if (spans_touch(&board->firmware, range->base, range->size))
		return "is where the machine's firmware is";
	if (spans_touch(&board->ram, range->base, range->size) ||
	    (range->base + (range->size - 1)) >> board->pa_bits)
		return "is in RAM, or beyond the addresses of the machine";
	registers_in(audit, range->base, range->size, neighbour_found, &neighbours);
	for (size_t i = 0; i < state->flash->reg_count; i++) /* two rows may begin at one address */
		neighbours.any |= i != state->bank && state->flash->regs[i].base == range->base;
	return neighbours.any ? "is where other registers are, too" : NULL;
}

/* False: the file's word is none. */
static bool admission_read(const struct audit *audit, const struct partition_cell *cell, bool *admitted)
{
	const char *word = node_string(&audit->partition.tree, cell->node, "boot-state-firmware");

	*admitted = word && !strcmp(word, "unprotected");
	return word ? *admitted || !strcmp(word, "protected")
		    : !node_flag(&audit->partition.tree, cell->node, "boot-state-firmware");
}

static void state_read(struct audit *audit, const struct partition_cell *cell, const char *text)
{
	const struct tree *tree = &audit->board.tree;
	const struct node *chip = spi_flash_named(&audit->board, text);
	struct boot_state state = {.asked = cell, .block = audit->board.erase_block};
	const char *why;
	bool has_bank, admitted;

	if (!admission_read(audit, cell, &admitted) || (admitted && !chip)) {
		wrong(audit, cell, "admits what can't be understood, or what no cell may have");
		return;
	}
	if (!chip && boot_state_emmc(audit, cell, text))
		return;
	if (chip) {
		why = spi_flash_state(audit, chip, admitted, &state);
		audit->boot_state = (struct boot_state){0};
		if (why)
			wrong(audit, cell, why);
		else
			audit->boot_state = state;
		return;
	}
	state.flash = flash_named(audit, text, &has_bank, &state.bank);
	if (!state.flash || !node_compatible(tree, state.flash, "cfi-flash") || !state.flash->enabled ||
	    !banks_known(tree, state.flash)) {
		wrong(audit, cell, "names no flash of the board");
		return;
	}
	if (state.bank >= state.flash->reg_count || (!has_bank && state.flash->reg_count > 1)) {
		wrong(audit, cell, "names no bank of the flash");
		return;
	}
	state.range = state.flash->regs[state.bank];
	why = why_not(audit, &state);
	if (why)
		wrong(audit, cell, why);
	else
		audit->boot_state = state;
}

static void times_read(struct audit *audit, const struct partition_cell *cell)
{
	const struct tree *tree = &audit->partition.tree;
	struct boot_state *state = &audit->boot_state;

	state->after_ns = AFTER_NS;
	state->within_ns = WITHIN_NS;
	if ((node_flag(tree, cell->node, "confirm-after") &&
	     !property_duration(tree, cell->node, "confirm-after", &state->after_ns)) ||
	    (node_flag(tree, cell->node, "confirm-within") &&
	     !property_duration(tree, cell->node, "confirm-within", &state->within_ns)) ||
	    state->after_ns >= state->within_ns)
		violation(&audit->report, RULE_INPUT,
			  "partition file: %s: confirm-after and confirm-within can't be understood",
			  cell->node->path);
}

bool boot_state_of(const struct audit *audit, const struct cell *cell)
{
	return cell->asked && audit->boot_state.asked == cell->asked;
}

/* [impl->swr~audit-boot-state~1] */
void boot_state_open(struct audit *audit)
{
	const struct partition *partition = &audit->partition;

	for (size_t i = 0; i < partition->cell_count; i++) {
		const struct partition_cell *cell = &partition->cells[i];
		const char *text = node_string(&partition->tree, cell->node, "boot-state");

		if (!node_flag(&partition->tree, cell->node, "boot-state"))
			continue;
		if (!text || !cell->health) {
			wrong(audit, cell, text ? "isn't the health cell's" : "can't be understood");
			continue;
		}
		state_read(audit, cell, text);
		times_read(audit, cell);
	}
}

// SPDX-License-Identifier: Apache-2.0
/*
 * boot_state_spi.c - a boot state in a serial NOR flash: whether the board has it, behind a controller that
 * the health cell could have for itself, and in a place that the machine's facts set aside. Called by
 * boot_state.c.
 */
#include <libfdt.h>
#include <string.h>

#include "model.h"

#define LINES	  2u		      /* of the controller, each selects a chip */
#define BLOCK	  UINT64_C(0x1000)    /* that the health cell's driver erases */
#define REACHED	  UINT64_C(0x1000000) /* by its addresses of three bytes */
#define CHIP_KIND "jedec,spi-nor"
#define HOST_KIND "rockchip,rk3066-spi"

const struct node *spi_flash_named(const struct board *board, const char *name)
{
	const struct tree *tree = &board->tree;
	const int offset = fdt_path_offset(tree->fdt, name);
	const struct node *found = NULL;

	if (offset < 0 && device_named(board, name, NULL))
		return NULL; /* the name is a device's */
	for (size_t i = 1; i < tree->count; i++) {
		const struct node *node = &tree->nodes[i];

		if (!node_compatible(tree, node, CHIP_KIND) ||
		    (offset >= 0 ? node->offset != offset : strcmp(node->name, name) != 0))
			continue;
		if (found)
			return NULL; /* nobody knows which */
		found = node;
	}
	return found;
}

/* The controller's own line selects the chip, and no other one is there. */
static bool chip_alone(const struct tree *tree, const struct node *chip, uint32_t *line)
{
	const struct node *controller = &tree->nodes[chip->parent];
	uint32_t further;

	if (!node_u32(tree, chip, "reg", 0, line) || node_u32(tree, chip, "reg", 1, &further) ||
	    *line >= LINES || node_flag(tree, controller, "cs-gpios"))
		return false;
	for (size_t i = 1; i < tree->count; i++) {
		const struct node *other = &tree->nodes[i];

		if (other != chip && other->parent == chip->parent && other->enabled &&
		    node_flag(tree, other, "reg"))
			return false;
	}
	return true;
}

static void others_found(struct audit *audit, const struct node *node, uint64_t base, void *context)
{
	(void)base;
	if (node != audit->boot_state.flash)
		*(bool *)context = true;
}

static bool registers_apart(struct audit *audit, const struct node *controller)
{
	const struct board *board = &audit->board;
	const struct range *range = controller->regs;
	bool others = false;

	if (controller->reg_count != 1 || node_regs_lost(&board->tree, controller) || !range->size ||
	    (range->base | range->size) % BP_PAGE_SIZE ||
	    spans_touch(&board->ram, range->base, range->size) ||
	    spans_touch(&board->firmware, range->base, range->size) ||
	    (range->base + (range->size - 1)) >> board->pa_bits)
		return false;
	registers_in(audit, range->base, range->size, others_found, &others);
	return !others;
}

static void provider_found(const struct node *provider, bool served, void *context)
{
	const struct audit *audit = ((const struct audit **)context)[0];

	if (!served && audit->board.owner[provider - audit->board.tree.nodes] != CELL_NONE_ID)
		((const void **)context)[1] = provider;
}

/* No cell has the controller, nor what it gets its clock from. */
static bool nobodys(const struct audit *audit, const struct node *controller)
{
	const void *found[] = {audit, NULL};

	if (audit->board.owner[controller - audit->board.tree.nodes] != CELL_NONE_ID ||
	    shared_provider(audit, controller))
		return false;
	needs_each(audit, controller, provider_found, found);
	return !found[1];
}

/* NULL: the facts give the boot state room in the flash. */
static const char *place_wrong(const struct board *board)
{
	const struct range *state = &board->state;

	if (board->erase_block != BLOCK)
		return "is in SPI flash that, by the board, doesn't erase 4 KiB at once";
	if (!state->size || state->base % BLOCK || state->size < 3 * BLOCK || state->base > REACHED ||
	    state->size > REACHED - state->base)
		return "has no place in the SPI flash, by the board";
	if (!board->firmware_flash)
		return "is on a board that doesn't say in which flash firmware is";
	if (*board->firmware_flash && fdt_path_offset(board->tree.fdt, board->firmware_flash) < 0)
		return "is on a board whose firmware is in a flash that isn't there";
	return NULL;
}

/* [impl->swr~audit-boot-state-spi~1] */
const char *spi_flash_state(struct audit *audit, const struct node *chip, bool admitted,
			    struct boot_state *state)
{
	const struct board *board = &audit->board;
	const struct tree *tree = &board->tree;
	const struct node *controller = &tree->nodes[chip->parent];
	const char *wrong;

	/* It is switched off where its controller is. */
	if (!chip->enabled || device_around(board, chip) != controller ||
	    !node_compatible(tree, controller, HOST_KIND))
		return "is in an SPI flash that the health cell couldn't drive";
	if (!chip_alone(tree, chip, &state->bank))
		return "is in an SPI flash that isn't alone on its controller, or not on a line of it";
	audit->boot_state.flash = controller; /* for others_found */
	if (!registers_apart(audit, controller))
		return "is behind a controller whose registers can't be mapped by themselves";
	if (!nobodys(audit, controller))
		return "is behind a controller that another cell has, or could switch off";
	wrong = place_wrong(board);
	if (wrong)
		return wrong;
	state->shares_firmware =
		fdt_path_offset(tree->fdt, board->firmware_flash) == chip->offset; /* "": error */
	if (state->shares_firmware && !admitted)
		return "is in the flash that the machine starts from, and the file doesn't admit it";
	state->flash = controller;
	state->chip = chip;
	state->range = controller->regs[0];
	state->start = board->state.base;
	return NULL;
}

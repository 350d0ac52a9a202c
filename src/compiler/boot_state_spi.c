/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot_state_spi.c - `boot-state` in a serial NOR flash: the health cell has the registers of the SPI
 * controller that selects it, and with them the whole chip. Called by boot_state.c.
 *
 * The chip often holds what the machine starts from, too: machine.dts says in which flash that is
 * (/loader/firmware-flash) and where in the chip the boot state may lie (/loader/state). The controller is
 * driven without interrupt and DMA; clock and pins stay as the loader left them, so no cell may have what
 * provides them.
 */
#include "front.h"

#include "deny.h"
#include "ranges.h"
#include "references.h"
#include "text.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#define KIND	   "jedec,spi-nor"
#define CONTROLLER "rockchip,rk3066-spi" /* the health cell's driver: cells/health/rockchip_spi.c */
#define CHIPS	   2u			 /* that it selects */
#define CHIP_MOST  (UINT64_C(1) << 24)	 /* bytes: addresses of three bytes */
#define BLOCK	   UINT32_C(4096)	 /* what the driver's command erases */

size_t boot_state_spi_named(const struct board *board, const char *name, int *node)
{
	const void *const tree = board->tree.data;
	const int by_path = node_by_path(tree, name);
	size_t count = 0;

	*node = by_path;
	if (by_path >= 0)
		return fdt_node_check_compatible(tree, by_path, KIND) == 0;
	if (devices_named(board, name).count)
		return 0; /* the name is a device's */
	for (int at = fdt_node_offset_by_compatible(tree, -1, KIND); at >= 0;
	     at = fdt_node_offset_by_compatible(tree, at, KIND)) {
		if (strcmp(fdt_get_name(tree, at, NULL), name) != 0)
			continue;
		if (!count++)
			*node = at;
	}
	return count;
}

static bool number_of(const void *tree, int node, const char *property, uint32_t *number)
{
	int length = 0;
	const fdt32_t *const value = fdt_getprop(tree, node, property, &length);

	*number = value && length == sizeof(*value) ? fdt32_ld(value) : 0;
	return value && length == sizeof(*value);
}

/* What the controller selects beside it; NULL: nothing. */
static const char *neighbour(const void *tree, int node)
{
	int other;

	fdt_for_each_subnode(other, tree, node_parent(tree, node))
	{
		if (other != node && !node_disabled(tree, other) && fdt_getprop(tree, other, "reg", NULL))
			return node_path(tree, other);
	}
	return NULL;
}

static bool check_chip(const struct board *board, struct place at, int node, struct boot_state *state)
{
	const void *const tree = board->tree.data;
	const int bus = node_parent(tree, node), controller = board_device_of(board, node);
	const char *const path = node_path(tree, node), *other = neighbour(tree, node);

	if (!node_enabled(tree, node))
		diag_error(at, "'%s' can't hold the boot state: the board's tree has it disabled", path);
	else if (controller < 0 || board->devices[controller].node != bus ||
		 fdt_node_check_compatible(tree, bus, CONTROLLER) != 0)
		diag_error(at,
			   "'%s' can't hold the boot state: the health cell drives no SPI controller but "
			   "Rockchip's (compatible \"" CONTROLLER "\")",
			   path);
	else if (!number_of(tree, node, "reg", &state->bank) || state->bank >= CHIPS ||
		 fdt_getprop(tree, bus, "cs-gpios", NULL))
		diag_error(at,
			   "'%s' can't hold the boot state: it isn't selected by the controller's own line 0 "
			   "or 1",
			   path);
	else if (other)
		diag_error(at, "'%s' can't hold the boot state: who has its controller has '%s', too", path,
			   other);
	else
		return true;
	return false;
}

static bool check_controller(const struct front *front, struct place at, const struct boot_state *state)
{
	const struct board *const board = &front->plan->board;
	const struct device *const controller = &board->devices[state->device];
	const struct range *const registers = controller->regs.count ? &controller->regs.at[0] : NULL;
	const char *other;

	if (controller->owner != OWNER_NOBODY || controller->shared) {
		diag_error(at,
			   "the controller '%s' of the boot state is %s already: no other cell may have it",
			   controller->path,
			   controller->owner >= 0
				   ? text_format("cell '%s's", front->plan->cells[controller->owner].name)
				   : "given away");
		return false;
	}
	if (controller->regs.count != 1 || !registers_whole(board->tree.data, controller->node) ||
	    (registers->base | registers->size) % BP_PAGE_SIZE) {
		diag_error(
			at,
			"the registers of '%s' aren't whole pages of 4K: they can't be mapped by themselves",
			controller->path);
		return false;
	}
	other = boot_state_sharer(board, state->device, 0, *registers);
	if (ranges_overlap(&board->ram, *registers) || ranges_overlap(&board->firmware, *registers) ||
	    (registers->base + (registers->size - 1)) >> board->pa_bits)
		diag_error(
			at,
			"the registers of '%s' lie in RAM, in firmware, or beyond the board's address bits",
			controller->path);
	else if (other)
		diag_error(at, "'%s' can't be given to a cell: registers of '%s' lie in it", controller->path,
			   other);
	else
		return true;
	return false;
}

/* Who has its clock or its pins could switch it off; what is shared stays as it is. */
static bool check_providers(const struct front *front, struct place at, const struct boot_state *state)
{
	const struct board *const board = &front->plan->board;
	const struct needs needs = needs_of(board, state->device);

	for (size_t i = 0; i < needs.count; i++) {
		const struct device *const provider = &board->devices[needs.at[i].device];

		/* It has no DMA: whose the engine is is of no account. */
		if (provider->owner < 0 || strcmp(needs.at[i].reference->name, "dmas") == 0)
			continue;
		diag_error(
			at,
			"the boot state's controller '%s' needs '%s' (%s), which belongs to cell '%s': what "
			"it provides has to stay as the loader left it",
			board->devices[state->device].path, provider->path, needs.at[i].reference->name,
			front->plan->cells[provider->owner].name);
		return false;
	}
	return true;
}

static bool check_place(const struct board *board, struct place at)
{
	const uint64_t least = boot_state_offset(BLOCK, BOOT_STATE_BLOCKS);
	const struct range *const place = board->state.count ? &board->state.at[0] : NULL;

	if (board->erase_block != BLOCK)
		diag_error(at,
			   "board '%s' doesn't say that its SPI flash erases 4K at once: state erase-block = "
			   "<0x1000> in 'loader' of %s",
			   board->name, board->machine.path);
	else if (board->state.count != 1)
		diag_error(at,
			   "board '%s' doesn't say where in the SPI flash the boot state may lie: state "
			   "state = /bits/ 64 <OFFSET SIZE> in 'loader' of %s",
			   board->name, board->machine.path);
	else if (!board->firmware_flash)
		diag_error(
			at,
			"board '%s' doesn't say which flash the machine starts from: state firmware-flash = "
			"\"PATH\", \"\" if it is none of this tree, in 'loader' of %s",
			board->name, board->machine.path);
	else if (*board->firmware_flash && node_by_path(board->tree.data, board->firmware_flash) < 0)
		diag_error(at, "/loader/firmware-flash of %s names no node of the board: '%s'",
			   board->machine.path, board->firmware_flash);
	else if (place->base % BLOCK || place->size < least || place->base > CHIP_MOST ||
		 place->size > CHIP_MOST - place->base)
		diag_error(
			at,
			"/loader/state of %s can't be used: it begins with an erase block of 4K, has three "
			"of them, and ends before 16M",
			board->machine.path);
	else
		return true;
	return false;
}

/* [impl->swr~config-boot-state-spi-shared~1] */
static bool check_firmware(const struct front *front, struct place at, int cell_node, int node,
			   struct boot_state *state)
{
	const struct board *const board = &front->plan->board;
	const char *const path = node_path(board->tree.data, node);
	const bool admitted = boot_state_firmware_admitted(front, cell_node);

	state->shares_firmware =
		*board->firmware_flash && node_by_path(board->tree.data, board->firmware_flash) == node;
	if (state->shares_firmware && !admitted) {
		diag_error(at,
			   "'%s' holds what the machine starts from, too (/loader/firmware-flash of "
			   "machine.dts), "
			   "and who has its controller can write all of it: name another, or "
			   "say " BOOT_STATE_FIRMWARE " = \"unprotected\"",
			   path);
		return false;
	}
	if (state->shares_firmware)
		(denied(DENY_SHARED_FIRMWARE) ? diag_error : diag_warning)(
			at,
			"the health cell can write what the machine starts from: it is in '%s', too, "
			"by " BOOT_STATE_FIRMWARE " = \"unprotected\"",
			path);
	else if (admitted)
		diag_warning(
			front_place(front, cell_node, BOOT_STATE_FIRMWARE),
			"'%s' doesn't hold what the machine starts from: nothing needs " BOOT_STATE_FIRMWARE
			" = \"unprotected\"",
			path);
	return true;
}

/* [impl->swr~config-boot-state-spi~1] */
void boot_state_spi_read(struct front *front, size_t cell, struct place at, int node)
{
	struct boot_state *const state = &front->plan->boot_state;
	const struct board *const board = &front->plan->board;

	if (!check_chip(board, at, node, state))
		return;
	state->medium = BOOT_MEDIUM_SPI_NOR;
	state->cell = cell;
	state->device = (size_t)board_device_of(board, node);
	state->node = node;
	if (!check_controller(front, at, state) || !check_providers(front, at, state) ||
	    !check_place(board, at) || !check_firmware(front, at, front->cell_nodes[cell], node, state))
		return;
	state->flash = board->devices[state->device].regs.at[0];
	state->start = board->state.at[0].base;
	state->wanted = true;
}

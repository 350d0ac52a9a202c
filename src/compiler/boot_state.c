/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot_state.c - `boot-state`: what holds boot state and identity, for the health cell alone: a bank of
 * memory-mapped flash, an SPI flash (boot_state_spi.c), or the boot partition of an eMMC
 * (boot_state_emmc.c); `confirm-after` and `confirm-within`: when it calls a boot good. Called by plan_read.
 *
 * The flash stays nobody's device: of its banks that one is mapped, in the health cell (emit_stage2.c), whose
 * tree has the node with that bank (tree_flash.c). No cell has a bank that the machine starts from, so the
 * board has to say which (machine.dts, /loader/firmware).
 */
#include "front.h"

#include "nodes.h"
#include "ranges.h"
#include "text.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#define PROPERTY	  "boot-state"
#define KIND		  "cfi-flash"
#define CONFIRM_AFTER_NS  UINT64_C(30000000000)
#define CONFIRM_WITHIN_NS UINT64_C(300000000000)
#define NO_BANK		  UINT64_MAX

/* Nothing without boot-state. */
static const char *const belongings[] = {"confirm-after", "confirm-within", BOOT_STATE_FIRMWARE};

/* "flash@0:1": the device's name, and the bank; NO_BANK: none is given. False after a diagnostic. */
static bool read_name(struct place at, const char *text, const char **name, uint64_t *bank)
{
	const char *const colon = strrchr(text, ':');

	*bank = NO_BANK;
	*name = colon ? text_copy(text, (size_t)(colon - text)) : text;
	if (**name && (!colon || (text_number(colon + 1, bank) && *bank < NO_BANK)))
		return true;
	diag_error(at, "'%s' is no bank of a device, such as \"flash@0:1\"", text);
	return false;
}

static bool find_device(const struct board *board, struct place at, const char *name, size_t *device)
{
	const struct indices found = devices_named(board, name);

	if (found.count == 1) {
		*device = found.at[0];
		return true;
	}
	if (!found.count)
		devices_unknown(board, at, name);
	else
		diag_error(at, "'%s' names %zu devices of the board: say which, such as '%s'", name,
			   found.count, board->devices[found.at[0]].path);
	return false;
}

/* Rows of its `reg`, each with an address of the CPUs; 0: not all have one. */
static size_t banks_of(const struct board *board, const struct device *device)
{
	const void *const tree = board->tree.data;
	const int bus = node_parent(tree, device->node);
	const int row = 4 * (fdt_address_cells(tree, bus) + fdt_size_cells(tree, bus));
	int length = 0;

	if (!fdt_getprop(tree, device->node, "reg", &length) || !registers_whole(tree, device->node) ||
	    (size_t)length != device->regs.count * (size_t)row)
		return 0;
	return device->regs.count;
}

/* What the boot state could be kept in, by this version. */
static bool check_kind(const struct board *board, struct place at, const struct device *device)
{
	const void *const tree = board->tree.data;
	const fdt32_t *width;
	int length;

	if (fdt_node_check_compatible(tree, device->node, KIND) != 0) {
		diag_error(at,
			   "'%s' can't hold the boot state: only NOR flash can, memory-mapped (compatible "
			   "\"" KIND "\") or serial (\"jedec,spi-nor\"), or an eMMC, such as "
			   "\"emmc:boot0\"",
			   device->path);
		return false;
	}
	width = fdt_getprop(tree, device->node, "bank-width", &length);
	if (!node_enabled(tree, device->node))
		diag_error(at, "'%s' can't hold the boot state: the board's tree has it disabled",
			   device->path);
	else if (!banks_of(board, device))
		diag_error(at,
			   "'%s' can't hold the boot state: not all of its 'reg' are addresses of the CPUs",
			   device->path);
	else if (!width || length != sizeof(*width))
		diag_error(at, "'%s' can't hold the boot state: the board's tree doesn't say its bank-width",
			   device->path);
	else
		return true;
	return false;
}

/* Facts that no tree holds. */
static bool check_facts(const struct board *board, struct place at)
{
	if (!board->erase_block)
		diag_error(at,
			   "board '%s' doesn't say what its flash erases at once: state erase-block = "
			   "<0x40000>, say, in 'loader' of %s",
			   board->name, board->machine.path);
	if (!board->firmware.count)
		diag_error(at,
			   "board '%s' doesn't say where the machine starts from, which no cell may write: "
			   "state firmware = /bits/ 64 <ADDRESS SIZE> in 'loader' of %s",
			   board->name, board->machine.path);
	return board->erase_block && board->firmware.count;
}

static bool check_bank(struct place at, const struct device *device, uint64_t bank)
{
	const size_t count = device->regs.count;

	if (bank == NO_BANK && count > 1)
		diag_error(at, "'%s' has %zu banks: say which, such as \"%s:%zu\"", device->path, count,
			   strrchr(device->path, '/') + 1, count - 1);
	else if (bank != NO_BANK && bank >= count)
		diag_error(at, "'%s' has no bank %" PRIu64 ": its banks are 0 to %zu", device->path, bank,
			   count - 1);
	else
		return true;
	return false;
}

static struct range pages_of(struct range range)
{
	const uint64_t base = align_down(range.base, BP_PAGE_SIZE);

	return (struct range){base, align_up(range.base + range.size, BP_PAGE_SIZE) - base};
}

const char *boot_state_sharer(const struct board *board, size_t device, uint32_t bank, struct range flash)
{
	for (size_t i = 0; i < board->device_count; i++)
		for (size_t at = 0; at < board->devices[i].regs.count; at++)
			if ((i != device || at != bank) &&
			    range_overlaps(flash, pages_of(board->devices[i].regs.at[at])))
				return board->devices[i].path;
	return NULL;
}

static bool check_range(const struct board *board, struct place at, const struct boot_state *state)
{
	const struct range *const flash = &state->flash;
	const char *const path = board->devices[state->device].path;
	const char *const other = boot_state_sharer(board, state->device, state->bank, *flash);

	if (ranges_overlap(&board->firmware, *flash))
		diag_error(at,
			   "bank %u of '%s' holds the machine's firmware (/loader/firmware of machine.dts), "
			   "which no cell may have: name another",
			   state->bank, path);
	else if ((flash->base | flash->size) % BP_PAGE_SIZE)
		diag_error(at, "bank %u of '%s' isn't whole pages of 4K: it can't be mapped by itself",
			   state->bank, path);
	else if (flash->size < boot_state_offset(board->erase_block, BOOT_STATE_BLOCKS))
		diag_error(
			at,
			"bank %u of '%s' has %s: two copies of the boot state and the identity need %u erase "
			"blocks, %s",
			state->bank, path, text_of_size(flash->size), BOOT_STATE_BLOCKS,
			text_of_size(boot_state_offset(board->erase_block, BOOT_STATE_BLOCKS)));
	else if (ranges_overlap(&board->ram, *flash) || (flash->base + (flash->size - 1)) >> board->pa_bits)
		diag_error(at, "bank %u of '%s' lies in RAM, or beyond the board's address bits", state->bank,
			   path);
	else if (other)
		diag_error(at, "bank %u of '%s' can't be given to a cell: registers of '%s' lie in it",
			   state->bank, path, other);
	else
		return true;
	return false;
}

/* Of memory-mapped flash no bank with firmware is a cell's, and nothing admits one. */
static void refuse_admission(const struct front *front, int node)
{
	if (boot_state_firmware_admitted(front, node))
		diag_error(front_place(front, node, BOOT_STATE_FIRMWARE),
			   "'" BOOT_STATE_FIRMWARE "' is of an SPI flash: a bank of memory-mapped flash that "
			   "holds firmware is no cell's");
}

bool boot_state_firmware_admitted(const struct front *front, int node)
{
	static const char *const known[] = {"protected", "unprotected"};
	const char *word;

	if (!value_present(front, node, BOOT_STATE_FIRMWARE) ||
	    !value_text(front, node, BOOT_STATE_FIRMWARE, &word) || strcmp(word, known[0]) == 0)
		return false;
	if (strcmp(word, known[1]) == 0)
		return true;
	diag_error(front_place(front, node, BOOT_STATE_FIRMWARE), "unknown " BOOT_STATE_FIRMWARE " '%s'%s",
		   word, diag_did_you_mean(word, known, 2));
	return false;
}

static void read_state(struct front *front, size_t cell)
{
	struct boot_state *const state = &front->plan->boot_state;
	const struct board *const board = &front->plan->board;
	const struct place at = front_place(front, front->cell_nodes[cell], PROPERTY);
	const char *text, *name;
	uint64_t bank;
	size_t chips;
	int chip;

	if (!value_text(front, front->cell_nodes[cell], PROPERTY, &text))
		return;
	chips = boot_state_spi_named(board, text, &chip);
	if (chips > 1) {
		diag_error(at, "%zu SPI flashes of the board are named '%s': say which, such as '%s'", chips,
			   text, node_path(board->tree.data, chip));
		return;
	}
	if (chips) {
		boot_state_spi_read(front, cell, at, chip);
		return;
	}
	refuse_admission(front, front->cell_nodes[cell]);
	if (boot_state_emmc_named(text)) {
		boot_state_emmc_read(front, cell, at, text);
		return;
	}
	if (!read_name(at, text, &name, &bank) || !find_device(board, at, name, &state->device) ||
	    !check_kind(board, at, &board->devices[state->device]) ||
	    !check_bank(at, &board->devices[state->device], bank) || !check_facts(board, at))
		return;
	state->cell = cell;
	state->node = board->devices[state->device].node;
	state->bank = bank == NO_BANK ? 0 : (uint32_t)bank;
	state->flash = board->devices[state->device].regs.at[state->bank];
	state->wanted = check_range(board, at, state);
}

/* [impl->swr~config-boot-state-times~1] */
static void read_times(struct front *front, size_t cell)
{
	struct boot_state *const state = &front->plan->boot_state;
	const int node = front->cell_nodes[cell];
	bool right = true;

	state->confirm_after_ns = CONFIRM_AFTER_NS;
	state->confirm_within_ns = CONFIRM_WITHIN_NS;
	if (value_present(front, node, belongings[0]))
		right &= value_duration(front, node, belongings[0], &state->confirm_after_ns);
	if (value_present(front, node, belongings[1]))
		right &= value_duration(front, node, belongings[1], &state->confirm_within_ns);
	if (right && state->confirm_after_ns >= state->confirm_within_ns)
		diag_error(front_place(front, node,
				       value_present(front, node, belongings[0]) ? belongings[0]
										 : belongings[1]),
			   "no boot could be confirmed: confirm-after (%" PRIu64
			   " ms) isn't shorter than confirm-within (%" PRIu64 " ms)",
			   state->confirm_after_ns / 1000000, state->confirm_within_ns / 1000000);
}

/* What belongs to a boot state that the cell doesn't have. */
static void refuse_belongings(const struct front *front, size_t cell)
{
	for (size_t i = 0; i < sizeof(belongings) / sizeof(belongings[0]); i++)
		if (value_present(front, front->cell_nodes[cell], belongings[i]))
			diag_error(front_place(front, front->cell_nodes[cell], belongings[i]),
				   "'%s' is of a 'boot-state': cell '%s' has none", belongings[i],
				   front->plan->cells[cell].name);
}

/* The health cell itself is well whenever it can confirm. [impl->swr~config-essential~1] */
static void warn_of_none_essential(const struct front *front, size_t cell)
{
	const struct plan *const plan = front->plan;

	for (size_t i = 0; i < plan->cell_count; i++)
		if (i != cell && (plan->cells[i].flags & BP_CELL_ESSENTIAL))
			return;
	diag_warning(
		front_place(front, front->cell_nodes[cell], PROPERTY),
		"every boot will be confirmed: no other cell is 'essential', so that nothing tells a good "
		"image from a bad one");
}

/* [impl->swr~config-boot-state~1] */
void boot_state_read(struct front *front)
{
	struct plan *const plan = front->plan;

	for (size_t i = 0; i < plan->cell_count; i++) {
		if (!value_present(front, front->cell_nodes[i], PROPERTY)) {
			refuse_belongings(front, i);
		} else if (plan->cells[i].flags & BP_CELL_HEALTH) {
			read_state(front, i);
			read_times(front, i);
			if (plan->boot_state.wanted)
				warn_of_none_essential(front, i);
		} else {
			diag_error(front_place(front, front->cell_nodes[i], PROPERTY),
				   "'" PROPERTY "' is the health cell's alone, and cell '%s' isn't it",
				   plan->cells[i].name);
		}
	}
}

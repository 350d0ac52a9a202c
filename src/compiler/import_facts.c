/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_facts.c - machine facts that a device tree doesn't hold, guessed with care: each is marked assumed.
 *
 * Called by import.c once the tree's memory, GIC and devices are read.
 */
#include "import.h"
#include "interrupts.h"
#include "ranges.h"
#include "text.h"

#include <libfdt.h>
#include <string.h>

#define FREE_MOST      64u
#define STAGING	       (UINT64_C(192) << 20) /* a FIT with a kernel of Debian's and its initrd, twice */
#define RELOCATED      (UINT64_C(64) << 20) /* U-Boot, its stack and heap: the top of what lies below 4 GiB */
#define LOADER_LIMIT   (UINT64_C(1) << 32)
#define LIST_REGISTERS 4u  /* of every Arm core with a GICv3 so far */
#define ID_BITS	       10u /* GICD_TYPER.IDbits names at least all SPIs */

/* ---- SPIs ---- */

struct spis {
	bool used[GIC_SPIS_MOST];
	uint32_t end; /* behind the highest that is named */
};

static void use(struct spis *spis, uint32_t first, uint32_t count)
{
	for (uint32_t spi = first; spi < GIC_SPIS_MOST && spi - first < count; spi++) {
		spis->used[spi] = true;
		if (spi >= spis->end)
			spis->end = spi + 1;
	}
}

/* Any three cells that could be one: <0 SPI flags>. Too many is safe, too few isn't. */
static void use_specifiers(struct spis *spis, const fdt32_t *cells, int count)
{
	for (int at = 0; at + 3 <= count; at++)
		if (fdt32_ld(&cells[at]) == 0 && fdt32_ld(&cells[at + 2]) < 16)
			use(spis, fdt32_ld(&cells[at + 1]), 1);
}

/* Properties that hand ranges of SPIs to another controller: where first SPI and count stand in a row. */
static const struct {
	const char *property;
	int row, first, count;
	uint32_t bias; /* numbers are INTIDs */
} windows[] = {
	{"mbi-ranges", 2, 0, 1, 32},	      {"arm,msi-base-spi", 1, 0, -1, 32},
	{"qcom,pdc-ranges", 3, 1, 2, 0},      {"marvell,spi-ranges", 2, 0, 1, 0},
	{"marvell,spi-base", 1, 0, -1, 0},    {"ti,interrupt-ranges", 3, 1, 2, 32},
	{"qcom,irq-mask-ranges", 2, 0, 1, 0},
};

#define UNKNOWN_COUNT 64u /* where a property gives only the first */

static void use_window(struct spis *spis, const char *name, const fdt32_t *cells, int count)
{
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		if (strcmp(windows[i].property, name) != 0)
			continue;
		for (int at = 0; at + windows[i].row <= count; at += windows[i].row) {
			const uint32_t first = fdt32_ld(&cells[at + windows[i].first]);

			use(spis, first > windows[i].bias ? first - windows[i].bias : 0,
			    windows[i].count < 0 ? UNKNOWN_COUNT : fdt32_ld(&cells[at + windows[i].count]));
		}
	}
}

static void use_all(struct spis *spis, const void *tree)
{
	for (int node = fdt_next_node(tree, -1, NULL); node >= 0; node = fdt_next_node(tree, node, NULL)) {
		int property;

		fdt_for_each_property_offset(property, tree, node)
		{
			const char *name;
			int length;
			const fdt32_t *const cells = fdt_getprop_by_offset(tree, property, &name, &length);

			if (!cells)
				continue;
			if (strcmp(name, "interrupts") == 0 || strcmp(name, "interrupts-extended") == 0 ||
			    strcmp(name, "interrupt-map") == 0)
				use_specifiers(spis, cells, length / 4);
			else
				use_window(spis, name, cells, length / 4);
		}
	}
}

/* GICD_TYPER counts in 32s. The longest run that no node names; a block more where there is none. */
static const char *guess_spis(struct board *board)
{
	struct spis *const spis = memory_new(1, sizeof(*spis));
	uint32_t run = 0;

	use_all(spis, board->tree.data);
	board->spi_count = (uint32_t)align_up(spis->end ? spis->end : 1, 32);
	if (board->spi_count > GIC_SPIS_MOST)
		board->spi_count = GIC_SPIS_MOST;
	for (uint32_t spi = 0; spi < board->spi_count; spi++) {
		run = spis->used[spi] ? 0 : run + 1;
		if (run > board->free_spis.count && run <= FREE_MOST) {
			board->free_spis.count = run;
			board->free_spis.first = spi + 1 - run;
		}
	}
	return board->free_spis.count ? NULL : "no SPI is left that the tree gives to nothing";
}

/* ---- the rest ---- */

static uint64_t highest(const struct ranges *set)
{
	uint64_t end = 0;

	for (size_t i = 0; i < set->count; i++)
		if (set->at[i].base + set->at[i].size > end)
			end = set->at[i].base + set->at[i].size;
	return end;
}

/* What every Armv8-A core with EL2 has had so far is 40; more where the tree names more. */
static uint32_t guess_pa_bits(const struct board *board)
{
	static const uint32_t bits[] = {40, 42, 44, 48};
	const uint64_t ram = highest(&board->ram), devices = highest(&board->occupied);
	const uint64_t end = ram > devices ? ram : devices;
	size_t i = 0;

	while (i + 1 < sizeof(bits) / sizeof(bits[0]) && end > UINT64_C(1) << bits[i])
		i++;
	return bits[i];
}

/* The loader of the board (U-Boot's usual ways): loads at the start of RAM, runs at the top below 4 GiB. */
static void guess_loader(struct import *import)
{
	const struct ranges *const ram = &import->board.ram;
	struct range lowest = ram->at[0], top = {0, 0};

	for (size_t i = 0; i < ram->count; i++) {
		struct range bank = ram->at[i];

		if (bank.base < lowest.base)
			lowest = bank;
		if (bank.base >= LOADER_LIMIT)
			continue;
		if (bank.size > LOADER_LIMIT - bank.base)
			bank.size = LOADER_LIMIT - bank.base;
		if (bank.base >= top.base)
			top = bank;
	}
	if (!top.size)
		top = lowest;
	if (lowest.size / 4 < STAGING)
		ranges_add(&import->staging, lowest.base, align_down(lowest.size / 4, BP_PAGE_SIZE));
	else
		ranges_add(&import->staging, lowest.base, STAGING);
	if (top.size / 4 > RELOCATED)
		ranges_add(&import->forbidden, top.base + top.size - RELOCATED, RELOCATED);
	else
		ranges_add(&import->forbidden, top.base + align_down(top.size / 4 * 3, BP_PAGE_SIZE),
			   top.size - align_down(top.size / 4 * 3, BP_PAGE_SIZE));
}

const char *import_facts(struct import *import)
{
	struct board *const board = &import->board;
	uint64_t frames = 0;
	const char *why;

	board->pa_bits = guess_pa_bits(board);
	board->gic_id_bits = ID_BITS;
	board->list_registers = LIST_REGISTERS;
	for (size_t i = 0; i < board->gicr.count; i++)
		frames += board->gicr.at[i].size / board->gicr_stride;
	board->gicr_frames = (uint32_t)board->core_count;
	if (frames < board->core_count)
		return "its redistributors are fewer than its cores";
	why = guess_spis(board);
	if (!why)
		guess_loader(import);
	return why;
}

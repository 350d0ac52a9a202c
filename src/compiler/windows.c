/* SPDX-License-Identifier: Apache-2.0 */
/*
 * windows.c - addresses in the cells' space for what is not RAM and not a device of the board.
 *
 * Heartbeats, channels, emulated UARTs, and the health cell's view of telemetry, rings and logs: each
 * 64 KiB aligned and spaced, since guests may use 64K pages. All lie in one block that is a hole of
 * the board and of every cell's RAM, so that an address means the same in every cell. Called by
 * plan_read once nothing was wrong. [impl->swr~windows-64k~1]
 */
#include "front.h"

#include "../blueprint/telemetry.h"
#include "ranges.h"
#include "regions.h"
#include "text.h"

#define BELOW_4G      (UINT64_C(1) << 32)
#define BLOCK	      UINT64_C(0x200000) /* a block of its own keeps the tables small */
#define PAIR	      (2 * BP_WINDOW_ALIGN)
#define OTHER_WINDOWS 2 /* heartbeat and emulated UART */

/* At most: a function has no more than one stream. */
static uint64_t directory_size(const struct plan *plan)
{
	uint64_t functions = 0;

	for (size_t i = 0; i < plan->cell_count; i++)
		functions += plan->cells[i].function_count;
	return align_up(sizeof(struct directory) + plan->board.core_count * sizeof(struct directory_core) +
				plan->cell_count * sizeof(struct directory_cell) +
				functions * sizeof(struct directory_stream),
			BP_WINDOW_ALIGN);
}

static uint64_t next(uint64_t *ipa, uint64_t size)
{
	const uint64_t base = *ipa;

	*ipa += align_up(size, BP_WINDOW_ALIGN);
	return base;
}

/* Those that are the memory of PCI functions lie at multiples of their size; returns where they end. */
static uint64_t place_shown(const struct plan *plan, uint64_t ipa)
{
	for (size_t i = 0; i < plan->channel_count; i++) {
		struct plan_channel *const channel = &plan->channels[i];

		if (!channel->shown)
			continue;
		ipa = align_up(ipa, channel->size);
		channel->ipa = next(&ipa, channel->size);
	}
	return ipa;
}

/* From a multiple of shown_align() on. */
static uint64_t total(const struct plan *plan)
{
	uint64_t size = place_shown(plan, 0) + directory_size(plan) + OTHER_WINDOWS * BP_WINDOW_ALIGN +
			(plan->board.core_count + plan->cell_count) * PAIR +
			(plan->board.crash.size ? BP_WINDOW_ALIGN : 0);

	for (size_t i = 0; i < plan->channel_count; i++)
		size += plan->channels[i].shown ? 0 : align_up(plan->channels[i].size, BP_WINDOW_ALIGN);
	return size;
}

static uint64_t shown_align(const struct plan *plan, uint64_t least)
{
	for (size_t i = 0; i < plan->channel_count; i++)
		if (plan->channels[i].shown && plan->channels[i].size > least)
			least = plan->channels[i].size;
	return least;
}

static struct ranges taken_ranges(const struct plan *plan)
{
	struct ranges taken = {NULL, 0};

	/* Not at address 0: a guest's null pointer should fault. */
	ranges_add(&taken, 0, BLOCK);
	for (size_t i = 0; i < plan->board.occupied.count; i++)
		ranges_add(&taken, plan->board.occupied.at[i].base, plan->board.occupied.at[i].size);
	regions_reserved(&plan->board, &taken);
	for (size_t i = 0; i < plan->cell_count; i++)
		for (size_t at = 0; at < plan->cells[i].ram_count; at++) {
			const struct ram_region *const region = &plan->cells[i].ram[at];

			ranges_add(&taken, region->ipa, region->size);
			ranges_add(&taken, region->pa, region->size);
		}
	return taken;
}

static bool of_channel(const struct plan_channel *channel, size_t cell)
{
	for (size_t i = 0; i < channel->writer_count; i++)
		if (channel->writers[i] == (int)cell)
			return true;
	for (size_t i = 0; i < channel->reader_count; i++)
		if (channel->readers[i] == (int)cell)
			return true;
	return false;
}

static bool has_channel(const struct plan *plan, size_t cell)
{
	for (size_t i = 0; i < plan->channel_count; i++)
		if (of_channel(&plan->channels[i], cell))
			return true;
	return false;
}

/* Where PCI functions reach the channels of their cell, too. */
static struct ranges channel_space(const struct front *front, const struct ranges *whole)
{
	const struct plan *const plan = front->plan;
	struct ranges space = *whole;

	for (size_t i = 0; i < plan->cell_count; i++)
		if (has_channel(plan, i) && plan->cells[i].function_count)
			space = ranges_common(&space, &front->reaches[i]);
	return space;
}

/* `block`: what is placed. */
static void warn_unreached(const struct front *front, struct range block)
{
	const struct plan *const plan = front->plan;

	for (size_t i = 0; i < plan->cell_count; i++)
		if (has_channel(plan, i) && plan->cells[i].function_count &&
		    !ranges_cover(&front->reaches[i], block))
			diag_warning(front_place(front, front->cell_nodes[i], "pci"),
				     "PCI functions of cell '%s' don't reach its channels: the dma-ranges of "
				     "their host lead to no %s of addresses that are free",
				     plan->cells[i].name, text_of_size(block.size));
}

/* The lowest hole that is large enough, below 4 GiB where there is one. */
static uint64_t find_hole(const struct plan *plan, const struct ranges *space, const struct ranges *taken,
			  uint64_t size)
{
	const uint64_t block = shown_align(plan, BLOCK), least = shown_align(plan, BP_WINDOW_ALIGN);
	uint64_t base = ranges_find(space, taken, size, block, 0, BELOW_4G);

	if (base == NO_PLACE)
		base = ranges_find(space, taken, size, least, 0, BELOW_4G);
	return base == NO_PLACE ? ranges_find(space, taken, size, block, 0, 0) : base;
}

/* The bus of the channels that are PCI functions, and their registers, whose BARs have 32 bits.
 * [impl->swr~compile-presentation~1] */
static void place_bus(struct plan *plan, const struct ranges *taken)
{
	struct range low = {0, BELOW_4G};
	const struct ranges space = {&low, 1};
	uint64_t count = 0, ipa;

	for (size_t i = 0; i < plan->channel_count; i++)
		count += plan->channels[i].shown;
	if (!count)
		return;
	ipa = ranges_find(&space, taken, PCI_BUS_SIZE + count * BP_WINDOW_ALIGN, PCI_BUS_SIZE, 0, 0);
	if (ipa == NO_PLACE) {
		diag_error((struct place){plan->file, 1, 1},
			   "no %s of addresses below 4 GiB are free for channels that are presented as PCI "
			   "functions",
			   text_of_size(PCI_BUS_SIZE + count * BP_WINDOW_ALIGN));
		return;
	}
	ranges_add(&plan->windows, ipa, PCI_BUS_SIZE + count * BP_WINDOW_ALIGN);
	plan->shown_bus_ipa = next(&ipa, PCI_BUS_SIZE);
	for (size_t i = 0; i < plan->channel_count; i++)
		if (plan->channels[i].shown)
			plan->channels[i].registers_ipa = next(&ipa, BP_PAGE_SIZE);
}

static void place_health(const struct plan *plan, struct plan_cell *cell, uint64_t *ipa)
{
	cell->directory_ipa = next(ipa, directory_size(plan));
	cell->core_windows_ipa = memory_new(plan->board.core_count, sizeof(uint64_t));
	cell->cell_windows_ipa = memory_new(plan->cell_count, sizeof(uint64_t));
	for (size_t i = 0; i < plan->board.core_count; i++)
		cell->core_windows_ipa[i] = next(ipa, PAIR);
	for (size_t i = 0; i < plan->cell_count; i++)
		cell->cell_windows_ipa[i] = next(ipa, PAIR);
	if (plan->board.crash.size)
		cell->crash_ipa = next(ipa, BP_PAGE_SIZE);
}

void windows_place(struct front *front)
{
	struct plan *const plan = front->plan;
	const uint64_t size = total(plan);
	struct range all = {0, UINT64_C(1) << plan->board.pa_bits};
	const struct ranges whole = {&all, 1}, space = channel_space(front, &whole);
	struct ranges taken = taken_ranges(plan);
	uint64_t ipa = find_hole(plan, &space, &taken, size), heartbeat, uart;

	if (ipa == NO_PLACE)
		ipa = find_hole(plan, &whole, &taken, size);
	if (ipa == NO_PLACE) {
		diag_error((struct place){plan->file, 1, 1},
			   "no %s of addresses are free for channels and the hypervisor's windows",
			   text_of_size(size));
		return;
	}
	warn_unreached(front, (struct range){ipa, size});
	ranges_add(&taken, ipa, size);
	ranges_add(&plan->windows, ipa, size);
	place_bus(plan, &taken);
	ipa = place_shown(plan, ipa);
	heartbeat = next(&ipa, BP_WINDOW_ALIGN);
	uart = next(&ipa, BP_WINDOW_ALIGN);
	for (size_t i = 0; i < plan->cell_count; i++) {
		plan->cells[i].heartbeat_ipa = heartbeat;
		plan->cells[i].uart_ipa = plan->cells[i].flags & BP_CELL_LOG_CONSOLE ? uart : 0;
		if (plan->cells[i].flags & BP_CELL_HEALTH)
			place_health(plan, &plan->cells[i], &ipa);
	}
	for (size_t i = 0; i < plan->channel_count; i++)
		if (!plan->channels[i].shown)
			plan->channels[i].ipa = next(&ipa, plan->channels[i].size);
}

uint64_t windows_find(const struct plan *plan, uint64_t size)
{
	struct range all = {0, UINT64_C(1) << plan->board.pa_bits};
	const struct ranges whole = {&all, 1};
	struct ranges taken = taken_ranges(plan);
	uint64_t ipa;

	ranges_add_all(&taken, &plan->windows);
	ipa = ranges_find(&whole, &taken, size, BLOCK, 0, BELOW_4G);
	if (ipa == NO_PLACE)
		ipa = ranges_find(&whole, &taken, size, BLOCK, 0, 0);
	if (ipa == NO_PLACE)
		diag_error((struct place){plan->file, 1, 1},
			   "no %s of addresses are free for the health cell's view of hypervisor and images",
			   text_of_size(size));
	free(taken.at);
	return ipa;
}

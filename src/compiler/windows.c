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

static uint64_t directory_size(const struct plan *plan)
{
	return align_up(sizeof(struct directory) + plan->board.core_count * sizeof(struct directory_core) +
				plan->cell_count * sizeof(struct directory_cell),
			BP_WINDOW_ALIGN);
}

static uint64_t total(const struct plan *plan)
{
	uint64_t size = directory_size(plan) + OTHER_WINDOWS * BP_WINDOW_ALIGN +
			(plan->board.core_count + plan->cell_count) * PAIR;

	for (size_t i = 0; i < plan->channel_count; i++)
		size += align_up(plan->channels[i].size, BP_WINDOW_ALIGN);
	return size;
}

/* The lowest hole that is large enough, below 4 GiB where there is one. */
static uint64_t find_hole(const struct plan *plan, uint64_t size)
{
	struct range whole = {0, UINT64_C(1) << plan->board.pa_bits};
	const struct ranges space = {&whole, 1};
	struct ranges taken = {NULL, 0};
	uint64_t base;

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
	base = ranges_find(&space, &taken, size, BLOCK, 0, BELOW_4G);
	if (base == NO_PLACE)
		base = ranges_find(&space, &taken, size, BP_WINDOW_ALIGN, 0, BELOW_4G);
	return base == NO_PLACE ? ranges_find(&space, &taken, size, BLOCK, 0, 0) : base;
}

static uint64_t next(uint64_t *ipa, uint64_t size)
{
	const uint64_t base = *ipa;

	*ipa += align_up(size, BP_WINDOW_ALIGN);
	return base;
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
}

void windows_place(struct front *front)
{
	struct plan *const plan = front->plan;
	const uint64_t size = total(plan);
	uint64_t ipa = find_hole(plan, size), heartbeat, uart;

	if (ipa == NO_PLACE) {
		diag_error((struct place){plan->file, 1, 1},
			   "no %s of addresses are free for channels and the hypervisor's windows",
			   text_of_size(size));
		return;
	}
	heartbeat = next(&ipa, BP_WINDOW_ALIGN);
	uart = next(&ipa, BP_WINDOW_ALIGN);
	for (size_t i = 0; i < plan->cell_count; i++) {
		plan->cells[i].heartbeat_ipa = heartbeat;
		plan->cells[i].uart_ipa = plan->cells[i].flags & BP_CELL_LOG_CONSOLE ? uart : 0;
		if (plan->cells[i].flags & BP_CELL_HEALTH)
			place_health(plan, &plan->cells[i], &ipa);
	}
	for (size_t i = 0; i < plan->channel_count; i++)
		plan->channels[i].ipa = next(&ipa, plan->channels[i].size);
}

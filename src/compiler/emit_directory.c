// SPDX-License-Identifier: Apache-2.0
/*
 * emit_directory.c - struct directory: where the health cell finds everybody's telemetry.
 *
 * Read-only pages of the blueprint, in the health cell's guest-physical terms. Called by layout.c.
 */
#include <string.h>

#include "../blueprint/telemetry.h"
#include "digest.h"
#include "emit_interrupts.h"
#include "layout.h"

static int health_cell(const struct plan *plan)
{
	for (size_t i = 0; i < plan->cell_count; i++)
		if (plan->cells[i].flags & BP_CELL_HEALTH)
			return (int)i;
	return -1;
}

uint64_t directory_size(const struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	const uint64_t size = sizeof(struct directory) +
			      plan->board.core_count * sizeof(struct directory_core) +
			      plan->cell_count * sizeof(struct directory_cell);

	return health_cell(plan) < 0 ? 0 : align_up(size, BP_PAGE_SIZE);
}

static void cores_fill(const struct layout *layout, const struct plan_cell *health,
		       struct directory_core *cores)
{
	for (size_t i = 0; i < layout->plan->board.core_count; i++) {
		const struct core_layout *const core = &layout->cores[i];

		cores[i] = (struct directory_core){.mpidr = layout->plan->board.mpidrs[i],
						   .cell = core->cell,
						   .core_in_cell = core->core_in_cell};
		if (core->cell == NO_CELL)
			continue;
		cores[i].telemetry_ipa = health->core_windows_ipa[i];
		cores[i].ring_ipa = health->core_windows_ipa[i] + WINDOW_STEP;
	}
}

static void cells_fill(const struct layout *layout, int health_index, struct directory_cell *cells)
{
	const struct plan *const plan = layout->plan;
	const struct plan_cell *const health = &plan->cells[health_index];

	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const cell = &plan->cells[i];

		cells[i] = (struct directory_cell){
			/* Its own it has already, where it writes it. */
			.heartbeat_ipa =
				(int)i == health_index ? health->heartbeat_ipa : health->cell_windows_ipa[i],
			.log_ipa = layout->cells[i].log_pa ? health->cell_windows_ipa[i] + WINDOW_STEP : 0,
			.heartbeat_ns = cell->heartbeat_ns,
			.boot_timeout_ns = cell->boot_timeout_ns,
			.restart_window_ns = cell->restart_window_ns,
			.restart_max = cell->restart_max,
			.flags = cell_flags(plan, i),
			.first_core = cell->cores[0],
			.core_count = (uint32_t)cell->core_count,
			.mode = cell->mode,
		};
		strncpy(cells[i].name, cell->name, sizeof(cells[i].name) - 1);
		memcpy(cells[i].actions, cell->actions, sizeof(cell->actions));
	}
}

void directory_fill(struct layout *layout)
{
	const struct plan *const plan = layout->plan;
	const int health = health_cell(plan);
	struct directory *directory;
	uint8_t *base;

	if (health < 0)
		return;
	base = arena_at(&layout->file, layout->directory_pa);
	directory = (struct directory *)base;
	*directory = (struct directory){.magic = DIRECTORY_MAGIC, .abi = TELEMETRY_ABI};
	directory->cores = (struct bp_table){sizeof(*directory), (uint32_t)plan->board.core_count};
	directory->cells = (struct bp_table){
		directory->cores.offset + directory->cores.count * (uint32_t)sizeof(struct directory_core),
		(uint32_t)plan->cell_count};
	directory->size =
		directory->cells.offset + directory->cells.count * (uint32_t)sizeof(struct directory_cell);
	digest_of(plan->partitions.data, plan->partitions.size, directory->config_digest);
	cores_fill(layout, &plan->cells[health], (struct directory_core *)(base + directory->cores.offset));
	cells_fill(layout, health, (struct directory_cell *)(base + directory->cells.offset));
}

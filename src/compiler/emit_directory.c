// SPDX-License-Identifier: Apache-2.0
/*
 * emit_directory.c - struct directory: where the health cell finds everybody's telemetry.
 *
 * Read-only pages of the blueprint, in the health cell's guest-physical terms. Called by layout.c.
 */
#include <stdlib.h>
#include <string.h>

#include "../blueprint/telemetry.h"
#include "digest.h"
#include "emit_interrupts.h"
#include "emit_pci.h"
#include "layout.h"
#include "regions.h"
#include "release.h"

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
			      plan->cell_count * sizeof(struct directory_cell) +
			      streams_list(plan, NULL) * sizeof(struct directory_stream);

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

static uint64_t memory_granted(const struct plan_cell *cell)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < cell->ram_count; i++)
		bytes += cell->ram[i].size;
	return bytes;
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
			.memory_bytes = memory_granted(cell),
		};
		strncpy(cells[i].name, cell->name, sizeof(cells[i].name) - 1);
		memcpy(cells[i].actions, cell->actions, sizeof(cell->actions));
	}
}

static void streams_fill(const struct plan *plan, struct directory_stream *streams)
{
	const size_t count = streams_list(plan, NULL);
	struct bp_stream *const all = memory_new(count, sizeof(*all));

	streams_list(plan, all);
	for (size_t i = 0; i < count; i++)
		streams[i] = (struct directory_stream){all[i].cell, all[i].smmu, all[i].sid, 0};
	free(all);
}

/* The bytes of RAM that the ranges hold. */
static uint64_t ram_in(const struct board *board, struct ranges *set)
{
	struct ranges common;
	uint64_t bytes = 0;

	ranges_disjoin(set);
	common = ranges_common(&board->ram, set);
	for (size_t i = 0; i < common.count; i++)
		bytes += common.at[i].size;
	free(common.at);
	free(set->at);
	return bytes;
}

/* A cell may have reserved memory, that of its devices; where memory has colours none has.
 * [impl->swr~compile-directory~1] */
static void memory_fill(const struct layout *layout, struct directory *directory)
{
	const struct plan *const plan = layout->plan;
	struct ranges all = {NULL, 0}, nobodys = {NULL, 0}, cells = {NULL, 0};
	uint64_t granted = 0;

	directory->hypervisor_bytes = layout->writable_pa + layout->writable_size - layout->load_pa;
	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const cell = &plan->cells[i];

		granted += memory_granted(cell);
		for (size_t at = 0; at < cell->file_count; at++)
			directory->hypervisor_bytes += align_up(cell->files[at].file.size, BP_PAGE_SIZE);
		for (size_t at = 0; at < cell->ram_count && !plan->palettes; at++)
			ranges_add(&cells, cell->ram[at].pa, cell->ram[at].size);
	}
	ranges_add_all(&all, &plan->board.ram);
	directory->ram_bytes = ram_in(&plan->board, &all);
	/* Reserved, and not a cell's: what both have less what cells have. */
	regions_reserved(&plan->board, &nobodys);
	ranges_add_all(&nobodys, &cells);
	directory->unassigned_bytes = directory->ram_bytes - directory->hypervisor_bytes - granted -
				      ram_in(&plan->board, &nobodys) + ram_in(&plan->board, &cells);
}

static struct directory_bytes bytes_at(const struct layout *layout, uint64_t pa, uint64_t size)
{
	return (struct directory_bytes){constants_ipa(layout, pa), size};
}

static bool maps(const struct cell_layout *cell, uint64_t ipa)
{
	for (size_t i = 0; i < cell->map_count; i++)
		if (ipa - cell->maps[i].ipa < cell->maps[i].size)
			return true;
	return false;
}

/* Another cell's RAM, if there is one; else the hypervisor's. Windows lie where there is no RAM, so it is no
 * address of the health cell's but by its `ram-base`. [impl->swr~compile-directory~1] */
static uint64_t proof_page(const struct layout *layout, size_t health)
{
	const struct plan *const plan = layout->plan;

	for (size_t i = 0; i < plan->cell_count; i++)
		if (i != health && plan->cells[i].ram_count &&
		    !maps(&layout->cells[health], plan->cells[i].ram[0].pa))
			return plan->cells[i].ram[0].pa;
	return maps(&layout->cells[health], layout->writable_pa) ? 0 : layout->writable_pa;
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
	*directory = (struct directory){
		.magic = DIRECTORY_MAGIC, .abi = TELEMETRY_ABI, .crash_ipa = plan->cells[health].crash_ipa};
	directory->cores = (struct bp_table){sizeof(*directory), (uint32_t)plan->board.core_count};
	directory->cells = (struct bp_table){
		directory->cores.offset + directory->cores.count * (uint32_t)sizeof(struct directory_core),
		(uint32_t)plan->cell_count};
	directory->size =
		directory->cells.offset + directory->cells.count * (uint32_t)sizeof(struct directory_cell);
	directory->streams = (struct bp_table){directory->size, (uint32_t)streams_list(plan, NULL)};
	directory->size += directory->streams.count * (uint32_t)sizeof(struct directory_stream);
	directory->build_time = plan->build_time;
	directory->proof_ipa = proof_page(layout, (size_t)health);
	strncpy(directory->version, BULKHEAD_VERSION, sizeof(directory->version) - 1);
	directory->integrity = bytes_at(layout, layout->constants.table_pa, layout->constants.table_size);
	directory->json = bytes_at(layout, layout->constants.json_pa, layout->constants.json_size);
	directory->svg = bytes_at(layout, layout->constants.svg_pa, layout->constants.svg_size);
	digest_of(plan->partitions.data, plan->partitions.size, directory->config_digest);
	image_digest(layout, directory->binary_digest);
	memory_fill(layout, directory);
	streams_fill(plan, (struct directory_stream *)(base + directory->streams.offset));
	cores_fill(layout, &plan->cells[health], (struct directory_core *)(base + directory->cores.offset));
	cells_fill(layout, health, (struct directory_cell *)(base + directory->cells.offset));
}

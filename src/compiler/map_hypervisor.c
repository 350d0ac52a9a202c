// SPDX-License-Identifier: Apache-2.0
/*
 * map_hypervisor.c - the hypervisor's share in the map: its memory by part, per core and per cell, and
 * the table of windows (who writes, who reads) that every other mapping would be a violation of.
 */
#include <inttypes.h>

#include "../blueprint/telemetry.h"
#include "map.h"

static uint64_t per_core_bytes(const struct layout *layout)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < HV_SEGMENTS && layout->hv.segments[i].size; i++)
		if (layout->hv.segments[i].flags & HV_SEG_PER_CORE)
			bytes += layout->hv.segments[i].size;
	return bytes;
}

static void print_memory(const struct layout *layout, FILE *out)
{
	const uint64_t end = layout->writable_pa + layout->writable_size;

	fprintf(out, "hypervisor: %#" PRIx64 " - %#" PRIx64 ", %" PRIu64 " KiB\n", layout->load_pa, end - 1,
		(end - layout->load_pa) / 1024);
	fprintf(out, "  bulkhead.bin              %8" PRIu64 " KiB\n", layout->hv.file_size / 1024);
	fprintf(out, "  blueprint                 %8" PRIu64 " KiB at %#" PRIx64 "\n",
		layout->file.size / 1024, layout->file.pa);
	fprintf(out, "    boot tables             %8" PRIu64 " KiB\n", layout->boot_table_bytes / 1024);
	fprintf(out, "    tables of text, shared  %8" PRIu64 " KiB\n", layout->shared_table_bytes / 1024);
	fprintf(out, "  writable                  %8" PRIu64 " KiB at %#" PRIx64 "\n",
		layout->writable_size / 1024, layout->writable_pa);
}

static void print_cores(const struct layout *layout, FILE *out)
{
	const struct plan *const plan = layout->plan;

	for (size_t i = 0; i < plan->board.core_count; i++) {
		const struct core_layout *const core = &layout->cores[i];

		if (core->cell == NO_CELL)
			fprintf(out, "  core %-3zu unassigned: never started\n", i);
		else
			fprintf(out,
				"  core %-3zu %-16s %5" PRIu64 " KiB: data and stack %" PRIu64
				", telemetry and events %" PRIu64 ", tables %" PRIu64 "\n",
				i, plan->cells[core->cell].name,
				(per_core_bytes(layout) + 2 * BP_PAGE_SIZE + core->table_bytes) / 1024,
				per_core_bytes(layout) / 1024, 2 * BP_PAGE_SIZE / 1024,
				core->table_bytes / 1024);
	}
}

static void print_cells(const struct layout *layout, FILE *out)
{
	const struct plan *const plan = layout->plan;

	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct cell_layout *const cell = &layout->cells[i];
		const uint64_t record = align_up(cell->record_size, BP_PAGE_SIZE);
		const uint64_t tree = align_up(cell->tree.size, BP_PAGE_SIZE);
		const uint64_t pages = (cell->log_pa ? 3 : 2) * BP_PAGE_SIZE;

		fprintf(out,
			"  cell %-20s %5" PRIu64 " KiB: record %" PRIu64 ", stage-2 tables %" PRIu64
			" (%" PRIu32 "-bit), device tree %" PRIu64 ", state, heartbeat, log %" PRIu64 "\n",
			plan->cells[i].name, (record + tree + pages + cell->stage2_bytes) / 1024,
			record / 1024, cell->stage2_bytes / 1024, cell->ipa_bits, tree / 1024, pages / 1024);
	}
	fputc('\n', out);
}

static void print_window(FILE *out, const char *what, uint64_t pa, const char *writer, const char *readers)
{
	fprintf(out, "  %#-14" PRIx64 " %-28s %-32s %s\n", pa, what, writer, readers);
}

static void print_windows(const struct layout *layout, FILE *out)
{
	const struct plan *const plan = layout->plan;

	fputs("windows\n", out);
	fprintf(out, "  %-14s %-28s %-32s read by\n", "physical", "what", "written by");
	for (size_t i = 0; i < plan->board.core_count; i++) {
		const struct core_layout *const core = &layout->cores[i];

		if (core->cell == NO_CELL)
			continue;
		print_window(out, text_format("telemetry of core %zu", i), core->telemetry_pa,
			     text_format("EL2 of core %zu", i), "EL2 of its cell's cores, health cell");
		print_window(out, text_format("events of core %zu", i), core->ring_pa,
			     text_format("EL2 of core %zu", i), "health cell");
	}
	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct cell_layout *const cell = &layout->cells[i];
		const char *const name = plan->cells[i].name;

		print_window(out, text_format("stage-2 root of %s", name), cell->stage2.root_pa,
			     text_format("EL2 of %s and service core", name), "the same, and the MMU");
		print_window(out, text_format("state of %s", name), cell->state_pa,
			     text_format("EL2 of %s", name), "the same");
		print_window(out, text_format("heartbeat of %s", name), cell->heartbeat_pa,
			     text_format("cell %s, EL2 of its first core", name), "health cell");
		if (cell->log_pa)
			print_window(out, text_format("log of %s", name), cell->log_pa,
				     text_format("EL2 of %s", name), "health cell");
	}
	print_window(out, "orders", layout->orders_pa,
		     text_format("EL2 of service core %" PRIu32, plan->service_core), "EL2 of all cores");
	for (size_t i = 0; plan->board.crash.size && i < plan->board.core_count; i++)
		if (layout->cores[i].cell != NO_CELL)
			print_window(out, text_format("crash dump of core %zu", i),
				     plan->board.crash.base + (i + 1) * BP_PAGE_SIZE,
				     text_format("EL2 of core %zu", i), "the boot");
	if (plan->board.crash.size)
		print_window(out, "crash-audit record", plan->board.crash.base, "the boot", "health cell");
	if (layout->directory_size)
		print_window(out, "directory", layout->directory_pa, "nobody", "health cell");
	for (size_t i = 0; i < layout->constants.count; i++)
		print_window(out, layout->constants.list[i].name, layout->constants.list[i].pa, "nobody",
			     "health cell");
}

void map_print_hypervisor(const struct layout *layout, FILE *out)
{
	print_memory(layout, out);
	print_cores(layout, out);
	print_cells(layout, out);
	print_windows(layout, out);
}

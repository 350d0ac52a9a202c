// SPDX-License-Identifier: Apache-2.0
/*
 * emit_stage2.c - what each cell sees of the machine: its stage-2 tables, VTCR_EL2 and VTTBR_EL2.
 *
 * stage2_list() names every mapping; stage2_build() writes the tables that the cell's cores walk. What
 * is emulated (GIC, console) is in neither: unmapped, so that an access traps with HPFAR_EL2 valid.
 * Called by layout.c; map.c prints the list.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../blueprint/telemetry.h"
#include "emit.h"
#include "emit_pci.h"
#include "layout.h"

#define IPA_BITS_ONE_PAGE 39u /* a level-1 table: 512 entries of 1 GiB */

/* VTCR_EL2 (Arm ARM D17.2.157). VS, HA, HD stay 0: 8-bit VMIDs, no hardware updates. */
#define VTCR_T0SZ(bits) (UINT64_C(64) - (bits))
#define VTCR_SL0_LEVEL1 (UINT64_C(1) << 6)
#define VTCR_IRGN0_WBWA (UINT64_C(1) << 8)
#define VTCR_ORGN0_WBWA (UINT64_C(1) << 10)
#define VTCR_SH0_INNER	(UINT64_C(3) << 12)
#define VTCR_PS_AT	16
#define VTCR_RES1	(UINT64_C(1) << 31)
#define VTTBR_VMID_AT	48

static const uint64_t attributes[] = {
	[MAP_RAM] = STAGE2_NORMAL | STAGE2_READ | STAGE2_WRITE,
	[MAP_DEVICE] = STAGE2_DEVICE | STAGE2_READ | STAGE2_WRITE | TABLE_XN,
	[MAP_SHARED] = STAGE2_NONCACHE | STAGE2_READ | STAGE2_WRITE | TABLE_XN,
	[MAP_SHARED_READ] = STAGE2_NONCACHE | STAGE2_READ | TABLE_XN,
	[MAP_WATCH] = STAGE2_NORMAL | STAGE2_READ | TABLE_XN,
};

uint32_t pa_range(uint32_t bits)
{
	static const uint32_t sizes[] = {32, 36, 40, 42, 44, 48};
	uint32_t encoding = 0;

	while (encoding + 1 < sizeof(sizes) / sizeof(sizes[0]) && sizes[encoding + 1] <= bits)
		encoding++;
	return encoding;
}

int cell_position(const int *cells, size_t count, size_t cell)
{
	for (size_t i = 0; i < count; i++)
		if (cells[i] == (int)cell)
			return (int)i;
	return -1;
}

void stage2_add(struct cell_layout *cell, uint64_t ipa, uint64_t pa, uint64_t size, enum map_kind kind,
		const char *what)
{
	cell->maps = memory_grow(cell->maps, cell->map_count, sizeof(*cell->maps));
	cell->maps[cell->map_count++] = (struct stage2_map){ipa, pa, size, kind, what, NULL};
}

/* Two small devices of one cell may share a page: it is mapped once. */
static bool page_listed(const struct cell_layout *cell, uint64_t ipa)
{
	for (size_t i = 0; i < cell->map_count; i++)
		if (cell->maps[i].kind == MAP_DEVICE && ipa - cell->maps[i].ipa < cell->maps[i].size)
			return true;
	return false;
}

static void add_device(struct cell_layout *cell, const struct device *device)
{
	for (size_t i = 0; i < device->regs.count; i++) {
		const struct range *const reg = &device->regs.at[i];
		const uint64_t end = align_up(reg->base + reg->size, BP_PAGE_SIZE);
		uint64_t page = align_down(reg->base, BP_PAGE_SIZE);

		while (page < end && page_listed(cell, page))
			page += BP_PAGE_SIZE;
		if (page < end)
			stage2_add(cell, page, page, end - page, MAP_DEVICE, device->path);
	}
}

/* Of a flash that is nobody's, the bank of the boot state, or an SPI flash's controller.
 * [impl->swr~compile-boot-state~1] */
static void add_boot_state(struct cell_layout *out, const struct plan *plan)
{
	const struct boot_state *const state = &plan->boot_state;

	stage2_add(out, state->flash.base, state->flash.base, state->flash.size, MAP_DEVICE,
		   state->medium == BOOT_MEDIUM_CFI ? text_format("bank %" PRIu32 " of %s", state->bank,
								  plan->board.devices[state->device].path)
						    : plan->board.devices[state->device].path);
}

/* The memory BARs of the functions that it has, where the functions decode them. */
static void add_functions(const struct layout *layout, struct cell_layout *out, size_t cell)
{
	const struct plan *const plan = layout->plan;

	for (size_t i = 0; i < plan->cells[cell].function_count; i++) {
		const struct pci_function *const function = cell_function(plan, cell, i);

		for (unsigned int j = 0; !plan->cells[cell].functions[i].ghost && j < PCI_BARS; j++)
			if (function->bars[j].address)
				stage2_add(out, function->bars[j].address, function->bars[j].address,
					   align_up(function->bars[j].size, BP_PAGE_SIZE), MAP_DEVICE,
					   text_format("BAR %u of %s", j, function->address));
	}
}

static void add_channels(const struct layout *layout, struct cell_layout *out, size_t cell)
{
	const struct plan *const plan = layout->plan;

	for (size_t i = 0; i < plan->channel_count; i++) {
		const struct plan_channel *const channel = &plan->channels[i];
		const bool writes = cell_position(channel->writers, channel->writer_count, cell) >= 0;
		const bool reads = cell_position(channel->readers, channel->reader_count, cell) >= 0;

		if (writes || reads)
			stage2_add(out, channel->ipa, layout->channel_pa[i],
				   align_up(channel->size, BP_PAGE_SIZE),
				   writes ? MAP_SHARED : MAP_SHARED_READ,
				   text_format("channel %s", channel->name));
	}
}

/* What the health cell watches the machine by: all of it read-only. */
static void add_watched(const struct layout *layout, struct cell_layout *out, size_t cell)
{
	const struct plan *const plan = layout->plan;
	const struct plan_cell *const own = &plan->cells[cell];

	stage2_add(out, own->directory_ipa, layout->directory_pa, layout->directory_size, MAP_WATCH,
		   "directory");
	if (own->crash_ipa)
		stage2_add(out, own->crash_ipa, plan->board.crash.base, BP_PAGE_SIZE, MAP_SHARED_READ,
			   "crash-audit record");
	for (size_t i = 0; own->core_windows_ipa && i < plan->board.core_count; i++) {
		const struct core_layout *const core = &layout->cores[i];

		if (core->cell == NO_CELL)
			continue;
		stage2_add(out, own->core_windows_ipa[i], core->telemetry_pa, BP_PAGE_SIZE, MAP_WATCH,
			   text_format("telemetry of core %zu", i));
		stage2_add(out, own->core_windows_ipa[i] + WINDOW_STEP, core->ring_pa, BP_PAGE_SIZE,
			   MAP_WATCH, text_format("events of core %zu", i));
	}
	for (size_t i = 0; own->cell_windows_ipa && i < plan->cell_count; i++) {
		if (i != cell)
			stage2_add(out, own->cell_windows_ipa[i], layout->cells[i].heartbeat_pa, BP_PAGE_SIZE,
				   MAP_SHARED_READ, text_format("heartbeat of %s", plan->cells[i].name));
		if (layout->cells[i].log_pa)
			stage2_add(out, own->cell_windows_ipa[i] + WINDOW_STEP, layout->cells[i].log_pa,
				   BP_PAGE_SIZE, MAP_WATCH, text_format("log of %s", plan->cells[i].name));
	}
	constants_list(layout, out);
}

static int by_ipa(const void *a, const void *b)
{
	const uint64_t left = ((const struct stage2_map *)a)->ipa;
	const uint64_t right = ((const struct stage2_map *)b)->ipa;

	return (left > right) - (left < right);
}

/* Emulated pages count too: they must be inside the IPA space for their accesses to be told apart. */
static uint64_t highest_ipa(const struct layout *layout, size_t cell)
{
	const struct plan *const plan = layout->plan;
	const struct plan_cell *const own = &plan->cells[cell];
	const struct cell_layout *const out = &layout->cells[cell];
	const struct pci_host *const host = cell_host(plan, cell);
	const struct range messages = cell_message_page(plan, cell);
	uint64_t highest = plan->board.gicd.base + (GICD_SIZE - 1); /* last bytes: an end may be 2^64 */

	for (size_t i = 0; i < out->map_count; i++)
		if (out->maps[i].ipa + (out->maps[i].size - 1) > highest)
			highest = out->maps[i].ipa + (out->maps[i].size - 1);
	for (size_t i = 0; i < own->core_count; i++)
		if (layout->cores[own->cores[i]].gicr_pa + (GICR_SIZE - 1) > highest)
			highest = layout->cores[own->cores[i]].gicr_pa + (GICR_SIZE - 1);
	if (own->uart_ipa + (PL011_SIZE - 1) > highest)
		highest = own->uart_ipa + (PL011_SIZE - 1);
	if (host && host->ecam + (PCI_BUS_SIZE - 1) > highest)
		highest = host->ecam + (PCI_BUS_SIZE - 1);
	if (messages.size && messages.base + (messages.size - 1) > highest)
		highest = messages.base + (messages.size - 1);
	return highest;
}

/* The smallest IPA space that a start at level 1 can have and the cell fits in. */
static bool ipa_size(struct layout *layout, size_t cell)
{
	struct cell_layout *const out = &layout->cells[cell];
	const uint32_t pa_bits = layout->plan->board.pa_bits;
	const uint64_t highest = highest_ipa(layout, cell);

	out->ipa_bits = pa_bits < IPA_BITS_ONE_PAGE ? pa_bits : IPA_BITS_ONE_PAGE;
	out->root_pages = 1;
	while (highest >> out->ipa_bits) {
		out->ipa_bits++;
		out->root_pages *= 2;
		/* An IPA space larger than the PA space faults on every access (Arm ARM D8.2.8). */
		if (out->ipa_bits > pa_bits || out->ipa_bits > IPA_BITS_MOST) {
			diag_error(cell_place(layout->plan, cell),
				   "cell '%s' needs guest-physical address %#" PRIx64
				   ", beyond the %u bits that board '%s' and this compiler admit",
				   layout->plan->cells[cell].name, highest,
				   pa_bits < IPA_BITS_MOST ? pa_bits : IPA_BITS_MOST,
				   layout->plan->board.name);
			return false;
		}
	}
	return true;
}

bool stage2_list(struct layout *layout, size_t cell)
{
	const struct plan *const plan = layout->plan;
	const struct plan_cell *const own = &plan->cells[cell];
	struct cell_layout *const out = &layout->cells[cell];

	out->maps = NULL;
	out->map_count = 0;
	for (size_t i = 0; i < own->ram_count; i++) {
		stage2_add(out, own->ram[i].ipa, own->ram[i].pa, own->ram[i].size, MAP_RAM,
			   own->ram[i].keep ? "RAM, kept over restarts" : "RAM");
		out->maps[out->map_count - 1].palette = layout_palette(layout, cell);
	}
	for (size_t i = 0; i < plan->board.device_count; i++)
		if (plan->board.devices[i].owner == (int)cell)
			add_device(out, &plan->board.devices[i]);
	if (plan->boot_state.wanted && plan->boot_state.cell == cell &&
	    !boot_state_in_emmc(&plan->boot_state))
		add_boot_state(out, plan);
	add_functions(layout, out, cell);
	stage2_add(out, own->heartbeat_ipa, out->heartbeat_pa, BP_PAGE_SIZE, MAP_SHARED, "heartbeat");
	add_channels(layout, out, cell);
	if (own->flags & BP_CELL_HEALTH)
		add_watched(layout, out, cell);
	qsort(out->maps, out->map_count, sizeof(*out->maps), by_ipa);
	return ipa_size(layout, cell);
}

uint32_t stage2_root_entries(const struct cell_layout *cell)
{
	uint64_t next = 0; /* the list is sorted: slots below this one are counted */
	uint32_t count = 0;

	for (size_t i = 0; i < cell->map_count; i++) {
		const uint64_t last = (cell->maps[i].ipa + cell->maps[i].size - 1) / TABLE_BLOCK_1G;
		const uint64_t first = cell->maps[i].ipa / TABLE_BLOCK_1G;
		const uint64_t from = first > next ? first : next;

		if (last >= from) {
			count += (uint32_t)(last - from + 1);
			next = last + 1;
		}
	}
	return count;
}

/* Memory in pieces is mapped piece by piece. */
static bool pieces_map(const struct pagetable *table, const struct stage2_map *map)
{
	bool done = true;

	for (struct run run = run_first(map->palette, map->pa, map->size); run.size && done; run_next(&run))
		done = table_map(table, map->ipa + run.offset, run.pa, run.size, attributes[map->kind]);
	return done;
}

/* [impl->swr~compile-stage2~1] */
bool stage2_build(struct layout *layout, size_t cell)
{
	struct cell_layout *const out = &layout->cells[cell];
	const uint64_t before = arena_taken(&layout->file);

	out->stage2 = table_new(&layout->file, out->root_pages);
	for (size_t i = 0; i < out->map_count; i++) {
		const struct stage2_map *const own = &out->maps[i];

		if (pieces_map(&out->stage2, own))
			continue;
		diag_error(cell_place(layout->plan, cell),
			   "cell '%s' has two things at one guest-physical address: %s at %#" PRIx64
			   ", %#" PRIx64 " bytes, overlaps another",
			   layout->plan->cells[cell].name, own->what, own->ipa, own->size);
		return false;
	}
	out->stage2_bytes = arena_taken(&layout->file) - before;
	return true;
}

uint64_t stage2_vtcr(const struct layout *layout, size_t cell)
{
	return VTCR_T0SZ(layout->cells[cell].ipa_bits) | VTCR_SL0_LEVEL1 | VTCR_IRGN0_WBWA | VTCR_ORGN0_WBWA |
	       VTCR_SH0_INNER | (uint64_t)pa_range(layout->plan->board.pa_bits) << VTCR_PS_AT | VTCR_RES1;
}

uint64_t stage2_vttbr(const struct layout *layout, size_t cell)
{
	return (uint64_t)(cell + 1) << VTTBR_VMID_AT | layout->cells[cell].stage2.root_pa;
}

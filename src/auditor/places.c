// SPDX-License-Identifier: Apache-2.0
/*
 * places.c - what every page of the hypervisor's memory is for: found through its owner's root, so
 * that everybody else's mapping can be compared with it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static void place_add(struct audit *audit, enum place_kind kind, int owner, uint64_t pa, uint64_t size)
{
	const uint64_t from = page_down(pa);
	const struct place place = {from, page_up(end_of(pa, size)) - from, kind, owner};

	if (!size || pa == PA_NONE)
		return;
	audit->places = memory_grow(audit->places, audit->place_count, sizeof(place));
	audit->places[audit->place_count++] = place;
}

/* Where a core's window leads, if its field is set and its pages are there. */
static uint64_t window_pa(const struct spans *map, uint64_t va, uint64_t size)
{
	uint64_t pa;

	if (!va || !spans_translate(map, va, size, &pa))
		return PA_NONE;
	return pa;
}

uint64_t gic_frame(const struct board *board, size_t core)
{
	uint32_t stride_high = 0, stride_low = 0;
	uint64_t stride = 0x20000;
	size_t frame = core;

	if (node_u32(&board->tree, board->gic, "redistributor-stride", 0, &stride_high) &&
	    node_u32(&board->tree, board->gic, "redistributor-stride", 1, &stride_low))
		stride = (uint64_t)stride_high << 32 | stride_low;
	for (size_t i = 1; stride && i < board->gic->reg_count; i++) {
		const uint64_t frames = board->gic->regs[i].size / stride;

		if (frame < frames)
			return board->gic->regs[i].base + frame * stride;
		frame -= frames;
	}
	return PA_NONE;
}

static void private_places(struct audit *audit, int number)
{
	const struct spans *map = &audit->cores[number].map;
	const struct hv_segment *segments = audit->hv.segments;

	for (unsigned int s = 0; s < HV_SEGMENTS && segments[s].size; s++) {
		const uint64_t va = segments[s].va, end = va + segments[s].size;

		if (!(segments[s].flags & HV_SEG_PER_CORE))
			continue;
		for (size_t i = spans_find(map, va); i < map->count && map->list[i].va < end; i++) {
			const struct span *span = &map->list[i];
			const uint64_t from = span->va > va ? span->va : va;
			const uint64_t to = span->va + span->size < end ? span->va + span->size : end;

			place_add(audit, PLACE_PRIVATE, number, span->pa + (from - span->va), to - from);
		}
	}
}

/* Where memory has colours each core runs a copy of the text; cores of one colour share it. */
static void text_places(struct audit *audit, int cell, const struct spans *map)
{
	const struct hv_segment *segments = audit->hv.segments;

	for (unsigned int s = 0; audit->colors && s < HV_SEGMENTS && segments[s].size; s++) {
		for (uint64_t at = 0; at < segments[s].size; at += BP_PAGE_SIZE) {
			const uint64_t pa = window_pa(map, segments[s].va + at, BP_PAGE_SIZE);
			size_t i = 0;

			if (segments[s].flags & (HV_SEG_PER_CORE | HV_SEG_BOOT | HV_SEG_IDENTITY))
				break;
			while (i < audit->place_count && audit->places[i].pa != pa)
				i++;
			if (i == audit->place_count && blueprint_at(audit, pa, BP_PAGE_SIZE))
				place_add(audit, PLACE_TEXT, cell, pa, BP_PAGE_SIZE);
		}
	}
}

static void core_places(struct audit *audit, const struct cell *cell, uint32_t index)
{
	const uint32_t number = cell->cores[index].machine_core;
	struct core *core = number < audit->core_count ? &audit->cores[number] : NULL;

	if (!core || core->cell != cell_number(audit, cell) || core->boot.core_in_cell != index)
		return; /* rule_cores reports it */
	core->telemetry_pa = window_pa(&core->map, cell->cores[index].telemetry_va, BP_PAGE_SIZE);
	core->ring_pa = window_pa(&core->map, cell->cores[index].ring_va, BP_PAGE_SIZE);
	core->frame_pa = gic_frame(&audit->board, number);
	private_places(audit, (int)number);
	text_places(audit, cell_number(audit, cell), &core->map);
	place_add(audit, PLACE_TELEMETRY, (int)number, core->telemetry_pa, BP_PAGE_SIZE);
	place_add(audit, PLACE_RING, (int)number, core->ring_pa, BP_PAGE_SIZE);
}

static void cell_places(struct audit *audit, struct cell *cell)
{
	const struct spans *map = &audit->cores[cell->first_core].map;
	const struct bp_cell *record = cell->record;
	const int number = cell_number(audit, cell);

	cell->state_pa = window_pa(map, record->state_va, BP_PAGE_SIZE);
	cell->log_pa = window_pa(map, record->log_va, BP_PAGE_SIZE);
	cell->pci_state_pa = window_pa(map, record->pci_state_va, BP_PAGE_SIZE);
	cell->heartbeat_pa = window_pa(map, record->heartbeat_va, BP_PAGE_SIZE);
	for (uint32_t i = 0; i < record->cores.count; i++)
		core_places(audit, cell, i);
	place_add(audit, PLACE_STATE, number, cell->state_pa, BP_PAGE_SIZE);
	place_add(audit, PLACE_PCI_STATE, number, cell->pci_state_pa, BP_PAGE_SIZE);
	place_add(audit, PLACE_LOG, number, cell->log_pa, BP_PAGE_SIZE);
	place_add(audit, PLACE_HEARTBEAT, number, cell->heartbeat_pa, BP_PAGE_SIZE);
	place_add(audit, PLACE_RECORD, number, cell->record_pa, record->size);
	if (cell->walked)
		place_add(audit, PLACE_ROOT, number, page_down(cell->walk.root_pa),
			  cell->walk.root_pages * BP_PAGE_SIZE);
	for (uint32_t i = 0; i < record->images.count; i++) {
		const struct bp_image *image = &cell->images[i];

		if (image->dest_ipa == record->tree_ipa && blueprint_at(audit, image->pa, image->size))
			place_add(audit, PLACE_TREE, number, image->pa, image->size);
	}
}

/* Each declared channel once: rule_channels checks that all parties mean the same pages. */
static void channel_places(struct audit *audit)
{
	bool *placed = memory_zeroed(audit->partition.channel_count, sizeof(*placed));

	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];

		for (uint32_t i = 0; cell->known && i < cell->record->channels.count; i++) {
			const struct partition_channel *channel = channel_named(audit, cell, i);
			const size_t number = channel ? (size_t)(channel - audit->partition.channels) : 0;

			if (!channel || placed[number])
				continue;
			placed[number] = true;
			place_add(audit, PLACE_CHANNEL, (int)number, cell->channels[i].pa,
				  cell->channels[i].size);
		}
	}
	free(placed);
}

/* Tables of aborts are shared by many: each array of entries is one place. */
static void arrays_places(struct audit *audit, int smmu)
{
	const struct stream_table *table = &audit->streams[smmu];
	bool *seen = memory_zeroed(audit->header->size / BP_PAGE_SIZE, sizeof(*seen));

	for (uint64_t sid = 0; !(sid >> table->log2); sid += UINT64_C(1) << table->split) {
		const uint64_t pa = stream_entry(audit, table, sid);
		const uint64_t page = pa == PA_NONE ? 0 : (pa - audit->blueprint_pa) / BP_PAGE_SIZE;

		if (pa == PA_NONE || seen[page])
			continue;
		seen[page] = true;
		place_add(audit, PLACE_STREAMS, smmu, pa, UINT64_C(64) << table->split);
	}
	free(seen);
}

static void stream_places(struct audit *audit)
{
	const uint64_t address = UINT64_C(0x000fffffffffffe0);

	for (size_t i = 0; i < audit->smmu_count; i++) {
		const struct stream_table *table = &audit->streams[i];
		const uint64_t command = audit->smmus[i].cmdq_base, event = audit->smmus[i].eventq_base;

		if (!table->sound)
			continue;
		place_add(audit, PLACE_QUEUE, (int)i, command & address, UINT64_C(16) << (command & 0x1f));
		place_add(audit, PLACE_QUEUE, (int)i, event & address, UINT64_C(32) << (event & 0x1f));
		place_add(audit, PLACE_STREAMS, (int)i, table->base,
			  table->split ? UINT64_C(8) << (table->log2 - table->split)
				       : UINT64_C(64) << table->log2);
		if (table->split)
			arrays_places(audit, (int)i);
	}
}

static void message_places(struct audit *audit)
{
	uint64_t pa, size;

	for (size_t i = 0; i < audit->its_count; i++) {
		const struct its_state *state = &audit->its_states[i];
		const uint64_t queue = state->its->cbaser;

		place_add(audit, PLACE_COMMANDS, (int)i, queue & UINT64_C(0x000ffffffffff000),
			  ((queue & 0xff) + 1) * BP_PAGE_SIZE);
		for (size_t n = 0; n < sizeof(state->its->baser) / sizeof(state->its->baser[0]); n++)
			if (state->its->baser[n] && its_table(state->its->baser[n], &pa, &size))
				place_add(audit, PLACE_ITS, (int)i, pa, size);
		for (size_t n = 0; n < state->device_count; n++)
			place_add(audit, PLACE_ITS, (int)i, state->devices[n].itt_pa,
				  its_itt_size(state, &state->devices[n]));
	}
	for (size_t i = 0; i < audit->lpi_core_count; i++) {
		const struct bp_lpi_core *core = &audit->lpi_cores[i];

		pa = lpi_pending_pa(core, &size);
		place_add(audit, PLACE_PENDING, (int)core->core, pa, size);
		pa = lpi_config_pa(core, &size);
		if (core->propbaser != audit->lpi_cores[0].propbaser || !i)
			place_add(audit, PLACE_LPI_CONFIG, 0, pa, size);
	}
}

static void integrity_places(struct audit *audit)
{
	const struct directory *directory = audit->directory;
	uint64_t pa;

	if (!directory)
		return;
	const struct spans *seen = &audit->cells[audit->health].stage2;
	const struct directory_bytes *const maps[] = {&directory->json, &directory->svg};

	if (audit->integrity)
		place_add(audit, PLACE_INTEGRITY, 0, audit->integrity_pa, directory->integrity.size);
	for (unsigned int i = 0; i < 2; i++)
		if (spans_translate(seen, maps[i]->ipa, maps[i]->size, &pa) &&
		    blueprint_at(audit, pa, maps[i]->size))
			place_add(audit, PLACE_MAP, (int)i, pa, maps[i]->size);
}

static int by_pa(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	return a->pa < b->pa ? -1 : a->pa > b->pa;
}

void places_find(struct audit *audit)
{
	const uint32_t service_core = audit->header->service_core;

	audit->orders_pa = PA_NONE;
	place_add(audit, PLACE_SEGMENT, 0, audit->hv.load_pa, audit->hv.file_size);
	place_add(audit, PLACE_HEADER, 0, audit->blueprint_pa, sizeof(struct bp_header));
	for (size_t i = 0; i < audit->cell_count; i++) {
		if (audit->cells[i].known)
			cell_places(audit, &audit->cells[i]);
	}
	if (service_core < audit->core_count && audit->cores[service_core].cell != CELL_NONE_ID) {
		const struct cell *cell = &audit->cells[audit->cores[service_core].cell];
		const uint64_t size = page_up(audit->cell_count * sizeof(struct order));

		if (cell->known)
			audit->orders_pa =
				window_pa(&audit->cores[service_core].map, cell->record->orders_va, size);
		place_add(audit, PLACE_ORDERS, 0, audit->orders_pa, size);
	}
	if (audit->service)
		place_add(audit, PLACE_SERVICE, 0, audit->service_pa, audit->service->size);
	if (audit->directory)
		place_add(audit, PLACE_DIRECTORY, 0, audit->directory_pa, audit->directory->size);
	integrity_places(audit);
	if (audit->board.crash.size)
		place_add(audit, PLACE_CRASH_RECORD, 0, audit->board.crash.base, BP_PAGE_SIZE);
	for (size_t i = 0; audit->board.crash.size && i < audit->board.core_count; i++)
		place_add(audit, PLACE_CRASH_DUMP, (int)i, audit->board.crash.base + (i + 1) * BP_PAGE_SIZE,
			  BP_PAGE_SIZE);
	channel_places(audit);
	stream_places(audit);
	message_places(audit);
	for (size_t i = 0; i < audit->fit.file_count; i++)
		place_add(audit, PLACE_FILE, (int)i, audit->fit.files[i].load,
			  audit->fit.files[i].bytes.size);
	qsort(audit->places, audit->place_count, sizeof(*audit->places), by_pa);
}

const struct place *place_at(const struct audit *audit, uint64_t pa)
{
	size_t low = 0, high = audit->place_count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (end_of(audit->places[middle].pa, audit->places[middle].size) <= pa)
			low = middle + 1;
		else
			high = middle;
	}
	return low < audit->place_count && audit->places[low].pa <= pa ? &audit->places[low] : NULL;
}

uint32_t place_admits(const struct audit *audit, const struct place *place, int cell)
{
	const int asked = partition_number(audit, audit->cells[cell].asked);
	const bool health = cell == audit->health;

	switch (place->kind) {
	case PLACE_HEARTBEAT:
		if (cell == place->owner)
			return ATTR_READ | ATTR_WRITE | ATTR_NONCACHE;
		return health ? ATTR_READ | ATTR_NONCACHE : 0;
	case PLACE_CRASH_RECORD:
		return health ? ATTR_READ | ATTR_NONCACHE : 0;
	case PLACE_TELEMETRY:
	case PLACE_RING:
	case PLACE_LOG:
	case PLACE_DIRECTORY:
		return health ? ATTR_READ | ATTR_NORMAL : 0;
	case PLACE_CHANNEL:
		if (asked == CELL_NONE_ID || !audit->partition.channels[place->owner].roles[asked])
			return 0;
		if (audit->partition.channels[place->owner].roles[asked] & BP_CHANNEL_WRITES)
			return ATTR_READ | ATTR_WRITE | ATTR_NONCACHE;
		return ATTR_READ | ATTR_NONCACHE;
	default:
		return 0;
	}
}

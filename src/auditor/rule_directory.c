// SPDX-License-Identifier: Apache-2.0
/*
 * rule_directory.c - the health cell's directory: every core and cell, and windows that lead to them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

/* True when the health cell's IPA leads to that page; with no page there must be no IPA. */
static bool leads_to(const struct audit *audit, uint64_t ipa, uint64_t pa)
{
	uint64_t found;

	if (pa == PA_NONE)
		return ipa == 0;
	return spans_translate(&audit->cells[audit->health].stage2, ipa, BP_PAGE_SIZE, &found) && found == pa;
}

static void core_check(struct audit *audit, const struct directory_core *entry, size_t number)
{
	const struct core *core = &audit->cores[number];
	const uint32_t cell = core->cell == CELL_NONE_ID ? UINT32_MAX : (uint32_t)core->cell;

	if (entry->mpidr != core->boot.mpidr || entry->cell != cell ||
	    (core->cell != CELL_NONE_ID && entry->core_in_cell != core->boot.core_in_cell))
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: core %zu: MPIDR, cell or core in cell is wrong", number);
	if (!leads_to(audit, entry->telemetry_ipa, core->telemetry_pa))
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: core %zu: IPA 0x%" PRIx64 " isn't its telemetry", number,
			  entry->telemetry_ipa);
	if (!leads_to(audit, entry->ring_ipa, core->ring_pa))
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: core %zu: IPA 0x%" PRIx64 " isn't its event ring", number,
			  entry->ring_ipa);
}

static uint64_t granted(const struct cell *cell)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < cell->record->regions.count; i++)
		bytes += cell->regions[i].size;
	return bytes;
}

static void cell_check(struct audit *audit, const struct directory_cell *entry, const struct cell *cell)
{
	const struct bp_cell *record = cell->record;

	if (strncmp(entry->name, cell->name, sizeof(entry->name)) != 0 || entry->flags != record->flags ||
	    entry->mode != record->mode || entry->core_count != record->cores.count ||
	    entry->first_core != (uint32_t)cell->first_core)
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: %s: name, flags, mode or cores are wrong", cell->who);
	if (entry->heartbeat_ns != record->heartbeat_ns ||
	    entry->boot_timeout_ns != record->boot_timeout_ns ||
	    entry->restart_window_ns != record->restart_window_ns ||
	    entry->restart_max != record->restart_max ||
	    memcmp(entry->actions, record->actions, BP_ERROR_COUNT) != 0)
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: %s: times or actions aren't its record's", cell->who);
	if (entry->memory_bytes != granted(cell))
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: %s: 0x%" PRIx64 " bytes of memory, its record has 0x%" PRIx64,
			  cell->who, entry->memory_bytes, granted(cell));
	if (!leads_to(audit, entry->heartbeat_ipa, cell->heartbeat_pa))
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: %s: IPA 0x%" PRIx64 " isn't its heartbeat", cell->who,
			  entry->heartbeat_ipa);
	if (!leads_to(audit, entry->log_ipa, cell->log_pa))
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: %s: IPA 0x%" PRIx64 " isn't its log ring", cell->who, entry->log_ipa);
}

/* As it was linked: without what the packer wrote. */
static void binary_check(struct audit *audit, const struct directory *directory)
{
	const uint64_t image_size = audit->hv.file_size;
	uint8_t *image = memory_zeroed(audit->hv.file_size, 1);
	uint8_t digest[32];

	memcpy(image, audit->kernel, audit->hv.file_size);
	memcpy(image + IMAGE_SIZE_AT, &image_size, sizeof(image_size));
	image[IMAGE_FLAGS_AT] &= (uint8_t)~IMAGE_FLAG_ANYWHERE;
	memset(image + HV_HEADER_OFFSET + offsetof(struct hv_header, load_pa), 0, sizeof(audit->hv.load_pa));
	memset(image + HV_HEADER_OFFSET + offsetof(struct hv_header, console), 0, sizeof(audit->hv.console));
	digest_of((struct blob){image, audit->hv.file_size}, digest);
	free(image);
	if (memcmp(digest, directory->binary_digest, sizeof(digest)) != 0)
		violation(&audit->report, RULE_DIRECTORY, "directory: binary_digest isn't bulkhead.bin's");
	if (!memchr(directory->version, '\0', sizeof(directory->version)))
		violation(&audit->report, RULE_DIRECTORY, "directory: the version doesn't end");
}

/* The bytes of `spans`, va = pa, that the board has as RAM. Frees them. */
static uint64_t in_ram(const struct audit *audit, struct spans *spans)
{
	const struct spans *ram = &audit->board.ram;
	uint64_t bytes = 0;

	spans_normalize(spans, NULL, NULL);
	for (size_t i = 0; i < spans->count; i++) {
		const uint64_t from = spans->list[i].va, to = end_of(from, spans->list[i].size);

		for (size_t n = 0; n < ram->count; n++) {
			const uint64_t base = ram->list[n].va, end = end_of(base, ram->list[n].size);

			if (from < end && base < to)
				bytes += (to < end ? to : end) - (from > base ? from : base);
		}
	}
	spans_free(spans);
	return bytes;
}

static void range_add(struct spans *spans, uint64_t pa, uint64_t size)
{
	spans_add(spans, (struct span){pa, pa, size, 0, 0});
}

/* With the rest of their pages, which nobody can have. */
static void pages_add(struct spans *spans, const struct spans *more)
{
	for (size_t i = 0; i < more->count; i++) {
		const uint64_t from = page_down(more->list[i].va);

		range_add(spans, from, page_up(end_of(more->list[i].va, more->list[i].size)) - from);
	}
}

/* What nobody has: RAM less what is reserved, less what cells and the hypervisor have. */
static void memory_check(struct audit *audit, const struct directory *directory)
{
	const struct board *board = &audit->board;
	const struct bp_header *header = audit->header;
	struct spans ram = {0}, taken = {0};
	uint64_t granted_bytes = 0, all, used, hypervisor = audit->kernel_size + header->writable_size;

	for (size_t i = 0; i < board->ram.count; i++)
		range_add(&ram, board->ram.list[i].va, board->ram.list[i].size);
	/* What is reserved, and registers that the tree puts into RAM. */
	pages_add(&taken, &board->reserved);
	pages_add(&taken, &board->lent);
	pages_add(&taken, &board->registers);
	for (size_t i = 0; i < audit->fit.file_count; i++)
		hypervisor += page_up(audit->fit.files[i].bytes.size);
	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];

		if (!cell->known)
			return; /* SEP and FMT rules say so */
		/* Where memory has colours a cell has none that is reserved. */
		for (uint32_t i = 0; i < cell->record->regions.count && !audit->colors; i++)
			range_add(&taken, cell->regions[i].pa, cell->regions[i].size);
		granted_bytes += audit->colors ? granted(cell) : 0;
	}
	all = in_ram(audit, &ram);
	used = in_ram(audit, &taken) + granted_bytes + hypervisor;
	if (directory->ram_bytes != all || directory->hypervisor_bytes != hypervisor ||
	    directory->unassigned_bytes != all - used)
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: of 0x%" PRIx64 " bytes of RAM the hypervisor has 0x%" PRIx64
			  " and nobody 0x%" PRIx64 ", not 0x%" PRIx64 ", 0x%" PRIx64 " and 0x%" PRIx64,
			  all, hypervisor, all - used, directory->ram_bytes, directory->hypervisor_bytes,
			  directory->unassigned_bytes);
}

/* Those that the service core knows, which CONF-30 compares with the tables. */
static void streams_check(struct audit *audit, const struct directory *directory)
{
	const uint32_t count = audit->service ? audit->service->streams.count : 0;
	const struct directory_stream *streams =
		(const void *)((const uint8_t *)directory + directory->streams.offset);

	if (directory->streams.count != count)
		violation(&audit->report, RULE_DIRECTORY, "directory: %u streams, bp_service has %u",
			  directory->streams.count, count);
	for (uint32_t i = 0; i < count && i < directory->streams.count; i++) {
		const struct bp_stream *stream = &audit->service_streams[i];

		if (streams[i].cell != stream->cell || streams[i].smmu != stream->smmu ||
		    streams[i].sid != stream->sid)
			violation(&audit->report, RULE_DIRECTORY,
				  "directory: stream %u isn't bp_service's: 0x%x of IOMMU %u, cell %u", i,
				  streams[i].sid, streams[i].smmu, streams[i].cell);
	}
}

/* What the map says is for people; here it is only that there is one. */
static void map_check(struct audit *audit, const struct directory_bytes *map, const char *what)
{
	uint64_t pa;

	if (!spans_translate(&audit->cells[audit->health].stage2, map->ipa, map->size, &pa) ||
	    !blueprint_at(audit, pa, map->size))
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: the map as %s, 0x%" PRIx64 " bytes at IPA 0x%" PRIx64
			  ", isn't in the blueprint",
			  what, map->size, map->ipa);
}

/* RAM that another cell has at an address which is none of the health cell's. */
static bool is_provable(const struct audit *audit)
{
	for (size_t i = 0; i < audit->cell_count; i++) {
		const struct cell *cell = &audit->cells[i];

		for (uint32_t n = 0;
		     (int)i != audit->health && cell->known && n < cell->record->regions.count; n++)
			if (!spans_touch(&audit->cells[audit->health].stage2, cell->regions[n].pa,
					 BP_PAGE_SIZE))
				return true;
	}
	return false;
}

/* RAM, and none that the health cell reaches: what it reads there must be refused. */
static void proof_check(struct audit *audit, uint64_t ipa)
{
	uint64_t gap;

	if (!ipa && is_provable(audit))
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: the health cell has nothing to prove its stage 2 by");
	if (ipa && (ipa % BP_PAGE_SIZE || !spans_cover(&audit->board.ram, ipa, BP_PAGE_SIZE, &gap) ||
		    spans_touch(&audit->cells[audit->health].stage2, ipa, BP_PAGE_SIZE)))
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: the health cell proves its stage 2 at IPA 0x%" PRIx64
			  ", which is no RAM, or which it reaches",
			  ipa);
}

/* [impl->swr~audit-directory~1] */
void rule_directory(struct audit *audit)
{
	const struct directory *directory = audit->directory;

	if (!directory)
		return; /* without a health cell there is none; guests_open reports a bad one */
	const struct directory_core *cores =
		(const void *)((const uint8_t *)directory + directory->cores.offset);
	const struct directory_cell *cells =
		(const void *)((const uint8_t *)directory + directory->cells.offset);

	if (directory->cores.count != audit->core_count || directory->cells.count != audit->cell_count) {
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: %u cores and %u cells, the image has %zu and %zu",
			  directory->cores.count, directory->cells.count, audit->core_count,
			  audit->cell_count);
		return;
	}
	if (memcmp(directory->config_digest, audit->header->config_digest,
		   sizeof(directory->config_digest)) != 0)
		violation(&audit->report, RULE_DIRECTORY, "directory: config_digest isn't the blueprint's");
	binary_check(audit, directory);
	memory_check(audit, directory);
	streams_check(audit, directory);
	map_check(audit, &directory->json, "JSON");
	map_check(audit, &directory->svg, "a drawing");
	if (!leads_to(audit, directory->crash_ipa,
		      audit->board.crash.size ? audit->board.crash.base : PA_NONE))
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: IPA 0x%" PRIx64 " isn't the crash-audit record", directory->crash_ipa);
	proof_check(audit, directory->proof_ipa);
	for (size_t i = 0; i < audit->core_count; i++)
		core_check(audit, &cores[i], i);
	for (size_t i = 0; i < audit->cell_count; i++) {
		if (audit->cells[i].known)
			cell_check(audit, &cells[i], &audit->cells[i]);
	}
}

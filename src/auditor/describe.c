// SPDX-License-Identifier: Apache-2.0
/*
 * describe.c - what stands at a physical address, in words: the parties that messages name.
 */
#include <stdio.h>

#include "model.h"

static const char *cell_name(const struct audit *audit, int cell)
{
	return audit->cells[cell].known ? audit->cells[cell].name : "?";
}

static bool describe_place(const struct audit *audit, const struct place *place, char *text, size_t size)
{
	switch (place->kind) {
	case PLACE_SEGMENT:
		(void)snprintf(text, size, "bulkhead.bin");
		return true;
	case PLACE_TEXT:
		(void)snprintf(text, size, "a copy of bulkhead.bin's text");
		return true;
	case PLACE_PRIVATE:
		(void)snprintf(text, size, "private memory of core %d", place->owner);
		return true;
	case PLACE_TELEMETRY:
		(void)snprintf(text, size, "telemetry of core %d", place->owner);
		return true;
	case PLACE_RING:
		(void)snprintf(text, size, "event ring of core %d", place->owner);
		return true;
	case PLACE_STATE:
		(void)snprintf(text, size, "state of cell '%s'", cell_name(audit, place->owner));
		return true;
	case PLACE_ORDERS:
		(void)snprintf(text, size, "the orders");
		return true;
	case PLACE_LOG:
		(void)snprintf(text, size, "log ring of cell '%s'", cell_name(audit, place->owner));
		return true;
	case PLACE_HEARTBEAT:
		(void)snprintf(text, size, "heartbeat of cell '%s'", cell_name(audit, place->owner));
		return true;
	case PLACE_CHANNEL:
		(void)snprintf(text, size, "channel '%s'", audit->partition.channels[place->owner].name);
		return true;
	case PLACE_HEADER:
		(void)snprintf(text, size, "the blueprint's header");
		return true;
	case PLACE_RECORD:
		(void)snprintf(text, size, "record of cell '%s'", cell_name(audit, place->owner));
		return true;
	case PLACE_SERVICE:
		(void)snprintf(text, size, "the service record");
		return true;
	case PLACE_ROOT:
		(void)snprintf(text, size, "stage-2 root of cell '%s'", cell_name(audit, place->owner));
		return true;
	case PLACE_DIRECTORY:
		(void)snprintf(text, size, "the health directory");
		return true;
	case PLACE_INTEGRITY:
		(void)snprintf(text, size, "the table of constant ranges");
		return true;
	case PLACE_MAP:
		(void)snprintf(text, size, "the map as %s", place->owner ? "a drawing" : "JSON");
		return true;
	case PLACE_TREE:
		(void)snprintf(text, size, "guest tree of cell '%s'", cell_name(audit, place->owner));
		return true;
	case PLACE_FILE:
		(void)snprintf(text, size, "image '%s' of cell '%s'", audit->fit.files[place->owner].name,
			       audit->fit.files[place->owner].cell);
		return true;
	case PLACE_STREAMS:
		(void)snprintf(text, size, "a stream table of SMMU %d", place->owner);
		return true;
	case PLACE_QUEUE:
		(void)snprintf(text, size, "a queue of SMMU %d", place->owner);
		return true;
	case PLACE_PCI_STATE:
		(void)snprintf(text, size, "PCI state of cell '%s'", cell_name(audit, place->owner));
		return true;
	case PLACE_COMMANDS:
		(void)snprintf(text, size, "the commands of ITS %d", place->owner);
		return true;
	case PLACE_ITS:
		(void)snprintf(text, size, "a table of ITS %d", place->owner);
		return true;
	case PLACE_LPI_CONFIG:
		(void)snprintf(text, size, "the table of LPIs");
		return true;
	case PLACE_PENDING:
		(void)snprintf(text, size, "pending LPIs of core %d", place->owner);
		return true;
	case PLACE_CRASH_RECORD:
		(void)snprintf(text, size, "the crash-audit record");
		return true;
	case PLACE_CRASH_DUMP:
		(void)snprintf(text, size, "crash dump of core %d", place->owner);
		return true;
	}
	return false;
}

const char *place_name(const struct audit *audit, const struct place *place, char *text, size_t size)
{
	if (!describe_place(audit, place, text, size))
		(void)snprintf(text, size, "?");
	return text;
}

/* Memory in pieces: whose stage 2 executes there. */
static bool describe_piece(const struct audit *audit, uint64_t pa, char *text, size_t size)
{
	for (size_t c = 0; audit->colors && c < audit->cell_count; c++) {
		const struct spans *map = &audit->cells[c].stage2;

		for (size_t i = 0; i < map->count; i++) {
			if ((map->list[i].attrs & ATTR_EXEC) && pa >= map->list[i].pa &&
			    pa - map->list[i].pa < map->list[i].size) {
				(void)snprintf(text, size, "RAM of cell '%s'", audit->cells[c].name);
				return true;
			}
		}
	}
	return false;
}

static bool describe_region(const struct audit *audit, uint64_t pa, char *text, size_t size)
{
	for (size_t c = 0; c < audit->cell_count; c++) {
		const struct cell *cell = &audit->cells[c];

		for (uint32_t i = 0; cell->known && i < cell->record->regions.count; i++) {
			const struct bp_region *region = &cell->regions[i];

			if (pa >= region->pa && pa - region->pa < region->size && !audit->colors) {
				(void)snprintf(text, size, "RAM of cell '%s'", cell->name);
				return true;
			}
		}
	}
	return false;
}

static bool describe_device(const struct audit *audit, uint64_t pa, char *text, size_t size)
{
	const struct spans *registers = &audit->board.registers;

	for (size_t i = 0; i < registers->count; i++) {
		const struct span *span = &registers->list[i];

		if (page_down(span->va) <= pa && pa < page_up(end_of(span->va, span->size))) {
			(void)snprintf(text, size, "device %s", audit->board.tree.nodes[span->tag].path);
			return true;
		}
	}
	return false;
}

const char *place_describe(const struct audit *audit, uint64_t pa, char *text, size_t size)
{
	const struct place *place = place_at(audit, pa);
	const struct bp_header *header = audit->header;

	if ((place && describe_place(audit, place, text, size)) || describe_region(audit, pa, text, size) ||
	    describe_piece(audit, pa, text, size) || describe_device(audit, pa, text, size))
		return text;
	if (blueprint_at(audit, pa, 1))
		(void)snprintf(text, size, "the blueprint");
	else if (pa >= header->writable_pa && pa - header->writable_pa < header->writable_size)
		(void)snprintf(text, size, "the hypervisor's writable memory");
	else if (spans_touch(&audit->board.ram, pa, 1))
		(void)snprintf(text, size, "RAM of nobody");
	else
		(void)snprintf(text, size, "no device that the board's tree names");
	return text;
}

// SPDX-License-Identifier: Apache-2.0
/*
 * rule_its.c - messages: from a function's DeviceID and what it writes, through the ITS's tables, to the LPI
 * that its cell's first core takes and the SPI of its cell that this makes pending.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

#define TYPER_NEEDED  UINT64_C(0xff0bfff1) /* PLPIS; sizes of ITT entry, EventID, DeviceID; PTA; HCC */
#define TYPER_PTA     (UINT64_C(1) << 19)
#define KIND_DEVICES  1u
#define KIND_COLLECTS 4u
#define QUEUE_ALIGN   0x10000u /* of GITS_CBASER's address: Arm IHI 0069, 12.19 */
#define ITT_ALIGN     0x100u

static void wrong(struct audit *audit, const struct its_state *state, const char *what, uint64_t value)
{
	violation(&audit->report, RULE_MESSAGES, "%s: %s (0x%" PRIx64 ")",
		  state->node ? state->node->path : "an ITS that the board lacks", what, value);
}

static bool in_writable(const struct audit *audit, uint64_t pa, uint64_t size, enum place_kind kind)
{
	const struct bp_header *header = audit->header;
	const struct place *place = place_at(audit, pa);

	return pa >= header->writable_pa && within(pa - header->writable_pa, size, header->writable_size) &&
	       place && place->kind == kind;
}

/* How many entries the ITS has for a kind of table. */
static uint64_t entries_of(const struct its_state *state, unsigned int kind)
{
	uint64_t pa, size;

	for (unsigned int i = 0; i < COUNT(state->its->baser); i++)
		if (state->its->baser[i] && (state->its->baser[i] >> 56 & 7) == kind &&
		    its_table(state->its->baser[i], &pa, &size))
			return size / ((state->its->baser[i] >> 48 & 0x1f) + 1);
	return 0;
}

static void registers_check(struct audit *audit, const struct its_state *state)
{
	const struct bp_its *its = state->its;
	const uint64_t queue = (its->cbaser & 0xff) * BP_PAGE_SIZE + BP_PAGE_SIZE;
	const uint64_t pa = its->cbaser & UINT64_C(0x000ffffffffff000);
	const struct place *place = place_at(audit, pa);

	if ((its->typer_mask & TYPER_NEEDED) != TYPER_NEEDED)
		wrong(audit, state, "the boot doesn't compare what the tables rest on", its->typer_mask);
	if (!(its->typer & 1))
		wrong(audit, state, "it has no physical LPIs", its->typer);
	if (!(its->cbaser >> 63) || pa % QUEUE_ALIGN || !blueprint_at(audit, pa, queue) ||
	    its->commands >= queue || !place || place->kind != PLACE_COMMANDS)
		wrong(audit, state, "its command queue isn't one in the blueprint, with room", its->cbaser);
	for (unsigned int i = 0; i < COUNT(its->baser); i++) {
		uint64_t table, size;

		if (its->baser[i] && (its->baser[i] ^ its->baser_kind[i]) & BP_BASER_KIND)
			wrong(audit, state, "a table isn't of the kind that the boot compares",
			      its->baser[i]);
		if (its->baser[i] &&
		    (!its_table(its->baser[i], &table, &size) || !in_writable(audit, table, size, PLACE_ITS)))
			wrong(audit, state, "a table isn't flat, aligned, in writable memory, alone",
			      its->baser[i]);
	}
}

/* The cell that has the function behind a DeviceID; CELL_NONE_ID: none. */
static int device_owner(const struct audit *audit, const struct its_state *state, uint32_t device)
{
	for (size_t i = 0; i < audit->pci.count; i++) {
		const struct pci_function *function = &audit->pci.functions[i];
		const struct cell *cell =
			function->owner == CELL_NONE_ID ? NULL : cell_asked(audit, (size_t)function->owner);

		if (cell && state->node && function->its == state->node && function->device_id == device)
			return cell_number(audit, cell);
	}
	return CELL_NONE_ID;
}

static void devices_check(struct audit *audit, const struct its_state *state)
{
	const uint64_t devices = entries_of(state, KIND_DEVICES);

	for (size_t i = 0; i < state->device_count; i++) {
		const struct its_device *device = &state->devices[i];

		if (!device->device)
			wrong(audit, state, "DeviceID 0 is mapped: it is what no function writes under", 0);
		if (device_owner(audit, state, device->device) == CELL_NONE_ID)
			wrong(audit, state, "a DeviceID is mapped that is no cell's", device->device);
		if (its_device_mapped(state, device->device) != device)
			wrong(audit, state, "a DeviceID is mapped twice", device->device);
		if (device->device >= devices ||
		    (uint64_t)device->device >> ((state->its->typer >> 13 & 0x1f) + 1))
			wrong(audit, state, "a DeviceID is beyond its table", device->device);
		if (device->bits > (state->its->typer >> 8 & 0x1f) + 1)
			wrong(audit, state, "a DeviceID has more EventIDs than the ITS knows",
			      device->device);
		if (device->itt_pa % ITT_ALIGN ||
		    !in_writable(audit, device->itt_pa, its_itt_size(state, device), PLACE_ITS))
			wrong(audit, state, "a table of EventIDs isn't aligned, in writable memory, alone",
			      device->itt_pa);
	}
}

/* The machine core that a collection's LPIs go to; negative: none that takes LPIs. */
static int target_core(const struct audit *audit, const struct its_state *state, uint64_t target)
{
	for (size_t i = 0; i < audit->lpi_core_count; i++) {
		const struct bp_lpi_core *core = &audit->lpi_cores[i];
		const uint64_t due = !(state->its->typer & TYPER_PTA) ? (uint64_t)core->processor << 16
				     : core->core < audit->core_count ? audit->cores[core->core].frame_pa
								      : PA_NONE;

		if (due == target)
			return (int)core->core;
	}
	return -1;
}

static void collections_check(struct audit *audit, const struct its_state *state)
{
	const uint64_t room = (state->its->typer >> 24 & 0xff) + entries_of(state, KIND_COLLECTS);

	for (size_t i = 0; i < state->collection_count; i++) {
		const struct its_collection *collection = &state->collections[i];

		if (its_collection_mapped(state, collection->collection) != collection)
			wrong(audit, state, "a collection is mapped twice", collection->collection);
		if (collection->collection >= room)
			wrong(audit, state, "a collection is beyond its table", collection->collection);
		if (target_core(audit, state, collection->target) < 0)
			wrong(audit, state, "a collection goes to no core that takes LPIs",
			      collection->target);
	}
}

/* [impl->swr~audit-messages~1] */
static void mapping_check(struct audit *audit, const struct its_state *state,
			  const struct its_mapping *mapping)
{
	const struct its_device *device = its_device_mapped(state, mapping->device);
	const struct its_collection *collection = its_collection_mapped(state, mapping->collection);
	const int owner = device_owner(audit, state, mapping->device);
	const struct cell *cell = owner == CELL_NONE_ID ? NULL : &audit->cells[owner];
	uint32_t number, intid;

	if (!device || !collection || (uint64_t)mapping->event >> device->bits) {
		wrong(audit, state,
		      "an event's DeviceID or collection isn't mapped, or its EventID too large",
		      mapping->event);
		return;
	}
	if (!cell || !cell->known)
		return; /* devices_check() has said so */
	number = mapping->lpi - cell->record->lpi_first;
	if (mapping->lpi < cell->record->lpi_first || number >= cell->record->lpis.count) {
		wrong(audit, state, "an event of a cell's function makes an LPI that isn't the cell's",
		      mapping->lpi);
		return;
	}
	if (target_core(audit, state, collection->target) != cell->first_core)
		wrong(audit, state,
		      "an event of a cell's function goes to another core than the cell's first",
		      mapping->lpi);
	intid = bell_intid(cell->lpis[number]);
	if (intid != mapping->event)
		wrong(audit, state, "an event's number isn't that of the SPI that it makes pending",
		      mapping->event);
}

static int by_event(const void *left, const void *right)
{
	const struct its_mapping *a = left, *b = right;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return a->event < b->event ? -1 : a->event > b->event;
}

static int by_lpi(const void *left, const void *right)
{
	const struct its_mapping *a = left, *b = right;

	return a->lpi < b->lpi ? -1 : a->lpi > b->lpi;
}

/* Nothing is mapped twice: what the ITS then does is its own choice. */
static void twice_check(struct audit *audit, const struct its_state *state)
{
	struct its_mapping *sorted = memory_zeroed(state->mapping_count, sizeof(*sorted));

	if (state->mapping_count)
		memcpy(sorted, state->mappings, state->mapping_count * sizeof(*sorted));
	qsort(sorted, state->mapping_count, sizeof(*sorted), by_event);
	for (size_t i = 1; i < state->mapping_count; i++)
		if (!by_event(&sorted[i - 1], &sorted[i]))
			wrong(audit, state, "an event is mapped twice", sorted[i].event);
	qsort(sorted, state->mapping_count, sizeof(*sorted), by_lpi);
	for (size_t i = 1; i < state->mapping_count; i++)
		if (sorted[i - 1].lpi == sorted[i].lpi)
			wrong(audit, state, "two events make one LPI", sorted[i].lpi);
	free(sorted);
}

/* Each message that the cell can ask for is there. */
static void complete_check(struct audit *audit, const struct cell *cell, const bool *messages)
{
	const int asked = partition_number(audit, cell->asked);

	for (size_t f = 0; asked != CELL_NONE_ID && f < audit->pci.count; f++) {
		const struct pci_function *function = &audit->pci.functions[f];
		const struct its_state *state = NULL;

		if (function->owner != asked || !function->its ||
		    (!pci_capability(function, PCI_CAP_MSIX) && !pci_capability(function, PCI_CAP_MSI)))
			continue;
		for (size_t i = 0; i < audit->its_count; i++)
			if (audit->its_states[i].node == function->its)
				state = &audit->its_states[i];
		for (uint32_t intid = 0; intid < INTIDS; intid++) {
			bool mapped = false;

			for (size_t m = 0; messages[intid] && state && m < state->mapping_count; m++)
				mapped |= state->mappings[m].device == function->device_id &&
					  state->mappings[m].event == intid;
			if (messages[intid] && !mapped)
				violation(&audit->report, RULE_MESSAGE_LISTS,
					  "%s: %s can't raise SPI %u, which its guest may give it", cell->who,
					  function->name, intid);
		}
	}
}

void messages_of(const struct cell *cell, bool messages[INTIDS])
{
	for (uint32_t i = 0; i < cell->record->lpis.count; i++) {
		const uint32_t intid = bell_intid(cell->lpis[i]);

		if (intid)
			messages[intid] = true;
	}
}

/* A cell's LPIs are its own, and make SPIs of its own pending. */
static void bells_check(struct audit *audit, const struct cell *cell)
{
	const uint64_t first = cell->record->lpi_first, end = first + cell->record->lpis.count;
	bool messages[INTIDS] = {false};

	if (!cell->record->lpis.count) {
		if (first)
			violation(&audit->report, RULE_MESSAGE_LISTS, "%s: it has no LPIs, but a first one",
				  cell->who);
		return;
	}
	if (first < LPI_FIRST)
		violation(&audit->report, RULE_MESSAGES, "%s: its LPIs start at %" PRIu64, cell->who, first);
	for (size_t i = 0; i < audit->cell_count; i++) {
		const struct cell *other = &audit->cells[i];

		if (other != cell && other->known && other->record->lpis.count &&
		    other->record->lpi_first < end &&
		    first < (uint64_t)other->record->lpi_first + other->record->lpis.count)
			violation(&audit->report, RULE_MESSAGES, "LPIs from %" PRIu64 " on: in %s and in %s",
				  first, cell->who, other->who);
	}
	for (uint32_t i = 0; i < cell->record->lpis.count; i++) {
		const uint32_t intid = bell_intid(cell->lpis[i]);

		if (!intid || !cell_owns(cell, intid))
			violation(&audit->report, RULE_MESSAGES,
				  "%s: LPI %" PRIu64
				  " writes 0x%x to 0x%x of the distributor: no SPI of its own",
				  cell->who, first + i, cell->lpis[i].bit, cell->lpis[i].offset);
	}
	messages_of(cell, messages);
	complete_check(audit, cell, messages);
}

/* ---- redistributors ---- */

static void core_wrong(struct audit *audit, const struct bp_lpi_core *core, const char *what)
{
	violation(&audit->report, RULE_MESSAGES, "LPIs of core %u: %s", core->core, what);
}

/* Enabled where an event makes it, and never before what is EL2's own: priority 0. */
static void config_check(struct audit *audit)
{
	uint64_t size, pa;
	const uint8_t *bytes;
	bool *mapped;

	if (!audit->lpi_core_count)
		return;
	pa = lpi_config_pa(&audit->lpi_cores[0], &size);
	bytes = blueprint_at(audit, pa, size);
	if (!bytes || !size)
		return; /* lpi_core_check() has said so */
	mapped = memory_zeroed(size, sizeof(*mapped));
	for (size_t i = 0; i < audit->its_count; i++)
		for (size_t m = 0; m < audit->its_states[i].mapping_count; m++) {
			const uint32_t lpi = audit->its_states[i].mappings[m].lpi;

			if (lpi < LPI_FIRST || lpi - LPI_FIRST >= size)
				wrong(audit, &audit->its_states[i],
				      "an LPI is beyond the redistributors' table", lpi);
			else
				mapped[lpi - LPI_FIRST] = true;
		}
	for (uint64_t i = 0; i < size; i++)
		if ((bytes[i] & 1) != mapped[i] || (mapped[i] && !(bytes[i] & 0xfc))) {
			violation(&audit->report, RULE_MESSAGE_LISTS,
				  "LPI %" PRIu64
				  ": enabled without an event, not with one, or with priority 0",
				  i + LPI_FIRST);
			break;
		}
	free(mapped);
}

static void lpi_core_check(struct audit *audit, const struct bp_lpi_core *core)
{
	uint64_t size, pa, due, found = PA_NONE;
	const struct place *place;

	if (core->core >= audit->core_count || audit->cores[core->core].cell == CELL_NONE_ID ||
	    audit->cores[core->core].boot.core_in_cell != 0) {
		core_wrong(audit, core, "it is no cell's first core");
		return;
	}
	due = audit->cores[core->core].frame_pa;
	if (!spans_translate(&audit->boot_map, core->gicr_va, BP_PAGE_SIZE, &found) || found != due)
		core_wrong(audit, core, "the boot root has another redistributor there");
	if (core->propbaser != audit->lpi_cores[0].propbaser)
		core_wrong(audit, core, "it has another table than the others");
	for (size_t i = 0; i < audit->lpi_core_count && &audit->lpi_cores[i] != core; i++)
		if (audit->lpi_cores[i].core == core->core ||
		    audit->lpi_cores[i].processor == core->processor)
			core_wrong(audit, core, "it is listed twice, or its processor number is");
	pa = lpi_config_pa(core, &size);
	place = place_at(audit, pa);
	if (!size || !blueprint_at(audit, pa, size) || !place || place->kind != PLACE_LPI_CONFIG ||
	    core->propbaser & ~UINT64_C(0x070fffffffffff9f))
		core_wrong(audit, core, "its table of LPIs isn't one in the blueprint");
	pa = lpi_pending_pa(core, &size);
	if (core->pendbaser & ~UINT64_C(0x470fffffffff0f80) || !in_writable(audit, pa, size, PLACE_PENDING))
		core_wrong(audit, core, "its table of pending LPIs isn't aligned, in writable memory, alone");
}

/* [impl->swr~audit-messages~1]
 * [impl->swr~audit-message-lists~1] */
void rule_messages(struct audit *audit)
{
	for (size_t i = 0; i < audit->its_count; i++) {
		const struct its_state *state = &audit->its_states[i];

		if (!state->node)
			wrong(audit, state, "no ITS of the board is there", state->its->pa);
		for (size_t j = 0; j < i; j++)
			if (audit->itss[j].pa == state->its->pa)
				wrong(audit, state, "it is listed twice", state->its->pa);
		if (!state->sound)
			wrong(audit, state,
			      "its command list is none, has another command than MAPC, MAPD, MAPTI, INVALL "
			      "and SYNC, or one that comes too early",
			      state->wrong);
		if (!state->ended)
			wrong(audit, state, "no INVALL of its collection comes behind an event",
			      state->its->commands);
		registers_check(audit, state);
		devices_check(audit, state);
		collections_check(audit, state);
		for (size_t m = 0; m < state->mapping_count; m++)
			mapping_check(audit, state, &state->mappings[m]);
		twice_check(audit, state);
	}
	for (size_t i = 0; i < audit->lpi_core_count; i++)
		lpi_core_check(audit, &audit->lpi_cores[i]);
	config_check(audit);
	for (size_t i = 0; i < audit->cell_count; i++)
		if (audit->cells[i].known)
			bells_check(audit, &audit->cells[i]);
}

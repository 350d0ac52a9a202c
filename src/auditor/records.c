// SPDX-License-Identifier: Apache-2.0
/*
 * records.c - finds the records through the cores' own roots, checks that they hold together, and walks
 * every table.
 *
 * A cell's record is what its first core sees at EL2_VA_CELL: that is what the hypervisor will read.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define RECORD_MAX (EL2_VA_GICD - EL2_VA_CELL)

static unsigned int pa_bits(const struct audit *audit)
{
	return audit->board.pa_bits ? audit->board.pa_bits : PA_BITS_MOST;
}

/* `count` elements inside a structure of `size` bytes, 8-byte aligned; NULL when they aren't.
 * [impl->swr~audit-records~1] */
static const void *table_in(struct audit *audit, const char *who, const char *what, const void *base,
			    uint64_t size, struct bp_table table, size_t element, size_t align)
{
	if (table.count &&
	    (table.offset % align || !within(table.offset, table.count * (uint64_t)element, size))) {
		violation(&audit->report, RULE_RECORD,
			  "%s: table `%s` (offset %u, %u entries) isn't inside its record", who, what,
			  table.offset, table.count);
		return NULL;
	}
	return (const uint8_t *)base + (table.count ? table.offset : 0);
}

static void root_walk(struct audit *audit, const char *who, uint64_t root_pa, struct spans *found,
		      struct spans *pages)
{
	struct walk walk = {.memory = &audit->tables, .report = &audit->report, .who = who, .pages = pages};

	if (stage1_regime(&walk, audit->header->tcr_el2, root_pa, pa_bits(audit)))
		walk_tables(&walk, found);
}

static void cores_open(struct audit *audit)
{
	const struct bp_header *header = audit->header;
	const struct bp_boot_core *boot =
		table_in(audit, "blueprint", "cores", header, header->size, header->cores, sizeof(*boot), 8);

	audit->core_count = boot ? header->cores.count : 0;
	audit->cores = memory_zeroed(audit->core_count, sizeof(*audit->cores));
	for (size_t i = 0; i < audit->core_count; i++) {
		struct core *core = &audit->cores[i];

		(void)snprintf(core->who, sizeof(core->who), "core %zu's root", i);
		core->boot = boot[i];
		core->cell = CELL_NONE_ID;
		core->telemetry_pa = core->ring_pa = core->frame_pa = PA_NONE;
		if (!core->boot.root_pa)
			continue;
		root_walk(audit, core->who, core->boot.root_pa, &core->map, &core->tables);
		if (core->boot.cell < header->cell_count)
			core->cell = (int)core->boot.cell;
		else
			violation(&audit->report, RULE_CORE_OWNER, "core %zu: its cell %u doesn't exist", i,
				  core->boot.cell);
	}
	root_walk(audit, "the boot root", header->boot_root_pa, &audit->boot_map, NULL);
}

/* [impl->swr~audit-records~1] */
static bool record_tables(struct audit *audit, struct cell *cell)
{
	const struct bp_cell *record = cell->record;
	const uint64_t size = record->size;

	cell->cores =
		table_in(audit, cell->who, "cores", record, size, record->cores, sizeof(*cell->cores), 8);
	cell->regions = table_in(audit, cell->who, "regions", record, size, record->regions,
				 sizeof(*cell->regions), 8);
	cell->images =
		table_in(audit, cell->who, "images", record, size, record->images, sizeof(*cell->images), 8);
	cell->mmio = table_in(audit, cell->who, "mmio", record, size, record->mmio, sizeof(*cell->mmio), 8);
	cell->root_entries = table_in(audit, cell->who, "root_entries", record, size, record->root_entries,
				      sizeof(*cell->root_entries), 8);
	cell->channels = table_in(audit, cell->who, "channels", record, size, record->channels,
				  sizeof(*cell->channels), 8);
	cell->firmware = table_in(audit, cell->who, "firmware", record, size, record->firmware,
				  sizeof(*cell->firmware), 4);
	cell->lpis = table_in(audit, cell->who, "lpis", record, size, record->lpis, sizeof(*cell->lpis), 4);
	cell->pci = table_in(audit, cell->who, "pci", record, size, record->pci, sizeof(*cell->pci), 8);
	if (!cell->pci || !cell->lpis || !cell->cores || !cell->regions || !cell->images || !cell->mmio ||
	    !cell->root_entries || !cell->channels || !cell->firmware)
		return false;
	for (uint32_t i = 0; i < record->channels.count; i++) {
		if (!table_in(audit, cell->who, "ring", record, size, cell->channels[i].ring,
			      sizeof(struct bp_bell), 4))
			return false;
	}
	for (uint32_t i = 0; i < record->pci.count; i++) {
		if (!table_in(audit, cell->who, "registers", record, size, cell->pci[i].registers,
			      sizeof(struct bp_pci_register), 4) ||
		    !table_in(audit, cell->who, "bars", record, size, cell->pci[i].bars,
			      sizeof(struct bp_pci_bar), 4))
			return false;
	}
	return true;
}

/* [impl->swr~audit-records~1] */
static bool record_sound(struct audit *audit, struct cell *cell, size_t index)
{
	const struct bp_cell *record = blueprint_at(audit, cell->record_pa, sizeof(*record));

	if (cell->record_pa % BP_PAGE_SIZE || !record || record->magic != BLUEPRINT_MAGIC ||
	    record->size < sizeof(*record) || record->size > RECORD_MAX ||
	    !blueprint_at(audit, cell->record_pa, record->size)) {
		violation(&audit->report, RULE_RECORD, "%s: no sound record at 0x%" PRIx64, cell->who,
			  cell->record_pa);
		return false;
	}
	if (record->index != index || !memchr(record->name, '\0', sizeof(record->name)) || !record->name[0]) {
		violation(&audit->report, RULE_RECORD,
			  "%s: the record at 0x%" PRIx64 " says index %u, or has no name", cell->who,
			  cell->record_pa, record->index);
		return false;
	}
	cell->record = record;
	memcpy(cell->name, record->name, sizeof(cell->name));
	(void)snprintf(cell->who, sizeof(cell->who), "cell '%s'", cell->name);
	return record_tables(audit, cell);
}

static void stage2_walk(struct audit *audit, struct cell *cell)
{
	cell->walk = (struct walk){.memory = &audit->tables,
				   .report = &audit->report,
				   .who = cell->who,
				   .use = (uint32_t)cell_number(audit, cell) + 1,
				   .pages = &cell->tables};
	cell->walked = stage2_regime(&cell->walk, cell->record->vtcr, cell->record->vttbr, pa_bits(audit));
	if (cell->walked)
		walk_tables(&cell->walk, &cell->stage2);
}

static void cell_open(struct audit *audit, size_t index)
{
	struct cell *cell = &audit->cells[index];

	(void)snprintf(cell->who, sizeof(cell->who), "cell %zu", index);
	cell->first_core = -1;
	cell->heartbeat_ipa = cell->directory_ipa = PA_NONE;
	cell->heartbeat_pa = cell->state_pa = cell->log_pa = cell->pci_state_pa = PA_NONE;
	for (size_t i = 0; i < audit->core_count; i++) {
		if (audit->cores[i].cell == (int)index && audit->cores[i].boot.core_in_cell == 0)
			cell->first_core = (int)i;
	}
	if (cell->first_core < 0 || !spans_translate(&audit->cores[cell->first_core].map, EL2_VA_CELL,
						     BP_PAGE_SIZE, &cell->record_pa)) {
		violation(&audit->report, RULE_RECORD,
			  "%s: no first core, or its root has no record at EL2_VA_CELL", cell->who);
		return;
	}
	cell->known = record_sound(audit, cell, index);
	if (!cell->known)
		return;
	stage2_walk(audit, cell);
	for (size_t i = 0; i < audit->partition.cell_count; i++) {
		if (!strcmp(audit->partition.cells[i].name, cell->name))
			cell->asked = &audit->partition.cells[i];
	}
	if (cell->record->flags & BP_CELL_HEALTH)
		audit->health = (int)index;
}

/* [impl->swr~audit-records~1] */
static bool service_tables(struct audit *audit, const struct bp_service *service)
{
	const struct bp_service_cell *cells = table_in(audit, "bp_service", "cells", service, service->size,
						       service->cells, sizeof(*cells), 8);

	audit->service_smmus = table_in(audit, "bp_service", "smmus", service, service->size, service->smmus,
					sizeof(*audit->service_smmus), 8);
	audit->service_streams = table_in(audit, "bp_service", "streams", service, service->size,
					  service->streams, sizeof(*audit->service_streams), 8);
	audit->service_dma = table_in(audit, "bp_service", "dma", service, service->size, service->dma,
				      sizeof(*audit->service_dma), 8);
	if (!cells || !audit->service_smmus || !audit->service_streams || !audit->service_dma)
		return false;
	for (uint32_t i = 0; i < service->cells.count; i++) {
		if (!table_in(audit, "bp_service", "root_entries", service, service->size,
			      cells[i].root_entries, sizeof(struct bp_root_entry), 8) ||
		    !table_in(audit, "bp_service", "cores", service, service->size, cells[i].cores,
			      sizeof(struct bp_service_core), 8))
			return false;
	}
	return true;
}

static void service_open(struct audit *audit)
{
	const uint32_t core = audit->header->service_core;
	const struct bp_service *service;

	audit->service_pa = PA_NONE;
	if (core >= audit->core_count ||
	    !spans_translate(&audit->cores[core].map, EL2_VA_SERVICE, BP_PAGE_SIZE, &audit->service_pa)) {
		violation(&audit->report, RULE_RECORD,
			  "service core %u doesn't exist, or has nothing at EL2_VA_SERVICE", core);
		return;
	}
	service = blueprint_at(audit, audit->service_pa, sizeof(*service));
	if (!service || audit->service_pa % BP_PAGE_SIZE || service->magic != BLUEPRINT_MAGIC ||
	    service->size < sizeof(*service) || !blueprint_at(audit, audit->service_pa, service->size)) {
		violation(&audit->report, RULE_RECORD, "bp_service at 0x%" PRIx64 " isn't sound",
			  audit->service_pa);
		return;
	}
	if (service_tables(audit, service))
		audit->service = service;
}

void records_open(struct audit *audit)
{
	audit->health = CELL_NONE_ID;
	audit->itss = table_in(audit, "blueprint", "itss", audit->header, audit->header->size,
			       audit->header->itss, sizeof(*audit->itss), 8);
	audit->pci_steps = table_in(audit, "blueprint", "pci_steps", audit->header, audit->header->size,
				    audit->header->pci_steps, sizeof(*audit->pci_steps), 8);
	audit->pci_step_count = audit->pci_steps ? audit->header->pci_steps.count : 0;
	audit->its_count = audit->itss ? audit->header->itss.count : 0;
	audit->lpi_cores = table_in(audit, "blueprint", "lpi_cores", audit->header, audit->header->size,
				    audit->header->lpi_cores, sizeof(*audit->lpi_cores), 8);
	audit->lpi_core_count = audit->lpi_cores ? audit->header->lpi_cores.count : 0;
	audit->smmus = table_in(audit, "blueprint", "smmus", audit->header, audit->header->size,
				audit->header->smmus, sizeof(*audit->smmus), 8);
	audit->smmu_count = audit->smmus ? audit->header->smmus.count : 0;
	cores_open(audit);
	audit->cell_count = audit->header->cell_count;
	audit->cells = memory_zeroed(audit->cell_count, sizeof(*audit->cells));
	for (size_t i = 0; i < audit->cell_count; i++)
		cell_open(audit, i);
	service_open(audit);
}

int cell_number(const struct audit *audit, const struct cell *cell)
{
	return (int)(cell - audit->cells);
}

int partition_number(const struct audit *audit, const struct partition_cell *cell)
{
	return cell ? (int)(cell - audit->partition.cells) : CELL_NONE_ID;
}

struct cell *cell_asked(const struct audit *audit, size_t partition_cell)
{
	for (size_t i = 0; i < audit->cell_count; i++) {
		if (audit->cells[i].asked == &audit->partition.cells[partition_cell])
			return &audit->cells[i];
	}
	return NULL;
}

// SPDX-License-Identifier: Apache-2.0
/*
 * rule_service.c - revocation: the root entries that the hypervisor will write, and bp_service.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

static uint64_t root_word(const struct audit *audit, const struct cell *cell, uint64_t index)
{
	const uint8_t *root = blueprint_at(audit, cell->walk.root_pa, cell->walk.root_entries * 8);
	uint64_t value = 0;

	if (root && index < cell->walk.root_entries)
		memcpy(&value, root + index * 8, sizeof(value));
	return value;
}

/* The list names every nonzero word of the root once, with its value: so that clearing them takes all
 * away, and writing them gives back exactly what was audited.  [impl->swr~audit-revocation~1] */
static void entries_check(struct audit *audit, const struct cell *cell, const char *whose,
			  const struct bp_root_entry *entries, uint32_t count)
{
	uint64_t next = 0;

	for (uint64_t i = 0; i < cell->walk.root_entries; i++) {
		const uint64_t value = root_word(audit, cell, i);

		if (!value)
			continue;
		if (next >= count || entries[next].index != i || entries[next].value != value) {
			violation(&audit->report, RULE_REVOCATION,
				  "%s: root entry %" PRIu64 " is 0x%" PRIx64 ", %s has another or lacks it",
				  cell->who, i, value, whose);
			return;
		}
		next++;
	}
	if (next != count)
		violation(&audit->report, RULE_REVOCATION,
			  "%s: %s lists %u root entries, the root has %" PRIu64, cell->who, whose, count,
			  next);
}

/* [impl->swr~audit-revocation~1] */
void rule_revocation(struct audit *audit)
{
	for (size_t i = 0; i < audit->cell_count; i++) {
		const struct cell *cell = &audit->cells[i];

		if (cell->known && cell->walked)
			entries_check(audit, cell, "its record", cell->root_entries,
				      cell->record->root_entries.count);
	}
}

static void service_cell_check(struct audit *audit, const struct cell *cell,
			       const struct bp_service_cell *entry)
{
	const uint8_t *service = (const void *)audit->service;
	const struct bp_service_core *cores = (const void *)(service + entry->cores.offset);
	const struct bp_cell *record = cell->record;

	if (entry->vttbr != record->vttbr || entry->vtcr != record->vtcr || entry->flags != record->flags ||
	    entry->uart_intid != record->uart_intid)
		violation(&audit->report, RULE_SERVICE,
			  "bp_service: %s: VTTBR, VTCR, flags or UART isn't its record's", cell->who);
	if (entry->cores.count != record->cores.count) {
		violation(&audit->report, RULE_SERVICE, "bp_service: %s: %u cores, its record has %u",
			  cell->who, entry->cores.count, record->cores.count);
		return;
	}
	for (uint32_t i = 0; i < entry->cores.count; i++) {
		if (cores[i].mpidr != cell->cores[i].mpidr)
			violation(&audit->report, RULE_SERVICE,
				  "bp_service: %s: core %u has another MPIDR than its record", cell->who, i);
	}
	if (cell->walked)
		entries_check(audit, cell, "bp_service", (const void *)(service + entry->root_entries.offset),
			      entry->root_entries.count);
}

/* [impl->swr~audit-service~1] */
void rule_service(struct audit *audit)
{
	const struct bp_service *service = audit->service;

	if (!service)
		return; /* records_open reports it */
	const struct bp_service_cell *cells =
		(const void *)((const uint8_t *)service + service->cells.offset);

	if (service->cells.count != audit->cell_count) {
		violation(&audit->report, RULE_SERVICE, "bp_service: %u cells, the blueprint has %zu",
			  service->cells.count, audit->cell_count);
		return;
	}
	for (size_t i = 0; i < audit->cell_count; i++) {
		if (audit->cells[i].known)
			service_cell_check(audit, &audit->cells[i], &cells[i]);
	}
}

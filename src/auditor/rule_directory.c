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
	if (!leads_to(audit, entry->heartbeat_ipa, cell->heartbeat_pa))
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: %s: IPA 0x%" PRIx64 " isn't its heartbeat", cell->who,
			  entry->heartbeat_ipa);
	if (!leads_to(audit, entry->log_ipa, cell->log_pa))
		violation(&audit->report, RULE_DIRECTORY,
			  "directory: %s: IPA 0x%" PRIx64 " isn't its log ring", cell->who, entry->log_ipa);
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
	for (size_t i = 0; i < audit->core_count; i++)
		core_check(audit, &cores[i], i);
	for (size_t i = 0; i < audit->cell_count; i++) {
		if (audit->cells[i].known)
			cell_check(audit, &cells[i], &audit->cells[i]);
	}
}

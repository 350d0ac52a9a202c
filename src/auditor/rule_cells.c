// SPDX-License-Identifier: Apache-2.0
/*
 * rule_cells.c - each cell's name, role, flags, mode, times and cores are the partition file's.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"
#include "value.h"

/* What the core's root shows at EL2_VA_CELL must be the record of the cell that it is started for. */
static void record_shown_check(struct audit *audit, size_t number, const struct cell *cell)
{
	const struct core *core = &audit->cores[number];
	const struct bp_cell *shown;
	uint64_t pa = PA_NONE;

	if (!spans_translate(&core->map, EL2_VA_CELL, BP_PAGE_SIZE, &pa))
		pa = PA_NONE;
	shown = pa == PA_NONE ? NULL : blueprint_at(audit, pa, sizeof(*shown));
	if (!shown || pa % BP_PAGE_SIZE || shown->index != (uint32_t)core->cell ||
	    (cell->known && pa != cell->record_pa))
		violation(&audit->report, RULE_CORE_OWNER,
			  "core %zu: it is started for %s, but its root shows another record at 0x%" PRIx64,
			  number, cell->who, pa);
}

/* [impl->swr~audit-core-owner~1] */
static void core_check(struct audit *audit, size_t number)
{
	const struct core *core = &audit->cores[number];
	const struct cell *cell = core->cell == CELL_NONE_ID ? NULL : &audit->cells[core->cell];

	if (number < audit->board.core_count && core->boot.mpidr != audit->board.mpidrs[number])
		violation(&audit->report, RULE_CORE_OWNER,
			  "core %zu: MPIDR 0x%" PRIx64 ", the board's is 0x%" PRIx64, number,
			  core->boot.mpidr, audit->board.mpidrs[number]);
	for (size_t i = 0; core->boot.root_pa && i < number; i++) {
		if (audit->cores[i].boot.root_pa == core->boot.root_pa)
			violation(&audit->report, RULE_CORE_OWNER,
				  "cores %zu and %zu have one root, 0x%" PRIx64, i, number,
				  core->boot.root_pa);
		if (audit->cores[i].boot.mpidr == core->boot.mpidr)
			violation(&audit->report, RULE_CORE_OWNER, "cores %zu and %zu have one MPIDR", i,
				  number);
	}
	if (!cell)
		return;
	record_shown_check(audit, number, cell);
	if (cell->known && (core->boot.core_in_cell >= cell->record->cores.count ||
			    cell->cores[core->boot.core_in_cell].machine_core != number ||
			    cell->cores[core->boot.core_in_cell].mpidr != core->boot.mpidr))
		violation(&audit->report, RULE_CORE_OWNER,
			  "core %zu: the blueprint gives it to %s, whose record has another", number,
			  cell->who);
}

/* [impl->swr~audit-core-owner~1] */
static void record_cores_check(struct audit *audit, const struct cell *cell)
{
	for (uint32_t i = 0; i < cell->record->cores.count; i++) {
		const uint32_t number = cell->cores[i].machine_core;
		const struct core *core = number < audit->core_count ? &audit->cores[number] : NULL;

		if (!core || core->cell != cell_number(audit, cell) || core->boot.core_in_cell != i)
			violation(&audit->report, RULE_CORE_OWNER,
				  "core %u: in the record of %s, but the blueprint gives it to %s", number,
				  cell->who,
				  core && core->cell != CELL_NONE_ID ? audit->cells[core->cell].who
								     : "nobody");
	}
}

/* [impl->swr~audit-cores-asked~1] */
static void cores_asked_check(struct audit *audit, const struct cell *cell)
{
	const struct partition_cell *asked = cell->asked;

	if (cell->record->cores.count != asked->core_count)
		violation(&audit->report, RULE_CORES, "%s: %u cores, the file says %zu", cell->who,
			  cell->record->cores.count, asked->core_count);
	for (uint32_t i = 0; i < cell->record->cores.count; i++) {
		bool due = false;

		for (size_t j = 0; j < asked->core_count; j++)
			due |= asked->cores[j] == cell->cores[i].machine_core;
		if (!due)
			violation(&audit->report, RULE_CORES, "%s: core %u, which the file doesn't give it",
				  cell->who, cell->cores[i].machine_core);
	}
}

static void service_core_check(struct audit *audit)
{
	const uint32_t number = audit->header->service_core;
	const int cell = number < audit->core_count ? audit->cores[number].cell : CELL_NONE_ID;

	if (cell == CELL_NONE_ID || !audit->cells[cell].known ||
	    audit->cores[number].boot.core_in_cell != 0 ||
	    audit->cells[cell].record->mode != BP_MODE_INJECTED ||
	    (audit->health != CELL_NONE_ID && cell != audit->health)) {
		violation(&audit->report, RULE_SERVICE_CORE, "core %u of %s can't be the service core",
			  number, cell == CELL_NONE_ID ? "nobody" : audit->cells[cell].who);
		return;
	}
	for (size_t i = 0; i < audit->cell_count; i++) {
		const bool says = audit->cells[i].known && (audit->cells[i].record->flags & BP_CELL_SERVICE);

		if (audit->cells[i].known && says != ((int)i == cell))
			violation(&audit->report, RULE_SERVICE_CORE, "%s: BP_CELL_SERVICE is wrong",
				  audit->cells[i].who);
	}
}

/* [impl->swr~audit-core-owner~1]
 * [impl->swr~audit-service-core~1] */
void rule_cores(struct audit *audit)
{
	if (audit->core_count != audit->board.core_count)
		violation(&audit->report, RULE_CORE_OWNER, "the blueprint has %zu cores, the board %zu",
			  audit->core_count, audit->board.core_count);
	for (size_t i = 0; i < audit->core_count; i++)
		core_check(audit, i);
	for (size_t i = 0; i < audit->cell_count; i++) {
		if (!audit->cells[i].known)
			continue;
		record_cores_check(audit, &audit->cells[i]);
		if (audit->cells[i].asked)
			cores_asked_check(audit, &audit->cells[i]);
	}
	service_core_check(audit);
}

/* [impl->swr~audit-cells~1]
 * [impl->swr~audit-console~1] */
static void flags_check(struct audit *audit, const struct cell *cell)
{
	const struct partition_cell *asked = cell->asked;
	const uint32_t flags = cell->record->flags;
	const struct {
		uint32_t flag;
		bool due;
		const char *name;
	} rows[] = {{BP_CELL_HEALTH, asked->health, "role = \"health\""},
		    {BP_CELL_ESSENTIAL, asked->essential, "essential"},
		    {BP_CELL_PMU, asked->pmu, "pmu"}};
	uint32_t emulated = 0;

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!!(flags & rows[i].flag) != rows[i].due)
			violation(&audit->report, RULE_CELLS, "%s: `%s` is %s, the file says otherwise",
				  cell->who, rows[i].name, rows[i].due ? "off" : "on");
	}
	if (flags >> 5)
		violation(&audit->report, RULE_CELLS, "%s: unknown flags 0x%x", cell->who, flags);
	for (uint32_t i = 0; i < cell->record->mmio.count; i++)
		emulated += cell->mmio[i].kind == BP_MMIO_PL011;
	if (!!(flags & BP_CELL_LOG_CONSOLE) != asked->log_console || emulated != asked->log_console ||
	    !!cell->record->uart_intid != asked->log_console || !!cell->record->log_va != asked->log_console)
		violation(&audit->report, RULE_CONSOLE,
			  "%s: log console should be %s: flag %d, %u emulated UARTs, SPI %u, ring %s",
			  cell->who, asked->log_console ? "on" : "off", !!(flags & BP_CELL_LOG_CONSOLE),
			  emulated, cell->record->uart_intid, cell->record->log_va ? "there" : "absent");
}

/* [impl->swr~audit-mode~1] */
static void mode_check(struct audit *audit, const struct cell *cell)
{
	const uint32_t due = cell->asked->direct ? BP_MODE_DIRECT : BP_MODE_INJECTED;

	if (cell->record->mode != due)
		violation(&audit->report, RULE_MODE, "%s: mode %u, the file says %s", cell->who,
			  cell->record->mode, cell->asked->direct ? "direct" : "injected");
	if (cell->record->mode == BP_MODE_DIRECT && (cell->record->flags & BP_CELL_HEALTH))
		violation(&audit->report, RULE_MODE, "%s: the health cell can't be direct", cell->who);
}

/* [impl->swr~audit-times~1] */
static void times_check(struct audit *audit, const struct cell *cell)
{
	const uint32_t timer = audit->board.hypervisor_timer;
	const uint64_t watchdog = cell->asked->health && timer ? cell->asked->watchdog_ns : 0;

	if (cell->record->watchdog_ns != watchdog ||
	    cell->record->watchdog_ppi != (watchdog ? UINT32_C(1) << timer : 0))
		violation(&audit->report, RULE_TIMES,
			  "%s: watched by EL2 for %" PRIu64 " ns, by PPIs 0x%x; file and board say %" PRIu64
			  ", PPI %u",
			  cell->who, cell->record->watchdog_ns, cell->record->watchdog_ppi, watchdog, timer);
	if (cell->record->heartbeat_ns != cell->asked->heartbeat_ns)
		violation(&audit->report, RULE_TIMES, "%s: heartbeat %" PRIu64 " ns, the file says %" PRIu64,
			  cell->who, cell->record->heartbeat_ns, cell->asked->heartbeat_ns);
	if (cell->record->boot_timeout_ns != cell->asked->boot_timeout_ns)
		violation(&audit->report, RULE_TIMES,
			  "%s: boot timeout %" PRIu64 " ns, the file says %" PRIu64, cell->who,
			  cell->record->boot_timeout_ns, cell->asked->boot_timeout_ns);
}

/* [impl->swr~audit-cells~1] */
void rule_cells(struct audit *audit)
{
	if (audit->cell_count != audit->partition.cell_count)
		violation(&audit->report, RULE_CELLS, "the image has %zu cells, the file %zu",
			  audit->cell_count, audit->partition.cell_count);
	for (size_t i = 0; i < audit->partition.cell_count; i++) {
		if (!cell_asked(audit, i))
			violation(&audit->report, RULE_CELLS, "cell '%s': not in the image",
				  audit->partition.cells[i].name);
	}
	for (size_t i = 0; i < audit->cell_count; i++) {
		const struct cell *cell = &audit->cells[i];

		if (!cell->known)
			continue;
		if (!cell->asked || cell_asked(audit, (size_t)partition_number(audit, cell->asked)) != cell) {
			violation(&audit->report, RULE_CELLS, "%s: not in the file, or twice in the image",
				  cell->who);
			continue;
		}
		flags_check(audit, cell);
		mode_check(audit, cell);
		times_check(audit, cell);
	}
}

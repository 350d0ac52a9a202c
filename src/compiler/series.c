// SPDX-License-Identifier: Apache-2.0
/*
 * series.c - how many series of metrics the health cell will tell (series.h). Called by map.c and map_json.c.
 */
#include "../blueprint/series.h"

#include "emit.h"
#include "emit_interrupts.h"
#include "emit_pci.h"
#include "map.h"

#define CLASS_NETWORK 0x02u

/* What the health cell's drivers try: the first network function that a scan of its bus finds. */
static const struct pci_function *nic(const struct plan *plan, const struct plan_cell *cell)
{
	for (size_t i = 0; i < cell->function_count; i++) {
		const struct pci_function *const function = &plan->board.pci.at[cell->functions[i].function];

		if (!cell->functions[i].ghost && function->class >> 16 == CLASS_NETWORK)
			return function;
	}
	return NULL;
}

static void health_count(const struct plan *plan, const struct plan_cell *cell, struct series_subjects *of)
{
	const struct pci_function *const function = cell->net.wanted ? nic(plan, cell) : NULL;

	of->crash = plan->board.crash.size != 0;
	of->boot = plan->boot_state.wanted;
	of->net = cell->net.wanted;
	of->express = function && pci_capability(&function->space, PCI_CAP_EXPRESS);
	of->syslog = cell->net.wanted && cell->net.syslog.port;
}

/* [impl->swr~map-series~1] */
uint64_t map_series(const struct plan *plan)
{
	struct series_subjects of = {.cells = plan->cell_count, .streams = streams_list(plan, NULL)};
	bool told = false;

	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct plan_cell *const cell = &plan->cells[i];

		of.cores += cell->core_count;
		of.watched += cell->heartbeat_ns != 0;
		of.logs += cell->uart_ipa != 0;
		of.pmu += (cell_flags(plan, i) & BP_CELL_PMU) != 0;
		if (cell->flags & BP_CELL_HEALTH) {
			told = true;
			health_count(plan, cell, &of);
		}
	}
	return told ? series_count(&of) : 0;
}

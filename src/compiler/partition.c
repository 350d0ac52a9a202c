/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partition.c - plan_read: a partition file and its board become a plan, or a list of errors.
 *
 * The steps are in front.h. This file reads what is a cell's alone: role, interrupts, heartbeat,
 * watchdog, boot-timeout, essential, pmu, dma; and chooses the service core. Called by main.c.
 */
#include "front.h"

#include "../blueprint/image.h"
#include "interrupts.h"
#include "nodes.h"
#include "text.h"

#include <libfdt.h>
#include <string.h>

static void read_role(struct front *front, struct plan_cell *cell, int node)
{
	static const char *const known[] = {"health"};
	const struct place at = front_place(front, node, "role");
	const char *role;

	if (!value_text(front, node, "role", &role))
		return;
	if (strcmp(role, "health") != 0) {
		diag_error(at, "unknown role '%s'%s", role, diag_did_you_mean(role, known, 1));
		return;
	}
	for (size_t i = 0; i < front->plan->cell_count; i++) {
		const struct plan_cell *const other = &front->plan->cells[i];

		if (other->flags & BP_CELL_HEALTH) {
			diag_error(at, "cell '%s' is a second health cell", cell->name);
			diag_note(front_place(front, front->cell_nodes[i], "role"),
				  "cell '%s' is the health cell here", other->name);
			return;
		}
	}
	cell->flags |= BP_CELL_HEALTH;
}

static void read_mode(struct front *front, struct plan_cell *cell, int node)
{
	static const char *const known[] = {"injected", "direct"};
	const struct place at = front_place(front, node, "interrupts");
	const char *mode;

	if (!value_text(front, node, "interrupts", &mode))
		return;
	if (strcmp(mode, "direct") == 0)
		cell->mode = BP_MODE_DIRECT;
	else if (strcmp(mode, "injected") != 0)
		diag_error(at, "unknown interrupt mode '%s'%s", mode, diag_did_you_mean(mode, known, 2));
	if (cell->mode == BP_MODE_DIRECT && cell->flags & BP_CELL_HEALTH)
		diag_error(at,
			   "the health cell's interrupts can't be direct: its first core serves the other "
			   "cells");
}

#define WATCHDOG_NS	  UINT64_C(2000000000)
#define WATCHDOG_LEAST_NS UINT64_C(200000000) /* a restart with functions to reset takes half of it */

/* EL2's own watch over the health cell. [impl->swr~config-watchdog~1] */
static void read_watchdog(struct front *front, struct plan_cell *cell, int node)
{
	const struct place at = front_place(front, node, "watchdog");
	const char *text = NULL;

	if (!fdt_getprop(front->source.tree.data, node, "watchdog", NULL)) {
		if (cell->flags & BP_CELL_HEALTH && hypervisor_timer_ppi(&front->plan->board))
			cell->watchdog_ns = WATCHDOG_NS;
		return;
	}
	if (!(cell->flags & BP_CELL_HEALTH)) {
		diag_error(at, "'watchdog' is the health cell's: others have 'heartbeat'");
		return;
	}
	if (!value_text(front, node, "watchdog", &text) || strcmp(text, "never") == 0 ||
	    !value_duration(front, node, "watchdog", &cell->watchdog_ns))
		return;
	if (cell->watchdog_ns < WATCHDOG_LEAST_NS)
		diag_error(at,
			   "'watchdog' of less than 200ms: a restart of the health cell must have the time");
	if (!hypervisor_timer_ppi(&front->plan->board))
		diag_error(at, "the board's tree names no timer of the hypervisor's, the fourth interrupt of "
			       "its timer: "
			       "say watchdog = \"never\"");
}

static void read_cell(struct front *front, size_t index)
{
	struct plan_cell *const cell = &front->plan->cells[index];
	const int node = front->cell_nodes[index];

	read_role(front, cell, node);
	read_mode(front, cell, node);
	value_duration(front, node, "heartbeat", &cell->heartbeat_ns);
	value_duration(front, node, "boot-timeout", &cell->boot_timeout_ns);
	read_watchdog(front, cell, node);
	if (value_flag(front, node, "essential"))
		cell->flags |= BP_CELL_ESSENTIAL;
	if (value_flag(front, node, "pmu"))
		cell->flags |= BP_CELL_PMU;
}

static void read_cells(struct front *front)
{
	const void *const tree = front->source.tree.data;
	struct plan *const plan = front->plan;
	const int cells = fdt_subnode_offset(tree, 0, "cells");
	int node;

	fdt_for_each_subnode(node, tree, cells)
	{
		const struct place at = front_place(front, node, NULL);

		plan->cells = memory_grow(plan->cells, plan->cell_count, sizeof(plan->cells[0]));
		front->cell_nodes =
			memory_grow(front->cell_nodes, plan->cell_count, sizeof(front->cell_nodes[0]));
		front->cell_nodes[plan->cell_count] = node;
		plan->cells[plan->cell_count] = (struct plan_cell){
			.name = fdt_get_name(tree, node, NULL), .line = at.line, .column = at.column};
		plan->cell_count++;
	}
	for (size_t i = 0; i < plan->cell_count; i++)
		read_cell(front, i);
	if (!plan->cell_count)
		diag_error(front_place(front, cells, NULL), "there is no cell");
	if (plan->cell_count > BP_CELLS_MAX)
		diag_error(front_place(front, cells, NULL), "there are %zu cells, and at most %u fit",
			   plan->cell_count, BP_CELLS_MAX);
}

/* Architecture section 2: the health cell's first core, else the first injected cell's. */
static void choose_service_core(struct front *front)
{
	struct plan *const plan = front->plan;
	struct plan_cell *chosen = NULL;

	for (size_t i = 0; i < plan->cell_count; i++) {
		struct plan_cell *const cell = &plan->cells[i];

		if (cell->mode != BP_MODE_INJECTED)
			continue;
		if (!chosen || (cell->flags & BP_CELL_HEALTH && !(chosen->flags & BP_CELL_HEALTH)))
			chosen = cell;
	}
	if (!chosen) {
		if (plan->cell_count)
			diag_error(
				front_place(front, fdt_subnode_offset(front->source.tree.data, 0, "cells"),
					    NULL),
				"no cell has injected interrupts: one is needed, its first core serves the "
				"others");
		return;
	}
	chosen->flags |= BP_CELL_SERVICE;
	if (chosen->core_count)
		plan->service_core = chosen->cores[0];
}

static void warn_unwatched(struct front *front)
{
	const struct plan *const plan = front->plan;

	for (size_t i = 0; i < plan->cell_count; i++)
		if (plan->cells[i].flags & BP_CELL_HEALTH)
			return;
	for (size_t i = 0; i < plan->cell_count; i++) {
		static const char *const watched[] = {"heartbeat", "boot-timeout"};

		for (size_t word = 0; word < 2; word++)
			if (value_present(front, front->cell_nodes[i], watched[word]))
				diag_warning(front_place(front, front->cell_nodes[i], watched[word]),
					     "nobody watches '%s': there is no health cell", watched[word]);
	}
}

static bool read_board(struct front *front)
{
	const char *name;

	if (!value_present(front, 0, "board")) {
		diag_error(front_place(front, 0, NULL), "'board' is missing: the board's name or folder");
		return false;
	}
	return value_text(front, 0, "board", &name) &&
	       board_read(front, front_place(front, 0, "board"), name);
}

/* [impl->swr~config-included~1] */
bool front_read_source(struct front *front, const char *file, struct source *source, struct files *included)
{
	const char **const folders = memory_new(front->folder_count + 1, sizeof(folders[0]));
	size_t count = front->folder_count;

	if (count)
		memcpy(folders, front->folders, count * sizeof(folders[0]));
	folders[count] = data_find("configs");
	count += folders[count] != NULL;
	return source_read(source, file, folders, count) && source_included(source, included);
}

/* Who owns what, all but the images. False: the other steps can't follow. */
static bool read_ownership(struct front *front, struct plan *plan, const char *file)
{
	*plan = (struct plan){.file = file};
	plan->board.uart_device = -1;
	front->plan = plan;
	if (!front_read_source(front, file, &front->source, &plan->included))
		return false;
	plan->partitions = front->source.tree;
	nodes_index(plan->partitions.data);
	if (!schema_check(front))
		return false;
	if (!read_board(front))
		return false;
	read_cells(front);
	faults_read(front);
	firmware_read(front);
	cpus_assign(front);
	choose_service_core(front);
	colors_read(front);
	dma_read(front);
	memory_place(front);
	devices_assign(front);
	pci_assign(front);
	net_read(front);
	log_key_read(front);
	boot_state_read(front);
	dma_tell(front);
	reserved_check(front);
	consoles_assign(front);
	channels_read(front);
	updates_read(front);
	pci_messages_assign(front);
	return true;
}

bool plan_read_owners(struct plan *plan, const char *file)
{
	const size_t errors = diag_errors();
	struct front front = {.folder_count = 0};

	return read_ownership(&front, plan, file) && diag_errors() == errors;
}

bool plan_read(struct plan *plan, const char *file, const char *const *include_dirs, size_t include_count)
{
	const size_t errors = diag_errors();
	struct front front = {.folders = include_dirs, .folder_count = include_count};

	if (!read_ownership(&front, plan, file))
		return false;
	images_read(&front);
	roots_read(&front);
	images_store(&front);
	warn_unwatched(&front);
	board_warn_assumed(&plan->board);
	if (diag_errors() == errors) {
		windows_place(&front);
		/* The back end, which knows the hypervisor's size, places it for good. */
		memory_place_hypervisor(plan, HV_LOAD_ALIGN);
	}
	return diag_errors() == errors;
}
